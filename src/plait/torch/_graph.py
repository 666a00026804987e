"""Nodes of the tape as scripts see them: `Tensor.grad_fn` and its `next_functions`."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import tensor
from plait.record import _FREED, GRADIENT_NAMES, IN_PLACE_NAMES
from plait.torch.utils.hooks import RemovableHandle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__: list[str] = []


class AccumulateGrad:
    """The end of the tape at a leaf: where its gradient is stored."""

    __slots__ = ("__weakref__", "variable")
    next_functions: tuple[Any, ...] = ()

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        """Upstream's name of the node."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {hex(id(self))}>"


def _function_at(edges: Sequence[Any], at: Any) -> tuple[Any, int]:
    """What leads to input number `at`: (function, output); a tuple is a function that upstream has between, and what leads to it."""
    if isinstance(at, tuple):
        return (_Between(at[0], tuple([_function_at(edges, i) for i in at[1:]])), 0)
    e = edges[at]
    if e is None:
        return (None, 0)
    return (AccumulateGrad(e[0]), 0) if isinstance(e[0], tensor.Tensor) else (grad_fn_of(e[0]), e[1])


_WEIGHT = ("TBackward0", 1)
#: Ops whose inputs upstream shows in another order, or through functions that are one with the op here.
_SHOWN: dict[str, tuple[Any, ...]] = {
    "linear": (2, 0, _WEIGHT),
    "linear_plain": (0, _WEIGHT),
    "linear_rows": (("AddmmBackward0", 2, ("ViewBackward0", 0), _WEIGHT),),
    "linear_rows_plain": (("MmBackward0", ("ViewBackward0", 0), _WEIGHT),),
    "cross_entropy": (("LogSoftmaxBackward0", 0),),
    "nll_loss": (0,),
    "batch_norm": (0, 1, 2),
    "batch_norm_inference": (0, 1, 2),
    "embedding": (0,),
    "pow": (0,),
    "where": (1, 2),
}


GRADIENT_NAMES.update(
    {op: name for name, ops in {
        "AddBackward0": "softsign tanhshrink",
        "AsStridedBackward0": "as_strided",
        "BinaryCrossEntropyBackwardBackward0": "binary_cross_entropy",
        "CatBackward0": "split",
        "DivBackward0": "hypot",
        "DivBackward1": "mean binary_cross_entropy_with_logits",
        "EluBackwardBackward0": "celu",
        "GeluBackwardBackward0": "gelu_tanh",
        "HardshrinkBackwardBackward0": "hardshrink",
        "HuberLossBackwardBackward0": "huber_loss",
        "IndexPutImplBackward0": "index",
        "MaskedFillBackward0": "maximum minimum fmax fmin",
        "MaskedFillBackward1": "max_all min_all median_all",
        "MseLossBackwardBackward0": "mse_loss",
        "MulBackward0": "amax amin mish nan_to_num norm prod silu",
        "MulBackward1": "exp2 lerp",
        "ScatterBackward0": "kthvalue max_dim median min_dim mode sort topk",
        "SelectBackwardBackward0": "select",
        "SmoothL1LossBackwardBackward0": "smooth_l1_loss",
        "SoftMarginLossBackwardBackward0": "soft_margin_loss",
        "SoftshrinkBackwardBackward0": "softshrink",
        "SqueezeBackward1": "unsqueeze",
        "SumBackward1": "repeat",
    }.items() for op in ops.split()}
)  # fmt: skip


IN_PLACE_NAMES.update(
    {f"{name}Backward0": f"{name}Backward1" for name in (
        "AsStrided", "Celu", "Elu", "LeakyRelu", "RreluWithNoise", "T", "Threshold", "Transpose", "Unsqueeze",
    )}
)  # fmt: skip
IN_PLACE_NAMES.update({f"SqueezeBackward{n}": f"SqueezeBackward{n + 3}" for n in range(3)})


