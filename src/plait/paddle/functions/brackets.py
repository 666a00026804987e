"""Tensor's [] for reading and writing, and what a tensor of one element is to Python.

Rules of this file: what may stand in brackets is said by `plait.picking`; here are Paddle's words, and writing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import picking
from plait.dtypes import BOOL, I32, I64
from plait.op import apply, apply_
from plait.ops import index as ix
from plait.ops import shape
from plait.ops.copying import COPY
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import check_leaf, number, retyped

__all__: list[str] = []


class _Brackets(picking.Brackets):
    backwards = True

    def as_index(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            array = np.asarray(
                [v.array if isinstance(v, Tensor) else v for v in value] if isinstance(value, list) else value
            )
            if array.dtype.kind == "f" and not array.size:
                array = array.astype(np.int64)
            value = Tensor.wrap(array.astype(np.int64) if array.dtype.kind in "iu" else array)
        if value.array.dtype.kind in "iu":
            return value if value.array.dtype in (I64, I32) else shape.to_dtype(value, I64)
        if value.array.dtype != BOOL:
            raise ValueError(
                f"(InvalidArgument) Index holds the wrong type, it holds [{value.array.dtype}], but desires to be integers or bool."
            )
        return value

    def wrong(self, value: Any) -> Exception:
        return ValueError(
            "(InvalidArgument) a Tensor is indexed by bool, integers, slices, …, None, tuples of these, and lists or Tensors of bool and "
            f"integers, but received {type(value).__name__}"
        )

    def misfit(self, message: str) -> Exception:
        return ValueError(f"(InvalidArgument) {message}")

    def too_many(self, x: Any, items: tuple[Any, ...]) -> Exception:
        sizes, dim = x.array.shape, 0
        for item in items:
            size = sizes[dim] if dim < len(sizes) else 0
            if _integer(item):
                if not -size <= int(number(item)) < size:
                    return IndexError(
                        f"(OutOfRange) index {int(number(item))} is out of bounds in the {dim}-th axis, of size {size}"
                    )
            elif not size and isinstance(item, (Tensor, list, np.ndarray)) and self.as_index(item).array.dtype == BOOL:
                return IndexError(f"(OutOfRange) a mask for the {dim}-th axis of a Tensor of {len(sizes)} dimensions")
            dim += picking.consumed(item)
        return ValueError(f"(InvalidArgument) too many indices for a Tensor of {len(sizes)} dimensions")

    def prepare(self, x: Any, key: Any) -> tuple[Any, list[Any]]:
        items = self.unpack(key)
        if sum([item is Ellipsis for item in items]) > 1:
            raise ValueError("(InvalidArgument) only one … may stand in the brackets of a Tensor")
        view, rest = super().prepare(x, key)
        if not rest or not any([item is None for item in items]):
            return view, rest
        # An index tensor counts the dimensions before it without those that None adds, as upstream's does.
        nones, added = 0, []
        for item in items:
            if item is None:
                nones += 1
            elif _advanced(item):
                added.append(nones)
        return view, [(dim - n, index) for (dim, index), n in zip(rest, added, strict=True)]

    def scalar(self) -> Exception:
        return IndexError("(OutOfRange) a 0-D Tensor has no elements to index; use item()")


def _integer(item: Any) -> bool:
    """Whether an item is one place of a dimension."""
    if isinstance(item, Tensor):
        return not item.array.ndim and item.array.dtype.kind in "iu"
    return isinstance(item, (int, np.integer)) and not isinstance(item, bool)


def _advanced(item: Any) -> bool:
    """Whether an item is an index tensor or a mask, or counts as one."""
    if isinstance(item, Tensor):
        return bool(item.array.ndim) or item.array.dtype == BOOL
    return isinstance(item, (bool, np.bool_, list, range, np.ndarray, tuple))


_brackets = _Brackets()
_get, _prepare, _expand = _brackets.get, _brackets.prepare, _brackets.expand_masks


@method
def __getitem__(self: Tensor, item: Any) -> Any:
    """What the brackets name: a view for integers and slices, a copy for tensors, lists and masks."""
    return _get(self, item)


def _value(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray):
        return Tensor.wrap(value)
    if isinstance(value, (int, float)):
        return number(value)
    raise ValueError(
        f"(InvalidArgument) Value type error. A value must be a Tensor, an ndarray, an integer, a float or a bool, but received {type(value).__name__}."
    )


def _fitting(value: Any, target: Any, sizes: Any) -> Any:
    """A value in the target's dtype, without leading dimensions of size 1 too many. ValueError where it does not broadcast to `sizes`."""
    if not isinstance(value, Tensor):
        return value
    if value.array.dtype != target.array.dtype:
        value = shape.to_dtype(value, target.array.dtype)
    have = value.array.shape
    while len(have) > len(sizes) and have[0] == 1:
        have = have[1:]
    if len(have) > len(sizes) or any([a not in (b, 1) for a, b in zip(have[::-1], sizes[::-1], strict=False)]):
        raise ValueError(
            f"(InvalidArgument) The shape of tensor assigned value must match the shape of target shape: {list(value.array.shape)}, but now "
            f"shape is {list(sizes)}."
        )
    return value if have == value.array.shape else shape.reshape(value, have)


