"""`paddle.base.dygraph`: dynamic mode, on and off."""

from plait.paddle._absent import getter
from plait.paddle.base.dygraph import base
from plait.paddle.base.dygraph.base import disable_dygraph, enable_dygraph, enabled, grad, guard, no_grad, no_grad_

__getattr__ = getter(__name__)
