"""`out=`: a result put into a tensor that the caller gave."""

from __future__ import annotations

import warnings
from typing import Any

from plait import dtypes
from plait.op import bump, type_name
from plait.tensor import MODE
from plait.torch._tensor import Tensor


def store(function: str, result: Tensor, out: Any) -> Tensor:
    """Copy `result` into `out`, which takes its shape if it has to; dtypes must cast, and gradients must not be wanted."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if MODE.grad and (result.tracks or out.tracks):
        raise RuntimeError(f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                           "arguments requires grad.")  # fmt: skip
    got, want = result.array, out.array
    if dtypes.category(got.dtype) > dtypes.category(want.dtype):
        raise RuntimeError(f"result type {type_name(got.dtype)} can't be cast to the desired output type {type_name(want.dtype)}")
    if got.shape != want.shape:
        if want.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(want.shape)}, which does not match the "
                f"required output shape {list(got.shape)}. This behavior is deprecated, and in a future PyTorch release outputs will "
                "not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to "
                "zero elements with t.resize_(0).",
                stacklevel=4,
            )
        out.array = dtypes.cast(got, want.dtype)
    else:
        want[...] = dtypes.cast(got, want.dtype)
    bump(out)
    return out
