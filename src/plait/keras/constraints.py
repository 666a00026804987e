"""keras.constraints: what weights are brought back to after each of the optimizer's steps."""

from __future__ import annotations

from typing import Any

from plait.keras import _config, _families
from plait.keras._convert import as_tensor
from plait.layers import penalty

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm", "min_max_norm", "non_neg", "serialize",
    "unit_norm",
]  # fmt: skip


class Constraint:
    """Called on a weight it gives the weight to have instead."""

    def __call__(self, w: Any) -> Any:
        """`w` itself."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The constraint that `get_config` describes."""
        return cls(**config)


class MaxNorm(Constraint):
    """Norms along `axis` of at most `max_value`."""

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        """The weight brought back."""
        return penalty.limited(as_tensor(w), self.max_value, self.axis, _config.epsilon())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """No negative weights."""

    def __call__(self, w: Any) -> Any:
        """The weight brought back."""
        return penalty.non_negative(as_tensor(w))


class UnitNorm(Constraint):
    """Norms along `axis` of 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The weight brought back."""
        return penalty.unit(as_tensor(w), self.axis, _config.epsilon())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms along `axis` between `min_value` and `max_value`, or the share `rate` of the way to there."""

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        """The weight brought back."""
        w = as_tensor(w)
        return penalty.within(w, self.min_value, self.max_value, self.rate, self.axis, _config.epsilon())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
_OBJECTS = _families.table((Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm))


def serialize(constraint: Any) -> Any:
    """The config of a constraint, with its class."""
    return _families.serialize(constraint)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The constraint that a config describes."""
    return _families.deserialize(config, _OBJECTS, custom_objects)


def get(identifier: Any) -> Any:
    """The constraint that a name, a config, a class, a callable or None stands for; ValueError for others."""
    return _families.find(identifier, _OBJECTS, "constraint")
