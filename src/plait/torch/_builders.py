"""What a pickle may call, and how: every builder checks its arguments, and none allocates more than the file paid for."""

from __future__ import annotations

from collections import Counter, OrderedDict
from pickle import UnpicklingError
from typing import Any

from . import _dtypes

__all__: list[str] = []

_KEY_NODES = 4096


def plain_key(key: Any) -> None:
    """Refuses keys whose hash could recurse deeply or take exponential time."""
    pending, seen = [key], 0
    while pending:
        item = pending.pop()
        seen += 1
        if seen > _KEY_NODES:
            raise UnpicklingError("a dictionary key is nested too deeply")
        if type(item) in (tuple, frozenset):
            pending.extend(item)


def _pairs(items: Any) -> Any:
    for item in items:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            raise UnpicklingError("an OrderedDict's items must be pairs")
        plain_key(item[0])
    return items


def _make_ordered_dict(*args: Any) -> Any:
    if not args:
        return OrderedDict()
    (items,) = args
    if isinstance(items, dict):
        return OrderedDict(items)
    return OrderedDict(_pairs(items if isinstance(items, (list, tuple)) else _wrong("OrderedDict", items)))


def _make_counter(*args: Any) -> Any:
    return Counter(*[a if isinstance(a, dict) else _wrong("Counter", a) for a in args])


def make_set(*args: Any) -> Any:
    (items,) = args or ((),)
    if not isinstance(items, (list, tuple, set, frozenset)):
        _wrong("set", items)
    for item in items:
        plain_key(item)
    return set(items)


def make_frozenset(*args: Any) -> Any:
    return frozenset(make_set(*args))


def _make_bytearray(*args: Any) -> Any:
    if not args:
        return bytearray()
    if isinstance(args[0], bytes) and len(args) == 1:
        return bytearray(args[0])
    if isinstance(args[0], str) and len(args) == 2:
        return bytearray(_encode(*args))
    return _wrong("bytearray", args[0])


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        _wrong("_codecs.encode", encoding)
    return text.encode(encoding)


def _make_complex(*args: Any) -> complex:
    return complex(*[a if type(a) in (int, float) else _wrong("complex", a) for a in args])


def _make_size(*args: Any) -> Any:
    (items,) = args or ((),)
    return _dtypes.Size(items if isinstance(items, (tuple, list)) else _wrong("torch.Size", items))


def _make_device(*args: Any) -> Any:
    return _dtypes.device(*[a if type(a) in (str, int) else _wrong("torch.device", a) for a in args])


def _get_layout(name: Any) -> Any:
    return _dtypes.strided if name == "torch.strided" else _wrong("torch.serialization._get_layout", name)


def _wrong(function: str, value: Any) -> Any:
    raise UnpicklingError(f"{function} cannot be given {type(value).__name__} here")


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
            "_codecs.encode": _encode,
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
            OrderedDict: _make_ordered_dict,
            Counter: _make_counter,
            set: make_set,
            frozenset: make_frozenset,
            bytearray: _make_bytearray,
            complex: _make_complex,
            _dtypes.Size: _make_size,
            _dtypes.device: _make_device,
            _get_layout: _get_layout,
            _encode: _encode,
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
    if not _lists:
        _lists.append(Lists())
    return _lists[0]
