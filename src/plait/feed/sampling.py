"""What every dialect's datasets and samplers count: batches of indices, joined datasets, splits."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

__all__ = ["Joined", "batch_count", "batches", "locate", "running_sizes", "split_sizes", "weighted_draws"]


def batches(indices: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    """Lists of `size` indices; the last, shorter one is left out where `drop_last`.

    >>> list(batches(range(5), 2, False))
    [[0, 1], [2, 3], [4]]
    """
    rest = iter(indices)
    while batch := list(islice(rest, size)):
        if len(batch) < size and drop_last:
            return
        yield batch


def batch_count(n: int, size: int, drop_last: bool) -> int:
    """How many `batches` n indices make."""
    return n // size if drop_last else -(-n // size)


def running_sizes(datasets: Iterable[Any]) -> list[int]:
    """Where each of the datasets, put end to end, ends."""
    sizes, total = [], 0
    for d in datasets:
        total += len(d)
        sizes.append(total)
    return sizes


class Joined:
    """Datasets end to end: the body of the dialects' ConcatDataset, which say in `streams` what cannot be joined so."""

    streams: type
    datasets: list[Any]
    cumulative_sizes: list[int]
    cumsum = staticmethod(running_sizes)

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(d, self.streams) for d in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: Any) -> Any:
        which, inner = locate(self.cumulative_sizes, idx)
        return self.datasets[which][inner]


def locate(ends: list[int], index: int) -> tuple[int, int]:
    """(which dataset, index in it) of a sample of datasets put end to end; negative indices count from the end.

    Raises ValueError for an index before the first.
    """
    if index < 0:
        if -index > ends[-1]:
            raise ValueError("absolute value of index should not exceed dataset length")
        index += ends[-1]
    which = bisect_right(ends, index)
    return which, index - ends[which - 1] if which else index


def split_sizes(lengths: Sequence[int | float], total: int) -> list[Any]:
    """The sizes of a split: `lengths` themselves, or, where they are fractions of sum 1, their floors of `total`, what is left
    over going round one each.

    Raises ValueError where they do not sum to `total`.
    """
    sizes: list[Any] = list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        for i, part in enumerate(sizes):
            if part < 0 or part > 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1")
        sizes = [math.floor(total * part) for part in sizes]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
        for i, size in enumerate(sizes):
            if size == 0:
                warnings.warn(
                    f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=3
                )
    if sum(sizes) != total:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    return sizes


def weighted_draws(weights: Any, count: int, replacement: bool) -> list[int]:
    """For each row of `weights`, `count` column numbers drawn in proportion to them, by NumPy's global generator."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    drawn: list[int] = []
    for row in shares:
        drawn += np.random.choice(len(row), count, replacement, row).tolist()
    return drawn
