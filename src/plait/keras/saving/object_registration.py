"""The program's own classes and functions, by the names that configs know them by."""

from __future__ import annotations

import inspect
from typing import Any

GLOBAL_CUSTOM_OBJECTS: dict[str, Any] = {}
GLOBAL_CUSTOM_NAMES: dict[Any, str] = {}
_SCOPES: list[dict[str, Any]] = []


class CustomObjectScope:
    """A block in which configs may name the given objects.

    >>> with CustomObjectScope({"double": lambda x: 2 * x}):
    ...     get_registered_object("double")(4)
    8
    """

    def __init__(self, custom_objects: dict[str, Any] | None) -> None:
        self.custom_objects = custom_objects or {}

    def __enter__(self) -> CustomObjectScope:
        _SCOPES.append({**scoped(), **self.custom_objects})
        return self

    def __exit__(self, *_: object) -> None:
        _SCOPES.pop()


custom_object_scope = CustomObjectScope


def scoped() -> dict[str, Any]:
    """What the scopes around give."""
    return _SCOPES[-1] if _SCOPES else {}


def get_custom_objects() -> dict[str, Any]:
    """The registered objects by name; it may be changed."""
    return GLOBAL_CUSTOM_OBJECTS


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Any:
    """Decorator: configs know the class or function as `package>name`."""

    def decorator(target: Any) -> Any:
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ValueError("Cannot register a class that does not have a get_config() method.")
        registered = f"{package}>{name if name is not None else target.__name__}"
        GLOBAL_CUSTOM_OBJECTS[registered] = target
        GLOBAL_CUSTOM_NAMES[target] = registered
        return target

    return decorator


def get_registered_name(obj: Any) -> str:
    """The name that `obj` was registered under, or its own."""
    try:
        return GLOBAL_CUSTOM_NAMES[obj]
    except (KeyError, TypeError):
        return obj.__name__


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """What goes by `name`: in a scope, registered, in `custom_objects`, in `module_objects`; else None."""
    for found in (scoped(), GLOBAL_CUSTOM_OBJECTS, custom_objects, module_objects):
        if found and name in found:
            return found[name]
    return None
