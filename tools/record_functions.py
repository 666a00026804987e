"""Record golden data of the functions of a tensor: inputs, arguments, results and gradients, from the installed PyTorch.

    python tools/record_functions.py          # writes tests/golden/functions/cases.npz and cases.json

Inputs come from the samples that the installed framework keeps for its own tests, the small ones. All arrays lie in one byte string;
the JSON says for each where it starts, its dtype and its shape, and names the framework's version.
"""

from __future__ import annotations

import json
import pathlib
import sys
import warnings
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "functions"
sys.path.insert(0, str(ROOT))
LARGEST = 130
DTYPES = {torch.float32: 5, torch.float64: 2, torch.int64: 3, torch.bool: 1}


class Unfit(Exception):
    """A value that the files do not hold."""


class Writer:
    """Arrays one after the other in one byte string."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self.known: dict[bytes, int] = {}

    def tensor(self, value: torch.Tensor) -> dict[str, Any]:
        if (
            value.numel() > LARGEST
            or value.layout != torch.strided
            or value.is_complex()
            or value.dtype == torch.bfloat16
        ):
            raise Unfit
        raw = value.detach().resolve_neg().contiguous().numpy().tobytes()
        start = self.known.get(raw)
        if start is None:
            start = self.known[raw] = self.size
            self.chunks.append(raw)
            self.size += len(raw)
        return {"t": str(value.dtype)[6:], "s": list(value.shape), "o": start, "g": bool(value.requires_grad)}

    def encode(self, value: Any) -> Any:
        """A value as JSON."""
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return value if np.isfinite(value) else {"f": repr(value)}
        if isinstance(value, torch.dtype):
            if value.is_complex or value == torch.bfloat16:
                raise Unfit
            return {"d": str(value)[6:]}
        if isinstance(value, (list, torch.Size)) or type(value) is tuple:
            return {"l" if isinstance(value, list) else "u": [self.encode(v) for v in value]}
        if isinstance(value, slice):
            return {"r": [value.start, value.stop, value.step]}
        if isinstance(value, dict):
            return {k: self.encode(v) for k, v in value.items()}
        if value is Ellipsis:
            return {"e": 1}
        raise Unfit


def outputs_of(value: Any) -> list[Any]:
    """A result's parts as a flat list."""
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in outputs_of(v)]
    return [value]


def record_sample(writer: Writer, row: Any, sample: Any) -> dict[str, Any]:
    """One case: what went in, what came out, and the gradients for fixed cotangents."""
    args = (sample.input, *sample.args)
    case: dict[str, Any] = {"args": [writer.encode(a) for a in args], "kwargs": writer.encode(dict(sample.kwargs))}
    out = outputs_of(row.op(*args, **sample.kwargs))
    case["out"] = [writer.encode(o) for o in out]
    flat = [t for a in args for t in outputs_of(a)]
    leaves = [t for t in flat if isinstance(t, torch.Tensor) and t.requires_grad]
    roots = [o for o in out if isinstance(o, torch.Tensor) and o.requires_grad]
    if leaves and roots:
        seeds = [
            torch.cos(torch.arange(o.numel(), dtype=torch.float64) + 1).reshape(o.shape).to(o.dtype) for o in roots
        ]
        grads = torch.autograd.grad(roots, leaves, seeds, allow_unused=True)
        case["grads"] = [None if g is None else writer.encode(g.detach()) for g in grads]
    return case


def main() -> None:
    """Record every name of the list."""
    from tests.live.test_live_opdb import NAMES

    warnings.simplefilter("ignore")
    writer = Writer()
    cases: dict[str, list[Any]] = {}
    for name in NAMES:
        rows = [r for r in op_db if r.name == name] or [r for r in op_db if name in [a.name for a in r.aliases]]
        for row in rows:
            for dtype, count in DTYPES.items():
                if dtype not in row.supported_dtypes("cpu"):
                    continue
                torch.manual_seed(7)
                grads = row.supports_autograd and dtype.is_floating_point
                taken = 0
                for sample in row.sample_inputs("cpu", dtype, requires_grad=grads):
                    if taken == count:
                        break
                    try:
                        cases.setdefault(name, []).append(record_sample(writer, row, sample))
                        taken += 1
                    except Unfit:
                        continue
    OUT.mkdir(parents=True, exist_ok=True)
    data = np.frombuffer(b"".join(writer.chunks), np.uint8)
    np.savez_compressed(OUT / "cases.npz", data=data)
    text = json.dumps({"version": torch.__version__, "cases": cases}, separators=(",", ":"))
    (OUT / "cases.json").write_text(text + "\n")
    print(
        f"{sum(map(len, cases.values()))} cases of {len(cases)} names, {len(data)} bytes of arrays, {len(text)} of JSON"
    )


if __name__ == "__main__":
    main()
