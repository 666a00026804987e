"""TensorFlow: channels last, each row one traced `tf.function`; with backward it gives output, state and all gradients."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import tensorflow as tf

from benchmarks import peers
from benchmarks.describe import Spec
from benchmarks.peers import Cannot, Weight, divides, weights_of

Made = tuple[Callable[..., Any], list[Weight]]


def _edges(padding: tuple[int, ...]) -> list[list[int]]:
    return [[0, 0], *[[p, p] for p in padding], [0, 0]]


def _way(spec: Spec, value: float) -> tuple[str, Callable[[Any], Any]]:
    """The padding in TensorFlow's words, and what is to be done to the input before."""
    padding, dilation = spec["padding"], spec.options.get("dilation", (1,) * spec.rank)
    if not any(padding):
        return "VALID", lambda x: x
    if all(
        s == 1 and 2 * p == d * (k - 1)
        for s, p, d, k in zip(spec["stride"], padding, dilation, spec["kernel"], strict=True)
    ):
        return "SAME", lambda x: x
    return "VALID", lambda x: tf.pad(x, _edges(padding), constant_values=value)


def max_pool(spec: Spec) -> Made:
    if spec["indices"]:
        if any(spec["padding"]):
            raise Cannot("indices with padding")
        k, s = [1, *spec["kernel"], 1], [1, *spec["stride"], 1]
        return lambda x: tuple(tf.nn.max_pool_with_argmax(x, k, s, "VALID")), []
    if spec.rank == 2:
        edges = _edges(spec["padding"])
        return lambda x: tf.nn.max_pool2d(x, spec["kernel"], spec["stride"], edges), []
    way, before = _way(spec, -math.inf)
    return lambda x: tf.nn.max_pool(before(x), spec["kernel"], spec["stride"], way), []


def average_pool(spec: Spec) -> Made:
    # TensorFlow's own padding is not counted in the mean; the rows' is.
    edges, padded = _edges(spec["padding"]), any(spec["padding"])
    return lambda x: tf.nn.avg_pool(tf.pad(x, edges) if padded else x, spec["kernel"], spec["stride"], "VALID"), []


def adaptive(spec: Spec) -> Made:
    kernel, axes = divides(spec), list(range(1, 1 + spec.rank))
    most = spec.kind == "adaptive_max_pool"
    if math.prod(spec["size"]) == 1:
        reduce = tf.reduce_max if most else tf.reduce_mean
        return lambda x: reduce(x, axes, keepdims=True), []
    pool = tf.nn.max_pool if most else tf.nn.avg_pool
    return lambda x: pool(x, kernel, kernel, "VALID"), []


def batch_norm(spec: Spec) -> Made:
    mean, var = (tf.constant(spec.state[name]) for name in ("running_mean", "running_var"))
    rate = spec["momentum"] if spec["training"] else 1.0

    def run(x: Any, w: Any, b: Any) -> Any:
        shape = x.shape
        form = "NDHWC" if len(shape) == 5 else "NHWC"
        y, m, v = tf.compat.v1.nn.fused_batch_norm(
            x if len(shape) > 3 else tf.reshape(x, [shape[0], -1, 1, shape[-1]]), w, b, mean, var, spec["eps"],
            data_format=form, is_training=spec["training"], exponential_avg_factor=rate,
        )  # fmt: skip
        y = tf.reshape(y, shape) if len(shape) < 4 else y
        return (y, m, v) if spec["training"] else y

    return run, weights_of(spec)


def _normal(x: Any, axes: list[int], w: Any, b: Any, eps: float) -> Any:
    mean, var = tf.nn.moments(x, axes, keepdims=True)
    return tf.nn.batch_normalization(x, mean, var, b, w, eps)


