"""Errors that no framework and no library has. A good message says the layer, the argument, what it must be and what it was."""

from __future__ import annotations


class NoSecondDerivative(NotImplementedError, RuntimeError):
    """An op was asked for a derivative of its derivative, and has none."""


class OutOfMemory(RuntimeError, MemoryError):
    """The allocator found no memory: a RuntimeError to those who know the frameworks, a MemoryError to those who know Python."""
