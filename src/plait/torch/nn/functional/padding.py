"""torch.nn.functional: padding."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from plait import dtypes
from plait.layers import resample as layer
from plait.torch._builtins import inner
from plait.torch._tensor import Tensor

__all__ = ["pad"]

_NAMES = {"reflect": "reflection", "replicate": "replication"}

_SUPPORTED = "Supported combinations for non-constant padding:\n" + "\n".join(
    f"  - {n}D or {n + 1}D input: padding size = {2 * n - 2} (pads last {f'{n - 1} dimensions' if n > 2 else 'dimension'})"
    for n in (2, 3, 4)
)


def _pad_list(pad: Any) -> list[int]:
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}")
    for i, n in enumerate(pad):
        if isinstance(n, bool) or not (
            hasattr(n, "__index__") or (isinstance(n, Tensor) and n.array.dtype.kind in "iu")
        ):
            raise TypeError(
                f"pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type {type(n).__name__} at pos {i}"
            )
    return [int(n) for n in pad]


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Pad the last dimensions: `pad` holds (before, after) of the last one, then of the one before it.

    >>> from plait import torch
    >>> torch.nn.functional.pad(torch.tensor([1.0, 2.0]), (1, 2), value=9.0)
    tensor([9., 1., 2., 9., 9.])
    """
    inner.pad(input, pad, mode, value)
    if not isinstance(input, Tensor):
        raise TypeError(f"pad(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    array = input.array
    if type(pad) is tuple and all([type(n) is int for n in pad]):
        pads = _checked(array.shape, pad, mode, value is not None and value != 0, array.dtype == dtypes.BOOL)
    else:
        pads = _checked(
            array.shape, tuple(_pad_list(pad)), mode, value is not None and value != 0, array.dtype == dtypes.BOOL
        )
    return layer.pad(input, pads, mode, 0 if value is None else value, len(pad) // 2)


@lru_cache(maxsize=1024)
def _checked(shape: tuple[int, ...], widths: tuple[int, ...], mode: str, valued: bool, is_bool: bool) -> Any:
    """(before, after) for every dimension, or upstream's error."""
    ndim = len(shape)
    if len(widths) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(widths) > 2 * ndim:
        raise RuntimeError("Padding length should be less than or equal to two times the input dimension but got padding length "
                           f"{len(widths)} and input of dimension {ndim}")  # fmt: skip
    pads = layer.pad_sizes(ndim, widths)
    if mode == "constant":
        if any(n + min(a, 0) + min(b, 0) < 0 or n + a + b < 0 for n, (a, b) in zip(shape, pads, strict=True)):
            raise RuntimeError("narrow(): length must be non-negative.")
        return pads
    if mode != "circular" and mode not in _NAMES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if valued:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(widths) // 2
    if not (1 <= dims <= 3 and ndim in (dims + 1, dims + 2)):
        raise NotImplementedError(
            f"Padding size {len(widths)} is not supported for {ndim}D input tensor.\n" + _SUPPORTED
        )
    if mode == "circular":
        _check_circular(shape, pads)
    else:
        _check_border(shape, pads, mode, dims, is_bool)
    return pads


def _check_circular(shape: tuple[int, ...], pads: Any) -> None:
    for n, (a, b) in zip(shape, pads, strict=True):
        if a > n or b > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if n + a + b < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        if max(a, b) > n + min(a, 0) + min(b, 0):
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                               "memory location. Please clone() the tensor before performing the operation.")  # fmt: skip


def _check_border(shape: tuple[int, ...], pads: Any, mode: str, dims: int, is_bool: bool) -> None:
    batched = len(shape) == dims + 2
    if any(n == 0 for n in (shape[1:] if batched else shape)):
        raise RuntimeError(f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
                           f"dimensions for input, but got: {list(shape)}")  # fmt: skip
    if mode == "reflect":
        for k in range(1, dims + 1):
            n, (a, b) = shape[-k], pads[-k]
            if a >= n or b >= n:
                raise RuntimeError(f"Argument #{2 + 2 * k}: Padding size should be less than the corresponding input dimension, but got: "
                                   f"padding ({a}, {b}) at dimension {len(shape) - k} of input {list(shape)}")  # fmt: skip
    sizes = [n + a + b for n, (a, b) in zip(shape[-dims:], pads[-dims:], strict=True)]
    if max(sizes) < 1 or min(sizes) < 0:  # one dimension that is left is enough
        names = "DHW"[-dims:]
        was = (
            " ".join(f"{c}: {n}" for c, n in zip(names, shape[-dims:], strict=True))
            .replace(" ", ", ")
            .replace(":,", ":")
        )
        now = " ".join(f"{c}: {n}" for c, n in zip(names, sizes, strict=True))
        raise RuntimeError(f"input ({was}) is too small. Calculated output {now}")
    if is_bool:
        raise NotImplementedError(f"\"{_NAMES[mode]}_pad{dims}d\" not implemented for 'Bool'")
