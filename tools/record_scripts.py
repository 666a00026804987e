"""Runs tests/scripts under PyTorch and keeps what they print in tests/golden/scripts.

Run with PyTorch installed: python tools/record_scripts.py
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent


def main() -> None:
    folder = ROOT / "tests/golden/scripts"
    folder.mkdir(parents=True, exist_ok=True)
    for script in sorted((ROOT / "tests/scripts").glob("*.py")):
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", script], cwd=place, capture_output=True, text=True, check=True
            )
        (folder / f"{script.stem}.txt").write_text(done.stdout)


if __name__ == "__main__":
    main()
