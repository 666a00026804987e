"""What scripts use beside layers: numbers to the bit where upstream rounds once, the tape as it is shown, names that are not there."""

from __future__ import annotations

import numpy as np
import pytest

from plait import torch
from plait.torch import nn


def _draw(n: int, seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(n).astype(np.float32)


@pytest.mark.parametrize("n", [7, 100, 70001])
def test_multiplication_and_addition_round_once(n: int) -> None:
    x, a, b = (_draw(n, s) for s in range(3))
    alpha = np.float32(-0.013)
    want = (x.astype(np.float64) + np.float64(alpha) * a).astype(np.float32)
    tx, ta, tb = (torch.from_numpy(v.copy()) for v in (x, a, b))
    assert np.array_equal(torch.add(tx, ta, alpha=-0.013).numpy(), want)
    assert np.array_equal(tx.clone().add_(ta, alpha=-0.013).numpy(), want)
    assert np.array_equal(torch.sub(tx, ta, alpha=0.013).numpy(), want)
    want = (x.astype(np.float64) + (alpha * a).astype(np.float64) * b).astype(np.float32)
    assert np.array_equal(torch.addcmul(tx, ta, tb, value=-0.013).numpy(), want)


def test_running_sums_run_in_float64() -> None:
    x = _draw(1000, 0)
    got = torch.from_numpy(x).cumsum(0).numpy()
    assert np.array_equal(got, np.cumsum(x.astype(np.float64)).astype(np.float32))


def test_gradient_of_a_scaled_sum() -> None:
    x, y = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    out = torch.add(x, y, alpha=3)
    assert out.grad_fn.name() == "AddBackward0"
    assert [f.name() for f, _ in out.grad_fn.next_functions] == ["torch::autograd::AccumulateGrad"] * 2
    out.sum().backward()
    assert x.grad.tolist() == [1, 1, 1] and y.grad.tolist() == [3, 3, 3]


def test_numbers_beside_half_precision() -> None:
    x = torch.tensor([1.0, 3.0, 0.7], dtype=torch.float16)
    wide = x.float().numpy()
    assert np.array_equal((x * 1.1).numpy(), (wide * np.float32(1.1)).astype(np.float16))  # a factor keeps its digits
    assert np.array_equal(
        (x + 1.1).numpy(), (wide + np.float32(np.float16(1.1))).astype(np.float16)
    )  # a summand is rounded


def test_singular_values_have_gradients() -> None:
    a = torch.tensor([[2.0, 1.0], [0.5, 3.0], [1.0, 1.0]], dtype=torch.float64, requires_grad=True)
    for order in (2, -2, "nuc", 1, float("inf"), "fro"):
        assert torch.autograd.gradcheck(lambda t, o=order: torch.linalg.norm(t, o), (a,))


def test_compiled_modules_run_as_they_are() -> None:
    m = nn.Linear(2, 1)
    c = torch.compile(m)
    assert torch.equal(c(torch.ones(1, 2)), m(torch.ones(1, 2))) and list(c.state_dict()) == [
        "_orig_mod.weight",
        "_orig_mod.bias",
    ]
    assert c.weight is m.weight and repr(c).startswith("OptimizedModule(\n  (_orig_mod): Linear(")

    @torch.compile(mode="reduce-overhead")
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    assert double(torch.ones(1)).item() == 2
    with pytest.raises(NotImplementedError, match=r"torch.jit.script is not part of plait"):
        torch.jit.script(m)
    assert torch.jit.unused(double) is double and not torch.jit.is_scripting()


def test_the_namespace_holds_no_files() -> None:
    assert not any(hasattr(torch, name) for name in ("creation", "brackets", "reduction", "legacy"))
    with pytest.raises(AttributeError, match=r"torch.linalg.inv is not part of plait"):
        torch.linalg.inv  # noqa: B018


def test_cuda_amp_is_an_attribute() -> None:
    assert torch.cuda.amp.GradScaler is not None and not torch.accelerator.is_available()


def test_variable_is_a_leaf_over_the_same_memory() -> None:
    from plait.torch.autograd import Variable

    x = torch.ones(2)
    v = Variable(x, requires_grad=True)
    assert v.requires_grad and type(v) is torch.Tensor and isinstance(x, Variable) and v.data_ptr() == x.data_ptr()
    (v * 3).sum().backward()
    assert v.grad.tolist() == [3, 3] and not Variable(v * 2).requires_grad
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        Variable([1.0])
    with pytest.raises(TypeError, match=r"invalid combination of arguments - got \(list, requires_grad=bool\)"):
        torch.Tensor([1.0], requires_grad=True)


def test_a_factor_may_come_first() -> None:
    x = torch.ones(2)
    with pytest.warns(UserWarning, match=r"This overload of add_ is deprecated"):
        assert x.clone().add_(-0.5, torch.ones(2)).tolist() == [0.5, 0.5]
    with pytest.warns(UserWarning):
        assert torch.add(x, 2, x).tolist() == [3, 3] and x.sub(2, x).tolist() == [-1, -1]
    with pytest.warns(UserWarning):
        assert x.clone().addcmul_(0.5, x, x).tolist() == [1.5, 1.5] and x.addcdiv(2, x, x).tolist() == [3, 3]
    with pytest.raises(TypeError, match=r"add\(\) takes 2 positional arguments but 3 were given"):
        torch.add(x, x, x)


def test_attributes_that_scripts_set_on_tensors_do_not_meet_the_tape() -> None:
    w = torch.ones(3, requires_grad=True)
    y = w * 2
    for t in (w, y):
        for k, name in enumerate(("index", "node", "meta", "version", "base", "gen")):
            assert not hasattr(t, name)
            setattr(t, name, k)
    y[1:].mul_(3.0)
    y.sum().backward()
    assert w.grad.tolist() == [2.0, 6.0, 6.0]
    assert (y.index, w.base) == (0, 4)


def test_a_fractional_pool_wants_a_ratio_for_each_dimension() -> None:
    """The errors that PyTorch 2.13.0 raises; a single ratio does for volumes."""
    image, volume = torch.ones(1, 1, 6, 6), torch.ones(1, 1, 6, 6, 6)
    with pytest.raises(TypeError, match="pair of ratios"):
        nn.functional.fractional_max_pool2d(image, 2, output_ratio=0.5)
    for pool, x in ((nn.functional.fractional_max_pool2d, image), (nn.functional.fractional_max_pool3d, volume)):
        with pytest.raises(IndexError, match="got 1"):
            pool(x, 2, output_ratio=(0.5,))
    assert nn.functional.fractional_max_pool2d(image, 2, output_ratio=(0.5, 0.5)).shape == (1, 1, 3, 3)
    assert nn.functional.fractional_max_pool3d(volume, 2, output_ratio=0.5).shape == (1, 1, 3, 3, 3)
    assert nn.FractionalMaxPool2d(2, output_ratio=0.5)(image).shape == (1, 1, 3, 3)
