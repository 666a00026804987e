"""Metric: the base class; its state is variables that batches add to."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _config
from plait.keras._dtypes import numpy_dtype, standardize
from plait.keras._naming import auto_name, name_scope
from plait.keras._variable import Variable
from plait.keras.layers._tracking import Tracker


def _is_variable(x: Any) -> bool:
    return isinstance(x, Variable)


def _is_metric(x: Any) -> bool:
    return isinstance(x, Metric)


_KINDS = [("variables", _is_variable), ("metrics", _is_metric)]


class Metric:
    """A number that is gathered over batches.

    A subclass makes variables with `add_variable`, changes them in `update_state`, and tells the number in `result`.
    """

    _is_metric = True  # how layers know their metrics

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self._dtype = standardize(getattr(dtype, "compute_dtype", dtype) or _config.floatx())
        tracker = Tracker(_KINDS)
        self._metrics: list[Any] = tracker.stores["metrics"]
        self._variables: list[Any] = tracker.stores["variables"]
        self._tracker = tracker

    def __setattr__(self, name: str, value: Any) -> None:
        tracker = self.__dict__.get("_tracker")
        object.__setattr__(self, name, value if tracker is None else tracker.track(value))

    def _check_super_called(self) -> None:
        if "_tracker" not in self.__dict__:
            raise RuntimeError("You forgot to call `super().__init__()` in the `__init__()` method. Go add it!")

    @property
    def dtype(self) -> str:
        """The dtype of the state and the result."""
        return self._dtype

    @property
    def variables(self) -> list[Any]:
        """The state, metrics inside included."""
        found = list(self._variables)
        for metric in self._metrics:
            found += metric.variables
        return found

    def add_variable(
        self, shape: Any, initializer: Any, dtype: Any = None, aggregation: Any = "sum", name: str | None = None
    ) -> Any:
        """A new variable of the state."""
        from plait.keras import initializers

        self._check_super_called()
        with name_scope(self.name.replace("/", ">"), caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._tracker.add("variables", variable)
        return variable

    def add_weight(self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: str | None = None) -> Any:
        """`add_variable` under its older name."""
        return self.add_variable(shape=shape, initializer=initializer, dtype=dtype, name=name)

    def reset_state(self) -> None:
        """All variables to zero."""
        for v in self.variables:
            v.assign(np.zeros(tuple(v.shape), numpy_dtype(v.dtype)))

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch in."""
        raise NotImplementedError

    def result(self) -> Any:
        """The metric over all that was taken in since the last reset."""
        raise NotImplementedError

    def _with_state(self, values: Any, run: Any) -> tuple[Any, list[Any]]:
        """`run()` with `values` in the variables' places, and the values after it; the variables are as before."""
        from plait.keras import ops

        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(
                "Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables. Received list with length {len(values)}, "
                f"but expected {len(variables)} variables."
            )
        before = [np.array(v) for v in variables]
        try:
            for v, value in zip(variables, values, strict=True):
                v.assign(value)
            out = run()
            return out, [ops.convert_to_tensor(np.array(v)) for v in variables]
        finally:
            for v, value in zip(variables, before, strict=True):
                v.assign(value)

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> Any:
        """The state that `update_state` would make of the given one."""
        return self._with_state(metric_variables, lambda: self.update_state(*args, **kwargs))[1]

    def stateless_result(self, metric_variables: Any) -> Any:
        """The result for a given state."""
        return self._with_state(metric_variables, self.result)[0]

    def stateless_reset_state(self) -> Any:
        """The state after a reset."""
        return self._with_state([np.array(v) for v in self.variables], self.reset_state)[1]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state`, then `result`."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The metric that `get_config` describes."""
        return cls(**config)

    def _obj_type(self) -> str:
        return "Metric"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    __str__ = __repr__
