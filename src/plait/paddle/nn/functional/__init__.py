"""paddle.nn.functional: upstream's functions, a file a family."""

from plait.paddle.nn.functional.activation import *
from plait.paddle.nn.functional.class_loss import *
from plait.paddle.nn.functional.common import *
from plait.paddle.nn.functional.conv import *
from plait.paddle.nn.functional.embedding_loss import *
from plait.paddle.nn.functional.input import *
from plait.paddle.nn.functional.loss import *
from plait.paddle.nn.functional.norm import *
from plait.paddle.nn.functional.pooling import *
from plait.paddle.nn.functional.vision import *
