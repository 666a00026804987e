"""Paddle's habits that a script's print shows: shapes of quotients by numbers, sums one element after another, gradients by upstream's formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle

F = paddle.nn.functional


def test_a_number_in_a_floor_division_has_one_dimension() -> None:
    seven = paddle.to_tensor(7)
    assert (seven // 2).shape == [1] and (20 // seven).shape == [1]
    assert (seven % 2).shape == [] and (seven // paddle.to_tensor(2)).shape == []
    assert (paddle.ones([2, 3]) // 2).shape == [2, 3]


def test_a_tensor_without_dimensions_holds_no_rows() -> None:
    assert next(iter(paddle.to_tensor(3)), None) is None
    with pytest.raises(AssertionError):
        len(paddle.to_tensor(3))


def test_no_gradient_flows_to_the_weight_of_lerp() -> None:
    x, w = paddle.to_tensor([1.0], stop_gradient=False), paddle.to_tensor([0.5], stop_gradient=False)
    paddle.lerp(x, x * 3, w).sum().backward()
    assert x.grad.item() == 2.0 and w.grad is None


def test_a_product_with_a_zero_has_nan_in_its_gradient() -> None:
    x = paddle.to_tensor([[0.0, 2.0, 3.0], [1.0, 2.0, 4.0]], stop_gradient=False)
    x.prod(1).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[np.nan, 0, 0], [8, 4, 2]])


def test_negative_powers_of_integers_are_cut() -> None:
    base, power = paddle.to_tensor([7, 2, 1, -1, -1, 3]), paddle.to_tensor([-8, -1, -3, -3, -2, 2])
    assert paddle.pow(base, power).tolist() == [0, 0, 1, -1, 1, 9]


def test_numpy_functions_refuse_a_tensor_and_operators_take_it() -> None:
    x = paddle.ones([2])
    with pytest.raises(TypeError):
        np.sqrt(x)
    assert isinstance(np.float32(2) * x, paddle.Tensor)
    assert isinstance(np.ones(2, "float32") + x, paddle.Tensor)


def test_a_tensor_is_turned_in_place() -> None:
    x = paddle.to_tensor([[1.0, -2.0], [3.5, -4.0]])
    assert x.transpose_([1, 0]) is x and x.tolist() == [[1.0, 3.5], [-2.0, -4.0]]


def test_an_optimizer_without_parameters_cannot_step() -> None:
    with pytest.raises(IndexError):
        paddle.optimizer.SGD(0.1, parameters=[]).step()


def test_a_slope_must_be_a_number() -> None:
    x = paddle.ones([2])
    for call in (F.elu, F.leaky_relu, F.celu, F.softplus):
        with pytest.raises(TypeError, match="must be double"):
            call(x, "a")


def test_fractional_windows_must_fit() -> None:
    with pytest.raises(ValueError, match="input of 7"):
        F.fractional_max_pool2d(paddle.ones([1, 1, 7, 7]), 9, random_u=0.5)


@pytest.mark.parametrize("axes", [(1,), (0,), (0, 2), (1, 2)])
def test_sums_over_axes_add_one_element_after_another(axes: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal((5, 17, 33)).astype("float32")
    rows = np.moveaxis(x, axes[::-1], range(len(axes))).reshape(
        -1, *[n for d, n in enumerate(x.shape) if d not in axes]
    )
    total = np.zeros(rows.shape[1:], "float32")
    for row in rows:
        total = total + row
    np.testing.assert_array_equal(paddle.to_tensor(x).sum(list(axes)).numpy(), total)
    np.testing.assert_array_equal(paddle.to_tensor(x).mean(list(axes)).numpy(), total / np.float32(len(rows)))


def test_a_mean_window_shares_its_gradient_in_float32() -> None:
    x = paddle.zeros([1, 1, 3, 3], dtype="float64")
    x.stop_gradient = False
    F.avg_pool2d(x, 3).sum().backward()
    assert (x.grad.numpy() == np.float64(np.float32(1 / 9))).all()


def in_turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    total = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for k in range(a.shape[1]):
        total = total + a[:, k : k + 1] * b[k : k + 1]
    return total


def test_small_products_add_one_after_another() -> None:
    draw = np.random.default_rng(1)
    a, b, c = (draw.standard_normal(s).astype("float32") for s in ((9, 21), (21, 35), (35,)))
    x, w = paddle.to_tensor(a, stop_gradient=False), paddle.to_tensor(b, stop_gradient=False)
    bias = paddle.to_tensor(c, stop_gradient=False)
    y = F.linear(x, w, bias)
    np.testing.assert_array_equal(y.numpy(), in_turn(a, b) + c)
    np.testing.assert_array_equal((x @ w).numpy(), in_turn(a, b))
    np.testing.assert_array_equal(paddle.mv(x, w[:, 0]).numpy(), in_turn(a, b[:, :1])[:, 0])
    y.backward(y.detach())
    np.testing.assert_array_equal(w.grad.numpy(), in_turn(a.T, y.numpy()))


def test_small_convolutions_add_channel_by_channel() -> None:
    draw = np.random.default_rng(2)
    x, w = draw.standard_normal((2, 3, 6, 7)).astype("float32"), draw.standard_normal((4, 3, 2, 3)).astype("float32")
    total = np.zeros((2, 4, 5, 5), "float32")
    for c in range(3):
        for i in range(2):
            for j in range(3):
                total = total + x[:, None, c, i : i + 5, j : j + 5] * w[None, :, c, i, j][..., None, None]
    np.testing.assert_array_equal(F.conv2d(paddle.to_tensor(x), paddle.to_tensor(w)).numpy(), total)


def test_exponentials_bear_the_digits_of_paddle_3_3_1() -> None:
    x = paddle.to_tensor([0.1, 0.7, 1.3, -2.2, -0.45, 3.1])
    assert paddle.exp(x).tolist() == [
        1.1051709651947021,
        2.0137526988983154,
        3.6692965030670166,
        0.11080314964056015,
        0.6376281380653381,
        22.197948455810547,
    ]
    assert paddle.tanh(x).tolist() == [
        0.099667988717556,
        0.6043677926063538,
        0.8617231845855713,
        -0.9757432341575623,
        -0.4218989908695221,
        0.9959493279457092,
    ]
    assert F.sigmoid(x).tolist() == [
        0.5249791741371155,
        0.6681877374649048,
        0.7858350276947021,
        0.09975048154592514,
        0.3893607556819916,
        0.956892728805542,
    ]
    assert F.silu(x).tolist() == [
        0.05249791964888573,
        0.46773141622543335,
        1.021585464477539,
        -0.21945106983184814,
        -0.1752123385667801,
        2.966367483139038,
    ]
    assert F.swish(x).tolist() == [
        0.05249791964888573,
        0.46773141622543335,
        1.021585464477539,
        -0.21945106983184814,
        -0.1752123385667801,
        2.966367483139038,
    ]
    assert F.elu(x).tolist() == [
        0.10000000149011612,
        0.699999988079071,
        1.2999999523162842,
        -0.8891968727111816,
        -0.36237186193466187,
        3.0999999046325684,
    ]
    assert F.celu(x).tolist() == [
        0.10000000149011612,
        0.699999988079071,
        1.2999999523162842,
        -0.8891968727111816,
        -0.36237186193466187,
        3.0999999046325684,
    ]
    assert F.tanhshrink(x).tolist() == [
        0.00033201277256011963,
        0.09563219547271729,
        0.4382767677307129,
        -1.2242567539215088,
        -0.02810099720954895,
        2.104050636291504,
    ]


def test_exponentials_where_they_end() -> None:
    x = paddle.to_tensor([float("nan"), float("inf"), -float("inf"), 200.0, -200.0])
    np.testing.assert_array_equal(paddle.exp(x).numpy(), np.array([np.nan, np.inf, 0, np.inf, 0], "float32"))
    np.testing.assert_array_equal(paddle.tanh(x).numpy(), np.array([np.nan, 1, -1, 1, -1], "float32"))
    np.testing.assert_array_equal(F.sigmoid(x).numpy(), np.array([np.nan, 1, 0, 1, 0], "float32"))


def test_arange_adds_a_step_at_a_time() -> None:
    value, want = np.float32(0), []
    for _ in range(10):
        want.append(value)
        value = value + np.float32(0.1)
    assert paddle.arange(0, 1, 0.1).tolist() == np.array(want).tolist()
    assert paddle.arange(0.0).shape == [0] and paddle.arange(3.0).tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("alpha", [0.2, 2.0])
def test_the_slope_of_elu_at_zero_is_alpha(alpha: float) -> None:
    x = paddle.zeros([1])
    x.stop_gradient = False
    F.elu(x, alpha).backward()
    assert x.grad.item() == np.float32(alpha)


def test_booleans_have_no_difference() -> None:
    t = paddle.to_tensor([True, False])
    with pytest.raises(RuntimeError, match="not registered"):
        _ = t - t


def _window_means(x: Any, bins: Any) -> Any:
    """Means over the last two dimensions' bins, [(begin, end), …] a dimension, one element after another."""
    y = np.empty((*x.shape[:2], len(bins[0]), len(bins[1])), x.dtype)
    for i, (top, bottom) in enumerate(bins[0]):
        for j, (left, right) in enumerate(bins[1]):
            flat = x[:, :, top:bottom, left:right].reshape(*x.shape[:2], -1)
            y[:, :, i, j] = np.cumsum(flat, axis=-1, dtype=x.dtype)[..., -1] / x.dtype.type(flat.shape[-1])
    return y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pooled_means_add_in_turn(dtype: str) -> None:
    x = np.random.default_rng(2).normal(size=(2, 3, 9, 7)).astype(dtype)
    t = paddle.to_tensor(x)
    whole = [[(0, 9)], [(0, 7)]]
    thirds = [[(0, 3), (3, 6), (6, 9)], [(0, 3), (2, 5), (4, 7)]]
    inner = [[(max(k - 1, 0), min(k + 2, n)) for k in range(0, n, 2)] for n in (9, 7)]
    assert (F.adaptive_avg_pool2d(t, 1).numpy() == _window_means(x, whole)).all()
    assert (F.adaptive_avg_pool2d(t, 3).numpy() == _window_means(x, thirds)).all()
    assert (F.avg_pool2d(t, 3, 2, 1).numpy() == _window_means(x, inner)).all()
    last = F.avg_pool2d(paddle.transpose(t, [0, 2, 3, 1]), 3, 2, 1, data_format="NHWC")
    assert (last.numpy() == _window_means(x, inner).transpose(0, 2, 3, 1)).all()
