"""Callbacks: what a Model calls at the beginning and the end of runs, epochs and batches."""

from __future__ import annotations

import numbers
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plait.paddle.hapi.progressbar import Progress, ProgressBar
from plait.paddle.optimizer.lr import LRScheduler as Schedule

__all__: list[str] = []

Logs = dict[str, Any]


def config_callbacks(
    callbacks: Any = None,
    model: Any = None,
    batch_size: int | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    log_freq: int = 2,
    verbose: int = 2,
    save_freq: int = 1,
    save_dir: str | None = None,
    metrics: list[str] | None = None,
    mode: str = "train",
) -> CallbackList:
    """The user's callbacks, and those that every run has: a logger where `verbose`, a checkpoint, the scheduler's step."""
    chosen: list[Any] = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []
    if verbose and not any(isinstance(c, ProgBarLogger) for c in chosen):
        chosen.insert(0, ProgBarLogger(log_freq, verbose=verbose))
    if not any(isinstance(c, ModelCheckpoint) for c in chosen):
        chosen.append(ModelCheckpoint(save_freq, save_dir))
    for c in chosen:
        if isinstance(c, EarlyStopping):
            c.save_dir = save_dir
    if not any(isinstance(c, LRScheduler) for c in chosen):
        chosen.append(LRScheduler())
    every = CallbackList(chosen)
    every.set_model(model)
    every.set_params(
        {
            "batch_size": batch_size,
            "epochs": epochs,
            "steps": steps,
            "verbose": verbose,
            "metrics": (metrics or []) if mode != "test" else [],
        }
    )
    return every


class CallbackList:
    """Callbacks that are called as one, in order."""

    def __init__(self, callbacks: Sequence[Any] | None = None) -> None:
        if callbacks is None:
            raise AssertionError("callbacks must be a sequence; got None")
        self.callbacks = list(callbacks)
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def append(self, callback: Any) -> None:
        """One more."""
        self.callbacks.append(callback)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell all the run's parameters."""
        for c in self.callbacks:
            c.set_params(params)

    def set_model(self, model: Any) -> None:
        """Tell all the model."""
        for c in self.callbacks:
            c.set_model(model)

    def _call(self, name: str, *args: Any) -> None:
        for c in self.callbacks:
            getattr(c, name)(*args)

    def _of(self, mode: str, moment: str) -> str:
        if mode not in ("train", "eval", "predict"):
            raise AssertionError("mode should be train, eval or predict")
        return f"on_{mode}_{moment}"

    def on_begin(self, mode: str, logs: Logs | None = None) -> None:
        """A run begins."""
        self._call(self._of(mode, "begin"), logs)

    def on_end(self, mode: str, logs: Logs | None = None) -> None:
        """A run ends."""
        self._call(self._of(mode, "end"), logs)

    def on_epoch_begin(self, epoch: int | None = None, logs: Logs | None = None) -> None:
        """An epoch begins."""
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int | None = None, logs: Logs | None = None) -> None:
        """An epoch ends."""
        self._call("on_epoch_end", epoch, logs)

    def on_batch_begin(self, mode: str, step: int | None = None, logs: Logs | None = None) -> None:
        """A batch begins."""
        self._call(self._of(mode, "batch_begin"), step, logs)

    def on_batch_end(self, mode: str, step: int | None = None, logs: Logs | None = None) -> None:
        """A batch ends."""
        self._call(self._of(mode, "batch_end"), step, logs)


