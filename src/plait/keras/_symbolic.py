"""Symbolic tensors, and calls on them: KerasTensor, Operation, Node.

Rules of this file: a call on a KerasTensor computes nothing; it infers what the result would look like (`_infer.py`) and leaves
a Node on the operation. `_function.py` reads the graph that the nodes make. Layers are Operations; functions of `keras.ops`
become Operations on the spot (`call_op`), under the class names that Keras saves them by.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from plait.keras import tree
from plait.keras._naming import auto_name

if TYPE_CHECKING:
    from plait.keras.saving.serialization_lib import SerializableDict

Shape = tuple["int | None", ...]


class KerasHistory(NamedTuple):
    """Where a tensor comes from: output number `tensor_index` of call number `node_index` of `operation`."""

    operation: Any
    node_index: int
    tensor_index: int


def _standard_shape(shape: Any) -> Shape:
    if isinstance(shape, int) or not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    out: list[int | None] = []
    for size in shape:
        if size is not None:
            if not hasattr(size, "__index__"):
                raise ValueError(
                    f"Cannot convert '{tuple(shape)}' to a shape. Found invalid entry '{size}' of type '{type(size)}'. "
                )
            size = size.__index__()
            if size < 0:
                raise ValueError(f"Cannot convert '{tuple(shape)}' to a shape. Negative dimensions are not allowed.")
        out.append(size)
    return tuple(out)


def _no_value(kind: str) -> ValueError:
    return ValueError(
        "A KerasTensor is symbolic: it stands for a shape and a dtype. It doesn't have any actual numerical value. "
        f"You cannot convert it to {kind}."
    )


class KerasTensor:
    """A shape and a dtype without values; what `keras.Input` gives and layers called on it return.

    >>> x = KerasTensor((None, 3), name="x")
    >>> x
    <KerasTensor shape=(None, 3), dtype=float32, sparse=False, ragged=False, name=x>
    """

    __module__ = "keras.src.backend.common.keras_tensor"

    _plait_symbolic = True
    _plait_defers = True  # real tensors leave operators with one of these to it
    _keras_history: KerasHistory
    _keras_mask: Any
    _pre_serialization_keras_history: Any

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        from plait.keras._dtypes import standardize

        self._ragged_rank = kwargs.pop("ragged_rank", None)
        self._row_splits_dtype = kwargs.pop("row_splits_dtype", None)
        if kwargs:
            raise TypeError(f"Unexpected keyword arguments: {', '.join(kwargs)}")
        if sparse and ragged:
            raise ValueError("KerasTensor cannot have `sparse=True` and `ragged=True` at the same time.")
        self._shape = _standard_shape(shape)
        self._dtype = standardize(dtype)
        self._sparse, self._ragged = bool(sparse), bool(ragged)
        self.name = name or auto_name("KerasTensor")
        self.record_history = record_history

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("shape", "dtype", "sparse", "ragged", "ragged_rank", "row_splits_dtype"):
            raise AttributeError(f"The `{name}` attribute of KerasTensor is immutable; make a new KerasTensor instead.")
        object.__setattr__(self, name, value)

    @property
    def shape(self) -> Shape:
        """Sizes, None where a size is not known."""
        return self._shape

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    @property
    def sparse(self) -> bool:
        """Upstream's mark, which products with numbers bear too; there are no sparse tensors here."""
        return self._sparse

    @property
    def ragged(self) -> bool:
        """Always False here: there are no ragged tensors."""
        return self._ragged

    @property
    def ragged_rank(self) -> Any:
        """As given."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> Any:
        """As given."""
        return self._row_splits_dtype

    def reshape(self, newshape: Any) -> Any:
        """`ops.reshape(self, newshape)`."""
        return _ops().reshape(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """`ops.squeeze(self, axis)`."""
        return _ops().squeeze(self, axis)

    def __int__(self) -> int:
        raise _no_value("an int")

    def __float__(self) -> float:
        raise _no_value("a float")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise _no_value("a NumPy array")

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        raise ValueError(
            "A KerasTensor cannot be used as input to a TensorFlow function. A KerasTensor stands for a shape and a dtype "
            "where a Functional model or a Keras Function is put together; it is taken by layers (`keras.layers`) and "
            "operations (`keras.ops`) alone. Where a TensorFlow function is wanted, call it inside a layer:\n\n"
            "    class MyLayer(keras.layers.Layer):\n        def call(self, x):\n            return tf_fn(x)\n\n"
            "    x = MyLayer()(x)\n"
        )

    def __iter__(self) -> Any:
        raise NotImplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __bool__(self) -> bool:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, "
            f"sparse={self.sparse}, ragged={self.ragged}, name={self.name}>"
        )

    __hash__ = object.__hash__

    def __neg__(self) -> Any:
        return _ops().negative(self)

    def __abs__(self) -> Any:
        return _ops().absolute(self)

    def __invert__(self) -> Any:
        return _ops().logical_not(self)

    def __getitem__(self, key: Any) -> Any:
        return _ops().get_item(self, key)

    def __round__(self, ndigits: int | None = None) -> Any:
        return _ops().round(self, ndigits or 0)


def _ops() -> Any:
    from plait.keras import ops

    return ops


def _install_operators() -> None:
    def forward(function: str) -> Callable[[Any, Any], Any]:
        return lambda self, other: getattr(_ops(), function)(self, other)

    def reflected(function: str) -> Callable[[Any, Any], Any]:
        return lambda self, other: getattr(_ops(), function)(other, self)

    both = {
        "add": "add", "sub": "subtract", "mul": "multiply", "matmul": "matmul", "truediv": "true_divide", "pow": "power",
        "floordiv": "floor_divide", "mod": "mod", "and": "logical_and", "or": "logical_or", "xor": "logical_xor",
    }  # fmt: skip
    for name, function in both.items():
        setattr(KerasTensor, f"__{name}__", forward(function))
        setattr(KerasTensor, f"__r{name}__", reflected(function))
    for name, function in {
        "lt": "less",
        "le": "less_equal",
        "gt": "greater",
        "ge": "greater_equal",
        "ne": "not_equal",
    }.items():
        setattr(KerasTensor, f"__{name}__", forward(function))


_install_operators()


def any_symbolic(args: Any = None, kwargs: Any = None) -> bool:
    """Whether a KerasTensor is among the arguments, or in a list, tuple or dict among them."""
    for values in (args or (), kwargs.values() if kwargs else ()):
        for x in values:
            if isinstance(x, KerasTensor):
                return True
            if isinstance(x, (list, tuple, dict)) and any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(x)):
                return True
    return False


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a KerasTensor."""
    return isinstance(x, KerasTensor)


