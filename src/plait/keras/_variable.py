"""Variables: TensorFlow's resource variable, which owns an array, and Keras' variable round it.

Rules of this file: reading gives a snapshot over the same memory, so an array is written in place only while nobody else holds it
(`writable`); under a tape a read of a watched variable gives its leaf (plait/keras/_tape.py).
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np

from plait import _native, dtypes
from plait.keras import _convert, _dtypes, _shape, _tape
from plait.keras._naming import auto_name, current_path
from plait.keras._tensor import Reference, Tensor, array_text

__all__ = [
    "AutocastScope",
    "ResourceVariable",
    "StatelessScope",
    "Variable",
    "in_stateless_scope",
    "initialize_all_variables",
]

# References to an array that nobody else reads: the variable's slot and getrefcount's argument.
_ALONE = 2


class _State(threading.local):
    def __init__(self) -> None:
        self.stateless: StatelessScope | None = None
        self.autocast: AutocastScope | None = None
        self.waiting: list[Variable] = []


_state = _State()


class ResourceVariable:
    """`tf.Variable`: a tensor that can be assigned to.

    >>> from plait import tensorflow as tf
    >>> v = tf.Variable([1.0, 2.0], name="v")
    >>> v.assign_add([1.0, 1.0])
    <tf.Variable 'UnreadVariable' shape=(2,) dtype=float32, numpy=array([2., 3.], dtype=float32)>
    """

    __module__ = "tensorflow.python.ops.resource_variable_ops"
    __array_priority__ = 100
    __slots__ = ("__weakref__", "_array", "_label", "_owner", "_resource", "constraint", "trainable")
    _plait_variable = True

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
        self._label = name or "Variable"
        self._resource = self
        self._owner: Any = None
        self.trainable = True if trainable is None else bool(trainable)
        self.constraint = constraint

    # --- what it is --------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name, with ":0" behind."""
        return f"{self._label}:0"

    @property
    def shape(self) -> Any:
        """The sizes."""
        return _shape.static(self._array.shape)

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

    def numpy(self) -> Any:
        """A copy of the value as a NumPy array; a NumPy scalar for no dimensions."""
        return Tensor.wrap(self._array).numpy()

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
        if array.shape != self._array.shape:
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
        from plait.keras._errors import InvalidArgumentError

        array = self._given(delta)
        if array.shape != self._array.shape:
            raise InvalidArgumentError(f"Cannot update variable with shape {list(self._array.shape)} using a Tensor with shape "
                                       f"{list(array.shape)}, shapes must be equal.")  # fmt: skip
        if self._array.dtype == dtypes.BFLOAT16:
            self._array = dtypes.to_bfloat16(function(dtypes.as_float32(self._array), dtypes.as_float32(array)))
        else:
            self._put(np.asarray(function(self._array, array)))
        return _Unread(self) if read_value else None

    # --- Python's protocols ------------------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(Tensor.wrap(self._array), dtype=dtype)

    def __getitem__(self, key: Any) -> Any:
        return self._read()[key]

    def __iter__(self) -> Any:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

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
        shape = tuple(self._array.shape)
        return f"<tf.Variable '{label}' shape={shape} dtype={self.dtype.name}, numpy={array_text(self._array)}>"


class _Unread(ResourceVariable):
    """What an assignment returns: the variable, by another print."""

    __slots__ = ()
    __module__ = "tensorflow.python.ops.resource_variable_ops"

    def __init__(self, of: ResourceVariable) -> None:
        self._array, self._label, self._owner, self.trainable = of._array, of._label, of._owner, of.trainable
        self.constraint, self._resource = of.constraint, of._resource

    def _read(self) -> Any:
        return self._resource._read()


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


for _name in (*_binary_names(), "__neg__", "__abs__", "__invert__"):
    setattr(ResourceVariable, _name, _delegate(_name))
_Unread.__name__ = _Unread.__qualname__ = "_UnreadVariable"


class AutocastScope:
    """A block in which floating Keras variables are read in another floating dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = None if dtype is None else _dtypes.standardize(dtype)
        if self.dtype is not None and not _dtypes.is_float(self.dtype):
            raise ValueError(f"AutocastScope: dtype must be a floating dtype; got {dtype!r}")
        self._before: AutocastScope | None = None

    def maybe_cast(self, value: Any) -> Any:
        """`value` in the scope's dtype where it is floating."""
        if self.dtype is not None and _dtypes.is_float(value.dtype):
            return _convert.to(_convert.as_tensor(value), _dtypes.numpy_dtype(self.dtype))
        return value

    def __enter__(self) -> AutocastScope:
        self._before, _state.autocast = _state.autocast, self
        return self

    def __exit__(self, *error: Any) -> None:
        _state.autocast = self._before


