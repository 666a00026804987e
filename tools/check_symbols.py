"""Check that the kernels' objects export no weak symbol.

An inline library function compiled for AVX-512 is a weak symbol: the linker keeps one copy of it, perhaps that one, and an older CPU
crashes in code that never asked for AVX-512. So each ISA's objects may export their tables, as strong symbols, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def weak_symbols(path: Path) -> list[str]:
    """Weak or unique symbols that the object at `path` defines."""
    listing = subprocess.run(
        ["nm", "-C", "--defined-only", str(path)], check=True, capture_output=True, text=True
    ).stdout
    return [line for line in listing.splitlines() if len(line.split()) > 2 and line.split()[1] in "WwVvu"]


def main() -> int:
    """0 when all objects found under build/ are clean; 1 with a list otherwise, or when there is nothing to check."""
    objects = [p for p in (ROOT / "build").rglob("*.o") if "kernels_" in str(p) and "sanitize" not in p.parts]
    bad = [(path, line) for path in objects for line in weak_symbols(path)]
    for path, line in bad:
        print(f"{path.relative_to(ROOT)}: weak symbol {line.split(maxsplit=2)[2]}")
    if not objects:
        print("no kernel objects under build/: run `make native` first")
    return 1 if bad or not objects else 0


if __name__ == "__main__":
    sys.exit(main())
