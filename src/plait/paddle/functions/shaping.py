"""Functions that change a tensor's shape or its order: views where the memory allows it.

Rules of this file: shapes come as lists, tuples or integer tensors; -1 is worked out, 0 in `reshape` keeps the input's size.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait.op import apply
from plait.ops import arrange, views
from plait.ops import shape as shapes
from plait.paddle import _dtypes
from plait.paddle._tensor import Tensor, method
from plait.paddle.functions._common import (
    axes_of,
    axis_of,
    function,
    integer,
    integers,
    made,
    need_tensor,
    shape_of,
)
from plait.paddle.functions.elementwise import in_place

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shape",
    "broadcast_tensors",
    "broadcast_to",
    "expand",
    "expand_as",
    "flatten",
    "flip",
    "meshgrid",
    "moveaxis",
    "permute",
    "ravel",
    "repeat_interleave",
    "reshape",
    "reverse",
    "roll",
    "rot90",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "tile",
    "transpose",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


def _resolved(x: Any, target: tuple[int, ...], name: str) -> tuple[int, ...]:
    have = x.array.shape
    out = []
    for i, n in enumerate(target):
        if n == 0 and x.array.size:
            if i >= len(have):
                raise ValueError(
                    f"(InvalidArgument) {name}(): a size of 0 keeps the size of x's dimension {i}, but x has {len(have)} dimensions"
                )
            n = have[i]
        elif n < -1:
            raise ValueError(f"(InvalidArgument) {name}(): sizes must be -1, 0 or positive; got {list(target)}")
        out.append(n)
    if out.count(-1) > 1:
        raise ValueError(f"(InvalidArgument) {name}(): only one size may be -1; got {list(target)}")
    known = math.prod([n for n in out if n != -1])
    fits = x.array.size == known if -1 not in out else known != 0 and x.array.size % known == 0
    if not fits:
        raise ValueError(
            f"(InvalidArgument) {name}(): a tensor of shape {list(have)} and {x.array.size} elements does not fit the shape {list(target)}"
        )
    return tuple(out)


@function("x:input", sizes=1)
def reshape(x: Any, shape: Any, name: str | None = None) -> Any:
    """The elements in another shape; -1 stands for what is left, 0 for the input's own size."""
    need_tensor(x, "reshape")
    return shapes.reshape(x, _resolved(x, shape_of(shape, "reshape"), "reshape"))


in_place("reshape", reshape, resizes=True)


@function("x:input", "shape_or_dtype:shape", "shape_or_dtype:size")
def view(x: Any, shape_or_dtype: Any, name: str | None = None) -> Any:
    """The same memory in another shape, or its bits read as another dtype."""
    need_tensor(x, "view")
    if isinstance(shape_or_dtype, (str, _dtypes.dtype)):
        return apply(views.VIEW_DTYPE, (x,), (_dtypes.as_numpy(shape_or_dtype),))
    target = _resolved(x, shape_of(shape_or_dtype, "view"), "view")
    if not shapes.can_view(x.array, target):
        raise ValueError(
            f"(InvalidArgument) view(): a tensor of strides {x.strides} cannot be seen in the shape {list(target)}; use reshape()"
        )
    return shapes.reshape(x, target)


@method("view")
def _view_method(self: Any, *shape: Any, **more: Any) -> Any:
    """`view`, with the sizes also one by one."""
    return view(self, *(shape if len(shape) <= 1 else (list(shape),)), **more)


@function("x:input", "other:y")
def view_as(x: Any, other: Any, name: str | None = None) -> Any:
    """`view` in the shape of `other`."""
    return view(x, list(need_tensor(other, "view_as", "other", 1).array.shape))


@function("x:input", "start_axis:start_dim", "stop_axis:end_dim")
def flatten(x: Any, start_axis: int = 0, stop_axis: int = -1, name: str | None = None) -> Any:
    """The dimensions from `start_axis` to `stop_axis` as one."""
    if not isinstance(x, Tensor):
        raise ValueError("The input x should be a Tensor")
    n = x.array.ndim
    for what, axis in (("start_axis", start_axis), ("stop_axis", stop_axis)):
        if not isinstance(axis, int):
            raise ValueError(f"The {what} should be a int, and in range [-rank(x), rank(x)); received {axis!r}")
    a, b = (axis_of(v, n, "flatten", k) for v, k in ((start_axis, "start_axis"), (stop_axis, "stop_axis")))
    if a > b:
        raise ValueError("The stop_axis should be larger than stat_axis")
    have = x.array.shape or (1,)
    return shapes.reshape(x, (*have[:a], math.prod(have[a : b + 1]), *have[b + 1 :]))


