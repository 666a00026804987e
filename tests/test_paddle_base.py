"""What eager tests reach below the public names: the two modes, `paddle.base`, stand-ins for static graphs; and the tape's errors."""

from __future__ import annotations

import numpy as np
import pytest

from plait import paddle
from plait.paddle import base
from plait.paddle._mode import Mode
from plait.paddle.autograd import PyLayer
from plait.paddle.base import core, framework
from plait.paddle.hapi.progressbar import ProgressBar  # here: it takes the standard output that it finds


def test_modes_switch_and_static_mode_refuses() -> None:
    assert paddle.in_dynamic_mode() and base.dygraph.enabled()
    paddle.enable_static()
    try:
        assert not paddle.in_dynamic_mode() and framework.in_pir_mode()
        for make in (
            lambda: paddle.to_tensor([1.0]),
            lambda: paddle.zeros([2]),
            lambda: paddle.nn.Linear(1, 1),
        ):
            with pytest.raises(NotImplementedError, match="static graphs"):
                make()
            assert not Mode.static  # a refusal ends it
            paddle.enable_static()
        with pytest.raises(NotImplementedError):
            paddle.static.Program()
        assert not Mode.static
        paddle.enable_static()
        with base.dygraph.guard(base.CPUPlace()):
            assert paddle.nn.Linear(1, 1).weight.name == "linear_0.w_0"
        assert Mode.static
    finally:
        paddle.disable_static()
    assert framework.in_dygraph_mode()


def test_names_are_counted_afresh_after_static_mode() -> None:
    def layer() -> str:
        named = paddle.nn.Linear(1, 1, weight_attr=paddle.ParamAttr(name="the_one"))
        return str(named.bias.name)

    layer()
    paddle.disable_static()
    with pytest.raises(ValueError, match="the_one"):
        layer()
    paddle.enable_static()
    paddle.disable_static()
    assert layer() == "linear_0.b_0"


def test_names_of_graphs_say_so_when_used() -> None:
    program = paddle.static.Program
    assert not isinstance(1, program)
    with pytest.raises(NotImplementedError, match=r"paddle\.static\.Program"):
        program()
    with pytest.raises(NotImplementedError):
        type("Mine", (base.Executor,), {})
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = paddle.static.nothing
    with pytest.raises(AttributeError, match="not part of plait"):
        _ = program.parse_from_string


def test_base_has_upstreams_names_of_places_flags_and_facts() -> None:
    assert (
        base.ParamAttr is paddle.ParamAttr
        and base.CUDAPlace is framework.CUDAPlace is core.CUDAPlace is paddle.CUDAPlace
    )
    assert core.CPUPlace is base.CPUPlace and core.XPUPlace is base.XPUPlace
    assert framework.in_dynamic_mode() and not base.is_compiled_with_cuda() and not core.is_compiled_with_xpu()
    flags = base.get_flags("FLAGS_use_stride_kernel")
    base.set_flags(flags)
    assert framework.get_flags("FLAGS_use_stride_kernel") == flags


def test_gradients_can_be_put_under_a_tensor() -> None:
    weight = paddle.nn.Linear(2, 2).weight
    weight._set_grad_ivar(paddle.ones([2, 2], "float64"))
    assert weight._grad_ivar().dtype == paddle.float64 and weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match="does not fit"):
        weight._set_grad_ivar(paddle.ones([3]))


def test_held_values_fill_parameters_as_they_are_added() -> None:
    layer = paddle.nn.Layer()
    held, other = layer.create_parameter([2]), layer.create_parameter([2])
    layer._loaddict_holder[held.name] = paddle.to_tensor([5.0, 6.0])
    layer.add_parameter("held", held)
    assert layer.held.tolist() == [5.0, 6.0]
    with pytest.raises(AssertionError, match="not found"):
        layer.add_parameter("other", other)


def test_fill_constant_is_full_in_another_order() -> None:
    made = paddle.tensor.fill_constant([2], "int64", 3)
    assert made.dtype == paddle.int64 and made.tolist() == [3, 3] and not hasattr(paddle, "fill_constant")
    assert paddle.tensor.fill_constant([1], "float32", "1.5", False, made) is made and made.tolist() == [1.5]


