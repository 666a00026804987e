"""ParamAttr: what a layer is told of a parameter that it makes."""

from __future__ import annotations

from typing import Any

__all__ = ["ParamAttr"]


def is_regularizer(value: Any) -> bool:
    """Whether `value` is one of `paddle.regularizer`."""
    return any(kind.__name__ == "WeightDecayRegularizer" for kind in type(value).__mro__)


class ParamAttr:
    """A parameter's name, initial values, learning rate factor, regularizer, and whether it is trained and its gradient clipped.

    Raises ValueError for an empty name; other values are taken as they come, as upstream's dynamic mode does.

    >>> ParamAttr(learning_rate=0.5).trainable
    True
    """

    __module__ = "paddle.base.param_attr"

    def __init__(
        self,
        name: str | None = None,
        initializer: Any = None,
        learning_rate: float = 1.0,
        regularizer: Any = None,
        trainable: bool = True,
        do_model_average: bool = True,
        need_clip: bool = True,
    ) -> None:
        if name == "":
            raise ValueError("name of ParamAttr can not be empty str")
        self.name = name
        self.initializer = initializer
        self.learning_rate = learning_rate
        self.regularizer = regularizer
        self.trainable = trainable
        self.do_model_average = do_model_average
        self.need_clip = need_clip

    @staticmethod
    def _to_attr(arg: Any) -> Any:
        """What stands for a ParamAttr as one: None, a name, an initializer, a regularizer, True; False stays False. Lists by element."""
        from plait.paddle.nn.initializer.initializer import Initializer

        if arg is None or arg is True:
            return ParamAttr()
        if arg is False:
            return False
        if isinstance(arg, (list, tuple)):
            return [ParamAttr._to_attr(a) for a in arg]
        if isinstance(arg, ParamAttr):
            return arg
        if isinstance(arg, str):
            return ParamAttr(name=arg)
        if isinstance(arg, Initializer):
            return ParamAttr(initializer=arg)
        if is_regularizer(arg):
            return ParamAttr(regularizer=arg)
        raise TypeError(f"{type(arg)} cast to ParamAttr")
