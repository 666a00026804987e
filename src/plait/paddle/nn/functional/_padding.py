"""Arguments of windows as Paddle takes them: numbers or lists, and padding by numbers, pairs or name."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.ops.shape import moved_first, moved_last
from plait.paddle._tensor import Tensor

__all__: list[str] = []

Ints = tuple[int, ...]
LAYOUTS = {1: ("NCL", "NLC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def single(number: Any) -> float:
    """A setting as upstream keeps it: in float32, whatever the tensors hold. TypeError for what is no number."""
    return float(np.float32(double(number)))


def double(number: Any) -> float:
    """A setting that is a number; TypeError for others."""
    if isinstance(number, str) or not hasattr(number, "__float__"):
        raise TypeError(f"(InvalidType) argument must be double, but got {type(number).__name__}")
    return float(number)


def flag(value: Any, name: str) -> bool:
    """A switch that is True or False; TypeError for others."""
    if value is not None and value is not True and value is not False and not isinstance(value, np.bool_):
        raise TypeError(f"(InvalidType) {name} must be bool, but got {type(value).__name__}")
    return bool(value)


def shaped(value: Any) -> None:
    """AttributeError for what has no shape, where upstream asks for it first."""
    if not isinstance(value, Tensor) and not hasattr(value, "shape"):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute 'shape'")


def whole(value: Any, name: str, at: int = 0) -> int:
    """An int of 32 bits; TypeError for a bool, a float and others, IndexError for one beyond."""
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, (int, np.integer))):
        raise TypeError(
            f"(InvalidType) {name} must be int or a list of int, but got {type(value).__name__} at pos {at}"
        )
    if not -0x80000000 <= value <= 0x7FFFFFFF:
        raise IndexError(f"(OutOfRange) Integer value {value} exceeds int32 range [-2147483648, 2147483647] ({name})")
    return int(value)


def spread(value: Any, n: int, name: str) -> Ints:
    """A number, or a sequence of n of them, as n numbers.

    Raises ValueError for what is neither, TypeError for a tensor, a bool and a float, IndexError for numbers that 32 bits do not hold.
    """
    if type(value) is int and -0x80000000 <= value <= 0x7FFFFFFF:
        return (value,) * n
    if isinstance(value, int):
        return (whole(value, name),) * n
    if isinstance(value, Tensor):
        raise _no_tensor(name)
    try:
        values = list(value)
    except TypeError:
        raise ValueError(f"The {name}'s type must be list or tuple. Received: {value}") from None
    if len(values) != n:
        raise ValueError(f"The {name}'s length must be {n}. Received: {value}")
    for v in values:
        if isinstance(v, Tensor):
            raise _no_tensor(name)
        try:
            int(v)
        except (TypeError, ValueError):
            raise ValueError(f"The {name}'s type must be a list or tuple of {n} {int}. Received: {value}") from None
    return tuple([whole(v, name, at) for at, v in enumerate(values)])


def _no_tensor(name: str) -> Exception:
    from plait.paddle.utils.layers_utils import NotSupportedTensorArgumentError

    return NotSupportedTensorArgumentError(f"`{name}` required numerical type with `{int}`, but received Tensor.", name)


def channels_last(data_format: Any, n: int) -> bool:
    """Whether channels lie last; ValueError for a layout that n dimensions do not have."""
    front, last = LAYOUTS[n]
    if data_format == front:
        return False
    if data_format == last:
        return True
    raise ValueError(f"Attr(data_format) should be '{front}' or '{last}'. Received Attr(data_format): {data_format}.")


def padding_of(padding: Any, n: int, last: bool) -> tuple[Ints, Ints] | None:
    """(before, after) of each dimension; None for "same" (`valid` is zeros).

    Numbers: one, n (both sides alike), or 2n (before and after of each dimension); or a pair for every dimension of the input, those of
    batch and channels [0, 0]. ValueError for others.
    """
    if type(padding) is int:
        side = (padding,) * n
        return side, side
    if isinstance(padding, str):
        name = padding.upper()
        if name not in ("SAME", "VALID"):
            raise ValueError(f"Unknown padding: '{name}'. It can only be 'SAME' or 'VALID'.")
        zeros = (0,) * n
        return (zeros, zeros) if name == "VALID" else None
    if isinstance(padding, (list, tuple)):
        if len(padding) == 2 + n and isinstance(padding[0], (list, tuple)):
            own = list(padding[1:-1] if last else padding[2:])
            rest = [padding[0], padding[-1] if last else padding[1]]
            if any(list(pair) != [0, 0] for pair in rest):
                raise ValueError(f"Non-zero padding({padding}) in the batch or channel dimensions is not supported.")
            return tuple(int(pair[0]) for pair in own), tuple(int(pair[1]) for pair in own)
        if len(padding) == 2 * n and isinstance(padding[0], int):
            flat = spread(padding, 2 * n, "padding")
            return flat[0::2], flat[1::2]
        if len(padding) != n or not isinstance(padding[0], int):
            raise ValueError(f"Invalid padding: {padding}")
    side = spread(padding, n, "padding")
    return side, side


def first(x: Any, last: bool) -> Any:
    """`x` with its channels at axis 1, where they lie last: a view."""
    return moved_first(x) if last else x


def back(y: Any, last: bool) -> Any:
    """`y` with its channels last again, where they lay there: a view."""
    return moved_last(y) if last else y
