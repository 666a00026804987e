"""Handwritten digits: ordinary PyTorch, start to end, on scikit-learn's 1,797 real scans of 8 × 8 pixels.

plait run examples/digits_torch.py        # no PyTorch needed
python examples/digits_torch.py           # under PyTorch: the same digits
"""

import argparse
import os
import tempfile
from collections import OrderedDict

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm


def block(channels_in, channels_out):
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class DigitNet(nn.Module):
    def __init__(self, width=32, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                [
                    ("block1", block(1, width)),
                    ("block2", block(width, width)),
                    ("pool1", nn.MaxPool2d(kernel_size=2)),
                    ("block3", block(width, 2 * width)),
                    ("pool2", nn.AdaptiveAvgPool2d(output_size=2)),
                ]
            )
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(p=0.2), nn.Linear(2 * width * 4, classes))

    def forward(self, x):
        return self.classifier(self.features(x))


def load_data(held_out=360):
    digits = load_digits()
    images = torch.from_numpy((digits.images / 16.0).astype(np.float32)).unsqueeze(1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    order = torch.randperm(len(labels))
    train, test = order[held_out:], order[:held_out]
    mean, std = images[train].mean(), images[train].std()
    images = (images - mean) / std
    return TensorDataset(images[train], labels[train]), TensorDataset(images[test], labels[test])


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    right = sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)
    return right / len(loader.dataset)


def train(model, loader, test_loader, epochs, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        bar = tqdm(loader, desc=f"epoch {epoch:2d}/{epochs}", unit="batch", leave=False)
        for x, y in bar:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y, label_smoothing=0.05)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            bar.set_postfix(loss=f"{loss.item():.3f}")
        schedule.step()
        if epoch == 1 or epoch % 4 == 0:
            mean = total / len(loader.dataset)
            print(f"epoch {epoch:2d}  loss {mean:.2f}  held-out accuracy {100 * accuracy(model, test_loader):5.1f} %")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--save", default=None, help="where to keep the trained weights (default: a temporary file)")
    args = parser.parse_args(arguments)

    torch.manual_seed(0)
    train_set, test_set = load_data()
    loader = DataLoader(train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=120)
    model = DigitNet()
    print(model)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(train_set)} images to learn from, {len(test_set)} held out"
    )
    print("first images:", tuple(test_set[0][0].shape), "labels:", test_set.tensors[1][:8])

    train(model, loader, test_loader, args.epochs, args.lr)
    reached = accuracy(model, test_loader)

    path = args.save or os.path.join(tempfile.mkdtemp(), "digits.pt")
    torch.save(model.state_dict(), path)
    again = DigitNet()
    print(again.load_state_dict(torch.load(path, weights_only=True)))
    same = accuracy(again, test_loader)
    print(f"held-out accuracy {100 * reached:.2f} %, after saving and loading {100 * same:.2f} %")
    if reached != same or reached < 0.985:
        raise SystemExit("the accuracy is not what it should be")
    return model, reached


if __name__ == "__main__":
    main()
