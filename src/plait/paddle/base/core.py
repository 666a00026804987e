"""`paddle.base.core`: facts of the build, places and dtypes."""

from __future__ import annotations

import enum
from types import SimpleNamespace
from typing import Any

from plait.paddle import _dtypes, _settings
from plait.paddle._absent import getter
from plait.paddle._dense import DenseTensor as DenseTensor
from plait.paddle._dtypes import dtype as DataType
from plait.paddle._places import CPUPlace as CPUPlace
from plait.paddle._places import CUDAPinnedPlace as CUDAPinnedPlace
from plait.paddle._places import CUDAPlace as CUDAPlace
from plait.paddle._places import CustomPlace as CustomPlace
from plait.paddle._places import IPUPlace as IPUPlace
from plait.paddle._places import Place, check_place
from plait.paddle._places import XPUPlace as XPUPlace
from plait.paddle._random import Generator, default_generator
from plait.paddle._settings import is_compiled_with_cinn as is_compiled_with_cinn
from plait.paddle._settings import is_compiled_with_cuda, is_compiled_with_distribute
from plait.paddle._settings import is_compiled_with_ipu as is_compiled_with_ipu
from plait.paddle._settings import is_compiled_with_rocm as is_compiled_with_rocm
from plait.paddle._settings import is_compiled_with_xpu as is_compiled_with_xpu
from plait.paddle._tensor import Tensor

__all__ = [
    "DataType",
    "Generator",
    "Place",
    "VarDesc",
    "eager",
    "get_all_op_protos",
    "globals",
    "is_bfloat16_supported",
    "is_float16_supported",
]

is_compiled_with_custom_device = _settings.is_compiled_with_custom_device
is_compiled_with_dist = is_compiled_with_distribute
is_compiled_with_mkldnn = is_compiled_with_onednn = is_compiled_with_nccl = is_compiled_with_brpc = (
    is_compiled_with_cuda
)
is_compiled_with_mpi = is_compiled_with_gloo = is_compiled_with_cuda
eager = SimpleNamespace(Tensor=Tensor)


class _Kind(enum.Enum):
    DENSE_TENSOR = 7


_Kind.__name__ = "VarType"


class VarDesc:
    """The older names of dtypes: `VarDesc.VarType.FP32` is `paddle.float32`."""

    class VarType:
        """Dtypes by their older names."""

        BOOL, UINT8, INT8, INT16, INT32, INT64 = (
            _dtypes.bool, _dtypes.uint8, _dtypes.int8, _dtypes.int16, _dtypes.int32, _dtypes.int64,
        )  # fmt: skip
        FP16, BF16, FP32, FP64 = _dtypes.float16, _dtypes.bfloat16, _dtypes.float32, _dtypes.float64
        COMPLEX64, COMPLEX128 = _dtypes.complex64, _dtypes.complex128
        #: The kind of every tensor here.
        DENSE_TENSOR = _Kind.DENSE_TENSOR


def globals() -> dict[str, Any]:
    """The flags that `set_flags` and `get_flags` know; writing into it sets them."""
    return _settings._flags


def is_float16_supported(place: Any) -> bool:
    """Whether kernels of float16 are held to be good on that place: on the CPU they are not."""
    check_place(place)
    return False


def is_bfloat16_supported(place: Any) -> bool:
    """Whether that place computes in bfloat16: the CPU here does not."""
    check_place(place)
    return False


def get_all_custom_device_type() -> list[str]:
    """An empty list."""
    return []


get_all_device_type = get_available_device = get_available_custom_device = get_all_custom_device_type


def default_cpu_generator() -> Generator:
    """The generator that `paddle.seed` starts."""
    return default_generator


def get_all_op_protos() -> list[bytes]:
    """An empty list: there are no operators of graphs."""
    return []


def grad_var_suffix() -> str:
    """What the name of a parameter's gradient adds to the parameter's."""
    return "@GRAD"


def _is_fwd_prim_enabled() -> bool:
    return False


_is_bwd_prim_enabled = _is_eager_prim_enabled = _is_all_prim_enabled = _is_fwd_prim_enabled

__getattr__ = getter(__name__)
