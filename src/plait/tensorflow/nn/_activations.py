"""Activations, dropout and losses of rows in tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert
from plait.keras._errors import bracketed, refused
from plait.keras._operators import need_shapes, pair
from plait.keras.ops import nn
from plait.keras.ops._common import one_axis, raw
from plait.keras.random._drawing import dropped
from plait.keras.random._stateful import stream
from plait.ops import activation
from plait.ops import elementwise as ew
from plait.tensorflow._call import as_tensor, face, float_tensor

__all__ = [
    "bias_add", "crelu", "dropout", "elu", "gelu", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid_cross_entropy_with_logits", "silu",
    "softmax", "softmax_cross_entropy_with_logits", "softsign", "sparse_softmax_cross_entropy_with_logits", "swish",
]  # fmt: skip


@face
def relu(features: Any, name: Any = None) -> Any:
    """max(x, 0)."""
    return activation.relu(as_tensor(features))


@face
def relu6(features: Any, name: Any = None) -> Any:
    """x cut to [0, 6]."""
    return activation.hardtanh(as_tensor(features), 0.0, 6.0)


@face
def crelu(features: Any, axis: int = -1, name: Any = None) -> Any:
    """relu of x and of -x, joined along `axis`."""
    from plait.ops.shape import cat

    x = float_tensor(features, "Relu")
    return activation.relu(cat([x, ew.neg(x)], one_axis(axis, x.array.ndim)))


@face
def leaky_relu(features: Any, alpha: float = 0.2, name: Any = None) -> Any:
    """x above 0, alpha · x below; integers as float32."""
    x = as_tensor(features)
    if x.array.dtype.kind in "iu":
        x = _convert.to(x, dtypes.F32)
    return activation.leaky_relu(x, float(np.float32(alpha)))


@face
def elu(features: Any, name: Any = None) -> Any:
    """x above 0, e ** x - 1 below."""
    return activation.elu_steep(float_tensor(features, "Elu"), 1.0, 1.0, 1.0)


@face
def selu(features: Any, name: Any = None) -> Any:
    """The self-normalising exponential unit."""
    return raw(nn.selu)(as_tensor(features))


@face
def gelu(features: Any, approximate: bool = False, name: Any = None) -> Any:
    """x times the normal distribution's cdf at x; by tanh where `approximate`."""
    x = as_tensor(features)
    if x.array.dtype.kind not in "fV":
        raise ValueError("`features.dtype` must be a floating point tensor.Received:features.dtype=" + str(x.dtype))
    return raw(nn.gelu)(x, approximate)


@face
def silu(features: Any, beta: Any = 1.0) -> Any:
    """x · sigmoid(beta · x)."""
    x = float_tensor(features, "Sigmoid")
    if isinstance(beta, (int, float)) and beta == 1:
        return activation.silu(x)
    return ew.mul(x, activation.sigmoid(ew.mul(x, as_tensor(beta, x.array.dtype))))


swish = silu


@face
def softsign(features: Any, name: Any = None) -> Any:
    """x / (1 + |x|)."""
    return activation.softsign(float_tensor(features, "Softsign"))


@face
def softmax(logits: Any, axis: Any = None, name: Any = None) -> Any:
    """Exponentials over their sum along `axis` (the last without one)."""
    return raw(nn.softmax)(as_tensor(logits), -1 if axis is None else axis)


@face
def log_softmax(logits: Any, axis: Any = None, name: Any = None) -> Any:
    """The logarithm of softmax along `axis` (the last without one)."""
    return raw(nn.log_softmax)(as_tensor(logits), -1 if axis is None else axis)


@face
def bias_add(value: Any, bias: Any, data_format: Any = None, name: Any = None) -> Any:
    """A vector added along the channels, the last axis or (data_format "N…C" or "NC…") the second."""
    from plait.ops.shape import reshape

    x, b = pair("BiasAdd", value, bias)
    first = data_format is not None and str(data_format).startswith("NC") and str(data_format) != "NC"
    if data_format is not None and not str(data_format).startswith(("NC", "N")):
        raise ValueError(f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}")
    channels = x.array.shape[1 if first else -1] if x.array.ndim > 1 else 0
    if b.array.ndim != 1 or b.array.shape[0] != channels:
        raise refused("BiasAdd", f"Must provide as many biases as the {'channel' if first else 'last'} dimension of the input tensor: "
                      f"{bracketed(b.array.shape)} vs. {bracketed(x.array.shape)}", None)  # fmt: skip
    return ew.add(x, reshape(b, (-1, *(1,) * (x.array.ndim - 2))) if first else b)


@face
def dropout(x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: Any = None) -> Any:
    """Each element 0 with probability `rate`, else over 1 - rate."""
    t = float_tensor(x, "Dropout") if as_tensor(x).array.dtype.kind in "fV" else None
    if t is None:
        raise ValueError(
            f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype={as_tensor(x).dtype}"
        )
    share = float(rate)
    if not 0 <= share < 1:
        raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
    if share == 0:
        return t
    shape = t.array.shape if noise_shape is None else noise_shape
    count = int(np.prod([n if d is None else int(d) for d, n in zip(shape, t.array.shape, strict=True)]))
    drawn = stream(("uniform", t.array.dtype.str), seed, 256 * count)
    return dropped(t, share, noise_shape, drawn)


@face
def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: int = -1, name: Any = None) -> Any:
    """-Σ labels · log softmax(logits) along `axis`."""
    x = float_tensor(logits, "SoftmaxCrossEntropyWithLogits")
    t = as_tensor(labels, x.array.dtype)
    if t.array.dtype != x.array.dtype:
        t = _convert.to(t, x.array.dtype)
    if t.array.shape != x.array.shape:
        raise refused("SoftmaxCrossEntropyWithLogits", "logits and labels must be broadcastable: "
                      f"logits_size={bracketed(x.array.shape)} labels_size={bracketed(t.array.shape)}")  # fmt: skip
    return nn.softmax_cross_entropy(t, x, one_axis(axis, x.array.ndim))


@face
def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: Any = None) -> Any:
    """-log softmax(logits)[label] along the last axis."""
    x = float_tensor(logits, "SparseSoftmaxCrossEntropyWithLogits")
    t = as_tensor(labels)
    if t.array.ndim != x.array.ndim - 1:
        raise ValueError("`labels.shape.rank` must equal `logits.shape.rank - 1`. "
                         f"Received: labels.shape={t.shape} of rank {t.array.ndim} and logits.shape={x.shape} of rank {x.array.ndim}")  # fmt: skip
    if t.array.shape != x.array.shape[:-1]:
        raise ValueError(f"`labels.shape` must equal `logits.shape` except for the last dimension. Received: labels.shape={t.shape} and "
                         f"logits.shape={x.shape}")  # fmt: skip
    return nn.sparse_softmax_cross_entropy(t, x)


@face
def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: Any = None) -> Any:
    """The cross entropy of logits with probabilities, for every element."""
    if labels is None or logits is None:
        raise ValueError("Both `labels` and `logits` must be provided.")
    x, t = pair("Mul", logits, labels)
    if x.array.shape != t.array.shape:
        raise ValueError(f"`logits` and `labels` must have the same shape, received ({x.shape} vs {t.shape}).")
    need_shapes("Mul", x, t)
    return nn.sigmoid_cross_entropy(t, x)
