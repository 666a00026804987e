"""paddle.optimizer.lr: learning rates that change; the curves are plait.optim.schedule's.

A scheduler makes its first step when it is made, and each `step()` works the next rate out of `last_epoch`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from plait.optim import schedule
from plait.tensor import Tensor

__all__ = [
    "CosineAnnealingDecay",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LRScheduler",
    "LambdaDecay",
    "LinearLR",
    "LinearWarmup",
    "MultiStepDecay",
    "MultiplicativeDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "OneCycleLR",
    "PiecewiseDecay",
    "PolynomialDecay",
    "ReduceOnPlateau",
    "StepDecay",
]


def _number(value: Any, words: str, integer: bool = False) -> None:
    """Raise TypeError unless `value` is a number of Python's (an int where `integer`); `words` say which argument it is."""
    if not isinstance(value, int if integer else (float, int)):
        raise TypeError(f"{words} must be {'int' if integer else 'float or int'}, but received {type(value)}")


def _positive_steps(value: Any, name: str) -> None:
    if not (value > 0 and isinstance(value, int)):
        raise AssertionError(f" '{name}' must be a positive integer.")


def _function(value: Any, owner: str) -> None:
    if not callable(value):
        raise TypeError(f"The type of 'lr_lambda' in '{owner}' must be 'function', but received {type(value)}.")


