"""The PyTorch dialect: what `import torch` means when plait runs a script."""

from plait.torch import autograd, backends, cuda, nn, optim, random, return_types, utils, version
from plait.torch._absent import getter, hide_parts
from plait.torch._builtins import install, install_methods
from plait.torch._convert import *
from plait.torch._copying import *
from plait.torch._dtypes import *
from plait.torch._printing import *
from plait.torch._protocols import *
from plait.torch._random import *
from plait.torch._serialization import *
from plait.torch._settings import *
from plait.torch._tensor import *
from plait.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from plait.torch.functions import *

__version__ = version.TorchVersion(version.__version__)

hide_parts(globals())
install("torch", globals())
install_methods()
del install, install_methods

__getattr__ = getter(__name__)
