"""Functions with a backward of the user's own: `PyLayer`.

Rules of this file: what `backward` returns goes by `forward`'s tensors in their order; a place whose tensor stops gradients gets None.
A leaf whose first gradient comes from here shows it with `stop_gradient=True`, as upstream's does (`QUIET`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from plait import autograd as engine
from plait.modes import no_grad as _unrecorded
from plait.op import bump
from plait.paddle._tensor import Tensor, has_grad
from plait.tensor import MODE

__all__ = ["PyLayer", "PyLayerContext"]


class _Quiet(threading.local):
    """The leaves to which PyLayers gave the first gradient while a `backward` runs."""

    def __init__(self) -> None:
        self.leaves: list[Any] = []


QUIET = _Quiet()


class _State:
    """What a context is asked for while a call runs."""

    container: Any = None
    not_inplace_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    materialize_grads = True
    grad_in_dtype_consistent = True


class PyLayerContext:
    """What `forward` and `backward` of a PyLayer share."""

    __module__ = "paddle.autograd.py_layer"

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for `backward`."""
        self.container = tensors

    def saved_tensor(self) -> Any:
        """What `save_for_backward` kept."""
        return self.container

    def mark_not_inplace(self, *args: Any) -> None:
        """Inputs that `forward` hands back as leaves of their own, to which no gradient of the layer leads."""
        self.not_inplace_tensors = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Results of `forward` at which gradients stop."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a gradient that nobody asked for comes as zeros (True) or as None."""
        self.materialize_grads = _switch(value)

    def set_grad_in_dtype_consistent(self, flag: bool) -> None:
        """Whether gradients come to `backward` in the dtypes of forward's results; they do either way."""
        self.grad_in_dtype_consistent = _switch(flag)


def _switch(value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"(InvalidType) argument (position 1) must be bool, but got {type(value).__name__}")
    return bool(value)


class PyLayerBackward(_State, PyLayerContext):
    """The context of one call: `L_backward` for a PyLayer `L`."""

    __module__ = "paddle.autograd.py_layer"

    _forward_cls: Any

    def backward(self, *args: Any) -> Any:
        """The layer's own backward."""
        return self._forward_cls.backward(self, *args)


