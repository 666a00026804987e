"""functional_call: a module with other parameters, for one call."""

from __future__ import annotations

from typing import Any

from plait.torch.nn.modules.module import Module

__all__ = ["functional_call"]


def _places(module: Module) -> dict[str, tuple[dict[str, Any], str]]:
    """Where each parameter and buffer lies: path to (table, name)."""
    found = {}
    for path, owner in module.named_modules(remove_duplicate=False):
        for table in (owner._parameters, owner._buffers):
            for name in table:
                found[f"{path}.{name}" if path else name] = (table, name)
    return found


def functional_call(
    module: Module,
    parameters_and_buffers: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with the given tensors (by path) in place of its own.

    `tie_weights`: tensors that are one in the module stay one. `strict`: every path must be given.
    """
    given: dict[str, Any] = {}
    for part in (
        parameters_and_buffers if isinstance(parameters_and_buffers, (tuple, list)) else (parameters_and_buffers,)
    ):
        given.update(part)
    places = _places(module)
    if strict:
        wrong = [
            f"{what} key(s): {', '.join(map(repr, keys))}."
            for what, keys in (
                ("Unexpected", [k for k in given if k not in places]),
                ("Missing", [k for k, (table, name) in places.items() if table[name] is not None and k not in given]),
            )
            if keys
        ]
        if wrong:
            told = "\n\t".join(wrong)
            raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{told}")
    for key in given:
        if key not in places:
            raise KeyError(key)
    swaps = dict(given)
    if tie_weights:
        owners: dict[int, list[str]] = {}
        for key, (table, name) in places.items():
            if table[name] is not None:
                owners.setdefault(id(table[name]), []).append(key)
        for tied in owners.values():
            values = {id(given[key]): given[key] for key in tied if key in given}
            if len(values) > 1:
                raise ValueError(
                    f"functional_call got multiple values for keys {sorted(tied)}, which are tied. "
                    "Consider using tie_weights=False"
                )
            for value in values.values():
                for key in tied:
                    swaps[key] = value
    before = [(table, name, table[name]) for table, name in (places[key] for key in swaps)]
    for key, value in swaps.items():
        table, name = places[key]
        table[name] = value
    try:
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        for (table, name, value), key in zip(before, swaps, strict=True):
            if key in given and table is places[key][0]:
                given[key] = table[name]
            table[name] = value
        if isinstance(parameters_and_buffers, dict):
            parameters_and_buffers.update(given)
