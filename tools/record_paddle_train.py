"""Records tests/golden/paddle/optimizers.npz: trajectories of Paddle's optimizers over the cases of tests/paddle_train_cases.py."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import paddle

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import paddle_train_cases as cases  # noqa: E402


def main() -> None:
    """Run all cases under the installed Paddle."""
    out = {"version": np.array(paddle.__version__)}
    for name, dtype, own in cases.all_cases():
        for key, value in cases.run(paddle, name, dtype, own).items():
            out[f"{name}/{dtype}/{int(own)}/{key}"] = value
    np.savez_compressed(ROOT / "tests" / "golden" / "paddle" / "optimizers.npz", **out)


if __name__ == "__main__":
    main()
