"""Gradients on demand, modes of recording, and functions with a backward of the user's own (`PyLayer`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import autograd as engine
from plait import dtypes
from plait.modes import ModeBlock
from plait.modes import no_grad as _unrecorded
from plait.op import bump
from plait.paddle._absent import getter
from plait.paddle._tensor import Tensor
from plait.tensor import MODE

__getattr__ = getter(__name__)
__all__ = [
    "PyLayer",
    "PyLayerContext",
    "backward",
    "enable_grad",
    "grad",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]


def _run(tensors: Any, cotangents: Any, retain_graph: bool) -> None:
    """Backward from several tensors; a cotangent of None means ones. Tensors at which gradients stop are passed over."""
    roots, weights = [], []
    for t, g in zip(tensors, cotangents, strict=True):
        if t.stop_gradient:
            continue
        if g is None:
            g = t.face.wrap(dtypes.full(t.array.shape, 1, t.array.dtype))
        elif g.array.shape != t.array.shape:
            raise ValueError(
                f"(InvalidArgument) grad_tensor must have the tensor's shape {list(t.array.shape)}; got {list(g.array.shape)}"
            )
        roots.append(t)
        weights.append(g)
    if roots:
        engine.run_backward(roots, weights, retain_graph, False)


class _Plain(ModeBlock):
    """A mode without settings: a decorator with or without brackets."""

    __module__ = "paddle.base.dygraph.base"

    def __new__(cls, func: Any = None) -> Any:
        self = object.__new__(cls)
        if func is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(func)

    def clone(self) -> Any:
        return type(self)()


class no_grad_(_Plain):
    """A block (or decorated function) in which nothing is recorded."""

    __module__ = "paddle.base.dygraph.base"

    def __init__(self, func: Any = None) -> None:
        super().__init__(False)


class enable_grad(_Plain):
    """A block (or decorated function) in which operations are recorded, inside a `no_grad` block too."""

    __module__ = "paddle.base.dygraph.base"

    def __init__(self, func: Any = None) -> None:
        super().__init__(True)


no_grad = no_grad_


class set_grad_enabled(ModeBlock):
    """Record operations from now on, or do not; in a `with` statement, for the block."""

    __module__ = "paddle.base.dygraph.base"

    def __init__(self, mode: Any) -> None:
        super().__init__(bool(mode))
        self._before.append((MODE.grad, MODE.inference))
        MODE.grad = bool(mode)

    def __enter__(self) -> None:
        pass

    def clone(self) -> Any:
        return set_grad_enabled(self._mode[0])


def is_grad_enabled() -> bool:
    """Whether operations are recorded now, in this thread."""
    return MODE.grad


def _listed(value: Any, name: str, none: bool = False) -> list[Any]:
    items = list(value) if isinstance(value, (list, tuple, set)) else [value]
    for item in items:
        if not isinstance(item, Tensor) and not (none and item is None):
            raise AssertionError(f"{name} must be a Tensor or a list of Tensors; got {type(item).__name__}")
    return items


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool = False) -> None:
    """Gradients of `tensors`, weighted by `grad_tensors` (None: ones), into the leaves' `grad`."""
    roots = _listed(tensors, "tensors")
    weights = [None] * len(roots) if grad_tensors is None else _listed(grad_tensors, "grad_tensors", True)
    if len(weights) != len(roots):
        raise AssertionError(f"grad_tensors must have as many items as tensors, {len(roots)}; got {len(weights)}")
    _run(roots, weights, bool(retain_graph))


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
    no_grad_vars: Any = None,
    *,
    dump_backward_graph_path: str | None = None,
) -> list[Any]:
    """The gradients of `outputs` with respect to `inputs`, a list; nothing is stored.

    The graph can be walked again whatever `retain_graph` says, as upstream; only `backward` uses it up.
    Raises ValueError where an input was not used and `allow_unused` is False.
    """
    roots, wanted = _listed(outputs, "outputs"), _listed(inputs, "inputs")
    if not only_inputs:
        raise AssertionError("only_inputs must be True: False is not supported")
    if dump_backward_graph_path is not None:
        raise NotImplementedError("grad: dump_backward_graph_path is not part of plait")
    if grad_outputs is None:
        weights: list[Any] = [None] * len(roots)
    else:
        weights = _listed(grad_outputs, "grad_outputs", True)
        if len(weights) != len(roots):
            raise AssertionError(f"grad_outputs must have as many items as outputs, {len(roots)}; got {len(weights)}")
    weights = [
        t.face.wrap(dtypes.full(t.array.shape, 1, t.array.dtype)) if g is None else g
        for t, g in zip(roots, weights, strict=True)
    ]
    dams = [
        t.register_hook(lambda g: g * 0)
        for t in ([] if no_grad_vars is None else _listed(no_grad_vars, "no_grad_vars"))
        if t.tracks
    ]
    try:
        # It walks a copy of the graph upstream: the graph itself stays whole, whatever retain_graph says.
        got = engine.run_backward(roots, weights, True, bool(create_graph), wanted, into_leaves=False)
    finally:
        for dam in dams:
            dam.remove()
    for i, g in enumerate(got):
        if g is None:
            if not allow_unused:
                raise ValueError(
                    f"(InvalidArgument) the input at index {i} appears to be not used in the graph of the outputs; "
                    "set allow_unused to True where that is meant"
                )
        else:
            g.stop_gradient = not create_graph
    return got


