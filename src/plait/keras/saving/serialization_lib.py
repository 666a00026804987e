"""Objects as configs (plain dicts), and back.

Rules of this file: a config is data. The classes that it can name are those of this dialect's modelling families and those that
the program registered or passed as `custom_objects`; a Lambda's code is run only with `safe_mode=False`.
"""

from __future__ import annotations

import inspect
import types
import warnings
from typing import Any

import numpy as np

from plait.keras.saving import _public, object_registration

PLAIN_TYPES = (str, int, float, bool)
BUILTIN_MODULES = ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers")


class SerializableDict:
    """A constructor's arguments, to be serialized when they are asked for."""

    def __init__(self, **config: Any) -> None:
        self.config = config

    def serialize(self) -> Any:
        """The arguments as a config."""
        return serialize_keras_object(self.config)


class _State:
    safe_mode: bool | None = None
    by_id: dict[int, Any] | None = None
    configs: dict[int, Any] | None = None


class SafeModeScope:
    """A block in which `safe_mode` is as given for every config read."""

    def __init__(self, safe_mode: bool | None = True) -> None:
        self.safe_mode = safe_mode

    def __enter__(self) -> None:
        self.before = _State.safe_mode
        _State.safe_mode = self.safe_mode

    def __exit__(self, *_: object) -> None:
        _State.safe_mode = self.before


def enable_unsafe_deserialization() -> None:
    """Let configs run the code of lambdas from now on, for files that are trusted."""
    _State.safe_mode = False


def in_safe_mode() -> bool | None:
    """What a scope or `enable_unsafe_deserialization` said; None where nothing did."""
    return _State.safe_mode


class ObjectSharingScope:
    """A block in which an object met twice is written, and read, as one."""

    def __enter__(self) -> None:
        _State.by_id, _State.configs = {}, {}

    def __exit__(self, *_: object) -> None:
        _State.by_id = _State.configs = None


def _record_config(obj: Any, config: dict[str, Any]) -> None:
    if config["module"] == "__main__":
        config["module"] = None
    if _State.configs is None:
        return
    if id(obj) in _State.configs:
        config["shared_object_id"] = _State.configs[id(obj)]["shared_object_id"] = id(obj)
    else:
        _State.configs[id(obj)] = config


