"""tf.nn: activations, convolutions, pools, normalisation, losses of rows."""

from plait.tensorflow.arithmetic import log_sigmoid as log_sigmoid
from plait.tensorflow.arithmetic import sigmoid as sigmoid
from plait.tensorflow.arithmetic import softplus as softplus
from plait.tensorflow.arithmetic import tanh as tanh
from plait.tensorflow.arithmetic import top_k as top_k
from plait.tensorflow.nn._activations import *
from plait.tensorflow.nn._normalization import *
from plait.tensorflow.nn._rows import *
from plait.tensorflow.nn._windows import *
