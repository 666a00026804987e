"""keras.ops: the operations, which run on tensors and make nodes of the functional graph for symbolic ones."""

from plait.keras.ops.core import *
