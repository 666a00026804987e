"""torch.nn.functional: pooling. Signatures, checks and messages are upstream's; what a window means is in plait/layers/pool.py."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from plait.layers import pool as layer
from plait.ops import pool as op
from plait.ops.pool import refuse_dtype
from plait.ops.pool_plan import Plan
from plait.torch._argument_errors import type_name as class_name
from plait.torch._builtins import ask, inner, shown_as_private
from plait.torch._tensor import Tensor
from plait.torch.functions._common import into, need_tensor, refuse_kinds

if TYPE_CHECKING:
    Ints = Any  # an int, or a sequence of one a dimension

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
]

_LETTERS = {1: "W", 2: "HW", 3: "THW"}
_WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


# --- arguments --------------------------------------------------------------------------------------------------------------


def ints(function: str, name: str, position: int, value: Any, rank: int, omitted: bool = False) -> tuple[int, ...]:
    """A number or a sequence of one or `rank` numbers as `rank` numbers."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return (int(value),) * rank
    if isinstance(value, Tensor) and value.array.ndim == 0 and value.array.dtype.kind in "iu":
        return (int(value.array),) * rank
    if not isinstance(value, (tuple, list)) or not all(isinstance(v, (int, np.integer, Tensor)) for v in value):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be tuple of ints, not {class_name(value)}"
        )
    got = layer.spread([int(v) for v in value], rank)
    if got is None:
        either = "must either be omitted, a single int" if omitted else "must either be a single int"
        raise RuntimeError(f"{function}: {name} {either}, or a tuple of {_WORDS[rank]}")
    return tuple(got)


