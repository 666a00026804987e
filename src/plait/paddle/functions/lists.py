"""Lists of tensors under the names that static graphs have for them: in dynamic mode such an array is a Python list."""

from __future__ import annotations

from typing import Any

from plait.paddle._tensor import Tensor

__all__ = ["array_length", "array_read", "array_write", "create_array"]


def _place(i: Any, name: str) -> int:
    """An index, held by a tensor of the shape [1]."""
    if not isinstance(i, Tensor):
        raise AssertionError(f"{name}: the index 'i' must be a Tensor, got {type(i).__name__}")
    if i.array.shape != (1,):
        raise AssertionError(f"{name}: the shape of the index 'i' must be [1], got {list(i.array.shape)}")
    return int(i.array[0])


def _need_list(array: Any, name: str) -> None:
    if not isinstance(array, list):
        raise AssertionError(f"{name}: 'array' must be a list, got {type(array).__name__}")


def create_array(dtype: Any, initialized_list: Any = None) -> list[Tensor]:
    """A list of the tensors given, or an empty one. Raises TypeError for anything but tensors."""
    if initialized_list is None:
        return []
    if not isinstance(initialized_list, (list, tuple)):
        raise TypeError(
            f"create_array: initialized_list must be a list or tuple, got {type(initialized_list).__name__}"
        )
    for value in initialized_list:
        if not isinstance(value, Tensor):
            raise TypeError(f"create_array: initialized_list must hold tensors, got {type(value).__name__}")
    return list(initialized_list)


def array_write(x: Any, i: Any, array: Any = None) -> list[Tensor]:
    """Put `x` in the place `i` of the list, which is at most its length (there it is appended). Raises AssertionError."""
    if not isinstance(x, Tensor):
        raise AssertionError(f"array_write: 'x' must be a Tensor, got {type(x).__name__}")
    at = _place(i, "array_write")
    if array is None:
        array = []
    _need_list(array, "array_write")
    if at > len(array):
        raise AssertionError(f"array_write: the index {at} is greater than the length {len(array)} of the list")
    array[at : at + 1] = [x]
    return array


def array_read(array: Any, i: Any) -> Tensor:
    """The tensor in the place `i`. Raises AssertionError for what is no list or index, IndexError past its end."""
    _need_list(array, "array_read")
    return array[_place(i, "array_read")]


def array_length(array: Any) -> int:
    """How many tensors the list holds."""
    _need_list(array, "array_length")
    return len(array)
