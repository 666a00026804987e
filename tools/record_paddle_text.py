"""Record what Paddle draws and prints for the expressions of tests/paddle_cases.py.

python tools/record_paddle_text.py          # writes tests/golden/paddle/draws.npz and printed.json.gz
"""

from __future__ import annotations

import gzip
import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.paddle_cases import DRAWS, SEEDS, draw, texts  # noqa: E402


def main() -> None:
    """Write both files."""
    import paddle

    folder = ROOT / "tests" / "golden" / "paddle"
    drawn = {f"{seed} {e}": draw(e, seed, paddle)[..., -30:] for seed in SEEDS for e in DRAWS}
    np.savez_compressed(folder / "draws.npz", version=np.array(paddle.__version__), **drawn)
    data = {"framework": f"Paddle {paddle.__version__}", "texts": texts(paddle)}
    with gzip.GzipFile(folder / "printed.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(data, separators=(",", ":")).encode())
    print(f"{len(drawn)} draws, {len(data['texts'])} texts")


if __name__ == "__main__":
    main()
