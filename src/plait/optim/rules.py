"""Update rules of the optimizers, over arrays: each works its coefficients out in double and makes one native call.

Every rule takes lists, one item for each parameter: `params` and its states are changed in place, `grads` are read.
Arrays are float32 or float64; half-precision ones, and strided ones, go through a float32 or contiguous copy.
`fused=False` rounds each product before it is added, as some CPU kernels do; the difference is in the last digit. `apart=True` rounds
every operation by itself, in Keras' order: m + (1−β)·(g − m), and coefficients in the parameters' dtype.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.ops import lanes

Arrays = Sequence[np.ndarray[Any, Any]]

MAXIMIZE = 1
DECOUPLED = 2
MOMENTUM = 4
FIRST = 8
NESTEROV = 16
AMSGRAD = 32
CENTERED = 64
RECTIFIED = 128
INNER = 256
TWICE = 512
FOLDED = 1024
APART = 2048
VELOCITY = 4096
SQUARES = 8192


def run(rule: str, columns: Sequence[Arrays], coefs: list[float], flags: int, squares: Arrays | None = None) -> None:
    """One native call over all parameters; parameter by parameter, with copies, where the arrays do not fit it.

    `squares` stand for the gradients' squares (in `adamax` for their sizes): sums over the parts of gradients that are sums.
    """
    if squares is not None:
        columns, flags = [*columns, squares], flags | SQUARES
    arrays = [array for row in zip(*columns, strict=True) for array in row]
    if not arrays:
        return
    try:
        _native.optim_step(rule, arrays, len(columns), coefs, flags)
    except (ValueError, TypeError):
        _run_copied(rule, arrays, len(columns), coefs, flags)


def _run_copied(rule: str, arrays: list[np.ndarray[Any, Any]], per: int, coefs: list[float], flags: int) -> None:
    """One parameter at a time: axes in the order of the parameter's memory, and copies of what is still not fit."""
    for start in range(0, len(arrays), per):
        row = arrays[start : start + per]
        strides = row[0].strides
        order = sorted(range(row[0].ndim), key=lambda axis: -strides[axis])
        turned = [a.transpose(order) for a in row]
        wide = dtypes.F64 if row[0].dtype == dtypes.F64 else dtypes.F32
        ready = [
            a if a.flags.c_contiguous and a.dtype == wide else np.array(dtypes.cast(a, wide), order="C") for a in turned
        ]
        _native.optim_step(rule, ready, per, coefs, flags)
        for i, (array, used) in enumerate(zip(turned, ready, strict=True)):
            if i != 1 and used is not array:
                array[...] = dtypes.cast(used, array.dtype)


def by_step(steps: Sequence[Any], columns: Sequence[Arrays]) -> Iterator[tuple[Any, Sequence[Arrays]]]:
    """The columns split into parts that are at the same step; mostly that is all of them."""
    if not steps:
        return
    first = steps[0]
    if all(step == first for step in steps):
        yield first, columns
        return
    for step in dict.fromkeys(steps):
        yield step, [[a for a, s in zip(column, steps, strict=True) if s == step] for column in columns]


def _flags(maximize: bool, decoupled: bool = False, fused: bool = True, apart: bool = False) -> int:
    rounding = TWICE | APART if apart else 0 if fused else TWICE
    return (MAXIMIZE if maximize else 0) | (DECOUPLED if decoupled else 0) | rounding


def _number(dtype: Any) -> Any:
    """The type of numbers in which a parameter is worked on."""
    return np.float64 if dtype == dtypes.F64 else np.float32


def _left(dtype: Any, beta: float, step: float, rounded: bool) -> Any:
    """1 − βᵗ; where `rounded`, in the parameters' dtype: float32's 1 − 0.999 has four digits, and step sizes show it."""
    if not rounded:
        return 1 - beta**step
    one = _number(dtype)
    return one(1) - one(beta) ** one(step)


def sgd(
    params: Arrays,
    grads: Arrays,
    momenta: Arrays,
    first: bool,
    *,
    lr: float,
    momentum: float,
    dampening: float,
    decay: float,
    nesterov: bool,
    maximize: bool,
    velocity: bool = False,
    fused: bool = True,
) -> None:
    """p −= lr·g; with momentum b = momentum·b + (1−dampening)·g (b = g if `first`) in g's place.

    `velocity`: the momentum has the learning rate in it, b = momentum·b − lr·g, and p += b, or by Nesterov p += momentum·b − lr·g.
    """
    flags = _flags(maximize, fused=fused)
    columns = [params, grads]
    if momentum:
        flags |= MOMENTUM | (FIRST if first else 0) | (NESTEROV if nesterov else 0) | (VELOCITY if velocity else 0)
        columns.append(momenta)
    run("sgd", columns, [lr, momentum, 1 - dampening, decay], flags)


