"""Expressions whose random digits, or whose printing, must be Paddle's: for the recorders, the golden tests and the live ones."""

from __future__ import annotations

from typing import Any

import numpy as np

DRAWS = [
    *(f"paddle.{call}" for call in (
        "rand([5])", "rand([3, 400])", "rand([7], 'float64')", "uniform([5])", "uniform([400], 'float64', -2.0, 3.0)", "uniform([6], seed=11)",
        "randn([5])", "randn([30, 41])", "randn([500], 'float64')", "standard_normal([9])", "normal(1.5, 2.0, [600])", "normal(paddle.ones([4]), 2.0)",
        "randint(0, 10, [500])", "randint(-5, 1000, [50], 'int32')", "randint(7)", "randint(0, 2147483647, [40])", "randperm(1)", "randperm(10)",
        "randperm(501)", "randperm(6, 'int32')", "bernoulli(paddle.full([40], 0.3))", "bernoulli(paddle.full([40], 0.7, 'float64'))",
        "multinomial(paddle.to_tensor([0.1, 0.4, 0.3, 0.2]), 30, True)", "multinomial(paddle.to_tensor([[0.1, 0.4, 0.5], [0.6, 0.2, 0.2]]), 2)",
        "log_normal(1.0, 0.5, [20])", "rand_like(paddle.ones([5]))", "randn_like(paddle.ones([5]))", "randint_like(paddle.ones([9]), 5)",
        "zeros([30]).normal_()", "zeros([30]).uniform_()", "zeros([30]).exponential_()", "zeros([30]).bernoulli_()",
        "concat([paddle.randn([3]), paddle.rand([2]), paddle.randn([4])])",
    )),
    "paddle.nn.Linear(30, 20).weight", "paddle.nn.Conv2D(3, 8, 3).weight",
]  # fmt: skip
SEEDS = (0, 1, 2024, 123456789012345)


def _printed() -> list[str]:
    random = np.random.default_rng(5)
    values: list[Any] = [
        [], [[], []], [1], [1, -20, 300], [True, False], [1.0], [1.5, -2.25], [0.1, 100.0, 1e-9], [1e10, 1.0], [1e-5, 3.0], [float("nan"), 1.0],
        [float("inf"), -1.5], [-0.0, 0.0], [[1, 2], [3, 4]], [[[1.5, 2], [3, 4]], [[5, 6], [7, -8]]], 3, 2.5, True, [1e20], [123456.789, 0.5],
        random.normal(size=(3, 4)).round(6).tolist(), random.normal(size=(2, 3, 4)).round(3).tolist(), random.integers(-9, 99, (3, 30)).tolist(),
        random.normal(size=30).round(4).tolist(),
    ]  # fmt: skip
    found = []
    for value in values:
        text = repr(value).replace("nan", "float('nan')").replace("inf", "float('inf')")
        found.append(f"paddle.to_tensor({text})")
        if not isinstance(value, bool) and "True" not in text:
            found.append(f"paddle.to_tensor({text}, 'float64')")
    found += [
        "paddle.zeros([0, 3])", "paddle.zeros([3, 0, 2])", "paddle.arange(2000)", "paddle.arange(2000.0).reshape([40, 50])", "paddle.ones([2, 600])",
        "paddle.arange(1001.0) / 7", "paddle.ones([11, 11, 11]) * -0.5", "paddle.arange(3, dtype='int32')", "paddle.ones([2], 'float16')",
        "paddle.ones([2], 'bfloat16') * 1.5", "paddle.to_tensor([1.0], stop_gradient=False)", "paddle.to_tensor([3, 4], 'uint8')", "paddle.ones([]).shape",
        "paddle.ones([2, 3]).shape", "paddle.float32", "str(paddle.int64)", "paddle.CPUPlace()", "paddle.ones([2]).place", "paddle.finfo('float32')",
        "paddle.iinfo('int16')", "f'{paddle.to_tensor(1.25):.3f}'", "format(paddle.to_tensor(3))", "paddle.Size([1, 2]) + [3]",
    ]  # fmt: skip
    return found


PRINTED = _printed()
#: set_printoptions' arguments, each tried on a few tensors.
OPTIONS = [
    "precision=2",
    "precision=4, linewidth=40",
    "threshold=5, edgeitems=1",
    "sci_mode=True",
    "precision=3, sci_mode=True",
]
SHOWN = ["paddle.arange(12.0) / 7", "paddle.arange(20).reshape([4, 5])", "paddle.to_tensor([-1.5, 2e5])"]


def draw(expression: str, seed: int, paddle: Any) -> Any:
    """The drawn numbers as an ndarray."""
    paddle.seed(seed)
    return eval(expression, {"paddle": paddle}).numpy()


def text(expression: str, paddle: Any, options: str = "") -> str:
    """How a value prints, under print options that are taken back."""
    if not options:
        return repr(eval(expression, {"paddle": paddle}))
    try:
        eval(f"paddle.set_printoptions({options})", {"paddle": paddle})
        return repr(eval(expression, {"paddle": paddle}))
    finally:
        paddle.set_printoptions(8, 1000, 3, False, 80)


def texts(paddle: Any) -> dict[str, str]:
    """All that is printed, by what it is."""
    found = {e: text(e, paddle) for e in PRINTED}
    found |= {f"{o}; {e}": text(e, paddle, o) for o in OPTIONS for e in SHOWN}
    return found
