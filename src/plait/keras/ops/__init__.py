"""keras.ops: the operations, which run on tensors and make nodes of the functional graph for symbolic ones."""

from plait.keras._lazy import getter as _getter
from plait.keras.ops.blocks import *
from plait.keras.ops.core import *
from plait.keras.ops.creation import *
from plait.keras.ops.elementwise import *
from plait.keras.ops.nn import *
from plait.keras.ops.products import *
from plait.keras.ops.reduction import *
from plait.keras.ops.shaping import *
from plait.keras.ops.sorting import *
from plait.keras.ops.windows import *

__getattr__ = _getter(__name__, {})
