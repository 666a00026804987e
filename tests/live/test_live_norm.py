"""Norms, padding, interpolation, grids, folds and shuffles against the installed PyTorch, over generated cases.

Odd sizes, strided and channels-last inputs, infinities and NaN, empty batches; results, gradients, second derivatives of a part,
and the type of every exception.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402

Call = Callable[[Any, list[Any]], Any]
Case = tuple[str, list[np.ndarray], Call]


def tensor(lib: Any, array: np.ndarray, layout: int) -> Any:
    """The array as a tensor of `lib`: as it is, every second element of a wider one, or with axis 1 innermost."""
    floating = array.dtype.kind == "f"
    if layout == 1 and array.ndim and array.size:
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        leaf = lib.from_numpy(wide)
        return (leaf.requires_grad_() if floating else leaf), lambda t: t[..., ::2]
    if layout == 2 and array.ndim > 2:
        leaf = lib.from_numpy(np.ascontiguousarray(np.moveaxis(array, 1, -1)))
        back = (0, array.ndim - 1, *range(1, array.ndim - 1))
        return (leaf.requires_grad_() if floating else leaf), lambda t: t.permute(*back)
    leaf = lib.from_numpy(array.copy())
    return (leaf.requires_grad_() if floating else leaf), lambda t: t


def run(lib: Any, arrays: list[np.ndarray], call: Call, layout: int, second: bool) -> list[Any]:
    pairs = [tensor(lib, a, layout) for a in arrays]
    leaves = [leaf for leaf, _ in pairs if leaf.requires_grad]
    try:
        out = call(lib, [view(leaf) for leaf, view in pairs])
    except Exception as problem:  # its type is what is compared
        return [type(problem).__name__]
    results = [out.detach().numpy()]
    if out.requires_grad:
        cotangent = lib.from_numpy(
            np.cos(np.arange(out.numel()) + 1.0).astype(results[0].dtype).reshape(results[0].shape)
        )
        grads = lib.autograd.grad(out, leaves, cotangent, create_graph=second, allow_unused=True)
        results += [None if g is None else g.detach().numpy() for g in grads]
        if second:
            total = sum((g * g.detach().cos()).sum() for g in grads if g is not None)
            again = lib.autograd.grad(total, leaves, allow_unused=True) if total.requires_grad else [None] * len(leaves)
            results += [None if g is None else g.detach().numpy() for g in again]
    return results


def compare(case: Case, layout: int, second: bool) -> None:
    name, arrays, call = case
    if layout == 2 and arrays[0].ndim > 4 and "shuffle" in name:
        layout = 0  # upstream's own view fails
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            want = run(torch, arrays, call, layout, second)
        except RuntimeError:  # upstream has no second derivative here
            second = False
            want = run(torch, arrays, call, layout, second)
        got = run(pt, arrays, call, layout, second)
    what = f"{name} {[a.shape for a in arrays]} {arrays[0].dtype} layout {layout}"
    assert len(want) == len(got), f"{what}: {want[:1]} {got[:1]}"
    for i, (w, g) in enumerate(zip(want, got, strict=True)):
        if not isinstance(w, np.ndarray) or not isinstance(g, np.ndarray):
            zero = next((v for v in (w, g) if isinstance(v, np.ndarray)), None)
            assert w is g or w == g if zero is None else not zero.any(), f"{what}: {w!r} {g!r}"
            continue
        assert w.shape == g.shape and w.dtype == g.dtype, f"{what}: {w.shape} {w.dtype}, {g.shape} {g.dtype}"
        if w.dtype.kind != "f":
            np.testing.assert_array_equal(g, w, err_msg=what)
            continue
        finite = np.abs(w[np.isfinite(w)]).max(initial=1.0)
        tolerance = (3e-4 if i else 2e-5) if w.dtype == np.float32 else 1e-8
        np.testing.assert_allclose(
            g, w, rtol=tolerance * (10 if i > len(arrays) else 1), atol=tolerance * finite, err_msg=f"{what}: {i}"
        )


def values(rng: np.random.Generator, shape: tuple[int, ...], special: bool = False) -> np.ndarray:
    dtype = np.float32 if rng.random() < 0.5 else np.float64
    x = rng.standard_normal(shape).astype(dtype)
    if special and x.size:
        flat = x.reshape(-1)
        flat[rng.integers(0, x.size)] = rng.choice([np.nan, np.inf, -np.inf])
    return x


def size(rng: np.random.Generator, dims: int, most: int = 9) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, most, dims))


def norm_case(rng: np.random.Generator) -> Case:
    kind = str(rng.choice(["batch", "instance", "layer", "group", "rms", "lrn", "normalize"]))
    batch = int(rng.choice([0, 1, 2, 3, 5]))
    channels = int(rng.choice([1, 2, 4, 6, 17]))
    spatial = size(rng, int(rng.integers(0, 4)), 8 if rng.random() < 0.9 else 40)
    shape = (batch, channels, *spatial)
    x = values(rng, shape, special=rng.random() < 0.1)
    dtype, eps = x.dtype, float(rng.choice([1e-5, 1e-3, 0.1]))
    w, b = (rng.standard_normal(channels).astype(dtype) for _ in range(2))
    mean, var = rng.standard_normal(channels).astype(dtype), (rng.random(channels) + 0.5).astype(dtype)
    affine, training, momentum = rng.random() < 0.7, rng.random() < 0.6, float(rng.choice([0.1, 0.5, 0.0]))

    def stats(lib: Any) -> tuple[Any, Any]:
        return lib.from_numpy(mean.copy()), lib.from_numpy(var.copy())

    if kind == "batch":
        if affine:
            return (
                "batch_norm",
                [x, w, b],
                lambda lib, a: lib.nn.functional.batch_norm(a[0], *stats(lib), a[1], a[2], training, momentum, eps),
            )
        return (
            "batch_norm",
            [x],
            lambda lib, a: lib.nn.functional.batch_norm(a[0], *stats(lib), None, None, training, momentum, eps),
        )
    if kind == "instance":
        if affine:
            return (
                "instance_norm",
                [x, w, b],
                lambda lib, a: lib.nn.functional.instance_norm(a[0], None, None, a[1], a[2], True, momentum, eps),
            )
        return (
            "instance_norm",
            [x],
            lambda lib, a: lib.nn.functional.instance_norm(a[0], *stats(lib), None, None, training, momentum, eps),
        )
    if kind == "group":
        groups = int(rng.choice([1, 2, channels, 3]))
        if affine:
            return "group_norm", [x, w, b], lambda lib, a: lib.nn.functional.group_norm(a[0], groups, a[1], a[2], eps)
        return "group_norm", [x], lambda lib, a: lib.nn.functional.group_norm(a[0], groups, None, None, eps)
    if kind in ("layer", "rms"):
        dims = int(rng.integers(1, len(shape)))
        tail = shape[len(shape) - dims :]
        w, b = (rng.standard_normal(tail).astype(dtype) for _ in range(2))
        if kind == "rms":
            return (
                "rms_norm",
                [x, w],
                lambda lib, a: lib.nn.functional.rms_norm(a[0], tail, a[1] if affine else None, eps),
            )
        return (
            "layer_norm",
            [x, w, b],
            lambda lib, a: lib.nn.functional.layer_norm(a[0], tail, a[1] if affine else None, a[2], eps),
        )
    if kind == "lrn":
        n, alpha, beta, k = (
            int(rng.integers(1, 6)),
            float(rng.random()),
            float(rng.choice([0.5, 0.75, 1.0])),
            float(rng.random() + 0.5),
        )
        return "local_response_norm", [x], lambda lib, a: lib.nn.functional.local_response_norm(a[0], n, alpha, beta, k)
    p, dim = float(rng.choice([1, 2, 3, np.inf])), int(rng.integers(-len(shape), len(shape)))
    return "normalize", [x], lambda lib, a: lib.nn.functional.normalize(a[0], p, dim)


def pad_case(rng: np.random.Generator) -> Case:
    mode = str(rng.choice(["constant", "reflect", "replicate", "circular"]))
    shape = size(rng, int(rng.integers(1, 6)), 6)
    if rng.random() < 0.1:
        shape = (0, *shape[1:])
    pads = tuple(int(n) for n in rng.integers(-2, 4, 2 * int(rng.integers(1, len(shape) + 1))))
    if mode in ("reflect", "replicate") and min(pads) < 0 and (mode == "reflect" or any(
        n + pads[2 * i] + pads[2 * i + 1] <= 0 for i, n in enumerate(shape[: -len(pads) // 2 - 1 : -1])
    )):  # fmt: skip
        pads = tuple(max(p, 0) for p in pads)  # upstream's gradient is wrong, or memory that it has not set
    for i in range(0, len(pads), 2):
        n, a, b = shape[len(shape) - 1 - i // 2], pads[i], pads[i + 1]
        if mode == "circular" and max(a, b) > n + min(a, 0) + min(b, 0) and min(a, b) < 0:
            pads = (*pads[:i], 0, 0, *pads[i + 2 :])  # upstream reads memory that it has not set
    x = rng.integers(0, 50, shape) if rng.random() < 0.15 else values(rng, shape, special=rng.random() < 0.2)
    value = float(rng.integers(-3, 4)) if mode == "constant" else None
    return f"pad {mode} {pads}", [x], lambda lib, a: lib.nn.functional.pad(a[0], pads, mode, value)


def out_width(shape: tuple[int, ...], settings: dict[str, Any]) -> int:
    return settings["size"][-1] if "size" in settings else int(shape[-1] * settings["scale_factor"][-1])


def interpolate_case(rng: np.random.Generator) -> Case:
    dims = int(rng.integers(1, 4))
    mode = str(rng.choice([["nearest", "nearest-exact", "linear", "area"], ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
                           ["nearest", "nearest-exact", "trilinear", "area"]][dims - 1]))  # fmt: skip
    shape = (int(rng.choice([0, 1, 2])), int(rng.integers(1, 4)), *size(rng, dims, 12 if dims < 3 else 7))
    x = values(rng, shape)
    settings: dict[str, Any] = {"mode": mode}
    if rng.random() < 0.5:
        settings["size"] = size(rng, dims, 16 if dims < 3 else 8)
    else:
        settings["scale_factor"] = tuple(
            float(s) for s in rng.choice([0.3, 0.5, 0.77, 1.0, 1.5, 2.0, 2.6, 3.0][3 * (mode == "area") :], dims)
        )
        settings["recompute_scale_factor"] = bool(rng.random() < 0.3)
    if mode.endswith(("linear", "cubic")):
        settings["align_corners"] = bool(rng.random() < 0.5)
        settings["antialias"] = bool(dims == 2 and rng.random() < 0.4)
    if settings.get("antialias") and out_width(shape, settings) == 1:
        settings["antialias"] = False  # upstream repeats the first row
    return f"interpolate {settings}", [x], lambda lib, a: lib.nn.functional.interpolate(a[0], **settings)


def grid_case(rng: np.random.Generator) -> Case:
    dims = int(rng.choice([2, 2, 3]))
    mode = str(rng.choice(["bilinear", "nearest", "bicubic"][: 5 - dims]))
    padding, align = str(rng.choice(["zeros", "border", "reflection"])), bool(rng.random() < 0.5)
    n, spatial = int(rng.choice([0, 1, 2])), size(rng, dims, 7)
    x = values(rng, (n, int(rng.integers(1, 4)), *spatial))
    grid = (rng.random((n, *size(rng, dims, 7), dims)) * 3 - 1.5).astype(x.dtype)

    def call(lib: Any, a: list[Any]) -> Any:
        return lib.nn.functional.grid_sample(a[0], a[1], mode, padding, align)

    return f"grid_sample {mode} {padding} {align}", [x, grid], call


def fold_case(rng: np.random.Generator) -> Case:
    kind = str(rng.choice(["unfold", "fold", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "affine_grid"]))
    if kind in ("unfold", "fold"):
        kernel, dilation = size(rng, 2, 4), size(rng, 2, 3)
        padding, stride, spatial = tuple(int(n) for n in rng.integers(0, 3, 2)), size(rng, 2, 3), size(rng, 2, 10)
        lead = (int(rng.choice([0, 1, 2])),) if rng.random() < 0.7 else ()
        if kind == "unfold":
            x = values(rng, (*lead, 2, *spatial))
            return "unfold", [x], lambda lib, a: lib.nn.functional.unfold(a[0], kernel, dilation, padding, stride)
        blocks = [
            (s + 2 * p - d * (k - 1) - 1) // t + 1
            for s, p, d, k, t in zip(spatial, padding, dilation, kernel, stride, strict=True)
        ]
        x = values(rng, (*lead, 2 * kernel[0] * kernel[1], max(blocks[0] * blocks[1], 0)))
        return "fold", [x], lambda lib, a: lib.nn.functional.fold(a[0], spatial, kernel, dilation, padding, stride)
    r = int(rng.integers(1, 4))
    if kind == "pixel_shuffle":
        x = values(rng, (*size(rng, int(rng.integers(0, 3)), 3), int(rng.integers(1, 4)) * r * r, *size(rng, 2)))
        return kind, [x], lambda lib, a: lib.nn.functional.pixel_shuffle(a[0], r)
    if kind == "pixel_unshuffle":
        x = values(rng, (*size(rng, int(rng.integers(1, 3)), 3), *(int(n) * r for n in rng.integers(1, 5, 2))))
        return kind, [x], lambda lib, a: lib.nn.functional.pixel_unshuffle(a[0], r)
    if kind == "channel_shuffle":
        x = values(rng, (2, int(rng.choice([2, 3, 6, 12])), *size(rng, 2)))
        return kind, [x], lambda lib, a: lib.nn.functional.channel_shuffle(a[0], r)
    dims = int(rng.choice([2, 3]))
    theta, out, align = values(rng, (2, dims, dims + 1)), (2, 3, *size(rng, dims, 6)), bool(rng.random() < 0.5)
    return kind, [theta], lambda lib, a: lib.nn.functional.affine_grid(a[0], out, align)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "make", [norm_case, pad_case, interpolate_case, grid_case, fold_case], ids=lambda f: f.__name__
)
def test_generated_cases(make: Callable[[np.random.Generator], Case], seed: int) -> None:
    rng = np.random.default_rng([seed, len(make.__name__), ord(make.__name__[0])])
    for number in range(100):
        compare(make(rng), int(rng.choice([0, 0, 1, 2])), second=number % 5 == 0)
