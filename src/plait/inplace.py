"""Changes in place: what they do to the tape, to views, and to the bases of views.

Rules of this file: gradients stay right, or it raises. `apply_` writes into its target, counts the change and rebases the graph; a changed view
rewrites its base's node, and other views of that base renew theirs when next asked (`refresh`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from plait import _native, dtypes
from plait.record import Node, Op, Sample, call_in_place, differentiable, refusal, short_name, type_name
from plait.tensor import MODE, Tensor, as_array, make

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from plait.record import Shape

apply: Callable[..., Any] = _native.apply
_make_node: Callable[..., Node] = _native.make_node

#: In a view's chain, in place of an output's number: the one output (else -1) of a view that was made while nothing was recorded.
UNRECORDED = -2


def edge_of(x: Any) -> Any:
    """Where the gradient of `x` goes: (Node, output), (leaf, 0) or None."""
    if not isinstance(x, Tensor):
        return None
    if x.view_base is not None:
        refresh(x)
    if not x.tracks:
        return None
    return (x, 0) if x.tape_node is None else (x.tape_node, x.tape_index)


def replay(chain: Sequence[tuple[Op, tuple[Any, ...], int]], array: NDArray) -> NDArray:
    """The view of `array` that the chain describes."""
    for op, params, i in chain:
        got = op.run(array, *params)
        array = as_array(got if i < 0 else got[i])
    return array


class ViewOfBase(Node):
    """Stands for a view whose base was changed in place since: its gradient lands in the base's."""

    __slots__ = ("chain",)

    def __init__(self, view: Tensor, base: Tensor) -> None:
        super().__init__(None, (), view.face)
        self.chain = view.view_chain
        self.edges = (edge_of(base),)
        self.needs = (True,)
        self.shapes = (base.array.shape,)
        self.dtypes = (base.array.dtype,)

    def name(self) -> str:
        return "AsStridedBackward0"

    def run(self, grads: Sequence[Any]) -> Any:
        return apply(VIEW_SCATTER, (grads[0],), (self.shapes[0], self.chain))


def _same_place(a: NDArray, b: NDArray) -> bool:
    """Whether two arrays look at the same elements: not so where the base has been transposed in place since."""
    if a.shape != b.shape:
        return False
    if a.size == 0:
        return True
    same = all(s == t or n == 1 for s, t, n in zip(a.strides, b.strides, a.shape, strict=True))
    return same and bool(a.__array_interface__["data"][0] == b.__array_interface__["data"][0])


class RefusedView(ViewOfBase):
    """One of several views whose base was changed in place since: backward refuses, as upstream does."""

    __slots__ = ("facts",)

    def __init__(self, view: Tensor, base: Tensor) -> None:
        super().__init__(view, base)
        self.facts = {"index": view.tape_index, "maker": _maker(view)}

    def run(self, grads: Sequence[Any]) -> Any:
        raise refusal(self.face, "base_changed", **self.facts)


def _maker(view: Tensor) -> str:
    return short_name(view.tape_node.name()) if view.tape_node else "a function"


def refresh(view: Tensor) -> None:
    """Bring a view's node up to date with changes in place of its base (or of another view of it)."""
    base = view.view_base
    if base is None or view.versions is None or view.view_gen == view.versions[1]:
        return
    view.view_gen = view.versions[1]
    if base.tracks and differentiable(view.array.dtype):
        many = any(step[2] >= 0 for step in view.view_chain) or not _same_place(
            replay(view.view_chain, base.array), view.array
        )
        view.tape_node, view.tape_index, view.tracks = (RefusedView if many else ViewOfBase)(view, base), 0, True


class CopySlices(Node):
    """The base after a view of it was changed in place by `inner`: outside the view gradients pass, inside they go through `inner`."""

    __slots__ = ("chain", "inner", "slot")

    def __init__(self, base: Tensor, view: Tensor, inner: Node, slot: int) -> None:
        super().__init__(None, (), base.face)
        self.chain, self.inner, self.slot = view.view_chain, inner, slot
        self.edges = (edge_of(base), *(e for i, e in enumerate(inner.edges) if i != slot))
        self.needs = tuple([e is not None for e in self.edges])
        self.shapes = (base.array.shape, *(s for i, s in enumerate(inner.shapes) if i != slot))
        self.dtypes = (base.array.dtype, *(d for i, d in enumerate(inner.dtypes) if i != slot))

    def name(self) -> str:
        return "CopySlices"

    def release(self) -> None:
        self.inner.release()

    def run(self, grads: Sequence[Any]) -> Any:
        g = grads[0]
        part = apply(VIEW_GATHER, (g,), (self.chain,))
        inner = self.inner.run((part,))
        inner = list(inner) if isinstance(inner, (tuple, list)) else [inner]
        inner += [None] * (len(self.inner.edges) - len(inner))
        own = inner.pop(self.slot) if self.slot >= 0 else None
        rest = None
        if self.needs[0]:
            rest = apply(VIEW_REPLACE, (g, own), (self.chain,))
        return (rest, *inner)


