"""GradientTape: what is recorded while one runs, and gradients from it.

Outside of all tapes nothing is recorded. A run of tapes (from the outermost's start to its end) is a session: a watched variable that is read
in it hands out a leaf, the same one until it is assigned, and gradients are looked up by these leaves. Each tape knows the numbers of
the nodes that were made while it recorded; what lies outside of them is a constant to it.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np

from plait import _native, autograd, dtypes
from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._slices import IndexedSlices, joined
from plait.keras._tensor import Tensor
from plait.ops.embed import EMBEDDING
from plait.ops.shape import reshape
from plait.tensor import MODE

__all__ = ["GradientTape"]


class _Session:
    """One run of tapes: the leaves that variables handed out, and whether several tapes share its graph."""

    __slots__ = ("leaves", "tables", "tapes")

    def __init__(self) -> None:
        self.leaves: dict[int, tuple[Any, list[Any]]] = {}
        self.tables: dict[int, Any] = {}  # leaves of which rows were read
        self.tapes = 0

    def leaf(self, variable: Any, array: Any) -> Any:
        """The variable's leaf over `array`."""
        entry = self.leaves.get(id(variable))
        if entry is None:
            entry = self.leaves[id(variable)] = (variable, [])
        found = entry[1]
        if not found or found[-1].array is not array:
            leaf = Tensor.wrap(array)
            leaf.tracks = True
            found.append(leaf)
        return found[-1]


class _State(threading.local):
    def __init__(self) -> None:
        self.recording: list[GradientTape] = []  # the tapes that record now
        self.open: list[GradientTape] = []  # the tapes whose blocks are open
        self.session: _Session | None = None
        self.modes: tuple[bool, bool] = (True, False)


_state = _State()


def read(variable: Any, array: Any) -> Any:
    """The tensor that a read of `variable` gives: a leaf while a tape watches it, a constant else."""
    if not _native.taping():
        return Tensor.wrap(array)
    watched = False
    for tape in _state.recording:
        if id(variable) in tape._variables:
            watched = True
        elif tape._watches and variable.trainable and array.dtype.kind == "f":
            tape._variables[id(variable)] = variable
            watched = True
    if not watched:
        return Tensor.wrap(array)
    assert _state.session is not None
    return _state.session.leaf(variable, array)


def picked(table: Any) -> None:
    """Rows of `table` are read: its gradient may be slices."""
    if table.tracks and table.tape_node is None and _state.session is not None:
        _state.session.tables[id(table)] = table


def _refresh_modes() -> None:
    _native.set_taping(bool(_state.recording))


class _Pause:
    """A block in which one tape does not record."""

    def __init__(self, tape: GradientTape) -> None:
        self._tape = tape

    def __enter__(self) -> None:
        if not self._tape._recording:
            raise ValueError("stop_recording: the tape is not recording")
        self._tape._stop()

    def __exit__(self, *error: Any) -> None:
        self._tape._start()


