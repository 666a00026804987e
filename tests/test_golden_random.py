"""Random numbers, initial weights, dropout and sampling against what PyTorch gave: the same bits, the same generator afterwards."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plait import dtypes, torch
from plait.torch import nn
from plait.torch.nn import functional as F
from plait.torch.nn import init

HERE = Path(__file__).parent / "golden" / "random"
CASES = json.loads((HERE / "cases.json").read_text())["cases"]
ARRAYS = np.load(HERE / "cases.npz")
NAMES = {"torch": torch, "F": F, "nn": nn, "init": init}
# LAPACK and vectorised logarithms round as they like
NEARLY = ("orthogonal_",)


def plain(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [a for v in value for a in plain(v)]
    array = value.detach().array
    return [dtypes.as_float32(array) if array.dtype == dtypes.BFLOAT16 else array]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["code"])
def test_case(case: dict[str, Any]) -> None:
    torch.manual_seed(case["seed"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = plain(eval(case["code"], dict(NAMES)))
    assert len(got) == len(case["arrays"])
    for a, key in zip(got, case["arrays"], strict=True):
        want = ARRAYS[key]
        assert a.dtype == want.dtype and a.shape == want.shape
        if any(name in case["code"] for name in NEARLY):
            np.testing.assert_allclose(a, want, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(a, want)
    state = torch.get_rng_state().array
    assert hashlib.sha256(state.tobytes()).hexdigest()[:16] == case["state"]


def test_state_of_pytorch_goes_on_here() -> None:
    torch.set_rng_state(torch.Tensor.wrap(ARRAYS["state"]))
    np.testing.assert_array_equal(torch.randn(21).array, ARRAYS["after"])
    torch.manual_seed(77)
    torch.randn(3)
    np.testing.assert_array_equal(torch.get_rng_state().array, ARRAYS["state"])


def test_generators_are_independent() -> None:
    torch.manual_seed(1)
    kept = torch.get_rng_state()
    g = torch.Generator().manual_seed(5)
    first = torch.rand(3, generator=g).array
    assert (torch.get_rng_state().array == kept.array).all()
    np.testing.assert_array_equal(torch.rand(3, generator=torch.Generator().manual_seed(5)).array, first)
    twin = g.clone_state()
    np.testing.assert_array_equal(torch.rand(3, generator=g).array, torch.rand(3, generator=twin).array)
    with torch.random.fork_rng():
        torch.rand(10)
    assert (torch.get_rng_state().array == kept.array).all()


@pytest.mark.parametrize("seed", [-1, -(2**63), 2**63, 2**64 - 1, 0])
def test_seeds_of_64_bits(seed: int) -> None:
    g = torch.manual_seed(seed)
    assert g is torch.default_generator
    assert torch.initial_seed() == seed % 2**64


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("torch.manual_seed(2**64)", ValueError, "Overflow when unpacking long long"),
        ("torch.Generator().manual_seed(1.5)", RuntimeError, "manual_seed expected a long, but got float"),
        ("torch.set_rng_state(torch.zeros(3))", TypeError, "RNG state must be a torch.ByteTensor"),
        ("torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8))", RuntimeError, "Invalid mt19937 state"),
        ("torch.rand(-1)", RuntimeError, "negative dimension -1"),
        ("torch.rand(2, dtype=torch.int64)", NotImplementedError, "not implemented for 'Long'"),
        ("torch.rand(2, device='cuda')", AssertionError, "not compiled with CUDA"),
        ("torch.rand(10**15)", RuntimeError, "can't allocate memory"),
        ("torch.randint(5, 5, (2,))", RuntimeError, "from=5 >= to=5"),
        ("torch.randint(300, (2,), dtype=torch.uint8)", RuntimeError, "out of bounds for unsigned char"),
        ("torch.randperm(-1)", RuntimeError, "negative dimension"),
        ("torch.bernoulli(torch.tensor([2.0]))", RuntimeError, "p_in >= 0 && p_in <= 1"),
        ("torch.empty(3).bernoulli_(1.5)", RuntimeError, "p to be in [0, 1], but got p=1.5"),
        ("torch.multinomial(torch.ones(3), 4)", RuntimeError, "without replacement"),
        ("torch.multinomial(torch.tensor([1.0, -1.0]), 1)", RuntimeError, "element < 0"),
        ("torch.multinomial(torch.zeros(3), 2, True)", RuntimeError, "sum of probabilities <= 0"),
        ("torch.normal(torch.zeros(2), -1.0)", RuntimeError, "std >= 0.0, but found std -1"),
        ("torch.empty(3).uniform_(2, 1)", RuntimeError, "from=2 > to=1"),
        ("torch.ones(3, requires_grad=True).normal_()", RuntimeError, "a leaf Variable that requires grad"),
        ("F.dropout(torch.ones(3), 1.5)", ValueError, "between 0 and 1, but got 1.5"),
        ("F.dropout1d(torch.ones(3))", RuntimeError, "Expected 2D or 3D input, but received a 1D input"),
        ("nn.Dropout(-0.1)", ValueError, "between 0 and 1, but got -0.1"),
        ("init.xavier_uniform_(torch.empty(3))", ValueError, "fewer than 2 dimensions"),
        ("init.kaiming_uniform_(torch.empty(3, 3), mode='x')", ValueError, "Mode x not supported"),
        ("init.calculate_gain('x')", ValueError, "Unsupported nonlinearity x"),
        ("init.eye_(torch.empty(3))", ValueError, "Only tensors with 2 dimensions"),
        ("init.dirac_(torch.empty(3, 3))", ValueError, "3, 4, or 5 dimensions"),
        ("init.dirac_(torch.empty(3, 3, 3), 2)", ValueError, "divisible by groups"),
        ("init.orthogonal_(torch.empty(3))", ValueError, "2 or more dimensions"),
    ],
)
def test_errors_and_nothing_drawn(code: str, error: type[Exception], words: str) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state().array.copy()
    with pytest.raises(error) as caught:
        eval(code, dict(NAMES))
    assert words in str(caught.value)
    assert (torch.get_rng_state().array == before).all()


def test_gradients_of_dropout() -> None:
    torch.manual_seed(0)
    x = torch.ones(4, 5, requires_grad=True)
    y = F.dropout(x, 0.4)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.detach().array)
    assert repr(y.grad_fn).startswith("<MulBackward0")
    assert F.dropout(x, 0.4, training=False) is x
    z = (x * 1).bernoulli_(0.5)
    assert repr(z.grad_fn).startswith("<BernoulliBackward2")
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.detach().array)


def test_init_keeps_leaves_and_warns() -> None:
    w = nn.Parameter(torch.empty(3, 4))
    assert init.normal_(w) is w and w.is_leaf and w.requires_grad
    with pytest.warns(FutureWarning, match=r"`nn.init.uniform` is now deprecated in favor of `nn.init.uniform_`"):
        init.uniform(w)
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        init.kaiming_uniform_(torch.empty(0, 3))
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(torch.empty(3), 10.0)


DIGEST = """
import hashlib
from plait import torch
torch.manual_seed(1)
drawn = [torch.rand(1000), torch.randn(1000), torch.empty(99).uniform_(-1, 3), torch.randn(99, dtype=torch.float64)]
drawn += [torch.empty(700, dtype=torch.float64).uniform_(2, 5), torch.empty(3000).bernoulli_(0.3), torch.randn(50).half()]
print(hashlib.sha256(b"".join(t.array.tobytes() for t in drawn)).hexdigest())
"""


def test_every_isa_draws_the_same() -> None:
    import os
    import subprocess
    import sys

    from plait import _native

    digests = set()
    for isa in _native.isas():
        environment = {**os.environ, "PLAIT_ISA": isa}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1
