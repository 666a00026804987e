"""Optimizers, schedulers, modules and losses against the installed PyTorch, over its own databases and generated cases."""

from __future__ import annotations

import itertools
import random
import re
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import plait.torch as pt  # noqa: E402
from tests.train_cases import run, scripts  # noqa: E402

OPTIMIZERS = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Rprop", "ASGD")
SCRIPTS = scripts()


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_print_the_same(name: str) -> None:
    assert run(SCRIPTS[name], pt).splitlines() == run(SCRIPTS[name], torch).splitlines()


def twin(value: Any) -> Any:
    """plait's value of an option."""
    if isinstance(value, torch.Tensor):
        return pt.from_numpy(value.detach().numpy().copy())
    if isinstance(value, (tuple, list)):
        return type(value)(twin(v) for v in value)
    return value


def compare_optimizers(name: str, kwargs: dict[str, Any], dtype: str, steps: int = 6) -> None:
    rng = np.random.default_rng(len(name) + steps)
    start = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 5), (7,), (), (2, 0), (65,))]
    theirs = [torch.nn.Parameter(torch.from_numpy(np.array(a))) for a in start]
    ours = [pt.nn.Parameter(pt.from_numpy(np.array(a))) for a in start]
    a = getattr(torch.optim, name)(theirs, **kwargs)
    b = getattr(pt.optim, name)(ours, **{k: twin(v) for k, v in kwargs.items()})
    assert str(a) == str(b)
    for step in range(steps):
        for i, (p, q) in enumerate(zip(theirs, ours, strict=True)):
            if step == 2 and i == 1:
                p.grad = q.grad = None
                continue
            g = rng.standard_normal(p.shape).astype(dtype)
            p.grad, q.grad = torch.from_numpy(np.array(g)), pt.from_numpy(np.array(g))
        a.step()
        b.step()
    tolerance = {"rtol": 2e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-12}
    for p, q in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(q.detach().numpy(), p.detach().numpy(), **tolerance)
    s, t = a.state_dict(), b.state_dict()
    assert s["state"].keys() == t["state"].keys()
    for key, state in s["state"].items():
        assert list(state) == list(t["state"][key])
        for k, v in state.items():
            w = t["state"][key][k]
            if isinstance(v, torch.Tensor):
                assert tuple(v.shape) == tuple(w.shape) and str(v.dtype) == str(w.dtype), k
                np.testing.assert_allclose(w.numpy(), v.numpy(), **tolerance)
            else:
                assert v == w


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_database(name: str, dtype: str) -> None:
    from torch.testing._internal.common_optimizers import optim_db

    (info,) = [o for o in optim_db if o.optim_cls.__name__ == name]
    for sample in info.optim_inputs_func(device="cpu"):
        if sample.kwargs.get("capturable") or sample.kwargs.get("differentiable"):
            continue
        for extra in (
            {},
            *([] if name == "ASGD" else [{"foreach": True}]),
            *([{"fused": True}] if name in ("SGD", "Adam", "AdamW", "Adagrad") else []),
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(1))], **sample.kwargs, **extra)
                except (ValueError, RuntimeError):
                    continue
                compare_optimizers(name, {**sample.kwargs, **extra}, dtype)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_errors(name: str) -> None:
    from torch.testing._internal.common_optimizers import optim_db

    (info,) = [o for o in optim_db if o.optim_cls.__name__ == name]
    for error in info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
        given = error.optimizer_error_input
        if error.error_on.name != "CONSTRUCTION_ERROR" or "sparse" in given.desc.lower():
            continue
        params = given.params
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            kind, words = error.error_type, error.error_regex
            try:
                getattr(pt.optim, name)(convert_params(params), **{k: twin(v) for k, v in given.kwargs.items()})
            except Exception as got:
                assert isinstance(got, kind), given.desc
                assert re.search(words, str(got)), (given.desc, str(got), words)
            else:
                assert issubclass(kind, Warning) and any(re.search(words, str(w.message)) for w in told), given.desc


