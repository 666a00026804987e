"""What pooling layers mean, rank-free: where windows lie, what an average divides by, adaptive bins, drawn windows, places to unpool to.

Rules of this file: a window is checked and planned once for each combination of settings and input size, and kept; what other dialects
mean by a window is a parameter here (`Window`), in the engine's own words: padding before and after may differ, `ceil` says how a last,
partial window counts, `counts` what an average divides by, `drop_nan` and `floor` what a maximum makes of NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops import elementwise as ew
from plait.ops import pool as op
from plait.ops import reduce
from plait.ops.activation import relu
from plait.ops.extremes import amax
from plait.ops.pool_plan import Plan
from plait.ops.shape import to_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "adaptive_plan",
    "fractional_plan",
    "interval_plan",
    "interval_starts",
    "mean_of_marked",
    "pool_all",
    "power_mean",
    "power_sum",
    "rescaled",
    "spread",
    "unpooled_size",
    "window_plan",
]

Ints = tuple[int, ...]
_plans: dict[Any, Plan] = {}
_MOST_PLANS = 4096


def _kept(key: Any, plan: Plan) -> Plan:
    if len(_plans) >= _MOST_PLANS:
        _plans.clear()
    _plans[key] = plan
    return plan


def pooled_size(n: int, kernel: int, stride: int, before: int, after: int, dilation: int, ceil: str) -> int:
    """How many windows fit: floor((n + before + after - dilation·(kernel - 1) - 1) / stride) + 1; with `ceil` the partial one too.

    `ceil` is "no", "inside" (a last window counts only if it starts inside the input or the padding before it) or "any". "no, one" and
    "any, one" leave one window also where the kernel is larger than the input by less than a stride.

    >>> pooled_size(5, 2, 2, 0, 0, 1, "no"), pooled_size(5, 2, 2, 0, 0, 1, "inside")
    (2, 3)
    """
    room = n + before + after - dilation * (kernel - 1) - 1
    room += 0 if ceil.startswith("no") else stride - 1
    out = room // stride + 1
    if room < 0 and ceil.endswith("one"):
        out = 1 - -room // stride
    if ceil == "inside" and (out - 1) * stride >= n + before:
        out -= 1
    return out


def window_plan(
    sizes: Ints,
    kernel: Ints,
    stride: Ints,
    before: Ints,
    dilation: Ints,
    ceil: str = "no",
    after: Ints | None = None,
    counts: str = "padding",
    divisor: int | None = None,
    drop_nan: bool = False,
    floor: bool = False,
) -> Plan | Ints:
    """The plan of moving windows; where some size would be below one, the sizes instead, for the caller's message.

    `counts`: an average divides by all taps that lie in the input or its padding ("padding"), or by those in the input ("inside");
    a `divisor` overrides both. With "like before" the padding behind counts as much as that before; with "signed inside" a window that lies
    outside altogether counts as many taps as its end is after its start, which may be none or fewer. `drop_nan`: a maximum passes over NaN. `floor`: it starts from the lowest finite float32,
    and with it says where it found nothing greater (index -1); without `drop_nan` it then begins again after a NaN.
    """
    key = (sizes, kernel, stride, before, dilation, ceil, after, counts, divisor, drop_nan, floor)
    plan = _plans.get(key)
    if plan is not None:
        return plan
    behind = before if after is None else after
    each = zip(sizes, kernel, stride, before, behind, dilation, strict=True)
    out = tuple(pooled_size(n, k, s, b, a, step, ceil) for n, k, s, b, a, step in each)
    if min(out) < 1:
        return out
    lo, taps, weight = [], [], []
    for d, (n, k, s, b, a, step, count) in enumerate(
        zip(sizes, kernel, stride, before, behind, dilation, out, strict=True)
    ):
        start = np.arange(count, dtype=np.int64) * s - b
        first = start + np.maximum(0, -(start // step)) * step
        inside = np.maximum(0, (np.minimum(start + step * (k - 1) + 1, n) - first + step - 1) // step)
        lo.append(first)
        taps.append(inside)
        if divisor is not None:
            weight.append(np.full(count, divisor if d == 0 else 1, np.int64))
        else:
            weight.append(_divisors(start, inside, k, n, b, a, counts))
    plan = Plan(sizes, out, kernel, stride, before, dilation, lo, taps, weight, drop_nan=drop_nan, floor=floor)
    return _kept(key, plan)


def _divisors(start: NDArray, inside: NDArray, kernel: int, n: int, before: int, after: int, counts: str) -> NDArray:
    if counts == "inside":
        return inside
    if counts == "signed inside":
        return np.minimum(start + kernel, n) - np.maximum(start, 0)
    return np.minimum(start + kernel, n + (before if counts == "like before" else after)) - start


def adaptive_plan(sizes: Ints, out: Ints, drop_nan: bool = False, floor: bool = False) -> Plan:
    """The plan of adaptive bins: output i covers floor(i·n/out) … ceil((i + 1)·n/out) - 1; `drop_nan` and `floor` as in `window_plan`."""
    key = (sizes, out, drop_nan, floor)
    plan = _plans.get(key)
    if plan is not None:
        return plan
    lo, taps, kernel = [], [], []
    for n, o in zip(sizes, out, strict=True):
        i = np.arange(o, dtype=np.int64)
        begin = i * n // o if o else i
        end = -((-(i + 1) * n) // o) if o else i
        lo.append(begin)
        taps.append(end - begin)
        kernel.append(int((end - begin).max()) if o else 1)
    ones = (1,) * len(out)
    stride = [n // o if o and n % o == 0 else 1 for n, o in zip(sizes, out, strict=True)]
    zeros = (0,) * len(out)
    plan = Plan(sizes, out, kernel, stride, zeros, ones, lo, taps, taps, adaptive=True, drop_nan=drop_nan, floor=floor)
    return _kept(key, plan)


def interval_plan(sizes: Ints, out: Ints, kernel: Ints | None, u: float) -> Plan:
    """The plan of maxima that pass over NaN under windows that begin at trunc((i + u)·α) - trunc(u·α), with one u in (0, 1) for all planes and dimensions.

    With a `kernel`, α = (n - kernel) / (out - 1); without one windows lie side by side, α = n / out, and u is first scaled so that none is
    longer than the longest (Graham 2014, arXiv 1412.6071, section 2).
    """
    lo, taps, longest = [], [], []
    for d, (n, o) in enumerate(zip(sizes, out, strict=True)):
        k = 0 if kernel is None else kernel[d]
        alpha = np.float32((n - k) / (o - (k > 0))) if o > (k > 0) else np.float32(0)
        shift = np.float32(u)
        if not k:
            base = np.float32(n // o)
            shift *= min((base + 2) / alpha - 1, (n + 1 - base) / alpha - (o - 1))
        i = np.arange(o + 1, dtype=np.float32)
        start = ((i + shift) * alpha).astype(np.int64) - int(shift * alpha)
        begin = np.clip(start[:-1], 0, n)
        end = np.minimum(begin + k if k else start[1:], n)
        lo.append(begin)
        taps.append(end - begin)
        longest.append(int((end - begin).max()))
    ones, zeros = (1,) * len(out), (0,) * len(out)
    return Plan(sizes, out, longest, ones, zeros, ones, lo, taps, taps, adaptive=True, drop_nan=True, floor=True)


def fractional_plan(sizes: Ints, out: Ints, kernel: Ints) -> Plan:
    """The plan of windows whose starts are drawn."""
    key = (sizes, out, kernel, "drawn")
    plan = _plans.get(key)
    return plan if plan is not None else _kept(key, op.fractional_plan(sizes, out, kernel))


def _in(values: Any, dtype: np.dtype) -> NDArray:
    """Values rounded to `dtype`; bfloat16's as float32, since NumPy has no arithmetic on it."""
    if dtype != dtypes.BFLOAT16:
        return np.asarray(values, dtype)
    array = np.asarray(values)
    return dtypes.as_float32(array if array.dtype == dtype else dtypes.to_bfloat16(array))


