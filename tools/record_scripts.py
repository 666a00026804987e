"""Runs the scripts of tests/scripts under their framework and keeps what they print.

Run with PyTorch installed: python tools/record_scripts.py; with another framework: python tools/record_scripts.py paddle|keras, which runs
tests/scripts/paddle and writes tests/golden/paddle/scripts, without what depends on time.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests import keras_scripts, paddle_training_cases  # noqa: E402

MASKS = {"": str, "paddle": paddle_training_cases.masked, "keras": keras_scripts.masked}


def main() -> None:
    dialect = sys.argv[1] if len(sys.argv) > 1 else ""
    folder = ROOT / "tests/golden" / dialect / "scripts"
    folder.mkdir(parents=True, exist_ok=True)
    for script in sorted((ROOT / "tests/scripts" / dialect).glob("*.py")):
        with tempfile.TemporaryDirectory() as place:
            command = [sys.executable, "-u", "-W", "ignore", script]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        # Paddle sometimes aborts on its way out, with all printed.
        if "Traceback" in done.stderr or (done.returncode and not dialect):
            raise RuntimeError(f"{script}: {done.stderr}")
        (folder / f"{script.stem}.txt").write_text(MASKS[dialect](done.stdout))


if __name__ == "__main__":
    main()
