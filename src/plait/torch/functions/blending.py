"""Functions of three operands (clamp, lerp, addcmul, addcdiv) and filling."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_
from plait.ops import select
from plait.ops.copying import COPY
from plait.ops.shape import clone as clone_
from plait.ops.views import named
from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import factor_first, into, need_tensor, number, refuse_kinds
from plait.torch.functions.arithmetic import operand
from plait.torch.functions.elementwise import (
    CLAMP_MAX,
    CLAMP_MAX_TENSOR,
    CLAMP_MIN,
    CLAMP_MIN_TENSOR,
    CLAMP_NUMBER,
    LERP_TENSOR,
    _kind,
)

__all__ = ["addcdiv", "addcmul", "clamp", "clamp_max", "clamp_min", "clip", "fill", "fill_", "lerp", "zero_"]

# --- three operands --------------------------------------------------------------------------------------------------


def _bounds(name: str, low: Any, high: Any) -> tuple[Any, Any]:
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    low = None if low is None else operand(low, name, "min")
    high = None if high is None else operand(high, name, "max", 3)
    if (low is None or isinstance(low, Tensor)) != (high is None or isinstance(high, Tensor)) or (
        isinstance(low, Tensor) and high is not None and not isinstance(high, Tensor)
    ):
        mixed = low is not None and high is not None
        if mixed:
            raise TypeError(f"{name}() received an invalid combination of arguments - got (Tensor, {type(low).__name__}, "
                            f"{type(high).__name__}), but expected one of:\n * (Tensor input, Tensor min = None, Tensor max = None, *, "
                            "Tensor out = None)\n * (Tensor input, Number min = None, Number max = None, *, Tensor out = None)")  # fmt: skip
    return low, high


def _clamp_op(low: Any, high: Any) -> Any:
    return select.CLAMP if isinstance(low, Tensor) or isinstance(high, Tensor) else CLAMP_NUMBER


_PLAIN = (float, int, type(None))


@method
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """At least `min` and then at most `max`: numbers or tensors, one may be None."""
    need_tensor(input, "clamp")
    if input.array.dtype.kind == "f" and out is None and type(min) in _PLAIN and type(max) in _PLAIN and min is not max:
        return apply(CLAMP_NUMBER, (input, min, max))
    low, high = _bounds("clamp", min, max)
    only = (
        high if low is None else low if high is None else None
    )  # one tensor as bound is a maximum or minimum, which bool has
    if not isinstance(only, Tensor) and all(
        x is None or isinstance(x, bool) or getattr(getattr(x, "array", x), "dtype", None) == dtypes.BOOL
        for x in (input, low, high)
    ):
        refuse_kinds("clamp_cpu", "b", input)
    result = apply(_clamp_op(low, high), (input, low, high))
    return result if out is None else into("clamp", out, result)


@method
def clamp_(self: Tensor, min: Any = None, max: Any = None) -> Any:
    """`clamp` in place."""
    low, high = _bounds("clamp_", min, max)
    return apply_(_clamp_op(low, high), self, (self, low, high))


@method
def clamp_min(input: Any, min: Any, *, out: Any = None) -> Any:
    """At least `min`."""
    need_tensor(input, "clamp_min")
    bound = operand(min, "clamp_min", "min")
    result = apply(CLAMP_MIN_TENSOR if isinstance(bound, Tensor) else CLAMP_MIN, (input, bound, None))
    return result if out is None else into("clamp_min", out, result)


@method
def clamp_max(input: Any, max: Any, *, out: Any = None) -> Any:
    """At most `max`."""
    need_tensor(input, "clamp_max")
    bound = operand(max, "clamp_max", "max")
    result = apply(CLAMP_MAX_TENSOR if isinstance(bound, Tensor) else CLAMP_MAX, (input, None, bound))
    return result if out is None else into("clamp_max", out, result)


@method
def clamp_min_(self: Tensor, min: Any) -> Any:
    """`clamp_min` in place."""
    bound = operand(min, "clamp_min_", "min")
    return apply_(CLAMP_MIN_TENSOR if isinstance(bound, Tensor) else CLAMP_MIN, self, (self, bound, None))


@method
def clamp_max_(self: Tensor, max: Any) -> Any:
    """`clamp_max` in place."""
    bound = operand(max, "clamp_max_", "max")
    return apply_(CLAMP_MAX_TENSOR if isinstance(bound, Tensor) else CLAMP_MAX, self, (self, None, bound))


clip = clamp
method("clip")(clamp)
method("clip_")(clamp_)


def _same_dtype(input: Any, end: Any, weight: Any) -> None:
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, Tensor) and x.array.dtype != input.array.dtype and (name == "end" or x.array.ndim):
            raise RuntimeError(f"expected dtype {_plain_name(input)} for `{name}` but got dtype {_plain_name(x)}")


def _plain_name(x: Tensor) -> str:
    names = {"float32": "float", "float64": "double", "int64": "long int"}
    return names.get(x.array.dtype.name, _kind(x))


@method
def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Any:
    """input + weight * (end - input)."""
    need_tensor(input, "lerp")
    need_tensor(end, "lerp", "end", 2)
    w = operand(weight, "lerp", "weight", 3)
    _same_dtype(input, end, w)
    if input.array.dtype.kind in "iub":
        raise NotImplementedError(f"\"lerp_kernel_scalar\" not implemented for '{_kind(input)}'")
    result = apply(LERP_TENSOR if isinstance(w, Tensor) else select.LERP, (input, end, w))
    return result if out is None else into("lerp", out, result)


@method
def lerp_(self: Tensor, end: Any, weight: Any) -> Any:
    """`lerp` in place."""
    need_tensor(end, "lerp_", "end", 1)
    w = operand(weight, "lerp_", "weight", 2)
    _same_dtype(self, end, w)
    return apply_(LERP_TENSOR if isinstance(w, Tensor) else select.LERP, self, (self, end, w))


def _fused_value(name: str, input: Any, a: Any, b: Any, value: Any) -> Any:
    need_tensor(input, name)
    need_tensor(a, name, "tensor1", 2)
    need_tensor(b, name, "tensor2", 3)
    value = number(value)
    kinds = [x.array.dtype for x in (input, a, b)]
    whole = all(dtypes.category(k) < 2 for k in kinds)
    if name.startswith("addcmul") and all(k == dtypes.BOOL for k in kinds):
        refuse_kinds("addcmul_cpu_out", "b", input)
    if name.startswith("addcdiv") and all(dtypes.category(k) < 2 for k in kinds[1:]):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of "
            "tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / "
            "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future "
            "addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes."
        )
    if whole and isinstance(value, float):
        raise RuntimeError("For integral input tensors, argument value must not be a floating point number.")
    return value


@method
def addcmul(input: Any, tensor1: Any, tensor2: Any, *last: Any, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 * tensor2."""
    if last:
        value, tensor1, tensor2 = factor_first("addcmul", "value", (tensor1, tensor2, *last), ("tensor1", "tensor2"))
    result = select.addcmul(input, tensor1, tensor2, _fused_value("addcmul", input, tensor1, tensor2, value))
    return result if out is None else into("addcmul", out, result)


