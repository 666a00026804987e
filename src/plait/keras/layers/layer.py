"""keras.layers.Layer: the base of all layers.

Rules of this file: a layer is its state (`_state.py`), how it comes to it (`_building.py`), what a call does (`_calling.py`) and what it costs
(`_losses.py`); here is what it was told, and what it tells: dtypes, shapes, configs.
"""

from __future__ import annotations

import inspect
import warnings
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from plait.keras import dtype_policies, regularizers, tree
from plait.keras._symbolic import KerasTensor, Operation, default
from plait.keras._symbolic import _is_default as is_default
from plait.keras.layers._building import Building, wrapped_build
from plait.keras.layers._calling import Calling
from plait.keras.layers._calls import (
    CallSpec,
    shapes_for,
)
from plait.keras.layers._losses import Losses
from plait.keras.layers._state import State

__all__ = ["Layer"]


class Layer(State, Losses, Building, Calling):
    """A thing with weights that is called on tensors.

    Subclasses make weights in `build(input_shape)` (or in `__init__`) with `add_weight`, and compute in `call(inputs)`.

    >>> from plait import keras
    >>> layer = keras.layers.Dense(2, name="dense")
    >>> layer(np.ones((3, 4), "float32")).shape
    TensorShape([3, 2])
    >>> layer
    <Dense name=dense, built=True>
    """

    if TYPE_CHECKING:  # attributes that options set

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._leaf = cls.__module__.startswith("plait.keras.layers.") and cls.compute_mask is Layer.compute_mask
        build = cls.__dict__.get("build")
        if build is not None and inspect.isfunction(build):
            cls.build = wrapped_build(build)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        object.__setattr__(self, "_lock", False)
        Operation.__init__(self, name=name)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        shape = kwargs.pop("input_shape", None)
        dim = kwargs.pop("input_dim", None)
        shape = shape if dim is None else (dim,)
        if shape is not None:
            warnings.warn(
                "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential models, prefer using an "
                "`Input(shape)` object as the first layer in the model instead.",
                stacklevel=2,
            )
            self._input_shape_arg = shape
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}")
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._path = None
        self._parent_path = None
        self.built = False
        self.autocast = autocast
        self._input_spec: Any = None
        self._called = False
        self.supports_jit = True
        self._trainable = trainable
        self._losses: list[Any] = []
        self._loss_ids: set[int] = set()
        self._losses_override: list[Any] = []
        self._call_signature = inspect.signature(self.call)
        self.call_signature_parameters = list(self._call_signature.parameters)
        self._call_has_training_arg = "training" in self._call_signature.parameters
        self._call_has_mask_arg = "mask" in self._call_signature.parameters
        self._call_context_args = {"training"}
        self._call_has_context_arg = {"training": self._call_has_training_arg}
        self._supports_masking = not is_default(self.compute_mask)
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._build_shapes_dict = None

    # --- properties -----------------------------------------------------------------------------------------------------------

    @property
    def path(self) -> str | None:
        """Where the layer lies among layers, such as `model/dense`; None before it is built."""
        return self._path

    @property
    def input_spec(self) -> Any:
        """What the layer expects of its input: an InputSpec, a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value
        object.__setattr__(self, "_quick", None)

    @property
    def dtype_policy(self) -> Any:
        """The dtypes of weights and of computing."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        policy, own = dtype_policies.get(value), self._dtype_policy
        if isinstance(own, dtype_policies.DTypePolicyMap) and self.path:
            if self.path in own:
                del own[self.path]
            own[self.path] = policy
        else:
            self._dtype_policy = policy
        object.__setattr__(self, "_quick", None)

    @property
    def _own_policy(self) -> Any:
        policy = self._dtype_policy
        if isinstance(policy, dtype_policies.DTypePolicyMap) and self.path:
            return policy[self.path]
        return policy

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype in which the layer computes."""
        return self._own_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._own_policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating inputs are cast to."""
        return self.compute_dtype

    @property
    def quantization_mode(self) -> None:
        """None: there is no quantization here."""
        return None

    @property
    def supports_masking(self) -> bool:
        """Whether masks pass through the layer."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = value

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The outputs' masks from the inputs'."""
        return previous_mask

    # --- shapes ---------------------------------------------------------------------------------------------------------------

    @default
    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The output's shape from the input's."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `compute_output_shape` method implemented. Should implement "
            "`def compute_output_shape(self, input_shape)`."
        )

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """What the call would give, as KerasTensors: from `compute_output_shape` where the layer has one."""
        if is_default(self.compute_output_shape):
            return super().compute_output_spec(*args, **kwargs)
        spec = CallSpec(self._call_signature, self._call_context_args, args, kwargs)
        shapes = shapes_for(self.compute_output_shape, spec.shapes(), spec, type(self).__name__)
        shape = self.compute_output_shape(**shapes)

        def is_shape(s: Any) -> bool:
            return isinstance(s, (list, tuple)) and all(n is None or isinstance(n, (int, np.integer)) for n in s)

        if not isinstance(shape, (list, tuple, dict)):
            try:
                shape = tuple(shape)
            except TypeError:
                raise ValueError(
                    f"Method `compute_output_shape()` of layer {type(self).__name__} is returning a type that cannot be "
                    f"interpreted as a shape. It should return a shape tuple. Received: {shape}"
                ) from None
        if is_shape(shape) and (len(shape) or isinstance(shape, tuple)):
            return KerasTensor(tuple(shape), dtype=self.compute_dtype)
        return tree.map_shape_structure(lambda s: KerasTensor(s, dtype=self.compute_dtype), shape)

    # --- the rest ---------------------------------------------------------------------------------------------------------------

    @default
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        self._check_super_called()
        config = {
            **super().get_config(),
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    def _check_super_called(self) -> None:
        if self.__dict__.get("_lock", True):
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement in the "
                "`__init__()` method. Go add it!"
            )

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not in Keras 3: metrics go to `Model.compile(metrics=[...])`."""
        raise NotImplementedError(
            "Layer `add_metric()` method is deprecated. Add your metric in `Model.compile(metrics=[...])`, or make metric objects "
            "in `__init__()` or `build()` and call their `update_state()`."
        )

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        return list(_walk(self, include_self, recursive))

    def _obj_type(self) -> str:
        return "Layer"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def __str__(self) -> str:
        return self.__repr__()


def _walk(layer: Any, include_self: bool, recursive: bool) -> Iterator[Any]:
    if include_self:
        yield layer
    seen: set[int] = set()
    waiting = deque(layer._layers)
    while waiting:
        inner = waiting.popleft()
        if id(inner) in seen:
            continue
        seen.add(id(inner))
        yield inner
        if recursive:
            waiting.extendleft(inner._layers)
