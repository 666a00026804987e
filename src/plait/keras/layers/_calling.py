"""What a call does round `call`: converts, checks, builds, hands down, casts variables, passes masks on, leaves a Node."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plait.keras import _scopes, tree
from plait.keras._dtypes import is_float as is_float_dtype
from plait.keras._dtypes import standardize as standardize_dtype
from plait.keras._errors import as_upstream
from plait.keras._infer import inferring
from plait.keras._masks import get_keras_mask, set_keras_mask
from plait.keras._scopes import AutocastScope, StatelessScope
from plait.keras._symbolic import Node, Operation, any_symbolic
from plait.keras._tensor import Tensor as KerasOwnTensor
from plait.keras.layers import input_spec
from plait.keras.layers._calls import CURRENT, CallContext, CallSpec, is_tensor_like
from plait.keras.layers._telling import with_arguments
from plait.tensor import Tensor

__all__ = ["Calling"]


class Calling(Operation):
    """The part of Layer that is called."""

    built: bool
    _called: bool
    _call_context_args: set[str]
    _call_has_context_arg: dict[str, bool]
    _leaf = False  # whether calls reach no other layer and make no masks: the dialect's own layers, but for Lambda
    _quick: Any = None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

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
                    and _scopes.state.autocast is None
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
        policy = self._own_policy
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
            try:
                if scope is None:
                    return Operation.__call__(self, *args, **kwargs)
                with scope:
                    return Operation.__call__(self, *args, **kwargs)
            except Exception as error:
                e = as_upstream(error) if type(self)._leaf else error
                function = self.symbolic_call if any_symbolic(args, kwargs) else self.call
                told = with_arguments(e, function, f"{type(self).__name__}.call()", args, kwargs)
                if told is error:
                    raise
                raise told.with_traceback(error.__traceback__) from None

    def _autocast(self) -> AutocastScope | None:
        """The scope in which variables are cast for this layer, where it is not the current one."""
        current = _scopes.state.autocast
        policy = self._own_policy
        if current is None:
            return AutocastScope(policy.compute_dtype) if policy.compute_dtype != policy.variable_dtype else None
        if not self.autocast or not is_float_dtype(policy.compute_dtype):
            return AutocastScope(None)
        return AutocastScope(policy.compute_dtype) if current.dtype != policy.compute_dtype else None

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call` method implemented.")

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
