"""Interpolation: each output reads weighted neighbours along every spatial axis.

Rules of this file: the axes are independent, so a mode is one table an axis (taps' indices and weights), worked out in the precision of
the data and kept; the gradient is the same kernel with the transposed tables. Tables are tap-major: [taps, out].
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, rounded
from plait.ops.norm import channels_last
from plait.ops.padding import as_units
from plait.ops.rows import numbers
from plait.ops.shape import TO_FIRST, TO_LAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]


class Axis(NamedTuple):
    """How one axis is resampled: the mode, sizes in and out, whether corners align, and the scale that was asked for (or None).

    Where corners do not align, a pixel's place is its middle, or with `edges` its beginning. `single`: places are worked out in float32.
    `begin`: a single output pixel lies at the first input pixel.
    """

    mode: str
    n: int
    out: int
    align: bool = False
    scale: float | None = None
    edges: bool = False
    single: bool = False
    begin: bool = False


def _step(axis: Axis, real: Any) -> Any:
    """Input pixels per output pixel."""
    if axis.align:
        return real(axis.n - 1) / real(axis.out - 1) if axis.out > 1 else real(0)
    if axis.begin and axis.out == 1:
        return real(0)
    if axis.scale is not None and axis.scale > 0:
        return real(1.0 / axis.scale)
    return real(axis.n) / real(axis.out)


def _nearest(axis: Axis) -> NDArray:
    j = np.arange(axis.out)
    exact = axis.mode == "nearest-exact"
    if not exact and axis.out == axis.n:
        return j
    if not exact and axis.out == 2 * axis.n and (axis.scale is None or axis.scale == 2):
        return j // 2
    f = np.float32
    step = f(1.0 / axis.scale) if axis.scale is not None and axis.scale > 0 else f(axis.n) / f(axis.out)
    at = (j.astype(f) + f(0.5)) * step if exact else j.astype(f) * step
    return np.minimum(np.floor(at).astype(np.int64), axis.n - 1)


def _linear(axis: Axis, real: Any) -> tuple[NDArray, NDArray]:
    j, step = np.arange(axis.out).astype(real), _step(axis, real)
    at = j * step if axis.align or axis.edges else np.maximum((j + real(0.5)) * step - real(0.5), real(0))
    low = np.minimum(at.astype(np.int64), axis.n - 1)
    part = np.clip(at - low.astype(real), real(0), real(1))
    high = low + (low < axis.n - 1)
    return np.stack([low, high]), np.stack([real(1) - part, part])


def _cubic_weights(t: NDArray, real: Any) -> NDArray:
    a = real(-0.75)

    def near(x: NDArray) -> NDArray:
        got: NDArray = ((a + 2) * x - (a + 3)) * x * x + 1
        return got

    def far(x: NDArray) -> NDArray:
        got: NDArray = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return got

    return np.stack([far(t + 1), near(t), near(1 - t), far(2 - t)]).astype(real)


def _cubic(axis: Axis, real: Any) -> tuple[NDArray, NDArray]:
    j, step = np.arange(axis.out).astype(real), _step(axis, real)
    at = j * step if axis.align else (j + real(0.5)) * step - real(0.5)
    low = np.floor(at)
    index = low.astype(np.int64) + np.arange(-1, 3)[:, None]
    return index.clip(0, axis.n - 1), _cubic_weights(at - low, real)


def _cubic_inside(axis: Axis, real: Any) -> tuple[NDArray, NDArray]:
    """The cubic of a = -0.5 at offsets rounded to 1/1024 of a pixel; taps outside count nothing, the others make up for them."""
    j = np.arange(axis.out).astype(np.float32)
    at = (j + np.float32(0.5)) * _step(axis, np.float32) - np.float32(0.5)
    low = np.floor(at)
    offset = np.rint((at - low) * np.float32(1024)) / 1024
    index = low.astype(np.int64) + np.arange(-1, 3)[:, None]
    weight = _filter("cubic", np.arange(-1, 3)[:, None] - offset)
    weight = np.where((index >= 0) & (index < axis.n), weight, 0)
    return index.clip(0, axis.n - 1), (weight / weight.sum(0)).astype(real)


def _area(axis: Axis) -> tuple[NDArray, NDArray]:
    """The share that each pixel has of the stretch under an output."""
    step = np.float64(np.float32(axis.n) / np.float32(axis.out))
    begin = np.arange(axis.out) * step
    end = begin + step
    low = np.floor(begin).astype(np.int64)
    taps = max(int((np.ceil(end).astype(np.int64) - low).max(initial=1)), 1)
    index = low + np.arange(taps)[:, None]
    share = np.maximum(np.minimum(end, index + 1) - np.maximum(begin, index), 0)
    return index.clip(0, axis.n - 1), share / step


def _filter(mode: str, x: NDArray) -> NDArray:
    """The filters: a triangle, a cubic of a = -0.5, a bell cut off at three deviations, a sinc of three lobes or of five, and
    the cubic of B = C = 1/3 (D. P. Mitchell, A. N. Netravali, Reconstruction filters in computer graphics, 1988)."""
    x = np.abs(x)
    if mode == "gaussian":
        return np.where(x < _REACH[mode], np.exp(-2 * x * x), 0)
    if mode == "mitchell":
        near = (7 / 6 * x - 2) * x * x + 8 / 9
        return np.where(x < 1, near, np.where(x < 2, ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9, 0))
    if mode == "linear":
        return np.maximum(1 - x, 0)
    if mode == "cubic":
        a = -0.5
        inner = ((a + 2) * x - (a + 3)) * x * x + 1
        outer = (((x - 5) * x + 8) * x - 4) * a
        return np.where(x < 1, inner, np.where(x < 2, outer, 0))
    lobes = _REACH[mode]
    return np.where(x < lobes, np.sinc(x) * np.sinc(x / lobes), 0)


_REACH = {"linear": 1, "cubic": 2, "gaussian": 1.5, "mitchell": 2, "lanczos": 3, "lanczos5": 5}


def _filtered(axis: Axis, real: Any) -> tuple[NDArray, NDArray]:
    """A filter's weights of the pixels inside, brought to a sum of one; with "antialias" it is as wide as a step, where that is more."""
    mode, _, kind = axis.mode.partition("-")
    step = _step(axis, real)
    width = max(float(step), 1.0) if kind == "antialias" else 1.0
    reach = _REACH[mode] * width
    centre = np.float64(step) * (np.arange(axis.out) + 0.5)
    if mode == "gaussian":  # its edge is a step, which falls where single precision puts it
        centre = centre.astype(np.float32).astype(np.float64)
    low = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    count = np.minimum((centre + reach + 0.5).astype(np.int64), axis.n) - low
    taps = max(int(count.max(initial=1)), 1)
    k = np.arange(taps)[:, None]
    weight = np.where(k < count, _filter(mode, (k + low - centre + 0.5) / width), 0)
    total = weight.sum(0)
    weight = weight / np.where(total == 0, 1, total)
    return np.where(k < count, low + k, -1), weight


