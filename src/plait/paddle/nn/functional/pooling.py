"""paddle.nn.functional: pooling. Signatures, checks and messages are upstream's; what a window means is in plait/layers/pool.py."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import pool as layer
from plait.layers.windows import same_sides
from plait.ops import pool as op
from plait.ops import reduce, unpool
from plait.ops.elementwise import add
from plait.ops.pool_plan import Plan
from plait.ops.shape import expand, reshape, to_dtype
from plait.paddle._tensor import Tensor
from plait.paddle.functions._common import function, integers, need_tensor, number
from plait.paddle.nn.functional._padding import back, channels_last, first, flag, padding_of, shaped, spread, whole

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "fractional_max_pool2d", "fractional_max_pool3d", "lp_pool1d", "lp_pool2d", "max_pool1d",
    "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip

Ints = tuple[int, ...]
_PLAIN = {int, tuple, str, type(None)}
_plans: dict[Any, tuple[Plan, bool]] = {}


def _check_rank(x: Any, n: int, name: str) -> Ints:
    shape: Ints = need_tensor(x, name).array.shape
    if len(shape) != n + 2:
        raise ValueError(
            f"(InvalidArgument) {name}: expected Input X to be a {n + 2}-D tensor, but received a {len(shape)}-D tensor of shape {list(shape)}"
        )
    if x.array.dtype.kind != "f":
        raise RuntimeError(
            f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}; it takes floating-point tensors."
        )
    return shape


def _window(
    x: Any,
    n: int,
    name: str,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil: Any,
    data_format: str,
    counts: str,
    mask: bool,
) -> tuple[Plan, bool]:
    """The plan of moving windows over x, and whether its channels lie last; kept by shape and settings."""
    key: Any = None
    if isinstance(x, Tensor) and type(ceil) is bool and {type(kernel), type(stride), type(padding)} <= _PLAIN:
        key = (x.array.shape, x.array.dtype, n, name, kernel, stride, padding, ceil, data_format, counts, mask)
        try:
            return _plans[key]
        except (KeyError, TypeError):
            pass
    k = spread(kernel, n, "pool_size")
    s = k if stride is None else spread(stride, n, "pool_stride")
    last = channels_last(data_format, n)
    if isinstance(padding, str) and padding.upper() == "VALID" and ceil is not False:
        raise ValueError(
            f'{name}: When Attr(padding) is "VALID", Attr(ceil_mode) must be False. Received ceil_mode: {ceil}.'
        )
    pads = padding_of(padding, n, last)
    ceil = flag(ceil, "ceil_mode")
    if mask and last:
        raise ValueError(
            f"When setting return_mask to true, data_format must be set to channels first in API:{name}, but received {data_format}"
        )
    shape = _check_rank(x, n, name)
    for what, values in (("kernel_size", k), ("stride", s)):
        if min(values) < 1:
            raise ValueError(f"{name}: Excepted the input {what} to be greater than 0 but received {list(values)}.")
    sizes = shape[1:-1] if last else shape[2:]
    zeros, ones = (0,) * n, (1,) * n
    if mask:  # upstream takes no notice of names here, and refuses sides that differ
        before, after = pads or (zeros, zeros)
        if before != after:
            raise ValueError(
                f"(InvalidArgument) {name}: with return_mask both sides must be padded alike; got {padding}"
            )
    else:
        before, after = same_sides(sizes, k, s, ones) if pads is None else pads
    plan = layer.window_plan(
        sizes, k, s, before, ones, "any, one" if ceil else "no, one", after, counts, None, mask, True
    )
    if counts == "sum":
        plan = layer.window_plan(
            sizes, k, s, before, ones, "any, one" if ceil else "no, one", after, "padding", 1, mask, True
        )
    if not isinstance(plan, Plan):
        if min(plan) < 0:
            raise ValueError(
                f"(InvalidArgument) {name}: the output size must be greater than or equal to 0, but received {list(plan)} due to the "
                f"settings of input_size({list(sizes)}), padding({list(before)}, {list(after)}), k_size({list(k)}) and stride({list(s)})"
            )
        raise _Empty((*shape[:1], *plan, *shape[-1:]) if last else (*shape[:2], *plan))
    if len(_plans) > 4096:
        _plans.clear()
    with suppress(TypeError):  # a list among the arguments: nothing to look up by
        _plans[key] = plan, last
    return plan, last


class _Empty(Exception):
    """The result has no elements; `args[0]` is its shape."""


def _nothing(x: Any, error: _Empty, mask: bool = False) -> Any:
    shape = error.args[0]
    if 0 in shape:
        # No elements, but a place on the tape.
        y = reshape(x if x.array.size == 0 else x[:0], shape)
    else:
        y = x.face.wrap(np.zeros(shape, x.array.dtype))
    if not mask:
        return y
    places = x.face.wrap(np.zeros(shape, np.int32))
    places._stored = y.tracks
    return y, places


def _with_mask(x: Any, plan: Plan) -> tuple[Any, Any]:
    y, index = op.maximum_index(x, plan)
    mask = to_dtype(index, dtypes.I32)
    mask._stored = y.tracks  # it shows stop_gradient as y does
    return y, mask


def _inside(x: Any, n: int, padding: Any, data_format: Any) -> tuple[Any, Any]:
    """x and its padding, where that is negative: windows then begin inside x, whose border is cut off."""
    if isinstance(padding, str) or not isinstance(x, Tensor) or x.array.ndim != n + 2 or padding is True:
        return x, padding
    least = padding if type(padding) is int else _least(padding)
    if least >= 0:
        return x, padding
    last = channels_last(data_format, n)
    before, after = padding_of(padding, n, last) or ((0,) * n, (0,) * n)
    cut = [slice(None)] * (n + 2)
    for d, (b, a) in enumerate(zip(before, after, strict=True)):
        size = x.array.shape[d + (1 if last else 2)]
        cut[d + (1 if last else 2)] = slice(max(-b, 0), size + min(a, 0))
    sides = [max(side, 0) for pair in zip(before, after, strict=True) for side in pair]
    return x.__getitem__(tuple(cut)), sides


def _least(padding: Any) -> int:
    """The least number of nested lists, 0 where there is none."""
    if isinstance(padding, (list, tuple)):
        return min([_least(p) for p in padding], default=0)
    return padding if isinstance(padding, int) else 0


def _max(x: Any, n: int, args: tuple[Any, ...], mask: bool, data_format: str) -> Any:
    kernel, stride, padding, ceil = args
    if n == 1:
        shaped(x)
    mask = bool(mask)
    if not mask:
        x, padding = _inside(x, n, padding, data_format)
    try:
        plan, last = _window(x, n, f"max_pool{n}d", kernel, stride, padding, ceil, data_format, "padding", mask)
    except _Empty as empty:
        return _nothing(x, empty, mask)
    if mask:
        return _with_mask(x, plan)
    return back(op.maximum(first(x, True), plan), True) if last else op.maximum(x, plan)


def _avg(x: Any, n: int, args: tuple[Any, ...], exclusive: bool, divisor: Any, data_format: str) -> Any:
    kernel, stride, padding, ceil = args
    if n == 1:
        shaped(x)
    x, padding = _inside(x, n, padding, data_format)
    counts = "signed inside" if flag(exclusive, "exclusive") else "like before"
    try:
        plan, last = _window(x, n, f"avg_pool{n}d", kernel, stride, padding, ceil, data_format, counts, False)
    except _Empty as empty:
        return _nothing(x, empty)
    y = back(op.average(first(x, True), plan, True), True) if last else op.average(x, plan, True)
    if divisor is None:
        return y
    if not isinstance(divisor, (int, float)):
        raise ValueError(
            f"avg_pool{n}d: Excepted (int, float) type for divisor_override but received type: {type(divisor)}."
        )
    taps = 1
    for k in plan.kernel:
        taps *= k
    return layer.rescaled(y, taps, divisor)


@function(method=False)
def max_pool1d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, return_mask: bool = False, ceil_mode: bool = False, name: str | None = None
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, L]; see `max_pool2d`."""
    return _max(x, 1, (kernel_size, stride, padding, ceil_mode), return_mask, "NCL")


