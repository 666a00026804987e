"""torch.autograd: backward, grad, custom functions, gradcheck and the gradient modes."""

from plait.torch._absent import getter
from plait.torch.autograd import functional
from plait.torch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from plait.torch.autograd.function import Function
from plait.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from plait.torch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from plait.torch.autograd.gradients import backward, grad
from plait.torch.autograd.variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

__getattr__ = getter(__name__)
