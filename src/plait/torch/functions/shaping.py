"""Functions that give tensors other shapes: views, joins, splits and rearrangements.

Rules of this file: what upstream returns as a view shares memory here too; checks and words are upstream's, the work is the engine's.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, bump, leaf_check
from plait.ops import arrange, shape, views
from plait.ops.shape import wrap_dim
from plait.tensor import MODE
from plait.torch._dtypes import Size, as_dtype
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import into, need_int, need_tensor, sizes

__all__ = [
    "adjoint", "as_strided", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_shapes", "broadcast_tensors", "broadcast_to", "cat",
    "chunk", "column_stack", "concat", "concatenate", "diag", "diag_embed", "diagonal", "diagonal_scatter", "dsplit", "dstack", "flatten",
    "flip", "fliplr", "flipud", "hsplit", "hstack", "meshgrid", "moveaxis", "movedim", "narrow", "narrow_copy", "numel", "permute",
    "ravel", "repeat_interleave", "reshape", "roll", "rot90", "row_stack", "select", "select_scatter", "slice_scatter", "split",
    "split_with_sizes", "squeeze", "stack", "swapaxes", "swapdims", "t", "tensor_split", "tile", "transpose", "tril", "tril_indices",
    "triu", "triu_indices", "unbind", "unflatten", "unfold_copy", "unsafe_chunk", "unsafe_split", "unsqueeze", "view_as_real", "vsplit",
    "vstack",
]  # fmt: skip


def numel(input: Any) -> int:
    """The number of elements."""
    need_tensor(input, "numel")
    n: int = input.array.size
    return n


# --- views -------------------------------------------------------------------------------------------------------------------


def _contiguous_view(array: Any, dims: tuple[int, ...]) -> bool:
    return shape.can_view(array, dims)


@method
def view(self: Tensor, *size: Any, dtype: Any = None) -> Any:
    """The same memory in another shape, or (with a dtype) the same bits as another dtype.

    Raises RuntimeError where strides do not allow it.
    """
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


def reshape(input: Any, shape: Any) -> Any:
    """`input` in another shape; a view where strides allow it, else a copy."""
    need_tensor(input, "reshape")
    return _reshape(input, sizes((shape,), "reshape", "shape"))


@method("reshape")
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
def squeeze(input: Any, dim: Any = None) -> Any:
    """Without the dimensions of size 1, all or those named."""
    need_tensor(input, "squeeze")
    return views.squeeze(
        input, dim if dim is None or isinstance(dim, (tuple, list)) else need_int(dim, "squeeze", "dim", 2)
    )


@method("squeeze")
def _squeeze_method(self: Tensor, *dim: Any, **more: Any) -> Any:
    """`squeeze`, with the dimensions also one by one."""
    return squeeze(self, dim if len(dim) > 1 else dim[0] if dim else more.get("dim"))


@method
def unsqueeze(input: Any, dim: int) -> Any:
    """With a dimension of size 1 at `dim`."""
    need_tensor(input, "unsqueeze")
    return views.unsqueeze(input, need_int(dim, "unsqueeze", "dim", 2))


def permute(input: Any, dims: Any) -> Any:
    """Dimensions in another order."""
    need_tensor(input, "permute")
    return shape.permute(input, sizes((dims,), "permute", "dims"))


@method("permute")
def _permute_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return shape.permute(self, sizes(dims or (more["dims"],), "permute", "dims"))


@method
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


def _reversed(self: Tensor) -> Any:
    return shape.permute(self, tuple(range(self.array.ndim))[::-1])


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


def broadcast_tensors(*tensors: Any) -> list[Any]:
    """The tensors expanded to one shape."""
    items = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    out: tuple[int, ...] = ()
    for x in items:
        try:
            out = np.broadcast_shapes(out, x.array.shape)
        except ValueError:
            from plait.ops.elementwise import broadcast_error

            raise broadcast_error(np.empty(out), x.array) from None
    return [shape.expand(x, out) for x in items]


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
swapaxes = swapdims = transpose
method("moveaxis")(movedim)


@method("swapaxes")
def _swapaxes(self: Tensor, axis0: int, axis1: int) -> Any:
    return views.transpose(self, axis0, axis1)


method("swapdims")(transpose)


def view_as_real(input: Any) -> Any:
    """Complex tensors are out of scope: always upstream's error for a real one."""
    raise RuntimeError("view_as_real is only supported for complex tensors")


