"""Optimizer: variables, clipping, weight decay, averages and accumulation, which all rules have in common.

A rule of Keras' own is one native call over all parameters (`_step`); a subclass of the program's has `update_step` for one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from plait.keras import _config
from plait.keras._convert import as_tensor
from plait.keras._naming import auto_name, name_scope
from plait.keras._resource import ResourceVariable
from plait.keras._scopes import in_stateless_scope
from plait.keras._slices import IndexedSlices, mapped
from plait.keras._tensor import Tensor
from plait.keras._variable import Variable
from plait.keras.optimizers._state import State
from plait.ops import lanes
from plait.optim import rules


def _check(ok: Any, text: str) -> None:
    if not ok:
        raise ValueError(text)


class Optimizer(State):
    """What changes variables by their gradients.

    A subclass has `build`, which makes its variables, and `update_step(gradient, variable, learning_rate)`.
    """

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        self._lock = False
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=2)
        _check(not kwargs, f"Argument(s) not recognized: {kwargs}")
        self.name = auto_name(type(self).__name__) if name is None else name
        self.weight_decay, self.clipnorm, self.global_clipnorm = weight_decay, clipnorm, global_clipnorm
        self.clipvalue, self.use_ema, self.loss_scale_factor = clipvalue, use_ema, loss_scale_factor
        self.gradient_accumulation_steps = steps = gradient_accumulation_steps
        _check(
            not steps or steps >= 2,
            f"`gradient_accumulation_steps` must be an integer >= 2. Received: gradient_accumulation_steps={steps}",
        )
        if use_ema:
            _check(
                0 <= ema_momentum <= 1,
                f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={ema_momentum}",
            )
            often = ema_overwrite_frequency
            _check(
                not often or (isinstance(often, int) and often >= 1),
                f"`ema_overwrite_frequency` must be an integer >= 1 or None. Received: ema_overwrite_frequency={often}",
            )
        self.ema_momentum, self.ema_overwrite_frequency = ema_momentum, ema_overwrite_frequency
        _check(
            sum(a is not None for a in (clipnorm, clipvalue, global_clipnorm)) <= 1,
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
            f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}",
        )
        self.built = False
        self._variables: list[Any] = []
        self._trainable_variables: list[Any] = []
        self._trainable_variables_indices: dict[int, int] = {}
        self._count = 0
        self._iterations = self._own_variable(0, "iteration", "int")
        from plait.keras.optimizers.schedules import LearningRateSchedule

        if isinstance(learning_rate, LearningRateSchedule) or callable(learning_rate):
            self._learning_rate = learning_rate
        else:
            _check(
                isinstance(learning_rate, float),
                "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable (that takes "
                "in the current iteration value and returns the corresponding learning rate value). Received instead: "
                f"learning_rate={learning_rate}",
            )
            self._learning_rate = self._own_variable(learning_rate, "learning_rate", _config.floatx())

    # --- applying gradients ----------------------------------------------------------------------------------------------

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable by its gradient."""
        raise NotImplementedError

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """`apply` of pairs (gradient, variable); returns the iterations."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Change variables by their gradients, None meaning no gradient."""
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be built on a list of variables. "
                    "Call `optimizer.build(trainable_variables)` first. "
                )
            if len(grads) != len(self._trainable_variables_indices):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the gradients must match `optimizer.variables` "
                    f"one-to-on. Received a list of {len(grads)} gradients, but the optimizer is tracking "
                    f"{len(self._trainable_variables)} trainable variables."
                )
            variables = self._trainable_variables
        else:
            variables = list(trainable_variables)
            if not self.built:
                with name_scope(self.name, caller=self):
                    self.build(variables)
                self.built = True
            self._check_variables_are_known(variables)
        grads, variables = self._filter_empty_gradients(grads, variables)
        grads, variables = self._overwrite_variables_directly_with_gradients(grads, variables)
        if not grads:
            self._iterations.assign_add(1)
            return
        if self.loss_scale_factor is not None:
            grads = [mapped(lambda x: x / self.loss_scale_factor, g) for g in grads]
        self._backend_apply_gradients(grads, variables)
        for variable in variables:
            constraint = variable.constraint
            if constraint is not None:
                variable.assign(constraint(variable))
        self._iterations.assign_add(1)

    def _filter_empty_gradients(self, grads: list[Any], variables: list[Any]) -> tuple[list[Any], list[Any]]:
        missing = [v for g, v in zip(grads, variables, strict=True) if g is None]
        if not missing:
            return grads, variables
        if len(missing) == len(grads):
            raise ValueError("No gradients provided for any variable.")
        names = [getattr(v, "path", None) or v.name for v in missing]
        warnings.warn(
            f"Gradients do not exist for variables {names} when minimizing the loss. If using `model.compile()`, did you "
            "forget to provide a `loss` argument?",
            stacklevel=4,
        )
        kept = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        return [g for g, _ in kept], [v for _, v in kept]

    def _overwrite_variables_directly_with_gradients(
        self, grads: list[Any], variables: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Give variables that ask for it their gradient as a value (the largest of an accumulation's), and leave the others."""
        own = [(g, v) for g, v in zip(grads, variables, strict=True) if self._overwrite_variable_with_gradient(v)]
        if not own:
            return grads, variables
        steps = self.gradient_accumulation_steps
        for g, v in own:
            if not steps:
                v.assign(g)
                continue
            held = self._accumulated_gradients[self._get_variable_index(v)]
            largest = np.maximum(as_tensor(g).array, np.asarray(held))
            if (int(self._iterations) + 1) % steps:
                held.assign(largest)
            else:
                v.assign(largest)
                held.assign(np.zeros_like(largest))
        left = [(g, v) for g, v in zip(grads, variables, strict=True) if not self._overwrite_variable_with_gradient(v)]
        return [g for g, _ in left], [v for _, v in left]

    def _backend_apply_gradients(self, grads: list[Any], variables: list[Any]) -> None:
        steps = self.gradient_accumulation_steps
        if steps:
            held = [self._accumulated_gradients[self._get_variable_index(v)] for v in variables]
            if (int(self._iterations) + 1) % steps:
                for g, a in zip(grads, held, strict=True):
                    a.assign_add(g)
            else:
                self._update([(as_tensor(g) + a) / steps for g, a in zip(grads, held, strict=True)], variables)
                for a in self._accumulated_gradients:
                    a.assign(np.zeros(tuple(a.shape), a.numpy().dtype))
        else:
            self._update(grads, variables)
        if self.use_ema:
            self._update_model_variables_moving_average(self._trainable_variables)
            often = self.ema_overwrite_frequency
            if often and (int(self.iterations) + 1) % often == 0:
                self._overwrite_model_variables_with_average_value(self._trainable_variables)

    def _update(self, grads: list[Any], variables: list[Any]) -> None:
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self._backend_update_step(grads, variables, self.learning_rate)

    def _backend_update_step(self, grads: list[Any], trainable_variables: list[Any], learning_rate: Any) -> None:
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def stateless_apply(self, optimizer_variables: Any, grads: Any, trainable_variables: Any) -> Any:
        """The values that variables and the optimizer's variables would have after `apply`."""
        from plait.keras import ops

        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {type(self).__name__} must be built (i.e. its variables must have been created). "
                "You can build it via `optimizer.build(trainable_variables)`."
            )
        own, theirs = self.variables, self._trainable_variables
        for given, want, what in (
            (optimizer_variables, own, "optimizer_variables"),
            (trainable_variables, theirs, "trainable_variables"),
        ):
            if len(given) != len(want):
                raise ValueError(
                    f"Argument `{what}` must be a list of tensors corresponding 1:1 to the variables of "
                    f"{type(self).__name__}(). Received list with length {len(given)}, but expected {len(want)} variables."
                )
        everything = theirs + own
        before = [np.array(v) for v in everything]
        try:
            for v, value in zip(everything, [*trainable_variables, *optimizer_variables], strict=True):
                v.assign(value)
            self.apply(grads)
            after = [ops.convert_to_tensor(np.array(v)) for v in everything]
        finally:
            for v, value in zip(everything, before, strict=True):
                v.assign(value)
        return after[: len(theirs)], after[len(theirs) :]

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`; `apply` divides the gradients by it again."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # --- the learning rate -----------------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> Any:
        """The learning rate now: a variable, or what the schedule says. It can be set where it is no schedule."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        from plait.keras.optimizers.schedules import LearningRateSchedule

        held = self._learning_rate
        if isinstance(learning_rate, (Variable, ResourceVariable, Tensor)) or not callable(learning_rate):
            if isinstance(held, LearningRateSchedule):
                raise TypeError(
                    "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor "
                    "argument, hence its learning rate is not settable. If you need the learning rate to be settable, you "
                    "should instantiate the optimizer with a float `learning_rate` argument."
                )
            held.assign(learning_rate)
            return
        self._learning_rate = learning_rate
        if isinstance(held, Variable):
            self._untrack_variable(held)

    @property
    def lr(self) -> Any:
        """`learning_rate` under its older name."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def _get_current_learning_rate(self) -> Any:
        from plait.keras.optimizers.schedules import LearningRateSchedule

        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        if isinstance(rate, Variable):
            return rate
        return rate() if callable(rate) else rate

    # --- clipping, decay, averages ---------------------------------------------------------------------------------------

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        from plait.keras import ops

        if self.clipnorm and self.clipnorm > 0:
            return [None if g is None else self._clip_by_norm(g) for g in grads]
        if self.global_clipnorm and self.global_clipnorm > 0:
            return clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue and self.clipvalue > 0:
            most = self.clipvalue
            return [None if g is None else mapped(lambda x: ops.clip(x, -most, most), g) for g in grads]
        return grads

    def _clip_by_norm(self, values: Any, axes: Any = None) -> Any:
        from plait.keras import ops

        if isinstance(values, IndexedSlices):
            return mapped(lambda x: self._clip_by_norm(x, axes), values)
        array = as_tensor(values).array
        squares = as_tensor(np.square(array))
        norm = np.sqrt(lanes.sum(squares, axes, True).array)
        limit = array.dtype.type(self.clipnorm)
        return ops.convert_to_tensor(array * limit / np.maximum(norm, limit))

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Variables, or patterns of names, that weight decay leaves alone; only before the optimizer is built."""
        if self.built:
            raise ValueError("`exclude_from_weight_decay()` can only be configured before the optimizer is built.")
        self._exclude_from_weight_decay = {self._var_key(v) for v in var_list or ()}
        self._exclude_from_weight_decay_pattern = re.compile("|".join(set(var_names))) if var_names else None

    def _use_weight_decay(self, variable: Any) -> bool:
        if self._var_key(variable) in self.__dict__.get("_exclude_from_weight_decay", ()):
            return False
        pattern = self.__dict__.get("_exclude_from_weight_decay_pattern")
        return pattern is None or pattern.search(variable.name) is None

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        if self.weight_decay is None:
            return
        decayed = [writable(v) for v in variables if self._use_weight_decay(v)]
        rules.decay(decayed, float(self.learning_rate), self.weight_decay)

    def _update_model_variables_moving_average(self, trainable_variables: list[Any]) -> None:
        momentum = self.ema_momentum if int(self.iterations) else 0.0
        averages = self._model_variables_moving_average
        pairs = [(a, v) for a, v in zip(averages, trainable_variables, strict=True) if a is not None]
        rules.average([writable(a) for a, _ in pairs], [np.asarray(v) for _, v in pairs], momentum)

    def _overwrite_model_variables_with_average_value(self, trainable_variables: list[Any]) -> None:
        averages = self._model_variables_moving_average
        if len(trainable_variables) != len(averages):
            raise ValueError(
                f"The length of model variables ({len(trainable_variables)}) to override does not match the length of model "
                f"variables stored in the optimizer ({len(averages)}). Please check if the optimizer was called on your model."
            )
        for v, average in zip(trainable_variables, averages, strict=True):
            if average is not None:
                v.assign(average)

    def finalize_variable_values(self, var_list: Any) -> None:
        """The variables' last values: their averages where `use_ema`."""
        if self.use_ema:
            self._overwrite_model_variables_with_average_value(var_list)


def writable(variable: Any) -> Any:
    """The array of a variable, to be changed in place."""
    if in_stateless_scope():
        raise RuntimeError("an optimizer changes variables in place, which a stateless scope does not allow")
    return variable.writable()


def global_norm(value_list: Sequence[Any]) -> Any:
    """The root of the sum of all squares."""
    held = [v.values if isinstance(v, IndexedSlices) else v for v in value_list if v is not None]
    squares = [lanes.total(np.square(as_tensor(v).array)) for v in held]
    return np.sqrt(lanes.total(np.asarray(squares)))


def clip_by_global_norm(value_list: Sequence[Any], clip_norm: float) -> list[Any]:
    """All values times one factor, so that their common norm is at most `clip_norm`."""
    norm = global_norm(value_list)
    one = norm.dtype.type
    with np.errstate(all="ignore"):
        factor = one(clip_norm) * np.minimum(one(1) / norm, one(1) / one(clip_norm)) + (norm - norm)
    return [None if v is None else as_tensor(v) * factor for v in value_list]
