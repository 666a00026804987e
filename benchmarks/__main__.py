"""python -m benchmarks [words …] [--peer torch|paddle|tensorflow|jax|onnxruntime|openvino] [--only PARTS] [--threads N]

A table of ratios, row by row in one process with the peer; a run of all rows is also written to benchmarks/results/<peer>.md and .json.
--check times nothing: it only holds the results of each row, and its gradients, against the peer's.
Parts: forward, backward, inference; with PyTorch also training, memory, tiny; import.
"""

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
from typing import Any

from benchmarks import RESULTS, peers
from benchmarks.limits import Limits
from benchmarks.pairs import Row, table
from benchmarks.running import Report, rows

PARTS = {"forward": "forward", "backward": "forward+backward", "inference": "inference"}


def import_rows(modules: str) -> Iterator[Row]:
    """Whole-process import times, in turn, of files that are compiled already; NumPy's own is taken off both."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def timed(code: str) -> float:
        script = f"import time\nt = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        return float(done.stdout.split()[-1])

    codes = ["import numpy", "import numpy, plait.torch", f"import numpy, {modules}"]
    for code in codes:
        timed(code)
    times: list[list[float]] = [[], [], []]
    for _ in range(5):
        for kept, code in zip(times, codes, strict=True):
            kept.append(timed(code))
    numpy, mine, peer = (statistics.median(t) for t in times)
    yield Row("import", "over NumPy's", mine - numpy, peer - numpy, f"NumPy itself {numpy * 1e3:.0f} ms")


def sources(peer: peers.Peer, plait: Any, limits: Limits, args: argparse.Namespace, report: Report) -> Iterator[Row]:
    """The rows that were asked for."""

    def wanted(name: str) -> bool:
        return not args.words or any(w.lower() in name.lower() for w in args.words)

    parts = args.only.split(",")
    for part, family in PARTS.items():
        if part in parts and (part != "backward" or peer.gradients):
            yield from rows(peer, plait, limits, wanted, family, report)
    if args.peer == "torch":
        from benchmarks import calls, training

        if "training" in parts:
            yield from training.training_rows(plait, wanted)
        if "memory" in parts:
            yield from training.memory_rows(wanted, args.threads)
        if "tiny" in parts:
            yield from calls.tiny_rows(plait, wanted)
    if "import" in parts and not args.words:
        yield from import_rows(peer.modules)


def check(peer: peers.Peer, plait: Any, args: argparse.Namespace) -> int:
    """Every row once; 1 where results differ."""
    args.only = ",".join(part for part in args.only.split(",") if part in PARTS)
    report = Report(only_check=True)
    list(sources(peer, plait, Limits(1, 1.0, 1.0, 1.0), args, report))
    for word, lines in (("cannot", report.cannot), ("layout", report.notes), ("differs", report.differ)):
        for line in lines:
            print(f"{word}: {line}")
    print(f"{peer.title}: {report.agreed} rows agree, {len(report.cannot)} it cannot, {len(report.differ)} differ")
    return 1 if report.differ else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="only rows whose name holds one of these")
    parser.add_argument("--peer", default="torch", choices=peers.NAMES)
    parser.add_argument("--only", default="forward,backward,inference,training,memory,tiny,import")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder for the results of a run of all rows")
    parser.add_argument("--check", action="store_true", help="compare results, time nothing")
    args = parser.parse_args()
    try:
        peer = peers.load(args.peer, args.threads)
    except ImportError as error:
        print(f"{args.peer} is not installed here ({error}): there is nothing to compare with", file=sys.stderr)
        return 2
    import plait.torch as plait
    from plait import _native

    plait.set_num_threads(args.threads)
    if args.check:
        return check(peer, plait, args)
    limits = Limits.measure(plait, args.threads)
    head = (
        f"{peer.title} against plait, {_native.isa()}, {args.threads} threads, {platform.machine()}, {datetime.date.today()}; {limits}. "
        "Ratio: how many times faster plait is, of medians; of limit: the least time that bytes or (directly summed) operations need "
        "at the measured speeds, over plait's time."
    )
    print(head, flush=True)
    report = Report()
    found: list[Row] = []
    for row in sources(peer, plait, limits, args, report):
        found.append(row)
        cells = row.cells()
        print(f"{row.family:17s} {row.name:38s} {cells[2]:>12s} {cells[3]:>12s}  {row.ratio:7.2f} × {cells[6]:>5s}  {row.note}", flush=True)  # fmt: skip
    text = table(found)
    if report.cannot:
        text += "\n\nNot compared, for the peer cannot:\n\n" + "\n".join(f"- {line}" for line in report.cannot)
    if report.differ:
        text += "\n\nNot compared, for the results differ:\n\n" + "\n".join(f"- {line}" for line in report.differ)
    print("\n" + text)
    if not args.words and args.only == parser.get_default("only"):
        args.out.mkdir(exist_ok=True)
        (args.out / f"{args.peer}.md").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
        data = {"about": head, "peer": peer.title, "rows": [r.record() for r in found], "cannot": report.cannot, "differ": report.differ}  # fmt: skip
        text = json.dumps(data, indent=1, ensure_ascii=False)
        (args.out / f"{args.peer}.json").write_text(text + "\n", encoding="utf-8")
    return 1 if report.differ else 0


if __name__ == "__main__":
    sys.exit(main())
