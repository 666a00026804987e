"""A parameter outside of any layer."""

from __future__ import annotations

from typing import Any

from plait.paddle.base import unique_name

__all__ = ["create_parameter"]


def create_parameter(
    shape: Any,
    dtype: Any,
    name: str | None = None,
    attr: Any = None,
    is_bias: bool = False,
    default_initializer: Any = None,
) -> Any:
    """A Parameter; its values are the attribute's initializer's, else `default_initializer`'s, else Xavier uniform or, for a bias, 0.

    >>> from plait import paddle
    >>> paddle.create_parameter([2, 3], "float32").shape
    paddle.Size([2, 3])
    """
    from plait.paddle.nn._create import create_parameter as create
    from plait.paddle.nn.param_attr import ParamAttr

    if attr is None:
        attr = ParamAttr(name=name)
    return create(unique_name.generate("create_parameter"), shape, attr, dtype, is_bias, default_initializer)