def _flag(function: str, name: str, position: int, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be bool, not {class_name(value)}")
    return value


def _dims(values: tuple[int, ...], prefix: str) -> str:
    return " ".join(f"{prefix.replace('*', c)}: {v}" for c, v in zip(_LETTERS[len(values)], values, strict=True))


def _check_window(
    kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], dilation: tuple[int, ...]
) -> None:
    """Numbers that make a window; the order of the checks and their words are upstream's."""
    if any(s == 0 for s in stride):
        raise RuntimeError("stride should not be zero")
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if k > 0 and p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if k > 0 and d > 0 and p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and dilation={d}"
            )
    if any(k <= 0 for k in kernel):
        raise RuntimeError(f"kernel size should be greater than zero, but got {_dims(kernel, 'k*')}")
    if any(s <= 0 for s in stride):
        raise RuntimeError(f"stride should be greater than zero, but got {_dims(stride, 'd*')}")
    if any(d <= 0 for d in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {_dims(dilation, 'dilation*')}")


def _too_small(shape: tuple[int, ...], rank: int, out: tuple[int, ...]) -> RuntimeError:
    given, made = ("x".join(str(n) for n in (shape[-rank - 1], *sizes)) for sizes in (shape[len(shape) - rank :], out))
    return RuntimeError(f"Given input size: ({given}). Calculated output size: ({made}). Output size is too small")


def _check_input(shape: tuple[int, ...], rank: int, function: str = "") -> None:
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input")
    if rank == 3:
        for d in range(len(shape) - rank - 1, len(shape)):
            if shape[d] == 0:
                raise RuntimeError(f"{function}(): Expected input's non-batch dimensions to have positive length, but input has a shape of "
                                   f"{list(shape)} and non-batch dimension {d - len(shape) + rank + 1} has length zero!")  # fmt: skip
    if not all(shape[len(shape) - rank - 1 :]):
        raise RuntimeError(f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with optional 0 dim batch size for input, but got:"
                           f"{list(shape)}")  # fmt: skip


# --- maximum ----------------------------------------------------------------------------------------------------------------

_max_plans: dict[Any, Plan] = {}
_avg_plans: dict[Any, Plan] = {}


def _remember(plans: dict[Any, Plan], key: Any, plan: Plan) -> Plan:
    if len(plans) > 4096:
        plans.clear()
    with suppress(TypeError):  # a list among the arguments: nothing to look up by
        plans[key] = plan
    return plan


def _max_plan(
    x: Tensor,
    rank: int,
    kernel_size: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
    places: bool = False,
) -> Plan:
    array = x.array if isinstance(x, Tensor) else None
    if array is not None:
        key = (array.shape, array.dtype, rank, kernel_size, stride, padding, dilation, ceil_mode, places)
        try:
            return _max_plans[key]
        except (KeyError, TypeError):
            pass
    function = f"max_pool{rank}d"
    getattr(inner, function + "_with_indices" * places)(
        x, kernel_size, [] if stride is None else stride, padding, dilation, ceil_mode
    )
    kernel = ints(function, "kernel_size", 2, kernel_size, rank)
    step = kernel if stride is None or stride in ([], ()) else ints(function, "stride", 3, stride, rank, omitted=True)
    pad, dil = ints(function, "padding", 4, padding, rank), ints(function, "dilation", 5, dilation, rank)
    _flag(function, "ceil_mode", 6, ceil_mode)
    shape = x.array.shape
    flat = rank == 1 and places  # upstream goes through two dimensions then, the first of size 1
    if rank == 1 and not places:
        _check_max1d(shape, kernel[0], step[0], pad[0], dil[0])
        refuse_dtype(x, "max_pool1d_impl", "")
    elif flat:
        if len(shape) not in (2, 3):
            raise RuntimeError(f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 'self' (while checking "
                               "arguments for max_pool1d)")  # fmt: skip
        _check_window((1, *kernel), (1, *step), (0, *pad), (1, *dil))
        _check_input((*shape[:-1], 1, shape[-1]), 2)
        refuse_dtype(x, "max_pool2d", "iu")
    elif len(shape) in (rank + 1, rank + 2):
        _check_window(kernel, step, pad, dil)
        _check_input(shape, rank, "max_pool3d_with_indices_out_cpu_template")
        refuse_dtype(x, function, "iu")
    else:
        _check_input(shape, rank)
    plan = layer.window_plan(shape[len(shape) - rank :], kernel, step, pad, dil, "inside" if ceil_mode else "no")
    if not isinstance(plan, Plan):
        if flat:
            raise _too_small((*shape[:-1], 1, shape[-1]), 2, (1, *plan))
        if rank == 1:
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {plan[0]}")
        raise _too_small(shape, rank, plan)
    return _remember(_max_plans, key, plan)


def _check_max1d(shape: tuple[int, ...], k: int, s: int, p: int, d: int) -> None:
    if len(shape) not in (2, 3) or not all(shape[-2:]):
        raise RuntimeError(
            f"max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(shape)}"
        )
    for name, value in (("kernel_size", k), ("stride", s), ("dilation", d)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if p < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if p > (d * (k - 1) + 1) // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={p} and kernel_size={k}"
        )


def _max(x: Tensor, rank: int, args: tuple[Any, ...], return_indices: bool) -> Any:
    kernel_size, stride, padding, dilation, ceil_mode = args
    plan = _max_plan(x, rank, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    return op.maximum_index(x, plan) if return_indices else op.maximum(x, plan)


def max_pool1d(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, L] or [C, L]; with `return_indices` also its place.

    >>> from plait import torch
    >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max(input, 1, (kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, H, W] or [C, H, W]; with `return_indices` also its flat place in the plane."""
    return _max(input, 2, (kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_pool3d(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The maximum under each window of [N, C, D, H, W] or [C, D, H, W]; with `return_indices` also its flat place in the volume."""
    return _max(input, 3, (kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_pool1d_with_indices(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool1d` and the places."""
    return _max(input, 1, (kernel_size, stride, padding, dilation, ceil_mode), True)


def max_pool2d_with_indices(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool2d` and the places."""
    return _max(input, 2, (kernel_size, stride, padding, dilation, ceil_mode), True)


def max_pool3d_with_indices(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, dilation: Ints = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool3d` and the places."""
    return _max(input, 3, (kernel_size, stride, padding, dilation, ceil_mode), True)


# --- average ----------------------------------------------------------------------------------------------------------------


def _avg_plan(
    x: Tensor,
    rank: int,
    kernel_size: Ints,
    stride: Ints,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Plan:
    array = x.array if isinstance(x, Tensor) else None
    if array is not None:
        key = (array.shape, array.dtype, rank, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor)
        try:
            return _avg_plans[key]
        except (KeyError, TypeError):
            pass
    function = f"avg_pool{rank}d"
    need_tensor(x, function)
    kernel = ints(function, "kernel_size", 2, kernel_size, rank)
    step = kernel if stride is None or stride in ([], ()) else ints(function, "stride", 3, stride, rank, omitted=True)
    pad = ints(function, "padding", 4, padding, rank)
    _flag(function, "ceil_mode", 5, ceil_mode)
    _flag(function, "count_include_pad", 6, count_include_pad)
    shape = x.array.shape
    ones = (1,) * rank
    if rank == 1 and len(shape) not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 'self' (while checking "
                           "arguments for avg_pool1d)")  # fmt: skip
    if rank == 2 and len(shape) < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(len(shape), 1)}, {max(len(shape), 1) - 1}], but got -3)"
        )
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if len(shape) not in (rank + 1, rank + 2):
        _check_input(shape, rank)
    _check_window(kernel, step, pad, ones)
    _check_input(shape, rank, function)
    refuse_dtype(x, function, "l")
    sizes = shape[len(shape) - rank :]
    if rank == 3 and any(n < k for n, k in zip(sizes, kernel, strict=True)):
        raise RuntimeError(f"input image ({_dims(sizes, '*')}) smaller than kernel size ({_dims(kernel, 'k*')})")
    counts = "padding" if count_include_pad else "inside"
    plan = layer.window_plan(
        sizes, kernel, step, pad, ones, "inside" if ceil_mode else "no", counts=counts, divisor=divisor
    )
    if not isinstance(plan, Plan):
        raise _too_small(
            (*shape[: len(shape) - 1], 1, shape[-1]) if rank == 1 else shape,
            max(rank, 2),
            (1, *plan) if rank == 1 else plan,
        )
    return _remember(_avg_plans, key, plan)


def avg_pool1d(
    input: Tensor,
    kernel_size: Ints,
    stride: Ints = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean under each window of [N, C, L] or [C, L]."""
    return op.average(input, _avg_plan(input, 1, kernel_size, stride, padding, ceil_mode, count_include_pad, None))


def avg_pool2d(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: int | None = None, *, out: Tensor | None = None,
) -> Any:  # fmt: skip
    """The mean under each window of [N, C, H, W] or [C, H, W]; padding counts unless told otherwise, what a ceiling adds does not."""
    y = op.average(
        input, _avg_plan(input, 2, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    )
    return y if out is None else into("avg_pool2d", out, y, input)


def avg_pool3d(
    input: Tensor, kernel_size: Ints, stride: Ints = None, padding: Ints = 0, ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: int | None = None, *, out: Tensor | None = None,
) -> Any:  # fmt: skip
    """The mean under each window of [N, C, D, H, W] or [C, D, H, W]."""
    refuse_kinds("avg_pool3d_out_frame", "h", input)
    y = op.average(
        input, _avg_plan(input, 3, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    )
    return y if out is None else into("avg_pool3d", out, y, input)


def _lp(input: Tensor, norm_type: float, rank: int, kernel_size: Ints, stride: Ints, ceil_mode: bool) -> Any:
    ask(input, "pow")
    plan = _avg_plan(input, rank, kernel_size, stride, 0, ceil_mode, True, None)
    return layer.power_mean(input, plan, norm_type)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Ints, stride: Ints = None, ceil_mode: bool = False) -> Any:
    """(Σ x^p)^(1/p) under each window of [N, C, L] or [C, L]."""
    return _lp(input, norm_type, 1, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Ints, stride: Ints = None, ceil_mode: bool = False) -> Any:
    """(Σ x^p)^(1/p) under each window of [N, C, H, W] or [C, H, W]."""
    return _lp(input, norm_type, 2, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Ints, stride: Ints = None, ceil_mode: bool = False) -> Any:
    """(Σ x^p)^(1/p) under each window of [N, C, D, H, W] or [C, D, H, W]."""
    return _lp(input, norm_type, 3, kernel_size, stride, ceil_mode)


shown_as_private(max_pool1d, max_pool2d, max_pool3d)