# --- in-place changes of shape -----------------------------------------------------------------------------------------------


def _reshaped_in_place(name: str, function: Any) -> None:
    def in_place(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.tracks and MODE.grad:
            leaf_check(self)
            got = function(self, *args, **kwargs)
            self.array, self.node, self.index = got.array, got.node, got.index
        else:
            previous, MODE.grad = MODE.grad, False
            try:
                self.array = function(self, *args, **kwargs).array
            finally:
                MODE.grad = previous
        bump(self)
        return self

    in_place.__doc__ = f"`{name}` of the tensor itself."
    in_place.__name__ = name + "_"
    method(name + "_")(in_place)


for _label, _function in (
    ("squeeze", _squeeze_method), ("unsqueeze", unsqueeze), ("transpose", transpose), ("t", t), ("swapaxes", transpose), ("swapdims", transpose),
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


# --- joins -------------------------------------------------------------------------------------------------------------------


def _list_of(tensors: Any, name: str, argument: str = "tensors") -> list[Any]:
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{name}(): argument '{argument}' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    return list(tensors)


def cat(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """The tensors joined along `dim`."""
    items = _list_of(tensors, "cat")
    result = shape.cat(items, need_int(dim, "cat", "dim", 2))
    return result if out is None else into("cat", out, result, *items)


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """Tensors of one shape along a new dimension."""
    items = _list_of(tensors, "stack")
    result = arrange.stack(items, dim)
    return result if out is None else into("stack", out, result)


def _at_least(x: Any, n: int, name: str) -> Any:
    need_tensor(x, name)
    have = x.array.ndim
    if have >= n:
        return x
    if n == 1:
        return shape.reshape(x, (1,))
    if not have:
        return shape.reshape(x, (1,) * n)
    x = views.unsqueeze(x, 0) if have == 1 else x
    return views.unsqueeze(x, -1) if n == 3 else x


def _at_least_function(n: int) -> Any:
    name = f"atleast_{n}d"

    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
            return tuple(_at_least(x, n, name) for x in tensors[0])
        got = tuple(_at_least(x, n, name) for x in tensors)
        return got[0] if len(got) == 1 else got

    function.__doc__ = f"Tensors with at least {n} dimension(s)."
    function.__name__ = name
    return function


atleast_1d, atleast_2d, atleast_3d = _at_least_function(1), _at_least_function(2), _at_least_function(3)


def _joined(name: str, items: list[Any], dim: int, out: Any) -> Any:
    result = shape.cat(items, dim)
    return result if out is None else into(name, out, result)


def _some(tensors: Any, name: str) -> list[Any]:
    items = _list_of(tensors, name)
    if not items:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return items


def hstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors side by side: along the second dimension, vectors along their only one."""
    items = [_at_least(x, 1, "hstack") for x in _some(tensors, "hstack")]
    return _joined("hstack", items, 0 if items[0].array.ndim == 1 else 1, out)


def vstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors one above the other."""
    return _joined("vstack", [_at_least(x, 2, "vstack") for x in _some(tensors, "vstack")], 0, out)


row_stack = vstack


def dstack(tensors: Any, *, out: Any = None) -> Any:
    """The tensors along the third dimension."""
    return _joined("dstack", [_at_least(x, 3, "dstack") for x in _some(tensors, "dstack")], 2, out)


def column_stack(tensors: Any, *, out: Any = None) -> Any:
    """Vectors as columns, matrices side by side."""
    items = [shape.reshape(x, (x.array.size, 1)) if x.array.ndim <= 1 else x for x in _some(tensors, "column_stack")]
    return _joined("column_stack", items, 1, out)


# --- splits ------------------------------------------------------------------------------------------------------------------


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views along `dim`, each of a size or of the sizes of a list."""
    need_tensor(tensor, "split", "tensor")
    return _split(tensor, split_size_or_sections, dim)


@method("split")
def _split_method(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    return _split(self, split_size, dim)


def _split(x: Tensor, how: Any, dim: int) -> tuple[Any, ...]:
    if isinstance(how, (tuple, list)):
        return split_with_sizes(x, how, dim)
    size = need_int(how, "split", "split_size", 2)
    if not x.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    d = wrap_dim(dim, x.array.ndim)
    n = x.array.shape[d]
    if size == 0:
        if n:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}")
        return tuple(apply(views.SPLIT, (x,), (d, (0,))))
    count = max(-(-n // size), 1)
    parts = tuple(min(size, n - i * size) for i in range(count))
    return tuple(apply(views.SPLIT, (x,), (d, parts)))


@method
def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views along `dim` of the given sizes, which must add up."""
    if not input.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = wrap_dim(dim, input.array.ndim)
    parts = tuple(need_int(s, "split_with_sizes", "split_sizes", 2) for s in split_sizes)
    for s in parts:
        if s < 0:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(parts)}"
            )
    n = input.array.shape[d]
    if sum(parts) != n:
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), but got "
                           f"split_sizes={list(parts)}")  # fmt: skip
    return tuple(apply(views.SPLIT_SIZES, (input,), (d, parts)))


