"""The metrics of `compile`: found by name, spread over the model's outputs, and told under names that do not collide."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from plait.keras import losses as losses_module
from plait.keras import metrics as metrics_module
from plait.keras import tree
from plait.keras._naming import to_snake_case
from plait.keras.losses.classes import LossFunctionWrapper


def object_name(obj: Any) -> str:
    """An object's own name, or one made from its function's or class's name."""
    if hasattr(obj, "name"):
        return obj.name
    return to_snake_case(obj.__name__ if hasattr(obj, "__name__") else type(obj).__name__)


def binary_or_sparse(y_true: Any, y_pred: Any) -> tuple[bool, bool]:
    """Whether predictions are of one class against the rest; whether targets are numbers of classes."""
    t, p = y_true.shape, y_pred.shape
    return p[-1] == 1, len(t) < len(p) or (t[-1] == 1 and p[-1] > 1)


def get_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """The metric of an identifier; "accuracy" is the one that fits the shapes."""
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if str(identifier).lower() in ("accuracy", "acc"):
        binary, sparse = binary_or_sparse(y_true, y_pred)
        kinds = metrics_module
        kind = (
            kinds.BinaryAccuracy if binary else kinds.SparseCategoricalAccuracy if sparse else kinds.CategoricalAccuracy
        )
        found: Any = kind(name=str(identifier))
    else:
        found = metrics_module.get(identifier)
    name = identifier if isinstance(identifier, str) else object_name(found)
    if not isinstance(found, metrics_module.Metric):
        found = metrics_module.MeanMetricWrapper(found)
    found.name = name
    return found


def get_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """The loss of an identifier; "crossentropy" is the one that fits the shapes."""
    if identifier is None:
        return None
    if str(identifier).lower() in ("crossentropy", "ce"):
        binary, sparse = binary_or_sparse(y_true, y_pred)
        kinds = losses_module
        found: Any = (
            kinds.binary_crossentropy
            if binary
            else kinds.sparse_categorical_crossentropy
            if sparse
            else kinds.categorical_crossentropy
        )
    else:
        found = losses_module.get(identifier)
    if isinstance(found, losses_module.Loss):
        return found
    name = identifier if isinstance(identifier, str) else object_name(found)
    return LossFunctionWrapper(found, name=name)


class MetricsList(metrics_module.Metric):
    """The metrics of one output."""

    def __init__(self, metrics: list[Any], name: str = "metrics_list", output_name: str | None = None) -> None:
        super().__init__(name=name)
        self.metrics = metrics
        self.output_name = output_name

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if sample_weight is None:
            for m in self.metrics:
                m.update_state(y_true, y_pred)
            return
        for m in self.metrics:
            m.update_state(y_true, y_pred, sample_weight=sample_weight)

    def reset_state(self) -> None:
        for m in self.metrics:
            m.reset_state()

    def get_result(self) -> dict[str, Any]:
        """Every metric's result by name."""
        return {m.name: m.result() for m in self.metrics}


def _metrics_list(metrics: Any, y_true: Any, y_pred: Any, output_name: str | None = None) -> MetricsList | None:
    if metrics is None:
        return None
    given = metrics if isinstance(metrics, (list, tuple)) else [metrics]
    return MetricsList([get_metric(m, y_true, y_pred) for m in given], output_name=output_name)


