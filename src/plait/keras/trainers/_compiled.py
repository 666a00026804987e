"""What a model is compiled with: its optimizer, losses and metrics, and what they say of a batch."""

from __future__ import annotations

import warnings
from typing import Any

from plait.keras import _config, ops
from plait.keras._convert import as_tensor
from plait.keras.layers._tracking import no_tracking

__all__ = ["Compiled"]


class Compiled:
    """The part of a trainer that `compile` sets up."""

    _compute_loss_has_training_arg: bool

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
        if type(self).compile is not Compiled.compile:
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

    # --- metrics and losses --------------------------------------------------------------------------------------------------

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
            if not isinstance(layer, Compiled):
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

    # --- older names ---------------------------------------------------------------------------------------------------------

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
