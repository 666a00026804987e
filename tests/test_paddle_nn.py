"""What `paddle.nn` promises beyond the functions: the tree, hooks, states, attributes, and where weights lie."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from plait import paddle, torch
from plait.paddle.nn import functional as F

nn = paddle.nn


def _net() -> nn.Layer:
    return nn.Sequential(("a", nn.Linear(2, 3)), ("b", nn.Sequential(nn.ReLU(), nn.Linear(3, 1))))


def test_names_count_by_class() -> None:
    with paddle.base.unique_name.guard():
        first, second = nn.Linear(2, 3), nn.Linear(2, 3, bias_attr=False)
        assert [first.full_name(), second.full_name()] == ["linear_0", "linear_1"]
        assert [p.name for p in first.parameters()] == ["linear_0.w_0", "linear_0.b_0"]
        assert copy.deepcopy(first).weight.name == "linear_0.w_0_deepcopy_0"
        assert nn.BatchNorm2D(3)._variance.name == "batch_norm2d_0.w_2"


def test_a_name_is_given_once() -> None:
    with paddle.base.unique_name.guard():
        nn.Linear(2, 3, weight_attr=paddle.ParamAttr(name="mine"))
        with pytest.raises(ValueError, match="mine"):
            nn.Linear(2, 3, weight_attr="mine")


def test_tree() -> None:
    net = _net()
    assert [name for name, _ in net.named_sublayers()] == ["a", "b", "b.0", "b.1"]
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.1.weight", "b.1.bias"]
    net.b.add_sublayer("again", net.a)
    assert len(net.parameters()) == 4 and len(net.state_dict()) == 6
    assert net.get_sublayer("b.1") is net.b[1] and net.get_parameter("a.weight") is net.a.weight
    with pytest.raises(AttributeError, match="nothing"):
        net.get_sublayer("b.nothing")


def test_states_load_with_a_word_on_the_rest() -> None:
    net, other = _net(), _net()
    assert net.set_state_dict(other.state_dict()) == ([], [])
    assert np.array_equal(net.a.weight.numpy(), other.a.weight.numpy())
    with pytest.warns(UserWarning, match=r"a\.weight receives a shape \[1\]"):
        missing, unexpected = net.set_state_dict({"a.weight": np.ones(1, "float32"), "zz": np.ones(1)})
    assert "a.weight" in missing and set(unexpected) == {"a.weight", "zz"}
    with pytest.warns(UserWarning), pytest.raises(RuntimeError, match="Missing key"):
        net.load_state_dict({})


def test_hooks() -> None:
    net, seen = nn.Linear(2, 2), []
    before = net.register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 2,))
    after = net.register_forward_post_hook(lambda layer, inputs, output: seen.append(len(inputs)) or output * 0)
    x = paddle.ones([1, 2])
    assert not net(x).numpy().any() and seen == [1]
    after.remove()
    doubled = net(x).numpy()
    before.remove()
    assert np.allclose(doubled, net(paddle.ones([1, 2]) * 2).numpy())


def test_attributes_know_their_kinds() -> None:
    net = nn.Layer()
    net.w = net.create_parameter([2])
    net.t = paddle.ones([1])
    net.register_buffer("kept", paddle.zeros([1]))
    net.child = nn.ReLU()
    assert list(net.state_dict()) == ["w", "kept"]
    for name in ("w", "child", "t"):
        with pytest.raises(TypeError, match="assignment to"):
            setattr(net, name, 3)
    with pytest.raises(KeyError, match="already exists"):
        net.add_parameter("child", None)
    with pytest.raises(AttributeError):
        _ = net.nothing


def test_casting_keeps_the_parameters() -> None:
    net = _net()
    weight = net.a.weight
    assert net.to(dtype="float64").a.weight is weight and weight.dtype == paddle.float64
    assert net.type("float32").a.weight.dtype == paddle.float32
    # As in Paddle 3.3.1, astype reaches what is made later only, and the CPU is not held fit for float16.
    assert net.astype("float64").a.weight.dtype == paddle.float32 and net.a._dtype == paddle.float64
    with pytest.warns(UserWarning, match="float16"):
        assert net.float16().a.weight.dtype == paddle.float32
    with pytest.raises(ValueError, match="foo"):
        net.astype("foo")
    with pytest.raises(ValueError, match="gpu"):
        net.to("gpu")


def test_copies_and_pickles() -> None:
    net = _net()
    net(paddle.ones([1, 2])).sum().backward()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(other.a.weight.numpy(), net.a.weight.numpy())
        assert other.a.weight is not net.a.weight and not other.a.weight.stop_gradient


def test_attr() -> None:
    attr = paddle.ParamAttr(
        learning_rate=0.5, trainable=False, need_clip=False, initializer=nn.initializer.Constant(3.0)
    )
    weight = nn.Linear(1, 2, weight_attr=attr).weight
    assert weight.optimize_attr == {"learning_rate": 0.5} and weight.stop_gradient and not weight.need_clip
    assert weight.tolist() == [[3.0, 3.0]]
    with pytest.raises(ValueError, match="empty"):
        paddle.ParamAttr(name="")
    with pytest.raises(TypeError, match="ParamAttr"):
        nn.Linear(1, 2, weight_attr=3)


def test_places_lead_to_the_same_outputs() -> None:
    """Each layer's declared places carry another dialect's weights over: both then give the same numbers."""
    x = np.random.default_rng(0).normal(size=(4, 6, 5, 5)).astype("float32")
    rows = [
        (torch.nn.Linear(5, 3), nn.Linear(5, 3)),
        (torch.nn.Conv2d(6, 4, 3, groups=2), nn.Conv2D(6, 4, 3, groups=2)),
        (torch.nn.ConvTranspose2d(6, 4, 3, 2), nn.Conv2DTranspose(6, 4, 3, 2)),
        (torch.nn.BatchNorm2d(6).eval(), nn.BatchNorm2D(6).eval()),
        (torch.nn.LayerNorm([5, 5]), nn.LayerNorm([5, 5])),
        (torch.nn.GroupNorm(2, 6), nn.GroupNorm(2, 6)),
        (torch.nn.InstanceNorm2d(6, affine=True), nn.InstanceNorm2D(6)),
        (torch.nn.PReLU(6), nn.PReLU(6)),
    ]
    for theirs, ours in rows:
        for k, (attribute, place) in enumerate(ours._places.items()):
            source = getattr(theirs, place.name)
            with torch.no_grad():
                source += 0.1 * (k + 1)
            own = getattr(ours, attribute)
            array = source.detach().numpy()
            own.set_value(np.ascontiguousarray(place.to_dialect(array)))
            assert np.array_equal(place.to_engine(own.numpy(), array.shape), array)
        a, b = theirs(torch.from_numpy(x)).detach().numpy(), ours(paddle.to_tensor(x)).numpy()
        assert np.allclose(a, b, 1e-5, 1e-5), type(ours)


def test_weight_norm_comes_and_goes() -> None:
    net = nn.Conv2D(2, 3, 3)
    x = paddle.ones([1, 2, 4, 4])
    y = net(x).numpy()
    nn.utils.weight_norm(net, dim=1)
    assert sorted(name for name, _ in net.named_parameters()) == ["bias", "weight_g", "weight_v"]
    assert np.allclose(net(x).numpy(), y, 1e-5, 1e-5)
    nn.utils.remove_weight_norm(net)
    assert [name for name, _ in net.named_parameters()] == ["bias", "weight"] and np.allclose(
        net(x).numpy(), y, 1e-5, 1e-5
    )
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_weight_norm(net)


def test_clipping() -> None:
    p, frozen = nn.Linear(1, 2).weight, nn.Linear(1, 2, weight_attr=paddle.ParamAttr(need_clip=False)).weight
    g = paddle.to_tensor([[3.0, -4.0]])
    assert nn.ClipGradByValue(1.0)([(p, g), (frozen, g), (p, None)])[0][1].tolist() == [[1.0, -1.0]]
    assert np.allclose(nn.ClipGradByNorm(1.0)([(p, g)])[0][1].numpy(), [[0.6, -0.8]])
    clipped = nn.ClipGradByGlobalNorm(1.0)([(p, g.clone()), (frozen, g), (p, None)])
    assert np.allclose(clipped[0][1].numpy(), [[0.6, -0.8]]) and clipped[1][1] is g and len(clipped) == 2


def test_unpooling_says_what_is_wrong() -> None:
    x, at = paddle.ones([1, 1, 3, 3]), paddle.zeros([1, 1, 3, 3], "int32")
    for match, call in (
        (r"dimensions of Input\(X\) must equal to", lambda: F.max_unpool2d(x, paddle.zeros([1, 1, 3, 4], "int32"), 2)),
        (r"The x should have \[N, C, H, W\] format", lambda: F.max_unpool2d(x[0], at, 2)),
        (r"The indices should have \[N, C, H, W\] format", lambda: F.max_unpool2d(x, at[0], 2)),
        ("index should less than output", lambda: F.max_unpool2d(x, at + 99, 2)),
        (r"Attr\(data_format\) should be 'NCHW'", lambda: F.max_unpool2d(x, at, 2, data_format="NHWC")),
        ("invalid output_size", lambda: F.max_unpool2d(x, at, 2, output_size=[5, 60])),
        ("invalid output_size", lambda: F.max_unpool1d(x[0], at[0], 2, output_size=[6])),
    ):
        with pytest.raises(ValueError, match=match):
            call()
    assert F.max_unpool1d(x[0], at[0], 2, output_size=[1, 3, 7]).shape == [1, 3, 7]


def test_pools_without_results_stay_on_the_tape() -> None:
    x = paddle.zeros([2, 3, 0, 4, 4])
    x.stop_gradient = False
    for y in (F.max_pool3d(x, 2), F.avg_pool3d(x, 2, padding="SAME")):
        assert y.shape == [2, 3, 0, 2, 2] and not y.stop_gradient
        y.sum().backward()
    assert x.grad.shape == x.shape
    y, at = F.max_pool2d(
        paddle.to_tensor(np.ones((1, 1, 6, 3), "float32"), stop_gradient=False), [2, 4], 1, return_mask=True
    )
    assert y.shape == [1, 1, 5, 0] and not y.stop_gradient and not at.stop_gradient


def test_what_paddle_refuses_and_the_engine_would_take() -> None:
    x, w = paddle.ones([1, 2, 5, 5]), paddle.ones([2, 1, 3, 3])
    with pytest.raises(ValueError, match="output_padding"):
        F.conv2d_transpose(x, w, stride=1, dilation=2, output_padding=1)
    assert F.conv2d_transpose(x, w, stride=2, output_padding=1).shape == [1, 1, 12, 12]
    for epsilon in (0.0011, -1e-6):
        with pytest.raises(ValueError, match="epsilon"):
            nn.LayerNorm(5, epsilon=epsilon)(x)
    assert nn.LayerNorm(5, epsilon=0.001)(x).shape == [1, 2, 5, 5]
    with pytest.raises(TypeError, match="pad"):
        F.pad(x, 1)
    assert nn.Pad2D(1)(x).shape == [1, 2, 7, 7]


def test_the_softmax_beside_a_loss() -> None:
    x = paddle.to_tensor([[1.0, 2.0]], stop_gradient=False)
    loss, soft = F.softmax_with_cross_entropy(x, paddle.to_tensor([[1]]), return_softmax=True)
    assert not loss.stop_gradient and not soft.stop_gradient and abs(soft.sum().item() - 1) < 1e-6
