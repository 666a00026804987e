"""`paddle.base.wrapped_decorator`: decorators that keep the signature of what they decorate."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["copy_signature", "signature_safe_contextmanager", "wrap_decorator"]


def copy_signature(src: Callable[..., Any], dst: Callable[..., Any]) -> None:
    """`dst` shows the signature of `src`."""
    dst.__signature__ = inspect.signature(src)  # type: ignore[attr-defined]


def wrap_decorator(decorator_func: Callable[..., Any]) -> Callable[..., Any]:
    """The decorator, whose results show the name and signature of what they decorate."""

    @functools.wraps(decorator_func)
    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        decorated = decorator_func(func)

        @functools.wraps(func)
        def call(*args: Any, **kwargs: Any) -> Any:
            return decorated(*args, **kwargs)

        copy_signature(func, call)
        return call

    return decorate


signature_safe_contextmanager = wrap_decorator(contextlib.contextmanager)
