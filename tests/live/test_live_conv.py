"""Convolution, linear maps and products of matrices against the installed PyTorch: its own samples, and generated cases with gradients."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402
from tests.conv_cases import values  # noqa: E402
from tests.live import harness  # noqa: E402

OPS = """
mm bmm mv dot matmul outer addmm addmv baddbmm tensordot einsum cdist inner nn.functional.bilinear nn.functional.linear nn.functional.pdist
nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d nn.functional.conv_transpose2d
nn.functional.conv_transpose3d
""".split()  # noqa: SIM905
MODULES = """
Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
LazyConvTranspose2d LazyConvTranspose3d Linear Bilinear
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", OPS)
def test_operator(name: str) -> None:
    for row in harness.find_ops(name):
        # half precision: upstream adds up a transposed convolution in half precision too, plait in float32
        report = harness.run_op(row, ("float32", "float64", "int64", "int32", "uint8", "bool"), limit=60)
        assert report.rate >= 0.95, report.line() + "\n" + report.details(examples=True)


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    for row in harness.find_modules(name):
        report = harness.run_module(row, ("float32", "float64"), limit=60)
        assert report.rate >= 0.99, report.line() + "\n" + report.details(examples=True)


def arguments(draw: random.Random) -> tuple[str, list[Any], dict[str, Any]]:
    """A convolution's name, its operands' shapes and its arguments; many do not fit together."""
    n = draw.randint(1, 3)
    transposed = draw.random() < 0.4
    groups = draw.choice([1, 1, 1, 2, 3, 5])
    ins, outs = draw.choice([1, 1, 2, 3, 9]) * groups, draw.choice([1, 2, 3, 8, 17]) * groups
    kernel = [draw.randint(1, (5, 4, 2)[n - 1]) for _ in range(n)]
    size = [draw.randint(1, (40, 14, 6)[n - 1]) for _ in range(n)]
    args: dict[str, Any] = {
        "stride": [draw.randint(1, 3) for _ in range(n)], "dilation": [draw.randint(1, 3) for _ in range(n)],
        "padding": [draw.randint(0, 3) for _ in range(n)], "groups": groups,
    }  # fmt: skip
    if transposed:
        args["output_padding"] = [draw.randint(0, 2) for _ in range(n)]
    elif draw.random() < 0.1:
        args["padding"] = draw.choice(["same", "valid"])
        args["stride"] = 1
    if draw.random() < 0.04:
        args[draw.choice(["stride", "padding", "dilation"])] = draw.choice([-1, 0, [1] * (n + 1)])
    if draw.random() < 0.04:
        ins += 1
    batch = draw.choice([[], [1], [2], [3], [0]])
    weight = [ins, outs // groups, *kernel] if transposed else [outs, max(1, ins // groups), *kernel]
    shapes = [[*batch, ins, *size], weight, draw.choice([None, [outs], [outs], [outs + (draw.random() < 0.05)]])]
    return f"conv{'_transpose' if transposed else ''}{n}d", shapes, args


def outcome(lib: Any, name: str, shapes: list[Any], args: dict[str, Any], dtype: str, layout: int, seed: int) -> Any:
    """Arrays of the result, of the gradients and of a gradient of a gradient; or the exception's type and message."""
    tensors = []
    for j, shape in enumerate(shapes):
        if shape is None:
            continue
        t = lib.from_numpy(values(tuple(shape), seed + j)).to(getattr(lib, dtype))
        if layout == 1 and t.dim() == 4:
            t = t.to(memory_format=lib.channels_last)
        if layout == 2:
            t = lib.stack([t, t], -1)[..., 0]
        tensors.append(t.detach().requires_grad_())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = getattr(lib.nn.functional, name)(*tensors, **args)
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]
    found = [y]
    if y.numel():
        g = lib.from_numpy(values(tuple(y.shape), seed + 7)).to(y.dtype).requires_grad_()
        first = lib.autograd.grad(y, tensors, g, create_graph=True)
        total = sum((v * v).sum() for v in first[:2])
        found += [*first, *lib.autograd.grad(total, [*tensors[:2], g])]
    return [v.detach().numpy() for v in found]


@pytest.mark.parametrize("part", range(10))
def test_generated(part: int) -> None:
    draw = random.Random(part)
    for case in range(150):
        name, shapes, args = arguments(draw)
        dtype, layout = draw.choice(["float32", "float64"]), draw.randint(0, 2)
        want, got = (outcome(lib, name, shapes, args, dtype, layout, case) for lib in (torch, pt))
        note = f"{name} {shapes} {args} {dtype} layout {layout}"
        if isinstance(want, tuple):
            assert isinstance(got, tuple) and got[0] == want[0], f"{note}: wanted {want}"
            continue
        if isinstance(got, tuple) and want[0].size == 0:
            continue  # upstream does not look at all arguments where there is nothing to work out
        assert isinstance(got, list), f"{note}: got {got}"
        tolerance = 1e-11 if dtype == "float64" else 1e-4
        for w, g in zip(want, got, strict=True):
            assert w.shape == g.shape and w.dtype == g.dtype, note
            np.testing.assert_allclose(
                g, w, rtol=tolerance, atol=tolerance * max(1.0, float(np.abs(w).max(initial=0))), err_msg=note
            )
