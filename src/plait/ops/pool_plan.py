"""Windows over arrays: where they lie, and arrays laid out for the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops.shape import TO_FIRST, TO_LAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LOWEST",
    "Plan",
    "arranged",
    "as_dtype",
    "elements_at",
    "laid_back",
    "lies_last",
    "places_of",
    "shaped",
    "sizes_array",
    "widened",
    "window_cost",
]


#: What a maximum that passes over NaN starts from: the lowest finite float32, in every dtype.
LOWEST = float(np.finfo(np.float32).min)


class Plan:
    """Where the windows of one layer lie in one input size.

    `drop_nan`: a maximum passes over NaN. `floor`: it starts from `LOWEST`, and its place is -1 where nothing is greater; without
    `drop_nan` it begins again after a NaN. `sizes` and `out` are the spatial sizes in and out; `table` is what the kernels read: a header, then for each of three dimensions (unit
    ones in front) the arrays lo, n, cnt by output and io, in_n by input: first tap inside, taps inside, share of the divisor; first output
    whose window holds the coordinate, how many do.
    """

    __slots__ = (
        "adaptive",
        "dilation",
        "drop_nan",
        "floor",
        "kernel",
        "lo",
        "out",
        "padding",
        "rank",
        "sizes",
        "stride",
        "table",
        "taps",
        "weight",
    )

    def __init__(
        self,
        sizes: Sequence[int],
        out: Sequence[int],
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        lo: Sequence[NDArray],
        taps: Sequence[NDArray],
        weight: Sequence[NDArray],
        *,
        adaptive: bool = False,
        drop_nan: bool = False,
        floor: bool = False,
    ) -> None:
        self.sizes, self.out, self.rank, self.adaptive = tuple(sizes), tuple(out), len(sizes), adaptive
        self.kernel, self.stride, self.padding, self.dilation = (
            tuple(kernel),
            tuple(stride),
            tuple(padding),
            tuple(dilation),
        )
        self.lo, self.taps, self.weight = tuple(lo), tuple(taps), tuple(weight)
        self.drop_nan, self.floor = drop_nan, floor
        fill = 3 - self.rank
        ones, zeros = (1,) * fill, (0,) * fill
        regular = not adaptive or stride[-1] * out[-1] == sizes[-1]  # bins of one length are windows side by side
        head = [
            1,
            *ones,
            *self.sizes,
            *ones,
            *self.out,
            *ones,
            *kernel,
            *ones,
            *stride,
            *zeros,
            *padding,
            *ones,
            *dilation,
            regular,
            drop_nan,
        ]
        parts: list[Any] = [np.array(head, np.int64)]
        unit = [np.array(v, np.int64) for v in ([0], [1], [1], [0], [1])]
        for _ in range(fill):
            parts += unit
        for d in range(self.rank):
            first, count = self._outputs_of(d)
            parts += [lo[d], taps[d], weight[d], first, count]
        self.table = np.concatenate(parts).astype(np.int64)

    def _outputs_of(self, d: int) -> tuple[NDArray, NDArray]:
        i = np.arange(self.sizes[d])
        end = self.lo[d] + self.taps[d]
        first = np.searchsorted(end, i, side="right") if len(end) else np.zeros_like(i)
        last = np.searchsorted(self.lo[d], i, side="right") if len(end) else np.zeros_like(i)
        return first, np.maximum(last - first, 0)

    def taps_of(self, place: Sequence[int]) -> tuple[slice, ...]:
        """The part of the input under one output."""
        return tuple(
            slice(
                int(self.lo[d][o]), int(self.lo[d][o] + (self.taps[d][o] - 1) * self.dilation[d] + 1), self.dilation[d]
            )
            for d, o in enumerate(place)
        )

    def __repr__(self) -> str:
        return f"Plan({self.sizes} -> {self.out}, kernel={self.kernel}, stride={self.stride})"


def lies_last(x: NDArray) -> bool:
    """Whether the channels lie last in memory."""
    return x.ndim > 3 and x.shape[1] > 1 and x.strides[1] == x.itemsize and not x.flags.c_contiguous


def _readable(x: NDArray) -> NDArray:
    """`x`, or a copy that the kernels can read: no negative or odd steps, unit ones along the last dimension."""
    if x.flags.c_contiguous:
        return x
    item = x.itemsize
    ok = all(s >= 0 and s % item == 0 for s in x.strides) and (x.strides[-1] == item or x.shape[-1] == 1)
    return x if ok else np.ascontiguousarray(x)


def arranged(plan: Plan, x: NDArray) -> tuple[NDArray, bool, bool]:
    """The input with a batch dimension, in the order of its memory: array, channels last?, batched?"""
    batched = x.ndim == plan.rank + 2
    if not batched:
        x = x[None]
    if lies_last(x):
        last = x.transpose(TO_LAST[x.ndim])
        item = x.itemsize
        if all(s >= 0 and s % item == 0 for s in last.strides):
            return last, True, batched
    return _readable(x), False, batched


def laid_back(y: NDArray, last: bool, batched: bool) -> NDArray:
    """A result of a kernel in the shape that the caller knows."""
    if last:
        y = y.transpose(TO_FIRST[y.ndim])
    return y if batched else y[0]


def as_dtype(x: NDArray, last: bool, batched: bool) -> NDArray:
    """An array of outputs, contiguous in the same order."""
    if not batched:
        x = x[None]
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim]) if last else x)


def widened(x: NDArray) -> NDArray:
    """16-bit numbers as float32, others as they are."""
    return x if x.dtype.char in "fd" or x.dtype not in (dtypes.F16, dtypes.BFLOAT16) else dtypes.cast(x, dtypes.F32)


def places_of(plan: Plan) -> Iterable[tuple[int, ...]]:
    """The places of all windows."""
    return np.ndindex(*plan.out)


def elements_at(part: Iterable[Any]) -> Any:
    """The index of a part of every plane."""
    return (..., *part)


def shaped(x: NDArray, plan: Plan, sizes: Sequence[int]) -> NDArray:
    """The result for an input without elements: nothing to compute, and steps that may be anything."""
    return np.zeros((*x.shape[: x.ndim - plan.rank], *sizes), x.dtype)


def sizes_array(shape: Sequence[int]) -> NDArray:
    """Sizes as the kernels take them."""
    return np.array(shape, np.int64)


def window_cost(shapes: Sequence[tuple[int, ...]], params: Any) -> tuple[int, int]:
    """(FLOPs, bytes) of going through all windows."""
    plan = params[0] if isinstance(params[0], Plan) else params[-1] if isinstance(params[-1], Plan) else None
    size = int(np.prod(shapes[0]))
    if plan is None:
        return 0, 8 * size
    outputs = int(np.prod(shapes[0][: len(shapes[0]) - plan.rank])) * int(np.prod(plan.out))
    return outputs * int(np.prod(plan.kernel)), 4 * (size + outputs)
