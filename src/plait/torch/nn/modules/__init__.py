"""torch.nn.modules: upstream's module tree."""

from plait.torch.nn.modules import (
    activation,
    batchnorm,
    channelshuffle,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    lazy,
    linear,
    loss,
    module,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    sparse,
    upsampling,
)
from plait.torch.nn.modules.activation import *
from plait.torch.nn.modules.batchnorm import *
from plait.torch.nn.modules.channelshuffle import *
from plait.torch.nn.modules.container import *
from plait.torch.nn.modules.conv import *
from plait.torch.nn.modules.distance import *
from plait.torch.nn.modules.dropout import *
from plait.torch.nn.modules.flatten import *
from plait.torch.nn.modules.fold import *
from plait.torch.nn.modules.instancenorm import *
from plait.torch.nn.modules.lazy import *
from plait.torch.nn.modules.linear import *
from plait.torch.nn.modules.loss import *
from plait.torch.nn.modules.module import *
from plait.torch.nn.modules.normalization import *
from plait.torch.nn.modules.padding import *
from plait.torch.nn.modules.pixelshuffle import *
from plait.torch.nn.modules.pooling import *
from plait.torch.nn.modules.sparse import *
from plait.torch.nn.modules.upsampling import *

_FILES = (
    activation,
    batchnorm,
    channelshuffle,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    lazy,
    linear,
    loss,
    module,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    sparse,
    upsampling,
)
__all__ = [name for file in _FILES for name in file.__all__]
