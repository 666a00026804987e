"""Upstream's tree of layer modules."""

from plait.paddle.nn.layer.activation import *
from plait.paddle.nn.layer.common import *
from plait.paddle.nn.layer.container import *
from plait.paddle.nn.layer.conv import *
from plait.paddle.nn.layer.layers import *
from plait.paddle.nn.layer.loss import *
from plait.paddle.nn.layer.norm import *
from plait.paddle.nn.layer.padding import *
from plait.paddle.nn.layer.pooling import *
from plait.paddle.nn.layer.vision import *
