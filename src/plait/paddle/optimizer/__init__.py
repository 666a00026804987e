"""paddle.optimizer: optimizers, and their learning rates' schedules in `lr`. The update rules are plait.optim.rules'."""

from plait.paddle._absent import getter
from plait.paddle.optimizer import lr
from plait.paddle.optimizer.adadelta import Adadelta
from plait.paddle.optimizer.adagrad import Adagrad
from plait.paddle.optimizer.adam import Adam
from plait.paddle.optimizer.adamax import Adamax
from plait.paddle.optimizer.adamw import AdamW
from plait.paddle.optimizer.asgd import ASGD
from plait.paddle.optimizer.lamb import Lamb
from plait.paddle.optimizer.momentum import Momentum
from plait.paddle.optimizer.nadam import NAdam
from plait.paddle.optimizer.optimizer import Optimizer
from plait.paddle.optimizer.radam import RAdam
from plait.paddle.optimizer.rmsprop import RMSProp
from plait.paddle.optimizer.rprop import Rprop
from plait.paddle.optimizer.sgd import SGD

__all__ = [
    "ASGD",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lamb",
    "Momentum",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSProp",
    "Rprop",
    "lr",
]

__getattr__ = getter(__name__)
