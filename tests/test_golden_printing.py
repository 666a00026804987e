"""Tensors print as PyTorch printed the same tensors."""

from __future__ import annotations

import gzip
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

from plait import torch
from plait.dtypes import BFLOAT16

GOLDEN = pathlib.Path(__file__).parent / "golden" / "printing"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Options and default dtype as they were."""
    yield
    torch.set_printoptions(profile="default")
    torch.set_default_dtype(torch.float32)


def test_recorded_tensors() -> None:
    record = json.loads(gzip.decompress((GOLDEN / "cases.json.gz").read_bytes()))
    arrays = np.load(GOLDEN / "cases.npz")
    for number, case in enumerate(record["cases"]):
        array = arrays[str(number)]
        tensor = torch.Tensor.wrap(array.view(BFLOAT16) if case["kind"] == "bf" else array)
        torch.set_printoptions(profile="default")
        torch.set_printoptions(**case["options"])
        torch.set_default_dtype(getattr(torch, case["default"]))
        if case["mode"]:
            tensor.requires_grad_()
        if case["mode"] == 2:
            tensor = tensor.clone()
        assert repr(tensor) == case["text"], number


def test_options_stay_or_change() -> None:
    torch.set_printoptions(precision=2, threshold=5)
    from plait.torch._printing import get_printoptions, printoptions

    with printoptions(edgeitems=1, sci_mode=True):
        assert get_printoptions()["edgeitems"] == 1
    assert get_printoptions() == {"precision": 2, "threshold": 5, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def test_subclasses_parameters_and_format() -> None:
    class Mine(torch.Tensor):
        pass

    assert repr(Mine.wrap(np.arange(3))) == "Mine([0, 1, 2])"
    assert repr(torch.nn.Parameter(torch.Tensor.wrap(np.ones(2, np.float32)))) == (
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    )
    scalar = torch.Tensor.wrap(np.float32(1.5).reshape(()))
    assert f"{scalar:.3f}|{scalar}" == "1.500|1.5"
    assert str(scalar) == "tensor(1.5000)"
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor.__format__"):
        format(torch.Tensor.wrap(np.ones(2)), ".2f")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("torch.Size([1, 2]) + (3,)", "torch.Size([1, 2, 3])"),
        ("torch.Size([1, 2, 3])[1:]", "torch.Size([2, 3])"),
        ("torch.device('cuda:1')", "device(type='cuda', index=1)"),
        ("torch.device('cpu')", "device(type='cpu')"),
        ("torch.iinfo(torch.int64)", "iinfo(min=-9.22337e+18, max=9.22337e+18, dtype=int64)"),
        (
            "torch.finfo(torch.float16)",
            "finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, smallest_normal=6.10352e-05, tiny=6.10352e-05, dtype=float16)",
        ),
        ("torch.promote_types(torch.int8, torch.uint8)", "torch.int16"),
        ("torch.promote_types(torch.float16, torch.bfloat16)", "torch.float32"),
        ("torch.channels_last", "torch.channels_last"),
        ("torch.strided", "torch.strided"),
    ],
)
def test_reprs(expression: str, text: str) -> None:
    assert repr(eval(expression)) == text


@pytest.mark.parametrize(
    ("expression", "kind", "words"),
    [
        ("torch.device('foo')", RuntimeError, "device type at start of device string: foo"),
        ("torch.device('')", RuntimeError, "Device string must not be empty"),
        ("torch.device('cpu:-1')", RuntimeError, "Invalid device string: 'cpu:-1'"),
        ("torch.Size([1.5])", TypeError, r"takes an iterable of 'int' \(item 0 is 'float'\)"),
        ("torch.finfo(torch.int8)", TypeError, "requires a floating point input type"),
        ("torch.iinfo(torch.bool)", TypeError, "torch.bool is not supported by torch.iinfo"),
        ("torch.dtype()", TypeError, "cannot create 'torch.dtype' instances"),
        ("torch.set_default_dtype(torch.int32)", TypeError, "only floating-point types"),
        ("torch._dtypes.check_device('cuda')", AssertionError, "Torch not compiled with CUDA enabled"),
        ("torch.fft", AttributeError, "torch.fft is not part of plait: it covers convolutional networks"),
        ("torch.nonsense", AttributeError, "module 'torch' has no attribute 'nonsense'"),
    ],
)
def test_refusals(expression: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        eval(expression)