class Callback:
    """Base: subclasses write the moments that they care for. `model` is the Model, `params` a dict with batch_size, epochs, steps,
    verbose and metrics."""

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}

    def set_params(self, params: dict[str, Any]) -> None:
        """Hear the run's parameters."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Hear the model."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Training begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Training ends."""

    def on_eval_begin(self, logs: Logs | None = None) -> None:
        """An evaluation begins; `logs` has steps and metrics."""

    def on_eval_end(self, logs: Logs | None = None) -> None:
        """An evaluation ends; `logs` has loss and metrics."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """A prediction begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """A prediction ends."""

    def on_epoch_begin(self, epoch: Any, logs: Logs | None = None) -> None:
        """An epoch begins."""

    def on_epoch_end(self, epoch: Any, logs: Logs | None = None) -> None:
        """An epoch ends."""

    def on_train_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of training begins."""

    def on_train_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of training ends; `logs` has loss and metrics."""

    def on_eval_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of an evaluation begins."""

    def on_eval_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of an evaluation ends."""

    def on_predict_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of a prediction begins."""

    def on_predict_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        """A batch of a prediction ends."""


class ProgBarLogger(Callback):
    """Prints loss, metrics and times: `verbose` 0 nothing, 1 a bar, 2 a line every `log_freq` steps, 3 such lines with the mean times
    of reading and of computing."""

    def __init__(self, log_freq: int = 1, verbose: int = 2) -> None:
        self.epochs: int | None = None
        self.steps: int | None = None
        self.progbar: ProgressBar | None = None
        self.verbose = verbose
        self.log_freq = log_freq

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epochs = self.params["epochs"]
        self.train_metrics = self.params["metrics"]
        if not self.epochs or not self.train_metrics:
            raise AssertionError(
                f"ProgBarLogger: training needs epochs and a loss; got epochs={self.epochs}, metrics={self.train_metrics}"
            )
        self._train = Progress(self.train_metrics, None)
        if self.verbose:
            print(
                "The loss value printed in the log is the current step, and the metric is the average value of previous steps."
            )

    def on_epoch_begin(self, epoch: Any = None, logs: Logs | None = None) -> None:
        self.epoch = epoch
        self._train.steps = self.steps = self.params["steps"]
        self._train.step = 0
        if self.epochs and self.verbose:
            print(f"Epoch {epoch + 1}/{self.epochs}")
        self._train.bar = ProgressBar(num=self.steps, verbose=self.verbose)
        self._train.rest()

    def _updates(self, logs: Logs, run: Progress) -> None:
        values = [(k, logs[k]) for k in run.metrics if k in logs]
        if self.verbose == 3:
            values += run.costs()
        run.bar.update(run.step, values)

    def _after_batch(self, run: Progress, logs: Logs | None) -> None:
        run.end(logs or {})
        if self.verbose and run.step % self.log_freq == 0:
            if run.steps is None or run.step < run.steps:
                self._updates(logs or {}, run)
        run.rest()

    def on_train_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        self._train.begin()

    def on_train_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        self._after_batch(self._train, logs)

    def on_epoch_end(self, epoch: Any, logs: Logs | None = None) -> None:
        if self.verbose and self.steps is not None:
            self._updates(logs or {}, self._train)

    def _begin(self, logs: Logs | None, words: str) -> Progress:
        run = Progress((logs or {}).get("metrics", []), (logs or {}).get("steps"))
        run.bar = ProgressBar(num=run.steps, verbose=self.verbose)
        if self.verbose:
            print(words)
        run.rest()
        return run

    def on_eval_begin(self, logs: Logs | None = None) -> None:
        self._eval = self._begin(logs, "Eval begin...")

    def on_eval_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        self._eval.begin()

    def on_eval_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        self._after_batch(self._eval, logs)

    def on_eval_end(self, logs: Logs | None = None) -> None:
        if self.verbose and self._eval.steps is not None:
            self._updates(logs or {}, self._eval)
            print(f"Eval samples: {self._eval.samples_seen}")

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._test = self._begin(logs, "Predict begin...")

    def on_predict_batch_begin(self, step: Any, logs: Logs | None = None) -> None:
        self._test.begin()

    def on_predict_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        self._after_batch(self._test, logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        if self.verbose:
            if self._test.step % self.log_freq != 0 or self.verbose == 1:
                self._updates(logs or {}, self._test)
            print(f"Predict samples: {self._test.samples_seen}")


class ModelCheckpoint(Callback):
    """Saves the model under `save_dir` every `save_freq` epochs, by the epoch's number, and at the end as "final"."""

    def __init__(self, save_freq: int = 1, save_dir: str | None = None) -> None:
        self.save_freq = save_freq
        self.save_dir = save_dir
        self.model = None

    def on_epoch_begin(self, epoch: Any = None, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def _save(self, name: Any) -> None:
        path = f"{self.save_dir}/{name}"
        print(f"save checkpoint at {os.path.abspath(path)}")
        self.model.save(path)

    def on_epoch_end(self, epoch: Any, logs: Logs | None = None) -> None:
        if self.model and self.save_dir and self.epoch % self.save_freq == 0:
            self._save(epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.model and self.save_dir:
            self._save("final")


class LRScheduler(Callback):
    """Steps the optimizer's scheduler after every batch (`by_step`) or every epoch (`by_epoch`)."""

    def __init__(self, by_step: bool = True, by_epoch: bool = False) -> None:
        if by_step and by_epoch:
            raise ValueError("by_step option is mutually exclusive with by_epoch")
        self.by_step = by_step
        self.by_epoch = by_epoch

    def _step(self) -> None:
        rate = getattr(self.model._optimizer, "_learning_rate", None)
        if isinstance(rate, Schedule):
            rate.step()

    def on_epoch_end(self, epoch: Any, logs: Logs | None = None) -> None:
        if self.by_epoch:
            self._step()

    def on_train_batch_end(self, step: Any, logs: Logs | None = None) -> None:
        if self.by_step:
            self._step()


def _watched(logs: Logs | None, monitor: str, owner: str) -> Any:
    """The number that a callback watches; None, with a warning, where there is none."""
    if logs is None or monitor not in logs:
        warnings.warn(f"Monitor of {owner} should be loss or metric name.", stacklevel=3)
        return None
    value = logs[monitor]
    if isinstance(value, (list, tuple)):
        return value[0]
    return value if isinstance(value, numbers.Number) else None


class EarlyStopping(Callback):
    """Stops training when `monitor`, of the evaluations, has not got better by `min_delta` for `patience` of them; the best model is
    saved as "best_model" under the run's save_dir."""

    def __init__(
        self,
        monitor: str = "loss",
        mode: str = "auto",
        patience: int = 0,
        verbose: int = 1,
        min_delta: float = 0,
        baseline: float | None = None,
        save_best_model: bool = True,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.wait_epoch = 0
        self.best_weights = None
        self.stopped_epoch = 0
        self.save_best_model = save_best_model
        self.save_dir: str | None = None
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"EarlyStopping mode {mode} is unknown, fallback to auto mode.", stacklevel=2)
            mode = "auto"
        rising = mode == "max" or (mode == "auto" and "acc" in monitor)
        self.monitor_op: Any = np.greater if rising else np.less
        self.min_delta = abs(min_delta) * (1 if rising else -1)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait_epoch = 0
        if self.baseline is not None:
            self.best_value: Any = self.baseline
        else:
            self.best_value = np.inf if self.monitor_op == np.less else -np.inf
            self.best_weights = None

    def on_eval_end(self, logs: Logs | None = None) -> None:
        current = _watched(logs, self.monitor, "EarlyStopping")
        if current is None:
            return
        keeps = self.save_best_model and self.save_dir is not None
        if self.monitor_op(current - self.min_delta, self.best_value):
            self.best_value = current
            self.wait_epoch = 0
            if keeps:
                self.model.save(self._best())
        else:
            self.wait_epoch += 1
        if self.wait_epoch >= self.patience:
            self.model.stop_training = True
            if self.verbose > 0:
                print(f"Epoch {self.stopped_epoch + 1}: Early stopping.")
                if keeps:
                    print(f"Best checkpoint has been saved at {os.path.abspath(self._best())}")
        self.stopped_epoch += 1

    def _best(self) -> str:
        return os.path.join(self.save_dir or "", "best_model")


class ReduceLROnPlateau(Callback):
    """`factor` times the learning rate when `monitor`, of the evaluations, has not got better by `min_delta` for `patience` of them."""

    def __init__(
        self,
        monitor: str = "loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 1,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
    ) -> None:
        super().__init__()
        if factor >= 1.0:
            raise ValueError("ReduceLROnPlateau does not support a factor >= 1.0.")
        self.monitor = monitor
        self.factor = factor
        self.min_lr = min_lr
        self.min_delta = min_delta
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.mode = mode
        self.epoch = 0
        self._reset()

    def _reset(self) -> None:
        if self.mode not in ("auto", "min", "max"):
            warnings.warn(f"Learning rate reduction mode {self.mode} is unknown, fallback to auto mode.", stacklevel=3)
            self.mode = "auto"
        self._falling = self.mode == "min" or (self.mode == "auto" and "acc" not in self.monitor)
        self.best: Any = np.inf if self._falling else -np.inf
        self.cooldown_counter = 0
        self.wait = 0

    def monitor_op(self, a: Any, b: Any) -> Any:
        """Whether `a` is better than `b`."""
        return np.less(a, b - self.min_delta) if self._falling else np.greater(a, b + self.min_delta)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_eval_end(self, logs: Logs | None = None) -> None:
        current = _watched(logs, self.monitor, "ReduceLROnPlateau")
        if logs is None or self.monitor not in logs:
            return
        optimizer = self.model._optimizer
        rate = getattr(optimizer, "_learning_rate", None)
        if not isinstance(rate, float):
            warnings.warn(f"Expected learning_rate be float, bug got {type(rate)}.", stacklevel=2)
            return
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.monitor_op(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                optimizer._learning_rate = max(rate * self.factor, self.min_lr)
                if self.verbose > 0:
                    print(
                        f"\nEpoch {self.epoch + 1}: ReduceLROnPlateau reducing learning rate to {optimizer._learning_rate}."
                    )
                self.cooldown_counter = self.cooldown
                self.wait = 0
        self.epoch += 1

    def in_cooldown(self) -> bool:
        """Whether evaluations are not counted now."""
        return self.cooldown_counter > 0
