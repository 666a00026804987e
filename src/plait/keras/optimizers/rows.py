"""Keras' optimizers: their arguments and variables, and the update rule of `plait.optim.rules` that each is."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from plait.keras import _config
from plait.keras._convert import as_tensor
from plait.keras._signatures import constructor
from plait.keras._slices import IndexedSlices
from plait.keras._variable import Variable
from plait.keras.optimizers.base_optimizer import Optimizer, writable
from plait.optim import rules

#: What every optimizer takes, with its defaults; the rate's are the rules' own.
_COMMON = {
    name: parameter.default
    for name, parameter in inspect.signature(Optimizer).parameters.items()
    if parameter.kind is not parameter.VAR_KEYWORD
}


def _takes(**own: Any) -> Any:
    """The constructor of a rule: these arguments with their defaults, then what every optimizer takes."""
    kept = tuple(name for name in own if name not in _COMMON)

    def body(self: _Rule, given: dict[str, Any]) -> None:
        Optimizer.__init__(self, **{name: value for name, value in given.items() if name not in kept})
        self._own = kept
        for name in kept:
            setattr(self, name, given[name])
        self._check()

    return constructor(body, {**own, **{n: v for n, v in _COMMON.items() if n not in own}}, open_ended=True)


class _Rule(Optimizer):
    """An optimizer whose step is one call of a rule over all parameters."""

    #: The arguments that this rule alone takes: attributes, and part of the config.
    _own: tuple[str, ...] = ()
    #: What the rule takes of each part of a gradient of slices before it adds the parts up, and those sums in the step that is done.
    _of_parts: Any = np.square
    _squares: list[Any] | None = None
    beta_1: float
    beta_2: float
    epsilon: float
    momentum: float
    rho: float

    def _check(self) -> None:
        """ValueError where an argument of the rule's own is out of its range."""

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
        self._make(variables)

    def _make(self, variables: Any) -> None:
        """Make the variables that the rule keeps for each parameter."""
        raise NotImplementedError

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable by its gradient."""
        self._backend_update_step([gradient], [variable], learning_rate)

    def _backend_update_step(self, grads: list[Any], trainable_variables: list[Any], learning_rate: Any) -> None:
        rate, step = float(learning_rate), float(int(self.iterations) + 1)
        self._begin(trainable_variables)
        dense = [i for i, g in enumerate(grads) if not isinstance(g, IndexedSlices)]
        sliced = [i for i, g in enumerate(grads) if isinstance(g, IndexedSlices)] if len(dense) < len(grads) else []
        for places in (dense, sliced):
            if not places:
                continue
            arrays = [writable(trainable_variables[i]) for i in places]
            ready = [_fitting(as_tensor(grads[i]).array, p) for i, p in zip(places, arrays, strict=True)]
            self._at = [self._get_variable_index(trainable_variables[i]) for i in places]
            self._squares = None
            if places is sliced and self._of_parts is not None:
                parts = [grads[i].squares(self._of_parts) for i in places]
                self._squares = [_fitting(s, p) for s, p in zip(parts, arrays, strict=True)]
            self._step(arrays, ready, rate, step)

    def _begin(self, variables: list[Any]) -> None:
        """What is done once in a step, before the parameters."""

    def _column(self, variables: list[Any]) -> list[Any]:
        """The arrays that belong to the parameters of this step."""
        return [writable(variables[i]) for i in self._at]

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{key: getattr(self, key) for key in self._own}}


def _fitting(g: Any, p: Any) -> Any:
    """A gradient's array in the dtype of its parameter, C-contiguous."""
    return g if g.dtype == p.dtype and g.flags.c_contiguous else g.astype(p.dtype, order="C")


class SGD(_Rule):
    """Gradient descent, with momentum (Nesterov's too) if asked for."""

    nesterov: bool
    _of_parts = None
    __init__ = _takes(learning_rate=0.01, momentum=0.0, nesterov=False)

    def _check(self) -> None:
        if not isinstance(self.momentum, float) or not 0 <= self.momentum <= 1:
            raise ValueError("`momentum` must be a float between [0, 1].")

    def _make(self, variables: Any) -> None:
        self.momentums = self.add_optimizer_variables(variables, "momentum") if self.momentum != 0 else []

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        momenta = self._column(self.momentums) if self.momentum != 0 else []
        rules.sgd(
            params,
            grads,
            momenta,
            False,
            lr=rate,
            momentum=self.momentum,
            dampening=0.0,
            decay=0.0,
            nesterov=self.nesterov,
            maximize=False,
            velocity=True,
            fused=False,
        )


