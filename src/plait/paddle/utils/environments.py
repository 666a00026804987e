"""`paddle.utils.environments`: environment variables with a type and a default."""

from __future__ import annotations

import os
from typing import Any

__all__: list[str] = []

_YES, _NO = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


def strtobool(val: str) -> bool:
    """Whether a word means yes; ValueError where it means neither yes nor no."""
    word = val.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"Invalid truth value {word!r}")


class EnvironmentVariable:
    """A variable of the environment, read when it is asked for; a subclass says how its text is meant."""

    _kind: Any = object

    def __init__(self, name: str, default: Any) -> None:
        self.name = name
        self._need(default, "default")
        self.default = default

    def _need(self, value: Any, what: str) -> None:
        if not isinstance(value, self._kind) or (self._kind is int and isinstance(value, bool)):
            raise AssertionError(f"{what} must be {self._kind.__name__}; got {value!r}")

    def get(self) -> Any:
        """Its value now, or the default."""
        text = os.environ.get(self.name)
        return self.default if text is None else self._read(text)

    def set(self, value: Any) -> None:
        """A new value, for child processes too."""
        self._need(value, "value")
        os.environ[self.name] = self._write(value)

    def delete(self) -> None:
        """Take it out of the environment. Raises KeyError where it is not set."""
        del os.environ[self.name]

    def _read(self, text: str) -> Any:
        raise NotImplementedError

    def _write(self, value: Any) -> str:
        return str(value)

    def __repr__(self) -> str:
        return f"Env({self.name}={self.get()!r})"


class StringEnvironmentVariable(EnvironmentVariable):
    """Text as it is."""

    _kind = str

    def _read(self, text: str) -> str:
        return text


class BooleanEnvironmentVariable(EnvironmentVariable):
    """Yes or no, in the words that `strtobool` knows."""

    _kind = bool

    def _read(self, text: str) -> bool:
        return strtobool(text)

    def _write(self, value: Any) -> str:
        return str(value).lower()

    def __bool__(self) -> bool:
        raise ValueError("BooleanEnvironmentVariable has no truth of its own; ask get()")


class IntegerEnvironmentVariable(EnvironmentVariable):
    """A whole number; the default for other text."""

    _kind = int

    def _read(self, text: str) -> Any:
        try:
            return int(text)
        except ValueError:
            return self.default


class StringListEnvironmentVariable(EnvironmentVariable):
    """Texts with commas between."""

    _kind = list

    def _read(self, text: str) -> list[str]:
        return text.split(",")

    def _write(self, value: Any) -> str:
        return ",".join(value)


class EnvironmentVariableGuard:
    """A variable has another value from now on, until the `with` block ends."""

    def __init__(self, variable: EnvironmentVariable, value: Any) -> None:
        self.variable = variable
        self.original_value = variable.get()
        variable.set(value)

    def __enter__(self) -> EnvironmentVariableGuard:
        return self

    def __exit__(self, *exc: object) -> None:
        self.variable.set(self.original_value)
