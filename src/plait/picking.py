"""What the brackets of a tensor name: views for integers, slices, None and …; index arrays for tensors, lists and masks.

Rules of this file: integers and slices make views first; index arrays and masks, by the dimensions of that view, come after. A dialect
subclasses `Brackets` with its own idea of what may stand in brackets, and its own words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.dtypes import BOOL, I64, U8
from plait.op import apply
from plait.ops import arrange, shape, views
from plait.ops import index as ix
from plait.tensor import Tensor

__all__ = ["Brackets", "check_bounds", "consumed", "select", "short_key"]


def select(x: Any, dim: int, index: int, place: int | None = None) -> Any:
    """Element `index` along a dimension; IndexError, which names the item by its place in the brackets, where there is none such."""
    n = x.array.shape[dim]
    if index < 0:
        if index < -n:
            raise IndexError(
                f"index {index} is out of bounds for dimension {dim if place is None else place} with size {n}"
            )
        index += n
    elif index >= n:
        raise IndexError(
            f"index {index} is out of bounds for dimension {dim if place is None else place} with size {n}"
        )
    return apply(views.SELECT, (x,), (dim, index))


def _bound(value: Any) -> Any:
    if value is None or type(value) is int:
        return value
    if isinstance(value, Tensor):
        if value.array.size != 1 or value.array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(value.array.reshape(-1)[0])
    if hasattr(value, "__index__"):
        return value.__index__()
    raise TypeError("slice indices must be integers or None or have an __index__ method")


def consumed(item: Any) -> int:
    """How many dimensions an item of the brackets takes."""
    if item is None or item is Ellipsis or item is True or item is False:
        return 0
    if isinstance(item, Tensor) and item.array.dtype in (BOOL, U8):
        return item.array.ndim
    if isinstance(item, np.ndarray) and item.dtype == bool:
        return item.ndim
    if isinstance(item, (list, range)) and not isinstance(item, range):
        probe: Any = item
        depth = 0
        while isinstance(probe, list) and probe:
            probe, depth = probe[0], depth + 1
        return depth if isinstance(probe, (bool, np.bool_)) else 1
    return 1


def _check_bounds(x: Any, array: Any, dim: int) -> None:
    n = x.array.shape[dim]
    if array.size:
        low, high = int(array.min()), int(array.max())
        if low < -n or high >= n:
            raise IndexError(f"index {low if low < -n else high} is out of bounds for dimension {dim} with size {n}")


def check_bounds(x: Any, arrays: Any, dims: Any) -> None:
    """IndexError that names the first index out of bounds, if there is one."""
    for index, dim in zip(arrays, dims, strict=True):
        _check_bounds(x, index.array, dim)


def short_key(key: Any, ndim: int) -> Any:
    """A key of integers, slices, None and … as NumPy takes it, where the tape does not care for the steps between; else None."""
    if type(key) is not tuple:
        key = (key,)
    taken = 0
    for item in key:
        kind = type(item)
        if kind is int:
            taken += 1
        elif kind is slice:
            taken += 1
            for bound in (item.start, item.stop):
                if bound is not None and type(bound) is not int:
                    return None
            if item.step is not None and (type(item.step) is not int or item.step < 1):
                return None
        else:
            return None
    return (*key, Ellipsis) if 0 < taken <= ndim else None


class Brackets:
    """How a dialect reads what stands in a tensor's brackets."""

    #: Whether a slice may have a negative step.
    backwards = False

    def unpack(self, key: Any) -> tuple[Any, ...]:
        """The items of a key."""
        return key if type(key) is tuple else (key,)

    def as_index(self, value: Any) -> Any:
        """A list, array or tensor as an index tensor: of integers, bool, or uint8 for a mask."""
        raise NotImplementedError

    def wrong(self, value: Any) -> Exception:
        """The error for what may not stand in brackets."""
        return IndexError(f"a tensor cannot be indexed by {type(value).__name__}")

    def misfit(self, message: str) -> Exception:
        """The error for index tensors whose shapes do not broadcast."""
        return IndexError(message)

    def scalar(self) -> Exception:
        """The error for the index of a 0-D tensor."""
        return IndexError("a 0-D tensor has no elements to index")

    def too_many(self, x: Any, items: tuple[Any, ...]) -> Exception:
        """The error for items that take more than the dimensions of x."""
        return IndexError(f"too many indices for tensor of dimension {x.array.ndim}")

    def byte_mask(self) -> None:
        """Called for a mask of uint8."""

    def prepare(self, x: Any, key: Any) -> tuple[Any, list[Any]]:
        """The view that integers, slices, None and … make, and the index tensors that remain, as (dimension, tensor)."""
        items = self.unpack(key)
        taken = 0
        for item in items:
            if isinstance(item, (str, bytes)):
                raise self.wrong(item)
            taken += consumed(item)
        n = x.array.ndim
        if n == 0 and taken and len(items) == 1 and not isinstance(items[0], (Tensor, list, np.ndarray)):
            if type(items[0]) is int or isinstance(items[0], (int, np.integer)):
                raise self.scalar()
        if taken > n:
            raise self.too_many(x, items)
        dim = 0
        rest: list[Any] = []
        for place, item in enumerate(items):
            kind = type(item)
            if kind is int:
                x = select(x, dim, item, place)
            elif kind is slice:
                x = self._slice(x, dim, item, len(items) > 1)
                dim += 1
            elif item is None:
                x = apply(views.UNSQUEEZE, (x,), (dim,))
                dim += 1
            elif item is Ellipsis:
                dim += n - taken
            elif kind is bool or kind is np.bool_:
                x = self._flag(x, dim, bool(item), rest)
                dim += 1
            elif isinstance(item, Tensor) and not item.array.ndim and item.array.dtype.kind in "iub":
                if item.array.dtype in (BOOL, U8):
                    x = self._flag(x, dim, bool(item.array), rest)
                    dim += 1
                else:
                    x = select(x, dim, int(item.array), place)
            elif isinstance(item, np.integer):
                x = select(x, dim, int(item), place)
            elif isinstance(item, (Tensor, list, range, np.ndarray, tuple)):
                index = self.as_index(list(item) if isinstance(item, (range, tuple)) else item)
                rest.append((dim, index))
                dim += index.array.ndim if index.array.dtype in (BOOL, U8) else 1
            elif hasattr(item, "__index__"):
                x = select(x, dim, item.__index__(), place)
            else:
                raise self.wrong(item)
        return x, rest

    def _flag(self, x: Any, dim: int, value: bool, rest: list[Any]) -> Any:
        rest.append((dim, x.face.wrap(np.asarray([value]))))
        return apply(views.UNSQUEEZE, (x,), (dim,))

    def _slice(self, x: Any, dim: int, item: slice, among: bool = False) -> Any:
        """The slice of a dimension; `among` other items, one that leaves the dimension whole makes no view."""
        start, stop, step = item.start, item.stop, item.step
        if start is None and stop is None and step is None and (dim or among):
            return x
        step = 1 if step is None else _bound(step)
        if step == 0:
            raise ValueError("slice step cannot be zero")
        if step < 0:
            if not self.backwards:
                raise ValueError("step must be greater than zero")
            chosen = range(x.array.shape[dim])[_bound(start) : _bound(stop) : step]
            low, high = (chosen[-1], chosen[0] + 1) if len(chosen) else (0, 0)
            return arrange.flip(apply(shape.SLICE, (x,), (dim, low, high, -step)), (dim,))
        lo, hi, by = slice(_bound(start), _bound(stop), step).indices(x.array.shape[dim])
        if hi < lo:
            hi = lo
        if among and lo == 0 and by == 1 and hi == x.array.shape[dim]:
            return x
        return apply(shape.SLICE, (x,), (dim, lo, hi, by))

    def _plain(self, x: Any, key: tuple[Any, ...]) -> Any:
        """The view that ints and slices make; None where there is anything else."""
        for item in key:
            if type(item) is not int and type(item) is not slice:
                return None
        dim = 0
        for place, item in enumerate(key):
            if type(item) is int:
                x = select(x, dim, item, place)
            else:
                x = self._slice(x, dim, item, len(key) > 1)
                dim += 1
        return x

    def expand_masks(self, x: Any, rest: list[Any]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
        """Index tensors in int64, masks as the coordinates of what is true, broadcast-checked, and their dimensions."""
        arrays: list[Any] = []
        dims: list[int] = []
        wrap = x.face.wrap
        for dim, index in rest:
            array = index.array
            if array.dtype == U8:
                self.byte_mask()
                array = array != 0
            if array.dtype == BOOL:
                for i, m in enumerate(array.shape):
                    if x.array.shape[dim + i] != m:
                        raise IndexError(f"The shape of the mask {list(array.shape)} at index {i} does not match the shape of the indexed "
                                         f"tensor {list(x.array.shape)} at index {dim + i}")  # fmt: skip
                for i, coordinates in enumerate(np.nonzero(array)):
                    arrays.append(coordinates)
                    dims.append(dim + i)
            else:
                arrays.append(array if array.dtype == I64 else array.astype(np.int64))
                dims.append(dim)
                if not x.array.size:
                    _check_bounds(x, array, dim)
        if len(rest) == 1:
            return tuple([wrap(a) for a in arrays]), tuple(dims)
        try:
            np.broadcast_shapes(*(a.shape for a in arrays))
        except ValueError:
            shapes = ", ".join(str(list(a.shape)) for a in arrays)
            raise self.misfit(
                f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}"
            ) from None
        return tuple(wrap(a) for a in arrays), tuple(dims)

    def get(self, x: Any, key: Any) -> Any:
        """What the brackets name: a view for integers and slices, a copy for tensors, lists and masks."""
        if type(key) is int and x.array.ndim:
            return select(x, 0, key)
        if type(key) is slice and x.array.ndim and x.tracks:
            return self._slice(x, 0, key)
        if not x.tracks and x.view_base is None:
            short = short_key(key, x.array.ndim)
            if short is not None:
                try:
                    return apply(views.BASIC, (x,), (short,))
                except IndexError:
                    pass  # the long way says what is wrong
        if type(key) is tuple and 0 < len(key) <= x.array.ndim:
            view = self._plain(x, key)
            if view is not None:
                return apply(views.ALIAS, (x,)) if view is x else view
        view, rest = self.prepare(x, key)
        if rest:
            arrays, dims = self.expand_masks(view, rest)
            try:
                return apply(ix.INDEX, (view, *arrays), (dims,))
            except IndexError:
                check_bounds(view, arrays, dims)
                raise
        return apply(views.ALIAS, (x,)) if view is x else view