@lru_cache(maxsize=1024)
def taps(axis: Axis, dtype: str) -> tuple[NDArray, NDArray]:
    """Indices (int32; -1 for no tap) and weights of an axis, tap-major.

    >>> taps(Axis("linear", 2, 4), "float32")[1][1].tolist()
    [0.0, 0.25, 0.75, 0.25]
    """
    real = np.float32 if axis.single else np.dtype(dtype).type
    if axis.mode.startswith("nearest"):
        index = _nearest(axis)[None]
        weight = np.ones(index.shape)
    elif axis.mode == "linear":
        index, weight = _linear(axis, real)
    elif axis.mode == "cubic":
        index, weight = _cubic(axis, real)
    elif axis.mode == "area":
        index, weight = _area(axis)
    elif axis.mode == "cubic-inside":
        index, weight = _cubic_inside(axis, real)
    else:
        index, weight = _filtered(axis, real)
    return np.ascontiguousarray(index, np.int32), np.ascontiguousarray(weight, dtype)


@lru_cache(maxsize=1024)
def transposed(axis: Axis, dtype: str) -> tuple[NDArray, NDArray]:
    """The tables by which gradients of the outputs make those of the inputs."""
    index, weight = taps(axis, dtype)
    place = np.broadcast_to(np.arange(axis.out), index.shape).ravel()
    source = index.ravel()
    order = np.lexsort((place, source))
    source, place, value = source[order], place[order], weight.ravel()[order]
    used = source >= 0
    source, place, value = source[used], place[used], value[used]
    count = np.bincount(source, minlength=axis.n)
    most = max(int(count.max(initial=1)), 1)
    first = np.cumsum(count) - count
    slot = np.arange(len(source)) - first[source]
    back = np.full((most, axis.n), -1, np.int32)
    scale = np.zeros((most, axis.n), np.dtype(dtype))
    back[slot, source] = place
    scale[slot, source] = value
    return back, scale


