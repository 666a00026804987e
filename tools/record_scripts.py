"""Runs the scripts of tests/scripts under their framework and keeps what they print.

Run with PyTorch installed: python tools/record_scripts.py; with another framework: python tools/record_scripts.py paddle, which runs
tests/scripts/paddle and writes tests/golden/paddle/scripts.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent


def main() -> None:
    dialect = sys.argv[1] if len(sys.argv) > 1 else ""
    folder = ROOT / "tests/golden" / dialect / "scripts"
    folder.mkdir(parents=True, exist_ok=True)
    for script in sorted((ROOT / "tests/scripts" / dialect).glob("*.py")):
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", script], cwd=place, capture_output=True, text=True, check=True
            )
        (folder / f"{script.stem}.txt").write_text(done.stdout)


if __name__ == "__main__":
    main()
