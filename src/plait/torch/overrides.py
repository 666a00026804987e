"""`__torch_function__`: subclasses of Tensor, and what they make of functions that are called with them.

Rules of this file: nothing is paid for before a program makes a subclass. The first one puts wrappers round the functions of the `torch` and
`torch.nn.functional` namespaces; every subclass gets wrappers of Tensor's methods, which lie on the subclass itself. A wrapper asks
`cls.__torch_function__`; the default runs the function and gives its results the subclass.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from types import FunctionType
from typing import TYPE_CHECKING, Any

from plait import _native
from plait.tensor import Tensor as _Core
from plait.torch._absent import getter
from plait.torch._tensor import _GRAD, Tensor
from plait.torch._tensor import torch_function_disabled as disabled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "enable",
    "get_default_nowrap_functions",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "resolve_name",
]

_SLOTS = [s for s in _Core.__slots__ if s not in ("__weakref__", "grad")]
_NAMESPACES = ("plait.torch", "plait.torch.nn.functional")
_OPERATORS = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift",
)  # fmt: skip
_OTHERS = (
    "neg",
    "pos",
    "abs",
    "invert",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "getitem",
    "setitem",
    "len",
    "float",
    "int",
    "bool",
    "contains",
)
_CALLED = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "invert": "bitwise_not"}
_PROPERTIES = ("T", "mT", "H", "mH", "data")
_PLAIN = {
    "as_subclass",
    "backward",
    "numpy",
    "retain_grad",
    "register_hook",
    "requires_grad_",
    "register_post_accumulate_grad_hook",
    "is_leaf",
}


class _State(threading.local):
    off = 0


_state = _State()
_wrapped: dict[Any, Any] = {}


class _Off:
    """A block in which functions run as they are."""

    def __enter__(self) -> None:
        _state.off += 1

    def __exit__(self, *exc: object) -> None:
        _state.off -= 1


def get_default_nowrap_functions() -> set[Any]:
    """Functions whose results the default `__torch_function__` leaves as they are."""
    return set()


def _hook_of(kind: type) -> Any:
    return None if kind is Tensor else getattr(kind, "__torch_function__", None)


def _overloaded(values: Iterable[Any]) -> list[Any]:
    """Arguments whose types answer for functions, subclasses before their bases."""
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if kind in (tuple, list):
            inner = _overloaded(value)
        else:
            inner = [value] if _hook_of(kind) not in (None, disabled) else []
        for item in inner:
            if all(type(item) is not type(f) for f in found):
                at = next((i for i, f in enumerate(found) if issubclass(type(item), type(f))), len(found))
                found.insert(at, item)
    return found


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether one of the arguments answers for functions."""
    return not _state.off and bool(_overloaded(relevant_args))


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """What the arguments' types make of a function; TypeError where none answers."""
    found = _overloaded(relevant_args)
    types = tuple(type(f) for f in found)
    for f in found:
        result = type(f).__torch_function__(public_api, types, args, kwargs)
        if result is not NotImplemented:
            return result
    answers = "\n".join(f"  - tensor subclass {kind}" for kind in types)
    raise TypeError(f"Multiple dispatch failed for '{resolve_name(public_api)}'; all __torch_function__ handlers returned NotImplemented:\n\n"
                    f"{answers}\n\nFor more information, try re-running with TORCH_LOGS=not_implemented")  # fmt: skip


def is_tensor_like(inp: Any) -> bool:
    """Whether `inp` is a tensor or answers for functions."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def resolve_name(f: Any) -> str | None:
    """The name under which upstream knows a function, such as "torch.add"."""
    name = getattr(f, "__name__", None)
    return None if name is None else f"torch.{name}"


def _recast(value: Any, cls: Any) -> Any:
    """Results as objects of the subclass; they share all with the plain tensors that they were."""
    if isinstance(value, Tensor):
        if isinstance(value, cls):
            return value
        new = object.__new__(cls)
        for slot in _SLOTS:
            setattr(new, slot, getattr(value, slot))
        _GRAD.__set__(new, _GRAD.__get__(value))
        return new
    if isinstance(value, (tuple, list)):
        items = [_recast(v, cls) for v in value]
        return type(value)._make(items) if hasattr(value, "_make") else type(value)(items)
    return value


def default(cls: Any, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
    """Run the function; its tensors become objects of the subclass."""
    if not all(issubclass(cls, t) for t in types):
        return NotImplemented
    with _Off():
        result = func(*args, **(kwargs or {}))
    return result if func.__name__ in _PLAIN else _recast(result, cls)


def _around(function: Any, shown: Any = None) -> Any:
    """A function that lets its arguments' types answer."""
    public = function if shown is None else shown

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _state.off and _overloaded((*args, *kwargs.values())):
            return handle_torch_function(public, (*args, *kwargs.values()), *args, **kwargs)
        return function(*args, **kwargs)

    return call


