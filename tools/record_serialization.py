"""Writes small .pt files with PyTorch, and what they hold, to tests/golden/serialization.

Run with PyTorch installed: python tools/record_serialization.py
"""

from __future__ import annotations

import io
import json
import pathlib
import pickle
import struct
import tarfile
from collections import Counter, OrderedDict
from typing import Any

import numpy as np
import torch

STORAGES = {torch.float32: torch.FloatStorage, torch.float64: torch.DoubleStorage, torch.int64: torch.LongStorage}
FOLDER = pathlib.Path(__file__).parent.parent / "tests/golden/serialization"


def described(value: Any) -> Any:
    """A value as JSON: tensors with dtype, shape, strides, offset and elements."""
    if isinstance(value, torch.Tensor):
        plain = value.detach().to(torch.float64) if value.dtype == torch.bfloat16 else value.detach()
        return {
            "tensor": str(value.dtype),
            "shape": list(value.shape),
            "stride": list(value.stride()),
            "values": plain.reshape(-1).tolist(),
            "parameter": isinstance(value, torch.nn.Parameter),
            "requires_grad": value.requires_grad,
        }
    if isinstance(value, dict):
        return {"dict": type(value).__name__, "items": [[described(k), described(v)] for k, v in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [described(v) for v in value]}
    return {"repr": repr(value)}


def tar_file(value: Any, tensors: list[torch.Tensor]) -> bytes:
    """The object in the format of PyTorch 0.1: a tar. What it holds of `tensors`, of one dtype each, goes by keys."""
    out: dict[str, bytes] = {}
    roots = {t.untyped_storage().data_ptr(): t for t in tensors}
    keys = {address: 1000 + i for i, address in enumerate(roots)}

    def packed(thing: Any) -> bytes:
        return pickle.dumps(thing, 2)

    out["storages"] = packed(len(roots))
    for address, t in roots.items():
        storage = t.storage()
        out["storages"] += packed((keys[address], "cpu", STORAGES[t.dtype])) + struct.pack("<q", len(storage))
        out["storages"] += bytes(t.untyped_storage().tolist())
    out["storages"] += packed([])
    out["tensors"] = packed(len(tensors))
    for i, t in enumerate(tensors):
        out["tensors"] += packed((i, keys[t.untyped_storage().data_ptr()], STORAGES[t.dtype]))
        out["tensors"] += struct.pack(f"<ii{2 * t.dim() + 1}q", t.dim(), 0, *t.shape, *t.stride(), t.storage_offset())

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            return next((str(i) for i, t in enumerate(tensors) if t is thing), None)

    buffer = io.BytesIO()
    Pickler(buffer, 2).dump(value)
    out["pickle"] = buffer.getvalue()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for name, data in out.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def main() -> None:
    torch.manual_seed(0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    base = torch.arange(24.0).reshape(2, 3, 4)
    network = torch.nn.Sequential(
        OrderedDict(conv=torch.nn.Conv2d(1, 2, 3), norm=torch.nn.BatchNorm2d(2), fc=torch.nn.Linear(2, 1))
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    sum((p * p).sum() for p in network.parameters()).backward()
    optimizer.step()
    dtypes = [
        torch.float32,
        torch.float64,
        torch.float16,
        torch.bfloat16,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
    ]
    with_attribute = torch.ones(2)
    with_attribute.note = "mine"
    things: dict[str, Any] = {
        "dtypes": {str(d): torch.tensor([0, 1, 2, 100]).to(d) for d in [*dtypes, torch.uint8, torch.bool]},
        "views": [
            base,
            base.transpose(0, 2),
            base[1],
            base[:, ::2, 1:3],
            base[0, 0, 0],
            base.expand(2, 2, 3, 4),
            base[:0],
        ],
        "state": {"model": network.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.25},
        "plain": [
            None,
            True,
            -5,
            1 << 80,
            2.5,
            "text ü",
            b"bytes\x00\xff",
            (1, (2, 3)),
            {"k": [1]},
            {1, 2},
            1 + 2j,
            Counter("aab"),
        ],
        "types": [torch.float32, torch.Size([2, 3]), torch.device("cpu"), torch.device("cuda:1"), OrderedDict(a=1)],
        "parameters": [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.zeros(1), requires_grad=False)],
        "attribute": with_attribute,
        "unsigned": torch.arange(3).to(torch.uint16),
        "empty": [torch.empty(0), torch.empty(0, 3), torch.empty(2, 0, 3)],
    }
    record: dict[str, Any] = {"torch": torch.__version__, "files": {}}
    for name, value in things.items():
        torch.save(value, FOLDER / f"{name}.pt")
        record["files"][name] = described(value)
        if name not in ("unsigned",):
            torch.save(value, FOLDER / f"{name}_legacy.pt", _use_new_zipfile_serialization=False)
            record["files"][f"{name}_legacy"] = record["files"][name]
    held = [base, base.transpose(0, 2), base[1], torch.arange(3), torch.tensor(2.5, dtype=torch.float64)]
    value = OrderedDict(a=held[0], t=held[1], l=[held[2], held[3], 1.5], n={"x": held[4], "again": held[0]})
    (FOLDER / "tar.pt").write_bytes(tar_file(value, held))
    record["tar"] = described(torch.load(FOLDER / "tar.pt", weights_only=False))
    torch.save(network, FOLDER / "whole_module.pt")
    torch.save(np.float64(1.5), FOLDER / "numpy_scalar.pt")
    torch.save(print, FOLDER / "function.pt")
    (FOLDER / "expected.json").write_text(json.dumps(record, indent=0) + "\n")


if __name__ == "__main__":
    main()
