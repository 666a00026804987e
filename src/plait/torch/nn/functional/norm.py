"""torch.nn.functional: norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.layers import norm as layer
from plait.op import type_name
from plait.torch._argument_errors import type_name as class_name
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]

_HALF = frozenset((dtypes.F16, dtypes.BFLOAT16))


def _need_tensor(name: str, argument: str, position: int, value: Any) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {class_name(value)}"
        )


def _check_dtypes(kernel: str, dtype: np.dtype, params: tuple[Any, ...]) -> None:
    """Parameters share the input's dtype, or float32 where the input is of half precision."""
    if dtype is dtypes.F32 or dtype is dtypes.F64:
        for p in params:
            if p is not None and p.array.dtype is not dtype:
                break
        else:
            return
    if dtype.kind != "f" and dtype != dtypes.BFLOAT16:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{type_name(dtype)}'")
    first = next((p.array.dtype for p in params if p is not None), dtype)
    if first != dtype and (dtype not in _HALF or first != dtypes.F32):
        if dtype in (dtypes.F32, dtypes.F64) and dtype != dtypes.F64:
            raise RuntimeError(f"mixed dtype (CPU): expect parameter to have scalar type of {type_name(dtypes.F32)}")
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    if any(p is not None and p.array.dtype != first for p in params):
        raise RuntimeError(f"mixed dtype (CPU): expect parameter to have scalar type of {type_name(dtypes.F32)}")


def _one_per_channel(channels: int, running_mean: Any, running_var: Any, weight: Any, bias: Any) -> None:
    pairs = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, t in pairs:
        if t is not None and t.array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {t.array.size}")


def _not_differentiable(running_mean: Any, running_var: Any) -> None:
    for name, t in (("running_mean", running_mean), ("running_var", running_var)):
        if t is not None and t.requires_grad:
            raise RuntimeError(f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. "
                               "This input cannot have requires_grad True.")  # fmt: skip


def _size_list(shape: Any) -> str:
    return f"torch.Size({list(shape)})"


def _verify_batch_size(shape: tuple[int, ...], shown: Any = None) -> None:
    count = shape[0]
    for n in shape[2:]:
        count *= n
    if count == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shown or _size_list(shape)}"
        )


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel by the batch's moments (training) or by the running ones.

    >>> from plait import torch
    >>> torch.nn.functional.batch_norm(torch.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if training:
        ask(input, "size")
    inner.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)
    if training:
        if not isinstance(input, Tensor):
            _need_tensor("batch_norm", "input", 1, input)
        _verify_batch_size(input.array.shape)
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def _batch_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float
) -> Any:
    for i, t in enumerate((input, weight, bias, running_mean, running_var)):
        if not isinstance(t, Tensor) and (t is not None or i == 0):
            _need_tensor("batch_norm", ("input", "weight", "bias", "running_mean", "running_var")[i], i + 1, t)
    array = input.array
    if array.ndim < 2:  # upstream reads no channels from such an input
        if array.size == 0 and array.ndim == 1:
            return input.clone()
        raise RuntimeError(
            f"running_mean should contain 0 elements not {0 if running_mean is None else running_mean.array.size}"
        )
    channels = array.shape[1]
    if not training:
        if running_mean is None:
            raise RuntimeError("running_mean must be defined in evaluation mode")
        if running_var is None:
            raise RuntimeError("running_var must be defined in evaluation mode")
    dtype = array.dtype
    for t in (running_mean, running_var, weight, bias):
        if t is not None:
            a = t.array
            if a.size != channels:
                _one_per_channel(channels, running_mean, running_var, weight, bias)
            if a.dtype is not dtype:
                _check_dtypes("batch_norm", dtype, (weight, bias, running_mean, running_var))
    if dtype.kind != "f":
        _check_dtypes("batch_norm", dtype, ())
    if (running_mean is not None and running_mean.tracks) or (running_var is not None and running_var.tracks):
        _not_differentiable(running_mean, running_var)
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    return layer.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each plane of each sample by its own moments, or by the running ones."""
    if use_input_stats:
        ask(input, "size")
    inner.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)
    if use_input_stats:
        _need_tensor("instance_norm", "input", 1, input)
        count = 1
        for n in input.array.shape[2:]:
            count *= n
        if count == 1:
            raise ValueError(
                f"Expected more than 1 spatial element when training, got input size {_size_list(input.array.shape)}"
            )
    return _instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def _instance_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, own: bool, momentum: float, eps: float
) -> Any:
    _need_tensor("instance_norm", "input", 1, input)
    if not own and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    array = input.array
    if array.ndim < 2:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(array.ndim, 1)}, {max(array.ndim, 1) - 1}], but got 1)"
        )
    n, channels = array.shape[:2]
    named = (running_mean, running_var, weight, bias)
    for i, t in enumerate(named):
        if t is not None and t.array.size != channels:
            name = ("running_mean", "running_var", "weight", "bias")[i]
            raise RuntimeError(f"{name} should contain {n * channels} elements not {n * t.array.size}")
    if n == 0 and (weight is not None or bias is not None):
        raise IndexError("select(): index 0 out of range for tensor of size [0] at dimension 0")
    _check_dtypes("batch_norm", array.dtype, (weight, bias, running_mean, running_var))
    return layer.instance_norm(input, weight, bias, running_mean, running_var, own, momentum, eps)


def _shape_argument(name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not {class_name(value)}"
        )
    for i, n in enumerate(value):
        if not hasattr(n, "__index__") or isinstance(n, bool):
            raise TypeError(f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, but found element of type "
                            f"{class_name(n)} at pos {i}")  # fmt: skip
    return tuple(int(n) for n in value)


def _check_shape(shape: tuple[int, ...], wanted: tuple[int, ...], weight: Any, bias: Any, comma: str = ", ") -> None:
    shown = list(wanted)
    if not wanted:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
                           "normalized_shape = []")  # fmt: skip
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.array.shape != wanted:
            raise RuntimeError(f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                               f"{list(t.array.shape)} and normalized_shape = {shown}")  # fmt: skip
    if len(shape) < len(wanted) or shape[len(shape) - len(wanted) :] != wanted:
        tail = "".join(f", {n}" for n in wanted) if comma == ", " else ", ".join(map(str, wanted))
        raise RuntimeError(
            f"Given normalized_shape={shown}, expected input with shape [*{tail}], but got input of size{list(shape)}"
        )


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise over the last dimensions, whose sizes are `normalized_shape`."""
    inner.layer_norm(input, normalized_shape, weight, bias, eps, True)
    wanted = normalized_shape if type(normalized_shape) is tuple else _shape_argument("layer_norm", normalized_shape)
    array = input.array
    shape, dims = array.shape, len(wanted)
    if (
        not dims
        or shape[len(shape) - dims if len(shape) > dims else 0 :] != wanted
        or (weight is not None and weight.array.shape != wanted)
        or (bias is not None and bias.array.shape != wanted)
    ):
        _check_shape(shape, _shape_argument("layer_norm", wanted), weight, bias)
    _check_dtypes("LayerNormKernelImpl", array.dtype, (weight, bias))
    return layer.layer_norm(input, dims, weight, bias, eps)


def rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None) -> Any:
    """Divide by the root of the mean square over the last dimensions; `eps` is by default that of the dtype."""
    inner.rms_norm(input, normalized_shape, weight, eps)
    wanted = _shape_argument("rms_norm", normalized_shape)
    array = input.array
    _check_shape(array.shape, wanted, weight, None, "")
    if not dtypes.is_floating(array.dtype):
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{type_name(array.dtype)}'")
    if weight is not None and weight.array.dtype != array.dtype:
        import warnings

        names = {dtypes.F16: "c10::Half", dtypes.BFLOAT16: "c10::BFloat16", dtypes.F32: "float", dtypes.F64: "double"}
        warnings.warn(
            f"Mismatch dtype between input and weight: input dtype = {names.get(array.dtype, 'int')}, weight dtype = "
            f"{names.get(weight.array.dtype, 'int')}, Cannot dispatch to fused implementation.",
            stacklevel=2,
        )
    if eps is None:
        eps = float(np.finfo(np.float64 if array.dtype == dtypes.F64 else np.float32).eps)
    return layer.rms_norm(input, len(wanted), weight, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Any:
    """Normalise each of `num_groups` groups of channels of each sample."""
    ask(input, "dim")
    inner.group_norm(input, num_groups, weight, bias, eps, True)
    shape = input.array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    counted = [shape[0] * shape[1] // num_groups, num_groups, *shape[2:]]
    _verify_batch_size(tuple(counted), counted)
    return _group_norm(input, num_groups, weight, bias, eps)


def _group_norm(input: Any, num_groups: int, weight: Any, bias: Any, eps: float) -> Any:
    array = input.array
    shape = array.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    channels = shape[1]
    if channels % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{list(shape)} and num_groups={num_groups}")  # fmt: skip
    for t in (weight, bias):
        if t is not None and t.array.shape != (channels,):
            name = "weight" if t is weight else "bias"
            raise RuntimeError(f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                               f"shape {list(t.array.shape)} and input of shape {list(shape)}")  # fmt: skip
    _check_dtypes("GroupNormKernelImpl", array.dtype, (weight, bias))
    return layer.group_norm(input, num_groups, weight, bias, eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Divide by a power of the mean square over `size` neighbouring channels."""
    ask(input, "dim")
    dim = input.array.ndim
    if dim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality                          input (got {dim} dimensions)")
    if input.array.size == 0:
        return input
    if size <= 0:
        raise RuntimeError("kernel size should be greater than zero, but got "
                           + (f"kH: {size} kW: 1" if dim == 3 else f"kT: {size} kH: 1 kW: 1"))  # fmt: skip
    return layer.local_response_norm(input, size, alpha, beta, k)


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Any:
    """Divide by the p-norm over `dim`, which is taken to be at least `eps`."""
    ask(input, "norm")
    inner.linalg_vector_norm(input, p, dim, True)
    if not dtypes.is_floating(input.array.dtype):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {type_name(input.array.dtype)}"
        )
    source: Any = input
    result = source / source.norm(p, dim, keepdim=True).clamp_min(eps)
    if out is None:
        return result
    if out.array.shape != result.array.shape:
        return out.resize_(result.array.shape).copy_(result)
    return out.copy_(result)