class PyLayerContext:
    """What `forward` and `backward` of a PyLayer share."""

    container: Any = None
    _not_inplace: tuple[Any, ...] = ()
    _materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for `backward`."""
        self.container = tensors

    def saved_tensor(self) -> Any:
        """What `save_for_backward` kept."""
        return self.container

    def mark_not_inplace(self, *args: Any) -> None:
        """Inputs that `forward` may hand back without that counting as a change in place."""
        self._not_inplace = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Results of `forward` at which gradients stop."""
        self._stopped = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a gradient that nobody asked for comes as zeros (True) or as None."""
        self._materialize = bool(value)


class PyLayer:
    """A function with a backward of its own: subclass, write static `forward(ctx, …)` and `backward(ctx, *grads)`, call `apply`."""

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
        ctx = PyLayerContext()
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
        places = list(_places(results))
        metas = [(t.array.shape, t.array.dtype) for _, _, t in places]

        def call(grads: Any) -> Any:
            given = []
            for g, (shape, dtype) in zip(grads, metas, strict=False):
                g = Tensor.wrap(np.zeros(shape, dtype)) if g is None and ctx._materialize else g
                if g is not None and not g.tracks:
                    g._stored = True
                given.append(g)
            try:
                back = cls.backward(ctx, *given)
            except Exception as error:
                raise OSError(f"(External) {type(error).__name__}: {error}") from error
            return _sorted_out(cls.__name__, back, slots)

        node = engine.FunctionNode(cls.__name__, Tensor, inputs, call)
        node.outputs = len(places)
        stopped = {id(t) for t in getattr(ctx, "_stopped", ())}
        apart = {id(t) for t in ctx._not_inplace}
        for k, (holder, i, t) in enumerate(places):
            if id(t) in stopped:
                continue
            if any(t is x for x in inputs) and id(t) not in apart:
                # The input itself comes back: it counts as changed in place.
                if t.tape_node is None and t.tracks:
                    raise ValueError(
                        f"(InvalidArgument) Leaf Var ({t.name}) that doesn't stop gradient can't use inplace strategy."
                    )
                bump(t)
                fresh = t
            else:
                fresh = t if t.tape_node is None and t.view_base is None and not t.tracks else t.detach()
            fresh.tape_node, fresh.tape_index, fresh.tracks = node, k, True
            holder[i] = fresh
        return (type(result)(results) if isinstance(result, list) else tuple(results)) if many else results[0]


def _sorted_out(name: str, back: Any, slots: list[Any]) -> list[Any]:
    """What a backward returned, one gradient for each tensor that forward took: a tuple has an item for each argument."""
    items = list(back) if isinstance(back, tuple) else [back]
    if len(items) != len(slots):
        raise ValueError(
            f"(InvalidArgument) {name}.backward must return {len(slots)} gradients, one for each tensor that forward took; "
            f"got {len(items)}"
        )
    flat: list[Any] = []
    for item, slot in zip(items, slots, strict=True):
        if isinstance(slot, list):
            parts = [None] * len(slot) if item is None else list(item) if isinstance(item, (list, tuple)) else [item]
            if len(parts) != len(slot):
                raise ValueError(
                    f"(InvalidArgument) {name}.backward must return {len(slot)} gradients for a list of so many tensors; got {len(parts)}"
                )
            flat.extend(parts)
        else:
            flat.append(item)
    for g in flat:
        if g is not None and not isinstance(g, Tensor):
            raise ValueError(f"(InvalidArgument) {name}.backward must return Tensors or None; got {type(g).__name__}")
    return flat


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
