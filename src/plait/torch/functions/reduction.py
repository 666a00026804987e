"""Reductions and scans: sums, products, moments, extremes, norms, running results.

Rules of this file: integers sum and multiply in int64; `dim` may be a number or a tuple; named results are upstream's
`torch.return_types`.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from plait import dtypes
from plait.dtypes import BOOL, I64, U8
from plait.op import apply, type_name
from plait.ops import elementwise as ew
from plait.ops import extremes, reduce, scan, statistics
from plait.ops.compare import isnan
from plait.ops.shape import clone, narrow, to_dtype, wrap_dim
from plait.ops.views import named
from plait.torch._builtins import inner
from plait.torch._dtypes import as_dtype
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import (
    dims_argument,
    into,
    into_exact,
    named_result,
    need_flag,
    need_int,
    need_tensor,
    number,
)
from plait.torch.functions.arithmetic import maximum, minimum

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "count_nonzero", "cummax", "cummin", "cumprod", "cumsum",
    "cumulative_trapezoid", "diff", "dist", "logcumsumexp", "logsumexp", "max", "mean", "min", "nanmean", "nansum", "norm", "prod", "std",
    "std_mean", "sum", "trapezoid", "trapz", "var", "var_mean",
]  # fmt: skip

SUM_DIM, MEAN_DIM, PROD_DIM = (
    named(reduce.SUM, "SumBackward1"),
    named(reduce.MEAN, "MeanBackward1"),
    named(statistics.PROD, "ProdBackward1"),
)


def _cast_in(x: Tensor, dtype: Any, function: str, whole: bool = True) -> Tensor:
    """The input in the dtype that a sum or product runs in."""
    if dtype is not None:
        return to_dtype(x, as_dtype(dtype, function)._numpy)
    if whole and x.array.dtype.kind in "iub" and x.array.dtype != I64:
        return to_dtype(x, I64)
    return x


@method
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The sum over `dim`, of all elements without it; integers sum in int64."""
    need_tensor(input, "sum")
    need_flag(keepdim, "sum", "keepdim", 2)
    x = _cast_in(input, dtype, "sum")
    dims = reduce.dims_of(dims_argument(dim, "sum"), x.array.ndim)
    result = apply(reduce.SUM if dim is None else SUM_DIM, (x,), (dims, keepdim))
    return result if out is None else into("sum", out, result)


@method
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The sum of the elements that are not NaN."""
    need_tensor(input, "nansum")
    x = input if input.array.dtype.kind in "iub" else ew.where(isnan(input), 0, input)
    return sum(x, dim, keepdim, dtype=dtype, out=out)


@method
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The mean over `dim`; RuntimeError for integers without a floating `dtype`."""
    need_tensor(input, "mean")
    need_flag(keepdim, "mean", "keepdim", 2)
    x = _cast_in(input, dtype, "mean", False)
    if not dtypes.is_floating(x.array.dtype):
        what = "Got: " + type_name(x.array.dtype)
        raise RuntimeError(
            f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be either a floating point or "
            "complex dtype. " + what
        )
    dims = reduce.dims_of(dims_argument(dim, "mean"), x.array.ndim)
    result = apply(reduce.MEAN if dim is None else MEAN_DIM, (x,), (dims, keepdim))
    return result if out is None else into("mean", out, result)


@method
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The mean of the elements that are not NaN."""
    need_tensor(input, "nanmean")
    if input.array.dtype.kind in "iub":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got " + type_name(input.array.dtype)
        )
    count = sum(Tensor.wrap(~isnan(input).array), dim, keepdim)
    result = ew.div(nansum(input, dim, keepdim, dtype=dtype), count)
    return result if out is None else into("nanmean", out, result)


@method
def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None) -> Any:
    """The product of all elements, or of those along one dimension."""
    need_tensor(input, "prod")
    x = _cast_in(input, dtype, "prod")
    if dim is None:
        return apply(statistics.PROD, (x,), (tuple(range(x.array.ndim)), False))
    d = wrap_dim(need_int(dim, "prod", "dim", 2), x.array.ndim)
    result = apply(PROD_DIM, (x,), ((d,) if x.array.ndim else (), keepdim))
    return result if out is None else into("prod", out, result)


# --- moments -----------------------------------------------------------------------------------------------------------------


def _correction(dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """`var(x, unbiased)`, `var(x, dim, unbiased)` and `var(x, dim, correction=…)` as (dim, correction)."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        return dim, 1 if unbiased else 0
    return dim, 1 if correction is None else number(correction)


