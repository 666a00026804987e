"""torch.version: the version of PyTorch whose behaviour this dialect has."""

from __future__ import annotations

__all__ = ["TorchVersion", "cuda", "debug", "git_version", "hip"]

__version__ = "2.13.0+cpu"
debug = False
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version = "Unknown"


def _parts(version: object) -> tuple[int, ...]:
    if isinstance(version, tuple):
        return tuple(int(p) for p in version)
    found = []
    for part in str(version).split("+")[0].split("."):
        digits = "".join(c for c in part if c.isdigit())
        found.append(int(digits or 0))
    return tuple(found)


def _padded(a: object, b: object) -> tuple[tuple[int, ...], tuple[int, ...]]:
    left, right = _parts(a), _parts(b)
    size = max(len(left), len(right))
    return left + (0,) * (size - len(left)), right + (0,) * (size - len(right))


class TorchVersion(str):
    """A version that compares by its numbers, with strings and with tuples.

    >>> TorchVersion("2.13.0+cpu") > "2.2", TorchVersion("2.13.0") >= (2, 13)
    (True, True)
    """

    __slots__ = ()

    def __gt__(self, other: object) -> bool:
        left, right = _padded(self, other)
        return left > right

    def __lt__(self, other: object) -> bool:
        left, right = _padded(self, other)
        return left < right

    def __ge__(self, other: object) -> bool:
        left, right = _padded(self, other)
        return left >= right

    def __le__(self, other: object) -> bool:
        left, right = _padded(self, other)
        return left <= right