def group_norm(spec: Spec) -> Made:
    def run(x: Any, w: Any, b: Any) -> Any:
        n, groups = x.shape[-1], spec["groups"]
        parts = tf.reshape(x, [*x.shape[:-1], groups, n // groups])
        axes = [*range(1, 1 + spec.rank), len(parts.shape) - 1]
        shape = [groups, n // groups]
        y = _normal(parts, axes, tf.reshape(w, shape), tf.reshape(b, shape), spec["eps"])
        return tf.reshape(y, x.shape)

    return run, weights_of(spec)


def instance_norm(spec: Spec) -> Made:
    axes = list(range(1, 1 + spec.rank))
    return lambda x: _normal(x, axes, None, None, spec["eps"]), []


def layer_norm(spec: Spec) -> Made:
    n = spec["axes"]
    axes = list(range(-n, 0))
    return lambda x, w, b: _normal(x, axes, w, b, spec["eps"]), weights_of(spec, (*range(1, n), 0))


def rms_norm(spec: Spec) -> Made:
    def run(x: Any, w: Any) -> Any:
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + spec["eps"]) * w

    return run, weights_of(spec)


def local_response_norm(spec: Spec) -> Made:
    n = spec["size"]
    rate = spec["alpha"] / n
    return lambda x: tf.nn.local_response_normalization(x, n // 2, spec["k"], rate, spec["beta"]), []


def conv(spec: Spec) -> Made:
    n, groups = spec.rank, spec["groups"]
    way, before = _way(spec, 0.0)
    if n == 2 and groups == spec.x[1] == spec.y[1] and groups > 1:

        def depthwise(x: Any, w: Any, b: Any) -> Any:
            return tf.nn.bias_add(
                tf.nn.depthwise_conv2d(before(x), w, [1, *spec["stride"], 1], way, dilations=spec["dilation"]), b
            )

        return depthwise, weights_of(spec, (2, 3, 0, 1))

    def run(x: Any, w: Any, *b: Any) -> Any:
        y = tf.nn.convolution(before(x), w, spec["stride"], way, dilations=spec["dilation"])
        return tf.nn.bias_add(y, b[0]) if b else y

    return run, weights_of(spec, (*range(2, 2 + n), 1, 0))


def transposed_conv(spec: Spec) -> Made:
    n = spec.rank
    shape = [spec.y[0], *spec.y[2:], spec.y[1]]
    if any(2 * p != k - s for p, k, s in zip(spec["padding"], spec["kernel"], spec["stride"], strict=True)):
        raise Cannot("this padding")

    def run(x: Any, w: Any, b: Any) -> Any:
        return tf.nn.bias_add(tf.nn.conv_transpose(x, w, shape, spec["stride"], "SAME"), b)

    return run, weights_of(spec, (*range(2, 2 + n), 1, 0))


def flatten(spec: Spec) -> Made:
    def run(x: Any) -> Any:
        order = [0, len(x.shape) - 1, *range(1, len(x.shape) - 1)]
        return tf.reshape(tf.transpose(x, order), [x.shape[0], -1])

    return run, []


def pad(spec: Spec) -> Made:
    if spec["mode"] == "edge":
        raise Cannot("no replication pad")
    w = spec["widths"]
    edges = [[0, 0], *[[w[i], w[i + 1]] for i in range(len(w) - 2, -1, -2)], [0, 0]]
    return lambda x: tf.pad(x, edges, mode=spec["mode"].upper()), []


def upsample(spec: Spec) -> Made:
    if spec.rank != 2 or spec["mode"] not in ("nearest", "bilinear"):
        raise Cannot("this way of resampling")
    size = spec.y[2:]
    return lambda x: tf.image.resize(x, size, spec["mode"]), []


class Peer(peers.Functional):
    title = f"TensorFlow {tf.__version__}"
    modules = "tensorflow"
    gradients = True
    channels_last = True
    rules = {
        "max_pool": max_pool, "average_pool": average_pool, "adaptive_average_pool": adaptive, "adaptive_max_pool": adaptive,
        "batch_norm": batch_norm, "instance_norm": instance_norm, "group_norm": group_norm, "layer_norm": layer_norm,
        "rms_norm": rms_norm, "local_response_norm": local_response_norm, "conv": conv, "transposed_conv": transposed_conv,
        "flatten": flatten, "pad": pad, "upsample": upsample,
        "relu": peers.plain(tf.nn.relu), "silu": peers.plain(tf.nn.silu), "sigmoid": peers.plain(tf.math.sigmoid), "tanh": peers.plain(tf.math.tanh),
        "softplus": peers.plain(tf.math.softplus), "gelu": peers.plain(tf.nn.gelu),
        "mish": peers.plain(lambda x: x * tf.math.tanh(tf.math.softplus(x))),
        "hardswish": peers.plain(lambda x: x * (tf.nn.relu6(x + 3.0) * (1 / 6))),
        "elu": peers.plain(tf.nn.elu),
        "leaky_relu": lambda s: (lambda x: tf.nn.leaky_relu(x, s["slope"]), []),
        "prelu": lambda s: (lambda x, w: tf.nn.relu(x) - w * tf.nn.relu(-x), weights_of(s)),
        "softmax": peers.plain(tf.nn.softmax),
        "linear": lambda s: (lambda x, w, b: tf.nn.bias_add(tf.matmul(x, w), b), weights_of(s, (1, 0))),
    }  # fmt: skip

    def __init__(self, threads: int) -> None:
        tf.get_logger().setLevel("ERROR")
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)

    def array(self, value: np.ndarray) -> Any:
        return tf.constant(value)

    def forward(self, function: Callable[..., Any], x: Any, weights: list[Any]) -> Callable[[], Any]:
        run = tf.function(function)
        return lambda: run(x, *weights)

    def both(self, function: Callable[..., Any], x: Any, weights: list[Any], g: Any) -> Callable[[], Any]:
        def all_of_it(x: Any, g: Any, *w: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch([x, *w])
                value = function(x, *w)
                y, state = (value[0], value[1:]) if isinstance(value, tuple) else (value, ())
            return (y, *tape.gradient(y, [x, *w], g)), state

        run = tf.function(all_of_it)
        return lambda: run(x, g, *weights)[0]
