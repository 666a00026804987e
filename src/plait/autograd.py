"""The tape's other direction: `backward`, `grad`, gradient modes, and nodes written by users.

Rules of this file: nodes run in descending order of their numbers, from a heap, so no recursion and no counting of dependencies;
what a node saved is let go as soon as it has run, unless the graph is retained; a leaf's gradient is stored as it comes where nothing
else holds it, and copied otherwise. The few ops that the engine itself needs are attached by the rung below (`attach`).
"""

from __future__ import annotations

import sys
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.modes import enable_grad, grad_enabled, inference_mode, no_grad, set_grad_enabled
from plait.op import Node, apply, edge_of, refresh
from plait.record import call_gradients
from plait.tensor import MODE, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "apply",
    "backward",
    "enable_grad",
    "grad",
    "grad_enabled",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]


#: Set by `set_detect_anomaly`: a backward that gives NaN raises.
anomaly = False


def set_detect_anomaly(on: bool) -> bool:
    """Raise where a backward function gives NaN. Returns the previous setting."""
    global anomaly
    before, anomaly = anomaly, bool(on)
    return before


class _Attached:
    """Ops that gradients meet on their way: a sum of two, a sum down to a shape, a cast, a sum into an array."""

    add: Callable[[Any, Any], Any]
    sum_to: Callable[[Any, Any], Any]
    to_dtype: Callable[[Any, np.dtype], Any]
    add_into: Callable[[Any, Any], None]


def attach(**ops: Callable[..., Any]) -> None:
    """Called by the ops that define them."""
    for name, op in ops.items():
        setattr(_Attached, name, staticmethod(op))


def _add(a: Any, b: Any) -> Any:
    return _Attached.add(a, b)


def _fit(g: Any, node: Node, i: int) -> Any:
    """The gradient in its input's shape and dtype: broadcast dimensions summed, dtype cast."""
    want = node.shapes[i] if i < len(node.shapes) else None
    if want is not None and g.array.shape != want:
        g = _Attached.sum_to(g, want)
    if i < len(node.dtypes):
        dtype = node.dtypes[i]
        if dtype is not None and g.array.dtype != dtype and (dtype.kind == "f" or dtype == dtypes.BFLOAT16):
            g = _Attached.to_dtype(g, dtype)
    return g


def _run_hooks(hooks: Any, g: Any) -> Any:
    for hook in list(hooks.values()):
        got = hook(g)
        if got is not None:
            if not isinstance(got, Tensor):
                raise TypeError(f"hook must return None or a tensor; got {type(got).__name__}")
            g = got
    return g


class _Alone:
    """What getrefcount says of a gradient that only `run_backward` holds, and of its array: by trial, since interpreters differ."""

    tensor = array = base = -1


def _base_count(array: NDArray) -> int:
    base = array.base
    return sys.getrefcount(base)


def _count_alone() -> None:
    _Alone.tensor = _Alone.array = 0
    _Alone.base = _base_count(np.zeros(2).reshape(1, 2))
    leaf = Tensor.wrap(np.zeros(1, np.float32))
    leaf.tracks = True
    with enable_grad():
        out = _Attached.to_dtype(leaf, np.dtype(np.float64))
    run_backward([out], [Tensor.wrap(np.ones(1))], False, False)


def _owns_memory(array: NDArray) -> bool:
    """Whether nobody else sees the array's memory: it is its own, or all of an array's that only this view holds."""
    if not isinstance(array.base, np.ndarray):
        return True
    return (
        array.base.nbytes == array.nbytes
        and not isinstance(array.base.base, np.ndarray)
        and _base_count(array) <= _Alone.base
    )


def _owned_array(g: Any) -> NDArray:
    """The gradient's array where nothing else holds it or its memory, else a copy."""
    if _Alone.tensor < 0:
        _count_alone()
    array: NDArray = g.array
    tensors, arrays = sys.getrefcount(g), sys.getrefcount(array)
    if _Alone.tensor == 0:  # the trial
        _Alone.tensor, _Alone.array = tensors, arrays
    if (
        tensors <= _Alone.tensor
        and arrays <= _Alone.array
        and _owns_memory(array)
        and array.flags.c_contiguous
        and array.flags.writeable
    ):
        return array
    fresh: NDArray = _native.empty(array.shape, array.dtype)
    np.copyto(fresh, array)
    return fresh


