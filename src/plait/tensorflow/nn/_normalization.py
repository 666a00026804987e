"""Normalisation in tf.nn: moments, batch and local response normalisation, vectors of length one."""

from __future__ import annotations

from typing import Any

from plait.keras.ops import nn
from plait.keras.ops._common import axes_of, raw
from plait.keras.ops.reduction import moments as both
from plait.layers.norm import response
from plait.ops import choose, lanes, maths
from plait.ops import elementwise as ew
from plait.ops.shape import moved_first, moved_last
from plait.tensorflow._call import as_tensor, face, float_tensor

__all__ = ["batch_normalization", "l2_loss", "l2_normalize", "local_response_normalization", "lrn", "moments"]


@face
def moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: Any = None) -> tuple[Any, Any]:
    """(mean, variance) over `axes`."""
    return raw(both)(float_tensor(x, "Mean"), axes, bool(keepdims))


@face
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: Any = None
) -> Any:
    """(x - mean) / √(variance + epsilon) · scale + offset, all broadcast."""
    t = as_tensor(x)
    each = [None if v is None else as_tensor(v, t.array.dtype) for v in (mean, variance, offset, scale)]
    return nn.scaled(t, each[0], each[1], each[2], each[3], variance_epsilon)


@face
def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: Any = None, dim: Any = None) -> Any:
    """x over its L2 norm along `axis`, whose square is not taken below epsilon."""
    t = float_tensor(x, "Square")
    axes = axes_of(dim if axis is None else axis, t.array.ndim)
    dims = tuple(range(t.array.ndim)) if axes is None else tuple(sorted(axes))
    total = lanes.sum(maths.square(t), dims, True)
    return ew.mul(t, maths.rsqrt(choose.larger(total, as_tensor(float(epsilon), t.array.dtype))))


@face
def local_response_normalization(
    input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5, name: Any = None
) -> Any:
    """x / (bias + alpha · Σ of squares over 2·depth_radius + 1 neighbouring channels) ** beta, channels last."""
    t = float_tensor(input, "LRN")
    if t.array.ndim != 4:
        from plait.keras._errors import InvalidArgumentError

        raise InvalidArgumentError(f"in must be 4-dimensional; got shape {list(t.array.shape)} [Op:LRN]")
    return moved_last(
        response(moved_first(t), int(depth_radius), int(depth_radius), float(alpha), float(beta), float(bias))
    )


lrn = local_response_normalization


@face
def l2_loss(t: Any, name: Any = None) -> Any:
    """Half the sum of squares."""
    x = float_tensor(t, "L2Loss")
    return ew.mul(lanes.sum(maths.square(x)), 0.5)
