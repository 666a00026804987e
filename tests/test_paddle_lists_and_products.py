"""Products with arrays and complex numbers, norms of vectors over two axes, sums of a dtype, lists of tensors, files in turn."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from plait import paddle


def test_a_product_with_an_array() -> None:
    a, b = np.arange(6, dtype="float32").reshape(2, 3), np.arange(12, dtype="float64").reshape(3, 4)
    right = paddle.to_tensor(a) @ b
    left = b.T @ paddle.to_tensor(a.T)
    assert right.dtype == left.dtype == paddle.float32
    np.testing.assert_array_equal(right.numpy(), a @ b)
    np.testing.assert_array_equal(left.numpy(), b.T @ a.T)
    with pytest.raises(ValueError, match="matmul"):
        _ = paddle.to_tensor(a) @ 2.0
    with pytest.raises(TypeError, match="list"):
        _ = paddle.to_tensor(a) @ [1.0]


def test_products_of_complex_numbers() -> None:
    a = np.array([[1 + 2j, 3], [-1j, 2 - 1j]])
    x = paddle.to_tensor(a)
    for got in (x @ x, paddle.matmul(x, x), paddle.mm(x, x)):
        np.testing.assert_allclose(got.numpy(), a @ a)
    batch = np.stack([a, 2 * a])
    np.testing.assert_allclose(paddle.matmul(paddle.to_tensor(batch), x).numpy(), batch @ a)
    y = paddle.to_tensor(a, stop_gradient=False)
    with pytest.raises(NotImplementedError, match="complex"):
        _ = y @ x
    with pytest.raises(NotImplementedError, match="complex"):
        paddle.matmul(x, y)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("p", [1, 2, 3.0, 0, float("inf"), -float("inf")])
def test_the_norm_of_vectors_over_two_axes(p: float, keepdim: bool) -> None:
    a = np.random.RandomState(0).standard_normal((3, 2, 4))
    a[0, 1, 2] = 0
    flat = np.linalg.norm(np.moveaxis(a, 1, 0).reshape(2, 12), p, axis=1)
    for axis in ([0, 2], (-1, 0)):
        x = paddle.to_tensor(a, stop_gradient=False)
        got = paddle.linalg.vector_norm(x, p=p, axis=axis, keepdim=keepdim)
        np.testing.assert_allclose(got.numpy(), flat.reshape(1, 2, 1) if keepdim else flat)
    if p == 2:
        got.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), a / flat[None, :, None])


def test_powers_of_a_norm() -> None:
    x = paddle.ones([2, 2])
    for axis in (None, -1, [0, 1]):
        with pytest.raises(ValueError, match="p must be"):
            paddle.norm(x, p=[2], axis=axis)
    with pytest.raises(ValueError, match="p must be"):
        paddle.norm(0, [1, 0])
    with pytest.raises(ValueError, match="p must be"):
        paddle.linalg.vector_norm(x, p="fro")


def test_running_sums_of_a_dtype() -> None:
    x = paddle.to_tensor([100, 100, 100], dtype="int64")
    for dtype in ("int32", "int16", "int8", "uint8", "float32"):
        got = paddle.cumsum(x, dtype=dtype)
        assert got.dtype == getattr(paddle, dtype)
        np.testing.assert_array_equal(got.numpy(), np.array([100, 200, 300]).astype(dtype))
    assert paddle.cumsum(x.astype("int32")).dtype == paddle.int64
    assert paddle.cumsum(paddle.to_tensor([True, True]), dtype="int32").tolist() == [1, 2]


def test_a_range_of_great_numbers() -> None:
    assert paddle.arange(2**53 + 1, 2**53 + 4).tolist() == [2**53 + 1, 2**53 + 2, 2**53 + 3]
    assert paddle.arange(0, -(2**53 + 2), -(2**53 + 1)).tolist() == [0, -(2**53 + 1)]
    assert paddle.arange(5, 5).tolist() == paddle.arange(5, 7, -1).tolist() == []
    assert paddle.arange(7, 0, -3).tolist() == [7, 4, 1]


def test_lists_of_tensors() -> None:
    tensor = paddle.tensor
    held = tensor.create_array("float32")
    one, zero = paddle.ones([1], "int64"), paddle.zeros([1], "int64")
    a, b = paddle.ones([2]), paddle.zeros([2])
    assert tensor.array_write(a, zero, held) is held
    tensor.array_write(a, one, held)
    tensor.array_write(b, zero, held)
    assert tensor.array_length(held) == 2
    assert tensor.array_read(held, zero) is b
    assert paddle.concat(held).tolist() == [0, 0, 1, 1]
    assert [t.tolist() for t in tensor.create_array("float32", (a, b))] == [[1, 1], [0, 0]]
    for wrong in (
        lambda: tensor.array_write(a, 0, held),
        lambda: tensor.array_write(a, one * 5, held),
        lambda: tensor.array_write(2.0, zero, held),
        lambda: tensor.array_write(a, zero.reshape([]), held),
        lambda: tensor.array_read((a,), zero),
    ):
        with pytest.raises(AssertionError, match="array_"):
            wrong()
    with pytest.raises(TypeError, match="create_array"):
        tensor.create_array("float32", [1.0])


def test_objects_that_follow_one_another() -> None:
    file = BytesIO()
    paddle.save({"w": paddle.ones([2])}, file)
    paddle.save(paddle.zeros([3]), file)
    file.seek(0)
    assert paddle.load(file)["w"].tolist() == [1, 1]
    assert paddle.load(file).tolist() == [0, 0, 0]
    with pytest.raises(EOFError):
        paddle.load(file)
    with pytest.raises(ValueError, match="BytesIO"):
        paddle.save(paddle.ones([1]), 3)


def test_the_kind_of_sections_is_judged_before_the_axis() -> None:
    with pytest.raises(TypeError, match="num_or_sections"):
        paddle.split(paddle.ones([4]), 2.0, axis=7)
