"""Tensors from data, and tensors filled by rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import config, dtypes
from plait.op import apply
from plait.ops import shape as shapes
from plait.paddle import _dtypes
from plait.paddle._dense import DenseTensor
from plait.paddle._places import check_place
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import (
    LIKE,
    NEW,
    UNPINNED,
    function,
    integer,
    into,
    made,
    need_tensor,
    number,
    shape_of,
    wanted,
)
from plait.tensor import make

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "assign",
    "clone",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tensor",
    "to_tensor",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]


def _array_of(data: Any, exact: bool = False) -> Any:
    """The ndarray (a copy) of data that is no tensor; dtypes as Paddle guesses them, or (`exact`) wide ones."""
    if isinstance(data, np.ndarray):
        return data.copy()
    if isinstance(data, np.generic):
        return np.array(data)
    if isinstance(data, bool):
        return np.array(data)
    if isinstance(data, int):
        return np.array(data, np.int64)
    if isinstance(data, (float, complex)):
        return np.array(data) if exact else _by_default(np.array(data))
    if isinstance(data, (list, tuple)):
        return _array_of_list(data, exact)
    if hasattr(data, "__dlpack__") or hasattr(data, "__array__"):
        return np.array(data)
    raise TypeError(
        f"Can't constructs a 'paddle.Tensor' with data type {type(data)}, data type must be scalar|list|tuple|np.ndarray|paddle.Tensor"
    )


def _by_default(array: Any) -> Any:
    """What Paddle makes of numbers without a dtype: floats and complex numbers as the default dtype says, int64 of int32."""
    kind = array.dtype.kind
    if kind == "f":
        return dtypes.cast(array, config.default_dtype)
    if kind == "c":
        return array.astype(np.complex64 if config.default_dtype in (dtypes.F16, dtypes.F32) else np.complex128)
    return array.astype(np.int64) if array.dtype == dtypes.I32 else array


def _array_of_list(data: Any, exact: bool) -> Any:
    plain, tensors = _plain(data)
    try:
        array = np.array(plain)
    except ValueError as error:
        raise ValueError(
            "(InvalidArgument) to_tensor(): all rows of a nested list must have the same length: " + str(error)
        ) from None
    if array.dtype == object or array.dtype.kind in "USO":
        raise ValueError(
            "Failed to convert input data to a regular ndarray :\n - Usually this means the input data contains nested lists with "
            "different lengths, or items that are no numbers."
        )
    return array if tensors or exact else _by_default(array)


def _plain(data: Any) -> tuple[Any, bool]:
    """Nested lists with tensors as ndarrays, and whether there was a tensor among them."""
    if isinstance(data, Tensor):
        return dtypes.working(data.array), True
    if isinstance(data, (list, tuple, range)):
        found = [_plain(item) for item in data]
        return [f[0] for f in found], any([f[1] for f in found])
    return data, False


@function(method=False)
def to_tensor(data: Any, dtype: Any = None, place: Any = None, stop_gradient: bool = True) -> Tensor:
    """A new tensor with the values of a number, a nested list, an ndarray or a tensor.

    Floats become the default dtype, ints int64; an ndarray keeps its dtype (uint16 holds the bits of bfloat16).

    >>> to_tensor([[1, 2]], dtype="float32")
    Tensor(shape=[1, 2], dtype=float32, place=Place(cpu), stop_gradient=True,
           [[1., 2.]])
    """
    check_place(place)
    if isinstance(data, DenseTensor):  # no copy, unless it takes another dtype
        array = data._tensor.array
        return made(array if dtype is None else dtypes.cast(array, _dtypes.as_numpy(dtype)), stop_gradient)
    if isinstance(data, Tensor):
        array = data.array.copy()
    elif isinstance(data, (list, tuple)) and len(data) and all([isinstance(d, Tensor) for d in data]):
        array = np.stack([d.array for d in data])
    else:
        array = _array_of(data) if dtype is None else _array_of(data, True)
    if array.dtype == np.uint16:
        array = array.view(dtypes.BFLOAT16)
    if dtype is not None:
        array = dtypes.cast(array, _dtypes.as_numpy(dtype))
    elif array.dtype not in _dtypes.FROM_NUMPY:
        raise TypeError(f"to_tensor(): arrays of {array.dtype} are not supported")
    if not (array.flags.c_contiguous and array.flags.owndata):
        array = np.array(array, order="C")
    return made(array, stop_gradient)


def _torch_like(
    data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """`to_tensor` under Paddle 3.3's second set of names."""
    return to_tensor(data, dtype, device, not requires_grad)


