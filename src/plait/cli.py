"""The command `plait`: run, doctor, coverage."""

from __future__ import annotations

import sys

from plait import __version__

USAGE = """\
usage: plait run [-m module | -c code | script | -] [arguments]   run a script with plait in a framework's place
       plait coverage torch                                       what of PyTorch's names works, from tests
       plait doctor                                               version, instruction set, threads, memory
       plait --version
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    command, rest = (given[0], given[1:]) if given else ("", [])
    if command == "run" and rest:
        from plait.running import run

        return run(rest)
    if command == "doctor" and not rest:
        return doctor()
    if command == "coverage" and len(rest) == 1:
        return coverage(rest[0])
    if command in ("--version", "-V"):
        print(f"plait {__version__}")
        return 0
    print(USAGE, end="", file=sys.stdout if command in ("-h", "--help", "help") else sys.stderr)
    return 0 if command in ("-h", "--help", "help") else 2


def doctor() -> int:
    """Prints what an account of trouble needs: versions, instruction sets, threads, the allocator's state."""
    import platform

    import numpy as np

    import plait._native as _native

    lines = {
        "plait": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()}, {platform.system()} {platform.machine()})",
        "numpy": np.__version__,
        "instruction set": f"{_native.isa()} (usable: {', '.join(_native.isas())}; PLAIT_ISA chooses)",
        "threads": str(_native.thread_count()),
        "allocator": ", ".join(f"{name} {value}" for name, value in _native.memory_stats().items()),
    }
    width = max(map(len, lines)) + 2
    for name, value in lines.items():
        print(f"{name:{width}}{value}")
    return 0


def coverage(dialect: str) -> int:
    """Prints every name of a dialect's list with its state, as the recorded tests left it; 1 when one does not work."""
    import json
    import os

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), dialect, "coverage.json")
    if dialect.startswith((".", "_")) or os.sep in dialect or not os.path.exists(path):
        print(f"plait coverage: no record for {dialect!r}; there is one for torch", file=sys.stderr)
        return 2
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    works = total = 0
    for family, names in record["names"].items():
        good = sum(1 for tests in names.values() if tests > 0)
        works, total = works + good, total + len(names)
        print(f"{family}: {good} of {len(names)}")
        for name, tests in names.items():
            print(f"  {name:44}{f'{tests} cases' if tests > 0 else 'not yet'}")
    share = 100.0 * works / total if total else 0.0
    print(
        f"\n{works} of {total} names work ({share:.1f} %), by tests against {record['framework']} recorded with plait {record['plait']}"
    )
    return 0 if works == total else 1
