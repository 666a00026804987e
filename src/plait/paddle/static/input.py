"""InputSpec: what an input will be."""

from __future__ import annotations

from typing import Any

from plait.paddle import _dtypes
from plait.paddle._tensor import Tensor

__all__ = ["InputSpec"]


class InputSpec:
    """Shape, dtype and name of an input; None and −1 in a shape are any size.

    >>> InputSpec([None, 784], "float32", "image")
    InputSpec(shape=(-1, 784), dtype=paddle.float32, name=image, stop_gradient=False)
    """

    def __init__(
        self, shape: Any, dtype: Any = "float32", name: str | None = None, stop_gradient: bool = False
    ) -> None:
        self.shape = self._verify(shape)
        self.dtype = _dtypes.as_dtype(dtype)
        self.name = name
        self.stop_gradient = stop_gradient

    @staticmethod
    def _verify(shape: Any) -> tuple[int, ...]:
        if not isinstance(shape, (list, tuple)):
            raise TypeError(
                f"Type of `shape` in InputSpec should be one of (tuple, list), but received {type(shape).__name__}."
            )
        for i, size in enumerate(shape):
            if size is not None and not isinstance(size, int):
                raise ValueError(f"shape[{i}] should be an `int`, but received `{type(size).__name__}`:{size}.")
        return tuple(-1 if size is None else size for size in shape)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> InputSpec:
        """What a tensor is."""
        if not isinstance(tensor, Tensor):
            raise ValueError(f"Input `tensor` should be a Tensor, but received {type(tensor).__name__}.")
        return cls(list(tensor.shape), tensor.dtype, name or tensor.name)

    @classmethod
    def from_numpy(cls, ndarray: Any, name: str | None = None) -> InputSpec:
        """What an array is."""
        return cls(list(ndarray.shape), ndarray.dtype, name)

    def batch(self, batch_size: int) -> InputSpec:
        """Put a batch's size before the shape, in place; returns the spec itself."""
        if not isinstance(batch_size, int):
            raise TypeError(f"type(batch_size) shall be `int`, but received {type(batch_size).__name__}.")
        self.shape = (batch_size, *self.shape)
        return self

    def unbatch(self) -> InputSpec:
        """Take the first size off, in place; returns the spec itself."""
        if len(self.shape) == 0:
            raise ValueError("Not support to unbatch a InputSpec when len(shape) == 0.")
        self.shape = self._verify(self.shape[1:])
        return self

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype}, name={self.name}, "
            f"stop_gradient={self.stop_gradient})"
        )

    def _facts(self) -> tuple[Any, ...]:
        return type(self), self.shape, self.dtype, self.name, self.stop_gradient

    def __hash__(self) -> int:
        return hash(self._facts())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InputSpec) and self._facts() == other._facts()

    def __ne__(self, other: object) -> bool:
        return not self == other
