"""keras.backend: settings and questions about dtypes."""

from typing import Any

from plait.keras._config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    standardize_data_format,
)
from plait.keras._convert import is_tensor
from plait.keras._dtypes import is_float as is_float_dtype
from plait.keras._dtypes import is_int as is_int_dtype
from plait.keras._dtypes import result_type
from plait.keras._dtypes import standardize as standardize_dtype
from plait.keras._lazy import getter as _getter
from plait.keras._naming import get_uid, name_scope
from plait.keras._scopes import StatelessScope, in_stateless_scope
from plait.keras._shape import standardize_shape
from plait.keras._variable import Variable
from plait.keras.ops.core import cast, convert_to_numpy, convert_to_tensor, shape
from plait.keras.utils.rng_utils import clear_session


def backend() -> str:
    """The name of the backend whose meaning this is."""
    return "tensorflow"


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is symbolic; ValueError for what is no Keras tensor at all."""
    from plait.keras._symbolic import KerasTensor

    return isinstance(x, KerasTensor)


_PARTS = {
    "KerasTensor": "plait.keras._symbolic",
    "SeedGenerator": "plait.keras.random",
    "compute_output_spec": "plait.keras._infer",
}

__getattr__ = _getter(__name__, _PARTS)