def accumulate(leaf: Tensor, g: Any, create_graph: bool) -> None:
    """Add `g` into `leaf.grad`; called where the gradient is held as it is in `run_backward`."""
    meta = leaf.tape_meta
    if meta is not None and meta.hooks:
        g = _run_hooks(meta.hooks, g)
    old = leaf.grad
    if old is None:
        if create_graph:
            leaf.grad = g
        else:
            leaf.grad = leaf.face.wrap(_owned_array(g))
    elif create_graph:
        leaf.grad = _add(old, g)
    else:
        if (
            (old.tracks and old.tape_node is not None)
            or old.array.shape != g.array.shape
            or old.array.dtype != g.array.dtype
            or not old.array.flags.writeable
        ):
            leaf.grad = _add(old, g)
        else:
            _Attached.add_into(old.array, g.array)
            if old.versions is not None:
                old.versions[0] += 1
    if meta is not None and meta.post_hooks:
        for hook in list(meta.post_hooks.values()):
            hook(leaf)


class _Held:
    """Gradients of leaves with hooks, which wait here until nothing more can come: a hook sees the sum, once."""

    def __init__(self) -> None:
        self.sums: dict[int, tuple[Tensor, Any]] = {}  # in the order of the latest gradient
        self.last: dict[int, int] | None = None

    def add(self, leaf: Tensor, g: Any) -> None:
        before = self.sums.pop(id(leaf), None)
        self.sums[id(leaf)] = (leaf, g if before is None else _add(before[1], g))

    def settle(self, heap: list[tuple[int, Node]], create_graph: bool) -> None:
        """Accumulate what is complete when the nodes of `heap` and those behind them are all that will run."""
        if self.last is None:
            self.last = _last_nodes([node for _, node in heap])
        following = -heap[0][0] if heap else -1
        for key in [k for k in self.sums if self.last.get(k, following + 1) > following]:
            leaf, g = self.sums.pop(key)
            accumulate(leaf, g, create_graph)


def _hooked(leaf: Tensor) -> bool:
    meta = leaf.tape_meta
    return meta is not None and bool(meta.hooks or meta.post_hooks)


def _last_nodes(stack: list[Node]) -> dict[int, int]:
    """For each leaf with hooks, by its id, the number of the last node from which a gradient may come to it."""
    last: dict[int, int] = {}
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node.seq in seen:
            continue
        seen.add(node.seq)
        for e in node.edges:
            if e is None:
                continue
            if isinstance(e[0], Node):
                stack.append(e[0])
            elif _hooked(e[0]):
                last[id(e[0])] = min(last.get(id(e[0]), node.seq), node.seq)
    return last


