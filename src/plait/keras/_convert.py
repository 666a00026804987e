"""From Python numbers, nested lists, arrays and variables to tensors, as TensorFlow converts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _dtypes, _traced
from plait.keras._errors import UnimplementedError, refused
from plait.keras._tensor import Tensor
from plait.op import apply

__all__ = ["as_tensor", "constant", "is_tensor", "to"]

_I32 = np.iinfo(np.int32)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, a variable or a symbolic tensor."""
    return isinstance(x, Tensor) or bool(
        getattr(type(x), "_plait_variable", False) or getattr(type(x), "_plait_symbolic", False)
    )


def _contains_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(is_tensor(v) or _contains_tensor(v) for v in value)
    return False


def _leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple)):
        if not value:
            return 0.0
        value = value[0]
    return value


def _mixes(value: Any, seen: set[type]) -> bool:
    """Whether a nested list mixes bools, numbers and strings."""
    if isinstance(value, (list, tuple)):
        return any(_mixes(v, seen) for v in value)
    kind = bool if isinstance(value, (bool, np.bool_)) else str if isinstance(value, (str, bytes)) else float
    seen.add(kind)
    return len(seen) > 1


def _stacked(value: Any, dtype: np.dtype | None) -> Any:
    from plait.ops import arrange

    return arrange.stack([as_tensor(v, dtype) for v in value], 0)


def _python(value: Any, dtype: np.dtype | None) -> np.ndarray:
    """The array of a number, string or nested list: int32 (int64 where needed), float32, bool or object of bytes."""
    if type(value) is float:
        return np.array(value, dtypes.F32)
    if type(value) is int:
        return np.array(value, dtypes.I32 if _I32.min <= value <= _I32.max else dtypes.I64)
    if value is None and _traced.active():
        raise ValueError("None values not supported.")
    if value is None or isinstance(value, (dict, set)):
        raise ValueError(
            f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor."
        )
    if isinstance(value, range):
        value = list(value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("Can't convert non-rectangular Python sequence to Tensor.") from None
    kind = array.dtype.kind
    if isinstance(value, (list, tuple)) and kind != "f" and _mixes(value, set()):
        raise ValueError("Can't convert Python sequence with mixed types to Tensor.")
    if kind == "i":
        small = not array.size or (_I32.min <= array.min() and array.max() <= _I32.max)
        return array.astype(np.int32) if small else array
    if kind == "f":
        return array.astype(np.float32) if not isinstance(_leaf(value), np.floating) else array
    if kind == "b":
        return array
    if kind in "US":
        return np.array([v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()], object).reshape(
            array.shape
        )
    if kind == "u" and dtype is not None and dtype.kind == "u":
        return array
    raise ValueError(f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.")


def as_tensor(value: Any, dtype: np.dtype | None = None) -> Any:
    """`value` as a tensor: tensors and variables in the dtype they have, arrays in theirs, numbers and lists in `dtype` or their own.

    Raises TypeError for a number that `dtype` does not hold (a float where integers are wanted), ValueError for ragged lists and None.
    """
    if isinstance(value, Tensor):
        return value
    read = getattr(value, "_read", None)
    if read is not None:
        return read()
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, order="C")
        if array.dtype.kind == "V" and array.dtype.name == "bfloat16":  # ml_dtypes' own, which has the same bits
            array = array.view(dtypes.BFLOAT16)
        if array.dtype.kind in "US":
            array = _python(array.tolist(), None)
        elif array.dtype.kind == "O":
            return as_tensor(array.tolist(), dtype)
        if dtype is not None and array.dtype != dtype:
            array = dtypes.cast(array, dtype)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        _dtypes.from_numpy(array.dtype)
        return Tensor.wrap(array)
    if isinstance(value, (list, tuple)) and _contains_tensor(value):
        return _stacked(value, dtype)
    if not isinstance(value, (int, float, str, bytes, list, tuple, bool, range)):
        own = getattr(value, "__tf_tensor__", None)  # TensorFlow's protocol for classes that know their tensor
        if own is not None:
            return own()
        if dtype is None and (found := _foreign(value)) is not None:
            return found
    array = _python(value, dtype)
    if dtype is not None and array.dtype != dtype:
        if not _holds(array, dtype):
            raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {_dtypes.from_numpy(dtype).name}")
        array = dtypes.cast(array if array.dtype.kind != "f" else np.asarray(value, np.float64), dtype)
    return Tensor.wrap(array)


def _foreign(value: Any) -> Any:
    """A tensor over what has an array interface (another dialect's tensor); None for what has none."""
    from plait import tensor

    if isinstance(value, tensor.Tensor):
        return Tensor.wrap(value.array)
    if hasattr(value, "__array__"):
        return as_tensor(np.asarray(value))
    return None


def _holds(array: np.ndarray, dtype: np.dtype) -> bool:
    kind, want = array.dtype.kind, "f" if dtype == dtypes.BFLOAT16 else dtype.kind
    if want == "f":
        return kind in "fib"
    return want in "iu" and kind in "ib"


def to(x: Any, dtype: np.dtype) -> Any:
    """A tensor in `dtype`; UnimplementedError for strings."""
    if x.array.dtype.kind == "O" and dtype.kind != "O":
        raise refused(
            "Cast", f"Cast string to {_dtypes.from_numpy(dtype).name} is not supported", kind=UnimplementedError
        )
    from plait.ops.shape import to_dtype

    return to_dtype(x, dtype)


def constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """`tf.constant`: a new tensor of a number, list or array; `shape` fills or reshapes."""
    want = None if dtype is None else _dtypes.as_dtype(dtype)._numpy
    if isinstance(value, (list, tuple)) and _contains_tensor(value):
        raise ValueError("constant takes no list of tensors; tf.stack or tf.convert_to_tensor join them")
    x = as_tensor(value, want)
    if want is not None and x.array.dtype != want:
        x = to(x, want)
    if shape is None:
        return x
    sizes = tuple(int(n) for n in shape) if not isinstance(shape, int) else (shape,)
    array = x.array
    n = int(np.prod(sizes))
    if array.shape == sizes:
        return x
    if array.size == 1:
        return Tensor.wrap(np.full(sizes, array.reshape(())[()], array.dtype))
    if array.size != n:
        raise TypeError(
            f"Eager execution of tf.constant with unsupported shape. Tensor {array} (converted from {value}) has {array.size} elements, "
            f"but got `shape` {sizes} with {n} elements)."
        )
    from plait.ops.shape import reshape

    return reshape(x, sizes)


def run(op: Any, *inputs: Any, params: tuple[Any, ...] = ()) -> Any:
    """Apply an op to what converts to tensors."""
    return apply(op, [as_tensor(x) for x in inputs], params)
