"""paddle.vision: pictures into tensors, MNIST, LeNet."""

from plait.paddle._absent import getter
from plait.paddle.vision import datasets, models, transforms
from plait.paddle.vision.datasets import MNIST, FashionMNIST
from plait.paddle.vision.image import get_image_backend, image_load, set_image_backend
from plait.paddle.vision.models import LeNet
from plait.paddle.vision.transforms import *

__getattr__ = getter(__name__)
