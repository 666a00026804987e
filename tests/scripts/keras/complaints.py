"""What operations complain of when shapes, axes and numbers do not fit."""

import numpy as np
import tensorflow as tf

x = tf.ones((1, 4, 4, 2))
m = tf.ones((2, 3))
whole = tf.constant([1, 2])
variable = tf.Variable([1.0, 2.0])

cases = {
    "sum": lambda: m + tf.ones(4),
    "equal": lambda: tf.equal(m, tf.ones(4)),
    "logic": lambda: tf.logical_and([True, False], [True] * 3),
    "product": lambda: tf.matmul(m, m),
    "float64 product": lambda: tf.matmul(tf.cast(m, "float64"), tf.cast(m, "float64")),
    "vector": lambda: tf.matmul(m[0], m),
    "tensordot": lambda: tf.tensordot(m, m, 1),
    "reshape": lambda: tf.reshape(m, [4]),
    "concat ranks": lambda: tf.concat([m, m[0]], 0),
    "concat sizes": lambda: tf.concat([m, tf.ones((2, 3)), tf.ones((3, 2))], 0),
    "squeeze": lambda: tf.squeeze(m, 0),
    "stack": lambda: tf.stack([m, m, m[0]]),
    "split": lambda: tf.split(m, 2, 1),
    "split sizes": lambda: tf.split(m, [1, 5], 1),
    "unstack": lambda: tf.unstack(m, 3),
    "gather": lambda: tf.gather(m, 5),
    "gather several": lambda: tf.gather(m, [[0, 1], [1, 7]]),
    "tile": lambda: tf.tile(m, [2]),
    "pad": lambda: tf.pad(m, [[1, 1]]),
    "expand": lambda: tf.expand_dims(m, 5),
    "transpose": lambda: tf.transpose(m, [0, 0]),
    "ones": lambda: tf.ones(-1),
    "fill": lambda: tf.fill([-1], 1.0),
    "broadcast": lambda: tf.broadcast_to(m, (3, 3)),
    "where": lambda: tf.where(tf.ones(2) > 0, tf.ones(3), tf.ones(4)),
    "index": lambda: m[5],
    "indices": lambda: m[0, 0, 0],
    "reduce": lambda: tf.reduce_sum(m, axis=3),
    "argmax": lambda: tf.argmax(m, axis=4),
    "top_k": lambda: tf.keras.ops.top_k(m, 9),
    "slice": lambda: tf.keras.ops.slice(m, [0, 0], [5, 5]),
    "by zero": lambda: whole // 0,
    "remainder": lambda: whole % 0,
    "power": lambda: whole**-1,
    "range": lambda: tf.range(0, 5, 0),
    "range back": lambda: tf.range(5, 0, 2),
    "conv": lambda: tf.nn.conv2d(x, tf.ones((2, 2, 3, 1)), 1, "VALID"),
    "depthwise": lambda: tf.nn.depthwise_conv2d(x, tf.ones((2, 2, 3, 1)), [1] * 4, "VALID"),
    "conv3d": lambda: tf.nn.conv3d(x[None], tf.ones((9, 2, 2, 2, 1)), [1] * 5, "VALID"),
    "bias": lambda: tf.nn.bias_add(x, [1.0]),
    "max_pool": lambda: tf.nn.max_pool2d(x, 9, 1, "VALID"),
    "avg_pool": lambda: tf.nn.avg_pool2d(x, 9, 1, "VALID"),
    "cross entropy": lambda: tf.nn.softmax_cross_entropy_with_logits([[1.0, 0.0, 0.0]], [[1.0, 2.0]]),
    "class": lambda: tf.nn.sparse_softmax_cross_entropy_with_logits([5], [[1.0, 2.0]]),
    "embedding": lambda: tf.keras.layers.Embedding(3, 2)(np.array([7])),
    "assign_add": lambda: variable.assign_add([1.0]),
    "part": lambda: variable[:1].assign([1.0, 2.0]),
}

for name, case in cases.items():
    try:
        print(name, "gives", case())
    except Exception as error:
        print(name, type(error).__name__, str(error))
print(m == tf.ones(4), m != tf.ones(4), tf.linspace(0, 1, 0))

whole = tf.constant([1, 2])
for name, case in {
    "add": lambda: whole + 1.5,
    "radd": lambda: 1.5 + whole,
    "sub": lambda: whole - 1.5,
    "mul": lambda: whole * [1.5, 2.0],
    "rtruediv": lambda: 1.5 / whole,
    "truediv": lambda: whole / 1.5,
    "pow": lambda: whole**0.5,
    "less": lambda: whole < 1.5,
    "maximum": lambda: tf.maximum(whole, 0.5),
    "divide": lambda: tf.divide(whole, tf.constant([1.0, 2.0])),
    "einsum": lambda: tf.einsum("ij,jk->ik", tf.ones((2, 2))),
    "mse": lambda: tf.keras.losses.MeanSquaredError()(tf.ones((2, 3)), tf.ones((2, 4))),
    "hinge": lambda: tf.keras.losses.hinge(tf.ones((2, 3)), tf.ones((2, 4))),
    "huber": lambda: tf.keras.losses.huber(tf.ones((2, 3)), tf.ones((2, 4))),
}.items():
    try:
        print(name, "gives", case())
    except Exception as error:
        print(name, type(error).__name__, str(error))
pool = tf.keras.layers.MaxPooling2D(2, padding="VALID")
print(pool(tf.reshape(tf.range(16.0), (1, 4, 4, 1))).numpy().ravel(), pool.get_config()["padding"])
try:
    tf.where(whole > 1, whole, 0.5)
except Exception as error:
    print(type(error).__name__, error)