def tensor(
    data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor with the values of `data`."""
    return _torch_like(data, dtype, device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A new tensor with the values of `data`."""
    return _torch_like(data, dtype, device)


asarray = as_tensor


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of an ndarray (no copy). Raises TypeError for anything else."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy() takes an ndarray; got {type(ndarray).__name__}")
    return made(ndarray)


def constructed(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """`paddle.Tensor(…)`: of data, of sizes, or empty."""
    if not args and not kwargs:
        return make(cls, np.empty(0, config.default_dtype), None, 0)
    if "value" in kwargs or "data" in kwargs or "dims" in kwargs:
        data = kwargs.get("value", kwargs.get("data", args[0] if args else None))
        array = np.empty(0, config.default_dtype) if data is None else to_tensor(data).array
    elif len(args) > 1 and all([isinstance(a, int) for a in args]):
        array = np.empty(args, config.default_dtype)
    elif isinstance(args[0], DenseTensor):
        array = args[0]._tensor.array
    elif isinstance(args[0], (Tensor, np.ndarray)):
        array = args[0].array if isinstance(args[0], Tensor) else args[0].copy()
    elif isinstance(args[0], int):
        array = np.empty(args[0], config.default_dtype)
    else:
        array = to_tensor(args[0]).array.astype(config.default_dtype)
    t = make(cls, array, None, 0)
    if kwargs.get("name") is not None:
        t.name = kwargs["name"]
    return t


@function("shape:size", method=False, sizes=0, new=NEW)
def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A tensor of zeros."""
    return np.zeros(shape_of(shape, "zeros"), wanted(dtype))


@function("shape:size", method=False, sizes=0, new=NEW)
def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A tensor of ones."""
    return _filled(shape_of(shape, "ones"), 1, wanted(dtype))


def _filled(sizes: tuple[int, ...], value: Any, dtype: Any) -> Any:
    if any([n < 0 for n in sizes]):
        raise ValueError(f"(InvalidArgument) sizes of a tensor must not be negative; got {list(sizes)}")
    if dtype == dtypes.BFLOAT16:
        return dtypes.to_bfloat16(np.full(sizes, value, np.float32))
    if dtype.kind in "iu":
        value = int(value)
    return np.full(sizes, value, dtype)


@function("shape:size", method=False, new=NEW)
def full(shape: Any, fill_value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A tensor of one value; bool for a bool, else the default floating dtype."""
    value = number(float(fill_value) if isinstance(fill_value, str) else fill_value)
    guess = dtypes.BOOL if isinstance(value, bool) else None
    return _filled(shape_of(shape, "full"), value, wanted(dtype, guess))


@function(method=False)
def fill_constant(
    shape: Any,
    dtype: Any,
    value: Any,
    force_cpu: bool = False,
    out: Any = None,
    place: Any = None,
    name: str | None = None,
) -> Any:
    """`full`, its arguments in another order; `paddle.tensor` has it, `paddle` has not."""
    made_full = full(shape, value, dtype)
    return made_full if out is None else into(out, made_full)


@function("shape:size", method=False, sizes=0, new=NEW)
def empty(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A tensor whose values are not set."""
    return np.empty(shape_of(shape, "empty"), wanted(dtype))


@function("x:input", method=False, new=LIKE)
def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape (and dtype) of `x`."""
    need_tensor(x, "zeros_like")
    return np.zeros(x.array.shape, wanted(dtype, x.array.dtype))


@function("x:input", method=False, new=LIKE)
def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape (and dtype) of `x`."""
    need_tensor(x, "ones_like")
    return _filled(x.array.shape, 1, wanted(dtype, x.array.dtype))


@function("x:input", method=False, new=LIKE)
def full_like(x: Any, fill_value: Any, dtype: Any = None, name: str | None = None) -> Any:
    """One value in the shape (and dtype) of `x`."""
    need_tensor(x, "full_like")
    value = number(float(fill_value) if isinstance(fill_value, str) else fill_value)
    return _filled(x.array.shape, value, wanted(dtype, x.array.dtype))


@function("x:input", method=False, new=LIKE)
def empty_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A tensor in the shape (and dtype) of `x` whose values are not set."""
    need_tensor(x, "empty_like")
    return np.empty(x.array.shape, wanted(dtype, x.array.dtype))


@function(method=False, new=NEW)
def arange(start: Any = 0, end: Any = None, step: Any = 1, dtype: Any = None, *, name: str | None = None) -> Any:
    """start, start + step … below `end`; int64 where all three are whole numbers, else the default floating dtype."""
    if end is None:
        start, end = 0, start
    guess = None
    if dtype is None:
        kinds = [v.array.dtype if isinstance(v, Tensor) else np.asarray(v).dtype for v in (start, end, step)]
        if all([k.kind in "iub" for k in kinds]):
            guess = dtypes.I64
    kind = wanted(dtype, guess)
    a, b, by = number(start), number(end), number(step)
    if by == 0:
        raise ValueError("(InvalidArgument) arange(): the step must not be zero")
    if kind.kind in "iu":
        a, b, by = int(a), int(b), int(by)
        count = max(0, -((a - b) // by))
        array = (a + by * np.arange(count, dtype=np.int64)).astype(kind)
    else:
        count = max(0, math.ceil((b - a) / by))
        wide = dtypes.F32 if kind == dtypes.BFLOAT16 else kind
        values = np.full(count, by, wide)  # a step is added at a time
        values[:1] = a
        array = dtypes.cast(np.cumsum(values, dtype=wide), kind)
    return array


@function("stop:end", "num:steps", method=False, new=UNPINNED)
def linspace(start: Any, stop: Any, num: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`num` values from `start` to `stop`, both included."""
    count = integer(num, "linspace", "num")
    if count < 0:
        raise ValueError(f"(InvalidArgument) linspace(): num must not be negative; got {count}")
    kind = wanted(dtype)
    a, b = (float(number(v)) for v in (start, stop))
    if count == 1:
        values = np.array([a])
    else:
        step = (b - a) / (count - 1)
        at = np.arange(count)
        values = np.where(at < count // 2, a + step * at, b - step * (count - 1 - at))
    return dtypes.cast(values, kind)


@function("stop:end", "num:steps", method=False)
def logspace(start: Any, stop: Any, num: Any, base: Any = 10.0, dtype: Any = None, name: str | None = None) -> Tensor:
    """`base` to `num` powers from `start` to `stop`."""
    kind = wanted(dtype)
    powers = np.linspace(float(number(start)), float(number(stop)), integer(num, "logspace", "num"))
    return made(dtypes.cast(np.power(float(number(base)), powers), kind))


@function("num_rows:n", "num_columns:m", method=False, new=NEW)
def eye(num_rows: Any, num_columns: Any = None, dtype: Any = None, name: str | None = None) -> Any:
    """Ones on the diagonal of a matrix, zeros elsewhere."""
    rows = integer(num_rows, "eye", "num_rows")
    columns = rows if num_columns is None else integer(num_columns, "eye", "num_columns")
    if rows < 0 or columns < 0:
        raise TypeError(f"eye(): num_rows and num_columns must be non-negative ints; got {rows} and {columns}")
    return dtypes.cast(np.eye(rows, columns), wanted(dtype))


@function("x:input")
def clone(x: Any, name: str | None = None) -> Tensor:
    """A copy that gradients flow through."""
    return shapes.clone(need_tensor(x, "clone"))


@function(method=False)
def assign(x: Any, output: Any = None) -> Tensor:
    """A copy of a tensor (gradients flow through), an array, a list or a number; into `output` where one is given."""
    if isinstance(x, Tensor):
        result = shapes.clone(x)
    else:
        if not isinstance(x, (list, tuple, np.ndarray, int, float, np.generic)):
            raise TypeError(
                f"The type of 'x' in assign must be a Tensor, ndarray, list, tuple or number, but received {type(x).__name__}."
            )
        result = made(np.array(x, ndmin=1))
    if output is None:
        return result
    from plait.paddle.functions._common import into

    return into(output, result)


def _triangle(x: Any, diagonal: Any, upper: bool, name: str) -> Any:
    from plait.ops import arrange

    need_tensor(x, name)
    if x.array.ndim < 2:
        raise ValueError(f"(InvalidArgument) {name}(): x must have at least 2 dimensions, but received {x.array.ndim}")
    k = integer(diagonal, name, "diagonal")
    return apply(arrange.TRIU if upper else arrange.TRIL, (x,), (k,))


@function("x:input")
def tril(x: Any, diagonal: int = 0, name: str | None = None, *, out: Any = None) -> Tensor:
    """The lower triangle of the last two dimensions, zeros above."""
    return _triangle(x, diagonal, False, "tril")


@function("x:input")
def triu(x: Any, diagonal: int = 0, name: str | None = None, *, out: Any = None) -> Tensor:
    """The upper triangle of the last two dimensions, zeros below."""
    return _triangle(x, diagonal, True, "triu")
