"""Input: where a functional model begins."""

from __future__ import annotations

import warnings
from typing import Any

from plait.keras._dtypes import standardize
from plait.keras._shape import standardize_shape
from plait.keras._symbolic import KerasTensor, Node
from plait.keras.layers.layer import Layer

__all__ = ["Input", "InputLayer"]


def _check_given(tensor: Any, shape: Any, batch_size: Any, batch_shape: Any, dtype: Any, sparse: Any) -> None:
    """ValueError where an argument says something else than the given tensor is."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            "Argument `input_tensor` must be a KerasTensor. "
            f"Received invalid type: input_tensor={tensor} (of type {type(tensor)})"
        )
    wrong = {
        "batch_size": batch_size is not None and (not tensor.shape or tensor.shape[0] != batch_size),
        "shape": shape is not None and tuple(shape) != tensor.shape[1:],
        "batch_shape": batch_shape is not None and tuple(batch_shape) != tensor.shape,
        "dtype": dtype is not None and tensor.dtype != dtype,
        "sparse": sparse is not None and tensor.sparse != sparse,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise ValueError(
                f"When providing the `input_tensor` argument, you cannot provide an incompatible `{name}` argument."
            )


class InputLayer(Layer):
    """The layer behind `Input`: called with nothing, its output is a KerasTensor."""

    def __init__(
        self, shape: Any = None, batch_size: Any = None, dtype: Any = None, sparse: Any = None, ragged: Any = None, batch_shape: Any = None,
        input_tensor: Any = None, optional: bool = False, name: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn("Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2)
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:
            batch_shape = kwargs.pop("batch_input_shape")
        if input_tensor is not None:
            _check_given(input_tensor, shape, batch_size, batch_shape, dtype, sparse)
            batch_shape, dtype, sparse = input_tensor.shape, input_tensor.dtype, input_tensor.sparse
        else:
            for other, value in (("shape", shape), ("batch_size", batch_size)):
                if value is not None and batch_shape is not None:
                    raise ValueError(f"You cannot pass both `{other}` and `batch_shape` at the same time.")
            if shape is None and batch_shape is None:
                raise ValueError("You must pass a `shape` argument.")
            if shape is not None:
                batch_shape = (batch_size, *standardize_shape(shape))
        if sparse or ragged:
            raise NotImplementedError("plait has neither sparse nor ragged tensors; got sparse or ragged=True")
        self._batch_shape = standardize_shape(batch_shape)
        self._dtype = standardize(dtype)
        self.sparse, self.ragged = bool(sparse), bool(ragged)
        if input_tensor is None:
            input_tensor = KerasTensor(self._batch_shape, dtype=self._dtype, name=name)
        self._input_tensor = input_tensor
        Node(operation=self, call_args=(), call_kwargs={}, outputs=input_tensor)
        self.built = True
        self.optional = optional

    def call(self) -> None:
        """Nothing: the value comes from outside."""

    @property
    def batch_shape(self) -> Any:
        """The shape with the batch."""
        return self._batch_shape

    @property
    def dtype(self) -> str:
        """The dtype of the input."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("batch_shape", "dtype", "sparse", "ragged", "name", "optional")
        return {name: getattr(self, name) for name in names}


def Input(
    shape: Any = None, batch_size: Any = None, dtype: Any = None, sparse: Any = None, ragged: Any = None, batch_shape: Any = None,
    name: str | None = None, tensor: Any = None, optional: bool = False,
) -> Any:  # fmt: skip
    """A KerasTensor of this shape (the batch's size beside, unknown unless given), for layers to be called on.

    >>> Input((3,), name="x")
    <KerasTensor shape=(None, 3), dtype=float32, sparse=False, ragged=False, name=x>
    """
    layer = InputLayer(
        shape=shape, batch_size=batch_size, dtype=dtype, sparse=sparse, ragged=ragged, batch_shape=batch_shape, name=name,
        input_tensor=tensor, optional=optional,
    )  # fmt: skip
    return layer.output