class StatelessScope:
    """A block in which assignments to Keras variables are noted and do not happen; variables made in it get their values at its end."""

    def __init__(
        self, state_mapping: Any = None, collect_losses: bool = False, initialize_variables: bool = True
    ) -> None:
        self.collect_losses, self.initialize_variables = collect_losses, initialize_variables
        self.losses: list[Any] = []
        self.state_mapping: dict[int, Any] = {}
        self.original_scope: StatelessScope | None = None
        for k, v in state_mapping or []:
            if not isinstance(k, Variable):
                raise ValueError(f"StatelessScope: keys of state_mapping must be Variable instances; got {k!r}")
            value = _convert.to(_convert.as_tensor(v), _dtypes.numpy_dtype(k._dtype))
            if k.shape != value.shape:
                raise ValueError(f"StatelessScope: the value of {k!r} must have its shape; got shape {value.shape}")
            self.state_mapping[id(k)] = value

    def add_loss(self, loss: Any) -> None:
        """Note a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Note that a variable would have this value."""
        variable, value = update
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable: Any) -> Any:
        """The value that a variable would have; None where it was not assigned to."""
        return self.state_mapping.get(id(variable))

    def __enter__(self) -> StatelessScope:
        self.original_scope, _state.stateless = _state.stateless, self
        return self

    def __exit__(self, *error: Any) -> None:
        _state.stateless = self.original_scope
        if self.original_scope is None and self.initialize_variables:
            initialize_all_variables()


def in_stateless_scope() -> bool:
    """Whether a `StatelessScope` is open."""
    return _state.stateless is not None


def get_stateless_scope() -> StatelessScope | None:
    """The open `StatelessScope`."""
    return _state.stateless


def initialize_all_variables() -> None:
    """Give their values to the variables that were made in a `StatelessScope`."""
    waiting, _state.waiting = _state.waiting, []
    for v in waiting:
        v._deferred_initialize()


