"""`paddle.base.dygraph.base`: the guards of the two modes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plait.paddle._absent import getter
from plait.paddle._mode import Mode, switched
from plait.paddle._places import check_place
from plait.paddle._settings import disable_static, enable_static
from plait.paddle.autograd import enable_grad, grad, is_grad_enabled, no_grad_, set_grad_enabled
from plait.paddle.base import unique_name

__all__ = [
    "disable_dygraph", "enable_dygraph", "enable_grad", "enabled", "grad", "guard", "in_to_static_mode", "is_grad_enabled", "no_grad", "no_grad_",
    "set_grad_enabled", "switch_to_static_graph",
]  # fmt: skip

enable_dygraph, disable_dygraph = disable_static, enable_static
enable_imperative, disable_imperative = enable_dygraph, disable_dygraph


def enabled() -> bool:
    """Whether dynamic mode is on."""
    return not Mode.static


def in_to_static_mode() -> bool:
    """False: no function is being turned into a graph."""
    return False


in_declarative_mode = in_sot_simulation_mode = in_to_static_mode


@contextmanager
def guard(place: Any = None) -> Iterator[None]:
    """A block in dynamic mode, with names counted from 0. Raises ValueError for a place that is not the CPU."""
    check_place(place)
    with switched(False), unique_name.guard():
        yield


def switch_to_static_graph(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function that runs in static mode."""

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        with switched(True):
            return func(*args, **kwargs)

    return call


__getattr__ = getter(__name__)


def no_grad(func: Any = None) -> Any:
    """A block in which nothing is recorded, or `func` as it runs in one."""
    return no_grad_() if func is None else no_grad_()(func)
