"""History: what `fit` returns."""

from __future__ import annotations

from typing import Any

from plait.keras.callbacks.callback import Callback


class History(Callback):
    """`history` has a list of each metric, one entry for each epoch; `epoch` has the epochs' numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
        self.model.history = self