@method
def __setitem__(self: Tensor, item: Any, value: Any) -> None:
    """Write a number, an array or a tensor to what the brackets name."""
    check_leaf(self)
    mixed = False
    if isinstance(item, slice) or (isinstance(item, tuple) and any([isinstance(i, slice) for i in item])):
        mixed = _mixed(item)
    if mixed:
        _scattered(self, item, value)
        return
    view, rest = _prepare(self, item)
    value = _value(value)
    if isinstance(item, (slice, tuple)) and _backwards(item):
        item, value = _forwards(self, item, value)
        view, rest = _prepare(self, item)
    try:
        if not rest:
            apply_(COPY, view, (view, _fitting(value, self, view.array.shape)))
            return
        try:
            arrays, dims = _expand(view, rest)
        except ValueError as error:
            raise SystemError(f"(Fatal) {error}") from None
        picking.check_bounds(view, arrays, dims)
        place = ix._index(np.broadcast_to(np.empty((), BOOL), view.array.shape), *(a.array for a in arrays), dims).shape
        apply_(ix.INDEX_PUT, view, (view, _fitting(value, self, place), *arrays), (dims, False))
    except RuntimeError as error:
        raise retyped(error) from None


def _backwards(item: Any) -> bool:
    """Whether there is a slice with a negative step."""
    items = item if isinstance(item, tuple) else (item,)
    return any([isinstance(i, slice) and i.step is not None and int(number(i.step)) < 0 for i in items])


def _mixed(item: Any) -> bool:
    """Whether a slice with a negative step stands beside index tensors."""
    return isinstance(item, tuple) and any([_advanced(i) for i in item]) and _backwards(item)


def _scattered(self: Tensor, item: Any, value: Any) -> None:
    """Write by the flat places of what the brackets name."""
    sizes = self.array.shape
    places = _get(Tensor.wrap(np.arange(self.array.size).reshape(sizes)), item)
    value = _fitting(_value(value), self, places.array.shape)
    flat = apply(ix.INDEX_PUT, (shape.reshape(self, (-1,)), value, places), ((0,), False))
    apply_(COPY, self, (self, shape.reshape(flat, sizes)))


def _forwards(self: Tensor, item: Any, value: Any) -> tuple[Any, Any]:
    """Slices with negative steps as the same places in their order, and the value turned round in those dimensions."""
    items = item if isinstance(item, tuple) else (item,)
    taken = sum([isinstance(i, (int, slice, np.integer)) and not isinstance(i, bool) for i in items])
    out, turned = [], []
    dim = at = 0
    for i in items:
        if i is Ellipsis:
            dim += self.array.ndim - taken
            at += self.array.ndim - taken
        elif isinstance(i, slice) and i.step is not None and int(number(i.step)) < 0:
            chosen = range(self.array.shape[dim])[i]
            i = slice(chosen[-1], chosen[0] + 1, -int(i.step)) if len(chosen) else slice(0, 0)
            turned.append(at)
        if i is None:
            at += 1
        elif isinstance(i, slice):
            dim, at = dim + 1, at + 1
        elif i is not Ellipsis:
            dim += 1
        out.append(i)
    if isinstance(value, Tensor) and value.array.ndim:
        from plait.ops.arrange import flip

        total = at + self.array.ndim - dim
        lead = total - value.array.ndim
        value = flip(value, [d - lead for d in turned if d >= lead])
    return tuple(out), value