def _three(axes: Sequence[Axis]) -> list[Axis]:
    return [Axis("nearest", 1, 1)] * (3 - len(axes)) + list(axes)


@lru_cache(maxsize=1024)
def _plan(axes: tuple[Axis, ...], dtype: str, short: str = "") -> tuple[Any, ...]:
    """What the kernel takes: three sizes, then the tables; their weights rounded to the 16-bit dtype `short`."""
    three = _three(axes)
    if axes[0].mode.startswith("nearest"):
        return (*[a.n for a in three], *[np.ascontiguousarray(_nearest(a), np.int32) for a in three])
    tables = [taps(a, dtype) for a in three]
    if short:
        tables = [(index, _rounded(weight, short, axes[0].mode)) for index, weight in tables]
    return (*[a.n for a in three], *[t for pair in tables for t in pair])


def _rounded(weight: NDArray, short: str, mode: str) -> NDArray:
    """Weights in 16 bits; of two the first is what the rounded second leaves."""
    dtype = dtypes.F16 if short == "float16" else dtypes.BFLOAT16
    if mode == "linear" and len(weight) == 2:
        high = rounded(weight[1], dtype)
        return np.stack([rounded(np.float32(1) - high, dtype), high])
    return rounded(weight, dtype)


@lru_cache(maxsize=1024)
def _back_plan(axes: tuple[Axis, ...], dtype: str) -> tuple[Any, ...]:
    three = _three(axes)
    return (*[a.out for a in three], *[t for a in three for t in transposed(a, dtype)])


def _resample(x: NDArray, *axes: Axis) -> NDArray:
    shape = (*x.shape[:2], *[a.out for a in axes])
    if x.size == 0 or 0 in shape:
        return np.zeros(shape, x.dtype)
    if axes[0].mode.startswith("nearest"):
        if not x.flags.c_contiguous and channels_last(x) and len(axes) == 2:
            laid = x.transpose(TO_LAST[x.ndim])
            three = (axes[0], axes[1], Axis("nearest", x.shape[1], x.shape[1]))
            return _gather(laid, three).reshape(shape[0], *shape[2:], shape[1]).transpose(TO_FIRST[len(shape)])
        return _gather(np.ascontiguousarray(x), axes).reshape(shape)
    if x.dtype == dtypes.U8:
        return _fixed_point(x, axes)
    if x.dtype not in (dtypes.F32, dtypes.F64):
        wide = np.ascontiguousarray(dtypes.cast(x, dtypes.F32))
        exact = axes[0].mode not in ("linear", "cubic") or (axes[0].mode == "linear" and len(axes) == 2)
        short = "" if exact or not is_half(x.dtype) else "float16" if x.dtype == dtypes.F16 else "bfloat16"
        return dtypes.cast(_native.resample_axes(wide, *_plan(axes, "float32", short)).reshape(shape), x.dtype)
    got: NDArray = _native.resample_axes(np.ascontiguousarray(x), *_plan(axes, x.dtype.name)).reshape(shape)
    return got


