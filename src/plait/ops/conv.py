"""Convolution: every output element is the sum over input channels and kernel taps of weight times input.

Rules of this file: three records close the family. `CONV` takes x and w to y; `CONV_TRANSPOSE` is its gradient for x (and a layer of its
own); `CONV_WEIGHT` its gradient for w. Each one's gradients are the other two, so derivatives of any order follow. One, two or three
spatial dimensions; `before` and `after` are the padding on either side. A result has channels last in memory where x or w has.
float16 and bfloat16 go through float32 (see conv_halves.py for where float16 rounds), integers through float64.
"""

from __future__ import annotations

import functools
from itertools import product as every
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Reject, Sample, apply
from plait.ops.conv_halves import goes_by_columns, image_sums, transpose_steps
from plait.ops.rows import numbers
from plait.ops.shape import TO_FIRST, TO_LAST, expand, reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]
    Ints = tuple[int, ...]

_native_conv, _native_transpose = _native.conv, _native.conv_transpose
_F32, _F64 = dtypes.F32, dtypes.F64
_NATIVE = frozenset((_F32, _F64))
_geometries: dict[Any, NDArray] = {}


def _geometry(
    groups: int, stride: Ints, before: Ints, dilation: Ints, last: Ints, padding_last: bool = False
) -> NDArray:
    """The native side's description of a convolution: three-dimensional, as int64."""
    lead = 3 - len(stride)
    one, zero = (1,) * lead, (0,) * lead
    values = (groups, *one, *stride, *zero, *before, *one, *dilation, *(zero if padding_last else one), *last)
    return np.array(values, np.int64)


def _cached(
    key: Any, groups: int, stride: Ints, before: Ints, dilation: Ints, last: Ints, padding_last: bool = False
) -> NDArray:
    if len(_geometries) > 4096:
        _geometries.clear()
    made = _geometries[key] = _geometry(groups, stride, before, dilation, last, padding_last)
    return made


def channels_last(x: NDArray) -> bool:
    """Whether the array's memory has the channels (axis 1) innermost, and it has more than one order to choose from."""
    return x.ndim > 3 and not x.flags.c_contiguous and x.transpose(TO_LAST[x.ndim]).flags.c_contiguous


def _empty_last(shape: Shape, dtype: np.dtype) -> NDArray:
    return _native.empty((shape[0], *shape[2:], shape[1]), dtype).transpose(TO_FIRST[len(shape)])


def _wide(*arrays: NDArray | None) -> list[Any]:
    """Operands of another dtype in one that the kernels take."""
    to = dtypes.F64 if arrays[0] is not None and arrays[0].dtype.kind in "iu" else dtypes.F32
    if any(a is not None and (a.dtype != arrays[0].dtype) for a in arrays) or arrays[0].dtype == dtypes.BOOL:  # type: ignore[union-attr]
        raise ValueError("conv: operands of different dtypes, or of bool")
    return [None if a is None else dtypes.cast(a, to) for a in arrays]


def _narrow(y: NDArray, dtype: np.dtype) -> NDArray:
    return np.rint(y).astype(dtype) if dtype.kind in "iu" else dtypes.cast(y, dtype)


def _conv(
    x: NDArray, w: NDArray, bias: NDArray | None, stride: Ints, before: Ints, after: Ints, dilation: Ints, groups: int
) -> NDArray:
    key = (stride, before, after, dilation, groups)
    geometry = _geometries.get(key)
    if geometry is None:
        geometry = _cached(key, groups, stride, before, dilation, after, True)
    dtype = x.dtype
    if (dtype is _F32 or dtype is _F64) and x.flags.c_contiguous and w.flags.c_contiguous:
        return _native_conv(x, w, bias if bias is None or bias.flags.c_contiguous else bias.copy(), geometry)
    if dtype not in _NATIVE:
        x2, w2, b2 = _wide(x, w, bias)
        return _narrow(_conv(x2, w2, b2, stride, before, after, dilation, groups), x.dtype)
    if bias is not None and not bias.flags.c_contiguous:
        bias = np.ascontiguousarray(bias)
    if (x.flags.c_contiguous or not channels_last(x)) and (w.flags.c_contiguous or not channels_last(w)):
        return _native_conv(x, w, bias, geometry)
    out = _empty_last(_conv_shape(x.shape, w.shape, stride, before, after, dilation), x.dtype)
    _native.conv_into(x if x.shape[1] == 1 or channels_last(x) else _to_last(x), w, bias, geometry, out)
    return out


