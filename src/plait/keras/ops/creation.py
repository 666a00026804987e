"""Operations that make tensors: filled, ranges, grids, diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.keras import _config, _convert, _dtypes
from plait.keras._shape import standardize_shape
from plait.keras._tensor import Tensor
from plait.keras.ops._common import dtype_of, op, tensor
from plait.ops import elementwise as ew

__all__ = [
    "arange", "array", "empty", "empty_like", "eye", "full", "full_like", "identity", "linspace", "logspace", "meshgrid", "one_hot", "ones",
    "ones_like", "tri", "zeros", "zeros_like",
]  # fmt: skip


def _sizes(shape: Any) -> tuple[int, ...]:
    if isinstance(shape, Tensor):
        shape = shape.array.tolist()
    if isinstance(shape, (int, np.integer)):
        return (int(shape),)
    return tuple(int(n) for n in standardize_shape(shape))  # type: ignore[arg-type]


def _filled(shape: Any, value: Any, dtype: Any) -> Any:
    want = _dtypes.numpy_dtype(dtype)
    if want == dtypes.BFLOAT16:
        return Tensor.wrap(dtypes.to_bfloat16(np.full(_sizes(shape), value, np.float32)))
    return Tensor.wrap(np.full(_sizes(shape), value, want))


def zeros(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros."""
    return _filled(shape, 0, dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """A tensor of ones."""
    return _filled(shape, 1, dtype)


def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros, as upstream's is."""
    return _filled(shape, 0, dtype)


@op
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor filled with a value, which may have a shape of its own."""
    value = tensor(fill_value, dtype or _config.floatx()).array
    return Tensor.wrap(np.array(np.broadcast_to(value, _sizes(shape))))


@op
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros in the shape of x."""
    x = tensor(x)
    return _filled(x.array.shape, 0, dtype or x.dtype)


@op
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones in the shape of x."""
    x = tensor(x)
    return _filled(x.array.shape, 1, dtype or x.dtype)


@op
def empty_like(x: Any, dtype: Any = None) -> Any:
    """Zeros in the shape of x, as upstream's are."""
    x = tensor(x)
    return _filled(x.array.shape, 0, dtype or x.dtype)


@op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A value in the shape of x."""
    x = tensor(x)
    value = tensor(fill_value, dtype or x.dtype).array
    return Tensor.wrap(np.array(np.broadcast_to(value, x.array.shape)))


@op
def array(x: Any, dtype: Any = None) -> Any:
    """x as a tensor."""
    return tensor(x, dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """start, start + step … below stop; from 0 to `start` where that stands alone."""
    if dtype is None:
        kinds = [dtype_of(start), dtype_of(1 if step is None else step)]
        if stop is not None:
            kinds.append(dtype_of(stop))
        dtype = _dtypes.result_type(*kinds)
    if stop is None:
        start, stop = 0, start
    want = _dtypes.numpy_dtype(dtype)
    numbers = [
        v.item() if isinstance(v, np.generic) else v.array.item() if isinstance(v, Tensor) else v
        for v in (start, stop, 1 if step is None else step)
    ]
    return Tensor.wrap(steps(numbers[0], numbers[1], numbers[2], want))


def steps(start: Any, stop: Any, step: Any, dtype: np.dtype) -> np.ndarray:
    """The numbers start + i·step below stop, as TensorFlow adds them up; ValueError for a step of 0."""
    if step == 0:
        raise ValueError("step must not be 0")
    if dtype.kind in "iu" and all(isinstance(v, int) for v in (start, stop, step)):
        return np.asarray(np.arange(start, stop, step), dtype)
    count = max(0, int(np.ceil((stop - start) / step)))
    wide = np.float64 if dtype == dtypes.F64 else np.float32
    each = wide(start) + np.arange(count).astype(wide) * wide(step)
    return dtypes.cast(each, dtype)


@op
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers from start to stop, evenly; with `retstep` their distance too."""
    if dtype is None:
        dtype = _dtypes.result_type(dtype_of(start), dtype_of(stop), float)
    work = "float64" if dtype == "float64" else _config.floatx() if not _dtypes.is_float(dtype) else dtype
    a, b = tensor(start, work), tensor(stop, work)
    if num < 0:
        raise ValueError(f"linspace: num must be a non-negative integer; got num={num}")
    gaps = num - 1 if endpoint else num
    if (a.tracks or b.tracks) and num > 1 and not retstep:
        return _line(a, b, num, gaps, endpoint, _dtypes.numpy_dtype(dtype), axis)
    x, y = dtypes.working(a.array), dtypes.working(b.array)
    with np.errstate(all="ignore"):
        step = (y - x) / x.dtype.type(gaps) if gaps > 0 else np.full(np.broadcast(x, y).shape, np.nan, x.dtype)
        steps_ = np.arange(num, dtype=x.dtype).reshape((num, *(1,) * np.broadcast(x, y).ndim))
        values = x + steps_ * step if gaps > 0 else np.broadcast_to(x, (num, *np.broadcast(x, y).shape)).copy()
    if endpoint and num > 1:
        values[-1] = y
    want = _dtypes.numpy_dtype(dtype)
    made = Tensor.wrap(dtypes.cast(np.ascontiguousarray(np.moveaxis(np.asarray(values, x.dtype), 0, axis)), want))
    return (made, Tensor.wrap(dtypes.cast(np.asarray(step, x.dtype), want))) if retstep else made


def _line(a: Any, b: Any, num: int, gaps: int, endpoint: bool, want: np.dtype, axis: int) -> Any:
    """`linspace` of tensors that gradients flow to."""
    from plait.ops import arrange

    step = ew.div(ew.sub(b, a), float(gaps))
    rows = [ew.add(a, ew.mul(step, float(i))) for i in range(num)]
    if endpoint:
        rows[-1] = ew.add(b, ew.mul(a, 0.0)) if a.array.shape != b.array.shape else b
    n = rows[0].array.ndim + 1
    return _convert.to(arrange.stack(rows, axis % n), want)


@op
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: float = 10, dtype: Any = None, axis: int = 0
) -> Any:
    """base ** each of `num` numbers from start to stop."""
    exponents = linspace(start, stop, num, endpoint, False, "float64" if dtype == "float64" else None, axis)
    return _convert.to(
        ew.pow(tensor(float(base), exponents.dtype), exponents), _dtypes.numpy_dtype(dtype or exponents.dtype)
    )


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on diagonal k of an N×M matrix (N×N without M)."""
    for name, n in (("N", N), ("M", M)):
        if n is not None and isinstance(n, float):
            raise TypeError(f"eye: {name} must be an integer; got {name}={n} of type {type(n)}")
    want = _dtypes.numpy_dtype(dtype or _config.floatx())
    m = N if M is None else M
    inner = np.eye(min(m - k, N + k)) if k else np.eye(N, m)
    if k:  # a square, with zeros round it
        inner = np.pad(inner, ((max(-k, 0), max(N - m + k, 0)), (max(k, 0), max(m - N - k, 0))))
    return Tensor.wrap(dtypes.cast(inner, want))


def identity(n: int, dtype: Any = None) -> Any:
    """The n×n matrix with ones on its diagonal."""
    return eye(n, n, 0, dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones at and below diagonal k."""
    return Tensor.wrap(dtypes.cast(np.tri(N, M, k, dtype=np.float64), _dtypes.numpy_dtype(dtype or _config.floatx())))


@op
def meshgrid(*x: Any, indexing: str = "xy") -> list[Any]:
    """Coordinates of a grid, one tensor for each axis."""
    from plait.ops.shape import expand, reshape

    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij'; got {indexing!r}")
    each = [reshape(tensor(v), (-1,)) for v in x]
    n = len(each)
    order = list(range(n))
    if indexing == "xy" and n > 1:
        order[:2] = [1, 0]
    sizes = [0] * n
    for i, v in enumerate(each):
        sizes[order[i]] = v.array.size
    out = []
    for i, v in enumerate(each):
        shape = [1] * n
        shape[order[i]] = v.array.size
        out.append(expand(reshape(v, tuple(shape)), tuple(sizes)))
    return out


@op
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    """1 at the place that each integer names along a new axis, 0 elsewhere; all 0 for integers outside of the classes."""
    if sparse:
        raise NotImplementedError("one_hot: sparse tensors are not part of plait")
    at = tensor(x).array.astype(np.int64)
    hot = at[..., None] == np.arange(num_classes)
    made = dtypes.cast(hot, _dtypes.numpy_dtype(dtype or _config.floatx()))
    return Tensor.wrap(np.ascontiguousarray(np.moveaxis(made, -1, axis)))
