"""torch.nn."""

from plait.torch._absent import getter
from plait.torch.nn import functional, init, modules, parallel, parameter, utils
from plait.torch.nn.modules import *
from plait.torch.nn.parallel import DataParallel
from plait.torch.nn.parameter import *

__getattr__ = getter(__name__)
