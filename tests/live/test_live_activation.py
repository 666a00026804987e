"""Activations against the installed PyTorch: values, gradients, special values, in-place forms, dtypes, errors, layers' faces."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402
from tests.activation_cases import CALLS, LAYERS, REJECTS, array, special  # noqa: E402

IDS = [f"{name}{args or ''}{kwargs or ''}" for name, args, kwargs in CALLS]
TOLERANCE = {"float32": (2e-6, 2e-6), "float64": (1e-13, 1e-13), "float16": (2e-3, 1e-3)}
IN_PLACE = {
    "relu",
    "relu6",
    "hardtanh",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "silu",
    "mish",
    "hardsigmoid",
    "hardswish",
    "threshold",
    "rrelu",
}


def both(values: np.ndarray, grad: bool = False) -> tuple[Any, Any]:
    return torch.tensor(values, requires_grad=grad), pt.tensor(values, requires_grad=grad)


def close(got: Any, want: Any, dtype: str) -> None:
    a, b = got.detach().numpy(), want.detach().numpy()
    assert a.shape == b.shape and a.dtype == b.dtype
    rtol, atol = TOLERANCE.get(dtype, (0, 0))
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name,args,kwargs", CALLS, ids=IDS)
def test_values_and_gradients(name: str, args: Any, kwargs: Any, dtype: str) -> None:
    for shape in ((4, 6), (2, 34), (6, 2, 3, 4), (0, 2), (2, 40, 4)):
        x, y = both(array(shape, dtype), True)
        want, got = (
            getattr(torch.nn.functional, name)(x, *args, **kwargs),
            getattr(pt.nn.functional, name)(y, *args, **kwargs),
        )
        close(got, want, dtype)
        assert got.grad_fn.name() == want.grad_fn.name()
        g = array(tuple(want.shape), dtype, 1)
        want.backward(torch.tensor(g))
        got.backward(pt.tensor(g))
        close(y.grad, x.grad, "float32" if name == "celu" else dtype)  # the framework rounds 1 / alpha to float32


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name,args,kwargs", CALLS, ids=IDS)
def test_special_values(name: str, args: Any, kwargs: Any, dtype: str) -> None:
    values = special(dtype)
    if name == "gelu":  # the framework's own vector and scalar paths disagree at infinity
        values = np.where(values == np.inf, 2, values)
    if "soft" in name and name in ("softmax", "softmin", "log_softmax"):
        values[:, 4] = 0
    for v in (
        values.reshape(-1, 1)
        if "dim" not in str(args) and name not in ("glu", "softmax", "softmin", "log_softmax")
        else [values]
    ):
        x, y = both(v)
        want, got = (
            getattr(torch.nn.functional, name)(x, *args, **kwargs),
            getattr(pt.nn.functional, name)(y, *args, **kwargs),
        )
        close(got, want, dtype)
        if name not in ("softmax", "softmin", "log_softmax", "glu"):
            assert np.array_equal(np.signbit(got.numpy()), np.signbit(want.numpy())) or np.isnan(want.numpy()).any(), v


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name,args,kwargs", CALLS, ids=IDS)
def test_half_precision(name: str, args: Any, kwargs: Any, dtype: str) -> None:
    values = array((4, 6), "float32")
    x, y = torch.tensor(values).to(getattr(torch, dtype)), pt.tensor(values).to(getattr(pt, dtype))
    want, got = (
        getattr(torch.nn.functional, name)(x, *args, **kwargs),
        getattr(pt.nn.functional, name)(y, *args, **kwargs),
    )
    assert str(got.dtype) == str(want.dtype)
    tolerance = 1.6e-2 if dtype == "bfloat16" else 2e-3
    np.testing.assert_allclose(got.float().numpy(), want.float().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name,args,kwargs", [c for c in CALLS if c[0] in IN_PLACE])
def test_in_place(name: str, args: Any, kwargs: Any) -> None:
    results = []
    for library, start in zip((torch, pt), both(array((4, 6), "float32"), True), strict=True):
        x = start * 1
        y = getattr(library.nn.functional, name)(x, *args, inplace=True, **kwargs)
        assert y is x
        if name != "leaky_relu" or not args:  # the framework refuses the gradient of a negative slope here
            y.sum().backward()
            results.append((y, start.grad))
    if results:
        close(results[1][0], results[0][0], "float32")
        close(results[1][1], results[0][1], "float32")


@pytest.mark.parametrize("case", REJECTS, ids=[f"{c[0]}-{c[2]}-{c[3]}" for c in REJECTS])
def test_errors_are_the_frameworks(case: Any) -> None:
    name, shape, dtype, args, kwargs = case
    x, y = both(array(shape, dtype))
    with pytest.raises(Exception) as want:
        getattr(torch.nn.functional, name)(x, *args, **kwargs)
    with pytest.raises(type(want.value)) as got:
        getattr(pt.nn.functional, name)(y, *args, **kwargs)
    assert str(got.value).split("\n")[0] == str(want.value).split("\n")[0]


PRELU = [((2, 3), (2,)), ((2, 3), (2, 2)), ((), (2,)), ((3,), (3,)), ((2, 3), (3, 1))]


@pytest.mark.parametrize("shape,weight", PRELU)
def test_prelu_errors(shape: Any, weight: Any) -> None:
    (x, y), (v, w) = both(array(shape, "float32")), both(array(weight, "float32"))
    with pytest.raises(RuntimeError) as want:
        torch.nn.functional.prelu(x, v)
    with pytest.raises(RuntimeError) as got:
        pt.nn.functional.prelu(y, w)
    assert str(got.value) == str(want.value)


@pytest.mark.parametrize("name,args,kwargs", LAYERS, ids=[f"{n}{a or ''}{k or ''}" for n, a, k in LAYERS])
def test_layers(name: str, args: Any, kwargs: Any) -> None:
    left, right = getattr(torch.nn, name)(*args, **kwargs), getattr(pt.nn, name)(*args, **kwargs)
    assert repr(left) == repr(right)
    assert list(left.state_dict()) == list(right.state_dict())
    for key in getattr(left, "__constants__", []):
        assert getattr(left, key) == getattr(right, key) and type(getattr(left, key)) is type(getattr(right, key))
    assert [p.name for p in inspect.signature(type(left).__init__).parameters.values()] == [
        p.name for p in inspect.signature(type(right).__init__).parameters.values()
    ]
    torch.manual_seed(3)
    pt.manual_seed(3)
    x, y = both(array((4, 6), "float32"))
    close(right(y), left(x), "float32")


def test_softmax_without_dim_warns() -> None:
    for shape in ((3,), (2, 3), (2, 3, 4), (2, 3, 4, 2)):
        x, y = both(array(shape, "float32"))
        for name in ("softmax", "log_softmax", "softmin"):
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                want = getattr(torch.nn.functional, name)(x)
                got = getattr(pt.nn.functional, name)(y)
            assert str(seen[0].message) == str(seen[1].message)
            close(got, want, "float32")


def test_random_ones_draw_the_same() -> None:
    x, y = both(array((5, 8), "float32"))
    for hard in (False, True):
        torch.manual_seed(1)
        pt.manual_seed(1)
        close(
            pt.nn.functional.gumbel_softmax(y, tau=0.7, hard=hard),
            torch.nn.functional.gumbel_softmax(x, tau=0.7, hard=hard),
            "float32",
        )
    torch.manual_seed(2)
    pt.manual_seed(2)
    close(pt.nn.functional.rrelu(y, 0.1, 0.4, True), torch.nn.functional.rrelu(x, 0.1, 0.4, True), "float32")


def test_tensors_keep_their_layout() -> None:
    x, y = both(array((2, 3, 4, 5), "float32"))
    for f in (lambda t: t.permute(0, 2, 3, 1), lambda t: t[:, :, ::2], lambda t: t.transpose(1, 3)[:1]):
        want, got = torch.nn.functional.silu(f(x)), pt.nn.functional.silu(f(y))
        assert want.stride() == got.stride()
        close(got, want, "float32")
