"""Records how PyTorch prints tensors: tests/golden/printing/cases.npz and cases.json.

Run with PyTorch installed: python tools/record_printing.py
"""

from __future__ import annotations

import gzip
import json
import pathlib
import sys

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.printing_cases import cases  # noqa: E402


def main() -> None:
    arrays: dict[str, np.ndarray] = {}
    records = []
    for number, (options, default, kind, array, mode) in enumerate(cases(20261120, 1200, 1200)):
        torch.set_printoptions(profile="default")
        torch.set_printoptions(**options)
        torch.set_default_dtype(getattr(torch, default))
        tensor = torch.from_numpy(array.copy())
        if kind == "bf":
            tensor = tensor.bfloat16()
            array = tensor.reshape(-1).view(torch.uint16).numpy().reshape(array.shape)
        if mode:
            tensor.requires_grad_()
        if mode == 2:
            tensor = tensor.clone()
        arrays[str(number)] = array
        records.append({"options": options, "default": default, "kind": kind, "mode": mode, "text": repr(tensor)})
    folder = ROOT / "tests/golden/printing"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "cases.npz", **arrays)
    text = json.dumps({"torch": torch.__version__, "cases": records})
    (folder / "cases.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
