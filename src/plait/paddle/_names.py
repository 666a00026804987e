"""Where upstream has what lives in another file here: names for prints, pickles and imports."""

from __future__ import annotations

from plait.upstream import renamer

__all__: list[str] = []

_HERE = "plait.paddle"

# Modules of static graphs and of Paddle's inside: all are one module of stand-ins.
_STAND_INS = (
    "_C_ops", "_legacy_C_ops", "_pir_ops", "autograd.backward_utils", "autograd.ir_backward", "base.backward",
    "base.compiler", "base.dataset", "base.dygraph.tracer", "base.executor", "base.incubate", "base.initializer",
    "base.io", "base.layer_helper", "base.layers", "base.lod_tensor", "base.log_helper", "base.proto",
    "base.proto.framework_pb2", "base.reader", "base.variable_index", "decomposition", "decomposition.decomp",
    "incubate", "incubate.autograd", "incubate.autograd.primapi", "jit", "jit.api", "jit.dy2static",
    "jit.dy2static.utils", "pir", "pir.core", "static.amp", "static.io", "static.nn",
)  # fmt: skip

# Upstream's files of functions, which are one namespace here.
TENSOR_PARTS = (
    "attribute", "creation", "einsum", "layer_function_generator", "linalg", "logic", "manipulation", "math", "ops", "random", "search", "stat", "to_string",
)  # fmt: skip

INITIALIZER_PARTS = ["assign", "bilinear", "constant", "dirac", "kaiming", "normal", "orthogonal", "uniform", "xavier"]

# Upstream's module (below paddle) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {
    "tensor": "functions",
    "cuda": "device.cuda",
    "framework.io": "_files",
    "framework.random": "_random",
    "framework.dtype": "_dtypes",
    "framework.framework": "_dtypes",
    "base.libpaddle": "base.core",
    "base.param_attr": "nn.param_attr",
    "autograd.autograd": "autograd",
    "autograd.backward_mode": "autograd",
    "autograd.py_layer": "autograd",
    **{f"nn.initializer.{part}": "nn.initializer" for part in INITIALIZER_PARTS},
    **dict.fromkeys(_STAND_INS, "_graphs"),
    **{f"tensor.{part}": "functions" for part in TENSOR_PARTS},
}

# Our file (below plait.paddle) -> upstream's module.
_MOVED: dict[str, str] = {
    "_dtypes": "paddle",
    "_tensor": "paddle",
    "_settings": "paddle.framework",
    "_parameter": "paddle.base.framework",
}
_MERGED = (
    ("functions.", "paddle.tensor"),
    ("nn.functional.", "paddle.nn.functional"),
    ("optimizer.lr.", "paddle.optimizer.lr"),
)


def public_module(module: str, name: str) -> str:
    """The module under which upstream knows a class or function of this dialect."""
    inside = module[len(_HERE) + 1 :]
    if not inside:
        return "paddle"
    moved = _MOVED.get(inside)
    if moved:
        return moved
    for start, merged in _MERGED:
        if inside.startswith(start):
            return merged
    return "paddle." + inside


_FUNCTIONAL = (_HERE + ".nn.functional.",)
#: Gives the classes (and nn's functions) of all loaded modules, or of one, upstream's names: for prints and pickles.
rename = renamer(_HERE, public_module, _FUNCTIONAL)
