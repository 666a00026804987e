"""Cross entropy of scores with shares of all classes, a loss for each row, with the gradient that TensorFlow's kernel gives.

Rules of this file: the gradient of the scores is softmax - labels whatever the labels add up to, so that a row of zeros still pushes its
scores towards equality; where labels add up to one it is the derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait import dtypes
from plait.op import Op, Sample, apply
from plait.ops import elementwise as ew
from plait.ops.rows import no_rejects, numbers
from plait.ops.shape import reshape
from plait.ops.softmax import log_softmax, softmax

__all__ = ["SOFT_LABELS", "soft_cross_entropy"]


def _rows(x: NDArray, labels: NDArray) -> NDArray:
    work = dtypes.working(x)
    top = work.max(-1, keepdims=True) if work.shape[-1] else work[..., :0]
    shifted = work - top
    total = np.log(np.exp(shifted).sum(-1, keepdims=True))
    return dtypes.cast((dtypes.working(labels) * (total - shifted)).sum(-1), x.dtype)


def _backward(ctx: Any, g: Any) -> Any:
    x, labels = ctx.x(0), ctx.x(1)
    wide = reshape(g, (*g.array.shape, 1))
    return (
        ew.mul(wide, ew.sub(softmax(x, x.array.ndim - 1), labels)) if ctx.needs[0] else None,
        ew.mul(wide, ew.neg(log_softmax(x, x.array.ndim - 1))) if ctx.needs[1] else None,
    )


def _samples() -> list[Sample]:
    found = []
    for shape in ((3, 5), (2, 2, 4), (1, 1)):
        labels = numbers(*shape, low=0.1, high=1.0, seed=3)
        found.append(Sample([numbers(*shape), labels / labels.sum(-1, keepdims=True)]))
    return found


SOFT_LABELS: Op = Op(
    "soft_cross_entropy", kind="loss", forward=_rows, backward=_backward, infer=lambda x, t: [(x[0][:-1], x[1])], reference=_rows,
    samples=_samples, rejects=no_rejects, cost=lambda shapes, params=(): (6 * int(np.prod(shapes[0])), 12 * int(np.prod(shapes[0]))),
    explain="minus the sum over the classes of the label times the logarithm of softmax", export=None, save_inputs=(0, 1),
)  # fmt: skip


def soft_cross_entropy(x: Any, labels: Any) -> Any:
    """The loss of each row of scores, classes along the last axis."""
    return apply(SOFT_LABELS, (x, labels))
