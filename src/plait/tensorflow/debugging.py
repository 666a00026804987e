"""tf.debugging: checks of values, which raise InvalidArgumentError."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras._errors import InvalidArgumentError
from plait.tensorflow._call import as_tensor

__all__ = [
    "assert_all_finite",
    "assert_equal",
    "assert_greater",
    "assert_near",
    "assert_rank",
    "assert_shapes",
    "check_numerics",
]


def assert_equal(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: Any = None) -> None:
    """InvalidArgumentError unless x == y everywhere."""
    if not np.all(as_tensor(x).array == as_tensor(y).array):
        raise InvalidArgumentError(message or f"Condition x == y did not hold: {as_tensor(x)} and {as_tensor(y)}")


def assert_greater(x: Any, y: Any, message: str | None = None, summarize: Any = None, name: Any = None) -> None:
    """InvalidArgumentError unless x > y everywhere."""
    if not np.all(as_tensor(x).array > as_tensor(y).array):
        raise InvalidArgumentError(message or f"Condition x > y did not hold: {as_tensor(x)} and {as_tensor(y)}")


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: Any = None,
    name: Any = None,
) -> None:
    """InvalidArgumentError unless x and y differ by at most atol + rtol |y|."""
    a, b = as_tensor(x).array, as_tensor(y).array
    small = 10 * np.finfo(a.dtype).eps
    if not np.all(np.abs(a - b) <= (small if atol is None else atol) + (small if rtol is None else rtol) * np.abs(b)):
        raise InvalidArgumentError(message or f"x and y not equal to tolerance: {as_tensor(x)} and {as_tensor(y)}")


def check_numerics(tensor: Any, message: str, name: Any = None) -> Any:
    """The tensor; InvalidArgumentError where it has NaN or infinities."""
    x = as_tensor(tensor)
    if not np.isfinite(x.array).all():
        raise InvalidArgumentError(
            f"{message} : Tensor had {'NaN' if np.isnan(x.array).any() else 'Inf'} values [Op:CheckNumericsV2]"
        )
    return x


def assert_all_finite(x: Any, message: str, name: Any = None) -> Any:
    """The tensor; InvalidArgumentError where it has NaN or infinities."""
    return check_numerics(x, message)


def assert_rank(x: Any, rank: Any, message: str | None = None, name: Any = None) -> None:
    """ValueError unless x has that many dimensions."""
    if as_tensor(x).array.ndim != int(rank):
        raise ValueError(
            f"{message or ''} Tensor must have rank {int(rank)}. Received rank {as_tensor(x).array.ndim}, shape {as_tensor(x).shape}"
        )


def assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> None:
    """ValueError unless the tensors' shapes fit; letters stand for sizes that must agree."""
    known: dict[Any, int] = {}
    for x, want in shapes:
        have = as_tensor(x).array.shape
        for size, n in zip(want, have, strict=True):
            if n != (known.setdefault(size, n) if isinstance(size, str) else n if size is None else size):
                raise ValueError(f"{message or ''} Tensor of shape {have} does not have the shape {tuple(want)}")
