"""The Tensor of the Paddle dialect: attributes, gradients and hooks. Functions that are methods too attach themselves (`method`).

Rules of this file: `stop_gradient` is the tape's `tracks` turned round. A gradient that `backward` stored is a leaf with
`stop_gradient=False`, as upstream's is: what is worked out from it is followed, and it refuses changes in place outside no_grad.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes, tensor
from plait.op import bump, refresh
from plait.paddle import _dtypes
from plait.paddle._places import CPU
from plait.paddle._size import Size
from plait.paddle._words import TAPE_WORDS
from plait.paddle.base import unique_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tensor", "is_tensor"]

_GRAD: Any = tensor.Tensor.__dict__["grad"]  # the slot under the property
_from_numpy = _dtypes.FROM_NUMPY


class TensorHookRemoveHelper:
    """What `register_hook` returns: `remove()` takes the hook out, and says whether it was there."""

    __module__ = "paddle.base.dygraph.tensor_patch_methods"

    def __init__(self, table: Any, number: int) -> None:
        self._table, self._number = table, number

    def remove(self) -> bool:
        """Take the hook out."""
        return self._table.pop(self._number, None) is not None


class TensorSize(int):
    """The number of elements, `x.size`; called, the sizes: `x.size()`, `x.size(0)`."""

    __module__ = "paddle.base.dygraph.math_op_patch"
    _shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        return Size(self._shape) if dim is None else self._shape[dim]

    def __reduce__(self) -> Any:
        return int, (int(self),)


class Tensor(tensor.Tensor):
    """A multi-dimensional array on the CPU that gradients can flow through.

    >>> from plait import paddle
    >>> paddle.to_tensor([[1.0, 2.0]]).shape
    paddle.Size([1, 2])
    """

    __slots__ = ("__dict__", "_name", "_persistable", "_quiet", "_stored")
    __module__ = "paddle"
    __array_priority__ = 1000
    __array_ufunc__ = None  # NumPy leaves operators to the tensor, and refuses its own functions
    tape_words = TAPE_WORDS
    walked_once = True
    _name: str
    _persistable: bool
    _quiet: bool
    _stored: bool

    if TYPE_CHECKING:  # the methods that functions attach (see `method`)

        def __getattr__(self, name: str) -> Any: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from plait.paddle.functions import creation

        return creation.constructed(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    # --- what it is -------------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes."""
        return Size(self.array.shape)

    @property
    def dtype(self) -> Any:
        """The paddle dtype of the elements."""
        return _from_numpy[self.array.dtype]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def size(self) -> Any:
        """The number of elements; called, the sizes."""
        count = TensorSize(self.array.size)
        count._shape = self.array.shape
        return count

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.array.dtype.itemsize

    @property
    def strides(self) -> list[int]:
        """Elements from one index to the next, by dimension."""
        return [s // self.array.dtype.itemsize for s in self.array.strides]

    @property
    def place(self) -> Any:
        """The CPU."""
        return CPU

    @property
    def device(self) -> str:
        """ "cpu"."""
        return "cpu"

    @property
    def offset(self) -> int:
        """Bytes from the beginning of the memory to the first element."""
        base = self.array
        while isinstance(base.base, np.ndarray):
            base = base.base
        return int(self.array.__array_interface__["data"][0] - base.__array_interface__["data"][0])

    @property
    def type(self) -> Any:
        """The kind of tensor: VarType.DENSE_TENSOR."""
        from plait.paddle.base.core import VarDesc

        return VarDesc.VarType.DENSE_TENSOR

    is_cuda = False
    layout = "NCHW"

    @property
    def name(self) -> str:
        """A name that no other tensor has, or the one it was given."""
        try:
            got = self._name
        except AttributeError:
            got = self._name = unique_name.generate("eager_tmp" if self.tape_node is not None else "generated_tensor")
        return got

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def persistable(self) -> bool:
        """A mark that Parameters and buffers carry."""
        return getattr(self, "_persistable", False)

    @persistable.setter
    def persistable(self, value: bool) -> None:
        self._persistable = bool(value)

    # --- gradients --------------------------------------------------------------------------------------------------------

    @property
    def stop_gradient(self) -> bool:
        """Whether gradients stop at this tensor."""
        if self.view_base is not None:
            refresh(self)
        return not (self.tracks or getattr(self, "_stored", False))

    @stop_gradient.setter
    def stop_gradient(self, value: bool) -> None:
        if self.view_base is not None:
            refresh(self)
        self._stored = False
        self.tracks = not value

    @property
    def requires_grad(self) -> bool:
        """`not stop_gradient`."""
        return not self.stop_gradient

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.stop_gradient = not value

    def requires_grad_(self, value: bool = True) -> Tensor:
        """Set `requires_grad`; returns the tensor itself."""
        self.stop_gradient = not value
        return self

    @property
    def grad(self) -> Any:
        """The gradient that `backward` stored, or None."""
        g = _GRAD.__get__(self)
        if g is not None and not g.tracks and not hasattr(g, "_quiet"):
            g.tracks = True
        return g

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad must be a Tensor or None; got {type(value).__name__}")
            if value.array.shape != self.array.shape:
                raise ValueError(
                    f"(InvalidArgument) a gradient of shape {list(value.array.shape)} does not fit a tensor of shape {list(self.array.shape)}"
                )
        _GRAD.__set__(self, value)

    @grad.deleter
    def grad(self) -> None:
        _GRAD.__set__(self, None)

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it (or gradients stop at it)."""
        if self.view_base is not None:
            refresh(self)
        return self.tape_node is None

    @property
    def grad_fn(self) -> Any:
        """The node that made it, None for a leaf."""
        if self.view_base is not None:
            refresh(self)
        return self.tape_node if self.tracks else None

    @property
    def inplace_version(self) -> int:
        """How often it was changed in place."""
        return 0 if self.versions is None else self.versions[0]

    @property
    def data(self) -> Tensor:
        """The same memory off the tape."""
        return self.face.wrap(self.array)

    @data.setter
    def data(self, value: Any) -> None:
        self.array = value.array

    def detach(self) -> Tensor:
        """The same memory off the tape."""
        t = self.face.wrap(self.array)
        t.versions = self.versions
        return t

    def detach_(self) -> Tensor:
        """Take the tensor itself off the tape."""
        self.tape_node, self.tracks, self.tape_index = None, False, 0
        return self

    def backward(
        self, grad_tensor: Any = None, retain_graph: bool = False, *, dump_backward_graph_path: str | None = None
    ) -> None:
        """Gradients of this tensor, weighted by `grad_tensor` (ones where it is None), into the leaves' `grad`."""
        from plait.paddle import autograd as dialect

        if dump_backward_graph_path is not None:
            raise NotImplementedError("backward: dump_backward_graph_path is not part of plait")
        if grad_tensor is not None and not isinstance(grad_tensor, Tensor):
            raise AssertionError(
                f"The type of grad_tensor must be paddle.Tensor, but received {type(grad_tensor).__name__}"
            )
        dialect._run([self], [grad_tensor], bool(retain_graph), True)

    def clear_grad(self) -> None:
        """Fill the gradient with zeros."""
        self.clear_gradient()

    def clear_gradient(self, set_to_zero: bool = True) -> None:
        """Fill the gradient with zeros; with `set_to_zero=False` let it go."""
        g = _GRAD.__get__(self)
        if g is None:
            return
        if set_to_zero and g.array.flags.writeable and g.tape_node is None:
            g.array.fill(0)
            bump(g)
        else:
            _GRAD.__set__(self, self.face.wrap(np.zeros_like(g.array)) if set_to_zero else None)

    def gradient(self) -> Any:
        """The gradient as an ndarray, or None."""
        g = _GRAD.__get__(self)
        return None if g is None else dtypes.working(g.array).copy()

    def retain_grads(self) -> None:
        """Keep this tensor's gradient though it is no leaf."""
        if self.stop_gradient or self.tape_node is None or _meta(self).retains:
            return
        _meta(self).retains = True
        here = weakref.ref(self)

        def keep(g: Any) -> None:
            tensor = here()
            if tensor is not None:
                _GRAD.__set__(tensor, g)

        # One hook among others: what hooks of before made of the gradient is kept, and it takes the place of an older one.
        self._node_hooks(self.tape_node)[next(_numbers)] = keep

    def _node_hooks(self, node: Any) -> Any:
        """The hooks of this result of `node`. They see zeros where no gradient comes to one of several results."""
        index = self.tape_index
        node, index = self.tape_node, self.tape_index
        if node.hooks is None:
            node.hooks = {}
        if node.outputs > 1 and ("absent", index) not in node.hooks:
            face, shape, dtype = self.face, self.array.shape, self.array.dtype
            node.hooks["absent", index] = lambda: face.wrap(dtypes.full(shape, 0, dtype))
        return node.hooks.setdefault(index, OrderedDict())

    def register_hook(self, hook: Callable[[Any], Any]) -> TensorHookRemoveHelper:
        """Call hook(grad) whenever this tensor's gradient has been worked out; what it returns replaces the gradient."""
        if self.stop_gradient:
            raise RuntimeError("Cannot register hook on a tensor that stop gradient.")
        if self.tape_node is None:
            table: Any = _meta(self).hooks
        else:
            table = self._node_hooks(self.tape_node)
        number = next(_numbers)
        table[number] = _shown(hook)
        return TensorHookRemoveHelper(table, number)

    def _register_backward_hook(self, hook: Callable[[], Any]) -> bool:
        """Call hook() whenever a gradient has been stored in this leaf."""
        if self.stop_gradient:
            raise RuntimeError("Cannot register backward hook on a tensor that stop gradient.")
        if self.tape_node is not None:
            raise ValueError("(InvalidArgument) Only can register backward hook for leaf Tensor.")
        _meta(self).post_hooks[next(_numbers)] = lambda leaf: hook()
        return True

    # --- identity ---------------------------------------------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        from plait.paddle import _printing

        return _printing.tensor_text(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)


Tensor.face = Tensor
_numbers = iter(range(1 << 62))


def _shown(hook: Any) -> Any:
    """A hook that sees gradients as `grad` shows them."""

    def call(g: Any) -> Any:
        if not g.tracks and not hasattr(g, "_stored"):
            g._stored = True
        try:
            return hook(g)
        except Exception as error:
            raise OSError(f"(External) {type(error).__name__}: {error}") from error

    return call


def has_grad(leaf: Any) -> bool:
    """Whether a gradient is stored; asking leaves it as it is."""
    return _GRAD.__get__(leaf) is not None


def mark_quiet(leaf: Any) -> None:
    """The gradient that `leaf` stores shows `stop_gradient=True`."""
    g = _GRAD.__get__(leaf)
    if g is not None and g.tape_node is None:
        g._quiet, g.tracks = True, False


def _meta(t: Any) -> tensor.Meta:
    if t.tape_meta is None:
        t.tape_meta = tensor.Meta()
    return t.tape_meta


#: Attaches a function to Tensor as a method.
method = tensor.Methods(Tensor)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor."""
    return isinstance(x, Tensor)
