"""How far a prediction `x` is from a target `t`: one number for each sample, from its last axis (or `dim`).

`eps` is the small number that keeps a logarithm or a quotient finite. Tensors are floating, of one dtype.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers.loss import at_least
from plait.ops import elementwise as ew
from plait.ops import extremes, lanes, maths
from plait.ops.activation import softplus
from plait.ops.select import clamp


def squared(t: Any, x: Any) -> Any:
    """Mean of (t − x)²."""
    return lanes.mean(maths.square(ew.sub(t, x)), -1)


def absolute(t: Any, x: Any) -> Any:
    """Mean of |t − x|."""
    return lanes.mean(ew.abs(ew.sub(t, x)), -1)


def percentage(t: Any, x: Any, eps: float) -> Any:
    """100 times the mean of |t − x| / max(|t|, eps)."""
    relative = ew.abs(ew.div(ew.sub(t, x), at_least(ew.abs(t), eps)))
    return ew.mul(lanes.mean(relative, -1), 100.0)


def squared_logarithms(t: Any, x: Any, eps: float) -> Any:
    """Mean of (log(1 + x) − log(1 + t))², x and t at least eps."""
    first, second = (ew.log(ew.add(at_least(y, eps), 1.0)) for y in (x, t))
    return lanes.mean(maths.square(ew.sub(first, second)), -1)


def huber(t: Any, x: Any, delta: float) -> Any:
    """Mean of e²/2 where |e| ≤ delta, of delta·|e| − delta²/2 elsewhere; e = x − t."""
    error = ew.sub(x, t)
    size = ew.abs(error)
    outer = ew.sub(ew.mul(size, delta), 0.5 * delta * delta)
    return lanes.mean(ew.where(ew.le(size, delta), ew.mul(maths.square(error), 0.5), outer), -1)


def log_cosh(t: Any, x: Any) -> Any:
    """Mean of log cosh(x − t)."""
    e = ew.sub(x, t)
    return lanes.mean(ew.sub(ew.add(e, softplus(ew.mul(e, -2.0))), math.log(2.0)), -1)


def kl(t: Any, x: Any, eps: float) -> Any:
    """Σ t log(t / x), both within eps … 1."""
    t, x = clamp(t, eps, 1), clamp(x, eps, 1)
    return lanes.sum(ew.mul(t, ew.log(ew.div(t, x))), -1)


def poisson(t: Any, x: Any, eps: float) -> Any:
    """Mean of x − t log(x + eps)."""
    return lanes.mean(ew.sub(x, ew.mul(t, ew.log(ew.add(x, eps)))), -1)


def signs(t: Any) -> Any:
    """Labels as −1 and 1: labels that are all 0 or 1 are mapped, others are as they are."""
    array = dtypes.working(t.array)
    return ew.sub(ew.mul(t, 2.0), 1.0) if bool(np.all((array == 0) | (array == 1))) else t


def hinge(t: Any, x: Any) -> Any:
    """Mean of max(0, 1 − t x), t being −1 or 1."""
    return lanes.mean(at_least(ew.sub(1.0, ew.mul(signs(t), x)), 0), -1)


def squared_hinge(t: Any, x: Any) -> Any:
    """Mean of max(0, 1 − t x)², t being −1 or 1."""
    return lanes.mean(maths.square(at_least(ew.sub(1.0, ew.mul(signs(t), x)), 0)), -1)


def categorical_hinge(t: Any, x: Any) -> Any:
    """max(0, 1 + max of (1 − t) x − Σ t x)."""
    right = lanes.sum(ew.mul(t, x), -1)
    wrong = extremes.amax(ew.mul(ew.sub(1.0, t), x), -1)
    return at_least(ew.add(ew.sub(wrong, right), 1.0), 0)


def unit(x: Any, dim: Any, eps: float) -> Any:
    """x over its Euclidean norm along `dim`, the norm at least eps."""
    square = lanes.sum(maths.square(x), dim, True)
    return ew.mul(x, maths.rsqrt(at_least(square, eps * eps)))


def cosine(t: Any, x: Any, dim: Any, eps: float) -> Any:
    """−cos of the angle between t and x."""
    return ew.neg(lanes.sum(ew.mul(unit(t, dim, eps), unit(x, dim, eps)), dim))


def overlap(t: Any, x: Any, dim: Any, eps: float) -> Any:
    """1 − 2 Σ t x / (Σ t + Σ x + eps) (Dice)."""
    both = ew.mul(lanes.sum(ew.mul(t, x), dim), 2.0)
    return ew.sub(1.0, ew.div(both, ew.add(ew.add(lanes.sum(t, dim), lanes.sum(x, dim)), eps)))


def weighted_overlap(t: Any, x: Any, dim: Any, alpha: float, beta: float, eps: float) -> Any:
    """1 − Σ t x / (Σ t x + alpha Σ (1 − x) t + beta Σ x (1 − t) + eps) (Tversky)."""
    both = lanes.sum(ew.mul(t, x), dim)
    missed = lanes.sum(ew.mul(ew.sub(1.0, x), t), dim)
    wrong = lanes.sum(ew.mul(x, ew.sub(1.0, t)), dim)
    total = ew.add(ew.add(ew.add(both, ew.mul(missed, alpha)), ew.mul(wrong, beta)), eps)
    return ew.sub(1.0, ew.div(both, total))


def smoothed(t: Any, smoothing: float, classes: int) -> Any:
    """Targets with a share `smoothing` spread over the classes."""
    return ew.add(ew.mul(t, 1.0 - smoothing), smoothing / classes)


def focal_classes(t: Any, p: Any, dim: int, alpha: float, gamma: float, eps: float) -> Any:
    """−Σ alpha (1 − p)^gamma t log p, p scaled to a sum of 1 and within eps … 1 − eps (arXiv 1708.02002)."""
    p = clamp(ew.div(p, lanes.sum(p, dim, True)), eps, 1.0 - eps)
    entropy = ew.neg(ew.mul(t, ew.log(p)))
    weight = ew.mul(ew.pow(ew.sub(1.0, p), gamma), alpha)
    return lanes.sum(ew.mul(weight, entropy), dim)


def focal_two(t: Any, p: Any, entropy: Any, alpha: float | None, gamma: float) -> Any:
    """(1 − pₜ)^gamma times the cross-entropy of two classes, where pₜ is the chance given to what is true (arXiv 1708.02002).

    `alpha`: weight of the class 1, of which the class 0 gets the rest; None: none.
    """
    against = ew.sub(1.0, t)
    p_t = ew.add(ew.mul(t, p), ew.mul(against, ew.sub(1.0, p)))
    y = ew.mul(ew.pow(ew.sub(1.0, p_t), gamma), entropy)
    if alpha is not None:
        y = ew.mul(ew.add(ew.mul(t, alpha), ew.mul(against, 1.0 - alpha)), y)
    return y


def generalized(p: Any, q: float) -> Any:
    """(1 − p^q) / q, p the chance given to the true class (arXiv 1805.07836)."""
    return ew.div(ew.sub(1.0, ew.pow(p, q)), q)