def _gather(x: NDArray, axes: tuple[Axis, ...]) -> NDArray:
    units = as_units(x)
    got = _native.gather_axes(units, *_plan(axes, ""), _zero(units.dtype.char))
    out: NDArray = got.view(x.dtype) if units is not x else got
    return out


@lru_cache(maxsize=32)
def _zero(dtype: str) -> NDArray:
    return np.zeros(1, dtype)


def _fixed_point(x: NDArray, axes: Sequence[Axis]) -> NDArray:
    """Bytes, with 16-bit weights and rounding after each axis, the last axis first (as Pillow does)."""
    out = x.astype(np.int64)
    for k in range(len(axes) - 1, -1, -1):
        axis = axes[k]
        if axis.n == axis.out and not axis.align and axis.scale in (None, 1.0):
            continue
        weight = _matrix(axis)
        bits = 0
        while bits < 22 and weight.max() * (1 << (bits + 1)) + 0.5 < (1 << 15):
            bits += 1
        whole = np.where(weight < 0, weight * (1 << bits) - 0.5, weight * (1 << bits) + 0.5).astype(np.int64)
        total = np.moveaxis(np.tensordot(whole, out, (1, 2 + k)), 0, 2 + k) + (np.int64(1 << bits) >> 1)
        out = np.clip(total >> bits, 0, 255)
    return out.astype(np.uint8)


def _resample_backward(g: NDArray, *axes: Axis) -> NDArray:
    shape = (*g.shape[:2], *(a.n for a in axes))
    if g.size == 0 or 0 in shape:
        return np.zeros(shape, g.dtype)
    if g.dtype not in (dtypes.F32, dtypes.F64):
        return dtypes.cast(_resample_backward(dtypes.cast(g, dtypes.F32), *axes), g.dtype)
    got: NDArray = _native.resample_axes(np.ascontiguousarray(g), *_back_plan(axes, g.dtype.name)).reshape(shape)
    return got


def _matrix(axis: Axis) -> NDArray:
    index, weight = taps(axis, "float64")
    m = np.zeros((axis.out, axis.n))
    for i, w in zip(index, weight, strict=True):
        np.add.at(m, (np.arange(axis.out), i), w)
    return m


def _reference(x: NDArray, *axes: Axis) -> NDArray:
    for k, axis in enumerate(axes):
        x = np.moveaxis(np.tensordot(_matrix(axis), x, (1, 2 + k)), 0, 2 + k)
    return x


def _reference_backward(g: NDArray, *axes: Axis) -> NDArray:
    for k, axis in enumerate(axes):
        g = np.moveaxis(np.tensordot(_matrix(axis).T, g, (1, 2 + k)), 0, 2 + k)
    return g


def _cost(shapes: Sequence[Shape], axes: Any = ()) -> tuple[int, int]:
    n = int(np.prod(shapes[0]))
    return 4 * n, 8 * n


def _samples(mode: str, dims: int) -> list[Sample]:
    sizes, outs = (4, 5, 3)[:dims], (7, 3, 6)[:dims]
    found = [Sample([numbers(2, 3, *sizes)], tuple(Axis(mode, n, m) for n, m in zip(sizes, outs, strict=True)))]
    found.append(Sample([numbers(1, 2, *sizes)], tuple(Axis(mode, n, 2 * n, False, 2.0) for n in sizes)))
    if not mode.startswith("nearest"):
        found.append(
            Sample([numbers(1, 1, *sizes)], tuple(Axis(mode, n, m, True) for n, m in zip(sizes, outs, strict=True)))
        )
    return found


