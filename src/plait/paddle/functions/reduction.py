"""Reductions and scans: sums, products, moments, extremes, norms, running results.

Rules of this file: `axis` is None, an int, a list or a tensor; an empty list is None. Integers and booleans sum and multiply in int64.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply
from plait.ops import binary, extremes, lanes, reduce, scan, shape, statistics, turn
from plait.ops import elementwise as ew
from plait.ops.compare import isnan
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import axes_of, axis_of, function, made, marked, need_tensor, number, wanted
from plait.paddle.functions.elementwise import in_place

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "cummax", "cummin", "cumprod", "cumsum", "logcumsumexp", "logsumexp",
    "max", "mean", "median", "min", "nanmean", "nanmedian", "nanquantile", "nansum", "norm", "numel", "prod", "quantile", "std", "sum", "var",
]  # fmt: skip

_REDUCE = ("x:input", "axis:dim", "keepdim:keepdims")


def _no_bool(x: Any, name: str) -> None:
    """RuntimeError for bool, of which upstream has no kernel."""
    if need_tensor(x, name).array.dtype == dtypes.BOOL:
        raise RuntimeError(f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}")


def _whole(axes: Any, x: Any) -> bool:
    return axes is None or len(axes) >= x.array.ndim


def _summed(x: Any, dtype: Any) -> Any:
    if dtype is not None:
        return shape.to_dtype(x, wanted(dtype))
    return shape.to_dtype(x, dtypes.I64) if x.array.dtype in (dtypes.BOOL, dtypes.I32) else x


@function(*_REDUCE)
def sum(
    x: Any, axis: Any = None, dtype: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None
) -> Any:
    """The sum over `axis`, of all elements without it; int32 and bool sum in int64, other integers in their own dtype."""
    need_tensor(x, "sum")
    if isinstance(dtype, bool):
        dtype, keepdim = (keepdim or None), dtype
    axes = axes_of(axis, x.array.ndim, "sum")
    x = _summed(x, dtype)
    return lanes.sum(x, None, bool(keepdim), 2) if _whole(axes, x) else turn.sum(x, axes, bool(keepdim))


@function("x:input")
def nansum(x: Any, axis: Any = None, dtype: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """The sum of the elements that are not NaN."""
    _no_bool(x, "nansum")
    return sum(x if x.array.dtype.kind in "iub" else ew.where(isnan(x), 0, x), axis, dtype, keepdim)


@function(*_REDUCE)
def mean(
    x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, dtype: Any = None, out: Any = None
) -> Any:
    """The mean over `axis`; of integers and booleans in their own dtype, cut towards zero."""
    need_tensor(x, "mean")
    if dtype is not None:
        x = shape.to_dtype(x, wanted(dtype))
    whole = x.array.dtype if x.array.dtype.kind in "iub" else None
    if whole is not None:
        x = shape.to_dtype(x, dtypes.F64)
    axes = axes_of(axis, x.array.ndim, "mean")
    got = lanes.mean(x, None, bool(keepdim), 1) if _whole(axes, x) else turn.mean(x, axes, bool(keepdim))
    return got if whole is None else shape.to_dtype(got, whole)


@function("x:input")
def nanmean(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """The mean of the elements that are not NaN."""
    _no_bool(x, "nanmean")
    count = made((~np.isnan(x.array)).astype(x.array.dtype))
    return nansum(x, axis, None, keepdim) / sum(count, axis, None, keepdim)


@function(*_REDUCE)
def prod(
    x: Any, axis: Any = None, keepdim: bool = False, dtype: Any = None, out: Any = None, name: str | None = None
) -> Any:
    """The product over `axis`."""
    _no_bool(x, "prod")
    if dtype is not None:
        x = shape.to_dtype(x, wanted(dtype))
    return statistics.prod(x, axes_of(axis, x.array.ndim, "prod"), bool(keepdim), quotient=True)


def _whole_numbers(x: Any, name: str) -> None:
    """RuntimeError for integers but int32 and int64, of which upstream has no kernel."""
    if x.array.dtype not in (dtypes.I32, dtypes.I64):
        raise RuntimeError(f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}")


def _moment(x: Any, axis: Any, correction: Any, keepdim: bool, call: Any, name: str) -> Any:
    need_tensor(x, name)
    if x.array.dtype.kind in "iub":
        _whole_numbers(x, name)
        # Integers stay integers on the whole way, cut at each division.
        rest = ew.sub(x, mean(x, axis, True))
        squares = shape.to_dtype(sum(ew.mul(rest, rest), axis, None, keepdim), x.array.dtype)
        left = x.array.size // squares.array.size - correction
        # Divided by nothing it is NaN, which as an integer is the smallest.
        return (
            binary.div_floor(squares, left).detach()
            if left > 0
            else shape.to_dtype(ew.mul(shape.to_dtype(squares, dtypes.F64), float("nan")), squares.array.dtype)
        )
    if x.array.dtype in (dtypes.F32, dtypes.F64):  # by the steps of upstream's own definition
        rest = ew.sub(x, mean(x, axis, True))
        squares = sum(ew.mul(rest, rest), axis, None, keepdim)
        left = x.array.size // (squares.array.size or 1) - correction
        if left > 0:
            return ew.div(squares, float(left)) if name == "var" else ew.sqrt(ew.div(squares, float(left)))
    return call(x, axes_of(axis, x.array.ndim, name), correction, bool(keepdim))


@function(*_REDUCE)
def var(
    x: Any,
    axis: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    name: str | None = None,
    *,
    correction: float = 1,
    out: Any = None,
) -> Any:
    """The variance over `axis`, divided by n − 1, or by n where `unbiased` is False."""
    left = number(correction) if unbiased is None else 1 if unbiased else 0
    return _moment(x, axis, left, keepdim, statistics.var, "var")


@function()
def std(x: Any, axis: Any = None, unbiased: Any = True, keepdim: bool = False, name: str | None = None) -> Any:
    """The square root of `var`."""
    if need_tensor(x, "std").array.dtype.kind in "iub":
        return var(x, axis, bool(unbiased), keepdim).sqrt()
    return _moment(x, axis, 1 if unbiased else 0, keepdim, statistics.std, "std")


# --- extremes ---------------------------------------------------------------------------------------------------------


@function(*_REDUCE)
def amax(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None) -> Any:
    """The largest element over `axis`; equal ones share the gradient."""
    _no_bool(x, "amax")
    return extremes.amax(x, axes_of(axis, x.array.ndim, "amax"), bool(keepdim))


@function(*_REDUCE)
def amin(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None) -> Any:
    """The smallest element over `axis`; equal ones share the gradient."""
    _no_bool(x, "amin")
    return extremes.amin(x, axes_of(axis, x.array.ndim, "amin"), bool(keepdim))


@function("x:input", "keepdim:keepdims")
def max(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """The largest element over `axis`; equal ones share the gradient."""
    _no_bool(x, "max")
    return extremes.amax(x, axes_of(axis, x.array.ndim, "max"), bool(keepdim))


@function("x:input", "keepdim:keepdims")
def min(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """The smallest element over `axis`; equal ones share the gradient."""
    _no_bool(x, "min")
    return extremes.amin(x, axes_of(axis, x.array.ndim, "min"), bool(keepdim))


def _arg(x: Any, axis: Any, keepdim: bool, dtype: Any, call: Any, name: str) -> Any:
    _no_bool(x, name)
    if dtype is None:
        raise ValueError(f"the value of 'dtype' in {name} could not be None, but received None")
    kind = wanted(dtype)
    if kind not in (dtypes.I32, dtypes.I64):
        raise ValueError(f"The data type of '{name}' output must be int32 or int64, but received {dtype}.")
    at = None if axis is None else axis_of(axis, x.array.ndim, name, floats=True)
    return shape.to_dtype(call(x, at, bool(keepdim), True), kind)


@function(*_REDUCE)
def argmax(x: Any, axis: Any = None, keepdim: bool = False, dtype: Any = "int64", name: str | None = None) -> Any:
    """The index of the first largest element along `axis`, in the flattened tensor without it."""
    return _arg(x, axis, keepdim, dtype, extremes.argmax, "argmax")


@function(*_REDUCE)
def argmin(x: Any, axis: Any = None, keepdim: bool = False, dtype: Any = "int64", name: str | None = None) -> Any:
    """The index of the first smallest element along `axis`, in the flattened tensor without it."""
    return _arg(x, axis, keepdim, dtype, extremes.argmin, "argmin")


@function(*_REDUCE)
def all(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None) -> Any:
    """Whether all elements over `axis` are not zero."""
    need_tensor(x, "all")
    return extremes.all_(x, axes_of(axis, x.array.ndim, "all"), bool(keepdim))


@function(*_REDUCE)
def any(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None) -> Any:
    """Whether an element over `axis` is not zero."""
    need_tensor(x, "any")
    return extremes.any_(x, axes_of(axis, x.array.ndim, "any"), bool(keepdim))


@function("x:input")
def count_nonzero(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None) -> Any:
    """How many elements over `axis` are not zero."""
    need_tensor(x, "count_nonzero")
    dims = reduce.dims_of(axes_of(axis, x.array.ndim, "count_nonzero"), x.array.ndim)
    return marked(x, apply(extremes.COUNT_NONZERO, (x,), (dims, bool(keepdim))))


@function("x:input")
def numel(x: Any, name: str | None = None) -> Any:
    """The number of elements: a 0-D int64 tensor."""
    return made(np.asarray(need_tensor(x, "numel").array.size, np.int64))


# --- norms and order statistics ---------------------------------------------------------------------------------------


@function(*_REDUCE)
def logsumexp(x: Any, axis: Any = None, keepdim: bool = False, name: str | None = None, *, out: Any = None) -> Any:
    """ln Σ exp over `axis`."""
    _no_bool(x, "logsumexp")
    if not dtypes.is_floating(x.array.dtype):
        x = shape.to_dtype(x, wanted(None))
    axes = axes_of(axis, x.array.ndim, "logsumexp")
    return statistics.logsumexp(x, tuple(range(x.array.ndim)) if axes is None else axes, bool(keepdim), False)


def normed(x: Any, dtype: Any) -> Any:
    """What a norm is made of: a floating-point tensor, of the dtype asked for. Raises RuntimeError for others."""
    need_tensor(x, "norm")
    if dtype is not None:
        x = shape.to_dtype(x, wanted(dtype))
    if not dtypes.is_floating(x.array.dtype):
        raise RuntimeError(
            f"(NotFound) The kernel of `norm` is not registered for {x.dtype}; it takes floating-point tensors."
        )
    return x


@function(*_REDUCE)
def norm(
    x: Any,
    p: Any = None,
    axis: Any = None,
    keepdim: bool = False,
    out: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """The p-norm of the elements over `axis`; over two axes that of matrices: 2 the largest singular value, "fro" the root of squares,
    "nuc" the sum of singular values, 1 and inf the largest sum of a column or row."""
    if not isinstance(p, (str, int, float, type(None))):
        raise ValueError(f"norm(): p must be an int, a float, 'fro' or 'nuc', found {type(p)}")
    x = normed(x, dtype)
    axes = axes_of(axis, x.array.ndim, "norm")
    if p == "nuc":
        from plait.ops.spectral import nuclear_norm

        return nuclear_norm(x, axes, bool(keepdim))
    if axes is not None and len(axes) == 2 and p != "fro" and not (isinstance(p, str)):
        return _matrix_norm(x, 2.0 if p is None else float(p), axes, bool(keepdim))
    if isinstance(p, str):
        if p != "fro":
            raise ValueError(f"only valid string values are 'fro' or 'nuc', found {p}")
        p = 2.0
    return statistics.norm(x, 2.0 if p is None else float(p), axes, bool(keepdim), True)


def _matrix_norm(x: Any, p: float, axes: Any, keepdim: bool) -> Any:
    if p not in (1, -1, 2, -2, float("inf"), float("-inf")):
        raise ValueError(f"just support p value 'fro','nuc',1,-1,inf,-inf,2,-2 if axis is 2D, found {p}")
    if p in (2, -2):
        from plait.ops.spectral import singular_norm

        return singular_norm(x, axes, keepdim, p < 0)
    rows, columns = axes
    along, across = (columns, rows) if p in (float("inf"), float("-inf")) else (rows, columns)
    sums = reduce.sum(ew.abs(x), along, True)
    best = (extremes.amax if p > 0 else extremes.amin)(sums, across, True)
    if keepdim:
        return best
    return shape.reshape(best, [n for i, n in enumerate(best.array.shape) if i not in axes])


@function(*_REDUCE, then={"mode": "min"})
def median(
    x: Any, axis: Any = None, keepdim: bool = False, mode: str = "avg", name: str | None = None, *, out: Any = None
) -> Any:
    """The middle element over `axis`: the mean of two middle ones, or with `mode="min"` the lower one (and its index, along an axis).

    Where x or the axis comes under its other name (`input`, `dim`), `mode` is "min" by default, as upstream has it.
    """
    need_tensor(x, "median")
    if mode not in ("avg", "min"):
        raise ValueError(f"Mode {mode} is not supported. Must be avg or min.")
    ndim = x.array.ndim
    if ndim and not (axis is None or axis == []) and not (isinstance(axis, int) and -ndim <= axis < ndim):
        raise ValueError("In median, axis should be none or an integer in range [-rank(x), rank(x)).")
    return _median(x, axis, bool(keepdim), mode, False)


@function("x:input")
def nanmedian(x: Any, axis: Any = None, keepdim: bool = False, mode: str = "avg", name: str | None = None) -> Any:
    """`median` of the elements that are not NaN."""
    _no_bool(x, "nanmedian")
    return _median(x, axis, bool(keepdim), mode, True)


def _median(x: Any, axis: Any, keepdim: bool, mode: str, skip: bool) -> Any:
    from plait.ops import order, views

    if isinstance(axis, (list, tuple)) and not axis:
        raise ValueError("Axis list should not be empty.")
    ndim = x.array.ndim
    if not ndim:
        if axis not in (None, 0, -1):
            raise AssertionError("when input 0-D, axis can only be [-1, 0] or default None")
        axis = None
    axes = axes_of(axis, ndim, "median")
    flat = x
    if axes is None or len(axes) == ndim:
        flat, at = shape.reshape(x, (-1,)), 0
    elif len(axes) == 1:
        at = axes[0]
    else:
        rest = [i for i in range(ndim) if i not in axes]
        flat = shape.reshape(shape.permute(x, [*rest, *axes]), [*(x.array.shape[i] for i in rest), -1])
        at = len(rest)
    if not flat.array.shape[at]:
        # Of nothing: NaN, without a gradient.
        sizes = _one(x.array.shape, at) if len(axes or ()) == 1 else (1,) * ndim
        sizes = sizes if keepdim else tuple([n for i, n in enumerate(sizes) if axes is not None and i not in axes])
        return made(np.full(sizes, np.nan, x.array.dtype if x.array.dtype.kind == "f" else np.float32))
    if mode == "min":
        got, index = apply(order.MEDIAN, (flat,), (skip, at, False))
        if flat.array.dtype.kind != "f" and axes is None:
            got = shape.to_dtype(got, flat.array.dtype)
        parts = [got, index]
    else:
        work = shape.to_dtype(flat, dtypes.F32) if flat.array.dtype.kind in "iub" else flat
        parts = [views.squeeze(order.middle(work, at, skip), at)]
    if keepdim:
        kept = [1 if axes is None or i in axes else n for i, n in enumerate(x.array.shape)]
        parts = [shape.reshape(t, kept) for t in parts]
    return parts[0] if mode == "avg" or axes is None else tuple(parts)


def _one(sizes: Any, at: int) -> tuple[int, ...]:
    return (*sizes[:at], 1, *sizes[at + 1 :])


def _quantile(x: Any, q: Any, axis: Any, keepdim: bool, interpolation: str, skip: bool, name: str) -> Any:
    from plait.layers.quantile import INTERPOLATIONS, quantiles
    from plait.ops import views

    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: input x should be a Tensor")
    if isinstance(q, (list, tuple)):
        points = [float(number(v)) for v in q]
        if not points:
            raise ValueError("q should not be empty")
    elif isinstance(q, Tensor):
        if q.array.ndim > 1:
            raise ValueError("q should be a 0-D tensor or a 1-D tensor")
        points = q.array.reshape(-1).astype(np.float64).tolist()
    elif isinstance(q, (int, float)):
        points = [float(q)]
    else:
        raise TypeError("Type of q should be int, float, list or tuple, or tensor")
    if not builtins.all([0 <= v <= 1 for v in points]):
        raise ValueError("q should be in range [0, 1]")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be one of {INTERPOLATIONS}, but got {interpolation}")
    ndim = x.array.ndim
    given = [] if axis is None else axis if isinstance(axis, list) else [axis]
    if not builtins.all([isinstance(a, int) and -ndim <= a < ndim for a in given]):
        raise ValueError("Axis should be None, int, or a list, element should in range [-rank(x), rank(x)).")
    axes = [a % ndim for a in given]
    if len(set(axes)) != len(axes):
        raise ValueError("Each element of 'source' must be unique!")
    kept = [1 if axis is None or d in axes else n for d, n in enumerate(x.array.shape)]
    x = x if x.array.dtype.kind == "f" else shape.to_dtype(x, dtypes.F64)
    if axes:
        x = views.movedim(x, axes, range(ndim - len(axes), ndim))
    rest = x.array.shape[: ndim - len(axes)] if axes else ()
    flat = shape.reshape(x, (*rest, -1))
    got = quantiles(flat, np.asarray(points), interpolation, skip, x.array.dtype.type)
    last = got.array.ndim - 1
    parts = views.movedim(got, (last,), (0,))
    if keepdim:
        parts = shape.reshape(parts, (len(points), *kept))
    return parts if len(points) > 1 else views.select(parts, 0, 0)


@function(*_REDUCE)
def quantile(
    x: Any, q: Any, axis: Any = None, keepdim: bool = False, interpolation: str = "linear", name: str | None = None
) -> Any:
    """The q-quantiles over `axis`; several q come along a new first dimension. A row with NaN gives NaN."""
    return _quantile(x, q, axis, bool(keepdim), interpolation, False, "quantile")


@function(*_REDUCE)
def nanquantile(
    x: Any, q: Any, axis: Any = None, keepdim: bool = False, interpolation: str = "linear", name: str | None = None
) -> Any:
    """`quantile` of the elements that are not NaN."""
    return _quantile(x, q, axis, bool(keepdim), interpolation, True, "nanquantile")


# --- scans ------------------------------------------------------------------------------------------------------------


def _line(x: Any, axis: Any, name: str) -> tuple[Any, int]:
    if axis is None:
        return shape.reshape(x, (-1,)), 0
    try:
        return x, axis_of(axis, x.array.ndim, name, floats=True)
    except ValueError as error:
        raise (IndexError if name == "cumsum" else ValueError)(str(error)) from None


@function("x:input", "axis:dim")
def cumsum(x: Any, axis: Any = None, dtype: Any = None, name: str | None = None, *, out: Any = None) -> Any:
    """Running sums along `axis`, of the flattened tensor without it."""
    need_tensor(x, "cumsum")
    if dtype is not None:
        x = shape.to_dtype(x, wanted(dtype))
    _no_bool(x, "cumsum")
    if x.array.dtype.kind not in "iu":
        return scan.cumsum(*_line(x, axis, "cumsum"))
    # Integers are added as int64; what asks for a narrower dtype has its lowest bits.
    kind = dtypes.I64 if dtype is None else x.array.dtype
    return shape.to_dtype(scan.cumsum(*_line(shape.to_dtype(x, dtypes.I64), axis, "cumsum")), kind)


@function("x:input")
def cumprod(x: Any, dim: Any = None, *, dtype: Any = None, out: Any = None, name: str | None = None) -> Any:
    """Running products along `dim`, of the flattened tensor without it."""
    need_tensor(x, "cumprod")
    if dtype is not None:
        x = shape.to_dtype(x, wanted(dtype))
    return scan.cumprod(*_line(x, dim, "cumprod"))


in_place("cumsum", cumsum, resizes=True)
in_place("cumprod", cumprod, resizes=True)


@function("x:input", "axis:dim")
def logcumsumexp(x: Any, axis: Any = None, dtype: Any = None, name: str | None = None) -> Any:
    """Running ln Σ exp along `axis`."""
    need_tensor(x, "logcumsumexp")
    return scan.logcumsumexp(*_line(x if dtype is None else shape.to_dtype(x, wanted(dtype)), axis, "logcumsumexp"))


def _extreme_scan(x: Any, axis: Any, dtype: Any, call: Any, name: str) -> Any:
    need_tensor(x, name)
    got, index = call(*_line(x, axis, name))
    return got, marked(x, shape.to_dtype(index, wanted(dtype)))


@function("x:input", "axis:dim")
def cummax(x: Any, axis: Any = None, dtype: Any = "int64", name: str | None = None) -> Any:
    """Running maxima along `axis`, and where they lie."""
    return _extreme_scan(x, axis, dtype, scan.cummax, "cummax")


@function("x:input", "axis:dim")
def cummin(x: Any, axis: Any = None, dtype: Any = "int64", name: str | None = None) -> Any:
    """Running minima along `axis`, and where they lie."""
    return _extreme_scan(x, axis, dtype, scan.cummin, "cummin")
