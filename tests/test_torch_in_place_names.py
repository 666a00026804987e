"""The names of nodes made in place, which PyTorch counts as another version of the function's own; all from PyTorch 2.13.0."""

import pytest

from plait import torch
from plait.torch.nn import functional as F

TWO = torch.tensor(2.0)


def _put(y):
    y[y > 0] = 1.0
    return y


CASES = [
    (lambda y: F.elu_(y), "EluBackward1"),
    (lambda y: F.elu(y), "EluBackward0"),
    (lambda y: F.selu_(y), "EluBackward1"),
    (lambda y: F.celu_(y), "CeluBackward1"),
    (lambda y: F.leaky_relu_(y), "LeakyReluBackward1"),
    (lambda y: F.rrelu_(y), "RreluWithNoiseBackward1"),
    (lambda y: F.rrelu(y, training=True, inplace=True), "RreluWithNoiseBackward1"),
    (lambda y: F.rrelu(y, training=True), "RreluWithNoiseBackward0"),
    (lambda y: F.threshold_(y, 0.1, 2.0), "ThresholdBackward1"),
    (lambda y: F.relu_(y), "ReluBackward0"),
    (lambda y: F.hardtanh_(y), "HardtanhBackward0"),
    (lambda y: y.squeeze_(), "SqueezeBackward3"),
    (lambda y: y.squeeze_(1), "SqueezeBackward4"),
    (lambda y: y.squeeze_((1,)), "SqueezeBackward5"),
    (lambda y: y.squeeze(1), "SqueezeBackward1"),
    (lambda y: y.unsqueeze_(0), "UnsqueezeBackward1"),
    (lambda y: y.transpose_(0, 1), "TransposeBackward1"),
    (lambda y: y.t_(), "TBackward1"),
    (lambda y: y.as_strided_((2,), (1,)), "AsStridedBackward1"),
    (lambda y: y.pow_(2), "PowBackward0"),
    (lambda y: y.pow_(TWO), "PowBackward1"),
    (lambda y: y.remainder_(TWO), "RemainderBackward1"),
    (lambda y: y.fmod_(TWO), "FmodBackward1"),
    (lambda y: y.fmod_(2), "FmodBackward0"),
    (lambda y: y.lerp_(y.detach().clone(), TWO), "LerpBackward1"),
    (lambda y: y.masked_fill_(y > 0, 1.0), "MaskedFillBackward0"),
    (lambda y: y.masked_fill_(y > 0, TWO), "MaskedFillBackward1"),
    (lambda y: y.index_fill_(0, torch.tensor([0]), TWO), "IndexFillBackward1"),
    (lambda y: y.fill_(1), "FillBackward2"),
    (lambda y: y.fill_(TWO), "FillBackward3"),
    (lambda y: y.clamp_min_(0.0), "ClampMinBackward0"),
    (lambda y: y.clamp_min_(TWO), "ClampMinBackward1"),
    (lambda y: y.clamp_max_(0.0), "ClampMaxBackward0"),
    (lambda y: y.clamp_max_(TWO), "ClampMaxBackward1"),
    (_put, "IndexPutBackward0"),
]


@pytest.mark.parametrize(("change", "name"), CASES)
def test_the_node_of_a_change_in_place(change, name):
    x = torch.tensor([[0.5], [-1.0], [2.0]], requires_grad=True)
    y = change(x * 1)
    assert y.grad_fn.name() == name
    y.sum().backward()
    assert x.grad.shape == (3, 1)
