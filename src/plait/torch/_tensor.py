"""The Tensor of the PyTorch dialect: attributes, gradients and hooks. Functions that are methods too attach themselves (`method`)."""

from __future__ import annotations

import warnings
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, autograd, tensor
from plait.op import differentiable, refresh, type_name
from plait.torch import _dtypes
from plait.torch._dtypes import Size, from_numpy_dtype
from plait.torch._graph import add_hook, grad_fn_of
from plait.torch._words import TAPE_WORDS
from plait.torch.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tensor", "is_tensor"]

_CPU = _dtypes.CPU


_GRAD: Any = tensor.Tensor.__dict__["grad"]  # the slot under the checked property


def _meta(t: Any) -> tensor.Meta:
    if t.tape_meta is None:
        t.tape_meta = tensor.Meta()
    return t.tape_meta


def warn_of_cycle(create_graph: bool) -> None:
    """Upstream's warning of gradients that hold their own graph."""
    if create_graph:
        warnings.warn("Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient which can "
                      "cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to use this "
                      "function, make sure to reset the .grad fields of your parameters to None after use to break the cycle and avoid the "
                      "leak.", stacklevel=3)  # fmt: skip


def torch_function_disabled(*args: Any, **kwargs: Any) -> Any:
    """The `__torch_function__` of classes that do not answer for functions."""
    return NotImplemented


