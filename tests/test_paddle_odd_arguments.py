"""What windows, paddings and settings of odd types raise, by Paddle 3.3.1; and windows that begin inside the input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle
from plait.paddle.utils.layers_utils import NotSupportedTensorArgumentError

F, nn = paddle.nn.functional, paddle.nn
ROW, PLANE = paddle.arange(8, dtype="float32").reshape([1, 1, 8]), paddle.ones([1, 2, 6, 6])
VOLUME, FILTERS = paddle.ones([1, 2, 4, 4, 4]), paddle.ones([2, 2, 3, 3])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: F.max_pool1d(ROW, 2, ceil_mode=1), TypeError),
        (lambda: F.avg_pool2d(PLANE, 2, exclusive=1), TypeError),
        (lambda: F.max_pool2d(PLANE, True), TypeError),
        (lambda: F.max_pool2d(PLANE, [2.0, 2.0]), TypeError),
        (lambda: F.max_pool2d(PLANE, np.int64(2)), ValueError),
        (lambda: F.max_pool2d(PLANE, 2, np.int64(2)), ValueError),
        (lambda: F.max_pool2d(PLANE, "same"), ValueError),
        (lambda: F.max_pool2d(PLANE, paddle.to_tensor(2)), NotSupportedTensorArgumentError),
        (lambda: F.max_pool1d([1.0], 2), AttributeError),
        (lambda: F.adaptive_avg_pool1d(ROW, -1), RuntimeError),
        (lambda: F.adaptive_max_pool3d(VOLUME, [2, 2]), IndexError),
        (lambda: F.adaptive_avg_pool2d(PLANE, "a"), IndexError),
        (lambda: F.adaptive_avg_pool2d(PLANE, 2**40), IndexError),
        (lambda: F.conv2d(PLANE, FILTERS, None, True), TypeError),
        (lambda: F.conv2d(PLANE, FILTERS, None, 1, 0, 1, 2.0), TypeError),
        (lambda: F.conv2d(3, FILTERS), AttributeError),
        (lambda: F.unfold(PLANE, 2.0), NotSupportedTensorArgumentError),
        (lambda: F.unfold(PLANE, True), TypeError),
        (lambda: F.maxout(PLANE, 2.5), TypeError),
        (lambda: F.hardtanh(PLANE, "a"), TypeError),
        (lambda: F.softplus(PLANE, "a"), TypeError),
        (lambda: F.embedding(paddle.to_tensor([0]), [1.0]), AttributeError),
        (lambda: nn.Conv2D(2, 2, 2, padding_mode=[1]), TypeError),
        (lambda: F.linear(PLANE, paddle.ones([6, 2]), [1.0]), ValueError),
        (lambda: F.dropout(paddle.ones([3]), 0.4, training=False, mode="downscale_in_infer"), ValueError),
    ],
)
def test_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error


def test_windows_that_begin_inside() -> None:
    x = ROW.clone()
    x.stop_gradient = False
    y = F.avg_pool1d(x, 2, padding=-2)
    assert y.tolist() == [[[2.5, 4.5]]]
    assert F.max_pool1d(x, 2, 2, [-1]).tolist() == [[[2.0, 4.0, 6.0]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.0, 0.0]]]


def test_no_bins() -> None:
    assert F.adaptive_max_pool2d(PLANE, 0).shape == [1, 2, 0, 0]
    y, places = F.adaptive_max_pool2d(PLANE, [0, 2], True)
    assert y.shape == places.shape == [1, 2, 0, 2]


@pytest.mark.parametrize(
    ("layer", "kernel", "shape"),
    [
        (lambda: nn.BatchNorm1D(3), "batch_norm", (4, 3)),
        (lambda: nn.BatchNorm3D(2), "batch_norm", (1, 2, 3, 3, 3)),
        (lambda: nn.InstanceNorm1D(3), "instance_norm", (2, 3, 5)),
        (lambda: nn.InstanceNorm2D(3), "instance_norm", (2, 3, 5, 5)),
        (lambda: nn.Softmax2D(), "softmax", (3, 4, 4)),
    ],
)
def test_layers_that_ask_for_axes_refuse_arrays(layer: Any, kernel: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"{kernel}\(\): argument 'x' \(position 0\) must be Tensor"):
        layer()(np.zeros(shape, np.float32))


@pytest.mark.parametrize(("axis", "fits"), [(1, True), (-2, True), (2, False), (-3, False)])
def test_normalize_names_the_axes_range(axis: int, fits: bool) -> None:
    x = paddle.to_tensor([[3.0, 4.0], [6.0, 8.0]])
    if fits:
        assert F.normalize(x, axis=axis).shape == [2, 2]
    else:
        with pytest.raises(ValueError, match=r"Attr\(axis\) value should be in range \[-R, R-1\].* R 2"):
            F.normalize(x, axis=axis)