def standardize_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape argument as a tuple of sizes, None where unknown; ValueError for what is no shape."""
    if shape is None:
        raise ValueError("Undefined shapes are not supported.")
    if not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    sizes: list[int | None] = []
    for d in shape:
        if d is None:
            sizes.append(None)
            continue
        try:
            if isinstance(d, (str, float)):
                raise TypeError
            size = int(d)
        except (TypeError, ValueError):
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Found invalid dimension '{d}' of type '{type(d)}'. "
            ) from None
        if size < 0:
            raise ValueError(f"Cannot convert '{shape}' to a shape. Negative dimensions are not allowed.")
        sizes.append(size)
    return tuple(sizes)


class Variable:
    """`keras.Variable`: a named value of a layer, trainable or not.

    >>> from plait import keras
    >>> keras.Variable([1.0, 2.0], name="gain")
    <Variable path=gain, shape=(2,), dtype=float32, value=[1. 2.]>
    """

    __module__ = "keras.src.backend"
    __array_priority__ = 100
    _plait_variable = True
    _value: ResourceVariable | None

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ) -> None:
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"Variable: name must be a string without '/'; got name={name}")
        for label, value, allowed in (
            ("aggregation", aggregation, (None, "none", "mean", "sum", "only_first_replica")),
            ("synchronization", synchronization, (None, "none", "on_read", "on_write", "auto")),
        ):
            if value not in allowed:
                raise ValueError(f"Variable: {label} must be one of {allowed}; got {label}={value}")
        self._name = name
        parent = current_path()
        self._path = f"{parent}/{name}" if parent else name
        self._initializer: Any = None
        self._regularizer: Any = None
        self._constraint: Any = None
        self._trainable, self._autocast = bool(trainable), bool(autocast)
        self._aggregation, self._synchronization = aggregation or "none", synchronization or "none"
        self._layout = layout
        self._overwrite_with_gradient = False
        self._value = None
        if isinstance(initializer, str):
            from plait.keras import initializers

            initializer = initializers.get(initializer)
        made = not callable(initializer) or isinstance(initializer, (Tensor, Variable, ResourceVariable))
        if made:
            given = dtype
            initializer = _keras_tensor(initializer, dtype)
            dtype = initializer.dtype if given is None else given
        elif shape is None:
            raise ValueError(
                f"Variable: shape must be given with an initializer; got initializer={initializer} and shape={shape}"
            )
        self._dtype = _dtypes.standardize(dtype)
        if _state.stateless is not None:
            if made:
                raise ValueError("Variable: no variable can be made from a value in a stateless scope; make it before the layer or model is "
                                 "used, in build(), with a shape and an initializer.")  # fmt: skip
            self._initializer = initializer
            self._shape = self._validate_shape(shape)
            _state.waiting.append(self)
        elif made:
            self._initialize(initializer)
            self._shape = tuple(initializer.array.shape)
        else:
            self._shape = self._validate_shape(shape)
            self._initialize(_keras_tensor(initializer(self._shape, dtype=self._dtype), self._dtype))
        self._ndim = len(self._shape)

    def _validate_shape(self, shape: Any) -> tuple[int, ...]:
        sizes = standardize_shape(shape)
        if None in sizes:
            raise ValueError(
                f"Variable: shape must be fully defined; got shape={sizes} for variable path='{self._path}'"
            )
        return sizes  # type: ignore[return-value]

    def _initialize(self, tensor: Any) -> None:
        self._value = ResourceVariable(tensor, trainable=self._trainable, name=self._name, dtype=self._dtype)
        self._value._owner = self

    def _deferred_initialize(self) -> None:
        if self._value is not None:
            raise ValueError(f"Variable {self.path} is already initialized.")
        self._initialize(_keras_tensor(self._initializer(self._shape, dtype=self._dtype), self._dtype))
        self._initializer = None

    # --- what it is --------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its own name."""
        return self._name

    @property
    def path(self) -> str:
        """Its name below its layer's and model's."""
        return self._path

    @property
    def dtype(self) -> str:
        """The name of the dtype in which it is read."""
        scope = _state.autocast
        if scope is not None and self._autocast and scope.dtype is not None and "float" in self._dtype:
            return scope.dtype
        return self._dtype

    @property
    def shape(self) -> Any:
        """The sizes."""
        return _shape.static(self._shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._ndim

    @property
    def trainable(self) -> bool:
        """Whether gradient tapes watch it and optimizers change it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def aggregation(self) -> str:
        """How replicas would join it; kept for its value alone."""
        return self._aggregation

    @property
    def synchronization(self) -> str:
        """When replicas would join it; kept for its value alone."""
        return self._synchronization

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether an optimizer puts the gradient in its place."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"overwrite_with_gradient must be a boolean; got {value}")
        self._overwrite_with_gradient = value

    @property
    def regularizer(self) -> Any:
        """The function that gives this variable's penalty, or None."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value: Any) -> None:
        if value is not None and not callable(value):
            raise ValueError(
                f"regularizer must be callable (such as a keras.regularizers.Regularizer); got regularizer={value}"
            )
        self._regularizer = value

    @property
    def constraint(self) -> Any:
        """The function that is applied after an optimizer's step, or None."""
        return self._constraint

    @constraint.setter
    def constraint(self, value: Any) -> None:
        if value is not None and not callable(value):
            raise ValueError(
                f"constraint must be callable (such as a keras.constraints.Constraint); got constraint={value}"
            )
        self._constraint = value

    # --- value -------------------------------------------------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The TensorFlow variable that holds the value (a tensor in an autocast or stateless scope)."""
        if _state.stateless is not None or _state.autocast is not None or self._value is None:
            return self._read_scoped(False)
        return self._value

    @property
    def _resource(self) -> Any:
        return self._value

    def _read(self) -> Any:
        """The value now, as a tensor: a leaf where a tape watches the variable."""
        held = self._value
        if _state.stateless is None and _state.autocast is None and held is not None:
            return _tape.read(held, held._array) if _native.taping() else Tensor.wrap(held._array)
        return _convert.as_tensor(self._read_scoped(True))

    def _read_scoped(self, tensor: bool) -> Any:
        value: Any = self._value
        if _state.stateless is not None:
            found = _state.stateless.get_current_value(self)
            value = value if found is None else found
        if value is None:
            value = _keras_tensor(self._initializer(self._shape, dtype=self._dtype), self._dtype)
        scope = _state.autocast
        if scope is not None and self._autocast and scope.dtype not in (None, self._dtype):
            return scope.maybe_cast(value)
        return value._read() if tensor and isinstance(value, ResourceVariable) else value

    def writable(self) -> Any:
        """The array to write new values into in place; see `ResourceVariable.writable`."""
        assert self._value is not None
        return self._value.writable()

    def replace(self, array: Any) -> None:
        """New values in an array of the same shape and dtype, which the variable then owns."""
        assert self._value is not None
        self._value.replace(array)

    def numpy(self) -> Any:
        """A copy of the value as a NumPy array."""
        return self._read().numpy()

    def assign(self, value: Any) -> Any:
        """Set the value, cast to the variable's dtype; returns it as a tensor. ValueError for another shape."""
        tensor = _keras_tensor(value, self._dtype)
        if tensor.array.shape != self._shape:
            raise ValueError("The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                             f"must match. variable.shape={self.shape}, Received: value.shape={tensor.shape}. Target variable: {self}")  # fmt: skip
        if _state.stateless is not None:
            _state.stateless.add_update((self, tensor))
        else:
            assert self._value is not None
            self._value._put(tensor.array)
        return tensor

    def assign_add(self, value: Any) -> Any:
        """Add to the value; returns the new one as a tensor."""
        return self.assign(self + value)

    def assign_sub(self, value: Any) -> Any:
        """Subtract from the value; returns the new one as a tensor."""
        return self.assign(self - value)

    # --- Python's protocols ------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        held = self._value
        text = "" if held is None else f", value={_shown(held)}"
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}{text}>"

    def __getitem__(self, key: Any) -> Any:
        return self._read()[key]

    def __iter__(self) -> Any:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _scalar(self) -> Any:
        if self._ndim:
            raise TypeError(f"Only scalar arrays can be converted to Python scalars. Got: shape={self.shape}")
        return self._read()

    def __int__(self) -> int:
        return int(self._scalar())

    def __float__(self) -> float:
        return float(self._scalar())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self._read(), dtype=dtype)

    def __bool__(self) -> bool:
        raise TypeError("A Keras Variable cannot be used as a boolean.")

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> Any:
        return remade, (self.__dict__,)

    def __neg__(self) -> Any:
        return -self._read()

    def __pos__(self) -> Any:
        return self.value

    def __abs__(self) -> Any:
        return abs(self._read())

    def __invert__(self) -> Any:
        return ~self._read()

    def __round__(self, ndigits: int | None = None) -> Any:
        from plait.keras import ops

        return ops.round(self, decimals=ndigits or 0)


