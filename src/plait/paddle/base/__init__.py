"""`paddle.base`: modes, places, dtypes and names, as tests and older scripts reach them. Its static graphs are stand-ins."""

from __future__ import annotations

import importlib
from typing import Any

from plait.paddle._absent import getter
from plait.paddle.base import unique_name

_MODULES = ("core", "data_feeder", "dygraph", "framework", "wrapped_decorator")
_HELD = {
    "base.framework": (
        "CPUPlace", "CUDAPinnedPlace", "CUDAPlace", "CustomPlace", "IPUPlace", "Variable", "XPUPlace", "cpu_places", "get_flags",
        "in_dygraph_mode", "in_dynamic_or_pir_mode", "in_pir_mode", "is_compiled_with_cinn", "is_compiled_with_cuda", "is_compiled_with_rocm",
        "is_compiled_with_xpu", "set_flags",
    ),
    "nn.param_attr": ("ParamAttr",),
    "base.dygraph.base": ("disable_dygraph", "enable_dygraph", "disable_imperative", "enable_imperative"),
}  # fmt: skip
_absent = getter(__name__)


def __getattr__(name: str) -> Any:
    if name in ("Tensor", "DenseTensor"):  # both are what lies under a Tensor
        return importlib.import_module(f"{__name__}.core").DenseTensor
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    for where, names in _HELD.items():
        if name in names:
            found = getattr(importlib.import_module("plait.paddle." + where), name)
            globals()[name] = found
            return found
    return _absent(name)
