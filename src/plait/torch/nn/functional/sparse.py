"""Look-up: embedding and one_hot."""

from __future__ import annotations

import numpy as np

from plait.dtypes import I32, I64, is_floating
from plait.op import type_name
from plait.ops import embed
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor

__all__ = ["embedding", "one_hot"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of `weight` [rows, D] by the integers of `input`: shape [*input, D].

    >>> from plait import torch
    >>> torch.nn.functional.embedding(torch.tensor([1, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    padding = -1
    if padding_idx is not None:
        ask(weight, "size")
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding = padding_idx + rows if padding_idx < 0 else padding_idx
    inner.embedding(weight, input, padding, scale_grad_by_freq, sparse)
    if sparse:
        raise NotImplementedError("embedding: sparse=True is not part of plait: sparse tensors are out of its scope")
    if weight.array.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if input.array.dtype is not I64 and input.array.dtype not in (I64, I32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
            f"but got torch.{type_name(input.array.dtype)}Tensor instead (while checking arguments for embedding)"
        )
    if max_norm is not None:
        if not is_floating(weight.array.dtype):
            raise RuntimeError(
                "norm(): input dtype should be either floating point or complex. "
                f"Got {type_name(weight.array.dtype)} instead."
            )
        embed.renormalise(weight, input, max_norm, norm_type)
    return embed.embedding(weight, input, padding, scale_grad_by_freq)


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """1 at each class number and 0 elsewhere, int64, shape [*, num_classes]; −1: as many as the largest number needs.

    >>> from plait import torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    array = input.array
    if array.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if array.size == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
    else:
        if int(array.min()) < 0:
            raise RuntimeError("Class values must be non-negative.")
        if num_classes == -1:
            num_classes = int(array.max()) + 1
        elif int(array.max()) >= num_classes:
            if num_classes < 1:
                raise RuntimeError("num_classes should be positive")
            raise RuntimeError("Class values must be smaller than num_classes.")
    return Tensor.wrap((array[..., None] == np.arange(num_classes)).astype(np.int64))
