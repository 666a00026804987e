"""paddle.utils: names, and nested structures."""

from plait.paddle._absent import getter
from plait.paddle.base import unique_name
from plait.paddle.utils.layers_utils import flatten, map_structure, pack_sequence_as
from plait.paddle.utils.lazy_import import try_import

__all__ = ["flatten", "map_structure", "pack_sequence_as", "try_import", "unique_name"]

__getattr__ = getter(__name__)