def serialize_keras_object(obj: Any) -> Any:
    """`obj` as plain data from which `deserialize_keras_object` makes its like."""
    from plait.keras._symbolic import KerasTensor
    from plait.tensor import Tensor

    if obj is None or isinstance(obj, PLAIN_TYPES):
        return obj
    if isinstance(obj, (list, tuple)):
        values = [serialize_keras_object(x) for x in obj]
        return tuple(values) if isinstance(obj, tuple) else values
    if isinstance(obj, dict):
        return serialize_dict(obj)
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        bounds = {name: serialize_keras_object(getattr(obj, name)) for name in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": bounds}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, KerasTensor):
        history: Any = getattr(obj, "_keras_history", None)
        if history:
            history = [history.operation.name, *history[1:]]
        config = {"shape": obj.shape, "dtype": obj.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(obj, Tensor):
        dtype = obj.array.dtype.name
        return {"class_name": "__tensor__", "config": {"value": obj.array.tolist(), "dtype": dtype}}
    if isinstance(obj, np.ndarray) and obj.ndim:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, (np.ndarray, np.generic)):
        return obj.item()
    if isinstance(obj, np.dtype):
        return obj.name
    if type(obj).__name__ == "DType":
        return obj.name
    if type(obj).__name__ == "TensorShape":
        return obj.as_list() if obj.rank is not None else None
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        from plait.keras.saving._code import dump

        warnings.warn(
            "The object being serialized includes a `lambda`. This is unsafe. In order to reload the object, you will "
            "have to pass `safe_mode=False` to the loading function. Please use named Python functions instead.",
            stacklevel=2,
        )
        return {"class_name": "__lambda__", "config": {"value": dump(obj)}}
    inner = _config_of(obj)
    cls: Any = type(obj)
    public = _public.name_of(cls) if not isinstance(obj, types.FunctionType) else None
    if public is not None:
        module, name = public.rsplit(".", 1)
        config = {"module": module, "class_name": name, "config": inner, "registered_name": None}
    elif isinstance(obj, types.FunctionType):
        config = {"module": "builtins", "class_name": "function", "config": inner, "registered_name": "function"}
    else:
        registered = object_registration.get_registered_name(cls)
        config = {
            "module": upstream_module(cls),
            "class_name": cls.__name__,
            "config": inner,
            "registered_name": registered,
        }
    for what in ("build", "compile"):
        if hasattr(obj, f"get_{what}_config"):
            extra = getattr(obj, f"get_{what}_config")()
            if extra is not None:
                config[f"{what}_config"] = serialize_dict(extra)
    _record_config(obj, config)
    return config


def upstream_module(symbol: Any) -> str:
    """The module that Keras names for an inner class of its own; any other's own module."""
    module = symbol.__module__
    return "keras.src." + module.removeprefix("plait.keras.") if module.startswith("plait.keras.") else module


def _config_of(obj: Any) -> Any:
    if isinstance(obj, types.FunctionType):
        return object_registration.get_registered_name(obj)
    if hasattr(obj, "get_config"):
        config = obj.get_config()
        if not isinstance(config, dict):
            raise TypeError(f"The `get_config()` method of {obj} should return a dict. It returned: {config}")
        return serialize_dict(config)
    if hasattr(obj, "__name__"):
        return object_registration.get_registered_name(obj)
    raise TypeError(
        f"Cannot serialize object {obj} of type {type(obj)}. "
        "To be serializable, a class must implement the `get_config()` method."
    )


def serialize_dict(obj: dict[str, Any]) -> dict[str, Any]:
    """Each value serialized."""
    return {key: serialize_keras_object(value) for key, value in obj.items()}


def deserialize_keras_object(
    config: Any, custom_objects: dict[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """The object that `config` describes.

    `custom_objects` names the program's own classes and functions. TypeError where a name is not known or a config is no
    config; ValueError where code would have to run and `safe_mode` forbids it.
    """
    scope = in_safe_mode()
    safe_mode = scope if scope is not None else safe_mode
    module_objects = kwargs.pop("module_objects", None)
    custom = {**(custom_objects or {}), **object_registration.scoped(), **object_registration.GLOBAL_CUSTOM_OBJECTS}
    if config is None:
        return None
    if isinstance(config, str) and custom.get(config) is not None:
        return custom[config]
    if isinstance(config, (list, tuple)):
        return [deserialize_keras_object(x, custom_objects=custom, safe_mode=safe_mode) for x in config]
    if module_objects is not None:
        done, answer = _from_family(config, module_objects, custom)
        if done:
            return answer
    if isinstance(config, PLAIN_TYPES):
        return config
    if not isinstance(config, dict):
        raise TypeError(f"Could not parse config: {config}")
    if "class_name" not in config or "config" not in config:
        return {
            key: deserialize_keras_object(value, custom_objects=custom, safe_mode=safe_mode)
            for key, value in config.items()
        }
    inner = config["config"] if config["config"] is not None else {}
    special = str(config["class_name"])
    if special.startswith("__"):
        done, answer = _special(special, inner, custom, safe_mode)
        if done:
            return answer
    return _object(config, inner, custom, safe_mode)


def _from_family(config: Any, family: dict[str, Any], custom: dict[str, Any]) -> tuple[bool, Any]:
    """A name or config of an object of one family (all losses, all metrics, …); not done where it is the program's own."""
    inner = None
    if isinstance(config, dict):
        inner = config.get("config")
        if "class_name" not in config:
            raise ValueError(f"Unknown `config` as a `dict`, config={config}")
        own = (config["class_name"], config.get("registered_name"), inner if isinstance(inner, str) else None)
        if any(isinstance(name, str) and name in custom for name in own):
            return False, None
        if config["class_name"] == "function":
            config = config["config"] if config["module"] == "builtins" else config["registered_name"]
        else:
            if config.get("module", "_") is None:
                raise TypeError(
                    f"Cannot deserialize object of type `{config['class_name']}`. If `{config['class_name']}` is a custom "
                    "class, please register it using the `@keras.saving.register_keras_serializable()` decorator."
                )
            config = config["class_name"]
    try:
        symbol = family.get(config)
    except TypeError:
        symbol = None
    if symbol is None:
        return True, config
    if inspect.isfunction(symbol):
        return True, symbol
    return True, _instance(symbol, inner or {}, {"class_name": config, "config": inner}, custom, in_safe_mode())


def _special(kind: str, inner: Any, custom: dict[str, Any], safe_mode: bool | None) -> tuple[bool, Any]:
    if kind == "__keras_tensor__":
        from plait.keras._symbolic import KerasTensor

        tensor = KerasTensor(inner["shape"], dtype=inner["dtype"])
        tensor._pre_serialization_keras_history = inner["keras_history"]
        return True, tensor
    if kind == "__tensor__":
        from plait.keras.ops import convert_to_tensor

        return True, convert_to_tensor(inner["value"], dtype=inner["dtype"])
    if kind == "__numpy__":
        return True, np.array(inner["value"], dtype=inner["dtype"])
    if kind == "__bytes__":
        return True, inner["value"].encode("utf-8")
    if kind == "__ellipsis__":
        return True, Ellipsis
    if kind == "__slice__":
        parts = [deserialize_keras_object(inner[k], custom_objects=custom) for k in ("start", "stop", "step")]
        return True, slice(*parts)
    if kind == "__lambda__":
        if safe_mode or safe_mode is None:
            raise ValueError(
                "Requested the deserialization of a Python lambda: its code would come from the config, which is a risk of "
                "arbitrary code execution, so that is not done by default. If you trust the source of the artifact, pass `safe_mode=False` to the loading "
                "function, or call `keras.config.enable_unsafe_deserialization()`."
            )
        from plait.keras.saving._code import load

        return True, load(inner["value"])
    return False, None


def _object(config: dict[str, Any], inner: Any, custom: dict[str, Any], safe_mode: bool | None) -> Any:
    name, module = config["class_name"], config.get("module")
    registered = config.get("registered_name", name)
    if name == "function":
        if not isinstance(inner, str):
            raise TypeError(
                "Expected 'config' to be a non-null str for a function classname, "
                f"instead got {type(inner)}\nFull config: {config}"
            )
        return _retrieve(inner, inner, module, "function", config, custom)
    if not isinstance(inner, dict):
        raise TypeError(f"Expected 'config' to be a dict for {name}, instead got {type(inner)}\nFull config: {config}")
    shared = config.get("shared_object_id")
    if shared is not None and _State.by_id is not None and shared in _State.by_id:
        return _State.by_id[shared]
    cls = _retrieve(name, registered, module, "class", config, custom)
    if isinstance(cls, types.FunctionType):
        return cls
    if not hasattr(cls, "from_config"):
        raise TypeError(
            f"Unable to reconstruct an instance of '{name}' because the class is missing a `from_config()` method. "
            f"Full object config: {config}"
        )
    instance = _instance(cls, inner, config, custom, safe_mode)
    if shared is not None and _State.by_id is not None:
        _State.by_id[shared] = instance
    return instance


def _instance(
    cls: Any, inner: dict[str, Any], config: dict[str, Any], custom: dict[str, Any], safe_mode: bool | None
) -> Any:
    with object_registration.CustomObjectScope(custom), SafeModeScope(safe_mode):
        try:
            instance = cls.from_config(inner)
        except TypeError as e:
            raise TypeError(
                f"{cls} could not be deserialized properly. Please ensure that components that are Python object "
                "instances (layers, models, etc.) returned by `get_config()` are explicitly deserialized in the "
                f"model's `from_config()` method.\n\nconfig={config}.\n\nException encountered: {e}"
            ) from e
        build = config.get("build_config")
        if build and not instance.built:
            instance.build_from_config(build)
            instance.built = True
        compiled = config.get("compile_config")
        if compiled:
            instance.compile_from_config(compiled)
            instance.compiled = True
    return instance


def _no_registered_name(config: dict[str, Any], name: str, resolved: str) -> None:
    """ValueError where a config gives a class or function of Keras itself another registered name."""
    explicit = config.get("registered_name")
    if explicit and explicit not in (name, config.get("class_name")):
        raise ValueError(
            f"`registered_name={explicit!r}` was provided in the config, but '{resolved}' resolved to a Keras built-in and "
            "does not use registered names. Remove the `registered_name` field from the config. "
            f"Full object config: {config}"
        )


def _retrieve(
    name: str, registered: Any, module: str | None, kind: str, config: dict[str, Any], custom: dict[str, Any]
) -> Any:
    found = object_registration.get_registered_object(registered if registered is not None else name, custom)
    if found is not None:
        return found
    if module == "builtins" and kind == "function":
        for family in BUILTIN_MODULES:
            symbol = _public.symbol_of(f"keras.{family}", name)
            if symbol is not None:
                _no_registered_name(config, name, f"keras.{family}.{name}")
                return symbol
        # Keras up to 3.6 saved custom functions by their name alone.
        for key, custom_object in custom.items():
            if ">" not in name and key.endswith(f">{name}"):
                return custom_object
    if module and (module == "keras" or module.startswith("keras.")):
        symbol = _public.symbol_of(module, name)
        if symbol is not None:
            _no_registered_name(config, name, f"{module}.{name}")
            return symbol
        raise ValueError(
            f"Could not deserialize '{module}.{name}' because it is not a modelling class or function of Keras; "
            "only those, and registered custom objects, can be named by a config."
        )
    raise TypeError(
        f"Could not locate {kind} '{name}'. Make sure custom classes and functions are decorated with "
        "`@keras.saving.register_keras_serializable()`, or pass them in `custom_objects`, and that they are imported "
        f"before the file is loaded. Full object config: {config}"
    )