def leaf_check(target: Tensor) -> None:
    """Refuse to change in place what gradients could then no longer be right for."""
    base, face = target.view_base, target.face
    if target.tracks and target.tape_node is None and base is None:
        raise refusal(face, "leaf")
    if base is not None:
        if (base.tracks or target.tracks) and any(step[2] >= 0 for step in target.view_chain):
            raise refusal(face, "one_of_views", index=target.tape_index, maker=_maker(target))
        if any(step[2] == UNRECORDED for step in target.view_chain):
            raise refusal(face, "unrecorded_view")
        if base.tracks and base.tape_node is None:
            raise refusal(face, "view_of_leaf")


def bump(target: Tensor) -> None:
    """Count a change of the data that the tape need not know."""
    if target.versions is not None:
        target.versions[0] += 1
    elif not MODE.inference:
        raise refusal(target.face, "untaped")


def apply_(op: Op, target: Tensor, inputs: Sequence[Any], params: tuple[Any, ...] = ()) -> Any:
    """Run `op` and put its first result into `target`, whose shape and dtype stay; gradients stay right, or it raises."""
    arrays = []
    tracks = False
    for x in (target, *inputs):
        if isinstance(x, Tensor):
            if x.view_base is not None:
                refresh(x)
            tracks = tracks or x.tracks
    if not tracks and target.view_base is not None and "unrecorded_view" in target.face.tape_words:
        tracks = target.view_base.tracks  # to be refused, by a dialect that has words for it
    tracks = tracks and MODE.grad
    if tracks:
        leaf_check(target)
        if op.backward is None and any(isinstance(x, Tensor) and x.tracks for x in inputs if x is not target):
            tracks = False
    for x in inputs:
        arrays.append(x.array if isinstance(x, Tensor) else x)
    own = target.array
    if not own.flags.writeable or (0 in own.strides and own.size > 1 and overlaps_itself(own)):
        refuse_overlap(target)
    for i, a in enumerate(arrays):
        if a is not own and type(a) is np.ndarray and np.may_share_memory(a, own):
            arrays[i] = _apart(a, own, target.face)
    node = None
    slot = -1
    if tracks and op.backward is not None:
        kept = []
        for i, x in enumerate(inputs):
            if x is target and slot < 0:  # a second mention is saved as it is, and refused by backward
                slot = i
                if any(i == a and (a == b or edge_of(inputs[b]) is not None) for a, b in op.save_inputs):
                    x = make(target.face, own.copy(), None, 0)
                    x.tape_node, x.tape_index, x.tracks = target.tape_node, target.tape_index, target.tracks
            kept.append(x)
        node = _make_node(op, kept, arrays, params, target.face)
        call_in_place(node)
        if slot >= 0:
            edge = edge_of(target)
            node.edges = (*node.edges[:slot], edge, *node.edges[slot + 1 :])
            node.needs = tuple([e is not None for e in node.edges])
    into = getattr(op.run, "into", None)
    out = own if into is not None and into(own, *arrays, *params) else op.run(*arrays, *params)
    first = as_array(out[0] if type(out) is tuple else out)
    if first is not own:
        if first.shape != own.shape:
            raise RuntimeError(
                f"output with shape {list(own.shape)} doesn't match the broadcast shape {list(first.shape)}"
            )
        if first.dtype != own.dtype:
            if dtypes.category(first.dtype) > dtypes.category(own.dtype):
                raise RuntimeError(f"result type {type_name(first.dtype)} can't be cast to the desired output type "
                                   f"{type_name(own.dtype)}")  # fmt: skip
            first = dtypes.cast(first, own.dtype)
        own[...] = first
    bump(target)
    if node is not None:
        if op.save_outputs:
            node.saved_out = {}
            for i in op.save_outputs:
                if i == 0:
                    node.saved_out[0] = (
                        target.array,
                        target.versions,
                        target.versions[0] if target.versions else 0,
                        True,
                    )
                else:
                    node.saved_out[i] = (out[i], None, 0, False)
        rebase(target, node, slot)
    elif tracks and target.tracks:
        # no derivative: the old values are gone, so nothing flows through
        rebase(target, Node(_CONSTANT, (), target.face), -1)
    return target


def _dense(a: NDArray) -> bool:
    """Whether the elements fill their memory without holes, in whatever order of dimensions."""
    expected = a.itemsize
    for stride, n in sorted((s, n) for s, n in zip(a.strides, a.shape, strict=True) if n != 1):
        if stride != expected:
            return False
        expected *= n
    return True


