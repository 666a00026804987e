"""Cases of pooling: run on PyTorch by tools/record_pool.py, on plait by tests/test_golden_pool.py, on both by tests/live/test_live_pool.py."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np

KINDS = [
    "max",
    "max",
    "max",
    "argmax",
    "avg",
    "avg",
    "adaptive_max",
    "adaptive_argmax",
    "adaptive_avg",
    "lp",
    "fractional",
    "unpool",
]


def values(case: dict[str, Any]) -> np.ndarray:
    """Repeatable numbers of the kind that the case names: distinct, with ties, with NaN, with infinities."""
    shape, what = case["x"], case["values"]
    steps = (np.arange(int(np.prod(shape))) * 0.6180339887498949 + 0.1234 + 0.37 * case["number"]) % 1.0
    x = (4 * steps - 2).reshape(shape)
    holes = ((steps * 7919) % 1.0).reshape(shape)
    if what == "ties":
        x = np.round(x)
    elif what == "nan":
        x[holes < 0.06] = np.nan
    elif what == "infinite":
        x[holes < 0.4] = -np.inf
        x[holes > 0.95] = np.inf
    elif what == "lowest":
        x[holes < 0.9] = -np.inf
    return x.astype(case["dtype"])


def pool_cases(count: int, seed: int, largest: int = 14, failing: float = 0.0) -> list[dict[str, Any]]:
    """Generated arguments of all poolings; the same on every machine. A share `failing` may not make windows at all."""
    draw = random.Random(seed)
    cases = []
    for number in range(count):
        kind = draw.choice(KINDS)
        rank = draw.choice([2, 2, 3] if kind == "fractional" else [1, 2, 2, 2, 3])
        top = largest if rank < 3 else max(4, largest // 3)
        size = [draw.randint(1, top) for _ in range(rank)]
        kernel = [draw.randint(1, draw.choice([2, 3, 3, 7])) for _ in range(rank)]
        stride = list(kernel) if draw.random() < 0.4 else [draw.randint(1, 4) for _ in range(rank)]
        if draw.random() < 0.4:
            kernel, stride = [kernel[0]] * rank, [stride[0]] * rank
        padding = [draw.randint(0, k // 2) for k in kernel] if draw.random() < 0.5 and kind != "lp" else [0] * rank
        dilation = (
            [draw.choice([1, 1, 2, 3]) for _ in range(rank)] if "max" in kind and draw.random() < 0.4 else [1] * rank
        )
        size = [
            max(n, d) for n, d in zip(size, dilation, strict=True)
        ]  # a window that dilation carries past the input crashes upstream
        if draw.random() >= failing and kind not in ("adaptive_max", "adaptive_argmax", "adaptive_avg"):
            reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
            least = [
                max(1, r - 2 * p) if rank < 3 else max(r - 2 * p, k)
                for r, p, k in zip(reach, padding, kernel, strict=True)
            ]
            size = [max(s, n) for s, n in zip(size, least, strict=True)]
        lead = draw.choice([[1], [2], [2], [0] if rank > 1 else [1], []])
        channels = draw.choice([1, 2, 3, 5, 17] if largest < 20 else [1, 3, 16, 33])
        small = [draw.randint(1, min(3, n)) for n in size]
        outs = [draw.randint(1, n) if draw.random() < 0.6 else draw.choice([1, n, max(1, n // 2)]) for n in size]
        if kind == "fractional":
            size = [max(n, k + 1) for n, k in zip(size, small, strict=True)]
            outs = [draw.randint(1, max(1, n - k)) for n, k in zip(size, small, strict=True)]
        cases.append({
            "number": number, "kind": kind, "rank": rank, "x": [*lead, channels, *size], "kernel": small if kind == "fractional" else kernel,
            "stride": stride, "padding": padding, "dilation": dilation, "ceil": draw.random() < 0.35, "outs": outs,
            "inside": draw.random() < 0.5, "divisor": draw.choice([None, None, 3, -2]) if rank > 1 else None,
            "values": draw.choice(["plain", "plain", "ties", "nan", "infinite", "lowest"]) if "max" in kind else "plain",
            "dtype": draw.choice(["float32", "float32", "float64"]), "memory": draw.choice(["plain", "plain", "last", "strided", "cut"]),
        })  # fmt: skip
        if rank == 3 and cases[-1]["values"] in ("infinite", "lowest") and cases[-1]["memory"] == "last":
            cases[-1]["memory"] = (
                "plain"  # upstream forgets the depth in the index of windows of -inf alone, channels last
            )
    return cases


def laid_out(torch: Any, case: dict[str, Any]) -> Any:
    """The case's input as a tensor, in the memory that it names."""
    x = torch.tensor(values(case))
    if case["memory"] == "last" and x.ndim == case["rank"] + 2 and x.ndim > 3:
        there = [0, *range(2, x.ndim), 1]
        back = [0, x.ndim - 1, *range(1, x.ndim - 1)]
        return x.permute(there).contiguous().permute(back)
    if case["memory"] == "strided":
        wide = torch.zeros([*x.shape[:-1], 2 * x.shape[-1]], dtype=x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    if case["memory"] == "cut":
        wide = torch.zeros([*x.shape[:-2], x.shape[-2] + 2, x.shape[-1] + 3], dtype=x.dtype)
        wide[..., 1:-1, 2:-1] = x
        return wide[..., 1:-1, 2:-1]
    return x


def pooled(torch: Any, case: dict[str, Any], x: Any) -> Any:
    """The call that the case describes."""
    functional, rank, kind = torch.nn.functional, case["rank"], case["kind"]
    kernel, stride, padding = case["kernel"], case["stride"], case["padding"]
    if kind in ("max", "argmax"):
        function = getattr(functional, f"max_pool{rank}d")
        return function(x, kernel, stride, padding, case["dilation"], case["ceil"], return_indices=kind == "argmax")
    if kind == "avg":
        more = {"divisor_override": case["divisor"]} if case["divisor"] else {}
        return getattr(functional, f"avg_pool{rank}d")(
            x, kernel, stride, padding, case["ceil"], not case["inside"], **more
        )
    if kind == "adaptive_avg":
        return getattr(functional, f"adaptive_avg_pool{rank}d")(x, case["outs"])
    if kind.startswith("adaptive"):
        return getattr(functional, f"adaptive_max_pool{rank}d")(
            x, case["outs"], return_indices=kind == "adaptive_argmax"
        )
    if kind == "lp":
        one = (lambda v: v[0]) if rank == 1 else list
        return getattr(functional, f"lp_pool{rank}d")(x.abs() + 0.1, 2.5, one(kernel), one(stride), case["ceil"])
    if kind == "fractional":
        torch.manual_seed(case["number"])
        return getattr(functional, f"fractional_max_pool{rank}d")(
            x, kernel, output_size=case["outs"], return_indices=True
        )
    y, index = getattr(functional, f"max_pool{rank}d")(x, kernel, stride, return_indices=True)
    return getattr(functional, f"max_unpool{rank}d")(y, index, kernel, stride, output_size=x.shape[x.ndim - rank :])


def run_pool(torch: Any, case: dict[str, Any]) -> list[np.ndarray]:
    """Results and the input's gradient, as arrays."""
    x = laid_out(torch, case).requires_grad_(True)
    got = pooled(torch, case, x)
    results = list(got) if isinstance(got, tuple) else [got]
    y = results[0]
    weights = (np.arange(int(np.prod(tuple(y.shape)))) * 0.7548776662466927 % 1.0).reshape(tuple(y.shape)) - 0.5
    y.backward(torch.tensor(weights.astype(case["dtype"])))
    return [t.detach().numpy() for t in [*results, x.grad]]


TEXTS = [
    "nn.MaxPool1d(3)", "nn.MaxPool2d(3, 2, 1)", "nn.MaxPool2d((3, 2), stride=(2, 1))", "nn.MaxPool3d(2, ceil_mode=True, dilation=2)",
    "nn.AvgPool1d(3)", "nn.AvgPool2d(2, divisor_override=3)", "nn.AvgPool3d((1, 2, 3), padding=(0, 1, 1))", "nn.AdaptiveAvgPool1d(5)",
    "nn.AdaptiveAvgPool2d((1, None))", "nn.AdaptiveMaxPool3d((1, 2, 3))", "nn.LPPool1d(2, 3)", "nn.LPPool2d(1.5, (3, 2), stride=2)",
    "nn.LPPool3d(2, 3, ceil_mode=True)", "nn.FractionalMaxPool2d(2, output_size=3)", "nn.FractionalMaxPool3d(2, output_ratio=0.5)",
    "nn.MaxUnpool1d(2)", "nn.MaxUnpool2d(2, stride=(2, 1))", "nn.MaxUnpool3d(3, padding=1)", "nn.MaxPool2d(2).__constants__",
    "nn.AvgPool2d(2).__constants__", "nn.AdaptiveMaxPool2d(2).__constants__", "nn.LPPool2d(2, 2).__constants__",
    "nn.FractionalMaxPool2d(2, output_ratio=0.5).output_ratio", "nn.MaxUnpool2d(2).stride", "nn.MaxPool2d(2).stride", "nn.AvgPool1d(2).stride",
    "nn.functional.max_pool2d(torch.arange(16.).reshape(1, 1, 4, 4), 2)", "torch.max_pool1d(torch.arange(6.).reshape(1, 6), 2)",
    "torch.max_pool2d(torch.arange(16).reshape(1, 1, 4, 4), 2)", "torch.avg_pool1d(torch.arange(6).reshape(1, 6) * 5, 2)",
    "nn.functional.avg_pool2d(torch.tensor([[[-3, -4], [0, 0]]]), 2)", "torch.adaptive_avg_pool1d(torch.arange(6.).reshape(1, 6), 4)",
    "nn.MaxPool2d(2, return_indices=True)(torch.ones(1, 1, 4, 4))", "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4, requires_grad=True), 2)",
    "nn.functional.avg_pool2d(torch.ones(1, 1, 4, 4, requires_grad=True), 2)",
    "nn.functional.adaptive_avg_pool2d(torch.ones(1, 1, 4, 4, requires_grad=True), 1)",
    "nn.functional.adaptive_max_pool2d(torch.ones(1, 1, 4, 4, requires_grad=True), 2)",
    "nn.functional.max_pool1d(torch.ones(1, 1, 4, requires_grad=True), 2)",
    "nn.functional.max_pool3d(torch.ones(1, 1, 2, 2, 2, requires_grad=True), 2)",
    "nn.functional.fractional_max_pool2d(torch.arange(25.).reshape(1, 5, 5), 2, output_size=3, _random_samples=torch.full((1, 1, 2), 0.5))",
    "nn.MaxUnpool2d(2)(torch.tensor([[[[5., 7.]]]]), torch.tensor([[[[5, 7]]]]))",
]  # fmt: skip

ERRORS = [
    "nn.functional.max_pool2d(torch.ones(4, 4), 2)", "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 0)",
    "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 2, 0)", "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 2, 1, 2)",
    "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 2, 1, -1)", "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 2, dilation=0)",
    "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), 5)", "nn.functional.max_pool2d(torch.ones(1, 0, 4, 4), 2)",
    "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4), (2, 2, 2))", "nn.functional.max_pool2d(torch.ones(1, 1, 4, 4, dtype=torch.bool), 2)",
    "nn.functional.max_pool1d(torch.ones(4), 2)", "nn.functional.max_pool1d(torch.ones(1, 4), 5)",
    "nn.functional.max_pool1d(torch.ones(1, 4), 5, return_indices=True)", "nn.functional.max_pool1d(torch.ones(1, 4).long(), 2)",
    "nn.functional.max_pool3d(torch.ones(1, 4, 4), 2)", "nn.functional.max_pool3d(torch.ones(1, 0, 4, 4, 4), 2)",
    "nn.functional.avg_pool1d(torch.ones(4), 2)", "nn.functional.avg_pool2d(torch.ones(1, 1, 4, 4), 2, divisor_override=0)",
    "nn.functional.avg_pool2d(torch.ones(1, 1, 4, 4), 3, padding=2)", "nn.functional.avg_pool2d(torch.ones(1, 1, 4, 4).int(), 2)",
    "nn.functional.avg_pool3d(torch.ones(1, 1, 4, 4, 4), 5)", "nn.functional.avg_pool2d(torch.ones(1, 1, 4, 4), 5)",
    "nn.functional.adaptive_avg_pool2d(torch.ones(4, 4), 2)", "nn.functional.adaptive_avg_pool2d(torch.ones(4, 4), (2, 2))",
    "nn.functional.adaptive_avg_pool2d(torch.ones(1, 1, 4, 4), -1)", "nn.functional.adaptive_avg_pool2d(torch.ones(1, 1, 4, 4).long(), 1)",
    "nn.functional.adaptive_avg_pool2d(torch.ones(1, 1, 0, 4), 2)", "nn.functional.adaptive_max_pool2d(torch.ones(1, 1, 4, 4), (2, 2, 2))",
    "nn.functional.adaptive_max_pool1d(torch.ones(1, 1, 1, 4), 2)", "nn.functional.adaptive_max_pool3d(torch.ones(1, 1, 4, 4, 4), -2)",
    "nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 99), 2)",
    "nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2), 2)",
    "nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 3).long(), 2)",
    "nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2).long(), 2, output_size=(9, 9))",
    "nn.functional.max_unpool2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2).long(), 2, output_size=(9,))",
    "nn.functional.fractional_max_pool2d(torch.ones(1, 1, 4, 4), 2)", "nn.functional.fractional_max_pool2d(torch.ones(1, 1, 4, 4), 3, 3)",
    "nn.functional.fractional_max_pool3d(torch.ones(1, 1, 4, 4, 4), 2, 3)", "nn.FractionalMaxPool2d(2)",
    "nn.FractionalMaxPool2d(2, output_size=2, output_ratio=0.5)", "nn.FractionalMaxPool2d(2, output_ratio=1.5)",
    "nn.MaxPool2d(2)([[1.0]])", "nn.MaxPool2d()",
]  # fmt: skip


def evaluate(torch: Any, code: str) -> Any:
    """The value of an expression with `torch` and `nn`; warnings are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(code, {"torch": torch, "nn": torch.nn})


def run_text(torch: Any, code: str) -> str:
    """How the value prints."""
    return repr(evaluate(torch, code))


def run_error(torch: Any, code: str) -> tuple[str, str]:
    """The exception's type and its first line."""
    try:
        value = evaluate(torch, code)
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]
    return "", repr(value)