@function(method=False)
def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, return_mask: bool = False, ceil_mode: bool = False,
    data_format: str = "NCHW", name: str | None = None,
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, H, W] (or [N, H, W, C]); with `return_mask` also its flat place in the plane, int32.

    `padding` is a number, one a dimension, two a dimension, pairs, "valid" or "same". A maximum starts from -3.4e38, so an empty window (which
    `ceil_mode` allows) gives that; after a NaN it begins again, and with `return_mask` passes over NaN.

    >>> from plait import paddle
    >>> paddle.nn.functional.max_pool2d(paddle.to_tensor([[[[1.0, 3.0], [2.0, 0.0]]]]), 2).item()
    3.0
    """
    return _max(x, 2, (kernel_size, stride, padding, ceil_mode), return_mask, data_format)


@function(method=False)
def max_pool3d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, return_mask: bool = False, ceil_mode: bool = False,
    data_format: str = "NCDHW", name: str | None = None,
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, D, H, W] (or [N, D, H, W, C]); see `max_pool2d`."""
    return _max(x, 3, (kernel_size, stride, padding, ceil_mode), return_mask, data_format)


@function(method=False)
def avg_pool1d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, exclusive: bool = True, ceil_mode: bool = False, name: str | None = None
) -> Any:  # fmt: skip
    """The mean under each window of [N, C, L]; see `avg_pool2d`."""
    return _avg(x, 1, (kernel_size, stride, padding, ceil_mode), exclusive, None, "NCL")


