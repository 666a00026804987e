"""The Op record, its registry, and the tape's Node.

Rules of this file: an Op is complete or it does not import. Nodes are numbered as they are made, and a node's inputs were made before it, so
descending numbers are an order for the backward pass.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.tensor import Tensor, make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]
    Meta = tuple[Shape, np.dtype]

REGISTRY: dict[str, Op] = {}
_MISSING: Any = object()


class Sample:
    """An input to try: `arrays` (ndarrays, numbers or None) and the op's `params`; `grad=False` where finite differences do not apply."""

    __slots__ = ("arrays", "grad", "params")

    def __init__(self, arrays: Sequence[Any], params: Sequence[Any] = (), grad: bool = True) -> None:
        self.arrays, self.params, self.grad = tuple(arrays), tuple(params), grad


class Reject:
    """An input that must raise `error` with a message that contains `words`."""

    __slots__ = ("arrays", "error", "params", "words")

    def __init__(self, arrays: Sequence[Any], params: Sequence[Any], error: type[Exception], words: str) -> None:
        self.arrays, self.params, self.error, self.words = tuple(arrays), tuple(params), error, words


class Op:
    """All that is known about one op; see ARCHITECTURE.md for the slots.

    `save_inputs` holds input numbers, or pairs (i, j): input i is kept only if input j needs a gradient.
    `visible` results are given to the caller; further results are workspace for backward. None: as many as forward gives.
    """

    __slots__ = (
        "backward", "cost", "explain", "export", "forward", "grad_name", "infer", "kind", "name", "reference", "rejects", "run",
        "samples", "save_inputs", "save_outputs", "visible",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        kind: str,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None,
        infer: Callable[..., list[Meta]] = _MISSING,
        reference: Callable[..., Any] = _MISSING,
        samples: Callable[[], Iterable[Sample]] = _MISSING,
        rejects: Callable[[], Iterable[Reject]] = _MISSING,
        cost: Callable[..., tuple[int, int]] = _MISSING,
        explain: str = _MISSING,
        export: str | None = _MISSING,
        save_inputs: Sequence[int | tuple[int, int]] = (),
        save_outputs: Sequence[int] = (),
        visible: int | None = 1,
        grad_name: str | Callable[[tuple[Any, ...]], str] | None = None,
    ) -> None:
        slots = {"infer": infer, "reference": reference, "samples": samples, "rejects": rejects, "cost": cost,
                 "explain": explain, "export": export}  # fmt: skip
        missing = [k for k, v in slots.items() if v is _MISSING]
        if missing:
            raise TypeError(f"op {name!r} lacks {', '.join(missing)}")
        if name in REGISTRY:
            raise TypeError(f"op {name!r} is registered twice")
        self.name, self.kind = name, sys.intern(kind)
        self.forward, self.run, self.backward = {"cpu": forward}, forward, backward
        self.infer, self.reference, self.samples, self.rejects = infer, reference, samples, rejects
        self.cost, self.explain, self.export = cost, explain, export
        self.save_inputs = tuple((s, s) if isinstance(s, int) else s for s in save_inputs)
        self.save_outputs = tuple(save_outputs)
        self.visible = visible
        self.grad_name = grad_name or "".join(p[:1].upper() + p[1:] for p in name.split("_")) + "Backward0"
        REGISTRY[name] = self

    def __repr__(self) -> str:
        return f"Op({self.name!r}, kind={self.kind!r})"


def named(op: Op, grad_name: str) -> Op:
    """The same record under another name of its node, outside the registry."""
    twin = object.__new__(Op)
    for slot in Op.__slots__:
        setattr(twin, slot, getattr(op, slot))
    twin.grad_name = grad_name
    return twin


_FREED: Any = "freed"

#: Op -> how a dialect calls the node that ends its gradient, where upstream's formula ends in another function than the one here.
GRADIENT_NAMES: dict[str, str] = {}

#: A node's name -> how a dialect calls the node of the same function in place, where the two differ.
IN_PLACE_NAMES: dict[str, str] = {}


def call_gradients(op: Op | None, gradients: Sequence[Any]) -> None:
    """Give the nodes of an op's gradients the names that a dialect has for them."""
    label = GRADIENT_NAMES.get(op.name) if op is not None else None
    if label is not None:
        for g in gradients:
            if g is not None and g.tape_node is not None and g.tape_node.op is not None:
                g.tape_node.label = label


def call_in_place(node: Any) -> None:
    """Give a node made in place the name that a dialect has for it."""
    label = IN_PLACE_NAMES.get(node.name()) if IN_PLACE_NAMES and node is not None else None
    if label is not None:
        node.label = label


