"""The gradient of a norm's gradient, as a formula made of ops; the same for every norm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait import dtypes
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.shape import expand, reshape, sum_to, to_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    Shape = tuple[int, ...]

#: What the kernels compute in.
NATIVE = frozenset((dtypes.F32, dtypes.F64))


def second(
    ctx: Any, v: Any, a: Any, b: Any, g: Any, x: Any, w: Any, mean: Any, rstd: Any, full: Shape, stats: Shape, params: Shape,
    axes: tuple[int, ...], *, centred: bool, constant: bool = False,
) -> Any:  # fmt: skip
    """Gradients of a norm's backward with respect to g, x and w, for cotangents v (of dx), a (of dw) and b (of db).

    With u = w g and xhat = (x - mean) r: dx = r (u - mean(u) - xhat mean(u xhat)), dw = sum(g xhat), db = sum(g). `full`, `stats`
    and `params` are the shapes in which x, the statistics and the weight broadcast; `axes` are those of a mean. Not `centred`:
    no mean is subtracted (RMS norm); `constant`: the statistics do not depend on x (inference).
    """
    need_g, need_x, need_w = ctx.needs[:3]
    shape = x.array.shape
    low = x.array.dtype
    g, x = (reshape(_widen(t), full) for t in (g, x))
    mean, r = (reshape(_widen(t), stats) for t in (mean, rstd))
    v = None if v is None else reshape(_widen(v), full)
    a = None if a is None else reshape(_widen(a), params)
    b = None if b is None else reshape(_widen(b), params)
    w = None if w is None else reshape(_widen(w), params)
    xhat = ew.mul(ew.sub(x, mean) if centred or constant else x, r)
    u = g if w is None else ew.mul(g, w)

    def average(t: Any) -> Any:
        return reduce.mean(t, axes, True)

    def project(t: Any) -> Any:
        """The operator that maps u to dx; it is its own transpose."""
        if constant:
            return ew.mul(t, r)
        t2 = ew.sub(t, average(t)) if centred else t
        return ew.mul(ew.sub(t2, ew.mul(xhat, average(ew.mul(t, xhat)))), r)

    gg = gw = gx = None
    pv = None if v is None else project(v)
    if need_g:
        parts = [
            None if pv is None else (pv if w is None else ew.mul(pv, w)),
            None if a is None else ew.mul(a, xhat),
            b,
        ]
        gg = _total(parts, full)
    if need_w and pv is not None:
        gw = sum_to(ew.mul(pv, g), params)
    if need_x:
        h = None if a is None else ew.mul(g, a)
        rest = None
        if v is not None and not constant:
            va, ub = average(ew.mul(v, xhat)), average(ew.mul(u, xhat))
            h = _total([h, ew.neg(ew.mul(r, ew.add(ew.mul(ub, v), ew.mul(va, u))))], full)
            covariance = average(ew.mul(v, u))
            if centred:
                covariance = ew.sub(covariance, ew.mul(average(v), average(u)))
            rest = ew.neg(ew.mul(ew.mul(ew.mul(r, r), xhat), ew.sub(covariance, ew.mul(va, ub))))
        gx = _total([None if h is None else project(h), rest], full)
    back = [None if t is None else reshape(t, shape) for t in (gg, gx)]
    back = [None if t is None else to_dtype(t, low) for t in back]
    if gw is not None:
        gw = to_dtype(reshape(gw, ctx.shapes[2]), ctx.dtypes[2])
    return back[0], back[1], gw


def _widen(t: Any) -> Any:
    return t if t.array.dtype in NATIVE else to_dtype(t, dtypes.F32)


def _total(parts: Sequence[Any], full: Shape) -> Any:
    total = None
    for p in parts:
        if p is not None:
            total = p if total is None else ew.add(total, p)
    return total if total is None or total.array.shape == full else expand(total, full)
