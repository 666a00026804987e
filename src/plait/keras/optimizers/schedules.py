"""Learning rates as functions of the step."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from plait.keras import _config
from plait.keras._dtypes import numpy_dtype
from plait.keras._signatures import with_defaults
from plait.optim import curves

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule:
    """A learning rate that depends on the step. A subclass has `__call__(step)` and `get_config`."""

    _saved: ClassVar[tuple[str, ...] | None] = None

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        if self._saved is None:
            raise NotImplementedError(
                f"Learning rate schedule '{type(self).__name__}' must override `get_config()` in order to be serializable."
            )
        return {
            key: getattr(self, key, None) if key in self.__dict__ else getattr(self, f"_{key}") for key in self._saved
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The schedule that `get_config` describes."""
        return cls(**config)


def _numbers(start: Any, *more: Any) -> tuple[Any, ...]:
    """All in the dtype of the initial learning rate: numbers of NumPy."""
    array = np.asarray(start)
    dtype = array.dtype if hasattr(start, "dtype") and array.dtype.kind == "f" else numpy_dtype(_config.floatx())
    one = dtype.type
    return tuple(None if x is None else one(np.asarray(x)) for x in (start, *more))


def _tensor(value: Any) -> Any:
    from plait.keras.ops import convert_to_tensor

    return convert_to_tensor(np.asarray(value))


def _positive(steps: Any, name: str = "decay_steps") -> None:
    if steps <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={steps}")


class _Decay(LearningRateSchedule):
    _saved = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        decay_rate: Any,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name
        _positive(decay_steps)

    _curve: ClassVar[Any]

    def __call__(self, step: Any) -> Any:
        start, at, steps, rate = _numbers(self.initial_learning_rate, step, self.decay_steps, self.decay_rate)
        return _tensor(type(self)._curve(start, at, steps, rate, self.staircase))


class ExponentialDecay(_Decay):
    """initial_learning_rate · decay_rate^(step / decay_steps); with `staircase` in whole steps.

    >>> float(ExponentialDecay(0.5, 10, 0.5)(20))
    0.125
    """

    _curve = staticmethod(curves.exponential)


class InverseTimeDecay(_Decay):
    """initial_learning_rate / (1 + decay_rate · step / decay_steps); with `staircase` in whole steps."""

    _curve = staticmethod(curves.inverse_time)
    __init__ = with_defaults(_Decay.__init__, name="InverseTimeDecay")


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[i] up to and with step boundaries[i], the last value after that."""

    _saved = ("boundaries", "values", "name")

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length {len(values)}."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> Any:
        from plait.keras.ops import convert_to_tensor

        at = np.asarray(step)
        which = sum(int(at > np.asarray(b).astype(at.dtype)) for b in self.boundaries)
        return convert_to_tensor(self.values[which], dtype=convert_to_tensor(self.values[0]).dtype)


class PolynomialDecay(LearningRateSchedule):
    """From the initial to the end learning rate along (1 − step / decay_steps)^power."""

    _saved = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        end_learning_rate: Any = 0.0001,
        power: Any = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name
        _positive(decay_steps)

    def __call__(self, step: Any) -> Any:
        more = (self.end_learning_rate, step, self.decay_steps, self.power)
        start, end, at, steps, power = _numbers(self.initial_learning_rate, *more)
        return _tensor(curves.polynomial(start, end, at, steps, power, self.cycle))


class CosineDecay(LearningRateSchedule):
    """Half a cosine down to the share `alpha`, after a linear warmup to `warmup_target` if one is given."""

    _saved = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        alpha: Any = 0.0,
        name: str = "CosineDecay",
        warmup_target: Any = None,
        warmup_steps: Any = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_steps, self.warmup_target = name, warmup_steps, warmup_target
        _positive(decay_steps)

    def __call__(self, step: Any) -> Any:
        more = (step, self.decay_steps, self.alpha, self.warmup_target, self.warmup_steps)
        return _tensor(curves.cosine_warm(*_numbers(self.initial_learning_rate, *more)))


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines, each `t_mul` times as long and starting `m_mul` times as high as the one before."""

    _saved = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self,
        initial_learning_rate: Any,
        first_decay_steps: Any,
        t_mul: Any = 2.0,
        m_mul: Any = 1.0,
        alpha: Any = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self._t_mul, self._m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name
        _positive(first_decay_steps, "first_decay_steps")

    def __call__(self, step: Any) -> Any:
        more = (step, self.first_decay_steps, self._t_mul, self._m_mul, self.alpha)
        return _tensor(curves.cosine_restarts(*_numbers(self.initial_learning_rate, *more)))


def serialize(learning_rate_schedule: Any) -> Any:
    """A schedule as a config."""
    from plait.keras.saving.serialization_lib import serialize_keras_object

    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule that a config describes."""
    from plait.keras.saving.serialization_lib import deserialize_keras_object

    return deserialize_keras_object(config, module_objects=globals(), custom_objects=custom_objects)
