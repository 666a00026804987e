"""keras.layers: everything that a model is made of."""

import typing as _typing

from plait.keras._lazy import getter as _getter
from plait.keras.layers.activation import *
from plait.keras.layers.batch_normalization import BatchNormalization
from plait.keras.layers.convolution import *
from plait.keras.layers.core import *
from plait.keras.layers.depthwise import *
from plait.keras.layers.input_layer import Input, InputLayer
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.lambda_layer import Lambda
from plait.keras.layers.layer import Layer
from plait.keras.layers.merging import *
from plait.keras.layers.normalization import (
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from plait.keras.layers.pooling import *
from plait.keras.layers.preprocessing import CenterCrop, Rescaling, Resizing
from plait.keras.layers.regularization import *
from plait.keras.layers.reshaping import *
from plait.keras.layers.upsampling import *
from plait.keras.layers.wrapping import SpectralNormalization, Wrapper


def serialize(layer: _typing.Any) -> _typing.Any:
    """The config of a layer, with its class."""
    from plait.keras.saving import serialization_lib

    return serialization_lib.serialize_keras_object(layer)


def deserialize(config: _typing.Any, custom_objects: _typing.Any = None) -> _typing.Any:
    """The layer that a config describes; ValueError for what is no layer."""
    from plait.keras.saving import serialization_lib

    obj = serialization_lib.deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(obj, Layer):
        raise ValueError(
            "`keras.layers.deserialize` was passed a `config` object that is not a `keras.layers.Layer`. "
            f"Received: {config}"
        )
    return obj


__getattr__ = _getter(__name__, {})
