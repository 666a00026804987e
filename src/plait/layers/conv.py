"""What convolution layers mean, rank-free: padding by numbers or by name, batched input or not, and what is wrong with what does not fit.

Rules of this file: arguments are worked out once for each combination and kept; the way of a call that fits is short, and only a call that
failed is looked at closely, in the order in which a reader would: dimensions, arguments, channels, bias, sizes, dtypes.
"""

from __future__ import annotations

import warnings
from operator import index
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from plait import dtypes
from plait.layers.windows import same_sides
from plait.op import apply, type_name
from plait.ops.conv import CONV, CONV_TRANSPOSE, conv, same_padding, transposed_size
from plait.ops.conv_turn import CONV_TURN
from plait.ops.elementwise import add
from plait.ops.product import c_name
from plait.ops.shape import moved_first, moved_last, permute, reshape
from plait.ops.views import SQUEEZE_DIM, unsqueeze

if TYPE_CHECKING:
    Ints = tuple[int, ...]

__all__ = ["convolve", "convolve_time_first", "convolve_transposed", "convolve_windows", "convolve_windows_transposed"]

_params: dict[Any, Any] = {}
_transposed_params: dict[Any, Any] = {}


def _spread(value: Any, n: int, what: str) -> Ints:
    """A number, or a sequence of one or n, as n numbers."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = (value,)
    if value is None or isinstance(value, (str, float, bool)):
        raise TypeError(f"argument '{what}' must be tuple of ints, not {type(value).__name__}")
    given = tuple(index(v) for v in value)
    if any(v >= 1 << 63 for v in given):
        raise ValueError(f"{what}={list(given)}: Overflow when unpacking long long")
    if len(given) == 1:
        return given * n
    if len(given) != n:
        raise RuntimeError(f"expected {what} to be a single integer value or a list of {n} values to match the convolution dimensions, "
                           f"but got {what}={list(given)}")  # fmt: skip
    return given


def _check_arguments(stride: Ints, padding: Ints, dilation: Ints, groups: int, extra: Ints = ()) -> None:
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if any(p < 0 for p in padding):
        raise RuntimeError("negative padding is not supported")
    if any(p < 0 for p in extra):
        raise RuntimeError("negative output_padding is not supported")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(d < 0 for d in dilation):
        raise RuntimeError("dilation should be greater than zero")
    if any(d == 0 for d in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")


_MOST = 1 << 40  # more than any memory holds, and small enough that nothing overflows


def _check_sizes(stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """RuntimeError for what no memory could hold; a stride beyond it steps out of any input, so how far does not matter."""
    for name, numbers in (("padding", padding), ("dilation", dilation)):
        if max(numbers) >= _MOST:
            raise RuntimeError(f"{name}={list(numbers)} is too large: Storage size calculation overflowed")
    return tuple([min(s, _MOST) for s in stride])


def _out_of_memory(name: str) -> RuntimeError:
    return RuntimeError(f"{name}: DefaultCPUAllocator: can't allocate memory: not enough memory for the result")


def _named_padding(padding: str, kernel: Ints, stride: Ints, dilation: Ints) -> tuple[Ints, Ints]:
    zero = (0,) * len(stride)
    if padding == "valid":
        return zero, zero
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    before, after = same_padding(kernel, dilation)
    if before != after:
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input be created",
            stacklevel=5,
        )
    return before, after


def _prepare(n: int, w: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> tuple[Any, ...]:
    """The params of `CONV`; kept, unless they depend on the kernel."""
    rank = w.array.ndim - 2
    if rank < 1:
        raise RuntimeError("weight should have at least three dimensions")
    strides, dilations = _spread(stride, rank, "stride"), _spread(dilation, rank, "dilation")
    if isinstance(padding, str):
        before, after = _named_padding(padding, w.array.shape[2:], strides, dilations)
    else:
        before = after = _spread(padding, rank, "padding")
    _check_arguments(strides, before, dilations, groups)
    strides = _check_sizes(strides, (*before, groups), dilations)
    made = (strides, before, after, dilations, groups)
    if rank == n and not isinstance(padding, str) and len(_params) < 4096:
        key = (n, stride, padding, dilation, groups)
        if not any(isinstance(k, list) for k in key):
            _params[key] = made
    return made


def _check_rank(n: int, x: Any, name: str) -> None:
    d = x.array.ndim
    if d != n + 1 and d != n + 2:
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: {list(x.array.shape)}"
        )


def convolve(
    n: int,
    x: Any,
    w: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    name: str = "conv",
) -> Any:
    """x[n, i, …] or x[i, …] with w[o, i / groups, k…]; `padding` is numbers, "valid" or "same" (the odd one at the end).

    >>> from plait.tensor import Tensor
    >>> x, w = Tensor.wrap(np.ones((1, 4))), Tensor.wrap(np.ones((1, 1, 3)))
    >>> convolve(1, x, w, padding="same").array
    array([[2., 3., 3., 2.]])
    """
    try:
        params = _params[(n, stride, padding, dilation, groups)]
    except (KeyError, TypeError):
        _check_rank(n, x, name)
        params = _prepare(n, w, stride, padding, dilation, groups)
    try:
        if x.array.ndim == n + 2:
            return apply(CONV, (x, w, bias), params)
        _check_rank(n, x, name)
        out = apply(CONV, (unsqueeze(x, 0), w, bias), params)
    except ValueError:
        _diagnose(n, x, w, bias, params, False, name)
        raise
    except MemoryError:
        raise _out_of_memory(name) from None
    return apply(SQUEEZE_DIM, (out,), (out.array.shape[1:],))


def _prepare_transposed(
    n: int, x: Any, w: Any, bias: Any, stride: Any, padding: Any, extra: Any, groups: int, dilation: Any, name: str
) -> tuple[Ints, Ints, Ints, Ints]:
    _check_rank(n, x, name)
    rank = w.array.ndim - 2
    if rank < 1:
        raise RuntimeError("weight should have at least three dimensions")
    strides, paddings = _spread(stride, rank, "stride"), _spread(padding, rank, "padding")
    extras, dilations = _spread(extra, rank, "output_padding"), _spread(dilation, rank, "dilation")
    _check_arguments(strides, paddings, dilations, groups, extras)
    if max(strides) >= _MOST:
        raise RuntimeError(f"stride={list(strides)} is too large: Storage size calculation overflowed")
    _check_sizes(strides, (*paddings, groups), dilations)
    if rank != n:
        _diagnose(n, x, w, bias, (strides, paddings, paddings, dilations, groups), True, name)
    for e, s, d in zip(extras, strides, dilations, strict=True):
        if e >= s and e >= d and x.array.size:  # upstream looks at it only when there is work
            raise RuntimeError("output padding must be smaller than either stride or dilation, but got "
                               + _by_axis({"output_padding": extras, "stride": strides, "dilation": dilations}))  # fmt: skip
    made = (strides, paddings, extras, dilations)
    key = (n, stride, padding, extra, groups, dilation)
    if x.array.size and len(_transposed_params) < 4096 and not any(isinstance(k, list) for k in key):
        _transposed_params[key] = made
    return made


def convolve_transposed(
    n: int,
    x: Any,
    w: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    extra: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    name: str = "conv_transpose",
) -> Any:
    """The transpose of `convolve`: x[n, i, …] or x[i, …] with w[i, o / groups, k…]; `extra` is added to the output's sizes."""
    key = (n, stride, padding, extra, groups, dilation)
    try:
        strides, paddings, extras, dilations = _transposed_params[key]
    except (KeyError, TypeError):
        strides, paddings, extras, dilations = _prepare_transposed(
            n, x, w, bias, stride, padding, extra, groups, dilation, name
        )
    _check_rank(n, x, name)
    batched = x.array.ndim == n + 2
    whole = x if batched else unsqueeze(x, 0)
    shape = whole.array.shape
    if w.array.ndim != n + 2:
        _diagnose(n, x, w, bias, (strides, paddings, paddings, dilations, groups), True, name)
    size = transposed_size(shape, w.array.shape, strides, paddings, extras, dilations)
    try:
        if min(size) < (1 if shape[0] else 0) or (0 in shape[2:]):
            raise ValueError(size)
        out = apply(CONV_TRANSPOSE, (whole, w, bias), (strides, paddings, dilations, groups, size))
    except ValueError:
        _diagnose(n, x, w, bias, (strides, paddings, paddings, dilations, groups), True, name)
        if min(size) < 1:
            raise RuntimeError(f"Given input size per channel: ({_times(shape[2:])}). Calculated output size per channel: ({_times(size)}). "
                               "Output size is too small") from None  # fmt: skip
        raise
    except MemoryError:
        raise _out_of_memory(name) from None
    return out if batched else apply(SQUEEZE_DIM, (out,), (out.array.shape[1:],))


