"""Under `plait run` Keras' classes bear upstream's names, are found by them, and so can be pickled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import plait

SCRIPT = """
import importlib, pickle, sys
import numpy as np
import keras
from keras.src.layers.core.dense import Dense

assert Dense is keras.layers.Dense
for place in sys.argv[1:]:
    module, name = place.rsplit(".", 1)
    found = getattr(importlib.import_module(module), name)
    assert (found.__module__, found.__qualname__) == (module, name), found

model = keras.Sequential([keras.Input((4, 4)), keras.layers.Reshape((2, 8)), keras.layers.Permute((2, 1)), keras.layers.BatchNormalization(),
                          keras.layers.UpSampling1D(2), keras.layers.Flatten(), keras.layers.Dense(3)])
model.compile("adam", "mse")
model.fit(np.ones((4, 4, 4)), np.ones((4, 3)), verbose=0)
again = pickle.loads(pickle.dumps(model))
x = np.arange(16.0).reshape(1, 4, 4)
assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
a = keras.Input((3,))
joined = keras.Model(a, keras.layers.Reshape((3, 1))(keras.layers.add([a, a])))
assert pickle.loads(pickle.dumps(joined)).output_shape == (None, 3, 1)
for part in (keras.losses.Huber(), keras.metrics.Mean("m"), keras.optimizers.Adam(0.5), keras.initializers.HeNormal(3), keras.regularizers.L2(0.1)):
    assert pickle.loads(pickle.dumps(part)).get_config() == part.get_config()
assert keras.layers.add([np.ones(2), np.ones(2)]).numpy().tolist() == [2, 2]
print("done")
"""


def test_every_class_is_found_by_its_name_and_pickles(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    listed = json.loads((Path(plait.__file__).parent / "keras" / "upstream_modules.json").read_text())["modules"]
    places = [f"keras.src.{module}.{name}" for module, names in listed.items() for name in names.split()]
    run = subprocess.run(
        [sys.executable, "-m", "plait", "run", str(script), *places], capture_output=True, text=True, check=False
    )
    assert run.stdout == "done\n", run.stderr
