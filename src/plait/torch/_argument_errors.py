"""The errors of upstream's argument parser, in its words: scripts print them.

Rules of this file: nothing here runs before a call has failed. Oddities of the words (a singular where there are several, a comma before the
bracket, the order of keywords in a hash table) are upstream's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.torch._signatures import Parameter, Signature

__all__ = ["counted", "element", "missing", "no_signature", "not_bound", "too_many", "type_name", "unknown_keyword", "unpacking", "wrong_type"]  # fmt: skip

_HEAP_TYPE = 1 << 9
_NAMED_WITH_MODULE = ("torch.return_types",)
_OWN_NAMES = {
    "dtype": "torch.dtype",
    "device": "torch.device",
    "Size": "torch.Size",
    "layout": "torch.layout",
    "memory_format": "torch.memory_format",
    "finfo": "torch.finfo",
    "iinfo": "torch.iinfo",
    "Generator": "torch._C.Generator",
    "TypedStorage": "torch.storage.TypedStorage",
    "UntypedStorage": "torch.storage.UntypedStorage",
}


def type_name(value: object) -> str:
    """The name of a value's type as C sees it: with its module for types of C, upstream's among them."""
    kind = type(value)
    name, module = kind.__name__, kind.__module__
    if module.startswith(("torch", "plait.torch")):
        if issubclass(kind, type):
            return "torch._C._TensorMeta"
        if module in _NAMED_WITH_MODULE:
            return f"{module}.{name}"
        return _OWN_NAMES.get(name, name)
    if kind.__flags__ & _HEAP_TYPE or module == "builtins":
        return name
    return f"{module}.{name}"


# --- one signature ---------------------------------------------------------------------------------------------------


def too_many(signature: Signature, given: int) -> TypeError:
    """More positional arguments than there are."""
    most = signature.positional
    if signature.least != most:
        return TypeError(
            f"{signature.name}() takes from {signature.least} to {most} positional arguments but {given} were given"
        )
    return TypeError(
        f"{signature.name}() takes {most} positional argument{'' if most == 1 else 's'} but {given} {'was' if given == 1 else 'were'} given"
    )


def missing(signature: Signature, index: int) -> TypeError:
    """Arguments that must be given and are not, from the parameter `index` on."""
    lacking = [f'"{p.name}"' for p in signature.parameters[index:] if not p.optional]
    plural = "s" if len(lacking) == 1 else ""
    return TypeError(
        f"{signature.name}() missing {len(lacking)} required positional argument{plural}: {', '.join(lacking)}"
    )


def wrong_type(signature: Signature, param: Parameter, value: Any, position: int, at: int) -> TypeError:
    """A value of a wrong type, at a position (0 for a keyword); or an element of it, `at`."""
    head = f"{signature.name}(): argument '{param.name}' "
    if not position:
        return TypeError(f"{head}must be {param.kind}, not {type_name(value)}")
    head += f"(position {position}) must be {param.kind}, "
    if at >= 0:
        return TypeError(f"{head}but found element of type {type_name(value[at])} at pos {at}")
    return TypeError(f"{head}not {type_name(value)}")


def unknown_keyword(signature: Signature, kwargs: dict[str, Any], positional: int) -> TypeError:
    """A keyword that is no parameter, or one that has its value already."""
    order = [p.name for p in signature.parameters]
    for key in kwargs:
        if key not in order:
            return TypeError(f"{signature.name}() got an unexpected keyword argument '{key}'")
        if order.index(key) < positional:
            return TypeError(f"{signature.name}() got multiple values for argument '{key}'")
    return TypeError("invalid keyword arguments")


def element(at: int, argument: int, value: Any) -> TypeError:
    """Something else in a sequence of tensors."""
    return TypeError(f"expected Tensor as element {at} in argument {argument}, but got {type_name(value)}")


def unpacking(signature: Signature, param: Parameter, at: int, value: Any) -> TypeError:
    """Something else in a sequence of ints, after its first."""
    return TypeError(f"{signature.name}(): argument '{param.name}' failed to unpack the object at pos {at + 1} with error "
                     f'"type must be {param.kind},but got {type_name(value)}"')  # fmt: skip


# --- several signatures ----------------------------------------------------------------------------------------------


def _hash(data: bytes) -> int:
    """The hash that orders keywords: MurmurHash64A, as the C++ library of GCC has it."""
    mask, mul = (1 << 64) - 1, 0xC6A4A7935BD1E995
    h = 0xC70F6907 ^ (len(data) * mul & mask)
    whole = len(data) & ~7
    for i in range(0, whole, 8):
        k = int.from_bytes(data[i : i + 8], "little") * mul & mask
        k = (k ^ k >> 47) * mul & mask
        h = (h ^ k) * mul & mask
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * mul & mask
    h = (h ^ h >> 47) * mul & mask
    return h ^ h >> 47


def _in_table_order(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keywords in the order of a hash table of 13 places, into which each goes before the others of its place, or before all."""
    order: list[str] = []
    places = {key: _hash(key.encode()) % 13 for key in kwargs}
    for key in kwargs:
        same = [i for i, other in enumerate(order) if places[other] == places[key]]
        order.insert(same[0] if same else 0, key)
    return {key: kwargs[key] for key in order}


