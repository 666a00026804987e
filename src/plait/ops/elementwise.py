"""Elementwise maths: one result element from one element of each operand, after broadcasting and promotion.

Rules of this file: a function promotes and applies; a record computes. A Python number stays a number, so that it costs nothing and
saves nothing. NumPy's floating-point warnings are off inside kernels: IEEE values speak for themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, autograd, dtypes
from plait.op import apply
from plait.ops.halves import in_lanes
from plait.ops.rows import binary, unary
from plait.ops.shape import to_dtype
from plait.ops.tables import broadcast_error as broadcast_error
from plait.ops.tables import lift
from plait.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from plait.op import Op


fast = _native.native_call


def _short_number(value: Any) -> Any:
    """A Python number as bfloat16 holds it, in float32."""
    return dtypes.as_float32(dtypes.to_bfloat16(np.float32(value).reshape(()))) if isinstance(value, float) else value


def quiet(ufunc: Callable[..., Any], whole_number: bool = False) -> Callable[..., Any]:
    """`ufunc` without warnings, through float32 for bfloat16, and with a clear error for shapes that do not broadcast.

    Beside 16-bit tensors a number is rounded to their dtype, or, with `whole_number`, to float32 alone.
    """

    def run(*operands: Any) -> Any:
        if whole_number and any(type(x) is float for x in operands):
            short = next((x.dtype for x in operands if getattr(x, "dtype", None) == dtypes.F16), None)
            if short is not None:
                with np.errstate(all="ignore"):
                    out = ufunc(
                        *[x.astype(np.float32) if isinstance(x, np.ndarray) else np.float32(x) for x in operands]
                    )
                    return np.asarray(out).astype(short)
        try:
            with np.errstate(all="ignore"):
                return ufunc(*operands)
        except ValueError:
            raise broadcast_error(*operands[:2]) from None
        except TypeError:
            if not any(getattr(x, "dtype", None) == dtypes.BFLOAT16 for x in operands):
                raise
            wide = [
                dtypes.as_float32(x)
                if getattr(x, "dtype", None) == dtypes.BFLOAT16
                else x
                if whole_number
                else _short_number(x)
                for x in operands
            ]
            with np.errstate(all="ignore"):
                out = np.asarray(ufunc(*wide))
            return dtypes.to_bfloat16(out) if out.dtype.kind == "f" else out

    return run


def operands(a: Any, b: Any, floating: bool = False) -> tuple[Any, Any]:
    """Both operands in their common dtype; a number stays a number where the tensor's dtype holds it.

    With `floating`, integers become the default floating dtype.
    """
    x, y = isinstance(a, Tensor), isinstance(b, Tensor)
    if x and y:
        da, db = a.array.dtype, b.array.dtype
        if da is db or da == db:
            if not floating or da.kind == "f":
                return a, b
        want = dtypes.result_type(a.array, b.array)
    elif x:
        want = dtypes.result_type(a.array, b)
    elif y:
        want = dtypes.result_type(a, b.array)
    else:
        raise TypeError("at least one operand must be a tensor")
    if floating and dtypes.category(want) < 2:
        from plait import config

        want = config.default_dtype
    a = to_dtype(a, want) if x else _number(a, want)
    b = to_dtype(b, want) if y else _number(b, want)
    return a, b


def _number(value: Any, dtype: np.dtype) -> Any:
    """A number as an operand of `dtype`: integers wrap as they do in C."""
    if dtype.kind in "iu" and not isinstance(value, bool):
        bits = dtype.itemsize * 8
        value = int(value) & ((1 << bits) - 1)
        if dtype.kind == "i" and value >> (bits - 1):
            value -= 1 << bits
    if dtype.kind == "b":
        return np.asarray(bool(value))
    return value


# Defined below; the records' gradients speak of each other.
neg: Callable[[Any], Any]
sign: Callable[[Any], Any]
mul: Callable[[Any, Any], Any]
div: Callable[[Any, Any], Any]

ADD = binary(
    "add",
    fast("binary", "add", quiet(np.add)),
    lambda ctx, g: (g, g),
    lambda a, b: a + b,
    explain="a + b",
    export="Add",
    save_inputs=(),
)
SUB = binary(
    "sub", fast("binary", "sub", quiet(np.subtract)), lambda ctx, g: (g, neg(g) if ctx.needs[1] else None), lambda a, b: a - b, explain="a - b", export="Sub",
    save_inputs=(),
)  # fmt: skip
MUL = binary(
    "mul", fast("binary", "mul", quiet(np.multiply, True)),
    lambda ctx, g: (mul(g, ctx.x(1)) if ctx.needs[0] else None, mul(g, ctx.x(0)) if ctx.needs[1] else None),
    lambda a, b: a * b, explain="a * b", export="Mul", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


def _div_backward(ctx: Any, g: Any) -> Any:
    b = ctx.x(1)
    ga = div(g, b) if ctx.needs[0] else None
    gb = mul(neg(g), div(div(ctx.x(0), b), b)) if ctx.needs[1] else None
    return ga, gb


DIV = binary(
    "div", fast("binary", "div", quiet(np.true_divide, True)), _div_backward, lambda a, b: a / b, explain="a / b", export="Div",
    save_inputs=((0, 1), 1), low=0.5, high=2.5,
)  # fmt: skip


def _sign(x: NDArray) -> Any:
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


NEG = unary(
    "neg",
    fast("unary", "neg", quiet(np.negative)),
    lambda ctx, g: neg(g),
    lambda x: -x,
    explain="-x",
    export="Neg",
    save_inputs=(),
)
EXP = unary("exp", fast("unary", "exp", lift(np.exp)), lambda ctx, g: mul(g, ctx.y(0)), np.exp, explain="e ** x", export="Exp", save_inputs=(),
            save_outputs=(0,), flops=10)  # fmt: skip
LOG = unary("log", fast("unary", "log", lift(np.log)), lambda ctx, g: div(g, ctx.x(0)), np.log, explain="natural logarithm of x", export="Log", low=0.1,
            high=3.0, flops=10)  # fmt: skip
SQRT = unary("sqrt", fast("unary", "sqrt", lift(np.sqrt)), lambda ctx, g: div(g, mul(ctx.y(0), 2)), np.sqrt, explain="square root of x", export="Sqrt",
             save_inputs=(), save_outputs=(0,), low=0.1, high=3.0)  # fmt: skip
ABS = unary(
    "abs",
    fast("unary", "abs", lift(np.absolute, real=False)),
    lambda ctx, g: mul(g, sign(ctx.x(0))),
    np.abs,
    explain="|x|",
    export="Abs",
)
SIGN = unary("sign", fast("unary", "sign", lift(_sign, real=False)), lambda ctx, g: g.face.wrap(np.zeros_like(g.array)), np.sign, explain="-1, 0 or 1, as the sign of x", export="Sign",
             save_inputs=(), low=0.1, grad_samples=False)  # fmt: skip


def _pow(a: Any, b: Any) -> Any:
    if isinstance(b, (int, float)) and not isinstance(b, bool) and isinstance(a, np.ndarray) and a.dtype.kind == "f":
        if b == 2:
            return np.multiply(a, a)
        if b == 3:
            return np.multiply(np.multiply(a, a), a)
        if b == 0.5:
            return np.sqrt(a)
    return np.power(a, b)


def _pow_backward(ctx: Any, g: Any) -> Any:
    a, b = ctx.x(0), ctx.x(1)
    ga = gb = None
    if ctx.needs[0]:
        if isinstance(b, Tensor):
            power = mul(b, pow(a, sub(b, 1)))
            ga = mul(g, where(eq(b, 0), 0.0, power))
        else:
            ga = mul(g, 0) if b == 0 else mul(g, mul(pow(a, b - 1), b))
    if ctx.needs[1]:
        y = ctx.y(0)
        if isinstance(a, Tensor):
            flat = logical_and(eq(a, 0), ge(b, 0))
            gb = mul(g, where(flat, 0.0, mul(y, log(a))))
        else:
            gb = (
                mul(g, mul(y, 0.0 if a == 0 else float(np.log(a))))
                if a != 0
                else mul(g, where(ge(b, 0), 0.0, mul(y, float("-inf"))))
            )
    return ga, gb


_pow_of = quiet(_pow)


def _pow_short(a: Any, b: Any) -> Any:
    """Cubes in float16 round once, in bfloat16 after each product; so do reciprocals of squares."""
    if type(b) is float and b == -0.5 and isinstance(a, np.ndarray) and a.dtype == dtypes.BFLOAT16:
        return in_lanes(lambda x: 1 / np.sqrt(x), lambda x, near: near(1 / near(np.sqrt(x))), a, lanes=64)
    if type(b) in (int, float) and b == 2 and type(a) is np.ndarray and a.dtype.char in "fd":
        return MUL.run(a, a)
    if isinstance(a, np.ndarray) and type(b) in (int, float) and b in (3, -2):
        if a.dtype == dtypes.F16 and b == 3:
            return dtypes.cast(_pow_of(a.astype(np.float32), 3), a.dtype)
        if a.dtype == dtypes.BFLOAT16:
            square = MUL.run(a, a)
            return MUL.run(square, a) if b == 3 else DIV.run(1.0, square)
    return _pow_of(a, b)


POW = binary(
    "pow", _pow_short, _pow_backward, np.power, explain="a ** b", export="Pow", low=0.5, high=2.5, save_outputs=(0,),
)  # fmt: skip

_BOOL = dtypes.BOOL
EQ = binary("eq", fast("binary", "eq", quiet(np.equal)), None, np.equal, explain="a == b", export="Equal", result=_BOOL)
NE = binary("ne", fast("binary", "ne", quiet(np.not_equal)), None, np.not_equal, explain="a != b", result=_BOOL)
LT = binary("lt", fast("binary", "lt", quiet(np.less)), None, np.less, explain="a < b", export="Less", result=_BOOL)
LE = binary(
    "le",
    fast("binary", "le", quiet(np.less_equal)),
    None,
    np.less_equal,
    explain="a <= b",
    export="LessOrEqual",
    result=_BOOL,
)
GT = binary(
    "gt", fast("binary", "gt", quiet(np.greater)), None, np.greater, explain="a > b", export="Greater", result=_BOOL
)
GE = binary(
    "ge",
    fast("binary", "ge", quiet(np.greater_equal)),
    None,
    np.greater_equal,
    explain="a >= b",
    export="GreaterOrEqual",
    result=_BOOL,
)
LOGICAL_AND = binary(
    "logical_and", quiet(np.logical_and), None, np.logical_and, explain="a and b", export="And", result=_BOOL
)


def _where_samples() -> Any:
    from plait.op import Sample
    from plait.ops.rows import numbers

    c = numbers(3, 5, seed=2) > 0
    return [Sample([c, numbers(3, 5), numbers(5, seed=1)]), Sample([c[:1], numbers(3, 5), numbers(3, 1, seed=1)])]


def _where(c: NDArray, a: NDArray, b: NDArray) -> Any:
    try:
        return np.where(c, a, b)
    except ValueError:
        raise broadcast_error(*((a, b) if np.shape(c) in (np.shape(a), np.shape(b)) else (c, a))) from None


def _make_where() -> Op:
    from plait.op import Op
    from plait.ops.rows import broadcast_infer, elementwise_cost, no_rejects

    def infer(c: Any, a: Any, b: Any) -> Any:
        return [(np.broadcast_shapes(c[0], a[0], b[0]), broadcast_infer(a, b)[0][1])]

    return Op(
        "where", kind="elementwise", forward=_where, infer=infer, reference=np.where, samples=_where_samples,
        backward=lambda ctx, g: (
            None, where(ctx.x(0), g, 0.0) if ctx.needs[1] else None, where(ctx.x(0), 0.0, g) if ctx.needs[2] else None,
        ),
        rejects=no_rejects, cost=elementwise_cost(), explain="a where c, else b", export="Where", save_inputs=(0,),
    )  # fmt: skip


WHERE = _make_where()


def add(a: Any, b: Any, alpha: Any = 1) -> Any:
    """a + alpha * b."""
    return _add(a, b if alpha == 1 else mul(b, alpha))


def sub(a: Any, b: Any, alpha: Any = 1) -> Any:
    """a - alpha * b."""
    return _sub(a, b if alpha == 1 else mul(b, alpha))


def _short(op: Op, floating: bool = False) -> Callable[[Any, Any], Any]:
    """The function of two operands that promotes and applies `op`, with the short way of `_native.operator` for the usual operands."""

    def promoted(a: Any, b: Any) -> Any:
        return apply(op, operands(a, b, floating))

    promoted.__doc__ = op.explain
    return _native.operator(op, promoted, floating)


_add, _sub, mul, div = _short(ADD), _short(SUB), _short(MUL), _short(DIV, floating=True)


def pow(a: Any, b: Any) -> Any:
    """a ** b."""
    a, b = operands(a, b)
    return apply(POW, (a, b))


eq, ne, lt, le, gt, ge = (_short(op) for op in (EQ, NE, LT, LE, GT, GE))


def logical_and(a: Any, b: Any) -> Any:
    """Both true (not zero)."""
    return apply(LOGICAL_AND, (a, b))


def _function(op: Op) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        return apply(op, (x,))

    call.__doc__ = op.explain
    return call


neg, exp, log, sqrt, abs, sign = (_function(op) for op in (NEG, EXP, LOG, SQRT, ABS, SIGN))


def where(c: Any, a: Any, b: Any) -> Any:
    """a where c holds, else b."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        a, b = operands(a, b)
    return apply(WHERE, (c, a if isinstance(a, Tensor) else _like(b, a), b if isinstance(b, Tensor) else _like(a, b)))


