"""Views: other shapes, orders and windows of the same memory.

Rules of this file: what upstream returns as a view shares memory here too; checks and words are upstream's, the work is the engine's.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from plait.op import apply, bump, leaf_check
from plait.ops import shape, views
from plait.ops.shape import wrap_dim
from plait.record import call_in_place
from plait.tensor import MODE
from plait.torch._builtins import short
from plait.torch._dtypes import Size, as_dtype
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import need_int, need_tensor, sizes

__all__ = [
    "adjoint",
    "as_strided",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "diagonal",
    "flatten",
    "moveaxis",
    "movedim",
    "narrow",
    "narrow_copy",
    "numel",
    "permute",
    "ravel",
    "reshape",
    "select",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unfold_copy",
    "unsqueeze",
    "view_as_real",
]


def numel(input: Any) -> int:
    """The number of elements."""
    need_tensor(input, "numel")
    n: int = input.array.size
    return n


# --- views -----------------------------------------------------------------------------------------------------------


def _contiguous_view(array: Any, dims: tuple[int, ...]) -> bool:
    return shape.can_view(array, dims)


@method
@short("reshape", shape.VIEW)
def view(self: Tensor, *size: Any, dtype: Any = None) -> Any:
    """The same memory in another shape, or (with a dtype) the same bits as another dtype.

    Raises RuntimeError where strides do not allow it.
    """
    if dtype is None and not size:
        raise TypeError("view() received an invalid combination of arguments - got (), but expected one of:\n * (torch.dtype dtype)\n"
                        " * (tuple of ints size)\n")  # fmt: skip
    if dtype is not None or (len(size) == 1 and not isinstance(size[0], (int, tuple, list, np.integer, Tensor))):
        return _view_dtype(self, dtype if dtype is not None else size[0])
    dims = shape.resolve_shape(self.array.size, sizes(size, "view"))
    if not shape.can_view(self.array, dims):
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                           "contiguous subspaces). Use .reshape(...) instead.")  # fmt: skip
    return apply(shape.VIEW, (self,), (dims,))


def _view_dtype(self: Tensor, dtype: Any) -> Any:
    kind = as_dtype(dtype, "view")._numpy
    have = self.array.dtype
    if kind.itemsize != have.itemsize:
        if not self.array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 to view {self.dtype} as {dtype} (different element sizes)")
        if kind.itemsize < have.itemsize:
            if self.array.strides[-1] != have.itemsize and self.array.shape[-1] > 1:
                raise RuntimeError(f"self.stride(-1) must be 1 to view {self.dtype} as {dtype} (different element sizes), but got "
                                   f"{self.array.strides[-1] // have.itemsize}")  # fmt: skip
        elif self.array.shape[-1] * have.itemsize % kind.itemsize:
            raise RuntimeError(f"self.size(-1) must be divisible by {kind.itemsize // have.itemsize} to view {self.dtype} as {dtype} "
                               f"(different element sizes), but got {self.array.shape[-1]}")  # fmt: skip
    return apply(views.VIEW_DTYPE, (self,), (kind,))


@method
def view_as(self: Tensor, other: Any) -> Any:
    """`view` in the shape of `other`."""
    return view(self, other.array.shape)


@short("reshape", shape.VIEW)
def reshape(input: Any, shape: Any) -> Any:
    """`input` in another shape; a view where strides allow it, else a copy."""
    need_tensor(input, "reshape")
    return _reshape(input, sizes((shape,), "reshape", "shape"))


@method("reshape")
@short("reshape", shape.VIEW)
def _reshape_method(self: Tensor, *size: Any, shape: Any = None) -> Any:
    if not size and shape is None:
        raise TypeError('reshape() missing 1 required positional arguments: "shape"')
    return _reshape(self, sizes(size if shape is None else (shape,), "reshape", "shape"))


def _reshape(x: Tensor, dims: tuple[int, ...]) -> Any:
    return shape.reshape(x, dims)


@method
def reshape_as(self: Tensor, other: Any) -> Any:
    """`reshape` in the shape of `other`."""
    return shape.reshape(self, other.array.shape)


@method
def ravel(input: Any) -> Any:
    """`input` in one dimension."""
    need_tensor(input, "ravel")
    return shape.reshape(input, (-1,)) if input.array.size else shape.reshape(input, (0,))


@method
@short("flatten", shape.VIEW)
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions start_dim … end_dim as one."""
    need_tensor(input, "flatten")
    dims = input.array.shape
    start, end = wrap_dim(start_dim, len(dims)), wrap_dim(end_dim, len(dims))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not dims:
        return shape.reshape(input, (1,))
    if start == end:
        return input
    n = 1
    for d in dims[start : end + 1]:
        n *= d
    return shape.reshape(input, (*dims[:start], n, *dims[end + 1 :]))


