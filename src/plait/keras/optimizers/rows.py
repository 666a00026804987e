"""Keras' optimizers: their arguments and variables, and the update rule of `plait.optim.rules` that each is."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _config
from plait.keras._convert import as_tensor
from plait.keras._variable import Variable
from plait.keras.optimizers.base_optimizer import Optimizer, writable
from plait.optim import rules


class _Rule(Optimizer):
    """An optimizer whose step is one call of a rule over all parameters."""

    #: Constructor arguments besides the common ones, which are attributes too.
    _own: tuple[str, ...] = ()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Change one variable by its gradient."""
        self._backend_update_step([gradient], [variable], learning_rate)

    def _backend_update_step(self, grads: list[Any], trainable_variables: list[Any], learning_rate: Any) -> None:
        arrays = [writable(v) for v in trainable_variables]
        ready = []
        for g, p in zip(grads, arrays, strict=True):
            g = g.array if hasattr(g, "array") else as_tensor(g).array
            fits = g.dtype == p.dtype and g.flags.c_contiguous
            ready.append(g if fits else g.astype(p.dtype, order="C"))
        self._at = [self._get_variable_index(v) for v in trainable_variables]
        self._step(arrays, ready, float(learning_rate), float(int(self.iterations) + 1))

    def _column(self, variables: list[Any]) -> list[Any]:
        """The arrays that belong to the parameters of this step."""
        return [writable(variables[i]) for i in self._at]

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{key: getattr(self, key) for key in self._own}}


class SGD(_Rule):
    """Gradient descent, with momentum (Nesterov's too) if asked for."""

    _own = (
        "momentum",
        "nesterov",
    )

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        if not isinstance(momentum, float) or momentum < 0 or momentum > 1:
            raise ValueError("`momentum` must be a float between [0, 1].")
        self.momentum = momentum
        self.nesterov = nesterov

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class Adam(_Rule):
    """Steps by the ratio of the gradient's running mean and the root of its running square (arXiv 1412.6980)."""

    _own = (
        "beta_1",
        "beta_2",
        "epsilon",
        "amsgrad",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class AdamW(Adam):
    """`Adam` with decoupled weight decay (arXiv 1711.05101)."""

    _own = (
        "beta_1",
        "beta_2",
        "epsilon",
        "amsgrad",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        super().__init__(
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            amsgrad=amsgrad,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")


class Adamax(_Rule):
    """Adam with the infinity norm (arXiv 1412.6980, section 7)."""

    _own = (
        "beta_1",
        "beta_2",
        "epsilon",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class Nadam(_Rule):
    """Adam with Nesterov's momentum (Dozat 2016)."""

    _own = (
        "beta_1",
        "beta_2",
        "epsilon",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
        dtype = variables[0].dtype if variables else _config.floatx()
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self._u_product = Variable(1.0, dtype=getattr(dtype, "name", dtype))
        self._untrack_variable(self._u_product)
        self._track_variable(self._u_product)

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        product = np.array(self._u_product)
        products = [product.copy() for _ in params]
        rules.nadam(
            params,
            grads,
            self._column(self._momentums),
            self._column(self._velocities),
            products,
            [step] * len(params),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            eps=self.epsilon,
            decay=0.0,
            momentum_decay=1.0,
            decoupled=False,
            maximize=False,
        )
        if products:
            self._u_product.assign(products[0])


class RMSprop(_Rule):
    """The gradient over the root of its running square (Hinton's lecture 6)."""

    _own = (
        "rho",
        "momentum",
        "epsilon",
        "centered",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class Adagrad(_Rule):
    """The gradient over the root of the sum of its squares (Duchi et al. 2011)."""

    _own = (
        "initial_accumulator_value",
        "epsilon",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class Adadelta(_Rule):
    """Steps in units of past steps (arXiv 1212.5701)."""

    _own = (
        "rho",
        "epsilon",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )


class Lion(_Rule):
    """Steps by the sign of a mix of momentum and gradient (arXiv 2302.06675)."""

    _own = (
        "beta_1",
        "beta_2",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        if beta_1 <= 0 or beta_1 > 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}."
            )

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def _step(self, params: list[Any], grads: list[Any], rate: float, step: float) -> None:
        rules.lion(params, grads, self._column(self._momentums), lr=rate, beta1=self.beta_1, beta2=self.beta_2)


class Lamb(_Rule):
    """Adam's direction, scaled for each parameter by its own norm (arXiv 1904.00962)."""

    _own = (
        "beta_1",
        "beta_2",
        "epsilon",
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: Any) -> None:
        """Make the optimizer's variables."""
        if self.built:
            return
        super().build(variables)
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
        )
