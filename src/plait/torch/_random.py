"""Generators of random numbers and their state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from plait.ops import random as _engine
from plait.torch import _dtypes
from plait.torch._tensor import Tensor

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


def _to_seed(value: int) -> int:
    if not -(1 << 63) <= value < 1 << 64:
        raise ValueError("Overflow when unpacking long long")
    return value


class Generator(_engine.Generator):
    """A source of random numbers with a state of its own, to be given as `generator=`.

    >>> g = Generator().manual_seed(1)
    >>> g.initial_seed()
    1
    """

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given, named = (
            _dtypes.check_call(("Generator(Device device=None)",), args, kwargs) if args or kwargs else ((), {})
        )
        kind = _dtypes.device((*given, *named.values(), "cpu")[0])
        if kind.type != "cpu":
            raise RuntimeError(
                f"Cannot get {kind.type.upper()} generator without ATen_{kind.type} library. "
                "plait computes on the CPU alone."
            )
        super().__init__()

    @property
    def device(self) -> _dtypes.device:
        """The CPU."""
        return _dtypes.CPU

    def manual_seed(self, seed: int, /) -> Generator:
        """Start the sequence of `seed` (-2**63 to 2**64 - 1) and return the generator."""
        if isinstance(seed, np.integer):
            raise TypeError("an integer is required")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        self.reseed(_to_seed(seed))
        return self

    def seed(self) -> int:
        """Seed from the operating system; returns the seed."""
        fresh = _engine.entropy()
        self.reseed(fresh)
        return fresh

    def initial_seed(self) -> int:
        """The seed that the sequence began with."""
        return self.origin

    def get_state(self) -> Tensor:
        """The whole state, a ByteTensor of 5056 (PyTorch's own layout)."""
        return Tensor.wrap(self.state.copy())

    def set_state(self, new_state: Any, /) -> None:
        """Go on from a state that `get_state` gave."""
        if not isinstance(new_state, Tensor):
            kind = type(new_state)
            name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
            raise TypeError(f"expected a torch.ByteTensor, but got {name}")
        if new_state.array.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        self.restore(new_state.array)

    def clone_state(self) -> Generator:
        """A new generator that goes on from the same state."""
        twin = Generator()
        twin.state[:] = self.state
        return twin

    def get_offset(self) -> int:
        """Raises: the CPU's generator counts no offset."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> None:
        """Raises: the CPU's generator counts no offset."""
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Generator:
        """Raises: for CUDA graphs alone."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Any) -> None:
        """Raises: for CUDA graphs alone."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {hex(id(self))}>"

    def __reduce__(self) -> Any:
        return Generator, (self.device,), (self.initial_seed(), None, self.get_state())

    def __setstate__(self, kept: Any) -> None:
        self.manual_seed(kept[0])
        self.set_state(kept[2])


default_generator = Generator()
default_generator.state = _engine.default.state


def manual_seed(seed: Any) -> Generator:
    """Start the default generator on the sequence of `seed`; returns it."""
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system; returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's sequence began with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state, a ByteTensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Let the default generator go on from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Any = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """Whatever is drawn inside, the default generator goes on afterwards as if nothing had been."""
    if not enabled or device_type == "meta":
        yield
        return
    kept = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(kept)


def thread_safe_generator() -> None:
    """None, the default generator: workers are processes here, each with a generator of its own."""
    return None
