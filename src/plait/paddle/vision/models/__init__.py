"""Networks for pictures: LeNet."""

from plait.paddle._absent import getter
from plait.paddle.vision.models.lenet import LeNet

__all__ = ["LeNet"]

__getattr__ = getter(__name__)
