"""split_dataset: a dataset cut in two."""

from __future__ import annotations

import random
from importlib import import_module
from typing import Any

import numpy as np

from plait.keras import tree


def _check_size(name: str, size: Any, total: int) -> None:
    kind = type(size)
    if size is not None and kind not in (int, float):
        raise TypeError(f"Invalid `{name}` Type. Expected: int or float or None, Received: type({name})={kind}.")
    if (kind is int and not 0 < size < total) or (kind is float and not 0 < size < 1):
        raise ValueError(
            f"`{name}` should be either a positive integer smaller than {total}, or a float within the range `[0, 1]`. "
            f"Received: {name}={size}"
        )


def _sizes(left: Any, right: Any, total: int) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. Received: left_size=None and right_size=None"
        )
    if left == 0 and right == 0:
        raise ValueError(
            "Both `left_size` and `right_size` are zero. At least one of the split sizes must be non-zero."
        )
    _check_size("left_size", left, total)
    _check_size("right_size", right, total)
    if isinstance(left, float) and isinstance(right, float) and left + right > 1:
        raise ValueError(
            "The sum of `left_size` and `right_size` is greater than 1. It must be less than or equal to 1."
        )
    left, right = (round(size * total) if isinstance(size, float) else size for size in (left, right))
    left, right = total - right if left is None else left, total - left if right is None else right
    if left + right > total:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be smaller than the {total}. "
            f"Received: left_size + right_size = {left + right} and total_length = {total}"
        )
    for side, size in (("left", left), ("right", right)):
        if size == 0:
            raise ValueError(
                f"With `dataset` of length={total}, `left_size`={left} and `right_size`={right}. Resulting {side} side dataset "
                "split will be empty. Adjust any of the aforementioned parameters"
            )
    return left, right


def _samples(dataset: Any) -> list[Any]:
    """The dataset's samples one by one."""
    if isinstance(dataset, (tuple, list)):
        if not dataset:
            raise ValueError(f"Received an empty {type(dataset).__name__}: {dataset}")
        if all(isinstance(x, np.ndarray) for x in dataset):
            if len({x.shape[0] for x in dataset}) != 1:
                raise ValueError(
                    "Received a list of NumPy arrays with different lengths. Mismatch found at index 0: "
                    f"{[x.shape for x in dataset]}"
                )
            return list(zip(*dataset, strict=True))
        return list(dataset)
    if isinstance(dataset, np.ndarray):
        if dataset.size == 0:
            raise ValueError("Received an empty NumPy array.")
        return list(dataset)
    if hasattr(dataset, "as_numpy_iterator"):
        source = dataset.unbatch() if getattr(dataset, "_batch_size", None) is not None else dataset
        return list(source.as_numpy_iterator())
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return [tree.map_structure(np.asarray, dataset[i]) for i in range(len(dataset))]
    raise TypeError(
        "The `dataset` argument must be a tf.data.Dataset, a PyTorch Dataset, a tuple or list of arrays, or an array. "
        f"Received: dataset={dataset} of type {type(dataset)}"
    )


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> Any:
    """Two `tf.data.Dataset`s: the first `left_size` (a number, or a share) samples and the last `right_size`."""
    data = import_module("plait.tensorflow.data")  # its face is below this one, so it is looked up by name

    samples = _samples(dataset)
    left, right = _sizes(left_size, right_size, len(samples))
    if shuffle:
        if seed is None:
            seed = random.randint(0, int(1e6))
        random.seed(seed)
        random.shuffle(samples)

    def together(part: list[Any]) -> Any:
        columns = [np.array(column) for column in zip(*(tree.flatten(sample) for sample in part), strict=True)]
        if len(columns) == 1 and np.shape(part[0]) == () and columns[0].dtype == np.int64:
            small = not columns[0].size or np.abs(columns[0]).max() < 1 << 31
            columns = [columns[0].astype(np.int32)] if small else columns  # as TensorFlow takes a list of numbers
        arrays = tree.pack_sequence_as(part[0], columns)
        made = data.Dataset.from_tensor_slices(tree.lists_to_tuples(arrays))
        size = getattr(dataset, "_batch_size", None)
        return made if size is None else made.batch(size)

    return together(samples[:left]), together(samples[len(samples) - right :])