@function(method=False)
def avg_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, exclusive: bool = True,
    divisor_override: Any = None, data_format: str = "NCHW", name: str | None = None,
) -> Any:  # fmt: skip
    """The mean under each window of [N, C, H, W] (or [N, H, W, C]): of what lies in the input, or with `exclusive=False` in the padding too.

    `divisor_override` d gives that mean times the kernel's size over d. `padding` is as in `max_pool2d`.
    """
    return _avg(x, 2, (kernel_size, stride, padding, ceil_mode), exclusive, divisor_override, data_format)


@function(method=False)
def avg_pool3d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, exclusive: bool = True,
    divisor_override: Any = None, data_format: str = "NCDHW", name: str | None = None,
) -> Any:  # fmt: skip
    """The mean under each window of [N, C, D, H, W] (or [N, D, H, W, C]); see `avg_pool2d`."""
    return _avg(x, 3, (kernel_size, stride, padding, ceil_mode), exclusive, divisor_override, data_format)


# --- adaptive ---------------------------------------------------------------------------------------------------------------


def _bins(x: Any, n: int, output_size: Any, last: bool, name: str) -> Ints:
    """The sizes that are wanted; None keeps the input's."""
    shape = _check_rank(x, n, name)
    sizes = shape[1:-1] if last else shape[2:]
    if n == 1:
        wanted: Any = spread(output_size, 1, "pool_size")
    elif isinstance(output_size, int):
        wanted = (whole(output_size, "output_size"),) * n
    else:
        given = list(output_size)
        if len(given) < n:
            raise IndexError(f"{name}: output_size must have {n} elements; got {output_size}")
        given[:n] = [size if v is None else v for v, size in zip(given, sizes, strict=False)]
        wanted = tuple([whole(number(v), "output_size", at) for at, v in enumerate(given)])
        if len(given) != n:
            raise ValueError(f"(InvalidArgument) {name}: output_size must have {n} elements; got {output_size}")
    if min(wanted) < 0:
        raise RuntimeError(f"(PreconditionNotMet) {name}: output_size must not be negative; got {list(wanted)}")
    return wanted


