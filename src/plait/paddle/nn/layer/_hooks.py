"""Hooks of a layer: keeping them, taking them out, and the call of a layer that has some."""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from typing import Any

__all__: list[str] = []

Hooks = OrderedDict[int, Any]


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


def add_hook(hooks: Hooks, hook: Any, prepend: bool, *marks: tuple[Hooks, bool]) -> HookRemoveHelper:
    """Keep `hook` in its table, first or last; `marks` are further tables that note something of it."""
    helper = HookRemoveHelper(hooks, extra_hook_dict=[table for table, _ in marks])
    hooks[helper._hook_id] = hook
    for table, wanted in marks:
        if wanted:
            table[helper._hook_id] = True
    if prepend:
        hooks.move_to_end(helper._hook_id, last=False)
    return helper


def _before(layer: Any, inputs: Any, kwargs: Any) -> tuple[Any, Any]:
    for number, hook in list(layer._forward_pre_hooks.items()):
        if number in layer._forward_pre_hooks_with_kwargs_flag:
            got = hook(layer, inputs, kwargs)
            if got is not None:
                if not (isinstance(got, tuple) and len(got) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {got}."
                    )
                inputs, kwargs = got
        else:
            got = hook(layer, inputs)
            if got is not None:
                inputs = got if isinstance(got, tuple) else (got,)
    return inputs, kwargs


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
        inputs, kwargs = _before(layer, inputs, kwargs)
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
