"""Random numbers, initial weights, dropout and data loading against the installed PyTorch: the same bits for the same seeds."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402
from tests.live import harness  # noqa: E402

SHAPES = [(0,), (1,), (3,), (15,), (16,), (17,), (31,), (32,), (33,), (1000,), (), (3, 4, 5), (2, 3, 4, 5), (7, 1, 5)]
LAYOUTS = ["x", "x.transpose(0, -1)", "x[..., ::2]", "x.to(memory_format=torch.channels_last)"]
FLOATS = ["float32", "float64", "float16", "bfloat16"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint8", "bool"]


def both(code: str, seed: int) -> tuple[list[Any], list[Any]]:
    results = []
    for lib in (torch, pt):
        lib.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = eval(code, {"torch": lib, "nn": lib.nn, "init": lib.nn.init, "F": lib.nn.functional})
        values = value if isinstance(value, (list, tuple)) else [value]
        flat = [v.detach().float() if v.dtype is lib.bfloat16 else v.detach() for v in values]
        results.append([*(v.numpy() for v in flat), lib.get_rng_state().numpy()])
    return results[0], results[1]


def check(code: str, seed: int = 0) -> None:
    want, got = both(code, seed)
    for w, g in zip(want, got, strict=True):
        assert w.dtype == g.dtype and w.shape == g.shape, code
        np.testing.assert_array_equal(g, w, err_msg=f"{code}, seed {seed}")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "fill",
    ["uniform_()", "uniform_(-0.7, 2.9)", "normal_()", "normal_(-1.5, 0.37)", "exponential_(0.7)", "cauchy_(0.3, 1.9)",
     "log_normal_(0.1, 0.9)", "geometric_(0.23)", "bernoulli_(0.61)", "random_()", "random_(2, 250)", "random_(9)"],
)  # fmt: skip
def test_filling(dtype: str, fill: str) -> None:
    for i, (shape, layout) in enumerate(itertools.product(SHAPES, LAYOUTS)):
        if (layout != "x" and len(shape) < 2) or ("channels" in layout and len(shape) != 4):
            continue
        base = f"torch.empty({shape}, dtype=torch.{dtype})"
        check(f"{layout.replace('x', base, 1)}.{fill}", 1000 + i)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("fill", ["random_()", "bernoulli_(0.3)", "random_(0, 2)", "random_(0, None)"])
def test_filling_integers(dtype: str, fill: str) -> None:
    for i, shape in enumerate(SHAPES):
        check(f"torch.empty({shape}, dtype=torch.{dtype}).{fill}", i)


def test_functions_over_seeds() -> None:
    codes = ["torch.rand(5)", "torch.randn(5)", "torch.randn(50)", "torch.randn(19, dtype=torch.float64)", "torch.randperm(40)",
             "torch.randint(0, 1000, (9,))", "torch.randint(-2**40, 2**40, (9,))", "torch.randn(2, 9).t().bernoulli(0.4)",
             "torch.bernoulli(torch.rand(33))", "torch.multinomial(torch.rand(4, 9), 3)", "torch.multinomial(torch.rand(9), 30, True)",
             "torch.normal(torch.randn(9), torch.rand(9))", "torch.rand_like(torch.empty(3, 4).t())", "[torch.randn(3), torch.randn(2)]",
             "F.rrelu(torch.randn(40), training=True)", "F.dropout(torch.randn(9, 9), 0.3)", "F.alpha_dropout(torch.randn(99), 0.3, True)",
             "F.feature_alpha_dropout(torch.randn(4, 9, 3), 0.3, True)", "F.dropout2d(torch.randn(4, 9, 3, 3))",
             "init.xavier_normal_(torch.empty(9, 5))", "init.kaiming_uniform_(torch.empty(9, 5, 3))", "init.trunc_normal_(torch.empty(99))",
             "init.sparse_(torch.empty(9, 5), 0.4)", "F.fractional_max_pool2d(torch.randn(2, 3, 9, 9), 2, output_size=4)"]  # fmt: skip
    for seed in [*range(40), -1, 2**40 + 3, 2**64 - 1]:
        for code in codes:
            check(code, seed)


def test_initial_weights_of_layers() -> None:
    layers = ["nn.Linear(7, 5)", "nn.Conv1d(4, 6, 3)", "nn.Conv2d(4, 6, 3, groups=2)", "nn.Conv3d(2, 3, 2)", "nn.ConvTranspose2d(4, 6, 3)",
              "nn.Embedding(5, 7)", "nn.Bilinear(3, 4, 5)", "nn.PReLU(3)", "nn.BatchNorm2d(4)", "nn.LayerNorm((3, 4))"]  # fmt: skip
    for i, code in enumerate(layers):
        check(f"list({code}.parameters())", i)


@pytest.mark.parametrize("shape", ["5, 7", "7, 5", "6, 3, 2, 2"])
def test_orthogonal_nearly(shape: str) -> None:
    want, got = both(f"init.orthogonal_(torch.empty({shape}), 1.4)", 0)
    np.testing.assert_allclose(got[0], want[0], atol=1e-6)


def test_states_interchange() -> None:
    torch.manual_seed(5)
    torch.randn(3)
    pt.set_rng_state(pt.from_numpy(torch.get_rng_state().numpy()))
    assert (pt.randn(3).numpy() == torch.randn(3).numpy()).all()
    pt.rand(700)
    torch.set_rng_state(torch.from_numpy(pt.get_rng_state().numpy().copy()))
    assert (pt.randn(30).numpy() == torch.randn(30).numpy()).all()


@pytest.mark.parametrize(
    "options",
    [{"shuffle": True}, {"shuffle": True, "drop_last": True, "batch_size": 4}, {"batch_size": None, "shuffle": True},
     {"shuffle": True, "num_workers": 2}, {"shuffle": True, "num_workers": 1, "persistent_workers": True}],
)  # fmt: skip
def test_loading_order(options: dict[str, Any]) -> None:
    orders = []
    for lib in (torch, pt):
        lib.manual_seed(11)
        data = lib.utils.data.TensorDataset(lib.arange(23), lib.arange(23.0).reshape(23, 1))
        loader = lib.utils.data.DataLoader(data, **{"batch_size": 5, **options})
        orders.append([[[t.tolist() for t in batch] for batch in loader] for _ in range(3)] + [lib.rand(3).tolist()])
    assert orders[0] == orders[1]


def test_samplers_and_splits() -> None:
    for seed in range(10):
        found = []
        for lib in (torch, pt):
            d = lib.utils.data
            lib.manual_seed(seed)
            found.append(
                [list(d.RandomSampler(range(9), num_samples=31)), list(d.RandomSampler(range(9), True, 70)),
                 list(d.SubsetRandomSampler(range(3, 9))), list(d.WeightedRandomSampler([0.1, 2.0, 0.4], 9)),
                 list(d.WeightedRandomSampler([0.1, 2.0, 0.4], 3, replacement=False)),
                 [s.indices for s in d.random_split(range(13), [0.3, 0.3, 0.4])],
                 [s.indices for s in d.random_split(range(13), [6, 7], lib.Generator().manual_seed(seed))],
                 list(d.DistributedSampler(range(13), 3, 1, seed=seed))]
            )  # fmt: skip
        assert found[0] == found[1]


@pytest.mark.parametrize(
    "name",
    ["randn", "randint", "rand_like", "randn_like", "randint_like", "bernoulli", "multinomial", "normal", "uniform", "exponential",
     "cauchy", "log_normal", "geometric", "nn.functional.dropout", "nn.functional.dropout2d", "nn.functional.dropout3d",
     "nn.functional.alpha_dropout", "nn.functional.feature_alpha_dropout", "nn.functional.rrelu"],
)  # fmt: skip
def test_operator_samples(name: str) -> None:
    for row in harness.find_ops(name):
        report = harness.run_op(row, harness.DTYPES, limit=40)
        assert report.rate >= 0.99, report.line() + "\n" + report.details(examples=True)
