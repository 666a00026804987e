"""paddle.static: of static graphs, only the description of inputs, which dynamic scripts use too."""

from plait.paddle._absent import getter
from plait.paddle.static.input import InputSpec

__all__ = ["InputSpec"]

__getattr__ = getter(__name__)
