"""The TensorFlow face: what `import tensorflow` means when plait runs a script; `tf.keras` is plait's Keras dialect."""

from plait import keras
from plait.keras._dtypes import BY_NAME as _NAMES
from plait.keras._dtypes import DType, as_dtype
from plait.keras._lazy import getter as _getter
from plait.keras._resource import ResourceVariable as Variable
from plait.keras._shape import TensorShape
from plait.keras._slices import IndexedSlices
from plait.keras._tape import GradientTape
from plait.keras._tensor import Tensor
from plait.tensorflow import config, dtypes, errors, linalg, math, nn, random
from plait.tensorflow._custom import custom_gradient
from plait.tensorflow._function import TensorSpec, function
from plait.tensorflow._sundry import *
from plait.tensorflow.arithmetic import (
    abs,
    acos,
    acosh,
    add,
    add_n,
    argmax,
    argmin,
    argsort,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    clip_by_global_norm,
    clip_by_norm,
    clip_by_value,
    cos,
    cosh,
    cumsum,
    divide,
    einsum,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    matmul,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    sort,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    tensordot,
    truediv,
)
from plait.tensorflow.arrays import *
from plait.tensorflow.creation import *
from plait.tensorflow.linalg import norm

__version__ = "2.21.0"

bfloat16, bool, float16, float32, float64 = (_NAMES[n] for n in ("bfloat16", "bool", "float16", "float32", "float64"))
half, double = float16, float64
int8, int16, int32, int64 = (_NAMES[n] for n in ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = (_NAMES[n] for n in ("uint8", "uint16", "uint32", "uint64"))
string = _NAMES["string"]
newaxis = None

__getattr__ = _getter(__name__, {}, ("data", "debugging", "experimental", "image", "nest", "version"))