def _listed(parts: list[str], positional: int) -> str:
    return f"({', '.join(parts)}{', ' if parts and not positional else ''})"


def _described(value: Any) -> str:
    name = type_name(value)
    if isinstance(value, tuple):
        inner = ", ".join(type_name(v) for v in value)
        return f"{name} of ({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"{name} of [{', '.join(type_name(v) for v in value)}]"
    return name


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return _listed([type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in kwargs.items()], len(args))


def _matches(kind: str, value: Any) -> bool:
    name = type_name(value)
    return name in ("float", "int", "long") if kind == "float" else kind == name


def _why_not(option: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Why one signature does not take the arguments: a line where their number is that of the whole signature, else nothing."""
    parts = [(kind, name) for kind, _, name in (p.rpartition(" ") for p in option[1:-1].split(", "))]
    count = len(args) + len(kwargs)
    if count != len(parts):
        return ""
    known = {name for _, name in parts[len(args) :]}
    unknown = [k for k in kwargs if k not in known]
    if unknown:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"
    shown = []
    for i, (kind, name) in enumerate(parts):
        value = args[i] if i < len(args) else kwargs[name]
        word = _described(value) if i < len(args) else f"{name}={_described(value)}"
        shown.append(word if _matches(kind, value) else f"!{word}!")
    return f"      didn't match because some of the arguments have invalid types: {_listed(shown, len(args))}\n"


def no_signature(signatures: list[Signature], args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    """No signature takes the arguments: what was given, and what each would have."""
    kwargs = _in_table_order(kwargs)
    options = [str(s) for s in signatures if not s.hidden]
    head = f"{signatures[0].name}() received an invalid combination of arguments - "
    if len(options) > 1:
        lines = "".join(f" * {option}\n{_why_not(option, args, kwargs)}" for option in options)
        return TypeError(f"{head}got {_given(args, kwargs)}, but expected one of:\n{lines}")
    only = options[0]
    reason = _why_not(only, args, kwargs)
    parts = [p.rpartition(" ")[2] for p in only[1:-1].split(", ")]
    start = max(0, len(parts) - len(kwargs))
    unknown = [k for k in kwargs if k not in parts[start:]]
    if unknown:
        return TypeError(f"{head}got unrecognized keyword arguments: {', '.join(unknown)}")
    given = reason.partition(": ")[2].rstrip("\n") if reason else _given(args, kwargs)
    return TypeError(f"{head}got {given}, but expected {only}")


# --- functions whose arguments Python counts -------------------------------------------------------------------------------------


def counted(name: str, count: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> TypeError:
    """A function of C that takes no arguments, or one, got others."""
    if kwargs:
        return TypeError(f"{name}() takes no keyword arguments")
    return TypeError(f"{name}() takes {'exactly one argument' if count else 'no arguments'} ({len(args)} given)")


def not_bound(name: str, args: tuple[Any, ...]) -> TypeError:
    """A method called by way of its class, without a tensor."""
    if not args:
        return TypeError(f"unbound method TensorBase.{name}() needs an argument")
    return TypeError(
        f"descriptor '{name}' for 'torch._C.TensorBase' objects doesn't apply to a '{type_name(args[0])}' object"
    )
