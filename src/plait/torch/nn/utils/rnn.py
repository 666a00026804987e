"""torch.nn.utils.rnn: sequences of different lengths in one tensor. Packed sequences are for recurrent layers, which are out of scope."""

from __future__ import annotations

from typing import Any

from plait.torch._absent import getter
from plait.torch._tensor import Tensor

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Tensors [L_i, …] as one [max L, n, …], or [n, max L, …] if `batch_first`, filled up at one side.

    Raises:
        RuntimeError: there is no sequence, or they differ in more than their lengths.

    >>> from plait import torch
    >>> pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if not hasattr(sequences, "__iter__"):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    given = list(sequences)
    if not given:
        raise RuntimeError("received an empty list of sequences")
    for i, item in enumerate(given):
        if not isinstance(item, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(item).__name__}")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    longest = max(item.shape[0] for item in given)
    tail = given[0].shape[1:]
    shape = (len(given), longest, *tail) if batch_first else (longest, len(given), *tail)
    out: Any = given[0].new_full(shape, padding_value)
    for i, item in enumerate(given):
        part = slice(longest - len(item), None) if padding_side == "left" else slice(0, len(item))
        place = (i, part) if batch_first else (part, i)
        if item.shape[1:] != tail:
            out[place].add(item)  # says which sizes do not match
        out[place] = item
    return out


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of these lengths that were padded at their ends."""
    padded = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[: int(n)] for sequence, n in zip(padded, lengths, strict=True)]


__getattr__ = getter(__name__)
