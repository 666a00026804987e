"""Activations with a second operand: PReLU's weight, RReLU's slopes, GLU's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.dtypes import BFLOAT16, F16
from plait.op import Op, Reject, Sample, apply, type_name
from plait.ops import elementwise as E
from plait.ops.activation import sigmoid, through_float32
from plait.ops.halves import is_half, rounded
from plait.ops.rows import elementwise_cost, no_rejects, numbers
from plait.ops.shape import cat, narrow, reshape, sum_to
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

# --- PReLU ---------------------------------------------------------------------------------------------------------------------------


def weight_shape(x: Shape, weight: Shape) -> Shape:
    """The shape in which PReLU's weight broadcasts against x: along axis 1, or everywhere where it has one value."""
    n = int(np.prod(weight))
    return (1,) * len(x) if n == 1 else tuple(n if i == 1 else 1 for i in range(len(x)))


def _prelu_of(x: NDArray, w: NDArray) -> Any:
    return _native.prelu(np.asarray(x, order="C"), np.asarray(w, order="C").reshape(-1))


def _prelu(x: NDArray, w: NDArray) -> Any:
    return _prelu_of(x, w) if x.dtype.char in "fd" else through_float32(_prelu_of, x.dtype, "prelu_cpu", x, w)


def _prelu_backward(g: NDArray, x: NDArray, w: NDArray) -> Any:
    if x.dtype == F16 or x.dtype == BFLOAT16:
        wide = [dtypes.cast(np.asarray(a, order="C"), dtypes.F32) for a in (g, x, w)]
        g32, x32, w32 = wide
        each = rounded(np.where(x32 > 0, np.float32(0), g32 * x32), x.dtype)
        shape = weight_shape(x.shape, w.shape)
        axes = tuple(i for i, n in enumerate(shape) if n == 1) if w.size > 1 else None
        total = each.sum(axes, dtype=np.float32).reshape(w.shape)
        return dtypes.cast(np.where(x32 > 0, g32, g32 * w32.reshape(shape)), x.dtype), dtypes.cast(total, x.dtype)
    x = np.asarray(x, order="C")
    if w.size > 1 and x.ndim == 2:  # the kernel sums along rows: make channels rows
        gx, gw = _native.prelu_backward(
            np.ascontiguousarray(g.T)[None], np.ascontiguousarray(x.T)[None], np.ascontiguousarray(w).reshape(-1)
        )
        return np.ascontiguousarray(gx[0].T), gw.reshape(w.shape)
    gx, gw = _native.prelu_backward(np.asarray(g, order="C"), x, np.asarray(w, order="C").reshape(-1))
    return gx, gw.reshape(w.shape)


def _prelu_second(ctx: Any, ggx: Any, ggw: Any) -> Any:
    g, x, w = ctx.x(0), ctx.x(1), ctx.x(2)
    positive = E.gt(x, 0.0)
    shape = weight_shape(x.array.shape, w.array.shape)
    wide = reshape(w, shape)
    to_g = to_x = to_w = None
    if ggx is not None:
        to_g = E.where(positive, ggx, E.mul(ggx, wide))
        if ctx.needs[2]:
            to_w = reshape(sum_to(E.where(positive, 0.0, E.mul(ggx, g)), shape), w.array.shape)
    if ggw is not None:
        v = reshape(ggw, shape)
        more = E.where(positive, 0.0, E.mul(x, v))
        to_g = more if to_g is None else E.add(to_g, more)
        to_x = E.where(positive, 0.0, E.mul(g, v))
    elif ctx.needs[1]:
        to_x = x.face.wrap(np.zeros_like(x.array))
    return to_g, to_x, to_w


def _reference_prelu(x: NDArray, w: NDArray) -> NDArray:
    return np.where(x > 0, x, w.reshape(weight_shape(x.shape, w.shape)) * x)


def _reference_prelu_backward(g: NDArray, x: NDArray, w: NDArray) -> Any:
    shape = weight_shape(x.shape, w.shape)
    each = np.where(x > 0, 0.0, g * x)
    axes = tuple(i for i, n in enumerate(shape) if n == 1) if w.size > 1 else None
    return np.where(x > 0, g, g * w.reshape(shape)), each.sum(axes).reshape(w.shape)


_PRELU_SHAPES: tuple[tuple[Shape, Shape], ...] = (
    ((3, 5), (5,)),
    ((2, 3, 7), (3,)),
    ((2, 3, 5, 5), (1,)),
    ((4,), (1,)),
    ((0, 3), (3,)),
)


def _prelu_samples() -> Iterable[Sample]:
    return [Sample([numbers(*x), numbers(*w, low=0.1, high=0.4, seed=1)]) for x, w in _PRELU_SHAPES]


def _prelu_gradient_samples() -> Iterable[Sample]:
    return [
        Sample([numbers(*x, seed=2), numbers(*x), numbers(*w, low=0.1, high=0.4, seed=1)]) for x, w in _PRELU_SHAPES
    ]


def _prelu_rejects() -> Iterable[Reject]:
    return [Reject([numbers(2, 3), numbers(4)], (), ValueError, "one value per channel")]


