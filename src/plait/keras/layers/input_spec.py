"""InputSpec: what a layer expects of its input's dtype, dimensions and sizes."""

from __future__ import annotations

from typing import Any

from plait.keras import tree
from plait.keras._dtypes import standardize as standardize_dtype
from plait.keras._shape import standardize_shape
from plait.keras._traced import graph_shape

__all__ = ["InputSpec", "assert_input_compatibility"]


class InputSpec:
    """What one input must look like: dtype, shape, number of dimensions (exactly, at least, at most), sizes of some axes.

    >>> InputSpec(ndim=4, axes={-1: 3})
    InputSpec(ndim=4, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Any = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.name, self.optional, self.allow_last_axis_squeeze = name, optional, allow_last_axis_squeeze
        try:
            self.axes: dict[int, Any] = {int(k): v for k, v in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from None
        if self.axes and (self.ndim is not None or self.max_ndim is not None):
            last = (self.ndim or self.max_ndim or 0) - 1
            if max(self.axes) > last:
                raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {last}")

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{n}={getattr(self, n)}' for n in names if getattr(self, n))})"

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec that `get_config` describes."""
        return cls(**config)


def _in_order(specs: list[Any], inputs: Any) -> Any:
    """A dict of inputs in the order of the specs' names, where they have names."""
    names = [spec.name for spec in specs if spec is not None]
    if len(names) != len(specs) or not all(names):
        return inputs
    for name in names:
        if name not in inputs:
            raise ValueError(
                f'Missing data for input "{name}". You passed a data dictionary with keys {list(inputs.keys())}. '
                f"Expected the following keys: {names}"
            )
    return [inputs[name] for name in names]


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """ValueError where `inputs` are not what `input_spec` expects."""
    if not input_spec:
        return
    specs = tree.flatten(input_spec)
    if isinstance(inputs, dict):
        inputs = _in_order(specs, inputs)
    given = tree.flatten(inputs)
    if len(given) != len(specs):
        names = [spec.name for spec in specs if spec is not None]
        if len(names) == len(specs) and all(names):
            example = ", ".join(f"{name!r}: ..." for name in names)
            raise ValueError(
                f'Layer "{layer_name}" expects {len(specs)} named input(s) with keys {names}, but it received '
                f"{len(given)} input tensors. Pass inputs as a dict, e.g. `layer({{{example}}})`."
            )
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)} input(s), but it received {len(given)} input tensors. '
            f"Inputs received: {given}"
        )
    for index, (x, spec) in enumerate(zip(given, specs, strict=True)):
        if spec is not None and not (x is None and spec.optional):
            _check(x, spec, index, layer_name)


def _check(x: Any, spec: InputSpec, index: int, layer_name: str) -> None:
    if not hasattr(x, "shape"):
        raise ValueError(
            f"Inputs to a layer should be tensors. Got '{x}' (of type {type(x)}) as input for layer '{layer_name}'."
        )
    shape = tuple(x.shape)
    ndim = len(shape)
    told = graph_shape(shape)

    def refuse(words: str) -> ValueError:
        return ValueError(
            f"Input {index} with name '{spec.name}' of layer '{layer_name}' is incompatible with the layer: {words}"
        )

    full = f"Full shape received: {told}"
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and ndim != spec.ndim:
        raise refuse(f"expected ndim={spec.ndim}, found ndim={ndim}. {full}")
    if spec.max_ndim is not None and ndim > spec.max_ndim:
        raise refuse(f"expected max_ndim={spec.max_ndim}, found ndim={ndim}")
    if spec.min_ndim is not None and ndim < spec.min_ndim:
        raise refuse(f"expected min_ndim={spec.min_ndim}, found ndim={ndim}. {full}")
    if spec.dtype is not None and standardize_dtype(x.dtype) != spec.dtype:
        raise refuse(f"expected dtype={spec.dtype}, found dtype={standardize_dtype(x.dtype)}")
    for axis, value in spec.axes.items():
        if value is not None and shape[axis] not in (value, None):
            raise refuse(
                f"expected axis {axis} of input shape to have value {value}, but received input with shape {told}"
            )
    if spec.shape is None:
        return
    wanted, found = spec.shape, shape
    if spec.allow_last_axis_squeeze:
        wanted, found = (s[:-1] if s and s[-1] == 1 else s for s in (wanted, found))
    if any(a is not None and b is not None and a != b for a, b in zip(wanted, found, strict=False)):
        raise refuse(f"expected shape={spec.shape}, found shape={told}")
