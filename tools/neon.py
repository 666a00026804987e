"""Build for AArch64 with a cross compiler, and run the kernels' tests on the NEON kernels under qemu.

python tools/neon.py [--jobs 2] [pytest arguments]

Needs a Debian or Ubuntu with aarch64-linux-gnu-g++ and qemu-aarch64; installs these where it may. An interpreter for AArch64 comes from the
distribution's own packages, unpacked into build/neon and nowhere else, NumPy and pytest from PyPI.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from build_native import ROOT, overlay

FOLDER = ROOT / "build" / "neon"
SYSROOT = FOLDER / "sysroot"
TESTS = ["tests/test_native.py", "tests/test_registry.py", "tests/test_not_finite.py"]
# A process with threads that forks is more than qemu's user mode can carry.
SKIPPED = ["--deselect", "tests/test_native.py::test_a_forked_child_computes_while_the_parent_does"]
TOOLS = {
    "aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu",
    "qemu-aarch64": "qemu-user",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}

# The interpreter runs under qemu, and what it starts must do so too.
SITE = """
import os

sys.executable = os.environ["PLAIT_PYTHON"]
"""


def give_up(what: str) -> NoReturn:
    """Say what is missing, and end with a status that is not zero."""
    sys.exit(f"neon: {what}")


def ran(command: list[str], what: str) -> None:
    """Run a command quietly; its output is shown when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout[-4000:], file=sys.stderr)
        give_up(what)


def need_tools() -> None:
    """The cross compiler and the emulator, installed where that can be done."""
    missing = [package for program, package in TOOLS.items() if not shutil.which(program)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-y", "-qq", *missing], stdout=subprocess.DEVNULL)
        missing = [package for program, package in TOOLS.items() if not shutil.which(program)]
    if missing:
        give_up(f"these packages are needed and could not be installed: {' '.join(missing)}")


def unpack_python() -> None:
    """Debian's interpreter for AArch64 with all that it stands on, from an apt of its own that the system does not see."""
    apt = FOLDER / "apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "Dir::State": apt / "state",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Debug::NoLocking": 1,
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    ran(["apt-get", *options, "update", "-qq"], "the list of arm64 packages could not be had")
    packages = ["python3-minimal", "libpython3-dev", "libstdc++6"]
    get = ["apt-get", *options, "install", "-y", "-qq", "--no-install-recommends", "--download-only", *packages]
    ran(get, "the arm64 packages of Python could not be had")
    for package in sorted((apt / "cache" / "archives").glob("*.deb")):
        ran(["dpkg-deb", "-x", str(package), str(SYSROOT)], f"{package.name} could not be unpacked")


def python_version() -> str:
    """The unpacked interpreter's version, as 3.11."""
    found = [p.name.removeprefix("python") for p in (SYSROOT / "usr" / "bin").glob("python3.*")]
    if not found:
        give_up("the arm64 packages hold no interpreter")
    return found[0]


def install_wheels(version: str) -> None:
    """NumPy and pytest for AArch64, and nanobind's sources come with the interpreter that runs this."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(FOLDER / "site"), "--upgrade"]
    command += ["--only-binary=:all:", "--python-version", version, "--implementation", "cp"]
    command += ["--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64", "numpy", "pytest"]
    ran(command, "NumPy for AArch64 could not be had")


def build(version: str, jobs: int) -> None:
    """The C++ module, by the cross compiler."""
    cmake = shutil.which("cmake") or str(Path(sys.executable).with_name("cmake"))
    include = SYSROOT / "usr" / "include"
    command = [cmake, "-S", str(ROOT), "-B", str(FOLDER), "-DCMAKE_BUILD_TYPE=Release"]
    command += ["-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64"]
    command += ["-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++", f"-DPython_EXECUTABLE={sys.executable}"]
    command += [f"-DPython_INCLUDE_DIR={include}/python{version}", f"-DCMAKE_CXX_FLAGS=-I{include}"]
    command += [f"-DPython_NumPy_INCLUDE_DIR={FOLDER}/site/numpy/_core/include", "-DNB_SUFFIX=.so"]
    if shutil.which("ninja") and not (FOLDER / "CMakeCache.txt").exists():
        command += ["-G", "Ninja"]
    ran(command, "CMake could not set up the cross build")
    if subprocess.run([cmake, "--build", str(FOLDER), "-j", str(jobs)]).returncode != 0:
        give_up("the kernels do not compile for AArch64")


def main() -> int:
    """0 when the kernels' tests pass."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", "2")))
    arguments, rest = parser.parse_known_args()
    need_tools()
    ready = FOLDER / "ready"
    if not ready.exists():
        unpack_python()
        install_wheels(python_version())
        ready.touch()
    version = python_version()
    build(version, arguments.jobs)
    place = overlay(FOLDER)
    with (place / "sitecustomize.py").open("a") as site:
        site.write(SITE)
    python = FOLDER / "python"
    python.write_text(f'#!/bin/sh\nexec qemu-aarch64 -L "{SYSROOT}" "{SYSROOT}/usr/bin/python{version}" "$@"\n')
    python.chmod(0o755)
    env = {**os.environ, "PYTHONPATH": f"{place}:{FOLDER / 'site'}", "PLAIT_PYTHON": str(python)}
    env["PYTHONHOME"] = str(SYSROOT / "usr")
    env["OPENBLAS_NUM_THREADS"] = "1"
    command = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *SKIPPED, *TESTS, *rest]
    return subprocess.run(command, env=env, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
