"""Trainer: `compile`, and the loops of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from plait.keras import ops, tree
from plait.keras._tape import GradientTape
from plait.keras._tensor import Tensor
from plait.keras._traced import printed, traced
from plait.keras.trainers import data as data_module
from plait.keras.trainers._compiled import Compiled
from plait.keras.trainers.data import EpochIterator, get_data_adapter, unpack_x_y_sample_weight


def pythonify_logs(logs: Any) -> dict[str, Any]:
    """Logs in the order of their names, tensors as Python numbers."""
    out: dict[str, Any] = {}
    for key, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            out.update(pythonify_logs(value))
            continue
        try:
            value = float(value)
        except (TypeError, ValueError):
            pass
        out[key] = value
    return out


def _to_numpy(x: Any) -> Any:
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)


def _joined(parts: list[Any]) -> Any:
    """The batches' results as one array."""
    arrays = [_to_numpy(p) for p in parts]
    if len(arrays) == 1:
        return arrays[0]
    if not arrays[0].ndim:
        return np.stack(arrays)
    if any(a.shape[1:] != arrays[0].shape[1:] for a in arrays):
        raise ValueError(
            "predict: the batches' outputs have different shapes and there are no ragged tensors to hold them: "
            f"{sorted({a.shape[1:] for a in arrays})}"
        )
    return np.concatenate(arrays)


