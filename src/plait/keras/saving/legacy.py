"""Legacy .h5 files: the config in attributes, weights under the layers' own names."""

from __future__ import annotations

import inspect
import json
import warnings
from contextlib import contextmanager
from typing import Any

import numpy as np

from plait.keras.saving import _public, h5_store, object_registration, serialization_lib

_LIMIT = 64512  # of an HDF5 object's header


class _Scope:
    active = False


@contextmanager
def legacy_configs() -> Any:
    """A block in which models write their layers as Keras 2 did: class and config alone."""
    before, _Scope.active = _Scope.active, True
    try:
        yield
    finally:
        _Scope.active = before


def layer_config(layer: Any) -> dict[str, Any]:
    """A layer within a model's config."""
    if not _Scope.active:
        return serialization_lib.serialize_keras_object(layer)
    name = object_registration.get_registered_name(type(layer))
    return {"class_name": name, "config": serialization_lib.serialize_dict(layer.get_config())}


def model_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """A layer or model from its class's name and its config."""
    if not isinstance(config, dict) or "config" not in config:
        raise ValueError(
            "The provided configuration is not a valid Keras configuration. "
            f"Expected a dictionary containing a 'config' key. Received: config={config}"
        )
    if "module" in config:
        return serialization_lib.deserialize_keras_object(config, custom_objects)
    name = config["class_name"]
    cls = object_registration.get_registered_object(name, custom_objects)
    for module, own in (("keras.layers", name), ("keras", name), ("keras.src.models.functional", name)):
        cls = cls or _public.symbol_of(module, own)
    if cls is None:
        raise TypeError(
            f"Could not locate class '{name}'. Make sure custom classes are decorated with "
            "`@keras.saving.register_keras_serializable()`, or pass them in `custom_objects`."
        )
    inner = dict(config["config"])
    with object_registration.CustomObjectScope(custom_objects):
        if "custom_objects" in inspect.signature(cls.from_config).parameters:
            return cls.from_config(inner, custom_objects=custom_objects)
        return cls.from_config(inner)


def _texts(values: Any) -> list[str]:
    return [v.decode("utf8") if hasattr(v, "decode") else str(v) for v in values]


def _save_names(group: Any, name: str, values: list[str]) -> None:
    data = [v.encode("utf8") for v in values]
    if any(len(v) > _LIMIT for v in data):
        raise RuntimeError(f"names longer than {_LIMIT} bytes cannot be saved to an HDF5 file: {data}")
    parts = [np.asarray(data)]
    while any(part.nbytes > _LIMIT for part in parts):
        parts = np.array_split(np.asarray(data), len(parts) + 1)
    if len(parts) == 1:
        group.attrs[name] = data
    else:
        for i, part in enumerate(parts):
            group.attrs[f"{name}{i}"] = part


def _load_names(group: Any, name: str) -> list[str]:
    if name in group.attrs:
        return _texts(group.attrs[name])
    out: list[str] = []
    i = 0
    while f"{name}{i}" in group.attrs:
        out += _texts(group.attrs[f"{name}{i}"])
        i += 1
    return out


def _weights(layer: Any) -> list[Any]:
    return layer.trainable_weights + layer.non_trainable_weights


def _own_weights(model: Any) -> list[Any]:
    held = {id(v) for v in model.weights}
    return [v for v in model._trainable_variables + model._non_trainable_variables if id(v) in held]


def _save_group(group: Any, weights: list[Any]) -> None:
    _save_names(group, "weight_names", [str(w.path) for w in weights])
    for w in weights:
        group.create_dataset(str(w.path), data=w.numpy())


def _load_group(group: Any) -> list[Any]:
    return [h5_store.array_at(group, name) for name in _load_names(group, "weight_names")]


def save_model(model: Any, filepath: str, include_optimizer: bool = True) -> None:
    """Write config, weights, and the optimizer's state."""
    from plait.keras import __version__

    with h5_store.h5py().File(filepath, "w") as f, legacy_configs():
        config = {"class_name": type(model).__name__, "config": model.get_config()}
        f.attrs["backend"], f.attrs["keras_version"] = "tensorflow", __version__
        f.attrs["model_config"] = json.dumps(config).encode("utf8")
        optimizer = getattr(model, "optimizer", None)
        if include_optimizer and model.compiled and optimizer is not None:
            training = {k: v for k, v in model.get_compile_config().items() if k != "optimizer"}
            training["optimizer_config"] = {
                "class_name": object_registration.get_registered_name(type(optimizer)),
                "config": optimizer.get_config(),
            }
            f.attrs["training_config"] = json.dumps(training).encode("utf8")
        group = f.create_group("model_weights")
        _save_names(group, "layer_names", [layer.name for layer in model.layers])
        group.attrs["backend"], group.attrs["keras_version"] = b"tensorflow", __version__.encode("utf8")
        for layer in sorted(model.layers, key=lambda x: x.name):
            _save_group(group.create_group(layer.name), _weights(layer))
        _save_group(group.create_group("top_level_model_weights"), _own_weights(model))
        if include_optimizer and optimizer is not None and optimizer.variables:
            _save_group(f.create_group("optimizer_weights"), optimizer.variables)


