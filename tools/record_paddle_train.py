"""Records what Paddle does in training: tests/golden/paddle/optimizers.npz, trajectories of its optimizers over the cases of
tests/paddle_train_cases.py, and tests/golden/paddle/training.json.gz, what the snippets of tests/paddle_training_cases.py print."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import paddle

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import paddle_schedule_cases as schedules  # noqa: E402
from tests import paddle_train_cases as cases  # noqa: E402
from tests import paddle_training_cases as snippets  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "paddle"
# With NumPy 2.4 `int` of a one-element tensor fails in Paddle itself; paddle.flops needs it.
paddle.Tensor.__int__ = lambda self: int(self.item())


def main() -> None:
    """Run all cases under the installed Paddle."""
    index: dict[str, dict[str, tuple[str, list[int]]]] = {}
    values = []
    for name, dtype, own in cases.all_cases():
        case = index.setdefault(f"{name}/{dtype}/{int(own)}", {})
        for key, value in cases.run(paddle, name, dtype, own).items():
            case[key] = (str(value.dtype), list(value.shape))
            values.append(np.asarray(value, np.float64).reshape(-1))
    np.savez_compressed(
        GOLDEN / "optimizers.npz",
        version=np.array(paddle.__version__),
        index=np.array(json.dumps(index)),
        values=np.concatenate(values),
    )
    texts = {
        "version": paddle.__version__,
        "printed": {name: snippets.run(paddle, name) for name in snippets.names()},
        "failures": {case: schedules.failure(paddle.optimizer.lr, case) for case in schedules.BAD},
    }
    keep("training", texts)


def keep(name: str, value: object) -> None:
    """Write a golden file."""
    with gzip.GzipFile(GOLDEN / f"{name}.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(value, indent=0).encode())


if __name__ == "__main__":
    main()