class Node:
    """One application of an op on the tape. `edges[i]` leads to what made input i: (Node, output number), (leaf Tensor, 0) or None."""

    __slots__ = ("__weakref__", "dtypes", "edges", "face", "hooks", "label", "needs", "op", "outputs", "params", "saved_in", "saved_out",
                 "seq", "shapes", "user")  # fmt: skip

    def __init__(self, op: Op | None, params: tuple[Any, ...], face: type[Tensor]) -> None:
        self.op = op
        self.params = params
        self.face = face
        self.seq = _native.next_number()
        self.edges: tuple[Any, ...] = ()
        self.needs: tuple[bool, ...] = ()
        self.shapes: tuple[Any, ...] = ()
        self.dtypes: tuple[Any, ...] = ()
        self.saved_in: dict[int, Any] = {}
        self.saved_out: dict[int, Any] = {}
        self.outputs = 1
        self.hooks: dict[Any, Any] | None = None
        self.user: Any = None  # a dialect's face of this node

    def name(self) -> str:
        """Upstream-style name, such as "AddBackward0"."""
        given = getattr(self, "label", None)
        if given is not None:
            return str(given)
        if self.op is None:
            return type(self).__name__
        label = self.op.grad_name
        return label if isinstance(label, str) else label(self.params)

    def run(self, grads: Sequence[Any]) -> Any:
        """Gradients of the inputs from gradients of the outputs."""
        assert self.op is not None and self.op.backward is not None
        if self.saved_in is _FREED and self.face.walked_once:
            raise refusal(self.face, "freed")
        return self.op.backward(self, *grads)

    def release(self) -> None:
        """Let go of what was saved; a later run says so."""
        if self.saved_in or self.face.walked_once:
            self.saved_in = _FREED
        if self.saved_out:
            self.saved_out = _FREED

    def x(self, i: int) -> Any:
        """Saved input i, checked against later changes in place."""
        if self.saved_in is _FREED:
            raise refusal(self.face, "freed")
        kept, version = self.saved_in[i]
        if isinstance(kept, Tensor) and kept.versions is not None and kept.versions[0] != version:
            raise changed(self.face, kept.array, kept.versions[0], version, kept)
        return kept

    def y(self, i: int) -> Any:
        """Saved output i as a tensor on this node."""
        if self.saved_out is _FREED:
            raise refusal(self.face, "freed")
        array, counter, version, visible = self.saved_out[i]
        if counter is not None and counter[0] != version:
            raise changed(self.face, array, counter[0], version, None, self.name(), i)
        if array is None:
            return None
        t = make(self.face, array, self if visible else None, i)
        if counter is not None:
            t.versions = counter
        return t


#: What is said where gradients could not be right, by a short name; a dialect's Tensor says some in upstream's words (`tape_words`).
WORDS = {
    "freed": "backward has run through this graph before, and what it needs was let go then; keep it with retain_graph=True",
    "changed": "a value that backward needs was changed in place: {dtype} {shape}{made} is at version {now}, version {then} is needed",
    "leaf": "a leaf that wants gradients is changed in place",
    "view_of_leaf": "a view of a leaf that wants gradients is changed in place",
    "one_of_views": "output {index} of {maker} is one of several views of its base, and is changed in place",
    "base_changed": "output {index} of {maker} is one of several views of its base, which was changed in place since",
    "unrecorded_view": "a view that was made while nothing was recorded is changed in place while the tape records",
    "untaped": "a tensor that never meets the tape is changed in place; make a copy of it first",
    "overlap": "elements of the tensor that is written to share their memory; make a copy of it first",
    "meeting": "an operand shares memory with the tensor that is written to; make a copy of it first",
}


def refusal(face: type[Tensor], key: str, **facts: Any) -> Exception:
    """The error that says one of `WORDS`, as the face does: a text, or a type of exception and a text."""
    said = face.tape_words.get(key, WORDS[key])
    kind, text = (RuntimeError, said) if isinstance(said, str) else said
    return kind(text.format(**facts))


_TYPE_NAMES = {dtypes.F16: "Half", dtypes.BFLOAT16: "BFloat16", dtypes.F32: "Float", dtypes.F64: "Double", dtypes.I64: "Long",
               dtypes.I32: "Int", dtypes.I16: "Short", dtypes.I8: "Char", dtypes.U8: "Byte", dtypes.BOOL: "Bool"}  # fmt: skip


def type_name(dtype: np.dtype) -> str:
    """The name that messages use for a dtype: Float, Double, Long …"""
    return _TYPE_NAMES.get(dtype, str(dtype))


def short_name(maker: str) -> str:
    """A node's name without what tells its version: Exp for ExpBackward0."""
    return maker.rstrip("0123456789").removesuffix("Backward")


def changed(
    face: type[Tensor], array: NDArray, now: int, then: int, kept: Tensor | None, maker: str = "", index: int = 0
) -> Exception:
    """What backward raises for a saved value that was changed in place since."""
    if kept is not None and kept.tape_node is not None:
        maker, index = kept.tape_node.name(), kept.tape_index
    made = f", which is output {index} of {short_name(maker)}," if maker else ""
    return refusal(
        face, "changed", dtype=type_name(array.dtype), shape=list(array.shape), made=made, now=now, then=then
    )


def differentiable(dtype: np.dtype) -> bool:
    """Whether gradients flow to this dtype."""
    return dtype.kind == "f" or dtype == dtypes.BFLOAT16
