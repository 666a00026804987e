"""Dropout under its low-level names."""

from __future__ import annotations

from plait.layers import dropout as _layer
from plait.torch._tensor import Tensor

__all__: list[str] = [
    "alpha_dropout",
    "alpha_dropout_",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
]


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout where `train`; see `torch.nn.functional.dropout`."""
    result: Tensor = _layer.dropout(input, float(p), train)
    return result


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout in place."""
    result: Tensor = _layer.dropout(input, float(p), train, inplace=True)
    return result


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels."""
    result: Tensor = _layer.dropout(input, float(p), train, channels=True)
    return result


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels in place."""
    result: Tensor = _layer.dropout(input, float(p), train, inplace=True, channels=True)
    return result


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout; see `torch.nn.functional.alpha_dropout`."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train)
    return result


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout in place."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, inplace=True)
    return result


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout of whole channels."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, channels=True)
    return result


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Alpha dropout of whole channels in place."""
    result: Tensor = _layer.alpha_dropout(input, float(p), train, inplace=True, channels=True)
    return result
