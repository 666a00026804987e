"""IndexedSlices: some rows of a tensor, by number; what a gradient by a table is of which only rows were read.

A row may come more than once: the dense tensor has the sum of all that is there for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait.keras import _convert, _shape
from plait.keras._tensor import Tensor
from plait.ops.embed import EMBEDDING_BACKWARD, summed_rows

__all__ = ["IndexedSlices", "applied", "mapped"]


class IndexedSlices:
    """`tf.IndexedSlices`: `values` [n, …] for the rows `indices` [n] of a tensor of `dense_shape`.

    >>> from plait import tensorflow as tf
    >>> table = tf.Variable([[1.0], [2.0], [3.0]])
    >>> with tf.GradientTape() as tape:
    ...     y = tf.reduce_sum(tf.gather(table, [2, 2]))
    >>> grad = tape.gradient(y, table)
    >>> print(grad.indices)
    tf.Tensor([2 2], shape=(2,), dtype=int32)
    >>> print(tf.convert_to_tensor(grad).numpy().ravel())
    [0. 0. 2.]
    """

    __module__ = "tensorflow.python.framework.indexed_slices"
    _plait_symbolic = "slices"  # keras.ops ask `applied` first

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._values, self._indices = values, indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Any:
        """Their numbers."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole, or None."""
        return self._dense_shape

    @property
    def shape(self) -> Any:
        """The shape of the whole; its first size is unknown without `dense_shape`."""
        if self._dense_shape is None:
            return _shape.TensorShape([None, *_convert.as_tensor(self._values).array.shape[1:]])
        return _shape.static(self._sizes())

    @property
    def dtype(self) -> Any:
        """The DType of the values."""
        return _convert.as_tensor(self._values).dtype

    @property
    def device(self) -> str:
        """Where it lies: always the CPU."""
        return str(_convert.as_tensor(self._values).device)

    @property
    def name(self) -> Any:
        """Undefined without a graph: AttributeError."""
        return self._values.name

    @property
    def op(self) -> Any:
        """Undefined without a graph: AttributeError."""
        return self._values.op

    @property
    def graph(self) -> Any:
        """Undefined without a graph: AttributeError."""
        return self._values.graph

    def consumers(self) -> Any:
        """Undefined without a graph: NotImplementedError."""
        return self._values.consumers()

    def _sizes(self) -> tuple[int, ...]:
        return tuple(int(n) for n in np.asarray(_convert.as_tensor(self._dense_shape).array))

    def _read(self) -> Any:
        """The dense tensor."""
        if self._dense_shape is None:
            raise ValueError(
                f"Tensor conversion requested for IndexedSlices for argument `value` without dense_shape: {self!s}"
            )
        values, at = _convert.as_tensor(self._values), _convert.as_tensor(self._indices)
        return _convert.run(EMBEDDING_BACKWARD, values, at, params=(self._sizes()[0], -1, False))

    def squares(self, function: Callable[[Any], Any] = np.square) -> Any:
        """An array of the dense shape: for each row the sum of its parts' squares (of another `function` of them)."""
        values, at = _convert.as_tensor(self._values).array, _convert.as_tensor(self._indices).array
        return summed_rows(function(values), at, self._sizes()[0])

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"{type(self).__name__}(indices={self._indices!s}, values={self._values!s}{shape})"


def joined(parts: list[IndexedSlices]) -> IndexedSlices:
    """The sum of several, of one dense shape: all their rows."""
    if len(parts) == 1:
        return parts[0]
    values, at = ([_convert.as_tensor(getattr(p, name)).array for p in parts] for name in ("values", "indices"))
    return IndexedSlices(Tensor.wrap(np.concatenate(values)), Tensor.wrap(np.concatenate(at)), parts[0].dense_shape)


#: functions of `keras.ops` that are 0 at 0, and so keep what is not there as it is
_KEEPING = frozenset(
    [
        "abs",
        "absolute",
        "fabs",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctanh",
        "cast",
        "ceil",
        "clip",
        "conj",
        "conjugate",
        "copy",
        "expm1",
        "floor",
        "imag",
        "log1p",
        "negative",
        "real",
        "round",
        "sign",
        "signbit",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "tan",
        "tanh",
    ]
)
_SCALING = frozenset(("divide", "multiply", "true_divide"))


def applied(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of `keras.ops` of slices: slices where it keeps zeros, else of the dense tensor; None where no slices are given."""
    own = [i for i, a in enumerate(args) if isinstance(a, IndexedSlices)]
    if not own and not any(isinstance(a, IndexedSlices) for a in kwargs.values()):
        return None
    others = [a for a in args if not isinstance(a, IndexedSlices)]
    scales = name in _SCALING and len(own) == 1 and (own == [0] or name == "multiply")
    if own and (name in _KEEPING or (scales and all(np.ndim(a) == 0 for a in others))):
        x = args[own[0]]
        values = [_convert.as_tensor(x.values) if i == own[0] else a for i, a in enumerate(args)]
        return IndexedSlices(function(*values, **kwargs), x.indices, x.dense_shape)
    dense = [a._read() if isinstance(a, IndexedSlices) else a for a in args]
    return function(*dense, **{k: a._read() if isinstance(a, IndexedSlices) else a for k, a in kwargs.items()})


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """`function` of a tensor, or of the values of slices."""
    if isinstance(x, IndexedSlices):
        return IndexedSlices(function(_convert.as_tensor(x.values)), x.indices, x.dense_shape)
    return function(_convert.as_tensor(x))
