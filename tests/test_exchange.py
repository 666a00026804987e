"""Tensors pass between the dialects, and NumPy, by DLPack: the memory is one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from plait import paddle, tensorflow, torch


def fresh() -> dict[str, Any]:
    """A tensor of each dialect, with its function that borrows."""
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    return {
        "torch": (torch.tensor(values), torch.from_dlpack, torch.utils.dlpack.to_dlpack),
        "paddle": (paddle.to_tensor(values), paddle.utils.dlpack.from_dlpack, paddle.utils.dlpack.to_dlpack),
        "tensorflow": (tensorflow.constant(values), tensorflow.experimental.dlpack.from_dlpack, tensorflow.experimental.dlpack.to_dlpack),
    }  # fmt: skip


@pytest.mark.parametrize(("giver", "taker"), list(itertools.product(("torch", "paddle", "tensorflow"), repeat=2)))
def test_memory_is_shared(giver: str, taker: str) -> None:
    given, _, lend = fresh()[giver]
    take = fresh()[taker][1]
    for source in (given, lend(given)):
        taken = take(source)
        assert np.shares_memory(taken.array, given.array) and taken.array.flags.writeable
        assert taken.array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_numpy_may_write_to_what_it_borrows() -> None:
    for given, _, _ in fresh().values():
        np.from_dlpack(given)[0, 0] = 7
        assert given.array[0, 0] == 7


def test_what_takes_part_in_gradients_is_not_lent() -> None:
    with pytest.raises(BufferError):
        np.from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises(BufferError):
        np.from_dlpack(paddle.create_parameter([2], "float32"))


@pytest.mark.parametrize(
    ("dialect", "error"), [("torch", RuntimeError), ("paddle", ValueError), ("tensorflow", TypeError)]
)
def test_what_is_no_capsule_is_refused(dialect: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="got int"):
        fresh()[dialect][1](5)
