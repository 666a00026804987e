"""Data for `fit`, `evaluate` and `predict`: arrays, datasets and generators as batches of tensors."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from plait.keras import _config, tree
from plait.keras._convert import as_tensor
from plait.keras._tensor import Tensor
from plait.keras.random._stateful import pipeline_orders


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) from what a dataset yields: x, (x,), (x, y) or (x, y, sample_weight)."""
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, None, None)[:3]
    raise ValueError(
        f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}"
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The other way of `unpack_x_y_sample_weight`."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def class_weight_to_sample_weights(y: Any, class_weight: dict[int, float]) -> Any:
    """A weight for each sample, by its class (a number, or one-hot); 1 for classes without one."""
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = np.argmax(labels, axis=-1) if labels.shape[-1] != 1 else labels[..., 0]
    labels = np.round(labels).astype(np.int32)
    return np.array([class_weight.get(int(c), 1.0) for c in labels.reshape(-1)], _config.floatx())


def _sliceable(x: Any) -> bool:
    return x is None or isinstance(x, (np.ndarray, Tensor)) or _is_table(x) or hasattr(x, "_read") or _is_array(x)


def _is_table(x: Any) -> bool:
    return any(c.__module__.startswith("pandas.") and c.__name__ in ("DataFrame", "Series") for c in type(x).__mro__)


def _is_array(x: Any) -> bool:
    return hasattr(x, "__array__") and hasattr(x, "shape") and bool(len(x.shape))


def can_convert_arrays(arrays: Any) -> bool:
    """Whether all leaves are arrays, tensors, tables or None."""
    return all(_sliceable(x) for x in tree.flatten(arrays))


def _as_array(x: Any) -> Any:
    """The leaf as an array of a dtype that models take: floating ones in the default float."""
    if x is None:
        return None
    if isinstance(x, Tensor) or hasattr(x, "_read"):
        return as_tensor(x).array
    if _is_table(x):
        x = x.to_numpy()
        x = x.astype(np.float32) if x.dtype == object else x
    array = np.asarray(x)
    if array.dtype.kind in "OU" and isinstance(x, np.ndarray):
        raise ValueError(f"Invalid dtype: {array.dtype.name}")
    if array.dtype.kind == "f" and array.dtype != _config.floatx():
        array = array.astype(_config.floatx())
    elif array.dtype.kind in "OUS":
        array = as_tensor(array).array
    return array


def check_data_cardinality(data: Any) -> None:
    """ValueError where arrays have different numbers of samples."""
    if len({int(x.shape[0]) for x in tree.flatten(data) if x is not None}) > 1:
        text = "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples."
        for label, part in zip(("x", "y", "sample_weight"), data, strict=False):
            if part is None:
                continue
            text += f"'{label}' sizes: {', '.join(str(x.shape[0]) for x in tree.flatten(part) if x is not None)}\n"
        raise ValueError(text)


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """The first part of every array, and the last `validation_split` share of it."""
    flat = tree.flatten(arrays)
    wrong = [type(x) for x in flat if not _sliceable(x)]
    if wrong:
        raise ValueError(
            f"Argument `validation_split` is only supported for tensors or NumPy arrays.Found incompatible type in the input: {wrong}"
        )
    given = [x for x in flat if x is not None]
    if not given:
        return arrays, arrays
    n = given[0].shape[0]
    at = int(n * (1.0 - validation_split))
    if at in (0, n):
        raise ValueError(
            f"Training data contains {n} samples, which is not sufficient to split it into a validation and training set as "
            f"specified by `validation_split={validation_split}`. Either provide more data, or a different value for the "
            "`validation_split` argument."
        )

    def part(piece: slice) -> Callable[[Any], Any]:
        return lambda x: None if x is None else _as_array(x)[piece]

    return tree.map_structure(part(slice(None, at)), arrays), tree.map_structure(part(slice(at, None)), arrays)


class Adapter:
    """Batches of one epoch after another. `num_batches` is None where it is not known, `batch_size` where batches may differ in it."""

    num_batches: int | None = None
    batch_size: int | None = None

    def batches(self) -> Iterator[Any]:
        """The batches of an epoch."""
        raise NotImplementedError

    def on_epoch_begin(self) -> None:
        """Called before an epoch."""

    def on_epoch_end(self) -> None:
        """Called after an epoch."""


