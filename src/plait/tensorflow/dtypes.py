"""tf.dtypes: the dtypes and conversions between them."""

from plait.keras._dtypes import BY_NAME as _NAMES
from plait.keras._dtypes import DType as DType
from plait.keras._dtypes import as_dtype as as_dtype
from plait.tensorflow.arrays import cast as cast

bfloat16, bool, float16, float32, float64 = (_NAMES[n] for n in ("bfloat16", "bool", "float16", "float32", "float64"))
half, double = float16, float64
int8, int16, int32, int64 = (_NAMES[n] for n in ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = (_NAMES[n] for n in ("uint8", "uint16", "uint32", "uint64"))
string = _NAMES["string"]