#: What upstream calls a saved input: its number, and the ops that have it by that name (all, if none are said).
_SAVED = {
    "self": (0, ""),
    "other": (1, "mul div maximum minimum fmax fmin atan2 hypot xlogy"),
    "exponent": (1, "pow"),
    "mat2": (1, "mm bmm"),
    "input": (0, "conv linear layer_norm batch_norm"),
    "weight": (1, "conv linear layer_norm batch_norm"),
}


def _saved(node: Any, what: str) -> Any:
    """A value that the node keeps for its gradient, or None."""
    if node.saved_in is _FREED:
        return node.x(0)  # refuses
    if node.saved_out is _FREED or (what == "result" and 0 in node.saved_out and node.op.name != "pow"):
        return node.y(0)
    at, ops = _SAVED.get(what, (-1, ""))
    if at not in node.saved_in or (ops and node.op.name not in ops.split()):
        return None
    kept = node.x(at)
    return node.face.wrap(np.asarray(kept)) if isinstance(kept, (int, float)) and what == "other" else kept


class GradFn:
    """A node of the tape, as `Tensor.grad_fn` shows it."""

    __slots__ = ("__dict__", "__weakref__", "node")

    def __init__(self, node: Any) -> None:
        self.node = node

    def name(self) -> str:
        """Such as "AddBackward0"."""
        label: str = self.node.name()
        return "torch::autograd::" + label if label in ("CopyBackwards", "CopySlices") else label

    @property
    def next_functions(self) -> tuple[Any, ...]:
        """The nodes of the inputs, each with the number of its output."""
        edges = self.node.edges
        shown = _SHOWN.get(self.node.op.name) if self.node.op is not None else None
        return tuple([_function_at(edges, i) for i in (range(len(edges)) if shown is None else shown)])

    @property
    def metadata(self) -> dict[Any, Any]:
        """A place for the user's own notes."""
        return self.__dict__.setdefault("_metadata", {})

    def register_hook(self, hook: Callable[..., Any]) -> Any:
        """Call hook(grad_inputs, grad_outputs) after the node has run."""
        return add_hook(self.node, "post", hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Any:
        """Call hook(grad_outputs) before the node runs."""
        return add_hook(self.node, "pre", hook)

    def __call__(self, *grads: Any) -> Any:
        return self.node.run(grads)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_saved_") and self.node.op is not None:
            found = _saved(self.node, name[len("_saved_") :])
            if found is not None:
                return found
        if name == "saved_tensors":
            raise AttributeError("'saved_tensors' is for custom functions")
        raise AttributeError(f"'{self.node.name()}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        kind = type(self)
        place = "" if kind.__module__ == "builtins" else kind.__module__ + "."
        return f"<{place}{kind.__qualname__} object at {hex(id(self.node))}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other.node is self.node

    def __hash__(self) -> int:
        return hash(self.node)


class _Between:
    """A function that upstream has on the tape where one op does all here: it can be looked at, no more."""

    __slots__ = ("label", "next_functions")

    def __init__(self, label: str, next_functions: tuple[Any, ...]) -> None:
        self.label, self.next_functions = label, next_functions

    def name(self) -> str:
        """Upstream's name of the node."""
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label} object at {hex(id(self))}>"


_NODE_TYPES: dict[str, type[GradFn]] = {}


def grad_fn_of(node: Any) -> Any:
    """The face of a node; its class is named as upstream names it."""
    if node.user is not None:
        return node.user
    label = node.name()
    kind = _NODE_TYPES.get(label)
    if kind is None:
        kind = _NODE_TYPES[label] = type(label, (GradFn,), {"__slots__": (), "__module__": "builtins"})
    return kind(node)


def add_hook(node: Any, key: Any, hook: Any) -> RemovableHandle:
    """Put a hook on a node: for one of its outputs, or "pre" or "post" its run."""
    if node.hooks is None:
        node.hooks = {}
    table = node.hooks.setdefault(key, OrderedDict())
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle
