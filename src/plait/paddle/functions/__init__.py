"""The functions of the `paddle` namespace, one file a family; most are Tensor's methods too (see `_common.function`)."""

from plait.paddle.functions import brackets, operators
from plait.paddle.functions.arithmetic import *
from plait.paddle.functions.conversion import *
from plait.paddle.functions.creation import *
from plait.paddle.functions.elementwise import *
from plait.paddle.functions.indexing import *
from plait.paddle.functions.joining import *
from plait.paddle.functions.linalg import *
from plait.paddle.functions.parameters import *
from plait.paddle.functions.reduction import *
from plait.paddle.functions.sampling import *
from plait.paddle.functions.shaping import *
from plait.paddle.functions.sorting import *
