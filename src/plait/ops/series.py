"""exp, tanh and sigmoid of float32 by the short polynomials of Eigen's kernels, every operation rounded: for dialects whose digits depend on it.

More than `lanes.MOST` elements and other dtypes go the engine's way. Polynomials: Cephes' expf (Moshier, 1989); tanh as a ratio of an odd and an
even polynomial (Eigen, MathFunctionsImpl.h).
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply
from plait.ops import activation, lanes
from plait.ops import elementwise as ew
from plait.ops.rows import elementwise_cost, no_rejects, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

__all__ = ["CELU", "ELU", "EXP", "SIGMOID", "SILU", "SOFTSIGN", "SWISH", "TANH", "TANHSHRINK", "exp", "sigmoid", "tanh"]

_ONE = np.float32(1)
_MOST = np.float32(88.3762626647950)
_PACKET = 8
_LOG2E, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504088896341), np.float32(0.693359375), np.float32(-2.12194440e-4)
_EXP = [
    np.float32(c)
    for c in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
]
_ODD = [
    np.float32(c)
    for c in (
        -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04,
        4.89352455891786e-03,
    )
]  # fmt: skip
_EVEN = [
    np.float32(c) for c in (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
]


def _natively(code: int) -> Callable[[Callable[[NDArray], NDArray]], Callable[[NDArray], NDArray]]:
    """A function in C where it can be (src/native/entries/series.cpp), to the same bits."""

    def made(plain: Callable[[NDArray], NDArray]) -> Callable[[NDArray], NDArray]:
        @wraps(plain)
        def run(x: NDArray) -> NDArray:
            got = _native.series(code, x) if type(x) is np.ndarray and x.flags.c_contiguous else None
            return plain(x) if got is None else got

        return run

    return made


@_natively(0)
def _exp(x: NDArray) -> NDArray:
    p0, p1, p2, p3, p4, p5 = _EXP
    with np.errstate(all="ignore"):
        inside = np.clip(x, -_MOST, _MOST)
        power = np.floor(inside * _LOG2E + np.float32(0.5))
        r = inside - power * _LN2_HIGH - power * _LN2_LOW
        square = r * r
        first, second = (p0 * r + p1) * r + p2, (p3 * r + p4) * r + p5
        y = (first * (square * r) + second) * square + (r + _ONE)
        turned: NDArray = np.ldexp(y, np.nan_to_num(power).astype(np.int32)).astype(np.float32)
        lost = ~(np.abs(x) <= _MOST)
        if lost.any():
            turned = np.where(lost, np.exp(x), turned)
        rest = x.size % _PACKET
        if rest:  # what does not fill a vector is a libm's, rounded rightly
            flat = np.array(turned).reshape(-1)
            flat[-rest:] = np.exp(x.reshape(-1)[-rest:].astype(np.float64))
            turned = flat.reshape(x.shape)
    return turned


@_natively(2)
def _tanh(x: NDArray) -> NDArray:
    with np.errstate(all="ignore"):
        inside = np.clip(x, np.float32(-9), np.float32(9))
        square = inside * inside
        odd, even = square * _ODD[0] + _ODD[1], square * _EVEN[0] + _EVEN[1]
        for c in _ODD[2:]:
            odd = square * odd + c
        for c in _EVEN[2:]:
            even = square * even + c
        return np.where(np.abs(x) < np.float32(0.0004), x, inside * odd / even)


@_natively(1)
def _sigmoid(x: NDArray) -> NDArray:
    with np.errstate(all="ignore"):
        return _ONE / (_ONE + _exp(-x))


def _short(call: Callable[[NDArray], NDArray], other: Op) -> Callable[[NDArray], Any]:
    def run(x: NDArray) -> Any:
        return call(x) if x.dtype == dtypes.F32 and x.size <= lanes.MOST else other.run(x)

    return run


def _samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 4, low=-3.0, high=3.0)])
    yield Sample([numbers(40, low=-6.0, high=6.0)], grad=False)
    yield Sample([numbers(0, 2)])


def _op(name: str, call: Callable[[NDArray], NDArray], other: Op, backward: Any) -> Op:
    return Op(
        f"{name}_series", kind="elementwise", forward=_short(call, other), backward=backward, infer=lambda x: [x], reference=other.reference,
        samples=_samples, rejects=no_rejects, cost=elementwise_cost(20), explain=f"{name}(x), float32 by a short polynomial", export=None,
        save_outputs=(0,),
    )  # fmt: skip


EXP = _op("exp", _exp, ew.EXP, lambda ctx, g: g * ctx.y(0))
TANH = _op("tanh", _tanh, activation.TANH, lambda ctx, g: g * (1.0 - ctx.y(0) * ctx.y(0)))
SIGMOID = _op("sigmoid", _sigmoid, activation.SIGMOID, lambda ctx, g: g * ctx.y(0) * (1.0 - ctx.y(0)))


def _tail(ctx: Any) -> Any:
    """e ** -x of the input."""
    return exp(ew.neg(ctx.x(0)))


def _silu_backward(ctx: Any, g: Any) -> Any:
    tail = _tail(ctx)
    whole = tail + 1.0
    return g * ((1.0 / whole) * ((ctx.x(0) * tail) / whole + 1.0))


def _swish_backward(ctx: Any, g: Any) -> Any:
    share = 1.0 / (_tail(ctx) + 1.0)
    y = ctx.x(0) * share
    return g * (share * (1.0 - y) + y)


def _elu(x: NDArray, alpha: float) -> Any:
    if x.dtype != dtypes.F32 or x.size > lanes.MOST:
        return activation.ELU.run(x, alpha, 1.0, 1.0)
    with np.errstate(all="ignore"):
        return np.where(x < 0, np.float32(alpha) * (_exp(x) - _ONE), x)


def _elu_backward(ctx: Any, g: Any) -> Any:
    alpha = ctx.params[0]
    return ew.where(ew.gt(ctx.x(0), 0.0), g, g * (ctx.y(0) + alpha))


def _elu_samples() -> Iterable[Sample]:
    yield Sample([numbers(3, 4, low=-3.0, high=3.0)], (1.0,))
    yield Sample([numbers(40, low=-6.0, high=6.0)], (0.3,), grad=False)


SILU: Op = Op(
    "silu_series", kind="elementwise", forward=_short(lambda x: x * _sigmoid(x), activation.SILU), backward=_silu_backward,
    infer=lambda x: [x], reference=activation.SILU.reference, samples=_samples, rejects=no_rejects, cost=elementwise_cost(22),
    explain="x times sigmoid(x), float32 by a short polynomial", export=None, save_inputs=(0,),
)  # fmt: skip
SWISH: Op = Op(
    "swish_series", kind="elementwise", forward=_short(lambda x: x / (_ONE + _exp(-x)), activation.SILU), backward=_swish_backward,
    infer=lambda x: [x], reference=activation.SILU.reference, samples=_samples, rejects=no_rejects, cost=elementwise_cost(22),
    explain="x / (1 + e ** -x), float32 by a short polynomial", export=None, save_inputs=(0,),
)  # fmt: skip
ELU: Op = Op(
    "elu_series", kind="elementwise", forward=_elu, backward=_elu_backward, infer=lambda x, alpha: [x],
    reference=lambda x, alpha: np.where(x < 0, alpha * np.expm1(x), x), samples=_elu_samples, rejects=no_rejects, cost=elementwise_cost(22),
    explain="x where x >= 0, else alpha * (e ** x - 1), float32 by a short polynomial", export="Elu", save_inputs=(0,), save_outputs=(0,),
)  # fmt: skip


def _celu(x: NDArray, alpha: float) -> Any:
    if x.dtype != dtypes.F32 or x.size > lanes.MOST:
        return activation.CELU.run(x, alpha)
    scale = np.float32(alpha)
    with np.errstate(all="ignore"):
        return np.where(x < 0, scale * (_exp(x / scale) - _ONE), x)


def _celu_backward(ctx: Any, g: Any) -> Any:
    x, alpha = ctx.x(0), ctx.params[0]
    return ew.where(ew.gt(x, 0.0), g, g * exp(ew.div(x, alpha)))


CELU: Op = Op(
    "celu_series", kind="elementwise", forward=_celu, backward=_celu_backward, infer=lambda x, alpha: [x],
    reference=lambda x, alpha: np.where(x < 0, alpha * np.expm1(x / alpha), x), samples=_elu_samples, rejects=no_rejects,
    cost=elementwise_cost(23), explain="x where x >= 0, else alpha * (e ** (x / alpha) - 1), float32 by a short polynomial", export="Celu",
    save_inputs=(0,),
)  # fmt: skip
TANHSHRINK: Op = Op(
    "tanhshrink_series", kind="elementwise", forward=_short(lambda x: x - _tanh(x), activation.TANHSHRINK),
    backward=lambda ctx, g: g * (tanh(ctx.x(0)) * tanh(ctx.x(0))), infer=lambda x: [x], reference=activation.TANHSHRINK.reference,
    samples=_samples, rejects=no_rejects, cost=elementwise_cost(21), explain="x - tanh(x), float32 by a short polynomial", export=None,
    save_inputs=(0,),
)  # fmt: skip


def _softsign_backward(ctx: Any, g: Any) -> Any:
    size = ew.abs(ctx.x(0)) + 1.0
    return g * (1.0 / (size * size))


SOFTSIGN: Op = Op(
    "softsign_share", kind="elementwise", forward=activation.SOFTSIGN.run, backward=_softsign_backward, infer=lambda x: [x],
    reference=activation.SOFTSIGN.reference, samples=_samples, rejects=no_rejects, cost=elementwise_cost(3),
    explain="x / (1 + |x|); a gradient is taken times the reciprocal of the square", export="Softsign", save_inputs=(0,),
)  # fmt: skip


def exp(x: Any) -> Any:
    """e ** x."""
    return apply(EXP, (x,))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return apply(TANH, (x,))


def sigmoid(x: Any) -> Any:
    """1 / (1 + e ** -x)."""
    return apply(SIGMOID, (x,))