def _warn_freedom(name: str, x: Tensor, dims: Any, left: float) -> None:
    count = math.prod(x.array.shape[d] for d in dims)
    if count - left <= 0 and (x.array.size or not count):
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input "
                      "numel divided by output numel).", UserWarning, stacklevel=3)  # fmt: skip


def _moment(name: str, op: Any) -> Any:
    def function(
        input: Any,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
        out: Any = None,
    ) -> Any:
        need_tensor(input, name)
        dim, left = _correction(dim, unbiased, correction)
        if not dtypes.is_floating(input.array.dtype):
            raise RuntimeError(
                "std and var only support floating point and complex dtypes"
                if name in ("std", "var")
                else f"{name} only support floating point and complex dtypes"
            )
        dims = reduce.dims_of(dims_argument(dim, name), input.array.ndim)
        result = apply(op, (input,), (dims, left, keepdim))
        _warn_freedom(name, input, dims, left)
        return result if out is None else into(name, out, result)

    function.__doc__ = f"The {name} over `dim`, divided by n - correction (1)."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


var, std = _moment("var", statistics.VAR), _moment("std", statistics.STD)


def _moments(name: str, op: Any) -> Any:
    def function(
        input: Any,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
        out: Any = None,
    ) -> tuple[Any, Any]:
        need_tensor(input, name)
        dim, left = _correction(dim, unbiased, correction)
        if not dtypes.is_floating(input.array.dtype):
            raise RuntimeError(
                "std and var only support floating point and complex dtypes"
                if name in ("std", "var")
                else f"{name} only support floating point and complex dtypes"
            )
        dims = reduce.dims_of(dims_argument(dim, name), input.array.ndim)
        _warn_freedom(name, input, dims, left)
        got: tuple[Any, Any] = apply(op, (input,), (dims, left, keepdim))
        return got

    function.__doc__ = f"({name.split('_')[0]}, mean) over `dim`, the first divided by n - correction (1)."
    function.__name__ = function.__qualname__ = name
    return function


var_mean, std_mean = _moments("var_mean", statistics.VAR_MEAN), _moments("std_mean", statistics.STD_MEAN)


# --- extremes ----------------------------------------------------------------------------------------------------------------


