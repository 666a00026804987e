"""torch.utils.tensorboard: out of scope; without the package tensorboard it fails as it does upstream."""

import importlib

importlib.import_module("tensorboard")
raise ModuleNotFoundError(
    "torch.utils.tensorboard is not part of plait: it covers convolutional networks; see plait coverage torch"
)
