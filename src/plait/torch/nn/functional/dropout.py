"""torch.nn.functional: dropout."""

from __future__ import annotations

import warnings
from typing import Any

from plait.layers import dropout as _layer
from plait.torch._builtins import ask, inner
from plait.torch._tensor import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


def _checked(name: str, input: Any, p: float, training: Any, inplace: Any) -> float:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if name == "feature_dropout":
        ask(input, "dim")
    getattr(inner, name + "_" if inplace else name)(input, p, training)
    return float(p)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training set each element to zero with probability `p` and divide the others by 1 - p."""
    p = _checked("dropout", input, p, training, inplace)
    result: Tensor = _layer.dropout(input, p, training, inplace)
    return result


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout to SELU's negative saturation that keeps mean and variance."""
    p = _checked("alpha_dropout", input, p, training, inplace)
    result: Tensor = _layer.alpha_dropout(input, p, training, inplace)
    return result


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Alpha dropout of whole channels."""
    p = _checked("feature_alpha_dropout", input, p, training, inplace)
    result: Tensor = _layer.alpha_dropout(input, p, training, inplace, channels=True)
    return result


def _channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    x: Any = input
    if not batched:
        x = x.unsqueeze_(0) if inplace else x.unsqueeze(0)
    x = _layer.dropout(x, p, training, inplace, channels=True)
    if not batched:
        x = x.squeeze_(0) if inplace else x.squeeze(0)
    result: Tensor = x
    return result


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of [N, C, L] or [C, L] to zero; RuntimeError for another number of dimensions."""
    p = _checked("feature_dropout", input, p, training, inplace)
    n = input.array.ndim
    if n not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {n}D input. Note that dropout1d exists to provide channel-wise "
            "dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension "
            "(i.e. 2D or 3D inputs)."
        )
    return _channels(input, p, training, inplace, n == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of [N, C, H, W] to zero. Three dimensions are taken as [N, C, L], with a warning, as upstream does."""
    p = _checked("feature_dropout", input, p, training, inplace)
    n = input.array.ndim
    if n not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {n}-D input to dropout2d, which is deprecated and will result in an error in a future "
            "release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout2d exists "
            "to provide channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an optional batch "
            "dimension (i.e. 3D or 4D inputs).",
            stacklevel=2,
        )
    if n == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input "
            "is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
            "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, True)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of [N, C, D, H, W] or [C, D, H, W] to zero; another number of dimensions warns."""
    p = _checked("feature_dropout", input, p, training, inplace)
    n = input.array.ndim
    if n not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {n}-D input to dropout3d, which is deprecated and will result in an error in a future "
            "release. To retain the behavior and silence this warning, please use dropout instead. Note that dropout3d exists "
            "to provide channel-wise dropout on inputs with 3 spatial dimensions, a channel dimension, and an optional batch "
            "dimension (i.e. 4D or 5D inputs).",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, n == 5)