def _extreme(name: str, whole: Any, along: Any, pairwise: Any) -> Any:
    kind = named_result(name, "values", "indices")
    kind_out = named_result(name + "_out", "values", "indices")

    def function(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
        need_tensor(input, name)
        if isinstance(dim, Tensor):
            dim, other = None, dim
        if other is not None:
            return pairwise(input, other, out=out)
        if dim is None:
            result = whole(input)
            return result if out is None else into(name, out, result)
        got = along(input, need_int(dim, name, "dim", 2), keepdim)
        if out is not None:
            return kind_out((into_exact(name, out[0], got[0]), into_exact(name, out[1], got[1])))
        return kind(got)

    function.__doc__ = f"The {name} of all elements, (values, indices) along `dim`, or elementwise with `other`."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


max = _extreme("max", extremes.max_all, extremes.max_dim, maximum)
min = _extreme("min", extremes.min_all, extremes.min_dim, minimum)


def _even(name: str, call: Any) -> Any:
    def function(input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None) -> Any:
        need_tensor(input, name)
        dims = dims_argument(dim, name)
        result = call(input, None if dims == () else dims, keepdim)
        return result if out is None else into_exact(name, out, result, _dtype_words(input, out))

    function.__doc__ = f"The {name[1:]}imum over `dim`; equal elements share the gradient."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


def _dtype_words(input: Any, out: Any) -> str:
    return (f"Expected the dtype for input and out to match, but got {type_name(input.array.dtype)} for input's dtype and "
            f"{type_name(out.array.dtype)} for out's dtype.")  # fmt: skip


amax, amin = _even("amax", extremes.amax), _even("amin", extremes.amin)
AMIN_BOTH, AMAX_BOTH = named(extremes.AMIN, "AminmaxBackward0"), named(extremes.AMAX, "AminmaxBackward0")
_AMINMAX = named_result("aminmax", "min", "max")


@method
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """(min, max) of all elements or along `dim`."""
    need_tensor(input, "aminmax")
    if input.array.size == 0 and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    got = extremes.amin(input, dim, keepdim), extremes.amax(input, dim, keepdim)
    if dim is None:
        got = (
            apply(AMIN_BOTH, (input,), (tuple(range(input.array.ndim)), keepdim)),
            apply(AMAX_BOTH, (input,), (tuple(range(input.array.ndim)), keepdim)),
        )
    return _AMINMAX(got if out is None else (into("aminmax", out[0], got[0]), into("aminmax", out[1], got[1])))


def _arg(name: str, call: Any) -> Any:
    def function(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
        need_tensor(input, name)
        if input.array.dtype == BOOL:
            raise RuntimeError(f"{name}(): does not support bool input")
        result = call(input, None if dim is None else need_int(dim, name, "dim", 2), keepdim)
        return result if out is None else into(name, out, result)

    function.__doc__ = f"The index of the first {name[3:]}imum, in the flattened tensor where `dim` is None."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


argmax, argmin = _arg("argmax", extremes.argmax), _arg("argmin", extremes.argmin)


def _truth(name: str, call: Any) -> Any:
    def function(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
        need_tensor(input, name)
        dims = dims_argument(dim, name)
        result = call(input, dims, keepdim)
        if input.array.dtype == U8:
            result = to_dtype(result, U8)
        return result if out is None else into(name, out, result)

    function.__doc__ = f"Whether {name} elements over `dim` are not zero."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


all, any = _truth("all", extremes.all_), _truth("any", extremes.any_)


@method
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements over `dim` are not zero."""
    need_tensor(input, "count_nonzero")
    return extremes.count_nonzero(input, dims_argument(dim, "count_nonzero"))


@method("count_nonzero")
def _count_nonzero_method(self: Any, *dim: Any, **more: Any) -> Any:
    """`count_nonzero`, with the dimensions also one by one."""
    return count_nonzero(self, dim if len(dim) > 1 else dim[0] if dim else more.get("dim"))


# --- norms -------------------------------------------------------------------------------------------------------------------


@method
def logsumexp(input: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """ln Σ exp over `dim`."""
    need_tensor(input, "logsumexp")
    x = input if dtypes.is_floating(input.array.dtype) else to_dtype(input, dtypes.number_dtype(1.0))
    result = statistics.logsumexp(x, dims_argument(dim, "logsumexp"), keepdim)
    return result if out is None else into("logsumexp", out, result)


@method
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None, *, out: Any = None
) -> Any:
    """The vector p-norm over `dim` (all elements without it); "fro" is 2, "nuc" the sum of singular values."""
    need_tensor(input, "norm")
    x = input if dtype is None else to_dtype(input, as_dtype(dtype, "norm")._numpy)
    if not dtypes.is_floating(x.array.dtype):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {type_name(x.array.dtype)}"
        )
    if isinstance(p, str) and p == "nuc":
        from plait.ops.spectral import nuclear_norm

        if x.array.dtype == dtypes.F16 or x.array.dtype == dtypes.BFLOAT16:
            raise RuntimeError(
                f"linalg.matrix_norm: Low precision dtypes not supported. Got {type_name(x.array.dtype)}"
            )
        result = nuclear_norm(x, dims_argument(dim, "norm"), keepdim)
        return result if out is None else into("norm", out, result)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    inner.linalg_vector_norm(x, 2 if p is None or isinstance(p, str) else p, dim, keepdim)
    order = 2.0 if p is None or isinstance(p, str) else float(number(p))
    dims = dims_argument(dim, "norm")
    if x.array.size == 0 and (order < 0 or order == math.inf):
        named_dims = reduce.dims_of(dims, x.array.ndim)
        if _any_empty(x, named_dims):
            raise RuntimeError(f"linalg.vector_norm cannot compute the {order:g} norm on an empty tensor because the operation does not "
                               "have an identity")  # fmt: skip
    result = statistics.norm(x, order, dims, keepdim)
    return result if out is None else into("norm", out, result)


def _any_empty(x: Tensor, dims: Any) -> bool:
    return 0 in [x.array.shape[d] for d in dims]


@method
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of input - other."""
    need_tensor(input, "dist")
    return statistics.norm(ew.sub(input, other), p)


# --- scans -------------------------------------------------------------------------------------------------------------------


def _scan(name: str, call: Any, op: Any) -> Any:
    def function(input: Any, dim: Any, *, dtype: Any = None, out: Any = None) -> Any:
        need_tensor(input, name)
        result = call(_cast_in(input, dtype, name), need_int(dim, name, "dim", 2))
        return result if out is None else into(name, out, result)

    def in_place(self: Tensor, dim: Any, *, dtype: Any = None) -> Any:
        from plait.op import apply_

        return apply_(op, self, (_cast_in(self, dtype, name, False),), (wrap_dim(dim, self.array.ndim),))

    function.__doc__ = f"The running {name[3:]} along `dim`."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    method(name + "_")(in_place)
    return function


cumsum, cumprod = _scan("cumsum", scan.cumsum, scan.CUMSUM), _scan("cumprod", scan.cumprod, scan.CUMPROD)


@method
def logcumsumexp(input: Any, dim: int, *, out: Any = None) -> Any:
    """Running ln Σ exp along `dim`."""
    need_tensor(input, "logcumsumexp")
    result = scan.logcumsumexp(input, dim)
    return result if out is None else into("logcumsumexp", out, result)


def _running(name: str, call: Any) -> Any:
    kind = named_result(name, "values", "indices")

    def function(input: Any, dim: int, *, out: Any = None) -> Any:
        need_tensor(input, name)
        got = call(input, need_int(dim, name, "dim", 2))
        return kind(got if out is None else (into(name, out[0], got[0]), into(name, out[1], got[1])))

    function.__doc__ = f"(values, indices) of the running {name[3:]}imum along `dim`."
    function.__name__ = function.__qualname__ = name
    method(name)(function)
    return function


cummax, cummin = _running("cummax", scan.cummax), _running("cummin", scan.cummin)


@method
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None, *, out: Any = None) -> Any:
    """Differences of neighbours along `dim`, n times."""
    need_tensor(input, "diff")
    from plait.ops.shape import cat

    if not input.array.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    d = wrap_dim(dim, input.array.ndim)
    x = input
    for extra in (prepend, append):
        if extra is not None and extra.array.ndim not in (x.array.ndim,):
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    parts = [t for t in (prepend, x, append) if t is not None]
    x = cat(parts, d) if len(parts) > 1 else x
    if n == 0:
        x = clone(x)
    for _ in range(n):
        size = x.array.shape[d]
        if size == 0:
            break
        late, early = narrow(x, d, 1, size - 1), narrow(x, d, 0, size - 1)
        if x.array.dtype == BOOL:
            from plait.ops.compare import logical_xor

            x = logical_xor(late, early)
        else:
            x = ew.sub(late, early)
    return x if out is None else into("diff", out, x)


def _areas(y: Any, x: Any, dx: Any, dim: int) -> Any:
    d = wrap_dim(dim, y.array.ndim)
    size = y.array.shape[d]
    pairs = ew.add(narrow(y, d, 1, size - 1), narrow(y, d, 0, size - 1))
    if x is None:
        return ew.mul(ew.div(pairs, 2), dx), d
    if x.array.ndim == 1 and y.array.ndim > 1:
        from plait.ops.shape import reshape

        step = diff(x)
        step = reshape(step, tuple(-1 if i == d else 1 for i in range(y.array.ndim)))
    else:
        step = diff(x, dim=d - y.array.ndim)
    return ew.div(ew.mul(step, pairs), 2), d


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Any:
    """The integral along `dim` by the trapezoid rule."""
    if y.array.ndim and y.array.shape[wrap_dim(dim, y.array.ndim)] == 0:
        return sum(y, dim)
    got, d = _areas(y, x, dx, dim)
    return sum(got, d)


trapz = trapezoid


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Any:
    """Running integrals along `dim` by the trapezoid rule."""
    got, d = _areas(y, x, dx, dim)
    return cumsum(got, d)
