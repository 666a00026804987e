"""Run the kernels' tests under the address and undefined-behaviour sanitizers, for every ISA that this CPU has.

python tools/sanitize.py [--jobs 2] [pytest arguments]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from build_native import ROOT, build, overlay

TESTS = ["tests/test_native.py", "tests/test_registry.py"]


def library(name: str) -> str:
    """The path of a library that belongs to the compiler."""
    compiler = os.environ.get("CXX", "g++")
    return subprocess.run(
        [compiler, f"-print-file-name={name}"], check=True, capture_output=True, text=True
    ).stdout.strip()


def main() -> int:
    """0 when all tests pass and no sanitizer speaks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2")))
    arguments, rest = parser.parse_known_args()
    place = overlay(build("sanitize", jobs=arguments.jobs))
    env = {
        **os.environ,
        "PYTHONPATH": str(place),
        "LD_PRELOAD": f"{library('libasan.so')} {library('libstdc++.so')}",  # exceptions need both
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",  # the interpreter itself keeps memory until the end
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }
    command = [sys.executable, "-c", "from plait import _native; print(*_native.isas())"]
    isas = subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout.split()
    worst = 0
    for isa in isas:
        print(f"sanitizers, {isa}", flush=True)
        run = subprocess.run([sys.executable, "-m", "pytest", *TESTS, *rest], env={**env, "PLAIT_ISA": isa}, cwd=ROOT)
        worst = worst or run.returncode
    return worst


if __name__ == "__main__":
    sys.exit(main())
