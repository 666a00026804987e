"""Tensors from values, and tensors filled by rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _convert
from plait.keras._dtypes import as_dtype
from plait.keras._errors import InvalidArgumentError, refused
from plait.keras._operators import need_shapes, pair
from plait.keras.ops.creation import steps
from plait.ops import shape as engine
from plait.tensorflow._call import as_tensor, dims, ints, numpy_of, wrap

__all__ = ["convert_to_tensor", "eye", "fill", "linspace", "ones", "ones_like", "range", "zeros", "zeros_like"]

_range = range  # the name is a function's below


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: Any = None) -> Any:
    """`value` as a tensor; ValueError for a tensor of another dtype than `dtype`."""
    want = None if dtype is None else numpy_of(dtype)
    x = as_tensor(value, want)
    if want is not None and x.array.dtype != want:
        raise ValueError(
            f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype {x.dtype.name}: {x!r}"
        )
    return x


def _filled(shape: Any, value: Any, dtype: Any) -> Any:
    want = numpy_of(dtype)
    if want == dtypes.BFLOAT16:
        return wrap(dtypes.to_bfloat16(np.full(dims(shape), value, np.float32)))
    return wrap(np.full(dims(shape), value, want))


def zeros(shape: Any, dtype: Any = "float32", name: Any = None, layout: Any = None) -> Any:
    """A tensor of zeros."""
    return _filled(shape, 0, dtype)


def ones(shape: Any, dtype: Any = "float32", name: Any = None, layout: Any = None) -> Any:
    """A tensor of ones."""
    return _filled(shape, 1, dtype)


def _check_sizes(sizes: Iterable[int], name: str | None) -> None:
    if (least := min(sizes, default=0)) < 0:
        raise refused("Fill", f"Dimension {least} must be >= 0", name)


def fill(dims: Any, value: Any, name: Any = None, layout: Any = None) -> Any:
    """A tensor filled with a scalar."""
    v = as_tensor(value)
    if v.array.ndim:
        raise InvalidArgumentError(f"value must be a scalar; got shape {list(v.array.shape)} [Op:Fill]")
    sizes = ints(dims)
    _check_sizes(sizes, None)
    return engine.contiguous(engine.expand(v, sizes))


def zeros_like(input: Any, dtype: Any = None, name: Any = None, layout: Any = None) -> Any:
    """Zeros in the shape and dtype of `input`."""
    x = as_tensor(input)
    return _filled(x.array.shape, 0, x.dtype if dtype is None else dtype)


def ones_like(input: Any, dtype: Any = None, name: Any = None, layout: Any = None) -> Any:
    """Ones in the shape and dtype of `input`."""
    x = as_tensor(input)
    return _filled(x.array.shape, 1, x.dtype if dtype is None else dtype)


def eye(
    num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32", name: Any = None
) -> Any:
    """Ones on the diagonal of a matrix, or of a batch of them."""
    rows = int(num_rows)
    columns = rows if num_columns is None else int(num_columns)
    _check_sizes((rows, columns), "")
    plain = dtypes.cast(np.eye(rows, columns), numpy_of(dtype))
    return wrap(plain if batch_shape is None else np.array(np.broadcast_to(plain, (*dims(batch_shape), *plain.shape))))


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range") -> Any:
    """start, start + delta … below limit; from 0 to `start` where that stands alone."""
    if limit is None:
        start, limit = 0, start
    each = [as_tensor(v) for v in (start, limit, delta)]
    want = numpy_of(dtype) if dtype is not None else max((v.array.dtype for v in each), key=_rank_of)
    numbers = [v.array.item() for v in each]
    if numbers[2] == 0:
        raise refused("Range", "Requires delta != 0: 0")
    if (numbers[2] > 0 and numbers[0] > numbers[1]) or (numbers[2] < 0 and numbers[0] < numbers[1]):
        sign = "<=" if numbers[2] > 0 else ">="
        raise refused(
            "Range",
            f"Requires start {sign} limit when delta {'>' if numbers[2] > 0 else '<'} 0: {numbers[0]}/{numbers[1]}",
        )
    return wrap(steps(numbers[0], numbers[1], numbers[2], want))


def _rank_of(dtype: np.dtype) -> int:
    order = [dtypes.I32, dtypes.I64, dtypes.F16, dtypes.F32, dtypes.F64]
    return order.index(dtype) if dtype in order else 0


def linspace(start: Any, stop: Any, num: Any, name: Any = None, axis: int = 0) -> Any:
    """`num` numbers from start to stop, evenly; integers give float64."""
    a = as_tensor(start)
    b = as_tensor(stop, a.array.dtype)
    if a.array.dtype.kind in "iu":
        a, b = _convert.to(a, dtypes.F64), _convert.to(b, dtypes.F64)
    need_shapes("Linspace", *pair("Linspace", a, b))
    n = int(num)
    x, y = np.broadcast_arrays(dtypes.working(a.array), dtypes.working(b.array))
    gaps = max(n - 1, 1)
    delta = (y - x) / x.dtype.type(gaps)
    rows = [x + delta * x.dtype.type(i) for i in _range(n)]
    if n > 1:
        rows[-1] = y
    return wrap(np.stack(rows, axis).astype(x.dtype, copy=False) if rows else np.empty((0, *x.shape), x.dtype))
