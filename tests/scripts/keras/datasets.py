"""Orders of shuffled datasets that are repeated, and models built by batches of one size."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def orders(dataset):
    return [element.numpy().tolist() for element in dataset]


def shuffled():
    tf.random.set_seed(5)
    return tf.data.Dataset.range(6).shuffle(6, seed=1)


for dataset in (shuffled(), shuffled().batch(4), shuffled().repeat(2), shuffled().batch(4).repeat(2)):
    print(orders(dataset), len(list(dataset)), orders(dataset.take(2)), orders(dataset))


class Small(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(3, activation="relu")
        self.second = layers.Dense(1)

    def call(self, x):
        return self.second(self.first(x))


x, y = np.ones((20, 4), "float32"), np.ones((20, 1), "float32")
for size in (10, 7):
    model = Small()
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=size, verbose=0)
    model.summary()
model = Small()
model.compile("sgd", "mse")
model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(5, drop_remainder=True), verbose=0)
model.summary()
v = tf.Variable([1.0, 2.0])
first, second = v.assign([3.0, 4.0]), v.assign_add([1.0, 1.0])
print(first, second, v, first + 1)
print(keras.layers.BatchNormalization().get_config())
print(keras.saving.serialize_keras_object(layers.Layer(name="plain")))
print(keras.ops.nonzero(np.array([[1, 0], [0, 2]])))