def load_model(filepath: str, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
    """The model of a legacy file; ValueError where it has no config."""
    with h5_store.h5py().File(filepath, "r") as f:
        config = f.attrs.get("model_config")
        if config is None:
            raise ValueError(f"No model config found in the file at {filepath}.")
        with serialization_lib.SafeModeScope(safe_mode):
            model = model_from_config(json.loads(config), custom_objects)
        _load_weights(h5_store.group_at(f, "model_weights"), model, False)
        training = f.attrs.get("training_config")
        if compile and training is not None:
            _compile(model, json.loads(training), custom_objects)
            if "optimizer_weights" in f and model.optimizer is not None:
                model.optimizer.build(model.trainable_variables)
                try:
                    model.optimizer.set_weights(_load_group(h5_store.group_at(f, "optimizer_weights")))
                except ValueError:
                    warnings.warn(
                        "Error in loading the saved optimizer state. As a result, your model is starting with a freshly "
                        "initialized optimizer.",
                        stacklevel=3,
                    )
    return model


def _compile(model: Any, training: dict[str, Any], custom_objects: Any) -> None:
    from plait.keras import losses, metrics, optimizers

    with object_registration.CustomObjectScope(custom_objects):

        def revived(family: Any, value: Any) -> Any:
            if isinstance(value, dict) and "class_name" in value:
                return family.deserialize(value)
            if isinstance(value, dict):
                return {key: revived(family, v) for key, v in value.items()}
            return [revived(family, v) for v in value] if isinstance(value, list) else value

        model.compile(
            optimizer=optimizers.deserialize(training["optimizer_config"]),
            loss=revived(losses, training.get("loss")),
            metrics=revived(metrics, training.get("metrics")),
            weighted_metrics=revived(metrics, training.get("weighted_metrics")),
            loss_weights=training.get("loss_weights"),
        )


def load_weights(model: Any, filepath: str, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Load the weights of a legacy file into a model, layer by layer in order, or by the layers' names."""
    with h5_store.h5py().File(filepath, "r") as f:
        group = f
        if "layer_names" not in f.attrs and "model_weights" in f:
            group = h5_store.group_at(f, "model_weights")
        if by_name:
            _load_by_name(group, model, skip_mismatch)
        else:
            _load_weights(group, model, skip_mismatch)


def _load_weights(group: Any, model: Any, skip_mismatch: bool) -> None:
    layers = [layer for layer in model.layers if _weights(layer)]
    groups = {name: h5_store.group_at(group, name) for name in _load_names(group, "layer_names")}
    names = [name for name, own in groups.items() if _load_names(own, "weight_names")]
    if len(names) != len(layers):
        raise ValueError(
            "Layer count mismatch when loading weights from file. "
            f"Model expected {len(layers)} layers, found {len(names)} saved layers."
        )
    for i, (name, layer) in enumerate(zip(names, layers, strict=True)):
        _assign(layer, _weights(layer), _load_group(groups[name]), f"layer #{i} (named {layer.name})", skip_mismatch)
    if "top_level_model_weights" in group:
        values = _load_group(h5_store.group_at(group, "top_level_model_weights"))
        _assign(model, _own_weights(model), values, "top-level model", skip_mismatch)


def _load_by_name(group: Any, model: Any, skip_mismatch: bool) -> None:
    for i, name in enumerate(_load_names(group, "layer_names")):
        values = _load_group(h5_store.group_at(group, name))
        for layer in model.layers:
            if layer.name == name:
                _assign(layer, _weights(layer), values, f"layer #{i} (named {name})", skip_mismatch)


def _assign(owner: Any, weights: list[Any], values: list[Any], what: str, skip_mismatch: bool) -> None:
    if len(weights) != len(values):
        text = (
            f"Weight count mismatch for {what}. Layer expects {len(weights)} weight(s). "
            f"Received {len(values)} saved weight(s)"
        )
        if not skip_mismatch:
            raise ValueError(text)
        warnings.warn(f"Skipping loading of weights: {text}", stacklevel=4)
        return
    for w, value in zip(weights, values, strict=True):
        if tuple(w.shape) != tuple(value.shape):
            text = (
                f"Shape mismatch in {what} for weight {w.path}. Weight expects shape {w.shape}. "
                f"Received saved weight with shape {value.shape}"
            )
            if not skip_mismatch:
                raise ValueError(text)
            warnings.warn(f"Skipping: {text}", stacklevel=4)
            continue
        w.assign(value)
