"""Functions of `tf` and `tf.math` on elements, comparisons, reductions, products, clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert
from plait.keras import _operators as operators
from plait.keras._errors import InvalidArgumentError, refused
from plait.keras._operators import need_dtype, pair, still, strict
from plait.keras._slices import IndexedSlices, mapped
from plait.keras.ops import products, reduction, sorting
from plait.keras.ops._common import axes_of, one_axis, raw
from plait.ops import activation, binary, choose, compare, extremes, lanes, maths, reduce, scan, statistics
from plait.ops import elementwise as ew
from plait.ops import matmul as engine
from plait.ops.shape import permute, reshape
from plait.tensorflow._call import as_tensor, face, numpy_of, wrap

__all__ = [
    "abs", "acos", "acosh", "add", "add_n", "argmax", "argmin", "argsort", "asin", "asinh", "atan", "atan2", "atanh", "bincount", "ceil",
    "clip_by_global_norm", "clip_by_norm", "clip_by_value", "confusion_matrix", "cos", "cosh", "count_nonzero", "cumprod", "cumsum", "divide",
    "divide_no_nan", "einsum", "equal", "erf", "erfinv", "exp", "expm1", "floor", "floordiv", "floormod", "global_norm", "greater", "greater_equal",
    "is_finite", "is_inf", "is_nan", "less", "less_equal", "log", "log1p", "log_sigmoid", "logical_and", "logical_not", "logical_or",
    "logical_xor", "matmul", "maximum", "minimum", "mod", "multiply", "multiply_no_nan", "negative", "not_equal", "pow", "reciprocal", "reduce_all", "reduce_any",
    "reduce_logsumexp", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_std", "reduce_sum", "reduce_variance", "round", "rsqrt",
    "sigmoid", "sign", "sin", "sinh", "softplus", "sort", "sqrt", "square", "squared_difference", "subtract", "tan", "tanh", "tensordot", "top_k",
    "truediv",
]  # fmt: skip


def _one(name: str, upstream: str, function: Callable[[Any], Any], kinds: str = "fV", flat: bool = False) -> Any:
    def call(x: Any, name: Any = None) -> Any:
        t = as_tensor(x)
        need_dtype(upstream, t, kinds)
        return function(still(t) if flat else t)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{function.__doc__ or upstream}"
    return face(call)


exp, expm1, log, log1p = (
    _one(*row)
    for row in (
        ("exp", "Exp", ew.exp),
        ("expm1", "Expm1", maths.expm1),
        ("log", "Log", ew.log),
        ("log1p", "Log1p", maths.log1p),
    )
)
sqrt, rsqrt = _one("sqrt", "Sqrt", ew.sqrt), _one("rsqrt", "Rsqrt", maths.rsqrt)
sin, cos, tan = _one("sin", "Sin", maths.sin), _one("cos", "Cos", maths.cos), _one("tan", "Tan", maths.tan)
sinh, cosh, tanh = (
    _one("sinh", "Sinh", maths.sinh),
    _one("cosh", "Cosh", maths.cosh),
    _one("tanh", "Tanh", activation.tanh),
)
asin, acos, atan = _one("asin", "Asin", maths.asin), _one("acos", "Acos", maths.acos), _one("atan", "Atan", maths.atan)
asinh, acosh, atanh = (
    _one("asinh", "Asinh", maths.asinh),
    _one("acosh", "Acosh", maths.acosh),
    _one("atanh", "Atanh", maths.atanh),
)
erf, erfinv = _one("erf", "Erf", maths.erf), _one("erfinv", "Erfinv", maths.erfinv)
sigmoid = _one("sigmoid", "Sigmoid", activation.sigmoid)
log_sigmoid = _one("log_sigmoid", "Softplus", activation.logsigmoid)
softplus = _one("softplus", "Softplus", lambda x: activation.softplus(x, 1.0, 40.0))
reciprocal = _one("reciprocal", "Reciprocal", maths.reciprocal)
floor, ceil = _one("floor", "Floor", maths.floor, flat=True), _one("ceil", "Ceil", maths.ceil, flat=True)
round = _one("round", "Round", lambda x: x if x.array.dtype.kind in "iu" else maths.round_(x), "fViu", True)
abs = _one("abs", "Abs", ew.abs, "fVi")
negative = _one("negative", "Neg", ew.neg, "fVi")
square = _one("square", "Square", maths.square, "fViu")
sign = _one("sign", "Sign", ew.sign, "fVi")
is_nan, is_inf = _one("is_nan", "IsNan", compare.isnan), _one("is_inf", "IsInf", compare.isinf)
is_finite = _one("is_finite", "IsFinite", compare.isfinite)


def _two(name: str, function: Callable[[Any, Any], Any], doc: str) -> Any:
    def call(x: Any, y: Any, name: Any = None) -> Any:
        return function(x, y)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return face(call)


def _squared_difference(a: Any, b: Any) -> Any:
    d = ew.sub(a, b)
    return ew.mul(d, d)


def _no_nan(a: Any, b: Any) -> Any:
    zero = ew.eq(b, 0)
    return ew.where(zero, 0.0, ew.div(a, ew.where(zero, 1.0, b)))


add, subtract = _two("add", operators.add, "x + y."), _two("subtract", operators.subtract, "x - y.")
multiply, divide = _two("multiply", operators.multiply, "x * y."), _two("divide", operators.true_divide, "x / y.")
truediv, pow = _two("truediv", operators.true_divide, "x / y."), _two("pow", operators.power, "x ** y.")
floordiv, floormod = (
    _two("floordiv", operators.floor_divide, "⌊x / y⌋."),
    _two("floormod", operators.floor_mod, "The remainder, as y's sign."),
)
mod = floormod
maximum = _two("maximum", strict("Maximum", choose.larger), "The larger of both; the gradient of equal ones goes to x.")
minimum = _two(
    "minimum", strict("Minimum", choose.smaller), "The smaller of both; the gradient of equal ones goes to x."
)
atan2 = _two("atan2", strict("Atan2", binary.atan2, "fV"), "The angle of the point (y, x).")
squared_difference = _two("squared_difference", strict("SquaredDifference", _squared_difference), "(x - y)².")
divide_no_nan = _two("divide_no_nan", strict("DivNoNan", _no_nan, "fV"), "x / y, 0 where y is 0.")
multiply_no_nan = _two(
    "multiply_no_nan",
    strict("MulNoNan", lambda a, b: ew.where(ew.eq(b, 0), 0.0, ew.mul(a, b)), "fV"),
    "x · y, 0 where y is 0.",
)
equal = _two("equal", operators.equality("Equal", ew.eq, False, True), "x == y.")
not_equal = _two("not_equal", operators.equality("NotEqual", ew.ne, True, True), "x != y.")
less, less_equal = _two("less", operators.less, "x < y."), _two("less_equal", operators.less_equal, "x <= y.")
greater, greater_equal = (
    _two("greater", operators.greater, "x > y."),
    _two("greater_equal", operators.greater_equal, "x >= y."),
)


def _truth(value: Any) -> Any:
    """A tensor as it is, an array or a list as bools."""
    x = as_tensor(value)
    return _convert.to(x, dtypes.BOOL) if isinstance(value, (np.ndarray, list)) else x


def _logic(upstream: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def call(a: Any, b: Any) -> Any:
        x, y = _truth(a), _truth(b)
        for i, v in enumerate((x, y)):
            if v.array.dtype.kind != "b":
                raise InvalidArgumentError(f"cannot compute {upstream} as input #{i}(zero-based) was expected to be a bool tensor but is a "
                                           f"{operators.c_name(v.array.dtype)} tensor [Op:{upstream}] name: ")  # fmt: skip
        operators.need_shapes(upstream, x, y)
        return function(x, y)

    return call


logical_and = _two("logical_and", _logic("LogicalAnd", ew.logical_and), "Both true.")
logical_or = _two("logical_or", _logic("LogicalOr", compare.logical_or), "One true.")
logical_xor = _two("logical_xor", _logic("LogicalXor", compare.logical_xor), "Exactly one true.")


@face
def logical_not(x: Any, name: Any = None) -> Any:
    """Whether x is false."""
    t = _truth(x)
    if t.array.dtype.kind != "b":
        raise InvalidArgumentError(f"cannot compute LogicalNot as input #0(zero-based) was expected to be a bool tensor but is a "
                                   f"{operators.c_name(t.array.dtype)} tensor [Op:LogicalNot] name: ")  # fmt: skip
    return compare.logical_not(t)


@face
def add_n(inputs: Any, name: Any = None) -> Any:
    """The sum of tensors of one shape."""
    total = as_tensor(inputs[0])
    for x in inputs[1:]:
        total = ew.add(total, as_tensor(x))
    return total


# --- reductions --------------------------------------------------------------------------------------------------------------


def _dims(x: Any, axis: Any, upstream: str) -> tuple[int, ...]:
    n = x.array.ndim
    try:
        axes = axes_of(axis, n)
    except InvalidArgumentError:
        wrong = next(a for a in np.ravel(as_tensor(axis).array).tolist() if not -n <= a < n)
        raise refused(upstream, f"Invalid reduction dimension ({wrong} for input with {n} dimension(s)") from None
    return tuple(range(x.array.ndim)) if axes is None else tuple(sorted(set(axes)))


def _reduction(name: str, upstream: str, kinds: str, function: Callable[..., Any], doc: str) -> Any:
    def call(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
        x = _truth(input_tensor) if kinds == "b" else as_tensor(input_tensor)
        need_dtype(upstream, x, kinds)
        d = _dims(x, axis, upstream)
        return function(x, d, bool(keepdims)) if d or not x.array.ndim else x

    call.__name__ = call.__qualname__ = name
    call.__doc__ = doc
    return face(call)


def _mean(x: Any, d: Any, keepdims: bool) -> Any:
    if x.array.dtype.kind in "iu":
        total = x.array.sum(axis=d, keepdims=keepdims, dtype=np.int64)
        n = int(np.prod([x.array.shape[i] for i in d]))
        return wrap(np.trunc(total / n).astype(x.array.dtype))
    return lanes.mean(x, d, bool(keepdims))


def _extreme(function: Any, worst: Callable[[np.dtype], Any]) -> Callable[..., Any]:
    def call(x: Any, d: Any, keepdims: bool) -> Any:
        if 0 in [x.array.shape[i] for i in d]:
            shape = reduce.reduced_shape(x.array.shape, d, keepdims)
            return wrap(np.full(shape, worst(x.array.dtype), x.array.dtype))
        return function(x, d, keepdims) if x.array.ndim else x

    return call


def _least(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _most(dtype: np.dtype) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


reduce_sum = _reduction("reduce_sum", "Sum", "fViu", lambda x, d, k: lanes.sum(x, d, bool(k)), "The sum over `axis`.")
reduce_mean = _reduction("reduce_mean", "Mean", "fViu", _mean, "The mean over `axis`, of integers cut off.")
reduce_max = _reduction(
    "reduce_max",
    "Max",
    "fViu",
    _extreme(extremes.amax, _least),
    "The largest over `axis`; equal ones share the gradient.",
)
reduce_min = _reduction(
    "reduce_min",
    "Min",
    "fViu",
    _extreme(extremes.amin, _most),
    "The smallest over `axis`; equal ones share the gradient.",
)
reduce_any = _reduction(
    "reduce_any", "Any", "b", lambda x, d, k: wrap(x.array.any(axis=d, keepdims=k)), "Whether one is true over `axis`."
)
reduce_all = _reduction(
    "reduce_all", "All", "b", lambda x, d, k: wrap(x.array.all(axis=d, keepdims=k)), "Whether all are true over `axis`."
)
reduce_logsumexp = _reduction(
    "reduce_logsumexp",
    "Exp",
    "fV",
    lambda x, d, k: statistics.logsumexp(x, list(d), k),
    "The logarithm of the sum of exponentials over `axis`.",
)


def _prod(x: Any, d: Any, keepdims: bool) -> Any:
    shape = x.array.shape
    for i in d:
        x = statistics.prod(x, i, True)
    return x if keepdims else reshape(x, reduce.reduced_shape(shape, d, False))


reduce_prod = _reduction("reduce_prod", "Prod", "fViu", _prod, "The product over `axis`.")


def _real_input(value: Any) -> Any:
    x = as_tensor(value)
    if x.array.dtype.kind not in "fV":
        raise TypeError(f"Input must be either real or complex. Received integer type {x.dtype}.")
    return x


@face
def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    """The mean of squared distances from the mean over `axis`."""
    return reduction.variance(_real_input(input_tensor), axis, bool(keepdims))


@face
def reduce_std(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    """The root of the variance over `axis`."""
    return ew.sqrt(reduction.variance(_real_input(input_tensor), axis, bool(keepdims)))


@face
def count_nonzero(input: Any, axis: Any = None, keepdims: Any = None, dtype: Any = "int64", name: Any = None) -> Any:
    """How many are not zero over `axis`."""
    t = dtypes.working(as_tensor(input).array) != 0
    return wrap(np.asarray(t.sum(axis=axes_of(axis, t.ndim), keepdims=bool(keepdims))).astype(numpy_of(dtype)))


def _arg(function: Any, upstream: str, value: Any, axis: Any, output_type: Any) -> Any:
    x = still(as_tensor(value))
    n = x.array.ndim
    try:
        at = one_axis(0 if axis is None else axis, n)
    except InvalidArgumentError:
        raise refused(upstream, f"Expected dimension in the range [{-n}, {n}), but got {int(axis)}") from None
    if x.array.dtype.kind == "b":
        x = _convert.to(x, dtypes.U8)
    return wrap(function(x, at).array.astype(numpy_of(output_type)))


@face
def argmax(input: Any, axis: Any = None, output_type: Any = "int64", name: Any = None) -> Any:
    """Where the largest element lies along `axis` (0 without one), the first of equal ones."""
    return _arg(extremes.argmax, "ArgMax", input, axis, output_type)


@face
def argmin(input: Any, axis: Any = None, output_type: Any = "int64", name: Any = None) -> Any:
    """Where the smallest element lies along `axis` (0 without one), the first of equal ones."""
    return _arg(extremes.argmin, "ArgMin", input, axis, output_type)


def _order(values: Any, axis: Any, direction: str) -> tuple[Any, int, np.ndarray]:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            f"Argument `direction` should be one of 'ASCENDING' or 'DESCENDING'. Received: direction={direction}"
        )
    x = as_tensor(values)
    at = one_axis(axis, x.array.ndim)
    work = dtypes.working(x.array)
    key = work if direction == "ASCENDING" else -(work.astype(np.int64) if work.dtype.kind in "ub" else work)
    return x, at, np.argsort(key, at, kind="stable")


@face
def argsort(values: Any, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: Any = None) -> Any:
    """The indices that sort along `axis`, equal elements in their order; int32."""
    return wrap(_order(values, axis, direction)[2].astype(np.int32))


@face
def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: Any = None) -> Any:
    """The elements sorted along `axis`."""
    from plait.ops.index import gather

    x, at, order = _order(values, axis, direction)
    return gather(x, at, wrap(order.astype(np.int64)))


@face
def top_k(input: Any, k: int = 1, sorted: bool = True, index_type: Any = "int32", name: Any = None) -> Any:
    """(values, indices) of the k largest along the last axis."""
    values, places = sorting.largest(as_tensor(input), int(k))
    return sorting.TopK(values, wrap(places.array.astype(numpy_of(index_type))))


def _running(function: Any, x: Any, axis: Any, exclusive: bool, reverse: bool, first: int) -> Any:
    from plait.ops import arrange, padding
    from plait.ops.shape import narrow

    x = as_tensor(x)
    at = one_axis(axis, x.array.ndim)
    if reverse:
        x = arrange.flip(x, (at,))
    y = function(x, at)
    if exclusive:
        n = x.array.shape[at]
        pads = tuple((1, 0) if d == at else (0, 0) for d in range(x.array.ndim))
        y = padding.pad_constant(narrow(y, at, 0, n - 1), pads, first)
    return arrange.flip(y, (at,)) if reverse else y


@face
def cumsum(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: Any = None) -> Any:
    """Running sums along `axis`; `exclusive`: without the element itself."""
    return _running(scan.cumsum, x, axis, exclusive, reverse, 0)


@face
def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: Any = None) -> Any:
    """Running products along `axis`; `exclusive`: without the element itself."""
    return _running(scan.cumprod, x, axis, exclusive, reverse, 1)


@face
def bincount(
    arr: Any, weights: Any = None, minlength: Any = None, maxlength: Any = None, dtype: Any = "int32", name: Any = None, axis: Any = None,
    binary_output: bool = False,
) -> Any:  # fmt: skip
    """How often each integer occurs, or the sum of its weights."""
    at = as_tensor(arr).array.astype(np.int64)
    if axis is not None and at.ndim > 1:
        raise NotImplementedError("bincount: axis of several dimensions is not part of plait")
    at = at.reshape(-1)
    w = None if weights is None else as_tensor(weights).array.reshape(-1)
    length = int(at.max()) + 1 if at.size else 0
    length = max(length, 0 if minlength is None else int(minlength))
    if maxlength is not None:
        length = min(length, int(maxlength))
        keep = at < length
        at, w = at[keep], None if w is None else w[keep]
    got = np.bincount(at, None if binary_output else w, length)
    want = numpy_of(dtype) if weights is None else as_tensor(weights).array.dtype
    return wrap((got > 0 if binary_output else got).astype(want))


@face
def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, weights: Any = None, dtype: Any = "int32", name: Any = None
) -> Any:
    """How often each class (row) was predicted as each class (column)."""
    t, p = (np.squeeze(as_tensor(v).array).reshape(-1).astype(np.int64) for v in (labels, predictions))
    for what, v in (("labels", t), ("predictions", p)):
        if v.size and v.min() < 0:
            raise InvalidArgumentError(f"`{what}` contains negative values")
        if num_classes is not None and v.size and v.max() >= int(num_classes):
            raise InvalidArgumentError(f"`{what}` out of bound")
    n = int(num_classes) if num_classes is not None else int(max(t.max(initial=-1), p.max(initial=-1))) + 1
    out = np.zeros((n, n), numpy_of(dtype))
    w = 1 if weights is None else as_tensor(weights).array.reshape(-1).astype(out.dtype)
    np.add.at(out, (t, p), w)
    return wrap(out)


# --- products and clips ------------------------------------------------------------------------------------------------------


def _swapped(x: Any) -> Any:
    n = x.array.ndim
    return permute(x, (*range(n - 2), n - 1, n - 2))


@face
def matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False, adjoint_b: bool = False,
    a_is_sparse: bool = False, b_is_sparse: bool = False, output_type: Any = None, grad_a: bool = False, grad_b: bool = False, name: Any = None,
) -> Any:  # fmt: skip
    """Products of matrices, or of batches of them that broadcast; InvalidArgumentError for vectors."""
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise ValueError("Only one of transpose and adjoint may be True for an operand.")
    x, y = pair("MatMul", a, b)
    if transpose_a or adjoint_a:
        x = _swapped(x)
    if transpose_b or adjoint_b:
        y = _swapped(y)
    if x.array.dtype.kind in "iu" and x.array.ndim > 1 and y.array.ndim > 1 and x.array.shape[-1] == y.array.shape[-2]:
        return engine.matmul(x, y)
    return operators.product(x, y)


@face
def tensordot(a: Any, b: Any, axes: Any, name: Any = None) -> Any:
    """Sums of products over axes: a number, or a list for each operand."""
    x, y = pair("MatMul", a, b)
    return raw(products.tensordot)(x, y, axes)


@face
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products by an equation such as "ij,jk->ik"."""
    return raw(products.einsum)(equation, *inputs)


