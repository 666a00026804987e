"""Records golden data of random numbers, initial weights, dropout and sampling from an installed PyTorch.

Usage: python tools/record_random.py
Writes tests/golden/random/: cases.json (the code of every case, its seed, a digest of the generator's state afterwards, and which
arrays it gave) and cases.npz (the arrays). tests/test_golden_random.py runs the same code on plait.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent.parent / "tests" / "golden" / "random"

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "bool")


def cases() -> list[tuple[str, int]]:
    """(code, seed): an expression over `torch`, `nn`, `init` and `F`."""
    found: list[str] = []
    for n in (0, 1, 7, 15, 16, 17, 31, 33, 100):
        found += [f"torch.rand({n})", f"torch.randn({n})", f"torch.randn({n}, dtype=torch.float64)"]
    for d in FLOATS:
        for fill in ("uniform_(-0.3, 1.1)", "normal_(0.3, 1.7)", "exponential_(1.3)", "cauchy_(0.5, 2.0)", "log_normal_(0.2, 0.4)",
                     "geometric_(0.3)", "bernoulli_(0.3)", "random_()", "random_(3, 200)"):  # fmt: skip
            found += [f"torch.empty(37, dtype=torch.{d}).{fill}"]
        found += [f"torch.rand(3, 5, dtype=torch.{d})", f"torch.empty(4, 5, dtype=torch.{d}).t().normal_()"]
        found += [f"torch.empty(2, 3, 4, 5, dtype=torch.{d}).to(memory_format=torch.channels_last).uniform_()"]
    for d in INTEGERS:
        found += [f"torch.empty(20, dtype=torch.{d}).random_()", f"torch.empty(20, dtype=torch.{d}).bernoulli_(0.6)",
                  f"torch.randint(0, 2, (9,), dtype=torch.{d})"]  # fmt: skip
    found += [
        "torch.empty(20, dtype=torch.int64).random_(-5, None)",
        "torch.empty(20, dtype=torch.int64).random_(-2**63, None)",
    ]
    for high in (2, 10, 2**24, 2**28 - 1, 2**28, 2**31, 2**32, 2**40):
        found += [f"torch.randint({high}, (11,))", f"torch.randint(-{high}, {high}, (4, 3))"]
    found += [f"torch.randperm({n})" for n in (0, 1, 2, 10, 100)] + ["torch.randperm(9, dtype=torch.int32)"]
    found += ["torch.bernoulli(torch.linspace(0, 1, 40))", "torch.bernoulli(torch.linspace(0, 1, 40, dtype=torch.float64))",
              "torch.bernoulli(torch.full((3, 4), 0.4).t())", "torch.empty(4, 6).bernoulli_(torch.full((6,), 0.4))"]  # fmt: skip
    weights = "torch.tensor([[0.1, 3.0, 0.5, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0, 0.2]])"
    for n, again in ((1, False), (1, True), (3, False), (4, False), (20, True)):
        found += [
            f"torch.multinomial({weights}, {n}, {again})",
            f"torch.multinomial({weights}[0].double(), {n}, {again})",
        ]
    found += ["torch.normal(torch.arange(5.0), torch.arange(5.0))", "torch.normal(torch.arange(5.0), 2.0)",
              "torch.normal(1.0, torch.arange(5.0))", "torch.normal(1.0, 2.0, (3, 7))",
              "torch.normal(torch.zeros(4, 1), torch.ones(1, 5))"]  # fmt: skip
    found += ["torch.rand_like(torch.ones(3, 4).t())", "torch.randn_like(torch.ones(4, 5).t())",
              "torch.randint_like(torch.ones(3, 4), 7)"]  # fmt: skip
    for shape in ("(4, 6)", "(3, 8, 5)", "(2, 3, 4, 4)"):
        x = f"torch.linspace(-2, 2, torch.Size({shape}).numel()).reshape({shape})"
        found += [
            f"F.dropout({x}, 0.3)",
            f"F.alpha_dropout({x}, 0.3, True)",
            f"F.feature_alpha_dropout({x}, 0.4, True)",
        ]
    found += ["F.dropout1d(torch.ones(2, 8, 3), 0.5)", "F.dropout1d(torch.ones(8, 3), 0.5)",
              "F.dropout2d(torch.ones(2, 8, 3, 3), 0.5)", "F.dropout3d(torch.ones(2, 6, 2, 2, 2), 0.25)",
              "F.dropout3d(torch.ones(6, 2, 2, 2), 0.25)", "F.dropout(torch.ones(5, 5, dtype=torch.float64), 0.1)",
              "nn.AlphaDropout(0.2)(torch.ones(30))", "nn.Dropout(0.9)(torch.ones(50))"]  # fmt: skip
    for name in ("uniform_", "normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_",
                 "trunc_normal_"):  # fmt: skip
        for shape in ("5, 7", "6, 3, 3, 3", "9, 4"):
            found.append(f"init.{name}(torch.empty({shape}))")
    found += ["init.kaiming_normal_(torch.empty(8, 4, 3, 3), mode='fan_out', nonlinearity='relu')",
              "init.kaiming_uniform_(torch.empty(8, 4), a=5 ** 0.5)", "init.xavier_uniform_(torch.empty(4, 4), gain=2.0)",
              "init.sparse_(torch.empty(10, 4), 0.3)", "init.dirac_(torch.empty(6, 3, 3, 3), 2)", "init.eye_(torch.empty(3, 4))",
              "init.trunc_normal_(torch.empty(40), 0.0, 1.0, 1.5, 2.5)", "init.constant_(torch.empty(3), 0.3)",
              "init.orthogonal_(torch.empty(4, 2, 2), 2.0)"]  # fmt: skip
    found += ["[torch.randn(3), torch.randn(3), torch.rand(2), torch.randn(20), torch.randn(1)]"]
    return [(code, 1234 + i) for i, code in enumerate(found)]


def digest(state: bytes) -> str:
    """A short digest of the generator's state."""
    return hashlib.sha256(state).hexdigest()[:16]


def main() -> None:
    """Record."""
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.nn import init

    def plain(value: Any) -> list[np.ndarray[Any, Any]]:
        if isinstance(value, (list, tuple)):
            return [a for v in value for a in plain(v)]
        value = value.detach()
        return [value.float().numpy() if value.dtype == torch.bfloat16 else value.numpy()]

    rows, arrays = [], {}
    names = {"torch": torch, "F": F, "nn": nn, "init": init}
    for code, seed in cases():
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got = plain(eval(code, dict(names)))
        keys = []
        for a in got:
            keys.append(f"a{len(arrays)}")
            arrays[keys[-1]] = np.ascontiguousarray(a)
        rows.append(
            {"code": code, "seed": seed, "arrays": keys, "state": digest(torch.get_rng_state().numpy().tobytes())}
        )
    torch.manual_seed(77)
    torch.randn(3)
    arrays["state"] = torch.get_rng_state().numpy()
    arrays["after"] = torch.randn(21).numpy()
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / "cases.json").write_text(json.dumps({"torch": torch.__version__, "cases": rows}, indent=0))
    np.savez_compressed(HERE / "cases.npz", **arrays)
    print(len(rows), "cases")


if __name__ == "__main__":
    main()
