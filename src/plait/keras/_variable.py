"""Keras' variable: a named value round TensorFlow's (`_resource.py`), read and assigned to as the open scopes say (`_scopes.py`)."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from plait import _native
from plait.keras import _convert, _dtypes, _shape, _tape
from plait.keras._naming import auto_name, current_path
from plait.keras._resource import Reading, ResourceVariable
from plait.keras._scopes import state
from plait.keras._tensor import Tensor

__all__ = ["Variable"]


def _callable_property(name: str, text: str) -> property:
    """An attribute that is a function or None, ValueError for others."""
    slot = "_" + name

    def put(self: Any, value: Any) -> None:
        if value is not None and not callable(value):
            raise ValueError(
                f"Invalid value for attribute `{name}`: it must be callable (such as a keras.{name}s.{name.capitalize()}). "
                f"Received: {name}={value}"
            )
        setattr(self, slot, value)

    return property(attrgetter(slot), put, doc=text)


class Variable(Reading):
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
            raise ValueError(
                f"Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
            )
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
                "When creating a Variable from an initializer, the `shape` argument should be specified. "
                f"Received: initializer={initializer} and shape={shape}"
            )
        self._dtype = _dtypes.standardize(dtype)
        if state.stateless is not None:
            if made:
                raise ValueError("Variable: no variable can be made from a value while in a stateless scope; make it before the layer or model "
                                 "is used, in build(), with a shape and an initializer.")  # fmt: skip
            self._initializer = initializer
            self._shape = self._validate_shape(shape)
            state.waiting.append(self)
        elif made:
            self._initialize(initializer)
            self._shape = tuple(initializer.array.shape)
        else:
            self._shape = self._validate_shape(shape)
            self._initialize(_keras_tensor(initializer(self._shape, dtype=self._dtype), self._dtype))
        self._ndim = len(self._shape)

    def _validate_shape(self, shape: Any) -> tuple[int, ...]:
        sizes = _shape.standardize_shape(shape)
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
        scope = state.autocast
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

    regularizer = _callable_property("regularizer", "The function that gives this variable's penalty, or None.")
    constraint = _callable_property("constraint", "The function that is applied after an optimizer's step, or None.")

    # --- value -------------------------------------------------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The TensorFlow variable that holds the value (a tensor in an autocast or stateless scope)."""
        if state.stateless is not None or state.autocast is not None or self._value is None:
            return self._read_scoped(False)
        return self._value

    @property
    def _resource(self) -> Any:
        return self._value

    def _read(self) -> Any:
        """The value now, as a tensor: a leaf where a tape watches the variable."""
        held = self._value
        if state.stateless is None and state.autocast is None and held is not None:
            return _tape.read(held, held._array) if _native.taping() else Tensor.wrap(held._array)
        return _convert.as_tensor(self._read_scoped(True))

    def _read_scoped(self, tensor: bool) -> Any:
        value: Any = self._value
        if state.stateless is not None:
            found = state.stateless.get_current_value(self)
            value = value if found is None else found
        if value is None:
            value = _keras_tensor(self._initializer(self._shape, dtype=self._dtype), self._dtype)
        scope = state.autocast
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

    def assign(self, value: Any) -> Any:
        """Set the value, cast to the variable's dtype; returns it as a tensor. ValueError for another shape."""
        tensor = _keras_tensor(value, self._dtype)
        if tensor.array.shape != self._shape:
            raise ValueError("The shape of the target variable and the shape of the target value in `variable.assign(value)` "
                             f"must match. variable.shape={self.shape}, Received: value.shape={tensor.shape}. Target variable: {self}")  # fmt: skip
        if state.stateless is not None:
            state.stateless.add_update((self, tensor))
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
        held = self._value
        plain = held is not None and state.stateless is None and state.autocast is None
        return held[key] if plain else self._read()[key]  # type: ignore[index]

    def _scalar(self) -> Any:
        if self._ndim:
            raise TypeError(f"Only scalar arrays can be converted to Python scalars. Got: shape={self.shape}")
        return self._read()

    def __int__(self) -> int:
        return int(self._scalar())

    def __float__(self) -> float:
        return float(self._scalar())

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
