"""torch.serialization: save and load, and the list of classes that weights_only lets in."""

from __future__ import annotations

from typing import Any

from ._serialization import DEFAULT_PROTOCOL, MAGIC_NUMBER, PROTOCOL_VERSION, load, save

__all__ = [
    "DEFAULT_PROTOCOL",
    "MAGIC_NUMBER",
    "PROTOCOL_VERSION",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
]


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Lets classes (or pairs of a class and the name that files give it) through `load(weights_only=True)`."""
    from . import _unpickler

    _unpickler._user_safe.update(safe_globals)


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` let in."""
    from . import _unpickler

    return list(_unpickler._user_safe)


def clear_safe_globals() -> None:
    """Takes back all that `add_safe_globals` let in."""
    from . import _unpickler

    _unpickler._user_safe.clear()


class safe_globals:
    """`add_safe_globals` for a with block."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *error: object) -> None:
        from . import _unpickler

        _unpickler._user_safe.difference_update(self.safe_globals)


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a file that `load(weights_only=True)` would refuse."""
    import os

    from . import _unpickler
    from ._archive import Reader, Source
    from ._builders import lists

    file = open(f, "rb") if isinstance(f, (str, os.PathLike)) else f  # noqa: SIM115
    try:
        source = Source(file)
        if source.size < 4 or source.read(0, 4) != b"PK\3\4":
            raise ValueError("get_unsafe_globals_in_checkpoint requires a file in the zip format")
        names = _unpickler.opcode_names(Reader(source).read("data.pkl"))
    finally:
        if file is not f:
            file.close()
    known = set(lists().names) | set(_unpickler.user_names())
    return sorted(names - known)
