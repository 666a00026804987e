"""Lambda: a function as a layer."""

from __future__ import annotations

import inspect
import types
from typing import Any

from plait.keras import tree
from plait.keras._infer import compute_output_spec
from plait.keras._symbolic import KerasTensor
from plait.keras.layers.layer import Layer

__all__ = ["Lambda"]


class Lambda(Layer):
    """`function(inputs)`; it may take `mask` and `training` too, and `arguments` are passed to it by name.

    Its config holds a named function by name, a lambda as code, which is run only where the caller says `safe_mode=False`.

    >>> import numpy as np
    >>> Lambda(lambda x: x * 2)(np.ones(2, "float32")).numpy().tolist()
    [2.0, 2.0]
    """

    def __init__(
        self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments or {}
        self.function = function
        self.supports_masking = mask is not None
        self.mask = mask
        self._output_shape = output_shape
        names = inspect.getfullargspec(function).args
        self._fn_expects_training_arg = "training" in names
        self._fn_expects_mask_arg = "mask" in names

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`output_shape` behind the batch, what it gives if it is a function, or what the function was seen to give."""
        if self._output_shape is None:
            try:
                inputs = tree.map_shape_structure(lambda s: KerasTensor(s, dtype=self.compute_dtype), input_shape)
                return tree.map_structure(lambda x: x.shape, compute_output_spec(self.call, inputs))
            except Exception:
                raise NotImplementedError(
                    "We could not automatically infer the shape of the Lambda's output. Please specify the `output_shape` argument "
                    "for this Lambda layer."
                ) from None
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = tree.flatten(input_shape)[0]
        return tree.map_shape_structure(lambda s: (batch, *s), self._output_shape)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The function of the inputs."""
        kwargs = dict(self.arguments)
        if self._fn_expects_mask_arg:
            kwargs["mask"] = mask
        if self._fn_expects_training_arg:
            kwargs["training"] = training
        return self.function(inputs, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """`mask`, or what it gives if it is a function."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a lambda as its code."""
        from plait.keras.saving import serialization_lib

        config = {"function": _described(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = (
                _described(self._output_shape) if callable(self._output_shape) else self._output_shape
            )
        if self.mask is not None:
            config["mask"] = (
                _described(self.mask) if callable(self.mask) else serialization_lib.serialize_keras_object(self.mask)
            )
        config["arguments"] = serialization_lib.serialize_keras_object(self.arguments)
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None) -> Any:
        """The layer that `get_config` describes; ValueError for a lambda's code unless `safe_mode` is False."""
        from plait.keras.saving import serialization_lib

        if safe_mode is None:
            safe_mode = serialization_lib.in_safe_mode()
        config = dict(config)
        for name in ("function", "output_shape", "mask"):
            if name in config:
                config[name] = _restored(config[name], custom_objects, safe_mode is not False)
        shape = config.get("output_shape")
        if isinstance(shape, list) and all(n is None or isinstance(n, int) for n in shape):
            config["output_shape"] = tuple(shape)
        if "arguments" in config:
            config["arguments"] = serialization_lib.deserialize_keras_object(
                config["arguments"], custom_objects=custom_objects
            )
        return cls(**config)


def _described(function: Any) -> Any:
    from plait.keras.saving import _code, serialization_lib

    if isinstance(function, types.LambdaType) and function.__name__ == "<lambda>":
        return {"class_name": "__lambda__", "config": _code.dump(function)}
    if callable(function):
        return serialization_lib.serialize_keras_object(function)
    raise ValueError(f"Invalid input type for serialization. Received: {function} of type {type(function)}.")


def _restored(config: Any, custom_objects: Any, safe: bool) -> Any:
    from plait.keras.saving import _code, serialization_lib

    if not isinstance(config, dict) or config.get("class_name") != "__lambda__":
        return serialization_lib.deserialize_keras_object(config, custom_objects=custom_objects)
    if safe:
        raise ValueError(
            "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda, a risk of arbitrary code execution: it would run code from the config; "
            "that is disallowed by default. If you trust the source of the artifact, you can override this error by passing "
            "`safe_mode=False` to the loading function, or calling `keras.config.enable_unsafe_deserialization()`."
        )
    return _code.load(config["config"])
