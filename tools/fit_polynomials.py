"""Print the polynomial coefficients of src/native/simd/math.h: Chebyshev fits in 40 digits, with their largest relative error.

Usage: python tools/fit_polynomials.py        (needs mpmath and NumPy)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import atanh, chebyfit, erf, erfc, exp, expm1, log, mp, mpf, nstr, polyval, sqrt, tanh

mp.dps = 40


def fit(name: str, function: Callable[[Any], Any], low: Any, high: Any, degree: int, digits: int) -> None:
    """Fit and print, lowest power first."""
    p = chebyfit(function, [low, high], degree + 1)
    points = [low + (high - low) * mpf(i) / 400 for i in range(401)]
    worst = max(abs(polyval(p, x) / function(x) - 1) for x in points)
    print(f"{name}, degree {degree}, relative error {nstr(worst, 3)}")
    print("    " + ", ".join(nstr(c, digits) for c in reversed(p)))


def smooth(function: Callable[[Any], Any], at_zero: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function`, and its expansion `at_zero` where it would lose digits."""
    return lambda z: at_zero(z) if abs(z) < mpf(10) ** -12 else function(z)


def minus_log_erfc() -> None:
    """-log(erfc(x)) on [0.92, 4], weighted by erfc so that erf's error is even (Lawson's iteration)."""
    low, high, n = 0.92, 4.0, 400
    t = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(n) + 0.5) / n)
    weight = np.array([float(erfc(mpf(float(x)))) for x in t])
    target = np.array([float(-log(erfc(mpf(float(x))))) for x in t])
    powers = np.vander(t, 7, increasing=True)
    share = np.full(n, 1 / n)
    for _ in range(200):
        scale = weight * np.sqrt(share)
        c = np.linalg.lstsq(powers * scale[:, None], target * scale, rcond=None)[0]
        error = np.abs(powers @ c - target) * weight
        share *= error / error.max() + 1e-12
        share /= share.sum()
    print(f"-log(erfc), float, degree 6, error of erf {error.max():.2e}")
    print("    " + ", ".join(f"{v:.10g}" for v in c))


def erf_by_parts() -> None:
    """erf(x) in x - c, a row of coefficients for each centre c = k * 0.26666668, k < 16; the first one is odd about zero, and has no constant."""
    step, degree = mpf(float(np.float32(4) / np.float32(15))), 5
    rows, worst = [], mpf(0)
    for k in range(16):
        centre, reach = k * step, step / 2 * mpf("1.0001")
        if k == 0:
            p = [
                *chebyfit(
                    smooth(lambda u: erf(u) / u, lambda u: 2 / sqrt(mp.pi) * (1 - u * u / 3)), [mpf(0), reach], degree
                ),
                mpf(0),
            ]
        else:
            p = chebyfit(lambda u, c=centre: erf(c + u), [-reach, reach], degree + 1)
        points = [reach * (mpf(i) / 100 - 1) for i in range(201) if k or i > 100]
        worst = max(worst, *(abs(polyval(p, u) / erf(centre + u) - 1) for u in points))
        rows.append(list(reversed(p)))
    print(f"erf in 16 parts, float, degree {degree}, relative error {nstr(worst, 3)}")
    for column in zip(*rows, strict=True):
        print("    {" + ", ".join(nstr(c, 9) for c in column) + "},")


def main() -> None:
    """All fits."""
    half = log(2) / 2 * mpf("1.001")
    grown = smooth(lambda r: (expm1(r) - r) / r**2, lambda r: mpf(1) / 2 + r / 6)
    fit("(e^r - 1 - r) / r^2, float", grown, -half, half, 5, 10)
    fit("(e^r - 1 - r) / r^2, double", grown, -half, half, 10, 18)
    end = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.001")
    series = smooth(lambda z: (2 * atanh(sqrt(z)) - 2 * sqrt(z)) / sqrt(z) ** 3, lambda z: mpf(2) / 3 + 2 * z / 5)
    fit("(2 atanh s - 2 s) / s^3 in s^2, float", series, mpf(0), end, 3, 10)
    fit("(2 atanh s - 2 s) / s^3 in s^2, double", series, mpf(0), end, 7, 18)
    bent = smooth(lambda z: (tanh(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, lambda z: -mpf(1) / 3 + 2 * z / 15)
    fit("(tanh x - x) / x^3 in x^2, float", bent, mpf(0), mpf("0.625") ** 2, 4, 10)
    fit("(tanh x - x) / x^3 in x^2, double", bent, mpf(0), mpf("0.625") ** 2, 11, 18)
    risen = smooth(lambda z: erf(sqrt(z)) / sqrt(z), lambda z: 2 / sqrt(mp.pi) * (1 - z / 3))
    fit("erf(x) / x in x^2, float", risen, mpf(0), mpf(1), 6, 10)
    fit("erf(x) / x in x^2, double", risen, mpf(0), mpf(1), 12, 18)
    minus_log_erfc()
    erf_by_parts()
    centre = mpf("2.5")

    def rest(u: Any) -> Any:
        x = centre * (1 + u) / (1 - u)
        return exp(x * x) * erfc(x)

    fit(
        "e^(x^2) erfc(x) in (x - 2.5) / (x + 2.5), double",
        rest,
        (1 - centre) / (1 + centre),
        (mpf("6.1") - centre) / (mpf("6.1") + centre),
        16,
        18,
    )


if __name__ == "__main__":
    main()
