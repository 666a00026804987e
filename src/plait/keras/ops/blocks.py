"""Triangles and diagonals, borders, and blocks moved between depth and space."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras._errors import InvalidArgumentError
from plait.keras._tensor import Tensor
from plait.keras.ops._common import one_axis, op, tensor
from plait.keras.ops.shaping import ints
from plait.op import apply
from plait.ops import arrange, fold, index, padding, views
from plait.ops import shape as engine

__all__ = ["depth_to_space", "diag", "diagflat", "diagonal", "pad", "space_to_depth", "trace", "tril", "triu", "unfold"]


@op
def tril(x: Any, k: int = 0) -> Any:
    """What lies on and below diagonal k, zeros above."""
    return apply(arrange.TRIL, (tensor(x),), (k,))


@op
def triu(x: Any, k: int = 0) -> Any:
    """What lies on and above diagonal k, zeros below."""
    return apply(arrange.TRIU, (tensor(x),), (k,))


@op
def diag(x: Any, k: int = 0) -> Any:
    """A matrix with a vector on diagonal k, or diagonal k of a matrix."""
    x = tensor(x)
    if x.array.ndim == 1:
        return arrange.diag_embed(x, k)
    if x.array.ndim == 2:
        return views.diagonal(x, k, 0, 1)
    raise ValueError(f"diag: x must be 1-D or 2-D; got shape {x.array.shape}")


@op
def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with all elements on diagonal k."""
    return arrange.diag_embed(engine.reshape(tensor(x), (-1,)), k)


@op
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements whose indices on two axes differ by `offset`, along a new last axis."""
    x = tensor(x)
    if x.array.ndim < 2:
        raise ValueError(f"diagonal: x must be at least 2-D; got shape {x.array.shape}")
    first, second = one_axis(axis1, x.array.ndim), one_axis(axis2, x.array.ndim)
    if first == second:
        raise ValueError(f"diagonal: axis1 and axis2 cannot be the same; got axis1={axis1}, axis2={axis2}")
    return views.diagonal(x, offset, first, second)


@op
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal."""
    from plait.keras.ops.reduction import sum as total

    return total(diagonal(x, offset, axis1, axis2), axis=-1)


@op
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """A border: constant, or the tensor mirrored ("reflect", without the edge, or "symmetric", with it)."""
    x = tensor(x)
    n = x.array.ndim
    widths = np.asarray(tensor(pad_width).array if isinstance(pad_width, Tensor) else pad_width)
    if widths.ndim == 0:
        widths = widths.reshape(1, 1)
    widths = np.broadcast_to(widths if widths.ndim == 2 else widths.reshape(1, -1), (n, 2))
    pads = tuple((int(a), int(b)) for a, b in widths)
    if mode != "constant" and constant_values is not None:
        raise ValueError(
            f"Argument `constant_values` can only be provided when `mode == 'constant'`; got constant_values={constant_values} and mode={mode}"
        )
    return padded(x, pads, mode, 0 if constant_values is None else constant_values)


def padded(x: Any, pads: tuple[tuple[int, int], ...], mode: str, value: Any) -> Any:
    """`pad` of a tensor by a pair of numbers for each axis."""
    if mode == "constant":
        fill = tensor(value).array
        return padding.pad_constant(x, pads, fill.item()) if x.array.ndim else x
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"pad: mode must be 'constant', 'reflect' or 'symmetric'; got mode={mode!r}")
    for d, (before, after) in enumerate(pads):
        size = x.array.shape[d]
        most = size - 1 if mode == "reflect" else size
        if before > most or after > most:
            raise InvalidArgumentError(f"The first dimension of paddings must be at most {most} for axis {d} in mode {mode!r}; got "
                                       f"{(before, after)} [Op:MirrorPad]")  # fmt: skip
        if before or after:
            places = np.pad(np.arange(size), (before, after), mode)  # type: ignore[call-overload]
            x = index.index_select(x, d, Tensor.wrap(places.astype(np.int64)))
    return x


def _blocks(x: Any, block_size: int, data_format: str, name: str) -> Any:
    if block_size < 2:
        raise ValueError(f"{name}: `block_size` must be at least 2; got block_size={block_size}")
    x = tensor(x)
    if x.array.ndim != 4:
        raise ValueError(f"{name}: x must have 4 dimensions; got shape {x.array.shape}")
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"{name}: data_format must be 'channels_last' or 'channels_first'; got {data_format!r}")
    return x


@op
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Channels laid out as blocks of pixels: (h, w, c·b²) becomes (h·b, w·b, c)."""
    x = _blocks(x, block_size, data_format, "depth_to_space")
    b = block_size
    if data_format == "channels_first":
        n, c, h, w = x.array.shape
        x = engine.permute(x, (0, 2, 3, 1))
    n, h, w, c = x.array.shape
    if c % (b * b):
        raise InvalidArgumentError(f"depth_to_space: channels must be a multiple of block_size² = {b * b}; got {c}")
    y = engine.permute(engine.reshape(x, (n, h, w, b, b, c // (b * b))), (0, 1, 3, 2, 4, 5))
    y = engine.reshape(y, (n, h * b, w * b, c // (b * b)))
    return engine.permute(y, (0, 3, 1, 2)) if data_format == "channels_first" else y


@op
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Blocks of pixels laid out as channels: (h·b, w·b, c) becomes (h, w, c·b²)."""
    x = _blocks(x, block_size, data_format, "space_to_depth")
    b = block_size
    if data_format == "channels_first":
        x = engine.permute(x, (0, 2, 3, 1))
    n, h, w, c = x.array.shape
    if h % b or w % b:
        raise InvalidArgumentError(
            f"space_to_depth: height and width must be multiples of block_size {b}; got {h} and {w}"
        )
    y = engine.permute(engine.reshape(x, (n, h // b, b, w // b, b, c)), (0, 1, 3, 2, 4, 5))
    y = engine.reshape(y, (n, h // b, w // b, b * b * c))
    return engine.permute(y, (0, 3, 1, 2)) if data_format == "channels_first" else y


@op
def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Windows of (n, c, h, w) as columns: (n, c·k², windows)."""

    def two(value: Any) -> tuple[int, int]:
        got = ints(value)
        return (got[0], got[0]) if len(got) == 1 else (got[0], got[1])

    return fold.unfold(tensor(x), two(kernel_size), two(dilation), two(padding), two(stride))
