"""Samplers: in which order a loader asks for a dataset's indices. They draw from NumPy's global generator, as upstream's do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from plait.feed.sampling import weighted_draws
from plait.paddle._tensor import Tensor

__all__ = ["RandomSampler", "Sampler", "SequenceSampler", "SubsetRandomSampler", "WeightedRandomSampler"]

_T = TypeVar("_T")


class Sampler(Generic[_T]):
    """Base of all samplers: subclasses write `__iter__` over indices, and mostly `__len__`."""

    data_source: Any

    def __init__(self, data_source: Sized | None = None) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[_T]:
        raise NotImplementedError


class SequenceSampler(Sampler[int]):
    """0, 1, 2 … in order."""

    def __init__(self, data_source: Sized) -> None:
        super().__init__(data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices at random, without replacement or with; or what `generator`, an iterator, gives."""

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        super().__init__(data_source)
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"expect boolean value for replacement, but got replacement={replacement}")
        if not replacement and self.num_samples > len(data_source):
            raise ValueError(
                "num_samples should be smaller than or equal to length of data_source when replacement is False, but got "
                f"num_samples: {self.num_samples} > data_source: {len(data_source)}"
            )
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices a pass has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        if self.generator:
            for _ in range(self.num_samples):
                try:
                    index = next(self.generator)
                except StopIteration:
                    return
                yield index
            return
        n = len(self.data_source)
        yield from np.random.choice(np.arange(n), self.num_samples, replace=self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class WeightedRandomSampler(Sampler[int]):
    """Indices with chances in proportion to `weights` (for each row of 2-D ones), with or without replacement."""

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True) -> None:
        if not isinstance(num_samples, int) or num_samples <= 0:
            raise ValueError("num_samples should be a positive integer")
        if not isinstance(replacement, bool):
            raise ValueError("replacement should be a boolean value")
        self.weights = weights
        self.num_samples = num_samples
        self.replacement = replacement

    def _table(self) -> Any:
        weights = self.weights.array if isinstance(self.weights, Tensor) else self.weights
        if isinstance(weights, (list, tuple)):
            weights = np.array(weights)
        if not isinstance(weights, np.ndarray):
            raise AssertionError("weights should be paddle.Tensor, numpy.ndarray, list or tuple")
        if weights.ndim > 2:
            raise AssertionError("weights should be a 1-D or 2-D array")
        return weights.reshape((-1, weights.shape[-1]))

    def __iter__(self) -> Iterator[int]:
        weights = self._table()
        if not np.all(weights >= 0.0):
            raise AssertionError("weights should be positive value")
        if np.any(weights == np.inf):
            raise AssertionError("weights should not be INF")
        chances = np.sum(weights > 0.0, axis=1)
        if not np.all(chances > 0):
            raise AssertionError("weights should have positive values")
        if not self.replacement and not np.all(chances >= self.num_samples):
            raise AssertionError(
                "weights positive value number should not less than num_samples when replacement=False"
            )
        return iter(weighted_draws(weights, self.num_samples, self.replacement))

    def __len__(self) -> int:
        return self.num_samples * len(self._table())


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, by `paddle.seed`'s generator."""

    def __init__(self, indices: Sequence[int]) -> None:
        if len(indices) == 0:
            raise ValueError("The length of `indices` in SubsetRandomSampler should be greater than 0.")
        self.indices = indices

    def __iter__(self) -> Iterator[int]:
        from plait.paddle.functions.sampling import randperm

        for i in randperm(len(self.indices)).array.tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)
