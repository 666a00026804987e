"""What a row computes, without any framework's words: read off plait's own layer, so that each row is written once for all peers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Spec:
    """One layer's work. Arrays lie as PyTorch's do: channels second, filters [out, in, …]."""

    kind: str
    x: tuple[int, ...]
    y: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)  # what has gradients
    state: dict[str, np.ndarray] = field(default_factory=dict)
    parts: list[Spec] = field(default_factory=list)  # of a chain or a residual block

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    @property
    def rank(self) -> int:
        """How many spatial axes."""
        return len(self.x) - 2

    @property
    def spatial(self) -> bool:
        """Whether axis 1 is channels, to be last where a peer has them last."""
        return len(self.x) > 2 and not (self.kind in ("layer_norm", "rms_norm") and self["axes"] == 1)

    @property
    def group(self) -> str:
        """Pooling, norm, activation, convolution, linear, network or other."""
        if self.parts:
            return "network"
        for words, group in _GROUPS.items():
            if self.kind.endswith(words):
                return group
        return "activation" if self.kind in _ACTIVATIONS else "other"

    def operations(self, backward: bool) -> float:
        """Multiplications and additions of convolutions and products, by the direct way; 0 for all else."""
        if self.parts:
            return sum(p.operations(backward) for p in self.parts)
        if "weight" not in self.weights or self.kind not in ("conv", "transposed_conv", "linear"):
            return 0.0
        weight = self.weights["weight"]
        places = math.prod(self.x[2:]) * self.x[0] if self.kind == "transposed_conv" else math.prod(self.y) / self.y[1]
        if self.kind == "linear":
            places = math.prod(self.y[:-1])
        return (6.0 if backward else 2.0) * weight.size * places

    def bytes(self, backward: bool) -> float:
        """What must move: input, output and weights once; backward, the output's gradient and the input or output read, gradients written."""
        if self.parts:
            return sum(p.bytes(backward) for p in self.parts)
        x, y = 4.0 * math.prod(self.x), 4.0 * math.prod(self.y)
        weights = 4.0 * sum(w.size for w in self.weights.values())
        forward = x + y + weights
        if not backward:
            return forward
        again = 0.0 if self.kind in _NOT_READ_AGAIN else x
        return forward + y + again + x + 2 * weights


_NOT_READ_AGAIN = ("average_pool", "adaptive_average_pool", "pad", "upsample", "pixel_shuffle", "other")


_GROUPS = {"pool": "pooling", "norm": "norm", "conv": "convolution", "linear": "linear"}
_ACTIVATIONS = (
    "relu", "leaky_relu", "prelu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh", "hardswish", "softplus", "softmax",
)  # fmt: skip


def many(value: Any, rank: int) -> tuple[int, ...]:
    """A size for each axis."""
    return tuple(int(v) for v in value) if isinstance(value, (tuple, list)) else (int(value),) * rank


def _windows(layer: Any, rank: int) -> dict[str, Any]:
    kernel = many(layer.kernel_size, rank)
    return {
        "kernel": kernel,
        "stride": many(layer.stride, rank) if layer.stride is not None else kernel,
        "padding": many(getattr(layer, "padding", 0), rank),
    }


def _convolution(layer: Any, rank: int) -> dict[str, Any]:
    return _windows(layer, rank) | {"dilation": many(layer.dilation, rank), "groups": layer.groups}


