"""Sequential: a stack of layers, each called on what the one before gave."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from plait.keras import tree
from plait.keras._infer import recording
from plait.keras._masks import get_keras_mask
from plait.keras._shape import standardize_shape
from plait.keras._symbolic import Operation
from plait.keras.layers.input_layer import InputLayer
from plait.keras.layers.layer import Layer
from plait.keras.models.functional import Functional
from plait.keras.models.model import Model
from plait.keras.saving import serialization_lib
from plait.keras.saving.legacy import layer_config


class Sequential(Model):
    """Layers in a row. Without an Input it is built at its first call.

    >>> from plait import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return Operation.__new__(cls, *args, **kwargs)

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._functional: Functional | None = None
        self._layers = []
        for layer in layers or ():
            self.add(layer, rebuild=False)
        if layers:
            self._maybe_rebuild()

    def __setattr__(self, name: str, value: Any) -> None:
        # The row is what is trained and saved, not the graph that is made of it.
        if name in ("_functional", "_layers"):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end; ValueError for what is no layer and for a name that is taken."""
        if not self._layers and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg))
        if hasattr(layer, "_keras_history") and isinstance(layer._keras_history.operation, InputLayer):
            layer = layer._keras_history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        if any(layer.name == other.name and other is not layer for other in self._layers):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. "
                f"Name '{layer.name}' is already the name of a layer in this model. "
                "Update the `name` argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._layers and isinstance(self._layers[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._layers[0].batch_shape}. You cannot add a different Input layer to it."
            )
        self._layers.append(layer)
        if rebuild:
            self._maybe_rebuild()
        else:
            self.built = False
            self._functional = None

    def pop(self, rebuild: bool = True) -> Any:
        """Take the last layer away."""
        layer = self._layers.pop()
        self.built = False
        self._functional = None
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self) -> None:
        self.built = False
        self._functional = None
        if len(self._layers) > 1:
            first = self._layers[0]
            if isinstance(first, InputLayer):
                self.build(first.batch_shape)
            elif isinstance(first, Model) and hasattr(first, "input_shape"):
                self.build(first.input_shape)

    def _lock_state(self) -> None:
        """Layers may be added and taken away."""

    def _obj_type(self) -> str:
        return "Sequential"

    def build(self, input_shape: Any = None) -> None:
        """Make the weights of all layers for inputs of this shape, batch size included."""
        try:
            input_shape = standardize_shape(input_shape)
        except ValueError:
            return
        if not self._layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call `model.add(layer)`."
            )
        first = self._layers[0]
        if not isinstance(first, InputLayer):
            self._layers = [InputLayer(batch_shape=input_shape, dtype=first.compute_dtype), *self._layers]
        elif first.batch_shape != input_shape:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape {first.batch_shape}. "
                f"You cannot build it with input_shape {input_shape}"
            )
        inputs = x = self._layers[0].output
        with recording():
            for layer in self._layers[1:]:
                try:
                    x = layer(x)
                except NotImplementedError:
                    return
                except TypeError as e:
                    _explain(layer, e)
                    raise
            self._functional = Functional(inputs=inputs, outputs=x)

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """Each layer on what the one before gave."""
        if self._functional:
            return self._functional.call(inputs, training=training, mask=mask, **kwargs)
        outputs = inputs
        for layer in self.layers:
            more = {k: kwargs[k] for k in layer._call_has_context_arg if k in kwargs}
            if layer._call_has_mask_arg:
                more["mask"] = mask
            if layer._call_has_training_arg and training is not None:
                more["training"] = training
            outputs = layer(outputs, **more)
            mask = tree.map_structure(get_keras_mask, outputs)
        return outputs

    @property
    def layers(self) -> list[Any]:
        """The layers, without the Input."""
        layers = self._layers
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers[:]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and `pop()` to change the layers "
            "in this model."
        )

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """What a call would give, as KerasTensors."""
        if self._functional:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask, **kwargs)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs, **kwargs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape from the input's."""
        if self._functional:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _of_functional(self, name: str, what: str) -> Any:
        if self._functional:
            return getattr(self._functional, name)
        raise AttributeError(f"Sequential model '{self.name}' has no defined {what} yet.")

    @property
    def input_shape(self) -> Any:
        """The input's shape; AttributeError before the model is built."""
        return self._of_functional("input_shape", "input shape")

    @property
    def output_shape(self) -> Any:
        """The output's shape; AttributeError before the model is built."""
        return self._of_functional("output_shape", "output shape")

    @property
    def inputs(self) -> Any:
        """The symbolic inputs; AttributeError before the model is built."""
        return self._of_functional("inputs", "inputs")

    @property
    def outputs(self) -> Any:
        """The symbolic outputs; AttributeError before the model is built."""
        return self._of_functional("outputs", "outputs")

    @property
    def input_dtype(self) -> str:
        """The dtype that inputs are cast to."""
        layers = self._layers
        if layers and isinstance(layers[0], InputLayer):
            return layers[0].dtype
        return super().input_dtype

    def get_config(self) -> dict[str, Any]:
        """The layers as plain data."""
        layers = [layer_config(layer) for layer in self._flatten_layers(False, False)]
        config = Model.get_config(self)
        config["name"] = self.name
        config["layers"] = copy.deepcopy(layers)
        if self._functional is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The model that `get_config` describes."""
        if "name" not in config:
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys. "
                f"Received: config={config}"
            )
        model = cls(name=config["name"])
        for data in config["layers"]:
            if isinstance(data, dict) and "module" in data:
                layer = serialization_lib.deserialize_keras_object(data, custom_objects=custom_objects)
            else:
                from plait.keras.saving.legacy import model_from_config

                layer = model_from_config(data, custom_objects=custom_objects)
            model.add(layer)
        shape = config.get("build_input_shape")
        if not model._functional and isinstance(shape, (tuple, list)) and shape:
            model.build(shape)
        return model


def _explain(layer: Any, error: TypeError) -> None:
    """ValueError where the layer's `call` does not take one tensor."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [p for p in inspect.signature(layer.call).parameters.values() if p.kind in kinds]
    required = [p for p in positional if p.default is inspect.Parameter.empty]
    if not positional:
        raise ValueError(
            "Layers added to a Sequential model should have a single positional argument, the input tensor. "
            f"Layer {type(layer).__name__} has no positional arguments."
        ) from error
    if len(required) > 1:
        raise ValueError(
            "Layers added to a Sequential model can only have a single required positional argument, the input tensor. "
            f"Layer {type(layer).__name__} has multiple required positional arguments: {required}"
        ) from error
