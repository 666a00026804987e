"""Datasets: chains of iterators over elements, which are tensors or structures of them.

Rules of this file: a dataset knows its element's spec and how to begin anew. As long as elements are slices of given arrays, places stand for
them (`_source`), so that shuffling and batching move numbers and each batch is gathered once.
"""

from __future__ import annotations

import functools
import glob
import itertools
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._errors import InvalidArgumentError, refused
from plait.keras._shape import TensorShape
from plait.keras._tensor import Tensor
from plait.keras.random._stateful import op_seeds
from plait.tensorflow._call import wrap
from plait.tensorflow._function import TensorSpec
from plait.tensorflow.data._elements import (
    Whole,
    _called,
    _chunks,
    _datasets,
    _first_spec,
    _fitted,
    _mapped_spec,
    _normal,
    _rebuilt,
    _shapes,
    _Source,
    _spec,
    _stacked,
)
from plait.tensorflow.data._shuffling import Shuffler

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset", "Options"]

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


class Options:
    """Options of a pipeline; kept and without effect."""

    def __init__(self) -> None:
        self.deterministic: bool | None = None


class Dataset(Whole):
    """A sequence of elements that can be gone through again and again.

    >>> from plait import tensorflow as tf
    >>> [int(x) for x in tf.data.Dataset.range(5).map(lambda x: x * x)]
    [0, 1, 4, 9, 16]
    """

    __module__ = "tensorflow.python.data.ops.dataset_ops"

    def __init__(
        self, spec: Any, make: Callable[[], Iterator[Any]], count: int, kind: str, source: _Source | None = None
    ) -> None:
        self._element_spec, self._make, self._count, self._kind, self._source = spec, make, count, kind, source
        self._shufflers: tuple[Shuffler, ...] = ()

    # --- going through ----------------------------------------------------------------------------------------------------

    def _elements(self) -> Iterator[Any]:
        source = self._source
        return iter(self._make()) if source is None else map(source.pick, self._make())

    def __iter__(self) -> Iterator[Any]:
        each = self._elements()
        if self._shufflers:  # the orders are drawn when the iterator is made
            for first in each:
                return itertools.chain((first,), each)
        return each

    @property
    def shuffles(self) -> bool:
        """Whether a dataset that it comes from is shuffled."""
        return bool(self._shufflers)

    def spend_iteration(self) -> None:
        """Pass over the orders of one iteration, as an iterator does that nobody goes through."""
        for shuffler in self._shufflers:
            shuffler.spend()

    def __len__(self) -> int:
        if self._count == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if self._count == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return self._count

    def __bool__(self) -> bool:
        return True

    def cardinality(self) -> Any:
        """The number of elements, -1 for infinitely many, -2 where unknown; an int64 tensor."""
        return wrap(np.int64(self._count))

    @property
    def element_spec(self) -> Any:
        """What each element looks like."""
        if callable(self._element_spec) and not isinstance(self._element_spec, TensorSpec):
            self._element_spec = self._element_spec()
        return self._element_spec

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The elements as NumPy arrays and scalars."""
        return (tree.map_structure(lambda t: t.numpy() if hasattr(t, "numpy") else t, e) for e in self._elements())

    def __repr__(self) -> str:
        lead = "" if self._kind == "Cache" else "_"
        return f"<{lead}{self._kind}Dataset element_spec={self.element_spec!r}>"

    def _next(self, make: Callable[[], Iterator[Any]], count: int, kind: str) -> Dataset:
        """A dataset of the same elements in another order or number."""
        return Dataset(lambda: self.element_spec, make, count, kind, self._source)

    # --- sources ----------------------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors: Any, name: Any = None) -> Dataset:
        """The slices along axis 0 of tensors in a structure; ValueError where their sizes differ."""
        like = _normal(tensors)
        arrays = [t.array for t in tree.flatten(like)]
        if not arrays:
            raise ValueError("Invalid `tensors`. `tensors` must not be empty: nothing to slice.")
        if any(not a.ndim for a in arrays):
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        if len({len(a) for a in arrays}) > 1:
            raise ValueError(
                f"Dimensions {arrays[0].shape[0]} and {next(len(a) for a in arrays if len(a) != len(arrays[0]))} are not compatible"
            )
        source = _Source(like, arrays)
        spec = tree.map_structure(lambda t: TensorSpec(t.array.shape[1:], t.dtype), like)
        return Dataset(spec, lambda: iter(range(source.n)), source.n, "TensorSlice", source)

    @staticmethod
    def from_tensors(tensors: Any, name: Any = None) -> Dataset:
        """One element."""
        like = _normal(tensors)
        return Dataset(_spec(like), lambda: iter([like]), 1, "Tensor")

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> Dataset:
        """range(stop), range(start, stop) or range(start, stop, step), int64 scalars (or of `output_type`)."""
        dtype = kwargs.get("output_type", "int64")
        from plait.tensorflow._call import numpy_of

        want = numpy_of(dtype)
        numbers = range(*(int(a) for a in args))
        return Dataset(
            TensorSpec((), dtype), lambda: (Tensor.wrap(np.array(i, want)) for i in numbers), len(numbers), "Range"
        )

    @staticmethod
    def from_generator(
        generator: Callable[..., Any], output_types: Any = None, output_shapes: Any = None, args: Any = None, output_signature: Any = None,
        name: Any = None,
    ) -> Dataset:  # fmt: skip
        """What a generator function yields, as `output_signature` (or `output_types` and `output_shapes`) says."""
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is None:
            if output_types is None:
                raise TypeError("Either `output_signature` or `output_types` must be specified.")
            shapes = (
                tree.map_structure(lambda _: TensorShape(None), output_types)
                if output_shapes is None
                else output_shapes
            )
            flat = [TensorSpec(s, t) for s, t in zip(_shapes(shapes), tree.flatten(output_types), strict=True)]
            output_signature = tree.pack_sequence_as(output_types, flat)
        given = [as_tensor(a).numpy() for a in args] if args is not None else []

        def make() -> Iterator[Any]:
            for value in generator(*given):
                yield _fitted(value, output_signature)

        return Dataset(output_signature, make, UNKNOWN_CARDINALITY, "FlatMap")

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: Any = None) -> Dataset:
        """Elements of several datasets side by side, until one ends."""
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        flat = _datasets(given)

        def make() -> Iterator[Any]:
            for parts in zip(*(d._elements() for d in flat), strict=False):
                yield _rebuilt(given, iter(parts))

        counts = [d._count for d in flat if d._count != INFINITE_CARDINALITY]
        count = INFINITE_CARDINALITY if not counts else UNKNOWN_CARDINALITY if min(counts) < 0 else min(counts)
        return Dataset(lambda: _rebuilt(given, iter([d.element_spec for d in flat])), make, count, "Zip")

    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: Any = None, name: Any = None) -> Dataset:
        """The names of files that match patterns, shuffled unless `shuffle` is False."""
        patterns = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
        names = sorted({f for p in patterns for f in glob.glob(p)})
        if not names:
            raise InvalidArgumentError(f"No files matched pattern: {', '.join(patterns)}")
        found = Dataset.from_tensor_slices(names)
        return found.shuffle(len(names), seed) if shuffle is not False else found

    # --- transformations --------------------------------------------------------------------------------------------------

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
        name: Any = None,
    ) -> Dataset:
        """`batch_size` elements at a time, joined along a new axis 0; the last may be smaller unless it is dropped."""
        n = int(batch_size)
        if n < 1:
            raise refused("BatchDatasetV2", "Batch size must be greater than zero.")
        source, make = self._source, self._make
        whole = self._count // n if drop_remainder else -(-self._count // n)
        join = _stacked if source is None else source.gather
        head = n if drop_remainder else None
        return Dataset(
            lambda: tree.map_structure(lambda s: TensorSpec(TensorShape([head]) + s.shape, s.dtype), self.element_spec),
            lambda: map(join, _chunks(make, n, bool(drop_remainder))), whole if self._count >= 0 else self._count,
            "ParallelBatch" if num_parallel_calls is not None else "Batch",
        )  # fmt: skip

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: Any = None,
    ) -> Dataset:
        """`batch_size` elements at a time, padded at their ends to the longest of the batch."""
        fill = 0 if padding_values is None else padding_values

        def join(elements: list[Any]) -> Any:
            flat = [tree.flatten(e) for e in elements]
            fills = tree.flatten(fill) * len(flat[0]) if not tree.is_nested(fill) else tree.flatten(fill)
            out = []
            for parts, value in zip(zip(*flat, strict=True), fills, strict=True):
                sizes = np.max([p.array.shape for p in parts], axis=0)
                block = np.full((len(parts), *sizes), as_tensor(value).array, parts[0].array.dtype)
                for i, p in enumerate(parts):
                    where: Any = (i, *(slice(0, m) for m in p.array.shape))
                    block[where] = p.array
                out.append(Tensor.wrap(block))
            return tree.pack_sequence_as(elements[0], out)

        n = int(batch_size)
        return Dataset(
            lambda: tree.map_structure(lambda s: TensorSpec([None] * ((s.shape.rank or 0) + 1), s.dtype), self.element_spec),
            lambda: map(join, _chunks(self._elements, n, bool(drop_remainder))),
            self._count if self._count < 0 else self._count // n if drop_remainder else -(-self._count // n), "PaddedBatch",
        )  # fmt: skip

    def unbatch(self, name: Any = None) -> Dataset:
        """The slices along axis 0 of each element."""

        def make() -> Iterator[Any]:
            for e in self._elements():
                source = _Source(e, [t.array for t in tree.flatten(e)])
                yield from map(source.pick, range(source.n))

        spec = lambda: tree.map_structure(lambda s: TensorSpec(s.shape[1:], s.dtype), self.element_spec)  # noqa: E731
        return Dataset(spec, make, UNKNOWN_CARDINALITY, "Unbatch")

    def map(
        self, map_func: Callable[..., Any], num_parallel_calls: Any = None, deterministic: Any = None, synchronous: Any = None,
        use_unbounded_threadpool: bool = False, name: Any = None,
    ) -> Dataset:  # fmt: skip
        """`map_func` of each element; the parts of a tuple are its arguments."""

        def make() -> Iterator[Any]:
            for e in self._elements():
                yield _normal(_called(map_func, e))

        kind = "Map" if num_parallel_calls is None else "ParallelMap"
        return Dataset(lambda: _mapped_spec(map_func, self.element_spec), make, self._count, kind)

    def filter(self, predicate: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements for which `predicate` holds."""

        def make() -> Iterator[Any]:
            return (e for e in self._elements() if bool(_called(predicate, e)))

        return Dataset(lambda: self.element_spec, make, UNKNOWN_CARDINALITY, "Filter")

    def flat_map(self, map_func: Callable[..., Any], name: Any = None) -> Dataset:
        """The elements of the datasets that `map_func` makes of the elements."""

        def make() -> Iterator[Any]:
            for e in self._elements():
                yield from _called(map_func, e)._elements()

        return Dataset(lambda: _first_spec(make), make, UNKNOWN_CARDINALITY, "FlatMap")

    def interleave(
        self, map_func: Callable[..., Any], cycle_length: Any = None, block_length: Any = None, num_parallel_calls: Any = None,
        deterministic: Any = None, name: Any = None,
    ) -> Dataset:  # fmt: skip
        """Blocks of elements of `cycle_length` datasets in turn."""
        cycle, block = cycle_length or 2, block_length or 1

        def make() -> Iterator[Any]:
            outer = self._elements()
            active = [iter(_called(map_func, e)) for e in islice(outer, cycle)]
            at = 0
            while active:
                at %= len(active)
                got = list(islice(active[at], block))
                yield from got
                if len(got) < block:
                    following = next(outer, None)
                    if following is None:
                        del active[at]
                        continue
                    active[at] = iter(_called(map_func, following))
                at += 1

        return Dataset(lambda: _first_spec(make), make, UNKNOWN_CARDINALITY, "Interleave")

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: Any = True, name: Any = None
    ) -> Dataset:
        """Elements drawn from a buffer of `buffer_size`; another order in each iteration unless told not to."""
        n = int(buffer_size)
        if n < 1 and n != -2:
            raise InvalidArgumentError(
                f"buffer_size must be greater than zero or UNKNOWN_CARDINALITY. [Op:ShuffleDatasetV3] got {n}"
            )
        shuffler = Shuffler(op_seeds(seed), reshuffle_each_iteration is not False)
        found = self._next(
            lambda: shuffler.shuffled(self._make(), n if n > 0 else max(self._count, 1)), self._count, "Shuffle"
        )
        found._shufflers = (shuffler,)
        return found

    def repeat(self, count: Any = None, name: Any = None) -> Dataset:
        """The elements `count` times over, for ever for None and -1."""
        times = -1 if count is None else int(count)

        def make() -> Iterator[Any]:
            if not times:
                return
            done = 0
            while times < 0 or done < times:
                some = False
                for e in self._make():
                    some = True
                    yield e
                done += 1
                if not some:
                    return
            if (
                self._kind != "Shuffle"
            ):  # upstream makes one iterator more than it goes through; of a shuffle it makes one op
                self.spend_iteration()

        total = (
            INFINITE_CARDINALITY
            if times < 0 and self._count
            else self._count * times
            if self._count >= 0
            else self._count
        )
        return self._next(make, 0 if times == 0 else total, "Repeat")

    def take(self, count: Any, name: Any = None) -> Dataset:
        """The first `count` elements; all for -1."""
        n = int(count)
        known = (
            self._count
            if n < 0
            else n
            if self._count == INFINITE_CARDINALITY
            else min(n, self._count)
            if self._count >= 0
            else self._count
        )
        return self._next(lambda: islice(self._make(), None if n < 0 else n), known, "Take")

    def skip(self, count: Any, name: Any = None) -> Dataset:
        """All but the first `count` elements; none for -1."""
        n = int(count)
        known = 0 if n < 0 else max(self._count - n, 0) if self._count >= 0 else self._count
        return self._next(lambda: islice(self._make(), 0) if n < 0 else islice(self._make(), n, None), known, "Skip")

    def shard(self, num_shards: Any, index: Any, name: Any = None) -> Dataset:
        """Every `num_shards`-th element, from `index` on."""
        n, i = int(num_shards), int(index)
        known = max(-(-(self._count - i) // n), 0) if self._count >= 0 else self._count
        return self._next(lambda: islice(self._make(), i, None, n), known, "Shard")

    def cache(self, filename: Any = "", name: Any = None) -> Dataset:
        """The elements of the first complete iteration, kept in memory."""
        if filename:
            raise NotImplementedError(
                "Dataset.cache: a file as cache is not part of plait; leave filename empty for memory"
            )
        kept: list[Any] = []
        full = [False]

        def make() -> Iterator[Any]:
            if full[0]:
                yield from kept
                return
            fresh = []
            for e in self._make():
                fresh.append(e)
                yield e
            kept[:] = fresh
            full[0] = True

        return self._next(make, self._count, "Cache")

    def prefetch(self, buffer_size: Any, name: Any = None) -> Dataset:
        """The same elements; upstream prepares some ahead."""
        return self._next(self._make, self._count, "Prefetch")

    def enumerate(self, start: Any = 0, name: Any = None) -> Dataset:
        """(number, element) from `start` on, numbers int64."""
        first = int(start)

        def make() -> Iterator[Any]:
            for i, e in enumerate(self._elements(), first):
                yield Tensor.wrap(np.array(i, np.int64)), e

        return Dataset(lambda: (TensorSpec((), "int64"), self.element_spec), make, self._count, "Zip")

    def concatenate(self, dataset: Dataset, name: Any = None) -> Dataset:
        """These elements, then those of another dataset."""

        def make() -> Iterator[Any]:
            yield from self._elements()
            yield from dataset._elements()

        known = (
            self._count + dataset._count if min(self._count, dataset._count) >= 0 else min(self._count, dataset._count)
        )
        if INFINITE_CARDINALITY in (self._count, dataset._count):
            known = INFINITE_CARDINALITY
        return Dataset(lambda: self.element_spec, make, known, "Concatenate")

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: Any = None
    ) -> Dataset:
        """Datasets of `size` elements each, which begin `shift` apart."""
        n, step = int(size), int(stride)
        move = n if shift is None else int(shift)

        def make() -> Iterator[Any]:
            every = list(self._elements())
            for at in range(0, len(every), move):
                part = every[at : at + n * step : step]
                if len(part) == n or not drop_remainder:
                    yield Dataset(self.element_spec, lambda part=part: iter(part), len(part), "Variant")  # type: ignore[misc]

        return Dataset(lambda: self.element_spec, make, UNKNOWN_CARDINALITY, "Window")

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: Any = None) -> Any:
        """`reduce_func(state, element)` over all elements."""
        state = _normal(initial_state)
        for e in self._elements():
            state = _normal(reduce_func(state, e))
        return state

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """`transformation_func` of this dataset."""
        return transformation_func(self)

    def options(self) -> Options:
        """The options."""
        return Options()

    def with_options(self, options: Any, name: Any = None) -> Dataset:
        """The same dataset; options have no effect."""
        return self._next(self._make, self._count, "Options")


def _remembering(method: Callable[..., Any]) -> Callable[..., Any]:
    """A transformation whose result knows the shufflers of what it is made of."""

    @functools.wraps(method)
    def call(self: Dataset, *args: Any, **kwargs: Any) -> Any:
        found = method(self, *args, **kwargs)
        others = [a for a in args if isinstance(a, Dataset)]
        found._shufflers += sum((d._shufflers for d in (self, *others)), ())
        return found

    return call


for _name in (
    "batch", "padded_batch", "unbatch", "map", "filter", "flat_map", "interleave", "shuffle", "repeat", "take", "skip", "shard", "cache", "prefetch",
    "enumerate", "concatenate", "window", "with_options",
):  # fmt: skip
    setattr(Dataset, _name, _remembering(getattr(Dataset, _name)))