def convert_params(params: Any, memo: dict[int, Any] | None = None) -> Any:
    memo = {} if memo is None else memo
    if isinstance(params, torch.Tensor):
        if id(params) not in memo:
            t = pt.from_numpy(params.detach().numpy().copy())
            memo[id(params)] = (
                pt.nn.Parameter(t) if isinstance(params, torch.nn.Parameter) else t.requires_grad_(params.requires_grad)
            )
        return memo[id(params)]
    if isinstance(params, dict):
        return {k: convert_params(v, memo) for k, v in params.items()}
    if isinstance(params, (list, tuple, set)):
        return type(params)(convert_params(v, memo) for v in params)
    if hasattr(params, "__next__"):
        return iter([convert_params(v, memo) for v in params])
    return params


def test_optimizer_options() -> None:
    rng = random.Random(0)
    grids: dict[str, dict[str, list[Any]]] = {
        "SGD": {"lr": [0.1, 0.5], "momentum": [0, 0.9], "dampening": [0, 0.3], "weight_decay": [0, 0.1], "maximize": [False, True]},
        "Adam": {"lr": [0.1], "betas": [(0.9, 0.999), (0.4, 0.5)], "eps": [1e-8, 0.1], "weight_decay": [0, 0.1], "amsgrad": [False, True], "maximize": [False, True]},
        "AdamW": {"lr": [0.1], "weight_decay": [0, 0.1], "amsgrad": [False, True], "maximize": [False, True]},
        "NAdam": {"lr": [0.1], "momentum_decay": [0, 0.1], "weight_decay": [0, 0.1], "decoupled_weight_decay": [False, True], "maximize": [False, True]},
        "RAdam": {"lr": [0.1], "betas": [(0.9, 0.999), (0.9, 0.6)], "weight_decay": [0, 0.1], "decoupled_weight_decay": [False, True], "maximize": [False, True]},
        "RMSprop": {"alpha": [0.5, 0.99], "centered": [False, True], "momentum": [0, 0.5], "weight_decay": [0, 0.1], "maximize": [False, True]},
        "Adagrad": {"lr_decay": [0, 0.1], "initial_accumulator_value": [0, 0.5], "weight_decay": [0, 0.1], "maximize": [False, True]},
        "Adadelta": {"rho": [0.5, 0.9], "eps": [1e-6, 0.1], "weight_decay": [0, 0.1], "maximize": [False, True]},
        "Adamax": {"betas": [(0.9, 0.999), (0.6, 0.5)], "weight_decay": [0, 0.1], "maximize": [False, True]},
        "Rprop": {"etas": [(0.5, 1.2), (0.1, 3.0)], "step_sizes": [(1e-6, 50), (0.01, 0.02)], "maximize": [False, True]},
        "ASGD": {"lambd": [1e-4, 0.1], "alpha": [0.75, 0.5], "t0": [1e6, 2], "weight_decay": [0, 0.1], "maximize": [False, True]},
    }  # fmt: skip
    for name, grid in grids.items():
        cases = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        for kwargs in rng.sample(cases, min(len(cases), 12)):
            compare_optimizers(name, kwargs, rng.choice(["float32", "float64"]), steps=8)


def schedulers(lib: Any, o: Any, rng: random.Random, kind: str) -> Any:
    s = lib.optim.lr_scheduler
    r = rng.random
    n = rng.randint
    if kind == "StepLR":
        return s.StepLR(o, n(1, 5), r())
    if kind == "MultiStepLR":
        return s.MultiStepLR(o, [n(1, 12) for _ in range(n(1, 4))], r())
    if kind == "ConstantLR":
        return s.ConstantLR(o, r(), n(1, 9))
    if kind == "LinearLR":
        return s.LinearLR(o, 0.1 + 0.9 * r(), r(), n(1, 9))
    if kind == "ExponentialLR":
        return s.ExponentialLR(o, r())
    if kind == "PolynomialLR":
        return s.PolynomialLR(o, n(1, 12), 3 * r())
    if kind == "CosineAnnealingLR":
        return s.CosineAnnealingLR(o, n(2, 9), 0.1 * r())
    if kind == "CosineAnnealingWarmRestarts":
        return s.CosineAnnealingWarmRestarts(o, n(1, 5), n(1, 3), 0.1 * r())
    if kind == "CyclicLR":
        mode = rng.choice(["triangular", "triangular2", "exp_range"])
        return s.CyclicLR(o, 0.1 * r(), r(), n(1, 5), n(1, 5), mode, r())
    if kind == "OneCycleLR":
        return s.OneCycleLR(
            o,
            r(),
            total_steps=n(16, 30),
            pct_start=0.1 + 0.3 * r(),
            anneal_strategy=rng.choice(["cos", "linear"]),
            three_phase=rng.choice([True, False]),
        )
    if kind == "LambdaLR":
        k = r()
        return s.LambdaLR(o, lambda e: 1 / (1 + k * e))
    k = r()
    return s.MultiplicativeLR(o, lambda e: 1 - k / (e + 1))