def _like(x: Any, number: Any) -> Any:
    return x.face.wrap(dtypes.full((), number, x.array.dtype) if isinstance(x, Tensor) else np.asarray(number))


def add_into(target: NDArray, value: NDArray) -> None:
    """target += value, on arrays; for gradients."""
    if target.dtype == dtypes.BFLOAT16:
        target[...] = dtypes.to_bfloat16(dtypes.as_float32(target) + dtypes.as_float32(value))
        return
    if not _native.binary_into(_ADD, target, value, target, 1.0):
        np.add(target, value, out=target)


_ADD = _native.binary_code("add")


def _install_operators() -> None:
    """Tensor's own arithmetic; a dialect's face overrides it with its own checks."""
    for name, op, function in (
        ("add", ADD, add),
        ("sub", SUB, sub),
        ("mul", MUL, mul),
        ("truediv", DIV, div),
        ("pow", POW, pow),
    ):

        def forward(a: Any, b: Any, function: Callable[[Any, Any], Any] = function) -> Any:
            return function(a, b) if isinstance(b, (Tensor, int, float)) else NotImplemented

        def reflected(a: Any, b: Any, function: Callable[[Any, Any], Any] = function) -> Any:
            return function(b, a) if isinstance(b, (Tensor, int, float)) else NotImplemented

        setattr(Tensor, f"__{name}__", _native.operator(op, forward, op is DIV))
        setattr(Tensor, f"__r{name}__", reflected)
    setattr(Tensor, "__neg__", neg)  # noqa: B010


_install_operators()
autograd.attach(add=add, add_into=add_into)
