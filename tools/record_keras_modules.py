"""Records in which file Keras has each class that the dialect has: `repr(keras.optimizers.SGD())` names it.

Run with Keras installed, from the repository's root: PYTHONPATH=src python tools/record_keras_modules.py
"""

import collections
import importlib
import inspect
import json
import pathlib

import keras

SPACES = (
    "", "layers", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks",
    "models", "saving", "random", "utils", "config", "dtype_policies", "backend",
)  # fmt: skip


def main() -> None:
    found = collections.defaultdict(set)
    for space in SPACES:
        dotted = f".{space}" if space else ""
        theirs, ours = importlib.import_module("keras" + dotted), importlib.import_module("plait.keras" + dotted)
        for name in {*dir(ours), *getattr(ours, "__all__", ())}.intersection(dir(theirs)):
            other = getattr(theirs, name)
            if inspect.isclass(other) and getattr(ours, name).__name__ == other.__name__:
                found[other.__module__.removeprefix("keras.src.")].add(other.__name__)
    target = pathlib.Path(__file__).parent.parent / "src/plait/keras/upstream_modules.json"
    modules = {module: " ".join(sorted(names)) for module, names in sorted(found.items())}
    target.write_text(json.dumps({"keras": keras.__version__, "modules": modules}, indent=0) + "\n")


if __name__ == "__main__":
    main()
