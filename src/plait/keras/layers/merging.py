"""Layers that make one tensor of several."""

from __future__ import annotations

from functools import reduce
from typing import Any

from plait.keras import ops
from plait.keras._masks import get_keras_mask, set_keras_mask
from plait.keras._symbolic import KerasTensor
from plait.keras.layers.layer import Layer
from plait.layers import joining

__all__ = [
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "add", "average", "concatenate", "dot", "maximum",
    "minimum", "multiply", "subtract",
]  # fmt: skip


def _broadcast(a: Any, b: Any) -> Any:
    """The shape that two shapes broadcast to, the shorter one standing at the end; None for an unknown one."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return tuple(a)
    out = list(a[: len(a) - len(b)])
    for i, j in zip(a[len(a) - len(b) :], b, strict=True):
        if i is None or j is None:
            out.append(None)
        elif i == 1 or j == 1 or i == j:
            out.append(j if i == 1 else i)
        else:
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {a} and {b}")
    return tuple(out)


def _rest(shape: Any) -> Any:
    return None if shape is None else tuple(shape[1:])


class Merge(Layer):
    """The base: a list of tensors, which broadcast to one another, into one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge_function(self, inputs: Any) -> Any:
        raise NotImplementedError

    def build(self, input_shape: Any) -> None:
        """Check the shapes; ValueError where they do not fit together."""
        if not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: input_shape={input_shape} (not a list of shapes)"
            )
        sizes = {s[0] for s in input_shape if s} - {None}
        if len(sizes) > 1:
            raise ValueError(
                f"Cannot merge tensors with different batch sizes. Received tensors with shapes {input_shape}"
            )
        reduce(_broadcast, [_rest(s) for s in input_shape])
        self._reshape_required = len({len(s) for s in input_shape}) > 1

    def call(self, inputs: Any) -> Any:
        """Merge; tensors of fewer dimensions get some behind the batch's."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        if not self._reshape_required:
            return self._merge_function(inputs)
        most = max(len(x.shape) for x in inputs)
        lifted = []
        for x in inputs:
            mask = get_keras_mask(x)
            for _ in range(most - len(x.shape)):
                x = ops.expand_dims(x, axis=1)
            if mask is not None and get_keras_mask(x) is None and most == len(x.shape):
                set_keras_mask(x, mask)
            lifted.append(x)
        return self._merge_function(lifted)

    def _folded(self, function: Any, inputs: Any) -> Any:
        """The inputs one after the other; where masks hide a part of one, the other stands alone."""
        output, hidden = None, None
        for x in inputs:
            mask = get_keras_mask(x)
            if mask is not None:
                mask = ops.broadcast_to(ops.expand_dims(mask, -1), ops.shape(x))
            if output is None:
                output, hidden = x, mask
                continue
            if mask is not None:
                x = ops.where(mask, x, output)
            if hidden is not None:
                output = ops.where(hidden, output, x)
            hidden = ops.logical_or(hidden, mask) if mask is not None and hidden is not None else None
            output = function(output, x)
        if hidden is not None:
            set_keras_mask(output, ops.any(hidden, axis=-1, keepdims=False))
        return output

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that all broadcast to."""
        rest = reduce(_broadcast, [_rest(s) for s in input_shape])
        sizes = {s[0] for s in input_shape if s is not None} - {None}
        return (sizes.pop() if len(sizes) == 1 else None, *rest)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The output's shape, in the dtype of computing."""
        return KerasTensor(self.compute_output_shape([x.shape for x in inputs]), dtype=self.compute_dtype)

    def _check_masks(self, inputs: Any, mask: Any) -> None:
        for name, value in (("mask", mask), ("inputs", inputs)):
            if not isinstance(value, (tuple, list)):
                raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
        if len(mask) != len(inputs):
            raise ValueError(
                "The lists `inputs` and `mask` should have the same length. "
                f"Received: inputs={inputs} of length {len(inputs)}, and mask={mask} of length {len(mask)}"
            )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where any input counts; None where an input has no mask."""
        if mask is None:
            return None
        self._check_masks(inputs, mask)
        return None if any(m is None for m in mask) else reduce(ops.logical_or, mask)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config()


class Add(Merge):
    """The sum.

    >>> import numpy as np
    >>> Add()([np.ones((2, 3), "float32"), np.ones((2, 1), "float32")]).shape
    TensorShape([2, 3])
    """

    def _merge_function(self, inputs: Any) -> Any:
        return reduce(ops.add, inputs)


class Subtract(Merge):
    """The first less the second."""

    def build(self, input_shape: Any) -> None:
        """Check the shapes; ValueError unless there are two."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape={input_shape}"
            )

    def _merge_function(self, inputs: Any) -> Any:
        if len(inputs) != 2:
            raise ValueError(f"A `Subtract` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        return ops.subtract(inputs[0], inputs[1])


class Multiply(Merge):
    """The product; what a mask hides counts as 1, and is 0 where nothing counts."""

    def _merge_function(self, inputs: Any) -> Any:
        masks = [get_keras_mask(x) for x in inputs]
        spread = [
            None if m is None else ops.broadcast_to(ops.expand_dims(m, -1), ops.shape(x))
            for m, x in zip(masks, inputs, strict=True)
        ]
        kept = [x if m is None else ops.where(m, x, ops.cast(1, x.dtype)) for m, x in zip(spread, inputs, strict=True)]
        output = reduce(ops.multiply, kept)
        if any(m is None for m in spread):
            return output
        counts = reduce(ops.logical_or, spread)
        output = ops.where(counts, output, ops.cast(0, output.dtype))
        set_keras_mask(output, ops.any(counts, axis=-1, keepdims=False))
        return output


class Average(Merge):
    """The mean."""

    def _merge_function(self, inputs: Any) -> Any:
        return ops.divide(reduce(ops.add, inputs), len(inputs))


class Maximum(Merge):
    """The maximum, element by element."""

    def _merge_function(self, inputs: Any) -> Any:
        return self._folded(ops.maximum, inputs)


class Minimum(Merge):
    """The minimum, element by element."""

    def _merge_function(self, inputs: Any) -> Any:
        return self._folded(ops.minimum, inputs)


class Concatenate(Merge):
    """One behind the other along `axis`."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self._reshape_required = False

    def build(self, input_shape: Any) -> None:
        """Check the shapes; ValueError where they differ beside the axis."""
        if len(input_shape) < 1 or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                f"A `Concatenate` layer should be called on a list of at least 1 input. Received: input_shape={input_shape}"
            )
        if all(s is None for s in input_shape):
            return
        rests = []
        for s in input_shape:
            kept = list(s)
            if -len(kept) <= self.axis < len(kept):
                del kept[self.axis]
            rests.append(kept)
        wrong = len({len(r) for r in rests}) > 1 or any(
            len({n for n in sizes if n is not None}) > 1 for sizes in zip(*rests, strict=True)
        )
        if wrong:
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
                f"Received: input_shape={input_shape}"
            )

    def _merge_function(self, inputs: Any) -> Any:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        if not isinstance(input_shape, (tuple, list)) or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                f"A `Concatenate` layer should be called on a list of inputs. Received: input_shape={input_shape}"
            )
        shape = list(input_shape[0])
        sizes = [s[self.axis] for s in input_shape]
        shape[self.axis] = None if None in sizes else sum(sizes)
        return tuple(shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks one behind the other; an input without one counts wholly."""
        if mask is None:
            return None
        self._check_masks(inputs, mask)
        if all(m is None for m in mask):
            return None
        masks = []
        for x, m in zip(inputs, mask, strict=True):
            if m is None:
                m = ops.ones_like(x, dtype="bool")
            elif len(m.shape) < len(x.shape):
                m = ops.logical_or(ops.expand_dims(m, axis=-1), ops.zeros_like(x, dtype="bool"))
            masks.append(m)
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1, keepdims=False)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "axis": self.axis}


