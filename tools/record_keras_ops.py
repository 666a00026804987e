"""Record golden data of keras.ops, keras.random, the functions of tf, tensors and datasets, from the installed Keras on TensorFlow.

    python tools/record_keras_ops.py          # writes tests/golden/keras/ops.npz and ops.json

Expressions come from the templates of the coverage (tests/live/keras/templates.py): for each name the first ones that Keras accepts and on which
plait agrees today. All arrays lie in one byte string; the JSON says for each where it starts, its dtype and its shape.
"""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "keras"
sys.path.insert(0, str(ROOT))
FAMILIES = ("keras.ops", "keras.random", "tensorflow", "tf.Tensor and tf.Variable", "tf.data.Dataset")
EACH, LARGEST = 3, 160


def flat(value: Any) -> list[Any]:
    """The leaves of a result."""
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in flat(v)]
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in flat(v)]
    return [value]


class Writer:
    """Arrays one after the other in one byte string."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self.known: dict[bytes, int] = {}

    def leaf(self, value: Any) -> Any:
        """A leaf as JSON: an array's place, or what is told of it."""
        if not (hasattr(value, "dtype") and hasattr(value, "shape")):
            return value if isinstance(value, (str, int, float, bool, type(None))) else str(type(value).__name__)
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        name = str(getattr(value.dtype, "name", value.dtype))
        if array.dtype.kind not in "fiub" or name == "bfloat16" or array.size > LARGEST:
            return {"t": name, "s": list(array.shape)}
        raw = array.tobytes()
        start = self.known.get(raw)
        if start is None:
            start = self.known[raw] = self.size
            self.chunks.append(raw)
            self.size += len(raw)
        return {"t": name, "s": list(array.shape), "o": start}


def main() -> None:
    from tests.live.keras import names, templates

    chosen = []
    for family, listed in names.families().items():
        if family not in FAMILIES:
            continue
        for name in listed:
            kept = 0
            for expression in templates.expressions(family, name):
                if names._worker.judge(expression) == "":
                    chosen.append((f"{family}.{name}", expression))
                    kept += 1
                if kept == EACH:
                    break
    import keras
    import tensorflow as tf

    lib = names.Library(keras, tf)
    writer = Writer()
    cases = [[name, e, [writer.leaf(v) for v in flat(names.evaluate(e, lib))]] for name, e in chosen]
    data = {"framework": names.framework(), "cases": cases}
    (OUT / "ops.json").write_text(json.dumps(data, separators=(",", ":")).replace("],[", "],\n[") + "\n")
    np.savez_compressed(OUT / "ops.npz", data=np.frombuffer(b"".join(writer.chunks), np.uint8))
    print(len(cases), "cases", writer.size, "bytes")


if __name__ == "__main__":
    main()
