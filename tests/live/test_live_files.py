"""Printing and files, side by side with the installed PyTorch."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from plait import torch as ours
from plait.dtypes import BFLOAT16
from tests.printing_cases import array_of, cases

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Options and default dtypes as they were."""
    yield
    for module in (torch, ours):
        module.set_printoptions(profile="default")
        module.set_default_dtype(module.float32)


def both(kind: str, array: np.ndarray) -> tuple[Any, Any]:
    """The same tensor in PyTorch and here."""
    theirs = torch.from_numpy(array.copy())
    if kind == "bf":
        theirs = theirs.bfloat16()
        bits = theirs.reshape(-1).view(torch.uint16).numpy().copy().reshape(array.shape)
        return theirs, ours.Tensor.wrap(bits.view(BFLOAT16))
    return theirs, ours.Tensor.wrap(array.copy())


@pytest.mark.parametrize("seed", range(8))
def test_prints_alike(seed: int) -> None:
    for options, default, kind, array, mode in cases(seed, 400):
        for module in (torch, ours):
            module.set_printoptions(profile="default")
            module.set_printoptions(**options)
            module.set_default_dtype(getattr(module, default))
        pair = both(kind, array)
        if mode:
            pair = tuple(t.requires_grad_() for t in pair)
        if mode == 2:
            pair = tuple(t.clone() for t in pair)
        assert repr(pair[1]) == repr(pair[0]), (options, default, kind, array.shape)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_files_cross_over(seed: int, zipped: bool) -> None:
    import random

    r, rng = random.Random(seed), np.random.default_rng(seed)
    for _ in range(25):
        theirs: dict[str, Any] = OrderedDict()
        mine: dict[str, Any] = OrderedDict()
        for k in range(r.randint(1, 6)):
            a, b = both(*array_of(r, rng, 500))
            if a.ndim > 1 and r.random() < 0.5:
                a, b = a.transpose(0, 1), ours.Tensor.wrap(b.array.swapaxes(0, 1))
            if a.ndim and a.shape[0] > 1 and r.random() < 0.5:
                theirs[f"v{k}"], mine[f"v{k}"] = a[1:], ours.Tensor.wrap(b.array[1:])
            if r.random() < 0.3 and a.is_floating_point():
                a, b = torch.nn.Parameter(a), ours.nn.Parameter(b)
            theirs[str(k)], mine[str(k)] = a, b
        for module, value in ((torch, theirs), (ours, mine)):
            buffer = io.BytesIO()
            module.save(value, buffer, _use_new_zipfile_serialization=zipped)
            for reader in (torch, ours):
                buffer.seek(0)
                found = reader.load(buffer, weights_only=True)
                assert list(found) == list(theirs)
                for name, tensor in found.items():
                    expected = theirs[name]
                    assert repr(tensor) == repr(expected)
                    assert tuple(tensor.shape) == tuple(expected.shape)
                    if reader is torch:
                        long = [i for i, n in enumerate(tensor.shape) if n > 1 and tensor.numel()]
                        assert [tensor.stride()[i] for i in long] == [expected.stride()[i] for i in long]
                        assert tensor.storage_offset() == expected.storage_offset() or not tensor.numel()


def test_same_bytes_as_upstream() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    theirs, mine = both("f4", values)
    files = []
    for module, tensor in ((torch, theirs), (ours, mine)):
        buffer = io.BytesIO()
        module.save({"w": tensor, "n": [1, 2.5, "x", None, True], "big": 1 << 70}, buffer)
        files.append(buffer.getvalue())
    end = files[0].index(b"archive/.data/serialization_id")
    assert files[0][:end] == files[1][:end]


def test_shared_memory_stays_shared() -> None:
    theirs = torch.arange(6.0).reshape(2, 3)
    buffer = io.BytesIO()
    torch.save([theirs, theirs.t(), theirs[1]], buffer)
    buffer.seek(0)
    a, b, c = ours.load(buffer)
    a.array[1, 2] = 50
    assert b.array[2, 1] == 50 and c.array[2] == 50


def test_state_dict_of_a_network() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(network.parameters())
    sum((p * p).sum() for p in network.parameters()).backward()
    optimizer.step()
    buffer = io.BytesIO()
    torch.save({"model": network.state_dict(), "optimizer": optimizer.state_dict()}, buffer)
    buffer.seek(0)
    found = ours.load(buffer)
    for name, value in network.state_dict().items():
        assert np.array_equal(found["model"][name].array, value.numpy())
    assert found["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    assert found["model"]._metadata == network.state_dict()._metadata
    again = io.BytesIO()
    ours.save(found, again)
    again.seek(0)
    network.load_state_dict(torch.load(again, weights_only=True)["model"])


def test_refusals_name_the_same_thing() -> None:
    import pickle

    buffer = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2), buffer)
    for module in (torch, ours):
        buffer.seek(0)
        with pytest.raises(
            pickle.UnpicklingError, match=r"GLOBAL torch.nn.modules.linear.Linear was not an allowed global"
        ):
            module.load(buffer)
