"""The benchmark's own arithmetic: what a row is said to be and to need, and that unlike work is seen. No peer is needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from benchmarks.describe import describe, stir
from benchmarks.layers import LAYERS
from benchmarks.limits import Limits
from benchmarks.models import lenet, resnet18
from benchmarks.pairs import Row, table
from benchmarks.peers import Peer, Task, Work
from benchmarks.running import Report, rows

from plait import torch

LIMITS = Limits(l3=1 << 20, near=2e9, far=1e9, arithmetic=1e9)


def test_every_row_has_a_name_of_its_own() -> None:
    names = [name for name, _, _ in LAYERS]
    assert len(names) == len(set(names))


def test_a_convolution_is_described() -> None:
    layer = torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
    spec, y = describe(layer, torch.zeros(5, 4, 8, 8))
    assert (spec.kind, spec.group, spec.x, spec.y) == ("conv", "convolution", (5, 4, 8, 8), tuple(y.shape))
    assert spec.options == {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1), "groups": 2}
    assert list(spec.weights) == ["weight", "bias"]
    assert spec.operations(False) == 2 * (5 * 6 * 4 * 4) * 2 * 9
    assert spec.operations(True) == 3 * spec.operations(False)
    assert spec.bytes(False) == 4 * (5 * 4 * 64 + 5 * 6 * 16 + 6 * 2 * 9 + 6)


def test_a_network_is_the_sum_of_its_parts() -> None:
    spec, y = describe(resnet18(torch).eval(), torch.zeros(1, 3, 64, 64))
    assert spec.group == "network" and spec.y == tuple(y.shape) == (1, 10)
    # 1.8 GFLOP of multiplications at 224×224 in the paper's table 1: twice that, at (64/224)² of the places
    assert spec.operations(False) == pytest.approx(2 * 1.8e9 * (64 / 224) ** 2, rel=0.03)


def test_limits_choose_what_takes_longer() -> None:
    relu, _ = describe(torch.nn.ReLU(), torch.zeros(1000, 10))
    assert LIMITS.least(relu, False) == (pytest.approx(8e4 / 2e9), "0.08 MB")
    assert LIMITS.least(relu, True) == (pytest.approx(2e5 / 2e9), "0.2 MB")
    far, _ = describe(torch.nn.ReLU(), torch.zeros(1000, 1000))
    assert LIMITS.least(far, False) == (pytest.approx(8e6 / 1e9), "8 MB")
    linear, _ = describe(torch.nn.Linear(1000, 1000), torch.zeros(1000, 1000))
    assert LIMITS.least(linear, False) == (pytest.approx(2.0), "2 GFLOP")


class Fake(Peer):
    """plait once more, wrong by a factor where asked."""

    gradients = True

    def __init__(self, off: float) -> None:
        self.off = off

    def build(self, task: Task) -> list[Work]:
        def run() -> Any:
            with torch.no_grad():
                return task.layer(torch.from_numpy(task.x))

        return [Work(run, lambda y: [y.numpy() * np.float32(self.off)])]


@pytest.mark.parametrize(("off", "agreed"), [(1.0, 2), (1.0001, 0)])
def test_unlike_work_is_not_compared(off: float, agreed: int) -> None:
    report = Report(only_check=True)
    found = list(rows(Fake(off), torch, LIMITS, lambda name: "LeNet" in name, "inference", report))
    assert not found and report.agreed == agreed and len(report.differ) == 2 - agreed


def test_stirred_weights_are_no_ones_and_zeros() -> None:
    layer = torch.nn.BatchNorm2d(3)
    stir(layer, torch)
    assert all(v.numpy().std() > 0 for k, v in layer.state_dict().items() if "num" not in k)
    assert (layer.running_var.numpy() > 0).all()


def test_the_table_says_means() -> None:
    def each() -> Iterator[Row]:
        yield Row("forward", "a", 1.0, 2.0, share=0.5)
        yield Row("forward", "b", 1.0, 8.0)

    text = table(list(each()))
    assert "| forward | a | 1.00 s | 2.00 s | 2.00 |  | 50% |  |" in text
    assert "**geometric mean of 2** |  |  | **4.00** |  |  | least 2.00 |" in text


def test_lenet_has_the_parts_that_peers_need() -> None:
    spec, _ = describe(lenet(torch), torch.zeros(1, 1, 28, 28))
    assert {part.kind for part in spec.parts} == {"conv", "relu", "max_pool", "flatten", "linear"}
