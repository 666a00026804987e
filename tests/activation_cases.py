"""Calls of activations, the same for the recorder (with PyTorch), the golden test (without) and the live test."""

from __future__ import annotations

from typing import Any

import numpy as np

#: name in torch.nn.functional, positional arguments after the input, keyword arguments
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("relu", (), {}), ("relu6", (), {}), ("hardtanh", (), {}), ("hardtanh", (-0.5, 2.0), {}), ("leaky_relu", (), {}),
    ("leaky_relu", (-0.3,), {}), ("elu", (), {}), ("elu", (), {"alpha": 0.3}), ("selu", (), {}), ("celu", (), {}), ("celu", (1.7,), {}),
    ("gelu", (), {}), ("gelu", (), {"approximate": "tanh"}), ("silu", (), {}), ("mish", (), {}), ("sigmoid", (), {}), ("tanh", (), {}),
    ("hardsigmoid", (), {}), ("hardswish", (), {}), ("hardshrink", (), {}), ("hardshrink", (1.2,), {}), ("softshrink", (), {}),
    ("softshrink", (1.2,), {}), ("softplus", (), {}), ("softplus", (2.0, 3.0), {}), ("softsign", (), {}), ("tanhshrink", (), {}),
    ("logsigmoid", (), {}), ("threshold", (0.1, 20.0), {}), ("rrelu", (), {}), ("glu", (), {}), ("glu", (0,), {}),
    ("softmax", (1,), {}), ("softmax", (0,), {}), ("log_softmax", (1,), {}), ("log_softmax", (0,), {}), ("softmin", (-1,), {}),
]  # fmt: skip

#: layers and what their constructors are given
LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("ReLU", (), {}), ("ReLU", (True,), {}), ("ReLU6", (), {}), ("ReLU6", (), {"inplace": True}), ("Hardtanh", (), {}),
    ("Hardtanh", (-2, 2, True), {}), ("LeakyReLU", (), {}), ("LeakyReLU", (0.2, True), {}), ("ELU", (), {}), ("ELU", (0.5, True), {}),
    ("SELU", (), {}), ("SELU", (True,), {}), ("CELU", (), {}), ("CELU", (2, True), {}), ("GELU", (), {}), ("GELU", ("tanh",), {}),
    ("SiLU", (), {}), ("SiLU", (True,), {}), ("Mish", (), {}), ("Mish", (True,), {}), ("Sigmoid", (), {}), ("Tanh", (), {}),
    ("Hardsigmoid", (), {}), ("Hardsigmoid", (True,), {}), ("Hardswish", (), {}), ("Hardswish", (True,), {}), ("Hardshrink", (), {}),
    ("Hardshrink", (1,), {}), ("Softshrink", (), {}), ("Softshrink", (0.3,), {}), ("Softplus", (), {}), ("Softplus", (2, 10), {}),
    ("Softsign", (), {}), ("Tanhshrink", (), {}), ("LogSigmoid", (), {}), ("Threshold", (0.1, 20), {}), ("Threshold", (0.1, 20, True), {}),
    ("RReLU", (), {}), ("RReLU", (0.1, 0.3, True), {}), ("PReLU", (), {}), ("PReLU", (6, 0.1), {}), ("GLU", (), {}), ("GLU", (0,), {}),
    ("Softmax", (1,), {}), ("Softmax", (), {"dim": 0}), ("Softmin", (1,), {}), ("LogSoftmax", (1,), {}),
]  # fmt: skip

#: calls that must fail: (function, shape of the input, its dtype, arguments)
REJECTS: list[tuple[str, tuple[int, ...], str, tuple[Any, ...], dict[str, Any]]] = [
    ("softmax", (2, 3), "float32", (5,), {}), ("log_softmax", (2, 3), "float32", (-3,), {}), ("softmax", (), "float32", (1,), {}),
    ("softmax", (3,), "int64", (0,), {}), ("softmax", (2, 3), "int64", (0,), {}), ("log_softmax", (2, 3), "bool", (1,), {}),
    ("gelu", (2,), "float32", (), {"approximate": "foo"}), ("glu", (3, 3), "float32", (), {}), ("glu", (), "float32", (), {}),
    ("glu", (2, 4), "float32", (5,), {}), ("hardtanh", (2,), "float32", (2.0, 1.0), {}), ("celu", (2,), "float32", (0,), {}),
    ("softshrink", (2,), "float32", (-1.0,), {}), ("softshrink", (2,), "float64", (-0.5,), {}), ("rrelu", (2,), "float32", (0.5, 0.2), {}),
    ("relu", (2,), "bool", (), {}), ("relu6", (2,), "bool", (), {}), ("hardtanh", (2,), "uint8", (), {}), ("elu", (2,), "int64", (), {}),
    ("selu", (2,), "int32", (), {}), ("celu", (2,), "uint8", (), {}), ("gelu", (2,), "int64", (), {}), ("silu", (2,), "int64", (), {}),
    ("mish", (2,), "bool", (), {}), ("hardsigmoid", (2,), "int64", (), {}), ("hardswish", (2,), "int64", (), {}),
    ("hardshrink", (2,), "int64", (), {}), ("softshrink", (2,), "int64", (), {}), ("softplus", (2,), "int64", (), {}),
    ("logsigmoid", (2,), "int64", (), {}), ("leaky_relu", (2,), "int64", (), {}), ("threshold", (2,), "bool", (0, 0), {}),
    ("softsign", (2,), "bool", (), {}), ("tanhshrink", (2,), "bool", (), {}), ("glu", (2,), "int64", (), {}),
    ("leaky_relu", (2,), "float32", ("a",), {}), ("elu", (2,), "float32", ("a",), {}), ("softmax", (2, 2), "float32", ("a",), {}),
]  # fmt: skip


#: shapes of the inputs: even, for the sake of GLU
SHAPES: list[tuple[int, ...]] = [(4, 6), (2, 34), (6, 2, 3, 4), (0, 2), (2, 40, 4)]


def array(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Repeatable values; integers are small and not negative, booleans mixed."""
    rng = np.random.RandomState(seed)
    values = np.asarray(rng.standard_normal(shape) * 2.5)
    if dtype == "bool":
        return np.asarray(values > 0)
    return np.asarray(np.abs(values) if dtype.startswith(("u", "i")) else values).astype(dtype)


def special(dtype: str) -> np.ndarray:
    """Zeros of both signs, infinities, NaN, the borders of piecewise functions, large and tiny values."""
    values = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        1,
        -1,
        3,
        -3,
        6,
        0.5,
        -0.5,
        20,
        21,
        -21,
        88,
        89,
        -88,
        -104,
        1e-30,
        -1e-30,
        200,
        -200,
        2,
    ]
    return np.array(values, dtype).reshape(4, 6)
