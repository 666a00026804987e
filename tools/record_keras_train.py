"""Records what Keras does in training: tests/golden/keras/training.npz, results of the cases of tests/keras_train_cases.py.

Usage: python tools/record_keras_train.py, where Keras and TensorFlow are installed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import keras_train_cases as cases  # noqa: E402


def main() -> None:
    """Run all cases under the installed Keras."""
    index: dict[str, dict[str, object]] = {}
    values: list[np.ndarray] = []
    for name, case in cases.CASES.items():
        keras.backend.clear_session()
        found = index.setdefault(name, {})
        for key, value in case(keras).items():
            if isinstance(value, str):
                found[key] = value
                continue
            array = np.asarray(value)
            found[key] = [str(array.dtype), list(array.shape)]
            values.append(array.astype(np.float64).reshape(-1))
    np.savez_compressed(
        ROOT / "tests" / "golden" / "keras" / "training.npz",
        version=np.array(keras.__version__),
        index=np.array(json.dumps(index)),
        values=np.concatenate(values),
    )


if __name__ == "__main__":
    main()