class CompileMetrics(metrics_module.Metric):
    """All metrics of a model; made when the first predictions are seen."""

    def __init__(
        self, metrics: Any, weighted_metrics: Any, name: str = "compile_metric", output_names: list[str] | None = None
    ) -> None:
        super().__init__(name=name)
        for what, value in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if value and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{what}` argument to be a list, tuple, or dict. "
                    f"Received instead: {what}={value} of type {type(value)}"
                )
        self._user_metrics, self._user_weighted_metrics = metrics, weighted_metrics
        self.built = False
        self.name = "compile_metrics"
        self.output_names = output_names
        self._flat_metrics: list[MetricsList | None] = []
        self._flat_weighted_metrics: list[MetricsList | None] = []
        self._resolved_output_names: list[str] | None = None

    @property
    def metrics(self) -> list[Any]:
        """Every metric; none before the first predictions."""
        lists = self._flat_metrics + self._flat_weighted_metrics
        return [m for each in lists if each is not None for m in each.metrics]

    @property
    def variables(self) -> list[Any]:
        """The metrics' variables."""
        return [v for m in self.metrics for v in m.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Make the metrics for outputs of this structure and these shapes."""
        outputs = len(tree.flatten(y_pred))
        flat = tree.is_nested(y_pred) and len(y_pred) == outputs
        names = self.output_names
        if flat and isinstance(y_pred, dict):
            if not (names and set(y_pred) == set(names)):
                names = list(y_pred) if isinstance(y_pred, OrderedDict) else sorted(y_pred)
        self._resolved_output_names = names if outputs > 1 and flat else None
        self._flat_metrics = self._spread("metrics", self._user_metrics, outputs, names, y_true, y_pred, flat)
        self._flat_weighted_metrics = self._spread(
            "weighted_metrics", self._user_weighted_metrics, outputs, names, y_true, y_pred, flat
        )
        self.built = True

    def _spread(
        self, what: str, metrics: Any, outputs: int, names: Any, y_true: Any, y_pred: Any, flat: bool
    ) -> list[MetricsList | None]:
        if not metrics:
            return [None] * outputs
        if outputs == 1:
            return [_metrics_list(tree.flatten(metrics), tree.flatten(y_true)[0], tree.flatten(y_pred)[0])]
        each: Any = None
        if flat:
            if isinstance(metrics, (list, tuple)) and len(metrics) == outputs:
                each = metrics
            elif names and isinstance(metrics, dict) and set(metrics) <= set(names):
                each = [metrics.get(name) for name in names]
        try:
            if each is not None:
                rows = zip(
                    each, self._flatten_y(y_true), self._flatten_y(y_pred), names or [None] * outputs, strict=False
                )
                return [_metrics_list(m, t, p, n) for m, t, p, n in rows]
            predictions = tree.lists_to_tuples(y_pred)
            labels = tree.pack_sequence_as(predictions, names or [None] * outputs)
            given = [tree.lists_to_tuples(m) for m in (metrics, y_true)]
            return tree.flatten(tree.map_structure_up_to(predictions, _metrics_list, *given, predictions, labels))
        except (ValueError, TypeError) as e:
            structure = tree.map_structure(lambda _: "X", y_pred)
            match = (
                f"either be a dict or a list matching the output names of the functional model {self.output_names} or "
                if self.output_names
                else ""
            )
            raise ValueError(
                f"{e}\nInvalid `{what}`. `{what}` should contain metrics objects and {match}match the output structure of the "
                f"model: {structure}.\nReceived: {what}={metrics}"
            ) from e

    def _flatten_y(self, y: Any) -> list[Any]:
        if isinstance(y, dict) and self._resolved_output_names is not None:
            return [y[name] for name in self._resolved_output_names]
        return tree.flatten(y)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if not self.built:
            self.build(y_true, y_pred)
        t, p = self._flatten_y(y_true), self._flatten_y(y_pred)
        for m, a, b in zip(self._flat_metrics, t, p, strict=False):
            if m is not None:
                m.update_state(a, b)
        weights = [None] * len(t) if sample_weight is None else self._flatten_y(sample_weight)
        if len(weights) < len(t):
            weights = [weights[0]] * len(t)
        for m, a, b, w in zip(self._flat_weighted_metrics, t, p, weights, strict=False):
            if m is not None:
                m.update_state(a, b, w)

    def reset_state(self) -> None:
        for m in self._flat_metrics + self._flat_weighted_metrics:
            if m is not None:
                m.reset_state()

    def result(self) -> dict[str, Any]:
        if not self.built:
            raise ValueError("Cannot get result() since the metric has not yet been built.")
        results: dict[str, Any] = {}
        seen: dict[str, int] = {}

        def free(name: str) -> str:
            if name not in seen:
                seen[name] = 1
                return name
            seen[name] += 1
            return f"{name}_{seen[name] - 1}"

        for weighted, lists in ((False, self._flat_metrics), (True, self._flat_weighted_metrics)):
            for each in lists:
                if each is None:
                    continue
                prefix = f"{each.output_name}_" if each.output_name else ""
                for m in each.metrics:
                    name = prefix + m.name
                    if weighted and name in seen:
                        name = f"{prefix}weighted_{m.name}"
                    results[free(name)] = m.result()
        return results

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError
