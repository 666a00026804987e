"""Convolutions of small work against PyTorch, to the bit, where both use AVX-512."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import _native
from plait import torch as plait

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(
    _native.isa() != "avx512" or "AVX512" not in torch.backends.cpu.get_cpu_capability(),
    reason="the order of adding is that of oneDNN's kernels for AVX-512",
)

# batch, input and output channels, size, kernel, stride, padding, groups
CASES = [
    (8, 1, 6, 28, 5, 1, 0, 1),
    (8, 6, 16, 12, 5, 1, 0, 1),
    (4, 3, 32, 28, 3, 1, 1, 1),
    (4, 16, 32, 14, 3, 1, 1, 1),
    (4, 32, 24, 10, 3, 1, 1, 1),
    (2, 20, 50, 12, 5, 1, 0, 1),
    (4, 40, 48, 9, 3, 2, 1, 1),
    (4, 3, 64, 40, 7, 2, 3, 1),
    (4, 32, 64, 14, 1, 1, 0, 1),
    (4, 32, 32, 14, 3, 1, 1, 32),
    (4, 32, 64, 9, 3, 1, 1, 4),
    (8, 64, 80, 2, 3, 1, 1, 1),
    (5, 40, 48, 3, 3, 1, 1, 1),
    (4, 96, 64, 4, 3, 1, 1, 1),
]


def run(module: Any, case: tuple[int, ...], last: bool) -> tuple[np.ndarray, np.ndarray]:
    n, c, outputs, size, kernel, stride, padding, groups = case
    rng = np.random.default_rng(7)
    x, w, b = (
        module.from_numpy(rng.standard_normal(shape).astype(np.float32))
        for shape in ((n, c, size, size), (outputs, c // groups, kernel, kernel), (outputs,))
    )
    if last:
        x = x.contiguous(memory_format=module.channels_last)
    x.requires_grad_()
    y = module.nn.functional.conv2d(x, w, b, stride, padding, 1, groups)
    g = module.from_numpy(rng.standard_normal(tuple(y.shape)).astype(np.float32))
    y.backward(g)
    return y.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_outputs(case: tuple[int, ...], last: bool) -> None:
    np.testing.assert_array_equal(run(plait, case, last)[0], run(torch, case, last)[0])


@pytest.mark.parametrize("case", [c for c in CASES if c[5] == 1 and c[7] == 1])
def test_input_gradients(case: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(run(plait, case, False)[1], run(torch, case, False)[1])
