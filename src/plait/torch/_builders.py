"""What a pickle may call, and how: every builder checks its arguments, and none allocates more than the file paid for."""

from __future__ import annotations

from collections import Counter, OrderedDict
from pickle import UnpicklingError
from typing import Any

from plait.pickles import (
    encode,
    make_bytearray,
    make_complex,
    make_counter,
    make_frozenset,
    make_ordered_dict,
    make_set,
    wrong,
)  # fmt: skip

from . import _dtypes

__all__: list[str] = []


def _make_size(*args: Any) -> Any:
    (items,) = args or ((),)
    return _dtypes.Size(items if isinstance(items, (tuple, list)) else wrong("torch.Size", items))


def _make_device(*args: Any) -> Any:
    return _dtypes.device(*[a if type(a) in (str, int) else wrong("torch.device", a) for a in args])


def _get_layout(name: Any) -> Any:
    return _dtypes.strided if name == "torch.strided" else wrong("torch.serialization._get_layout", name)


def _rebuild_from_type(function: Any, kind: Any, args: Any, state: Any) -> Any:
    from . import _utils
    from ._tensor import Tensor

    if function not in (_utils._rebuild_tensor_v2, _utils._rebuild_tensor_v3, _utils._rebuild_parameter):
        raise UnpicklingError(f"torch._tensor._rebuild_from_type_v2 cannot call {function!r}")
    if not isinstance(args, tuple) or not isinstance(kind, type) or not issubclass(kind, Tensor):
        raise UnpicklingError("torch._tensor._rebuild_from_type_v2 needs a Tensor class and a tuple of arguments")
    tensor = function(*args)
    if type(tensor) is not kind:
        tensor = tensor.as_subclass(kind)
    if state:
        _utils._set_state(tensor, state)
    return tensor


class Lists:
    """The names that are known under weights_only=True, and the functions behind those that may be called; made once."""

    __slots__ = ("callables", "names", "parameter", "tensor")

    def __init__(self) -> None:
        from . import _utils, storage
        from ._tensor import Tensor
        from .nn.parameter import Parameter

        self.tensor, self.parameter = Tensor, Parameter
        names: dict[str, Any] = {
            "collections.OrderedDict": OrderedDict,
            "collections.Counter": Counter,
            "torch.nn.parameter.Parameter": Parameter,
            "torch.serialization._get_layout": _get_layout,
            "torch.Size": _dtypes.Size,
            "torch.Tensor": Tensor,
            "torch.device": _dtypes.device,
            "_codecs.encode": encode,
            "builtins.bytearray": bytearray,
            "builtins.set": set,
            "builtins.frozenset": frozenset,
            "builtins.complex": complex,
            "torch.storage.UntypedStorage": storage.UntypedStorage,
            "torch.storage.TypedStorage": storage.TypedStorage,
            "torch._tensor._rebuild_from_type_v2": _rebuild_from_type,
            "torch.storage._load_from_bytes": storage._load_from_bytes,
        }
        calls: dict[Any, Any] = {
            OrderedDict: make_ordered_dict,
            Counter: make_counter,
            set: make_set,
            frozenset: make_frozenset,
            bytearray: make_bytearray,
            complex: make_complex,
            _dtypes.Size: _make_size,
            _dtypes.device: _make_device,
            _get_layout: _get_layout,
            encode: encode,
            _rebuild_from_type: _rebuild_from_type,
            storage._load_from_bytes: storage._load_from_bytes,
        }
        for name in (
            "_rebuild_tensor",
            "_rebuild_tensor_v2",
            "_rebuild_tensor_v3",
            "_rebuild_parameter",
            "_rebuild_parameter_with_state",
        ):
            names["torch._utils." + name] = calls[getattr(_utils, name)] = getattr(_utils, name)
        for d in _dtypes.ALL:
            names[repr(d)] = d
        for name, kind in storage.BY_FILE_NAME.items():
            names["torch." + name] = names["torch.storage." + name] = kind
        for format_name in ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format"):
            names["torch." + format_name] = getattr(_dtypes, format_name)
        self.names, self.callables = names, calls


_lists: list[Lists] = []


def lists() -> Lists:
    """The one `Lists`, made when first asked for."""
    if not _lists:
        _lists.append(Lists())
    return _lists[0]
