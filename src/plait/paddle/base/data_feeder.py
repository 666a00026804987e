"""`paddle.base.data_feeder`: dtypes' names, and checks of arguments, which dynamic mode leaves to the functions themselves."""

from __future__ import annotations

from typing import Any

from plait.paddle._absent import getter
from plait.paddle._dtypes import BY_NAME, as_dtype
from plait.paddle._mode import Mode, refuse

__all__ = ["check_dtype", "check_type", "check_variable_and_dtype", "convert_dtype"]


def convert_dtype(dtype: Any) -> str:
    """The name of a dtype: "float32" of `paddle.float32`, `np.float32` or "float32". Raises TypeError for others."""
    try:
        return as_dtype(dtype)._title
    except TypeError:
        raise TypeError(f"dtype must be one of {', '.join(BY_NAME)}; got {dtype}") from None


def check_type(input: Any, input_name: str, expected_type: Any, op_name: str, extra_message: str = "") -> None:
    """Nothing in dynamic mode."""
    if Mode.static:
        refuse(op_name)


def check_dtype(input_dtype: Any, input_name: str, expected_dtype: Any, op_name: str, extra_message: str = "") -> None:
    """Nothing in dynamic mode."""
    if Mode.static:
        refuse(op_name)


def check_variable_and_dtype(
    input: Any, input_name: str, expected_dtype: Any, op_name: str, extra_message: str = ""
) -> None:
    """Nothing in dynamic mode."""
    if Mode.static:
        refuse(op_name)


__getattr__ = getter(__name__)
