"""Record what tests/train_cases.py prints under PyTorch, for tests/test_golden_train.py.

python tools/record_train.py
"""

from __future__ import annotations

import json
import lzma
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from tests.train_cases import run, scripts  # noqa: E402


def main() -> None:
    """Write tests/golden/train/scripts.json.xz."""
    printed = {name: run(source, torch) for name, source in scripts().items()}
    told = json.dumps({"torch": torch.__version__, "printed": printed}, indent=0, sort_keys=True).encode()
    path = ROOT / "tests" / "golden" / "train" / "scripts.json.xz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(told, preset=9))
    print(f"{len(printed)} scripts, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