KINDS = ("StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
         "CyclicLR", "OneCycleLR", "LambdaLR", "MultiplicativeLR")  # fmt: skip


@pytest.mark.parametrize("kind", [*KINDS, "chained", "sequential"])
def test_schedulers(kind: str) -> None:
    for seed in range(25):
        told = []
        for lib in (torch, pt):
            rng = random.Random(f"{kind}{seed}")
            w = [lib.nn.Parameter(lib.ones(1)) for _ in range(2)]
            o = lib.optim.SGD([{"params": w[0], "lr": 0.3}, {"params": w[1]}], lr=0.1, momentum=0.9)
            if kind == "chained":
                sched = lib.optim.lr_scheduler.ChainedScheduler(
                    [schedulers(lib, o, rng, k) for k in rng.sample(KINDS[:7], 3)]
                )
            elif kind == "sequential":
                parts = [schedulers(lib, o, rng, k) for k in rng.sample(KINDS[:7], 3)]
                sched = lib.optim.lr_scheduler.SequentialLR(o, parts, sorted(rng.sample(range(1, 13), 2)))
            else:
                sched = schedulers(lib, o, rng, kind)
            row = [list(sched.get_last_lr())]
            for _ in range(14):
                o.step()
                sched.step()
                row.append([g["lr"] for g in o.param_groups] + [g["momentum"] for g in o.param_groups])
                assert sched.get_last_lr() == row[-1][:2]
            state = {k: v for k, v in sched.state_dict().items() if not isinstance(v, list)}
            told.append((row, state))
        assert told[0] == told[1]


