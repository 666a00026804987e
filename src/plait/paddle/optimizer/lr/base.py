"""What schedulers of learning rates have in common."""

from __future__ import annotations

import warnings
from typing import Any

from plait.tensor import Tensor

__all__ = ["LRScheduler", "positive_steps"]


def positive_steps(value: Any, name: str) -> None:
    """Raise AssertionError unless `value` is a positive int."""
    if not (value > 0 and isinstance(value, int)):
        raise AssertionError(f" '{name}' must be a positive integer.")


class LRScheduler:
    """Base of all schedulers: subclasses write `get_lr`, which may look at `last_epoch`, `last_lr` and `base_lr`.

    Calling a scheduler gives the rate of now. `verbose` prints it at each step.

    >>> from plait.paddle.optimizer.lr import StepDecay
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
