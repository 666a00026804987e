"""Records golden data of activations from an installed PyTorch.

Usage: python tools/record_activation.py
Writes tests/golden/activation/: cases.npz (results and gradients) and cases.json (the framework's version, layers' printed forms, errors).
tests/test_golden_activation.py makes the same calls (tests/activation_cases.py) on plait.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.activation_cases import CALLS, LAYERS, REJECTS, SHAPES, array, special  # noqa: E402

HERE = ROOT / "tests" / "golden" / "activation"


def main() -> None:
    """Run every case and write both files."""
    kept: dict[str, np.ndarray] = {}
    for k, (name, args, kwargs) in enumerate(CALLS):
        function = getattr(torch.nn.functional, name)
        for dtype in ("float32", "float64"):
            for i, shape in enumerate(SHAPES):
                x = torch.tensor(array(shape, dtype), requires_grad=True)
                y = function(x, *args, **kwargs)
                y.backward(torch.tensor(array(tuple(y.shape), dtype, 1)))
                assert x.grad is not None
                kept[f"{k} {dtype} {i} y"], kept[f"{k} {dtype} {i} g"] = y.detach().numpy(), x.grad.numpy()
            if name not in ("glu", "softmax", "softmin", "log_softmax"):
                # one value a call: long arrays go another way in the framework, which gives other signs of zero
                kept[f"{k} {dtype} special"] = np.concatenate(
                    [function(torch.tensor([v]), *args, **kwargs).numpy() for v in special(dtype).reshape(-1)]
                )
    layers = [repr(getattr(torch.nn, name)(*args, **kwargs)) for name, args, kwargs in LAYERS]
    errors: list[Any] = []
    for name, shape, dtype, args, kwargs in REJECTS:
        try:
            getattr(torch.nn.functional, name)(torch.tensor(array(shape, dtype)), *args, **kwargs)
        except Exception as error:  # any exception is what we record
            errors.append([type(error).__name__, str(error).split("\n")[0]])
        else:
            raise SystemExit(f"{name}{args} does not fail")
    HERE.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(HERE / "cases.npz", **kept)
    (HERE / "cases.json").write_text(
        json.dumps({"torch": torch.__version__, "layers": layers, "errors": errors}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
