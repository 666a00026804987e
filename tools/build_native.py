"""Build the C++ module: in place (src/plait/_native*.so, from build/native), or a variant of it in a folder of its own.

    python tools/build_native.py [--isas "avx2 avx512"] [--jobs 2]
    python tools/build_native.py --variant clang --compiler clang++
    python tools/build_native.py --variant sanitize

A variant does not touch the module in src/plait: build/<variant>/overlay holds a package plait that is the sources with the variant's
module, and is put before all others by PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# An editable install's finder comes before PYTHONPATH; the overlay takes it away.
SITE = """import sys

sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "ScikitBuildRedirectingFinder"]
"""


def build(variant: str = "native", isas: str | None = None, jobs: int = 2, compiler: str | None = None) -> Path:
    """Configure where needed, then compile; returns the build folder. Raises CalledProcessError when the compiler fails."""
    folder = ROOT / "build" / variant
    cmake = shutil.which("cmake") or str(Path(sys.executable).with_name("cmake"))
    configure = [cmake, "-S", str(ROOT), "-B", str(folder), f"-DPython_EXECUTABLE={sys.executable}"]
    configure.append(f"-DPLAIT_INPLACE={'ON' if variant == 'native' else 'OFF'}")
    configure.append(f"-DPLAIT_SANITIZE={'ON' if variant == 'sanitize' else 'OFF'}")
    if not (folder / "CMakeCache.txt").exists():
        if shutil.which("ninja"):
            configure += ["-G", "Ninja"]
        if compiler:
            configure.append(f"-DCMAKE_CXX_COMPILER={compiler}")
    configure += [f"-DPLAIT_ISAS={isas}"] if isas else ["-UPLAIT_ISAS"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([cmake, "--build", str(folder), "-j", str(jobs)], check=True)
    return folder


def overlay(folder: Path) -> Path:
    """The folder for PYTHONPATH in which `plait` is the sources with the module that was built in `folder`."""
    place = folder / "overlay"
    shutil.rmtree(place, ignore_errors=True)
    (place / "plait").mkdir(parents=True)
    (place / "sitecustomize.py").write_text(SITE)
    for entry in (ROOT / "src" / "plait").iterdir():
        if not entry.name.startswith("_native") and entry.name != "__pycache__":
            os.symlink(entry, place / "plait" / entry.name)
    for module in folder.glob("_native*.so"):
        shutil.copy2(module, place / "plait")
    return place


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--variant", default="native")
    parser.add_argument("--isas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--compiler")
    given = parser.parse_args()
    try:
        made = build(given.variant, given.isas, given.jobs, given.compiler)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    if given.variant != "native":
        print(overlay(made))
