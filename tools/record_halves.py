"""Record what PyTorch gives in 16 bits: values and gradients of functions whose digits depend on where they round.

    PYTHONPATH=. python tools/record_halves.py

Inputs are float32 numbers rounded to the dtype; everything is kept as the bits of 16-bit numbers.
"""

from __future__ import annotations

import pathlib
import sys
from typing import Any

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.half_cases import CASES, arrays, edges  # noqa: E402


def main() -> None:
    """Run every case in both dtypes and write one file."""
    torch.set_num_threads(1)
    kept: dict[str, Any] = {"version": np.array(torch.__version__)}
    for name, (shapes, call) in CASES.items():
        for dtype in (torch.float16, torch.bfloat16):
            inputs = [torch.tensor(a).to(dtype).requires_grad_() for a in arrays(name, shapes)]
            y = call(torch, *inputs)
            torch.autograd.backward(y, torch.tensor(arrays(name, [tuple(y.shape)], 1)[0]).to(dtype))
            for i, t in enumerate([y, *[x.grad for x in inputs]]):
                kept[f"{name} {str(dtype)[6:]} {i}"] = t.detach().view(torch.int16).numpy()
    for name, (values, call) in edges().items():
        for dtype in (torch.float32, torch.float64):
            inputs = [torch.tensor(v, dtype=dtype, requires_grad=True) for v in values]
            y = call(torch, *inputs)
            y.sum().backward()
            for i, t in enumerate([y, *[x.grad for x in inputs]]):
                if t is not None:
                    kept[f"{name} {str(dtype)[6:]} {i}"] = t.detach().numpy()
    out = ROOT / "tests" / "golden" / "halves"
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "cases.npz", **kept)
    print(f"{len(kept) - 1} arrays of {len(CASES)} functions in 16 bits and {len(edges())} at the edges")


if __name__ == "__main__":
    main()
