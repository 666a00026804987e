"""Hooks of modules: of one, and those that all modules share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from plait.layers.hooks import Hooks, keep
from plait.torch.utils.hooks import RemovableHandle

__all__: list[str] = []

#: The tables of hooks that each module keeps.
TABLES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_put = object.__setattr__


class Everywhere:
    """The hooks that all modules share; `full` says which of the two kinds the backward hooks are."""

    def __init__(self) -> None:
        self.register: dict[str, Hooks] = {"parameter": OrderedDict(), "buffer": OrderedDict(), "module": OrderedDict()}
        self.forward_pre: Hooks = OrderedDict()
        self.forward: Hooks = OrderedDict()
        self.forward_kwargs: Hooks = OrderedDict()
        self.forward_always: Hooks = OrderedDict()
        self.backward_pre: Hooks = OrderedDict()
        self.backward: Hooks = OrderedDict()
        self.full: bool | None = None


everywhere = Everywhere()


def add(hooks: Hooks, hook: Any, *marks: tuple[Hooks, bool], prepend: bool = False) -> RemovableHandle:
    """Keep `hook` in its table; `marks` are further tables that note something of it."""
    handle = RemovableHandle(hooks, extra_dict=[mark for mark, _ in marks])
    keep(handle.id, hooks, hook, marks, prepend)
    return handle


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever any module gets a buffer; what it returns, if anything, is kept."""
    return add(everywhere.register["buffer"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, child)` whenever any module gets a child; what it returns, if anything, is kept."""
    return add(everywhere.register["module"], hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` whenever any module gets a parameter."""
    return add(everywhere.register["parameter"], hook)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, inputs)` before every module's forward."""
    Hooked._hooked = True
    return add(everywhere.forward_pre, hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, inputs, output)` after every module's forward."""
    Hooked._hooked = True
    return add(
        everywhere.forward, hook, (everywhere.forward_kwargs, with_kwargs), (everywhere.forward_always, always_call)
    )


MIXED = "Cannot use both regular backward hooks and full backward hooks {}. Please use only one of them."


def _register_backward_everywhere(hook: Callable[..., Any], full: bool) -> RemovableHandle:
    if everywhere.full is (not full):
        raise RuntimeError(MIXED.format("as a global Module hook"))
    Hooked._hooked = True
    everywhere.full = full
    return add(everywhere.backward, hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """The old kind of backward hook, on every module."""
    return _register_backward_everywhere(hook, False)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` before every module's backward."""
    Hooked._hooked = True
    return add(everywhere.backward_pre, hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after every module's backward."""
    return _register_backward_everywhere(hook, True)


class WrappedHook:
    """A state-dict hook that may want its module first; holds it weakly, and pickles."""

    def __init__(self, hook: Callable[..., Any], module: Any = None) -> None:
        import weakref

        self.hook = hook
        self.__name__ = getattr(hook, "__name__", type(hook).__name__)
        self.with_module = module is not None
        self.module: Any = weakref.ref(module) if module is not None else None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.with_module:
            return self.hook(*args, **kwargs)
        module = self.module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        return {"hook": self.hook, "module": self.module() if self.with_module else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["hook"], state["module"])  # type: ignore[misc]


class Hooked:
    """The part of Module that registers hooks; `_calls.py` calls them."""

    _hooked = False  # becomes true, for good, when a hook is registered that a call must look at
    _is_full_backward_hook: bool | None
    _backward_pre_hooks: Hooks
    _backward_hooks: Hooks
    _forward_hooks: Hooks
    _forward_hooks_with_kwargs: Hooks
    _forward_hooks_always_called: Hooks
    _forward_pre_hooks: Hooks
    _forward_pre_hooks_with_kwargs: Hooks
    _state_dict_hooks: Hooks
    _state_dict_pre_hooks: Hooks
    _load_state_dict_pre_hooks: Hooks
    _load_state_dict_post_hooks: Hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each forward (`(module, args, kwargs)` if `with_kwargs`); it may replace them."""
        _put(self, "_hooked", True)
        mark = (self._forward_pre_hooks_with_kwargs, with_kwargs)
        return add(self._forward_pre_hooks, hook, mark, prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each forward; it may return another output.

        `with_kwargs`: `hook(module, args, kwargs, output)`. `always_call`: also when forward raised.
        """
        _put(self, "_hooked", True)
        marks = (self._forward_hooks_with_kwargs, with_kwargs), (self._forward_hooks_always_called, always_call)
        return add(self._forward_hooks, hook, *marks, prepend=prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the output's gradient is known; it may return another one."""
        _put(self, "_hooked", True)
        return add(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the inputs' gradients are known; it may return others."""
        self._set_backward_kind(True)
        return add(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The old kind, which sees the last operation's gradients only."""
        self._set_backward_kind(False)
        return add(self._backward_hooks, hook)

    def _set_backward_kind(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(MIXED.format("on a single Module"))
        self._is_full_backward_hook = full
        _put(self, "_hooked", True)
