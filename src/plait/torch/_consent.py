"""What `torch.load(..., weights_only=False)` builds beyond tensors and containers.

With that argument the caller trusts the file. Its classes may then be those of this dialect, of NumPy's arrays, of plain data types
of the standard library, and of the program itself: `__main__` and every module that is not the standard library's (which is imported
where need be). Functions of the program may be referred to and called as its pickles ask. What stays refused is what hostile files use:
any function of the standard library (`os.system`, `builtins.eval`, …), under any alias, and every class of it that is not plain data.
"""

from __future__ import annotations

import importlib
import sys
from pickle import UnpicklingError
from types import MethodType
from typing import Any

__all__: list[str] = []

_DATA_TYPES = {
    "builtins": "getattr object int float str bytes bool list tuple dict set frozenset bytearray complex slice range Ellipsis NotImplemented",
    "collections": "OrderedDict Counter defaultdict deque ChainMap",
    "datetime": "datetime date time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "partial",
    "uuid": "UUID",
    "types": "SimpleNamespace",
    "argparse": "Namespace",
    "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "copyreg": "_reconstructor",
}
_NUMPY = (
    "numpy",
    "numpy._core.multiarray",
    "numpy.core.multiarray",
    "numpy._core.numeric",
    "numpy.core.numeric",
    "numpy.dtypes",
)
_NUMPY_NAMES = ("ndarray", "dtype", "_reconstruct", "scalar", "_frombuffer")
_DIALECTS = ("torch", "torchvision")


def _refuse(module: str, name: str, why: str) -> UnpicklingError:
    return UnpicklingError(f"Unsupported global: GLOBAL {module}.{name} {why}")


def _import(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as e:
        raise _refuse(module, name, f"cannot be imported: {type(e).__name__}: {e}") from None


def _standard(module: str) -> bool:
    top = module.partition(".")[0]
    return top != "__main__" and (top in sys.stdlib_module_names or top in sys.builtin_module_names)


def find_trusted(module: str, name: str) -> Any:
    """The class or function of that name; UnpicklingError when it may not be used even with consent."""
    top = module.partition(".")[0]
    if module in _DATA_TYPES and name in _DATA_TYPES[module].split():
        if name == "_reconstructor":
            return _reconstruct_object
        if name == "getattr":
            return _bound_method
        return getattr(_import(module, name), name)
    if top == "numpy":
        if (name in _NUMPY_NAMES and module in _NUMPY) or module == "numpy.dtypes":
            home = module.replace("numpy.core", "numpy._core") if hasattr(sys.modules["numpy"], "_core") else module
            return getattr(_import(home, name), name)
        raise _refuse(module, name, "is not a data type of NumPy")
    if _standard(module):
        raise _refuse(
            module, name, "is of the standard library and no plain data type; plait never runs it from a file"
        )
    if top in _DIALECTS:
        return _find_ours(module, name)
    found = _attributes(_import(module, name), module, name)
    owner = getattr(found, "__module__", None)
    if not callable(found) or not isinstance(owner, str) or _standard(owner) or owner.partition(".")[0] == "numpy":
        raise _refuse(module, name, "is not a class or function of the program")
    return found


def _find_ours(module: str, name: str) -> Any:
    ours = "plait." + module
    parts = ours.split(".")
    for end in range(len(parts), 1, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
            break
        except ModuleNotFoundError:
            continue
    else:
        raise _refuse(module, name, "is not part of plait")
    found = _attributes(found, module, ".".join([*parts[end:], name]))
    home = getattr(found, "__module__", None) or ""
    if not callable(found) or not home.startswith(("plait.", "torch", "torchvision")):
        raise _refuse(module, name, "is not a class or function of plait")
    return found


def _attributes(start: Any, module: str, path: str) -> Any:
    found = start
    for part in path.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise _refuse(module, path, "was not found")
    return found


def _reconstruct_object(kind: Any, base: Any, state: Any) -> Any:
    if not isinstance(kind, type) or base is not object:
        raise UnpicklingError("copyreg._reconstructor is read for plain objects only")
    return object.__new__(kind)


def _bound_method(obj: Any, name: Any) -> Any:
    """What pickles of bound methods ask of `getattr`: a method of an object of this dialect's or of the program's, no more."""
    home = type(obj).__module__
    if type(name) is str and not name.startswith("__") and not _standard(home) and home.partition(".")[0] != "numpy":
        found = getattr(obj, name, None)
        if isinstance(found, MethodType) and found.__self__ is obj:
            return found
    raise UnpicklingError(f"builtins.getattr is read for bound methods only, not for {name!r} of {type(obj).__name__}")


def call_trusted(function: Any, args: tuple[Any, ...]) -> Any:
    """Calls a class, or a function of the program; the dialect's own functions (torch.save, …) are data only."""
    home = getattr(function, "__module__", "") or ""
    if isinstance(function, type) or function in (_reconstruct_object, _bound_method):
        return function(*args)
    if home.startswith(("plait.", "torch")):
        raise UnpicklingError(f"Trying to call reduce for unrecognized function {function}")
    return function(*args)


def new_trusted(kind: type, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A new object of a class that `find_trusted` gave."""
    return kind.__new__(kind, *args, **keywords)


def set_state(target: Any, state: Any) -> None:
    """What pickle's BUILD does: `__setstate__`, or else attributes."""
    setter = getattr(target, "__setstate__", None)
    if setter is not None:
        setter(state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        target.__dict__.update({str(k): v for k, v in state.items()})
    for name, value in (slots or {}).items():
        setattr(target, name, value)
