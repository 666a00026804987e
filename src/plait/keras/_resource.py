"""TensorFlow's resource variable, which owns an array.

Reading gives a snapshot over the same memory, so an array is written in place only while nobody else holds it (`writable`); under a tape
a read of a watched variable gives its leaf (plait/keras/_tape.py).
"""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.keras import _convert, _dtypes, _shape, _tape
from plait.keras._naming import current_path
from plait.keras._tensor import Reference, Tensor, array_text

__all__ = ["Reading", "ResourceVariable"]


# References to an array that nobody else reads: the variable's slot and getrefcount's argument.
_ALONE = 2


class _Notes(threading.local):
    made: list[weakref.ref[Any]] | None = None


_NOTES = _Notes()


@contextmanager
def noting(made: list[weakref.ref[Any]]) -> Iterator[None]:
    """A block in which variables that are made are put into `made`."""
    before, _NOTES.made = _NOTES.made, made
    try:
        yield
    finally:
        _NOTES.made = before


class Reading:
    """What every variable does by its value: counting, iterating, NumPy."""

    __slots__ = ()

    def _read(self) -> Any:
        """The value now, as a tensor."""
        raise NotImplementedError

    def numpy(self) -> Any:
        """A copy of the value as a NumPy array; a NumPy scalar for no dimensions."""
        return self._read().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._read(), dtype=dtype)


