"""Records golden data of Keras' layers from an installed Keras on TensorFlow, and tf-keras for Keras 2's arguments.

Usage: python tools/record_keras_layers.py
Writes tests/golden/keras/: layers.json (the framework's version, what layers tell of themselves, prints, errors) and layers.npz (results,
losses, gradients, weights, in the order of tests/keras_layer_cases.py). tests/test_golden_keras_layers.py runs the same on plait.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import tf_keras

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import keras2_norm_cases, keras_layer_cases, keras_layer_snippets  # noqa: E402

HERE = ROOT / "tests" / "golden" / "keras"


def main() -> None:
    """Run all cases and write the two files."""
    warnings.simplefilter("ignore")
    arrays: dict[str, np.ndarray] = {}
    cases = []
    for i, case in enumerate(keras_layer_cases.layer_cases()):
        try:
            told, found = keras_layer_cases.run_layer(keras, tf, case)
        except Exception as e:  # what TensorFlow has no CPU kernel for
            cases.append({"fails": type(e).__name__})
            continue
        cases.append(told)
        for j, a in enumerate(found):
            arrays[f"{i}_{j}"] = a
    for i in range(len(keras2_norm_cases.CASES)):
        for training in (False, True):
            for j, a in enumerate(keras2_norm_cases.run(tf_keras.layers, i, training)):
                arrays[f"keras2_{i}_{int(training)}_{j}"] = a
    told = {
        "tf_keras": tf_keras.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "cases": cases,
        "programs": {
            name: keras_layer_snippets.run_program(keras, code) for name, code in keras_layer_snippets.PROGRAMS.items()
        },
        "errors": {code: keras_layer_snippets.run_error(keras, code)[0] for code in keras_layer_snippets.ERRORS},
    }
    HERE.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(HERE / "layers.npz", **arrays)  # type: ignore[arg-type]
    (HERE / "layers.json").write_text(json.dumps(told, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
