"""Tapes, datasets, random numbers and whole functions of TensorFlow against the installed one, in one program each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import plait.tensorflow as ptf  # noqa: E402
from tests.live.keras.names import same  # noqa: E402

X = np.arange(20).reshape(10, 2).astype(np.float32)
Y = np.arange(10)
IMAGES = np.random.RandomState(0).rand(2, 9, 7, 3).astype(np.float32)


def elements(dataset: Any) -> list[Any]:
    return list(dataset.as_numpy_iterator())


def tapes(T: Any) -> list[Any]:
    found = []
    v, c = T.Variable([1.0, 2.0]), T.constant([3.0, 4.0])
    with T.GradientTape(persistent=True) as t:
        t.watch(c)
        y = v * v * c
        z = T.reduce_sum(y)
    found += [
        t.gradient(z, v),
        t.gradient(z, [v, c]),
        t.gradient(y, v, output_gradients=T.constant([1.0, 0.0])),
        t.jacobian(y, v),
    ]
    v.assign([5.0, 6.0])
    found += [t.gradient(z, v), t.gradient(z, {"a": v})]
    with T.GradientTape() as t:
        y = v * 2.0
        v.assign_add([1.0, 1.0])
        y = y + v * 3.0
    found.append(t.gradient(y, v))
    with T.GradientTape(watch_accessed_variables=False) as t:
        y = v * v
    found.append(t.gradient(y, v))
    with T.GradientTape() as g, T.GradientTape() as d:
        h = v * v
        a, b = T.reduce_sum(h * 2.0), T.reduce_sum(h * h)
    found += [g.gradient(a, v), d.gradient(b, v)]
    with T.GradientTape() as outer:
        with T.GradientTape() as inner:
            y = v**3
        first = inner.gradient(y, v)
    found += [first, outer.gradient(first, v)]
    x = T.constant([[1.0, 2.0], [3.0, 4.0]])
    with T.GradientTape() as t:
        t.watch(x)
        with t.stop_recording():
            still = x * 5.0
        y = x * x + still
    found += [t.batch_jacobian(y, x)]
    w = T.Variable(1.0, trainable=False)
    with T.GradientTape() as t:
        y = w * v
    found += [*t.gradient(y, [w, v]), len(t.watched_variables())]
    with T.GradientTape() as t:
        y = v * 2.0
    z = y * 3.0
    found.append(t.gradient(z, v, unconnected_gradients="zero"))
    return found


def twice(T: Any) -> Any:
    v = T.Variable(1.0)
    with T.GradientTape() as t:
        y = v * v
    return t.gradient(y, v), t.gradient(y, v)


def numbers(T: Any) -> list[Any]:
    T.random.set_seed(7)
    return [
        T.random.normal((3,)), T.random.normal((3,), 1, 2, seed=4), T.random.normal((2,), dtype=T.float64), T.random.uniform((4,), -1, 3),
        T.random.uniform((3,), 0, 9, T.int32), T.random.uniform((3,), 0, 9, T.int64, seed=2), T.random.truncated_normal((500,)),
        T.random.shuffle([1, 2, 3, 4, 5]), T.random.normal((2,), seed=4), T.nn.dropout(T.ones((4, 4)), 0.5, seed=3),
        T.random.stateless_uniform((3,), [1, 2]), T.random.stateless_truncated_normal((300,), [1, 2], dtype=T.float64), T.random.categorical([[0.1, 0.5, 0.9]], 5),
    ]  # fmt: skip


def shuffles(T: Any) -> list[Any]:
    found = []
    for size in (1, 3, 4, 10, 100):
        T.random.set_seed(3)
        given = T.data.Dataset.range(10).shuffle(size, seed=5)
        found += [elements(given), elements(given)]
        global_ = T.data.Dataset.from_tensor_slices((X, Y)).shuffle(size).batch(4)
        found += [elements(global_), elements(global_)]
        fixed = T.data.Dataset.range(10).shuffle(size, seed=5, reshuffle_each_iteration=False).repeat(2)
        found += [elements(fixed)]
    return found


def datasets(T: Any) -> list[Any]:
    D = T.data.Dataset
    return [
        elements(D.from_tensor_slices((X, Y)).batch(3)), elements(D.from_tensor_slices({"a": X}).batch(3, drop_remainder=True)),
        elements(D.from_tensor_slices((X, Y)).map(lambda a, b: (a * 2, T.cast(b, T.float32))).batch(4).prefetch(T.data.AUTOTUNE)),
        elements(D.range(3).repeat(2).take(5).skip(1)), elements(D.range(3).enumerate(start=4)), elements(D.range(3).cache()),
        elements(D.zip((D.range(3), D.range(5).map(lambda v: v * v)))), elements(D.range(6).filter(lambda v: v % 2 == 0)),
        elements(D.range(3).flat_map(lambda v: D.range(v))), D.range(5).reduce(np.int64(0), lambda a, b: a + b),
        elements(D.from_generator(lambda: ((i, [i] * 2) for i in range(3)), output_signature=(T.TensorSpec((), T.int32), T.TensorSpec((2,), T.float32)))),
        elements(D.range(1, 4).map(lambda v: T.fill([v], v)).padded_batch(2)), elements(D.range(7).shard(3, 1)),
        [D.range(10).batch(3).cardinality(), D.range(3).repeat().cardinality(), len(D.range(7).skip(2))],
    ]  # fmt: skip


def fractional(T: Any) -> list[Any]:
    T.random.set_seed(1)
    return [
        T.nn.fractional_max_pool(IMAGES, ratio, pseudo, overlap, seed=5)
        for ratio in (1.6, [1.0, 1.4, 1.3, 1.0]) for pseudo in (False, True) for overlap in (False, True)
    ]  # fmt: skip


@pytest.mark.parametrize("program", [tapes, numbers, shuffles, datasets, fractional], ids=lambda p: p.__name__)
def test_program(program: Callable[[Any], Any]) -> None:
    want, got = program(tf), program(ptf)
    assert len(want) == len(got)
    for k, (w, g) in enumerate(zip(want, got, strict=True)):
        assert same(w, g), (k, w, g)


ERRORS = (
    "T.constant([1, 2]) + T.constant([1.0, 2.0])", "T.ones((2, 2)) + T.ones(3)", "T.ones((2, 2)) @ T.ones((3, 2))", "T.constant(1)[0]", "T.ones((2, 3))[5]", "T.ones(3)[1.5]",
    "T.reshape(T.ones(6), (4, 2))", "T.concat([T.ones((2, 2)), T.ones((2, 3))], 0)", "T.constant([[1], [2, 3]])", "T.constant(None)", "T.constant(1.5, dtype=T.int32)",
    "len(T.constant(1))", "hash(T.constant(1))", "T.Variable([1.0]).assign([1.0, 2.0])", "T.gather([1, 2], 5)", "T.constant([1]) // 0", "T.constant([2]) ** -1",
    "T.nn.conv2d(T.ones((1, 4, 4, 2)), T.ones((3, 3, 2, 1)), 1, 'FOO')", "T.data.Dataset.range(3).batch(0)", "len(T.data.Dataset.range(3).repeat())",
    "T.data.Dataset.from_tensor_slices(3)", "T.data.Dataset.from_tensor_slices((X, Y[:3]))", "T.nn.sparse_softmax_cross_entropy_with_logits([5], T.ones((1, 3)))",
    "T.split(T.ones(5), 2)", "T.stack([T.ones(2), T.ones(3)])", "T.convert_to_tensor(T.ones(2), dtype=T.int32)", "T.as_dtype('foo')", "T.sqrt(T.constant(4))",
    "T.logical_and(T.ones(2), T.ones(2))", "twice(T)", "T.ones((2, 2)).foo", "T.TensorShape([1]).assert_is_compatible_with([2])", "bool(T.ones(3))",
)  # fmt: skip


@pytest.mark.parametrize("code", ERRORS)
def test_error(code: str) -> None:
    kinds = []
    for library in (tf, ptf):
        with pytest.raises(Exception) as caught:
            eval(code, {"T": library, "X": X, "Y": Y, "twice": twice})
        kinds.append(caught.type.__name__)
    assert kinds[0] == kinds[1]


REPRS = (
    "T.constant(0.1)", "T.constant([[1.0, 2], [3, 4]])", "T.zeros((0, 3))", "T.constant(True)", "T.constant(['a', 'b'])", "T.constant([1e10, 1e-5])", "T.constant([0.1, 2], T.bfloat16)",
    "T.constant(0.1, T.float16)", "T.Variable([1, 2])", "T.Variable(2.0, name='a')", "T.Variable([1.0]).assign([2.0])", "T.ones((2, 3)).shape", "T.TensorShape([1, None])", "T.float32",
    "T.constant(np.arange(2000))", "T.constant(np.ones((2, 3, 4)))", "T.data.Dataset.from_tensor_slices({'a': X}).batch(2)", "T.data.Dataset.range(3).shuffle(3).repeat()",
    "T.data.Dataset.range(3).map(lambda v: (v, T.cast(v, T.float32)))", "T.data.Dataset.range(3).cache()", "T.TensorSpec((None, 2), T.int32, 'x')", "T.config.list_physical_devices()",
)  # fmt: skip


@pytest.mark.parametrize("code", REPRS)
def test_repr(code: str) -> None:
    want, got = (eval(code, {"T": library, "X": X, "np": np}) for library in (tf, ptf))
    assert repr(got) == repr(want)
    assert str(got) == str(want)


def test_epochs_see_the_orders_that_upstream_shuffles() -> None:
    keras = pytest.importorskip("keras")
    import plait.keras as pk

    def orders(library: Any, T: Any) -> list[Any]:
        library.utils.set_random_seed(1)
        x = np.arange(8).reshape(8, 1).astype(np.float32)
        data = T.data.Dataset.from_tensor_slices((x, x)).shuffle(8, seed=3).batch(4)
        model = library.Sequential([library.layers.Dense(1)])
        model.compile("sgd", "mse")
        found = []
        for run in (
            lambda: model.evaluate(data, verbose=0),
            lambda: model.fit(data, epochs=2, verbose=0),
            lambda: model.predict(data, verbose=0),
        ):
            run()
            found.append([a[:, 0] for a, _ in elements(data)])
        return found

    assert same(orders(keras, tf), orders(pk, ptf))
