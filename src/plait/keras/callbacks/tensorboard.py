"""The callback that writes what TensorBoard shows: metrics, learning rates, weights' histograms, the model's structure."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

from plait.keras.callbacks._events import Writer, buckets
from plait.keras.callbacks.callback import Callback
from plait.keras.callbacks.monitor import _rate


class TensorBoard(Callback):
    """Writes events below `log_dir`, in `train` and `validation`, for `tensorboard --logdir`.

    Pictures of weights, projections of embeddings and profiles are not written: ValueError, and a warning for the last.
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if write_images or embeddings_freq:
            raise ValueError(
                "TensorBoard: pictures of weights and projections of embeddings are not written here; "
                f"got write_images={write_images}, embeddings_freq={embeddings_freq}"
            )
        if profile_batch:
            warnings.warn(
                f"TensorBoard: profiles are not written here; got profile_batch={profile_batch}", stacklevel=2
            )
        self.log_dir, self.histogram_freq, self.write_graph = str(log_dir), histogram_freq, write_graph
        self.write_images, self.write_steps_per_second = write_images, write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        self._writers: dict[str, Writer] = {}
        self._train_batch = self._test_batch = self._iterations_before = 0
        self._epoch_start = self._batch_start = 0.0

    def _writer(self, part: str) -> Writer:
        if part not in self._writers:
            self._writers[part] = Writer(os.path.join(self.log_dir, part))
        return self._writers[part]

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._writers = {}
        if self.write_graph and type(model).__name__ in ("Functional", "Sequential"):
            try:
                text = model.to_json()
            except Exception as e:
                warnings.warn(f"Model failed to serialize as JSON. Ignoring... {e}", stacklevel=2)
                return
            self._writer("train").write("keras", text, 0, "graph_keras_model", content=b"1")

    def on_train_begin(self, logs: Any = None) -> None:
        self._train_batch = 0

    def on_train_end(self, logs: Any = None) -> None:
        for writer in self._writers.values():
            writer.close()

    def on_test_end(self, logs: Any = None) -> None:
        if getattr(self.model, "optimizer", None) and logs:
            step = int(self.model.optimizer.iterations)
            for name, value in logs.items():
                self._writer("validation").scalar(f"evaluation_{name}_vs_iterations", value, step)
            self._writer("validation").flush()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._train_batch += 1
        self._batch_start = time.time()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.update_freq == "epoch" or self._train_batch % self.update_freq:
            return
        writer = self._writer("train")
        if self.write_steps_per_second:
            seconds = max(time.time() - self._batch_start, 1e-9)
            writer.scalar("batch_steps_per_second", 1.0 / seconds, self._train_batch)
        for name, value in (logs or {}).items():
            writer.scalar(f"batch_{name}", value, self._train_batch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_start = time.time()
        self._iterations_before = int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs:
            train, validation = self._writer("train"), [k for k in logs if k.startswith("val_")]
            for name in (k for k in logs if k not in validation):
                train.scalar(f"epoch_{name}", logs[name], epoch)
            train.scalar("epoch_learning_rate", _rate(self.model.optimizer), epoch)
            if self.write_steps_per_second:
                steps = int(self.model.optimizer.iterations) - self._iterations_before
                train.scalar("epoch_steps_per_second", steps / max(time.time() - self._epoch_start, 1e-9), epoch)
            for name in validation:
                self._writer("validation").scalar(f"epoch_{name[4:]}", logs[name], epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for layer in self.model.layers:
                for weight in layer.weights:
                    tag = f"{weight.path.replace(':', '_')}/histogram"
                    self._writer("train").write(tag, buckets(weight.numpy()), epoch, "histograms")
        for writer in self._writers.values():
            writer.flush()
