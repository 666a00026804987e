"""A layer's state: collecting it, and loading it with a word on all that does not fit."""

from __future__ import annotations

import inspect
import warnings
from collections import OrderedDict
from typing import Any

from plait.layers.hooks import LoadedKeys

__all__: list[str] = []


class IncompatibleKeys(LoadedKeys):
    """What `load_state_dict` returns."""

    __slots__ = ()


class Stateful:
    """The part of Layer that gives and takes its state."""

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """All parameters and persistable buffers as an OrderedDict path -> tensor (the tensors themselves).

        Called as `(destination, include_sublayers, structured_name_prefix, use_hook, keep_vars)`, or, with a prefix (a string in second
        place, or by keyword), as `(destination, prefix, keep_vars)`.
        """
        if (len(args) >= 2 and isinstance(args[1], str)) or "prefix" in kwargs:
            for name, value in zip(("destination", "prefix", "keep_vars"), args, strict=False):
                if name in kwargs:
                    raise TypeError(f"got multiple values for argument '{name}'")
                kwargs[name] = value
            return collect(
                self,
                kwargs.get("destination"),
                structured_name_prefix=kwargs.get("prefix", ""),
                keep_vars=kwargs.get("keep_vars", False),
            )
        return collect(self, *args, **kwargs)

    def to_static_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """`state_dict` with the buffers that are not persistable too."""
        return collect(self, *args, **{**kwargs, "include_non_persistable_buffer": True})

    def set_state_dict(self, state_dict: Any, use_structured_name: bool = True) -> tuple[list[str], list[str]]:
        """Copy tensors (or arrays) in by path, or by the parameters' names; returns (missing keys, unexpected keys) and warns of each."""
        return load(self, state_dict, use_structured_name)

    set_dict = load_dict = set_state_dict

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """`set_state_dict`; with `strict` RuntimeError for keys that are missing or unexpected."""
        return load_strictly(self, state_dict, strict)


def collect(
    layer: Any,
    destination: Any = None,
    include_sublayers: bool = True,
    structured_name_prefix: str = "",
    use_hook: bool = True,
    keep_vars: bool = True,
    include_non_persistable_buffer: bool = False,
) -> Any:
    """Parameters, then buffers, then the layers below, as path -> tensor."""
    if destination is None:
        destination = OrderedDict()
    kept = (
        layer._parameters.items(),
        (
            (name, b)
            for name, b in layer._buffers.items()
            if include_non_persistable_buffer or name not in layer._non_persistable_buffer_names_set
        ),
    )
    for table in kept:
        for name, value in table:
            if value is not None:
                destination[structured_name_prefix + name] = value if keep_vars else value.detach()
    if include_sublayers:
        for name, child in layer._sub_layers.items():
            if child is not None:
                prefix = f"{structured_name_prefix}{name}."
                collect(child, destination, True, prefix, use_hook, keep_vars, include_non_persistable_buffer)
    if use_hook:
        for hook in layer._state_dict_hooks.values():
            got = hook(destination)
            if got is not None:
                destination = got
    return destination


def _fits(key: str, param: Any, state: Any) -> str | None:
    if state is None:
        return f"{key} is not found in the provided dict."
    if isinstance(state, (dict, list)):
        if len(state) != len(param):
            return f"{key} receives the length of {len(state)}, but the expected shape is {len(param)}"
        return None
    shape = state.shape() if inspect.ismethod(state.shape) else state.shape
    if list(shape) != list(param.shape):
        return f"{key} receives a shape {list(shape)}, but the expected shape is {list(param.shape)}."
    return None


def load(layer: Any, state: Any, by_path: bool) -> tuple[list[str], list[str]]:
    """All of `state` that fits, by path or by name."""
    missing: list[str] = []
    matched: list[tuple[str, Any, Any]] = []
    for path, param in collect(layer, use_hook=False).items():
        key = path if by_path else param.name
        given = state.get(key, None)
        wrong = _fits(key, param, given)
        if wrong is None:
            matched.append((key, param, given))
        else:
            missing.append(key)
            warnings.warn(f"Skip loading for {path}. {wrong}", stacklevel=4)
    taken = {key for key, _, _ in matched}
    for _, param, given in matched:
        param.set_value(given)
    return missing, [key for key in state if key not in taken]


def load_strictly(layer: Any, state: Any, strict: bool) -> IncompatibleKeys:
    """`load`, and RuntimeError for what is missing or unexpected."""
    missing, unexpected = load(layer, state, True)
    if strict and (missing or unexpected):
        told = [
            f"{title} key(s) in state_dict: {', '.join(f'{chr(34)}{key}{chr(34)}' for key in keys)}. "
            for title, keys in (("Missing", missing), ("Unexpected", unexpected))
            if keys
        ]
        raise RuntimeError(f"Error(s) in loading state_dict for {type(layer).__name__}:\n\t" + "\n\t".join(told))
    return IncompatibleKeys(missing, unexpected)
