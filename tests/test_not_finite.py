"""What lies outside an array is nothing: an infinity or a NaN that meets it stays what it is, and where it is.

The fast kernels pad with zeros, and a zero times an infinity is NaN: here each position's products are counted one by one.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import plait.torch as torch
from plait.torch.nn import functional as F

CASES = [  # channels in, out, size, kernel, stride, padding, dilation, groups
    (8, 16, 9, 3, 1, 1, 1, 1),
    (3, 5, 11, 3, 2, 1, 1, 1),
    (8, 8, 9, 3, 1, 1, 1, 8),
    (16, 16, 7, 3, 1, 1, 1, 4),
    (4, 4, 13, 3, 1, 2, 2, 1),
    (32, 48, 12, 5, 1, 2, 1, 1),
]


def _counted(x: Any, w: Any, stride: int, padding: int, dilation: int, groups: int) -> Any:
    """A convolution that skips what lies outside."""
    n, _, h, width = x.shape
    outs, per, k, _ = w.shape
    size = [(s + 2 * padding - dilation * (k - 1) - 1) // stride + 1 for s in (h, width)]
    y = np.zeros((n, outs, *size))
    for i, j, a, b in itertools.product(range(size[0]), range(size[1]), range(k), range(k)):
        u, v = i * stride + a * dilation - padding, j * stride + b * dilation - padding
        if 0 <= u < h and 0 <= v < width:
            for g in range(groups):
                out = slice(g * outs // groups, (g + 1) * outs // groups)
                y[:, out, i, j] += x[:, g * per : (g + 1) * per, u, v].astype(float) @ w[out, :, a, b].T.astype(float)
    return y


def _counted_weight(x: Any, dy: Any, k: int, stride: int, padding: int, dilation: int, groups: int) -> Any:
    per, outs = x.shape[1] // groups, dy.shape[1]
    dw = np.zeros((outs, per, k, k))
    for i, j, a, b in itertools.product(range(dy.shape[2]), range(dy.shape[3]), range(k), range(k)):
        u, v = i * stride + a * dilation - padding, j * stride + b * dilation - padding
        if 0 <= u < x.shape[2] and 0 <= v < x.shape[3]:
            for g in range(groups):
                out = slice(g * outs // groups, (g + 1) * outs // groups)
                dw[out, :, a, b] += dy[:, out, i, j].T.astype(float) @ x[:, g * per : (g + 1) * per, u, v].astype(float)
    return dw


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("target", ["x", "w", "dy"])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_convolution(case: tuple[int, ...], last: bool, target: str, bad: float) -> None:
    """Output and weight gradient where one number of the input, the weight or the gradient is not finite."""
    c, o, size, k, stride, padding, dilation, groups = case
    rng = np.random.default_rng(1)
    out = (size + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    arrays = {
        "x": rng.standard_normal((2, c, size, size), np.float32),
        "w": rng.standard_normal((o, c // groups, k, k), np.float32),
        "dy": rng.standard_normal((2, o, out, out), np.float32),
    }
    for corner in (0, -1):
        given = {name: a.copy() for name, a in arrays.items()}
        given[target][1, 0, corner, corner] = bad
        x, w = torch.tensor(given["x"]), torch.tensor(given["w"]).requires_grad_()
        if last:
            x = x.contiguous(memory_format=torch.channels_last)
        y = F.conv2d(x, w, None, stride, padding, dilation, groups)
        y.backward(torch.tensor(given["dy"]))
        with np.errstate(invalid="ignore"):
            want = _counted(given["x"], given["w"], stride, padding, dilation, groups)
            want_w = _counted_weight(given["x"], given["dy"], k, stride, padding, dilation, groups)
        np.testing.assert_allclose(y.detach().numpy(), want, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(w.grad.numpy(), want_w, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(5, 9), (26, 36), (20, 31)])
def test_resampling_spreads_a_nan_no_further_than_its_taps(mode: str, size: tuple[int, int]) -> None:
    """The gradient is not finite where the output's own taps lie, and nowhere else."""
    x = torch.zeros(1, 1, 13, 18).requires_grad_()
    g = np.zeros((1, 1, *size), np.float32)
    g[0, 0, 0, 0] = np.nan
    F.interpolate(x, size, mode=mode).backward(torch.tensor(g))
    touched = np.isnan(x.grad.numpy()[0, 0])
    assert touched.any() and not touched[4:].any() and not touched[:, 4:].any()
