"""torch.nn."""

from plait.torch.nn import functional, init, modules, parameter, utils
from plait.torch.nn.modules import *
from plait.torch.nn.parameter import *
