"""What golden scripts cannot print: the tree's walks, the fast way of a call, memory, threads."""

from __future__ import annotations

import doctest
import gc
import importlib
import weakref
from typing import Any

import numpy as np
import pytest

import plait.torch as torch
from plait.layers import tree
from plait.torch import nn

DOCUMENTED = (
    "plait.layers.tree", "plait.optim.schedule", "plait.torch.nn.parameter", "plait.torch.nn.modules.module",
    "plait.torch.nn.modules.container", "plait.torch.nn.modules.loss", "plait.torch.nn.functional.loss",
    "plait.torch.nn.functional.sparse", "plait.torch.nn.functional.distance", "plait.torch.optim.sgd",
    "plait.torch.optim.lr_scheduler", "plait.torch.nn.utils.clip_grad",
)  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_walk_is_preorder_and_meets_each_node_once() -> None:
    leaf: dict[str, Any] = {}
    root = {"a": {"x": leaf}, "b": leaf, "c": None}
    assert [p for p, _ in tree.walk(root, lambda n: n.items())] == ["", "a", "a.x"]
    assert [p for p, _ in tree.walk(root, lambda n: n.items(), unique=False)] == ["", "a", "a.x", "b"]
    assert [p for p, _ in tree.walk(root, lambda n: n.items(), "net")] == ["net", "net.a", "net.a.x"]


def test_a_deep_tree_is_walked_without_recursion() -> None:
    node: dict[str, Any] = {}
    for _ in range(20_000):
        node = {"n": node}
    assert sum(1 for _ in tree.walk(node, lambda n: n.items())) == 20_001


@pytest.mark.parametrize(("index", "size", "at"), [(0, 3, 0), (-1, 3, 2), (np.int64(1), 2, 1)])
def test_position(index: Any, size: int, at: int) -> None:
    assert tree.position(index, size) == at


def test_position_outside() -> None:
    with pytest.raises(IndexError, match="index 3 is out of range"):
        tree.position(3, 3)


def test_a_call_without_hooks_goes_straight_to_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    from plait.torch.nn.modules import _calls

    monkeypatch.setattr(_calls, "call_with_hooks", lambda *a: pytest.fail("the slow way"))
    assert nn.Identity()(3) == 3


def test_hooks_go_with_their_module() -> None:
    module = nn.Identity()
    handle = module.register_forward_hook(lambda m, a, o: o + 1)
    assert module(1) == 2
    gone = weakref.ref(module)
    del module
    gc.collect()
    assert gone() is None
    handle.remove()


def test_modules_let_go_of_their_parameters() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    module(torch.ones(3, 2)).sum().backward()
    gone = weakref.ref(module[0].weight)
    del module
    gc.collect()
    assert gone() is None


def test_module_is_usable_from_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    module = nn.Linear(4, 4)
    x = torch.ones(2, 4)
    want = module(x).detach().numpy()
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: module(x).detach().numpy(), range(32)):
            assert (got == want).all()


def test_state_of_a_failed_load_is_told_whole() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with pytest.raises(RuntimeError) as caught:
        module.load_state_dict({"0.weight": torch.ones(3, 2), "9.bias": torch.ones(1)})
    text = str(caught.value)
    assert text.index("Missing") < text.index("Unexpected") < text.index("size mismatch for 0.weight")


def test_backward_hook_and_a_change_in_place() -> None:
    module = nn.ReLU(inplace=True)
    module.register_full_backward_hook(lambda *a: None)
    x = torch.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        module(x)
