"""What the losses mean that are made of other ops. `reduction` is "none", "mean" or "sum"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers.distance import cosine_similarity, pairwise_distance
from plait.op import apply
from plait.ops import class_loss, reduce
from plait.ops import elementwise as ew
from plait.ops import loss as ops
from plait.ops.activation import logsigmoid, relu, sigmoid
from plait.ops.binary import xlogy
from plait.ops.index import gather
from plait.ops.shape import reshape, to_dtype
from plait.ops.softmax import log_softmax
from plait.ops.statistics import logsumexp

CODES = {"none": ops.NONE, "mean": ops.MEAN, "sum": ops.SUM}


def reduced(y: Any, reduction: str) -> Any:
    """`y`, its mean or its sum."""
    return reduce.mean(y) if reduction == "mean" else reduce.sum(y) if reduction == "sum" else y


def minus(a: Any, b: Any) -> Any:
    """a − b, which booleans do not have."""
    flags = [getattr(x, "array", x) for x in (a, b)]
    booleans = sum(isinstance(x, bool) or getattr(x, "dtype", None) == dtypes.BOOL for x in flags)
    if booleans == 2:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if booleans:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return ew.sub(a, b)


def at_least(x: Any, low: float) -> Any:
    """max(x, low), whose gradient at low is that of x."""
    return apply(ops.CLAMP_MIN, (x,), (low,))


def absolute(x: Any, t: Any, reduction: str) -> Any:
    """|x − t|."""
    return reduced(ew.abs(minus(x, t)), reduction)


def weighted(y: Any, weight: Any, reduction: str) -> Any:
    """Losses times weights; their mean is over the sum of the weights."""
    y = ew.mul(y, weight)
    return ew.div(reduce.sum(y), reduce.sum(weight)) if reduction == "mean" else reduced(y, reduction)


def cross_entropy_of_probabilities(x: Any, t: Any, weight: Any, smoothing: float, reduction: str) -> Any:
    """−Σ w t log softmax(x) over the classes (dimension 1, or 0 of a single sample); the mean is over the samples."""
    dim = 0 if x.array.ndim == 1 else 1
    classes = x.array.shape[dim]
    if smoothing:
        t = ew.add(ew.mul(t, 1 - smoothing), smoothing / classes)
    log_p = log_softmax(x, dim)
    if weight is not None:
        log_p = ew.mul(log_p, reshape(weight, [classes] + [1] * (x.array.ndim - dim - 1)))
    y = ew.mul(log_p, t)
    if reduction == "none":
        return ew.neg(reduce.sum(y, dim))
    total = ew.neg(reduce.sum(y))
    return (
        total
        if reduction == "sum"
        else apply(ops.DIVIDE_BY, (total,), (x.array.size / classes if x.array.size else float("nan"),))
    )


def kl_divergence(x: Any, t: Any, log_target: bool, reduction: str) -> Any:
    """t (log t − x); with `log_target` exp(t) (t − x)."""
    if log_target:
        y = ew.mul(ew.exp(t), ew.sub(t, x))
    else:
        product = ew.mul(t, x)  # made first: gradients are added in the reverse of this order
        y = ew.sub(xlogy(t, t), product)
    return reduced(y, reduction)


def poisson(x: Any, t: Any, log_input: bool, full: bool, eps: float, reduction: str) -> Any:
    """exp(x) − t x, or x − t log(x + eps); `full` adds Stirling's approximation of log t! where t > 1."""
    y = ew.sub(ew.exp(x), ew.mul(t, x)) if log_input else ew.sub(x, ew.mul(t, ew.log(ew.add(x, eps))))
    if full:
        root = ew.mul(
            ew.log(ew.mul(t, 2 * math.pi)), 0.5
        )  # made first: gradients are added in the reverse of this order
        stirling = ew.add(ew.sub(ew.mul(t, ew.log(t)), t), root)
        y = ew.add(y, ew.where(ew.le(t, 1), 0.0, stirling))
    return reduced(y, reduction)


