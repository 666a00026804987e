"""Padding: a tensor with a border that repeats it, mirrors it, wraps round it or is constant. Negative widths cut off.

Rules of this file: along each axis an output index reads one input index, or the constant; one table an axis says which. `pads` holds
(before, after) for every dimension, from the front. Up to three trailing dimensions may be padded by one kernel call; a constant border
on more goes round by round.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.halves import is_half, rounded, scatter_steps
from plait.ops.norm import channels_last
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]
    Pads = tuple[tuple[int, int], ...]


@lru_cache(maxsize=1024)
def axis_table(mode: str, n: int, before: int, after: int) -> NDArray:
    """For each output index the input index that it reads, -1 for the constant.

    >>> axis_table("reflect", 4, 2, 1).tolist()
    [2, 1, 0, 1, 2, 3, 2]
    """
    i = np.arange(-before, n + after)
    if mode == "constant":
        i = np.where((i < 0) | (i >= n), -1, i)
    elif mode == "replicate":
        i = i.clip(0, n - 1)
    elif mode == "circular":  # what is left after cutting wraps round
        low, high = max(-before, 0), n - max(-after, 0)
        i = low + (i - low) % max(high - low, 1)
    else:
        i = np.abs(i)
        i = (n - 1) - np.abs((n - 1) - i)
    table = np.ascontiguousarray(i, dtype=np.int32)
    table.flags.writeable = False
    return table


def _shape_after(shape: Shape, pads: Pads) -> Shape:
    return tuple(n + a + b for n, (a, b) in zip(shape, pads, strict=True))


def as_units(x: NDArray) -> NDArray:
    """bfloat16 and unsigned integers as signed ones of their size, for kernels that only move elements."""
    kind = x.dtype.kind
    if kind == "V":
        return x.view(np.int16)
    return x.view(f"i{x.dtype.itemsize}") if kind == "u" and x.dtype.itemsize > 1 else x


@lru_cache(maxsize=1024)
def _tables(shape: Shape, pads: Pads, mode: str) -> tuple[list[NDArray], list[int]]:
    """The last three axes' sizes and tables, with axes of one before."""
    dims, tables = [], []
    for k in (3, 2, 1):
        if len(shape) >= k:
            n, (before, after) = shape[-k], pads[-k]
        else:
            n, before, after = 1, 0, 0
        dims.append(n)
        tables.append(axis_table(mode, n, before, after))
    return tables, dims


class _Plan(NamedTuple):
    """How one shape is padded; `tables` is None where it takes more than one call."""

    shape: Shape
    tables: tuple[Any, ...] | None
    empty: bool


@lru_cache(maxsize=1024)
def _plan(shape: Shape, pads: Pads, mode: str) -> _Plan:
    out = _shape_after(shape, pads)
    if any(n < 0 for n in out):
        raise ValueError(f"pad: a negative dimension comes of {pads} on {shape}")
    if 0 in shape or 0 in out or any(p != (0, 0) for p in pads[:-3]):
        return _Plan(out, None, 0 in shape or 0 in out)
    tables, dims = _tables(shape, pads, mode)
    return _Plan(out, (*dims, *tables), False)


def _pad(x: NDArray, pads: Pads, mode: str, value: float) -> NDArray:
    plan = _plan(x.shape, pads, mode)
    fill = _fill(value, x.dtype)
    if plan.tables is not None:
        if not x.flags.c_contiguous:
            if x.ndim == 4 and channels_last(x):
                order = (0, *range(2, x.ndim), 1)
                return np.moveaxis(_pad(x.transpose(order), tuple(pads[i] for i in order), mode, value), -1, 1)
            x = np.ascontiguousarray(x)
        units = as_units(x)
        out = _native.gather_axes(units, *plan.tables, as_units(fill)).reshape(plan.shape)
        got: NDArray = out.view(x.dtype) if units is not x else out
        return got
    if plan.empty:
        empty: NDArray = _native.empty(plan.shape, x.dtype)
        empty[...] = fill
        return empty
    lead = pads[:-3]
    inner = _pad(x, (*((0, 0),) * len(lead), *pads[-3:]), mode, value)
    return _pad_leading(inner, (*lead, *((0, 0),) * (x.ndim - len(lead))), fill)


