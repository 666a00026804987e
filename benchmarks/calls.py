"""A layer's calls as they are timed; PyTorch's and plait's, which are written alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.describe import first


def forward(t: Any, layer: Any, x: Any) -> Callable[[], Any]:
    """A call of the layer without gradients; `t` is PyTorch or plait's dialect."""

    def work() -> Any:
        with t.no_grad():
            return layer(x)

    return work


def both(layer: Any, x: Any, g: Any) -> Callable[[], Any]:
    """A call of the layer and its backward; PyTorch's or plait's."""
    x.requires_grad_()
    parameters = list(layer.parameters())

    def work() -> Any:
        x.grad = None
        for p in parameters:
            p.grad = None
        y = first(layer(x))
        y.backward(g)
        return y, x, *parameters

    return work


def arrays(value: Any) -> list[np.ndarray]:
    """Output, and with backward the gradients that the leaves hold."""
    if not isinstance(value, tuple) or len(value) < 2 or value[1].grad is None:
        return [first(value).detach().numpy()]
    y, *leaves = value
    return [y.detach().numpy()] + [leaf.grad.numpy() for leaf in leaves]