class GradientTape:
    """Records operations on watched tensors and trainable variables for `gradient`.

    >>> from plait import tensorflow as tf
    >>> x = tf.Variable(3.0)
    >>> with tf.GradientTape() as tape:
    ...     y = x * x
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=6.0>
    """

    __module__ = "tensorflow.python.eager.backprop"

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent, self._watches = bool(persistent), bool(watch_accessed_variables)
        self._variables: dict[int, Any] = {}
        self._tensors: dict[int, Any] = {}
        self._spans: list[list[int]] = []
        self._recording = False
        self._used = True  # until it is entered there is nothing to differentiate
        self._session: _Session | None = None

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        state = _state
        if state.session is None:
            state.session = _Session()
            state.modes = (MODE.grad, MODE.inference)
            MODE.grad, MODE.inference = True, False
        if self._session is not state.session:
            self._session = state.session
            self._session.tapes += 1
        state.open.append(self)
        self._used = False
        self._start()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._recording:
            self._stop()
        state = _state
        if self in state.open:
            state.open.remove(self)
        if not state.open:
            state.session = None
            MODE.grad, MODE.inference = state.modes
        for x in self._tensors.values():
            if x.tape_node is None and not state.open:
                x.tracks = False

    def _start(self) -> None:
        self._recording = True
        self._spans.append([_native.next_number(), -1])
        _state.recording.append(self)
        _refresh_modes()

    def _stop(self) -> None:
        self._recording = False
        self._spans[-1][1] = _native.next_number()
        if self in _state.recording:
            _state.recording.remove(self)
        _refresh_modes()

    def _made(self, number: int) -> bool:
        """Whether the node of that number was made while this tape recorded."""
        return any(number > first and (last < 0 or number < last) for first, last in self._spans)

    def _passes(self) -> Any:
        """`_made` as a function, in C for the usual case of one stretch of recording."""
        if len(self._spans) != 1:
            return self._made
        first, last = self._spans[0]
        return range(first + 1, last if last >= 0 else sys.maxsize).__contains__

    def watch(self, tensor: Any) -> None:
        """Have gradients for a tensor (or `tf.Variable`, or a structure of them) that is no trainable variable.

        ValueError for a Keras variable, whose `value` is to be watched.
        """
        for x in tree.flatten(tensor):
            held = getattr(x, "_resource", None)
            if held is x:
                self._variables[id(held)] = held
                continue
            if not isinstance(x, Tensor):
                raise ValueError(
                    f"Passed in object {x} of type '{type(x).__name__}', not tf.Tensor or tf.Variable or ExtensionType."
                )
            if x.array.dtype.kind not in "f" and x.dtype.name != "bfloat16":
                import logging

                logging.getLogger("tensorflow").warning(
                    "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r", x.dtype
                )
                continue
            self._tensors[id(x)] = x
            if x.tape_node is None:
                x.tracks = True

    def stop_recording(self) -> _Pause:
        """A block in which this tape does not record."""
        return _Pause(self)

    def reset(self) -> None:
        """Forget all that was recorded."""
        recording = self._recording
        if recording:
            self._stop()
        self._spans, self._variables, self._tensors, self._used = [], {}, {}, False
        if recording:
            self._start()

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were read and watched."""
        return tuple(self._variables.values())

    # --- gradients ---------------------------------------------------------------------------------------------------------

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The gradients of the sum of `target` (weighted by `output_gradients`) by each of `sources`, in their structure.

        None, or zeros with `unconnected_gradients="zero"`, where `target` does not depend on a source. RuntimeError for a second call
        on a tape that is not persistent.
        """
        self._use()
        missing = _unconnected(unconnected_gradients)
        if target is None:
            raise TypeError("Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to be "
                            "differentiated, but received None.")  # fmt: skip
        targets = [self._target(t) for t in tree.flatten(target)]
        weights = (
            None
            if output_gradients is None
            else [None if g is None else as_tensor(g) for g in tree.flatten(output_gradients)]
        )
        flat = tree.flatten(sources)
        found = self._gradients(targets, flat, weights)
        if missing == "zero":
            found = [_zeros(s) if g is None else g for s, g in zip(flat, found, strict=True)]
        return tree.pack_sequence_as(sources, found)

    def _use(self) -> None:
        if self._used:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
            )
        if self._recording and not self._persistent:
            self._stop()
        self._used = not self._persistent

    def _leaves(self, source: Any) -> list[Any]:
        """The tensors that stand for a source on this tape."""
        held = getattr(source, "_resource", None)
        if held is not None:
            entry = (
                self._session.leaves.get(id(held))
                if self._session is not None and id(held) in self._variables
                else None
            )
            return [] if entry is None else entry[1]
        if not isinstance(source, Tensor):
            raise TypeError(f"gradient: sources must be tensors or variables; got {type(source).__name__}")
        if id(source) in self._tensors or (source.tape_node is not None and self._made(source.tape_node.seq)):
            return [source]
        return []

    def _target(self, target: Any) -> Any:
        """The tensor of a target; a watched variable's own leaf, so that it is a target and a source at once."""
        leaves = self._leaves(target) if getattr(target, "_resource", None) is not None else []
        return leaves[-1] if leaves else as_tensor(target)

    def _gradients(self, targets: list[Any], sources: list[Any], weights: Any, keep: bool = False) -> list[Any]:
        leaves = [self._leaves(s) for s in sources]
        inputs = [x for each in leaves for x in each]
        sliced = {} if keep else self._sliced(targets, inputs)
        shut = [x for x in inputs if not x.tracks and x.tape_node is None]
        for x in shut:
            x.tracks = True
        try:
            roots, seeds = [], []
            for i, t in enumerate(targets):
                if not t.tracks or (t.tape_node is not None and not self._made(t.tape_node.seq)):
                    if not any(t is x for x in inputs):
                        continue
                roots.append(t)
                g = None if weights is None else weights[i]
                seeds.append(Tensor.wrap(dtypes.full(t.array.shape, 1, t.array.dtype)) if g is None else g)
            if not roots or not inputs:
                return [None] * len(sources)
            several = keep or self._persistent or (self._session is not None and self._session.tapes > 1)
            record = _native.taping()
            previous = MODE.inference
            MODE.inference = False
            try:
                asked = inputs if not sliced else [y for x in inputs for y, _ in sliced.get(id(x), [(x, None)])]
                got = autograd.run_backward(roots, seeds, several or record, record, asked, False, self._passes())
                if sliced:
                    got = _rows(inputs, sliced, got)
            finally:
                MODE.inference = previous
        finally:
            for x in shut:
                x.tracks = False
        found, at = [], 0
        for each in leaves:
            total: Any = None
            for g in got[at : at + len(each)]:
                if g is not None:
                    total = g if total is None else as_tensor(total) + as_tensor(g)
            at += len(each)
            found.append(total)
        return found

    def _sliced(self, targets: list[Any], inputs: list[Any]) -> dict[int, list[tuple[Any, Any]]]:
        """For tables of which the targets use nothing but rows: stand-ins of these rows, the latest first, with their numbers."""
        tables = self._session.tables if self._session is not None else {}
        asked = {id(x): x for x in inputs if id(x) in tables}
        if not asked:
            return {}
        found: dict[int, list[Any]] = {key: [] for key in asked}
        stack, seen = [t.tape_node for t in targets if t.tape_node is not None], set()
        while stack:
            node = stack.pop()
            if node.seq in seen or not self._made(node.seq):
                continue
            seen.add(node.seq)
            for i, e in enumerate(node.edges):
                if e is None:
                    continue
                if hasattr(e[0], "seq"):
                    stack.append(e[0])
                elif id(e[0]) in found:
                    found[id(e[0])].append(node if node.op is EMBEDDING and i == 0 else None)
        direct = {id(t) for t in targets}
        result = {}
        for key, nodes in found.items():
            if nodes and None not in nodes and key not in direct:
                result[key] = [_stand_in(n) for n in sorted(nodes, key=lambda n: -n.seq)]
        return result

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of every element of `target` by every element of each source: shape target + source."""
        self._use()
        missing = _unconnected(unconnected_gradients)
        y = as_tensor(target)
        flat = tree.flatten(sources)
        rows = []
        for i in range(y.array.size):
            seed = np.zeros(y.array.size, y.array.dtype)
            seed[i] = 1
            rows.append(self._gradients([y], flat, [Tensor.wrap(seed.reshape(y.array.shape))], keep=True))
        results = []
        for k, s in enumerate(flat):
            each = [r[k] for r in rows]
            if all(g is None for g in each):
                results.append(
                    None
                    if missing == "none"
                    else Tensor.wrap(np.zeros((*y.array.shape, *_array(s).shape), _array(s).dtype))
                )
                continue
            from plait.ops import arrange

            joined = arrange.stack([_zeros(s) if g is None else g for g in each], 0)
            results.append(reshape(joined, (*y.array.shape, *_array(s).shape)))
        return tree.pack_sequence_as(sources, results)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each sample of `target` by the same sample of `source`: shape [batch, target's rest, source's rest]."""
        self._use()
        y, x = as_tensor(target), as_tensor(source)
        if not y.array.ndim or not x.array.ndim or y.array.shape[0] != x.array.shape[0]:
            raise ValueError(f"Need first dimension of target shape ({y.shape}) and source shape ({x.shape}) to match.")
        n, inner = y.array.shape[0], y.array.shape[1:]
        rows: list[Any] = []
        size = int(np.prod(inner))
        for i in range(size):
            seed = np.zeros((n, size), y.array.dtype)
            seed[:, i] = 1
            rows += self._gradients([y], [source], [Tensor.wrap(seed.reshape(y.array.shape))], keep=True)
        if all(g is None for g in rows):
            if _unconnected(unconnected_gradients) == "none":
                return None
            return Tensor.wrap(np.zeros((n, *inner, *x.array.shape[1:]), x.array.dtype))
        from plait.ops import arrange

        joined = arrange.stack([_zeros(source) if g is None else g for g in rows], 1)
        return reshape(joined, (n, *inner, *x.array.shape[1:]))


