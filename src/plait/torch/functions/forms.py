"""Functions that only say a method's name: in-place forms such as `torch.sqrt_(x)`, and what a real tensor's complex parts are."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.torch._tensor import Tensor, method
from plait.torch.functions._common import need_tensor
from plait.torch.functions.arithmetic import mul
from plait.torch.functions.arranging import diag
from plait.torch.functions.reduction import sum as sum_
from plait.torch.functions.shaping import reshape

_IN_PLACE = """
abs_ acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ cos_
cosh_ deg2rad_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_ gcd_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_
rad2deg_ reciprocal_ resize_as_ round_ rsqrt_ sin_ sinc_ sinh_ sqrt_ square_ tan_ trunc_ xlogy_ detach_ detach
""".split()  # noqa: SIM905


def _form(name: str) -> Any:
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        need_tensor(input, name)
        return getattr(input, name)(*args, **kwargs)

    function.__doc__ = f"`input.{name}(…)`."
    function.__name__ = function.__qualname__ = name
    return function


globals().update({name: _form(name) for name in _IN_PLACE})


@method
def conj(input: Any) -> Any:
    """The tensor itself: it is real."""
    need_tensor(input, "conj")
    return input


Tensor.real = property(lambda self: self, doc="The tensor itself.")  # type: ignore[attr-defined]


def real(input: Any) -> Any:
    """The tensor itself: it is real."""
    need_tensor(input, "real")
    return input


@method
def vdot(input: Any, other: Any, *, out: Any = None) -> Any:
    """The product of two vectors."""
    need_tensor(input, "vdot")
    return sum_(mul(input, other), out=out)


@method
def diagflat(input: Any, offset: int = 0) -> Any:
    """The flattened tensor as a matrix's diagonal."""
    need_tensor(input, "diagflat")
    return diag(reshape(input, (-1,)), offset)


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Coordinates from numbers in row-major order."""
    need_tensor(indices, "unravel_index", "indices")
    if indices.array.dtype.kind not in "iu":
        raise ValueError(f"unravel_index(): argument 'indices' must be an integer tensor, not {indices.dtype}")
    dims = (shape,) if isinstance(shape, int) else tuple(shape)
    return tuple(Tensor.wrap(np.asarray(c, np.int64)) for c in np.unravel_index(indices.array, dims))


__all__ = [*_IN_PLACE, "conj", "diagflat", "real", "unravel_index", "vdot"]
