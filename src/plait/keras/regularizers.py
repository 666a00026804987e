"""keras.regularizers: penalties on weights or outputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait.keras import _config, _families
from plait.keras._convert import as_tensor
from plait.layers import penalty

__all__ = [
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2", "orthogonal_regularizer",
    "serialize",
]  # fmt: skip


class Regularizer:
    """A penalty: called on a tensor it gives a scalar."""

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`: none here."""
        return 0.0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The penalty that `get_config` describes."""
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; for subclasses to say."""
        raise NotImplementedError(f"{self} does not implement get_config()")


def _factor(value: Any, name: str) -> float:
    if not isinstance(value, (float, int)) or math.isinf(value) or math.isnan(value) or value < 0:
        raise ValueError(f"Invalid value for argument {name}: expected a non-negative float. Received: {name}={value}")
    return float(value)


def _single(value: float) -> Any:
    """A factor as a tensor of the default dtype; configs show what that keeps of it."""
    return as_tensor(value)


class L1L2(Regularizer):
    """l1 · Σ|x| + l2 · Σx²."""

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1, self.l2 = _factor(0.0 if l1 is None else l1, "l1"), _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`."""
        x = as_tensor(x)
        total = None
        for factor, part in ((self.l1, penalty.absolute), (self.l2, penalty.squares)):
            if factor != 0.0:
                total = part(x, factor) if total is None else total + part(x, factor)
        return type(x).face.wrap(np.zeros((), x.array.dtype)) if total is None else total

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 · Σ|x|."""

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _single(_factor(0.01 if l1 is None else l1, "l1"))

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`."""
        return penalty.absolute(as_tensor(x), float(self.l1))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l1": float(self.l1)}


class L2(Regularizer):
    """l2 · Σx²."""

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`."""
        return penalty.squares(as_tensor(x), self.l2)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between the rows (or the columns) of a matrix."""

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _single(_factor(factor, "factor"))
        if mode not in ("rows", "columns"):
            raise ValueError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, inputs: Any) -> Any:
        """The penalty of a matrix; ValueError for another rank."""
        x = as_tensor(inputs)
        if x.array.ndim != 2:
            raise ValueError(f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={x.shape}")
        return penalty.alignment(x, float(self.factor), self.mode == "rows", _config.epsilon())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"factor": float(self.factor), "mode": self.mode}


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer
_OBJECTS = _families.table((Regularizer, L1, L2, L1L2, OrthogonalRegularizer))


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer, with its class."""
    return _families.serialize(regularizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The regularizer that a config describes."""
    return _families.deserialize(config, _OBJECTS, custom_objects)


def get(identifier: Any) -> Any:
    """The regularizer that a name, a config, a class, a callable or None stands for; ValueError for others."""
    return _families.find(identifier, _OBJECTS, "regularizer")