class SymbolicArguments:
    """The arguments of a symbolic call, and how to put values in the KerasTensors' places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = tree.map_structure(lambda x: x, args), tree.map_structure(lambda x: x, kwargs)
        self.keras_tensors = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
        alone = not kwargs and len(args) == 1 and isinstance(args[0], KerasTensor)
        self.single: KerasTensor | None = args[0] if alone else None

    def fill_in(self, values: dict[int, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with each KerasTensor replaced by its value, found by the tensor's id."""
        if self.single is not None:
            return (values[id(self.single)],), {}

        def value(x: Any) -> Any:
            return values.get(id(x)) if isinstance(x, KerasTensor) else x

        return tree.map_structure(value, self.args), tree.map_structure(value, self.kwargs)


class Node:
    """One symbolic call of an operation: which tensors went in, which came out."""

    def __init__(self, operation: Any, call_args: Any = (), call_kwargs: Any = None, outputs: Any = None) -> None:
        self.operation = operation
        self.arguments = SymbolicArguments(*call_args, **(call_kwargs or {}))
        self.outputs = [] if outputs is None else tree.flatten(outputs)
        for x in self.outputs:
            if not isinstance(x, KerasTensor):
                raise ValueError(
                    f"All operation outputs must be tensors. Operation {operation} returned a non-tensor. "
                    f"Non-tensor received: {x}"
                )
        inputs = self.arguments.keras_tensors
        records = all(x.record_history for x in inputs)
        if records:
            for x in inputs:
                if not hasattr(x, "_keras_history"):
                    x._keras_history = KerasHistory(None, 0, 0)
        operation._inbound_nodes.append(self)
        for x in inputs:
            if x._keras_history.operation is not None:
                x._keras_history.operation._outbound_nodes.append(self)
        if records:
            at = len(operation._inbound_nodes) - 1
            for i, x in enumerate(self.outputs):
                x._keras_history = KerasHistory(operation, at, i)
        self.is_input = not inputs

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"

    @property
    def input_tensors(self) -> list[KerasTensor]:
        """The KerasTensors among the arguments."""
        return self.arguments.keras_tensors

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """The call's results."""
        return self.outputs

    @property
    def parent_nodes(self) -> list[Node]:
        """The calls whose results went in."""
        histories = [x._keras_history for x in self.arguments.keras_tensors]
        return [h.operation._inbound_nodes[h.node_index] for h in histories if h.operation is not None]


def _is_default(method: Any) -> bool:
    return getattr(method, "_is_default", False)


def default(method: Any) -> Any:
    """Marks a base class's method, so that an override can be told from it."""
    method._is_default = True
    return method


