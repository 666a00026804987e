"""Messages. A good one says the layer, the argument, what it must be, what it was and, where one exists, the fix."""

from __future__ import annotations


def bad_argument(where: str, argument: str, must: str, got: object, fix: str = "") -> str:
    """The sentence for an argument that a layer or op can not take.

    >>> bad_argument("MaxPool2d", "padding", "at most half of kernel_size", 2)
    'MaxPool2d: padding must be at most half of kernel_size; got padding=2'
    """
    text = f"{where}: {argument} must be {must}; got {argument}={got!r}"
    return f"{text}; {fix}" if fix else text


class VersionError(RuntimeError):
    """A tensor that a gradient needs was changed in place after it had been saved."""


class NoSecondDerivative(NotImplementedError, RuntimeError):
    """An op was asked for a derivative of its derivative, and has none."""


class OutOfMemory(RuntimeError, MemoryError):
    """The allocator found no memory: a RuntimeError to those who know the frameworks, a MemoryError to those who know Python."""
