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
print(
    keras.utils.pad_sequences([[1, 2, 3], [4], []], maxlen=2), keras.utils.pad_sequences([[1], [2, 3]], padding="post")
)
print(keras.utils.pad_sequences([[1, 2, 3]], maxlen=2, truncating="post", dtype="float32", value=-1.0))
print(keras.utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-"))
print(keras.utils.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]]))
for bad in (3, [1, 2], [[1], [[2]]]):
    try:
        print(keras.utils.pad_sequences(bad))
    except Exception as error:
        print(type(error).__name__)
count = tf.constant(0)
print(tf.while_loop(lambda i: i < 5, lambda i: (i + 1,), [count]))
print(tf.while_loop(lambda i, j: i < 9, lambda i, j: (i + 1, j * 2), (count, tf.constant(1)), maximum_iterations=3))
print(tf.unique([2, 1, 2]), tf.nn.max_pool_with_argmax(tf.ones((1, 2, 2, 1)), 2, 2, "VALID"))
print(tf.nest.flatten({"b": [2, (3,)], "a": 1}), tf.nest.map_structure(lambda a, b: a + b, [1, (2,)], [3, (4,)]))
print(tf.nest.pack_sequence_as({"a": 0, "b": (0, 0)}, [1, 2, 3]), tf.nest.is_nested([1]), tf.nest.is_nested("a"))