@lru_cache(maxsize=256)
def _fill(value: float, dtype: np.dtype) -> NDArray:
    if dtype == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.full((1,), value, np.float32))
    with np.errstate(all="ignore"):
        return np.asarray([value]).astype(dtype)


def _pad_leading(x: NDArray, pads: Pads, fill: NDArray) -> NDArray:
    out = _native.empty(_shape_after(x.shape, pads), x.dtype)
    out[...] = fill
    to = tuple(slice(max(a, 0), max(a, 0) + n + min(a, 0) + min(b, 0)) for n, (a, b) in zip(x.shape, pads, strict=True))
    at = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pads, strict=True))
    out[to] = x[at]
    got: NDArray = out
    return got


def _pad_backward(g: NDArray, shape: Shape, pads: Pads, mode: str) -> NDArray:
    if 0 in shape or 0 in g.shape:
        return np.zeros(shape, g.dtype)
    if is_half(g.dtype):
        return _unwrapped(g, pads) if mode == "circular" else _pad_backward_steps(g, shape, pads, mode)
    wide = np.ascontiguousarray(g if g.dtype in (dtypes.F32, dtypes.F64) else dtypes.cast(g, dtypes.F32))
    tables, dims = _tables(shape, pads, mode)
    return dtypes.cast(_native.scatter_axes(wide, *dims, *tables).reshape(shape), g.dtype)


def _pad_backward_steps(g: NDArray, shape: Shape, pads: Pads, mode: str) -> NDArray:
    """In 16 bits: each element the sum of the outputs that read it, rounded after each."""
    if any(p != (0, 0) for p in pads[:-3]):
        raise ValueError(f"pad: a {mode} border goes on the last three dimensions")
    tables, (_, rows, columns) = _tables(shape, pads, mode)
    places = (tables[0][:, None, None] * rows + tables[1][:, None]) * columns + tables[2]
    planes = int(np.prod(g.shape[:-3]))
    return scatter_steps(g.reshape(planes, -1), places.ravel(), int(np.prod(shape[-3:]))).reshape(shape)


def _unwrapped(g: NDArray, pads: Pads) -> NDArray:
    """In 16 bits: each strip of a circular border added, rounded, to the strip that it repeats, in the reverse of the order of copying."""
    wide = dtypes.cast(np.array(g), dtypes.F32)
    for axis, (before, after) in enumerate(pads):
        strips = []
        n, low, high = wide.shape[axis], max(before, 0), max(after, 0)
        if high:
            strips.append((slice(n - high, n), slice(low, low + high)))
        if low:
            strips.append((slice(0, low), slice(n - low - high, n - high)))
        for strip, source in strips:
            to, at = ((slice(None),) * axis + (part,) for part in (strip, source))
            lost = wide[to].copy()
            wide[to] = 0
            wide[at] = rounded(wide[at] + lost, g.dtype)
    inside = tuple(slice(max(a, 0), n - max(b, 0)) for n, (a, b) in zip(wide.shape, pads, strict=True))
    return dtypes.cast(
        _pad_leading(wide[inside], tuple((max(-a, 0), max(-b, 0)) for a, b in pads), np.zeros(1, np.float32)), g.dtype
    )


def _negated(pads: Pads) -> Pads:
    return tuple((-a, -b) for a, b in pads)


def _infer(x: Any, pads: Pads, *_: Any) -> Any:
    return [(_shape_after(x[0], pads), x[1])]


def _cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    return 0, 8 * int(np.prod(shapes[0]))


_NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "constant": "constant"}


def _reference(x: NDArray, pads: Pads, mode: str, value: float) -> NDArray:
    grow = [(max(a, 0), max(b, 0)) for a, b in pads]
    if mode == "circular":
        x = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pads, strict=True))]
        return np.pad(x, grow, mode="wrap")
    more: Any = {"constant_values": value} if mode == "constant" else {}
    kind: Any = _NUMPY_MODES[mode]
    out = np.pad(x, grow, mode=kind, **more)
    cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(out.shape, pads, strict=True))
    got: NDArray = out[cut]
    return got


