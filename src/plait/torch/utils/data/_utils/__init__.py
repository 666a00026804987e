"""The loader's parts: making batches, fetching samples, workers."""

from plait.torch.utils.data._utils import collate as collate
from plait.torch.utils.data._utils import fetch as fetch
from plait.torch.utils.data._utils import worker as worker

MP_STATUS_CHECK_INTERVAL = 5.0
