"""`paddle.base.framework`: the class of parameters, and the mode."""

from __future__ import annotations

from plait.paddle._parameter import EagerParamBase
from plait.paddle._settings import in_dynamic_mode

__all__ = ["EagerParamBase", "in_dygraph_mode", "in_dynamic_mode"]

in_dygraph_mode = in_dynamic_or_pir_mode = in_dynamic_mode
Parameter = EagerParamBase
