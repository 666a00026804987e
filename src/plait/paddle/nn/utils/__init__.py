"""paddle.nn.utils: clipping of stored gradients, parameters as one vector, weights as direction and length."""

from plait.paddle.nn.utils.clip_grad_norm_ import clip_grad_norm_
from plait.paddle.nn.utils.clip_grad_value_ import clip_grad_value_
from plait.paddle.nn.utils.transform_parameters import parameters_to_vector, vector_to_parameters
from plait.paddle.nn.utils.weight_norm_hook import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "remove_weight_norm",
    "vector_to_parameters",
    "weight_norm",
]