def _to_last(x: NDArray) -> NDArray:
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim])).transpose(TO_FIRST[x.ndim])


def _conv_shape(x: Shape, w: Shape, stride: Ints, before: Ints, after: Ints, dilation: Ints) -> Shape:
    sizes = [
        (n + b + a - d * (k - 1) - 1) // s + 1
        for n, k, s, b, a, d in zip(x[2:], w[2:], stride, before, after, dilation, strict=True)
    ]
    if min(sizes) < 0:
        raise ValueError("conv: the kernel is larger than the padded input")
    return (x[0], w[0], *sizes)


def gradients(ctx: Any, g: Any, bias: Callable[[Any], Any]) -> Any:
    """Those of a convolution for its input, weight and bias; the last by `bias`, from the output's."""
    stride, before, _after, dilation, groups = ctx.params
    x, w = ctx.shapes[0], ctx.shapes[1]
    needs = ctx.needs
    gx = apply(CONV_TRANSPOSE, (g, ctx.x(1), None), (stride, before, dilation, groups, x[2:])) if needs[0] else None
    gw = apply(CONV_WEIGHT, (ctx.x(0), g), (stride, before, dilation, groups, w[2:])) if needs[1] else None
    return gx, gw, bias(g) if len(needs) > 2 and needs[2] else None


def _conv_backward(ctx: Any, g: Any) -> Any:
    return gradients(ctx, g, lambda g: apply(CHANNEL_SUMS, (g,)))


def _at(first: Any, second: Any, rest: Any) -> Any:
    return (first, second, *rest)


def _reference_conv(
    x: NDArray, w: NDArray, bias: Any, stride: Ints, before: Ints, after: Ints, dilation: Ints, groups: int
) -> NDArray:
    pad = [(0, 0), (0, 0), *zip(before, [max(a, 0) for a in after], strict=True)]
    x = np.pad(x, pad)
    shape = _conv_shape(x.shape, w.shape, stride, (0,) * len(stride), tuple(min(a, 0) for a in after), dilation)
    y = np.zeros(shape) + (0 if bias is None else np.reshape(bias, (1, -1, *(1,) * len(stride))))
    per_in, per_out = w.shape[1], w.shape[0] // groups
    for g in range(groups):
        xs, out = x[:, g * per_in : (g + 1) * per_in], slice(g * per_out, (g + 1) * per_out)
        for tap in every(*(range(k) for k in w.shape[2:])):
            window = tuple(slice(t * d, t * d + s * (n - 1) + 1, s) if n else slice(0, 0)
                           for t, d, s, n in zip(tap, dilation, stride, shape[2:], strict=True))  # fmt: skip
            y[:, out] += np.einsum(
                "nc...,oc->no...", xs[_at(slice(None), slice(None), window)], w[_at(out, slice(None), tap)]
            )
    return y


def _samples() -> Iterable[tuple[Any, Any, tuple[Any, ...]]]:
    """(x, w, params of `CONV`): all ranks, strides, padding, dilation, groups, odd sizes."""
    yield numbers(2, 3, 7), numbers(4, 3, 3, seed=1), ((1,), (0,), (0,), (1,), 1)
    yield numbers(1, 4, 9), numbers(6, 2, 3, seed=1), ((2,), (2,), (1,), (2,), 2)
    yield numbers(2, 3, 5, 6), numbers(4, 3, 3, 2, seed=1), ((1, 1), (1, 0), (1, 0), (1, 1), 1)
    yield numbers(1, 4, 7, 5), numbers(4, 1, 3, 3, seed=1), ((2, 1), (1, 1), (1, 1), (1, 1), 4)
    yield numbers(1, 2, 6, 6), numbers(2, 2, 3, 3, seed=1), ((2, 3), (2, 1), (0, 2), (2, 1), 1)
    yield numbers(0, 2, 6, 6), numbers(3, 2, 3, 3, seed=1), ((1, 1), (0, 0), (0, 0), (1, 1), 1)
    yield numbers(2, 2, 3, 4, 5), numbers(3, 2, 2, 3, 2, seed=1), ((1, 2, 1), (0, 1, 1), (1, 1, 0), (1, 1, 2), 1)