@method
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *last: Any, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 / tensor2."""
    if last:
        value, tensor1, tensor2 = factor_first("addcdiv", "value", (tensor1, tensor2, *last), ("tensor1", "tensor2"))
    result = select.addcdiv(input, tensor1, tensor2, _fused_value("addcdiv", input, tensor1, tensor2, value))
    return result if out is None else into("addcdiv", out, result)


@method
def addcmul_(self: Tensor, tensor1: Any, tensor2: Any, *last: Any, value: Any = 1) -> Any:
    """`addcmul` in place."""
    if last:
        value, tensor1, tensor2 = factor_first("addcmul_", "value", (tensor1, tensor2, *last), ("tensor1", "tensor2"))
    return apply_(
        select.ADDCMUL, self, (self, tensor1, tensor2), (_fused_value("addcmul_", self, tensor1, tensor2, value),)
    )


@method
def addcdiv_(self: Tensor, tensor1: Any, tensor2: Any, *last: Any, value: Any = 1) -> Any:
    """`addcdiv` in place."""
    if last:
        value, tensor1, tensor2 = factor_first("addcdiv_", "value", (tensor1, tensor2, *last), ("tensor1", "tensor2"))
    return apply_(
        select.ADDCDIV, self, (self, tensor1, tensor2), (_fused_value("addcdiv_", self, tensor1, tensor2, value),)
    )


# --- filling ---------------------------------------------------------------------------------------------------------


FILL, FILL_TENSOR, ZERO = named(COPY, "FillBackward2"), named(COPY, "FillBackward3"), named(COPY, "ZeroBackward0")


@method
def fill_(self: Tensor, value: Any) -> Any:
    """Every element becomes `value`, a number or a 0-d tensor."""
    if isinstance(value, Tensor) and value.array.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.array.ndim} dimensions."
        )
    if isinstance(value, Tensor):
        return apply_(FILL_TENSOR, self, (self, value))
    return apply_(FILL, self, (self, number(value)))


@method
def zero_(self: Tensor) -> Any:
    """Every element becomes 0."""
    if not self.tracks and self.view_base is None and self.versions is not None:
        self.array.fill(0) if self.array.dtype != dtypes.BFLOAT16 else self.array.view(np.uint16).fill(0)
        self.versions[0] += 1
        return self
    return apply_(ZERO, self, (self, 0))


def fill(input: Any, value: Any) -> Any:
    """A tensor like `input`, every element `value`."""
    return fill_(clone_(input), value)
