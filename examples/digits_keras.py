"""Handwritten digits: ordinary Keras, start to end, on scikit-learn's 1,797 real scans of 8 × 8 pixels.

plait run examples/digits_keras.py        # no Keras or TensorFlow needed
python examples/digits_keras.py           # under Keras
"""

import argparse
import os
import tempfile

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits


def block(x, filters, name):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def digit_net(width=32, classes=10):
    images = keras.Input((8, 8, 1), name="images")
    x = block(images, width, "block1")
    x = block(x, width, "block2")
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = block(x, 2 * width, "block3")
    x = layers.AdaptiveAveragePooling2D(2, name="pool2")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.2, name="drop")(x)
    return keras.Model(images, layers.Dense(classes, name="digit")(x), name="digit_net")


def load_data(held_out=360):
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[..., None]
    labels = digits.target.astype("int64")
    order = np.random.permutation(len(labels))
    train, test = order[held_out:], order[:held_out]
    mean, std = images[train].mean(), images[train].std()
    images = (images - mean) / std
    return (images[train], labels[train]), (images[test], labels[test])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--save", default=None, help="where to keep the trained model (default: a temporary file)")
    args = parser.parse_args(arguments)

    keras.utils.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = load_data()
    model = digit_net()
    model.summary()
    print(f"{len(x_train)} images to learn from, {len(x_test)} held out; first labels: {y_test[:8]}")

    steps = args.epochs * -(-len(x_train) // 64)
    model.compile(
        optimizer=keras.optimizers.SGD(
            keras.optimizers.schedules.CosineDecay(args.lr, steps), momentum=0.9, nesterov=True, weight_decay=5e-4
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=64, epochs=args.epochs, validation_data=(x_test, y_test))
    _, reached = model.evaluate(x_test, y_test, verbose=0)

    path = args.save or os.path.join(tempfile.mkdtemp(), "digits.keras")
    model.save(path)
    again = keras.models.load_model(path)
    _, same = again.evaluate(x_test, y_test, verbose=0)
    print(f"held-out accuracy {100 * reached:.2f} %, after saving and loading {100 * same:.2f} %")
    if reached != same or reached < 0.98:
        raise SystemExit("the accuracy is not what it should be")
    return model, reached


if __name__ == "__main__":
    main()
