"""Special functions over arrays, computed in float64: the error function, its complement and inverse, gamma's logarithm and its derivatives.

Rules of this file: plain array functions, no Op records; each names the source of its formula.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969).
_NEAR_P = (
    3.16112374387056560e00,
    1.13864154151050156e02,
    3.77485237685302021e02,
    3.20937758913846947e03,
    1.85777706184603153e-1,
)
_NEAR_Q = (2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03)
_MIDDLE_P = (
    5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
    1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03, 2.15311535474403846e-8,
)  # fmt: skip
_MIDDLE_Q = (
    1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03, 3.29079923573345963e03,
    4.36261909014324716e03, 3.43936767414374164e03, 1.23033935480374942e03,
)  # fmt: skip
_FAR_P = (
    3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4,
    1.63153871373020978e-2,
)  # fmt: skip
_FAR_Q = (
    2.56852019228982242e00,
    1.87295284992346725e00,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)
_SQRT_PI_INVERSE = 5.6418958354775628695e-1


def _near(x: NDArray) -> NDArray:
    """erf for |x| ≤ 0.46875."""
    z = x * x
    top, bottom = _NEAR_P[4] * z, z
    for p, q in zip(_NEAR_P[:3], _NEAR_Q[:3], strict=True):
        top, bottom = (top + p) * z, (bottom + q) * z
    return x * (top + _NEAR_P[3]) / (bottom + _NEAR_Q[3])


def _far(y: NDArray) -> NDArray:
    """erfc for y > 0.46875."""
    top, bottom = _MIDDLE_P[8] * y, y
    for p, q in zip(_MIDDLE_P[:7], _MIDDLE_Q[:7], strict=True):
        top, bottom = (top + p) * y, (bottom + q) * y
    middle = (top + _MIDDLE_P[7]) / (bottom + _MIDDLE_Q[7])
    z = 1.0 / (y * y)
    top, bottom = _FAR_P[5] * z, z
    for p, q in zip(_FAR_P[:4], _FAR_Q[:4], strict=True):
        top, bottom = (top + p) * z, (bottom + q) * z
    tail = (_SQRT_PI_INVERSE - z * (top + _FAR_P[4]) / (bottom + _FAR_Q[4])) / y
    rounded = np.trunc(y * 16.0) / 16.0
    scale = np.exp(-rounded * rounded) * np.exp(-(y - rounded) * (y + rounded))
    return np.where(y > 26.6, 0.0, scale * np.where(y <= 4.0, middle, tail))


def erf(x: NDArray) -> NDArray:
    """The error function.

    >>> float(erf(np.array(0.5)).round(6))
    0.5205
    """
    wide = np.asarray(x, np.float64)
    y = np.abs(wide)
    safe = np.where(np.isnan(y), 1.0, y)
    out = np.where(safe <= 0.46875, _near(np.minimum(safe, 1.0)), 1.0 - _far(np.clip(safe, 0.46875, 30.0)))
    return np.where(np.isnan(wide), wide, np.copysign(out, wide)).astype(x.dtype)


def erfc(x: NDArray) -> NDArray:
    """1 − erf(x), without cancellation for large x."""
    wide = np.asarray(x, np.float64)
    y = np.abs(wide)
    safe = np.where(np.isnan(y), 1.0, y)
    far = _far(np.clip(safe, 0.46875, 30.0))
    out = np.where(safe <= 0.46875, 1.0 - _near(np.clip(wide, -1.0, 1.0)), np.where(wide < 0, 2.0 - far, far))
    return np.where(np.isnan(wide), wide, out).astype(x.dtype)


def erfinv(x: NDArray) -> NDArray:
    """The inverse of erf: Winitzki's closed approximation, then Halley steps on erf or, near ±1, on erfc."""
    wide = np.asarray(x, np.float64)
    y = np.abs(wide)
    inside = np.where(y < 1.0, y, 0.0)
    a = 0.147
    logs = np.log1p(-inside * inside)
    t = 2.0 / (np.pi * a) + logs / 2.0
    guess = np.sqrt(np.maximum(np.sqrt(t * t - logs / a) - t, 0.0))
    for _ in range(4):
        error = np.where(inside < 0.5, erf(guess) - inside, (1.0 - inside) - erfc(guess))
        step = error / (2.0 * _SQRT_PI_INVERSE * np.exp(-guess * guess))
        guess = guess - step / (1.0 + guess * step)
    out = np.where(y < 1.0, guess, np.where(y == 1.0, np.inf, np.nan))
    return np.where(wide == 0, wide, np.copysign(out, wide)).astype(x.dtype)


_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def lgamma(x: NDArray) -> NDArray:
    """log |Γ(x)|: recurrence up to 8, Stirling's series, the reflection formula below 1/2 (Abramowitz and Stegun 6.1)."""
    wide = np.asarray(x, np.float64)
    reflect = wide < 0.5
    z = np.where(reflect, 1.0 - wide, wide)
    shift = np.zeros_like(z)
    for _ in range(8):
        small = z < 8.0
        shift = shift + np.where(small, np.log(np.where(small, z, 1.0)), 0.0)
        z = np.where(small, z + 1.0, z)
    inverse = 1.0 / z
    series = sum(c * inverse ** (2 * k + 1) for k, c in enumerate(_STIRLING))
    out = (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi) + series - shift
    mirrored = np.log(np.pi / np.abs(np.sin(np.pi * (wide - np.round(wide))))) - out
    out = np.where(reflect, np.where(wide == np.floor(wide), np.inf, mirrored), out)
    return np.where(np.isinf(wide), np.inf, np.where((wide == 1.0) | (wide == 2.0), 0.0, out)).astype(x.dtype)


def digamma(x: NDArray) -> NDArray:
    """The derivative of log Γ (Abramowitz and Stegun 6.3)."""
    wide = np.asarray(x, np.float64)
    reflect = wide < 0.0
    z = np.where(reflect, 1.0 - wide, wide)
    shift = np.zeros_like(z)
    for _ in range(10):
        small = z < 10.0
        shift = shift + np.where(small, 1.0 / np.where(small, z, 1.0), 0.0)
        z = np.where(small, z + 1.0, z)
    w = 1.0 / (z * z)
    series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32760 - w / 12))))))
    out = np.log(z) - 0.5 / z - series - shift
    out = np.where(reflect, out - np.pi / np.tan(np.pi * wide), out)
    out = np.where((wide == np.floor(wide)) & (wide < 0), np.nan, out)
    return np.where(wide == 0, np.copysign(np.inf, -wide), out).astype(x.dtype)


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def polygamma(x: NDArray, order: int) -> NDArray:
    """The derivative of `digamma` of `order` ≥ 1, for any x (Abramowitz and Stegun 6.4)."""
    from math import factorial

    wide = np.asarray(x, np.float64)
    total = np.zeros_like(wide)
    z = wide.copy()
    for _ in range(40):
        small = z < 14.0
        total = total + np.where(small, np.where(small, z, 1.0) ** -(order + 1.0), 0.0)
        z = np.where(small, z + 1.0, z)
    total = total * factorial(order)
    series = factorial(order - 1) / z**order + factorial(order) / (2 * z ** (order + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        series = series + b * factorial(2 * k + order - 1) / factorial(2 * k) / z ** (2 * k + order)
    return ((-1.0) ** (order + 1) * (total + series)).astype(x.dtype)
