"""The same digits in three dialects, in one process: each script as it stands, a table, and then one set of weights for all three.

plait run examples/digits_together.py

PyTorch and Paddle keep images as [N, C, H, W], Keras as [N, H, W, C]; a linear layer's weight is [out, in] in PyTorch and [in, out] in the
other two; a convolution's kernel [out, in, h, w] in the first two and [h, w, in, out] in Keras.
"""

import time

import digits_keras
import digits_paddle
import digits_torch
import keras
import numpy as np
import paddle
import torch
from sklearn.datasets import load_digits

SCRIPTS = {"PyTorch": digits_torch, "Paddle": digits_paddle, "Keras": digits_keras}


def train_all():
    """Runs each dialect's script; prints what came of it; returns the trained networks by dialect."""
    rows, networks = [], {}
    for dialect, script in SCRIPTS.items():
        print(f"\n--- {dialect}: {script.__name__}.py\n")
        start = time.perf_counter()
        networks[dialect], accuracy = script.main([])
        rows.append((dialect, trained_numbers(networks[dialect]), 100 * accuracy, time.perf_counter() - start))
    print(f"\n{'dialect':10}{'parameters':>12}{'test accuracy':>16}{'seconds':>10}")
    for dialect, parameters, accuracy, seconds in rows:
        print(f"{dialect:10}{parameters:12,}{accuracy:14.2f} %{seconds:10.1f}")
    return networks


def trained_numbers(network):
    """How many numbers a network learns."""
    if isinstance(network, torch.nn.Module):
        return sum(p.numel() for p in network.parameters())
    if isinstance(network, paddle.nn.Layer):
        return sum(int(np.prod(p.shape)) for p in network.parameters() if not p.stop_gradient)
    return sum(int(np.prod(w.shape)) for w in network.trainable_weights)


def steps(network):
    """The PyTorch network's layers with weights, in order, with their weights as NumPy arrays."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            yield "conv", [layer.weight.detach().numpy()]
        elif isinstance(layer, torch.nn.BatchNorm2d):
            parts = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
            yield "norm", [part.detach().numpy() for part in parts]
        elif isinstance(layer, torch.nn.Linear):
            yield "linear", [layer.weight.detach().numpy(), layer.bias.detach().numpy()]


def give_to_paddle(weights, network):
    """Puts the PyTorch network's weights into Paddle's."""
    kinds = {"conv": paddle.nn.Conv2D, "norm": paddle.nn.BatchNorm2D, "linear": paddle.nn.Linear}
    layers = [layer for layer in network.sublayers() if isinstance(layer, tuple(kinds.values()))]
    for (kind, arrays), layer in zip(weights, layers, strict=True):
        assert isinstance(layer, kinds[kind])
        if kind == "linear":
            arrays = [arrays[0].T, arrays[1]]
        for name, array in zip(("weight", "bias", "_mean", "_variance"), arrays):
            getattr(layer, name).set_value(array)


def give_to_keras(weights, network):
    """Puts the PyTorch network's weights into Keras'; the linear layer sees the pixels of the last plane in another order."""
    layers = [layer for layer in network.layers if layer.weights]
    channels = 0
    for (kind, arrays), layer in zip(weights, layers, strict=True):
        if kind == "conv":
            channels = arrays[0].shape[0]
            arrays = [arrays[0].transpose(2, 3, 1, 0)]
        elif kind == "linear":
            out = arrays[0].shape[0]
            side = int((arrays[0].shape[1] // channels) ** 0.5)
            kernel = arrays[0].reshape(out, channels, side, side).transpose(2, 3, 1, 0).reshape(-1, out)
            arrays = [kernel, arrays[1]]
        layer.set_weights(arrays)


def compare(networks):
    """Gives all networks the PyTorch network's weights, and prints how far their outputs on the same images are apart."""
    weights = list(steps(networks["PyTorch"]))
    give_to_paddle(weights, networks["Paddle"])
    give_to_keras(weights, networks["Keras"])
    images = ((load_digits().images[:360] - 5) / 6).astype(np.float32)[:, None]
    last = np.ascontiguousarray(images.transpose(0, 2, 3, 1))

    networks["PyTorch"].eval()
    networks["Paddle"].eval()
    with torch.no_grad():
        outputs = {"PyTorch": networks["PyTorch"](torch.from_numpy(images)).numpy()}
    outputs["Paddle"] = networks["Paddle"](paddle.to_tensor(images)).numpy()
    outputs["Keras"] = keras.ops.convert_to_numpy(networks["Keras"](last, training=False))

    print(f"\nthe same weights, {len(images)} images: largest output {np.abs(outputs['PyTorch']).max():.2f}")
    for dialect, shape in (("Paddle", images.shape), ("Keras", last.shape)):
        apart = np.abs(outputs[dialect] - outputs["PyTorch"]).max()
        print(f"{dialect:10}images {shape}  at most {apart:.1e} from PyTorch's")
        if apart > 1e-4:
            raise SystemExit("the outputs do not agree")


if __name__ == "__main__":
    compare(train_all())
