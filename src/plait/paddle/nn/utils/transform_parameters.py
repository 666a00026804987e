"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from plait.op import bump
from plait.paddle._tensor import Tensor

__all__: list[str] = []


def parameters_to_vector(parameters: Iterable[Any], name: str | None = None) -> Any:
    """All elements of the parameters, one after the other: a new tensor that wants gradients."""
    vector = Tensor.wrap(np.concatenate([p.array.reshape(-1) for p in parameters]))
    vector.stop_gradient = False
    return vector


def vector_to_parameters(vec: Any, parameters: Iterable[Any], name: str | None = None) -> None:
    """Copy the elements of a vector into the parameters; ValueError where it has too few, AssertionError where it is no vector."""
    if vec.array.ndim != 1:
        raise AssertionError(f"vector_to_parameters: vec must be 1-D, but received {list(vec.array.shape)}")
    parameters = list(parameters)
    if sum(p.array.size for p in parameters) > vec.array.size:
        raise ValueError(
            f"The total_elements of vec {vec.array.size} should be equal to or larger than the number of elements in parameters."
        )
    at = 0
    for p in parameters:
        n = p.array.size
        p.array = vec.array[at : at + n].astype(p.array.dtype).reshape(p.array.shape)
        bump(p)
        at += n
