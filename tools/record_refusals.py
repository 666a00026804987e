"""Record what PyTorch says to calls that it refuses: tests/golden/refusals/torch.json.gz.

    PYTHONPATH=src python tools/record_refusals.py

Holds the calls of tests/refusal_cases.py and a sample over all names (tests/live/refusals.py), each with the exception's class and words.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests import refusal_cases  # noqa: E402
from tests.live import names, refusals  # noqa: E402

EACH = 6


def main() -> None:
    """Write the file."""
    torch.set_num_threads(1)
    sample: dict[str, list[tuple[str, str, str]]] = {}
    for family, listed in names.families().items():
        if family not in refusals.FAMILIES:
            continue
        for name in listed:
            if f"{family}:{name}" in refusals.SKIPPED:
                continue
            calls = sorted(refusals.calls(family, name, torch), key=lambda c: zlib.crc32(c.encode()))
            found = [(call, *said) for call in calls if (said := refusals.said(call, torch))[0]]
            sample.setdefault(family, []).extend(found[:EACH])
    record = {
        "framework": f"PyTorch {torch.__version__.partition('+')[0]}",
        "common": {call: refusal_cases.said(call, torch) for call in refusal_cases.CALLS},
        "sample": sample,
    }
    path = ROOT / "tests" / "golden" / "refusals" / "torch.json.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(record, separators=(",", ":")).encode(), mtime=0))
    print(len(record["common"]), {k: len(v) for k, v in sample.items()}, path.stat().st_size)


if __name__ == "__main__":
    main()
