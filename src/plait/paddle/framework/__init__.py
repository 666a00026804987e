"""`paddle.framework`: modes, dtypes, random state, places, parameters and files, under the name that older scripts use."""

from plait.paddle._absent import getter
from plait.paddle._dtypes import get_default_dtype, set_default_dtype
from plait.paddle._files import load, save
from plait.paddle._parameter import EagerParamBase
from plait.paddle._places import CPUPlace, CUDAPinnedPlace, CUDAPlace, CustomPlace, IPUPlace, XPUPlace
from plait.paddle._random import get_cuda_rng_state, get_rng_state, seed, set_cuda_rng_state, set_rng_state
from plait.paddle._settings import disable_static, enable_static, get_flags, in_dynamic_mode, set_flags
from plait.paddle.autograd import grad, is_grad_enabled, no_grad, set_grad_enabled
from plait.paddle.base import core
from plait.paddle.base.framework import (
    Parameter,
    Variable,
    _current_expected_place,
    convert_np_dtype_to_dtype_,
    in_dynamic_or_pir_mode,
    in_pir_mode,
    use_pir_api,
)
from plait.paddle.nn.param_attr import ParamAttr

in_dygraph_mode = in_dynamic_mode

__getattr__ = getter(__name__)
