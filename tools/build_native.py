"""Build the C++ module in place: src/plait/_native*.so, from build/native (or build/sanitize).

    python tools/build_native.py [--isas "avx2 avx512"] [--jobs 2] [--sanitize] [--compiler clang++]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(isas: str | None, jobs: int, sanitize: bool, compiler: str | None) -> None:
    """Configure where needed, then compile; raises CalledProcessError when the compiler fails."""
    folder = ROOT / "build" / ("sanitize" if sanitize else Path(compiler).name if compiler else "native")
    cmake = shutil.which("cmake") or str(Path(sys.executable).with_name("cmake"))
    configure = [cmake, "-S", str(ROOT), "-B", str(folder), f"-DPython_EXECUTABLE={sys.executable}", "-DPLAIT_INPLACE=ON"]
    configure.append(f"-DPLAIT_SANITIZE={'ON' if sanitize else 'OFF'}")
    if not (folder / "CMakeCache.txt").exists():
        if shutil.which("ninja"):
            configure += ["-G", "Ninja"]
        if compiler:
            configure.append(f"-DCMAKE_CXX_COMPILER={compiler}")
    configure += [f"-DPLAIT_ISAS={isas}"] if isas else ["-UPLAIT_ISAS"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([cmake, "--build", str(folder), "-j", str(jobs)], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--isas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--compiler")
    arguments = parser.parse_args()
    try:
        build(arguments.isas, arguments.jobs, arguments.sanitize, arguments.compiler)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
