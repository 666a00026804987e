"""tf.math: functions on elements, reductions, comparisons."""

from plait.tensorflow.arithmetic import *
from plait.tensorflow.nn._activations import log_softmax as log_softmax
from plait.tensorflow.nn._activations import softmax as softmax
from plait.tensorflow.nn._normalization import l2_normalize as l2_normalize
from plait.tensorflow.segments import *