def remade_resource(array: Any, trainable: bool, label: str, constraint: Any) -> ResourceVariable:
    """A TensorFlow variable out of a pickle."""
    return ResourceVariable(array, trainable, name=label, constraint=constraint)


def remade(state: dict[str, Any]) -> Variable:
    """A Keras variable out of a pickle."""
    made = Variable.__new__(Variable)
    made.__dict__.update(state)
    if made._value is not None:
        made._value._owner = made
    return made


Variable.__qualname__ = "Variable"


def _shown(held: ResourceVariable) -> Any:
    return np.asarray(Tensor.wrap(held._array))


def _keras_tensor(value: Any, dtype: Any = None) -> Any:
    """`value` as a tensor, cast to `dtype` where that is another."""
    if dtype is None:
        return _convert.as_tensor(value)
    want = _dtypes.numpy_dtype(dtype)
    x = _convert.as_tensor(value, want if want.kind == "f" and not hasattr(value, "dtype") else None)
    return x if x.array.dtype == want else _convert.to(x, want)


_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide", "mod": "mod", "pow": "power",
    "matmul": "matmul", "and": "logical_and", "or": "logical_or", "xor": "logical_xor",
}  # fmt: skip
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}


def _operator(name: str, reflected: bool) -> Any:
    def method(self: Any, other: Any) -> Any:
        from plait.keras import ops

        function = getattr(ops, name)
        return function(other, self) if reflected else function(self, other)

    return method


for _short, _long in _OPERATORS.items():
    setattr(Variable, f"__{_short}__", _operator(_long, False))
    setattr(Variable, f"__r{_short}__", _operator(_long, True))
for _short, _long in _COMPARISONS.items():
    setattr(Variable, f"__{_short}__", _operator(_long, False))
