"""python -m benchmarks [words …] [--threads N] [--only forward,backward,training,tiny,import]: a table of ratios, also written to results/."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.layers import rows
from benchmarks.pairs import Row, table
from benchmarks.training import tiny_rows, training_rows

RESULTS = Path(__file__).parent / "results"


def import_rows() -> Iterator[Row]:
    """Whole-process import times, in turn; NumPy's own is taken off both."""

    def timed(code: str) -> float:
        script = f"import time\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
        return float(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)

    codes = ["import numpy", "import numpy, plait.torch", "import numpy, torch"]
    times: list[list[float]] = [[], [], []]
    for _ in range(7):
        for kept, code in zip(times, codes, strict=True):
            kept.append(timed(code))
    numpy, mine, peer = (statistics.median(t) for t in times)
    yield Row("import", "over NumPy's", mine - numpy, peer - numpy, f"NumPy itself {numpy * 1e3:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="only rows whose name holds one of these")
    parser.add_argument("--only", default="forward,backward,training,tiny,import")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("PyTorch is not installed here: there is nothing to compare with")
    import plait.torch as plait
    from plait import _native

    torch.set_num_threads(args.threads)
    plait.set_num_threads(args.threads)

    def wanted(name: str) -> bool:
        return not args.words or any(w.lower() in name.lower() for w in args.words)

    parts = args.only.split(",")
    found: list[Row] = []

    def take(source: Iterator[Row]) -> None:
        for row in source:
            found.append(row)
            print(
                f"{row.family:17s} {row.name:38s} {row.cells()[2]:>12s} {row.cells()[3]:>12s}  {row.ratio:7.2f} ×",
                flush=True,
            )

    if "forward" in parts:
        take(rows(plait, torch, wanted, backward=False))
    if "backward" in parts:
        take(rows(plait, torch, wanted, backward=True))
    if "training" in parts:
        take(training_rows(plait, torch, wanted))
    if "tiny" in parts:
        take(tiny_rows(plait, torch, wanted))
    if "import" in parts and not args.words:
        take(import_rows())
    text = table(found)
    print("\n" + text)
    if not args.words:
        RESULTS.mkdir(exist_ok=True)
        head = (
            f"PyTorch {torch.__version__.split('+')[0]} (better of its layouts) against plait, {_native.isa()}, {args.threads} threads, "
            f"{platform.machine()}, {datetime.date.today()}. Ratio: how many times faster plait is, of medians."
        )
        (RESULTS / "torch.md").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        data = [
            {"family": r.family, "name": r.name, "plait": r.plait, "peer": r.peer, "ratio": r.ratio, "note": r.note}
            for r in found
        ]
        (RESULTS / "torch.json").write_text(
            json.dumps({"about": head, "rows": data}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
