"""The Paddle dialect at its corners: NaN, ties, numbers of other kinds, what an in-place form refuses. Expected values are Paddle 3.3.1's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle

NAN = float("nan")


def _leaf(values: Any) -> Any:
    return paddle.to_tensor(np.asarray(values, np.float32), stop_gradient=False)


@pytest.mark.parametrize(
    ("values", "at"), [([1.0, NAN, 3.0], 2), ([NAN, 5.0, 2.0], 1), ([NAN, NAN], 0), ([NAN, -np.inf, -1.0], 2)]
)
def test_nan_is_never_the_largest(values: list[float], at: int) -> None:
    x = paddle.to_tensor(values)
    assert paddle.argmax(x).item() == at
    assert paddle.argmin(-x).item() == at
    assert paddle.argmax(x.reshape([1, -1]), axis=1).tolist() == [at]


@pytest.mark.parametrize(
    ("values", "median", "share"),
    [
        ([4.0, 4.0, 4.0], 4.0, [1 / 3, 1 / 3, 1 / 3]),
        ([1.0, 2.0, 2.0, 3.0], 2.0, [0, 0.5, 0.5, 0]),
        ([1.0, 8.0, 3.0, 2.0], 2.5, [0, 0, 0.5, 0.5]),
        ([NAN, NAN, 1.0], NAN, [0.5, 0.5, 0]),
    ],
)
def test_equal_elements_share_a_medians_gradient(values: list[float], median: float, share: list[float]) -> None:
    x = _leaf(values)
    y = paddle.median(x)
    y.backward()
    np.testing.assert_allclose(y.numpy(), median)
    np.testing.assert_allclose(x.grad.numpy(), share, rtol=1e-6)


def test_nanmedian_gives_its_gradient_to_numbers() -> None:
    x = _leaf([NAN, 1.0, 2.0])
    paddle.nanmedian(x).backward()
    assert x.grad.tolist() == [0.0, 0.5, 0.5]


def test_grids_in_xy_order() -> None:
    a, b = paddle.meshgrid(paddle.to_tensor([1, 2]), paddle.to_tensor([3, 4, 5]), indexing="xy")
    assert a.tolist() == [[1, 2]] * 3
    assert b.tolist() == [[3, 3], [4, 4], [5, 5]]


def test_tensors_that_are_joined_have_one_dtype() -> None:
    a, b = paddle.ones([2]), paddle.ones([2], "float64")
    for join in (paddle.concat, paddle.stack):
        with pytest.raises(ValueError, match="data type"):
            join([a, b])
        with pytest.raises(ValueError, match="list of Tensors"):
            join(a)


def test_sums_of_short_integers_stay_short() -> None:
    for kind, result in (("uint8", "uint8"), ("int16", "int16"), ("int32", "int64"), ("bool", "int64")):
        assert paddle.sum(paddle.ones([3], kind)).dtype == getattr(paddle, result)


def test_a_functions_number_is_cut_for_integers() -> None:
    x = paddle.to_tensor([1, 2, 3])
    assert paddle.pow(x, 2.5).tolist() == [1, 4, 9]
    assert paddle.remainder(x, 2.5).tolist() == [1, 0, 1]
    assert paddle.equal(x, 2.5).tolist() == [False, True, False]
    assert (x**2.5).dtype == paddle.float32
    assert (x == 2.5).tolist() == [False, False, False]


def test_numpys_numbers_take_the_dtype_of_integers() -> None:
    x = paddle.to_tensor([1, 2])
    assert (x + np.float32(2.5)).tolist() == [3, 4]
    assert (np.float32(2.5) * x).dtype == paddle.int64
    assert (x + np.float64(0.5)).dtype == paddle.float32
    assert (paddle.to_tensor([True, False]) + np.int64(3)).dtype == paddle.bool


def test_where_does_not_promote() -> None:
    which = paddle.to_tensor([True, False])
    assert paddle.where(which, True, False).dtype == paddle.bool
    assert paddle.where(which, 1.0, paddle.ones([2], "float64")).dtype == paddle.float64
    with pytest.raises(TypeError):
        paddle.where(which, 1, paddle.to_tensor([1.0, 2.0]))


def test_clip_bounds() -> None:
    with pytest.raises(ValueError, match="greater than or equal to min"):
        paddle.clip(paddle.to_tensor([1.0]), 2.0, 1.0)
    x = paddle.to_tensor([1, 5, 9])
    assert paddle.clip(x, 2.5, 7.5).dtype == paddle.float32
    assert x.clip_(2.5, 7.5).tolist() == [2, 5, 7]


def test_closeness() -> None:
    inf = float("inf")
    assert paddle.isclose(paddle.to_tensor([-inf, 1.0, NAN]), paddle.to_tensor([inf, inf, 1.0])).tolist() == [
        True,
        True,
        False,
    ]
    with pytest.raises(RuntimeError):
        paddle.isclose(paddle.to_tensor([1]), paddle.to_tensor([1]))
    with pytest.raises(RuntimeError):
        paddle.allclose(paddle.ones([2]), paddle.ones([1]))
    with pytest.raises(ValueError, match="does not match"):
        paddle.allclose(paddle.ones([2]), paddle.ones([2], "float64"))


def test_kernels_of_integers_that_upstream_lacks() -> None:
    for call in (paddle.norm, paddle.var, paddle.std):
        with pytest.raises(RuntimeError, match="not registered"):
            call(paddle.to_tensor([True, False]))
    with pytest.raises(RuntimeError, match="not registered"):
        paddle.norm(paddle.to_tensor([1, 2]))
    assert paddle.var(paddle.to_tensor([1, 5], "int32")).dtype == paddle.int32


def test_what_in_place_forms_refuse() -> None:
    x = paddle.ones([2])
    for name in ("add_", "subtract_", "multiply_", "divide_", "remainder_", "less_than_", "equal_"):
        with pytest.raises(AttributeError, match="'float' object has no attribute 'shape'"):
            getattr(x, name)(2.0)
    for value in (paddle.ones([2]), [2]):
        with pytest.raises(TypeError, match="y must be scalar type"):
            paddle.pow_(x, value)
    with pytest.raises(TypeError):
        x.fill_(paddle.to_tensor(1.0))


def test_comparisons_change_leaves_in_place() -> None:
    x = _leaf([1.0, 3.0])
    assert x.less_than_(paddle.to_tensor([2.0, 2.0])) is x
    assert x.dtype == paddle.bool and x.tolist() == [True, False]
    assert not x.stop_gradient
    with pytest.raises(ValueError, match="inplace"):
        _leaf([1.0]).add_(paddle.ones([1]))


def test_addmm_in_place_takes_its_names() -> None:
    target = paddle.ones([2, 2])
    paddle.addmm_(target, x=paddle.ones([2, 3]), y=paddle.ones([3, 2]), beta=0.5, alpha=2.0)
    assert target.tolist() == [[6.5, 6.5]] * 2


def test_linalg_is_the_module_of_that_name() -> None:
    assert paddle.linalg.norm(paddle.to_tensor([3.0, 4.0])).item() == 5.0
    assert not hasattr(paddle, "shaping")


def test_softmax_looks_no_deeper_than_64() -> None:
    functional = paddle.nn.functional
    x = _leaf([[0.0, -70.0, -np.inf], [1e30, -1e30, 1e30]])
    y = functional.log_softmax(x)
    np.testing.assert_allclose(y.numpy(), [[0, -64, -64], [-np.log(2), -64 - np.log(2), -np.log(2)]], rtol=1e-6)
    np.testing.assert_allclose(functional.softmax(x).numpy()[0], [1, np.exp(-64), np.exp(-64)], rtol=1e-5)
    y[0, 1].backward()
    np.testing.assert_allclose(x.grad.numpy()[0], [-1, 1, 0], atol=1e-6)
    scores = _leaf([[3.0, -1e4]])
    loss = functional.cross_entropy(scores, paddle.to_tensor([1]))
    loss.backward()
    assert loss.item() == 64.0
    np.testing.assert_allclose(scores.grad.numpy(), [[1, -1]], atol=1e-6)


def test_slopes_of_nan_are_nan() -> None:
    functional = paddle.nn.functional
    for call in (functional.elu, functional.celu, lambda x: functional.elu_(x * 1)):
        x = _leaf([NAN, 2.0, 0.0])
        call(x).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), [NAN, 1.0, 1.0])


def test_gumbel_softmaxs_slope_is_not_divided_by_the_temperature() -> None:
    grads = []
    for temperature in (1.0, 0.5):
        paddle.seed(11)
        x = _leaf([0.1, 0.7])
        y = paddle.nn.functional.gumbel_softmax(x, temperature)
        y[0].backward()
        p = y.numpy()[0]
        grads.append((x.grad.numpy()[0], p * (1 - p)))
    for got, want in grads:
        np.testing.assert_allclose(got, want, rtol=1e-5)
    assert paddle.nn.functional.gumbel_softmax(paddle.to_tensor(1.0), hard=True).item() == 1.0


def test_axes_and_indices_that_are_not_there() -> None:
    x = paddle.ones([2, 3])
    with pytest.raises(IndexError):
        paddle.gather(x, paddle.to_tensor([0]), axis=2)
    with pytest.raises(IndexError):
        paddle.take_along_axis(x, paddle.to_tensor([[5]]), 0)
    with pytest.raises(ValueError, match="mv"):
        paddle.mv(paddle.ones([3]), paddle.ones([3]))
    with pytest.raises(ValueError, match="weight"):
        paddle.nn.functional.nll_loss(x, paddle.to_tensor([0, 1]), weight=paddle.ones([2]))
    with pytest.raises(ValueError, match="epsilon"):
        paddle.nn.functional.cross_entropy(x, paddle.to_tensor([0, 1]), label_smoothing=1.5)


def test_a_graph_is_walked_once() -> None:
    for call in (lambda x: x + x, lambda x: x.sum(), lambda x: x.reshape([-1]), lambda x: x.exp()):
        x = _leaf([1.0, 2.0])
        y = call(x)
        y.backward(retain_graph=True)
        y.backward()
        with pytest.raises(SystemError, match="retain_graph=True"):
            y.backward()
    x = _leaf([1.0])
    shared = x * 2
    (shared + 1).backward()
    with pytest.raises(SystemError):
        (shared - 1).backward()


def test_each_largest_element_has_an_infinite_norms_gradient() -> None:
    for p, values, slopes in (
        (float("inf"), [2.0, -2.0, 1.0], [1.0, -1.0, 0.0]),
        (-float("inf"), [2.0, -1.0, 1.0], [0.0, -1.0, 1.0]),
        (float("inf"), [0.0, 0.0], [0.0, 0.0]),
    ):
        x = _leaf(values)
        paddle.norm(x, p=p).backward()
        assert x.grad.tolist() == slopes


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_fold_sums_complex_columns(dtype: str) -> None:
    columns = (np.arange(24) * (1 - 2j)).reshape(1, 4, 6).astype(dtype)
    F = paddle.nn.functional
    y = F.fold(paddle.to_tensor(columns), [3, 4], 2)
    parts = [
        F.fold(paddle.to_tensor(np.ascontiguousarray(part)), [3, 4], 2).numpy() for part in (columns.real, columns.imag)
    ]
    np.testing.assert_array_equal(y.numpy(), parts[0] + 1j * parts[1])
    assert str(y.numpy().dtype) == dtype


def test_batch_makes_lists_of_a_readers_samples() -> None:
    calls: list[int] = []

    def reader() -> Any:
        calls.append(1)
        return iter("abcde")

    whole, full = paddle.batch(reader, 2), paddle.batch(reader, batch_size=2, drop_last=True)
    assert calls == []
    assert list(whole()) == list(whole()) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(full()) == [["a", "b"], ["c", "d"]]
    assert calls == [1, 1, 1]
    with pytest.raises(ValueError, match="positive integer value, but got batch_size=-3"):
        paddle.batch(reader, -3)
