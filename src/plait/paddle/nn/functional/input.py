"""paddle.nn.functional: rows of tables by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import distance as distance_layer
from plait.layers import embed as layer
from plait.paddle.functions._common import function, integer, need_tensor
from plait.paddle.nn.functional._padding import shaped
from plait.tensor import MODE

__all__ = ["embedding", "one_hot", "pairwise_distance"]


@function("x:input", method=False)
def one_hot(x: Any, num_classes: Any = -1, name: str | None = None) -> Any:
    """[…] integers to […, num_classes] float32: one at the number, else zero; -1 for one more than the greatest.

    Raises ValueError for a number that is negative or not below num_classes.

    >>> from plait import paddle
    >>> one_hot(paddle.to_tensor([1]), 3).tolist()
    [[0.0, 1.0, 0.0]]
    """
    numbers = need_tensor(x, "one_hot").array
    if numbers.dtype.kind not in "iu":
        raise RuntimeError(f"(NotFound) The kernel of `one_hot` is not registered for {x.dtype}; it takes integers.")
    depth = integer(num_classes, "one_hot", "num_classes")
    if depth == -1:
        depth = int(numbers.max()) + 1
    if numbers.size and (numbers.min() < 0 or numbers.max() >= depth):
        bad = numbers[(numbers < 0) | (numbers >= depth)].flat[0]
        raise ValueError(
            f"(InvalidArgument) Illegal index value, Input(input) value should be at least 0 and less than {depth}, received {bad}"
        )
    y = np.zeros((*numbers.shape, depth), np.float32)
    np.put_along_axis(y, numbers[..., None].astype(np.int64), 1, -1)
    return x.face.wrap(y)


@function("x:input", method=False)
def embedding(
    x: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0, sparse: bool = False,
    scale_grad_by_freq: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """Rows of weight [rows, size] by the numbers in x: […, size].

    Row `padding_idx` reads as zeros and gets no gradient. `max_norm`: rows that are read are first scaled, in place, down to that
    `norm_type`-norm. Raises ValueError for numbers outside the table.
    """
    shaped(weight)
    need_tensor(x, "embedding")
    table = need_tensor(weight, "embedding", "weight", 1).array
    if table.ndim != 2:
        raise ValueError(
            f"(InvalidArgument) embedding: the dimensions of the lookup table must be 2, but received {list(table.shape)}"
        )
    count = table.shape[0]
    padding = -1 if padding_idx is None else padding_idx if padding_idx >= 0 else count + padding_idx
    if count and not -count <= padding < count:
        raise ValueError(f"padding_idx must be within [-{count}, {count}); received {padding_idx}")
    if x.array.dtype not in (dtypes.I64, dtypes.I32):
        raise NotImplementedError(f"(Unimplemented) embedding input only support int32 and int64, but get {x.dtype}")
    at = x
    lowest = min(padding, 0)
    if at.array.size and (at.array.min() < lowest or at.array.max() >= count):
        bad = at.array[(at.array < lowest) | (at.array >= count)].flat[0]
        raise ValueError(
            f"(InvalidArgument) Variable value (input) of OP(embedding) expected >= 0 and < {count}, but got {bad}. Please check input value."
        )
    if max_norm and table.size:
        layer.renormalise(weight, at, max_norm, norm_type)
    if scale_grad_by_freq and sparse:
        raise AttributeError("scale_grad_by_freq = True is not supported with sparse update.")
    if sparse and MODE.grad and weight.tracks and at.array.size:
        read = getattr(weight, "_rows_read", None)
        if read is None or len(read) != count:
            read = weight._rows_read = np.zeros(count, np.bool_)
        read[at.array] = True
    return layer.rows(weight, at, padding, scale_grad_by_freq, True)


@function("x:x1", "y:x2", "epsilon:eps", method=False)
def pairwise_distance(
    x: Any, y: Any, p: float = 2.0, epsilon: float = 1e-06, keepdim: bool = False, name: str | None = None
) -> Any:
    """The p-norm of x - y + epsilon over the last dimension."""
    need_tensor(x, "pairwise_distance")
    return distance_layer.pairwise_distance(x, need_tensor(y, "pairwise_distance", "y", 1), p, epsilon, keepdim, True)
