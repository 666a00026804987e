"""Records golden data of pooling from an installed PyTorch.

Usage: python tools/record_pool.py
Writes tests/golden/pool/: cases.json (the framework's version, texts, errors) and cases.npz (results and gradients, in the order of
tests/pool_cases.py). tests/test_golden_pool.py runs the same cases on plait.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import pool_cases  # noqa: E402

HERE = ROOT / "tests" / "golden" / "pool"


def main() -> None:
    """Run all cases and write the two files."""
    arrays: dict[str, np.ndarray] = {}
    for i, case in enumerate(pool_cases.pool_cases(300, seed=7)):
        for j, a in enumerate(pool_cases.run_pool(torch, case)):
            arrays[f"{i}_{j}"] = np.ascontiguousarray(a)
    told = {
        "torch": torch.__version__,
        "texts": {code: pool_cases.run_text(torch, code) for code in pool_cases.TEXTS},
        "errors": {code: pool_cases.run_error(torch, code) for code in pool_cases.ERRORS},
    }
    assert all(kind for kind, _ in told["errors"].values())
    HERE.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(HERE / "cases.npz", **arrays)
    (HERE / "cases.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