def interval_starts(samples: NDArray, n: int, out: int, kernel: int) -> NDArray:
    """Where drawn windows begin (Graham 2014, pseudorandom): trunc((i + u)·α) - trunc(u·α), α = (n - kernel) / (out - 1); the last at the end.

    `samples` are numbers u in [0, 1); the result has one more dimension of size `out`.
    """
    dtype = samples.dtype
    starts = np.full((*samples.shape, out), n - kernel, np.int64)
    if out > 1:
        u, alpha = _in(samples[..., None], dtype), _in(np.float32(n - kernel), dtype) / _in(np.float32(out - 1), dtype)
        i = _in(np.arange(out - 1, dtype=np.float32), dtype)
        drawn, start = _in(_in(i + u, dtype) * _in(alpha, dtype), dtype), _in(u * _in(alpha, dtype), dtype)
        starts[..., :-1] = drawn.astype(np.int64) - start.astype(np.int64)
    return starts


def unpooled_size(sizes: Ints, kernel: Ints, stride: Ints, padding: Ints) -> Ints:
    """The size that pooling came from, where nothing was cut off: (n - 1)·stride + kernel - 2·padding.

    >>> unpooled_size((2, 3), (2, 2), (2, 2), (0, 0))
    (4, 6)
    """
    return tuple((n - 1) * s + k - 2 * p for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True))


def power_sum(x: Any, plan: Plan, power: float) -> Any:
    """(Σ x^p)^(1/p) over the taps of each window that lie in the input, for a plan of divisor 1; NaN where a negative sum has no root."""
    return ew.pow(op.average(ew.pow(x, power), plan), 1.0 / power)


def rescaled(y: Any, taps: int, divisor: float) -> Any:
    """An average times the kernel's size over another divisor."""
    return ew.div(ew.mul(y, taps), divisor)


def power_mean(x: Any, plan: Plan, power: float) -> Any:
    """(Σ x^p)^(1/p) over each window, worked out as the mean times the number of taps; a negative sum keeps its sign before the root."""
    taps = 1
    for k in plan.kernel:
        taps *= k
    mean = op.average(ew.pow(x, power), plan)
    return ew.pow(ew.mul(ew.mul(ew.sign(mean), relu(ew.abs(mean))), taps), 1.0 / power)


def spread(value: Any, rank: int) -> Sequence[int] | None:
    """A number, or a sequence of one or `rank` of them, as `rank` numbers; None where it is neither."""
    if isinstance(value, int):
        return (value,) * rank
    given = tuple(int(v) for v in value)
    return given * rank if len(given) == 1 else given if len(given) == rank else None


def pool_all(x: Any, dims: Ints, keep: bool, mean: bool) -> Any:
    """The mean over dimensions, or the maximum, whose gradient all elements share that have it."""
    return reduce.mean(x, dims, keep) if mean else amax(x, dims, keep)


def mean_of_marked(x: Any, mark: Any, dim: int, keep: bool) -> Any:
    """The mean along `dim` of x[n, …] where mark[n, dim] is true."""
    marks = np.expand_dims(np.asarray(mark.array, bool), 3 - dim)
    zero = x.face.wrap(np.zeros((), x.array.dtype))
    total = reduce.sum(ew.where(x.face.wrap(marks), x, zero), dim, keep)
    count = to_dtype(x.face.wrap(marks.sum(dim, keepdims=keep)), x.array.dtype)
    return ew.div(total, count)
