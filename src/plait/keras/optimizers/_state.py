"""What an optimizer keeps: its variables, its weights for files, its config."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from plait.keras._naming import name_scope
from plait.keras._variable import Variable

__all__ = ["State"]


class State:
    """The part of Optimizer that makes, names, saves and describes what it has."""

    name: str
    _iterations: Any
    _learning_rate: Any
    _variables: list[Any]
    _trainable_variables: list[Any]
    _trainable_variables_indices: dict[int, int]
    gradient_accumulation_steps: int | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    loss_scale_factor: float | None

    def _own_variable(self, value: Any, name: str, dtype: str) -> Any:
        with name_scope(self.name, caller=self):
            variable = Variable(value, name=name, dtype=dtype, trainable=False, aggregation="only_first_replica")
        self._track_variable(variable)
        return variable

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "_lock":
            self._check_super_called()
            if isinstance(value, Variable) and not any(v is value for v in self.__dict__.get("_variables", ())):
                self._variables.append(value)
        object.__setattr__(self, name, value)

    def _check_super_called(self) -> None:
        if "_lock" not in self.__dict__:
            raise RuntimeError(
                f"In optimizer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement in the "
                "`__init__()` method. Go add it!"
            )

    @property
    def iterations(self) -> Any:
        """How many updates were made."""
        if self.gradient_accumulation_steps:
            from plait.keras import ops

            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def variables(self) -> list[Any]:
        """The optimizer's own variables, the iteration first."""
        return self._variables[:]

    def _track_variable(self, variable: Any) -> None:
        if not any(v is variable for v in self._variables):
            self._variables.append(variable)

    def _untrack_variable(self, variable: Any) -> None:
        self._variables[:] = [v for v in self._variables if v is not variable]

    def _overwrite_variable_with_gradient(self, variable: Any) -> bool:
        return getattr(variable, "overwrite_with_gradient", False)

    def build(self, variables: Sequence[Any]) -> None:
        """Make what every optimizer keeps for each variable."""
        variables = list(variables)
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated_gradients: list[Any] = []
        for i, variable in enumerate(variables):
            self._trainable_variables_indices[self._var_key(variable)] = i
            if self.gradient_accumulation_steps:
                self._accumulated_gradients.append(
                    self.add_variable_from_reference(variable, name="gradient_accumulator")
                )
        self._trainable_variables = variables
        self.built = True

    def _var_key(self, variable: Any) -> int:
        return id(getattr(variable, "_resource", variable))

    def _get_variable_index(self, variable: Any) -> int:
        return self._trainable_variables_indices[self._var_key(variable)]

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Any:
        """A new variable of the optimizer."""
        from plait.keras import initializers

        self._check_super_called()
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._track_variable(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Any:
        """A new variable of another's shape and dtype, named after it."""
        name = name or "var"
        path = getattr(reference_variable, "path", None)
        owner = str(reference_variable.name).replace(":", "_") if path is None else path
        return self.add_variable(
            shape=reference_variable.shape,
            initializer=initializer,
            dtype=getattr(reference_variable.dtype, "name", reference_variable.dtype),
            name=f"{owner.replace('/', '_')}_{name}",
        )

    def add_optimizer_variables(self, trainable_variables: Sequence[Any], name: Any, initializer: Any = "zeros") -> Any:
        """A variable of each of the given names (one, or a list) for each variable: a list, or a list for each name."""
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple)) and not isinstance(name, str)
        initials = list(initializer) if several else [initializer] * len(names)
        if len(names) != len(initials):
            raise ValueError(
                "The number of provided names must match the number of provided initializers.  "
                f"Received name='{name}', initializer='{initializer}'"
            )
        columns: tuple[list[Any], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for column, own, initial in zip(columns, names, initials, strict=True):
                column.append(
                    None
                    if self._overwrite_variable_with_gradient(variable)
                    else self.add_variable_from_reference(variable, name=own, initializer=initial)
                )
        return columns[0] if isinstance(name, str) else columns

    def _check_variables_are_known(self, variables: Sequence[Any]) -> None:
        for v in variables:
            if self._var_key(v) not in self._trainable_variables_indices:
                raise ValueError(
                    f"Unknown variable: {v}. This optimizer can only be called for the variables it was originally built "
                    "with. When working with a new set of variables, you should recreate a new optimizer instance."
                )

    def assign(self, variable: Any, value: Any) -> None:
        """Set a variable."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Add to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtract from a variable."""
        variable.assign_sub(value)

    # --- weights and config --------------------------------------------------------------------------------------------------

    def set_weights(self, weights: Any) -> None:
        """Give the optimizer's variables values, in order."""
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before calling `set_weights()`."
            )
        for variable, weight in zip(self._variables, weights, strict=False):
            if tuple(variable.shape) != tuple(weight.shape):
                raise ValueError(
                    f"Optimizer variable {self._var_key(variable)} has shape {variable.shape} not compatible with provided "
                    f"weight shape {weight.shape}."
                )
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """The variables' values into a mapping, under their numbers."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """The variables' values from a mapping."""
        if len(store.keys()) != len(self.variables):
            text = (
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(self.variables)} variables "
                f"whereas the saved optimizer has {len(store.keys())} variables. "
            )
            if not self.variables:
                text += "This is likely because the optimizer has not been called/built yet."
            warnings.warn(text, stacklevel=2)
            return
        for i, variable in enumerate(self.variables):
            variable.assign(store[str(i)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, the learning rate as it is now."""
        from plait.keras.optimizers.schedules import LearningRateSchedule
        from plait.keras.saving.serialization_lib import serialize_keras_object

        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize_keras_object(rate)
        elif isinstance(rate, Variable):
            rate = float(rate.numpy())
        elif callable(rate):
            rate = serialize_keras_object(rate)
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """The optimizer that `get_config` describes."""
        if isinstance(config.get("learning_rate"), dict):
            from plait.keras.saving.serialization_lib import deserialize_keras_object

            rate = deserialize_keras_object(config["learning_rate"], custom_objects=custom_objects)
            config = {**config, "learning_rate": rate}
        return cls(**config)

    def _obj_type(self) -> str:
        return "Optimizer"
