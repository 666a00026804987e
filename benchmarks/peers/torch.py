"""PyTorch, in both of its memory formats: the better counts."""

from __future__ import annotations

import torch

from benchmarks import peers
from benchmarks.calls import arrays, both, forward
from benchmarks.peers import Task, Work


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
