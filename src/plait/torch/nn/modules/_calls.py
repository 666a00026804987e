"""Calling a module that has hooks: the slow way round, which a module without hooks never goes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plait.autograd import FunctionNode, grad_enabled
from plait.layers.hooks import before
from plait.tensor import make
from plait.torch._tensor import Tensor
from plait.torch.nn.modules._hooks import Hooked, WrappedHook, everywhere
from plait.torch.nn.modules.module import Module

__all__: list[str] = []

Grads = Sequence[Any]


def _gate(values: Sequence[Any], call: Callable[[Grads], Any]) -> tuple[list[Any], list[int] | None]:
    """`values` with their tensors passed through a node whose backward is `call`; which they are, None if none tracks."""
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[i] for i in places]
    if not grad_enabled() or not any(t.requires_grad for t in tensors):
        return list(values), None
    node = FunctionNode("BackwardHookFunctionBackward", tensors[0].face, tensors, call)
    node.outputs = len(tensors)
    out = list(values)
    for k, (i, t) in enumerate(zip(places, tensors, strict=True)):
        passed = make(t.face, t.array, node if t.tracks else None, k)
        passed.versions = t.versions
        out[i] = passed
    return out, places


class _BackwardHook:
    """Links the gradients at a module's outputs with those at its inputs, and calls the user's hooks with both."""

    def __init__(self, module: Module, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: Any = None
        self.inputs: list[int] | None = None
        self.outputs: list[int] | None = None
        self.kinds: list[Any] = []
        self.n_inputs = 0
        self.n_outputs = 0

    @staticmethod
    def _pack(places: list[int], grads: Grads, size: int) -> Grads:
        packed: list[Any] = [None] * size
        for i, g in zip(places, grads, strict=True):
            packed[i] = g
        return tuple(packed)

    def at_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        out, self.inputs = _gate(args, self._inputs_known)
        self.kinds = [(a.face, a.array.shape, a.array.dtype) for a in args if isinstance(a, Tensor)]
        self.n_inputs = len(args)
        return tuple(out)

    def at_outputs(self, result: Any) -> Any:
        many = isinstance(result, tuple)
        values = result if many else (result,)
        out, self.outputs = _gate(values, self._outputs_known)
        self.n_outputs = len(values)
        if not many:
            return out[0]
        return tuple(out) if type(result) is tuple else type(result)(*out)

    def _inputs_known(self, grads: Grads) -> Grads:
        grads = tuple(
            face.wrap(np.zeros(shape, dtype)) if g is None else g
            for g, (face, shape, dtype) in zip(grads, self.kinds, strict=True)
        )
        if self.grad_outputs is None or self.inputs is None:
            return grads
        known = self._pack(self.inputs, grads, self.n_inputs)
        for hook in self.hooks:
            out = hook(self.module, known, self.grad_outputs)
            if out is None:
                continue
            if not isinstance(out, tuple):
                out = (out,)
            if len(out) != len(known):
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(out)}, but expected {len(known)}"
                )
            known = out
        self.grad_outputs = None
        return tuple(known[i] for i in self.inputs)

    def _outputs_known(self, grads: Grads) -> Grads:
        assert self.outputs is not None
        known = self._pack(self.outputs, grads, self.n_outputs)
        for hook in self.pre_hooks:
            out = hook(self.module, known)
            if out is None:
                continue
            if not isinstance(out, tuple):
                out = (out,)
            if len(out) != len(known):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(out)}, but expected {len(known)}"
                )
            known = out
        self.grad_outputs = known
        if self.inputs is None:
            self._without_inputs()
        return tuple(known[i] for i in self.outputs)

    def _without_inputs(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
            "#torch.nn.Module.register_full_backward_hook for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            out = hook(self.module, (None,) * self.n_inputs, self.grad_outputs)
            if out is not None and not (isinstance(out, tuple) and all(g is None for g in out)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.grad_outputs = None


def _first_tensor(value: Any) -> Any:
    while not isinstance(value, Tensor):
        if isinstance(value, dict):
            value = next(v for v in value.values() if isinstance(v, Tensor))
        else:
            value = value[0]
    return value


def _old_backward_hooks(module: Module, result: Any, hooks: list[Any]) -> None:
    grad_fn = _first_tensor(result).grad_fn
    if grad_fn is None:
        return
    for hook in hooks:
        grad_fn.register_hook(WrappedHook(hook, module))


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`module.forward(*args, **kwargs)` between its hooks and those of every module."""
    shared = everywhere.forward_pre or everywhere.forward or everywhere.backward_pre or everywhere.backward
    if not shared:
        Hooked._hooked = False  # all were removed: calls are fast again
    own = module._forward_pre_hooks or module._forward_hooks or module._backward_pre_hooks or module._backward_hooks
    if not own:
        module.__dict__.pop("_hooked", None)
        if not shared:
            return module.forward(*args, **kwargs)
    full: list[Any] = []
    old: list[Any] = []
    for hooks, is_full in (
        (everywhere.backward, everywhere.full),
        (module._backward_hooks, module._is_full_backward_hook),
    ):
        (full if is_full else old).extend(hooks.values())
    pre = [*everywhere.backward_pre.values(), *module._backward_pre_hooks.values()]
    called: set[int] = set()
    result = None
    try:
        hooks_before = (*everywhere.forward_pre.items(), *module._forward_pre_hooks.items())
        args, kwargs = before(module, hooks_before, module._forward_pre_hooks_with_kwargs, args, kwargs)
        link = _BackwardHook(module, full, pre) if full or pre else None
        if link is not None:
            args = link.at_inputs(args)
            versions = [a.versions[0] if isinstance(a, Tensor) and a.versions else 0 for a in args]
        result = module.forward(*args, **kwargs)
        if link is not None and link.inputs is not None:
            for k, i in enumerate(link.inputs):
                if args[i].tracks and args[i].versions[0] != versions[i]:
                    raise RuntimeError(
                        f"Output {k} of BackwardHookFunctionBackward is a view and is being modified inplace. This view was "
                        "created inside a custom Function (or because an input was returned as-is) and the autograd logic "
                        "to handle view+inplace would override the custom backward associated with the custom Function, "
                        "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output "
                        "of the custom Function."
                    )
        for key, hook in (*everywhere.forward.items(), *module._forward_hooks.items()):
            if key in module._forward_hooks_always_called or key in everywhere.forward_always:
                called.add(key)
            if key in module._forward_hooks_with_kwargs or key in everywhere.forward_kwargs:
                changed = hook(module, args, kwargs, result)
            else:
                changed = hook(module, args, result)
            if changed is not None:
                result = changed
        if link is not None:
            if not isinstance(result, (Tensor, tuple)):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                    f"{type(result)}",
                    stacklevel=3,
                )
            result = link.at_outputs(result)
        if old:
            _old_backward_hooks(module, result, old)
        return result
    except Exception:
        _after_failure(module, args, kwargs, result, called)
        raise


def _after_failure(module: Module, args: Any, kwargs: Any, result: Any, called: set[int]) -> None:
    """The hooks that are always called, where an error kept them from it."""
    for where, hooks, always, with_kwargs in (
        ("global module", everywhere.forward, everywhere.forward_always, everywhere.forward_kwargs),
        ("module", module._forward_hooks, module._forward_hooks_always_called, module._forward_hooks_with_kwargs),
    ):
        for key, hook in hooks.items():
            if key not in always or key in called:
                continue
            try:
                changed = hook(module, args, kwargs, result) if key in with_kwargs else hook(module, args, result)
                if changed is not None:
                    result = changed
            except Exception as error:
                warnings.warn(
                    f"{where} forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {error}",
                    stacklevel=3,
                )
