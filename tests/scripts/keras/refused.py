"""What layers, losses and operations refuse, by the kind of exception."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, losses, ops

image = np.ones((2, 8, 8, 3), "float32")
row = np.ones((2, 3), "float32")
short = np.ones((2, 2), "float32")
CASES = {
    "symbolic window too large": lambda: layers.MaxPooling2D(9)(keras.Input((8, 8, 3))),
    "kernel too large": lambda: layers.Conv2D(4, 9)(image),
    "axis of UnitNormalization": lambda: layers.UnitNormalization(axis=9)(row),
    "axis of Concatenate": lambda: layers.Concatenate(axis=9)([row, row]),
    "product of shapes": lambda: layers.Multiply()([row, short]),
    "squared error": lambda: losses.MeanSquaredError()(row, short),
    "hinge": lambda: losses.Hinge()(row, short),
    "divergence": lambda: losses.KLDivergence()(row, short),
    "poisson": lambda: losses.Poisson()(row, short),
    "cross entropy": lambda: losses.BinaryCrossentropy()(row, short),
    "norm's axis": lambda: ops.norm(np.ones(3), axis=1),
    "norm's axes": lambda: ops.norm(np.ones(3), ord=2, axis=(0, 1)),
    "norm's order": lambda: ops.norm(np.ones((3, 3)), ord=3),
    "one hot of a float": lambda: tf.one_hot([1.0], 3),
    "cast of a string": lambda: tf.cast("a", tf.float32),
    "string times number": lambda: ops.multiply("a", 2.0),
    "randint's dtype": lambda: keras.random.randint((2,), 0, 5, dtype="float32"),
    "uniform's dtype": lambda: keras.random.uniform((2,), dtype="int32"),
    "seed": lambda: keras.random.SeedGenerator("a"),
    "seed's arguments": lambda: keras.random.SeedGenerator(1, foo=2),
    "lora with a constraint": lambda: layers.Embedding(3, 4, "zeros", None, "max_norm", lora_rank=2)(np.array([1])),
    "nothing to fit": lambda: keras.Sequential([layers.Dense(1)]).predict(None),
    "too few inputs": lambda: keras.Model([keras.Input((1,), name="a"), b := keras.Input((1,), name="b")], b)([row]),
}
for name, case in CASES.items():
    try:
        print(name, case().shape)
    except Exception as error:
        print(name, type(error).__name__)