def convolve_time_first(x: Any, w: Any, bias: Any, pad: int = 0) -> Any:
    """One-dimensional convolution of x[time, n, i] with w[k, i, o] and bias[o]: gives [time, n, o]."""
    a, b, c = x.array, w.array, bias.array
    if a.ndim != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if b.ndim != 3:
        raise RuntimeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if c.ndim != 1:
        raise RuntimeError("Bias must be 1-D")
    if a.shape[2] != b.shape[1]:
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if b.shape[2] != c.shape[0]:
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    size = a.shape[0] + 2 * pad - b.shape[0] + 1
    if size < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {[size, a.shape[1], b.shape[2]]}")
    out = conv(permute(x, (1, 2, 0)), permute(w, (2, 1, 0)), bias, (1,), (pad,), (pad,), (1,), 1)
    return permute(out, (2, 0, 1))


def _times(sizes: Any) -> str:
    return " x ".join(str(s) for s in sizes)


def _by_axis(values: dict[str, Ints]) -> str:
    told = []
    for name, numbers in values.items():
        axes = ("depth", "height", "width")[-max(len(numbers), 2) :]
        numbers = numbers if len(numbers) > 1 else (numbers[0], numbers[0])
        told += [f"{name}_{axis}: {v}" for axis, v in zip(axes, numbers, strict=True)]
    return " ".join(told)


