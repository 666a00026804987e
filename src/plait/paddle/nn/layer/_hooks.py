"""Hooks of a layer: keeping them, taking them out, and the call of a layer that has some."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

from plait.layers.hooks import Hooks, before, keep

__all__: list[str] = []

#: The tables of hooks that each layer keeps.
TABLES = (
    "_forward_pre_hooks",
    "_forward_post_hooks",
    "_forward_pre_hooks_with_kwargs_flag",
    "_forward_post_hooks_with_kwargs_flag",
    "_forward_post_hooks_always_called",
    "_state_dict_hooks",
)


class HookRemoveHelper:
    """What registering a hook returns: `remove()` takes it out."""

    next_hook_id = 0

    def __init__(self, hooks: Hooks, *, extra_hook_dict: Any = None) -> None:
        self._hook_id = HookRemoveHelper.next_hook_id
        HookRemoveHelper.next_hook_id += 1
        tables = [hooks, *(extra_hook_dict or ())]
        self._tables = [weakref.ref(t) for t in tables]

    def remove(self) -> None:
        """Take the hook out."""
        for ref in self._tables:
            table = ref()
            if table is not None:
                table.pop(self._hook_id, None)


def _add(hooks: Hooks, hook: Any, prepend: bool, *marks: tuple[Hooks, bool]) -> HookRemoveHelper:
    helper = HookRemoveHelper(hooks, extra_hook_dict=[table for table, _ in marks])
    keep(helper._hook_id, hooks, hook, marks, prepend)
    return helper


class Hooked:
    """The part of Layer that registers hooks."""

    _forward_pre_hooks: Hooks
    _forward_post_hooks: Hooks
    _forward_pre_hooks_with_kwargs_flag: Hooks
    _forward_post_hooks_with_kwargs_flag: Hooks
    _forward_post_hooks_always_called: Hooks
    _state_dict_hooks: Hooks

    def register_forward_post_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> HookRemoveHelper:
        """Call `hook(layer, inputs, output)` after every forward; what it returns, if anything, is the output."""
        return _add(
            self._forward_post_hooks,
            hook,
            prepend,
            (self._forward_post_hooks_with_kwargs_flag, with_kwargs),
            (self._forward_post_hooks_always_called, always_call),
        )

    register_forward_hook = register_forward_post_hook

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookRemoveHelper:
        """Call `hook(layer, inputs)` before every forward; what it returns, if anything, are the inputs."""
        return _add(self._forward_pre_hooks, hook, prepend, (self._forward_pre_hooks_with_kwargs_flag, with_kwargs))

    def register_state_dict_hook(self, hook: Callable[..., Any]) -> HookRemoveHelper:
        """Call `hook(state)` at the end of `state_dict`; what it returns, if anything, is the state."""
        return _add(self._state_dict_hooks, hook, False)


def call_with_hooks(layer: Any, inputs: Any, kwargs: Any) -> Any:
    """The hooks before, the forward, the hooks after; after an error those that are always called."""
    outputs: Any = None
    called: set[int] = set()

    def after(number: int, hook: Any) -> Any:
        called.add(number)
        if number in layer._forward_post_hooks_with_kwargs_flag:
            return hook(layer, inputs, kwargs, outputs)
        return hook(layer, inputs, outputs)

    try:
        first = list(layer._forward_pre_hooks.items())
        inputs, kwargs = before(layer, first, layer._forward_pre_hooks_with_kwargs_flag, inputs, kwargs)
        if not layer._built:
            layer._build_once(*inputs, **kwargs)
            layer._built = True
        outputs = layer.forward(*inputs, **kwargs)
        for number, hook in list(layer._forward_post_hooks.items()):
            got = after(number, hook)
            if got is not None:
                outputs = got
        return outputs
    except Exception:
        for number, hook in list(layer._forward_post_hooks.items()):
            if number in layer._forward_post_hooks_always_called and number not in called:
                try:
                    after(number, hook)
                except Exception as error:
                    warnings.warn(
                        "forward hook with ``always_call=True`` raised an exception that was silenced as another error was raised in "
                        f"forward: {error}",
                        stacklevel=3,
                    )
        raise
