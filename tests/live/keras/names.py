"""Every name of the Keras list is tried with many arguments in Keras on TensorFlow and here, and what comes back is compared.

A name's cases are made from templates: those that Keras accepts are its cases, and plait must give the same. The recorder
(tools/record_coverage.py) keeps the counts for `plait coverage keras`.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import random
from typing import Any

import numpy as np

from tests.live import trial
from tests.live.keras import templates as T

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
LIST = pathlib.Path(__file__).parent / "names.txt"


class Library:
    """One of the two: Keras on TensorFlow, or plait."""

    def __init__(self, keras: Any, tf: Any) -> None:
        self.keras, self.tf = keras, tf


def framework() -> str:
    """The framework and its version."""
    import keras
    import tensorflow as tf

    return f"Keras {keras.__version__} on TensorFlow {tf.__version__}"


def families() -> dict[str, list[str]]:
    """Section -> names."""
    return trial.families(LIST)


_ARRAYS: dict[str, tuple[int, ...]] = {
    "x": (2, 3), "y": (2, 3), "v": (3,), "s": (3, 3), "m": (3, 4), "b3": (2, 3, 4), "q": (2, 6, 4), "img": (2, 6, 6, 4), "vol": (1, 4, 4, 4, 4),
    "w1": (3, 4, 2), "w2": (3, 3, 4, 2), "w3": (2, 2, 2, 4, 2), "t2": (3, 3, 2, 4), "t1": (3, 2, 4), "dw": (3, 3, 4, 2), "pw": (1, 1, 8, 3),
    "c4": (4,), "p": (2, 3), "d": (2, 3), "first": (2, 4, 6, 6),
}  # fmt: skip
_VALUES: dict[str, Any] = {
    "i": np.array([[2, 0, 1], [1, 2, 0]], np.int32), "n": np.array([4, 2, 7, 2], np.int32), "t": np.array([[True, False, True], [False, False, True]]),
    "lab": np.array([1, 2], np.int64), "oh": np.array([[0, 1, 0], [1, 0, 0]], np.float32), "bin": np.array([[0, 1, 1], [1, 0, 0]], np.float32),
    "pr": np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], np.float32), "one": np.float32(0.7), "half": np.array([0.5, 1.5], np.float16),
}  # fmt: skip
_FILLED = {
    name: (np.random.default_rng(k).random(shape) * 0.8 + 0.1).astype(np.float64 if name == "d" else np.float32)
    for k, (name, shape) in enumerate(_ARRAYS.items())
}
_PROBE = 1.3


def _helpers(lib: Library) -> dict[str, Any]:
    keras, tf = lib.keras, lib.tf

    def total(value: Any) -> Any:
        parts = [v for v in keras.tree.flatten(value) if "float" in keras.backend.standardize_dtype(v.dtype)]
        return sum(keras.ops.sum(keras.ops.sin(v * _PROBE)) for v in parts) if parts else None

    def grad(function: Any, *inputs: Any) -> list[Any]:
        """The value of a function, and the gradient of a sum over it."""
        with tf.GradientTape() as tape:
            for v in inputs:
                tape.watch(v)
            out = function(*inputs)
            s = total(out)
        found = [] if s is None else tape.gradient(s, list(inputs))
        return [out, [None if g is None else tf.convert_to_tensor(g) for g in found]]

    def play(layer: Any, *inputs: Any, **options: Any) -> list[Any]:
        """A layer called: its result, gradients, weights, config, the same again in training, and as a functional model."""
        x = inputs[0] if len(inputs) == 1 else list(inputs)
        first, grads = grad(lambda *a: layer(a[0] if len(a) == 1 else list(a), **options), *inputs)
        weights = [(w.path, tuple(w.shape), w.dtype, w.trainable) for w in layer.weights]
        with tf.GradientTape() as tape:
            s = total(layer(x, **options))
        own = [] if s is None or not layer.trainable_variables else tape.gradient(s, layer.trainable_variables)
        own = [None if g is None else tf.convert_to_tensor(g) for g in own]
        shape = tuple(x.shape) if len(inputs) == 1 else [tuple(v.shape) for v in x]
        config = {
            k: v
            for k, v in layer.get_config().items()
            if isinstance(v, (int, float, str, bool, tuple, list, type(None)))
        }
        again = type(layer).from_config(layer.get_config())
        return [first, grads, weights, own, tuple(layer.compute_output_shape(shape)), config, layer.name, again.name]

    def measure(metric: Any, *args: Any, **options: Any) -> list[Any]:
        """A metric updated twice, and reset."""
        metric.update_state(*args, **options)
        first = metric.result()
        metric.update_state(*args, **options)
        second = metric.result()
        metric.reset_state()
        return [first, second, metric.result(), metric.name, [tuple(v.shape) for v in metric.variables]]

    def step(optimizer: Any, count: int = 3) -> list[Any]:
        """A variable after some steps, and the optimizer's own."""
        w = keras.Variable(_FILLED["x"].copy(), name="w")
        for k in range(count):
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(_FILLED["y"] - 0.3 * k), w)])
        config = {k: v for k, v in optimizer.get_config().items() if isinstance(v, (int, float, str, bool, type(None)))}
        return [w.numpy(), [v.numpy() for v in optimizer.variables], config, [v.path for v in optimizer.variables]]

    def net(**options: Any) -> Any:
        """A small compiled model."""
        model = keras.Sequential(
            [keras.layers.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)]
        )
        model.compile(optimizer=options.pop("optimizer", "sgd"), loss="mse", metrics=["mae"], **options)
        return model

    data = (np.tile(_FILLED["x"], (8, 1)), np.tile(_FILLED["y"][:, :1], (8, 1)))

    def fit(*callbacks: Any, **options: Any) -> Any:
        """The history of a small model's training."""
        model = net()
        history = model.fit(
            *data,
            epochs=options.pop("epochs", 3),
            batch_size=4,
            verbose=0,
            shuffle=False,
            callbacks=list(callbacks),
            **options,
        )
        return [{k: np.asarray(v, np.float32) for k, v in history.history.items()}, model.get_weights()]

    return {"grad": grad, "play": play, "measure": measure, "step": step, "net": net, "fit": fit, "data": data}