def _diagnose(n: int, x: Any, w: Any, bias: Any, params: Any, transposed: bool, name: str) -> None:
    """Raise what is wrong with these operands; return where nothing is."""
    _check_rank(n, x, name)
    _stride, _before, _after, _dilation, groups = params
    a, b = x.array.shape, w.array.shape
    shape = a if len(a) == n + 2 else (1, *a)
    if len(b) != n + 2:
        raise RuntimeError(f"Expected {len(b)}-dimensional input for {len(b)}-dimensional weight{list(b)}, but got {n + 2}-dimensional input "
                           f"of size {list(shape)} instead")  # fmt: skip
    weight = f"weight of size {list(b)}"
    given = f"Given transposed=1, {weight}" if transposed else f"Given groups={groups}, {weight}"
    if b[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got {weight} instead"
        )
    if b[0] % groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size "
                           f"[{list(b)}] instead")  # fmt: skip
    channels = b[0] if transposed else b[1] * groups
    if shape[1] != channels:
        raise RuntimeError(
            f"{given}, expected input{list(shape)} to have {channels} channels, but got {shape[1]} channels instead"
        )
    outputs = b[1] * groups if transposed else b[0]
    if bias is not None and bias.array.shape != (outputs,):
        given = given if transposed else f"Given {weight}"
        raise RuntimeError(f"{given}, expected bias to be 1-dimensional with {outputs} elements, but got bias of size "
                           f"{list(bias.array.shape)} instead")  # fmt: skip
    _diagnose_sizes(shape, b, params, transposed)
    _diagnose_dtypes(x.array.dtype, w.array.dtype, None if bias is None else bias.array.dtype)