def _flattened(x: Any, start_axis: int = 0, stop_axis: int = -1, name: str | None = None) -> Any:
    """`flatten`, which refuses a scalar: upstream's form in place has no axis for it."""
    if isinstance(x, Tensor) and not x.array.ndim:
        raise ValueError("The start_axis should be a int, and in range [-rank(x), rank(x)); x has no dimensions")
    return flatten(x, start_axis, stop_axis, name)


in_place("flatten", _flattened, resizes=True)


@function("x:input")
def ravel(x: Any) -> Any:
    """One dimension."""
    return flatten(x)


@function("x:input", "axis:dim")
def squeeze(x: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without dimensions of size 1: all of them, or those of `axis` that are of size 1."""
    need_tensor(x, "squeeze")
    axes = axes_of(axis, x.array.ndim, "squeeze")
    if axes is None:
        return views.squeeze(x)
    return views.squeeze(x, [a for a in axes if x.array.ndim and x.array.shape[a] == 1])


in_place("squeeze", squeeze, resizes=True)


@function("x:input", "axis:dim")
def unsqueeze(x: Any, axis: Any, name: str | None = None) -> Any:
    """With new dimensions of size 1 at `axis`, one after the other."""
    need_tensor(x, "unsqueeze")
    if not isinstance(axis, (int, np.integer, list, tuple, Tensor)):
        raise TypeError(
            f"unsqueeze(): argument 'axis' must be int, list, tuple or Tensor, but got {type(axis).__name__}"
        )
    result = x
    for a in integers(axis, "unsqueeze", "axis"):
        n = result.array.ndim + 1
        if not -n <= a < n:
            raise ValueError(
                f"(InvalidArgument) unsqueeze(): axis must be in the range of [-{n}, {n}), but received {a}"
            )
        result = views.unsqueeze(result, a + n if a < 0 else a)
    return apply(views.ALIAS, (x,)) if result is x else result


in_place("unsqueeze", unsqueeze, resizes=True)


@function("x:input", "perm:dims", "perm:dim0", "name:dim1")
def transpose(x: Any, perm: Any, name: Any = None) -> Any:
    """The dimensions in the order of `perm` (those that it leaves out stay at the end), or two numbers' dimensions exchanged."""
    need_tensor(x, "transpose")
    if isinstance(perm, int) and isinstance(name, int):
        return swapaxes(x, perm, name)
    order = integers(perm, "transpose", "perm")
    n = x.array.ndim
    if len(order) < n:
        order += tuple(range(len(order), n))
    if sorted(order) != list(range(n)) and (
        len(order) != n or sorted(a % n if -n <= a < n else -1 for a in order) != list(range(n))
    ):
        raise ValueError(
            f"(InvalidArgument) transpose(): perm must hold each of the {n} dimensions of x once; got {list(order)}"
        )
    return shapes.permute(x, order)


in_place("transpose", transpose, resizes=True)


@function("x:input", "perm:dims", sizes=1)
def permute(x: Any, perm: Any, name: str | None = None) -> Any:
    """The dimensions in the order of `perm`."""
    return transpose(x, perm)


@function("input:x")
def t(input: Any, name: str | None = None) -> Any:
    """A matrix with its dimensions exchanged; fewer dimensions stay as they are."""
    need_tensor(input, "t", "input")
    if input.array.ndim > 2:
        raise ValueError(f"Input(input) only support N-D (N<=2) tensor, but received length of Input(input) is {input.array.ndim}. "
                         "Perhaps you can use paddle.tensor.transpose() instead.")  # fmt: skip
    return shapes.permute(input, (1, 0)) if input.array.ndim == 2 else apply(views.ALIAS, (input,))


in_place("t", t, resizes=True)


def _turned(self: Any) -> Any:
    return shapes.permute(self, tuple(range(self.array.ndim))[::-1])


def _turned_matrix(self: Any) -> Any:
    if self.array.ndim < 2:
        raise ValueError(f"Tensor.ndim({self.array.ndim}) is required to be greater than or equal to 2.")
    return swapaxes(self, -1, -2)


setattr(Tensor, "T", property(_turned, doc="The dimensions in reverse order."))  # noqa: B010
setattr(Tensor, "mT", property(_turned_matrix, doc="The last two dimensions exchanged."))  # noqa: B010


@function("x:input", "axis0:dim0", "axis1:dim1")
def swapaxes(x: Any, axis0: int, axis1: int, name: str | None = None) -> Any:
    """Two dimensions exchanged."""
    need_tensor(x, "swapaxes")
    a, b = axis_of(axis0, x.array.ndim, "swapaxes", "axis0"), axis_of(axis1, x.array.ndim, "swapaxes", "axis1")
    return views.transpose(x, a, b)


swapdims = swapaxes
method("swapdims")(swapaxes)


@function("x:input")
def moveaxis(x: Any, source: Any, destination: Any, name: str | None = None) -> Any:
    """The dimensions `source` at the places `destination`, the others in their order."""
    need_tensor(x, "moveaxis")
    a, b = integers(source, "moveaxis", "source"), integers(destination, "moveaxis", "destination")
    if len(a) != len(b):
        raise AssertionError("'source' must have the same number with 'destination'")
    n = x.array.ndim
    try:
        a, b = (
            tuple([axis_of(v, n, "moveaxis", k) for v in values]) for values, k in ((a, "source"), (b, "destination"))
        )
    except ValueError as error:
        raise AssertionError(str(error)) from None
    if len(set(a)) != len(a) or len(set(b)) != len(b):
        raise ValueError("each of 'source' and of 'destination' must be unique")
    return views.movedim(x, a, b)


@function("x:input", "axis:dims")
def flip(x: Any, axis: Any, name: str | None = None) -> Any:
    """The order along `axis` turned round."""
    need_tensor(x, "flip")
    return arrange.flip(x, axes_of(axis, x.array.ndim, "flip") or ())


reverse = flip
method("reverse")(flip)


@function("x:input", "axis:dims")
def roll(x: Any, shifts: Any, axis: Any = None, name: str | None = None) -> Any:
    """Moved by `shifts` along `axis` (the flattened tensor without it), what falls off coming in at the other end."""
    need_tensor(x, "roll")
    by = integers(shifts, "roll", "shifts")
    axes = axes_of(axis, x.array.ndim, "roll")
    if axes is None:
        return arrange.roll(x, by)
    if len(axes) != len(by):
        raise ValueError(
            f"(InvalidArgument) roll(): shifts and axis must have as many items; got {len(by)} and {len(axes)}"
        )
    return arrange.roll(x, by, axes)


@function("x:input")
def rot90(x: Any, k: int = 1, axes: Any = [0, 1], name: str | None = None) -> Any:  # noqa: B006
    """Turned by k quarters in the plane of `axes`."""
    need_tensor(x, "rot90")
    plane = axes_of(axes, x.array.ndim, "rot90")
    if len(plane) != 2 or plane[0] == plane[1]:
        raise ValueError(f"expected total rotation axes == 2 that differ, but got axes = {list(axes)}")
    return apply(arrange.ROT90, (x,), (integer(k, "rot90", "k"), plane))


@function("x:input", "repeat_times:dims")
def tile(x: Any, repeat_times: Any, name: str | None = None) -> Any:
    """Repeated that many times along each dimension."""
    need_tensor(x, "tile")
    times = integers(repeat_times, "tile", "repeat_times")
    if any([n < 0 for n in times]):
        raise ValueError(f"(InvalidArgument) tile(): repeat_times must not be negative; got {list(times)}")
    return arrange.repeat(x, (1,) * (x.array.ndim - len(times)) + times)


method("repeat")(tile)


@function("x:input", "shape:size", sizes=1)
def expand(x: Any, shape: Any, name: str | None = None) -> Any:
    """Dimensions of size 1 repeated up to `shape`; -1 keeps a size."""
    need_tensor(x, "expand")
    target = shape_of(shape, "expand")
    have = x.array.shape
    lead = len(target) - len(have)
    for i, n in enumerate(target):
        own = have[i - lead] if i >= lead else 1
        if lead < 0 or n < -1 or (n == -1 and i < lead) or (n != -1 and own not in (1, n)):
            raise ValueError(
                f"(InvalidArgument) expand(): x of shape {list(have)} cannot be expanded to the shape {list(target)}"
            )
    if lead < 0:
        raise ValueError(
            f"(InvalidArgument) expand(): the shape {list(target)} has fewer dimensions than x, {len(have)}"
        )
    return shapes.expand(x, target)


@function("x:input", "shape:size", sizes=1)
def broadcast_to(x: Any, shape: Any, name: str | None = None) -> Any:
    """`expand`."""
    return expand(x, shape)


@function("x:input", "y:other")
def expand_as(x: Any, y: Any, name: str | None = None) -> Any:
    """`expand` to the shape of `y`."""
    return expand(x, list(need_tensor(y, "expand_as", "y", 1).array.shape))


@function(method=False)
def broadcast_tensors(input: Any, name: str | None = None) -> Any:
    """The tensors, each expanded to the shape of all."""
    target = np.broadcast_shapes(*[need_tensor(t, "broadcast_tensors").array.shape for t in input])
    return [shapes.expand(t, target) for t in input]


def broadcast_shape(x_shape: Any, y_shape: Any) -> Any:
    """The shape that two shapes broadcast to."""
    try:
        return list(np.broadcast_shapes(tuple(x_shape), tuple(y_shape)))
    except ValueError:
        raise ValueError(
            f"(InvalidArgument) Broadcast dimension mismatch: {list(x_shape)} and {list(y_shape)}"
        ) from None


@function("x:input")
def repeat_interleave(
    x: Any, repeats: Any, axis: Any = None, name: str | None = None, *, output_size: int | None = None
) -> Any:
    """Every element along `axis` (of the flattened tensor without it) repeated in place."""
    need_tensor(x, "repeat_interleave")
    if axis is None:
        x, axis = shapes.reshape(x, (-1,)), 0
    at = axis_of(axis, x.array.ndim, "repeat_interleave")
    if isinstance(repeats, Tensor):
        from plait.ops.index import index_select

        counts = repeats.array.reshape(-1)
        if len(counts) == 1:
            counts = np.repeat(counts, x.array.shape[at])
        return index_select(x, at, made(np.repeat(np.arange(x.array.shape[at]), counts)))
    times = integer(repeats, "repeat_interleave", "repeats")
    if times < 0:
        raise ValueError(f"(InvalidArgument) repeat_interleave(): repeats must not be negative; got {times}")
    return apply(arrange.REPEAT_INTERLEAVE, (x,), (times, at))


@function("x:input")
def unflatten(x: Any, axis: int, shape: Any, name: str | None = None) -> Any:
    """One dimension as several."""
    need_tensor(x, "unflatten")
    at = axis_of(axis, x.array.ndim, "unflatten")
    have = x.array.shape
    return reshape(x, [*have[:at], *shape_of(shape, "unflatten"), *have[at + 1 :]])


@function(method=False)
def meshgrid(*args: Any, **kwargs: Any) -> Any:
    """Vectors as coordinates of a grid, "ij" order."""
    tensors = args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args
    indexing = kwargs.get("indexing") or "ij"
    for i, v in enumerate(tensors):
        if need_tensor(v, "meshgrid", "x", i).array.ndim > 1:
            raise ValueError(f"(InvalidArgument) meshgrid(): tensors must have 0 or 1 dimensions; got {v.array.ndim}")
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', but got {indexing}")
    vectors = [shapes.reshape(v, (-1,)) for v in tensors]
    n = len(vectors)
    full = [v.array.shape[0] for v in vectors]
    grids = [
        shapes.expand(shapes.reshape(v, [-1 if i == j else 1 for j in range(n)]), full) for i, v in enumerate(vectors)
    ]
    if indexing == "xy" and n > 1:
        grids = [views.transpose(g, 0, 1) for g in grids]
    return [shapes.clone(g) for g in grids]


def _at_least(n: int, inputs: Any, name: str) -> Any:
    out = []
    for x in inputs:
        need_tensor(x, name)
        d = x.array.ndim
        sizes = x.array.shape
        if d < n:
            sizes = {
                1: (1,),
                2: (1, *sizes) if d else (1, 1),
                3: (1, 1, 1) if not d else (1, *sizes, 1) if d == 1 else (*sizes, 1),
            }[n]
        out.append(shapes.reshape(x, sizes))
    return out[0] if len(out) == 1 else out


@function()
def atleast_1d(*inputs: Any, name: str | None = None) -> Any:
    """With one dimension at least."""
    return _at_least(1, inputs, "atleast_1d")


@function()
def atleast_2d(*inputs: Any, name: str | None = None) -> Any:
    """With two dimensions at least."""
    return _at_least(2, inputs, "atleast_2d")


@function()
def atleast_3d(*inputs: Any, name: str | None = None) -> Any:
    """With three dimensions at least."""
    return _at_least(3, inputs, "atleast_3d")
