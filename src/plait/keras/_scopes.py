"""Blocks that change how Keras' variables are read and assigned to: autocast and stateless scopes."""

from __future__ import annotations

import threading
from typing import Any

from plait.keras import _convert, _dtypes

__all__ = [
    "AutocastScope",
    "StatelessScope",
    "get_stateless_scope",
    "in_stateless_scope",
    "initialize_all_variables",
    "state",
]


class _State(threading.local):
    def __init__(self) -> None:
        self.stateless: StatelessScope | None = None
        self.autocast: AutocastScope | None = None
        self.waiting: list[Any] = []


state = _State()


class AutocastScope:
    """A block in which floating Keras variables are read in another floating dtype."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = None if dtype is None else _dtypes.standardize(dtype)
        if self.dtype is not None and not _dtypes.is_float(self.dtype):
            raise ValueError(f"`AutocastScope` can only be used with a floating-point dtype. Received: dtype={dtype}")
        self._before: AutocastScope | None = None

    def maybe_cast(self, value: Any) -> Any:
        """`value` in the scope's dtype where it is floating."""
        if self.dtype is not None and _dtypes.is_float(value.dtype):
            return _convert.to(_convert.as_tensor(value), _dtypes.numpy_dtype(self.dtype))
        return value

    def __enter__(self) -> AutocastScope:
        self._before, state.autocast = state.autocast, self
        return self

    def __exit__(self, *error: Any) -> None:
        state.autocast = self._before


class StatelessScope:
    """A block in which assignments to Keras variables are noted and do not happen; variables made in it get their values at its end."""

    def __init__(
        self, state_mapping: Any = None, collect_losses: bool = False, initialize_variables: bool = True
    ) -> None:
        self.collect_losses, self.initialize_variables = collect_losses, initialize_variables
        self.losses: list[Any] = []
        self.state_mapping: dict[int, Any] = {}
        self.original_scope: StatelessScope | None = None
        from plait.keras._variable import Variable

        for k, v in state_mapping or []:
            if not isinstance(k, Variable):
                raise ValueError(
                    f"StatelessScope: all keys in argument `mapping` must be Variable instances. Received: {k!r}"
                )
            value = _convert.to(_convert.as_tensor(v), _dtypes.numpy_dtype(k._dtype))
            if k.shape != value.shape:
                raise ValueError(
                    f"StatelessScope: all values in argument `mapping` must be tensors with the shape of their variable. "
                    f"Received: shape {value.shape} for {k!r}"
                )
            self.state_mapping[id(k)] = value

    def add_loss(self, loss: Any) -> None:
        """Note a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Note that a variable would have this value."""
        variable, value = update
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable: Any) -> Any:
        """The value that a variable would have; None where it was not assigned to."""
        return self.state_mapping.get(id(variable))

    def __enter__(self) -> StatelessScope:
        self.original_scope, state.stateless = state.stateless, self
        return self

    def __exit__(self, *error: Any) -> None:
        state.stateless = self.original_scope
        if self.original_scope is None and self.initialize_variables:
            initialize_all_variables()


def in_stateless_scope() -> bool:
    """Whether a `StatelessScope` is open."""
    return state.stateless is not None


def get_stateless_scope() -> StatelessScope | None:
    """The open `StatelessScope`."""
    return state.stateless


def initialize_all_variables() -> None:
    """Give their values to the variables that were made in a `StatelessScope`."""
    waiting, state.waiting = state.waiting, []
    for v in waiting:
        v._deferred_initialize()
