"""Wrapper, the base of layers round another layer, and SpectralNormalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import initializers, ops
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers import reparam

__all__ = ["SpectralNormalization", "Wrapper"]


class Wrapper(Layer):
    """The base of layers that hold another one as `layer`; ValueError where that is no layer."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Build the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from plait.keras.saving import serialization_lib

        return {**super().get_config(), "layer": serialization_lib.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer that a config describes."""
        from plait.keras.saving import serialization_lib

        layer = serialization_lib.deserialize_keras_object(config.pop("layer"), custom_objects=custom_objects)
        return cls(layer, **config)


class SpectralNormalization(Wrapper):
    """A layer whose kernel (or embeddings) is divided by its largest singular value in each training call (arXiv 1802.05957).

    The value comes from `power_iterations` steps of the power iteration, which go on from call to call. ValueError for less than one
    step, and for a layer with neither weight.

    >>> from plait import keras
    >>> keras.layers.SpectralNormalization(keras.layers.Dense(2))(np.ones((3, 4), "float32"), training=True).shape
    TensorShape([3, 2])
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                f"`power_iterations` should be greater than zero. Received: `power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any = None) -> None:
        """Build the layer inside, and the vector of the iteration."""
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        if hasattr(self.layer, "kernel"):
            self.kernel = self.layer.kernel
        elif hasattr(self.layer, "embeddings"):
            self.kernel = self.layer.embeddings
        else:
            raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.kernel_shape = self.kernel.shape
        self.vector_u = self.add_weight(
            shape=(1, self.kernel_shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=self.kernel.dtype,
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The layer inside, its kernel divided first in training."""
        if training and np.any(np.asarray(self.kernel)):
            vector, kernel = self.normalized_weights()
            self.vector_u.assign(vector)
            self.kernel.assign(kernel)
        return ops.cast(self.layer(inputs), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The inner layer's."""
        return self.layer.compute_output_shape(input_shape)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The next vector of the iteration, and the kernel divided by its largest singular value."""
        kernel = np.asarray(self.kernel)
        matrix = kernel.reshape(-1, kernel.shape[-1]).T
        u, v = np.asarray(self.vector_u)[0], np.empty(matrix.shape[1], matrix.dtype)
        u, v = reparam.power_iteration(matrix, u, v, self.power_iterations, 1e-12, False)
        return ops.convert_to_tensor(u[None]), ops.convert_to_tensor(kernel / (u @ matrix @ v))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "power_iterations": self.power_iterations}
