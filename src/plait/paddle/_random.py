"""Generators of random numbers and their state."""

from __future__ import annotations

from typing import Any

from plait.ops.random import entropy
from plait.ops.random64 import Generator64
from plait.paddle._mode import Mode

__all__ = [
    "Generator",
    "get_cuda_rng_state",
    "get_rng_state",
    "manual_seed",
    "seed",
    "set_cuda_rng_state",
    "set_rng_state",
]


class GeneratorState:
    """A generator's state at one moment, for `set_rng_state`."""

    __module__ = "paddle.base.libpaddle"

    def __init__(self, state: Any) -> None:
        self._state = state

    def current_seed(self) -> int:
        """The seed that the sequence began with."""
        return int(self._state[0])


class Generator:
    """A sequence of random numbers.

    >>> Generator().manual_seed(7).initial_seed()
    7
    """

    __module__ = "paddle.base.libpaddle"

    def __init__(self) -> None:
        self.engine = Generator64(entropy())

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence of `seed`."""
        self.engine.reseed(int(seed) & 0xFFFFFFFFFFFFFFFF)
        return self

    def seed(self) -> int:
        """Start the sequence of a seed from the operating system; returns it."""
        self.engine.reseed(entropy())
        return self.engine.origin

    def initial_seed(self) -> int:
        """The seed that the sequence began with."""
        return self.engine.origin

    def random(self) -> int:
        """The next 64 bits."""
        return self.engine.word()

    def get_state(self) -> GeneratorState:
        """The state now."""
        return GeneratorState(self.engine.state())

    def set_state(self, state: GeneratorState) -> None:
        """Go on from a state."""
        if not isinstance(state, GeneratorState):
            raise TypeError(f"set_state takes what get_state gave; got {type(state).__name__}")
        self.engine.restore(state._state)


default_generator = Generator()


class Program:
    """Upstream's graph of the older kind, as far as dynamic mode asks it: its seed is that of initializers that have none."""

    random_seed = 0


def _manual_program_seed(seed: int) -> None:
    """Set the seed of graphs. Dynamic mode knows it where it was set inside `pir_utils.OldIrGuard`: every parameter then begins a sequence
    of that seed, until it is set to 0."""
    if Mode.older:
        Program.random_seed = int(seed)


def engine() -> Generator64:
    """What every draw without a seed of its own draws from."""
    return default_generator.engine


def seed(seed: int) -> Generator:
    """Start the sequence of `seed` for all draws; returns the generator."""
    return default_generator.manual_seed(int(seed))


manual_seed = seed


def get_rng_state(device: Any = None) -> list[GeneratorState]:
    """The state of all draws now, in a list of one."""
    return [default_generator.get_state()]


def set_rng_state(state_list: Any, device: Any = None) -> None:
    """Go on from what `get_rng_state` gave. Raises ValueError for a list of another length."""
    if len(state_list) != 1:
        raise ValueError(f"Length of state list should be equal to 1; got {len(state_list)}")
    default_generator.set_state(state_list[0])


def get_cuda_rng_state() -> list[GeneratorState]:
    """An empty list: there is no GPU."""
    return []


def set_cuda_rng_state(state_list: Any) -> None:
    """Accepts an empty list: there is no GPU."""
    if state_list:
        raise ValueError(
            f"Length of cuda state list should be equal to the cuda device count, 0; got {len(state_list)}"
        )
