"""Tensor: the face of TensorFlow's eager tensor over the engine's: attributes, operators, indexing, printing.

Rules of this file: operators are TensorFlow's, so both operands have one dtype, and numbers, lists and arrays are brought to the tensor's;
results are never written to. Such tensors are recorded only while a tape runs in the thread (`_native.set_taped_face`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes, tensor
from plait.exchange import lend
from plait.keras import _dtypes, _shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plait.keras._shape import TensorShape

__all__ = ["Reference", "Tensor"]

_NUMPY_NAMES = {"T", "astype", "ravel", "transpose", "reshape", "clip", "size", "tolist", "data"}
_GRAPH_NAMES = {"name", "op", "graph", "value_index"}


class Reference:
    """A hashable stand-in for a tensor or variable."""

    __slots__ = ("_held",)

    def __init__(self, held: Any) -> None:
        self._held = held

    def deref(self) -> Any:
        """What it stands for."""
        return self._held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._held is self._held

    def __hash__(self) -> int:
        return id(self._held)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._held!r}>"


def shown(array: Any) -> Any:
    """An array as NumPy prints it: bfloat16's values stand for themselves."""
    return dtypes.as_float32(array) if array.dtype == dtypes.BFLOAT16 else array


def array_text(array: Any) -> str:
    """What follows `numpy=` in a print: a Python number for a scalar, NumPy's repr else, on a line of its own where it has several."""
    if array.dtype == dtypes.BFLOAT16:
        if not array.ndim:
            return repr(float(dtypes.as_float32(array)))
        plain = np.array2string(
            dtypes.as_float32(array), separator=", ", formatter={"float_kind": lambda v: f"{v:g}"}, prefix="array("
        )
        text = f"array({plain}, dtype=bfloat16)"
    else:
        text = repr(array.item()) if not array.ndim else repr(array)
    return "\n" + text if "\n" in text else text


class Tensor(tensor.Tensor):
    """An array that never changes, with TensorFlow's attributes and operators.

    >>> from plait import tensorflow as tf
    >>> tf.constant([1.0, 2.0])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """

    #: what Keras' layers hang on tensors, and the way to write into the part of a variable that a tensor is
    __slots__ = ("_keras_logits", "_keras_mask", "assign")
    __module__ = "tensorflow.python.framework.ops"
    __array_priority__ = 100
    if TYPE_CHECKING:  # the operators that ops attach
        assign: Any

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...

    @property
    def shape(self) -> TensorShape:
        """The sizes."""
        return _shape.static(self.array.shape)

    @property
    def dtype(self) -> Any:
        """The DType of the elements."""
        return _dtypes.from_numpy(self.array.dtype)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def device(self) -> str:
        """Where it lies: always the CPU."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    backing_device = device

    def numpy(self) -> Any:
        """A copy as a NumPy array; a NumPy scalar for no dimensions."""
        array = self.array
        if not array.ndim and array.dtype != dtypes.BFLOAT16:
            return array[()]
        return dtypes.as_float32(array) if array.dtype == dtypes.BFLOAT16 else array.copy()

    def get_shape(self) -> TensorShape:
        """The sizes."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the shape is this one; ValueError else."""
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Tensor's shape {self.shape} is not compatible with supplied shape {shape}.")

    def ref(self) -> Reference:
        """A hashable reference to the tensor."""
        return Reference(self)

    experimental_ref = ref

    def cpu(self) -> Tensor:
        """The tensor itself."""
        return self

    gpu = cpu

    def consumers(self) -> Any:
        """Undefined without a graph: NotImplementedError."""
        raise NotImplementedError("Tensor.consumers is undefined when eager execution is enabled.")

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Undefined without a graph: NotImplementedError."""
        raise NotImplementedError(
            "eval is not supported when eager execution is enabled, is .numpy() what you're looking for?"
        )

    # --- Python's protocols ------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("Scalar tensor has no `len()`")
        return self.array.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.array.ndim:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(self.array.shape[0]))

    def __contains__(self, item: Any) -> bool:
        raise TypeError("`in` is not defined for tensors; compare with == and reduce")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = shown(self.array)
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        if copy:
            return array.copy()
        view = array.view()
        view.flags.writeable = False
        return view

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        return lend(self.array, max_version, copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def _scalar(self) -> Any:
        if self.array.ndim:
            raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
        return shown(self.array)

    def __float__(self) -> float:
        return float(self._scalar())

    def __int__(self) -> int:
        return int(self._scalar())

    def __complex__(self) -> complex:
        return complex(self._scalar())

    def __index__(self) -> int:
        return self._scalar().__index__()

    def __bool__(self) -> bool:
        return bool(shown(self.array))

    def __round__(self, digits: Any = None) -> Any:
        raise AttributeError(_no_numpy_name("astype"))

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return type(self).wrap(self.array.copy())

    def __reduce__(self) -> Any:
        return restored, (self.array,)

    def __format__(self, spec: str) -> str:
        array = shown(self.array)
        return format(array.item() if not array.ndim else array, spec)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("'tensorflow.python.framework.ops.EagerTensor' object does not support item assignment")

    def __getattr__(self, name: str) -> Any:
        if name in _NUMPY_NAMES:
            raise AttributeError(_no_numpy_name(name))
        if name in _GRAPH_NAMES:
            raise AttributeError(f"Tensor.{name} is undefined when eager execution is enabled.")
        raise AttributeError(f"'tensorflow.python.framework.ops.EagerTensor' object has no attribute '{name}'")

    def __repr__(self) -> str:
        array = self.array
        return f"<tf.Tensor: shape={_plain(array.shape)}, dtype={self.dtype.name}, numpy={array_text(array)}>"

    def __str__(self) -> str:
        array = self.array
        if array.dtype == dtypes.BFLOAT16:
            plain = np.array2string(shown(array), formatter={"float_kind": lambda v: f"{v:g}"})
            text = plain if array.ndim else f"{float(shown(array)):g}"
        else:
            text = str(array)
        return f"tf.Tensor({_newline(text)}{text}, shape={_plain(array.shape)}, dtype={self.dtype.name})"


def _newline(text: str) -> str:
    return "\n" if "\n" in text else ""


def _plain(shape: tuple[int, ...]) -> str:
    return str(tuple(shape))


def _no_numpy_name(name: str) -> str:
    return (
        f"EagerTensor object has no attribute '{name}'. TensorFlow has NumPy's methods only after "
        "tf.experimental.numpy.experimental_enable_numpy_behavior()"
    )


def restored(array: Any) -> Any:
    """A tensor over an array, for pickles and copies."""
    return Tensor.wrap(array)


Tensor.face = Tensor
Tensor.__name__ = Tensor.__qualname__ = "EagerTensor"
_native.set_taped_face(Tensor)