def _diagnose_sizes(shape: Ints, w: Ints, params: Any, transposed: bool) -> None:
    _stride, before, after, dilation, _groups = params
    if any(k == 0 for k in w[2:]):
        axes = ("kernel_depth", "kernel_height", "kernel_width")[-len(w[2:]) :]
        told = " ".join(f"{axis}: {k}" for axis, k in zip(axes, w[2:], strict=True))
        raise RuntimeError(f"kernel size should be greater than zero, but got {told}")
    if 0 in shape[2:]:
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {list(shape)}")
    if transposed:
        return
    padded = [s + p + q for s, p, q in zip(shape[2:], before, after, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(w[2:], dilation, strict=True)]
    if any(r > p for r, p in zip(reach, padded, strict=True)):
        raise RuntimeError(f"Calculated padded input size per channel: ({_times(padded)}). Kernel size: ({_times(reach)}). "
                           "Kernel size can't be greater than actual input size")  # fmt: skip


def _diagnose_dtypes(x: np.dtype, w: np.dtype, bias: np.dtype | None) -> None:
    if bias is not None and bias != x:
        raise RuntimeError(f"Input type ({c_name(x)}) and bias type ({c_name(bias)}) should be the same")
    if x != w:
        raise RuntimeError(f"expected scalar type {type_name(x)} but found {type_name(w)}")
    if x == dtypes.BOOL:
        _no_bool()


def _no_bool() -> NoReturn:
    raise NotImplementedError("\"slow_conv2d_cpu\" not implemented for 'Bool'")


# --- windows told in numbers: any stride, padding that differs on the two sides, either layout ---------------------------------


def _with_bias(y: Any, bias: Any) -> Any:
    return add(y, reshape(bias, (1, bias.array.size, *(1,) * (y.array.ndim - 2))))


def convolve_windows(
    x: Any,
    w: Any,
    bias: Any,
    stride: Ints,
    padding: tuple[Ints, Ints] | None,
    dilation: Ints,
    groups: int,
    channels_last: bool = False,
    name: str = "conv",
    in_turn: bool = False,
) -> Any:
    """x[n, i, …] (or [n, …, i]) with w[o, i / groups, k…]; `padding` is (before, after), or None for as many windows as
    `same_sides` leaves, at dilation 1. `in_turn`: small ones add one product after another.

    A bias of another size than the outputs broadcasts. Raises RuntimeError where the operands do not fit.

    >>> from plait.tensor import Tensor
    >>> x, w = Tensor.wrap(np.ones((1, 1, 5))), Tensor.wrap(np.ones((1, 1, 2)))
    >>> convolve_windows(x, w, None, (2,), None, (1,), 1).array
    array([[[2., 2., 1.]]])
    """
    z = moved_first(x) if channels_last else x
    if padding is None:
        dilation = (1,) * len(stride)
        before, after = same_sides(z.array.shape[2:], w.array.shape[2:], stride, dilation)
    else:
        before, after = padding
    extra = None
    if bias is not None and bias.array.shape != w.array.shape[:1]:
        bias, extra = None, bias
    params = (stride, before, after, dilation, groups)
    try:
        y = apply(CONV_TURN if in_turn else CONV, (z, w, bias), params)
    except ValueError:
        _check_arguments(stride, before, dilation, groups)
        _diagnose(len(stride), z, w, bias, params, False, name)
        raise
    y = y if extra is None else _with_bias(y, extra)
    return moved_last(y) if channels_last else y


def convolve_windows_transposed(
    x: Any,
    w: Any,
    bias: Any,
    stride: Ints,
    padding: tuple[Ints, Ints] | None,
    dilation: Ints,
    groups: int,
    extra: Ints,
    size: Ints | None,
    channels_last: bool = False,
    name: str = "conv_transpose",
) -> Any:
    """The transpose of `convolve_windows`: w[i, o / groups, k…]; `extra` is added to the output's sizes, or `size` chosen among those
    that the stride leaves open (RuntimeError for others)."""
    z = moved_first(x) if channels_last else x
    sizes, kernel = z.array.shape[2:], w.array.shape[2:]
    if padding is None:
        dilation = (1,) * len(stride)
        before, after = same_sides(sizes, kernel, stride, dilation)
    else:
        before, after = padding
    _check_arguments(stride, (*before, *after), dilation, groups, extra)
    least = tuple(
        [
            (n - 1) * s - b - a + d * (k - 1) + 1
            for n, s, b, a, d, k in zip(sizes, stride, before, after, dilation, kernel, strict=True)
        ]
    )
    if size is None:
        for e, s, d in zip(extra, stride, dilation, strict=True):
            if e and e >= max(s, d):
                raise RuntimeError(
                    f"output_padding must be less than either stride or dilation, but received output_padding={list(extra)}, "
                    f"stride={list(stride)}, dilation={list(dilation)}"
                )
        size = tuple([n + e for n, e in zip(least, extra, strict=True)])
    else:
        for wanted, low, s in zip(size, least, stride, strict=True):
            if not low <= wanted < low + s:
                raise RuntimeError(
                    f"output_size must be at least the inferred {list(least)} and less than that plus the stride {list(stride)}, "
                    f"but received {list(size)}"
                )
    wide = None
    if bias is not None and bias.array.shape != (w.array.shape[1] * groups,):
        bias, wide = None, bias
    params = (stride, before, after, dilation, groups)
    try:
        if min(size) < 1:
            raise ValueError(size)
        y = apply(CONV_TRANSPOSE, (z, w, bias), (stride, before, dilation, groups, size))
    except ValueError:
        _diagnose(len(stride), z, w, bias, params, True, name)
        raise RuntimeError(f"the output's sizes must be positive, but received {list(size)}") from None
    y = y if wide is None else _with_bias(y, wide)
    return moved_last(y) if channels_last else y
