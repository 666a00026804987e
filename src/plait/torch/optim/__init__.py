"""torch.optim: optimizers, and their learning rates' schedules in `lr_scheduler`."""

from plait.torch._absent import getter
from plait.torch.optim import lr_scheduler
from plait.torch.optim.adadelta import Adadelta
from plait.torch.optim.adagrad import Adagrad
from plait.torch.optim.adam import Adam
from plait.torch.optim.adamax import Adamax
from plait.torch.optim.adamw import AdamW
from plait.torch.optim.asgd import ASGD
from plait.torch.optim.nadam import NAdam
from plait.torch.optim.optimizer import Optimizer
from plait.torch.optim.radam import RAdam
from plait.torch.optim.rmsprop import RMSprop
from plait.torch.optim.rprop import Rprop
from plait.torch.optim.sgd import SGD

__all__ = [
    "ASGD",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]

__getattr__ = getter(__name__)
