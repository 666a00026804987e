"""Gradients on demand, and modes of recording. `PyLayer` is in a file of its own."""

from __future__ import annotations

from typing import Any

from plait import autograd as engine
from plait import dtypes
from plait.modes import ModeBlock
from plait.paddle._absent import getter
from plait.paddle._py_layer import QUIET, PyLayer, PyLayerContext
from plait.paddle._tensor import Tensor, mark_quiet
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


def _run(tensors: Any, cotangents: Any, retain_graph: bool, only: bool = False) -> None:
    """Backward from several tensors; a cotangent of None means ones. Tensors at which gradients stop are passed over."""
    roots, weights = [], []
    for t, g in zip(tensors, cotangents, strict=True):
        if t.stop_gradient:
            continue
        if g is None:
            g = t.face.wrap(dtypes.full(t.array.shape, 1, t.array.dtype))
        elif g.array.shape != t.array.shape:
            raise (AssertionError if only else ValueError)(
                f"(InvalidArgument) grad_tensor must have the tensor's shape {list(t.array.shape)}; got {list(g.array.shape)}"
            )
        roots.append(t)
        weights.append(g)
    if not roots:
        return
    outer, QUIET.leaves = QUIET.leaves, []
    try:
        engine.run_backward(roots, weights, retain_graph, False)
        for leaf in QUIET.leaves:
            mark_quiet(leaf)
    finally:
        QUIET.leaves = outer


class _Plain(ModeBlock):
    """A mode without settings: a decorator with brackets; TypeError without them."""

    __module__ = "paddle.base.dygraph.base"

    def clone(self) -> Any:
        return type(self)()  # type: ignore[call-arg]


class no_grad_(_Plain):
    """A block (or decorated function) in which nothing is recorded."""

    __module__ = "paddle.base.dygraph.base"

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Plain):
    """A block (or decorated function) in which operations are recorded, inside a `no_grad` block too."""

    __module__ = "paddle.base.dygraph.base"

    def __init__(self) -> None:
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


def _listed(value: Any, name: str, none: bool = False, some: bool = False) -> list[Any]:
    """`value` as a list of Tensors. Raises AssertionError for other items (but None, if `none`) and, if `some`, for no item."""
    items = list(value) if isinstance(value, (list, tuple, set)) else [value]
    if some and not items:
        raise AssertionError(f"{name} cannot be empty")
    for item in items:
        if not isinstance(item, Tensor) and not (none and item is None):
            raise AssertionError(f"{name} must be a Tensor or a list of Tensors; got {type(item).__name__}")
    return items


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool = False) -> None:
    """Gradients of `tensors`, weighted by `grad_tensors` (None: ones), into the leaves' `grad`."""
    roots = _listed(tensors, "tensors")
    weights = [None] * len(roots) if grad_tensors is None else _listed(grad_tensors, "grad_tensors", True)
    if len({id(t) for t in roots}) != len(roots):
        raise AssertionError("tensors contain duplicate tensors: each may be named once")
    if len(weights) != len(roots):
        raise AssertionError(f"grad_tensors must have as many items as tensors, {len(roots)}; got {len(weights)}")
    _run(roots, weights, bool(retain_graph))


def _weight(output: Any, given: Any) -> Any:
    """The gradient that `grad` starts with: ones, or what was given, in the output's shape."""
    if given is None:
        return output.face.wrap(dtypes.full(output.array.shape, 1, output.array.dtype))
    if given.array.shape == output.array.shape:
        return given
    if given.array.size != output.array.size:
        raise ValueError(
            f"(InvalidArgument) grad_outputs must have the shapes of outputs; got {list(given.array.shape)} for {list(output.array.shape)}"
        )
    return given.reshape(list(output.array.shape))


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
    Raises ValueError where an input was not used and `allow_unused` is False, AssertionError for other arguments that are not as named.
    """
    if isinstance(inputs, set):
        raise AssertionError("inputs must be a Tensor or a list of Tensors; got set")
    roots, wanted = _listed(outputs, "outputs", some=True), _listed(inputs, "inputs", some=True)
    for what, switch in (
        ("create_graph", create_graph), ("retain_graph", retain_graph), ("allow_unused", allow_unused), ("only_inputs", only_inputs),
    ):  # fmt: skip
        if not isinstance(switch, bool) and not (what == "retain_graph" and switch is None):
            raise AssertionError(f"{what} must be True or False; got {switch!r}")
    for what, tensors in (("outputs", roots), ("inputs", wanted)):
        if len({id(t) for t in tensors}) != len(tensors):
            raise RuntimeError(f"(AlreadyExists) {what} contain duplicate tensors: each may be named once")
    if not only_inputs:
        raise AssertionError("only_inputs must be True: False is not supported")
    if dump_backward_graph_path is not None:
        raise NotImplementedError("grad: dump_backward_graph_path is not part of plait")
    weights = [] if grad_outputs is None else _listed(grad_outputs, "grad_outputs", True)
    weights = weights or [None] * len(roots)
    if len(weights) != len(roots):
        raise AssertionError(f"grad_outputs must have as many items as outputs, {len(roots)}; got {len(weights)}")
    weights = [_weight(t, g) for t, g in zip(roots, weights, strict=True)]
    dams = [
        t.register_hook(lambda g: g * 0)
        for t in ([] if no_grad_vars is None else _listed(no_grad_vars, "no_grad_vars"))
        if t.tracks and not any(t is root for root in roots)
    ]
    try:
        # It walks a copy of the graph upstream: the graph itself stays whole, whatever retain_graph says.
        got = engine.run_backward(roots, weights, True, bool(create_graph), wanted, into_leaves=False, leaf_hooks=False)
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
