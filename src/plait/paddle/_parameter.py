"""Parameters: the tensors that a Layer keeps and an optimizer changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.paddle import _dtypes
from plait.paddle._tensor import Tensor
from plait.paddle.base import unique_name
from plait.tensor import make

__all__ = ["EagerParamBase"]

_KEPT = frozenset(("name", "trainable", "learning_rate", "regularizer", "need_clip", "do_model_average"))


class EagerParamBase(Tensor):
    """A tensor that becomes one of a Layer's `parameters()` when it is assigned to it; `paddle.nn.Parameter`.

    `optimize_attr`, `regularizer`, `need_clip` and `trainable` are what optimizers ask for.

    >>> from plait import paddle
    >>> EagerParamBase(paddle.ones([2])).trainable
    True
    """

    __module__ = "paddle.base.framework"

    def __new__(cls, data: Any = None, requires_grad: bool = True, **kwargs: Any) -> Any:
        if isinstance(data, list) or "shape" in kwargs:  # Parameter(shape, dtype, …)
            sizes = kwargs.pop("shape", data)
            if sizes is None:
                raise ValueError("The shape of Parameter should not be None")
            kind = kwargs.pop("dtype", requires_grad if isinstance(data, list) else None)
            if kind is None or isinstance(kind, bool):
                raise ValueError("The dtype of Parameter should not be None")
            if any(n < 0 for n in sizes):
                raise ValueError(
                    f"Each dimension of shape for Parameter must be greater than 0, but received {list(sizes)}"
                )
            array, requires_grad = np.zeros(tuple(sizes), _dtypes.as_numpy(kind)), kwargs.get("trainable", True)
        elif data is None:
            array = np.zeros((0,), np.float32)
        else:
            array = data.array if isinstance(data, Tensor) else np.asarray(data)
        kwargs["learning_rate"] = kwargs.get("optimize_attr", {}).get("learning_rate", 1.0)
        kwargs["trainable"] = requires_grad
        # Upstream passes over any other name.
        return cls.from_array(array, **{k: v for k, v in kwargs.items() if k in _KEPT})

    @classmethod
    def from_array(
        cls,
        array: np.ndarray[Any, Any],
        name: str | None = None,
        trainable: bool = True,
        learning_rate: float = 1.0,
        regularizer: Any = None,
        need_clip: bool = True,
        do_model_average: bool = True,
    ) -> Any:
        """A parameter over `array` (no copy)."""
        self = make(cls, array, None, 0)
        self.tracks = bool(trainable)
        own = unique_name.generate("_eager_param_base")  # counted even where a name is given, as upstream does
        self.name = own if name is None else name
        self._persistable = True
        self.optimize_attr = {"learning_rate": learning_rate}
        self.regularizer = regularizer
        self.need_clip = need_clip
        self.do_model_average = do_model_average
        self.is_distributed = False
        return self

    @property
    def trainable(self) -> bool:
        """Whether an optimizer changes it: `not stop_gradient`."""
        return not self.stop_gradient

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"The type of trainable MUST be bool, but the type is {type(value)}")
        self.stop_gradient = not value

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        import copy

        out = memo[id(self)] = make(type(self), self.array.copy(), None, 0)
        out.__dict__.update({k: copy.deepcopy(v, memo) for k, v in self.__dict__.items()})
        out.tracks, out._persistable = self.tracks, self.persistable
        out.name = self.name + unique_name.generate("_deepcopy")
        return out
