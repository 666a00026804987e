"""Record what Paddle gives for a part of the cases of `paddle.nn` into tests/golden/paddle/: `PYTHONPATH=. python tools/record_paddle_nn.py`,
or with the names of the files that are wanted."""

from __future__ import annotations

import json
import pathlib
import sys
from typing import Any

import numpy as np
from tests.paddle_nn.cases import FAMILIES
from tests.paddle_nn.compare import forward_only, run
from tests.paddle_nn.errors import CALLS, outcome
from tests.paddle_nn.layers import layer_cases, run_layer

OUT = pathlib.Path(__file__).resolve().parents[1] / "tests/golden/paddle"
EACH = {"transposed": 10, "resampling": 20, "corners": 99}  # cases of a family; 25 of the others


def packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A JSON value in which {"array": key} stands for an array."""
    if isinstance(value, (np.ndarray, np.generic)):
        key = f"a{len(arrays)}"
        arrays[key] = np.asarray(value)
        return {"array": key}
    if isinstance(value, (list, tuple)):
        return [packed(v, arrays) for v in value]
    return value


def save(name: str, records: list[Any], arrays: dict[str, np.ndarray], version: str) -> None:
    """One file: the records as JSON text beside the arrays."""
    text = json.dumps({"paddle": version, "records": records})
    np.savez_compressed(OUT / f"nn_{name}.npz", records=np.array(text), **arrays)


def main(wanted: list[str]) -> None:
    """Record every family, every layer, and the errors; or those in `wanted`."""
    import paddle

    OUT.mkdir(parents=True, exist_ok=True)
    wanted = wanted or [*FAMILIES, "layers", "errors"]
    for family, cases in FAMILIES.items():
        if family not in wanted:
            continue
        every = list(cases())
        arrays: dict[str, np.ndarray] = {}
        records = []
        for k in range(0, len(every), max(1, len(every) // EACH.get(family, 25))):
            name, call, inputs, options = every[k]
            got = run(
                paddle,
                forward_only(call) if options.get("forward_only") else call,
                inputs,
                "float32",
                options.get("seed"),
            )
            records.append([k, name, packed(list(got[:2] if got[0] == "error" else got), arrays)])
        save(family, records, arrays, paddle.__version__)
    if "layers" in wanted:
        arrays = {}
        records = [[text, shapes, packed(run_layer(paddle, text, shapes), arrays)] for text, shapes in layer_cases()]
        save("layers", records, arrays, paddle.__version__)
    if "errors" in wanted:
        save("errors", [[call, outcome(paddle, call)] for call in CALLS], {}, paddle.__version__)


if __name__ == "__main__":
    main(sys.argv[1:])
