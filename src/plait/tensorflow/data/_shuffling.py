"""The order in which a shuffled dataset gives its elements: TensorFlow's, drawn by Philox.

Rules of this file: seeds are those of plait/keras/random/_stateful.py; each iteration draws its own pair of them from the dataset's stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from plait.ops import philox

_BLOCK = 1024


class _Words:
    """The words of a stream, one after the other."""

    def __init__(self, stream: philox.Stream) -> None:
        self._stream = stream
        self._kept: Iterator[int] = iter(())

    def __call__(self) -> int:
        for word in self._kept:
            return word
        self._kept = iter(philox.words(self._stream, 4 * _BLOCK).tolist())
        self._stream = self._stream.skipped(_BLOCK)
        return next(self._kept)


class Shuffler:
    """What draws the orders of one dataset."""

    def __init__(self, seeds: tuple[int | None, int | None], again: bool) -> None:
        first, second = seeds
        if first is None or second is None:
            first, second = np.frombuffer(np.random.default_rng().bytes(8), np.uint32).tolist()
        self._seeds = (int(first), int(second))
        self._again = again
        self._words = _Words(philox.Stream(self._seeds[0], self._seeds[1] << 64))

    def spend(self) -> None:
        """Pass over one iteration's order, as an iterator does that nobody goes through."""
        if self._again:
            self._words()
            self._words()

    def shuffled(self, elements: Iterator[Any], size: int) -> Iterator[Any]:
        """The elements, each drawn from the `size` that come next."""
        first, second = (self._words(), self._words()) if self._again else self._seeds
        draw = _Words(philox.Stream(first, second << 64))
        buffer: list[Any] = list(islice(elements, size))
        full = len(buffer) == size
        start, end = 0, len(buffer)
        while start < end:
            at = (start + draw() % (end - start)) % size
            place = start % size
            element = buffer[at]
            buffer[at] = buffer[place]
            start += 1
            yield element
            if full:
                for fresh in islice(elements, 1):
                    buffer[place] = fresh
                    end += 1