def _large_samples() -> Iterable[tuple[Any, Any, tuple[Any, ...]]]:
    yield numbers(2, 20, 17, 19), numbers(70, 20, 3, 3, seed=1), ((1, 1), (1, 1), (1, 1), (1, 1), 1)
    yield numbers(3, 33, 9, 9), numbers(33, 33, 1, 1, seed=1), ((1, 1), (0, 0), (0, 0), (1, 1), 1)
    yield numbers(1, 40, 30, 31), numbers(40, 1, 5, 5, seed=1), ((2, 2), (2, 2), (2, 2), (1, 1), 40)
    yield from _winograd_samples()


def _winograd_samples() -> Iterable[tuple[Any, Any, tuple[Any, ...]]]:
    """3×3 with many channels: small filters, filters larger than the image, groups, long rows, dilation, depth."""
    small = functools.partial(numbers, low=-0.3, high=0.3, seed=1)
    yield small(2, 40, 17, 30, seed=0), small(70, 40, 3, 3), ((1, 1), (1, 0), (1, 0), (1, 1), 1)
    yield small(1, 192, 9, 10, seed=0), small(96, 192, 3, 3), ((1, 1), (1, 2), (1, 2), (1, 1), 1)
    yield small(1, 72, 21, 24, seed=0), small(68, 36, 3, 3), ((1, 1), (0, 1), (2, 1), (1, 1), 2)
    yield small(1, 32, 6, 250, seed=0), small(32, 32, 3, 3), ((1, 1), (1, 1), (1, 1), (1, 1), 1)
    yield small(1, 40, 26, 30, seed=0), small(48, 40, 3, 3), ((1, 1), (3, 1), (2, 2), (3, 2), 1)
    yield small(1, 17, 8, 14, 15, seed=0), small(18, 17, 3, 3, 3), ((1, 1, 1), (1, 1, 1), (1, 0, 1), (1, 1, 1), 1)


def _conv_samples() -> Iterable[Sample]:
    for i, (x, w, params) in enumerate(_samples()):
        yield Sample([x, w, None if i % 3 == 2 else numbers(w.shape[0], seed=2)], params)
    for x, w, params in _large_samples():
        yield Sample([x, w, numbers(w.shape[0], seed=2)], params, grad=False)


def _conv_rejects() -> Iterable[Reject]:
    one = ((1, 1), (0, 0), (0, 0), (1, 1), 1)
    yield Reject([numbers(1, 3, 5, 5), numbers(4, 2, 3, 3), None], one, ValueError, "channels and groups")
    yield Reject([numbers(1, 2, 2, 2), numbers(4, 2, 3, 3), None], one, ValueError, "larger than the padded input")
    yield Reject([numbers(1, 2, 5, 5), numbers(4, 2, 3, 3), numbers(5)], one, ValueError, "bias")
    yield Reject([numbers(1, 2, 5, 5), numbers(4, 2, 3, 3), None], ((0, 1), *one[1:]), ValueError, "positive")


def _cost(x: Shape, w: Shape, y: Shape) -> tuple[int, int]:
    sizes = [int(np.prod(s)) for s in (x, w, y)]
    return 2 * sizes[2] * int(np.prod(w[1:])), 4 * sum(sizes)


