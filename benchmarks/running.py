"""Rows of layers and networks against any peer: built, held against each other, timed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import arrays, both, forward
from benchmarks.describe import describe, first, stir
from benchmarks.layers import LAYERS
from benchmarks.limits import Limits
from benchmarks.models import INFERENCE
from benchmarks.pairs import Row, compare
from benchmarks.peers import Cannot, Peer, Task, Work

FORWARD, BACKWARD = 2e-5, 2e-4  # the largest difference, of the norm, that is rounding and not other work


class Report:
    """What was left out: rows that the peer cannot do, rows whose results differ, and layouts of a peer whose results differ (`notes`)."""

    def __init__(self, only_check: bool = False) -> None:
        self.only_check, self.agreed = only_check, 0
        self.cannot: list[str] = []
        self.notes: list[str] = []
        self.differ: list[str] = []


def _ours(torch: Any, task: Task, channels_last: bool) -> Work:
    """Plait's side, by its PyTorch dialect, in the order of axes that is asked for."""
    x, g = torch.from_numpy(task.x), torch.from_numpy(task.g)
    if channels_last:
        form = torch.channels_last if x.ndim == 4 else torch.channels_last_3d
        x = x.contiguous(memory_format=form)
        g = g.contiguous(memory_format=form) if g.ndim == x.ndim else g
    if task.backward:
        return Work(both(task.layer, x.clone(), g), arrays)
    return Work(forward(torch, task.layer, x), arrays)


def differences(ours: list[np.ndarray], theirs: list[np.ndarray]) -> Iterator[float]:
    """For output and each gradient, the difference over the norm; infinite where shapes differ."""
    for a, b in zip(ours, theirs, strict=True):
        if a.shape != b.shape:
            yield float("inf")
        else:
            norm = max(float(np.linalg.norm(b.ravel())), 1e-3 * b.size**0.5)
            yield float(np.linalg.norm((a - b).ravel())) / norm


def _agree(ours: list[np.ndarray], theirs: list[np.ndarray]) -> str:
    """Empty, or what differs."""
    if len(ours) != len(theirs):
        return f"{len(theirs)} results for {len(ours)}"
    for i, off in enumerate(differences(ours, theirs)):
        if not off <= (BACKWARD if i else FORWARD):
            return f"{'output' if i == 0 else f'gradient {i}'} differs by {off:.1e} of the norm"
    return ""


def _task(torch: Any, shape: tuple[int, ...], make: Callable[[Any], Any], backward: bool, inference: bool) -> Task:
    torch.manual_seed(0)
    layer = make(torch)
    stir(layer, torch)
    if inference:
        layer.eval()
    x = torch.randn(shape)
    with torch.no_grad():
        spec, y = describe(copy.deepcopy(layer), x)
    return Task(make, layer, spec, x.numpy().copy(), torch.randn(first(y).shape).numpy().copy(), backward)


def _evaluate(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda t: make(t).eval()


def _seeded(peer: Peer, torch: Any, work: Work) -> list[np.ndarray]:
    """The results of a call whose random numbers begin where the others' do."""
    torch.manual_seed(0)
    peer.seed()
    return work.arrays(work.run())


def _theirs(peer: Peer, torch: Any, task: Task, expected: list[np.ndarray]) -> tuple[list[Work], dict[str, str]]:
    """The peer's layouts that give what is expected, and how the others differ. Raises Cannot."""
    agree, differ = [], {}
    try:
        for work in peer.build(task):
            off = _agree(expected, _seeded(peer, torch, work))
            if off:
                differ[work.note] = off
            else:
                agree.append(work)
    except Cannot:
        raise
    except Exception as error:  # whatever a framework raises for work that it has no kernel for
        raise Cannot(f"{type(error).__name__}: {str(error).strip().splitlines()[0][:120]}") from error
    return agree, differ


def _row(peer: Peer, torch: Any, task: Task, limits: Limits, family: str, name: str, report: Report) -> Row | None:
    ours = [_ours(torch, task, False)]
    if peer.channels_last and task.spec.spatial and task.x.ndim in (4, 5):
        ours.append(_ours(torch, task, True))
    expected = _seeded(peer, torch, ours[0])
    try:
        theirs, differ = _theirs(peer, torch, task, expected)
    except Cannot as reason:
        report.cannot.append(f"{family} {name}: {reason}")
        return None
    for work in ours[1:]:
        if off := _agree(expected, _seeded(peer, torch, work)):
            differ["plait, channels last"] = off
            theirs = []
    if not theirs:
        report.differ += [f"{family} {name}: {' '.join(pair)}" for pair in differ.items()]
        return None
    report.agreed += 1
    notes = [f"{layout}'s {off}, not counted" for layout, off in differ.items()]
    if report.only_check:
        report.notes += [f"{family} {name}: {note}" for note in notes]
        return None
    times = compare([w.run for w in [*ours, *theirs]])
    mine, peers = times[: len(ours)], times[len(ours) :]
    best = min(range(len(peers)), key=peers.__getitem__)
    notes = [theirs[best].note, *(f"channels last {peers[best] / t:.2f}" for t in mine[1:]), *notes]
    least, size = limits.least(task.spec, task.backward)
    note = ", ".join(n for n in notes if n)
    return Row(family, name, mine[0], peers[best], note, size, least / mine[0], task.spec.group)


def rows(
    peer: Peer, torch: Any, limits: Limits, wanted: Callable[[str], bool], family: str, report: Report
) -> Iterator[Row]:
    """The rows of a family: forward, forward+backward, inference. `torch` is plait's dialect."""
    inference = family == "inference"
    for name, shape, make in INFERENCE if inference else LAYERS:
        if not wanted(f"{family} {name}"):
            continue
        task = _task(torch, shape, _evaluate(make) if inference else make, family == "forward+backward", inference)
        row = _row(peer, torch, task, limits, family, name, report)
        if row is not None:
            yield row
