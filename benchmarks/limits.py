"""What this machine allows, measured in the same run: bytes copied and products summed a second, and what share of it a row reaches.

Copying is NumPy's `copyto` by as many threads as plait has, read and written bytes together, among arrays that fit in L3 and arrays that do not.
Arithmetic is the best of plait's own matrix products: no instruction loop here is a fairer peak for layers that must also fetch numbers.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.describe import Spec


def l3_bytes() -> int:
    """The size of the last cache, or 32 MB where the system does not say."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index3/size").read_text(encoding="ascii").strip()
        return int(text[:-1]) * {"K": 1 << 10, "M": 1 << 20}[text[-1]]
    except (OSError, KeyError, ValueError):
        return 32 << 20


def _copy(size: int, threads: int) -> float:
    """Bytes read and written a second where each thread copies its part of `size` bytes."""
    part = size // threads // 4
    pairs = [(np.ones(part, np.float32), np.zeros(part, np.float32)) for _ in range(threads)]
    rounds = max(1, int(2e8 / size))

    def work(pair: tuple[np.ndarray, np.ndarray]) -> None:
        for _ in range(rounds):
            np.copyto(pair[1], pair[0])

    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(9):
            start = time.perf_counter()
            list(pool.map(work, pairs))
            best = max(best, 8.0 * part * threads * rounds / (time.perf_counter() - start))
    return best


def _products(torch: Any) -> float:
    """Operations a second of plait's matrix product, the best of a few sizes."""
    best = 0.0
    for n in (512, 768, 1024, 1536):
        a = torch.randn(n, n)
        b = torch.randn(n, n)
        a @ b
        for _ in range(8):
            start = time.perf_counter()
            a @ b
            best = max(best, 2.0 * n**3 / (time.perf_counter() - start))
    return best


@dataclass(frozen=True)
class Limits:
    """Bytes copied a second within L3 and beyond it, operations a second; all the best of some tries."""

    l3: int
    near: float
    far: float
    arithmetic: float

    @classmethod
    def measure(cls, torch: Any, threads: int) -> Limits:
        """`torch` is plait's dialect."""
        l3 = l3_bytes()
        return cls(l3, _copy(l3 // 8, threads), _copy(max(4 * l3, 1 << 28), threads), _products(torch))

    def __str__(self) -> str:
        return (
            f"copying {self.near / 1e9:.0f} GB/s in L3 ({self.l3 >> 20} MB), {self.far / 1e9:.0f} GB/s beyond, "
            f"arithmetic {self.arithmetic / 1e9:.0f} GFLOP/s"
        )

    def least(self, spec: Spec, backward: bool) -> tuple[float, str]:
        """The seconds that the row needs at these speeds, and what it needs in words."""
        size, operations = spec.bytes(backward), spec.operations(backward)
        moving = size / (self.near if size <= self.l3 else self.far)
        summing = operations / self.arithmetic
        if summing > moving:
            return summing, f"{operations / 1e9:.3g} GFLOP"
        return moving, f"{size / 1e6:.3g} MB"
