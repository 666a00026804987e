"""Numbers in a row: `arange`, `linspace`, `logspace`."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.ops.halves import nearest
from plait.torch import _dtypes
from plait.torch._dtypes import check_device
from plait.torch._tensor import Tensor
from plait.torch.functions._arrays import (
    finish,
    is_int,
    numpy_dtype,
    size_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["arange", "linspace", "logspace", "range"]


def _number(function: str, name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(f"{function}(): argument '{name}' must be Number, not {type(value).__name__}")
    return value


def arange(*args: Any, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False, **names: Any) -> Tensor:  # fmt: skip
    """start, start + step, … below end (above, for a negative step).

    >>> arange(1, 4)
    tensor([1, 2, 3])
    """
    if (
        len(args) == 1
        and type(args[0]) is int
        and 0 <= args[0] < 1 << 40
        and out is None
        and dtype is None
        and device is None
        and not names
    ):
        return finish(np.arange(args[0], dtype=dtypes.I64), requires_grad)
    check_device(device, "arange")
    values = list(args)
    if len(values) == 1 and "end" not in names:
        values = [0, values[0]]
    start = values[0] if values else names.pop("start", 0)
    end = values[1] if len(values) > 1 else names.pop("end", None)
    step = values[2] if len(values) > 2 else names.pop("step", 1)
    if end is None or len(values) > 3 or names:
        raise TypeError("arange() received an invalid combination of arguments; expected (Number end), (Number start, Number end) or "
                        "(Number start, Number end, Number step)")  # fmt: skip
    start, end, step = (_number("arange", n, v) for n, v in (("start", start), ("end", end), ("step", step)))
    if dtype is None and out is None:
        whole = not any(isinstance(v, float) for v in (start, end, step))
        kind = dtypes.I64 if whole else _dtypes.get_default_dtype()._numpy
    else:
        kind = out.array.dtype if dtype is None else numpy_dtype("arange", dtype)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if kind == dtypes.I64 or (kind.kind in "iu" and not any(isinstance(v, float) for v in (start, end, step))):
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("step must be nonzero")
        count = _counted(max(0, -((start - end) // step)))
        got = (np.arange(count, dtype=np.int64) * step + start).astype(kind)
    else:
        count = _counted(max(0, math.ceil((end - start) / step)))
        got = _steps(start, step, count, kind)
    return finish(got, requires_grad, out=out)


def _counted(count: int) -> int:
    if count >= 1 << 63:
        raise RuntimeError("invalid size, possible overflow?")
    return size_of("arange", count)[0]


def _steps(start: float, step: float, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """start + i·step, in the dtype's accumulation type."""
    if kind.kind in "iu":
        return (int(start) + np.arange(count, dtype=np.int64) * int(step)).astype(kind)
    with np.errstate(all="ignore"):
        return dtypes.cast(start + np.arange(count, dtype=np.float64) * step, kind)