def _needed(roots: Sequence[Node], targets: set[Any], within: Callable[[int], bool] | None = None) -> set[int]:
    """Numbers of the nodes from which some target can be reached, through nodes `within` alone."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.seq in seen:
            continue
        seen[node.seq] = node
        if within is not None and not within(node.seq):
            continue
        for e in node.edges:
            if e is not None and isinstance(e[0], Node):
                stack.append(e[0])
    wanted: set[int] = set()
    nodes_targeted = {t[0] for t in targets if isinstance(t, tuple)}
    for seq in sorted(seen):
        node = seen[seq]
        hit = seq in nodes_targeted
        if not hit and (within is None or within(seq)):
            for e in node.edges:
                if e is None:
                    continue
                to = e[0]
                if (to.seq in wanted) if isinstance(to, Node) else (id(to) in targets):
                    hit = True
                    break
        if hit:
            wanted.add(seq)
    return wanted


def run_backward(
    roots: Sequence[Any],
    cotangents: Sequence[Any],
    retain_graph: bool,
    create_graph: bool,
    inputs: Sequence[Any] | None = None,
    into_leaves: bool = True,
    within: Callable[[int], bool] | None = None,
    leaf_hooks: bool = True,
) -> list[Any]:
    """The engine. With `inputs`, only what leads to them runs; their gradients are returned and, if `into_leaves`, also stored.

    `within` says by a node's number whether gradients pass through it; they end at nodes of other numbers.
    `leaf_hooks`: hooks of leaves among `inputs` see the gradients that are only returned, too.
    """
    captured: dict[Any, Any] = {}
    keys: list[Any] = []
    wanted: set[int] | None = None
    if inputs is not None:
        for x in inputs:
            e = edge_of(x)
            keys.append(None if e is None else (id(x) if isinstance(e[0], Tensor) else (e[0].seq, e[1])))
        targets = {k for k in keys if k is not None}
        root_nodes = [e[0] for e in (edge_of(r) for r in roots) if e is not None and isinstance(e[0], Node)]
        wanted = _needed(root_nodes, targets, within)
    heap: list[tuple[int, Node]] = []
    waiting: dict[int, list[Any]] = {}
    target_set = set(keys)

    def deliver(edge: Any, g: Any) -> None:
        to, index = edge
        if isinstance(to, Node):
            seq = to.seq
            if wanted is not None and seq not in wanted:
                return
            slots = waiting.get(seq)
            if slots is None:
                waiting[seq] = slots = [None] * max(to.outputs, index + 1)
                heappush(heap, (-seq, to))
            slots[index] = g if slots[index] is None else _add(slots[index], g)
        elif wanted is None:
            if to.tape_meta is not None and _hooked(to):
                held.add(to, g)
            elif create_graph:
                leaves.append((to, g))
            else:
                accumulate(to, g, False)
        elif id(to) in target_set:
            captured[id(to)] = g if id(to) not in captured else _add(captured[id(to)], g)

    leaves: list[tuple[Tensor, Any]] = []
    held = _Held()
    previous = MODE.grad
    MODE.grad = create_graph
    try:
        for r, g in zip(roots, cotangents, strict=True):
            e = edge_of(r)
            if e is not None:
                deliver(e, g)
        del roots, cotangents
        g = None
        if held.sums:
            held.settle(heap, create_graph)
        while heap:
            seq, node = heappop(heap)
            grads = waiting.pop(-seq)
            if node.hooks is not None:
                grads = _node_hooks(node, grads)
            if wanted is not None:
                for i, g in enumerate(grads):
                    if (-seq, i) in target_set and g is not None:
                        captured[(-seq, i)] = g
                if not any(
                    e is not None and ((e[0].seq in wanted) if isinstance(e[0], Node) else id(e[0]) in target_set)
                    for e in node.edges
                ):
                    continue
                if within is not None and not within(-seq):
                    continue
            result = node.run(grads)
            if not retain_graph:
                node.release()
            given = tuple(grads) if node.hooks is not None and "post" in node.hooks else ()
            del grads
            result = list(result) if isinstance(result, (tuple, list)) else [result]
            if create_graph:
                call_gradients(node.op, result)
            if node.hooks is not None and "post" in node.hooks:
                for hook in list(node.hooks["post"].values()):
                    got = hook(tuple(result), given)
                    if got is not None:
                        result = list(got) if isinstance(got, (tuple, list)) else [got]
            edges = node.edges
            for i in range(len(result)):
                g, result[i] = result[i], None  # the list does not hold what is delivered: a leaf may keep it as it is
                if g is None or i >= len(edges) or edges[i] is None:
                    continue
                if anomaly and np.isnan(g.array).any():
                    raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
                deliver(edges[i], _fit(g, node, i))
            del result, g, edges
            g = None
            if held.sums:
                held.settle(heap, create_graph)
        for leaf, g in leaves:
            accumulate(leaf, g, True)
        if inputs is None:
            return []
        results = []
        done: set[Any] = set()
        for x, k in zip(inputs, keys, strict=True):
            got = captured.get(k)
            if (
                got is not None
                and x.tape_node is None
                and not into_leaves
                and leaf_hooks
                and x.tape_meta is not None
                and x.tape_meta.hooks
                and k not in done
            ):
                got = captured[k] = _run_hooks(x.tape_meta.hooks, got)
            if into_leaves and got is not None and k not in done:
                accumulate(x, got if create_graph else type(got).face.wrap(got.array.copy()), create_graph)
            done.add(k)
            results.append(got)
        return results
    finally:
        MODE.grad = previous


def _node_hooks(node: Node, grads: list[Any]) -> list[Any]:
    hooks = node.hooks
    assert hooks is not None
    for i, g in enumerate(grads):
        if g is None:
            absent = hooks.get(("absent", i))
            if absent is None:
                continue
            grads[i] = g = absent()
        own = hooks.get(i)
        if own:
            grads[i] = _run_hooks(own, g)
        keep = hooks.get(("retain", i))
        if keep is not None:
            t = keep()
            if t is not None:
                t.grad = grads[i] if t.grad is None else _add(t.grad, grads[i])
    if "pre" in hooks:
        for hook in list(hooks["pre"].values()):
            got = hook(tuple(grads))
            if got is not None:
                grads = list(got) if isinstance(got, (tuple, list)) else [got]
    return grads


def _cotangents(tensors: Sequence[Any], given: Sequence[Any], create_graph: bool) -> list[Any]:
    result = []
    for i, (t, g) in enumerate(zip(tensors, given, strict=True)):
        if t.view_base is not None:
            refresh(t)
        if g is None:
            if t.tracks:
                if t.array.size != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                g = t.face.wrap(dtypes.full(t.array.shape, 1, t.array.dtype))
        else:
            if not isinstance(g, Tensor):
                raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
            if g.array.shape != t.array.shape:
                got, want = (getattr(x, "shape", x.array.shape) for x in (g, t))
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {got} and output[{i}] has a shape of {want}."
                )
        if not t.tracks:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        result.append(g)
    return result


def backward(
    tensors: Sequence[Any],
    cotangents: Sequence[Any],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Any] | None = None,
) -> None:
    """Gradients of `tensors` (weighted by `cotangents`, None for ones) into the leaves' `grad`, or into that of `inputs` alone."""
    given = _cotangents(tensors, cotangents, create_graph)
    retain = create_graph if retain_graph is None else retain_graph
    run_backward(tensors, given, retain, create_graph, inputs)