def evaluate(expression: str, lib: Library) -> Any:
    """The value of an expression, on fresh tensors and from a fixed seed."""
    keras, tf = lib.keras, lib.tf
    keras.utils.clear_session(free_memory=False)
    keras.backend.set_floatx("float32")
    keras.backend.set_image_data_format("channels_last")
    keras.utils.set_random_seed(5)
    random.seed(5)
    code = compile(expression, expression, "eval")
    scope = {
        "keras": keras, "tf": tf, "np": np, "layers": keras.layers, "ops": keras.ops, "os": os, "__name__": "cases", **_helpers(lib),
    }  # fmt: skip
    for name in trial.names_in(code):
        if name in _FILLED:
            scope[name] = tf.constant(_FILLED[name].copy())
        elif name in _VALUES:
            scope[name] = tf.constant(_VALUES[name])
    return eval(code, scope)


def _array(value: Any) -> Any:
    return np.asarray(value.numpy()) if hasattr(value, "numpy") else np.asarray(value)


def _text(value: Any) -> str:
    return f"{type(value).__name__}"


def same(theirs: Any, ours: Any) -> bool:
    """Whether two results agree: structures, dtypes, shapes, values; other things by class, config or text."""
    if hasattr(theirs, "dtype") and hasattr(theirs, "shape") and not isinstance(theirs, type):
        name = lambda v: str(getattr(v.dtype, "name", v.dtype))  # noqa: E731
        if name(theirs) != name(ours) or tuple(theirs.shape) != tuple(ours.shape):
            return False
        if "KerasTensor" in _text(theirs):
            return True
        a, b = _array(theirs), _array(ours)
        if a.dtype.kind not in "fV" or name(theirs) == "bfloat16":
            return bool((a.astype(str) == b.astype(str)).all()) if a.dtype.kind not in "V" else True
        loose = 2e-2 if a.itemsize == 2 else 1e-4 if a.itemsize == 4 else 1e-8
        return np.allclose(a, b, loose, loose, equal_nan=True)
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and list(theirs) == list(ours) and all(same(theirs[k], ours[k]) for k in theirs)
    if isinstance(theirs, (list, tuple)):
        return (
            isinstance(ours, (list, tuple))
            and len(theirs) == len(ours)
            and all(same(a, b) for a, b in zip(theirs, ours, strict=True))
        )
    if isinstance(theirs, float):
        return bool(np.isclose(theirs, ours, 1e-5, equal_nan=True))
    if isinstance(theirs, (int, str, bool, type(None), bytes)):
        return bool(theirs == ours)
    if hasattr(theirs, "get_config") and not isinstance(theirs, type):
        return _text(theirs) == _text(ours) and same(theirs.get_config(), ours.get_config())
    if isinstance(theirs, type) or callable(theirs):
        return getattr(theirs, "__name__", None) == getattr(ours, "__name__", None)
    return repr(theirs) == repr(ours) or _text(theirs) == _text(ours)


