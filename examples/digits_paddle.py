"""Handwritten digits: ordinary Paddle, start to end, on scikit-learn's 1,797 real scans of 8 × 8 pixels.

plait run examples/digits_paddle.py        # no Paddle needed
python examples/digits_paddle.py           # under Paddle
"""

import argparse
import os
import tempfile

import numpy as np
import paddle
import paddle.nn as nn
from paddle.io import DataLoader, TensorDataset
from sklearn.datasets import load_digits


def block(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2D(channels_in, channels_out, kernel_size=3, padding=1, bias_attr=False),
        nn.BatchNorm2D(channels_out),
        nn.ReLU(),
    )


class DigitNet(nn.Layer):
    def __init__(self, width=32, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            ("block1", block(1, width)),
            ("block2", block(width, width)),
            ("pool1", nn.MaxPool2D(kernel_size=2)),
            ("block3", block(width, 2 * width)),
            ("pool2", nn.AdaptiveAvgPool2D(output_size=2)),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(p=0.2), nn.Linear(2 * width * 4, classes))

    def forward(self, x):
        return self.classifier(self.features(x))


def load_data(held_out=360):
    digits = load_digits()
    images = (digits.images / 16.0).astype("float32")[:, np.newaxis]
    labels = digits.target.astype("int64")[:, np.newaxis]
    order = np.random.permutation(len(labels))
    train, test = order[held_out:], order[:held_out]
    mean, std = images[train].mean(), images[train].std()
    images = paddle.to_tensor((images - mean) / std)
    labels = paddle.to_tensor(labels)
    train, test = paddle.to_tensor(train), paddle.to_tensor(test)
    return TensorDataset([images[train], labels[train]]), TensorDataset([images[test], labels[test]])


def prepared(network, rate=0.05, steps=1):
    model = paddle.Model(network)
    schedule = paddle.optimizer.lr.CosineAnnealingDecay(rate, T_max=steps)
    optimizer = paddle.optimizer.Momentum(
        schedule, momentum=0.9, parameters=model.parameters(), use_nesterov=True, weight_decay=5e-4
    )
    model.prepare(optimizer, nn.CrossEntropyLoss(), paddle.metric.Accuracy())
    return model


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--save", default=None, help="where to keep the trained weights (default: a temporary folder)")
    args = parser.parse_args(arguments)

    paddle.seed(0)
    np.random.seed(0)
    train_set, test_set = load_data()
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=120)
    model = prepared(DigitNet(), args.lr, args.epochs * len(loader))
    print(model.network)
    print(model.summary((1, 1, 8, 8)))
    print(f"{len(train_set)} images to learn from, {len(test_set)} held out")
    print("first images:", test_set[0][0].shape, "labels:", test_set.tensors[1][:8].flatten().tolist())

    model.fit(loader, test_loader, epochs=args.epochs, eval_freq=4, verbose=1)
    reached = model.evaluate(test_loader, verbose=0)["acc"]

    path = args.save or os.path.join(tempfile.mkdtemp(), "digits")
    model.save(path)
    again = prepared(DigitNet())
    again.load(path)
    same = again.evaluate(test_loader, verbose=0)["acc"]
    print(f"held-out accuracy {100 * reached:.2f} %, after saving and loading {100 * same:.2f} %")
    if reached != same or reached < 0.98:
        raise SystemExit("the accuracy is not what it should be")
    return model.network, reached


if __name__ == "__main__":
    main()
