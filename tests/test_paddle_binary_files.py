"""One tensor in a file without pickle."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest

from plait import paddle

if TYPE_CHECKING:
    from pathlib import Path

# What Paddle 3.3.1 writes for float32 zeros of the shape [1, 300], before the elements.
_HEAD = bytes(16) + b"\x07\x00\x00\x00\x08\x05\x10\x01\x10\xac\x02"


def test_the_bytes_are_upstreams() -> None:
    file = BytesIO()
    paddle.save(paddle.zeros([1, 300]), file, use_binary_format=True)
    assert file.getvalue() == _HEAD + bytes(1200)
    file = BytesIO()
    paddle.save(paddle.to_tensor(1.5), file, use_binary_format=True)
    assert file.getvalue() == bytes(16) + b"\x02\x00\x00\x00\x08\x05\x00\x00\xc0?"


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [[], [3], [0, 2], [2, 200]])
def test_it_comes_back(dtype: str, shape: list[int], tmp_path: Path) -> None:
    x = (paddle.rand(shape) * 3).astype(dtype)
    path = str(tmp_path / "folder" / "x")
    paddle.save(x, path, use_binary_format=True)
    got = paddle.load(path)
    assert (got.dtype, got.shape, got.stop_gradient) == (x.dtype, x.shape, True)
    np.testing.assert_array_equal(got.numpy(), x.numpy())
    got[...] = 1  # its memory is its own
    array = paddle.load(path, return_numpy=True)
    assert array.dtype == x.numpy().dtype
    np.testing.assert_array_equal(array, x.numpy())


def test_it_stands_between_pickles() -> None:
    file = BytesIO()
    paddle.save(paddle.ones([2]), file, use_binary_format=True)
    paddle.save({"w": paddle.zeros([1])}, file)
    file.seek(0)
    assert paddle.load(file).tolist() == [1, 1]
    assert paddle.load(file)["w"].tolist() == [0]


def test_what_is_refused() -> None:
    for value in ([paddle.ones([1])], {"w": paddle.ones([1])}, 3, np.ones(2)):
        with pytest.raises(NotImplementedError, match="expected Tensor"):
            paddle.save(value, BytesIO(), use_binary_format=True)
    for data in (
        _HEAD + bytes(1199), _HEAD[:20], bytes(16), _HEAD.replace(b"\x08\x05", b"\x08\x63"), _HEAD.replace(b"\x10\x01", b"\x18\x01"),
        bytes(16) + b"\x03\x00\x00\x00\x08\x05\x10", bytes(16) + b"\xff\xff\xff\xff\x08\x05",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="can not parse"):
            paddle.load(BytesIO(data))