def _of_empty_planes(x: Any, shape: Ints, mask: bool = False) -> Any:
    """What is pooled from planes without elements: NaN, at place 0."""
    totals = reduce.sum(x, tuple(range(2, x.array.ndim)), True)  # zeros, with a place on the tape
    y = add(expand(totals, shape), x.face.wrap(np.full((), np.nan, x.array.dtype)))
    if not mask:
        return y
    places = x.face.wrap(np.zeros(shape, np.int32))
    places._stored = y.tracks
    return y, places


def _adaptive_avg(x: Any, n: int, output_size: Any, data_format: str) -> Any:
    last = channels_last(data_format, n)
    wanted = _bins(x, n, output_size, last, f"adaptive_avg_pool{n}d")
    z = first(x, last)
    if 0 in z.array.shape[2:]:
        return back(_of_empty_planes(z, (*z.array.shape[:2], *wanted)), last)
    return back(op.average(z, layer.adaptive_plan(z.array.shape[2:], wanted), True), last)


def _adaptive_max(x: Any, n: int, output_size: Any, mask: bool) -> Any:
    wanted = _bins(x, n, output_size, False, f"adaptive_max_pool{n}d")
    if 0 in wanted:
        return _nothing(x, _Empty((*x.array.shape[:2], *wanted)), mask)
    if 0 in x.array.shape[2:]:
        return _of_empty_planes(x, (*x.array.shape[:2], *wanted), mask)
    plan = layer.adaptive_plan(x.array.shape[2:], wanted, True, True)
    return _with_mask(x, plan) if mask else op.maximum(x, plan)


@function("x:input", method=False)
def adaptive_avg_pool1d(x: Any, output_size: Any, name: str | None = None) -> Any:
    """Means of [N, C, L] over bins: output i covers floor(i·L/size) … ceil((i + 1)·L/size) - 1."""
    return _adaptive_avg(x, 1, output_size, "NCL")


@function("x:input", method=False)
def adaptive_avg_pool2d(x: Any, output_size: Any, data_format: str = "NCHW", name: str | None = None) -> Any:
    """Means of [N, C, H, W] (or [N, H, W, C]) over bins; None in `output_size` keeps that size.

    >>> from plait import paddle
    >>> paddle.nn.functional.adaptive_avg_pool2d(paddle.ones([1, 2, 5, 7]), [3, None]).shape
    paddle.Size([1, 2, 3, 7])
    """
    return _adaptive_avg(x, 2, output_size, data_format)


@function("x:input", method=False)
def adaptive_avg_pool3d(x: Any, output_size: Any, data_format: str = "NCDHW", name: str | None = None) -> Any:
    """Means of [N, C, D, H, W] (or [N, D, H, W, C]) over bins; see `adaptive_avg_pool2d`."""
    return _adaptive_avg(x, 3, output_size, data_format)


@function("x:input", "return_mask:return_indices", method=False)
def adaptive_max_pool1d(x: Any, output_size: Any, return_mask: bool = False, name: str | None = None) -> Any:
    """Maxima of [N, C, L] over bins; with `return_mask` also their places."""
    return _adaptive_max(x, 1, output_size, return_mask)


@function("x:input", "return_mask:return_indices", method=False)
def adaptive_max_pool2d(x: Any, output_size: Any, return_mask: bool = False, name: str | None = None) -> Any:
    """Maxima of [N, C, H, W] over bins; with `return_mask` also their flat places in the plane, int32. NaN is passed over."""
    return _adaptive_max(x, 2, output_size, return_mask)


@function("x:input", "return_mask:return_indices", method=False)
def adaptive_max_pool3d(x: Any, output_size: Any, return_mask: bool = False, name: str | None = None) -> Any:
    """Maxima of [N, C, D, H, W] over bins; with `return_mask` also their flat places in the volume."""
    return _adaptive_max(x, 3, output_size, return_mask)


# --- drawn windows, powers, unpooling -----------------------------------------------------------------------------------------


