"""The Keras dialect: what `import keras` means when plait runs a script (Keras 3 on TensorFlow's CPU tensors)."""

from plait.keras import _operators
from plait.keras._lazy import getter as _getter
from plait.keras._naming import name_scope
from plait.keras._scopes import StatelessScope
from plait.keras._tensor import Tensor as _Tensor
from plait.keras._variable import Variable

__version__ = "3.15.1"

_PARTS = {
    "Model": "plait.keras.models",
    "Sequential": "plait.keras.models",
    "Function": "plait.keras._function",
    "KerasTensor": "plait.keras._symbolic",
    "Operation": "plait.keras._symbolic",
    "Input": "plait.keras.layers",
    "InputSpec": "plait.keras.layers",
    "Layer": "plait.keras.layers",
    "Initializer": "plait.keras.initializers",
    "Loss": "plait.keras.losses",
    "Metric": "plait.keras.metrics",
    "Optimizer": "plait.keras.optimizers",
    "Regularizer": "plait.keras.regularizers",
    "DTypePolicy": "plait.keras.dtype_policies",
    "device": "plait.keras._device",
    "version": "plait.keras._device",
}
_SUBMODULES = (
    "activations", "applications", "backend", "callbacks", "config", "constraints", "datasets", "dtype_policies", "initializers", "layers", "losses",
    "metrics", "mixed_precision", "models", "ops", "optimizers", "random", "regularizers", "saving", "tree", "utils",
)  # fmt: skip

__getattr__ = _getter(__name__, _PARTS, _SUBMODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PARTS, *_SUBMODULES})
