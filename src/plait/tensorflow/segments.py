"""tf.math.segment_*: reductions of the rows that bear one number. `segment_*` want rising numbers, `unsorted_segment_*` take any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras._convert import to
from plait.keras._errors import bracketed, refused
from plait.keras._tensor import Tensor
from plait.keras.ops import sorting
from plait.op import apply
from plait.ops import elementwise as ew
from plait.ops.embed import EMBEDDING_BACKWARD
from plait.ops.gathering import scatter_reduce
from plait.ops.shape import reshape
from plait.tensorflow._call import as_tensor, face, ints, wrap

__all__ = [
    "segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum", "unsorted_segment_max", "unsorted_segment_mean",
    "unsorted_segment_min", "unsorted_segment_prod", "unsorted_segment_sqrt_n", "unsorted_segment_sum",
]  # fmt: skip


def _numbered(op: str, segment_ids: Any) -> np.ndarray:
    at = as_tensor(segment_ids).array
    if at.dtype not in (dtypes.I32, dtypes.I64):
        raise refused(op, "segment_ids must be int32 or int64", None)
    return at.astype(np.int64)


def _rising(op: str, data: Any, segment_ids: Any) -> tuple[Any, np.ndarray, int]:
    """The rows, their numbers, and how many segments there are."""
    x, at = as_tensor(data), _numbered(op, segment_ids)
    if at.ndim != 1:
        raise refused(op, f"segment_ids should be a vector, received shape {bracketed(at.shape)}", None)
    if not x.array.ndim or at.size != x.array.shape[0]:
        raise refused(op, "segment_ids should be the same size as dimension 0 of input.", None)
    if at.size and at[0] < 0:
        raise refused(
            op,
            f"Segment id {at[0]} out of range [0, {at[-1] + 1}), possibly because 'segment_ids' input is not sorted.",
            None,
        )
    if (np.diff(at) < 0).any():
        raise refused(op, "segment ids are not increasing", None)
    return x, at, int(at[-1]) + 1 if at.size else 0


def _any_order(op: str, data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, np.ndarray, int]:
    """The same for numbers in any order, which may have several dimensions; rows with a negative number are left out."""
    x, at, rows = as_tensor(data), _numbered(op, segment_ids), ints(num_segments)[0]
    shape = x.array.shape
    if shape[: at.ndim] != at.shape:
        raise refused(
            op, f"data.shape = {bracketed(shape)} does not start with segment_ids.shape = {bracketed(at.shape)}", None
        )
    if at.size and at.max() >= rows:
        place = np.unravel_index(int(np.flatnonzero(at.ravel() >= rows)[0]), at.shape)
        where = ",".join(map(str, place))
        raise refused(op, f"segment_ids[{where}] = {at[place]} is out of range [0, {rows})", None)
    x, at = reshape(x, (at.size, *shape[at.ndim :])), at.ravel()
    if (at < 0).any():
        kept = np.flatnonzero(at >= 0)
        x, at = sorting.taken(x, kept, 0), at[kept]
    return x, at, rows


def _sum(x: Any, at: np.ndarray, rows: int) -> Any:
    if x.array.dtype.kind in "fV":
        return apply(EMBEDDING_BACKWARD, (x, wrap(at)), (rows, -1, False))
    out = np.zeros((rows, *x.array.shape[1:]), x.array.dtype)
    np.add.at(out, at, x.array)
    return wrap(out)


def _counts(x: Any, at: np.ndarray, rows: int) -> np.ndarray:
    """How many rows each segment has, at least 1, shaped to divide by."""
    counts = np.maximum(np.bincount(at, minlength=rows), 1)
    return counts.reshape(rows, *(1,) * (x.array.ndim - 1))


def _extreme(how: str, x: Any, at: np.ndarray, rows: int, empty: Any) -> Any:
    """The largest, smallest or product of each segment; `empty` where there is nothing."""
    inner = x.array.shape[1:]
    flat = reshape(x, (at.size, int(np.prod(inner))))
    start = wrap(np.full((rows, flat.array.shape[1]), empty, x.array.dtype))
    index = Tensor.wrap(np.ascontiguousarray(np.broadcast_to(at[:, None], flat.array.shape)))
    return reshape(scatter_reduce(start, 0, index, flat, how, False), (rows, *inner))


def _most(dtype: Any, sign: int) -> Any:
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return info.max if sign > 0 else info.min


def _mean(x: Any, at: np.ndarray, rows: int) -> Any:
    total, counts = _sum(x, at, rows), _counts(x, at, rows)
    if x.array.dtype.kind in "fV":
        return ew.div(total, to(wrap(counts), x.array.dtype))
    return wrap(np.trunc(total.array / counts).astype(x.array.dtype))


def _product(x: Any, at: np.ndarray, rows: int) -> Any:
    return _extreme("prod", x, at, rows, 1)


def _sorted(name: str, reduce: Callable[[Any, np.ndarray, int], Any], doc: str) -> Any:
    upstream = "Segment" + name.capitalize()

    def call(data: Any, segment_ids: Any, name: Any = None) -> Any:
        return reduce(*_rising(upstream, data, segment_ids))

    call.__name__ = call.__qualname__ = f"segment_{name}"
    call.__doc__ = f"The {doc} of each run of rows that bear one number; numbers rise, and those that are missing give {_EMPTY[name]}."
    return face(call)


def _unsorted(name: str, upstream: str, reduce: Callable[[Any, np.ndarray, int], Any], doc: str) -> Any:
    def call(data: Any, segment_ids: Any, num_segments: Any, name: Any = None) -> Any:
        return reduce(*_any_order(upstream, data, segment_ids, num_segments))

    call.__name__ = call.__qualname__ = f"unsorted_segment_{name}"
    call.__doc__ = f"The {doc} of the rows that bear each number below `num_segments`; negative numbers are left out."
    return face(call)


_EMPTY = {"sum": 0, "mean": 0, "max": 0, "min": 0, "prod": 1}

segment_sum = _sorted("sum", _sum, "sum")
segment_mean = _sorted("mean", _mean, "mean")
segment_max = _sorted("max", lambda x, at, rows: _extreme("amax", x, at, rows, 0), "largest")
segment_min = _sorted("min", lambda x, at, rows: _extreme("amin", x, at, rows, 0), "smallest")
segment_prod = _sorted("prod", _product, "product")


def _floating_mean(x: Any, at: np.ndarray, rows: int) -> Any:
    return _mean(x if x.array.dtype.kind in "fV" else to(x, dtypes.F64), at, rows)


def _root_mean(x: Any, at: np.ndarray, rows: int) -> Any:
    if x.array.dtype.kind not in "fV":
        raise refused("Sqrt", "data must be floating", None)
    return ew.div(_sum(x, at, rows), ew.sqrt(to(wrap(_counts(x, at, rows)), x.array.dtype)))


unsorted_segment_sum = _unsorted("sum", "UnsortedSegmentSum", _sum, "sum")
unsorted_segment_mean = _unsorted("mean", "UnsortedSegmentSum", _floating_mean, "mean")
unsorted_segment_sqrt_n = _unsorted("sqrt_n", "UnsortedSegmentSum", _root_mean, "sum over the root of the number")
unsorted_segment_max = _unsorted(
    "max", "UnsortedSegmentMax", lambda x, at, rows: _extreme("amax", x, at, rows, _most(x.array.dtype, -1)), "largest"
)
unsorted_segment_min = _unsorted(
    "min", "UnsortedSegmentMin", lambda x, at, rows: _extreme("amin", x, at, rows, _most(x.array.dtype, 1)), "smallest"
)
unsorted_segment_prod = _unsorted("prod", "UnsortedSegmentProd", _product, "product")