def grad(
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    cotangents: Sequence[Any],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`; nothing is stored."""
    given = _cotangents(outputs, cotangents, create_graph)
    for x in inputs:
        if edge_of(x) is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    retain = create_graph if retain_graph is None else retain_graph
    got = run_backward(outputs, given, retain, create_graph, inputs, into_leaves=False)
    if not allow_unused:
        for i, g in enumerate(got):
            if g is None:
                raise RuntimeError(f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                                   "Set allow_unused=True if this is the desired behavior.")  # fmt: skip
    return tuple(got)


class FunctionNode(Node):
    """A node whose backward a user wrote: `call(grads)` gives the inputs' gradients."""

    __slots__ = ("call", "forget", "label")

    def __init__(
        self, label: str, face: type[Tensor], inputs: Sequence[Any], call: Callable[[Sequence[Any]], Any]
    ) -> None:
        super().__init__(None, (), face)
        self.label, self.call = label, call
        self.forget: Callable[[], None] | None = None
        self.edges = tuple([edge_of(x) for x in inputs])
        self.needs = tuple([e is not None for e in self.edges])
        self.shapes = tuple([x.array.shape if isinstance(x, Tensor) else None for x in inputs])
        self.dtypes = tuple([x.array.dtype if isinstance(x, Tensor) else None for x in inputs])

    def name(self) -> str:
        return self.label

    def run(self, grads: Sequence[Any]) -> Any:
        return self.call(grads)

    def release(self) -> None:
        if self.forget is not None:
            self.forget()