LOSSES = {
    "l1_loss": "pair", "mse_loss": "pair", "smooth_l1_loss": "pair", "huber_loss": "pair", "soft_margin_loss": "sign",
    "binary_cross_entropy": "unit", "binary_cross_entropy_with_logits": "logit", "kl_div": "unit", "poisson_nll_loss": "pair",
    "hinge_embedding_loss": "sign", "multilabel_soft_margin_loss": "logit",
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_pairs(name: str) -> None:
    rng = np.random.default_rng(1)
    for case in range(60):
        shape = tuple(int(v) for v in rng.integers(0 if case % 9 == 0 else 1, 7, rng.integers(1, 4)))
        dtype = ("float32", "float64")[case % 2]
        x, t = rng.standard_normal(shape), rng.standard_normal(shape)
        kind = LOSSES[name]
        if kind == "sign":
            t = np.sign(t)
        elif kind in ("unit", "logit"):
            t = 1 / (1 + np.exp(-t))
            if kind == "unit":
                x = 1 / (1 + np.exp(-x))
        kwargs: dict[str, Any] = {"reduction": ("mean", "sum", "none")[case % 3]}
        if name == "smooth_l1_loss":
            kwargs["beta"] = float(rng.random()) if case % 5 else 0.0
        if name == "huber_loss":
            kwargs["delta"] = float(rng.random()) + 0.01
        if name == "poisson_nll_loss":
            kwargs |= {"log_input": bool(case % 4), "full": bool(case % 2)}
            x, t = np.abs(x), np.abs(t)
        weights: dict[str, Any] = {}
        if kind in ("unit", "logit") and name.startswith("binary") and case % 4 == 0:
            weights["weight"] = rng.random(shape)
            if kind == "logit":
                weights["pos_weight"] = rng.random(shape[-1:])
        check_loss(name, [x, t], weights, kwargs, dtype, strided=case % 7 == 0)


def check_loss(
    name: str, arrays: list[Any], weights: dict[str, Any], kwargs: dict[str, Any], dtype: str, strided: bool = False
) -> None:
    tolerance = {"rtol": 3e-5, "atol": 3e-6} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-11}
    told = []
    for lib in (torch, pt):
        made = []
        for a in arrays:
            a = np.array(a.astype(dtype) if a.dtype.kind == "f" else a)
            t = lib.from_numpy(a.copy())
            if strided and a.ndim > 1:
                t = lib.from_numpy(np.ascontiguousarray(np.moveaxis(a, 0, -1))).permute(a.ndim - 1, *range(a.ndim - 1))
            fixed = len(made) == 1 and name in ("soft_margin_loss", "hinge_embedding_loss")
            made.append(t.requires_grad_(bool(a.dtype.kind == "f" and not fixed)))
        w = {k: lib.from_numpy(np.array(v.astype(dtype))) for k, v in weights.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = getattr(lib.nn.functional, name)(*made, **w, **kwargs)
        scale = lib.from_numpy(np.array(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)).astype(dtype)))
        wanted = [t for t in made if t.requires_grad]
        first = lib.autograd.grad((y * scale).sum(), wanted, create_graph=True, allow_unused=True)
        second = None
        loose = [g for g in first if g is not None and g.requires_grad]
        if loose and name not in ("l1_loss", "nll_loss", "multi_margin_loss", "multilabel_margin_loss"):
            second = lib.autograd.grad(sum((g * g).sum() for g in loose), wanted, allow_unused=True)
        told.append((y, first, second))
    (y, first, second), (z, one, two) = told
    assert tuple(y.shape) == tuple(z.shape) and str(y.dtype) == str(z.dtype)
    np.testing.assert_allclose(z.detach().numpy(), y.detach().numpy(), **tolerance)
    for a, b in itertools.chain(zip(first, one, strict=True), zip(second or (), two or (), strict=True)):
        if a is None or b is None:
            assert (a is None or not (a + 0).any()) and (b is None or not b.any())
            continue
        np.testing.assert_allclose(
            b.detach().numpy(), a.detach().numpy(force=True), **{**tolerance, "atol": 10 * tolerance["atol"]}
        )


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_losses_of_classes(name: str) -> None:
    rng = np.random.default_rng(2)
    for case in range(150):
        classes = int(rng.integers(1, 40))
        spatial = tuple(int(v) for v in rng.integers(1, 5, rng.integers(0, 3)))
        shape = (classes,) if case % 11 == 0 else (int(rng.integers(0 if case % 13 == 0 else 1, 5)), classes, *spatial)
        x = 3 * rng.standard_normal(shape)
        where = () if len(shape) == 1 else (shape[0], *spatial)
        t: Any = rng.integers(0, classes, where)
        kwargs: dict[str, Any] = {"reduction": ("mean", "sum", "none")[case % 3]}
        weights = {"weight": rng.random(classes) + 0.1} if case % 2 else {}
        if name == "cross_entropy" and case % 5 == 0:
            kwargs["label_smoothing"] = float(rng.random())
        if name == "cross_entropy" and case % 7 == 0:
            p = rng.random(shape)
            t = p / p.sum(0 if len(shape) == 1 else 1, keepdims=True)
        elif case % 4 == 0 and len(shape) > 1:
            kwargs["ignore_index"] = int(rng.integers(0, classes)) if case % 8 else -100
            t = np.where(rng.random(where) < 0.3, kwargs["ignore_index"], t)
        check_loss(
            name,
            [x, np.asarray(t)],
            weights,
            kwargs,
            ("float32", "float64")[case % 2],
            strided=case % 6 == 0 and name != "nll_loss",
        )


