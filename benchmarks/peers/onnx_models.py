"""Rows as ONNX models in memory, for engines that only infer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.describe import Spec
from benchmarks.peers import Cannot, divides

OPSET = 21


class Graph:
    """Nodes and constants as they are added; each addition gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name


def _windows(spec: Spec) -> dict[str, Any]:
    return {"kernel_shape": spec["kernel"], "strides": spec["stride"], "pads": [*spec["padding"], *spec["padding"]]}


def _parameters(g: Graph, spec: Spec) -> list[str]:
    return [g.constant(w) for w in spec.weights.values()]


def max_pool(g: Graph, spec: Spec, x: str) -> str:
    if spec["indices"]:
        raise Cannot("indices")
    return g.add("MaxPool", x, **_windows(spec))


def adaptive(g: Graph, spec: Spec, x: str) -> str:
    most = spec.kind == "adaptive_max_pool"
    if math.prod(spec["size"]) == 1:
        return g.add("GlobalMaxPool" if most else "GlobalAveragePool", x)
    kernel = divides(spec)
    return g.add("MaxPool" if most else "AveragePool", x, kernel_shape=kernel, strides=kernel)


def batch_norm(g: Graph, spec: Spec, x: str) -> str:
    if spec["training"]:
        raise Cannot("no training")
    state = [g.constant(spec.state[name]) for name in ("running_mean", "running_var")]
    return g.add("BatchNormalization", x, *_parameters(g, spec), *state, epsilon=spec["eps"])


def instance_norm(g: Graph, spec: Spec, x: str) -> str:
    n = spec.x[1]
    one, zero = g.constant(np.ones(n, np.float32)), g.constant(np.zeros(n, np.float32))
    return g.add("InstanceNormalization", x, one, zero, epsilon=spec["eps"])


def convolution(op: str) -> Callable[[Graph, Spec, str], str]:
    def rule(g: Graph, spec: Spec, x: str) -> str:
        return g.add(op, x, *_parameters(g, spec), **_windows(spec), dilations=spec["dilation"], group=spec["groups"])

    return rule


def linear(g: Graph, spec: Spec, x: str) -> str:
    if len(spec.x) != 2:
        raise Cannot("more than two axes")
    return g.add("Gemm", x, *_parameters(g, spec), transB=1)


def prelu(g: Graph, spec: Spec, x: str) -> str:
    return g.add("PRelu", x, g.constant(spec.weights["weight"].reshape(-1, *(1,) * spec.rank)))


def pad(g: Graph, spec: Spec, x: str) -> str:
    w = spec["widths"]
    begin, end = w[-2::-2], w[::-2]
    return g.add("Pad", x, g.constant(np.array([0, 0, *begin, 0, 0, *end], np.int64)), mode=spec["mode"])


def upsample(g: Graph, spec: Spec, x: str) -> str:
    if spec["corners"] or any(a > b for a, b in zip(spec.x[2:], spec.y[2:], strict=True)):
        raise Cannot("this way of resampling")
    sizes = g.constant(np.array(spec.y, np.int64))
    if spec["mode"] == "nearest":
        return g.add(
            "Resize",
            x,
            "",
            "",
            sizes,
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
    mode = "cubic" if spec["mode"] == "bicubic" else "linear"
    return g.add(
        "Resize", x, "", "", sizes, mode=mode, coordinate_transformation_mode="half_pixel", cubic_coeff_a=-0.75
    )


def _plain(op: str, **attributes: Any) -> Callable[[Graph, Spec, str], str]:
    return lambda g, spec, x: g.add(op, x, **attributes)


RULES: dict[str, Callable[[Graph, Spec, str], str]] = {
    "max_pool": max_pool,
    "average_pool": lambda g, s, x: g.add("AveragePool", x, **_windows(s), count_include_pad=1),
    "lp_pool": lambda g, s, x: g.add("LpPool", x, **_windows(s), p=s["power"]),
    "adaptive_average_pool": adaptive,
    "adaptive_max_pool": adaptive,
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "group_norm": lambda g, s, x: g.add("GroupNormalization", x, *_parameters(g, s), num_groups=s["groups"], epsilon=s["eps"]),
    "layer_norm": lambda g, s, x: g.add("LayerNormalization", x, *_parameters(g, s), axis=-s["axes"], epsilon=s["eps"]),
    "local_response_norm": lambda g, s, x: g.add("LRN", x, size=s["size"], alpha=s["alpha"], beta=s["beta"], bias=s["k"]),
    "conv": convolution("Conv"),
    "transposed_conv": convolution("ConvTranspose"),
    "linear": linear,
    "flatten": _plain("Flatten"),
    "relu": _plain("Relu"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "gelu": _plain("Gelu"),
    "mish": _plain("Mish"),
    "hardswish": _plain("HardSwish"),
    "softplus": _plain("Softplus"),
    "silu": lambda g, s, x: g.add("Mul", x, g.add("Sigmoid", x)),
    "leaky_relu": lambda g, s, x: g.add("LeakyRelu", x, alpha=s["slope"]),
    "elu": lambda g, s, x: g.add("Elu", x, alpha=s["alpha"]),
    "prelu": prelu,
    "softmax": lambda g, s, x: g.add("Softmax", x, axis=s["axis"]),
    "pad": pad,
    "upsample": upsample,
    "pixel_shuffle": lambda g, s, x: g.add("DepthToSpace", x, blocksize=s["factor"], mode="CRD"),
}  # fmt: skip


def _compose(g: Graph, spec: Spec, x: str) -> str:
    if spec.kind == "chain":
        for part in spec.parts:
            x = _compose(g, part, x)
        return x
    if spec.kind == "residual":
        return g.add("Relu", g.add("Add", *(_compose(g, part, x) for part in spec.parts)))
    if spec.kind == "dropout" and not spec["training"]:
        return x
    if spec.kind not in RULES:
        raise Cannot("only compared with PyTorch" if spec.kind == "other" else "no such layer")
    return RULES[spec.kind](g, spec, x)


def model(spec: Spec) -> bytes:
    """A checked model of the work, from input "x" to output "y". Raises Cannot."""
    g = Graph()
    result = _compose(g, spec, "x")
    g.nodes.append(helper.make_node("Identity", [result], ["y"]))
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", spec.x), ("y", spec.y))]
    graph = helper.make_graph(g.nodes, "row", ends[:1], ends[1:], g.constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(made)
    return made.SerializeToString()
