"""A photograph through the layers: convolution, pooling, unpooling and upsampling, written as one picture.

    plait run examples/photo_torch.py         # no PyTorch needed
    python examples/photo_torch.py            # under PyTorch: the same picture

The photograph is scikit-learn's bundled `china.jpg`.
"""

import argparse
from pathlib import Path

import matplotlib
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_sample_image

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def photograph():
    pixels = torch.from_numpy(load_sample_image("china.jpg").copy())
    x = pixels.permute(2, 0, 1).unsqueeze(0).float() / 255
    return x[:, :, 40:424, 20:596]


def fixed_conv(kernel, channels=3):
    """One 2-D kernel for each channel, as a depthwise convolution."""
    kernel = torch.tensor(kernel, dtype=torch.float32)
    conv = nn.Conv2d(
        channels,
        channels,
        kernel.shape,
        padding=kernel.shape[0] // 2,
        groups=channels,
        bias=False,
        padding_mode="reflect",
    )
    with torch.no_grad():
        conv.weight.copy_(kernel.expand(channels, 1, *kernel.shape))
    return conv


def edges(x):
    gray = x.mean(dim=1, keepdim=True)
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    weight = torch.stack([sobel, sobel.t()]).unsqueeze(1)
    gx, gy = F.conv2d(F.pad(gray, (1, 1, 1, 1), mode="replicate"), weight).split(1, dim=1)
    strength = torch.sqrt(gx**2 + gy**2)
    return (strength / strength.amax()).clamp(0, 1) ** 0.6


def gaussian(size, sigma):
    t = torch.arange(size, dtype=torch.float32) - size // 2
    bell = torch.exp(-(t**2) / (2 * sigma**2))
    kernel = torch.outer(bell, bell)
    return (kernel / kernel.sum()).tolist()


@torch.no_grad()
def panels(x):
    blur = fixed_conv(gaussian(13, 3.0))
    sharpen = fixed_conv([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    pool, unpool = nn.MaxPool2d(8, return_indices=True), nn.MaxUnpool2d(8)
    small, places = pool(x)
    yield "the photograph", x
    yield "Conv2d 13×13, Gaussian, depthwise", blur(x)
    yield "Conv2d 3×3, sharpening", sharpen(x)
    yield "conv2d 3×3, Sobel edges", edges(x)
    yield "MaxPool2d(8)", small
    yield "AvgPool2d(8)", nn.AvgPool2d(8)(x)
    yield "AdaptiveAvgPool2d((9, 16))", nn.AdaptiveAvgPool2d((9, 16))(x)
    yield "-MaxPool2d(9, 3)(-x): erosion", -F.max_pool2d(-x, 9, stride=3, padding=4)
    # a maximum a window: on black it would be faint, so each place is shown a few pixels wide
    yield (
        "MaxUnpool2d(8) of the maxima",
        F.max_pool2d(unpool(small, places, output_size=x.shape), 3, stride=1, padding=1),
    )
    yield "Upsample(8, nearest)", nn.Upsample(scale_factor=8, mode="nearest")(small)
    yield "Upsample(8, bilinear)", nn.Upsample(scale_factor=8, mode="bilinear", align_corners=False)(small)
    yield "Upsample(8, bicubic)", nn.Upsample(scale_factor=8, mode="bicubic", align_corners=False)(small)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo-output/photo.png"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)

    figure, axes = plt.subplots(3, 4, figsize=(16, 9.4), constrained_layout=True)
    for ax, (title, image) in zip(axes.flat, panels(photograph())):
        print(f"{title:36s} {tuple(image.shape)}  mean {image.mean().item():.4f}")
        ax.imshow(image[0].clamp(0, 1).permute(1, 2, 0).squeeze(-1).numpy(), cmap="gray", interpolation="nearest")
        ax.set_title(f"{title}\n{' × '.join(str(n) for n in image.shape)}", fontsize=11)
        ax.set_axis_off()
    figure.suptitle("One photograph through the layers of a convolutional network", fontsize=15)
    figure.savefig(args.out, dpi=80)
    print("written:", args.out)


if __name__ == "__main__":
    main()