class LRScheduler:
    """Base of all schedulers: subclasses write `get_lr`, which may look at `last_epoch`, `last_lr` and `base_lr`.

    Calling a scheduler gives the rate of now. `verbose` prints it at each step.

    >>> rate = StepDecay(0.5, step_size=2, gamma=0.1)
    >>> for _ in range(3):
    ...     print(rate())
    ...     rate.step()
    0.5
    0.5
    0.05
    """

    def __init__(self, learning_rate: float = 0.1, last_epoch: int = -1, verbose: bool = False) -> None:
        if not isinstance(learning_rate, (float, int)):
            raise TypeError(f"The type of learning rate must be float, but received {type(learning_rate)}")
        if learning_rate < 0:
            raise ValueError(f"Invalid learning rate: {learning_rate}")
        self._begin(learning_rate, last_epoch, verbose)
        self.step()

    def _begin(self, learning_rate: float, last_epoch: int, verbose: bool) -> None:
        self.base_lr = float(learning_rate)
        self.last_lr = float(learning_rate)
        self.last_epoch = last_epoch
        self.verbose = verbose
        self._var_name: str | None = None

    def __call__(self) -> float:
        """The rate of now."""
        return self.last_lr

    def step(self, epoch: int | None = None) -> None:
        """On to the next step, or to step `epoch`."""
        if epoch is None:
            self.last_epoch += 1
            self.last_lr = self.get_lr()
        else:
            self.last_epoch = epoch
            direct = getattr(self, "_get_closed_form_lr", self.get_lr)
            self.last_lr = direct()
        self._tell()

    def _tell(self) -> None:
        if self.verbose:
            print(f"Epoch {self.last_epoch}: {type(self).__name__} set learning rate to {self.last_lr}.")

    def state_keys(self) -> None:
        """Set `keys`, the names of the attributes that are the state; subclasses may set others."""
        self.keys = ["last_epoch", "last_lr"]

    def state_dict(self) -> dict[str, Any]:
        """The state: what `state_keys` names, tensors of one element as numbers."""
        self.state_keys()
        state: dict[str, Any] = {}
        for key in self.keys:
            if key in self.__dict__:
                value = self.__dict__[key]
                if isinstance(value, Tensor):
                    if value.array.size != 1:
                        raise AssertionError("numel of Tensor in state_dict must be 1")
                    value = value.array.item()
                state[key] = value
        return state

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state; RuntimeError where a name is missing, a warning where there are too many."""
        self.state_keys()
        for key in self.keys:
            if key not in state_dict:
                raise RuntimeError(
                    f"Please check whether state_dict is correct for optimizer. Can't find [ {key} ] in state_dict"
                )
            self.__dict__[key] = state_dict[key]
        if len(state_dict) > len(self.keys):
            warnings.warn(
                "There are some unused values in state_dict. Maybe the optimizer have different 'LearningRateDecay' when "
                "invoking state_dict and set_dict",
                stacklevel=2,
            )

    set_dict = set_state_dict

    def get_lr(self) -> float:
        """The rate at `last_epoch`."""
        raise NotImplementedError


class NoamDecay(LRScheduler):
    """Up over `warmup_steps` steps, then down as one over the root of the step, scaled by `d_model`."""

    def __init__(
        self,
        d_model: int,
        warmup_steps: int,
        learning_rate: float = 1.0,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if d_model <= 0:
            raise ValueError("d_model should be grater than 0")
        self.d_model = d_model
        self.warmup_steps = warmup_steps
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return schedule.noam(self.base_lr, self.d_model, self.warmup_steps, self.last_epoch)


class PiecewiseDecay(LRScheduler):
    """`values[i]` until step `boundaries[i]`; the last value after them."""

    def __init__(
        self, boundaries: Sequence[int], values: Sequence[float], last_epoch: int = -1, verbose: bool = False
    ) -> None:
        if len(boundaries) == 0:
            raise ValueError("The boundaries cannot be empty.")
        if len(values) <= len(boundaries):
            raise ValueError(
                "The values have one more element than boundaries, but received "
                f"len(values) [{len(values)}] < len(boundaries) + 1 [{len(boundaries) + 1}]."
            )
        self.boundaries = boundaries
        self.values = values
        super().__init__(last_epoch=last_epoch, verbose=verbose)

    def get_lr(self) -> float:
        n = schedule.pieces_before(self.boundaries, self.last_epoch)
        return self.values[n] if n < len(self.boundaries) else self.values[-1]


class NaturalExpDecay(LRScheduler):
    """learning_rate · e^(−gamma · step)"""

    def __init__(self, learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False) -> None:
        if not gamma > 0.0:
            raise AssertionError(" 'gamma' must be a positive number so that the learning rate will decay.")
        self.gamma = gamma
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return self.base_lr * math.exp(-1 * self.gamma * self.last_epoch)


class InverseTimeDecay(LRScheduler):
    """learning_rate / (1 + gamma · step)"""

    def __init__(self, learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False) -> None:
        self.gamma = gamma
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return schedule.inverse(self.base_lr, self.gamma, self.last_epoch)


class PolynomialDecay(LRScheduler):
    """From learning_rate to `end_lr` in `decay_steps` steps along a power of the part that is left; `cycle` goes on in longer runs."""

    def __init__(
        self,
        learning_rate: float,
        decay_steps: int,
        end_lr: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        _positive_steps(decay_steps, "decay_steps")
        if not power > 0.0:
            raise AssertionError(" 'power' must be greater than 0.0 so that the learning rate will decay.")
        self.decay_steps = decay_steps
        self.end_lr = end_lr
        self.power = power
        self.cycle = cycle
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return schedule.polynomial(self.base_lr, self.end_lr, self.last_epoch, self.decay_steps, self.power, self.cycle)


class LinearWarmup(LRScheduler):
    """A line from `start_lr` to `end_lr` for `warmup_steps` steps, then `learning_rate`: a number, or a scheduler from its start."""

    def __init__(
        self,
        learning_rate: float | LRScheduler,
        warmup_steps: int,
        start_lr: float,
        end_lr: float,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if not isinstance(learning_rate, (float, int, LRScheduler)):
            raise TypeError(
                f"the type of learning_rate should be [int, float or LRScheduler], the current type is {learning_rate}"
            )
        _positive_steps(warmup_steps, "warmup_steps")
        if not end_lr > start_lr:
            raise AssertionError(f"end_lr {end_lr} must be greater than start_lr {start_lr}")
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.start_lr = start_lr
        self.end_lr = end_lr
        super().__init__(start_lr, last_epoch, verbose)

    def state_dict(self) -> dict[str, Any]:
        """The state, with the inner scheduler's under `LinearWarmup_LR`."""
        state = super().state_dict()
        if isinstance(self.learning_rate, LRScheduler):
            state["LinearWarmup_LR"] = self.learning_rate.state_dict()
        return state

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state, the inner scheduler's too."""
        super().set_state_dict(state_dict)
        if isinstance(self.learning_rate, LRScheduler):
            self.learning_rate.set_state_dict(state_dict["LinearWarmup_LR"])

    def get_lr(self) -> float:
        if self.last_epoch < self.warmup_steps:
            return schedule.line(self.start_lr, self.end_lr, self.last_epoch, self.warmup_steps)
        if isinstance(self.learning_rate, LRScheduler):
            self.learning_rate.step(self.last_epoch - self.warmup_steps)
            return self.learning_rate()
        return self.learning_rate


