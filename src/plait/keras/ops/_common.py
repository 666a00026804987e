"""What the operations share: the decorator that sends symbolic calls to the functional graph, conversion, promotion.

Rules of this file: `@op` costs one type test per argument; a class stands for symbolic tensors by the attribute `_plait_symbolic`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from plait.keras import _convert, _dtypes
from plait.keras._errors import InvalidArgumentError, as_upstream, refused
from plait.keras._operators import still
from plait.keras._tensor import Tensor

__all__ = [
    "any_symbolic",
    "axes_of",
    "common",
    "dtype_of",
    "floating",
    "kernel_refuses",
    "numpy_refuses",
    "one_axis",
    "op",
    "raw",
    "still",
    "tensor",
]

F = TypeVar("F", bound=Callable[..., Any])


def _symbolic(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_symbolic(v) for v in value)
    if isinstance(value, dict):
        return any(_symbolic(v) for v in value.values())
    return getattr(type(value), "_plait_symbolic", False)


def any_symbolic(args: Any, kwargs: Any = None) -> bool:
    """Whether a symbolic tensor is among the arguments, in lists, tuples and dicts too."""
    for a in args:
        if type(a) is not Tensor and _symbolic(a):
            return True
    return bool(kwargs) and any(_symbolic(v) for v in kwargs.values())


def op(function: F) -> F:
    """Declares an operation: called with symbolic tensors it becomes a node of the functional graph, else it runs."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for a in args:
            if type(a) is not Tensor and _symbolic(a):
                break
        else:
            if not kwargs or not any(_symbolic(v) for v in kwargs.values()):
                try:
                    return function(*args, **kwargs)
                except (RuntimeError, IndexError) as error:
                    raise as_upstream(error) from None
        from plait.keras import _slices
        from plait.keras import _symbolic as graph

        if (found := _slices.applied(function, name, args, kwargs)) is not None:
            return found
        return graph.call_op(function, name, args, kwargs)

    call.__module__ = "keras.ops"
    call._plait_function = function  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def numpy_refuses(axis: int, ndim: int) -> Exception:
    """The error for an axis that is not there where upstream counts axes itself."""
    return ValueError(f"axis {axis} is out of bounds for an array with dimension {ndim}.")


def kernel_refuses(kernel: str, words: str, name: str | None = "") -> Callable[[int, int], Exception]:
    """The error of a kernel for an axis that is not there: its words with {axis}, {ndim} and {low}."""
    return lambda axis, ndim: refused(kernel, words.format(axis=axis, ndim=ndim, low=-ndim), name)


def _refuses(axis: int, ndim: int) -> Exception:
    return InvalidArgumentError(f"axis {axis} is out of bounds for a tensor of {ndim} dimensions")


def axes_of(axis: Any, ndim: int, refuses: Callable[[int, int], Exception] = _refuses) -> tuple[int, ...] | None:
    """An `axis` argument as axes counted from the front; None for all of them. `refuses` makes the error for one that is not there."""
    if axis is None:
        return None
    if type(axis) is int:
        return (one_axis(axis, ndim, refuses),)
    if isinstance(axis, Tensor):
        axis = axis.array
    given = np.asarray(axis).ravel()
    if given.size and given.dtype.kind not in "iu":
        raise TypeError(f"Cannot convert {axis} to EagerTensor of dtype int32")
    return tuple([one_axis(a, ndim, refuses) for a in given.tolist()])


def one_axis(axis: Any, ndim: int, refuses: Callable[[int, int], Exception] = _refuses) -> int:
    """An axis counted from the front; the error that `refuses` makes where it is not there, TypeError for what is no integer."""
    if isinstance(axis, Tensor):
        axis = axis.array
    if not hasattr(axis, "__index__"):
        raise TypeError(f"Cannot convert {axis} to EagerTensor of dtype int32")
    at = int(axis)
    if not -ndim <= at < ndim:
        from plait.keras._infer import inferring

        raise (numpy_refuses if inferring() else refuses)(
            at, ndim
        )  # upstream counts the axes of symbolic tensors itself
    return at + ndim if at < 0 else at


def floating(x: Any) -> Any:
    """`x` as a floating tensor: integers and bools in the default float."""
    x = tensor(x)
    kind = x.array.dtype.kind
    return x if kind in "fV" else _convert.to(x, _dtypes.numpy_dtype(None))


def raw(function: Any) -> Any:
    """The function below `@op`, for calls among operations on tensors that are known to be real."""
    return getattr(function, "_plait_function", function)


def tensor(value: Any, dtype: Any = None) -> Any:
    """`value` as a tensor, in `dtype` where one is given."""
    if dtype is None:
        return value if type(value) is Tensor else _convert.as_tensor(value)
    want = _dtypes.numpy_dtype(dtype)
    x = _convert.as_tensor(
        value, want if want.kind == "f" and isinstance(value, (int, float, str, list, tuple)) else None
    )
    return x if x.array.dtype == want else _convert.to(x, want)


def dtype_of(value: Any) -> Any:
    """What an operand counts as in promotion: its dtype's name, or `int` or `float` for a Python number."""
    if type(value) is Tensor:
        return value.dtype.name
    found = getattr(value, "dtype", None)
    if found is not None:
        return _dtypes.standardize(found)
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return int
    return float if isinstance(value, float) else _convert.as_tensor(value).dtype.name


def common(*values: Any, floating: bool = False, weak: bool = False) -> list[Any]:
    """The operands as tensors of their common dtype; with `floating`, integers and bools as the default float.

    `weak`: a Python number takes the dtype of the others where that holds it; else it counts as int32 or float32.
    """
    first = values[0]
    if type(first) is Tensor and all(type(v) is Tensor and v.array.dtype is first.array.dtype for v in values):
        if not floating or first.array.dtype.kind == "f":
            return list(values)
    if not weak:
        values = tuple([tensor(v) for v in values])
    kinds = [dtype_of(v) for v in values]
    if floating:
        kinds.append(float)
    want = _dtypes.BY_NAME[_dtypes.result_type(*kinds)]._numpy
    return [_cast(v, want) for v in values]


def _cast(value: Any, want: np.dtype) -> Any:
    number = isinstance(value, (int, float, str)) and not isinstance(value, bool) and want.kind == "f"
    x = _convert.as_tensor(value, want if number else None)
    return x if x.array.dtype == want else _convert.to(x, want)
