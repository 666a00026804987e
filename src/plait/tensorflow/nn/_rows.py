"""tf.nn: rows of tables."""

from __future__ import annotations

from typing import Any

from plait.tensorflow._call import as_tensor, face
from plait.tensorflow.arithmetic import clip_by_norm
from plait.tensorflow.arrays import gather

__all__ = ["embedding_lookup"]


@face
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: Any = None) -> Any:
    """Rows of `params` [rows, …] by the numbers in `ids`, each scaled down to an L2 norm of `max_norm` where that is given."""
    if isinstance(params, (list, tuple)):
        if len(params) != 1:
            raise NotImplementedError("embedding_lookup: a table in several parts is not part of plait")
        params = params[0]
    at = as_tensor(ids)
    rows = gather(params, at)
    if max_norm is None:
        return rows
    return clip_by_norm(rows, max_norm, tuple(range(at.array.ndim, rows.array.ndim)))