class ResourceVariable(Reading):
    """`tf.Variable`: a tensor that can be assigned to.

    >>> from plait import tensorflow as tf
    >>> v = tf.Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0])
    <tf.Variable 'UnreadVariable' shape=(2,) dtype=float32, numpy=array([2., 3.], dtype=float32)>
    """

    __module__ = "tensorflow.python.ops.resource_variable_ops"
    __array_priority__ = 100
    __slots__ = ("__weakref__", "_array", "_label", "_owner", "_resource", "_static", "constraint", "trainable")
    _plait_variable = True

    def __iter__(self) -> Any:
        return iter(self._read())

    def __init__(
        self,
        initial_value: Any = None,
        trainable: Any = None,
        validate_shape: Any = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        experimental_enable_variable_lifting: Any = True,
    ) -> None:
        if initial_value is None:
            raise ValueError("Variable: initial_value must be given; got None")
        value = (
            initial_value()
            if callable(initial_value) and not isinstance(initial_value, ResourceVariable)
            else initial_value
        )
        want = None if dtype is None else _dtypes.as_dtype(dtype)._numpy
        tensor = _convert.as_tensor(value, want)
        if want is not None and tensor.array.dtype != want:
            raise ValueError(
                f"Tensor conversion requested dtype {_dtypes.from_numpy(want).name} for Tensor with dtype {tensor.dtype.name}: {tensor!r}"
            )
        self._array = np.array(tensor.array, order="C")
        self._static = None if shape is None else _static_shape(shape, self._array.shape)
        scope, own = current_path(), name or "Variable"
        self._label = f"{scope}/{own}" if scope else own
        self._resource = self
        self._owner: Any = None
        self.trainable = True if trainable is None else bool(trainable)
        self.constraint = constraint
        if _NOTES.made is not None:
            _NOTES.made.append(weakref.ref(self))

    # --- what it is --------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name, with ":0" behind."""
        return f"{self._label}:0"

    @property
    def shape(self) -> Any:
        """The sizes; those that were left open at the start are None."""
        return _shape.static(self._array.shape) if self._static is None else self._static

    def get_shape(self) -> Any:
        """The sizes."""
        return self.shape

    @property
    def dtype(self) -> Any:
        """The DType of the elements."""
        return _dtypes.from_numpy(self._array.dtype)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def device(self) -> str:
        """Where it lies: always the CPU."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    @property
    def initial_value(self) -> Any:
        """Undefined without a graph: RuntimeError."""
        raise RuntimeError("This property is not supported when eager execution is enabled.")

    # --- reading -----------------------------------------------------------------------------------------------------------

    def _read(self) -> Any:
        """The value now: a leaf where a tape watches the variable."""
        return _tape.read(self, self._array) if _native.taping() else Tensor.wrap(self._array)

    def value(self) -> Any:
        """The value now, as a tensor."""
        return self._read()

    read_value = value

    def ref(self) -> Reference:
        """A hashable reference to the variable."""
        return Reference(self)

    experimental_ref = ref

    # --- writing -----------------------------------------------------------------------------------------------------------

    def writable(self) -> Any:
        """The array to write new values into: the variable's own, or a fresh copy of it where somebody else still reads the old values."""
        if sys.getrefcount(self._array) > _ALONE or not self._array.flags.writeable:
            self._array = self._array.copy()
        return self._array

    def replace(self, array: Any) -> None:
        """New values in an array of the same shape and dtype, which the variable then owns."""
        self._array = array

    def _put(self, value: Any) -> None:
        """Take a tensor's array as the value: it is written to only while nobody else reads it, so it need not be copied unless it is a view."""
        self._array = (
            np.array(value, order="C") if isinstance(value.base, np.ndarray) or not value.flags.c_contiguous else value
        )

    def _given(self, value: Any) -> Any:
        tensor = _convert.as_tensor(value, self._array.dtype)
        if tensor.array.dtype != self._array.dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {self.dtype.name} for Tensor with dtype {tensor.dtype.name}: {tensor!r}"
            )
        return tensor.array

    def assign(self, value: Any, use_locking: Any = False, name: Any = None, read_value: bool = True) -> Any:
        """Set the value; ValueError for another shape."""
        array = self._given(value)
        fits = (
            array.shape == self._array.shape if self._static is None else self._static.is_compatible_with(array.shape)
        )
        if not fits:
            raise ValueError(f"Cannot assign value to variable ' {self.name}': Shape mismatch.The variable shape {self.shape}, and the "
                             f"assigned value shape {_shape.static(array.shape)} are incompatible.")  # fmt: skip
        self._put(array)
        return _Unread(self) if read_value else None

    def assign_add(self, delta: Any, use_locking: Any = None, name: Any = None, read_value: bool = True) -> Any:
        """Add `delta` to the value."""
        return self._changed(np.add, delta, read_value)

    def assign_sub(self, delta: Any, use_locking: Any = None, name: Any = None, read_value: bool = True) -> Any:
        """Subtract `delta` from the value."""
        return self._changed(np.subtract, delta, read_value)

    def _changed(self, function: Any, delta: Any, read_value: bool) -> Any:
        from plait.keras._errors import bracketed, refused

        array = self._given(delta)
        if array.shape != self._array.shape:
            op = "AssignAddVariableOp" if function is np.add else "AssignSubVariableOp"
            raise refused(op, f"Cannot update variable with shape {bracketed(self._array.shape)} using a Tensor with shape "
                          f"{bracketed(array.shape)}, shapes must be equal.")  # fmt: skip
        if self._array.dtype == dtypes.BFLOAT16:
            self._array = dtypes.to_bfloat16(function(dtypes.as_float32(self._array), dtypes.as_float32(array)))
        else:
            self._put(np.asarray(function(self._array, array)))
        return _Unread(self) if read_value else None

    def _scattered(self, function: Any, places: tuple[Any, ...], values: Any) -> Any:
        """Rows (or elements) at `places` changed one after the other by `function`; set where it is None."""
        from plait.keras._errors import InvalidArgumentError

        for axis, at in enumerate(places):
            wrong = at[(at < 0) | (at >= self._array.shape[axis])]
            if wrong.size:
                raise InvalidArgumentError(f"scatter: index {wrong.flat[0]} is not in [0, {self._array.shape[axis]})")
        array, given = self.writable(), self._given(values)
        if function is None:
            array[places] = given
        else:
            function.at(array, places, given)
        return _Unread(self)

    # --- Python's protocols ------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        part = self._read()[key]
        if type(part) is Tensor and not getattr(getattr(key, "dtype", None), "is_bool", False):
            part.assign = functools.partial(self._assign_part, key)
        return part

    def _assign_part(self, key: Any, value: Any, name: Any = None) -> Any:
        """What `variable[key].assign(value)` does."""
        from plait.keras._operators import put

        given = self._given(value)
        put(self.writable(), key, given)
        return _Unread(self)

    def __bool__(self) -> bool:
        return bool(self._read())

    def __int__(self) -> int:
        return int(self._read())

    def __float__(self) -> float:
        return float(self._read())

    def __index__(self) -> int:
        return self._read().__index__()

    def __hash__(self) -> int:
        raise TypeError("Variable is unhashable. Instead, use variable.ref() as the key.")

    def __deepcopy__(self, memo: Any) -> Any:
        return ResourceVariable(self._array.copy(), self.trainable, name=self._label, constraint=self.constraint)

    def __reduce__(self) -> Any:
        return remade_resource, (self._array, self.trainable, self._label, self.constraint)

    def __repr__(self) -> str:
        label = "UnreadVariable" if isinstance(self, _Unread) else self.name
        shape = tuple(self._array.shape) if self._static is None else str(self._static)
        return f"<tf.Variable '{label}' shape={shape} dtype={self.dtype.name}, numpy={array_text(self._array)}>"


