"""The Paddle dialect: what `import paddle` means when plait runs a script."""

from plait.paddle import autograd, base
from plait.paddle._absent import getter
from plait.paddle._dtypes import *
from plait.paddle._files import *
from plait.paddle._parameter import EagerParamBase as _Parameter
from plait.paddle._places import *
from plait.paddle._printing import *
from plait.paddle._random import *
from plait.paddle._settings import *
from plait.paddle._size import Size
from plait.paddle._tensor import *
from plait.paddle.autograd import enable_grad, grad, is_grad_enabled, no_grad, set_grad_enabled
from plait.paddle.functions import *

__version__ = "3.3.1"

# The files of functions are no names of upstream's; `linalg` is one, of another module.
for _name in [
    n for n, v in vars().items() if getattr(v, "__package__", "") == "plait.paddle.functions" and n != "functions"
]:
    del globals()[_name]

__getattr__ = getter(__name__)