# The name of the class without its rank: what it is called here, and its options, from the layer and the number of spatial axes.
_KINDS: dict[str, tuple[str, Callable[[Any, int], dict[str, Any]]]] = {
    "MaxPool": ("max_pool", lambda m, n: _windows(m, n) | {"indices": m.return_indices}),
    "AvgPool": ("average_pool", _windows),
    "AdaptiveAvgPool": ("adaptive_average_pool", lambda m, n: {"size": many(m.output_size, n)}),
    "AdaptiveMaxPool": ("adaptive_max_pool", lambda m, n: {"size": many(m.output_size, n)}),
    "LPPool": ("lp_pool", lambda m, n: _windows(m, n) | {"power": m.norm_type}),
    "BatchNorm": ("batch_norm", lambda m, n: {"eps": m.eps, "momentum": m.momentum, "training": m.training}),
    "InstanceNorm": ("instance_norm", lambda m, n: {"eps": m.eps}),
    "GroupNorm": ("group_norm", lambda m, n: {"groups": m.num_groups, "eps": m.eps}),
    "LayerNorm": ("layer_norm", lambda m, n: {"axes": len(m.normalized_shape), "eps": m.eps}),
    "RMSNorm": ("rms_norm", lambda m, n: {"axes": len(m.normalized_shape), "eps": m.eps or float(np.finfo(np.float32).eps)}),
    "LocalResponseNorm": ("local_response_norm", lambda m, n: {"size": m.size, "alpha": m.alpha, "beta": m.beta, "k": m.k}),
    "ReLU": ("relu", lambda m, n: {}),
    "LeakyReLU": ("leaky_relu", lambda m, n: {"slope": m.negative_slope}),
    "PReLU": ("prelu", lambda m, n: {}),
    "ELU": ("elu", lambda m, n: {"alpha": m.alpha}),
    "GELU": ("gelu", lambda m, n: {}),
    "SiLU": ("silu", lambda m, n: {}),
    "Mish": ("mish", lambda m, n: {}),
    "Sigmoid": ("sigmoid", lambda m, n: {}),
    "Tanh": ("tanh", lambda m, n: {}),
    "Hardswish": ("hardswish", lambda m, n: {}),
    "Softplus": ("softplus", lambda m, n: {}),
    "Softmax": ("softmax", lambda m, n: {"axis": m.dim}),
    "Conv": ("conv", _convolution),
    "ConvTranspose": ("transposed_conv", _convolution),
    "Linear": ("linear", lambda m, n: {}),
    "Flatten": ("flatten", lambda m, n: {}),
    "Dropout": ("dropout", lambda m, n: {"training": m.training}),
    "ZeroPad": ("pad", lambda m, n: {"mode": "constant", "widths": many(m.padding, 2 * n)}),
    "ReflectionPad": ("pad", lambda m, n: {"mode": "reflect", "widths": many(m.padding, 2 * n)}),
    "ReplicationPad": ("pad", lambda m, n: {"mode": "edge", "widths": many(m.padding, 2 * n)}),
    "Upsample": ("upsample", lambda m, n: {"mode": m.mode, "corners": bool(m.align_corners)}),
    "PixelShuffle": ("pixel_shuffle", lambda m, n: {"factor": m.upscale_factor}),
}  # fmt: skip


def first(value: Any) -> Any:
    """A layer's result, without the indices that some give beside it."""
    return value[0] if isinstance(value, tuple) else value


def describe(layer: Any, x: Any) -> tuple[Spec, Any]:
    """What `layer`, one of plait's, does with `x`; and its result."""
    name = type(layer).__name__
    shape = tuple(x.shape)
    if name in ("Sequential", "Residual"):
        parts = []
        if name == "Sequential":
            y = x
            for part in layer:
                spec, y = describe(part, y)
                parts.append(spec)
        else:
            body, y = describe(layer.body, x)
            shortcut, _ = describe(layer.shortcut, x)
            parts, y = [body, shortcut], layer(x)
        return Spec("chain" if name == "Sequential" else "residual", shape, tuple(y.shape), parts=parts), y
    y = layer(x)
    out = tuple(first(y).shape)
    known = _KINDS.get(name if name in _KINDS else name.rstrip("d").rstrip("123"))
    if known is None:
        return Spec("other", shape, out, weights=_arrays(layer.named_parameters())), y
    kind, options = known
    state = _arrays((k, v) for k, v in layer.named_buffers() if "running" in k)
    return Spec(kind, shape, out, options(layer, len(shape) - 2), _arrays(layer.named_parameters()), state), y


def _arrays(named: Any) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy().copy() for name, value in named}


def stir(layer: Any, torch: Any) -> None:
    """Away from the ones and zeros that norms begin with, so that a weight left out is seen; plait's layer, in place."""
    with torch.no_grad():
        for name, value in layer.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(torch.rand(value.shape) + 0.5)
            elif value.is_floating_point() and value.ndim < 2:
                value.add_(torch.randn(value.shape) * 0.1)