def gaussian(x: Any, t: Any, var: Any, full: bool, eps: float, reduction: str) -> Any:
    """(log var + (x − t)² / var) / 2, var not below eps (its gradient passes all the same)."""
    if dtypes.is_floating(var.array.dtype):
        wide = dtypes.working(var.array)
        var = ew.add(var, var.face.wrap(dtypes.cast(np.maximum(wide.dtype.type(eps) - wide, 0), var.array.dtype)))
    d = minus(x, t)
    y = ew.mul(ew.add(ew.log(var), ew.div(ew.pow(d, 2), var)), 0.5)
    if full:
        y = ew.add(y, 0.5 * math.log(2 * math.pi))
    return reduced(y, reduction)


def hinge_embedding(x: Any, t: Any, margin: float, reduction: str, others: bool = True) -> Any:
    """x where t = 1, max(0, margin − x) where t = −1; where t is neither, both, or without `others` nothing."""
    if not others:
        hinge = relu(minus(margin, x))
        return reduced(ew.add(ew.where(ew.eq(t, 1), x, 0.0), ew.where(ew.eq(t, -1), hinge, 0.0)), reduction)
    hinge = at_least(minus(margin, x), 0)
    y = ew.add(ew.where(ew.eq(t, 1), 0.0, hinge), ew.where(ew.eq(t, -1), 0.0, x))
    return reduced(y, reduction)


def margin_ranking(a: Any, b: Any, t: Any, margin: float, reduction: str, strict: bool = False) -> Any:
    """max(0, margin − t (a − b)); `strict`: with no gradient where that is 0."""
    if strict:
        y = ew.mul(ew.sub(b, a), t)
        return reduced(relu(ew.add(y, margin) if margin else y), reduction)
    return reduced(at_least(ew.add(ew.mul(ew.neg(t), minus(a, b)), margin), 0), reduction)


def cosine_embedding(a: Any, b: Any, t: Any, margin: float, reduction: str, eps: float = 1e-12) -> Any:
    """1 − cos where t = 1, max(0, cos − margin) where t = −1, cos with `eps` added to the squared lengths."""
    last = min(t.array.ndim, a.array.ndim - 1)  # a single sample: 0

    def dot(p: Any, q: Any) -> Any:
        y = ew.mul(p, q)
        return reduce.sum(y if dtypes.is_floating(y.array.dtype) else to_dtype(y, dtypes.I64), last)

    aa, bb = ew.add(dot(a, a), eps), ew.add(dot(b, b), eps)
    cos = ew.div(dot(a, b), ew.sqrt(ew.mul(aa, bb)))
    y = ew.add(
        ew.where(ew.eq(t, 1), ew.sub(1.0, cos), 0.0), ew.where(ew.eq(t, -1), at_least(ew.sub(cos, margin), 0), 0.0)
    )
    return reduced(y, reduction)


def multilabel_soft_margin(x: Any, t: Any, weight: Any, reduction: str) -> Any:
    """The mean over the classes of −(t log sigmoid(x) + (1 − t) log sigmoid(−x))."""
    y = ew.neg(ew.add(ew.mul(t, logsigmoid(x)), ew.mul(minus(1, t), logsigmoid(ew.neg(x)))))
    if weight is not None:
        y = ew.mul(y, weight)
    last = x.array.ndim - 1
    return reduced(ew.div(reduce.sum(y, last), x.array.shape[last]), reduction)


def triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Any,
    margin: float,
    swap: bool,
    reduction: str,
) -> Any:
    """max(0, margin + d(anchor, positive) − d(anchor, negative)); `swap`: the smaller of the two distances to negative."""
    near = distance(anchor, positive)
    far = distance(anchor, negative)
    if swap:
        other = distance(positive, negative)
        both = ew.eq(far, other)
        smaller = ew.where(ew.lt(far, other), far, other)
        far = ew.where(both, ew.mul(ew.add(far, other), 0.5), smaller)
    return reduced(at_least(ew.sub(ew.add(near, margin), far), 0), reduction)


def square(x: Any, t: Any, reduction: str) -> Any:
    """(x − t)²."""
    d = ew.sub(x, t)
    return reduced(ew.mul(d, d), reduction)


