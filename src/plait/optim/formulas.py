"""The update rules as formulas over tensors, for a step that is itself differentiated: the tape records what it does.

A formula has the name, the arguments and the meaning of its rule in `plait.optim.rules`, with tensors in the arrays' place and perhaps in
the coefficients'; `rules` makes one native call and is what other steps run. What a formula writes it has worked out of place before,
so that nothing that the tape saves is changed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.op import apply, apply_
from plait.ops import elementwise as ew
from plait.ops.binary import maximum
from plait.ops.copying import COPY
from plait.ops.select import ADD_SCALED, addcdiv, addcmul, clamp, lerp
from plait.ops.shape import clone

Tensors = Sequence[Any]


def _set(target: Any, value: Any) -> None:
    apply_(COPY, target, (target, value))


def _plus(x: Any, value: Any, scale: Any) -> Any:
    """x + scale·value."""
    return apply(ADD_SCALED, (x, value), (scale,)) if isinstance(scale, (int, float)) else addcmul(x, value, scale)


def _minus(x: Any, value: Any, scale: Any) -> Any:
    """x - scale·value."""
    return _plus(x, value, -scale) if isinstance(scale, (int, float)) else addcmul(x, value, scale, -1)


def _begin(p: Any, g: Any, decay: Any, maximize: bool, decoupled: bool = False, lr: Any = 0) -> tuple[Any, Any]:
    """The parameter and the gradient after weight decay."""
    p = clone(p)
    g = -g if maximize else g
    if isinstance(decay, (int, float)) and decay == 0:
        return p, g
    return (p * (1 - lr * decay), g) if decoupled else (p, _plus(g, p, decay))


def sgd(
    params: Tensors, grads: Tensors, momenta: Tensors, first: bool, *, lr: Any, momentum: float, dampening: float, decay: Any,
    nesterov: bool, maximize: bool,
) -> None:  # fmt: skip
    """The first momentum is the gradient as a number: nothing flows through it."""
    for i, (p, grad) in enumerate(zip(params, grads, strict=True)):
        start, g = _begin(p, grad, decay, maximize)
        if momentum:
            b = g.detach() if first else _plus(momenta[i] * momentum, g, 1 - dampening)
            _set(momenta[i], b)
            g = _plus(g, b, momentum) if nesterov else b
        _set(p, _minus(start, g, lr))


def _moments(m: Any, v: Any, g: Any, beta1: Any, beta2: Any) -> tuple[Any, Any]:
    first, kept = lerp(m, g, 1 - beta1), v * beta2
    second = addcmul(kept, g, g, 1 - beta2) if isinstance(beta2, float) else kept + g * g * (1 - beta2)
    _set(m, first)
    _set(v, second)
    return first, second


def adam(
    params: Tensors, grads: Tensors, firsts: Tensors, seconds: Tensors, maxima: Tensors | None, steps: Tensors, *, lr: Any,
    beta1: Any, beta2: Any, eps: float, decay: Any, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """`steps` are tensors, in whose precision the corrections are."""
    for i, (p, grad, t) in enumerate(zip(params, grads, steps, strict=True)):
        start, g = _begin(p, grad, decay, maximize, decoupled, lr)
        m, v = _moments(firsts[i], seconds[i], g, beta1, beta2)
        if maxima is not None:
            v = maximum(clone(maxima[i]), v)
            _set(maxima[i], v)
        size, root = -(lr / (1 - beta1 ** clone(t))), ew.sqrt(1 - beta2 ** clone(t))
        _set(p, addcdiv(start, m, ew.sqrt(v) / (root * size) + eps / size))


def nadam(
    params: Tensors, grads: Tensors, firsts: Tensors, seconds: Tensors, products: Tensors, steps: Sequence[float], *, lr: Any, beta1: float,
    beta2: float, eps: float, decay: float, momentum_decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    for i, (p, grad, t) in enumerate(zip(params, grads, steps, strict=True)):
        start, g = _begin(p, grad, decay, maximize, decoupled, lr)
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (t * momentum_decay))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        m, v = _moments(firsts[i], seconds[i], g, beta1, beta2)
        product = products[i] * mu
        _set(products[i], product)
        below = ew.sqrt(v / (1 - beta2**t)) + eps
        by_gradient = g * (-lr * (1.0 - mu) / (1.0 - product)) / below
        _set(p, start + by_gradient + m * (-lr * following / (1.0 - product * following)) / below)


def radam(
    params: Tensors, grads: Tensors, firsts: Tensors, seconds: Tensors, steps: Sequence[float], *, lr: Any, beta1: float, beta2: float,
    eps: float, decay: float, decoupled: bool, maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    limit = 2 / (1 - beta2) - 1
    for i, (p, grad, t) in enumerate(zip(params, grads, steps, strict=True)):
        start, g = _begin(p, grad, decay, maximize, decoupled, lr)
        m, v = _moments(firsts[i], seconds[i], g, beta1, beta2)
        correction = 1 - beta2**t
        length = limit - 2 * t * beta2**t / correction
        step = m / (1 - beta1**t) * lr
        if length > 5.0:
            rectified = ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)) ** 0.5
            step = step * (correction**0.5 / (ew.sqrt(v) + eps)) * rectified
        _set(p, start - step)


def rmsprop(
    params: Tensors, grads: Tensors, squares: Tensors, momenta: Tensors | None, means: Tensors | None, *, lr: Any, alpha: float,
    eps: float, decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    for i, (p, grad) in enumerate(zip(params, grads, strict=True)):
        start, g = _begin(p, grad, decay, maximize)
        v = addcmul(squares[i] * alpha, g, g, 1 - alpha)
        _set(squares[i], v)
        if means is not None:
            mean = lerp(means[i], g, 1 - alpha)
            _set(means[i], mean)
            v = v - mean * mean
        step = g / (ew.sqrt(v) + eps)
        if momenta is not None:
            step = momenta[i] * momentum + step
            _set(momenta[i], step)
        _set(p, _minus(start, step, lr))


def adagrad(
    params: Tensors, grads: Tensors, sums: Tensors, steps: Sequence[float], *, lr: Any, lr_decay: float, eps: float, decay: float,
    maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    for p, grad, total, t in zip(params, grads, sums, steps, strict=True):
        start, g = _begin(p, grad, decay, maximize)
        v = total + g * g
        _set(total, v)
        _set(p, start - g / (ew.sqrt(v) + eps) * (lr / (1 + (t - 1) * lr_decay)))


def adadelta(
    params: Tensors,
    grads: Tensors,
    squares: Tensors,
    deltas: Tensors,
    *,
    lr: Any,
    rho: float,
    eps: float,
    decay: float,
    maximize: bool,
) -> None:
    """See the rule of this name."""
    for p, grad, square, delta in zip(params, grads, squares, deltas, strict=True):
        start, g = _begin(p, grad, decay, maximize)
        v = addcmul(square * rho, g, g, 1 - rho)
        _set(square, v)
        step = ew.sqrt(delta + eps) / ew.sqrt(v + eps) * g
        _set(delta, addcmul(delta * rho, step, step, 1 - rho))
        _set(p, _minus(start, step, lr))


def adamax(
    params: Tensors, grads: Tensors, firsts: Tensors, norms: Tensors, steps: Sequence[float], *, lr: Any, beta1: float, beta2: float,
    eps: float, decay: float, maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    for i, (p, grad, t) in enumerate(zip(params, grads, steps, strict=True)):
        start, g = _begin(p, grad, decay, maximize)
        m, u = lerp(firsts[i], g, 1 - beta1), maximum(norms[i] * beta2, ew.abs(g) + eps)
        _set(firsts[i], m)
        _set(norms[i], u)
        _set(p, start - m / u * (lr / (1 - beta1**t)))


def rprop(
    params: Tensors, grads: Tensors, previous: Tensors, sizes: Tensors, *, shrink: float, grow: float, smallest: float, largest: float,
    maximize: bool,
) -> None:  # fmt: skip
    """See the rule of this name."""
    for p, grad, last, size in zip(params, grads, previous, sizes, strict=True):
        start, g = _begin(p, grad, 0, maximize)
        turn = g * clone(last)
        factor = ew.where(ew.gt(turn, 0), grow, ew.where(ew.lt(turn, 0), turn * 0 + shrink, 1.0))
        step = clamp(clone(size) * factor, smallest, largest)
        kept = ew.where(ew.lt(turn, 0), 0.0, g)
        _set(size, step)
        _set(last, kept)
        _set(p, start - ew.sign(kept) * step)


def asgd(
    params: Tensors,
    grads: Tensors,
    averages: Tensors,
    *,
    eta: float,
    mu: float,
    lambd: float,
    decay: float,
    maximize: bool,
) -> None:
    """See the rule of this name."""
    for p, grad, average in zip(params, grads, averages, strict=True):
        start, g = _begin(p, grad, decay, maximize)
        new = start * (1 - lambd * eta) - g * eta
        _set(average, new if mu == 1 else average + (new - average) * mu)
        _set(p, new)