def _record(mode: str, dims: int, label: str) -> tuple[Op, Op]:
    name = f"resample_{mode.replace('-', '_')}{dims}d"

    def backward_samples() -> list[Sample]:
        return [
            Sample([numbers(*s.arrays[0].shape[:2], *(a.out for a in s.params))], s.params)
            for s in _samples(mode, dims)
        ]

    forward_op = Op(
        name, kind="resample", grad_name=f"Upsample{label}Backward0", forward=_resample,
        backward=lambda ctx, g: apply(RESAMPLE[mode, dims][1], (g,), ctx.params),
        infer=lambda x, *axes: [((*x[0][:2], *(a.out for a in axes)), x[1])], reference=_reference,
        samples=lambda: _samples(mode, dims),
        rejects=lambda: [Reject([numbers(1, 1, *(2,) * dims)], (Axis(mode, 3, 4),) * dims, ValueError, "do not make up x")],
        cost=_cost, explain=f"{mode} weights of the neighbours along every axis", export="Resize",
    )  # fmt: skip
    backward_op = Op(
        f"{name}_backward", kind="resample", grad_name=f"Upsample{label}BackwardBackward0", forward=_resample_backward,
        backward=lambda ctx, v: apply(RESAMPLE[mode, dims][0], (v,), ctx.params),
        infer=lambda g, *axes: [((*g[0][:2], *(a.n for a in axes)), g[1])], reference=_reference_backward,
        samples=backward_samples, rejects=lambda: [], cost=_cost,
        explain="the weighted sum of the gradients of all outputs that read the pixel", export=None,
    )  # fmt: skip
    return forward_op, backward_op


#: (mode, spatial dimensions) -> the op and its gradient.
RESAMPLE: dict[tuple[str, int], tuple[Op, Op]] = {
    (mode, dims): _record(mode, dims, label)
    for mode, dims, label in (
        *(("nearest", d, f"Nearest{d}D") for d in (1, 2, 3)),
        *(("nearest-exact", d, f"NearestExact{d}D") for d in (1, 2, 3)),
        ("linear", 1, "Linear1D"), ("linear", 2, "Bilinear2D"), ("linear", 3, "Trilinear3D"), ("cubic", 2, "Bicubic2D"),
        ("linear-antialias", 2, "Bilinear2DAa"), ("cubic-antialias", 2, "Bicubic2DAa"), ("lanczos-antialias", 2, "Lanczos2DAa"),
        ("cubic-inside", 2, "CubicInside2D"), ("lanczos-inside", 2, "LanczosInside2D"), ("lanczos5-inside", 2, "Lanczos5Inside2D"),
        ("lanczos5-antialias", 2, "Lanczos52DAa"), ("area", 2, "Area2D"), ("gaussian-inside", 2, "GaussianInside2D"),
        ("gaussian-antialias", 2, "Gaussian2DAa"), ("mitchell-inside", 2, "MitchellInside2D"), ("mitchell-antialias", 2, "Mitchell2DAa"),
    )
}  # fmt: skip


def output_size(n: int, scale: float) -> int:
    """floor(n * scale)."""
    return math.floor(n * scale)


def resample(
    x: Any,
    mode: str,
    size: Sequence[int],
    align: bool = False,
    scales: Sequence[float] | None = None,
    edges: bool = False,
    single: bool = False,
    begin: bool = False,
) -> Any:
    """`x` [n, c, …] at spatial `size`; mode nearest, nearest-exact, linear, cubic, area; linear-, cubic-, gaussian-, mitchell-, lanczos- or
    lanczos5-antialias; cubic-, gaussian-, mitchell-, lanczos- or lanczos5-inside, which leave out what lies outside and are as narrow when they shrink.

    `scales` are the factors that were asked for, where they decide the step instead of the sizes; `edges`, `single` and `begin` as in `Axis`.
    """
    spatial = x.array.shape[2:]
    axes = _axes(mode, spatial, tuple(size), align, None if scales is None else tuple(scales), edges, single, begin)
    return apply(RESAMPLE[mode, len(spatial)][0], (x,), axes)


@lru_cache(maxsize=1024, typed=True)
def _axes(
    mode: str,
    spatial: tuple[int, ...],
    size: tuple[int, ...],
    align: bool,
    scales: tuple[float, ...] | None,
    edges: bool,
    single: bool,
    begin: bool,
) -> tuple[Axis, ...]:
    given = scales if scales is not None else (None,) * len(spatial)
    return tuple(
        [Axis(mode, n, m, align, s, edges, single, begin) for n, m, s in zip(spatial, size, given, strict=True)]
    )
