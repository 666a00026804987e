"""Whole training steps, with the memory they take, against PyTorch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.models import TRAINING
from benchmarks.pairs import Row, compare, megabytes


def step(t: Any, model: Any, x: Any, y: Any) -> Callable[[], Any]:
    """Forward, loss, backward, SGD with momentum."""
    optimizer = t.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss = t.nn.CrossEntropyLoss()

    def work() -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return work


def training_rows(plait: Any, wanted: Callable[[str], bool]) -> Iterator[Row]:
    """A row a model. The first losses of both must be the same."""
    import torch

    for name, shape, build in TRAINING:
        if not wanted(f"training {name}"):
            continue
        torch.manual_seed(0)
        theirs, ours = build(torch), build(plait)
        ours.load_state_dict({k: plait.from_numpy(v.numpy().copy()) for k, v in theirs.state_dict().items()})
        x, y = torch.randn(shape), torch.randint(0, 10, (shape[0],))
        mine = step(plait, ours, plait.from_numpy(x.numpy().copy()), plait.from_numpy(y.numpy().copy()))
        peer = step(torch, theirs, x, y)
        for _ in range(3):
            torch.manual_seed(0)
            plait.manual_seed(0)
            a, b = mine().item(), peer().item()
            if abs(a - b) > 1e-3 * abs(b):
                raise AssertionError(f"{name}: loss {a} here, {b} there: the steps are not the same work")
        ours_s, theirs_s = compare([mine, peer], budget=1.2)
        yield Row("training step", name, ours_s, theirs_s, group="network")


def _peak(library: str, name: str, threads: int) -> float:
    """The most memory that six training steps add to a process that has imported `library`; in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", library, name, str(threads)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def _resident(field: str) -> float:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(float(line.split()[1]) * 1024 for line in file if line.startswith(field + ":"))


def measure_peak(library: str, name: str, threads: int) -> float:
    """What `_peak` asks the child: the high-water mark of the steps, over what is resident before them (Linux)."""
    import importlib

    t = importlib.import_module(library)
    t.set_num_threads(threads)
    shape, build = next((shape, build) for n, shape, build in TRAINING if n == name)
    # One small step first, so that code that is loaded when first used is not counted.
    warm = step(t, t.nn.Sequential(t.nn.Conv2d(3, 4, 3), t.nn.BatchNorm2d(4), t.nn.ReLU(), t.nn.MaxPool2d(2), t.nn.Flatten(), t.nn.Linear(36, 10)), t.randn(2, 3, 8, 8), t.tensor([1, 2]))  # fmt: skip
    warm()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # forget the high-water mark
    before = _resident("VmRSS")
    t.manual_seed(0)
    work = step(t, build(t), t.randn(*shape), t.randint(0, 10, (shape[0],)))
    for _ in range(6):
        work()
    return _resident("VmHWM") - before


def memory_rows(wanted: Callable[[str], bool], threads: int) -> Iterator[Row]:
    """A row a model: the peak of its training steps, model, data and activations together."""
    for name, _, _ in TRAINING:
        if wanted(f"peak memory {name}"):
            mine, peer = (_peak(library, name, threads) for library in ("plait.torch", "torch"))
            yield Row("peak memory", name, mine, peer, show=megabytes)


if __name__ == "__main__":
    print(measure_peak(sys.argv[1], sys.argv[2], int(sys.argv[3])))