class Trainer(Compiled):
    """What makes a layer trainable; the base of Model."""

    history: Any

    def __init__(self) -> None:
        self._run_eagerly = False
        self._jit_compile: Any = None
        self.compiled = False
        self.loss: Any = None
        self.steps_per_execution = 1
        self._initial_epoch: int | None = None
        self._compute_loss_has_training_arg = "training" in inspect.signature(self.compute_loss).parameters
        self._compile_loss: Any = None
        self._compile_metrics: Any = None
        self._loss_tracker: Any = None
        self.train_function: Any = None
        self.test_function: Any = None
        self.predict_function: Any = None

    # --- steps -----------------------------------------------------------------------------------------------------------

    def _predictions(self, x: Any, training: bool) -> Any:
        if self._call_has_training_arg:  # type: ignore[attr-defined]
            return self(x, training=training)  # type: ignore[operator]
        return self(x)  # type: ignore[operator]

    def _note_loss(self, loss: Any, x: Any) -> None:
        first = next(i for i in tree.flatten(x) if i is not None)
        self._loss_tracker.update_state(loss, sample_weight=first.shape[0])

    def train_step(self, data: Any) -> Any:
        """One step of training on a batch; to be overridden for another one. Returns metrics by name."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self._predictions(x, True)
            loss = self._compute_loss(x, y, y_pred, sample_weight, True)
        self._note_loss(loss, x)
        if self.optimizer is not None and self.optimizer.loss_scale_factor is not None:
            with tape:
                loss = self.optimizer.scale_loss(loss)
        variables = self.trainable_weights  # type: ignore[attr-defined]
        if variables:
            gradients = tape.gradient(loss, variables)
            del tape, loss  # so that nobody else reads the variables, and the optimizer can change them in place
            self.optimizer.apply(gradients, variables)
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> Any:
        """One step of evaluation on a batch; to be overridden for another one. Returns metrics by name."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._predictions(x, False)
        self._note_loss(self._compute_loss(x, y, y_pred, sample_weight, False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The predictions for a batch; to be overridden for others."""
        return self._predictions(unpack_x_y_sample_weight(data)[0], False)

    def _make_function(self, step: Any) -> Any:
        def function(iterator: Iterator[Any]) -> Any:
            outputs = None
            for _, data in zip(range(self.steps_per_execution), iterator, strict=False):
                outputs = step(data)
            return outputs

        return function

    def make_train_function(self, force: bool = False) -> Any:
        """The function that `fit` calls with an iterator over the batches of a step."""
        if self.train_function is None or force:
            self.train_function = self._make_function(self.train_step)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """The function that `evaluate` calls with an iterator over the batches of a step."""
        if self.test_function is None or force:
            self.test_function = self._make_function(self.test_step)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """The function that `predict` calls with the batches of a step."""
        if self.predict_function is None or force:

            def function(batches: Any) -> Any:
                outputs = [self.predict_step(data) for data in batches]
                if len(outputs) == 1:
                    return outputs[0]
                return tree.map_structure(lambda *parts: ops.concatenate(parts, axis=0), *outputs)

            self.predict_function = function
        return self.predict_function

    # --- loops -----------------------------------------------------------------------------------------------------------

    def _assert_compile_called(self, method_name: str | None = None) -> None:
        if not self.compiled:
            raise ValueError("You must call `compile()` before using the model.")

    def _build_for(self, step: str, batch: Any, size: int | None = None) -> None:
        """Build a model that is not built yet for batches that look like this one, of that size (None: of any), unless a `step` of
        its own may build other parts than a call does."""
        if self.built or getattr(type(self), step) is not getattr(Trainer, step):  # type: ignore[attr-defined]
            return
        from plait.keras._infer import compute_output_spec
        from plait.keras._symbolic import KerasTensor

        x = unpack_x_y_sample_weight(batch)[0]
        inputs = tree.map_structure(
            lambda a: None if a is None else KerasTensor((size, *a.shape[1:]), dtype=a.dtype, name="batch"), x
        )
        try:
            compute_output_spec(lambda x: self._predictions(x, step == "train_step"), inputs)
        except Exception:
            return  # the first step builds it, or says what is wrong

    @contextmanager
    def _graph(self, function: Any, batch: Any = None, name: str = "data") -> Iterator[None]:
        """The block of a step, which upstream compiles: with the batch's size left open where a `batch` is given."""
        if self._run_eagerly:
            yield
            return
        first = None if batch is None else next((a for a in tree.flatten(batch) if hasattr(a, "shape")), None)
        size = first.shape[0] if first is not None and len(first.shape) else None
        with printed(not getattr(function, "_plait_printed", False)), traced(size, name):
            yield
        if hasattr(function, "__dict__"):
            function.__dict__["_plait_printed"] = True

    def _callbacks(self, callbacks: Any, **params: Any) -> Any:
        from plait.keras.callbacks import CallbackList

        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(callbacks, add_progbar=params["verbose"] != 0, model=self, **params)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Train for `epochs` rounds over the data; returns the History.

        `x` are arrays, tensors (with targets `y`), a dataset, a PyDataset or a generator.
        """
        self._assert_compile_called("fit")
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data_module.train_validation_split(
                (x, y, sample_weight), validation_split
            )
        val: Any = (None, None, None)
        if validation_data is not None:
            val = unpack_x_y_sample_weight(validation_data)
        adapter = get_data_adapter(x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight)
        iterator = EpochIterator(adapter, steps_per_epoch, self.steps_per_execution)
        verbose = 1 if verbose == "auto" else verbose
        callbacks = self._callbacks(
            callbacks, add_history=True, verbose=verbose, epochs=epochs, steps=iterator.num_batches
        )
        self.stop_training = False
        self.make_train_function()
        iterator.reset()
        callbacks.on_train_begin()
        training_logs = None
        evaluation: EpochIterator | None = None
        logs: Any = {}
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            for begin, end, batches in iterator.epoch():
                self._build_for("train_step", batches[0], iterator.adapter.batch_size)
                callbacks.on_train_batch_begin(begin)
                with self._graph(self.train_function, batches[0] if adapter.batch_size is None else None):
                    logs = self.train_function(iter(batches))
                callbacks.on_train_batch_end(end, logs)
                if self.stop_training:
                    break
            epoch_logs = dict(self._get_metrics_result_or_logs(logs))
            if validation_data is not None and self._should_eval(epoch, validation_freq):
                if evaluation is None:
                    size = validation_batch_size or batch_size
                    held = get_data_adapter(val[0], val[1], val[2], size, validation_steps)
                    evaluation = EpochIterator(held, validation_steps, self.steps_per_execution)
                self._eval_epoch_iterator: EpochIterator | None = evaluation
                found = self.evaluate(
                    x=val[0],
                    y=val[1],
                    sample_weight=val[2],
                    batch_size=validation_batch_size or batch_size,
                    steps=validation_steps,
                    callbacks=callbacks,
                    return_dict=True,
                    _use_cached_eval_dataset=True,
                )
                epoch_logs.update({f"val_{name}": value for name, value in found.items()})
            callbacks.on_epoch_end(epoch, epoch_logs)
            training_logs = epoch_logs
            if self.stop_training:
                break
        if self.optimizer is not None and epochs > 0:
            self.optimizer.finalize_variable_values(self.trainable_weights)  # type: ignore[attr-defined]
        self._eval_epoch_iterator = None
        callbacks.on_train_end(logs=training_logs)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and metrics over the data: a number, a list of them, or a dict."""
        self._assert_compile_called("evaluate")
        cached = kwargs.pop("_use_cached_eval_dataset", False)
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        iterator = self._eval_epoch_iterator if cached else None
        if iterator is None:
            adapter = get_data_adapter(x, y, sample_weight, batch_size, steps)
            iterator = EpochIterator(adapter, steps, self.steps_per_execution)
        iterator.reset()
        verbose = 1 if verbose == "auto" else verbose
        callbacks = self._callbacks(callbacks, verbose=verbose, epochs=1, steps=iterator.num_batches)
        self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        logs: Any = {}
        self.reset_metrics()
        for begin, end, batches in iterator.epoch():
            self._build_for("test_step", batches[0], iterator.adapter.batch_size)
            callbacks.on_test_batch_begin(begin)
            with self._graph(self.test_function, batches[0] if iterator.adapter.batch_size is None else None):
                logs = self.test_function(iter(batches))
            callbacks.on_test_batch_end(end, logs)
            if self.stop_evaluating:
                break
        logs = pythonify_logs(self._get_metrics_result_or_logs(logs))
        callbacks.on_test_end(logs)
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The predictions for the data as NumPy arrays."""
        iterator = EpochIterator(
            get_data_adapter(x, batch_size=batch_size, steps_per_epoch=steps), steps, self.steps_per_execution
        )
        verbose = 1 if verbose == "auto" else verbose
        callbacks = self._callbacks(callbacks, verbose=verbose, epochs=1, steps=iterator.num_batches)
        self.make_predict_function()
        self.stop_predicting = False
        callbacks.on_predict_begin()
        parts: list[Any] = []
        structure: Any = None
        for begin, end, batches in iterator.epoch():
            self._build_for("predict_step", batches[0], iterator.adapter.batch_size)
            callbacks.on_predict_batch_begin(begin)
            with self._graph(self.predict_function):
                structure = self.predict_function(batches)
            parts.append(tree.flatten(structure))
            callbacks.on_predict_batch_end(end, {"outputs": structure})
            if self.stop_predicting:
                break
        callbacks.on_predict_end()
        if not parts:  # as upstream has it
            raise UnboundLocalError("cannot access local variable 'batch_outputs': the data gave no batch")
        return tree.pack_sequence_as(structure, [_joined(list(column)) for column in zip(*parts, strict=True)])

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training on one batch; metrics are of this batch alone."""
        self._assert_compile_called("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. Received: "
                    f"sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = data_module.class_weight_to_sample_weights(y, class_weight)
        return self._on_batch(self.make_train_function(), (x, y, sample_weight), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The metrics of one batch."""
        self._assert_compile_called("test_on_batch")
        return self._on_batch(self.make_test_function(), (x, y, sample_weight), return_dict)

    def _on_batch(self, function: Any, data: Any, return_dict: bool) -> Any:
        self.reset_metrics()
        with self._graph(function, name="Cast"):
            logs = pythonify_logs(function(iter([tree.map_structure(_batch_tensor, data)])))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The predictions for one batch as NumPy arrays."""
        self.make_predict_function()
        with self._graph(self.predict_function, name="Cast"):
            outputs = self.predict_function([(tree.map_structure(_batch_tensor, x),)])
        return tree.map_structure(_to_numpy, outputs)

    # --- logs ------------------------------------------------------------------------------------------------------------

    def _should_eval(self, epoch: int, validation_freq: Any) -> bool:
        if isinstance(validation_freq, int):
            return (epoch + 1) % validation_freq == 0
        if isinstance(validation_freq, list):
            return epoch + 1 in validation_freq
        raise ValueError(
            f"Expected `validation_freq` to be a list or int. Received: validation_freq={validation_freq} of the type "
            f"{type(validation_freq)}."
        )

    def _get_metrics_result_or_logs(self, logs: Any) -> Any:
        found = self.get_metrics_result()
        return found if isinstance(logs, dict) and set(logs) == set(found) else logs

    def _flatten_metrics_in_order(self, logs: dict[str, Any]) -> Any:
        from plait.keras.trainers.compile_metrics import CompileMetrics

        names: list[str] = []
        for metric in self.metrics:
            names += [m.name for m in metric.metrics] if isinstance(metric, CompileMetrics) else [metric.name]
        out = [logs[name] for name in names if name in logs]
        out += [logs[key] for key in sorted(logs) if key not in names]
        return out[0] if len(out) == 1 else out


# Upstream's class for TensorFlow, as refused arguments name it.
for _method in ("evaluate", "fit", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"):
    getattr(Trainer, _method).__qualname__ = f"TensorFlowTrainer.{_method}"
getattr(Trainer.compile, "__wrapped__", Trainer.compile).__qualname__ = "Trainer.compile"


def _batch_tensor(x: Any) -> Any:
    return None if x is None else x if isinstance(x, Tensor) else Tensor.wrap(data_module._as_array(x))
