"""Seeds: the generator of seeds that Keras' random functions and layers draw from."""

from __future__ import annotations

import random as python_random
import threading
from typing import Any

import numpy as np

from plait.keras._naming import auto_name, name_scope
from plait.keras._tensor import Tensor
from plait.keras._variable import Variable

__all__ = [
    "SeedGenerator",
    "draw_seed",
    "forget_global",
    "global_seed_generator",
    "make_default_seed",
    "set_global_seed",
]


def make_default_seed() -> int:
    """A seed from Python's generator, which `keras.utils.set_random_seed` sets."""
    return python_random.randint(1, int(1e9))


class SeedGenerator:
    """Seeds for random functions, a new one at each call: [seed, 0], [seed, 1] …

    >>> from plait import keras
    >>> keras.random.SeedGenerator(7).next().numpy()
    array([7, 0])
    """

    __module__ = "keras.src.random.seed_generator"

    def __init__(self, seed: Any = None, name: str | None = None, **kwargs: Any) -> None:
        self.name = auto_name(type(self).__name__) if name is None else name
        self.backend = kwargs.pop("backend", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")

        def first(shape: Any, dtype: Any = None) -> Any:
            return Tensor.wrap(np.array([seed, 0], np.int64))

        with name_scope(self.name, caller=self):
            self.state = Variable(
                first, shape=(2,), dtype="int64", trainable=False, aggregation="none", name="seed_generator_state"
            )

    def next(self, ordered: bool = True) -> Any:
        """The seed now, two integers; the state moves on."""
        now = self.state._read().array
        if ordered:
            after = np.array([now[0], now[1] + 1], np.int64)
        else:
            after = (now + 1) * 5387 % 933199
        self.state.assign(Tensor.wrap(after))
        return Tensor.wrap(now)

    def __reduce__(self) -> Any:
        return remade, (self.__dict__,)

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """A generator from `get_config()`."""
        return cls(**config)


def remade(state: dict[str, Any]) -> SeedGenerator:
    """A generator out of a pickle."""
    made = SeedGenerator.__new__(SeedGenerator)
    made.__dict__.update(state)
    return made


class _State(threading.local):
    generator: SeedGenerator | None = None


_state = _State()


def global_seed_generator() -> SeedGenerator:
    """The generator behind random functions without a seed."""
    if _state.generator is None:
        _state.generator = SeedGenerator()
    return _state.generator


def forget_global() -> None:
    """Begin anew: the next unseeded draw makes a new generator."""
    _state.generator = None


def draw_seed(seed: Any) -> Any:
    """The two int64 numbers that a `seed` argument (an int, a `SeedGenerator` or None) stands for, as an array."""
    if isinstance(seed, SeedGenerator):
        return seed.next().array
    if isinstance(seed, int):
        return np.array([seed, 0], np.int64)
    if seed is None:
        return global_seed_generator().next(ordered=False).array
    raise ValueError(
        f"Argument `seed` must be either an integer or a SeedGenerator. Received: seed={seed} (of type {type(seed)})"
    )


def set_global_seed(seed: int) -> None:
    """What `keras.utils.set_random_seed` does beyond Python's and NumPy's generators."""
    from plait.keras.random import _stateful

    forget_global()
    _stateful.set_seed(seed)
