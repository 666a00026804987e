"""Datasets: things to index (`Dataset`) or to iterate over (`IterableDataset`), and how to join and split them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from plait.feed.sampling import Joined, running_sizes, split_sizes

__all__ = [
    "ChainDataset",
    "ComposeDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

_T = TypeVar("_T")


class Dataset(Generic[_T]):
    """A map from indices to samples: subclasses write `__getitem__` and `__len__`."""

    def __init__(self) -> None:
        pass

    def __getitem__(self, idx: Any) -> _T:
        raise NotImplementedError(f"'__getitem__' not implement in class {type(self).__name__}")

    def __len__(self) -> int:
        raise NotImplementedError(f"'__len__' not implement in class {type(self).__name__}")


class IterableDataset(Dataset[_T]):
    """A stream of samples: subclasses write `__iter__`. In worker processes every worker has its own copy; see `get_worker_info`."""

    def __iter__(self) -> Iterator[_T]:
        raise NotImplementedError(f"'__iter__' not implement in class {type(self).__name__}")

    def __getitem__(self, idx: Any) -> Any:
        raise RuntimeError(f"'__getitem__' should not be called for IterableDataset{type(self).__name__}")

    def __len__(self) -> int:
        raise RuntimeError(f"'__len__' should not be called for IterableDataset{type(self).__name__}")


class TensorDataset(Dataset[Any]):
    """Tensors of equal first dimension; sample i is the tuple of their rows i."""

    def __init__(self, tensors: Sequence[Any]) -> None:
        if any(t.shape[0] != tensors[0].shape[0] for t in tensors):
            raise AssertionError("tensors not have same shape of the 1st dimension")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


def _as_list(value: Any) -> Any:
    if value is None:
        return value
    return list(value) if isinstance(value, (list, tuple)) else [value]


class ComposeDataset(Dataset[Any]):
    """Datasets of one length side by side: a sample is the tuple of all their fields."""

    def __init__(self, datasets: Sequence[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("input datasets should not be empty")
        for d in self.datasets:
            if not isinstance(d, Dataset):
                raise AssertionError("each input dataset should be paddle.io.Dataset")
            if isinstance(d, IterableDataset):
                raise AssertionError("paddle.io.IterableDataset not supported")
            if len(d) != len(self.datasets[0]):
                raise AssertionError("lengths of datasets should be same")

    def __len__(self) -> int:
        return len(self.datasets[0])

    def __getitem__(self, idx: Any) -> tuple[Any, ...]:
        return tuple(field for d in self.datasets for field in _as_list(d[idx]))


class ChainDataset(IterableDataset[Any]):
    """Streams one after another."""

    def __init__(self, datasets: Sequence[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("input datasets should not be empty")
        if not all(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError("ChainDataset only support paddle.io.IterableDataset")

    def __iter__(self) -> Iterator[Any]:
        for d in self.datasets:
            yield from d


class Subset(Dataset[_T]):
    """The samples of `dataset` at `indices`."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, idx: Any) -> Any:
        return self.dataset[self.indices[idx]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Joined, Dataset[_T]):
    """Datasets end to end."""

    streams = IterableDataset


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Any = None) -> list[Subset[Any]]:
    """Split at random (by `paddle.seed`'s generator) into subsets of these lengths, or of these fractions (of sum 1).

    Raises ValueError where the lengths do not sum to the dataset's.
    """
    from plait.paddle.functions.sampling import randperm

    sizes = split_sizes(lengths, len(dataset))
    order = randperm(sum(sizes)).array.tolist()
    parts: list[Subset[Any]] = []
    for end, size in zip(running_sizes([range(size) for size in sizes]), sizes, strict=True):
        parts.append(Subset(dataset, order[end - size : end]))
    return parts
