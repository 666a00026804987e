"""Losses, metrics, schedules, optimizers and training, called on whichever Keras is passed in.

Each case is a function of the keras module that returns a dict of arrays, numbers and strings. tools/record_keras_train.py calls them
on Keras, tests/test_golden_keras_train.py on plait, tests/live/keras/test_live_train.py on both.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Case = Callable[[Any], dict[str, Any]]
CASES: dict[str, Case] = {}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def out(x: Any) -> Any:
    """A result as an array, text or number; None stands for itself."""
    if x is None or isinstance(x, (str, bool)):
        return str(x)
    return np.asarray(x)


def add(name: str, case: Case) -> None:
    assert name not in CASES, name
    CASES[name] = case


# --- losses --------------------------------------------------------------------------------------------------------------------


def _probabilities(shape: tuple[int, ...], seed: int) -> Any:
    x = rng(seed).uniform(0.05, 1.0, shape)
    return (x / x.sum(-1, keepdims=True)).astype(np.float32)


def _data(kind: str) -> tuple[Any, Any]:
    r = rng(3)
    if kind == "real":
        return r.standard_normal((6, 5)).astype(np.float32), r.standard_normal((6, 5)).astype(np.float32)
    if kind == "positive":
        return r.uniform(0, 3, (6, 5)).astype(np.float32), r.uniform(0, 3, (6, 5)).astype(np.float32)
    if kind == "share":
        return _probabilities((6, 5), 1), _probabilities((6, 5), 2)
    if kind == "onehot":
        return np.eye(5, dtype=np.float32)[r.integers(0, 5, 6)], _probabilities((6, 5), 2)
    if kind == "onehot logits":
        return np.eye(5, dtype=np.float32)[r.integers(0, 5, 6)], r.standard_normal((6, 5)).astype(np.float32)
    if kind == "class":
        return r.integers(0, 5, 6), _probabilities((6, 5), 2)
    if kind == "class logits":
        return r.integers(0, 5, (6, 1)), r.standard_normal((6, 5)).astype(np.float32)
    if kind == "pixels":
        return r.integers(0, 4, (2, 3, 3)), r.standard_normal((2, 3, 3, 4)).astype(np.float32)
    if kind == "binary":
        return r.integers(0, 2, (6, 5)).astype(np.float32), r.uniform(0.02, 0.98, (6, 5)).astype(np.float32)
    if kind == "binary logits":
        return r.integers(0, 2, (6, 1)), r.standard_normal((6, 1)).astype(np.float32)
    if kind == "signs":
        return np.sign(r.standard_normal((6, 5))).astype(np.float32), r.standard_normal((6, 5)).astype(np.float32)
    raise ValueError(kind)


_LOSSES: list[tuple[str, str, dict[str, Any]]] = [
    ("MeanSquaredError", "real", {}),
    ("MeanAbsoluteError", "real", {}),
    ("MeanAbsolutePercentageError", "real", {}),
    ("MeanSquaredLogarithmicError", "positive", {}),
    ("CosineSimilarity", "real", {}),
    ("CosineSimilarity", "real", {"axis": 0}),
    ("Huber", "real", {}),
    ("Huber", "real", {"delta": 0.4}),
    ("LogCosh", "real", {}),
    ("Hinge", "signs", {}),
    ("Hinge", "binary", {}),
    ("SquaredHinge", "signs", {}),
    ("CategoricalHinge", "onehot", {}),
    ("KLDivergence", "share", {}),
    ("Poisson", "positive", {}),
    ("BinaryCrossentropy", "binary", {}),
    ("BinaryCrossentropy", "binary logits", {"from_logits": True}),
    ("BinaryCrossentropy", "binary", {"label_smoothing": 0.2}),
    ("BinaryFocalCrossentropy", "binary", {}),
    ("BinaryFocalCrossentropy", "binary", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5}),
    ("BinaryFocalCrossentropy", "binary logits", {"from_logits": True, "label_smoothing": 0.1}),
    ("CategoricalCrossentropy", "onehot", {}),
    ("CategoricalCrossentropy", "onehot logits", {"from_logits": True}),
    ("CategoricalCrossentropy", "onehot logits", {"from_logits": True, "label_smoothing": 0.1}),
    ("CategoricalFocalCrossentropy", "onehot", {}),
    ("CategoricalFocalCrossentropy", "onehot logits", {"from_logits": True, "alpha": 0.5, "gamma": 1.0}),
    ("SparseCategoricalCrossentropy", "class", {}),
    ("SparseCategoricalCrossentropy", "class logits", {"from_logits": True}),
    ("SparseCategoricalCrossentropy", "pixels", {"from_logits": True}),
    ("SparseCategoricalCrossentropy", "pixels", {"from_logits": True, "ignore_class": 2}),
    ("Dice", "binary", {}),
    ("Dice", "binary", {"axis": 1}),
    ("Tversky", "binary", {"alpha": 0.3, "beta": 0.7}),
]


def _loss_case(name: str, kind: str, kwargs: dict[str, Any]) -> Case:
    def case(keras: Any) -> dict[str, Any]:
        t, x = _data(kind)
        found: dict[str, Any] = {}
        cls = getattr(keras.losses, name)
        loss = cls(**kwargs)
        found["plain"] = out(loss(t, x))
        for reduction in ("sum", "none", "mean_with_sample_weight"):
            found[reduction] = out(cls(reduction=reduction, **kwargs)(t, x))
        w = np.linspace(0.2, 1.4, t.shape[0]).astype(np.float32)
        if kind != "pixels" and kwargs.get("axis") is None and name not in ("Dice", "Tversky"):
            found["weighted"] = out(loss(t, x, sample_weight=w))
            found["weighted mean"] = out(cls(reduction="mean_with_sample_weight", **kwargs)(t, x, sample_weight=w))
        found["float64"] = out(cls(dtype="float64", **kwargs)(t, x.astype(np.float64)))
        found["config"] = str(sorted(loss.get_config().items()))
        found["name"] = loss.name
        variable = keras.Variable(x)
        found["gradient"] = gradient(keras, lambda: loss(t, variable), [variable])[0]
        return found

    return case


def gradient(keras: Any, function: Any, variables: list[Any]) -> list[Any]:
    tape_class = tape_of(keras)
    with tape_class() as tape:
        y = function()
    return [out(g) for g in tape.gradient(y, [getattr(v, "value", v) for v in variables])]


def tape_of(keras: Any) -> Any:
    if keras.__name__.startswith("plait"):
        from plait.keras._tape import GradientTape

        return GradientTape
    import tensorflow

    return tensorflow.GradientTape


for _i, (_name, _kind, _kwargs) in enumerate(_LOSSES):
    add(f"loss {_name} {_i}", _loss_case(_name, _kind, _kwargs))


def losses_by_name(keras: Any) -> dict[str, Any]:
    found = {}
    for name in ("mse", "MAE", "mape", "msle", "bce", "KLD", "mean_squared_error", "categorical_crossentropy", "Huber"):
        found[name] = getattr(keras.losses.get(name), "__name__", type(keras.losses.get(name)).__name__)
    found["config"] = str(keras.losses.serialize(keras.losses.Huber(delta=0.5)))
    found["function"] = str(keras.losses.serialize(keras.losses.mean_squared_error))
    again = keras.losses.deserialize(keras.losses.serialize(keras.losses.BinaryCrossentropy(label_smoothing=0.25)))
    found["again"] = str(again.label_smoothing)
    for bad in ("nope", 3):
        try:
            keras.losses.get(bad)
        except ValueError as e:
            found[f"bad {bad}"] = str(e)
    try:
        keras.losses.Huber(reduction="average")
    except ValueError as e:
        found["bad reduction"] = type(e).__name__
    return found


add("losses by name", losses_by_name)


def own_loss(keras: Any) -> dict[str, Any]:
    class Fourth(keras.losses.Loss):  # type: ignore[misc]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean((y_true - y_pred) ** 4, axis=-1)

    t, x = _data("real")
    loss = Fourth(reduction="sum", name="fourth")
    return {"value": out(loss(t, x)), "config": str(loss.get_config()), "default": Fourth().name}


add("own loss", own_loss)

# --- metrics -------------------------------------------------------------------------------------------------------------------

_METRICS: list[tuple[str, str, dict[str, Any]]] = [
    ("Accuracy", "rounded", {}),
    ("BinaryAccuracy", "binary", {}),
    ("BinaryAccuracy", "binary", {"threshold": 0.7}),
    ("CategoricalAccuracy", "onehot", {}),
    ("SparseCategoricalAccuracy", "class", {}),
    ("SparseCategoricalAccuracy", "class logits", {}),
    ("TopKCategoricalAccuracy", "onehot", {"k": 2}),
    ("SparseTopKCategoricalAccuracy", "class", {"k": 3}),
    ("BinaryCrossentropy", "binary", {}),
    ("BinaryCrossentropy", "binary", {"label_smoothing": 0.1}),
    ("CategoricalCrossentropy", "onehot", {}),
    ("SparseCategoricalCrossentropy", "class", {}),
    ("MeanSquaredError", "real", {}),
    ("MeanAbsoluteError", "real", {}),
    ("MeanAbsolutePercentageError", "real", {}),
    ("MeanSquaredLogarithmicError", "positive", {}),
    ("RootMeanSquaredError", "real", {}),
    ("LogCoshError", "real", {}),
    ("KLDivergence", "share", {}),
    ("Poisson", "positive", {}),
    ("CosineSimilarity", "real", {}),
    ("Hinge", "signs", {}),
    ("SquaredHinge", "signs", {}),
    ("CategoricalHinge", "onehot", {}),
    ("R2Score", "real", {}),
    ("R2Score", "real", {"class_aggregation": None, "num_regressors": 1}),
    ("R2Score", "real", {"class_aggregation": "variance_weighted_average"}),
    ("F1Score", "onehot", {}),
    ("F1Score", "onehot", {"average": "macro"}),
    ("F1Score", "onehot", {"average": "weighted", "threshold": 0.3}),
    ("FBetaScore", "onehot", {"average": "micro", "beta": 2.0}),
    ("Precision", "binary", {}),
    ("Precision", "binary", {"thresholds": [0.2, 0.5, 0.8]}),
    ("Precision", "onehot", {"top_k": 2}),
    ("Precision", "binary", {"class_id": 1}),
    ("Recall", "binary", {}),
    ("Recall", "onehot", {"top_k": 2, "class_id": 1}),
    ("TruePositives", "binary", {}),
    ("TrueNegatives", "binary", {"thresholds": [0.3, 0.6]}),
    ("FalsePositives", "binary", {}),
    ("FalseNegatives", "binary", {"thresholds": 0.4}),
    ("AUC", "binary", {}),
    ("AUC", "binary", {"curve": "PR"}),
    ("AUC", "binary", {"curve": "PRGAIN", "num_thresholds": 20}),
    ("AUC", "binary", {"summation_method": "majoring", "num_thresholds": 11}),
    ("AUC", "binary", {"curve": "PR", "summation_method": "minoring"}),
    ("AUC", "binary", {"thresholds": [0.1, 0.4, 0.45, 0.9]}),
    ("AUC", "binary", {"multi_label": True}),
    ("AUC", "binary", {"multi_label": True, "num_labels": 5, "label_weights": [1.0, 2.0, 1.0, 0.5, 3.0]}),
    ("AUC", "binary logits", {"from_logits": True}),
    ("SensitivityAtSpecificity", "binary", {"specificity": 0.5}),
    ("SpecificityAtSensitivity", "binary", {"sensitivity": 0.4}),
    ("PrecisionAtRecall", "binary", {"recall": 0.6}),
    ("RecallAtPrecision", "binary", {"precision": 0.6}),
    ("IoU", "labels", {"num_classes": 4, "target_class_ids": [0, 2]}),
    ("MeanIoU", "labels", {"num_classes": 4}),
    ("MeanIoU", "labels", {"num_classes": 4, "ignore_class": 1}),
    ("BinaryIoU", "binary", {"threshold": 0.3}),
    ("OneHotIoU", "onehot", {"num_classes": 5, "target_class_ids": [0, 1, 3]}),
    ("OneHotMeanIoU", "onehot", {"num_classes": 5}),
    ("PearsonCorrelation", "real", {}),
    ("ConcordanceCorrelation", "real", {}),
]


def _metric_data(kind: str) -> tuple[Any, Any]:
    if kind == "rounded":
        t, x = _data("real")
        return np.round(t), np.round(x)
    if kind == "labels":
        r = rng(5)
        return r.integers(0, 4, (6, 7)), r.integers(0, 4, (6, 7))
    return _data(kind)


def _metric_case(name: str, kind: str, kwargs: dict[str, Any]) -> Case:
    def case(keras: Any) -> dict[str, Any]:
        t, x = _metric_data(kind)
        metric = getattr(keras.metrics, name)(**kwargs)
        found: dict[str, Any] = {"name": metric.name, "config": str(metric.get_config())}
        metric.update_state(t[:4], x[:4])
        found["first"] = out(metric.result())
        found["both"] = out(metric(t[4:], x[4:]))
        found["variables"] = str([(v.name, tuple(v.shape), v.dtype) for v in metric.variables])
        for i, v in enumerate(metric.variables):
            found[f"state {i}"] = out(v)
        metric.reset_state()
        found["empty"] = str([float(np.sum(np.asarray(v))) for v in metric.variables])
        weight = np.array([1, 2, 0, 3, 1, 2]) if kind == "labels" or "IoU" in name else np.linspace(0.3, 1.3, 6)
        if kind == "labels":
            weight = np.repeat(weight[:, None], 7, 1)
        if name == "BinaryIoU":
            weight = np.repeat(weight[:, None], 5, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            metric.update_state(t, x, sample_weight=weight.astype("int32" if "IoU" in name else "float32"))
        found["weighted"] = out(metric.result())
        found["repr"] = repr(metric)
        return found

    return case


for _i, (_name, _kind, _kwargs) in enumerate(_METRICS):
    add(f"metric {_name} {_i}", _metric_case(_name, _kind, _kwargs))


def means(keras: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    m, s = keras.metrics.Mean(), keras.metrics.Sum(name="total")
    for metric in (m, s):
        metric.update_state([1, 3, 5, 7])
        found[f"{metric.name} 1"] = out(metric.result())
        metric.update_state(np.arange(6.0).reshape(3, 2), sample_weight=[0.5, 1, 2])
        found[f"{metric.name} 2"] = out(metric.result())
        metric.update_state(4.0)
        found[f"{metric.name} 3"] = out(metric.result())
    wrapped = keras.metrics.MeanMetricWrapper(lambda t, x: keras.ops.abs(t - x), name="abs")
    found["wrapped"] = out(wrapped(np.array([1.0, 2.0]), np.array([0.5, 4.0])))
    found["get"] = str([keras.metrics.get(n).name for n in ("mse", "AUC", "accuracy", "sparse_categorical_accuracy")])
    found["functions"] = out(keras.metrics.binary_accuracy([[1], [0]], [[0.7], [0.8]]))
    found["top"] = out(
        keras.metrics.top_k_categorical_accuracy(np.eye(3), np.array([[0.1, 0.9, 0.8]] * 3, np.float32), k=2)
    )
    fn = keras.metrics.get("accuracy")
    found["kind"] = type(fn).__name__
    return found


add("means", means)


def own_metric(keras: Any) -> dict[str, Any]:
    class Longest(keras.metrics.Metric):  # type: ignore[misc]
        def __init__(self, name: str = "longest", **kwargs: Any) -> None:
            super().__init__(name=name, **kwargs)
            self.best = self.add_weight(name="best", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.best.assign(keras.ops.maximum(self.best, keras.ops.max(keras.ops.abs(y_pred - y_true))))

        def result(self) -> Any:
            return self.best

    metric = Longest()
    t, x = _data("real")
    metric.update_state(t, x)
    state = metric.stateless_update_state([np.float32(9.0)], t, x)
    return {
        "value": out(metric.result()),
        "stateless": out(state[0]),
        "names": str([v.path for v in metric.variables]),
        "config": str(metric.get_config()),
        "reset": out(metric.stateless_reset_state()[0]),
    }


add("own metric", own_metric)

# --- schedules -----------------------------------------------------------------------------------------------------------------

_SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 5], "values": [0.3, 0.2, 0.1]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 6, "warmup_target": 0.2, "warmup_steps": 3}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.0, "m_mul": 0.5}),
]


def _schedule_case(name: str, kwargs: dict[str, Any]) -> Case:
    def case(keras: Any) -> dict[str, Any]:
        schedule = getattr(keras.optimizers.schedules, name)(**kwargs)
        values = [np.asarray(schedule(step)) for step in range(12)]
        again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
        return {
            "values": np.stack(values),
            "config": str(schedule.get_config()),
            "again": out(again(7)),
            "serialized": str(keras.optimizers.schedules.serialize(schedule)),
        }

    return case


for _i, (_name, _kwargs) in enumerate(_SCHEDULES):
    add(f"schedule {_name} {_i}", _schedule_case(_name, _kwargs))

# --- optimizers ----------------------------------------------------------------------------------------------------------------

_OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"weight_decay": 0.1, "clipnorm": 0.5}),
    ("SGD", {"momentum": 0.5, "clipvalue": 0.1}),
    ("SGD", {"global_clipnorm": 0.3, "use_ema": True, "ema_momentum": 0.8}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}),
    ("SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 2}),
    ("SGD", {"loss_scale_factor": 4.0}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    ("Adam", {"amsgrad": True}),
    ("Adam", {"weight_decay": 0.02, "clipnorm": 1.0}),
    ("Adam", {"gradient_accumulation_steps": 3, "use_ema": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.1, "learning_rate": 0.01}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.05, "epsilon": 1e-2}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.05, "beta_1": 0.8}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.7, "centered": True, "learning_rate": 0.01}),
    ("RMSprop", {"epsilon": 1e-2, "rho": 0.8}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.3, "epsilon": 1e-2}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.05, "epsilon": 1e-3}),
]


def _optimizer_case(name: str, kwargs: dict[str, Any]) -> Case:
    def case(keras: Any) -> dict[str, Any]:
        r = rng(7)
        values = [r.standard_normal(shape) for shape in ((3, 4), (5,), ())]
        found: dict[str, Any] = {}
        for dtype in ("float32", "float64"):
            variables = [keras.Variable(v.astype(dtype), name=f"v{i}") for i, v in enumerate(values)]
            optimizer = getattr(keras.optimizers, name)(**kwargs)
            for step in range(5):
                g = [np.cos(np.asarray(v) * (step + 1)) * 0.7 for v in variables]
                optimizer.apply_gradients(zip([keras.ops.convert_to_tensor(x) for x in g], variables, strict=True))
            for i, v in enumerate(variables):
                found[f"{dtype} {i}"] = out(v)
            for i, v in enumerate(optimizer.variables):
                found[f"{dtype} state {i}"] = out(v)
        found["names"] = str([re.sub(r"variable(_\d+)?", "variable", v.path) for v in optimizer.variables]).replace(
            optimizer.name, "optimizer"
        )
        config = optimizer.get_config()
        config["name"] = "optimizer"
        found["config"] = str(config)
        found["iterations"] = out(optimizer.iterations)
        return found

    return case


for _i, (_name, _kwargs) in enumerate(_OPTIMIZERS):
    add(f"optimizer {_name} {_i}", _optimizer_case(_name, _kwargs))


def optimizer_schedule(keras: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i, make in enumerate(
        (
            lambda s: keras.optimizers.SGD(s, momentum=0.9),
            lambda s: keras.optimizers.Adam(s, weight_decay=0.1),
            lambda s: keras.optimizers.RMSprop(s, momentum=0.5),
        )
    ):
        v = keras.Variable(np.array([1.0, -2.0], np.float32))
        optimizer = make(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))
        for _ in range(6):
            optimizer.apply([keras.ops.convert_to_tensor(np.asarray(v) * 0.5)], [v])
        found[f"value {i}"] = out(v)
        found[f"rate {i}"] = out(optimizer.learning_rate)
        config = optimizer.get_config()["learning_rate"]
        found[f"config {i}"] = str(config)
        again = type(optimizer).from_config(optimizer.get_config())
        found[f"again {i}"] = out(again.learning_rate)
    sgd = keras.optimizers.SGD(0.1)
    sgd.learning_rate = 0.25
    found["set"] = out(sgd.learning_rate)
    try:
        optimizer.learning_rate = 0.1
    except TypeError as e:
        found["not settable"] = str(type(e).__name__)
    for bad in ({"learning_rate": 1}, {"clipnorm": 1.0, "clipvalue": 1.0}, {"nope": 3}, {"momentum": 2.0}):
        try:
            keras.optimizers.SGD(**bad)
        except ValueError as e:
            found[f"bad {sorted(bad)}"] = str(e)
    found["get"] = str([type(keras.optimizers.get(n)).__name__ for n in ("adam", "SGD", "rmsprop", "AdamW", "Lion")])
    return found


add("optimizer with schedule", optimizer_schedule)


def own_optimizer(keras: Any) -> dict[str, Any]:
    class Signs(keras.optimizers.Optimizer):  # type: ignore[misc]
        def __init__(self, learning_rate: float = 0.1, **kwargs: Any) -> None:
            super().__init__(learning_rate=learning_rate, **kwargs)

        def build(self, variables: Any) -> None:
            super().build(variables)
            self.counts = self.add_optimizer_variables(variables, "count")

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            i = self._get_variable_index(variable)
            self.assign_add(self.counts[i], keras.ops.ones_like(gradient))
            self.assign_sub(variable, keras.ops.multiply(learning_rate, keras.ops.sign(gradient)))

    v = keras.Variable(np.array([1.0, -2.0], np.float32))
    optimizer = Signs(clipnorm=1.0)
    for _ in range(3):
        optimizer.apply_gradients([(keras.ops.convert_to_tensor(np.asarray(v)), v)])
    return {"value": out(v), "counts": out(optimizer.variables[-1]), "number": str(len(optimizer.variables))}


add("own optimizer", own_optimizer)

# --- models --------------------------------------------------------------------------------------------------------------------


def printed(function: Any) -> str:
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        function()
    return stream.getvalue()


def timeless(text: str) -> str:
    """A progress bar without its times, and without the intermediate states that depend on them."""
    lines = []
    for line in text.split("\n"):
        last = line.split("\r")[-1]
        last = re.sub(r"\d+(\.\d+)?(ms|us|s)/step", "T/step", last)
        last = re.sub(r"\x1b\[1m(\d+:)?(\d+:)?\d+s?\x1b\[0m T", "T T", last)
        last = re.sub(r"- \d+s -", "- T -", last)
        lines.append(last.rstrip(" "))
    return "\n".join(lines)


def set_weights(model: Any, seed: int = 0) -> None:
    r = rng(seed)
    model.set_weights([(r.standard_normal(w.shape) * 0.3).astype(w.dtype) for w in model.get_weights()])


def cnn(keras: Any, **kwargs: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="out"),
        ],
        name="cnn",
        **kwargs,
    )


def images(n: int = 40) -> tuple[Any, Any]:
    r = rng(11)
    return r.standard_normal((n, 8, 8, 1)).astype(np.float32), r.integers(0, 3, n)


def history_of(history: Any) -> dict[str, Any]:
    return {f"history {k}": np.asarray(v) for k, v in history.history.items()}


def fit_cnn(keras: Any) -> dict[str, Any]:
    model = cnn(keras)
    set_weights(model)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = images()
    boxes: list[Any] = []
    text = printed(
        lambda: boxes.append(model.fit(x, y, batch_size=16, epochs=3, shuffle=False, validation_split=0.2, verbose=2))
    )
    found = history_of(boxes[0])
    found["text"] = timeless(text)
    found["epochs"] = str(boxes[0].epoch)
    found["params"] = str(boxes[0].params)
    found["evaluate"] = np.asarray(model.evaluate(x, y, verbose=0))
    found["dict"] = str(sorted(model.evaluate(x, y, verbose=0, return_dict=True)))
    found["predict"] = model.predict(x[:5], verbose=0)
    for i, w in enumerate(model.get_weights()):
        found[f"weight {i}"] = w
    found["bar"] = timeless(printed(lambda: model.fit(x, y, batch_size=16, epochs=2, shuffle=False)))
    found["evaluate bar"] = timeless(printed(lambda: model.evaluate(x, y)))
    found["predict bar"] = timeless(printed(lambda: model.predict(x)))
    found["metrics"] = str(model.metrics_names)
    return found


add("fit of a CNN", fit_cnn)


def fit_options(keras: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    x, y = images()
    onehot = np.eye(3, dtype=np.float32)[y]
    weight = np.linspace(0.1, 2, 40).astype(np.float32)
    options = {
        "class weight": ({"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}, {}),
        "sample weight": ({"sample_weight": weight}, {"weighted_metrics": ["accuracy"]}),
        "steps": ({"steps_per_epoch": 2}, {}),
        "several steps": ({}, {"steps_per_execution": 2}),
        "initial": ({"initial_epoch": 1, "epochs": 3}, {}),
        "validation": ({"validation_data": (x[:8], onehot[:8]), "validation_freq": 2}, {}),
        "weighted validation": ({"validation_data": (x[:8], onehot[:8], weight[:8])}, {"weighted_metrics": ["mse"]}),
        "objects": (
            {},
            {"metrics": [keras.metrics.CategoricalAccuracy(name="acc"), "mae", keras.metrics.AUC(name="auc")]},
        ),
        "weights": ({}, {"loss_weights": [0.3], "loss": [keras.losses.CategoricalCrossentropy(label_smoothing=0.1)]}),
        "smooth": ({}, {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)}),
    }
    for name, (fit, compile_) in options.items():
        model = cnn(keras)
        set_weights(model, 1)
        settings = {
            "optimizer": keras.optimizers.SGD(0.05, momentum=0.9),
            "loss": "categorical_crossentropy",
            "metrics": ["accuracy"],
        }
        model.compile(**{**settings, **compile_})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = model.fit(x, onehot, **{"batch_size": 10, "epochs": 2, "shuffle": False, "verbose": 0, **fit})
        found.update({f"{name} {k}": v for k, v in history_of(history).items()})
        found[f"{name} epochs"] = str(history.epoch)
        found[f"{name} weight"] = model.get_weights()[0]
    return found


add("fit with options", fit_options)


def two_outputs(keras: Any, **kwargs: Any) -> Any:
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Concatenate(name="both")([layers.Dense(5, activation="tanh", name="da")(a), b])
    p = layers.Dense(2, activation="softmax", name="p")(x)
    q = layers.Dense(1, name="q")(x)
    return keras.Model([a, b], [p, q], name="two", **kwargs)


def fit_two(keras: Any) -> dict[str, Any]:
    r = rng(2)
    x = [r.standard_normal((24, 4)).astype(np.float32), r.standard_normal((24, 3)).astype(np.float32)]
    y = [r.integers(0, 2, 24), r.standard_normal((24, 1)).astype(np.float32)]
    found: dict[str, Any] = {}
    settings = {
        "lists": {"loss": ["sparse_categorical_crossentropy", "mse"], "metrics": [["accuracy"], ["mae", "mse"]]},
        "dicts": {
            "loss": {"p": "sparse_categorical_crossentropy", "q": keras.losses.Huber()},
            "loss_weights": {"p": 1.0, "q": 0.2},
            "metrics": {"p": ["accuracy"], "q": "mae"},
        },
        "one": {"loss": ["sparse_categorical_crossentropy", None], "metrics": {"p": "accuracy"}},
    }
    for name, compile_ in settings.items():
        model = two_outputs(keras)
        set_weights(model)
        model.compile(optimizer=keras.optimizers.SGD(0.1), **compile_)
        target: Any = {"p": y[0], "q": y[1]} if name == "dicts" else y
        given: Any = {"a": x[0], "b": x[1]} if name == "dicts" else x
        try:
            text: list[Any] = []
            shown = printed(
                lambda m=model, g=given, t=target, b=text: b.append(
                    m.fit(g, t, batch_size=8, epochs=2, shuffle=False, verbose=2)
                )
            )
        except Exception as e:
            found[f"{name} error"] = type(e).__name__
            continue
        found.update({f"{name} {k}": v for k, v in history_of(text[0]).items()})
        found[f"{name} text"] = timeless(shown)
        found[f"{name} evaluate"] = np.asarray(model.evaluate(given, target, verbose=0))
        predicted = model.predict(given, verbose=0)
        found[f"{name} p"], found[f"{name} q"] = predicted
    found["summary"] = printed(model.summary)
    found["shapes"] = str((model.input_shape, model.output_shape, model.output_names, [x.name for x in model.inputs]))
    return found


add("fit with two outputs", fit_two)


def dict_outputs(keras: Any) -> dict[str, Any]:
    layers = keras.layers
    i = keras.Input((4,), name="i")
    h = layers.Dense(6, activation="relu", name="h")(i)
    model = keras.Model(i, {"y": layers.Dense(2, name="first")(h), "x": layers.Dense(1, name="second")(h)})
    set_weights(model)
    r = rng(1)
    data = r.standard_normal((12, 4)).astype(np.float32)
    targets = {"x": r.standard_normal((12, 1)), "y": r.standard_normal((12, 2))}
    model.compile(
        "sgd", loss={"x": "mse", "y": "mae"}, metrics={"x": ["mae"], "y": ["mse"]}, loss_weights={"x": 0.5, "y": 2.0}
    )
    history = model.fit(data, targets, batch_size=4, epochs=2, shuffle=False, verbose=0)
    found = history_of(history)
    predicted = model.predict(data, verbose=0)
    found["keys"] = str(list(predicted))
    found["x"], found["y"] = predicted["x"], predicted["y"]
    return found


add("dict outputs", dict_outputs)


def shared_and_nested(keras: Any) -> dict[str, Any]:
    layers = keras.layers
    inner = keras.Sequential([layers.Dense(4, activation="relu", name="i1"), layers.Dense(3, name="i2")], name="inner")
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    shared = layers.Dense(5, name="shared")
    x = layers.Subtract(name="minus")([inner(shared(a)), inner(shared(b))])
    x = keras.ops.abs(x)
    model = keras.Model([a, b], layers.Dense(1, name="end")(x), name="siamese")
    set_weights(model)
    r = rng(4)
    data = [r.standard_normal((6, 5)).astype(np.float32) for _ in range(2)]
    found: dict[str, Any] = {
        "y": out(model(data)),
        "weights": str([(w.path, tuple(w.shape)) for w in model.weights]),
        "names": str([layer.name for layer in model.layers]),
        "summary": printed(model.summary),
        "nested": printed(lambda: model.summary(expand_nested=True, show_trainable=True)),
        "narrow": printed(lambda: model.summary(line_length=60)),
        "count": str(model.count_params()),
    }
    half = keras.Model(inner.inputs, inner.get_layer("i1").output)
    found["half"] = out(half(data[0]))
    inner.trainable = False
    found["trainable"] = str([w.path for w in model.trainable_weights])
    found["frozen"] = printed(lambda: model.summary(show_trainable=True))
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    found["clone"] = out(clone(data))
    found["clone names"] = str([layer.name for layer in clone.layers])
    return found


add("shared and nested layers", shared_and_nested)


def subclassed(keras: Any) -> dict[str, Any]:
    layers = keras.layers

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Dense(6, activation="relu")
            self.blocks = [layers.Dense(6), layers.Dense(6)]
            self.norm = layers.BatchNormalization()
            self.last = layers.Dense(2)

        def call(self, x: Any, training: Any = False) -> Any:
            x = self.first(x)
            for block in self.blocks:
                x = x + block(x)
            return self.last(self.norm(x, training=training))

    model = Net()
    r = rng(9)
    x, y = r.standard_normal((16, 3)).astype(np.float32), r.standard_normal((16, 2)).astype(np.float32)
    found: dict[str, Any] = {"built": str(model.built)}
    model(x)
    set_weights(model)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    found.update(history_of(model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)))
    found["y"] = model.predict(x, verbose=0)
    found["layers"] = str([layer.name for layer in model.layers])
    found["weights"] = str([w.path for w in model.weights])
    found["summary"] = printed(model.summary)
    return found


add("subclassed model", subclassed)


def own_step(keras: Any) -> dict[str, Any]:
    tape_class = tape_of(keras)

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.tracker = keras.metrics.Mean(name="loss")
            self.mae = keras.metrics.MeanAbsoluteError(name="mae")

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tape_class() as tape:
                y_pred = self(x, training=True)
                loss = keras.losses.mean_squared_error(y, y_pred)
                loss = keras.ops.mean(loss)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            self.tracker.update_state(loss)
            self.mae.update_state(y, y_pred)
            return {"loss": self.tracker.result(), "mae": self.mae.result()}

        @property
        def metrics(self) -> list[Any]:
            return [self.tracker, self.mae]

    i = keras.Input((3,))
    model = Net(i, keras.layers.Dense(2)(keras.layers.Dense(4, activation="tanh")(i)))
    set_weights(model)
    model.compile(optimizer=keras.optimizers.SGD(0.05))
    r = rng(8)
    x, y = r.standard_normal((12, 3)).astype(np.float32), r.standard_normal((12, 2)).astype(np.float32)
    found = history_of(model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0))
    found["kind"] = type(model).__mro__[1].__name__
    for j, w in enumerate(model.get_weights()):
        found[f"w {j}"] = w
    return found


add("own train_step", own_step)


def on_batch(keras: Any) -> dict[str, Any]:
    model = cnn(keras)
    set_weights(model)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = images()
    found: dict[str, Any] = {
        "train": np.asarray(model.train_on_batch(x, y)),
        "train dict": str(list(model.train_on_batch(x, y, return_dict=True))),
        "weighted": np.asarray(model.train_on_batch(x, y, class_weight={0: 2.0, 1: 1.0, 2: 0.1})),
        "test": np.asarray(model.test_on_batch(x, y)),
        "predict": model.predict_on_batch(x[:3]),
    }
    return found


add("on batch", on_batch)


def callbacks(keras: Any) -> dict[str, Any]:
    cb = keras.callbacks
    found: dict[str, Any] = {}
    x, y = images()

    def fresh(**kwargs: Any) -> Any:
        model = cnn(keras)
        set_weights(model)
        model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"], **kwargs)
        return model

    events: list[str] = []

    class Recorder(cb.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            events.append(f"train begin {logs} {self.params}")

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            events.append(f"epoch begin {epoch} {logs}")

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            events.append(f"batch begin {batch}")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            events.append(f"batch end {batch} {sorted(logs)}")

        def on_test_begin(self, logs: Any = None) -> None:
            events.append("test begin")

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            events.append(f"test batch end {batch} {sorted(logs)}")

        def on_test_end(self, logs: Any = None) -> None:
            events.append(f"test end {sorted(logs)}")

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            events.append(f"epoch end {epoch} {sorted(logs)}")

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            events.append(f"predict batch end {batch} {sorted(logs)}")

        def on_train_end(self, logs: Any = None) -> None:
            events.append(f"train end {sorted(logs)}")

    model = fresh()
    model.fit(
        x, y, batch_size=16, epochs=2, verbose=0, shuffle=False, validation_data=(x[:9], y[:9]), callbacks=[Recorder()]
    )
    model.evaluate(x, y, verbose=0, callbacks=[Recorder()])
    model.predict(x, verbose=0, callbacks=[Recorder()])
    found["events"] = "\n".join(events)

    settings = {
        "early": [cb.EarlyStopping(monitor="val_loss", patience=1, verbose=1, restore_best_weights=True)],
        "early loss": [cb.EarlyStopping(monitor="loss", min_delta=0.5, patience=0, verbose=1)],
        "plateau": [cb.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, verbose=1, min_delta=0.05)],
        "scheduler": [cb.LearningRateScheduler(lambda epoch, lr: lr * 0.5, verbose=1)],
        "scheduler one": [cb.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))],
    }
    for name, given in settings.items():
        model = fresh()
        box: list[Any] = []
        text = printed(
            lambda m=model, g=given, b=box: b.append(
                m.fit(x, y, batch_size=16, epochs=5, verbose=2, shuffle=False, validation_split=0.25, callbacks=g)
            )
        )
        found[f"{name} text"] = timeless(text)
        found.update({f"{name} {k}": v for k, v in history_of(box[0]).items()})
        found[f"{name} w"] = model.get_weights()[-1]
    model = fresh()
    lines: list[str] = []
    own = cb.LambdaCallback(on_epoch_end=lambda epoch, logs: lines.append(f"{epoch} {sorted(logs)}"))
    model.fit(x, y, epochs=2, verbose=0, callbacks=own)
    found["lambda"] = "\n".join(lines)
    for bad in ({"save_freq": "never"}, {"filepath": "x.txt"}, {"save_weights_only": True}):
        try:
            cb.ModelCheckpoint(**{"filepath": "a.keras", **bad})
        except ValueError as e:
            found[f"bad {sorted(bad)}"] = str(e)
    return found


add("callbacks", callbacks)


def configs(keras: Any) -> dict[str, Any]:
    import json

    found: dict[str, Any] = {}
    model = cnn(keras)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    found["sequential"] = model.to_json(indent=1)
    two = two_outputs(keras)
    x = keras.ops.mean(two.outputs[0], axis=-1, keepdims=True) + two.outputs[1] * 2.0
    both = keras.Model(two.inputs, x, name="third")
    found["functional"] = both.to_json(indent=1)
    again = keras.models.model_from_json(both.to_json())
    found["again"] = str([layer.name for layer in again.layers])
    set_weights(both)
    again.set_weights(both.get_weights())
    data = [np.ones((2, 4), np.float32), np.ones((2, 3), np.float32)]
    found["y"], found["y again"] = out(both(data)), out(again(data))
    config = keras.saving.serialize_keras_object(
        keras.layers.Dense(3, activation="relu", kernel_regularizer="l2", name="d")
    )
    found["dense"] = json.dumps(config, sort_keys=True)
    layer = keras.saving.deserialize_keras_object(config)
    found["layer"] = str((layer.name, layer.units, layer.activation.__name__))
    return found


add("configs", configs)


def sequential_building(keras: Any) -> dict[str, Any]:
    layers = keras.layers
    found: dict[str, Any] = {}
    model = keras.Sequential(name="late")
    model.add(layers.Dense(4, activation="relu"))
    model.add(layers.Dense(2))
    found["built"] = str(model.built)
    found["weights"] = str(len(model.weights))
    found["unbuilt summary"] = printed(model.summary)
    for what in ("input_shape", "output_shape", "inputs"):
        try:
            getattr(model, what)
        except AttributeError as e:
            found[f"no {what}"] = str(e)
    model.build((None, 3))
    found["summary"] = printed(model.summary)
    model.pop()
    found["popped"] = str((len(model.layers), model.output_shape))
    model.add(layers.Dense(5, name="five"))
    found["added"] = str(model.output_shape)
    for bad in (3, layers.Dense(1, name="five")):
        try:
            model.add(bad)
        except ValueError as e:
            found[f"bad {type(bad).__name__}"] = str(e)
    found["get"] = str((model.get_layer("five").units, model.get_layer(index=0).units))
    try:
        model.get_layer("nope")
    except ValueError as e:
        found["no layer"] = str(e).replace(model.layers[0].name, "dense")
    called = keras.Sequential([layers.Dense(3), layers.Dense(1)])
    called(np.ones((2, 4), np.float32))
    found["called"] = str((called.input_shape, called.output_shape))
    try:
        keras.Sequential([layers.Dense(2)]).fit(np.ones((2, 2)), np.ones((2, 2)))
    except ValueError as e:
        found["not compiled"] = type(e).__name__
    return found


add("sequential building", sequential_building)


def symbolic(keras: Any) -> dict[str, Any]:
    ops = keras.ops
    x = keras.KerasTensor((None, 3), name="x")
    y = keras.KerasTensor((2, 3), dtype="int32", name="y")
    found: dict[str, Any] = {"repr": repr(x), "y": repr(y)}
    results = {
        "add": lambda: x + 1.0,
        "radd": lambda: 1 - x,
        "matmul": lambda: x @ ops.transpose(x),
        "relu": lambda: ops.relu(x),
        "mean": lambda: ops.mean(x, axis=0),
        "reshape": lambda: ops.reshape(x, (-1, 3, 1)),
        "concatenate": lambda: ops.concatenate([x, x], axis=-1),
        "getitem": lambda: x[:, 1],
        "softmax": lambda: ops.softmax(x),
        "cast": lambda: ops.cast(y, "float32"),
        "stack": lambda: ops.stack([x, x], axis=1),
        "less": lambda: x < 0,
        "expand": lambda: ops.expand_dims(x, 0),
        "promote": lambda: y + ops.cast(y, "float16"),
        "argmax": lambda: ops.argmax(x, axis=-1),
        "square": lambda: x**2,
        "neg": lambda: -x,
    }
    for name, make in results.items():
        r = make()
        found[name] = str((tuple(r.shape), r.dtype))
    for what in (float, int, bool, np.asarray, list):
        try:
            what(x)
        except Exception as e:
            found[f"bad {what.__name__}"] = type(e).__name__
    f = keras.Function([x], ops.exp(x) * 2.0, name="f")
    found["function"] = out(f([np.ones((2, 3), np.float32)]))
    found["spec"] = str(f.compute_output_shape([(5, 3)]))
    for bad in ([np.ones((2, 4), np.float32)], np.ones((2, 3), np.float32)):
        try:
            f(bad)
        except ValueError as e:
            found[f"bad {type(bad).__name__}"] = type(e).__name__
    return found


add("symbolic tensors", symbolic)


def utilities(keras: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "categorical": keras.utils.to_categorical([0, 2, 1], 4),
        "column": keras.utils.to_categorical(np.array([[1], [0]])),
        "normalize": keras.utils.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])),
        "pack": str(keras.utils.pack_x_y_sample_weight(1, 2)),
        "unpack": str(keras.utils.unpack_x_y_sample_weight((1, 2))),
    }

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 3

        def __getitem__(self, i: int) -> Any:
            x, y = images()
            return x[i * 10 : i * 10 + 10], y[i * 10 : i * 10 + 10]

    model = cnn(keras)
    set_weights(model)
    model.compile("sgd", "sparse_categorical_crossentropy")
    found.update(history_of(model.fit(Batches(), epochs=2, shuffle=False, verbose=0)))
    found["evaluate"] = np.asarray(model.evaluate(Batches(), verbose=0))
    found["predict"] = model.predict(Batches(), verbose=0)

    def generator() -> Any:
        x, y = images()
        while True:
            for i in range(4):
                yield x[i * 10 : i * 10 + 10], y[i * 10 : i * 10 + 10]

    history = model.fit(generator(), epochs=2, steps_per_epoch=3, verbose=0)
    found.update({f"generator {k}": v for k, v in history_of(history).items()})
    bar = keras.utils.Progbar(5, stateful_metrics=["m"])
    text = printed(lambda: [bar.update(i, [("a", float(i)), ("m", 0.0001 * i)]) for i in range(1, 6)])
    found["bar"] = timeless(text)
    return found


add("utilities", utilities)
