"""The TensorFlow face: what `import tensorflow` means when plait runs a script; `tf.keras` is plait's Keras dialect."""

from plait import keras
from plait.keras._convert import constant
from plait.keras._dtypes import DType
from plait.keras._shape import TensorShape
from plait.keras._tape import GradientTape
from plait.keras._tensor import Tensor
from plait.keras._variable import ResourceVariable as Variable

__version__ = "2.21.0"