class _Unread(ResourceVariable):
    """What an assignment returns: the variable, by another print."""

    __slots__ = ()
    __module__ = "tensorflow.python.ops.resource_variable_ops"

    def __init__(self, of: ResourceVariable) -> None:
        self._resource, self._label, self._owner, self.trainable = of._resource, of._label, of._owner, of.trainable
        self._static = of._static
        self.constraint = of.constraint

    @property
    def _array(self) -> Any:
        return self._resource._array

    @_array.setter
    def _array(self, value: Any) -> None:
        self._resource._array = value

    def _read(self) -> Any:
        return self._resource._read()


def _static_shape(shape: Any, sizes: tuple[int, ...]) -> Any:
    """The shape that a variable is declared with; None where it is that of its value."""
    declared = shape if isinstance(shape, _shape.TensorShape) else _shape.TensorShape(shape)
    if not declared.is_compatible_with(sizes):
        raise ValueError(
            f"In this `tf.Variable` creation, the initial value's shape ({sizes}) is not compatible with the explicitly supplied "
            f"`shape` argument ({shape})."
        )
    return None if declared.is_fully_defined() else declared


def _scatter(name: str, function: Any) -> Any:
    def method(self: Any, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        if not hasattr(sparse_delta, "indices"):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        at = _convert.as_tensor(sparse_delta.indices).array
        return self._scattered(function, (at,), sparse_delta.values)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{name} of the rows that IndexedSlices name, one after the other."
    return method


def _scatter_nd(name: str, function: Any) -> Any:
    def method(self: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
        at = _convert.as_tensor(indices).array
        return self._scattered(function, tuple(np.moveaxis(at, -1, 0)), updates)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        f"{name} of the places whose coordinates lie along the last axis of `indices`, one after the other."
    )
    return method


def _binary_names() -> tuple[str, ...]:
    names = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"]
    return tuple(f"__{r}{n}__" for n in names for r in ("", "r")) + tuple(
        f"__{n}__" for n in ("lt", "le", "gt", "ge", "eq", "ne")
    )


def _delegate(name: str) -> Any:
    def method(self: Any, *args: Any) -> Any:
        return getattr(self._read(), name)(*args)

    method.__name__ = method.__qualname__ = name
    return method


_Unread.__name__ = _Unread.__qualname__ = "_UnreadVariable"


def remade_resource(array: Any, trainable: bool, label: str, constraint: Any) -> ResourceVariable:
    """A TensorFlow variable out of a pickle."""
    variable = ResourceVariable(array, trainable, constraint=constraint)
    variable._label = label
    return variable


for _name in (*_binary_names(), "__neg__", "__abs__", "__invert__"):
    setattr(ResourceVariable, _name, _delegate(_name))
for _name, _function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "min": np.minimum, "max": np.maximum, "update": None,
}.items():  # fmt: skip
    setattr(ResourceVariable, f"scatter_{_name}", _scatter(f"scatter_{_name}", _function))
    if _name not in ("mul", "div"):
        setattr(ResourceVariable, f"scatter_nd_{_name}", _scatter_nd(f"scatter_nd_{_name}", _function))
