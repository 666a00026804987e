"""python -m benchmarks.growth [--threads N]: plait's time per element as work grows, and at sizes that fit no vector.

Writes benchmarks/results/growth.md and .json; needs no peer.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable
from typing import Any

from benchmarks import RESULTS
from benchmarks.limits import Limits
from benchmarks.pairs import compare, markdown

Make = Callable[[Any, int], Any]  # from plait's dialect and the number of channels

LAYERS: dict[str, Make] = {
    "max pool 3/2/1": lambda t, c: t.nn.MaxPool2d(3, 2, 1),
    "batch norm, training": lambda t, c: t.nn.BatchNorm2d(c),
    "ReLU": lambda t, c: t.nn.ReLU(),
    "conv 3×3": lambda t, c: t.nn.Conv2d(c, c, 3, padding=1),
}

COUNTS = (1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8)
ODD = [
    (8, 64, 56, 56),
    (8, 64, 57, 57),
    (8, 64, 55, 53),
    (8, 61, 56, 56),
    (8, 67, 55, 53),
    (1, 64, 56, 56),
    (1, 67, 57, 53),
    (32, 64, 7, 7),
]
WINDOWS = (3, 5, 9, 17, 33, 65)


def _time(t: Any, layer: Any, shape: tuple[int, ...], budget: float) -> float:
    x = t.randn(*shape)
    with t.no_grad():
        return compare([lambda: layer(x)], budget, least=3)[0]


def growth(t: Any) -> dict[str, list[tuple[int, float]]]:
    """For each layer (elements of the input, nanoseconds an element), images of 64 channels at 28×28, more and more of them."""
    found: dict[str, list[tuple[int, float]]] = {}
    for name, make in LAYERS.items():
        layer, points = make(t, 64), found.setdefault(name, [])
        for count in COUNTS:
            shape = (max(1, round(count / (64 * 28 * 28))), 64, 28, 28)
            points.append((math.prod(shape), _time(t, layer, shape, 0.15) * 1e9 / math.prod(shape)))
    return found


def odd(t: Any) -> dict[str, list[float]]:
    """For each layer, time per element at each shape of ODD over that at the first; a convolution's per product."""
    found = {}
    for name, make in LAYERS.items():
        each = []
        for shape in ODD:
            work = math.prod(shape) * (shape[1] if name.startswith("conv") else 1)
            each.append(_time(t, make(t, shape[1]), shape, 0.1) / work)
        found[name] = [e / each[0] for e in each]
    return found


def windows(t: Any) -> list[tuple[int, float]]:
    """(k, nanoseconds an output) of max pooling k/1 over [2, 16, 128, 128], padded to keep its size."""
    shape = (2, 16, 128, 128)
    return [(k, _time(t, t.nn.MaxPool2d(k, 1, k // 2), shape, 0.1) * 1e9 / math.prod(shape)) for k in WINDOWS]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args()
    import plait.torch as t
    from plait import _native

    t.set_num_threads(args.threads)
    t.manual_seed(0)
    head = f"plait, {_native.isa()}, {args.threads} threads; {Limits.measure(t, args.threads)}."
    grown, strange, wide = growth(t), odd(t), windows(t)
    names = list(LAYERS)
    text = [
        head,
        "Nanoseconds an element of the input, [n, 64, 28, 28]:",
        markdown(
            ["elements", *names],
            [[f"{grown[names[0]][i][0]:.1e}", *(f"{grown[n][i][1]:.3f}" for n in names)] for i in range(len(COUNTS))],
            (0,),
        ),
        "Time per element (convolution: per product) at shapes that fit no vector, as a multiple of the first:",
        markdown(
            ["shape", *names],
            [["×".join(map(str, s)), *(f"{strange[n][i]:.2f}" for n in names)] for i, s in enumerate(ODD)],
            (0,),
        ),
        "Max pooling k×k with stride 1, [2, 16, 128, 128], nanoseconds an output:",
        markdown(["k", *(str(k) for k, _ in wide)], [["ns", *(f"{v:.2f}" for _, v in wide)]], (0,)),
    ]
    RESULTS.mkdir(exist_ok=True)
    page = "\n\n".join(text) + "\n"
    (RESULTS / "growth.md").write_text(page, encoding="utf-8")
    data = {"about": head, "growth": grown, "odd": {"shapes": ODD, "times": strange}, "windows": wide}
    (RESULTS / "growth.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