class Operation:
    """Something that can be called on tensors, symbolic ones included; the base of layers and of symbolic ops."""

    name: str
    _auto_config: SerializableDict | None
    _auto_config_error_args: bool
    _inbound_nodes: list[Node]
    _outbound_nodes: list[Node]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        object.__setattr__(self, "_auto_config", _auto_config(self, cls, args, kwargs))
        return self

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self.name = name
        self._inbound_nodes = []
        self._outbound_nodes = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`call` on values; on KerasTensors a symbolic call."""
        return self.symbolic_call(*args, **kwargs) if any_symbolic(args, kwargs) else self.call(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """What the call would give, as KerasTensors that remember it."""
        from plait.keras._infer import inferring

        outputs = self.compute_output_spec(*args, **kwargs)
        if not inferring():
            Node(self, call_args=args, call_kwargs=kwargs, outputs=outputs)
        return outputs

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation."""
        raise NotImplementedError

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """What `call` would give, as fresh KerasTensors."""
        from plait.keras._infer import compute_output_spec

        try:
            return compute_output_spec(self.call, *args, **kwargs)
        except Exception as e:
            kind = type(self).__name__
            text = (
                f"Could not automatically infer the output shape / dtype of '{self.name}' (of type {kind}). "
                f"Either the `{kind}.call()` method is incorrect, or you need to implement the "
                f"`{kind}.compute_output_spec() / compute_output_shape()` method. Error encountered:\n\n{e}"
            )
            try:
                error = type(e)(text)
            except Exception:
                error = ValueError(text)
            raise error.with_traceback(e.__traceback__) from None

    @default
    def get_config(self) -> dict[str, Any]:
        """What the constructor was given, where that was plain data."""
        config: dict[str, Any] = {"name": self.name}
        if not _is_default(self.get_config):
            return config
        if self._auto_config is not None:
            config.update(self._auto_config.config)
            params = inspect.signature(type(self).__init__).parameters
            catch_all = any(p.kind == p.VAR_KEYWORD and p.name == "kwargs" for p in params.values())
            if "name" not in params and not catch_all:
                config.pop("name", None)
            return config
        what = (
            "by passing positional only or variadic positional arguments (e.g., `*args`) to `__init__()`, "
            "for which no config can be made"
            if getattr(self, "_auto_config_error_args", False)
            else "by passing non-serializable argument values in `__init__()`"
        )
        raise NotImplementedError(
            f"Object {type(self).__name__} was created {what}; to be serializable, "
            "its class must override `get_config()`. Please implement `get_config()`: take `super().get_config()`, "
            "add the constructor's arguments to it, return it."
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The operation that `get_config` describes."""
        if isinstance(config.get("dtype"), dict):
            config = {**config, "dtype": _dtype_of(config["dtype"])}
        try:
            return cls(**config)
        except Exception as e:
            raise TypeError(
                f"Error when deserializing class '{cls.__name__}' using config={config}.\n\nException encountered: {e}"
            ) from e

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"

    @property
    def input(self) -> Any:
        """What the operation was first called on."""
        return self._of_first_node("input_tensors", "input")

    @property
    def output(self) -> Any:
        """What the first call gave."""
        return self._of_first_node("output_tensors", "output")

    def _of_first_node(self, attribute: str, what: str) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(f"The layer {self.name} has never been called and thus has no defined {what}.")
        values = getattr(self._inbound_nodes[0], attribute)
        return values[0] if len(values) == 1 else values

    def _obj_type(self) -> str:
        return "Operation"


def _dtype_of(config: dict[str, Any]) -> Any:
    from plait.keras.dtype_policies import DTypePolicyMap
    from plait.keras.saving import serialization_lib

    policy = serialization_lib.deserialize_keras_object(config)
    return policy if isinstance(policy, DTypePolicyMap) else getattr(policy, "name", policy)


_PLAIN = (str, int, float, bool, type(None))
_SIGNATURES: dict[Any, inspect.Signature] = {}


def _auto_config(self: Any, cls: type, args: Any, kwargs: Any) -> SerializableDict | None:
    """The constructor's arguments by name, if they are all plain data."""
    if not _is_default(getattr(cls, "get_config", None)):
        return None
    init: Any = cls.__init__  # type: ignore[misc]
    signature = _SIGNATURES.get(init)
    if signature is None:
        signature = _SIGNATURES[init] = inspect.signature(init)
    params = signature.parameters
    first = next(iter(params))
    if getattr(cls, "_plait_config_of_defaults", False):
        args, kwargs = (), {}
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return None
    if any(p.kind == p.POSITIONAL_ONLY and name != first for name, p in params.items()):
        object.__setattr__(self, "_auto_config_error_args", True)
        return None
    bound.apply_defaults()
    found = dict(bound.arguments)
    for name, p in params.items():
        if p.kind == p.VAR_KEYWORD:
            found |= found.pop(name, {})
        elif p.kind == p.VAR_POSITIONAL and found.pop(name, ()):
            object.__setattr__(self, "_auto_config_error_args", True)
            return None
    found.pop(first, None)
    found.pop("name", None)
    if not all(isinstance(x, _PLAIN) for x in tree.flatten(found)):
        return None
    from plait.keras.saving.serialization_lib import SerializableDict

    return SerializableDict(**found)


def call_op(function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The symbolic call of a function of `keras.ops`: `name` is the function's, `function` what computes it."""
    from plait.keras._op_classes import operation_of

    operation, call_args, call_kwargs = operation_of(function, name, args, kwargs)
    return operation.symbolic_call(*call_args, **call_kwargs)