def test_gaussian_draws_what_normal_draws_or_from_a_sequence_of_its_own() -> None:
    paddle.seed(5)
    drawn = paddle.tensor.random.gaussian([3], mean=1.0, std=2.0)
    paddle.seed(5)
    assert drawn.tolist() == paddle.normal(1.0, 2.0, [3]).tolist() and not hasattr(paddle, "gaussian")
    # Paddle 3.3.1's digits
    assert paddle.tensor.gaussian([3], seed=4).tolist() == [
        -0.23616677522659302,
        1.460615634918213,
        -0.6497372984886169,
    ]


def test_parameters_say_what_their_shape_and_dtype_lack() -> None:
    for arguments, words in (((None, "float32"), "shape"), (([1], None), "dtype"), (([-1], "float32"), "dimension")):
        with pytest.raises(ValueError, match=words):
            framework.EagerParamBase(shape=arguments[0], dtype=arguments[1])


def test_base_has_what_eager_tests_ask() -> None:
    assert core.VarDesc.VarType.FP32 is paddle.float32 is core.DataType.FLOAT32
    assert isinstance(paddle.ones([1]), framework.Variable) and not isinstance(np.ones(1), framework.Variable)
    assert isinstance(paddle.nn.Linear(1, 1).bias, framework.Parameter)
    assert not isinstance(paddle.ones([1]), framework.Parameter)
    assert framework._current_expected_place().is_cpu_place() and not core.is_compiled_with_cuda()
    assert base.data_feeder.convert_dtype(np.float64) == "float64"
    assert framework.convert_np_dtype_to_dtype_("int32") is paddle.int32
    assert (
        core.globals()["FLAGS_use_stride_kernel"]
        is paddle.get_flags("FLAGS_use_stride_kernel")["FLAGS_use_stride_kernel"]
    )
    assert base.unique_name.generate("zz") != base.unique_name.generate("zz")


def _leaf() -> paddle.Tensor:
    return paddle.to_tensor([1.0, 2.0, 3.0], stop_gradient=False)


def test_a_saved_tensor_that_changed() -> None:
    x = _leaf()
    y = x**2
    z = y**2
    y[0] = 5.0
    with pytest.raises(RuntimeError, match="tensor_version:1 != wrapper_version_snapshot:0"):
        z.sum().backward()


def test_backward_twice() -> None:
    x = _leaf()
    y = (x * x).sum()
    y.backward()
    with pytest.raises(SystemError, match="retain_graph=True"):
        y.backward()


