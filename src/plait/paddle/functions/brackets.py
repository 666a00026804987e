"""Tensor's [] for reading and writing, and what a tensor of one element is to Python.

Rules of this file: what may stand in brackets is said by `plait.picking`; here are Paddle's words, and writing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import picking
from plait.dtypes import BOOL, I32, I64
from plait.op import apply_
from plait.ops import index as ix
from plait.ops import shape
from plait.ops.copying import COPY
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import Number, check_leaf, number, retyped

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

    def scalar(self) -> Exception:
        return IndexError("(OutOfRange) a 0-D Tensor has no elements to index; use item()")


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
    if isinstance(value, Number):
        return number(value)
    raise ValueError(
        f"(InvalidArgument) Value type error. The assign value allows Tensor, ndarray, integer, float or bool, but received {type(value).__name__}."
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
    value = _value(value)
    if isinstance(item, slice) or (isinstance(item, tuple) and any([isinstance(i, slice) for i in item])):
        item, value = _forwards(self, item, value)
    check_leaf(self)
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


def _forwards(self: Tensor, item: Any, value: Any) -> tuple[Any, Any]:
    """Slices with negative steps as the same places in their order, and the value turned round in those dimensions."""
    items = item if isinstance(item, tuple) else (item,)
    if not any([isinstance(i, slice) and i.step is not None and int(number(i.step)) < 0 for i in items]):
        return item, value
    if any([isinstance(i, (list, Tensor, np.ndarray)) for i in items]):
        raise NotImplementedError(
            "assignment to slices with a negative step together with index tensors is not part of plait"
        )
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