class ArrayAdapter(Adapter):
    """Arrays cut into batches."""

    def __init__(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: Any, shuffle: Any, class_weight: Any
    ) -> None:
        if sample_weight is not None:
            if class_weight is not None:
                raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
            if tree.is_nested(y):
                sample_weight = _weights_for(y, sample_weight)
        if class_weight is not None:
            if tree.is_nested(y):
                raise ValueError("`class_weight` is only supported for Models with a single output.")
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        inputs = tree.map_structure(_as_array, (x, y, sample_weight))
        check_data_cardinality(inputs)
        count = {int(a.shape[0]) for a in tree.flatten(inputs) if a is not None}.pop()
        if not batch_size:
            batch_size = -(-count // steps) if steps else 32
        self._inputs = pack_x_y_sample_weight(*inputs)
        self._count, self._batch, self._shuffle = count, int(batch_size), shuffle
        self.num_batches = -(-count // self._batch)
        self.batch_size = None if count % self._batch else self._batch

    def batches(self) -> Iterator[Any]:
        count, batch = self._count, self._batch
        starts = range(0, count, batch)
        order = None
        if self._shuffle == "batch":
            orders = pipeline_orders([min(batch, count - start) for start in starts])
            order = np.concatenate([start + part for start, part in zip(starts, orders, strict=True)])
        elif self._shuffle:
            (order,) = pipeline_orders([count])
        inputs = self._inputs
        flat = tree.flatten(inputs)
        simple = (
            isinstance(inputs, tuple)
            and all(a is b for a, b in zip(inputs, flat, strict=False))
            and len(inputs) == len(flat)
        )
        wrap = Tensor.wrap
        for start in starts:
            stop = min(start + batch, count)
            at = slice(start, stop) if order is None else order[start:stop]
            cut = [None if a is None else wrap(a[at]) for a in flat]
            yield tuple(cut) if simple else tree.pack_sequence_as(tree.lists_to_tuples(inputs), cut)


def _weights_for(y: Any, sample_weight: Any) -> Any:
    if isinstance(sample_weight, (list, tuple, dict)):
        try:
            tree.assert_same_structure(y, sample_weight)
        except ValueError:
            raise ValueError(
                "You should provide one `sample_weight` array per output in `y`. The two structures did not match:\n"
                f"- y: {y}\n- sample_weight: {sample_weight}\n"
            ) from None
        return sample_weight
    shape = sample_weight.shape
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
        raise ValueError(
            "For a model with multiple outputs, when providing a single `sample_weight` array, it should only have one scalar "
            f"score per sample (i.e. shape `(num_samples,)`). Received: sample_weight.shape={shape}."
        )
    return tree.map_structure(lambda _: sample_weight, y)


def _tensors(batch: Any) -> Any:
    def tensor(x: Any) -> Any:
        return None if x is None else Tensor.wrap(_as_array(x)) if not isinstance(x, Tensor) else x

    return tree.map_structure(tensor, tuple(batch) if isinstance(batch, list) else batch)


def _weighted(batch: Any, class_weight: Any) -> Any:
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    if sample_weight is not None:
        raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
    return x, y, as_tensor(class_weight_to_sample_weights(y, class_weight))


def _one_ahead(each: Iterator[Any]) -> Iterator[Any]:
    """The same elements, the first of them fetched now and each other one before the one in front of it is given."""
    first = next(each, None)

    def rest(held: Any) -> Iterator[Any]:
        while held is not None:
            given, held = held, next(each, None)
            yield given

    return rest(first)


class DatasetAdapter(Adapter):
    """A `tf.data.Dataset`, which is in batches already."""

    def __init__(self, dataset: Any, class_weight: Any) -> None:
        self._dataset, self._class_weight = dataset, class_weight
        size = int(dataset.cardinality())
        self.num_batches = None if size < 0 else size
        first = next(iter(tree.flatten(dataset.element_spec)), None)
        sizes = getattr(first, "shape", None)
        self.batch_size = sizes[0] if sizes is not None and sizes.rank else None

    def batches(self) -> Iterator[Any]:
        # Upstream's iterators draw an order as soon as they are made, and read one batch ahead.
        each = _one_ahead(iter(self._dataset)) if getattr(self._dataset, "shuffles", False) else iter(self._dataset)
        return each if self._class_weight is None else (_weighted(batch, self._class_weight) for batch in each)


class PyDatasetAdapter(Adapter):
    """A `keras.utils.PyDataset`: batches by number, in a shuffled order if asked for."""

    def __init__(self, dataset: Any, class_weight: Any, shuffle: Any) -> None:
        self._dataset, self._class_weight, self._shuffle = dataset, class_weight, shuffle
        self.num_batches = dataset.num_batches

    def batches(self) -> Iterator[Any]:
        for batch in self._dataset._batches(bool(self._shuffle)):
            if not isinstance(batch, (tuple, list)):
                batch = (batch,)
            batch = _tensors(tuple(batch))
            yield _weighted(batch, self._class_weight) if self._class_weight is not None else batch

    def on_epoch_begin(self) -> None:
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self._dataset.on_epoch_end()
        self.num_batches = self._dataset.num_batches


class GeneratorAdapter(Adapter):
    """A generator of batches, which has but one epoch in it."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def batches(self) -> Iterator[Any]:
        for batch in self._generator:
            yield _tensors(batch)


class LoaderAdapter(Adapter):
    """A loader of the PyTorch dialect, or any sized iterable of batches."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self.num_batches = len(loader) if hasattr(loader, "__len__") else None

    def batches(self) -> Iterator[Any]:
        for batch in self._loader:
            yield _tensors(tree.map_structure(np.asarray, batch))


def is_tf_dataset(x: Any) -> bool:
    """Whether `x` is a `tf.data.Dataset`."""
    return hasattr(x, "element_spec") and hasattr(x, "cardinality") and hasattr(x, "as_numpy_iterator")


def _no_more(kind: str, y: Any, sample_weight: Any, shuffle: Any, note: str) -> None:
    for name, what, value in (("y", "the targets", y), ("sample_weights", "the sample weights", sample_weight)):
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, {what} should be included as part "
                f"of the {kind}."
            )
    if shuffle:
        warnings.warn(
            f"`shuffle=True` was passed, but will be ignored since the data `x` was provided as {note}", stacklevel=4
        )


def get_data_adapter(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    steps_per_epoch: int | None = None,
    shuffle: Any = False,
    class_weight: Any = None,
) -> Adapter:
    """The adapter for what was given as `x`; ValueError for data of an unknown kind."""
    from plait.keras.utils.py_dataset import PyDataset

    if isinstance(x, Adapter):
        return x
    if can_convert_arrays((x, y, sample_weight)):
        return ArrayAdapter(x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight)
    if is_tf_dataset(x):
        note = "a tf.data.Dataset. The Dataset is expected to already be shuffled (via `.shuffle(buffer_size)`)."
        _no_more("tf.data.Dataset", y, sample_weight, shuffle, note)
        return DatasetAdapter(x, class_weight)
    if isinstance(x, PyDataset):
        note = "an infinite PyDataset. The PyDataset is expected to already be shuffled."
        _no_more("PyDataset", y, sample_weight, shuffle and x.num_batches is None, note)
        return PyDatasetAdapter(x, class_weight, shuffle)
    if isinstance(x, types.GeneratorType):
        note = "a generator. The generator is expected to yield already-shuffled data."
        _no_more("generator", y, sample_weight, shuffle, note)
        if class_weight is not None:
            raise ValueError(
                f"Argument `class_weight` is not supported for Python generator inputs. Received: class_weight={class_weight}"
            )
        return GeneratorAdapter(x)
    if type(x).__name__ == "DataLoader":
        note = "a torch DataLoader. The DataLoader is expected to already be shuffled."
        _no_more("torch DataLoader", y, sample_weight, shuffle, note)
        if class_weight is not None:
            raise ValueError("Argument `class_weight` is not supported for torch DataLoader inputs.")
        return LoaderAdapter(x)
    raise ValueError(f"Unrecognized data type: x={x} (of type {type(x)})")


class EpochIterator:
    """Steps of an epoch: pairs of numbers (of the first and last batch of a step) with the iterator to take batches from."""

    def __init__(self, adapter: Adapter, steps_per_epoch: int | None = None, steps_per_execution: int = 1) -> None:
        self.adapter, self.steps_per_epoch, self.steps_per_execution = adapter, steps_per_epoch, steps_per_execution
        self._held: Iterator[Any] | None = None
        self._seen = 0

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has, if that is known."""
        return self.steps_per_epoch or self.adapter.num_batches

    def reset(self) -> None:
        """Begin anew with the next epoch; for the data that ends one, as upstream has it."""
        self._held = None
        self.adapter.on_epoch_end()

    def _ran_out(self) -> None:
        warnings.warn(
            "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
            "`steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function when building your dataset.",
            stacklevel=3,
        )

    def epoch(self) -> Iterator[tuple[int, int, list[Any]]]:
        """Each step of an epoch, with its batches."""
        self.adapter.on_epoch_begin()
        count = self.adapter.num_batches
        steps = self.steps_per_epoch or count
        if self._held is None or self.steps_per_epoch is None:
            self._held = self.adapter.batches()
            self._seen = 0
        step, size = 0, self.steps_per_execution
        while steps is None or step < steps:
            if count and self._seen >= count:
                if self.steps_per_epoch:
                    self._ran_out()
                break
            batches = []
            for _ in range(size):
                batch = next(self._held, None)
                if batch is None:
                    break
                batches.append(batch)
            if batches:
                self._seen += size
                yield step, step + size - 1, batches
            if len(batches) < size:
                if steps is not None and not batches:
                    self._ran_out()
                if count is None and self.steps_per_epoch is None:
                    self.adapter.num_batches = self._seen
                self._held = None
                break
            step += size
        if self._held is not None and count and self._seen >= count:
            self._held = self.adapter.batches()
            self._seen = 0
        self.adapter.on_epoch_end()
