"""What `tf.function` and the compiled steps of `fit` tell: errors as a graph's, variables made once, prints once for a signature."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from plait import keras
from plait import tensorflow as tf


def test_prints_come_once_for_a_signature(capsys: pytest.CaptureFixture[str]) -> None:
    @tf.function
    def double(x: object, times: int = 2) -> object:
        tf.print("run", output_stream=sys.stdout)
        print("traced")
        return x * times  # type: ignore[operator]

    for arguments in ([tf.constant(1)], [tf.constant(5), 2], [tf.constant([1, 2])], [tf.constant(1), 3]):
        double(*arguments)
    assert capsys.readouterr().out.split() == ["traced", "run", "run", "traced", "run", "traced", "run"]
    assert double.experimental_get_tracing_count() == 3


def test_an_input_signature_is_traced_once(capsys: pytest.CaptureFixture[str]) -> None:
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def total(x: object) -> object:
        print("traced")
        return tf.reduce_sum(x)

    assert [float(total(v)) for v in ([1.0], [1.0, 2.0])] == [1.0, 3.0]
    assert capsys.readouterr().out == "traced\n"


def test_a_first_run_that_makes_variables_is_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    class Scale(tf.Module):
        v = None

        @tf.function
        def __call__(self, x: object) -> object:
            print("traced")
            if self.v is None:
                self.v = tf.Variable(3.0)
            return x * self.v  # type: ignore[operator]

    scale = Scale()
    assert [float(scale(tf.constant(v))) for v in (1.0, 2.0)] == [3.0, 6.0]
    assert capsys.readouterr().out == "traced\ntraced\n"


def test_variables_of_every_call_are_refused() -> None:
    @tf.function
    def wrong(x: object) -> object:
        return tf.Variable(1.0) * x

    with pytest.raises(ValueError, match="singleton"):
        wrong(tf.constant(1.0))


class _Own(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ValueError("no"), ValueError), (KeyError("no"), KeyError), (_Own("no"), _Own), (ZeroDivisionError("no"), None)],
)
def test_errors_of_the_program(error: Exception, kind: type[Exception] | None) -> None:
    @tf.function
    def fail(x: object) -> None:
        raise error

    with pytest.raises(Exception, match=r"in user code:\n\n    File .*in fail  \*\n        raise error") as caught:
        fail(1)
    assert isinstance(caught.value, kind) if kind else type(caught.value).__name__ == "StagingError"
    with pytest.raises(type(error)) as plain:
        tf.function(fail.python_function, autograph=False)(1)
    assert plain.value is error


def test_what_a_graph_refuses_when_it_is_made() -> None:
    f = tf.function(lambda a, b: a + b)
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 3 and 4"):
        f(tf.ones((2, 3)), tf.ones((2, 4)))
    with pytest.raises(TypeError, match="Input 'y' of 'AddV2' Op has type float32 that does not match type int32"):
        f(tf.constant(1), tf.constant(1.5))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Graph execution error:[^$]*indices\[0\] = 9"):
        tf.function(lambda x: tf.gather(x, [9]))(tf.ones(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible shapes"):
        tf.ones((2, 3)) + tf.ones((2, 4))


def _model() -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "binary_crossentropy")
    return model


def test_batches_are_open_in_what_fit_tells() -> None:
    with pytest.raises(ValueError, match=r"received input with shape \(None, 4\)[^$]*shape=\(None, 4\)"):
        _model().fit(np.ones((6, 4)), np.ones((6, 2)), verbose=0)
    with pytest.raises(ValueError, match=r"received input with shape \(6, 4\)"):
        _model().predict(np.ones((6, 4)), verbose=0)
    with pytest.raises(ValueError, match=r"same shape. Received: target.shape=\(None, 1\), output.shape=\(None, 2\)"):
        _model().fit(np.ones((6, 3)), np.ones((6, 1)), verbose=0)
    with pytest.raises(ValueError, match="None values not supported"):
        _model().fit(np.ones((6, 3)), verbose=0)
    with pytest.raises(UnboundLocalError):
        _model().predict(np.ones((0, 3)), verbose=0)


def test_prints_of_a_step_come_once(capsys: pytest.CaptureFixture[str]) -> None:
    class Told(keras.Model):
        def train_step(self, data: object) -> object:
            print("step")
            return super().train_step(data)

    inputs = keras.Input((3,))
    model = Told(inputs, keras.layers.Dense(1)(inputs))
    for eagerly, times in ((False, 1), (True, 6)):
        model.compile("sgd", "mse", run_eagerly=eagerly)
        model.fit(np.ones((6, 3)), np.ones((6, 1)), batch_size=2, epochs=2, verbose=0)
        assert capsys.readouterr().out == "step\n" * times


def test_symbolic_tensors_are_not_for_functions_of_tensorflow() -> None:
    with pytest.raises(ValueError, match="cannot be used as input to a TensorFlow function"):
        tf.reduce_sum(keras.Input((2,)))


def test_a_step_of_ones_own_builds_what_it_calls() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.part = keras.layers.Dense(2, name="part")

        def call(self, x: object) -> object:
            return self.part(x)

        def train_step(self, data: object) -> object:
            return {"sum": tf.reduce_sum(self.part(data[0]))}  # type: ignore[index]

    model = Own()
    model.compile("sgd", "mse")
    model.fit(np.ones((6, 3)), np.ones((6, 1)), batch_size=4, verbose=0)
    assert not model.built
    assert [w.path for w in model.weights] == ["part/kernel", "part/bias"]
    assert model.part._build_shapes_dict == {"input_shape": (None, 3)}


def test_a_model_keeps_the_defaults_of_its_constructor() -> None:
    class Sized(keras.Model):
        def __init__(self, units: int = 3) -> None:
            super().__init__()

    class Needed(keras.Model):
        def __init__(self, units: int) -> None:
            super().__init__()

    assert Sized(7).get_config()["units"] == 3
    with pytest.raises(NotImplementedError):
        Needed(7).get_config()


def test_data_ends_an_epoch_before_the_first() -> None:
    told: list[str] = []

    class Data(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> object:
            return np.ones((2, 3)), np.ones((2, 2))

        def on_epoch_begin(self) -> None:
            told.append("begin")

        def on_epoch_end(self) -> None:
            told.append("end")

    model = _model()
    model.fit(Data(), epochs=2, verbose=0)
    model.predict(Data(), verbose=0)
    assert told == ["end", "begin", "end", "begin", "end", "begin", "end"]


def test_losses_of_lists_want_them_nested_alike() -> None:
    loss = keras.losses.MeanSquaredError()
    assert float(loss([[0.0, 1.0]], [[1.0, 1.0]])) == 0.5
    with pytest.raises(ValueError):
        loss([0.0, 1.0], [[1.0], [1.0]])