def _fractional(x: Any, n: int, output_size: Any, kernel_size: Any, random_u: Any, mask: bool) -> Any:
    name = f"fractional_max_pool{n}d"
    if random_u is None:
        from plait.paddle.functions.sampling import uniform

        _check_rank(x, n, name)
        random_u = float(uniform([1], "float32", 0.0, 1.0).array[0])
    elif not 0 < random_u < 1:
        raise ValueError(f"The param `random_u` should be a `float` in (0, 1); received {random_u}")
    kernel = None if kernel_size is None else spread(kernel_size, n, "kernel_size")
    bins = _bins(x, n, output_size, False, name)
    for have, parts, k in zip(x.array.shape[2:], bins, kernel or (0,) * n, strict=True):
        if have < parts - 1 + k:
            raise ValueError(
                f"(InvalidArgument) {name}: an input of {have} is less than output - 1 + kernel, {parts - 1 + k}"
            )
    plan = layer.interval_plan(x.array.shape[2:], bins, kernel, random_u)
    return _with_mask(x, plan) if mask else op.maximum(x, plan)


@function(method=False)
def fractional_max_pool2d(
    x: Any, output_size: Any, kernel_size: Any = None, random_u: Any = None, return_mask: bool = False, name: str | None = None
) -> Any:  # fmt: skip
    """Maxima of [N, C, H, W] under windows that `random_u` in (0, 1) lays (drawn where it is None); without `kernel_size` side by side."""
    return _fractional(x, 2, output_size, kernel_size, random_u, return_mask)


@function(method=False)
def fractional_max_pool3d(
    x: Any, output_size: Any, kernel_size: Any = None, random_u: Any = None, return_mask: bool = False, name: str | None = None
) -> Any:  # fmt: skip
    """Maxima of [N, C, D, H, W] under windows that `random_u` in (0, 1) lays; see `fractional_max_pool2d`."""
    return _fractional(x, 3, output_size, kernel_size, random_u, return_mask)


def _power(x: Any, n: int, norm_type: Any, args: tuple[Any, ...], data_format: str) -> Any:
    kernel, stride, padding, ceil = args
    if norm_type == 0:
        raise ValueError(f"lp_pool{n}d: `norm_type` cannot be 0.")
    x, padding = _inside(x, n, padding, data_format)
    try:
        plan, last = _window(x, n, f"lp_pool{n}d", kernel, stride, padding, ceil, data_format, "sum", False)
    except _Empty as empty:
        return _nothing(x, empty)
    z = first(x, last)
    y = op.maximum(z, plan) if norm_type == float("inf") else layer.power_sum(z, plan, float(norm_type))
    return back(y, last)


def _lp_arguments(args: Any, ceil_mode: Any) -> Any:
    """(padding, ceil mode): upstream takes a truth value in the place of padding as the ceil mode."""
    return (0, args) if isinstance(args, bool) else (args, ceil_mode)


@function("x:input", method=False)
def lp_pool1d(
    x: Any, norm_type: float, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, data_format: str = "NCL",
    name: str | None = None,
) -> Any:  # fmt: skip
    """(Σ x^p)^(1/p) under each window of [N, C, L] (or [N, L, C]); see `lp_pool2d`."""
    padding, ceil_mode = _lp_arguments(padding, ceil_mode)
    return _power(x, 1, norm_type, (kernel_size, stride, padding, ceil_mode), data_format)


@function("x:input", method=False)
def lp_pool2d(
    x: Any, norm_type: float, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, data_format: str = "NCHW",
    name: str | None = None,
) -> Any:  # fmt: skip
    """(Σ x^p)^(1/p) under each window of [N, C, H, W] (or [N, H, W, C]), of the elements as they are: NaN where no such root is.

    `norm_type` p may be infinite (the maximum), not 0.
    """
    padding, ceil_mode = _lp_arguments(padding, ceil_mode)
    return _power(x, 2, norm_type, (kernel_size, stride, padding, ceil_mode), data_format)


