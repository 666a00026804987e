"""Measures of pairs in 16 bits, step by step: what rounds where is PyTorch's, and a loss is rounded before it is reduced.

Rules of this file: numbers are float32 and hold 16-bit values; `near` rounds to the dtype. Kinds that are not named here are worked out in
float32 and rounded once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops.halves import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from plait.ops.halves import Near

__all__ = ["LOSSES", "SLOPES", "TARGETS", "cascade", "reduced"]


def reduced(y: NDArray, reduction: int, dtype: np.dtype) -> NDArray:
    """Losses as they are (0), their mean (1) or their sum (2)."""
    if reduction:
        total = y.sum(dtype=np.float32)
        y = np.asarray(total / np.float32(y.size) if reduction == 1 else total)
    return dtypes.cast(y, dtype)


def cascade(values: NDArray, dtype: np.dtype) -> Any:
    """The sum of float32 values in eight partial sums that round to `dtype` at every step."""
    near = nearest(dtype)
    power = max(4, int(np.ceil(np.log2(max(values.size, 1)))) // _LEVELS)
    partial = np.zeros(_LEVELS, np.float32)
    total = np.float32(0)
    with np.errstate(all="ignore"):
        for i, v in enumerate(values):
            partial[0] = near(partial[0] + v)
            for j in range(_LEVELS - 1):
                if i & (((1 << power) - 1) << (j * power)):
                    break
                partial[j + 1], partial[j] = near(partial[j + 1] + partial[j]), 0
        for v in partial:
            total = near(total + v)
    return total


_LEVELS = 8


def _log_sigmoid(x: NDArray) -> NDArray:
    got: NDArray = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    return got


# --- losses: (x, t, weight of a target of 1, number, near) --------------------------------------------------------------------


def _square(x: NDArray, t: NDArray, more: Any, number: float, near: Near) -> NDArray:
    d = near(x - t)
    return near(d * d)


def _huber(x: NDArray, t: NDArray, more: Any, delta: float, near: Near) -> NDArray:
    z, bound = np.abs(near(x - t)), near(delta)
    return np.where(z <= bound, near(near(0.5 * z) * z), near(bound * near(z - near(0.5 * bound))))


def _cross_entropy2(x: NDArray, t: NDArray, more: Any, number: float, near: Near) -> NDArray:
    hit, miss = np.maximum(near(np.log(x)), -100), np.maximum(near(np.log1p(-x)), -100)
    return near(near(near(t - 1) * miss) - near(t * hit))


def _logits(x: NDArray, t: NDArray, more: Any, number: float, near: Near) -> NDArray:
    log_p = near(_log_sigmoid(x))
    if more is not None:
        log_p = near(log_p * near(near(near(more - 1) * t) + 1))
    return near(near(near(1 - t) * x) - log_p)


def _soft_margin(x: NDArray, t: NDArray, more: Any, number: float, near: Near) -> NDArray:
    return near(np.log1p(near(np.exp(near(-t * x)))))


#: By kind, and by dtype where only one of them is worked out step by step.
LOSSES: dict[Any, Callable[..., NDArray]] = {
    "square": _square,
    ("huber", dtypes.BFLOAT16): _huber,
    "cross_entropy2": _cross_entropy2,
    "cross_entropy2_logits": _logits,
    "soft_margin": _soft_margin,
}


# --- gradients by x: (x, t, weight, weight of a target of 1, number, gradient, how many are averaged or 0, near) ----------------


def _scaled(part: NDArray, w: Any, g: NDArray, count: int, near: Near) -> NDArray:
    """A slope times the gradient, times the weight, over the count."""
    part = near(part * g)
    part = part if w is None else near(part * w)
    return near(part / np.float32(count)) if count else part


def _square_slope(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    return near(near(near(2 / count if count else 2.0) * near(x - t)) * g)


def _huber_slope(
    x: NDArray, t: NDArray, w: Any, more: Any, delta: float, g: NDArray, count: int, near: Near
) -> NDArray:
    d, bound, norm = near(x - t), near(delta), near(1 / count if count else 1.0)
    return near(np.where(np.abs(d) <= bound, near(norm * d), np.sign(d) * near(norm * bound)) * g)


def _cross_entropy2_slope(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    part = near(near(g * near(x - t)) / np.maximum(near(near(1 - x) * x), near(1e-12)))
    part = part if w is None else near(part * w)
    return near(part / np.float32(count)) if count else part


def _logits_slope(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    s = near(1 / (1 + np.exp(-x)))
    if more is None:
        return _scaled(near(s - t), w, g, count, near)
    hit = near(more * t)
    return _scaled(near(near(near(near(hit + 1) - t) * s) - hit), w, g, count, near)


def _soft_margin_slope(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    z = near(np.exp(near(-t * x)))
    return near(near(near(near(t * z) * near(-1 / count if count else -1.0)) / near(z + 1)) * g)


SLOPES: dict[str, Callable[..., NDArray]] = {
    "square": _square_slope,
    "huber": _huber_slope,
    "cross_entropy2": _cross_entropy2_slope,
    "cross_entropy2_logits": _logits_slope,
    "soft_margin": _soft_margin_slope,
}


# --- gradients by t, in the same words -----------------------------------------------------------------------------------------


def _cross_entropy2_target(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    return _scaled(-near(np.log(near(x / near(1 - x)))), w, g, count, near)


def _logits_target(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    if more is None:
        return _scaled(-x, w, g, count, near)
    miss, hit = near(_log_sigmoid(-x)), near(_log_sigmoid(x))
    return _scaled(near(miss - near(more * hit)), w, g, count, near)


def _soft_margin_target(
    x: NDArray, t: NDArray, w: Any, more: Any, number: float, g: NDArray, count: int, near: Near
) -> NDArray:
    return _soft_margin_slope(t, x, w, more, number, g, count, near)


TARGETS: dict[str, Callable[..., NDArray]] = {
    "cross_entropy2": _cross_entropy2_target,
    "cross_entropy2_logits": _logits_target,
    "soft_margin": _soft_margin_target,
}
