"""Tries every name of a dialect's list against the installed framework; writes src/plait/<dialect>/coverage.json.

Run with the framework installed: python tools/record_coverage.py torch|paddle|keras [-v] [family or name …]
"""

from __future__ import annotations

import importlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    import plait

    dialect, *wanted = [a for a in sys.argv[1:] if a != "-v"]
    cases = importlib.import_module("tests.live.names" if dialect == "torch" else f"tests.live.{dialect}.names")
    families, run = cases.families, cases.run
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
    target = ROOT / f"src/plait/{dialect}/coverage.json"
    if wanted and target.exists():
        # Only the names asked for are renewed.
        kept: dict[str, dict[str, int]] = json.loads(target.read_text())["names"]
        for family, names in record.items():
            kept.setdefault(family, {}).update(names)
        record = kept
    if not wanted or target.exists():
        data = {"framework": cases.framework(), "plait": plait.__version__, "names": record}
        target.write_text(json.dumps(data, indent=0) + "\n")


if __name__ == "__main__":
    main()