class Tensor(tensor.Tensor):
    """A multi-dimensional array on the CPU that gradients can flow through.

    >>> from plait import torch
    >>> torch.tensor([[1.0, 2.0]]).shape
    torch.Size([1, 2])
    """

    __module__ = "torch"
    __array_priority__ = 1000
    tape_words = TAPE_WORDS
    is_sparse = is_quantized = is_cuda = is_meta = is_mps = is_nested = is_mkldnn = is_xpu = is_sparse_csr = False
    is_cpu = True
    layout = _dtypes.strided
    device = _CPU

    if TYPE_CHECKING:  # the methods that functions attach (see `method`)

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not (cls.__module__ or "").startswith(("plait.", "torch.nn.parameter")):
            from plait.torch import overrides

            overrides.enable(cls)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What this class makes of a function that is called with one of its objects: the same, its results of this class."""
        from plait.torch import overrides

        return overrides.default(cls, func, types, args, kwargs)

    @staticmethod
    def _make_subclass(cls: Any, data: Any, require_grad: bool = False) -> Any:
        """A leaf of a subclass over the memory of `data`."""
        made = cls.wrap(data.array)
        made.versions = data.versions
        return made.requires_grad_(require_grad)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs:
            from plait.torch.functions import legacy

            return legacy.legacy_tensor(cls, *args, **kwargs)
        return object.__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args and not kwargs and not hasattr(self, "array"):
            # `Tensor()`: no elements.
            fresh = Tensor.wrap(np.empty(0, _dtypes.get_default_dtype()._numpy))
            for slot in tensor.Tensor.__slots__:
                if slot != "__weakref__" and hasattr(fresh, slot):
                    setattr(self, slot, getattr(fresh, slot))

    # --- what it is -------------------------------------------------------------------------------------------------------

    @property
    @partial(_native.sizes_of, Size)
    def shape(self) -> Size:
        """The sizes."""
        return tuple.__new__(Size, self.array.shape)

    @property
    def dtype(self) -> Any:
        """The torch dtype of the elements."""
        return from_numpy_dtype(self.array.dtype)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return self.array.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.array.size * self.array.dtype.itemsize

    # --- gradients --------------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor; a view that was made while nothing was recorded says what its base says."""
        base = self.view_base
        if base is None:
            return self.tracks
        refresh(self)
        return self.tracks or (base.tracks and differentiable(self.array.dtype))

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.view_base is not None:
            refresh(self)
        if value and self.array.dtype.kind != "f" and self.dtype is not _dtypes.bfloat16:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if self.tape_node is not None:
            if not value:
                raise RuntimeError("you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                                   "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().")  # fmt: skip
            return
        if value and self.versions is None and not tensor.MODE.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self.tracks = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`; returns the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Any:
        """The gradient that `backward` stored, or None."""
        g = _GRAD.__get__(self)
        if g is None and self.tape_node is not None and not self.retains_grad:
            warnings.warn("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated "
                          "during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
                          ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the "
                          "leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information.", stacklevel=2)  # fmt: skip
        return g

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.array.shape != self.array.shape:
                raise RuntimeError(f"attempting to assign a gradient of size '{list(value.array.shape)}' to a tensor of size "
                                   f"'{list(self.array.shape)}'. Please ensure that the gradient and the tensor are the same size")  # fmt: skip
            if value.array.dtype != self.array.dtype:
                raise RuntimeError(f"attempting to assign a gradient with dtype '{str(value.dtype).removeprefix('torch.')}' to a tensor with "
                                   f"grad_dtype '{type_name(self.array.dtype)}'. The gradient must match the tensor's grad_dtype (defaults "
                                   "to the tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to "
                                   "allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may "
                                   "break downstream systems that assume they match.")  # fmt: skip
        _GRAD.__set__(self, value)

    @grad.deleter
    def grad(self) -> None:
        _GRAD.__set__(self, None)

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it (or it does not require gradients)."""
        if self.view_base is not None:
            refresh(self)
        return self.tape_node is None

    @property
    def grad_fn(self) -> Any:
        """The node that made it, None for a leaf."""
        if self.view_base is not None:
            refresh(self)
        return None if self.tape_node is None else grad_fn_of(self.tape_node)

    @property
    def output_nr(self) -> int:
        """Which output of its node it is."""
        return self.tape_index

    @property
    def _version(self) -> int:
        if self.versions is None:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.versions[0]

    @property
    def _base(self) -> Any:
        return self.view_base

    def _is_view(self) -> bool:
        return self.view_base is not None

    def is_inference(self) -> bool:
        """Whether it was made in inference mode."""
        return self.versions is None

    @property
    def retains_grad(self) -> bool:
        """Whether a non-leaf keeps its gradient."""
        return self.tape_node is not None and self.tape_meta is not None and self.tape_meta.retains

    @property
    def data(self) -> Tensor:
        """The same memory off the tape; changes of it go unnoticed by the tape."""
        return self.face.wrap(self.array)

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self.array = value.array

    def detach(self) -> Tensor:
        """The same memory off the tape; changes in place are noticed."""
        t = self.face.wrap(self.array)
        t.versions = self.versions
        return t

    def detach_(self) -> Tensor:
        """Take the tensor itself off the tape."""
        if self.view_base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                               "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                               "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                               "Optimizer.zero_grad() function in torch/optim/optimizer.py as a solution.")  # fmt: skip
        self.tape_node, self.tracks, self.tape_index = None, False, 0
        return self

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Gradients of this tensor (weighted by `gradient`; a scalar needs none) into the leaves' `grad`."""
        if inputs is not None:
            inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
            if not inputs:
                raise RuntimeError("'inputs' argument to backward() cannot be empty.")
        warn_of_cycle(create_graph)
        autograd.backward([self], [gradient], retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Keep this tensor's gradient though it is no leaf."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.tape_node is None:
            return
        _meta(self).retains = True
        if self.tape_node.hooks is None:
            self.tape_node.hooks = {}
        self.tape_node.hooks[("retain", self.tape_index)] = weakref.ref(self)

    def register_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call hook(grad) whenever this tensor's gradient has been worked out; what it returns replaces the gradient."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.tape_node is None:
            table = _meta(self).hooks
            handle = RemovableHandle(table)
            table[handle.id] = hook
            return handle
        return add_hook(self.tape_node, self.tape_index, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call hook(tensor) after a leaf's gradient was stored."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.tape_node is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        table = _meta(self).post_hooks
        handle = RemovableHandle(table)
        table[handle.id] = hook
        return handle

    # --- identity ---------------------------------------------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from plait.torch import _printing

        return _printing.tensor_repr(self, tensor_contents)

    def __format__(self, format_spec: str) -> str:
        if self.array.ndim == 0:
            return self.item().__format__(format_spec)
        return object.__format__(self, format_spec)


def _read_only(name: str) -> Any:
    def refuse(self: Tensor, value: Any) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable")

    return refuse


for _name in ("shape", "dtype", "ndim", "itemsize", "nbytes", "is_leaf", "grad_fn", "output_nr", "retains_grad"):
    setattr(Tensor, _name, vars(Tensor)[_name].setter(_read_only(_name)))

Tensor.face = Tensor

#: Attaches a function to Tensor as a method.
method = tensor.Methods(Tensor)


def is_tensor(obj: object) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)
