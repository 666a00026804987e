"""Random arrays and print options: the cases of the printing tests, the same for the recorder and for the live comparison."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

KINDS = ("f4", "f4", "f4", "f8", "f2", "bf", "i8", "i8", "i4", "i2", "i1", "u1", "b")
OPTIONS: dict[str, tuple[Any, ...]] = {
    "precision": (None, 0, 1, 2, 4, 8),
    "threshold": (None, 0, 5, 20, 1000),
    "edgeitems": (None, 0, 1, 2, 3, 5),
    "linewidth": (None, 1, 20, 60, 80, 120),
    "sci_mode": (None, True, False),
}


def floats(r: random.Random, rng: np.random.Generator, n: int) -> np.ndarray:
    """n float64 values in one of many styles."""
    style = r.choice(["normal", "unit", "whole", "large", "small", "wide", "extreme", "zero", "digits", "halves"])
    if style == "normal":
        return rng.standard_normal(n)
    if style == "unit":
        return rng.random(n)
    if style == "whole":
        return np.round(rng.standard_normal(n) * 10)
    if style == "large":
        return rng.standard_normal(n) * 10.0 ** r.randint(0, 9)
    if style == "small":
        return rng.standard_normal(n) * 10.0 ** -r.randint(0, 9)
    if style == "wide":
        return rng.standard_normal(n) * 10.0 ** rng.integers(-6, 6, n)
    if style == "extreme":
        return rng.standard_normal(n) * 10.0 ** rng.integers(-200, 200, n)
    if style == "zero":
        return np.zeros(n) * -1
    if style == "digits":
        return rng.integers(0, 3, n).astype(float)
    return rng.integers(-5, 5, n) / 2


def shape_of(r: random.Random, most: int) -> tuple[int, ...]:
    """A shape of up to five dimensions, sometimes with zeros."""
    ndim = r.choice([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5])
    sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 30] if ndim < 4 else [1, 2, 3, 7]
    shape = [r.choice(sizes) for _ in range(ndim)]
    if ndim and r.random() < 0.08:
        shape[r.randrange(ndim)] = 0
    if ndim == 1 and r.random() < 0.3:
        shape = [r.choice([20, 50, 100, 999, 1000, 1001, 2000])]
    while int(np.prod(shape)) > most:
        shape.pop()
    return tuple(shape)


def array_of(r: random.Random, rng: np.random.Generator, most: int) -> tuple[str, np.ndarray]:
    """A kind and an array of it; bfloat16 ("bf") comes as the float32 array to round."""
    shape, kind = shape_of(r, most), r.choice(KINDS)
    n = int(np.prod(shape))
    if kind in ("f4", "f8", "f2", "bf"):
        with np.errstate(all="ignore"):
            a = floats(r, rng, n).astype("f4" if kind == "bf" else kind)
        if r.random() < 0.25 and n:
            for value in (np.nan, np.inf, -np.inf, 0.0, -0.0):
                if r.random() < 0.5:
                    a[rng.random(n) < r.choice([0.1, 0.5, 1])] = value
    elif kind == "b":
        a = rng.random(n) < r.choice([0, 0.5, 1])
    else:
        info = np.iinfo(kind)
        high = min(r.choice([2, 10, 100, int(info.max)]), int(info.max))
        low = max(r.choice([0, int(info.min), -5]), int(info.min))
        a = rng.integers(low, high, n, dtype=kind)
    return kind, a.reshape(shape)


def cases(seed: int, count: int, most: int = 20000) -> Iterator[tuple[dict[str, Any], str, str, np.ndarray, int]]:
    """(print options, default dtype, kind, array, mode); mode 1 requires gradients, mode 2 has a grad_fn."""
    r, rng = random.Random(seed), np.random.default_rng(seed)
    options: dict[str, Any] = {"profile": "default"}
    default = "float32"
    for i in range(count):
        if i % 20 == 10:
            if r.random() < 0.4:
                options = {"profile": r.choice(["default", "default", "short", "full"])}
            else:
                options = {name: r.choice(values) for name, values in OPTIONS.items()}
            default = r.choice(["float32", "float32", "float64", "float16"])
        kind, array = array_of(r, rng, most)
        mode = r.choice([0, 0, 1, 2]) if kind[0] == "f" or kind == "bf" else 0
        yield options, default, kind, array, mode
