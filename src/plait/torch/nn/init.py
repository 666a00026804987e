"""torch.nn.init: fill a tensor in place, off the tape, and return it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from plait import dtypes
from plait.autograd import no_grad
from plait.layers import init as _rules
from plait.op import bump, refuse_overlap, type_name
from plait.ops import random as _random
from plait.torch._builtins import ask
from plait.torch._tensor import Tensor
from plait.torch.functions._common import Number

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


def _fill(tensor: Tensor, fill: Callable[[Any], None]) -> Tensor:
    """Let `fill` write into the tensor's array, unseen by the tape."""
    if not _random.writeable(tensor.array):
        refuse_overlap(tensor)
    fill(tensor.array)
    bump(tensor)
    return tensor


def _need_floating(tensor: Tensor, kernel: str) -> None:
    if not dtypes.is_floating(tensor.array.dtype):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(tensor.array.dtype)}'")


def _check_normal(tensor: Tensor, std: Any, generator: Any) -> None:
    if generator is not None or not isinstance(std, (int, float)):
        tensor.new_empty(0).normal_(0, std, generator=generator)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain that is recommended for an activation; `param` is leaky_relu's slope.

    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    return _rules.gain(nonlinearity, param)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """U(a, b)."""
    with no_grad():
        filled: Tensor = tensor.uniform_(a, b, generator=generator)
    return filled


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """N(mean, std²)."""
    with no_grad():
        filled: Tensor = tensor.normal_(mean, std, generator=generator)
    return filled


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """N(mean, std²) inside [a, b]; a and b are values, not numbers of standard deviations."""
    if not isinstance(tensor, Tensor):
        tensor.is_meta  # noqa: B018 (as upstream asks first)
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=3,
        )
    if tensor.array.size == 0:
        return tensor
    _need_floating(tensor, "normal_kernel_cpu")
    return _fill(tensor, lambda array: _rules.truncated_normal(array, mean, std, a, b, generator))


def _constant_in(array: Any, value: Any) -> None:
    array[...] = dtypes.to_bfloat16(np.asarray(value, np.float32)) if array.dtype == dtypes.BFLOAT16 else value


def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    if not isinstance(val, Number):
        tensor.fill_(val)
    value = val.array if isinstance(val, Tensor) else val
    return _fill(tensor, lambda array: _constant_in(array, value))


def ones_(tensor: Tensor) -> Tensor:
    """One everywhere."""
    ask(tensor, "fill_")
    return _fill(tensor, lambda array: _constant_in(array, 1))


def zeros_(tensor: Tensor) -> Tensor:
    """Zero everywhere."""
    ask(tensor, "zero_")
    return _fill(tensor, lambda array: _constant_in(array, 0))


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix; ValueError unless there are 2 dimensions."""
    ask(tensor, "ndimension")
    if tensor.array.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")

    def fill(array: Any) -> None:
        _constant_in(array, 0)
        n = min(array.shape)
        diagonal = np.einsum("ii->i", array[:n, :n])
        _constant_in(diagonal, 1)

    return _fill(tensor, fill)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weight (3 to 5 dimensions) that passes channels unchanged, in each of `groups`."""
    ask(tensor, "ndimension")
    shape = tensor.array.shape
    if len(shape) not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    return _fill(tensor, lambda array: _rules.dirac(array, groups))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    return _rules.fans(tensor.array.shape)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    valid_modes = ["fan_in", "fan_out"]
    if mode not in valid_modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {valid_modes}")
    return _rules.fans(tensor.array.shape)[valid_modes.index(mode)]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out))."""
    ask(tensor, "dim")
    a = math.sqrt(3.0) * _rules.xavier_std(tensor.array.shape, gain)
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """N(0, std²), std = gain * sqrt(2 / (fan_in + fan_out))."""
    ask(tensor, "dim")
    return normal_(tensor, 0.0, _rules.xavier_std(tensor.array.shape, gain), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """U(-bound, bound), bound = gain * sqrt(3 / fan)."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """N(0, std²), std = gain / sqrt(fan)."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A (semi-)orthogonal matrix times `gain`; ValueError for fewer than 2 dimensions."""
    ask(tensor, "ndimension")
    _check_normal(tensor, 1, generator)
    if tensor.array.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.array.size == 0:
        return tensor
    _need_floating(tensor, "normal_kernel_cpu")
    if tensor.array.dtype not in (dtypes.F32, dtypes.F64):
        raise NotImplementedError(f"\"geqrf_cpu\" not implemented for '{type_name(tensor.array.dtype)}'")
    return _fill(tensor, lambda array: _rules.orthogonal(array, gain, generator))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """N(0, std²) with the share `sparsity` of every column set to zero; ValueError unless there are 2 dimensions."""
    ask(tensor, "ndimension")
    _check_normal(tensor, std, generator)
    if tensor.array.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _fill(tensor, lambda array: _rules.sparse(array, sparsity, std, generator))


def _make_deprecate(meth: Callable[..., Tensor]) -> Callable[..., Tensor]:
    new_name = meth.__name__
    old_name = new_name[:-1]

    def deprecated_init(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old_name}` is now deprecated in favor of `nn.init.{new_name}`.", FutureWarning, stacklevel=2
        )
        return meth(*args, **kwargs)

    deprecated_init.__doc__ = f"Deprecated: use `{new_name}`."
    deprecated_init.__name__ = old_name
    return deprecated_init


uniform = _make_deprecate(uniform_)
normal = _make_deprecate(normal_)
constant = _make_deprecate(constant_)
eye = _make_deprecate(eye_)
dirac = _make_deprecate(dirac_)
xavier_uniform = _make_deprecate(xavier_uniform_)
xavier_normal = _make_deprecate(xavier_normal_)
kaiming_uniform = _make_deprecate(kaiming_uniform_)
kaiming_normal = _make_deprecate(kaiming_normal_)
orthogonal = _make_deprecate(orthogonal_)
sparse = _make_deprecate(sparse_)
