"""Optimizers: how variables follow their gradients."""

from __future__ import annotations

from typing import Any

from plait.keras._lazy import getter as _getter
from plait.keras.optimizers import schedules
from plait.keras.optimizers.base_optimizer import Optimizer
from plait.keras.optimizers.rows import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lamb, Lion, Nadam, RMSprop

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lamb",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


#: Optimizers by their names in lower case.
ALL_OBJECTS_DICT: dict[str, Any] = {
    cls.__name__.lower(): cls
    for cls in (SGD, Adadelta, Adagrad, Adam, AdamW, Adamax, Lamb, Lion, Nadam, RMSprop, Optimizer)
}


def serialize(optimizer: Any) -> Any:
    """An optimizer as a config."""
    from plait.keras.saving.serialization_lib import serialize_keras_object

    return serialize_keras_object(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that a config describes; names of classes are taken in any case."""
    from plait.keras.saving.serialization_lib import deserialize_keras_object

    if config["class_name"].lower() in ALL_OBJECTS_DICT:
        config["class_name"] = config["class_name"].lower()
    return deserialize_keras_object(config, module_objects=ALL_OBJECTS_DICT, custom_objects=custom_objects)


def get(identifier: Any) -> Any:
    """An optimizer by its name, its config or itself; None for None, ValueError for what is no optimizer.

    >>> get("adam").beta_1
    0.9
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = deserialize({"class_name": identifier, "config": {}})
    else:
        found = identifier
    if isinstance(found, Optimizer):
        return found
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")


__getattr__ = _getter(__name__, {})
