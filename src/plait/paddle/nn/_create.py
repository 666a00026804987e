"""Making parameters: names, attributes, initial values."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import config, dtypes
from plait.paddle import _dtypes
from plait.paddle._mode import Mode, refuse
from plait.paddle._parameter import EagerParamBase
from plait.paddle._tensor import Tensor
from plait.paddle.base import unique_name
from plait.paddle.functions._common import integer
from plait.paddle.nn.param_attr import ParamAttr

__all__: list[str] = []


def create_parameter(
    scope: str, shape: Any, attr: Any = None, dtype: Any = None, is_bias: bool = False, default_initializer: Any = None
) -> Any:
    """A Parameter named below `scope` (`linear_0.w_0`); None where `attr` is False.

    Its values: the attribute's initializer, else the default one, else `set_global_initializer`'s, else Xavier uniform or, for a bias, 0.
    Raises ValueError for a name that was given before, AssertionError for a negative size, TypeError for integers without an initializer.
    """
    from plait.paddle.nn import initializer as init

    if Mode.static:
        refuse("a new parameter")
    attr = ParamAttr._to_attr(None if isinstance(attr, str) and attr == "" else attr)
    if not attr:
        return None
    sizes = [integer(n, "create_parameter", "shape") for n in (shape.array if isinstance(shape, Tensor) else shape)]
    for i, n in enumerate(sizes):
        if n < 0:
            raise AssertionError(
                f"Expected every dim's size to be larger than or equal to 0, but the size of the {i}-th dim is {n}"
            )
    kind = config.default_dtype if dtype is None else _dtypes.as_numpy(dtype)
    name = attr.name
    if name is None:
        name = unique_name.generate(f"{scope}.{'b' if is_bias else 'w'}")
    common = init.global_bias_initializer() if is_bias else init.global_weight_initializer()
    fill = attr.initializer or common or default_initializer
    if fill is None:
        if not dtypes.is_floating(kind) and kind != dtypes.I8:
            raise TypeError(
                "Can not create parameter with default initializer when dtype is not ['float16', 'float32', 'float64', 'bfloat16', 'float'] "
                f"type. Set default_initializer to fit the parameter dtype! (received {kind})"
            )
        fill = init.Constant(0.0) if is_bias else init.XavierUniform()
    unique_name.take(name)
    param = EagerParamBase.from_array(
        np.zeros(tuple(sizes), kind),
        name=name,
        trainable=attr.trainable,
        learning_rate=attr.learning_rate,
        regularizer=attr.regularizer,
        need_clip=attr.need_clip,
        do_model_average=attr.do_model_average,
    )
    fill(param)
    param.versions[0] = 0  # filling it is not a change
    return param


def empty_tensor(name: str, persistable: bool | None, dtype: Any) -> Tensor:
    """A tensor of no elements under a name."""
    t: Tensor = Tensor.wrap(np.empty((0,), config.default_dtype if dtype is None else _dtypes.as_numpy(dtype)))
    t.name = name
    t.persistable = bool(persistable)
    return t
