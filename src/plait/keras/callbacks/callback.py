"""Callback, and the list of them that the loops call."""

from __future__ import annotations

from typing import Any

from plait.keras import tree
from plait.keras._symbolic import _is_default as is_default
from plait.keras._symbolic import default


class Callback:
    """What is told of the stages of training: a subclass overrides the methods that it wants to be called.

    `self.model` is the model, `self.params` has `verbose`, `epochs` and `steps`.
    """

    params: Any = None
    _model: Any = None

    def __init__(self) -> None:
        self.params = None
        self._model = None

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def set_params(self, params: Any) -> None:
        """Called with the loop's parameters."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called with the model."""
        self._model = model

    @default
    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """`on_train_batch_begin` under its older name."""

    @default
    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """`on_train_batch_end` under its older name."""

    @default
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch of training."""

    @default
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch of training and its validation; `logs` has their metrics."""

    @default
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training."""
        self.on_batch_begin(batch, logs=logs)

    @default
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training; `logs` has the metrics so far."""
        self.on_batch_end(batch, logs=logs)

    @default
    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of evaluation."""

    @default
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of evaluation; `logs` has the metrics so far."""

    @default
    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of prediction."""

    @default
    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of prediction; `logs` has the outputs."""

    @default
    def on_train_begin(self, logs: Any = None) -> None:
        """Before training."""

    @default
    def on_train_end(self, logs: Any = None) -> None:
        """After training; `logs` are the last epoch's."""

    @default
    def on_test_begin(self, logs: Any = None) -> None:
        """Before evaluation, that within `fit` too."""

    @default
    def on_test_end(self, logs: Any = None) -> None:
        """After evaluation."""

    @default
    def on_predict_begin(self, logs: Any = None) -> None:
        """Before prediction."""

    @default
    def on_predict_end(self, logs: Any = None) -> None:
        """After prediction."""


_STEPS = ("on_train_batch_begin", "on_train_batch_end", "on_test_batch_begin", "on_test_batch_end",
          "on_predict_batch_begin", "on_predict_batch_end")  # fmt: skip


class CallbackList(Callback):
    """Callbacks called one after another, with the history and the progress bar that the loops add."""

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        from plait.keras.callbacks.history import History
        from plait.keras.callbacks.progbar_logger import ProgbarLogger

        self.callbacks: list[Any] = tree.flatten(callbacks) if callbacks else []
        self._progbar = next((cb for cb in self.callbacks if isinstance(cb, ProgbarLogger)), None)
        self._history = next((cb for cb in self.callbacks if isinstance(cb, History)), None)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        self.set_model(model)
        self.set_params(params)
        self._steps = {name: self._wanting(name) for name in _STEPS}

    def _wanting(self, name: str) -> list[Any]:
        """The methods of callbacks that do something at a step."""
        older = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}.get(name)
        found = []
        for cb in self.callbacks:
            method = getattr(cb, name)
            if not is_default(method) or (older and not is_default(getattr(cb, older))):
                found.append(method)
        return found

    def append(self, callback: Any) -> None:
        """One more at the end."""
        self.callbacks.append(callback)
        self._steps = {name: self._wanting(name) for name in _STEPS}

    def set_params(self, params: Any) -> None:
        self.params = params
        if params:
            for cb in self.callbacks:
                cb.set_params(params)

    def set_model(self, model: Any) -> None:
        if not model:
            return
        super().set_model(model)
        if self._history:
            model.history = self._history
        for cb in self.callbacks:
            cb.set_model(model)

    def _step(self, name: str, batch: int, logs: Any) -> None:
        methods = self._steps[name]
        if methods:
            from plait.keras.trainers.trainer import pythonify_logs

            logs = pythonify_logs(logs)
            for method in methods:
                method(batch, logs=logs)

    def _stage(self, name: str, *args: Any, logs: Any) -> None:
        from plait.keras.trainers.trainer import pythonify_logs

        logs = pythonify_logs(logs)
        for cb in self.callbacks:
            getattr(cb, name)(*args, logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        for cb in self.callbacks:
            cb.on_batch_begin(batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        for cb in self.callbacks:
            cb.on_batch_end(batch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_predict_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._stage("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._stage("on_epoch_end", epoch, logs=logs)

    def on_train_begin(self, logs: Any = None) -> None:
        self._stage("on_train_begin", logs=logs)

    def on_train_end(self, logs: Any = None) -> None:
        self._stage("on_train_end", logs=logs)

    def on_test_begin(self, logs: Any = None) -> None:
        self._stage("on_test_begin", logs=logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._stage("on_test_end", logs=logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._stage("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._stage("on_predict_end", logs=logs)