class Dot(Merge):
    """The products of two tensors' slices, summed along an axis of each; `normalize` brings those to length 1 before."""

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(
                    f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes}"
                )
            if len(axes) != 2:
                raise ValueError(
                    f"Invalid format for argument `axes`: it should contain two elements. Received: axes={axes}"
                )
            if not isinstance(axes[0], int) or not isinstance(axes[1], int):
                raise ValueError(
                    f"Invalid format for argument `axes`: list elements should be integers. Received: axes={axes}"
                )
        self.axes, self.normalize = axes, normalize
        self._reshape_required = False

    def _axes_of(self, ranks: tuple[int, int]) -> list[int]:
        axes = [self.axes, self.axes] if isinstance(self.axes, int) else self.axes
        return [a % n if a < 0 else a for a, n in zip(axes, ranks, strict=True)]

    def build(self, input_shape: Any) -> None:
        """Check the shapes; ValueError where the axes' sizes differ."""
        if not isinstance(input_shape[0], (tuple, list)) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        a, b = input_shape
        if a is None or b is None:
            return
        i, j = self._axes_of((len(a), len(b)))
        if a[i] != b[j]:
            raise ValueError(
                f"Incompatible input shapes: axis values {a[i]} (at axis {i}) != {b[j]} (at axis {j}). Full input shapes: {a}, {b}"
            )

    def _merge_function(self, inputs: Any) -> Any:
        if len(inputs) != 2:
            raise ValueError(f"A `Dot` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        axes = self._axes_of((len(inputs[0].shape), len(inputs[1].shape)))
        if 0 in axes:
            raise ValueError(
                "Cannot perform batch_dot over axis 0. If your inputs are not batched, add a dummy batch dimension."
            )
        return joining.batch_dot(inputs[0], inputs[1], axes[0], axes[1], self.normalize)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        a, b = (list(s) for s in input_shape)
        i, j = self._axes_of((len(a), len(b)))
        a.pop(i)
        b.pop(j)
        shape = a + b[1:]
        return tuple(shape if len(shape) > 1 else [*shape, 1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None: what was masked is summed up."""
        return None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)
