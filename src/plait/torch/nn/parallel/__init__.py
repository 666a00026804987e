"""torch.nn.parallel: DataParallel, which without GPUs runs the module as it is."""

from plait.torch._absent import getter
from plait.torch.nn.parallel.data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "data_parallel"]

__getattr__ = getter(__name__)
