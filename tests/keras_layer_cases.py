"""Cases of Keras' layers: run on Keras by tools/record_keras_layers.py, on plait by tests/test_golden_keras_layers.py.

A case is a class, its arguments, the shapes of its inputs and the arguments of the call; its name is its place in the list and its class.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np


def values(shape: Any, seed: int, dtype: str = "float32") -> np.ndarray:
    """Repeatable numbers in [-1, 1), all different; integers count up."""
    n = int(np.prod(shape))
    if "int" in dtype:
        return (np.arange(n) % 7).reshape(shape).astype(dtype)
    steps = (np.arange(n) * 0.6180339887498949 + 0.1234 + 0.37 * seed) % 1.0
    return (2 * steps - 1).reshape(shape).astype(dtype)


def case(
    kind: str, shape: Any, call: dict[str, Any] | None = None, dtype: str = "float32", **kwargs: Any
) -> dict[str, Any]:
    """One case; `shape` is one shape or a list of them."""
    return {"kind": kind, "shape": shape, "call": call or {}, "dtype": dtype, "kwargs": kwargs}


def _layouts(draw: random.Random, size: list[int], channels: int) -> tuple[tuple[int, ...], str]:
    if draw.random() < 0.35:
        return (2, channels, *size), "channels_first"
    return (2, *size, channels), "channels_last"


def conv_cases(draw: random.Random) -> list[dict[str, Any]]:
    """Convolutions of all kinds."""
    found = []
    for i in range(120):
        kind = ("Conv", "Conv", "ConvTranspose", "Depthwise", "Separable")[i % 5]
        n = draw.randint(1, 2 if kind in ("Depthwise", "Separable") else 3)
        groups = draw.choice([1, 1, 2]) if kind == "Conv" else 1
        channels = draw.randint(1, 3) * groups
        kernel = [draw.randint(1, 4 if n < 3 else 3) for _ in range(n)]
        stride = [draw.randint(1, 3) for _ in range(n)]
        dilation = [1] * n
        if kind in ("Depthwise", "Separable"):
            stride = [stride[0]] * n
        if max(stride) == 1:
            dilation = [draw.randint(1, 2)] * n
        size = [draw.randint(d * (k - 1) + 1, 9 if n < 3 else 6) for k, d in zip(kernel, dilation, strict=True)]
        shape, layout = _layouts(draw, size, channels)
        kwargs: dict[str, Any] = {
            "kernel_size": tuple(kernel), "strides": tuple(stride), "dilation_rate": tuple(dilation), "data_format": layout,
            "padding": draw.choice(["valid", "same"]), "use_bias": draw.random() < 0.7,
            "activation": draw.choice([None, "relu", "tanh"]),
        }  # fmt: skip
        name = f"{kind}{n}D"
        if kind == "Conv":
            kwargs |= {"filters": groups * draw.randint(1, 3), "groups": groups}
            if n == 1 and draw.random() < 0.4:
                kwargs["padding"] = "causal"
        elif kind == "ConvTranspose":
            name = f"Conv{n}DTranspose"
            kwargs["filters"] = draw.randint(1, 3)
            if max(stride) > 1 and draw.random() < 0.4 and kwargs["padding"] == "valid":
                kwargs["output_padding"] = tuple(s - 1 for s in stride)
        else:
            name = f"{kind}Conv{n}D"
            kwargs["depth_multiplier"] = draw.randint(1, 3)
            if kind == "Separable":
                kwargs["filters"] = draw.randint(1, 3)
        found.append(case(name, shape, dtype=draw.choice(["float32", "float32", "float64"]), **kwargs))
    return found


def pool_cases(draw: random.Random) -> list[dict[str, Any]]:
    """Pooling of all kinds."""
    found = []
    for i in range(72):
        n = i % 3 + 1
        size = [draw.randint(3, 9 if n < 3 else 6) for _ in range(n)]
        shape, layout = _layouts(draw, size, draw.randint(1, 3))
        dtype = draw.choice(["float32", "float64"])
        which = draw.choice(["Max", "Average"])
        if i % 9 < 6:
            pool = tuple(draw.randint(1, 3) for _ in range(n))
            stride = draw.choice([None, tuple(draw.randint(1, 3) for _ in range(n))])
            found.append(case(f"{which}Pooling{n}D", shape, dtype=dtype, pool_size=pool, strides=stride,
                              padding=draw.choice(["valid", "same"]), data_format=layout))  # fmt: skip
        elif i % 2:
            found.append(
                case(f"Global{which}Pooling{n}D", shape, dtype=dtype, data_format=layout, keepdims=draw.random() < 0.5)
            )
        else:
            out, dtype = tuple(draw.randint(2, s - 1) for s in size), "float32"  # TensorFlow dies of 1 and of s
            found.append(case(f"Adaptive{which}Pooling{n}D", shape, dtype=dtype, output_size=out, data_format=layout))
    return found


def norm_cases(draw: random.Random) -> list[dict[str, Any]]:
    """Normalisation of all kinds."""
    train, test = {"training": True}, {"training": False}
    found = []
    for shape, axis in (
        ((6, 3), -1),
        ((4, 5, 3), -1),
        ((4, 5, 3), 1),
        ((2, 4, 5, 3), -1),
        ((2, 3, 4, 5), 1),
        ((2, 2, 3, 4, 3), 4),
        ((1, 3), -1),
    ):
        for call in (train, test):
            found.append(
                case("BatchNormalization", shape, call, axis=axis, momentum=0.9, epsilon=draw.choice([1e-3, 1e-5]))
            )
        found.append(case("BatchNormalization", shape, train, dtype="float64", axis=axis, center=False))
        found.append(case("BatchNormalization", shape, train, axis=axis, scale=False, trainable=False))
        found.append(case("BatchNormalization", shape, train, axis=axis, renorm=True, renorm_momentum=0.8,
                          renorm_clipping={"rmax": 1.2, "rmin": 0.8, "dmax": 0.1}))  # fmt: skip
        found.append(case("BatchNormalization", shape, train, axis=axis, renorm=True, scale=False))
    for shape, axis in (
        ((4, 6), -1),
        ((2, 3, 4), [1, 2]),
        ((2, 3, 4), 1),
        ((2, 3, 4, 5), [-2, -1]),
        ((2, 3, 4, 5), [1, 3]),
    ):
        for kwargs in ({}, {"center": False}, {"scale": False, "epsilon": 1e-5}):
            found.append(
                case("LayerNormalization", shape, dtype=draw.choice(["float32", "float64"]), axis=axis, **kwargs)
            )
        found.append(case("UnitNormalization", shape, axis=axis))
    for axis in (-1, [-1], [1, 2], [-2, -1]):
        found.append(case("RMSNormalization", (2, 3, 4), axis=axis, epsilon=draw.choice([1e-6, 1e-3])))
    for shape, axis, groups in (
        ((2, 5, 6), -1, 3),
        ((2, 6, 5), 1, 2),
        ((2, 4, 5, 6), -1, -1),
        ((2, 4, 3, 3), 1, 1),
        ((3, 6), -1, 2),
    ):
        for kwargs in ({}, {"scale": False}, {"center": False, "epsilon": 1e-5}):
            found.append(case("GroupNormalization", shape, axis=axis, groups=groups, **kwargs))
    return found


def shape_cases() -> list[dict[str, Any]]:
    """Layers that move elements."""
    return [
        case("Flatten", (2, 3, 4)), case("Flatten", (2, 3, 4, 2), data_format="channels_first"), case("Flatten", (3,)),
        case("Flatten", (2, 3, 2), dtype="int32"), case("Reshape", (2, 3, 4), target_shape=(2, -1)), case("Reshape", (2, 12), target_shape=(3, 4)),
        case("Reshape", (2, 1), target_shape=()), case("Permute", (2, 3, 4), dims=(2, 1)), case("Permute", (2, 3, 4, 5), dims=(3, 1, 2)),
        case("RepeatVector", (2, 3), n=4), case("ZeroPadding1D", (2, 3, 4)), case("ZeroPadding1D", (2, 3, 4), padding=(0, 2), data_format="channels_first"),
        case("ZeroPadding2D", (2, 3, 4, 2)), case("ZeroPadding2D", (2, 3, 4, 2), padding=((1, 0), (2, 3))),
        case("ZeroPadding2D", (2, 2, 3, 4), padding=(2, 1), data_format="channels_first"), case("ZeroPadding3D", (1, 2, 3, 2, 1)),
        case("ZeroPadding3D", (1, 2, 3, 2, 1), padding=((1, 0), (0, 2), (3, 1)), data_format="channels_first"), case("Cropping1D", (2, 6, 3)),
        case("Cropping1D", (2, 6, 3), cropping=(0, 2)), case("Cropping2D", (2, 6, 7, 2), cropping=((1, 2), (0, 3))),
        case("Cropping2D", (2, 2, 6, 7), cropping=2, data_format="channels_first"), case("Cropping3D", (1, 5, 6, 7, 2)),
        case("Cropping3D", (1, 2, 5, 6, 7), cropping=((1, 0), (2, 1), (0, 0)), data_format="channels_first"), case("UpSampling1D", (2, 3, 4), size=3),
        case("UpSampling2D", (2, 3, 4, 2)), case("UpSampling2D", (2, 2, 3, 4), size=(2, 3), data_format="channels_first"),
        *(case("UpSampling2D", (2, 3, 4, 2), size=(2, 3), interpolation=m) for m in ("bilinear", "bicubic", "lanczos3", "lanczos5")),
        case("UpSampling2D", (2, 2, 3, 4), size=(3, 2), data_format="channels_first", interpolation="bilinear"),
        case("UpSampling3D", (1, 2, 3, 2, 2)), case("UpSampling3D", (1, 2, 3, 2, 2), size=(1, 2, 3), data_format="channels_first"),
    ]  # fmt: skip


def image_cases() -> list[dict[str, Any]]:
    """Layers for images."""
    found = [case("Rescaling", (2, 3, 3, 3), scale=2.0, offset=0.5), case("Rescaling", (2, 3, 3, 3), scale=[1.0, 2.0, 3.0], offset=0.0),
             case("Rescaling", (2, 3), dtype="int32", scale=0.1)]  # fmt: skip
    for mode in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        for size in ((7, 9), (3, 2)):
            for antialias in (False, True):
                found.append(
                    case(
                        "Resizing", (2, 5, 6, 2), height=size[0], width=size[1], interpolation=mode, antialias=antialias
                    )
                )
    found += [
        case("Resizing", (5, 6, 2), height=3, width=8), case("Resizing", (2, 2, 5, 6), height=3, width=8, data_format="channels_first"),
        case("Resizing", (2, 8, 5, 1), height=3, width=3, crop_to_aspect_ratio=True),
        case("Resizing", (2, 8, 5, 1), height=4, width=6, pad_to_aspect_ratio=True, fill_value=0.5),
        case("Resizing", (2, 5, 6, 1), dtype="uint8", height=7, width=3), case("Resizing", (2, 5, 6, 1), dtype="float64", height=7, width=3),
        case("CenterCrop", (2, 6, 7, 2), height=3, width=4), case("CenterCrop", (6, 7, 2), height=3, width=4),
        case("CenterCrop", (2, 2, 6, 7), height=4, width=3, data_format="channels_first"), case("CenterCrop", (2, 4, 5, 1), height=6, width=3),
    ]  # fmt: skip
    return found


def plain_cases() -> list[dict[str, Any]]:
    """Dense, embeddings, activations, regularisation without draws, merging."""
    found = [
        case("Dense", (3, 4), units=5), case("Dense", (2, 3, 4), units=5, activation="relu", use_bias=False),
        case("Dense", (2, 3), dtype="float64", units=2, activation="softmax", kernel_initializer="he_normal"),
        case("Dense", (2, 3), units=2, kernel_regularizer="l2", bias_regularizer={"class_name": "L1", "config": {"l1": 0.02}}, activity_regularizer="l2"),
        case("Dense", (2, 3), units=2, kernel_constraint="max_norm", bias_constraint="non_neg", dtype="float32", name="d"),
        case("Dense", (2, 3), units=2, kernel_regularizer="orthogonal_regularizer", trainable=False),
        case("Dense", (2, 3), units=4, lora_rank=2), case("Conv2D", (1, 4, 4, 2), filters=3, kernel_size=2, lora_rank=2, lora_alpha=3),
        case("Embedding", (2, 3), dtype="int32", input_dim=7, output_dim=4), case("Embedding", (4,), dtype="int32", input_dim=7, output_dim=3, mask_zero=True),
        case("Embedding", (2, 3), dtype="float32", input_dim=7, output_dim=2, embeddings_regularizer="l1", embeddings_constraint="unit_norm"),
        case("Identity", (2, 3)), case("ActivityRegularization", (2, 3), l1=0.1, l2=0.2), case("ReLU", (3, 5)),
        case("ReLU", (3, 5), max_value=0.5, negative_slope=0.2, threshold=0.1), case("ReLU", (3, 5), max_value=6, dtype="float64"),
        case("ReLU", (3, 5), negative_slope=0.3), case("ReLU", (3, 5), threshold=0.2), case("LeakyReLU", (3, 5)), case("LeakyReLU", (3, 5), negative_slope=0.1),
        case("ELU", (3, 5)), case("ELU", (3, 5), alpha=0.5), case("PReLU", (2, 3, 4), alpha_initializer="glorot_uniform"),
        case("PReLU", (2, 3, 4), shared_axes=[1]), case("PReLU", (2, 3, 4), shared_axes=2, alpha_regularizer="l1"), case("Softmax", (3, 5)),
        case("Softmax", (2, 3, 4), axis=1), case("Softmax", (2, 3, 4), axis=[1, 2]), case("Softmax", (2, 3), dtype="float64"),
        *(case(k, (2, 3), {"training": t}, **{a: 0.0}) for k, a in (("Dropout", "rate"), ("GaussianDropout", "rate"), ("GaussianNoise", "stddev"))
          for t in (True, False)),
        *(case(k, (2, 3), {"training": False}, **{a: 0.4}) for k, a in
          (("Dropout", "rate"), ("AlphaDropout", "rate"), ("GaussianDropout", "rate"), ("GaussianNoise", "stddev"))),
        *(case(f"SpatialDropout{n}D", (2, *(3,) * (n + 1)), {"training": False}, rate=0.5) for n in (1, 2, 3)),
    ]  # fmt: skip
    for name in [
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "linear",
        "log_sigmoid",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softmax",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparse_sigmoid",
        "sparsemax",
        "squareplus",
        "swish",
        "tanh",
        "tanh_shrink",
    ]:
        found.append(case("Activation", (3, 6), activation=name))
    found.append(case("Activation", (3, 6), activation="glu"))
    for kind in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        found.append(case(kind, [(2, 3), (2, 3), (2, 3)]))
        found.append(case(kind, [(2, 3, 4), (2, 3, 4)], dtype="float64"))
        if kind != "Concatenate":
            found.append(case(kind, [(2, 3, 4), (2, 1, 4), (2, 4)]))
    found += [
        case("Subtract", [(2, 3), (2, 3)]), case("Concatenate", [(2, 3, 4), (2, 5, 4)], axis=1), case("Dot", [(2, 3), (2, 3)], axes=1),
        case("Dot", [(2, 3, 4), (2, 4, 5)], axes=(2, 1)), case("Dot", [(2, 3, 4), (2, 5, 4)], axes=-1, normalize=True),
        case("Dot", [(2, 3, 4), (2, 3)], axes=1), case("Dot", [(2, 3, 4, 5), (2, 5, 2)], axes=(3, 1)),
    ]  # fmt: skip
    return found


def layer_cases() -> list[dict[str, Any]]:
    """All of them; the same on every machine."""
    draw = random.Random(7)
    return [*conv_cases(draw), *pool_cases(draw), *norm_cases(draw), *shape_cases(), *image_cases(), *plain_cases()]


def _plain(x: Any) -> Any:
    """A config as JSON has it."""
    if isinstance(x, dict):
        return {k: _plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(v) for v in x]
    return x if isinstance(x, (str, int, float, bool, type(None))) else repr(x)


def run_layer(keras: Any, tf: Any, c: dict[str, Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What a layer tells of itself, and arrays: results, losses, gradients of inputs and weights, the weights after the call."""
    several = isinstance(c["shape"], list)
    shapes = c["shape"] if several else [c["shape"]]
    dtype = c["dtype"]
    kwargs = {"name": "layer", **c["kwargs"]}
    if dtype == "float64":
        kwargs["dtype"] = "float64"
    layer = getattr(keras.layers, c["kind"])(**kwargs)
    before = _plain(layer.get_config())
    arrays = [values(s, i, dtype) for i, s in enumerate(shapes)]
    inputs = [keras.ops.convert_to_tensor(a) for a in arrays]
    given = inputs if several else inputs[0]
    told: dict[str, Any] = {}
    symbolic = [keras.KerasTensor((None, *s[1:]), dtype=dtype) for s in shapes]
    spec = layer(symbolic if several else symbolic[0])
    told["spec"] = [list(spec.shape), spec.dtype]
    for i, w in enumerate(layer.weights):
        start = values(tuple(w.shape), i + 3, "float64")
        w.assign(np.abs(start) + 0.5 if "var" in w.name or "stddev" in w.name else start)
    with tf.GradientTape(persistent=True) as tape:
        for x in inputs:
            if "float" in dtype:
                tape.watch(x)
        y = layer(given, **c["call"])
        weighed = (
            keras.ops.sum(y * keras.ops.cast(values(tuple(y.shape), 9, "float64"), y.dtype))
            if y.dtype.name.startswith("float")
            else None
        )
        losses = list(layer.losses)
        total = weighed
    told["result"] = [list(y.shape), y.dtype.name]
    told["weights"] = [[w.name, w.path, list(w.shape), w.dtype, bool(w.trainable)] for w in layer.weights]
    told["counts"] = [
        len(layer.trainable_weights),
        len(layer.non_trainable_weights),
        len(losses),
        layer.count_params() if layer.built else -1,
    ]
    told["config"] = _plain(layer.get_config())
    told["before"] = None if before == told["config"] else before
    told["masking"] = bool(layer.supports_masking)
    out = [np.array(y), *(np.array(loss) for loss in losses)]
    if weighed is not None:
        variables = list(layer.trainable_variables)
        for g in tape.gradient(total, [*(inputs if "float" in dtype else []), *variables]):
            out.append(np.zeros(0) if g is None else np.array(keras.ops.convert_to_numpy(g)))
    out += [np.array(w) for w in layer.non_trainable_weights]
    return told, out


def compare(c: dict[str, Any], got: list[np.ndarray], want: list[np.ndarray]) -> None:
    """AssertionError where arrays differ by more than rounding, or in shape or dtype."""
    assert len(got) == len(want)
    exact = c["dtype"] == "float64" and c["kind"] != "Resizing" and "interpolation" not in c["kwargs"]
    tolerance = 1e-10 if exact else 3e-5
    for g, w in zip(got, want, strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        limit = tolerance * max(1.0, float(np.abs(w).max(initial=0)))
        np.testing.assert_allclose(g.astype(np.float64), w.astype(np.float64), rtol=tolerance, atol=limit)
