"""Rules whose corrections of first steps are kept as running powers, in arrays of one element."""

from __future__ import annotations

import numpy as np

from plait import dtypes
from plait.optim.rules import RECTIFIED, TWICE, Arrays, by_step, run

__all__: list[str] = []


def nadam(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    products: Arrays,
    falls: Arrays,
    powers2: Arrays,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    momentum_decay: float,
) -> None:
    """`nadam` whose step is kept in arrays of one value each: 0.96ᵗ in `falls`, β2ᵗ in `powers2`."""
    for row in zip(params, grads, firsts, seconds, products, falls, powers2, strict=True):
        p, g, m, v, product, fall, power2 = row
        one = p.dtype.type
        fall *= one(0.96)
        power2 *= one(beta2)
        lower = np.power(fall.flat[0], one(momentum_decay))
        mu = one(beta1) * (one(1) - one(0.5) * lower)
        following = one(beta1) * (one(1) - one(0.5) * lower * np.power(one(0.96), one(momentum_decay)))
        product *= mu
        now = product.flat[0]
        by_gradient = -one(lr) * (one(1) - mu) / (one(1) - now)
        by_momentum = -one(lr) * following / (one(1) - now * following)
        coefs = [by_gradient, by_momentum, 1 - beta1, beta2, one(1) - power2.flat[0], eps, decay, 1.0]
        run("nadam", [[p], [g], [m], [v]], [float(c) for c in coefs], TWICE)


def radam(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    powers1: Arrays,
    powers2: Arrays,
    shares: Arrays,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
) -> None:
    """`radam` whose step is kept in arrays of one value each: β1ᵗ, β2ᵗ, and t·β2ᵗ/(1−β2ᵗ) in `shares`."""
    for row in zip(params, grads, firsts, seconds, powers1, powers2, shares, strict=True):
        p, g, m, v, power1, power2, share = row
        one = p.dtype.type
        power1 *= one(beta1)
        power2 *= one(beta2)
        left = one(1) - power2.flat[0]
        share[...] = (share.flat[0] * (one(beta2) - power2.flat[0]) + power2.flat[0]) / left
        limit = one(2) / (one(1) - one(beta2)) - one(1)
        length = limit - one(2) * share.flat[0]
        flags, rectified = TWICE, 0.0
        if length > 5:
            flags |= RECTIFIED
            rectified = ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)) ** 0.5
        correction1 = one(1) - power1.flat[0]
        coefs = [lr, 1 - beta1, beta2, correction1, np.sqrt(left), eps, decay, 1.0, rectified]
        run("radam", [[p], [g], [m], [v]], [float(c) for c in coefs], flags)


def adamax(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    norms: Arrays,
    powers: Arrays,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    growth: float,
) -> None:
    """`adamax` with eps on the norm so far, and β1ᵗ of each parameter in `powers`, arrays of one element, multiplied on here by
    `growth`."""
    at = [(p.dtype, power.item()) for p, power in zip(params, powers, strict=True)]
    for (dtype, power), part in by_step(at, [params, grads, firsts, norms]):
        t = np.float64 if dtype == dtypes.F64 else np.float32
        rate = float(t(lr) / (t(1) - t(power)))
        run("adamax", part, [rate, 1 - beta1, beta2, decay, 0.0, eps, 0.0], TWICE)
    for power in powers:
        power *= power.dtype.type(growth)