def _layer(forward: object, backward: object) -> type[PyLayer]:
    return type("Mine", (PyLayer,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def test_pylayer_returns() -> None:
    with pytest.raises(ValueError, match="at least one Tensor"):
        _layer(lambda ctx, x: 1, lambda ctx, g: g).apply(_leaf())
    for wrong in (lambda ctx, g: 1, lambda ctx, g: (g, g)):
        with pytest.raises(ValueError, match="backward must return"):
            _layer(lambda ctx, x: x * 2, wrong).apply(_leaf()).sum().backward()

    def broken(ctx: object, g: object) -> None:
        raise KeyError("boom")

    with pytest.raises(OSError, match="boom"):
        _layer(lambda ctx, x: x * 2, broken).apply(_leaf()).sum().backward()


def test_pylayer_takes_lists_and_any_dtype() -> None:
    x, y, z = _leaf(), _leaf(), _leaf()
    sums = _layer(lambda ctx, pair, c: pair[0] + pair[1] + c, lambda ctx, g: ([g, g * 2], g * 3))
    sums.apply([x, y], z).sum().backward()
    assert [t.grad.tolist()[0] for t in (x, y, z)] == [1.0, 2.0, 3.0]
    x = _leaf()
    whole = _layer(lambda ctx, x: x.astype("int64"), lambda ctx, g: g).apply(x)
    whole.astype("float32").sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_pylayer_that_hands_its_input_back() -> None:
    same = _layer(lambda ctx, x: x, lambda ctx, g: g * 3)
    with pytest.raises(ValueError, match="inplace"):
        same.apply(_leaf())
    x = _leaf()
    y = x * 1
    assert same.apply(y) is y and y.inplace_version == 1
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]


def test_methods_in_a_tensors_likeness() -> None:
    x = paddle.arange(6, dtype="float64").reshape([2, 3])
    assert x.new_zeros(2, 3).dtype == paddle.float64 and x.new_ones([2], dtype="int64").tolist() == [1, 1]
    assert x.new_full([2], 7).tolist() == [7.0, 7.0] and x.new_empty((4,)).shape == [4]
    assert np.allclose(x.softmax().numpy().sum(1), 1) and np.allclose(x.softmax(dim=0).numpy().sum(0), 1)
    assert x.apply(lambda t: t + 1).sum().item() == 21.0
    x.stop_gradient = False
    with pytest.raises(RuntimeError):
        x.apply(abs)


def test_functions_in_place_are_in_the_namespace() -> None:
    x = paddle.to_tensor([-1.0, 4.0])
    assert paddle.abs_(x) is x and paddle.subtract_(x, paddle.to_tensor([0.0, 2.0])).tolist() == [1.0, 2.0]
    assert paddle.where_(x > 1, x, x * 5).tolist() == [5.0, 2.0]
    assert x.tolist() == [5.0, 2.0]


def test_values_of_another_dtype_are_refused() -> None:
    layer = paddle.nn.Linear(2, 2)
    for wrong in (np.ones((2, 2)), [[1.0, 2.0], [3.0, 4.0]], np.ones((2, 2), "float16")):
        with pytest.raises(AssertionError, match="dtype"):
            layer.weight.set_value(wrong)
    with pytest.raises(AssertionError):
        layer.set_state_dict({"weight": np.ones((2, 2)), "bias": np.ones(2)})
    x = paddle.ones([2])
    assert x.cast("float32") is not x and x.astype("float32") is x


def test_index_tensors_that_do_not_fit() -> None:
    x = paddle.zeros([3, 3])
    with pytest.raises(ValueError, match="broadcast"):
        _ = x[[0, 1], [0, 1, 2]]
    with pytest.raises(SystemError, match="broadcast"):
        x[[0, 1], [0, 1, 2]] = 1.0


def test_whole_numbers_show_that_their_source_has_gradients() -> None:
    x = paddle.to_tensor([[3.0, 1.0, 2.0]], stop_gradient=False)
    whole = (
        x.topk(1)[1], x.kthvalue(1)[1], x.mode()[1], x.cummax(1)[1], x.cummin(1)[1], x.astype("int32"), x.cast("bool"),
    )  # fmt: skip
    assert not any(t.stop_gradient for t in whole)
    assert x.detach().astype("int32").stop_gradient
    with paddle.no_grad():
        assert x.astype("int32").stop_gradient


def test_base_holds_places_and_attributes_of_parameters() -> None:
    assert base.ParamAttr is paddle.ParamAttr and base.param_attr.ParamAttr is paddle.ParamAttr
    for name in ("CPUPlace", "CUDAPinnedPlace", "CUDAPlace", "CustomPlace", "IPUPlace", "XPUPlace"):
        assert getattr(base, name) is getattr(core, name) is getattr(paddle, name)
    assert not isinstance(base.CPUPlace(), base.CUDAPlace)


def test_the_seed_of_older_graphs_is_that_of_initializers() -> None:
    random = paddle.framework.random

    def weights() -> list[list[float]]:
        return [paddle.nn.Linear(2, 2).weight.numpy().ravel().tolist() for _ in range(2)]

    paddle.seed(1)
    expected = weights()
    paddle.seed(1)
    random._manual_program_seed(1)  # of newer graphs: nothing that dynamic mode asks
    assert weights() == expected
    try:
        with paddle.pir_utils.OldIrGuard():
            random._manual_program_seed(1)
        first, second = weights()
        assert first == second == [-0.8968154191970825, -0.8906172513961792, -0.119498610496521, -1.1732462644577026]
    finally:
        with paddle.pir_utils.OldIrGuard():
            random._manual_program_seed(0)


def test_optimizer_states_must_fit() -> None:
    layer = paddle.nn.Linear(2, 2)
    adam = paddle.optimizer.Adam(0.1, parameters=layer.parameters())
    layer(paddle.ones([1, 2])).mean().backward()
    adam.step()
    state = adam.state_dict()
    name = next(iter(state))
    for value, words in ((paddle.ones([4]), "Shape"), (paddle.ones([2, 2], "float64"), "dtype")):
        with pytest.raises(AssertionError, match=words):
            adam.set_state_dict({**state, name: value})


def test_words_of_worker_seeds_and_odd_steps_of_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    from plait.paddle.io.dataloader.worker import _generate_states

    assert _generate_states(0, 1) == [1835504127, 1731038949, 1320224556, 2330041505]  # Paddle 3.3.1's
    ProgressBar(50, verbose=2).update(7.9, [["loss", 1.5]])
    assert capsys.readouterr().out.startswith("step  7/50 - loss: 1.5000 - ")
