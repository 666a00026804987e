"""python -m benchmarks.neighbour [words …] [--threads N]: every layer quiet, and beside a process that keeps one core busy.

The neighbour is stopped and continued layer by layer, so that both are measured in the same minute. Meant: no layer above 3 times its
quiet time; exits 1 where one is. Writes benchmarks/results/neighbour.md and .json; needs no peer, and a machine that is otherwise quiet.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time

from benchmarks import RESULTS
from benchmarks.calls import forward
from benchmarks.layers import LAYERS
from benchmarks.pairs import compare, markdown, seconds

ALLOWED = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbour", description=__doc__)
    parser.add_argument("words", nargs="*", help="only layers whose name holds one of these")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    args = parser.parse_args()
    from plait import _native
    from plait import torch as t

    t.set_num_threads(args.threads)
    t.manual_seed(0)
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    found: list[tuple[str, float, float]] = []
    try:
        for name, shape, make in LAYERS:
            if args.words and not any(w.lower() in name.lower() for w in args.words):
                continue
            work = forward(t, make(t), t.randn(*shape))
            times = []
            for turn in (signal.SIGSTOP, signal.SIGCONT):
                neighbour.send_signal(turn)
                time.sleep(0.02)
                times += compare([work], 0.12)
            found.append((name, times[0], times[1]))
    finally:
        neighbour.kill()
        neighbour.wait()
    found.sort(key=lambda row: row[1] / row[2])
    over = [name for name, quiet, busy in found if busy > ALLOWED * quiet]
    head = (
        f"plait, {_native.isa()}, {args.threads} threads on {os.cpu_count()} cores, forward; busy: beside a process that keeps one core busy. "
        f"{len(over)} of {len(found)} layers above {ALLOWED:.0f} times their quiet time."
    )
    lines = [[name, seconds(quiet), seconds(busy), f"{busy / quiet:.2f}"] for name, quiet, busy in found]
    page = head + "\n\n" + markdown(["layer", "quiet", "busy", "ratio"], lines, (0,)) + "\n"
    print(page)
    if not args.words:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "neighbour.md").write_text(page, encoding="utf-8")
        rows = [{"name": n, "quiet": q, "busy": b} for n, q, b in found]
        (RESULTS / "neighbour.json").write_text(json.dumps({"about": head, "rows": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")  # fmt: skip
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