CONV: Op = Op(
    "conv", kind="window", grad_name="ConvolutionBackward0", forward=_conv, backward=_conv_backward,
    infer=lambda x, w, bias, stride, before, after, dilation, groups: [(_conv_shape(x[0], w[0], stride, before, after, dilation), x[1])],
    reference=_reference_conv, samples=_conv_samples, rejects=_conv_rejects,
    cost=lambda shapes, params: _cost(shapes[0], shapes[1], _conv_shape(shapes[0], shapes[1], *params[:4])),
    explain="bias[o] plus the sum over input channels c of o's group and taps t of w[o, c, t] * x[c, q * stride + t * dilation - before]",
    export="Conv", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


# --- the gradient for x, and transposed convolution ---------------------------------------------------------------------------


def _transpose(
    x: NDArray, w: NDArray, bias: NDArray | None, stride: Ints, before: Ints, dilation: Ints, groups: int, size: Ints
) -> NDArray:
    key = (stride, before, dilation, groups, size, None)
    geometry = _geometries.get(key)
    if geometry is None:
        geometry = _cached(key, groups, stride, before, dilation, size)
    dtype = x.dtype
    if (dtype is _F32 or dtype is _F64) and x.flags.c_contiguous and w.flags.c_contiguous:
        return _native_transpose(x, w, bias if bias is None or bias.flags.c_contiguous else bias.copy(), geometry)
    if dtype not in _NATIVE:
        x2, w2, b2 = _wide(x, w, bias)
        if (
            goes_by_columns(dtype, x.shape, w.shape, stride, before, dilation, size)
            and x.size
            and w.size
            and min(size) > 0
        ):
            return transpose_steps(x, w, bias, stride, before, dilation, groups, size)
        return _narrow(_transpose(x2, w2, b2, stride, before, dilation, groups, size), x.dtype)
    if bias is not None and not bias.flags.c_contiguous:
        bias = np.ascontiguousarray(bias)
    if (x.flags.c_contiguous or not channels_last(x)) and (w.flags.c_contiguous or not channels_last(w)):
        return _native_transpose(x, w, bias, geometry)
    out = _empty_last((x.shape[0], w.shape[1] * groups, *size), x.dtype)
    _native.conv_transpose_into(x if x.shape[1] == 1 or channels_last(x) else _to_last(x), w, bias, geometry, out)
    return out


def _after(big: Ints, small: Ints, kernel: Ints, stride: Ints, before: Ints, dilation: Ints) -> Ints:
    """The padding after each dimension with which a convolution takes `big` to `small`."""
    return tuple(
        (n - 1) * s + d * (k - 1) + 1 - m - b
        for m, n, k, s, b, d in zip(big, small, kernel, stride, before, dilation, strict=True)
    )


def _transpose_backward(ctx: Any, g: Any) -> Any:
    stride, before, dilation, groups, size = ctx.params
    x, w = ctx.shapes[0], ctx.shapes[1]
    needs = ctx.needs
    gx = gw = None
    if needs[0]:
        after = _after(size, x[2:], w[2:], stride, before, dilation)
        gx = apply(CONV, (g, ctx.x(1), None), (stride, before, after, dilation, groups))
    if needs[1]:
        gw = apply(CONV_WEIGHT, (g, ctx.x(0)), (stride, before, dilation, groups, w[2:]))
    return gx, gw, apply(CHANNEL_SUMS, (g,)) if len(needs) > 2 and needs[2] else None


def _reference_transpose(
    x: NDArray, w: NDArray, bias: Any, stride: Ints, before: Ints, dilation: Ints, groups: int, size: Ints
) -> NDArray:
    per_in, per_out = w.shape[0] // groups, w.shape[1]
    y = np.zeros((x.shape[0], per_out * groups, *size)) + (
        0 if bias is None else np.reshape(bias, (1, -1, *(1,) * len(stride)))
    )
    for g in range(groups):
        ins, outs = slice(g * per_in, (g + 1) * per_in), slice(g * per_out, (g + 1) * per_out)
        for tap in every(*(range(k) for k in w.shape[2:])):
            for q in every(*(range(n) for n in x.shape[2:])):
                to = [i * s + t * d - b for i, s, t, d, b in zip(q, stride, tap, dilation, before, strict=True)]
                if all(0 <= i < n for i, n in zip(to, size, strict=True)):
                    y[_at(slice(None), outs, to)] += x[_at(slice(None), ins, q)] @ w[_at(ins, slice(None), tap)]
    return y


def _transpose_samples() -> Iterable[Sample]:
    for i, (x, w, params) in enumerate(_samples()):
        stride, before, after, dilation, groups = params
        y = _conv_shape(x.shape, w.shape, stride, before, after, dilation)
        bias = None if i % 3 == 1 else numbers(w.shape[1] * groups, seed=2)
        yield Sample([numbers(*y, seed=3), w, bias], (stride, before, dilation, groups, x.shape[2:]))
    for x, w, (stride, before, after, dilation, groups) in _winograd_samples():
        y = _conv_shape(x.shape, w.shape, stride, before, after, dilation)
        yield Sample([numbers(*y, seed=3), w, None], (stride, before, dilation, groups, x.shape[2:]), grad=False)
    yield Sample(
        [numbers(1, 20, 9, 8), numbers(20, 9, 3, 3, seed=1), None], ((2, 2), (1, 1), (1, 1), 1, (18, 15)), grad=False
    )


def _transpose_rejects() -> Iterable[Reject]:
    yield Reject(
        [numbers(1, 3, 5, 5), numbers(2, 2, 3, 3), None],
        ((1, 1), (0, 0), (1, 1), 1, (7, 7)),
        ValueError,
        "channels and groups",
    )
    yield Reject(
        [numbers(1, 2, 5, 5), numbers(2, 2, 3, 3), None],
        ((1, 1), (9, 9), (1, 1), 1, (-1, 7)),
        ValueError,
        "negative output size",
    )


CONV_TRANSPOSE: Op = Op(
    "conv_transpose", kind="window", grad_name="ConvolutionBackward0", forward=_transpose, backward=_transpose_backward,
    infer=lambda x, w, bias, stride, before, dilation, groups, size: [((x[0][0], w[0][1] * groups, *size), x[1])],
    reference=_reference_transpose, samples=_transpose_samples, rejects=_transpose_rejects,
    cost=lambda shapes, params: _cost((shapes[0][0], shapes[1][1] * params[3], *params[4]), shapes[1], shapes[0]),
    explain="bias[o] plus the sum over input positions i and taps t that reach it, i * stride + t * dilation - before, of w[c, o, t] * x[c, i]",
    export="ConvTranspose", save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


# --- the gradients for w and bias ---------------------------------------------------------------------------------------------


def _weight(x: NDArray, dy: NDArray, stride: Ints, before: Ints, dilation: Ints, groups: int, kernel: Ints) -> NDArray:
    key = (stride, before, dilation, groups, kernel, None)
    geometry = _geometries.get(key)
    if geometry is None:
        geometry = _cached(key, groups, stride, before, dilation, kernel)
    if x.dtype not in _NATIVE:
        wide = _wide(x, dy)
        small, taps = dy.shape, (*dy.shape[:2], *kernel)
        if len(x) > 1 and goes_by_columns(x.dtype, small, taps, stride, before, dilation, x.shape[2:]):
            return image_sums(np.stack([
                _weight(wide[0][i : i + 1], wide[1][i : i + 1], stride, before, dilation, groups, kernel) for i in range(len(x))
            ]), x.dtype)  # fmt: skip
        return _narrow(_weight(wide[0], wide[1], stride, before, dilation, groups, kernel), x.dtype)
    return _native.conv_weight_grad(x, dy, geometry)


def _weight_backward(ctx: Any, g: Any) -> Any:
    stride, before, dilation, groups, kernel = ctx.params
    x, dy = ctx.shapes
    gx = gdy = None
    if ctx.needs[0]:
        gx = apply(CONV_TRANSPOSE, (ctx.x(1), g, None), (stride, before, dilation, groups, x[2:]))
    if ctx.needs[1]:
        after = _after(x[2:], dy[2:], kernel, stride, before, dilation)
        gdy = apply(CONV, (ctx.x(0), g, None), (stride, before, after, dilation, groups))
    return gx, gdy


def _reference_weight(
    x: NDArray, dy: NDArray, stride: Ints, before: Ints, dilation: Ints, groups: int, kernel: Ints
) -> NDArray:
    n = len(stride)
    after = _after(x.shape[2:], dy.shape[2:], kernel, stride, before, dilation)
    x = np.pad(x, [(0, 0), (0, 0), *zip(before, [max(a, 0) for a in after], strict=True)])
    per_in, per_out = x.shape[1] // groups, dy.shape[1] // groups
    dw = np.zeros((dy.shape[1], per_in, *kernel))
    axes = [0, *range(2, 2 + n)]
    for g in range(groups):
        xs, outs = x[:, g * per_in : (g + 1) * per_in], slice(g * per_out, (g + 1) * per_out)
        for tap in every(*(range(k) for k in kernel)):
            window = tuple(
                slice(t * d, t * d + s * (m - 1) + 1, s)
                for t, d, s, m in zip(tap, dilation, stride, dy.shape[2:], strict=True)
            )
            dw[_at(outs, slice(None), tap)] = np.tensordot(
                dy[:, outs], xs[_at(slice(None), slice(None), window)], (axes, axes)
            )
    return dw


def _weight_samples(make: Callable[[], Iterable[Any]], grad: bool) -> Iterable[Sample]:
    for x, w, (stride, before, after, dilation, groups) in make():
        dy = numbers(*_conv_shape(x.shape, w.shape, stride, before, after, dilation), low=-0.1, high=0.1, seed=3)
        yield Sample([x, dy], (stride, before, dilation, groups, w.shape[2:]), grad)


CONV_WEIGHT: Op = Op(
    "conv_weight", kind="window", grad_name="ConvolutionBackwardBackward0", forward=_weight, backward=_weight_backward,
    infer=lambda x, dy, stride, before, dilation, groups, kernel: [((dy[0][1], x[0][1] // groups, *kernel), x[1])],
    reference=_reference_weight, samples=lambda: [*_weight_samples(_samples, True), *_weight_samples(_large_samples, False)],
    rejects=lambda: [Reject([numbers(1, 3, 5, 5), numbers(1, 2, 3, 3)], ((1, 1), (0, 0), (1, 1), 2, (3, 3)), ValueError, "channels")],
    cost=lambda shapes, params: _cost(shapes[0], (shapes[1][1], shapes[0][1] // params[3], *params[4]), shapes[1]),
    explain="sum over images and positions q of dy[o, q] * x[c, q * stride + t * dilation - before]", export=None,
    save_inputs=((0, 1), (1, 0)),
)  # fmt: skip


def _channel_sums(x: NDArray) -> NDArray:
    if x.dtype in _NATIVE:
        return _native.channel_sums(x)
    return dtypes.cast(_native.channel_sums(dtypes.cast(x, dtypes.F32)), x.dtype)


CHANNEL_SUMS: Op = Op(
    "channel_sums", kind="reduce", grad_name="SumBackward1", forward=_channel_sums,
    backward=lambda ctx, g: expand(reshape(g, (ctx.shapes[0][1], *(1,) * (len(ctx.shapes[0]) - 2))), ctx.shapes[0]),
    infer=lambda x: [((x[0][1],), x[1])], reference=lambda x: x.sum((0, *range(2, x.ndim))),
    samples=lambda: [Sample([numbers(2, 3, 5)]), Sample([numbers(3, 4, 5, 70)]), Sample([numbers(0, 2, 4)]), Sample([numbers(5, 3, 1, 1)]), Sample([numbers(9, 19)])],
    rejects=lambda: [Reject([numbers(3)], (), ValueError, "channel_sums")],
    cost=lambda shapes, params=(): (int(np.prod(shapes[0])), 4 * int(np.prod(shapes[0]))), explain="sum over all but the channels", export=None,
)  # fmt: skip


# --- what the layers call -----------------------------------------------------------------------------------------------------


def conv(x: Any, w: Any, bias: Any, stride: Ints, before: Ints, after: Ints, dilation: Ints, groups: int) -> Any:
    """x[n, i, …] convolved with w[o, i / groups, k…], plus bias[o].

    >>> from plait.tensor import Tensor
    >>> x, w = Tensor.wrap(np.ones((1, 1, 4))), Tensor.wrap(np.ones((1, 1, 3)))
    >>> conv(x, w, None, (1,), (0,), (0,), (1,), 1).array
    array([[[3., 3.]]])
    """
    return apply(CONV, (x, w, bias), (stride, before, after, dilation, groups))


def conv_transpose(
    x: Any, w: Any, bias: Any, stride: Ints, before: Ints, extra: Ints, dilation: Ints, groups: int
) -> Any:
    """The transpose of `conv`: x[n, i, …] with w[i, o / groups, k…]; `extra` is added to each output size."""
    size = transposed_size(x.array.shape, w.array.shape, stride, before, extra, dilation)
    return apply(CONV_TRANSPOSE, (x, w, bias), (stride, before, dilation, groups, size))


def transposed_size(x: Shape, w: Shape, stride: Ints, before: Ints, extra: Ints, dilation: Ints) -> Ints:
    """Output sizes of a transposed convolution.

    >>> transposed_size((1, 1, 5), (1, 1, 3), (2,), (0,), (1,), (1,))
    (12,)
    """
    return tuple([
        (n - 1) * s - 2 * b + d * (k - 1) + e + 1
        for n, k, s, b, e, d in zip(x[2:], w[2:], stride, before, extra, dilation, strict=True)
    ])  # fmt: skip


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[Ints, Ints]:
    """The padding that keeps the size at stride 1; what is odd goes to the end.

    >>> same_padding((2, 3), (1, 1))
    ((0, 1), (1, 1))
    """
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