@method
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` views of equal size along `dim`, the last one smaller."""
    need_tensor(input, "chunk")
    if not input.array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    d = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[d]
    size = -(-n // chunks)
    if size == 0:
        return split_with_sizes(input, [0] * chunks, d)
    return _split(input, size, d)


unsafe_chunk, unsafe_split = chunk, split
method("unsafe_chunk")(chunk)
method("unsafe_split")(_split_method)


@method
def tensor_split(
    input: Any, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None, sections: Any = None
) -> tuple[Any, ...]:
    """Views along `dim`: so many of nearly equal size, or cut at the indices."""
    need_tensor(input, "tensor_split")
    how = indices_or_sections if indices_or_sections is not None else indices if indices is not None else sections
    if not input.array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = wrap_dim(dim, input.array.ndim)
    if isinstance(how, Tensor):
        if how.array.dtype != dtypes.I64:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                               + str(how.dtype).split(".")[1])  # fmt: skip
        if how.array.ndim > 1:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
                               f"a tensor with {how.array.ndim} dims")  # fmt: skip
        how = how.array.tolist()
    n = input.array.shape[d]
    if isinstance(how, int):
        if how <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {how}")
        small, more = divmod(n, how)
        cuts = list(itertools.accumulate([small + 1] * more + [small] * (how - more)))[:-1]
    else:
        cuts = list(how)
    ends = [*cuts, n]
    out, start = [], 0
    for end in ends:
        lo, hi, _ = slice(start, end).indices(n)
        out.append(shape.narrow(input, d, lo, max(hi - lo, 0)))
        start = end
    return tuple(out)


def _named_split(name: str, dim_of: Any, least: int) -> Any:
    def function(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
        need_tensor(input, name)
        n = input.array.ndim
        if n < least:
            raise RuntimeError(f"torch.{name} requires a tensor with at least {least} dimension{'s' if least > 1 else ''}, but got a tensor "
                               f"with {n} dimensions!")  # fmt: skip
        d = dim_of(n)
        if isinstance(indices_or_sections, int):
            size = input.array.shape[d]
            if indices_or_sections == 0 or size % indices_or_sections:
                raise RuntimeError(f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {size} is not "
                                   f"divisible by the split_size {indices_or_sections}!")  # fmt: skip
        return tensor_split(input, indices_or_sections, d)

    function.__doc__ = f"`tensor_split` as {name} does."
    function.__name__ = name
    method(name)(function)
    return function


hsplit = _named_split("hsplit", lambda n: 0 if n == 1 else 1, 1)
vsplit = _named_split("vsplit", lambda n: 0, 2)
dsplit = _named_split("dsplit", lambda n: 2, 3)


@method
def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """A view for every index of a dimension."""
    need_tensor(input, "unbind")
    if not input.array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return tuple(views.unbind(input, need_int(dim, "unbind", "dim", 2)))


# --- rearrangements ----------------------------------------------------------------------------------------------------------


def _dims(args: Any, name: str) -> tuple[int, ...]:
    return sizes(args, name, "dims")


def flip(input: Any, dims: Any) -> Any:
    """The order along `dims` turned round."""
    need_tensor(input, "flip")
    return arrange.flip(input, _dims((dims,), "flip"))


@method("flip")
def _flip_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return arrange.flip(self, _dims(dims or (more["dims"],), "flip"))


@method
def fliplr(input: Any) -> Any:
    """The second dimension turned round."""
    if input.array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return arrange.flip(input, (1,))


@method
def flipud(input: Any) -> Any:
    """The first dimension turned round."""
    if input.array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return arrange.flip(input, (0,))


@method
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Moved by `shifts` along `dims`, round the end."""
    need_tensor(input, "roll")
    return arrange.roll(input, shifts, dims)


@method
def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned by k quarters in the plane of two dimensions."""
    need_tensor(input, "rot90")
    n = input.array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if n < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {n}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == n:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    for d in dims:
        if not -n <= d < n:
            raise RuntimeError(
                f"Rotation dim0 out of range, dim0 = {d}" if d == dims[0] else f"Rotation dim1 out of range, dim1 = {d}"
            )
    return apply(arrange.ROT90, (input,), (k % 4, tuple(dims)))


@method
def repeat(self: Tensor, *repeats: Any, **more: Any) -> Any:
    """Copies along each dimension, new leading ones included."""
    return arrange.repeat(self, sizes(repeats or (more["repeats"],), "repeat", "repeats"))


def tile(input: Any, dims: Any) -> Any:
    """`repeat`, with ones for leading dimensions that `dims` does not reach."""
    need_tensor(input, "tile")
    return _tile(input, sizes((dims,), "tile", "dims"))


@method("tile")
def _tile_method(self: Tensor, *dims: Any, **more: Any) -> Any:
    return _tile(self, sizes(dims or (more["dims"],), "tile", "dims"))


def _tile(x: Tensor, times: tuple[int, ...]) -> Any:
    return arrange.repeat(x, (1,) * (x.array.ndim - len(times)) + times)


@method
def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Every element (or slice along `dim`) repeated in place, by a number or by a number for each."""
    need_tensor(input, "repeat_interleave")
    if repeats is None:
        counts = input.array
        _check_repeats(counts)
        return Tensor.wrap(np.repeat(np.arange(counts.size, dtype=counts.dtype), counts))
    if dim is None:
        input, dim = shape.reshape(input, (input.array.size,)), 0
    d = wrap_dim(dim, input.array.ndim)
    if not input.array.ndim:
        input = shape.reshape(input, (1,))
    n = input.array.shape[d]
    if isinstance(repeats, Tensor):
        counts = repeats.array
        _check_repeats(counts)
        if counts.ndim == 0 or counts.size == 1:
            counts = np.broadcast_to(counts.reshape(-1), (n,))
        elif counts.size != n:
            raise RuntimeError("repeats must have the same size as input along dim, but got repeats.size(0) = "
                               f"{counts.size} and input.size({d}) = {n}")  # fmt: skip
        index = np.repeat(np.arange(n), counts)
        from plait.ops.index import index_select

        return index_select(input, d, Tensor.wrap(index))
    times = need_int(repeats, "repeat_interleave", "repeats", 2)
    if times < 0:
        raise RuntimeError("Repeats must be non-negative")
    return apply(arrange.REPEAT_INTERLEAVE, (input,), (times, d))


def _check_repeats(counts: Any) -> None:
    if counts.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if counts.dtype.kind not in "iu" or counts.dtype.itemsize < 4:
        raise RuntimeError("repeats has to be Long or Int tensor")
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")


DIAGONAL_COPY = views.named(shape.CLONE, "DiagonalBackward0_copy")


def _need_matrix(x: Any, name: str) -> None:
    need_tensor(x, name)
    if x.array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@method
def tril(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """What lies on or below a diagonal, 0 elsewhere."""
    _need_matrix(input, "tril")
    result = apply(arrange.TRIL, (input,), (diagonal,))
    return result if out is None else into("tril", out, result)


@method
def triu(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """What lies on or above a diagonal, 0 elsewhere."""
    _need_matrix(input, "triu")
    result = apply(arrange.TRIU, (input,), (diagonal,))
    return result if out is None else into("triu", out, result)


@method("tril_")
def _tril_in_place(self: Tensor, diagonal: int = 0) -> Any:
    from plait.op import apply_

    return apply_(arrange.TRIL, self, (self,), (diagonal,))


@method("triu_")
def _triu_in_place(self: Tensor, diagonal: int = 0) -> Any:
    from plait.op import apply_

    return apply_(arrange.TRIU, self, (self,), (diagonal,))


def _triangle(function: Any, row: int, col: int, offset: int, dtype: Any) -> Tensor:
    for label, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{label} must be non-negative, got{n}")
    kind = dtypes.I64 if dtype is None else as_dtype(dtype, "tril_indices")._numpy
    return Tensor.wrap(np.stack(function(row, offset, col)).astype(kind))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """Coordinates of the lower triangle, 2 × n."""
    return _triangle(np.tril_indices, row, col, offset, dtype)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Tensor:
    """Coordinates of the upper triangle, 2 × n."""
    return _triangle(np.triu_indices, row, col, offset, dtype)


@method
def diag(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """A vector as a matrix's diagonal, or a matrix's diagonal."""
    need_tensor(input, "diag")
    n = input.array.ndim
    if n not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {n}D")
    result = arrange.diag_embed(input, diagonal) if n == 1 else apply(DIAGONAL_COPY, (views.diagonal(input, diagonal),))
    return result if out is None else into("diag", out, result)


@method
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices with the last dimension on a diagonal."""
    need_tensor(input, "diag_embed")
    n = input.array.ndim + 1
    a, b = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    got = arrange.diag_embed(input, offset if a < b else -offset)
    return got if (a, b) in ((n - 2, n - 1), (n - 1, n - 2)) else views.movedim(got, (-2, -1), (min(a, b), max(a, b)))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Coordinates of a grid, one tensor a dimension; `indexing` is "ij" or "xy"."""
    items = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    if not items:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing is None:
        import warnings

        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=2
        )
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for x in items:
        if x.array.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {_first(x)}")
        if x.array.dtype != items[0].array.dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    swap = indexing == "xy" and len(items) >= 2
    if swap:
        items[0], items[1] = items[1], items[0]
    full = tuple(x.array.size for x in items)
    out = [
        shape.expand(shape.reshape(x, tuple(-1 if j == i else 1 for j in range(len(items)))), full)
        for i, x in enumerate(items)
    ]
    if swap:
        out[0], out[1] = out[1], out[0]
    return tuple(out)


def _first(x: Tensor) -> str:
    return repr(x)


# --- writing into a place ----------------------------------------------------------------------------------------------------


def _scattered(input: Any, src: Any, place: Any, name: str) -> Any:
    need_tensor(input, name)
    need_tensor(src, name, "src", 2)
    copy = shape.clone(input)
    target = place(copy)
    if target.array.shape != src.array.shape:
        raise RuntimeError(f"expected src to have a size equal to the slice of self. src size = {list(src.array.shape)}, slice size = "
                           f"{list(target.array.shape)}")  # fmt: skip
    from plait.torch.functions.indexing import copy_into

    copy_into(target, src)
    return copy


@method
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy of `input` with `src` at one index of a dimension."""
    return _scattered(input, src, lambda x: views.select(x, dim, index), "select_scatter")


@method
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy of `input` with `src` on a diagonal."""
    return _scattered(input, src, lambda x: views.diagonal(x, offset, dim1, dim2), "diagonal_scatter")


@method
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy of `input` with `src` in a slice of a dimension."""
    d = wrap_dim(dim, input.array.ndim)
    lo, hi, by = slice(start, end, step).indices(input.array.shape[d])
    return _scattered(input, src, lambda x: apply(shape.SLICE, (x,), (d, lo, max(hi, lo), by)), "slice_scatter")