PAD_CONSTANT: Op = Op(
    "pad_constant", kind="pad", grad_name="ConstantPadNdBackward0", forward=_pad,
    backward=lambda ctx, g: apply(PAD_CONSTANT, (g,), (_negated(ctx.params[0]), "constant", 0)),
    infer=_infer, reference=_reference,
    samples=lambda: [
        Sample([numbers(2, 3, 4)], (((0, 0), (1, 2), (2, 0)), "constant", 1.5)),
        Sample([numbers(5)], (((-1, 3),), "constant", 0)),
        Sample([numbers(2, 1, 2, 3, 4)], (((1, 0), (0, 0), (2, 1), (-1, 0), (3, -2)), "constant", -1.0)),
        Sample([numbers(0, 3)], (((1, 1), (1, 1)), "constant", 2.0)),
    ],
    rejects=lambda: [Reject([numbers(3)], (((-2, -2),), "constant", 0), ValueError, "negative dimension")],
    cost=_cost, explain="the element `before` places earlier along every dimension, or the constant", export="Pad",
)  # fmt: skip


def _border_samples(mode: str, dims: int) -> list[Sample]:
    shape = (2, 3, 3, 5, 4)[: 2 + dims]
    pads: Pads = ((0, 0), (0, 0), (1, 2), (2, 1), (0, 3))[: 2 + dims]
    cut: Pads = ((0, 0), (0, 0), (-1, 2), (2, -2), (-1, -1))[: 2 + dims]
    return [Sample([numbers(*shape)], (pads, mode, 0.0)), Sample([numbers(*shape)], (cut, mode, 0.0))]


def _border(mode: str, dims: int, grad_name: str) -> tuple[Op, Op]:
    """The op of a mode and its gradient, each other's derivative."""

    def backward(ctx: Any, g: Any) -> Any:
        pads, mode, _ = ctx.params
        return apply(PAD_BORDERS[mode, dims][1], (g,), (ctx.shapes[0], pads, mode))

    def reference_backward(g: NDArray, shape: Shape, pads: Pads, mode: str) -> NDArray:
        places = _pad(np.arange(int(np.prod(shape))).reshape(shape), pads, mode, 0)
        return np.bincount(places.ravel(), g.ravel(), int(np.prod(shape))).reshape(shape)

    name = {"reflect": "reflection", "replicate": "replication", "circular": "circular"}[mode]
    forward_op = Op(
        f"{name}_pad{dims}d", kind="pad", grad_name=grad_name, forward=_pad, backward=backward, infer=_infer, reference=_reference,
        samples=lambda: _border_samples(mode, dims), rejects=lambda: [], cost=_cost,
        explain=f"the element that the table of {mode} padding names along every dimension", export="Pad",
    )  # fmt: skip
    backward_op = Op(
        f"{name}_pad{dims}d_backward", kind="pad", grad_name=grad_name.replace("Backward0", "BackwardBackward0"),
        forward=_pad_backward, reference=reference_backward,
        backward=lambda ctx, v: apply(PAD_BORDERS[ctx.params[2], dims][0], (v,), (ctx.params[1], ctx.params[2], 0.0)),
        infer=lambda g, shape, *_: [(tuple(shape), g[1])],
        samples=lambda: [
            Sample([numbers(*_shape_after(s.arrays[0].shape, s.params[0]))], (s.arrays[0].shape, s.params[0], mode))
            for s in _border_samples(mode, dims)
        ],
        rejects=lambda: [], cost=_cost, explain="the sum of the gradients of all outputs that read the element", export=None,
    )  # fmt: skip
    return forward_op, backward_op


#: (mode, padded dimensions) -> the op and its gradient.
PAD_BORDERS: dict[tuple[str, int], tuple[Op, Op]] = {
    (mode, dims): _border(mode, dims, label.format(dims))
    for mode, label in (
        ("reflect", "ReflectionPad{}DBackward0"),
        ("replicate", "ReplicationPad{}DBackward0"),
        ("circular", "CopySlices"),
    )
    for dims in (1, 2, 3)
}


def pad_constant(x: Any, pads: Pads, value: float = 0) -> Any:
    """`x` with a constant border; `pads` holds (before, after) for every dimension, negative to cut."""
    return apply(PAD_CONSTANT, (x,), (pads, "constant", value))


def pad_border(x: Any, pads: Pads, mode: str, dims: int) -> Any:
    """`x` with a border made of itself: mode reflect, replicate or circular, on `dims` (one to three) trailing dimensions."""
    return apply(PAD_BORDERS[mode, dims][0], (x,), (pads, mode, 0.0))
