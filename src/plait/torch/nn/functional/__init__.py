"""torch.nn.functional: one file a family."""

from plait.torch._absent import getter
from plait.torch._builtins import install
from plait.torch.nn.functional.activation import *
from plait.torch.nn.functional.adaptive import *
from plait.torch.nn.functional.conv import *
from plait.torch.nn.functional.distance import *
from plait.torch.nn.functional.dropout import *
from plait.torch.nn.functional.entropy import *
from plait.torch.nn.functional.linear import *
from plait.torch.nn.functional.loss import *
from plait.torch.nn.functional.margins import *
from plait.torch.nn.functional.norm import *
from plait.torch.nn.functional.padding import *
from plait.torch.nn.functional.pooling import *
from plait.torch.nn.functional.resample import *
from plait.torch.nn.functional.sparse import *
from plait.torch.nn.functional.unpooling import *

install("torch.nn.functional", globals())
del install

__getattr__ = getter(__name__)
