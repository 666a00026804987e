"""Loading a state_dict into a tree of modules, and telling all that does not fit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from plait.autograd import no_grad
from plait.ops.shape import reshape
from plait.torch._tensor import Tensor
from plait.torch.nn.modules._state import EXTRA_STATE
from plait.torch.nn.modules.module import _IncompatibleKeys
from plait.torch.nn.parameter import Parameter

__all__: list[str] = []


def _is_lazy(tensor: Any) -> bool:
    return getattr(tensor, "_uninitialized", False)


def _misfit(key: str, own: Any, given: Any) -> str | None:
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(given)}"
        )
    if not _is_lazy(own) and given.shape != own.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, "
            f"the shape in current model is {own.shape}."
        )
    return None


def _take(module: Any, name: str, own: Any, given: Any, assign: bool) -> None:
    with no_grad():
        if not assign:
            own.copy_(given)
            return
        if isinstance(own, Parameter):
            if isinstance(given, Parameter):
                given.requires_grad_(own.requires_grad)
            else:
                given = Parameter(given, requires_grad=own.requires_grad)
        setattr(module, name, given)


def load_own(
    module: Any,
    state_dict: Any,
    prefix: str,
    local_metadata: dict[str, Any],
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """One module's own tensors and extra state."""
    own_state = dict(module._persistent_state())
    assign = local_metadata.get("assign_to_params_buffers", False)
    for name, own in own_state.items():
        key = prefix + name
        if key not in state_dict:
            if strict:
                missing_keys.append(key)
            continue
        given: Any = state_dict[key]
        if isinstance(given, Tensor) and not _is_lazy(own) and own.dim() == 0 and tuple(given.shape) == (1,):
            given = reshape(given, ())  # files from before there were scalars
        wrong = _misfit(key, own, given)
        if wrong is not None:
            error_msgs.append(wrong)
            continue
        try:
            _take(module, name, own, given, assign)
        except Exception as error:
            error_msgs.append(
                f'While copying the parameter named "{key}", whose dimensions in the model are {own.size()} and whose '
                f"dimensions in the checkpoint are {given.size()}, an exception occurred : {error.args}."
            )
    extra = prefix + EXTRA_STATE
    if module._has_extra("set_extra_state"):
        if extra in state_dict:
            module.set_extra_state(state_dict[extra])
        elif strict:
            missing_keys.append(extra)
    elif strict and extra in state_dict:
        unexpected_keys.append(extra)
    if not strict:
        return
    for key in state_dict:
        if key.startswith(prefix) and key != extra:
            head, _, _rest = key[len(prefix) :].partition(".")
            known = module._modules if "." in key[len(prefix) :] else own_state
            if head not in known:
                unexpected_keys.append(key)


def load(root: Any, state_dict: Any, strict: bool, assign: bool) -> _IncompatibleKeys:
    """All of `state_dict` into the tree at `root`."""
    missing: list[str] = []
    unexpected: list[str] = []
    errors: list[str] = []
    metadata = getattr(state_dict, "_metadata", None)
    whole: Any = OrderedDict(state_dict)
    if metadata is not None:
        whole._metadata = metadata

    def visit(module: Any, part: Any, prefix: str) -> None:
        local = {} if metadata is None else metadata.get(prefix[:-1], {})
        if assign:
            local["assign_to_params_buffers"] = assign
        module._load_from_state_dict(part, prefix, local, True, missing, unexpected, errors)
        for name, child in module._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                visit(child, {k: v for k, v in part.items() if k.startswith(below)}, below)
        keys = _IncompatibleKeys(missing, unexpected)
        for hook in module._load_state_dict_post_hooks.values():
            if hook(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, "
                    "if incompatible_keys need to be modified, it should be done inplace."
                )

    visit(root, whole, "")
    if strict:
        for title, keys in (("Unexpected", unexpected), ("Missing", missing)):
            if keys:
                told = ", ".join(f'"{key}"' for key in keys)
                errors.insert(0, f"{title} key(s) in state_dict: {told}. ")
    if errors:
        told = "\n\t".join(errors)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(root).__name__}:\n\t{told}")
    return _IncompatibleKeys(missing, unexpected)
