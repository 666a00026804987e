"""Reductions: sums, means, extremes, counts, norms, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert, _dtypes
from plait.keras._tensor import Tensor
from plait.keras.ops._common import axes_of, common, floating, kernel_refuses, one_axis, op, still, tensor
from plait.op import apply
from plait.ops import choose, extremes, index, lanes, reduce, scan, statistics
from plait.ops import elementwise as ew
from plait.ops.shape import reshape

__all__ = [
    "all", "allclose", "amax", "amin", "any", "average", "bincount", "count_nonzero", "cumprod", "cumsum", "logsumexp", "max", "mean", "median",
    "min", "moments", "prod", "quantile", "std", "sum", "var",
]  # fmt: skip


def _dims(x: Any, axis: Any, kernel: str = "Mean") -> Any:
    axes = axes_of(
        axis,
        x.array.ndim,
        kernel_refuses(kernel, "Invalid reduction dimension ({axis} for input with {ndim} dimension(s)"),
    )
    return tuple(range(x.array.ndim)) if axes is None else axes


def _widened(x: Any) -> Any:
    """What sums run in: bools as int32, small integers as 32 bits of their kind."""
    dtype = x.array.dtype
    if dtype.kind == "b" or (dtype.kind == "i" and dtype.itemsize < 4):
        return _convert.to(x, dtypes.I32)
    if dtype.kind == "u" and dtype.itemsize < 4:
        return _convert.to(x, np.dtype(np.uint32))
    return x


def _sum(x: Any, dims: Any, keepdims: bool) -> Any:
    return x if not dims else lanes.sum(x, dims, bool(keepdims))


def _mean(x: Any, dims: Any, keepdims: bool) -> Any:
    return x if not dims else lanes.mean(x, dims, bool(keepdims))


@op
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over `axis`."""
    x = _widened(tensor(x))
    return _sum(x, _dims(x, axis, "Sum"), keepdims)


@op
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over `axis`, floating."""
    x = floating(x)
    return _mean(x, _dims(x, axis), keepdims)


@op
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product over `axis`."""
    x = _widened(tensor(x)) if dtype is None else tensor(x)  # upstream casts to no dtype that is named
    dims = _dims(x, axis, "Prod")
    shape = x.array.shape
    if len(dims) == 1:
        return statistics.prod(x, dims[0], keepdims)
    for d in sorted(dims, reverse=True):
        x = statistics.prod(x, d, True)
    return x if keepdims else reshape(x, reduce.reduced_shape(shape, dims, False))


def _extreme(function: Any, worst: Any, x: Any, axis: Any, keepdims: bool, initial: Any, name: str) -> Any:
    x = tensor(x)
    dims = _dims(x, axis, "Max" if function is extremes.amax else "Min")
    kept = x.array.dtype
    if kept.kind == "b":
        x = _convert.to(x, dtypes.I32)
    if initial is None and any_zero(x.array.shape, dims):
        raise ValueError(f"{name}: cannot be computed of an empty tensor without initial; got shape {x.array.shape}")
    if any_zero(x.array.shape, dims):
        shape = reduce.reduced_shape(x.array.shape, dims, keepdims)
        return Tensor.wrap(np.full(shape, initial, x.array.dtype))
    out = function(x, dims, keepdims) if dims else x
    if initial is not None:
        out = worst(out, tensor(initial, out.dtype))
    return _convert.to(out, kept) if kept.kind == "b" else out


def any_zero(shape: Any, dims: Any) -> bool:
    """Whether one of the dimensions is empty."""
    return 0 in [shape[d] for d in dims]


@op
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The largest over `axis`, not below `initial`; equal ones share the gradient."""
    return _extreme(extremes.amax, choose.larger, x, axis, keepdims, initial, "max")


@op
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The smallest over `axis`, not above `initial`; equal ones share the gradient."""
    return _extreme(extremes.amin, choose.smaller, x, axis, keepdims, initial, "min")


@op
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest over `axis`."""
    return _extreme(extremes.amax, choose.larger, x, axis, keepdims, None, "amax")


@op
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest over `axis`."""
    return _extreme(extremes.amin, choose.smaller, x, axis, keepdims, None, "amin")


def _truths(x: Any) -> np.ndarray:
    x = tensor(x)
    return dtypes.working(x.array) != 0


@op
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all are true over `axis`."""
    t = _truths(x)
    return Tensor.wrap(np.asarray(t.all(axis=axes_of(axis, t.ndim), keepdims=keepdims)))


@op
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether one is true over `axis`."""
    t = _truths(x)
    return Tensor.wrap(np.asarray(t.any(axis=axes_of(axis, t.ndim), keepdims=keepdims)))


@op
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close: |x1 - x2| <= atol + rtol |x2|."""
    from plait.keras.ops.elementwise import isclose

    return all(isclose(x1, x2, rtol, atol, equal_nan))


@op
def count_nonzero(x: Any, axis: Any = None) -> Any:
    """How many are not zero over `axis`, int32."""
    t = _truths(x)
    return Tensor.wrap(np.asarray(np.count_nonzero(t, axis=axes_of(axis, t.ndim)), np.int32))


@op
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of squared distances from the mean over `axis`."""
    return variance(floating(x), axis, keepdims)


def variance(x: Any, axis: Any, keepdims: bool) -> Any:
    """The biased variance of a floating tensor, worked out in float32 for 16-bit floats."""
    dims = _dims(x, axis)
    if not dims:
        return ew.mul(x, 0)
    return apply(statistics.VAR, (x,), (tuple(sorted(dims)), 0, keepdims))


