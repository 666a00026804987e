"""keras.layers: everything that a model is made of."""

from plait.keras.layers.activation import *
from plait.keras.layers.convolution import *
from plait.keras.layers.core import *
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.keras.layers.pooling import *
from plait.keras.layers.regularization import *
from plait.keras.layers.reshaping import *