def _apart(a: NDArray, own: NDArray, face: type[Tensor]) -> NDArray:
    """An operand that lies in the memory that is written to: itself where each element meets its own place, a copy or an error else."""
    if (
        a.shape == own.shape
        and a.strides == own.strides
        and a.__array_interface__["data"][0] == own.__array_interface__["data"][0]
    ):
        return a
    if a.ndim and _dense(a) and _dense(own):
        raise refusal(face, "meeting")
    return a.copy()


def refuse_overlap(target: Tensor) -> NoReturn:
    """Refuse to write where several elements lie at one place."""
    raise refusal(target.face, "overlap")


def rebase(target: Tensor, node: Node, slot: int) -> None:
    """Make `node` the maker of `target` after a change in place; `slot` says which input of it the old target was."""
    base = target.view_base
    if base is not None:
        base.tape_node, base.tape_index = CopySlices(base, target, node, slot), 0
        base.tracks = True
        assert target.versions is not None
        target.versions[1] += 1
        refresh(target)
        return
    target.tape_node, target.tape_index, target.tracks = node, 0, True
    if target.versions is not None:
        target.versions[1] += 1


# --- the three array helpers of changed views, ops themselves so that second derivatives follow ------------------------------


def _scatter(g: NDArray, shape: tuple[int, ...], chain: Any) -> NDArray:
    out = np.zeros(shape, g.dtype)
    part = replay(chain, out)
    if not overlaps_itself(part):
        part[...] = g
        return out
    places = replay(chain, np.arange(out.size).reshape(shape))
    if g.dtype == dtypes.BFLOAT16:
        sums = np.zeros(out.size, np.float32)
        np.add.at(sums, places, dtypes.as_float32(g))
        return dtypes.to_bfloat16(sums.reshape(shape))
    np.add.at(out.reshape(-1), places, g)
    return out


def overlaps_itself(array: NDArray) -> bool:
    """Whether two elements may lie at one place: strides of 0, or smaller than what they step over."""
    reach = 0
    for stride, n in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        if stride <= reach:
            return True
        reach += stride * (n - 1)
    return False


def _gather(g: NDArray, chain: Any) -> NDArray:
    return np.array(replay(chain, np.ascontiguousarray(g)), order="C")


def _replace(g: NDArray, part: NDArray | None, chain: Any) -> NDArray:
    out = np.array(g, order="C")
    replay(chain, out)[...] = 0 if part is None else part
    return out


def _copy_cost(shapes: Sequence[Shape], _params: Any) -> tuple[int, int]:
    n = int(np.prod(shapes[0])) if shapes else 0
    return 0, 8 * n


VIEW_SCATTER: Op = Op(
    "view_scatter", kind="shape", forward=_scatter, grad_name="AsStridedBackward0",
    backward=lambda ctx, g: apply(VIEW_GATHER, (g,), (ctx.params[1],)),
    infer=lambda g, shape, chain: [(tuple(shape), g[1])], reference=_scatter,
    samples=lambda: [Sample([np.ones((2, 3))], ((2, 3), ()))], rejects=lambda: [], cost=_copy_cost,
    explain="a zero tensor with the gradient laid into the view's place", export=None,
)  # fmt: skip
VIEW_GATHER: Op = Op(
    "view_gather", kind="shape", forward=_gather, grad_name="AsStridedBackward0",
    backward=lambda ctx, g: apply(VIEW_SCATTER, (g,), (ctx.shapes[0], ctx.params[0])),
    infer=lambda g, chain: [(replay(chain, np.empty(g[0], g[1])).shape, g[1])], reference=_gather,
    samples=lambda: [Sample([np.arange(6.0).reshape(2, 3)], ((),))], rejects=lambda: [], cost=_copy_cost,
    explain="the view's part of the gradient", export=None,
)  # fmt: skip
VIEW_REPLACE: Op = Op(
    "view_replace", kind="shape", forward=_replace, grad_name="CopySlices",
    backward=lambda ctx, g: (
        apply(VIEW_REPLACE, (g, None), (ctx.params[0],)),
        apply(VIEW_GATHER, (g,), (ctx.params[0],)) if ctx.needs[1] else None,
    ),
    infer=lambda g, part, chain: [g], reference=_replace,
    samples=lambda: [Sample([np.ones((2, 3)), np.zeros((2, 3))], ((),))], rejects=lambda: [], cost=_copy_cost,
    explain="the gradient with the view's part exchanged", export=None,
)  # fmt: skip
_CONSTANT = Op(
    "constant", kind="shape", forward=lambda x: x, backward=lambda ctx, g: (), infer=lambda x: [x], reference=lambda x: x,
    samples=lambda: [Sample([np.ones(2)], grad=False)], rejects=lambda: [], cost=_copy_cost, explain="a value without a past", export=None,
)  # fmt: skip
