"""paddle.nn: layers, their functions, initializers and tools."""

from plait.paddle._parameter import EagerParamBase as Parameter
from plait.paddle.nn import functional, initializer
from plait.paddle.nn.layer import *
from plait.paddle.nn.param_attr import ParamAttr

Module = Layer
ModuleDict = LayerDict
ModuleList = LayerList
