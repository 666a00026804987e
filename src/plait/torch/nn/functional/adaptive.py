"""Pools to a given size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.layers import pool as layer
from plait.op import type_name
from plait.ops import pool as op
from plait.ops.pool import refuse_dtype
from plait.ops.pool_plan import Plan
from plait.torch._argument_errors import type_name as class_name
from plait.torch._builtins import ask, inner, shown_as_private
from plait.torch._tensor import Tensor
from plait.torch.functions._common import need_int
from plait.torch.nn.modules.utils import _list_with_default

if TYPE_CHECKING:
    Ints = Any  # an int, or a sequence of one a dimension

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
]


def _adaptive_size(function: str, rank: int, output_size: Any) -> tuple[int, ...]:
    if isinstance(output_size, (int, np.integer)) and not isinstance(output_size, bool):
        return (int(output_size),) * rank
    if not isinstance(output_size, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'output_size' (position 2) must be tuple of ints, not {class_name(output_size)}"
        )
    if len(output_size) != rank:
        if rank == 1:
            raise RuntimeError(f"{function}() argument 'output_size' should contain one int (got {len(output_size)})")
        internal = "(): internal error: output_size.size() must be" if "max" in function else ": output_size must be"
        raise RuntimeError(f"{function}{internal} {rank}")
    return tuple([need_int(n, function, "output_size", 2) if n is not True else 1 for n in output_size])


def _adaptive_plan(x: Tensor, rank: int, output_size: Any, kind: str) -> Plan:
    function = f"adaptive_{kind}_pool{rank}d"
    getattr(inner, function)(x, output_size)
    shape = x.array.shape
    if rank == 1 and len(shape) not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {len(shape)}-dimensional tensor for argument #1 'self' (while checking "
                           f"arguments for {function})")  # fmt: skip
    out = _adaptive_size(function, rank, output_size)
    if len(shape) not in (rank + 1, rank + 2):
        colon = ":" if kind == "max" else ""
        raise RuntimeError(f"{function}(): Expected {rank + 1}D or {rank + 2}D tensor, but got{colon} {list(shape)}")
    for d in range(len(shape) - rank - (kind == "max" and rank > 1), len(shape)):
        if shape[d] == 0:
            raise RuntimeError(f"{function}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {list(shape)} "
                               f"with dimension {d} being empty")  # fmt: skip
    if any(n < 0 for n in out):
        full = (1, *out) if rank == 1 else out  # upstream goes through two dimensions
        if kind == "avg":
            braces = ", ".join(str(n) for n in full[:2]) + "".join(f",{n}" for n in full[2:])
            raise RuntimeError(f"adaptive_avg_pool{len(full)}d: elements of output_size must be greater than or equal to 0 but received "
                               f"{{{braces}}}")  # fmt: skip
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(out)}: {[*shape[: len(shape) - rank], *full]}"
        )
    if kind == "avg" and all(n == 1 for n in out) and x.array.dtype.kind in "iub":
        raise RuntimeError("mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                           f"Got: {type_name(x.array.dtype)}")  # fmt: skip
    if x.array.size or kind == "max" or rank > 1:
        refuse_dtype(x, f"adaptive_{kind}_pool{max(rank, 2)}d" + ("_cpu" if rank == 3 else ""), "")
    return layer.adaptive_plan(shape[len(shape) - rank :], out)


def _with_default(output_size: Any, input: Tensor) -> Any:
    ask(input, "size")
    return _list_with_default(output_size, input.shape)


_plans: dict[Any, Plan] = {}
_MOST_PLANS = 4096


def _planned(input: Tensor, rank: int, output_size: Any, kind: str) -> Plan:
    """The plan of a call: one that was made and checked before, where its size is an int or a tuple of ints."""
    each = output_size if type(output_size) is tuple else (output_size,)
    for n in each:
        if type(n) is not int:
            break
    else:
        if isinstance(input, Tensor) and input.array.ndim > max(rank, len(each)):
            array = input.array
            key = (array.shape, array.dtype, rank, output_size, kind)
            plan = _plans.get(key)
            if plan is None:
                if len(_plans) >= _MOST_PLANS:
                    _plans.clear()
                plan = _plans[key] = _adaptive_plan(input, rank, output_size, kind)
            return plan
    return _adaptive_plan(input, rank, _with_default(output_size, input) if rank > 1 else output_size, kind)


def _means_all(input: Any, rank: int, output_size: Any) -> bool:
    """Whether this is a plain mean over the last dimensions, which upstream takes for inputs of any other number of dimensions."""
    if not isinstance(input, Tensor) or rank + 1 <= input.array.ndim <= rank + 2:
        return False
    return output_size == 1 or (
        isinstance(output_size, (tuple, list)) and len(output_size) == rank and all(n == 1 for n in output_size)
    )


def adaptive_avg_pool1d(input: Tensor, output_size: Ints) -> Any:
    """The mean of each of `output_size` bins of [N, C, L] or [C, L]."""
    return op.average(input, _planned(input, 1, output_size, "avg"))


def adaptive_avg_pool2d(input: Tensor, output_size: Ints) -> Any:
    """The mean of each bin of [N, C, H, W] or [C, H, W]; None keeps a size.

    >>> from plait import torch
    >>> torch.nn.functional.adaptive_avg_pool2d(torch.ones(1, 2, 5, 7), (3, None)).shape
    torch.Size([1, 2, 3, 7])
    """
    if _means_all(input, 2, output_size):
        return input.mean((-2, -1), True)
    return op.average(input, _planned(input, 2, output_size, "avg"))


def adaptive_avg_pool3d(input: Tensor, output_size: Ints) -> Any:
    """The mean of each bin of [N, C, D, H, W] or [C, D, H, W]; None keeps a size."""
    if _means_all(input, 3, output_size):
        return input.mean((-3, -2, -1), True)
    return op.average(input, _planned(input, 3, output_size, "avg"))


def _adaptive_max(input: Tensor, rank: int, output_size: Any, return_indices: bool) -> Any:
    plan = _planned(input, rank, output_size, "max")
    return op.maximum_index(input, plan) if return_indices else op.maximum(input, plan)


def adaptive_max_pool1d(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """The maximum of each bin of [N, C, L] or [C, L]."""
    return _adaptive_max(input, 1, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """The maximum of each bin of [N, C, H, W] or [C, H, W]; None keeps a size."""
    return _adaptive_max(input, 2, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """The maximum of each bin of [N, C, D, H, W] or [C, D, H, W]; None keeps a size."""
    return _adaptive_max(input, 3, output_size, return_indices)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` and the places."""
    return _adaptive_max(input, 1, output_size, True)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` and the places."""
    return _adaptive_max(input, 2, output_size, True)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Ints, return_indices: bool = False) -> Any:
    """`adaptive_max_pool3d` and the places."""
    return _adaptive_max(input, 3, output_size, True)


shown_as_private(adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d)
