"""JAX: channels last, each row one compiled function; with backward it gives output, state and all gradients."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import peers
from benchmarks.describe import Spec
from benchmarks.peers import Cannot, Weight, divides, weights_of

Made = tuple[Callable[..., Any], list[Weight]]


def _pairs(padding: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(p, p) for p in padding]


def _window(
    x: Any, start: float, add: Any, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...]
) -> Any:
    edges = [(0, 0), *_pairs(padding), (0, 0)]
    return lax.reduce_window(x, np.float32(start), add, (1, *kernel, 1), (1, *stride, 1), edges)


def max_pool(spec: Spec) -> Made:
    if spec["indices"]:
        raise Cannot("indices")
    return lambda x: _window(x, -np.inf, lax.max, spec["kernel"], spec["stride"], spec["padding"]), []


def average_pool(spec: Spec) -> Made:
    share = 1.0 / math.prod(spec["kernel"])
    return lambda x: _window(x, 0.0, lax.add, spec["kernel"], spec["stride"], spec["padding"]) * share, []


def adaptive(spec: Spec) -> Made:
    kernel = divides(spec)
    axes, whole = tuple(range(1, 1 + spec.rank)), math.prod(spec["size"]) == 1
    none = (0,) * spec.rank
    if spec.kind == "adaptive_max_pool":
        if whole:
            return lambda x: jnp.max(x, axes, keepdims=True), []
        return lambda x: _window(x, -np.inf, lax.max, kernel, kernel, none), []
    if whole:
        return lambda x: jnp.mean(x, axes, keepdims=True), []
    return lambda x: _window(x, 0.0, lax.add, kernel, kernel, none) * (1.0 / math.prod(kernel)), []


def lp_pool(spec: Spec) -> Made:
    p = spec["power"]
    return lambda x: _window(x**p, 0.0, lax.add, spec["kernel"], spec["stride"], spec["padding"]) ** (1.0 / p), []


def batch_norm(spec: Spec) -> Made:
    mean, var = jnp.asarray(spec.state["running_mean"]), jnp.asarray(spec.state["running_var"])
    rate, eps, axes = spec["momentum"], spec["eps"], tuple(range(len(spec.x) - 1))

    def run(x: Any, w: Any, b: Any) -> Any:
        if not spec["training"]:
            return (x - mean) * (lax.rsqrt(var + eps) * w) + b
        m, v = jnp.mean(x, axes), jnp.var(x, axes)
        y = (x - m) * (lax.rsqrt(v + eps) * w) + b
        n = x.size / x.shape[-1]
        return y, (1 - rate) * mean + rate * m, (1 - rate) * var + rate * v * (n / (n - 1))

    return run, weights_of(spec)


def _normal(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    return (x - jnp.mean(x, axes, keepdims=True)) * lax.rsqrt(jnp.var(x, axes, keepdims=True) + eps)


def instance_norm(spec: Spec) -> Made:
    return lambda x: _normal(x, tuple(range(1, 1 + spec.rank)), spec["eps"]), []


def group_norm(spec: Spec) -> Made:
    def run(x: Any, w: Any, b: Any) -> Any:
        parts = x.reshape(*x.shape[:-1], spec["groups"], -1)
        axes = (*range(1, 1 + spec.rank), parts.ndim - 1)
        return _normal(parts, axes, spec["eps"]).reshape(x.shape) * w + b

    return run, weights_of(spec)


def layer_norm(spec: Spec) -> Made:
    n = spec["axes"]
    axes = tuple(range(-n, 0))
    return lambda x, w, b: _normal(x, axes, spec["eps"]) * w + b, weights_of(spec, (*range(1, n), 0))


def rms_norm(spec: Spec) -> Made:
    return lambda x, w: x * lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + spec["eps"]) * w, weights_of(spec)


def local_response_norm(spec: Spec) -> Made:
    n, rate = spec["size"], spec["alpha"] / spec["size"]

    def run(x: Any) -> Any:
        ones = (1,) * (x.ndim - 1)
        edges = [(0, 0)] * (x.ndim - 1) + [(n // 2, (n - 1) // 2)]
        total = lax.reduce_window(x * x, np.float32(0), lax.add, (*ones, n), (*ones, 1), edges)
        return x * (spec["k"] + rate * total) ** -spec["beta"]

    return run, []


def _layout(rank: int) -> tuple[str, str, str]:
    axes = "DHW"[-rank:]
    return f"N{axes}C", f"{axes}IO", f"N{axes}C"


def conv(spec: Spec) -> Made:
    def run(x: Any, w: Any, *b: Any) -> Any:
        y = lax.conv_general_dilated(
            x, w, spec["stride"], _pairs(spec["padding"]), rhs_dilation=spec["dilation"],
            feature_group_count=spec["groups"], dimension_numbers=_layout(spec.rank),
        )  # fmt: skip
        return y + b[0] if b else y

    return run, weights_of(spec, (*range(2, 2 + spec.rank), 1, 0))


def transposed_conv(spec: Spec) -> Made:
    edges = [k - 1 - p for k, p in zip(spec["kernel"], spec["padding"], strict=True)]

    def run(x: Any, w: Any, b: Any) -> Any:
        pads = _pairs(tuple(edges))
        return b + lax.conv_transpose(
            x, w, spec["stride"], pads, dimension_numbers=_layout(spec.rank), transpose_kernel=True
        )

    return run, weights_of(spec, (*range(2, 2 + spec.rank), 1, 0))


def flatten(spec: Spec) -> Made:
    return lambda x: (jnp.moveaxis(x, -1, 1) if x.ndim > 2 else x).reshape(x.shape[0], -1), []


def pad(spec: Spec) -> Made:
    w = spec["widths"]
    edges = [(0, 0), *[(w[i], w[i + 1]) for i in range(len(w) - 2, -1, -2)], (0, 0)]
    return lambda x: jnp.pad(x, edges, mode=spec["mode"]), []


def upsample(spec: Spec) -> Made:
    modes = {"nearest": "nearest", "linear": "linear", "bilinear": "linear", "trilinear": "linear"}
    if spec["mode"] not in modes or any(a > b for a, b in zip(spec.x[2:], spec.y[2:], strict=True)):
        raise Cannot("this way of resampling")
    shape = (spec.y[0], *spec.y[2:], spec.y[1])
    return lambda x: jax.image.resize(x, shape, modes[spec["mode"]]), []


class Peer(peers.Functional):
    title = f"JAX {jax.__version__}"
    modules = "jax"
    gradients = True
    channels_last = True
    rules = {
        "max_pool": max_pool, "average_pool": average_pool, "adaptive_average_pool": adaptive, "adaptive_max_pool": adaptive,
        "lp_pool": lp_pool, "batch_norm": batch_norm, "instance_norm": instance_norm, "group_norm": group_norm,
        "layer_norm": layer_norm, "rms_norm": rms_norm, "local_response_norm": local_response_norm, "conv": conv,
        "transposed_conv": transposed_conv, "flatten": flatten, "pad": pad, "upsample": upsample,
        "relu": peers.plain(jax.nn.relu), "silu": peers.plain(jax.nn.silu), "mish": peers.plain(jax.nn.mish), "sigmoid": peers.plain(jax.nn.sigmoid),
        "tanh": peers.plain(jnp.tanh), "hardswish": peers.plain(jax.nn.hard_swish), "softplus": peers.plain(jax.nn.softplus),
        "gelu": peers.plain(lambda x: jax.nn.gelu(x, approximate=False)),
        "leaky_relu": lambda s: (lambda x: jax.nn.leaky_relu(x, s["slope"]), []),
        "elu": lambda s: (lambda x: jax.nn.elu(x, s["alpha"]), []),
        "prelu": lambda s: (lambda x, w: jnp.where(x >= 0, x, w * x), weights_of(s)),
        "softmax": lambda s: (lambda x: jax.nn.softmax(x, -1), []),
        "linear": lambda s: (lambda x, w, b: x @ w + b, weights_of(s, (1, 0))),
    }  # fmt: skip

    def __init__(self, threads: int) -> None:
        if threads < (os.cpu_count() or 1):
            os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}")

    def array(self, value: np.ndarray) -> Any:
        return jnp.asarray(value)

    def forward(self, function: Callable[..., Any], x: Any, weights: list[Any]) -> Callable[[], Any]:
        run = jax.jit(function)
        return lambda: jax.block_until_ready(run(x, *weights))

    def both(self, function: Callable[..., Any], x: Any, weights: list[Any], g: Any) -> Callable[[], Any]:
        def split(*inputs: Any) -> Any:
            value = function(*inputs)
            return value if not isinstance(value, tuple) else (value[0], value[1:])

        stateful = isinstance(jax.eval_shape(function, x, *weights), tuple)

        def all_of_it(x: Any, g: Any, *w: Any) -> Any:
            y, pull, *state = jax.vjp(split, x, *w, has_aux=stateful)
            return (y, *pull(g)), state

        run = jax.jit(all_of_it)
        return lambda: jax.block_until_ready(run(x, g, *weights))[0]
