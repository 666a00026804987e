"""Parts of variables that are assigned to, variables that are targets, slopes of activations at their kinks, ways to resize."""

import keras
import numpy as np
import tensorflow as tf

v = tf.Variable(tf.zeros((2, 3)), name="v")
v[0].assign([1.0, 2.0, 3.0])
print(v)
old = v[1]
print(v[1, 1].assign(5.0))
v[:, 2].assign([7.0, 8.0])
v[..., ::2].assign(9.0)
print(v.numpy(), old.numpy(), hasattr(v[0], "assign_add"), hasattr(v[0] + 0.0, "assign"))
layer_weight = keras.Variable(np.zeros((2, 2), "float32"), name="w")
layer_weight[0].assign([1.0, 2.0])
layer_weight.value[1].assign([3.0, 4.0])
print(layer_weight)
with tf.GradientTape() as tape:
    v[0, 0].assign(4.0)
    y = tf.reduce_sum(v * v)
print(tape.gradient(y, v))

a, b = tf.Variable(2.0), tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    y = a * a + 0 * b
print(tape.gradient([y, a], [a, b]))
with tf.GradientTape() as tape:
    y = layer_weight * 3.0
print([w.name for w in tape.watched_variables()])
print(tape.gradient([y, layer_weight], layer_weight))
try:
    with tf.GradientTape() as tape:
        tape.watch(layer_weight)
except ValueError as error:
    print(str(error).split(" of type")[1])
try:
    tf.zeros(2)[0] = 1.0
except TypeError as error:
    print(error)

at = [-1.0, 0.0, 0.5, 3.0, -3.0]
for name in "celu elu selu relu relu6 hard_shrink soft_shrink leaky_relu hard_tanh sparse_plus".split():
    x = tf.constant([*at, float("nan")] if "shrink" in name else at)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = getattr(keras.ops, name)(x)
    print(name, y.numpy(), tape.gradient(y, x).numpy())
x = tf.constant([[1.0, 2.0, 0.0], [0.3, -0.2, 4.0], [0.3, 0.2, 0.4]])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.reduce_sum(keras.ops.sparsemax(x) * [[1.0, 2.0, 3.0]])
print(tape.gradient(y, x))

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
model.compile("sgd", "mse")
print(model.fit(np.ones((4, 2)), np.ones((4, 1)), batch_size=0, verbose=0).history)

image = np.arange(48, dtype="float32").reshape(1, 6, 8, 1) ** 1.3
for method in ("area", "gaussian", "mitchellcubic", "lanczos5"):
    for size in ((3, 5), (9, 4), (12, 16)):
        for smooth in (False, True):
            y = tf.image.resize(image, size, method=method, antialias=smooth).numpy()
            print(method, size, smooth, y.ravel()[:5].round(3), y.mean().round(2))
