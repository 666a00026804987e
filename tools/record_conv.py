"""Records golden data of convolution, linear maps and products of matrices from an installed PyTorch.

Usage: python tools/record_conv.py
Writes tests/golden/conv/: cases.json (the framework's version, texts, errors) and cases.npz (results and gradients, in the order of
tests/conv_cases.py). tests/test_golden_conv.py runs the same cases on plait.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import conv_cases  # noqa: E402

HERE = ROOT / "tests" / "golden" / "conv"


def main() -> None:
    """Run all cases and write the two files."""
    arrays: dict[str, np.ndarray] = {}
    for i, case in enumerate(conv_cases.conv_cases()):
        for j, t in enumerate(conv_cases.run_conv(torch, case)):
            arrays[f"conv{i}_{j}"] = t.contiguous().numpy()
    for i, code in enumerate(conv_cases.PRODUCTS):
        for j, t in enumerate(conv_cases.run_product(torch, code)):
            arrays[f"product{i}_{j}"] = t.contiguous().numpy().astype(np.float32)
    told = {
        "torch": torch.__version__,
        "texts": {code: conv_cases.run_text(torch, code) for code in conv_cases.TEXTS},
        "errors": {code: conv_cases.run_error(torch, code) for code in conv_cases.ERRORS},
    }
    HERE.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(HERE / "cases.npz", **arrays)  # type: ignore[arg-type]
    (HERE / "cases.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