def _stand_in(node: Any) -> tuple[Any, Any]:
    """A tensor that stands for the rows that `node` gave, and their numbers."""
    rows = Tensor.wrap(np.empty(0, node.dtypes[0]))
    rows.tracks, rows.tape_node, rows.tape_index = True, node, 0
    return rows, node.x(1).array.reshape(-1)


def _rows(inputs: list[Any], sliced: dict[int, list[tuple[Any, Any]]], got: list[Any]) -> list[Any]:
    """The gradient of each input, of what `sliced` holds as slices."""
    each, results = iter(got), []
    for x in inputs:
        if id(x) not in sliced:
            results.append(next(each))
            continue
        shape = Tensor.wrap(np.array(x.array.shape, np.int32))
        parts = []
        for (_, at), g in [(part, next(each)) for part in sliced[id(x)]]:
            if g is not None:
                parts.append(IndexedSlices(reshape(g, (at.size, *x.array.shape[1:])), Tensor.wrap(at), shape))
        results.append(joined(parts) if parts else None)
    return results


def _array(source: Any) -> Any:
    return as_tensor(source).array


def _zeros(source: Any) -> Any:
    return Tensor.wrap(np.zeros(_array(source).shape, _array(source).dtype))


def _unconnected(value: Any) -> str:
    name = getattr(value, "value", value)
    if name not in ("none", "zero"):
        raise ValueError(f"Unknown value for unconnected_gradients: {value!r}")
    return str(name)
