"""The functions of the `paddle` namespace, one file a family; most are Tensor's methods too (see `_common.function`)."""

from plait.paddle.functions import operators
from plait.paddle.functions.creation import *
from plait.paddle.functions.sampling import *