def _unpool(x: Any, indices: Any, n: int, args: tuple[Any, ...], data_format: str, output_size: Any) -> Any:
    kernel_size, stride, padding = args
    name = f"max_unpool{n}d"
    first_format = ("NCL", "NCHW", "NCDHW")[n - 1]
    layout = ", ".join(first_format)
    for what, t in (("x", x), ("indices", indices)):
        need_tensor(t, name, what)
        if t.array.ndim != n + 2:
            raise ValueError(f"The {what} should have [{layout}] format, but received {t.shape}.")
    kernel = spread(kernel_size, n, "pool_size")
    step = kernel if stride is None else spread(stride, n, "pool_stride")
    if n == 1:
        pads = padding_of(padding, 1, False)
        pad: Ints = (0,) if pads is None else pads[0]
    else:
        pad = spread(padding, n, "padding")
    if data_format != first_format:
        raise ValueError(f"Attr(data_format) should be '{first_format}'. Received Attr(data_format): {data_format}.")
    if indices.array.dtype not in (dtypes.I32, dtypes.I64):
        raise ValueError(f"(InvalidArgument) {name}: indices must be int32 or int64, but received {indices.dtype}")
    if x.array.shape != indices.array.shape:
        raise ValueError(
            f"(InvalidArgument) The dimensions of Input(X) must equal to those of Input(Indices), but received {list(x.array.shape)} and "
            f"{list(indices.array.shape)}"
        )
    wanted = _unpooled(layer.unpooled_size(x.array.shape[2:], kernel, step, pad), step, output_size, n)
    try:
        return unpool.put(x, to_dtype(indices, dtypes.I64), wanted)
    except IndexError as error:
        raise ValueError(
            f"(InvalidArgument) index should less than output tensor {' * '.join(('depth', 'height', 'width')[-max(n, 2) :])}, {list(wanted)} "
            f"in {name}: {error}"
        ) from None


def _unpooled(default: Ints, step: Ints, output_size: Any, n: int) -> Ints:
    if output_size is None:
        return default
    if not isinstance(output_size, (list, tuple)):
        raise AssertionError(f"Required output_size is None|list|tuple, but received {output_size}")
    given = integers(list(output_size), f"max_unpool{n}d", "output_size")
    if n == 1:
        # Upstream sees rows as planes one high, and so takes [N, C, L] alone.
        return _unpooled((1, *default), (1, *step), (*given[:2], 1, *given[2:]), 2)[1:]
    if len(given) == n + 2:
        given = given[2:]
    if len(given) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of '{len(output_size)}'"
        )
    for d, (size, usual, s) in enumerate(zip(given, default, step, strict=True)):
        if not usual - s < size < usual + s:
            raise ValueError(
                f'invalid output_size "{list(given)}" (dim {d} must be between {usual - s} and {usual + s})'
            )
    return given


@function("x:input", method=False)
def max_unpool1d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, data_format: str = "NCL", output_size: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Values of [N, C, L] put back to their places in rows of zeros; see `max_unpool2d`."""
    return _unpool(x, indices, 1, (kernel_size, stride, padding), data_format, output_size)


@function("x:input", method=False)
def max_unpool2d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, data_format: str = "NCHW", output_size: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Values of [N, C, H, W] put back to the flat places that `max_pool2d(return_mask=True)` gave, in planes of zeros.

    The planes have (n - 1)·stride + kernel - 2·padding elements a side, unless `output_size` says otherwise (less than a stride away).
    """
    return _unpool(x, indices, 2, (kernel_size, stride, padding), data_format, output_size)


@function("x:input", method=False)
def max_unpool3d(
    x: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, data_format: str = "NCDHW", output_size: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Values of [N, C, D, H, W] put back to their flat places in volumes of zeros; see `max_unpool2d`."""
    return _unpool(x, indices, 3, (kernel_size, stride, padding), data_format, output_size)
