"""PyTorch, in both of its memory formats: the better counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks import peers
from benchmarks.peers import Task, Work


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
        y = peers.first(layer(x))
        y.backward(g)
        return y, x, *parameters

    return work


def arrays(value: Any) -> list[np.ndarray]:
    """Output, and with backward the gradients that the leaves hold."""
    if not isinstance(value, tuple) or len(value) < 2 or value[1].grad is None:
        return [peers.first(value).detach().numpy()]
    y, *leaves = value
    return [y.detach().numpy()] + [leaf.grad.numpy() for leaf in leaves]


class Peer(peers.Peer):
    title = f"PyTorch {torch.__version__.split('+')[0]}"
    modules = "torch"
    gradients = True

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def seed(self) -> None:
        torch.manual_seed(0)

    def build(self, task: Task) -> list[Work]:
        layer = task.make(torch)
        layer.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in task.layer.state_dict().items()})
        formats = {"": torch.contiguous_format}
        if task.x.ndim in (4, 5):
            formats["channels_last"] = torch.channels_last if task.x.ndim == 4 else torch.channels_last_3d
        works = []
        for note, form in formats.items():
            x = torch.from_numpy(task.x).clone(memory_format=form)
            keep = form if task.g.ndim == task.x.ndim else torch.contiguous_format
            g = torch.from_numpy(task.g).clone(memory_format=keep)
            works.append(Work(both(layer, x, g) if task.backward else forward(torch, layer, x), arrays, note))
        return works
