"""The only way from tensors to kernels: `apply`, which runs an op's forward on arrays, wraps the results and, where gradients are wanted,
makes the Node; and, from the rungs above, what goes with it: the Op record (`plait.record`) and `apply_`, the way in place (`plait.inplace`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait import _native
from plait.inplace import apply_, bump, edge_of, leaf_check, overlaps_itself, rebase, refresh, refuse_overlap, replay
from plait.record import (
    REGISTRY,
    Node,
    Op,
    Reject,
    Sample,
    changed,
    differentiable,
    refusal,
    type_name,
)  # fmt: skip
from plait.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "REGISTRY",
    "Node",
    "Op",
    "Reject",
    "Sample",
    "apply",
    "apply_",
    "bump",
    "changed",
    "differentiable",
    "edge_of",
    "leaf_check",
    "overlaps_itself",
    "rebase",
    "refresh",
    "refusal",
    "refuse_overlap",
    "replay",
    "type_name",
]  # fmt: skip

#: apply(op, inputs, params=()): run `op` on tensors (or numbers, or None): its visible results as tensors, on the tape where gradients
#: are wanted. Written in C (src/native/tape.cpp): it gathers the arrays, calls `op.run`, wraps the results in the inputs' face and makes the
#: Node.
apply: Callable[..., Any] = _native.apply

_native.configure(
    Tensor, Node, Op, refresh,
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
    "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`.",
)  # fmt: skip