def smoothed(t: Any, prior: Any, eps: float) -> Any:
    """(1 − eps) t + eps · prior, which is uniform over the last dimension where None is given; the factors are kept in float32."""
    kept = ew.mul(t, float(np.float32(1 - eps)))
    return ew.add(kept, ew.mul(prior, eps) if prior is not None else float(np.float32(eps / t.array.shape[-1])))


def classes(x: Any, t: Any, weight: Any, ignore: int, reduction: str) -> Any:
    """Cross entropy of scores [N, C, …] with class numbers [N, …], where the mean is over the elements that count: all where `ignore` is negative
    and no weights are given, else those that are not `ignore`, by their weights; of nothing it is 0."""
    at = t.array
    if reduction != "mean":
        return class_loss.cross_entropy(x, t, weight, ignore, 0.0, CODES[reduction])
    hit = at == ignore
    if not hit.any():
        y = class_loss.cross_entropy(x, t, weight, ignore, 0.0, ops.MEAN)
        if weight is None or weight.array[at].any():
            return y
    total = class_loss.cross_entropy(x, t, weight, ignore, 0.0, ops.SUM)
    if weight is not None:
        count = float(np.where(hit, 0, weight.array[np.where(hit, 0, at)]).sum())
    else:
        count = at.size if ignore < 0 else int((~hit).sum())
    return ew.div(total, count or 1.0)


def likelihood(x: Any, t: Any, weight: Any, ignore: int, reduction: str) -> Any:
    """−w x of the class t, for log-probabilities [N, C, …]; the mean is over the weights of what is not `ignore`, 0 of nothing."""
    if reduction == "mean":
        hit = t.array == ignore
        if hit.all() or (weight is not None and not np.where(hit, 0, weight.array[np.where(hit, 0, t.array)]).sum()):
            return class_loss.nll(x, t, weight, ignore, ops.SUM)
    return class_loss.nll(x, t, weight, ignore, CODES[reduction])


def chances_of_classes(p: Any, t: Any, dim: int, ignore: int) -> Any:
    """−log of the probability (along `dim`) of each class number in t, whose size along it is 1; 0 where it is `ignore`."""
    hit = t.array == ignore
    chosen = gather(p, dim, t.face.wrap(np.where(hit, 0, t.array)))
    if not hit.any():
        return ew.neg(bounded_log(chosen))
    out = p.face.wrap(hit)
    return ew.where(out, 0.0, ew.neg(bounded_log(ew.where(out, 1.0, chosen))))


def bounded_log(p: Any) -> Any:
    """log p with ±1e20 for infinities; its gradient is 1 / p everywhere."""
    y = ew.log(p)
    np.clip(y.array, -1e20, 1e20, out=y.array)  # fresh, and the gradient needs p alone
    return y


def shares(log_p: Any, t: Any, dim: int) -> Any:
    """−Σ t log p along `dim`, which is kept with size 1."""
    return ew.neg(reduce.sum(ew.mul(log_p, ew.where(ew.eq(t, 0), 0.0, t)), dim, True))


def pulled(y: Any, x: Any, t: Any, dim: int) -> Any:
    """`shares(log_softmax(x, dim), t, dim)`, which y is, with the gradient softmax(x) − t whatever the shares add up to."""
    rest = 1 - t.array.sum(dim, keepdims=True)
    if np.abs(rest).max(initial=0) <= 4 * np.finfo(rest.dtype).eps:
        return y
    total = logsumexp(x, (dim,), True)
    return ew.add(y, ew.mul(ew.sub(total, total.detach()), y.face.wrap(rest.astype(y.array.dtype, copy=False))))


def weighted_share(t: Any, weight: Any, dim: int) -> Any:
    """Σ t · weight over the classes along `dim`, the last dimension, which is kept with size 1."""
    return reduce.sum(ew.mul(t, weight), dim, True)


def log_of_chance(p: Any, t: Any, eps: float) -> Any:
    """−t log(p + eps) − (1 − t) log(1 − p + eps)."""
    hit, miss = ew.mul(t, ew.log(ew.add(p, eps))), ew.mul(ew.sub(1.0, t), ew.log(ew.add(ew.sub(1.0, p), eps)))
    return ew.neg(ew.add(hit, miss))


