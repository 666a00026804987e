"""Rates that rise and fall."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from plait.optim import schedule
from plait.paddle.optimizer.lr.base import LRScheduler

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


def _number(value: Any, words: str, integer: bool = False) -> None:
    """Raise TypeError unless `value` is a number of Python's (an int where `integer`); `words` say which argument it is."""
    if not isinstance(value, int if integer else (float, int)):
        raise TypeError(f"{words} must be {'int' if integer else 'float or int'}, but received {type(value)}")


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
        if epoch is None:
            run = (self.last_epoch, self.T_cur, self.T_i, self.T_0, self.T_mult)
            epoch, self.T_cur, self.T_i = schedule.restart_next(*run)
        else:
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self.T_cur, self.T_i = schedule.restart_position(epoch, self.T_0, self.T_mult)
        self.last_epoch = math.floor(epoch)
        self.last_lr = self.get_lr()
        self._tell()
