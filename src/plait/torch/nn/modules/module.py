"""Module: the base of everything with parameters. The walks, addresses and printing are the shared tree's.

Three parts of it lie in files of their own: hooks (`_hooks.py`), moving and casting (`_moving.py`), state (`_state.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from plait import _native
from plait.layers.hooks import LoadedKeys
from plait.layers.tree import attribute, find, gather, outline, put, walk
from plait.torch._tensor import Tensor
from plait.torch.nn.modules._hooks import (
    TABLES,
    Hooked,
    everywhere,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from plait.torch.nn.modules._moving import Movable
from plait.torch.nn.modules._state import Stateful
from plait.torch.nn.parameter import Buffer, Parameter

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

T = TypeVar("T", bound="Module")


class _IncompatibleKeys(LoadedKeys):
    __slots__ = ()


def _typename(value: Any) -> str:
    """How messages name the type of `value`: `torch.FloatTensor`, `int`, `pack.mod.Class`."""
    if isinstance(value, Tensor):
        return str(value.type())
    kind = value if isinstance(value, type) else type(value)
    module = kind.__module__ or ""
    if module in ("builtins", "__builtin__", ""):
        return str(kind.__name__)
    return f"{module.removeprefix('plait.')}.{kind.__qualname__}"


# ---- the tables that a module keeps ---------------------------------------------------------------------------------

_put = object.__setattr__


def _named_parameters_of(module: Module) -> Any:
    return module._parameters.items()


def _named_buffers_of(module: Module) -> Any:
    return module._buffers.items()


def _children_of(module: Module) -> Any:
    return module._modules.items()


def _check_name(module: Module, kind: str, name: Any, table: dict[str, Any], got: str = "") -> None:
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
    if kind == "module" and name not in table and hasattr(module, name):
        raise KeyError(f"attribute '{name}' already exists")
    if "." in name:
        raise KeyError(f'{kind} name can\'t contain "."{got}')
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')
    if kind != "module" and name not in table and hasattr(module, name):
        raise KeyError(f"attribute '{name}' already exists")


def _announce(kind: str, module: Module, name: str, value: Any) -> Any:
    for hook in everywhere.register[kind].values():
        changed = hook(module, name, value)
        if changed is not None:
            value = changed
    return value


def _forward_unimplemented(self: Module, *input: Any) -> Any:
    """What a subclass computes; every subclass overrides it."""
    raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


def held(module: Any, name: str, table: str = "_parameters") -> Any:
    """A module's parameter (or buffer): what `getattr` gives, sooner where the module's own table has it."""
    own = module.__dict__[table]
    return own[name] if name in own else getattr(module, name)


class Module(Hooked, Movable, Stateful):
    """The base class of all modules: a subclass assigns parameters, buffers and modules to itself and says `forward`.

    >>> from plait.torch import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.act = nn.ReLU()
    ...     def forward(self, x):
    ...         return self.act(x)
    >>> Net()
    Net(
      (act): ReLU()
    )
    """

    dump_patches: bool = False
    call_super_init: bool = False

    training: bool
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                name = next(iter(kwargs))
                raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'")
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        state = self.__dict__
        state["training"] = True
        state["_parameters"] = {}
        state["_buffers"] = {}
        state["_non_persistent_buffers_set"] = set()
        for table in TABLES[:2]:
            state[table] = OrderedDict()
        state["_is_full_backward_hook"] = None
        for table in TABLES[2:]:
            state[table] = OrderedDict()
        state["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    forward: Callable[..., Any] = _forward_unimplemented

    # ---- calling

    @partial(_native.method_call, "forward", "_hooked")
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooked:
            from plait.torch.nn.modules._calls import call_with_hooks

            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        return Module.__call__(self, *args, **kwargs)

    _wrapped_call_impl = _call_impl

    # ---- attributes

    @partial(_native.lookup, ("_parameters", "_buffers", "_modules"))
    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            found = state.get(table)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _forget(self, name: str, keep: str) -> None:
        state = self.__dict__
        state.pop(name, None)
        for table in ("_parameters", "_buffers", "_modules"):
            if table != keep:
                state[table].pop(name, None)
        state["_non_persistent_buffers_set"].discard(name)

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        parameters = state.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module) and (parameters is None or name not in parameters):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_modules")
            self._modules[name] = _announce("module", self, name, value)
        elif parameters is None:
            if isinstance(value, Tensor) and isinstance(value, Buffer):
                raise AttributeError("cannot assign buffer before Module.__init__() call")
            _put(self, name, value)
        elif name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, None)
        elif name in self._modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            self._modules[name] = _announce("module", self, name, None)
        elif name in self._buffers or (isinstance(value, Tensor) and isinstance(value, Buffer)):
            self._set_buffer(name, value)
        else:
            _put(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if not (value is None or isinstance(value, Tensor)):
            raise TypeError(
                f"cannot assign '{_typename(value)}' as buffer '{name}' "
                "(torch.nn.Buffer, torch.Tensor or None expected)"
            )
        marked = isinstance(value, Buffer)
        persistent = getattr(value, "persistent", True) if marked else name not in self._non_persistent_buffers_set
        if type(self).register_buffer is Module.register_buffer:
            if marked and name in self.__dict__:
                del self.__dict__[name]
            self.register_buffer(name, value, persistent)
            return
        import inspect

        if "persistent" in inspect.signature(self.register_buffer).parameters:
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements register_buffer() "
                "without the persistent argument is not allowed."
            )

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted(name for name in names if not name[0].isdigit())

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep `tensor` under `name`: it moves and is saved with the module (saved only if `persistent`)."""
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        _check_name(self, "buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _announce("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep `param` under `name`."""
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        _check_name(self, "parameter", name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.tape_node is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                    f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
                )
            param = _announce("parameter", self, name, param)
        self._parameters[name] = param

    def add_module(self, name: str, module: Module | None) -> None:
        """Keep `module` under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        _check_name(self, "module", name, self._modules, f", got: {name}")
        self._modules[name] = _announce("module", self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """Alias of `add_module`."""
        self.add_module(name, module)

    # ---- addresses

    def get_submodule(self, target: str) -> Any:
        """The module at the dotted path `target`; AttributeError if there is none."""
        return find(self, target, Module, "nn.Module")

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at the dotted path `target`; `strict`: only where one is already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        put(self, target, module, Module, "nn.Module", strict)

    def get_parameter(self, target: str) -> Any:
        """The parameter at the dotted path `target`; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        found = attribute(self.get_submodule(path), name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Any:
        """The buffer at the dotted path `target`; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = attribute(owner, name)
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    # ---- walks

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Every module from this one down, with its path; each once if `remove_duplicate`."""
        seen = None if memo is None else {id(module) for module in memo}
        for path, module in walk(self, _children_of, prefix, seen, remove_duplicate):
            if memo is not None and remove_duplicate:
                memo.add(module)
            yield path, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Every module from this one down."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules right below this one, with their names, each once."""
        yield from gather((("", self),), _children_of)

    def children(self) -> Iterator[Module]:
        """The modules right below this one, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self, get_members_fn: Any, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        nodes = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        yield from gather(nodes, get_members_fn, remove_duplicate)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The parameters from this module down (of it alone unless `recurse`), with their paths."""
        yield from self._named_members(_named_parameters_of, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The parameters from this module down, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The buffers from this module down, with their paths."""
        yield from self._named_members(_named_buffers_of, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers from this module down, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # ---- changing everything below

    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """Call `fn` on every module, children first; returns self."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Any:
        """Training mode on or off, here and below; returns self."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Whether the parameters get gradients; returns self."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the parameters' gradients, or fill them with zeros."""
        for parameter in self.parameters():
            gradient = parameter.grad
            if gradient is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                if gradient.tape_node is not None:
                    gradient.detach_()
                else:
                    gradient.requires_grad_(False)
                gradient.zero_()

    # ---- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of the module's text."""
        return ""

    def __repr__(self) -> str:
        return outline(
            self._get_name(), self.extra_repr(), ((name, repr(child)) for name, child in self._modules.items())
        )

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted: calls stay as they are."""
