"""A wrapped layer whose kernel is divided by its largest singular value."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(4)
x = np.random.rand(8, 6, 6, 2).astype("float32")
model = keras.Sequential(
    [
        keras.Input((6, 6, 2)),
        layers.SpectralNormalization(layers.Conv2D(3, 3)),
        layers.Flatten(),
        layers.SpectralNormalization(layers.Dense(1), power_iterations=3),
    ]
)
model.compile("adam", "mse")
model.fit(x, np.ones((8, 1)), epochs=2, verbose=2)
model.summary()
for weight in model.weights:
    print(weight.path, weight.shape, weight.trainable, round(float(np.linalg.norm(weight)), 4))
print(model.predict(x[:2], verbose=0))
print(model.layers[0].get_config())
model.save("spectral.keras")
again = keras.models.load_model("spectral.keras")
print(again.layers[2].power_iterations, np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0)))
for wrong in (
    lambda: layers.SpectralNormalization(3),
    lambda: layers.SpectralNormalization(layers.Dense(2), power_iterations=0),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__)
try:
    layers.SpectralNormalization(layers.Dropout(0.5))(x)
except Exception as error:
    print(type(error).__name__)