def _around_builtin(function: Any) -> Any:
    """The same for a built-in function, which is no method of a class that holds it."""
    if isinstance(function, FunctionType):
        return _around(function)
    names = ("__name__", "__qualname__", "__doc__", "__module__")
    attributes = {name: getattr(function, name) for name in names}
    call = _around(function)
    return _native.builtin(call, lambda me, args, kwargs: (args, kwargs), None, {**attributes, "__wrapped__": function})


def _named(function: Any, name: str) -> Any:
    """The function under the name by which upstream shows it."""

    @functools.wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    named.__name__, named.__qualname__ = name, f"Tensor.{name}"
    return named


def _operator(function: Any) -> Any:
    """An operator leaves it to Python to say that its operands do not go together."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except TypeError as e:
            if "__torch_function__" not in str(e):
                raise
            return NotImplemented

    return call


def _methods() -> dict[str, Any]:
    """Wrappers of Tensor's methods, operators and a few properties, made once."""
    if not _wrapped.get("methods"):
        table: dict[str, Any] = {}
        for name in dir(Tensor):
            value = getattr(Tensor, name)
            if (
                not name.startswith("_")
                and callable(value)
                and hasattr(value, "__name__")
                and not isinstance(value, type)
                and name not in _PLAIN
            ):
                if getattr(value, "__self__", None) is None:
                    table[name] = _around(value, None if value.__name__ == name else _named(value, name))
        for operator in (*_OPERATORS, *(f"r{o}" for o in _OPERATORS), *(f"i{o}" for o in _OPERATORS), *_OTHERS):
            value = getattr(Tensor, f"__{operator}__", None)
            if value is not None:
                plain = operator.removeprefix("r") if operator[0] in "ri" and operator[1:] in _OPERATORS else operator
                name = _CALLED.get(plain, plain)
                if operator[0] == "i" and operator[1:] in _OPERATORS:
                    name = _CALLED.get(operator[1:], operator[1:]) + "_"
                elif operator in _OTHERS[4:]:
                    name = f"__{operator}__"
                table[f"__{operator}__"] = _operator(_around(value, _named(value, name)))
        table["__iter__"] = lambda self: iter(self.unbind(0)) if self.dim() else Tensor.__iter__(self)  # type: ignore[attr-defined]
        for name in _PROPERTIES:
            value = vars(Tensor)[name]
            table[name] = property(_around(value.fget, _named(value.fget, "__get__")), value.fset, None, value.__doc__)
        _wrapped["methods"] = table
    return _wrapped["methods"]


def _forward(function: Any) -> Any:
    """A layer's forward whose result is of its input's subclass, though it goes by ways of the engine's own."""

    @functools.wraps(function)
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = function(self, *args, **kwargs)
        found = () if _state.off else _overloaded(args)
        return _recast(result, type(found[0])) if found and isinstance(found[0], Tensor) else result

    return forward


def _install() -> None:
    """Put wrappers round the namespaces' functions, and into the modules of `nn` that took them by name."""
    new: dict[int, Any] = {}
    for space in _NAMESPACES:
        names = vars(sys.modules[space])
        for name, value in list(names.items()):
            plain = inspect.unwrap(value) if callable(value) and not name.startswith("_") else None
            if isinstance(plain, FunctionType) and plain.__code__.co_filename.rpartition("torch")[2].lstrip(
                "/\\"
            ).startswith(("functions", "nn")):
                names[name] = new.setdefault(id(value), _around_builtin(value))
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("plait.torch.nn.modules."):
            for name, value in list(vars(module).items()):
                if id(value) in new:
                    setattr(module, name, new[id(value)])
                elif (
                    isinstance(value, type)
                    and "forward" in vars(value)
                    and module_name.rpartition(".")[2] not in ("container", "module")
                ):
                    value.forward = _forward(value.forward)  # type: ignore[attr-defined]


def enable(cls: type) -> None:
    """Called for each new subclass of Tensor, before it is used."""
    if getattr(cls, "__torch_function__", None) is disabled:
        return
    if not _wrapped:
        _wrapped["methods"] = None
        _install()
    for name, value in _methods().items():
        owner = next((c for c in cls.__mro__ if name in vars(c)), None)
        if owner is Tensor or owner is _Core:
            setattr(cls, name, value)


__getattr__ = getter(__name__)
