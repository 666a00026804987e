"""torch.backends.cpu: the instruction set in use."""

from __future__ import annotations

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """Upstream's name of the instruction set: DEFAULT, AVX2, AVX512."""
    import plait._native as _native

    return {"avx2": "AVX2", "avx512": "AVX512"}.get(_native.isa(), "DEFAULT")
