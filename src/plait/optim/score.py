"""Counts that metrics are made of, over arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

__all__ = ["binary_counts", "buckets", "curve_area"]


def _column(values: Array, n: int) -> Array:
    if values.size != values.shape[0]:
        raise ValueError(f"one value for each sample is needed; got an array of shape {values.shape}")
    return values.reshape(-1)[:n]


def binary_counts(guesses: Array, truths: Array) -> tuple[int, int, int]:
    """(both 1, only the guess 1, only the truth 1) of whole-number arrays with one value for each sample.

    >>> binary_counts(np.array([1, 1, 0]), np.array([1, 0, 1]))
    (1, 1, 1)
    """
    n = truths.shape[0]
    guess, truth = _column(guesses, n), _column(truths, n)
    both = int(np.count_nonzero((guess == 1) & (truth == 1)))
    first = int(np.count_nonzero((guess == 1) & (truth != 1)))
    second = int(np.count_nonzero((guess != 1) & (truth == 1)))
    return both, first, second


def buckets(scores: Array, truths: Array, last: int) -> tuple[Array, Array]:
    """How many positive and how many negative samples have scores in each of `last` + 1 buckets of 0 … 1.

    Raises ValueError for scores outside.
    """
    at = (scores * last).astype(np.int64)
    if at.size and (at.min() < 0 or at.max() > last):
        raise ValueError(f"scores must be in 0 … 1; got {scores.min()} … {scores.max()}")
    positive = truths.reshape(truths.shape[0], -1).any(axis=1)
    return (
        np.bincount(at[positive], minlength=last + 1).astype(float),
        np.bincount(at[~positive], minlength=last + 1).astype(float),
    )


def curve_area(positive: Array, negative: Array) -> float:
    """The area under the ROC curve of such buckets, by trapezoids; 0 where one kind is missing."""
    rise, run = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    if not rise[-1] or not run[-1]:
        return 0.0
    before = np.concatenate(([0.0], rise[:-1]))
    area = float(np.sum(np.diff(run, prepend=0.0) * (rise + before) / 2.0))
    return area / float(rise[-1]) / float(run[-1])