@op
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The root of the variance over `axis`."""
    return ew.sqrt(variance(floating(x), axis, keepdims))


@op
def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """The mean over `axis`, weighted where `weights` are given (of x's shape, or one for each place along one axis)."""
    if weights is None:
        x = floating(x)
        return _mean(x, _dims(x, axis), False)
    x, w = common(x, weights, floating=True)
    if axis is not None and not isinstance(axis, (list, tuple)) and w.array.ndim == 1 and x.array.ndim > 1:
        at = one_axis(axis, x.array.ndim)
        w = reshape(w, tuple(w.array.size if i == at else 1 for i in range(x.array.ndim)))
    dims = _dims(x, axis)
    wide = ew.mul(x, w)
    total = ew.add(ew.mul(still(x), 0), w) if w.array.shape != x.array.shape else w
    return ew.div(_sum(wide, dims, False), _sum(total, dims, False))


@op
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The logarithm of the sum of exponentials over `axis`."""
    x = floating(x)
    return statistics.logsumexp(x, list(_dims(x, axis)), keepdims)


@op
def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Running sums along `axis`, of the flat tensor without one; bools as int32."""
    return _running(scan.cumsum, x, axis, dtype)


@op
def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """Running products along `axis`, of the flat tensor without one; bools as int32."""
    return _running(scan.cumprod, x, axis, dtype)


def _running(function: Any, x: Any, axis: Any, dtype: Any) -> Any:
    x = tensor(x, dtype)
    if x.array.dtype.kind == "b":
        x = _convert.to(x, dtypes.I32)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    kernel = "Cumsum" if function is scan.cumsum else "Cumprod"
    refuses = kernel_refuses(kernel, "ScanOp: Expected scan axis in the range [{low}, {ndim}), but got {axis}")
    return function(x, one_axis(axis, x.array.ndim, refuses))


@op
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle value over `axis`, the mean of the two middle ones for an even number."""
    return quantile(x, 0.5, axis, "linear", keepdims)


@op
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which the share q of the elements lies: `method` is linear, lower, higher, midpoint or nearest."""
    from plait.ops import order

    x = floating(x)
    shape = x.array.shape
    dims = sorted(_dims(x, axis))
    rest = [d for d in range(len(shape)) if d not in dims]
    from plait.ops.shape import permute

    n = int(np.prod([shape[d] for d in dims]))
    flat = reshape(permute(x, (*rest, *dims)), (*[shape[d] for d in rest], n))
    ranked = order.sort(flat, flat.array.ndim - 1, False)[0]
    share = np.asarray(tensor(q).array, np.float64)
    place = share * (n - 1)
    low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    weight = place - low
    if method in ("lower", "higher", "nearest"):
        at = low if method == "lower" else high if method == "higher" else np.round(place).astype(np.int64)
        low = high = at
    elif method == "midpoint":
        weight = np.where(low == high, 0.0, 0.5)
    elif method != "linear":
        raise ValueError(f"quantile: method must be linear, lower, higher, midpoint or nearest; got {method!r}")
    last = ranked.array.ndim - 1
    a = index.index_select(ranked, last, Tensor.wrap(low.reshape(-1)))
    if method in ("lower", "higher", "nearest"):
        out = a
    else:
        b = index.index_select(ranked, last, Tensor.wrap(high.reshape(-1)))
        w = Tensor.wrap(dtypes.cast(weight.reshape(-1), a.array.dtype))
        out = ew.add(ew.mul(a, ew.sub(Tensor.wrap(dtypes.full((), 1, a.array.dtype)), w)), ew.mul(b, w))
    out = permute(out, (last, *range(last)))
    kept = reduce.reduced_shape(shape, dims, keepdims)
    return reshape(out, (*share.shape, *kept))


@op
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """(mean, variance) over `axes`; 16-bit floats are worked out in float32."""
    x = floating(x)
    kept = x.array.dtype
    wide = _convert.to(x, dtypes.F32) if kept.itemsize == 2 else x
    dims = _dims(wide, axes)
    mean_, var_ = _mean(wide, dims, keepdims), variance(wide, dims, keepdims)
    if kept.itemsize == 2:
        limit = float(np.finfo(np.float16).max) if kept == dtypes.F16 else float.fromhex("0x1.fep127")
        from plait.ops import select

        mean_, var_ = (_convert.to(select.clamp(v, -limit, limit), kept) for v in (mean_, var_))
    return mean_, var_


@op
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each integer occurs (or the sum of its `weights`), along the last axis."""
    if sparse:
        raise NotImplementedError("bincount: sparse tensors are not part of plait")
    at = tensor(x).array.astype(np.int64)
    w = None if weights is None else tensor(weights)
    name = "int32" if w is None else _dtypes.result_type(tensor(x).dtype, w.dtype)
    length = int(np.max([minlength, (at.max() + 1) if at.size else 0]))
    rows = at.reshape(-1, at.shape[-1])
    out = np.zeros((len(rows), length), np.float64 if w is not None else np.int64)
    values = None if w is None else dtypes.working(w.array).reshape(rows.shape)
    for i, row in enumerate(rows):
        np.add.at(out[i], row, 1 if values is None else values[i])
    return Tensor.wrap(dtypes.cast(out.reshape(*at.shape[:-1], length), _dtypes.numpy_dtype(name)))