def adam(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    maxima: Arrays | None,
    steps: Sequence[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    decoupled: bool,
    maximize: bool,
    hat: bool = False,
    apart: bool = False,
    squares: Arrays | None = None,
) -> None:
    """Adam (arXiv 1412.6980), AdamW if `decoupled` (1711.05101), AMSGrad if `maxima` are given.

    `hat`: eps is the paper's ε̂ (end of section 2): both corrections are in the rate, and are rounded to the parameters' dtype.
    """
    flags = _flags(maximize, decoupled and decay != 0, apart=apart) | (AMSGRAD if maxima is not None else 0)
    columns = [params, grads, firsts, seconds] + ([maxima] if maxima is not None else [])
    extra = [] if squares is None else [squares]
    for (dtype, step), part in by_step([(p.dtype, s) for p, s in zip(params, steps, strict=True)], [*columns, *extra]):
        left1, left2 = _left(dtype, beta1, step, hat), _left(dtype, beta2, step, hat)
        size, root = (type(left1)(lr) * np.sqrt(left2) / left1, 1.0) if hat else (lr / left1, left2**0.5)
        coefs = [float(size), 1 - beta1, beta2, root, eps, decay, 1 - lr * decay]
        run("adam", part[: len(columns)], coefs, flags, *part[len(columns) :])


def adam_folded(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    maxima: Arrays | None,
    powers1: Arrays,
    powers2: Arrays,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    decoupled: bool,
    ahead: bool = False,
) -> None:
    """Adam as at the end of its paper's section 2: both corrections in the rate, lr·√(1−β2ᵗ)/(1−β1ᵗ), and eps times the root.

    `powers1` and `powers2` hold β1ᵗ and β2ᵗ of each parameter, arrays of one element; they are multiplied on here. `ahead`: that comes
    first, so that the corrections are those of the next step.
    """
    if ahead:
        advance(powers1, beta1)
        advance(powers2, beta2)
    flags = _flags(False, decoupled and decay != 0) | FOLDED | (AMSGRAD if maxima is not None else 0)
    columns = [params, grads, firsts, seconds] + ([maxima] if maxima is not None else [])
    at = [(p.dtype, a.item(), b.item()) for p, a, b in zip(params, powers1, powers2, strict=True)]
    for (dtype, power1, power2), part in by_step(at, columns):
        t = np.float64 if dtype == dtypes.F64 else np.float32
        root = np.sqrt(t(1) - t(power2))
        rate = t(lr) * (root / (t(1) - t(power1)))
        first, second = 1 - t(beta1), 1 - t(beta2)
        coefs = [rate, beta1, beta2, first, second, t(eps) * root, decay, -t(lr) * t(decay)]
        run("adam", part, [float(c) for c in coefs], flags)
    if not ahead:
        advance(powers1, beta1)
        advance(powers2, beta2)


def advance(powers: Arrays, beta: float) -> None:
    """Running powers of `beta`, a step on."""
    for power in powers:
        power *= power.dtype.type(beta)


def nadam(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    products: Arrays,
    steps: Sequence[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    momentum_decay: float,
    decoupled: bool,
    maximize: bool,
    fused: bool = True,
    apart: bool = False,
    squares: Arrays | None = None,
) -> None:
    """Adam with Nesterov's momentum (Dozat 2016); `products` are the running products of mu, arrays of one value each.

    `apart`: one product, which `nadam_product` moves on, is all parameters'; a momentum decay of 1 and no weight decay.
    """
    if apart:
        return _nadam_apart(params, grads, firsts, seconds, products[0].item(), steps, lr, beta1, beta2, eps, squares)
    flags = _flags(maximize, decoupled and decay != 0, fused)
    for i, step in enumerate(steps):
        mu = beta1 * (1.0 - 0.5 * 0.96 ** (step * momentum_decay))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
        products[i][...] = products[i] * mu
        product = products[i].flat[0].item()
        by_gradient = -lr * (1.0 - mu) / (1.0 - product)
        by_momentum = -lr * following / (1.0 - product * following)
        row = [params[i : i + 1], grads[i : i + 1], firsts[i : i + 1], seconds[i : i + 1]]
        coefs = [by_gradient, by_momentum, 1 - beta1, beta2, 1 - beta2**step, eps, decay, 1 - lr * decay]
        run("nadam", row, coefs, flags)


def _nadam_apart(
    params: Arrays, grads: Arrays, firsts: Arrays, seconds: Arrays, product: float, steps: Sequence[float], lr: float, beta1: float,
    beta2: float, eps: float, squares: Arrays | None,
) -> None:  # fmt: skip
    columns = [params, grads, firsts, seconds] + ([] if squares is None else [squares])
    for (dtype, step), part in by_step([(p.dtype, s) for p, s in zip(params, steps, strict=True)], columns):
        one = _number(dtype)
        mu, following = (one(beta1) * (one(1) - one(0.5) * one(0.96) ** one(t)) for t in (step, step + 1))
        corrections = [one(1) - one(product), one(1) - one(product) * following]
        weights = [one(1) - one(beta1), 1 - float(one(1) - one(beta2))]
        coefs = [one(1) - mu, following, *weights, _left(dtype, beta2, step, True), eps, 0, lr, *corrections]
        run("nadam", part[:4], [float(c) for c in coefs], _flags(False, apart=True), *part[4:])


def nadam_product(product: np.ndarray[Any, Any], step: float, beta1: float) -> None:
    """The running product of mu after one more step, in its own dtype."""
    one = product.dtype.type
    product[...] = product * one(beta1) * (one(1) - one(0.5) * one(0.96) ** one(step))


def radam(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    steps: Sequence[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    decoupled: bool,
    maximize: bool,
    fused: bool = True,
) -> None:
    """Rectified Adam (arXiv 1908.03265): plain momentum until the variance of the rate is tractable."""
    always = _flags(maximize, decoupled and decay != 0, fused)
    for step, part in by_step(steps, [params, grads, firsts, seconds]):
        correction1 = 1 - beta1**step
        correction2 = 1 - beta2**step
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * (beta2**step) / correction2
        flags, rectified = always, 0.0
        if length > 5.0:
            flags |= RECTIFIED
            rectified = ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)) ** 0.5
        coefs = [lr, 1 - beta1, beta2, correction1, correction2**0.5, eps, decay, 1 - lr * decay, rectified]
        run("radam", part, coefs, flags)


def rmsprop(
    params: Arrays,
    grads: Arrays,
    squares: Arrays,
    momenta: Arrays | None,
    means: Arrays | None,
    *,
    lr: float,
    alpha: float,
    eps: float,
    decay: float,
    momentum: float,
    maximize: bool,
    inner: bool = False,
    velocity: bool = False,
    fused: bool = True,
    apart: bool = False,
    parts: Arrays | None = None,
) -> None:
    """g over the root of its running square (Hinton's lecture 6); `means` given: centered (Graves 2013).

    `parts`: sums of the squares of the gradients' parts, in their squares' place. `inner`: eps is under the root. `velocity`: the momentum has the learning rate in it.
    """
    columns = [params, grads, squares]
    flags = _flags(maximize, fused=fused, apart=apart) | (INNER if inner else 0)
    if momenta is not None:
        columns.append(momenta)
        flags |= MOMENTUM
    if means is not None:
        columns.append(means)
        flags |= CENTERED
    inside = velocity and momenta is not None
    coefs = [1.0 if inside else lr, alpha, eps, decay, momentum, lr if inside else 1.0]
    run("rmsprop", columns, coefs, flags, parts)


def adagrad(
    params: Arrays,
    grads: Arrays,
    sums: Arrays,
    steps: Sequence[float],
    *,
    lr: float,
    lr_decay: float,
    eps: float,
    decay: float,
    maximize: bool,
    inner: bool = False,
    fused: bool = True,
    squares: Arrays | None = None,
) -> None:
    """g over the root of the sum of its squares (Duchi et al. 2011). `inner`: eps is under the root."""
    flags = _flags(maximize, fused=fused) | (INNER if inner else 0)
    extra = [] if squares is None else [squares]
    for step, part in by_step(steps, [params, grads, sums, *extra]):
        run("adagrad", part[:3], [lr / (1 + (step - 1) * lr_decay), eps, decay], flags, *part[3:])


def adadelta(
    params: Arrays,
    grads: Arrays,
    squares: Arrays,
    deltas: Arrays,
    *,
    lr: float,
    rho: float,
    eps: float,
    decay: float,
    maximize: bool,
    fused: bool = True,
    apart: bool = False,
    parts: Arrays | None = None,
) -> None:
    """Steps in units of past steps (arXiv 1212.5701)."""
    run(
        "adadelta",
        [params, grads, squares, deltas],
        [lr, rho, eps, decay],
        _flags(maximize, fused=fused, apart=apart),
        parts,
    )


def adamax(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    norms: Arrays,
    steps: Sequence[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    maximize: bool,
    inner: bool = False,
    decayed: bool = False,
    fused: bool = True,
    apart: bool = False,
    sizes: Arrays | None = None,
) -> None:
    """Adam with the infinity norm (arXiv 1412.6980, section 7). eps is added to the gradient that comes into the norm; where
    `decayed`, to the norm so far; where `inner`, to the norm where it divides."""
    flags = _flags(maximize, fused=fused, apart=apart)
    places = [0.0 if inner or decayed else eps, eps if decayed else 0.0, eps if inner else 0.0]
    at = [(p.dtype, step) for p, step in zip(params, steps, strict=True)]
    for (dtype, step), part in by_step(at, [params, grads, firsts, norms, *([] if sizes is None else [sizes])]):
        left = float(_left(dtype, beta1, step, apart))
        coefs = [lr if apart else lr / left, 1 - beta1, beta2, decay, *places, left]
        run("adamax", part[:4], coefs, flags, *part[4:])


def rprop(
    params: Arrays,
    grads: Arrays,
    previous: Arrays,
    sizes: Arrays,
    *,
    shrink: float,
    grow: float,
    smallest: float,
    largest: float,
    maximize: bool,
) -> None:
    """Step sizes by the gradient's sign alone (Riedmiller and Braun 1993)."""
    run("rprop", [params, grads, previous, sizes], [shrink, grow, smallest, largest], _flags(maximize))


def asgd(
    params: Arrays,
    grads: Arrays,
    averages: Arrays,
    *,
    eta: float,
    mu: float,
    lambd: float,
    decay: float,
    maximize: bool,
) -> None:
    """SGD with decay, and the running average of the parameters (Polyak and Juditsky 1992)."""
    run("asgd", [params, grads, averages], [eta, 1 - lambd * eta, mu, decay], _flags(maximize))


def lion(params: Arrays, grads: Arrays, momenta: Arrays, *, lr: float, beta1: float, beta2: float) -> None:
    """Steps by the sign of a mix of momentum and gradient (arXiv 2302.06675)."""
    for p, g, m in zip(params, grads, momenta, strict=True):
        one = m.dtype.type
        p -= one(lr) * np.sign(m * one(beta1) + g * (one(1) - one(beta1)))
        m *= one(beta2)
        m += g * (one(1) - one(beta2))


def lamb(
    params: Arrays,
    grads: Arrays,
    firsts: Arrays,
    seconds: Arrays,
    step: float,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float = 0.0,
    adapt: bool = True,
    powers: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None,
    squares: Arrays | None = None,
) -> None:
    """Adam's direction, and `decay` times the parameter, scaled for each parameter by its own norm where `adapt` (arXiv 1904.00962).

    `powers`: arrays of one element with β1ᵗ and β2ᵗ, where they are not to be worked out of `step`; they are multiplied on here.
    """
    if powers:
        power1, power2 = powers[0].item(), powers[1].item()
        for power, beta in zip(powers, (beta1, beta2), strict=True):
            power *= power.dtype.type(beta)
    chains = 2 if powers else 4
    for i, (p, g, m, v) in enumerate(zip(params, grads, firsts, seconds, strict=True)):
        one = p.dtype.type
        if powers:
            m[...] = one(beta1) * m + (one(1) - one(beta1)) * g
            v[...] = one(beta2) * v + (one(1) - one(beta2)) * g * g
        else:
            m += (g - m) * one(1 - beta1)
            v += ((g * g if squares is None else squares[i]) - v) * one(1 - beta2)
        left1 = one(1) - one(power1) if powers else _left(p.dtype, beta1, step, True)
        left2 = one(1) - one(power2) if powers else _left(p.dtype, beta2, step, True)
        update = (m / left1) / (np.sqrt(v / left2) + one(eps))
        if decay:
            update += one(decay) * p
        size, length = (np.sqrt(lanes.total(a * a, chains)) for a in (p, update))
        ratio = size / length if adapt and size > 0 and length > 0 else one(1)
        p -= ratio * one(lr) * update


def sag(params: Arrays, grads: Arrays, sums: Arrays, olds: Arrays, steps: Arrays, *, lr: float, decay: float) -> None:
    """Steps along the mean of the last gradients of each batch (stochastic average gradient, arXiv 1309.2388): `sums` is their sum,
    `olds` holds them by batch, and `steps`, arrays of one element, count."""
    for p, g, d, y, step in zip(params, grads, sums, olds, steps, strict=True):
        one = p.dtype.type
        if decay:
            g = g + one(decay) * p
        last = y[int(step.item()) % len(y)]
        step += 1
        d -= last
        d += g
        last[...] = g
        p -= (one(lr) / one(min(int(step.item()), len(y)))) * d


def decay(params: Arrays, rate: float, share: float) -> None:
    """p −= p·share·rate."""
    for p in params:
        one = p.dtype.type
        p -= p * one(share) * one(rate)


def average(averages: Arrays, params: Arrays, momentum: float) -> None:
    """The running average of the parameters: momentum of the old and the rest of the new."""
    for a, p in zip(averages, params, strict=True):
        one = a.dtype.type
        a *= one(momentum)
        a += (one(1) - one(momentum)) * p