@method
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Dimension `dim` as several, one of which may be -1."""
    need_tensor(input, "unflatten")
    if not len(sizes):
        raise RuntimeError("unflatten: sizes must be non-empty")
    d = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[d]
    known, unknown = 1, -1
    for i, s in enumerate(sizes):
        if s == -1:
            unknown = i
        else:
            known *= s
    parts = list(sizes)
    if unknown >= 0 and known and n % known == 0:
        parts[unknown] = n // known
    elif unknown >= 0 or known != n:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {d} ({n}) in the input tensor"
        )
    return shape.reshape(input, (*input.array.shape[:d], *parts, *input.array.shape[d + 1 :]))


@method
@short("squeeze", views.SQUEEZE_DIM)
def squeeze(input: Any, dim: Any = None) -> Any:
    """Without the dimensions of size 1, all or those named."""
    need_tensor(input, "squeeze")
    return views.squeeze(
        input, dim if dim is None or isinstance(dim, (tuple, list)) else need_int(dim, "squeeze", "dim", 2)
    )


@method("squeeze")
@short("squeeze", views.SQUEEZE_DIM)
def _squeeze_method(self: Tensor, *dim: Any, **more: Any) -> Any:
    """`squeeze`, with the dimensions also one by one."""
    return squeeze(self, dim if len(dim) > 1 else dim[0] if dim else more.get("dim"))


@method
def unsqueeze(input: Any, dim: int) -> Any:
    """With a dimension of size 1 at `dim`."""
    need_tensor(input, "unsqueeze")
    return views.unsqueeze(input, need_int(dim, "unsqueeze", "dim", 2))


@short("permute", shape.PERMUTE)
def permute(input: Any, dims: Any) -> Any:
    """Dimensions in another order."""
    need_tensor(input, "permute")
    return shape.permute(input, sizes((dims,), "permute", "dims"))


@method("permute")
@short("permute", shape.PERMUTE)
def _permute_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return shape.permute(self, sizes(dims or (more["dims"],), "permute", "dims"))


@method
@short("transpose", views.TRANSPOSE)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    need_tensor(input, "transpose")
    return views.transpose(input, need_int(dim0, "transpose", "dim0", 2), need_int(dim1, "transpose", "dim1", 3))


@method
def t(input: Any) -> Any:
    """A matrix transposed; vectors and scalars as they are."""
    need_tensor(input, "t")
    n = input.array.ndim
    if n > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
    return apply(views.TRANSPOSE_2D, (input,), ((1, 0) if n == 2 else tuple(range(n)),))


@method
def adjoint(input: Any) -> Any:
    """The last two dimensions exchanged."""
    if input.array.ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return views.transpose(input, -2, -1) if input.array.ndim else input


_warned: list[bool] = []  # upstream says it once


def _reversed(self: Tensor) -> Any:
    if self.array.ndim not in (0, 2) and not _warned:
        _warned.append(True)
        warnings.warn("The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an error in "
                      "a future release. Consider `x.mT` to transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` "
                      "to reverse the dimensions of a tensor.", stacklevel=2)  # fmt: skip
    n = self.array.ndim
    return shape.permute(self, (1, 0) if n == 2 else tuple(range(n))[::-1])


def _matrix(self: Tensor, name: str = "mT") -> Any:
    if self.array.ndim < 2:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got {self.array.ndim}-D tensor."
        )
    return views.transpose(self, -2, -1)


def _hermitian(self: Tensor) -> Any:
    if self.array.ndim not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.array.ndim}-D tensor.")
    return views.transpose(self, 0, 1) if self.array.ndim else self


Tensor.T = property(_reversed, doc="All dimensions in the opposite order.")  # type: ignore[attr-defined]
Tensor.mT = property(_matrix, doc="The last two dimensions exchanged.")  # type: ignore[attr-defined]
Tensor.H = property(_hermitian, doc="A matrix transposed.")  # type: ignore[attr-defined]
Tensor.mH = property(lambda self: _matrix(self, "mH"), doc="The last two dimensions exchanged.")  # type: ignore[attr-defined]


@method
def expand(self: Tensor, *size: Any, implicit: bool = False) -> Any:
    """Repeated without a copy along dimensions of size 1 and new leading ones; -1 keeps a size."""
    return shape.expand(self, sizes(size, "expand"))


@method
def expand_as(self: Tensor, other: Any) -> Any:
    """`expand` to the shape of `other`."""
    return shape.expand(self, other.array.shape)


@method
def broadcast_to(input: Any, size: Any) -> Any:
    """`input` expanded to `size`."""
    return shape.expand(input, sizes((size,), "broadcast_to"))


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that all shapes broadcast to."""
    full = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    for s in full:
        for n in s:
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({n}): ({n})")
    try:
        return Size(np.broadcast_shapes(*full))
    except ValueError:
        raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape") from None


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """The tensors expanded to one shape."""
    items = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    out: tuple[int, ...] = ()
    for x in items:
        try:
            out = np.broadcast_shapes(out, x.array.shape)
        except ValueError:
            from plait.ops.elementwise import broadcast_error

            raise broadcast_error(np.empty(out), x.array) from None
    return tuple([shape.expand(x, out) for x in items])


