"""What families of named things share: `get`, `serialize` and `deserialize` over a table of names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def table(classes: Any, names: dict[str, Any] | None = None) -> dict[str, Any]:
    """Classes by their names, in snake case too, and by further names."""
    from plait.keras._naming import to_snake_case

    found = {c.__name__: c for c in classes}
    found.update({to_snake_case(c.__name__): c for c in classes})
    return {**found, **(names or {})}


def serialize(thing: Any) -> Any:
    """The config of a thing, with its class."""
    from plait.keras.saving import serialization_lib

    return serialization_lib.serialize_keras_object(thing)


def deserialize(config: Any, objects: dict[str, Any], custom_objects: Any = None) -> Any:
    """The thing that a config or a name stands for."""
    from plait.keras.saving import serialization_lib

    return serialization_lib.deserialize_keras_object(config, module_objects=objects, custom_objects=custom_objects)


def find(identifier: Any, objects: dict[str, Any], kind: str) -> Any:
    """What a name, a config, a class or a callable stands for; None for None, ValueError for what is no `kind`."""
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        found = deserialize(identifier, objects)
    else:
        found = objects.get(identifier) if isinstance(identifier, str) else identifier
    return made(found, identifier, kind)


def made(found: Any, identifier: Any, kind: str) -> Callable[..., Any]:
    """`found` if it can be called, an instance of it if it is a class; ValueError else."""
    if isinstance(found, type):
        found = found()
    if callable(found):
        return found
    raise ValueError(f"Could not interpret {kind} identifier: {identifier}")
