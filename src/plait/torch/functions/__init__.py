"""The functions of the `torch` namespace, one file a family; many are Tensor's methods too (see `plait.torch._tensor.method`)."""

from plait.torch._tensor import Tensor as _Tensor
from plait.torch.functions._numpy_names import install as _install
from plait.torch.functions.activation import *
from plait.torch.functions.arithmetic import *
from plait.torch.functions.arranging import *
from plait.torch.functions.blending import *
from plait.torch.functions.brackets import *
from plait.torch.functions.comparison import *
from plait.torch.functions.composite import *
from plait.torch.functions.convolution import *
from plait.torch.functions.creation import *
from plait.torch.functions.distance import *
from plait.torch.functions.dropout import *
from plait.torch.functions.elementwise import *
from plait.torch.functions.filling import *
from plait.torch.functions.forms import *
from plait.torch.functions.indexing import *
from plait.torch.functions.joining import *
from plait.torch.functions.legacy import *
from plait.torch.functions.linalg import *
from plait.torch.functions.masking import *
from plait.torch.functions.norm import *
from plait.torch.functions.operators import *
from plait.torch.functions.pooling import *
from plait.torch.functions.ranges import *
from plait.torch.functions.reduction import *
from plait.torch.functions.sampling import *
from plait.torch.functions.shaping import *
from plait.torch.functions.sorting import *

_install(globals(), _Tensor)