class ExponentialDecay(LRScheduler):
    """learning_rate · gamma^step"""

    def __init__(self, learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False) -> None:
        if not 0.0 < gamma < 1.0:
            raise AssertionError(" 'gamma' must be in interval (0.0, 1.0) so that the learning rate will decay.")
        self.gamma = gamma
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return self.base_lr * self.gamma**self.last_epoch


class MultiStepDecay(LRScheduler):
    """learning_rate · gamma for each of the `milestones` that has been passed."""

    def __init__(
        self,
        learning_rate: float,
        milestones: Sequence[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if not isinstance(milestones, (tuple, list)):
            raise TypeError(
                f"The type of 'milestones' in 'MultiStepDecay' must be 'tuple, list', but received {type(milestones)}."
            )
        if any(a >= b for a, b in pairwise(milestones)):
            raise ValueError("The elements of milestones must be incremented")
        if gamma >= 1.0:
            raise ValueError("gamma should be < 1.0.")
        self.milestones = milestones
        self.gamma = gamma
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return self.base_lr * self.gamma ** schedule.pieces_before(self.milestones, self.last_epoch)


class StepDecay(LRScheduler):
    """learning_rate · gamma for every `step_size` steps."""

    def __init__(
        self,
        learning_rate: float,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if not isinstance(step_size, int):
            raise TypeError(f"The type of 'step_size' must be 'int', but received {type(step_size)}.")
        if gamma >= 1.0:
            raise ValueError("gamma should be < 1.0.")
        _positive_steps(step_size, "step_size")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return self.base_lr * self.gamma ** (self.last_epoch // self.step_size)


class LambdaDecay(LRScheduler):
    """learning_rate · lr_lambda(step)"""

    def __init__(
        self, learning_rate: float, lr_lambda: Callable[[int], float], last_epoch: int = -1, verbose: bool = False
    ) -> None:
        _function(lr_lambda, "LambdaDecay")
        self.lr_lambda = lr_lambda
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return self.base_lr * self.lr_lambda(self.last_epoch)


class MultiplicativeDecay(LRScheduler):
    """learning_rate · lr_lambda(1) · … · lr_lambda(step)"""

    def __init__(
        self, learning_rate: float, lr_lambda: Callable[[int], float], last_epoch: int = -1, verbose: bool = False
    ) -> None:
        _function(lr_lambda, "MultiplicativeDecay")
        self.lr_lambda = lr_lambda
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        rate = self.base_lr
        for epoch in range(1, self.last_epoch + 1):
            rate = rate * self.lr_lambda(epoch)
        return rate


class ReduceOnPlateau(LRScheduler):
    """`factor` times the rate when a metric has not got better for more than `patience` steps; `cooldown` steps are not counted then."""

    def __init__(
        self,
        learning_rate: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0,
        epsilon: float = 1e-8,
        verbose: bool = False,
    ) -> None:
        mode = mode.lower()
        if mode not in ("min", "max"):
            raise ValueError("mode: " + mode + " is unknown!")
        if factor >= 1.0:
            raise ValueError("new_lr = origin_lr * gamma and gamma should be < 1.0.")
        threshold_mode = threshold_mode.lower()
        if threshold_mode not in ("rel", "abs"):
            raise ValueError("threshold mode: " + threshold_mode + " is unknown!")
        if not isinstance(learning_rate, (float, int)):
            raise TypeError(
                f"The type of 'learning_rate' in 'ReduceOnPlateau' must be 'float', but received {type(learning_rate)}."
            )
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.epsilon = epsilon
        self.cooldown_counter = 0
        self.best: Any = None
        self.num_bad_epochs = 0
        self._begin(learning_rate, 0, verbose)

    def state_keys(self) -> None:
        self.keys = ["cooldown_counter", "best", "num_bad_epochs", "last_epoch", "last_lr"]

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Hear of the metric of one more step: a number, or an array or a tensor of one element."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if isinstance(metrics, (Tensor, np.ndarray)):
            size = metrics.array.size if isinstance(metrics, Tensor) else metrics.size
            if size != 1:
                raise AssertionError(
                    f"the size of metrics must be 1, but the current metrics.size is {size}. Maybe that you should call "
                    "paddle.mean to process it first."
                )
        elif not isinstance(metrics, (int, float, np.float32, np.float64)):
            raise TypeError(
                "metrics must be 'int', 'float', 'np.float64', 'numpy.ndarray' or 'paddle.Tensor', but receive "
                f"{type(metrics)}"
            )
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            return
        if self.best is None or schedule.improves(
            metrics, self.best, self.threshold, self.mode == "min", self.threshold_mode == "rel"
        ):
            self.best = metrics
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
            rate = max(self.last_lr * self.factor, self.min_lr)
            if self.last_lr - rate > self.epsilon:
                self.last_lr = rate
                self._tell()


class CosineAnnealingDecay(LRScheduler):
    """Half a cosine from learning_rate to `eta_min` in `T_max` steps, worked out from the rate of the step before."""

    def __init__(
        self, learning_rate: float, T_max: int, eta_min: float = 0, last_epoch: int = -1, verbose: bool = False
    ) -> None:
        if not isinstance(T_max, int):
            raise TypeError(f"The type of 'T_max' in 'CosineAnnealingDecay' must be 'int', but received {type(T_max)}.")
        if not isinstance(eta_min, (float, int)):
            raise TypeError(
                f"The type of 'eta_min' in 'CosineAnnealingDecay' must be 'float, int', but received {type(eta_min)}."
            )
        _positive_steps(T_max, "T_max")
        self.T_max = T_max
        self.eta_min = float(eta_min)
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        if self.last_epoch == 0:
            return self.base_lr
        return schedule.cosine_next(self.last_lr, self.base_lr, self.eta_min, self.last_epoch, self.T_max)

    def _get_closed_form_lr(self) -> float:
        return schedule.cosine(self.base_lr, self.eta_min, self.last_epoch, self.T_max)


class OneCycleLR(LRScheduler):
    """Up to `max_learning_rate` and down again, once (arXiv 1708.07120); `three_phase` comes down to the start before the end."""

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        divide_factor: float = 25.0,
        end_learning_rate: float = 0.0001,
        phase_pct: float = 0.3,
        anneal_strategy: str = "cos",
        three_phase: bool = False,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        _number(max_learning_rate, "'max_learning_rate'")
        if max_learning_rate < 0:
            raise ValueError("'max_learning_rate' must be a positive integer.")
        _number(end_learning_rate, "'end_learning_rate'")
        if end_learning_rate < 0:
            raise ValueError("'end_learning_rate' must be a positive integer.")
        _number(total_steps, "'total_step'", integer=True)
        if total_steps <= 0:
            raise ValueError("'total_step' must be a positive integer.")
        if not isinstance(phase_pct, float):
            raise TypeError(f"'phase_pct' must be 'float', but received {type(phase_pct)}")
        if phase_pct < 0 or phase_pct > 1:
            raise ValueError(f"'phase_pct' must be between 0 and 1, but received {phase_pct}")
        _number(divide_factor, "'divide_factor'")
        if three_phase and phase_pct >= 0.5:
            raise ValueError("When three_phase is True, 'phase_pct' must be less than 0.5")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"'anneal_strategy' must by one of 'cos' or 'linear', but received {anneal_strategy}")
        self.total_steps = total_steps
        start, last = max_learning_rate / float(divide_factor), total_steps - 1
        top = phase_pct * total_steps - 1
        #: what the rate passes through, and at which steps
        self._rates = [start, max_learning_rate, float(end_learning_rate)]
        self._steps = [0, top, last]
        if three_phase:
            self._rates.insert(2, start)
            self._steps.insert(2, 2 * phase_pct * total_steps - 2)
        self.anneal_func = self._cos_annealing if anneal_strategy == "cos" else self._linear_annealing
        super().__init__(start, last_epoch, verbose)

    def _cos_annealing(self, start_lr: float, end_lr: float, pct: float) -> float:
        return schedule.ramp_cosine(start_lr, end_lr, pct)

    def _linear_annealing(self, start_lr: float, end_lr: float, pct: float) -> float:
        return schedule.ramp_linear(start_lr, end_lr, pct)

    def get_lr(self) -> float:
        now = self.last_epoch
        if now > self.total_steps:
            raise ValueError(f"Tried to step {now} times. However the number of total steps is {self.total_steps}")
        phase = next((i for i, end in enumerate(self._steps[1:-1]) if now <= end), len(self._steps) - 2)
        part = (now - self._steps[phase]) / (self._steps[phase + 1] - self._steps[phase])
        return self.anneal_func(self._rates[phase], self._rates[phase + 1], part)


class CyclicLR(LRScheduler):
    """Up from `base_learning_rate` to `max_learning_rate` and down, again and again (arXiv 1506.01186); `mode`, or `scale_fn`
    of the cycle's number or of the step, scales the height."""

    def __init__(
        self,
        base_learning_rate: float,
        max_learning_rate: float,
        step_size_up: int,
        step_size_down: int | None = None,
        mode: str = "triangular",
        exp_gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        _number(max_learning_rate, "'max_learning_rate'")
        if max_learning_rate < 0:
            raise ValueError(f"'max_learning_rate' must be a positive integer, but received {max_learning_rate}")
        for name, steps in (("step_size_up", step_size_up), ("step_size_down", step_size_down)):
            if steps is None and name == "step_size_down":
                continue
            _number(steps, f"The type of '{name}'", integer=True)
            if steps is not None and steps <= 0:
                raise ValueError(f"'{name}' must be a positive integer, but received {steps}")
        if not isinstance(exp_gamma, float):
            raise TypeError(f"The type of 'exp_gamma' must be float, but received {type(exp_gamma)}")
        scales = {
            "triangular": self._triangular_scale_fn,
            "triangular2": self._triangular2_scale_fn,
            "exp_range": self._exp_range_scale_fn,
        }
        if mode not in scales and scale_fn is None:
            raise ValueError(
                "'mode' is invalid and 'scale_fn' is not specified, make sure one of 'mode' or 'scale_fn' is valid"
            )
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError("'scale_mode' must be one of 'cycle' or 'iterations")
        rise = float(step_size_up)
        self.cycle_size = rise + (rise if step_size_down is None else float(step_size_down))
        self.step_up_pct = rise / self.cycle_size
        self.max_lr = float(max_learning_rate)
        self.amplitude = self.max_lr - base_learning_rate
        self.mode = mode
        self.gamma = exp_gamma
        if scale_fn is None:
            scale_fn = scales[mode]
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode
        super().__init__(base_learning_rate, last_epoch, verbose)

    def _triangular_scale_fn(self, x: float) -> float:
        return 1.0

    def _triangular2_scale_fn(self, x: float) -> float:
        return 1 / 2.0 ** (x - 1)

    def _exp_range_scale_fn(self, x: float) -> float:
        return self.gamma**x

    def get_lr(self) -> float:
        cycle, height = schedule.triangle(self.last_epoch, self.cycle_size, self.step_up_pct)
        scale = self.scale_fn(float(cycle) if self.scale_mode == "cycle" else self.last_epoch)
        return self.base_lr + self.amplitude * height * scale


class LinearLR(LRScheduler):
    """learning_rate times a factor that goes from `start_factor` to `end_factor` in `total_steps` steps."""

    def __init__(
        self,
        learning_rate: float,
        total_steps: int,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(f"`start_factor` must be greater than 0 and less or equal to 1, but got {start_factor}")
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError(f"`end_factor` must be greater than 0 and less than 1, but got {end_factor}")
        if total_steps <= 0:
            raise ValueError(f"`total_steps` must be greater than 0, but got {total_steps}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_steps = total_steps
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        if self.last_epoch == 0:
            return self.base_lr * self.start_factor
        if self.last_epoch > self.total_steps:
            return self.last_lr
        return schedule.linear_next(self.last_lr, self.start_factor, self.end_factor, self.last_epoch, self.total_steps)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half cosines from learning_rate to `eta_min`, one after another, of T_0, T_0·T_mult, … steps (arXiv 1608.03983)."""

    def __init__(
        self,
        learning_rate: float,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0,
        last_epoch: int = -1,
        verbose: bool = False,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(learning_rate, last_epoch, verbose)

    def get_lr(self) -> float:
        return schedule.cosine(self.base_lr, self.eta_min, self.T_cur, self.T_i)

    def step(self, epoch: float | None = None) -> None:
        """On to the next step, or to step `epoch`, which may be a part of one."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self.T_cur, run = schedule.restart_position(epoch, self.T_0, self.T_mult)
            if epoch < self.T_0 or self.T_mult != 1:
                self.T_i = run
        self.last_epoch = math.floor(epoch)
        self.last_lr = self.get_lr()
        self._tell()