@face
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: Any = None) -> Any:
    """t, not above one value and not below the other."""
    from plait.ops import select

    if isinstance(t, IndexedSlices):
        return mapped(lambda x: clip_by_value(x, clip_value_min, clip_value_max), t)
    x = as_tensor(t)
    low, high = (pair("Minimum", x, v)[1] for v in (clip_value_min, clip_value_max))
    plain = not (low.array.ndim or high.array.ndim or low.tracks or high.tracks) and x.array.dtype.kind != "V"
    if plain and low.array <= high.array:
        return select.clamp(x, low.array.item(), high.array.item())
    return choose.larger(choose.smaller(x, high), low)


@face
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: Any = None) -> Any:
    """t, scaled down where its L2 norm (over `axes`) is above `clip_norm`."""
    if isinstance(t, IndexedSlices):
        return mapped(lambda x: clip_by_norm(x, clip_norm, axes), t)
    x = as_tensor(t)
    total = lanes.sum(ew.mul(x, x), _dims(x, axes, "Sum"), True)
    some = ew.gt(total, 0)
    norm = ew.where(some, ew.sqrt(ew.where(some, total, 1.0)), total)
    limit = as_tensor(clip_norm, x.array.dtype)
    out = ew.div(ew.mul(x, limit), choose.larger(norm, limit))
    return reshape(out, x.array.shape)


@face
def global_norm(t_list: Any, name: Any = None) -> Any:
    """The L2 norm of all tensors together."""
    total: Any = None
    for t in t_list:
        if t is not None:
            x = as_tensor(t.values if isinstance(t, IndexedSlices) else t)
            half = ew.mul(lanes.sum(ew.mul(x, x)), 0.5)
            total = half if total is None else ew.add(total, half)
    return wrap(np.float32(0)) if total is None else ew.sqrt(ew.mul(total, 2.0))


@face
def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: Any = None) -> Any:
    """(tensors, norm): all scaled down together where their common norm is above `clip_norm`."""
    norm = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    limit = as_tensor(clip_norm, norm.array.dtype)
    scale = ew.mul(limit, choose.smaller(ew.div(1.0, norm), ew.div(1.0, limit)))
    scale = ew.where(compare.isfinite(norm), scale, float("nan"))
    return [None if t is None else mapped(lambda x: ew.mul(x, scale), t) for t in t_list], norm
