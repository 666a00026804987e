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
from plait.tensor import Tensor, as_array, make

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

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
#: are wanted. Written in C (src/native/tape.cpp): it gathers the arrays, calls `op.run`, wraps one array in the inputs' face and makes the
#: Node; what is rarer it hands to `_wrap_views` and `_finish_many` below.
apply: Callable[..., Any] = _native.apply


def _finish_many(op: Op, node: Node | None, face: type[Tensor], out: tuple[Any, ...]) -> Any:
    visible = len(out) if op.visible is None else op.visible
    results = []
    for i in range(visible):
        array = as_array(out[i])
        results.append(make(face, array, node if node is not None and differentiable(array.dtype) else None, i))
    if node is not None:
        node.outputs = visible
        node.saved_out = saved = {}
        for i in op.save_outputs:
            if i < visible:
                saved[i] = (results[i].array, results[i].versions, 0, results[i].tracks)
            else:
                saved[i] = (out[i], None, 0, False)
    return results[0] if op.visible == 1 else tuple(results)


def _wrap_views(op: Op, source: Tensor, params: tuple[Any, ...], out: Sequence[NDArray], node: Node | None) -> Any:
    """Several results that share the source's memory, as `apply` does for one."""
    base = source.view_base if source.view_base is not None else source
    results = []
    for i, array in enumerate(out):
        array = as_array(array)
        t = make(source.face, array, node if node is not None and differentiable(array.dtype) else None, i)
        t.versions = source.versions
        t.view_base = base
        t.view_chain = (*source.view_chain, (op, params, i))
        if source.versions is not None:
            t.view_gen = source.versions[1]
        results.append(t)
    if node is not None:
        node.outputs = len(results)
    return tuple(results)


_native.configure(
    Tensor, Node, Op, refresh, _wrap_views, _finish_many,
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
    "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
    "`torch.inference_mode()`.",
)  # fmt: skip
