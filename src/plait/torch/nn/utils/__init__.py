"""torch.nn.utils: clipping, parameters as a vector, parametrizations."""

from plait.torch.nn.utils import fusion, parametrizations, parametrize, rnn, stateless
from plait.torch.nn.utils.clip_grad import _clip_grads_with_norm_ as clip_grads_with_norm_
from plait.torch.nn.utils.clip_grad import _get_total_norm as get_total_norm
from plait.torch.nn.utils.clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_
from plait.torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from plait.torch.nn.utils.init import skip_init
from plait.torch.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from plait.torch.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fusion",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "skip_init",
    "spectral_norm",
    "stateless",
    "vector_to_parameters",
    "weight_norm",
]