class PyLayer(_State, PyLayerContext):
    """A function with a backward of its own: subclass, write static `forward(ctx, …)` and `backward(ctx, *grads)`, call `apply`.

    >>> from plait import paddle
    >>> class Twice(paddle.autograd.PyLayer):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, dy):
    ...         return dy * 2
    >>> x = paddle.ones([2])
    >>> x.stop_gradient = False
    >>> Twice.apply(x).sum().backward()
    >>> x.grad.tolist()
    [2.0, 2.0]
    """

    __module__ = "paddle.autograd.py_layer"

    _backward_function: type[PyLayerBackward] = PyLayerBackward

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._backward_function = type(cls.__name__ + "_backward", (PyLayerBackward,), {"_forward_cls": cls})

    @staticmethod
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        """The function; `ctx.save_for_backward` keeps tensors."""
        raise NotImplementedError("You must implement the forward function for PyLayer.")

    @staticmethod
    def backward(ctx: Any, *args: Any) -> Any:
        """The gradients of the tensors that `forward` took, in their order."""
        raise NotImplementedError("You must implement the backward function for PyLayer.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, and `backward` when the tape comes back.

        Raises ValueError where `forward` returns no tensor, or hands back a leaf that wants gradients.
        """
        ctx = cls._backward_function()
        slots = list(_slots((*args, *kwargs.values())))
        inputs = [t for slot in slots for t in (slot if isinstance(slot, list) else [slot])]
        with _unrecorded():
            result = cls.forward(ctx, *args, **kwargs)
        many = isinstance(result, (list, tuple))
        results = list(result) if many else [result]
        if not any(isinstance(t, Tensor) for t in _flat(results)):
            raise ValueError(f"(InvalidArgument) {cls.__name__}.forward must return at least one Tensor")
        if not MODE.grad or all(t.stop_gradient for t in inputs):
            return result
        _attach(cls.__name__, ctx, inputs, slots, results)
        return (type(result)(results) if isinstance(result, list) else tuple(results)) if many else results[0]


def _attach(name: str, ctx: Any, inputs: list[Any], slots: list[Any], results: list[Any]) -> None:
    """Give the tensors among `results` the layer's node, in place."""
    places = list(_places(results))
    metas = [(t.array.shape, t.array.dtype) for _, _, t in places]

    def call(grads: Any) -> Any:
        given = []
        for g, (shape, dtype) in zip(grads, metas, strict=False):
            if g is None:
                g = Tensor.wrap(np.zeros(shape, dtype)) if ctx.materialize_grads else None
            elif not g.tracks:
                g._stored = True
            given.append(g)
        given += [Tensor.wrap(np.zeros(s, d)) if ctx.materialize_grads else None for s, d in metas[len(given) :]]
        try:
            back = ctx.backward(*given)
        except Exception as error:
            raise OSError(f"(External) {type(error).__name__}: {error}") from error
        found = _sorted_out(name, back, slots)
        for x, g in zip(inputs, found, strict=True):
            if g is not None and g.stop_gradient:
                g._stored = False
                if x.tape_node is None and not has_grad(x):
                    QUIET.leaves.append(x)
        return found

    node = engine.FunctionNode(name, Tensor, inputs, call)
    node.outputs = len(places)
    stopped = {id(t) for t in ctx.non_differentiable}
    apart = {id(t) for t in ctx.not_inplace_tensors}
    for k, (holder, i, t) in enumerate(places):
        if id(t) in stopped:
            t.tape_node, t.tape_index = node, k
            continue
        if any(t is x for x in inputs):
            if id(t) in apart:
                holder[i] = fresh = t.detach()
                fresh.tracks = True
                continue
            # The input itself comes back: it counts as changed in place.
            if t.tape_node is None:
                raise ValueError(
                    f"(InvalidArgument) Leaf Var ({t.name}) that doesn't stop gradient can't use inplace strategy."
                )
            bump(t)
            fresh = t
        else:
            fresh = t if t.tape_node is None and t.view_base is None and not t.tracks else t.detach()
        fresh.tape_node, fresh.tape_index, fresh.tracks = node, k, True
        holder[i] = fresh


def _sorted_out(name: str, back: Any, slots: list[Any]) -> list[Any]:
    """What a backward returned, one gradient for each tensor that forward took: a tuple has an item for each argument, missing ones are None."""
    items = list(back) if isinstance(back, tuple) else [back]
    if len(items) > len(slots):
        raise ValueError(
            f"(InvalidArgument) {name}.backward must return {len(slots)} gradients, one for each tensor that forward took; "
            f"got {len(items)}"
        )
    flat: list[Any] = []
    for i, slot in enumerate(slots):
        inside = slot if isinstance(slot, list) else [slot]
        stops = all([t.stop_gradient for t in inside])
        if i >= len(items):
            if not stops:
                raise ValueError(
                    f"(InvalidArgument) {name}.backward must return a gradient, or None, for each of the {len(slots)} tensors that forward "
                    f"took; got {len(items)}"
                )
            flat += [None] * len(inside)
            continue
        item = items[i]
        if stops and item is not None and not isinstance(slot, list):
            raise ValueError(
                f"(InvalidArgument) {name}.backward must return None at place {i}: that tensor of forward stops gradients"
            )
        if not isinstance(slot, list):
            flat.append(_checked(name, item, slot))
            continue
        parts = [None] * len(slot) if item is None else list(item) if isinstance(item, (list, tuple)) else [item]
        if len(parts) != len(slot):
            raise ValueError(
                f"(InvalidArgument) {name}.backward must return {len(slot)} gradients for a list of so many tensors; got {len(parts)}"
            )
        flat += [_checked(name, g, t) for g, t in zip(parts, slot, strict=True)]
    return flat


def _checked(name: str, g: Any, t: Any) -> Any:
    if g is not None and not isinstance(g, Tensor):
        raise ValueError(f"(InvalidArgument) {name}.backward must return Tensors or None; got {type(g).__name__}")
    if g is not None and g.array.shape != t.array.shape:
        raise ValueError(
            f"(InvalidArgument) {name}.backward must return gradients of the shapes of forward's tensors; got {list(g.array.shape)} for "
            f"{list(t.array.shape)}"
        )
    return g


def _slots(values: Any) -> Any:
    """The arguments that hold tensors: a tensor, or a list of those in a list or tuple."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            inside = [t for t in value if isinstance(t, Tensor)]
            if inside:
                yield inside


def _flat(values: Any) -> Any:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _places(results: list[Any]) -> Any:
    """Every tensor of nested lists, with the list that holds it and its place there."""
    for i, t in enumerate(results):
        if isinstance(t, Tensor):
            yield results, i, t
        elif isinstance(t, list):
            yield from _places(t)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a PyLayer's backward: its results stop gradients."""

    @wraps(backward)
    def unrecorded(ctx: Any, *args: Any) -> Any:
        with _unrecorded():
            return backward(ctx, *args)

    return unrecorded
