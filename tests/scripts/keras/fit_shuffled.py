"""`fit` with its own order of samples, optimizers by name, and where their classes live."""

import keras
import numpy as np
from keras import layers

x = np.random.RandomState(0).rand(60, 6).astype("float32")
y = (x.sum(1) > 3).astype("int32")
for name in ("sgd", "adam", "adamax", "nadam", "rmsprop", "adagrad"):
    keras.utils.set_random_seed(11)
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1, "sigmoid")]
    )
    model.compile(name, "binary_crossentropy", metrics=["accuracy"])
    print(repr(model.optimizer).partition(" at ")[0])
    history = model.fit(x, y, epochs=3, batch_size=16, verbose=2, validation_split=0.2)
    print({key: [round(v, 4) for v in values] for key, values in history.history.items()})
keras.utils.set_random_seed(3)
model = keras.Sequential([keras.Input((6,)), layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.05), "mse")
model.fit(x, y, epochs=2, batch_size=16, shuffle="batch", verbose=2)
print(model.get_weights())
print(np.random.rand())
for thing in (
    keras.regularizers.L2(0.1),
    keras.initializers.GlorotUniform(),
    keras.optimizers.schedules.CosineDecay(1.0, 2),
    keras.callbacks.EarlyStopping(),
    keras.constraints.MaxNorm(),
):
    print(repr(thing).partition(" at ")[0])
for kind in (
    keras.layers.Conv2D,
    keras.layers.GlobalMaxPooling1D,
    keras.metrics.AUC,
    keras.Model,
    type(keras.Input((2,))),
):
    print(kind)
