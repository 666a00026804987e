"""The exceptions of TensorFlow that operations raise, under upstream's names."""

from __future__ import annotations

from typing import Any

__all__ = [
    "FailedPreconditionError",
    "InvalidArgumentError",
    "NotFoundError",
    "OpError",
    "OutOfRangeError",
    "UnimplementedError",
    "as_upstream",
    "bracketed",
    "dtype_refused",
    "refused",
    "served",
    "sizes_refused",
]


class OpError(Exception):
    """The base of the errors that operations raise; `OpError(node_def, op, message, error_code)` as upstream, or a message alone."""

    def __init__(self, node_def: Any = None, op: Any = None, message: Any = None, *args: Any) -> None:
        text = node_def if message is None else message
        super().__init__(text)
        self.message = text
        self.node_def = None if message is None else node_def
        self.op = op

    def __str__(self) -> str:
        return str(self.message)


class InvalidArgumentError(OpError):
    """An operation got an argument that it can not work with."""


class NotFoundError(OpError):
    """A file or a key is not there."""


class OutOfRangeError(OpError):
    """Iteration went past the end."""


class UnimplementedError(OpError):
    """The operation exists, but not for these arguments."""


class FailedPreconditionError(OpError):
    """The state is not one in which the operation works."""


_SERVED = ("float32", "float16", "bfloat16")


def served(op: str, dtype: Any) -> str:
    """The kernel that eager TensorFlow names where oneDNN computes an operation: "__Mkl" and the operation, for the dtypes that it takes."""
    return f"__Mkl{op}" if str(getattr(dtype, "name", dtype)) in _SERVED or dtype.kind == "V" else op


def bracketed(shape: Any) -> str:
    """A shape as TensorFlow's kernels print it: [2,3]."""
    return "[" + ",".join(map(str, shape)) + "]"


def refused(
    op: str, message: str, name: str | None = "", kernel: str | None = None, kind: type[Any] = InvalidArgumentError
) -> Any:
    """What a kernel complains of, told as eager TensorFlow tells it: the kernel, the message, the operation and the name it was given.

    >>> print(refused("Tile", "wrong length", None))
    {{function_node __wrapped__Tile_device_/job:localhost/replica:0/task:0/device:CPU:0}} wrong length [Op:Tile]
    """
    node = f"{{{{function_node __wrapped__{kernel or op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}}"
    return kind(f"{node} {message} [Op:{op}]" + ("" if name is None else f" name: {name}"))


_OF_NN = frozenset(("AvgPool", "Elu", "LogSoftmax", "Selu", "Softmax", "Softplus", "Softsign"))


def dtype_refused(op: str, dtype: str) -> InvalidArgumentError:
    """The error for a dtype (in C's words) that an operation on floating tensors has no kernel for."""
    kinds = ["half", "bfloat16", "float", "double"]
    if op not in _OF_NN:
        kinds = ["bfloat16", "half", "float", "double", "complex64", "complex128"]
    inputs = (
        ("logits", op.lower()) if op.endswith("oftmax") else ("features", "activations") if op in _OF_NN else ("x", "y")
    )
    allowed = ", ".join(f"DT_{kind.upper()}" for kind in kinds)
    return InvalidArgumentError(
        f"Value for attr 'T' of {dtype} is not in the list of allowed values: {', '.join(kinds)}\n\t; NodeDef: {{{{node {op}}}}}; "
        f"Op<name={op}; signature={inputs[0]}:T -> {inputs[1]}:T; attr=T:type,allowed=[{allowed}]> [Op:{op}] name: "
    )


def sizes_refused(a: Any, b: Any) -> InvalidArgumentError:
    """The error for matrices whose sizes do not fit."""
    message = f"Matrix size-incompatible: In[0]: {bracketed(a.array.shape)}, In[1]: {bracketed(b.array.shape)}"
    op = "MatMul" if max(a.array.ndim, b.array.ndim) < 3 else "BatchMatMulV2"
    return refused(op, message, kernel=served(op, a.array.dtype))


def as_upstream(error: Exception) -> Exception:
    """The engine's complaints about arguments as TensorFlow's InvalidArgumentError; others as they are."""
    if type(error) in (RuntimeError, IndexError):
        return InvalidArgumentError(str(error))
    return error
