"""Model: a layer that can be compiled, trained, summarized and saved."""

from __future__ import annotations

import inspect
import io
import json
import warnings
from importlib import import_module
from typing import Any

from plait.keras import tree
from plait.keras._infer import compute_output_spec
from plait.keras._symbolic import KerasTensor
from plait.keras._symbolic import _is_default as is_default
from plait.keras.layers.layer import Layer
from plait.keras.trainers.trainer import Trainer


class Model(Trainer, Layer):
    """Layers with a common call, that can be trained.

    `Model(inputs, outputs)` makes a functional model of KerasTensors; a subclass has `call`.
    """

    _plait_config_of_defaults = True  # upstream makes a model before it sees the arguments

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and functional_init_arguments(args, kwargs):
            from plait.keras.models.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Trainer.__init__(self)
        if functional_init_arguments(args, kwargs):
            from plait.keras.models import functional

            inject_functional_model_class(type(self))
            functional.Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation."""
        raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")

    @property
    def layers(self) -> list[Any]:
        """The layers just below the model."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A layer by its name or its place; ValueError where there is none."""
        if index is not None and name is not None:
            raise ValueError(f"Provide only a layer name or a layer index. Received: index={index}, name={name}.")
        layers = self.layers
        if index is not None:
            if len(layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}.")

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers, their outputs' shapes and their parameters."""
        from plait.keras.utils.summary_utils import print_summary

        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    # --- files ---------------------------------------------------------------------------------------------------------

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> Any:
        """Save as .keras (or legacy .h5)."""
        from plait.keras.saving import saving_api

        return saving_api.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: Any = None) -> Any:
        """Save the weights as .weights.h5."""
        from plait.keras.saving import saving_api

        return saving_api.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load the weights from .weights.h5, .keras or legacy .h5."""
        from plait.keras.saving import saving_api

        saving_api.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """The model's config as JSON."""
        from plait.keras.saving.serialization_lib import serialize_keras_object

        return json.dumps(serialize_keras_object(self), **kwargs)

    def __reduce__(self) -> Any:
        memory = io.BytesIO()
        saving_lib = import_module("plait.keras.saving.saving_lib")
        saving_lib.save_model(self, memory)
        return _unpickled, (memory.getvalue(),)

    # --- building ------------------------------------------------------------------------------------------------------

    def _build_by_running(self, shapes: Any, by_name: dict[str, Any]) -> bool:
        """Whether `call` could be run on KerasTensors of these shapes."""

        def symbolic(shape: Any) -> Any:
            return KerasTensor(shape, dtype=self.input_dtype)

        try:
            if by_name:
                inputs = {
                    name.removesuffix("_shape"): tree.map_shape_structure(symbolic, s) for name, s in by_name.items()
                }
                compute_output_spec(self.call, **inputs)
            elif shapes is not None:
                compute_output_spec(self.call, tree.map_shape_structure(symbolic, shapes))
            else:
                return False
        except Exception:
            return False
        self._build_shapes_dict = by_name or {"input_shape": shapes}
        self.built = True
        return True

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build as a file says."""
        if not config:
            return
        shapes = config.get("shapes_dict")
        done = False
        if is_default(self.build):
            done = self._build_by_running(config.get("input_shape"), shapes or {})
        else:
            try:
                if shapes is not None:
                    self.build(**shapes)
                else:
                    self.build(config["input_shape"])
                done = True
            except Exception:
                done = False
        self._build_shapes_dict = config if shapes is None else shapes
        if not done:
            warnings.warn(
                f"Model '{self.name}' had a build config, but the model cannot be built automatically in "
                "`build_from_config(config)`. You should implement `def build_from_config(self, config)`, which makes the "
                "model's variables, and you might also want to implement `def get_build_config(self)`.",
                stacklevel=2,
            )

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The model that `get_config` describes."""
        from plait.keras.models.functional import Functional, functional_from_config

        if all(key in config for key in ("name", "layers", "input_layers", "output_layers")):
            spec = inspect.getfullargspec(cls.__init__)
            like = inspect.getfullargspec(Functional.__init__).args[1:]
            if (
                cls in (Functional, Model)
                or spec.args[1:] == like
                or (spec.varargs == "args" and spec.varkw == "kwargs")
            ):
                return functional_from_config(cls, config, custom_objects=custom_objects)
        try:
            return cls(**config)
        except TypeError as e:
            raise TypeError(
                "Unable to revive model from config. When overriding the `get_config()` method, make sure that the returned "
                f"config contains all items used as arguments in the  constructor to {cls}. You can override this by defining "
                f"a `from_config(cls, config)` class method.\n\nReceived config={config}\n\n"
                f"Error encountered during deserialization: {e}"
            ) from e

    def export(self, filepath: Any, format: str = "tf_saved_model", **kwargs: Any) -> None:
        """Not done here: ValueError."""
        if format not in ("tf_saved_model", "onnx", "openvino", "litert", "torch"):
            raise ValueError(f"Unrecognized format={format}.")
        raise ValueError(f"Model.export: exporting models as {format} is not done here; `save` writes .keras files")

    # --- state as a tree -----------------------------------------------------------------------------------------------

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables, by kind and by path."""
        return {
            "trainable_variables": _nested(self.trainable_variables, value_format),
            "non_trainable_variables": _nested(self.non_trainable_variables, value_format),
            "optimizer_variables": _nested(self.optimizer.variables, value_format),
            "metrics_variables": _nested(self.metrics_variables, value_format),
        }

    def set_state_tree(self, state_tree: dict[str, Any]) -> None:
        """Give variables the values that `get_state_tree` gave."""
        for kind, nested in state_tree.items():
            if kind == "optimizer_variables":
                own = self.optimizer.variables if getattr(self, "optimizer", None) is not None else []
            elif kind in ("trainable_variables", "non_trainable_variables", "metrics_variables"):
                own = getattr(self, kind)
            else:
                raise ValueError(f"Unknown variable name: {kind}")
            values = dict(_flat(nested))
            for v in own:
                if v.path in values:
                    v.assign(values[v.path])


def _unpickled(data: bytes) -> Any:
    """A model from a pickle, which holds a .keras file."""
    return import_module("plait.keras.saving.saving_lib").load_model(io.BytesIO(data))


def _nested(variables: Any, value_format: str) -> dict[str, Any]:
    if value_format not in ("backend_tensor", "numpy_array"):
        raise ValueError(
            "Invalid `value_format` argument. Expected one of {'numpy_array', 'backend_tensor'}. "
            f"Received: value_format={value_format}"
        )
    out: dict[str, Any] = {}
    seen = set()
    for v in variables:
        if v.path in seen:
            raise ValueError(
                f"The following variable path is found twice in the model: '{v.path}'. `get_state_tree()` can only be called "
                "when all variable paths are unique. Make sure to give unique names to your layers (and other objects)."
            )
        seen.add(v.path)
        place = out
        *above, last = v.path.split("/")
        for part in above:
            place = place.setdefault(part, {})
        place[last] = v.value if value_format == "backend_tensor" else v.numpy()
    return out


def _flat(nested: dict[str, Any], prefix: str = "") -> Any:
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `to_json` wrote."""
    from plait.keras.saving.serialization_lib import deserialize_keras_object

    return deserialize_keras_object(json.loads(json_string), custom_objects=custom_objects)


def functional_init_arguments(args: Any, kwargs: Any) -> bool:
    """Whether the arguments are those of a functional model."""
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


def inject_functional_model_class(cls: Any) -> Any:
    """`cls` with Functional in Model's place among its bases, so that a subclass made by `super().__init__(inputs, outputs)` is one."""
    from plait.keras.models.functional import Functional

    if cls is Model:
        return Functional
    if cls is object or cls is Functional:
        return cls
    bases = tuple(inject_functional_model_class(base) for base in cls.__bases__)
    if bases != cls.__bases__ and cls.__module__.partition(".")[0] != "plait":
        cls.__bases__ = bases
    return cls
