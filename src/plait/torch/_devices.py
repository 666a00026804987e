"""torch.device: names are parsed as upstream parses them; only the CPU holds data."""

from __future__ import annotations

import re
from typing import Any

from plait.torch._argument_errors import type_name as class_name

__all__ = ["CPU", "check_device", "device", "get_default_device", "set_default_device", "type_name"]

_DEVICE_TYPES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy", "vulkan",
    "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip
_DEVICE_STRING = re.compile(r"([a-zA-Z_]+)(?::(0|[1-9][0-9]*))?\Z")
_DEVICE_FORMS = ("device(Device device)", "device(c10::string_view type, int64_t? index=-1)")


class device:
    """Where a tensor lies: `device("cpu")`, `device("cuda:1")`, `device("cuda", 1)`. Only the CPU holds data here."""

    __slots__ = ("index", "type")
    __module__ = "torch"
    type: str
    index: int | None

    def __new__(cls, *args: Any, **kwargs: Any) -> device:
        extra = kwargs.keys() - {"type", "index", "device"}
        given = args + tuple(kwargs[k] for k in ("type", "device", "index") if k in kwargs)
        if not 1 <= len(given) <= 2 or extra:
            check_call(_DEVICE_FORMS, args, kwargs)
        first = given[0]
        if isinstance(first, device) and len(given) == 1:
            return first
        if type_name(first) == "int" and len(given) == 1:
            raise RuntimeError("Cannot access accelerator device when none is available.")
        if not isinstance(first, str) or (len(given) == 2 and type(given[1]) is not int):
            check_call(_DEVICE_FORMS, args, kwargs)
        kind, index = _parse_device(first)
        if len(given) == 2:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {first}"
                )
            if given[1] < 0:
                raise RuntimeError("Device index must not be negative")
            index = given[1]
        new = object.__new__(cls)
        object.__setattr__(new, "type", kind)
        object.__setattr__(new, "index", index)
        return new

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'torch.device' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __lt__(self, other: object) -> bool:
        raise TypeError("comparison not implemented")

    __le__ = __gt__ = __ge__ = __lt__

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> Any:
        return _make_device, (str(self),)

    def __copy__(self) -> device:
        return self

    def __deepcopy__(self, memo: object) -> device:
        return self

    def __enter__(self) -> device:
        check_device(self, "device")
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, function: Any) -> Any:
        return function


def check_call(
    forms: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a class of upstream's library as its parser takes them; TypeError, in its words, where it does not."""
    from plait.torch import _arguments, _signatures

    return _arguments.arguments([_signatures.Signature(form) for form in forms], args, kwargs)


def type_name(value: object) -> str:
    """The name that upstream's argument errors give to a value's type."""
    return class_name(value)


def _parse_device(text: str) -> tuple[str, int | None]:
    if not text:
        raise RuntimeError("Device string must not be empty")
    match = _DEVICE_STRING.match(text)
    if match is None:
        raise RuntimeError(f"Invalid device string: '{text}'")
    if match[1] not in _DEVICE_TYPES:
        raise RuntimeError(
            f"Expected one of {', '.join(_DEVICE_TYPES)} device type at start of device string: {match[1]}"
        )
    return match[1], None if match[2] is None else int(match[2])


CPU = device("cpu")


def check_device(value: Any, function: str = "to") -> device:
    """The CPU for None, "cpu", "cpu:0" and the like; for any other device upstream's error.

    A GPU is an AssertionError ("Torch not compiled with CUDA enabled"), a name that is no device a RuntimeError.
    """
    if value is None or value is CPU or value == "cpu":
        return CPU
    if not isinstance(value, device):
        if not isinstance(value, (str, int)):
            raise TypeError(f"{function}(): argument 'device' must be torch.device, not {type_name(value)}")
        value = device(value)
    kind = value.type
    if kind == "cpu":
        return CPU
    if kind in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {kind.upper()} enabled")
    if kind == "mps" and function == "to":
        raise RuntimeError("PyTorch is not linked with support for mps devices")
    raise NotImplementedError(
        f"Could not run '{function}' with arguments from the '{kind.upper()}' backend: plait computes on the CPU alone"
    )


def get_default_device() -> device:
    """The device of new tensors: the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Accepts the CPU (or None); any other device is upstream's error."""
    check_device(device, "set_default_device")


def _make_device(text: str) -> device:
    return device(text)
