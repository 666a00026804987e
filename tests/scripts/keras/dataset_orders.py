"""Which orders of a shuffled dataset fit, evaluate, predict and plain loops use up; where an evaluation of a few steps begins."""

import keras
import numpy as np
import tensorflow as tf

x = np.arange(12).reshape(6, 2).astype("float32")
source = tf.data.Dataset.from_tensor_slices((x, x[:, :1]))


def fresh():
    keras.utils.set_random_seed(5)
    return source.shuffle(6, seed=0).batch(2)


def order(batches):
    return [tuple(int(v) for v in batch[0][:, 0]) for batch in batches]


data = fresh()
passes = [order(data) for _ in range(20)]


def number(batches):
    return passes.index(order(batches))


class Model(keras.Model):
    def train_step(self, batch):
        return {"loss": tf.reduce_sum(batch[0])}

    def test_step(self, batch):
        return {"loss": tf.reduce_sum(batch[0])}

    def predict_step(self, batch):
        return batch[0]


inputs = keras.Input((2,))
model = Model(inputs, keras.layers.Dense(1)(inputs))
model.compile("sgd", "mse")
for options in (
    {},
    {"epochs": 2},
    {"steps_per_epoch": 1},
    {"steps_per_epoch": 3, "epochs": 2},
    {"steps_per_epoch": 1, "epochs": 4},
):
    data = fresh()
    history = model.fit(data, verbose=0, **options).history
    print("fit", options, history, number(data))
for steps, epochs in ((1, 1), (3, 1), (4, 1), (2, 2), (3, 2), (5, 1)):
    data = fresh()
    history = model.fit(data.repeat(), steps_per_epoch=steps, epochs=epochs, verbose=0).history
    print("fit repeated", steps, epochs, history, number(data))
for steps in (None, 1, 3):
    data = fresh()
    print("evaluate", steps, model.evaluate(data, steps=steps, verbose=0, return_dict=True), number(data))
    data = fresh()
    print("predict", steps, model.predict(data, steps=steps, verbose=0)[:, 0], number(data))
    data = fresh()
    history = model.fit(data, validation_data=data, validation_steps=steps, epochs=2, verbose=0).history
    print("validate", steps, history, number(data))
plain = source.batch(2)
print(model.fit(plain, validation_data=plain, validation_steps=1, epochs=3, verbose=0).history)
data = fresh()
first, second = iter(data), iter(data)
print(passes.index(order(second)), passes.index(order(first)), number(data))
