"""no_grad and its kin: the modes of plait.modes with upstream's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.modes import ModeBlock
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["enable_grad", "inference_mode", "no_grad", "set_grad_enabled"]


class _NoParamDecoratorContextManager(ModeBlock):
    """A mode without settings: `@torch.no_grad` decorates as `@torch.no_grad()` does."""

    def __new__(cls, orig_func: Any = None) -> Any:
        self = object.__new__(cls)
        if orig_func is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(orig_func)

    def clone(self) -> Any:
        return type(self)()


class no_grad(_NoParamDecoratorContextManager):
    """A block (or decorated function) in which nothing is recorded."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, orig_func: Any = None) -> None:
        super().__init__(False)


class enable_grad(_NoParamDecoratorContextManager):
    """A block (or decorated function) in which operations are recorded."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, orig_func: Any = None) -> None:
        super().__init__(True)


class set_grad_enabled(ModeBlock):
    """Record, or do not, from now on; as a context manager, for a block."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self.prev = MODE.grad
        self.mode = mode
        MODE.grad = bool(mode)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        MODE.grad = self.prev
        return super().__call__(function)

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        MODE.grad = self.prev

    def clone(self) -> set_grad_enabled:
        """A fresh one with the same setting."""
        return type(self)(self.mode)


class inference_mode(ModeBlock):
    """A block (or decorated function) whose tensors never meet the tape."""

    __module__ = "torch.autograd.grad_mode"

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if isinstance(mode, bool):
            return self
        self.__init__()  # type: ignore[misc]
        return self(mode)

    def __init__(self, mode: Any = True) -> None:
        self.mode = mode if isinstance(mode, bool) else True
        super().__init__(not self.mode, self.mode)

    def clone(self) -> inference_mode:
        """A fresh one with the same setting."""
        return type(self)(self.mode)


def is_grad_enabled() -> bool:
    """Whether operations are recorded now, in this thread."""
    return MODE.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on in this thread."""
    return MODE.inference
