"""Tries every name of the PyTorch dialect's list against the installed PyTorch; writes src/plait/torch/coverage.json.

Run with PyTorch installed: python tools/record_coverage.py [-v] [family or name …]
"""

from __future__ import annotations

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.live.names import families, run  # noqa: E402


def main() -> None:
    import torch

    import plait

    wanted = [a for a in sys.argv[1:] if a != "-v"]
    record: dict[str, dict[str, int]] = {}
    for family, names in families().items():
        for name in names:
            if wanted and family not in wanted and name not in wanted:
                continue
            good, bad = run(family, name)
            # A name works when its cases agree: one in fifty may differ.
            record.setdefault(family, {})[name] = good if good and len(bad) * 50 <= good else 0
            if bad and (len(bad) * 50 > good or "-v" in sys.argv):
                print(f"{family} {name}: {good} agree, {len(bad)} differ")
                for line in bad[: 40 if "-v" in sys.argv else 2]:
                    print("   ", line[:400])
            elif not good:
                print(f"{family} {name}: no case")
    total = sum(map(len, record.values()))
    works = sum(1 for names in record.values() for n in names.values() if n)
    print(f"{works} of {total}")
    if not wanted:
        target = ROOT / "src/plait/torch/coverage.json"
        data = {"framework": f"PyTorch {torch.__version__.split('+')[0]}", "plait": plait.__version__, "names": record}
        target.write_text(json.dumps(data, indent=0) + "\n")


if __name__ == "__main__":
    main()
