"""Paddle as installed, channels second, eagerly: its own functions over its own tensors."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("GLOG_minloglevel", "2")
import paddle
import paddle.nn.functional as F

from benchmarks import peers
from benchmarks.describe import Spec, first
from benchmarks.peers import Cannot, Weight, weights_of

Made = tuple[Callable[..., Any], list[Weight]]


def _ranked(stem: str, spec: Spec) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(F, f"{stem}{spec.rank}d")
    return found


def max_pool(spec: Spec) -> Made:
    pool, masks = _ranked("max_pool", spec), spec["indices"]
    return lambda x: pool(x, list(spec["kernel"]), list(spec["stride"]), list(spec["padding"]), return_mask=masks), []


def average_pool(spec: Spec) -> Made:
    pool = _ranked("avg_pool", spec)
    return lambda x: pool(x, list(spec["kernel"]), list(spec["stride"]), list(spec["padding"]), exclusive=False), []


def adaptive_average(spec: Spec) -> Made:
    pool = _ranked("adaptive_avg_pool", spec)
    return lambda x: pool(x, list(spec["size"])), []


def adaptive_max(spec: Spec) -> Made:
    pool = _ranked("adaptive_max_pool", spec)
    return lambda x: pool(x, list(spec["size"])), []


def lp_pool(spec: Spec) -> Made:
    pool = _ranked("lp_pool", spec)
    return lambda x: pool(x, float(spec["power"]), list(spec["kernel"]), list(spec["stride"])), []


def batch_norm(spec: Spec) -> Made:
    mean, var = (paddle.to_tensor(spec.state[name]) for name in ("running_mean", "running_var"))
    keep = 1.0 - spec["momentum"]

    def run(x: Any, w: Any, b: Any) -> Any:
        return F.batch_norm(x, mean, var, w, b, training=spec["training"], momentum=keep, epsilon=spec["eps"])

    return run, weights_of(spec)


def layer_norm(spec: Spec) -> Made:
    shape = list(spec.x[len(spec.x) - spec["axes"] :])
    if spec["axes"] == 1:
        return lambda x, w, b: F.layer_norm(x, shape, w, b, spec["eps"]), weights_of(spec)
    return lambda x, w, b: F.layer_norm(x, shape, w.reshape([-1]), b.reshape([-1]), spec["eps"]), weights_of(spec)


def rms_norm(spec: Spec) -> Made:
    shape = list(spec.x[len(spec.x) - spec["axes"] :])

    def run(x: Any, w: Any) -> Any:
        y = F.rms_norm(x, shape, w, spec["eps"])
        return y[0] if isinstance(y, (tuple, list)) else y

    return run, weights_of(spec)


def group_norm(spec: Spec) -> Made:
    return lambda x, w, b: F.group_norm(x, spec["groups"], spec["eps"], w, b), weights_of(spec)


def local_response_norm(spec: Spec) -> Made:
    return lambda x: F.local_response_norm(x, spec["size"], spec["alpha"], spec["beta"], spec["k"]), []


def _options(spec: Spec) -> dict[str, Any]:
    return {"stride": list(spec["stride"]), "padding": list(spec["padding"]), "groups": spec["groups"]}


def conv(spec: Spec) -> Made:
    function = _ranked("conv", spec)
    options = _options(spec) | {"dilation": list(spec["dilation"])}
    return lambda x, w, b=None: function(x, w, b, **options), weights_of(spec)


def transposed_conv(spec: Spec) -> Made:
    function, options = getattr(F, f"conv{spec.rank}d_transpose"), _options(spec)
    return lambda x, w, b=None: function(x, w, b, **options), weights_of(spec)


def pad(spec: Spec) -> Made:
    mode, form = {"edge": "replicate"}.get(spec["mode"], spec["mode"]), ("NCL", "NCHW", "NCDHW")[spec.rank - 1]
    return lambda x: F.pad(x, list(spec["widths"]), mode=mode, data_format=form, pad_from_left_axis=False), []


def upsample(spec: Spec) -> Made:
    size, form = list(spec.y[2:]), ("NCW", "NCHW", "NCDHW")[spec.rank - 1]
    if spec["mode"] == "bicubic":
        raise Cannot("another cubic curve")
    return lambda x: F.interpolate(x, size, mode=spec["mode"], align_corners=spec["corners"], data_format=form), []


class Peer(peers.Functional):
    title = f"Paddle {paddle.__version__}"
    modules = "paddle"
    gradients = True
    rules = {
        "max_pool": max_pool, "average_pool": average_pool, "adaptive_average_pool": adaptive_average,
        "adaptive_max_pool": adaptive_max, "lp_pool": lp_pool, "batch_norm": batch_norm, "group_norm": group_norm,
        "layer_norm": layer_norm, "rms_norm": rms_norm, "local_response_norm": local_response_norm, "conv": conv,
        "transposed_conv": transposed_conv, "pad": pad, "upsample": upsample,
        "instance_norm": lambda s: (lambda x: F.instance_norm(x, eps=s["eps"]), []),
        "relu": peers.plain(F.relu), "silu": peers.plain(F.silu), "mish": peers.plain(F.mish), "sigmoid": peers.plain(F.sigmoid), "tanh": peers.plain(F.tanh),
        "hardswish": peers.plain(F.hardswish), "softplus": peers.plain(F.softplus), "gelu": peers.plain(F.gelu),
        "leaky_relu": lambda s: (lambda x: F.leaky_relu(x, s["slope"]), []),
        "elu": lambda s: (lambda x: F.elu(x, s["alpha"]), []),
        "prelu": lambda s: (F.prelu, weights_of(s)),
        "softmax": lambda s: (lambda x: F.softmax(x, s["axis"]), []),
        "linear": lambda s: (F.linear, weights_of(s, (1, 0))),
        "flatten": peers.plain(lambda x: paddle.flatten(x, 1)),
        "pixel_shuffle": lambda s: (lambda x: F.pixel_shuffle(x, s["factor"]), []),
    }  # fmt: skip

    def __init__(self, threads: int) -> None:
        paddle.set_device("cpu")
        paddle.base.core.set_num_threads(threads)

    def array(self, value: np.ndarray) -> Any:
        return paddle.to_tensor(value)

    def forward(self, function: Callable[..., Any], x: Any, weights: list[Any]) -> Callable[[], Any]:
        def work() -> Any:
            with paddle.no_grad():
                return function(x, *weights)

        return work

    def both(self, function: Callable[..., Any], x: Any, weights: list[Any], g: Any) -> Callable[[], Any]:
        leaves = [x, *weights]
        for leaf in leaves:
            leaf.stop_gradient = False

        def work() -> Any:
            for leaf in leaves:
                leaf.clear_gradient(False)
            y = first(function(*leaves))
            paddle.autograd.backward([y], [g])
            return y, *(leaf.grad for leaf in leaves)

        return work
