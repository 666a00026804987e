"""keras.activations: functions that layers take by name."""

from __future__ import annotations

import types
from contextlib import suppress
from typing import Any

from plait.keras import _families, ops
from plait.keras.ops._common import op, tensor
from plait.layers import activation as meaning

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "serialize", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink",
    "threshold",
]  # fmt: skip


def linear(x: Any) -> Any:
    """x itself."""
    return x


@op
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max_value where x is above it, x where it is above `threshold`, negative_slope · (x - threshold) below."""
    return meaning.rectified(tensor(x), negative_slope, max_value, threshold)


relu.__module__ = __name__


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x, or negative_slope · x where x is negative."""
    return ops.leaky_relu(x, negative_slope=negative_slope)


def relu6(x: Any) -> Any:
    """x brought into [0, 6]."""
    return ops.relu6(x)


def _with_logits(output: Any, x: Any) -> Any:
    """Let a probability remember what it came from, for losses that are better taken of that."""
    with suppress(AttributeError):
        output._keras_logits = x
    return output


def softmax(x: Any, axis: Any = -1) -> Any:
    """Exponentials along `axis` over their sum."""
    return _with_logits(ops.softmax(x, axis=axis), x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return _with_logits(ops.sigmoid(x), x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x, or alpha · (e^x - 1) where x is negative."""
    return ops.elu(x, alpha=alpha)


def selu(x: Any) -> Any:
    """The scaled elu of Klambauer et al., 2017."""
    return ops.selu(x)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x, or alpha · (e^(x / alpha) - 1) where x is negative."""
    return ops.celu(x, alpha=alpha)


def softplus(x: Any) -> Any:
    """log(1 + e^x)."""
    return ops.softplus(x)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return ops.softsign(x)


def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x brought `threshold` nearer to 0."""
    return ops.soft_shrink(x, threshold=threshold)


def sparse_plus(x: Any) -> Any:
    """0 below -1, x above 1, (x + 1)² / 4 between."""
    return ops.sparse_plus(x)


def silu(x: Any) -> Any:
    """x · sigmoid(x)."""
    return ops.silu(x)


def squareplus(x: Any, b: float = 4) -> Any:
    """(x + √(x² + b)) / 2."""
    return ops.squareplus(x, b=b)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the normal distribution's cdf at x, or its approximation by tanh."""
    return ops.gelu(x, approximate=approximate)


def glu(x: Any, axis: int = -1) -> Any:
    """The first half along `axis` times the sigmoid of the second."""
    return ops.glu(x, axis=axis)


def tanh(x: Any) -> Any:
    """tanh(x)."""
    return ops.tanh(x)


def tanh_shrink(x: Any) -> Any:
    """x - tanh(x)."""
    return ops.tanh_shrink(x)


def hard_tanh(x: Any) -> Any:
    """x brought into [-1, 1]."""
    return ops.hard_tanh(x)


def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x, or 0 where |x| is not above `threshold`."""
    return ops.hard_shrink(x, threshold=threshold)


def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x where it is above `threshold`, else `default_value`."""
    return ops.threshold(x, threshold, default_value)


def exponential(x: Any) -> Any:
    """e^x."""
    return ops.exp(x)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 0.5 brought into [0, 1]."""
    return ops.hard_sigmoid(x)


def log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x))."""
    return ops.log_sigmoid(x)


def sparse_sigmoid(x: Any) -> Any:
    """(x + 1) / 2 brought into [0, 1]."""
    return ops.sparse_sigmoid(x)


def hard_silu(x: Any) -> Any:
    """x · hard_sigmoid(x)."""
    return ops.hard_silu(x)


def mish(x: Any) -> Any:
    """x · tanh(softplus(x))."""
    return ops.mish(x)


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x))."""
    return ops.log_softmax(x, axis=axis)


def sparsemax(x: Any, axis: int = -1) -> Any:
    """The projection onto the simplex. Martins and Astudillo, 2016."""
    return ops.sparsemax(x, axis)


swish, hard_swish = silu, hard_silu
_FUNCTIONS = (
    relu, leaky_relu, relu6, softmax, celu, elu, selu, softplus, softsign, squareplus, soft_shrink, sparse_plus, silu, gelu, glu, tanh,
    tanh_shrink, threshold, sigmoid, sparse_sigmoid, exponential, hard_sigmoid, hard_silu, hard_tanh, hard_shrink, linear, mish, log_softmax,
    log_sigmoid, sparsemax,
)  # fmt: skip
_OBJECTS: dict[str, Any] = {**{f.__name__: f for f in _FUNCTIONS}, "swish": silu, "hard_swish": hard_silu}


def serialize(activation: Any) -> Any:
    """An activation's name; the config of one that is no function of this module."""
    config = _families.serialize(activation)
    if not isinstance(config, dict) or "config" not in config:
        raise ValueError(
            f"Unknown activation function '{activation}' cannot be serialized due to invalid function name. Use a name of "
            "keras.activations, or register the function with `@keras.saving.register_keras_serializable()`. "
            f"config={config}"
        )
    if not isinstance(activation, types.FunctionType):
        return config
    if isinstance(config["config"], str) and config["config"] not in _OBJECTS:
        from plait.keras.saving import object_registration

        config["config"] = object_registration.get_registered_name(activation)
        return config
    return config["config"]


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The activation that a name or a config stands for."""
    return _families.deserialize(config, _OBJECTS, custom_objects)


def get(identifier: Any) -> Any:
    """The activation that a name, a config, a callable or None (linear) stands for; ValueError for others."""
    if identifier is None:
        return linear
    if isinstance(identifier, dict):
        from plait.keras.saving import serialization_lib

        found = serialization_lib.deserialize_keras_object(identifier)
    else:
        found = _OBJECTS.get(identifier) if isinstance(identifier, str) else identifier
    if callable(found):
        return found
    raise ValueError(f"Could not interpret activation function identifier: {identifier}")