PRELU_BACKWARD: Op = Op(
    "prelu_backward", kind="window", forward=_prelu_backward, backward=_prelu_second, infer=lambda g, x, w: [x, w],
    reference=_reference_prelu_backward, samples=_prelu_gradient_samples, rejects=no_rejects, cost=elementwise_cost(3),
    explain="g, times the weight where x <= 0; and the sum of g * x over those", export=None, save_inputs=(0, 1, 2), visible=2,
    grad_name="PreluKernelBackwardBackward0",
)  # fmt: skip
PRELU: Op = Op(
    "prelu", kind="window", forward=_prelu, infer=lambda x, w: [x], reference=_reference_prelu, samples=_prelu_samples,
    backward=lambda ctx, g: apply(PRELU_BACKWARD, (g, ctx.x(0), ctx.x(1))), rejects=_prelu_rejects, cost=elementwise_cost(2),
    explain="x where x > 0, else weight of the channel * x", export="PRelu", save_inputs=(0, 1), grad_name="PreluKernelBackward0",
)  # fmt: skip


def prelu(x: Any, weight: Any) -> Any:
    """x where x > 0, else weight * x; one weight, or one for each index of axis 1."""
    return apply(PRELU, (x, weight))


# --- RReLU ---------------------------------------------------------------------------------------------------------------------------

_product = E.quiet(np.multiply)

RRELU: Op = Op(
    "rrelu", kind="elementwise", forward=lambda x, slopes: _product(x, slopes), infer=lambda x, slopes: [x],
    backward=lambda ctx, g: (E.mul(g, ctx.x(1)), None), reference=lambda x, slopes: x * slopes,
    samples=lambda: [Sample([numbers(3, 5), np.where(numbers(3, 5) > 0, 1.0, 0.25)], grad=False)], rejects=no_rejects,
    cost=elementwise_cost(1), explain="x times the slope drawn for it (1 where x > 0)", export=None, save_inputs=(1,),
    grad_name="RreluWithNoiseBackward0",
)  # fmt: skip


def rrelu(x: Any, slopes: NDArray) -> Any:
    """x times `slopes`, an array that holds 1 where x > 0."""
    return apply(RRELU, (x, x.face.wrap(slopes)))


# --- GLU -----------------------------------------------------------------------------------------------------------------------------


def _halves(x: NDArray, dim: int) -> tuple[NDArray, NDArray]:
    if x.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {x.shape[dim]}")
    a, b = np.split(x, 2, axis=dim)
    return a, b


def _glu(x: NDArray, dim: int) -> Any:
    if x.dtype.kind in "iub":
        raise NotImplementedError(f"\"glu_cpu\" not implemented for '{type_name(x.dtype)}'")
    if x.dtype == F16 or x.dtype == BFLOAT16:
        return dtypes.cast(_glu(dtypes.cast(x, dtypes.F32), dim), x.dtype)
    a, b = _halves(x, dim)
    gate = _native.activation(_SIGMOID, np.ascontiguousarray(b), 0.0, 0.0, 0.0)
    return _product(a, gate, gate) if gate.ndim else np.asarray(_product(a, gate))


_SIGMOID = _native.activation_code("sigmoid")


def _glu_backward(ctx: Any, g: Any) -> Any:
    x, dim = ctx.x(0), ctx.params[0]
    half = x.array.shape[dim] // 2
    a, s = narrow(x, dim, 0, half), sigmoid(narrow(x, dim, half, half))
    if is_half(x.array.dtype) and not MODE.grad:
        return _glu_backward_half(g, a, s, dim)
    gs = E.mul(g, s)
    return cat([gs, E.mul(E.mul(gs, a), E.add(E.neg(s), 1.0))], dim)


def _glu_backward_half(g: Any, a: Any, s: Any, dim: int) -> Any:
    """The gate rounds, then each gradient once."""
    dtype = a.array.dtype
    g32, a32, s32 = (dtypes.cast(t.array, dtypes.F32) for t in (g, a, s))
    with np.errstate(all="ignore"):
        both = np.concatenate([s32 * g32, (1 - s32) * s32 * g32 * a32], dim)
    return type(g).face.wrap(dtypes.cast(both, dtype))


GLU: Op = Op(
    "glu", kind="shape", forward=_glu, backward=_glu_backward,
    infer=lambda x, dim: [(tuple(n // 2 if i == dim else n for i, n in enumerate(x[0])), x[1])],
    reference=lambda x, dim: np.split(x, 2, dim)[0] / (1 + np.exp(-np.split(x, 2, dim)[1])),
    samples=lambda: [Sample([numbers(3, 4)], (1,)), Sample([numbers(6, 5)], (0,)), Sample([numbers(0, 4)], (1,))],
    rejects=lambda: [Reject([numbers(3, 5)], (1,), RuntimeError, "Halving dimension must be even, but dimension 1 is size 5")],
    cost=elementwise_cost(10), explain="the first half times sigmoid of the second half", export=None, save_inputs=(0,),
)  # fmt: skip


def glu(x: Any, dim: int) -> Any:
    """The first half of x along `dim`, times the sigmoid of the second."""
    return apply(GLU, (x,), (dim,))
