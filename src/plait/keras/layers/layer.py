"""keras.layers.Layer: the base of all layers.

Rules of this file: a call converts its arguments, builds the layer on the first one, hands `training` and masks down, runs `call` and
keeps losses; a call on KerasTensors infers and leaves a Node. State is found by `_tracking.Tracker`; `build` of every class is wrapped
once so that names, `built` and the lock on state follow it.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from plait.keras import _variable, constraints, dtype_policies, initializers, regularizers, tree
from plait.keras._dtypes import is_float as is_float_dtype
from plait.keras._dtypes import standardize as standardize_dtype
from plait.keras._infer import compute_output_spec, inferring
from plait.keras._masks import get_keras_mask, set_keras_mask
from plait.keras._naming import current_path, name_scope
from plait.keras._symbolic import KerasTensor, Node, Operation, any_symbolic, default
from plait.keras._symbolic import _is_default as is_default
from plait.keras._tensor import Tensor as KerasOwnTensor
from plait.keras._variable import AutocastScope, StatelessScope, Variable
from plait.keras.layers import input_spec
from plait.keras.layers._calls import (
    CURRENT,
    CallContext,
    CallSpec,
    is_tensor_like,
    shapes_for,
)
from plait.keras.layers._state import State
from plait.tensor import Tensor

__all__ = ["Layer"]


def _wrapped_build(build: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(build)

    @functools.wraps(build)
    def building(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.__dict__.get("_is_building"):  # super().build()
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_is_building", True)
        try:
            with self._open_name_scope():
                object.__setattr__(self, "_path", current_path())
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_is_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        shapes = dict(list(bound.items())[1:])
        object.__setattr__(self, "_build_shapes_dict", shapes)
        self.built = True
        self._post_build()
        self._lock_state()

    return building


class Layer(State, Operation):
    """A thing with weights that is called on tensors.

    Subclasses make weights in `build(input_shape)` (or in `__init__`) with `add_weight`, and compute in `call(inputs)`.

    >>> from plait import keras
    >>> layer = keras.layers.Dense(2)
    >>> layer(np.ones((3, 4), "float32")).shape
    TensorShape([3, 2])
    >>> layer
    <Dense name=dense, built=True>
    """

    if TYPE_CHECKING:  # attributes that options set

        def __getattr__(self, name: str) -> Any: ...

    _leaf = False  # whether calls reach no other layer and make no masks: the dialect's own layers, but for Lambda
    _quick: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._leaf = cls.__module__.startswith("plait.keras.layers.") and cls.compute_mask is Layer.compute_mask
        build = cls.__dict__.get("build")
        if build is not None and inspect.isfunction(build):
            cls.build = _wrapped_build(build)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        object.__setattr__(self, "_lock", False)
        Operation.__init__(self, name=name)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        shape = kwargs.pop("input_shape", None)
        dim = kwargs.pop("input_dim", None)
        shape = shape if dim is None else (dim,)
        if shape is not None:
            warnings.warn(
                "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential models, prefer using an "
                "`Input(shape)` object as the first layer in the model instead.",
                stacklevel=2,
            )
            self._input_shape_arg = shape
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}")
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._path: str | None = None
        self._parent_path: str | None = None
        self.built = False
        self.autocast = autocast
        self._input_spec: Any = None
        self._called = False
        self.supports_jit = True
        self._trainable = trainable
        self._losses: list[Any] = []
        self._loss_ids: set[int] = set()
        self._losses_override: list[Any] = []
        self._call_signature = inspect.signature(self.call)
        self.call_signature_parameters = list(self._call_signature.parameters)
        self._call_has_training_arg = "training" in self._call_signature.parameters
        self._call_has_mask_arg = "mask" in self._call_signature.parameters
        self._call_context_args = {"training"}
        self._call_has_context_arg = {"training": self._call_has_training_arg}
        self._supports_masking = not is_default(self.compute_mask)
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._build_shapes_dict: dict[str, Any] | None = None

    # --- building -----------------------------------------------------------------------------------------------------------

    @default
    def build(self, input_shape: Any) -> None:
        """Make the weights; the default has none to make."""
        self._check_super_called()
        if is_default(self.build) and _unbuilt_state(self):
            warnings.warn(
                f"`build()` was called on layer '{self.name}', however the layer does not have a `build()` method implemented "
                "and it looks like it has unbuilt state. This will cause the layer to be marked as built, despite not being "
                "actually built, which may cause failures down the line. Make sure to implement a proper `build()` method.",
                stacklevel=2,
            )
        with self._open_name_scope():
            self._path = current_path()
        self._build_shapes_dict = {"input_shape": input_shape}
        self.built = True
        if is_default(self.build):
            self._post_build()
            self._lock_state()

    def _post_build(self) -> None:
        """What a subclass does once it is built."""

    def _build_at_init(self) -> None:
        """For layers without state: built from the start, unless a subclass has a `build` of its own."""
        if is_default(self.build):
            self.built = True
            self._post_build()
            self._lock_state()

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that `build` was called with."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with what `get_build_config` gave."""
        if config:
            if "input_shape" in config:
                self.build(config["input_shape"])
            elif "shapes_dict" in config:
                self.build(**config["shapes_dict"])

    def _maybe_build(self, spec: CallSpec) -> None:
        if self.built:
            return
        shapes = spec.shapes()
        if not is_default(self.build):
            self.build(**shapes_for(self.build, shapes, spec, type(self).__name__))
            self._assert_input_compatibility(spec.first)
            return
        if _unbuilt_state(self):
            try:
                compute_output_spec(self.call, **spec.arguments)
            except Exception as e:
                if spec.eager:
                    return  # the call itself will build
                warnings.warn(
                    f"Layer '{self.name}' looks like it has unbuilt state, but Keras is not able to trace the layer `call()` in "
                    "order to build it automatically. Either `call()` fails (try it on values first), or the layer needs a "
                    f"`build(self, input_shape)` method that builds all its children. Exception encountered: ''{e}''",
                    stacklevel=3,
                )
        self.build(next(iter(shapes.values()), None))

    # --- properties -----------------------------------------------------------------------------------------------------------

    @property
    def path(self) -> str | None:
        """Where the layer lies among layers, such as `model/dense`; None before it is built."""
        return self._path

    @property
    def input_spec(self) -> Any:
        """What the layer expects of its input: an InputSpec, a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value
        object.__setattr__(self, "_quick", None)

    @property
    def dtype_policy(self) -> Any:
        """The dtypes of weights and of computing."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = dtype_policies.get(value)
        object.__setattr__(self, "_quick", None)

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype in which the layer computes."""
        return self._dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._dtype_policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating inputs are cast to."""
        return self.compute_dtype

    @property
    def quantization_mode(self) -> None:
        """None: there is no quantization here."""
        return None

    @property
    def supports_masking(self) -> bool:
        """Whether masks pass through the layer."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = value

    @default
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The outputs' masks from the inputs'."""
        return previous_mask

    # --- calling --------------------------------------------------------------------------------------------------------------

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """What the call would give; `__call__` makes the Node."""
        return self.compute_output_spec(*args, **kwargs)

    def _convert(self, x: Any) -> Any:
        mask = get_keras_mask(x)
        y = self._dtype_policy.convert_input(x, self.autocast, self.input_dtype)
        if mask is not None and y is not x:
            set_keras_mask(y, mask)
        return y

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the layer on tensors, arrays or KerasTensors.

        Raises ValueError where the input does not fit `input_spec`, or where something that is no tensor is passed by position.
        """
        if len(args) == 1 and self.__dict__.get("_quick"):
            x = args[0]
            if type(x) is KerasOwnTensor and (not kwargs or (len(kwargs) == 1 and "training" in kwargs)):
                if (
                    x.array.dtype == self._quick[0]
                    and not hasattr(x, "_keras_mask")
                    and _variable._state.autocast is None
                    and self.activity_regularizer is None
                ):
                    return self._call_quickly(x, kwargs.get("training"))
        self._check_super_called()
        if not self._called:
            self._called = True
        given_args, given_kwargs = args, kwargs
        if self._convert_input_args and (
            kwargs
            or len(args) != 1
            or not is_tensor_like(args[0])
            or standardize_dtype(args[0].dtype) != self.input_dtype
        ):
            args = tree.map_structure(self._convert, args)
            kwargs = tree.map_structure(self._convert, kwargs)
        if not self._allow_non_tensor_positional_args:
            for x in tree.flatten(args):
                if x is not None and not is_tensor_like(x):
                    raise ValueError(
                        "Only input tensors may be passed as positional arguments. The following argument value should be "
                        f"passed as a keyword argument: {x} (of type {type(x)})"
                    )
        spec = CallSpec(self._call_signature, self._call_context_args, args, kwargs)
        self._assert_input_compatibility(spec.first)
        if not self.built:
            with self._open_name_scope():
                self._maybe_build(spec)
        context = CURRENT.context
        outermost = context is None
        if context is None:
            context = CURRENT.context = CallContext(self)
            self._clear_losses()
        before = dict(context.values)
        try:
            for name in self._call_context_args:
                self._hand_down(name, spec, context, kwargs)
            mask = self._take_masks(spec, kwargs)
            outputs = self._run(args, kwargs)
            self.built = True
            if self.activity_regularizer is not None:
                self._add_activity_losses(outputs)
            self._pass_mask_on(spec.first, outputs, mask)
        finally:
            if outermost:
                CURRENT.context = None
            else:
                context.values.update(before)
        if any_symbolic(given_args, given_kwargs):
            if not inferring():
                Node(self, call_args=given_args, call_kwargs=given_kwargs, outputs=outputs)
        elif type(self)._leaf and type(spec.first) is KerasOwnTensor:
            self._learn_quick_way(spec.first)
        return outputs

    def _learn_quick_way(self, x: Any) -> None:
        """Later calls with such a tensor need not be looked at again: this one passed, the layer is built and has no special wishes."""
        policy = self._dtype_policy
        simple = (
            self.activity_regularizer is None
            and policy.compute_dtype == policy.variable_dtype
            and len(self._call_context_args) == 1
            and not self._layers
            and standardize_dtype(x.dtype) == self.input_dtype
        )
        object.__setattr__(self, "_quick", (x.array.dtype, x.array.shape[1:]) if simple else None)

    def _call_quickly(self, x: Any, training: Any) -> Any:
        if x.array.shape[1:] != self._quick[1]:
            self._assert_input_compatibility(x)
            object.__setattr__(self, "_quick", (x.array.dtype, x.array.shape[1:]))
        context = CURRENT.context
        if context is None:
            if self._losses:
                self._clear_losses()
        elif training is None:
            training = context.values.get("training")
        if training is None or not self._call_has_training_arg:
            return self.call(x)
        return self.call(x, training=training)

    def _hand_down(self, name: str, spec: CallSpec, context: CallContext, kwargs: dict[str, Any]) -> None:
        """`name` from the caller, else from an outer call, else from `call`'s default; inner calls see it."""
        if name in spec.given:
            value = spec.given[name]
        else:
            value = context.get_value(name)
            if value is None:
                value = spec.arguments.get(name)
        context.set_value(name, value)
        if value is not None and self._call_has_context_arg.get(name, False):
            kwargs[name] = value

    def _take_masks(self, spec: CallSpec, kwargs: dict[str, Any]) -> Any:
        """Fill in mask arguments from the masks that tensors carry; the mask of the first argument."""
        if len(spec.tensors) == 1:
            if "mask" in spec.arguments and spec.arguments["mask"] is None:
                kwargs["mask"] = tree.map_structure(get_keras_mask, next(iter(spec.tensors.values())))
        else:
            for name, value in spec.tensors.items():
                argument = f"{name}_mask"
                if argument in spec.arguments and spec.arguments[argument] is None:
                    kwargs[argument] = tree.map_structure(get_keras_mask, value)
        if kwargs.get("mask") is not None:
            return kwargs["mask"]
        first = spec.first
        return get_keras_mask(first) if isinstance(first, Tensor) else tree.map_structure(get_keras_mask, first)

    def _run(self, args: Any, kwargs: dict[str, Any]) -> Any:
        with self._open_name_scope():
            scope = self._autocast()
            if scope is None:
                return Operation.__call__(self, *args, **kwargs)
            with scope:
                return Operation.__call__(self, *args, **kwargs)

    def _autocast(self) -> AutocastScope | None:
        """The scope in which variables are cast for this layer, where it is not the current one."""
        current = _variable._state.autocast
        policy = self._dtype_policy
        if current is None:
            return AutocastScope(policy.compute_dtype) if policy.compute_dtype != policy.variable_dtype else None
        if not self.autocast or not is_float_dtype(policy.compute_dtype):
            return AutocastScope(None)
        return AutocastScope(policy.compute_dtype) if current.dtype != policy.compute_dtype else None

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call()` method implemented.")

    def _pass_mask_on(self, first: Any, outputs: Any, mask: Any) -> None:
        if self._supports_masking:
            flat = tree.flatten(outputs)
            if all(get_keras_mask(x) is not None for x in flat):
                return
            masks = self.compute_mask(first, mask)
            if masks is None:
                return
            for x, m in zip(flat, tree.flatten(masks), strict=False):
                if m is not None and get_keras_mask(x) is None:
                    set_keras_mask(x, m)
        elif mask is not None and any(m is not None for m in tree.flatten(mask)):
            warnings.warn(
                f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask attached to it. However, "
                "this layer does not support masking and will therefore destroy the mask information. Downstream layers will "
                "not see the mask.",
                stacklevel=3,
            )

    def _assert_input_compatibility(self, first: Any) -> None:
        if self._input_spec:
            input_spec.assert_input_compatibility(self._input_spec, first, layer_name=self.name)

    def _register_call_context_args(self, *names: str) -> None:
        """Arguments that calls hand down to inner layers, as `training` is."""
        if self._called:
            raise RuntimeError("Cannot add call-context args after the layer has been called.")
        self._call_context_args = self._call_context_args | set(names)
        self._call_has_context_arg.update({name: name in self._call_signature.parameters for name in names})

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """`call` with these values in place of the variables', which keep theirs.

        Returns the outputs and the values that the non-trainable variables would have now; with `return_losses` the losses too.
        """
        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables must have been already "
                "created). You can build it by calling it on some data."
            )
        pairs: list[tuple[Any, Any]] = []
        for name, own, new in (
            ("trainable_variables", self.trainable_variables, trainable_variables),
            ("non_trainable_variables", self.non_trainable_variables, non_trainable_variables),
        ):
            if len(own) != len(new):
                raise ValueError(
                    f"Argument `{name}` must be a list of tensors corresponding 1:1 to {type(self).__name__}().{name}. "
                    f"Received list with length {len(new)}, but expected {len(own)} variables."
                )
            pairs += zip(own, new, strict=True)
        losses = None
        with StatelessScope(state_mapping=pairs, collect_losses=return_losses) as scope:
            outputs = self.call(*args, **kwargs)
            if return_losses:
                losses = self.losses
        updated = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    # --- shapes ---------------------------------------------------------------------------------------------------------------

    @default
    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The output's shape from the input's."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} should implement `def compute_output_shape(self, input_shape)`."
        )

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """What the call would give, as KerasTensors: from `compute_output_shape` where the layer has one."""
        if is_default(self.compute_output_shape):
            return super().compute_output_spec(*args, **kwargs)
        spec = CallSpec(self._call_signature, self._call_context_args, args, kwargs)
        shapes = shapes_for(self.compute_output_shape, spec.shapes(), spec, type(self).__name__)
        shape = self.compute_output_shape(**shapes)

        def is_shape(s: Any) -> bool:
            return isinstance(s, (list, tuple)) and all(n is None or isinstance(n, (int, np.integer)) for n in s)

        if not isinstance(shape, (list, tuple, dict)):
            try:
                shape = tuple(shape)
            except TypeError:
                raise ValueError(
                    f"Method `compute_output_shape()` of layer {type(self).__name__} is returning a type that cannot be "
                    f"interpreted as a shape. It should return a shape tuple. Received: {shape}"
                ) from None
        if is_shape(shape) and (len(shape) or isinstance(shape, tuple)):
            return KerasTensor(tuple(shape), dtype=self.compute_dtype)
        return tree.map_shape_structure(lambda s: KerasTensor(s, dtype=self.compute_dtype), shape)

    # --- losses ---------------------------------------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add scalar tensors, inside of `call`, to what `losses` tells until the next call."""
        losses = tree.flatten(loss)
        for x in losses:
            if not is_tensor_like(x):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a tensor input. "
                    f"Received invalid value: {x}"
                )
        scope = _variable.get_stateless_scope()
        if scope is None:
            self._losses.extend(losses)
        elif scope.collect_losses:
            for x in losses:
                scope.add_loss(x)
                self._loss_ids.add(id(x))

    def _add_activity_losses(self, outputs: Any) -> None:
        for x in tree.flatten(outputs):
            if isinstance(x, Tensor):
                loss = self.activity_regularizer(x)
                if x.array.ndim:
                    loss = loss / float(x.array.shape[0]) if x.array.shape[0] else loss * 0
                self.add_loss(loss)

    def _own_losses(self) -> list[Any]:
        scope = _variable.get_stateless_scope()
        if scope is None:
            return list(self._losses)
        return [x for x in scope.losses if id(x) in self._loss_ids]

    def _regularization_losses(self) -> list[Any]:
        return [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    _get_own_losses, _get_regularization_losses = _own_losses, _regularization_losses

    @property
    def losses(self) -> list[Any]:
        """Scalar losses: added in the last call, of regularizers, and the inner layers'."""
        if self._losses_override:
            return self._losses_override
        found = self._own_losses()
        for layer in self._flatten_layers(include_self=False):
            found.extend(layer._own_losses())
        return found + self._regularization_losses()

    def _clear_losses(self) -> None:
        scope = _variable.get_stateless_scope()
        if scope is not None:
            if scope.collect_losses:
                scope.losses[:] = [x for x in scope.losses if id(x) not in self._loss_ids]
        else:
            self._losses.clear()
        self._loss_ids.clear()
        for layer in self._layers:
            layer._clear_losses()

    # --- the rest ---------------------------------------------------------------------------------------------------------------

    @default
    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data."""
        self._check_super_called()
        config = {
            **super().get_config(),
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    def _check_super_called(self) -> None:
        if self.__dict__.get("_lock", True):
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement in the "
                "`__init__()` method. Go add it!"
            )

    def _open_name_scope(self) -> Any:
        if self._parent_path is None:
            object.__setattr__(self, "_parent_path", current_path())
        return name_scope(self.name, caller=self)

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: Any = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the layer: Glorot uniform where it is floating and no initializer is given, else zeros."""
        self._check_super_called()
        if args:
            shape, initializer, dtype = _weight_arguments(args, shape, initializer, dtype)
        dtype = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    add_variable = add_weight

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not in Keras 3: metrics go to `Model.compile(metrics=[...])`."""
        raise NotImplementedError(
            "Layer `add_metric()` method is deprecated. Add your metric in `Model.compile(metrics=[...])`, or make metric objects "
            "in `__init__()` or `build()` and call their `update_state()`."
        )

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        return list(_walk(self, include_self, recursive))

    def _obj_type(self) -> str:
        return "Layer"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def __str__(self) -> str:
        return self.__repr__()


def _walk(layer: Any, include_self: bool, recursive: bool) -> Iterator[Any]:
    if include_self:
        yield layer
    seen: set[int] = set()
    waiting = deque(layer._layers)
    while waiting:
        inner = waiting.popleft()
        if id(inner) in seen:
            continue
        seen.add(id(inner))
        yield inner
        if recursive:
            waiting.extendleft(inner._layers)


def _unbuilt_state(layer: Any) -> bool:
    return any(not inner.built for inner in layer._layers)


def _weight_arguments(args: tuple[Any, ...], shape: Any, initializer: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """`add_weight(shape, initializer, dtype)` by position, as Keras 2 had it."""
    if len(args) > 3:
        raise TypeError(f"add_weight() takes at most 3 positional arguments but {len(args)} were given.")
    if isinstance(args[0], str):
        raise ValueError(
            f"`name` must be passed as a keyword argument. Received: add_weight('{args[0]}', ...). "
            f"Use: add_weight(shape=..., name='{args[0]}')."
        )
    found = []
    for name, keyword, position in (("shape", shape, 0), ("initializer", initializer, 1), ("dtype", dtype, 2)):
        if len(args) <= position:
            found.append(keyword)
        elif keyword is not None:
            raise ValueError(f"`{name}` was passed both positionally and as a keyword argument.")
        else:
            found.append(args[position])
    return found[0], found[1], found[2]