class Adam(_Rule):
    """Steps by the ratio of the gradient's running mean and the root of its running square (arXiv 1412.6980)."""

    amsgrad: bool
    __init__ = _takes(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False)

    def _make(self, variables: Any) -> None:
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat")

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.adam(
            params,
            grads,
            self._column(self._momentums),
            self._column(self._velocities),
            self._column(self._velocity_hats) if self.amsgrad else None,
            [step] * len(params),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            eps=self.epsilon,
            decay=0.0,
            decoupled=False,
            maximize=False,
            hat=True,
            apart=True,
            squares=self._squares,
        )


class AdamW(Adam):
    """`Adam` with decoupled weight decay (arXiv 1711.05101)."""

    __init__ = _takes(learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False)

    def _check(self) -> None:
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")


class Adamax(_Rule):
    """Adam with the infinity norm (arXiv 1412.6980, section 7)."""

    _of_parts = np.abs
    __init__ = _takes(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)

    def _make(self, variables: Any) -> None:
        self._m, self._u = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.adamax(
            params,
            grads,
            self._column(self._m),
            self._column(self._u),
            [step] * len(params),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            eps=self.epsilon,
            decay=0.0,
            maximize=False,
            inner=True,
            apart=True,
            sizes=self._squares,
        )


class Nadam(_Rule):
    """Adam with Nesterov's momentum (Dozat 2016)."""

    __init__ = _takes(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)

    def _make(self, variables: Any) -> None:
        dtype = variables[0].dtype if variables else _config.floatx()
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self._u_product = Variable(1.0, dtype=getattr(dtype, "name", dtype))
        self._untrack_variable(self._u_product)
        self._track_variable(self._u_product)

    def _begin(self, variables: list[Any]) -> None:
        rules.nadam_product(writable(self._u_product), float(int(self.iterations) + 1), self.beta_1)

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.nadam(
            params,
            grads,
            self._column(self._momentums),
            self._column(self._velocities),
            [writable(self._u_product)],
            [step] * len(params),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            eps=self.epsilon,
            decay=0.0,
            momentum_decay=1.0,
            decoupled=False,
            maximize=False,
            apart=True,
            squares=self._squares,
        )


class RMSprop(_Rule):
    """The gradient over the root of its running square (Hinton's lecture 6)."""

    centered: bool
    __init__ = _takes(learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False)

    def _make(self, variables: Any) -> None:
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        self._momentums = self.add_optimizer_variables(variables, "momentum") if self.momentum > 0 else []
        self._average_gradients = self.add_optimizer_variables(variables, "average_gradient") if self.centered else []

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.rmsprop(
            params,
            grads,
            self._column(self._velocities),
            self._column(self._momentums) if self.momentum > 0 else None,
            self._column(self._average_gradients) if self.centered else None,
            lr=rate,
            alpha=self.rho,
            eps=self.epsilon,
            decay=0.0,
            momentum=self.momentum,
            maximize=False,
            inner=True,
            velocity=True,
            apart=True,
            parts=self._squares,
        )


class Adagrad(_Rule):
    """The gradient over the root of the sum of its squares (Duchi et al. 2011)."""

    initial_accumulator_value: float
    __init__ = _takes(learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7)

    def _make(self, variables: Any) -> None:
        from plait.keras.initializers import Constant

        start = Constant(self.initial_accumulator_value)
        self._accumulators = self.add_optimizer_variables(variables, "accumulator", initializer=start)

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.adagrad(
            params,
            grads,
            self._column(self._accumulators),
            [step] * len(params),
            lr=rate,
            lr_decay=0.0,
            eps=self.epsilon,
            decay=0.0,
            maximize=False,
            inner=True,
            fused=False,
            squares=self._squares,
        )


class Adadelta(_Rule):
    """Steps in units of past steps (arXiv 1212.5701)."""

    __init__ = _takes(learning_rate=0.001, rho=0.95, epsilon=1e-7)

    def _make(self, variables: Any) -> None:
        self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.adadelta(
            params,
            grads,
            self._column(self._accumulated_grads),
            self._column(self._accumulated_delta_vars),
            lr=rate,
            rho=self.rho,
            eps=self.epsilon,
            decay=0.0,
            maximize=False,
            apart=True,
            parts=self._squares,
        )


class Lion(_Rule):
    """Steps by the sign of a mix of momentum and gradient (arXiv 2302.06675)."""

    _of_parts = None
    __init__ = _takes(learning_rate=0.001, beta_1=0.9, beta_2=0.99)

    def _check(self) -> None:
        if not 0 < self.beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={self.beta_1}."
            )

    def _make(self, variables: Any) -> None:
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.lion(params, grads, self._column(self._momentums), lr=rate, beta1=self.beta_1, beta2=self.beta_2)


class Lamb(_Rule):
    """Adam's direction, scaled for each parameter by its own norm (arXiv 1904.00962)."""

    __init__ = _takes(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7)

    def _make(self, variables: Any) -> None:
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.lamb(
            params,
            grads,
            self._column(self._momentums),
            self._column(self._velocities),
            step,
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            eps=self.epsilon,
            squares=self._squares,
        )
