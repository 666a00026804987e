"""torch.jit: the marks that modules carry for it, which change nothing here. There is no TorchScript: compiling and tracing are refused."""

from __future__ import annotations

from typing import Any, Final

from plait.torch._absent import getter

__all__ = [
    "Final", "annotate", "export", "ignore", "interface", "is_scripting", "is_tracing", "script", "script_if_tracing", "trace", "unused",
]  # fmt: skip


def export(fn: Any) -> Any:
    """Marks a method for TorchScript; returns it."""
    return fn


unused = interface = script_if_tracing = export


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Marks a method that TorchScript leaves alone; with or without arguments."""
    return drop if callable(drop) else export


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


def is_scripting() -> bool:
    """False: there is no TorchScript."""
    return False


def is_tracing() -> bool:
    """False: there is no TorchScript."""
    return False


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """NotImplementedError: TorchScript is out of scope."""
    raise NotImplementedError(
        "torch.jit.script is not part of plait: modules run as they are; see plait coverage torch"
    )


def trace(func: Any, *args: Any, **kwargs: Any) -> Any:
    """NotImplementedError: TorchScript is out of scope."""
    raise NotImplementedError("torch.jit.trace is not part of plait: modules run as they are; see plait coverage torch")


__getattr__ = getter(__name__)
