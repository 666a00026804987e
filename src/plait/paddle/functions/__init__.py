"""The functions of the `paddle` namespace, one file a family; most are Tensor's methods too (see `_common.function`)."""

import sys
from typing import Any

from plait.paddle._names import TENSOR_PARTS
from plait.paddle._tensor import Tensor
from plait.paddle.functions import brackets, creation, lists, operators, sampling
from plait.paddle.functions.arithmetic import *
from plait.paddle.functions.conversion import *
from plait.paddle.functions.creation import *
from plait.paddle.functions.elementwise import *
from plait.paddle.functions.indexing import *
from plait.paddle.functions.joining import *
from plait.paddle.functions.kinds import *
from plait.paddle.functions.likeness import *
from plait.paddle.functions.linalg import *
from plait.paddle.functions.parameters import *
from plait.paddle.functions.parts import *
from plait.paddle.functions.reduction import *
from plait.paddle.functions.sampling import *
from plait.paddle.functions.shaping import *
from plait.paddle.functions.sorting import *


class _TensorMethodOrModule:
    """`paddle.tensor`: the function that makes a tensor, and the module of functions, whose files upstream are this one namespace."""

    __module__ = "paddle"

    def __init__(self, function: Any) -> None:
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self if name in TENSOR_PARTS else getattr(sys.modules[__name__], name)


tensor = _TensorMethodOrModule(tensor)


# What `paddle.tensor` has and `paddle` itself has not.
_BELOW = {
    "array_length": lists.array_length,
    "array_read": lists.array_read,
    "array_write": lists.array_write,
    "create_array": lists.create_array,
    "fill_constant": creation.fill_constant,
    "gaussian": sampling.gaussian,
}


def __getattr__(name: str) -> Any:
    if name in TENSOR_PARTS:
        return sys.modules[__name__]
    if name in _BELOW:
        return _BELOW[name]
    # `paddle.tanh_(x)` is the method.
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)
    raise AttributeError(f"module 'paddle.tensor' has no attribute '{name}'")
