"""How symbolic results print: the mark of products, a pair of top_k, the rank as a tensor."""

import keras
import numpy as np
from keras import ops

a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
for result in (
    a * 2, 2 * a, a * b, a * np.ones(3, "float32"), ops.multiply(a, b), ops.multiply(x1=a, x2=3.0), (a * 2) * b,
    keras.layers.Multiply()([a, b]), a * keras.Variable(2.0), ops.top_k(a, 2), ops.ndim(a),
):  # fmt: skip
    print(result)
model = keras.Model(a, keras.layers.Dense(2, kernel_initializer="ones")(a * 2.0))
model.summary()
print(model(np.ones((1, 3), "float32")))
print(keras.Model.from_config(model.get_config()).get_config() == model.get_config())
