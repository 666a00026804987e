"""clone_model: the same layers with weights of their own."""

from __future__ import annotations

from typing import Any

from plait.keras import tree
from plait.keras._symbolic import KerasTensor
from plait.keras._symbolic import _is_default as is_default
from plait.keras.layers.input_layer import Input, InputLayer
from plait.keras.models.functional import Functional, functional_like_constructor
from plait.keras.models.sequential import Sequential
from plait.keras.saving import serialization_lib


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Any = None,
    call_function: Any = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model of the same architecture with fresh weights.

    `clone_function(layer)` makes each new layer, `call_function(layer, *args)` calls it (functional models only); `recursive` goes
    into models inside.
    """
    cache = kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(f"Unexpected keyword argument(s): {tuple(kwargs)}")
    kind = type(model).__name__
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` argument is not supported with Sequential models.  In a Sequential model, layers aren't called "
                "at model-construction time (they're merely listed). Use `call_function` with Functional models only. Received "
                f"model of type '{kind}', with call_function={call_function}"
            )
        return _clone_sequential(model, _remembering(clone_function, None, recursive, cache), input_tensors)
    if isinstance(model, Functional):
        if is_default(model.get_config) or type(model) is Functional or clone_function or input_tensors:
            cloned = _remembering(clone_function, call_function, recursive, cache)
            return _clone_functional(model, cloned, input_tensors, call_function)
    if clone_function or input_tensors:
        raise ValueError(
            "Arguments `clone_function` and `input_tensors` are only supported for Sequential models or Functional models. "
            f"Received model of type '{kind}', with clone_function={clone_function} and input_tensors={input_tensors}"
        )
    if call_function is not None:
        raise ValueError(
            "Argument `call_function` is only supported for Functional models. "
            f"Received model of type '{kind}', with call_function={call_function}"
        )
    config = serialization_lib.serialize_keras_object(model)
    return serialization_lib.deserialize_keras_object(config, custom_objects={kind: type(model)})


def _remembering(clone_function: Any, call_function: Any, recursive: bool, cache: dict[int, Any] | None) -> Any:
    """`clone_function` that clones each layer once, and models inside by `clone_model` if `recursive`."""
    one = clone_function or (lambda layer: type(layer).from_config(layer.get_config()))
    held: dict[int, Any] = {} if cache is None else cache

    def cloned(layer: Any) -> Any:
        if id(layer) not in held:
            if recursive and isinstance(layer, (Sequential, Functional)):
                more = {} if isinstance(layer, Sequential) else {"call_function": call_function}
                held[id(layer)] = clone_model(layer, clone_function=one, recursive=True, cache=held, **more)
            else:
                held[id(layer)] = one(layer)
        return held[id(layer)]

    return cloned


def _clone_sequential(model: Sequential, clone: Any, input_tensors: Any) -> Any:
    layers = [clone(layer) for layer in model.layers]
    first = model._layers[0] if model._layers else None
    source = first if isinstance(first, InputLayer) else None
    name = source.name if source is not None else None
    if input_tensors is not None:
        if isinstance(input_tensors, (list, tuple)):
            if len(input_tensors) != 1:
                raise ValueError("Argument `input_tensors` must contain a single tensor.")
            input_tensors = input_tensors[0]
        if not isinstance(input_tensors, KerasTensor):
            raise ValueError(
                f"Argument `input_tensors` must be a KerasTensor. Received invalid value: input_tensors={input_tensors}"
            )
        layers.insert(0, Input(tensor=input_tensors, name=name))
    elif source is not None:
        layers.insert(0, Input(batch_shape=source.batch_shape, dtype=source.dtype, name=name))
    new = Sequential(layers, name=model.name, trainable=model.trainable)
    if model.compiled:
        new.compile_from_config(model.get_compile_config())
    return new


def _clone_functional(model: Functional, clone: Any, input_tensors: Any, call_function: Any) -> Any:
    if not callable(clone):
        raise ValueError(f"Expected `clone_function` argument to be a callable. Received: clone_function={clone}")
    if input_tensors is None:
        inputs = tree.map_structure(
            lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model._inputs_struct
        )
    else:
        inputs = input_tensors
        if not all(isinstance(x, KerasTensor) for x in tree.flatten(inputs)):
            raise ValueError(
                f"All entries in `input_tensors` must be KerasTensors. Received invalid values: inputs_tensors={inputs}"
            )
        try:
            tree.assert_same_structure(inputs, model.input)
        except ValueError as e:
            raise ValueError(
                "`input_tensors` must have the same structure as model.input\n"
                f"Reference structure: {model.input}\nReceived structure: {inputs}"
            ) from e

    def operation(layer: Any) -> Any:
        new = clone(layer)
        return new if call_function is None else lambda *args, **kwargs: call_function(new, *args, **kwargs)

    outputs = model._run_through_graph(inputs, operation)
    cls = type(model) if functional_like_constructor(type(model)) else Functional
    new_model = cls(inputs, outputs, name=model.name)
    if model.compiled:
        new_model.compile_from_config(model.get_compile_config())
    return new_model
