"""`tf.function`: upstream compiles a graph; here the function is called as it is."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._dtypes import DType, as_dtype
from plait.keras._shape import TensorShape
from plait.tensorflow import config
from plait.tensorflow._staging import signature_of, staged

__all__ = ["TensorSpec", "function"]


class TensorSpec:
    """The shape and dtype that an argument, or a dataset's element, has."""

    __slots__ = ("_dtype", "_name", "_shape")
    __module__ = "tensorflow.python.framework.tensor"

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        self._shape, self._dtype, self._name = TensorShape(shape), as_dtype(dtype), name

    @property
    def shape(self) -> TensorShape:
        """The sizes, some maybe unknown."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """A name, or None."""
        return self._name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor."""
        x = as_tensor(tensor)
        return cls(x.shape, x.dtype, name)

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor (or another spec) fits."""
        other = spec_or_tensor if isinstance(spec_or_tensor, TensorSpec) else as_tensor(spec_or_tensor)
        return bool(self._dtype == other.dtype) and self._shape.is_compatible_with(other.shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and (self._shape, self._dtype, self._name) == (
            other._shape,
            other._dtype,
            other._name,
        )

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


class Function:
    """A function under `tf.function`."""

    __module__ = "tensorflow.python.eager.polymorphic_function.polymorphic_function"

    def __init__(
        self, python_function: Callable[..., Any], input_signature: Any = None, autograph: bool = True
    ) -> None:
        functools.update_wrapper(self, python_function)
        self._python_function = python_function
        self.input_signature = None if input_signature is None else tuple(input_signature)
        self._autograph = autograph
        self._seen: set[Any] = set()
        self._signature: inspect.Signature | None = None
        self._bound: weakref.WeakKeyDictionary[Any, Function] = weakref.WeakKeyDictionary()

    @property
    def python_function(self) -> Callable[..., Any]:
        """The function itself."""
        return self._python_function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.input_signature is not None:
            args = self._checked(args)
        if config.functions_run_eagerly():
            return self._python_function(*args, **kwargs)
        # One graph for all that an input_signature lets through.
        signature = signature_of(*self._arguments(args, kwargs)) if self.input_signature is None else ()
        result = staged(self._python_function, args, kwargs, signature in self._seen, not self._seen, self._autograph)
        self._seen.add(signature)
        return _tensors(result)

    def _arguments(self, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The arguments with the defaults of those that were not given."""
        if self._signature is None:
            self._signature = inspect.signature(self._python_function)
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            return args, kwargs  # the call says what is wrong
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def _checked(self, args: Any) -> Any:
        specs = self.input_signature
        assert specs is not None
        given = list(args)
        own = given[: len(given) - len(specs)] if len(given) > len(specs) else []
        found = []
        for spec, value in zip(specs, given[len(own) :], strict=False):
            leaves = []
            parts = (
                [(spec, value)]
                if isinstance(spec, TensorSpec)
                else zip(tree.flatten(spec), tree.flatten(value), strict=False)
            )
            for s, v in parts:
                x = as_tensor(v, s.dtype._numpy)
                if not s.is_compatible_with(x):
                    raise TypeError(
                        f"Binding inputs to tf.function failed due to `Can not cast {TensorSpec.from_tensor(x)} to {s}`."
                    )
                leaves.append(x)
            found.append(leaves[0] if isinstance(spec, TensorSpec) else tree.pack_sequence_as(value, leaves))
        return (*own, *found)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, which stands for every signature."""
        return self

    def experimental_get_tracing_count(self) -> int:
        """How many signatures it was called with."""
        return len(self._seen)

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        try:
            bound = self._bound.get(instance)
        except TypeError:  # neither hashed nor referred to weakly
            return Function(self._python_function.__get__(instance, owner), self.input_signature, self._autograph)
        if bound is None:
            function = _method(self._python_function, weakref.ref(instance))
            bound = self._bound[instance] = Function(function, self.input_signature, self._autograph)
        return bound


def _method(function: Callable[..., Any], instance: weakref.ref[Any]) -> Callable[..., Any]:
    """A method of an instance that it does not keep alive."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(instance(), *args, **kwargs)

    return call


def _tensors(result: Any) -> Any:
    """Numbers and arrays that a function returns as tensors, as a graph would give them."""

    def one(value: Any) -> Any:
        return as_tensor(value) if isinstance(value, (bool, int, float)) or type(value).__module__ == "numpy" else value

    return tree.map_structure(one, result) if result is not None else None


def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: Any = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: Any = None,
    experimental_compile: Any = None,
    experimental_follow_type_hints: Any = None,
) -> Any:
    """A function that upstream would compile; here it runs as it is written.

    >>> from plait import tensorflow as tf
    >>> @tf.function
    ... def double(x):
    ...     return x * 2
    >>> double(tf.constant(2))
    <tf.Tensor: shape=(), dtype=int32, numpy=4>
    """
    if func is None:
        return lambda f: Function(f, input_signature, autograph)
    return Function(func, input_signature, autograph)