@pytest.mark.parametrize(
    "name",
    [
        "multi_margin_loss",
        "multilabel_margin_loss",
        "triplet_margin_loss",
        "margin_ranking_loss",
        "cosine_embedding_loss",
        "cosine_similarity",
        "pairwise_distance",
    ],
)
def test_losses_of_vectors(name: str) -> None:
    rng = np.random.default_rng(3)
    for case in range(40):
        n, c = int(rng.integers(1, 6)), int(rng.integers(1, 7))
        dtype = ("float32", "float64")[case % 2]
        kwargs: dict[str, Any] = {"reduction": ("mean", "sum", "none")[case % 3]}
        x = [rng.standard_normal((n, c)) for _ in range(3)]
        weights: dict[str, Any] = {}
        if name == "multi_margin_loss":
            arrays = [x[0], rng.integers(0, c, n)]
            kwargs |= {"p": 1 + case % 2, "margin": float(rng.random())}
            weights = {"weight": rng.random(c)} if case % 3 else {}
        elif name == "multilabel_margin_loss":
            arrays = [x[0], rng.integers(-1, c, (n, c))]
        elif name == "triplet_margin_loss":
            arrays = x
            kwargs |= {
                "p": float(rng.choice([1, 2, 3, 1.5])),
                "swap": bool(case % 2),
                "margin": float(rng.random()) + 0.1,
            }
        elif name == "margin_ranking_loss":
            arrays = [x[0], x[1], np.sign(x[2])]
            kwargs["margin"] = float(rng.random())
        elif name == "cosine_embedding_loss":
            arrays = [x[0], x[1], rng.choice([-1, 1], n)]
            kwargs["margin"] = float(rng.random()) - 0.5
        elif name == "cosine_similarity":
            arrays, kwargs = [x[0], x[1][:1] if case % 2 else x[1]], {"dim": case % 2}
        else:
            arrays, kwargs = x[:2], {"p": float(rng.choice([1, 2, 3, 0.5, np.inf])), "keepdim": bool(case % 2)}
        check_loss(name, arrays, weights, kwargs, dtype)


@pytest.mark.parametrize("case", range(40))
def test_random_module_trees(case: int) -> None:
    """Trees of modules print, walk, save and load alike."""
    told = []
    for lib in (torch, pt):
        rng = random.Random(case)

        def grow(depth: int, nn: Any = lib.nn, rng: random.Random = rng) -> Any:
            pick = rng.randrange(9 if depth else 5)
            if pick == 0:
                return nn.Linear(rng.randint(1, 3), rng.randint(1, 3), bias=rng.random() < 0.5)
            if pick == 1:
                return nn.BatchNorm2d(rng.randint(1, 3), affine=rng.random() < 0.5)
            if pick == 2:
                return nn.Conv2d(1, rng.randint(1, 2), 3, padding=1)
            if pick == 3:
                return rng.choice([nn.ReLU, nn.Identity, nn.Flatten, nn.Tanh])()
            if pick == 4:
                return nn.Embedding(3, 2, padding_idx=rng.choice([None, 1]))
            parts = [grow(depth - 1) for _ in range(rng.randint(0, 4))]
            if parts and rng.random() < 0.3:
                parts.append(parts[0])
            if pick in (5, 6):
                return nn.Sequential(*parts)
            if pick == 7:
                return nn.ModuleList(parts)
            return nn.ModuleDict({f"k{i}": p for i, p in enumerate(parts)})

        tree = grow(3)
        other = grow(3)
        row = [
            repr(tree),
            [n for n, _ in tree.named_modules()],
            [(n, tuple(p.shape)) for n, p in tree.named_parameters()],
        ]
        row += [
            [(n, tuple(b.shape), str(b.dtype)) for n, b in tree.named_buffers()],
            list(tree.state_dict()),
            dict(tree.state_dict()._metadata),
        ]
        row += [
            [n for n, _ in tree.named_parameters(remove_duplicate=False)],
            repr(tree.eval()),
            [m.training for m in tree.modules()],
        ]
        for strict in (True, False):
            try:
                row.append(str(other.load_state_dict(tree.state_dict(), strict=strict)))
            except RuntimeError as error:
                row.append(str(error))
        told.append(row)
    assert told[0] == told[1]
