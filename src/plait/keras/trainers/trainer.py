"""Trainer: `compile`, and the loops of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from plait.keras import _config, ops, tree
from plait.keras._convert import as_tensor
from plait.keras._tape import GradientTape
from plait.keras._tensor import Tensor
from plait.keras.layers._tracking import no_tracking
from plait.keras.trainers import data as data_module
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


class Trainer:
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

    # --- compile -------------------------------------------------------------------------------------------------------

    @no_tracking
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say what to train with: an optimizer, losses and metrics, as names, objects, or lists or dicts for several outputs."""
        from plait.keras import optimizers
        from plait.keras.metrics import Mean
        from plait.keras.saving.serialization_lib import SerializableDict
        from plait.keras.trainers.compile_loss import CompileLoss
        from plait.keras.trainers.compile_metrics import CompileMetrics

        self.optimizer = optimizers.get(optimizer)
        names = getattr(self, "output_names", None)
        if loss is not None:
            self._compile_loss = CompileLoss(loss, loss_weights, output_names=names)
            self.loss = loss
        if metrics is not None or weighted_metrics is not None:
            self._compile_metrics = CompileMetrics(metrics, weighted_metrics, output_names=names)
        if jit_compile == "auto":
            jit_compile = False
        if jit_compile and run_eagerly:
            jit_compile = False
            warnings.warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. Disabling `jit_compile`.",
                stacklevel=2,
            )
        self.jit_compile = jit_compile
        self.run_eagerly = run_eagerly
        self.stop_training = False
        self.compiled = True
        self._loss_tracker = Mean(name="loss")
        self.steps_per_execution = steps_per_execution
        self.train_function = self.test_function = self.predict_function = None
        self._compile_config = SerializableDict(
            optimizer=self.optimizer,
            loss=loss,
            loss_weights=loss_weights,
            metrics=metrics,
            weighted_metrics=weighted_metrics,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
        )

    @property
    def jit_compile(self) -> bool:
        """Kept for its value: every step is fused natively as it is."""
        return bool(self._jit_compile)

    @jit_compile.setter
    def jit_compile(self, value: Any) -> None:
        self._jit_compile = value

    @property
    def run_eagerly(self) -> bool:
        """Kept for its value: every step runs eagerly."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = value

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile` as a config."""
        if self.compiled and "_compile_config" in self.__dict__:
            return self._compile_config.serialize()
        return {}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """`compile` with what `get_compile_config` gave."""
        if type(self).compile is not Trainer.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's `compile()` method is custom. All "
                "subclassed Models that have `compile()` overridden should also override `get_compile_config()` and "
                "`compile_from_config(config)`. Alternatively, you can call `compile()` manually after loading.",
                stacklevel=2,
            )
            return
        from plait.keras.saving.serialization_lib import deserialize_keras_object

        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # --- metrics and losses --------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Any]:
        """The loss, the metrics of `compile`, and those of layers."""
        found: list[Any] = []
        if self.compiled:
            if self._loss_tracker is not None:
                found.append(self._loss_tracker)
            if self._compile_metrics is not None:
                found.append(self._compile_metrics)
            if self._compile_loss is not None:
                found += self._compile_loss.metrics
        found += self._metrics  # type: ignore[attr-defined]
        for layer in self._flatten_layers(include_self=False):  # type: ignore[attr-defined]
            if not isinstance(layer, Trainer):
                found += layer._metrics
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The metrics' names."""
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """All metrics to their start."""
        for m in self.metrics:
            m.reset_state()

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of predictions, and what layers add; to be overridden for another one."""
        losses = []
        if self._compile_loss is not None:
            loss = self._compile_loss(y, y_pred, sample_weight)
            if loss is not None:
                losses.append(loss)
        losses += [self._aggregate_additional_loss(loss) for loss in self.losses]  # type: ignore[attr-defined]
        if not losses:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        total = losses[0]
        for loss in losses[1:]:
            total = total + loss
        return total

    def _compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        if self._compute_loss_has_training_arg:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def _aggregate_additional_loss(self, loss: Any) -> Any:
        loss = as_tensor(loss)
        if loss.array.dtype.kind != "f":
            loss = ops.cast(loss, dtype=_config.floatx())
        return ops.sum(loss)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics of `compile` and tell all; to be overridden for others."""
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """Every metric's result by name."""
        out: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                out.update(result)
            else:
                out[metric.name] = result
        return out

    # --- steps ---------------------------------------------------------------------------------------------------------

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

    # --- loops ---------------------------------------------------------------------------------------------------------

    def _assert_compile_called(self, method_name: str | None = None) -> None:
        if not self.compiled:
            raise ValueError("You must call `compile()` before using the model.")

    def _build_for(self, batch: Any) -> None:
        """Build a model that is not built yet for batches of any size that look like this one."""
        if self.built:  # type: ignore[attr-defined]
            return
        from plait.keras._infer import compute_output_spec
        from plait.keras._symbolic import KerasTensor

        x = unpack_x_y_sample_weight(batch)[0]
        inputs = tree.map_structure(
            lambda a: None if a is None else KerasTensor((None, *a.shape[1:]), dtype=a.dtype, name="batch"), x
        )
        try:
            compute_output_spec(self, inputs)  # type: ignore[arg-type]
        except Exception:
            return  # the first step builds it, or says what is wrong

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
        callbacks.on_train_begin()
        training_logs = None
        evaluation: EpochIterator | None = None
        logs: Any = {}
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            for begin, end, batches in iterator.epoch():
                self._build_for(batches[0])
                callbacks.on_train_batch_begin(begin)
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
        verbose = 1 if verbose == "auto" else verbose
        callbacks = self._callbacks(callbacks, verbose=verbose, epochs=1, steps=iterator.num_batches)
        self.make_test_function()
        self.stop_evaluating = False
        callbacks.on_test_begin()
        logs: Any = {}
        self.reset_metrics()
        for begin, end, batches in iterator.epoch():
            self._build_for(batches[0])
            callbacks.on_test_batch_begin(begin)
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
            self._build_for(batches[0])
            callbacks.on_predict_batch_begin(begin)
            structure = self.predict_function(batches)
            parts.append(tree.flatten(structure))
            callbacks.on_predict_batch_end(end, {"outputs": structure})
            if self.stop_predicting:
                break
        callbacks.on_predict_end()
        if not parts:
            raise ValueError("predict: the data gave no batch")
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
        logs = pythonify_logs(function(iter([tree.map_structure(_batch_tensor, data)])))
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The predictions for one batch as NumPy arrays."""
        self.make_predict_function()
        return tree.map_structure(_to_numpy, self.predict_function([(tree.map_structure(_batch_tensor, x),)]))

    # --- logs ----------------------------------------------------------------------------------------------------------

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

    # --- older names ---------------------------------------------------------------------------------------------------

    @property
    def compiled_metrics(self) -> Any:
        """An object whose `update_state(y, y_pred)` updates all metrics, as Keras 2 had it."""
        trainer = self

        class CompiledMetrics:
            def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
                from plait.keras.metrics import Mean, MeanMetricWrapper

                warnings.warn(
                    "`model.compiled_metrics()` is deprecated; use `for metric in self.metrics: metric.update_state(y, y_pred)`.",
                    stacklevel=2,
                )
                for metric in trainer.metrics:
                    if isinstance(metric, Mean) and not isinstance(metric, MeanMetricWrapper):
                        metric.update_state(y_pred, sample_weight=sample_weight)
                    else:
                        metric.update_state(y, y_pred, sample_weight=sample_weight)

        return CompiledMetrics()

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """`compute_loss` as Keras 2 had it."""
        warnings.warn(
            "`model.compiled_loss()` is deprecated. Instead, use `model.compute_loss(x, y, y_pred, sample_weight, training)`.",
            stacklevel=2,
        )
        return self.compute_loss(x=None, y=y, y_pred=y_pred, sample_weight=sample_weight)


def _batch_tensor(x: Any) -> Any:
    return None if x is None else x if isinstance(x, Tensor) else Tensor.wrap(data_module._as_array(x))
