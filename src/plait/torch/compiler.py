"""torch.compile and torch.compiler: what upstream compiles computes the same, and here runs as it is."""

from __future__ import annotations

from typing import Any

from plait.torch._absent import getter
from plait.torch.nn.modules.module import Module

__all__ = ["OptimizedModule", "allow_in_graph", "compile", "disable", "is_compiling", "is_dynamo_compiling", "reset"]


class OptimizedModule(Module):
    """What `torch.compile` makes of a module: it runs `_orig_mod`, which attributes come from; state keys begin with "_orig_mod."."""

    __module__ = "torch._dynamo.eval_frame"

    def __init__(self, mod: Module) -> None:
        super().__init__()
        self._orig_mod = mod
        self.training = mod.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self._orig_mod(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._orig_mod, name)


def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "inductor",
    mode: str | None = None,
    options: Any = None,
    disable: bool = False,
) -> Any:
    """A module that runs `model`, or the function itself; without `model`, a decorator."""
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if model is None:
        return lambda fn: compile(
            fn, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode, options=options, disable=disable
        )
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    return OptimizedModule(model) if isinstance(model, Module) and not disable else model


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Marks what must not be compiled; returns it, or a decorator."""
    return fn if fn is not None else lambda f: f


def allow_in_graph(fn: Any) -> Any:
    """Marks what may be compiled; returns it."""
    return fn


def is_compiling() -> bool:
    """False: nothing is compiled."""
    return False


def is_dynamo_compiling() -> bool:
    """False: nothing is compiled."""
    return False


def reset() -> None:
    """Does nothing: there is no cache."""


__getattr__ = getter(__name__)
