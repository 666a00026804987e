"""Functional: a model that is a graph of layers from inputs to outputs; its config, and the way back from one."""

from __future__ import annotations

import copy
import inspect
import warnings
from typing import Any

from plait.keras import ops, tree
from plait.keras._function import Function, node_key, walk_back
from plait.keras._masks import get_keras_mask, set_keras_mask
from plait.keras._symbolic import KerasHistory, KerasTensor, Node, Operation
from plait.keras._traced import graph_name, graph_shape
from plait.keras.layers.input_layer import Input, InputLayer
from plait.keras.layers.input_spec import InputSpec, assert_input_compatibility
from plait.keras.layers.layer import Layer
from plait.keras.models.model import Model
from plait.keras.saving import serialization_lib
from plait.keras.saving.legacy import layer_config
from plait.tensor import Tensor


class Functional(Function, Model):
    """A model of the layers between `inputs` and `outputs`, structures of KerasTensors."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return Operation.__new__(cls, *args, **kwargs)

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        if isinstance(inputs, dict):
            for k, v in inputs.items():
                if isinstance(v, KerasTensor) and k != v.name:
                    warnings.warn(
                        "When providing `inputs` as a dict, all keys in the dict must match the names of the corresponding "
                        f"tensors. Received key '{k}' mapping to value {v} which has name '{v.name}'. Change the tensor name "
                        f"to '{k}' (via `Input(..., name='{k}')`)",
                        stacklevel=2,
                    )
        trainable = kwargs.pop("trainable", None)
        for what, values in (("inputs", inputs), ("outputs", outputs)):
            for x in tree.flatten(values):
                if not isinstance(x, KerasTensor):
                    raise ValueError(
                        f"All `{what}` values must be KerasTensors. Received: {what}={values} including invalid value {x} of "
                        f"type {type(x)}"
                    )
        if not all(_is_input(x) for x in tree.flatten(inputs)):
            inputs, outputs = clone_graph_nodes(inputs, outputs)
        Function.__init__(self, inputs, outputs, name=name)
        if trainable is not None:
            self.trainable = trainable
        for layer in self.layers:
            self._tracker.track(layer)
        self.build(None)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.output_names = [x._keras_history.operation.name for x in self._outputs]

    def _lock_state(self) -> None:
        """Layers may still be attached to the model."""

    def _obj_type(self) -> str:
        return "Functional"

    @property
    def layers(self) -> list[Any]:
        """The layers of the graph, from the inputs on."""
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """The outputs for these inputs."""
        flat = self._standardize_inputs(inputs)
        if mask is not None:
            for x, m in zip(flat, tree.flatten(mask), strict=False):
                if m is not None:
                    set_keras_mask(x, m)
        context = {name: value for name, value in (("training", training), *kwargs.items()) if value is not None}
        out = self._run_through_graph(flat, _with_context(context) if context else None)
        return out[0] if isinstance(out, (list, tuple)) and len(out) == 1 else out

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """What a call would give, as KerasTensors."""
        return Function.compute_output_spec(self, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shapes of the outputs."""
        return Function.compute_output_shape(self, input_shape)

    def build(self, input_shape: Any) -> None:
        """Nothing is left to build."""
        self.built = True

    @property
    def input_shape(self) -> Any:
        """The input's shape, or a list of the inputs' shapes."""
        shapes = [x.shape for x in self._inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """The output's shape, or a list of the outputs' shapes."""
        shapes = [x.shape for x in self._outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def input(self) -> Any:
        """The symbolic inputs in the structure that they were given in."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic outputs in the structure that they were given in."""
        return self._outputs_struct

    def _assert_input_compatibility(self, *args: Any) -> None:
        for x, ref in zip(tree.flatten(args[0]), self._inputs, strict=False):
            if x is None:
                _check_optional(ref)
        spec = self.input_spec
        if spec:
            assert_input_compatibility(spec, args[0], layer_name=self.name)

    def _standardize_inputs(self, inputs: Any) -> list[Any]:
        """A flat list of tensors, one for each input, of its rank."""
        struct = self._inputs_struct
        if isinstance(struct, KerasTensor) and isinstance(inputs, (Tensor, KerasTensor)):
            flat = [inputs]
        else:
            flat = tree.flatten(self._match_structure(inputs, struct))
        out = []
        for i, (x, ref) in enumerate(zip(flat, self._inputs, strict=False)):
            if x is None:
                _check_optional(ref)
            elif not isinstance(x, KerasTensor):
                mask = get_keras_mask(x)
                y = ops.convert_to_tensor(x, dtype=ref.dtype)
                x = self._fit_rank(y, ref, i)
                if mask is not None:
                    set_keras_mask(x, mask)
            else:
                x = self._fit_rank(x, ref, i)
            out.append(x)
        return out

    def _match_structure(self, inputs: Any, struct: Any) -> Any:
        failed = False
        if isinstance(struct, list) and len(struct) == 1 and not tree.is_nested(inputs):
            return [inputs]
        if isinstance(inputs, dict) and not isinstance(struct, dict):
            if isinstance(struct, (list, tuple)) and all(isinstance(x, KerasTensor) for x in struct):
                if {x.name for x in struct} <= set(inputs):
                    return [inputs[x.name] for x in struct]
                failed = True
            elif isinstance(struct, KerasTensor) and struct.name in inputs:
                return [inputs[struct.name]]
            else:
                failed = True
        if isinstance(struct, dict) and not isinstance(inputs, dict) and list(struct) != sorted(struct):
            failed = True
        try:
            tree.assert_same_structure(tree.lists_to_tuples(inputs), tree.lists_to_tuples(struct))
        except ValueError:
            expected = tree.map_structure(lambda x: "None" if x is None else x.name, struct)
            received = tree.map_structure(lambda x: "None" if x is None else f"Tensor(shape={x.shape})", inputs)
            text = (
                f"The structure of `inputs` doesn't match the expected structure.\nExpected: {expected}\n"
                f"Received: inputs={received}"
            )
            if failed:
                raise ValueError(text) from None
            warnings.warn(text, stacklevel=4)
        return inputs

    def _fit_rank(self, x: Any, ref: KerasTensor, number: int) -> Any:
        rank, want = len(x.shape), len(ref.shape)
        if rank == want:
            return x
        if rank == want + 1 and x.shape[-1] == 1:
            return ops.squeeze(x, axis=-1)
        if rank == want - 1 and ref.shape[-1] == 1:
            return ops.expand_dims(x, axis=-1)
        path = ".".join(str(p) for p in tree.flatten_with_path(self._inputs_struct)[number][0])
        raise ValueError(
            f"Invalid input shape for input {graph_name(x)} with name '{ref.name}' and path '{path}'. Expected shape {ref.shape}, but "
            f"input has incompatible shape {graph_shape(x.shape)}"
        )

    @property
    def input_spec(self) -> Any:
        """What each input must look like, its batch size left open."""
        if "_manual_input_spec" in self.__dict__:
            return self._manual_input_spec

        def spec(x: KerasTensor, name: str | None = None) -> Any:
            operation = x._keras_history.operation
            return InputSpec(
                shape=(None, *x.shape[1:]) if x.shape else x.shape,
                allow_last_axis_squeeze=True,
                name=operation.name if name is None else name,
                optional=isinstance(operation, InputLayer) and bool(operation.optional),
            )

        if isinstance(self._inputs_struct, dict):
            if all(isinstance(x, KerasTensor) for x in self._inputs_struct.values()):
                return [spec(self._inputs_struct[name], name) for name in sorted(self._inputs_struct)]
            return None
        found = self.__dict__.get("_spec")
        if found is None:
            found = [spec(x) for x in self._inputs]
            object.__setattr__(self, "_spec", found)
        return found

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        if value is not None:
            self._manual_input_spec = value

    def add_loss(self, loss: Any) -> None:
        """Not for functional models: NotImplementedError."""
        raise NotImplementedError("add_loss: a functional model takes no losses; add them in a layer's `call`")

    def get_config(self) -> dict[str, Any]:
        """The graph as plain data: layers, their calls, inputs and outputs."""
        if not functional_like_constructor(type(self)):
            return Model.get_config(self)
        numbers: dict[Any, int] = {}
        for operation in self._operations:
            kept = 1 if isinstance(operation, Functional) else 0
            for i in range(len(operation._inbound_nodes)):
                if node_key(operation, i) in self._nodes:
                    numbers[node_key(operation, i)] = kept
                    kept += 1
        layers = []
        for operation in self._operations:
            calls = [
                serialize_node(node, self._nodes)
                for i, node in enumerate(operation._inbound_nodes)
                if node_key(operation, i) in self._nodes
            ]
            layer = layer_config(operation)
            layer["name"] = operation.name
            layer["inbound_nodes"] = [call for call in calls if call is not None]
            layers.append(layer)

        def place(x: KerasTensor) -> list[Any]:
            operation, at, index = x._keras_history
            return [operation.name, numbers[node_key(operation, at)], index]

        return copy.deepcopy(
            {
                "name": self.name,
                "trainable": self.trainable,
                "layers": layers,
                "input_layers": tree.map_structure(place, self._inputs_struct),
                "output_layers": tree.map_structure(place, self._outputs_struct),
            }
        )


def _with_context(context: dict[str, Any]) -> Any:
    """Operations that are called with what an outer call hands down, where they take it."""

    def of(operation: Any) -> Any:
        known = getattr(operation, "_call_context_args", ())
        more = {name: value for name, value in context.items() if name in known}
        if not more:
            return operation
        return lambda *args, **kwargs: operation(*args, **{**kwargs, **more})

    return of


def _check_optional(ref: KerasTensor) -> None:
    layer = ref._keras_history.operation
    if isinstance(layer, InputLayer) and not layer.optional:
        raise ValueError(f"The input '{ref.name}' is not optional, but None was passed. Please provide a valid tensor.")


def functional_like_constructor(cls: type) -> bool:
    """Whether `cls(inputs, outputs)` makes a model, as Functional's constructor does."""
    spec = inspect.getfullargspec(cls.__init__)  # type: ignore[misc]
    like = inspect.getfullargspec(Functional.__init__).args[1:]
    return spec.args[1:] == like or (spec.varargs is not None and spec.varkw is not None)


def serialize_node(node: Node, own: Any = ()) -> dict[str, Any] | None:
    """A call as a config, its nodes numbered among those in `own`; None for a call without tensors."""
    if not node.input_tensors:
        return None

    def tensor(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        operation, at, index = x._keras_history
        outside = sum(node_key(operation, i) not in own for i in range(at))
        x._keras_history = KerasHistory(operation, at - outside, index)
        config = serialization_lib.serialize_keras_object(x)
        x._keras_history = KerasHistory(operation, at, index)
        return config

    return {
        "args": serialization_lib.serialize_keras_object(tree.map_structure(tensor, node.arguments.args)),
        "kwargs": serialization_lib.serialize_keras_object(tree.map_structure(tensor, node.arguments.kwargs)),
    }


def _result(layers: dict[str, Any], name: str, at: int, index: int) -> KerasTensor:
    """The result of a call; IndexError where that call has not been made yet."""
    if name not in layers:
        raise ValueError(f"Invalid Functional model configuration. Missing node: {name}")
    nodes = layers[name]._inbound_nodes
    if len(nodes) <= at:
        raise IndexError(f"Layer node index out of bounds.\ninbound_layer = {layers[name]}\ninbound_node_index = {at}")
    return nodes[at].output_tensors[index]


def deserialize_node(data: Any, layers: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The arguments of a call. A list is how Keras 2 wrote it."""
    if not data:
        return [], {}
    if isinstance(data, list):
        found = []
        kwargs: dict[str, Any] = {}
        for item in data:
            if len(item) not in (3, 4):
                raise ValueError("Cannot deserialize the model (invalid config data?)")
            kwargs = item[3] if len(item) == 4 else {}
            found.append(_result(layers, *item[:3]))
        return [found[0] if len(found) == 1 else found], kwargs
    args = serialization_lib.deserialize_keras_object(data["args"])
    kwargs = serialization_lib.deserialize_keras_object(data["kwargs"])

    def revived(x: Any) -> Any:
        if isinstance(x, KerasTensor) and x._pre_serialization_keras_history is not None:
            return _result(layers, *x._pre_serialization_keras_history)
        return x

    return tree.map_structure(revived, args), tree.map_structure(revived, kwargs)


def functional_from_config(cls: Any, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The functional model that `get_config` describes; ValueError where its graph has loops or loose ends."""
    config = dict(config)
    layers: dict[str, Any] = {}
    waiting: dict[str, list[Any]] = {}
    for data in config.pop("layers"):
        name = data["name"]
        if "module" in data:
            layer = serialization_lib.deserialize_keras_object(data, custom_objects=custom_objects)
        else:
            from plait.keras.saving.legacy import model_from_config

            layer = model_from_config(data, custom_objects=custom_objects)
        if not isinstance(layer, Operation):
            raise ValueError(
                f"Unexpected object from deserialization, expected a layer or operation, got a {type(layer)}"
            )
        layers[name] = layer
        if data["inbound_nodes"]:
            waiting[name] = list(data["inbound_nodes"])
    while waiting:
        progress = False
        for name in list(waiting):
            calls = waiting[name]
            while calls:
                try:
                    args, kwargs = deserialize_node(calls[0], layers)
                except IndexError:
                    break
                layers[name](*args, **kwargs)
                calls.pop(0)
                progress = True
            if not calls:
                del waiting[name]
        if not progress:
            raise ValueError(
                "Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected "
                f"nodes. The following nodes failed to be resolved: {waiting}"
            )
    name, trainable = config.pop("name", None), config.pop("trainable", None)

    def tensors(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == 3 and isinstance(value[0], str):
            layer_name, at, index = value
            if layer_name not in layers:
                raise ValueError(f"Unknown layer: {layer_name}")
            at -= isinstance(layers[layer_name], Functional)
            return layers[layer_name]._inbound_nodes[at].output_tensors[index]
        if isinstance(value, dict):
            return {k: tensors(v) for k, v in value.items()}
        return type(value)(tensors(v) for v in value)

    inputs, outputs = tensors(config.pop("input_layers")), tensors(config.pop("output_layers"))
    return cls(inputs=inputs, outputs=outputs, name=name, trainable=trainable, **config)


def _is_input(x: KerasTensor) -> bool:
    operation, at, _ = x._keras_history
    return operation._inbound_nodes[at].is_input


def clone_graph_nodes(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Inputs and outputs of a copy of the graph between them, in which every input is an Input of its own; layers are shared."""
    nodes, _ = walk_back(inputs, outputs)
    tensors: dict[int, Any] = {}
    operations: dict[int, Any] = {}
    new_inputs = []
    for x in tree.flatten(inputs):
        new = x
        if not _is_input(x):
            operation = x._keras_history.operation
            new = Input(
                batch_shape=x.shape,
                dtype=x.dtype,
                name=f"{x.name}CLONE",
                optional=isinstance(operation, InputLayer) and operation.optional,
            )
            operations[id(operation)] = new._keras_history.operation
        new_inputs.append(new)
        tensors[id(x)] = new
    new_outputs = []
    for x in tree.flatten(outputs):
        new = KerasTensor(x.shape, dtype=x.dtype, name=f"{x.name}_clone")
        new._keras_history = x._keras_history
        new_outputs.append(new)
        tensors[id(x)] = new

    def swap(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        if id(x) not in tensors:
            tensors[id(x)] = KerasTensor(x.shape, dtype=x.dtype, name=f"{x.name}_clone")
        return tensors[id(x)]

    for node in nodes:
        operation = operations.get(id(node.operation), node.operation)
        results = tree.map_structure(swap, node.output_tensors)
        if isinstance(operation, InputLayer):
            args, kwargs = (), {}
        else:
            args = tree.map_structure(swap, node.arguments.args)
            kwargs = tree.map_structure(swap, node.arguments.kwargs)
        Node(operation, call_args=args, call_kwargs=kwargs, outputs=results)
    return tree.pack_sequence_as(inputs, new_inputs), tree.pack_sequence_as(outputs, new_outputs)
