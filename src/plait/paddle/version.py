"""`paddle.version`: the version of Paddle that this dialect means."""

from __future__ import annotations

__all__ = ["cuda", "cudnn", "nccl", "show", "tensorrt", "xpu", "xpu_xccl"]

full_version = "3.3.1"
major, minor, patch, rc = "3", "3", "1", "0"
cuda_version = cudnn_version = "False"
is_tagged = True
commit = "7688495538f4d6c1893f084dd238a402e8f68ab6"
with_pip_cuda_libraries = "OFF"


def show() -> None:
    """Print the version and what the build was made with."""
    facts = {"full_version": full_version, "major": major, "minor": minor, "patch": patch, "rc": rc, "cuda": False, "cudnn": False,
             "hip": None, "nccl": 0, "xpu_xre": False, "xpu_xccl": False, "xpu_xhpc": False, "cinn": False, "tensorrt_version": None,
             "cuda_archs": []}  # fmt: skip
    for name, value in facts.items():
        print(f"{name}: {value}")


def cuda() -> bool:
    """False: plait is made for the CPU."""
    return False


cudnn = xpu = xpu_xccl = cinn = cuda


def nccl() -> int:
    """0."""
    return 0


def tensorrt() -> None:
    """None."""