# --- the worker: TensorFlow does not live through a fork, and some arguments end its process ----------------------------------


def _work(connection: Any) -> None:
    """Judges expressions as they come, in a process of its own."""
    import keras
    import tensorflow as tf

    import plait.keras
    import plait.tensorflow

    theirs, ours = Library(keras, tf), Library(plait.keras, plait.tensorflow)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while True:
        expression = connection.recv()
        made = constructor(expression)
        try:
            if made:
                evaluate(made, theirs)
        except Exception:
            connection.send("refused")
            continue
        connection.send(trial._judge(expression, evaluate, theirs, ours, same)[0])


def constructor(expression: str) -> str:
    """The part of `play(layer(…), input)` that makes the layer; "" for other expressions."""
    start = expression.find("(") + 1
    if not expression.startswith(("play(", "measure(")):
        return ""
    depth = 0
    for k in range(start, len(expression)):
        depth += (expression[k] == "(") - (expression[k] == ")")
        if expression[k] == "," and not depth:
            return expression[start:k]
    return ""


class _Worker:
    """A process that judges, made anew when it has ended or takes too long."""

    def __init__(self) -> None:
        self._process: Any = None
        self._connection: Any = None

    def judge(self, expression: str, seconds: float = 60.0) -> str | None:
        """A verdict; None where the framework refuses the expression, or dies of it."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_work, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            seconds += 120
        try:
            self._connection.send(expression)
            if self._connection.poll(seconds):
                return self._connection.recv()
        except (EOFError, OSError):
            pass
        self._process.kill()
        self._process.join()
        self._process = None
        return None


_worker = _Worker()
_LIMITS = {
    "keras.layers": 3,
    "keras.losses": 4,
    "keras.metrics": 4,
    "keras.optimizers": 4,
    "keras.ops": 6,
    "tensorflow": 6,
}


def run(family: str, name: str) -> tuple[int, list[str]]:
    """The number of cases that agree, and an account of each that does not."""
    good, bad = 0, []
    settled: set[str] = set()
    for expression in T.expressions(family, name):
        made = constructor(expression)
        if made and made in settled:  # one input is enough for a layer that was made
            continue
        verdict = _worker.judge(expression)
        if verdict is not None:
            settled.add(made)
        if verdict == "refused":
            continue
        if verdict == "":
            good += 1
        elif verdict is not None:
            bad.append(verdict)
        if good + len(bad) >= _LIMITS.get(family, 8):
            break
    return good, bad
