"""What tools/record_halves.py records and tests/test_golden_halves.py repeats: functions over a `torch`, and the shapes of their inputs."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

Case = tuple[list[tuple[int, ...]], Any]


def arrays(name: str, shapes: list[tuple[int, ...]], seed: int = 0) -> list[Any]:
    """Repeatable float32 inputs: those of names that begin with "+" are between 0 and 1."""
    state = np.random.RandomState(zlib.crc32(name.encode()) % 100003 + seed)
    made = []
    for shape in shapes:
        x = state.standard_normal(shape) * 3
        made.append(np.asarray(1 / (1 + np.exp(-x)) if name[0] == "+" and not seed else x, np.float32))
    return made


def _f(name: str, *args: Any, **kwargs: Any) -> Any:
    return lambda t, *x: getattr(t.nn.functional, name)(*x, *args, **kwargs)


def _t(name: str, *args: Any, **kwargs: Any) -> Any:
    return lambda t, *x: getattr(t, name)(*x, *args, **kwargs)


def _loss(name: str, **kwargs: Any) -> Any:
    return lambda t, x, y: getattr(t.nn.functional, name)(x, y, **kwargs)


def _norm(training: bool, weights: bool = True) -> Any:
    def call(t: Any, x: Any, w: Any, b: Any) -> Any:
        mean, var = t.full((3,), 0.5, dtype=x.dtype), t.full((3,), 1.5, dtype=x.dtype)
        y = t.nn.functional.batch_norm(x, mean, var, w, b, training, 0.3, 0.1)
        return y + mean.reshape(1, 3, 1) * 0.25 + var.reshape(1, 3, 1) * 0.25

    return call


CASES: dict[str, Case] = {
    "add broadcast": ([(10, 1, 5), (10, 5)], _t("add")),
    "add alpha": ([(5, 9), (5, 9)], _t("add", alpha=0.3)),
    "mse mean": ([(7, 5), (7, 5)], _loss("mse_loss")),
    "huber": ([(7, 5), (7, 5)], _loss("huber_loss", delta=1.3)),
    "smooth_l1": ([(7, 5), (7, 5)], _loss("smooth_l1_loss", beta=0.7)),
    "+bce": ([(7, 5), (7, 5)], _loss("binary_cross_entropy", reduction="none")),
    "bce logits": ([(7, 5), (7, 5)], _loss("binary_cross_entropy_with_logits")),
    "+kl_div": ([(7, 5), (7, 5)], _loss("kl_div", reduction="sum")),
    "+poisson": ([(7, 5), (7, 5)], _loss("poisson_nll_loss", full=True)),
    "nll": ([(2, 3, 2, 2)], lambda t, x: t.nn.functional.nll_loss(x, t.tensor([[[0, 1], [2, 0]], [[1, 1], [2, 2]]]), t.tensor([0.3, 1.7, 0.9], dtype=x.dtype))),
    "batch_norm training": ([(4, 3, 5), (3,), (3,)], _norm(True)),
    "batch_norm eval": ([(4, 3, 5), (3,), (3,)], _norm(False)),
    "instance_norm": ([(3, 2, 7)], _f("instance_norm")),
    "group_norm": ([(3, 6, 5)], _f("group_norm", 3)),
    "layer_norm": ([(4, 10)], _f("layer_norm", (10,))),
    "reflect": ([(2, 3, 5, 5)], _f("pad", (2, 1, 3, 2), mode="reflect")),
    "replicate": ([(2, 3, 5, 5)], _f("pad", (2, 1, 3, 2), mode="replicate")),
    "circular": ([(2, 3, 5, 5)], _f("pad", (2, 1, 3, 2), mode="circular")),
    "avg_pool": ([(2, 3, 9, 8)], _f("avg_pool2d", 3, 2, 1)),
    "adaptive_avg_pool": ([(2, 3, 7, 8)], _f("adaptive_avg_pool2d", (3, 5))),
    "adaptive_avg_pool 3": ([(2, 3, 4, 5, 6)], _f("adaptive_avg_pool3d", (3, 2, 4))),
    "max_pool": ([(2, 3, 9, 8)], _f("max_pool2d", 3, 1)),
    "unfold": ([(2, 3, 6, 5)], _f("unfold", 3, padding=1)),
    "fold": ([(2, 18, 16)], _f("fold", (6, 6), 3)),
    "windows": ([(30,)], lambda t, x: x.unfold(0, 5, 2)),
    "embedding": ([(6, 4)], lambda t, w: t.nn.functional.embedding(t.tensor([[1, 1, 1, 5], [0, 1, 5, 5]]), w)),
    "linear": ([(2, 3, 7)], _f("interpolate", size=11, mode="linear")),
    "trilinear": ([(1, 2, 3, 4, 5)], _f("interpolate", size=(5, 6, 8), mode="trilinear")),
    "bicubic": ([(1, 2, 5, 4)], _f("interpolate", size=(8, 7), mode="bicubic")),
    "conv": ([(2, 4, 8, 7), (3, 4, 3, 3), (3,)], _f("conv2d", 1, 1)),
    "conv_transpose": ([(2, 4, 5, 4), (4, 3, 3, 3), (3,)], _f("conv_transpose2d", 2, 1)),
    "conv_transpose larger": ([(2, 4, 5, 4), (4, 3, 3, 3), (3,)], _f("conv_transpose2d", 1, 1, 1, 1, 2)),
    "log_softmax rows": ([(5, 9)], _f("log_softmax", dim=1)),
    "log_softmax columns": ([(5, 9)], _f("log_softmax", dim=0)),
    "cosine": ([(5, 9), (5, 9)], _f("cosine_similarity")),
    "normalize": ([(5, 9)], _f("normalize")),
    "triplet": ([(5, 9), (5, 9), (5, 9)], _f("triplet_margin_loss")),
    "tanhshrink": ([(45,)], _f("tanhshrink")),
    "softsign": ([(45,)], _f("softsign")),
    "glu": ([(46,)], _f("glu")),
    "+rsqrt": ([(45,)], _t("rsqrt")),
    "+asin": ([(45,)], _t("asin")),
    "atan2": ([(45,), (45,)], _t("atan2")),
    "addcdiv": ([(45,), (45,), (45,)], _t("addcdiv", value=0.7)),
    "prod": ([(5, 6)], _t("prod", 1)),
    "+prod": ([(5, 6)], _t("prod", 0)),
    "+cumprod": ([(5, 6)], _t("cumprod", 1)),
    "cumprod": ([(5, 6)], lambda t, x: t.cumprod(t.where(x > -2, x, 0), 1)),
    "index_select": ([(5, 6)], lambda t, x: x.index_select(1, t.tensor([2, 1, 4, 2, 2]))),
    "grid linear": ([(2, 3, 5, 4), (2, 6, 7, 2)], lambda t, x, g: t.nn.functional.grid_sample(x, g / 3, padding_mode="border", align_corners=False)),
    "grid cubic": ([(2, 3, 5, 4), (2, 6, 7, 2)], lambda t, x, g: t.nn.functional.grid_sample(x, g / 3, "bicubic", "reflection", True)),
    "matmul": ([(3, 4, 5), (5, 6)], _t("matmul")),
    "bilinear": ([(4, 3), (4, 5), (2, 3, 5)], _f("bilinear")),
    "cube": ([(45,)], lambda t, x: x**3),
}  # fmt: skip


def edges() -> dict[str, Any]:
    """Numbers at the edges of what a function takes, in float32 and float64."""
    inf, nan = math.inf, math.nan
    special = [nan, inf, -inf, 0.0, -0.0, 1.0, -2.5]
    return {
        "sign": ([special], lambda t, x: t.sign(x)),
        "abs": ([special], lambda t, x: t.abs(x)),
        "bce target": ([[0.0, 1.0, 0.5, 0.0], [0.0, 1.0, 0.5, 1.0]], lambda t, x, y: t.nn.functional.binary_cross_entropy(x, y, reduction="none")),
        "kl target": ([[0.0, -1.0, -2.0], [0.0, 0.5, 0.0]], lambda t, x, y: t.nn.functional.kl_div(x, y, reduction="none")),
        "poisson target": ([[0.0, -1.0, 1.0], [0.0, 1.0, 2.0]], lambda t, x, y: t.nn.functional.poisson_nll_loss(x, y, full=True, reduction="none")),
        "soft_margin": ([[100.0, -1000.0, 1000.0, 0.0]], lambda t, x: t.nn.functional.soft_margin_loss(x, t.ones(4, dtype=x.dtype), reduction="none")),
        "gelu": ([special], lambda t, x: t.nn.functional.gelu(x)),
        "gelu of one": ([[inf]], lambda t, x: t.nn.functional.gelu(x)),
        "gelu tanh": ([special], lambda t, x: t.nn.functional.gelu(x, approximate="tanh")),
        "nll of nothing": ([[[1.0, 2.0], [3.0, 4.0]]], lambda t, x: t.nn.functional.nll_loss(x, t.tensor([-100, -100]))),
        "celu": ([[-1.0, 0.0, 2.0, nan]], lambda t, x: t.nn.functional.celu(x, 0.8)),
        "amax": ([[[1.0, nan], [2.0, 2.0]]], lambda t, x: t.amax(x, 1)),
        "max of all": ([[[1.0, nan], [2.0, 2.0]]], lambda t, x: t.max(x)),
        "atan2": ([[0.0, -0.0, 1.0], [0.0, 0.0, 0.0]], lambda t, x, y: t.atan2(x, y)),
        "lp_pool": ([[[0.0, 0.0, 0.0, 3.0]]], lambda t, x: t.nn.functional.lp_pool1d(x, 2.0, 2, 1)),
        "norm with nan": ([[[1.0, nan], [2.0, -2.0]]], lambda t, x: t.norm(x, 1, 1)),
        "norm of nothing": ([[0.0, 0.0, 0.0]], lambda t, x: t.linalg.vector_norm(x, 2)),
    }  # fmt: skip