def range(start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Deprecated upstream: like `arange`, with the end included and of the default dtype."""
    warnings.warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
                  "range builtin. Instead, use torch.arange, which produces values in [start, end).", stacklevel=2)  # fmt: skip
    if end is None:
        start, end = 0, start
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    return finish(
        _steps(start, step, math.floor((end - start) / step) + 1, numpy_dtype("range", dtype)), requires_grad, out=out
    )


def _short_line(start: Any, end: Any, steps: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """`_line` in a 16-bit dtype, which rounds after every operation."""
    near = nearest(kind)
    with np.errstate(all="ignore"):
        i = near(np.arange(steps))
        first, last = near(start), near(end)
        step = near(near(last - first) / near(steps - 1))
        low, high = first + near(step * i), last - near(step * near(steps - 1 - np.arange(steps)))
        return dtypes.cast(near(np.where(np.arange(steps) < steps // 2, low, high)), kind)


def _line(start: Any, end: Any, steps: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """`steps` numbers from start to end, worked out from both ends towards the middle, as upstream does."""
    if steps == 0:
        return np.empty(0, kind)
    if steps == 1:
        return dtypes.cast(np.asarray([start], np.float64), kind)
    i = np.arange(steps)
    half = steps // 2
    if kind.kind in "iu":
        start, end = int(start), int(end)
        step = (end - start) / (steps - 1)
        return (
            np.trunc(np.where(i < half, start + step * i, end - step * (steps - i - 1))).astype(np.int64).astype(kind)
        )
    if kind not in (dtypes.F32, dtypes.F64):
        return _short_line(start, end, steps, kind)
    calc = kind
    first, last = calc.type(start), calc.type(end)
    with np.errstate(all="ignore"):
        step = calc.type((last - first) / calc.type(steps - 1))
        low = (np.float64(first) + np.float64(step) * i) if calc == dtypes.F32 else first + step * i
        high = (
            (np.float64(last) - np.float64(step) * (steps - 1 - i))
            if calc == dtypes.F32
            else last - step * (steps - 1 - i)
        )
        return dtypes.cast(np.where(i < half, low, high).astype(calc), kind)


def _steps_of(function: str, start: Any, end: Any, steps: Any) -> int:
    for v in (start, end):
        if isinstance(v, Tensor) and v.array.ndim:
            dims = [x.array.ndim if isinstance(x, Tensor) else 0 for x in (start, end)]
            raise RuntimeError(f"{function} only supports 0-dimensional start and end tensors, but got start with {dims[0]} dimension(s) and "
                               f"end with {dims[1]} dimension(s).")  # fmt: skip
    if not is_int(steps):
        raise TypeError(f"{function}() received an invalid combination of arguments - got ({type(start).__name__}, {type(end).__name__}, "
                        f"{type(steps).__name__}), but expected one of:\n * (Tensor start, Tensor end, int steps, *, Tensor out = None, ...)\n"
                        " * (Number start, Number end, int steps, *, Tensor out = None, ...)")  # fmt: skip
    return int(steps) if steps < 0 else size_of(function, int(steps))[0]


def linspace(start: Any, end: Any, steps: Any = None, *, out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """`steps` numbers evenly from start to end, both included."""
    check_device(device, "linspace")
    steps = _steps_of("linspace", start, end, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = numpy_dtype("linspace", dtype) if out is None or dtype is not None else out.array.dtype
    return finish(
        _line(_number("linspace", "start", start), _number("linspace", "end", end), steps, kind), requires_grad, out=out
    )


def logspace(start: Any, end: Any, steps: Any = None, base: float = 10.0, *, out: Any = None, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """base to the powers of `linspace`."""
    check_device(device, "logspace")
    steps = _steps_of("linspace", start, end, steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = numpy_dtype("logspace", dtype) if out is None or dtype is not None else out.array.dtype
    start, end = _number("logspace", "start", start), _number("logspace", "end", end)
    return finish(_powers(start, end, steps, base, kind), requires_grad, out=out)


def _powers(start: Any, end: Any, steps: int, base: float, kind: np.dtype[Any]) -> NDArray[Any]:
    """base ** _line, in float64 where the dtype is not narrower."""
    with np.errstate(all="ignore"):
        if kind.kind in "iu":
            if steps == 1:
                return np.asarray([np.trunc(np.float64(base) ** start)]).astype(np.int64).astype(kind)
            i = np.arange(steps)
            start, end = int(start), int(end)
            step = (end - start) / max(steps - 1, 1)
            exponents = np.where(i < steps // 2, start + step * i, end - step * (steps - i - 1))
            return np.trunc(np.power(np.float64(base), exponents)).astype(np.int64).astype(kind)
        if steps == 1:
            return dtypes.cast(np.asarray([np.float64(base) ** start]), kind)
        return dtypes.cast(np.power(np.float64(base), dtypes.cast(_line(start, end, steps, kind), dtypes.F64)), kind)