def dice(p: Any, t: Any, eps: float) -> Any:
    """The mean over the samples of 1 − 2 Σ p t / (Σ p + Σ t + eps) (Milletari et al. 2016)."""
    dims = tuple(range(1, p.array.ndim))
    inside = reduce.sum(ew.mul(p, t), dims)
    whole = ew.add(reduce.sum(p, dims), reduce.sum(t, dims))
    return reduce.mean(ew.sub(1.0, ew.div(ew.mul(inside, 2.0), ew.add(whole, eps))))


def logit(x: Any, t: Any, weight: Any = None) -> Any:
    """max(x, 0) − x t + log(1 + e**−|x|), or with weights of the positive part (1 − t) x + w · log(1 + e**−x)."""
    log_p = logsigmoid(x)
    if weight is None:
        return ew.sub(ew.mul(ew.sub(1.0, t), x), log_p)
    return ew.sub(ew.mul(ew.sub(1.0, t), x), ew.mul(weight, log_p))


def kinked(y: Any, x: Any) -> Any:
    """`logit(x, t)`, which y is, with another gradient where x is 0: 1 less than the true one."""
    zero = x.array == 0
    if not zero.any():
        return y
    return ew.add(y, ew.mul(x, x.face.wrap(np.where(zero, x.array.dtype.type(-1), x.array.dtype.type(0)))))


def focal(x: Any, t: Any, normalizer: Any, alpha: float, gamma: float, reduction: str) -> Any:
    """alpha_t (1 − p_t)**gamma times the cross entropy of sigmoid(x), over a normalizer (Lin et al. 2017)."""
    p, other = sigmoid(x), ew.sub(1.0, t)
    p_t = ew.add(ew.mul(p, t), ew.mul(ew.sub(1.0, p), other))
    alpha_t = ew.add(ew.mul(t, alpha), ew.mul(other, 1 - alpha))
    y = ew.mul(ew.mul(ew.pow(ew.sub(1.0, p_t), gamma), alpha_t), kinked(logit(x, t.detach()), x))
    return reduced(y if normalizer is None else ew.div(y, normalizer), reduction)


def multi_margin(x: Any, t: Any, p: int, margin: float, weight: Any, reduction: str) -> Any:
    """The mean over the classes but the target's of w_t · max(0, margin − x_t + x)**p, the classes all counted."""
    n = x.array.shape[1]
    place = np.zeros(x.array.shape, x.array.dtype)
    np.put_along_axis(place, t.array.reshape(-1, 1), 1, 1)
    own = reduce.sum(ew.mul(x, x.face.wrap(place)), 1, True)
    y = ew.pow(at_least(ew.add(ew.sub(margin, own), x), 0.0), p)
    if weight is None:
        return reduced(ew.sub(reduce.mean(y, 1), margin**p / n), reduction)
    w = reduce.sum(ew.mul(weight, x.face.wrap(place)), 1, True)
    return reduced(ew.sub(reduce.mean(ew.mul(w, y), 1), reshape(ew.mul(w, margin**p / n), (-1,))), reduction)


def soft_margin(x: Any, t: Any, reduction: str) -> Any:
    """log(1 + exp(−t x)), which is infinite where the exponential is."""
    return reduced(ew.log(ew.add(ew.exp(ew.neg(ew.mul(t, x))), 1.0)), reduction)


__all__ = [
    "CODES",
    "absolute",
    "bounded_log",
    "chances_of_classes",
    "classes",
    "cosine_embedding",
    "cosine_similarity",
    "cross_entropy_of_probabilities",
    "dice",
    "focal",
    "gaussian",
    "hinge_embedding",
    "kl_divergence",
    "likelihood",
    "log_of_chance",
    "logit",
    "margin_ranking",
    "multi_margin",
    "multilabel_soft_margin",
    "pairwise_distance",
    "poisson",
    "reduced",
    "shares",
    "smoothed",
    "soft_margin",
    "square",
    "triplet",
    "weighted",
    "weighted_share",
]