@method
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """Elements start … start + length - 1 along `dim`, as a view."""
    need_tensor(input, "narrow")
    if not input.array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if isinstance(start, Tensor) and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    d = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[d]
    first = need_int(start, "narrow", "start", 3)
    if not -n <= first <= n:
        raise IndexError(f"start out of range (expected to be in range of [{-n}, {n}], but got {first})")
    if first < 0:
        first += n
    if first + length > n:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({n}).")
    return shape.narrow(input, d, first, length)


@method
def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """`narrow`, copied."""
    return shape.clone(narrow(input, dim, start, length))


@method
def select(input: Any, dim: int, index: int) -> Any:
    """The elements with `index` along `dim`, as a view without it."""
    need_tensor(input, "select")
    return views.select(input, need_int(dim, "select", "dim", 2), need_int(index, "select", "index", 3))


@method
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of two dimensions as a last one; a view."""
    need_tensor(input, "diagonal")
    return views.diagonal(input, offset, dim1, dim2)


@method
def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """Any sizes, strides and offset into the tensor's memory."""
    need_tensor(input, "as_strided")
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    for s in stride:
        if s < 0:
            raise RuntimeError(
                f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
            )
    return views.as_strided(input, size, stride, storage_offset)


@method
def unfold(self: Tensor, dimension: int, size: int, step: int) -> Any:
    """Windows of `size`, `step` apart, along a dimension, as a new last one; a view."""
    return views.unfold(self, dimension, size, step)


def unfold_copy(input: Any, dimension: int, size: int, step: int) -> Any:
    """`unfold`, copied."""
    return shape.clone(views.unfold(input, dimension, size, step))


@method
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Dimensions `source` moved to the places `destination`."""
    need_tensor(input, "movedim")
    src = (source,) if isinstance(source, int) else tuple(source)
    dst = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(src) != len(dst):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({list(src)} dims) should contain the same number of dims "
                           f"as destination ({list(dst)} dims)")  # fmt: skip
    n = input.array.ndim
    for label, dims in (("source", src), ("destination", dst)):
        if len({wrap_dim(d, n) for d in dims}) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{label}` ({list(dims)})")
    return views.movedim(input, src, dst) if n else input


moveaxis = movedim
swapdims = transpose
method("moveaxis")(movedim)


@method
def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """`transpose` under NumPy's name."""
    return transpose(input, axis0, axis1)


method("swapdims")(transpose)


def view_as_real(input: Any) -> Any:
    """Complex tensors are out of scope: always upstream's error for a real one."""
    raise RuntimeError("view_as_real is only supported for complex tensors")


# --- in-place changes of shape ---------------------------------------------------------------------------------------


def _reshaped_in_place(name: str, function: Any) -> None:
    def in_place(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.tracks and MODE.grad:
            leaf_check(self)
            got = function(self, *args, **kwargs)
            self.array, self.tape_node, self.tape_index = got.array, got.tape_node, got.tape_index
            call_in_place(self.tape_node)
            if self.view_base is not None and got.view_base is self.view_base:
                self.view_chain = got.view_chain
        else:
            previous, MODE.grad = MODE.grad, False
            try:
                got = function(self, *args, **kwargs)
                self.array = got.array
                if self.view_base is not None and got.view_base is self.view_base:
                    self.view_chain = got.view_chain
            finally:
                MODE.grad = previous
        bump(self)
        return self

    in_place.__doc__ = f"`{name}` of the tensor itself."
    in_place.__name__ = name + "_"
    method(name + "_")(in_place)


for _label, _function in (
    ("squeeze", _squeeze_method), ("unsqueeze", unsqueeze), ("transpose", transpose), ("t", t), ("swapaxes", swapaxes), ("swapdims", transpose),
    ("as_strided", as_strided),
):  # fmt: skip
    _reshaped_in_place(_label, _function)


@method
def resize_(self: Tensor, *size: Any, memory_format: Any = None) -> Tensor:
    """Another size over the same memory, more memory where it needs it (what is in it then is not told)."""
    if self.tracks:
        raise RuntimeError("cannot resize variables that require grad")
    dims = sizes(size, "resize_")
    n = int(np.prod(dims))
    flat = views.storage(self.array)[views.offset_of(self.array) :] if self.array.size else self.array.reshape(-1)
    if flat.size < n:
        grown = np.empty(n, self.array.dtype)
        grown[: flat.size] = flat
        flat = grown
    self.array = flat[:n].reshape(dims)
    return self


@method
def resize_as_(self: Tensor, the_template: Any, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of another tensor."""
    return resize_(self, tuple(the_template.array.shape))
