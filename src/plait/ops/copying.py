"""Writing one tensor into another, by place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from plait import dtypes
from plait.op import Op, Sample
from plait.ops.arrange import move_cost
from plait.ops.rows import no_rejects
from plait.ops.shape import sum_to
from plait.ops.tables import operand, values


def _copy(x: NDArray, source: Any) -> NDArray:
    value = dtypes.cast(source, x.dtype) if isinstance(source, np.ndarray) else operand(source, x.dtype)
    return value if value.shape == x.shape else np.broadcast_to(value, x.shape)


def _copy_backward(ctx: Any, g: Any) -> Any:
    gx = g.face.wrap(np.zeros(ctx.shapes[0], g.array.dtype)) if ctx.needs[0] else None
    return gx, sum_to(g, ctx.shapes[1]) if ctx.needs[1] else None


COPY: Op = Op(
    "copy", kind="shape", forward=_copy, backward=_copy_backward, infer=lambda x, *_: [x], reference=_copy, rejects=no_rejects,
    samples=lambda: [Sample([values((3, 4), -1, 1), values((4,), -1, 1, 1)]), Sample([values((3, 4), -1, 1), 0.5])], cost=move_cost,
    explain="the source's element", export="Identity", grad_name="CopyBackwards",
)  # fmt: skip


def _channels_last(x: NDArray) -> NDArray:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)


CHANNELS_LAST: Op = Op(
    "channels_last", kind="shape", forward=_channels_last, backward=lambda ctx, g: g, infer=lambda x: [x], reference=lambda x: x,
    samples=lambda: [Sample([values((2, 3, 4, 5), -1, 1)])], rejects=no_rejects, cost=move_cost,
    explain="the same element, channels innermost in memory", export="Identity", grad_name="CloneBackward0",
)  # fmt: skip
