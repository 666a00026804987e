"""What `to_tensor` makes of numbers, lists and NumPy's scalars, `Tensor.to`, and what is asked of tensors by private names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from plait import paddle
from plait.paddle.utils.dlpack import DLDeviceType


@pytest.fixture
def bfloat16() -> Iterator[None]:
    paddle.set_default_dtype("bfloat16")
    yield
    paddle.set_default_dtype("float32")


def test_lists_of_numpy_scalars_follow_the_default_dtype() -> None:
    for data, expected in (
        ([np.float64(1.5), 2.0], "float32"), ([np.float16(1.5)], "float32"), ([np.array([1.5])], "float32"), ((np.float32(1.5),), "float32"),
        ([np.int32(1)], "int64"), ([np.int16(1)], "int16"), ([np.uint8(1)], "uint8"), ([np.bool_(True)], "bool"), ([1 + 2j], "complex64"),
        (np.float64(1.5), "float64"), (np.array([1.5]), "float64"), ([paddle.to_tensor(1.5, dtype="float64"), 2.0], "float64"),
    ):  # fmt: skip
        assert paddle.to_tensor(data).dtype == getattr(paddle, expected), data
    paddle.set_default_dtype("float64")
    try:
        assert paddle.to_tensor([np.float32(1.5)]).dtype == paddle.float64
        assert paddle.to_tensor([1j]).dtype == paddle.complex128
    finally:
        paddle.set_default_dtype("float32")


def test_numbers_by_value_where_bfloat16_is_the_default(bfloat16: None) -> None:
    for made in (
        paddle.to_tensor(1.5),
        paddle.to_tensor([1.5]),
        paddle.to_tensor([np.float64(1.5)]),
        paddle.eye(1) * 1.5,
    ):
        assert made.dtype == paddle.bfloat16 and float(made) == 1.5
    x = paddle.to_tensor(-1e6, stop_gradient=False)
    (x * x).backward()
    assert x.item() == -999424.0 and x.grad.item() == -1998848.0
    assert paddle.to_tensor(1j).dtype == paddle.complex128


def test_to_takes_places_dtypes_and_tensors_alone() -> None:
    x = paddle.to_tensor([1.0, 2.0])
    assert (
        x.to("cpu", "int32").dtype
        == x.to(paddle.ones([1], "int32")).dtype
        == x._to(dtype="int32").dtype
        == paddle.int32
    )
    assert x.to(paddle.float32, "cpu") is x and x.to("float32").data_ptr() != x.data_ptr()
    assert x._to().dtype == paddle.float32
    wrong: list[tuple[type[Exception], Any]] = [
        (TypeError, lambda: x.to()), (TypeError, lambda: x.to(nothing=1)), (ValueError, lambda: x.to(device=1)), (ValueError, lambda: x.to(3)),
        (ValueError, lambda: x._to(device=1)), (AssertionError, lambda: x._to(blocking=1)),
    ]  # fmt: skip
    for kind, call in wrong:
        with pytest.raises(kind):
            call()


def test_what_private_names_do() -> None:
    x = paddle.to_tensor([[1.0, 2.0], [3.0, 4.0]], stop_gradient=False)
    row = x.detach()._slice(1, 2)
    assert row.tolist() == [[3.0, 4.0]] and row._offset() == 8
    with pytest.raises(IndexError):
        x._slice(1, 3)
    x._copy_gradient_from(paddle.full([2, 2], 7.0))
    assert np.array(x._grad_value()).tolist() == x.grad.tolist() == [[7.0, 7.0], [7.0, 7.0]]
    before = x.inplace_version
    x._bump_inplace_version()
    assert x.inplace_version == before + 1
    assert x.__dlpack_device__() == (DLDeviceType.kDLCPU, None)
    with pytest.raises(AssertionError, match="duplicate"):
        paddle.autograd.backward([x, x])


def test_the_memory_under_tensors() -> None:
    held = paddle.base.Tensor()
    assert type(held) is paddle.base.core.DenseTensor and held.shape() == [0] and not held._is_initialized()
    assert repr(held) == "  - shape: []\n  - layout: NCHW\nuninited\n"
    held.set(np.array([0.5, 1.5], "float32"), paddle.CPUPlace())
    assert (
        repr(held) == "  - shape: [2]\n  - layout: NCHW\n  - place: Place(cpu)\n  - dtype: float32\n  - data: [0.5 1.5]"
    )
    assert paddle.to_tensor(held).tolist() == paddle.Tensor(held).tolist() == [0.5, 1.5] and held._numel() == 2
    weight = paddle.nn.Linear(2, 2).weight
    assert weight.inplace_version == 0
    assert paddle.to_tensor(weight.get_tensor()).data_ptr() == weight.data_ptr() == weight.get_tensor()._ptr()
    weight.value().get_tensor().set(np.zeros([2, 2], "float32"), "cpu")
    assert not weight.numpy().any()
    weight.get_tensor().set([1.0, 2.0, 3.0], paddle.CPUPlace())
    assert weight.shape == [3] and weight.dtype == paddle.float64
    other = paddle.base.core.DenseTensor()._share_data_with(weight.get_tensor())
    other.set([0.0, 0.0, 0.0], "cpu")
    assert weight.tolist() == [0.0, 0.0, 0.0] and other._dtype() == paddle.float64 and other._place().is_cpu_place()
    assert paddle.utils.dlpack.from_dlpack(held._to_dlpack()).tolist() == [0.5, 1.5]
