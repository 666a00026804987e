"""DenseTensor: what lies under a Tensor, as tests and older scripts reach it: its memory, without gradients and names."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.exchange import lend
from plait.paddle._places import CPU, check_place
from plait.paddle._tensor import Tensor

__all__: list[str] = []


class DenseTensor:
    """The memory of a tensor, which `set` fills; a new one has none.

    >>> held = DenseTensor()
    >>> held.set(np.ones([2, 3], "float32"), CPU)
    >>> held.shape()
    [2, 3]
    """

    __module__ = "paddle.base.libpaddle"

    def __init__(self) -> None:
        self._tensor: Tensor = Tensor.wrap(np.empty((0,), np.float32))
        self._filled = False

    @classmethod
    def of(cls, tensor: Tensor) -> DenseTensor:
        """The one under a tensor: what is set here is seen there."""
        self = cls()
        self._tensor, self._filled = tensor, True
        return self

    def set(self, array: Any, place: Any, zero_copy: bool = False) -> None:
        """Take an array's values: into the memory where they fit, else in new memory. uint16 is bfloat16."""
        check_place(place)
        values = np.asarray(array)
        if values.dtype == np.uint16:
            values = values.view(dtypes.BFLOAT16)
        held = self._tensor.array
        if held.shape == values.shape and held.dtype == values.dtype:
            held[...] = values
        else:
            self._tensor.array = values.copy()
        self._filled = True

    def shape(self) -> list[int]:
        """The sizes; [0] before `set`."""
        return list(self._tensor.array.shape)

    def _is_initialized(self) -> bool:
        return self._filled

    def _numel(self) -> int:
        return int(self._tensor.array.size)

    def _dtype(self) -> Any:
        return self._tensor.dtype

    def _place(self) -> Any:
        return CPU

    def _ptr(self) -> int:
        return int(self._tensor.array.__array_interface__["data"][0])

    def _share_data_with(self, src: DenseTensor) -> DenseTensor:
        self._tensor.array, self._filled = src._tensor.array, True
        return self

    def _to_dlpack(self) -> Any:
        return lend(self._tensor.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = dtypes.working(self._tensor.array)
        return np.array(array, dtype=dtype) if copy or (dtype is not None and dtype != array.dtype) else array

    def __repr__(self) -> str:
        lines = [f"shape: {self.shape() if self._filled else []}", "layout: NCHW"]
        if self._filled:
            values = dtypes.working(self._tensor.array).ravel()[:100]
            lines += [
                f"place: {CPU}",
                f"dtype: {self._dtype()._title}",
                f"data: [{' '.join([str(v) for v in values])}]",
            ]
        return "\n".join([f"  - {line}" for line in lines]) + ("" if self._filled else "\nuninited\n")
