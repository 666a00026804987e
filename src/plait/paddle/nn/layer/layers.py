"""Layer: the base of everything with parameters. The walks and addresses are the shared tree's.

Three parts of it lie in files of their own: hooks (`_hooks.py`), state (`_state.py`), casting (`_casting.py`).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, TypeVar

from plait import _native
from plait.layers.layout import Place
from plait.layers.tree import attribute, find, gather, put, walk
from plait.paddle._parameter import EagerParamBase
from plait.paddle._tensor import Tensor
from plait.paddle.base import unique_name
from plait.paddle.nn._aliases import FormatShown, renamed
from plait.paddle.nn.layer._casting import Castable
from plait.paddle.nn.layer._hooks import TABLES, Hooked, call_with_hooks
from plait.paddle.nn.layer._state import Stateful

__all__ = ["Layer"]

T = TypeVar("T", bound="Layer")
_put = object.__setattr__


def _snake(name: str) -> str:
    """`AdaptiveAvgPool2D` as `adaptive_avg_pool2d`."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _parameters_of(layer: Layer) -> Any:
    return layer._parameters.items()


def _buffers_of(layer: Layer) -> Any:
    return layer._buffers.items()


def _children_of(layer: Layer) -> Any:
    return layer._sub_layers.items()


def _drop(name: str, *tables: dict[str, Any]) -> None:
    for table in tables:
        table.pop(name, None)


class Layer(Hooked, Stateful, Castable):
    """The base class of all layers: a subclass assigns parameters, buffers and layers to itself and says `forward`.

    >>> from plait.paddle import nn, ones
    >>> class Scaled(nn.Layer):
    ...     def __init__(self, by):
    ...         super().__init__()
    ...         self.by = by
    ...     def forward(self, x):
    ...         return x * self.by
    >>> Scaled(2.0)(ones([2])).tolist()
    [2.0, 2.0]
    """

    __signature__ = FormatShown()

    training: bool
    _parameters: OrderedDict[str, Any]
    _buffers: OrderedDict[str, Any]
    _sub_layers: OrderedDict[str, Any]
    #: Values, by parameters' names, that parameters get when they are added.
    _loaddict_holder: OrderedDict[str, Any]
    _non_persistable_buffer_names_set: set[str]
    _built: bool
    _dtype: Any
    _full_name: str
    #: Where this class' own parameters and statistics lie relative to the engine's (plait/layers/layout.py).
    _places: ClassVar[dict[str, Place]] = {}

    def __init__(self, name_scope: str | None = None, dtype: Any = "float32") -> None:
        state = self.__dict__
        state["training"] = True
        state["_full_name"] = unique_name.generate(_snake(type(self).__name__) if name_scope is None else name_scope)
        state["_built"] = False
        state["_dtype"] = dtype
        state["_parameters"] = OrderedDict()
        state["_buffers"] = OrderedDict()
        state["_non_persistable_buffer_names_set"] = set()
        state["_sub_layers"] = OrderedDict()
        state["_loaddict_holder"] = OrderedDict()
        for table in TABLES:
            state[table] = OrderedDict()

    # ---- calling

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        state = self.__dict__
        if (
            state["_forward_pre_hooks"]
            or state["_forward_post_hooks"]
            or type(self)._build_once is not Layer._build_once
        ):
            return call_with_hooks(self, inputs, kwargs)
        return self.forward(*inputs, **kwargs)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What a subclass computes; every subclass overrides it."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its forward computes")

    def backward(self, *inputs: Any) -> Any:
        """Refused: gradients come from the tape."""
        raise ValueError("Layer shouldn't implement backward")

    def _build_once(self, *args: Any, **kwargs: Any) -> None:
        pass

    # ---- modes and names

    def train(self: T, mode: bool = True) -> T:
        """Set `training` here and in all layers below."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean; got {type(mode).__name__}")
        self.training = mode
        for layer in self.sublayers():
            layer.training = mode
        return self

    def eval(self: T) -> T:
        """`train(False)`."""
        self.training = False
        for layer in self.sublayers():
            layer.training = False
        return self

    def apply(self: T, fn: Callable[[Layer], Any]) -> T:
        """Call fn on every layer below, children first, and on this one."""
        for layer in self.children():
            layer.apply(fn)
        fn(self)
        return self

    def full_name(self) -> str:
        """A name that no other layer has, such as `linear_0`."""
        return self._full_name

    def _get_name(self) -> str:
        return type(self).__name__

    # ---- what a layer has

    def create_parameter(
        self,
        shape: Any,
        attr: Any = None,
        dtype: Any = None,
        is_bias: bool = False,
        default_initializer: Any = None,
        device: Any = None,
    ) -> Any:
        """A new Parameter (not yet this layer's own), filled as `attr` or `default_initializer` say; None where attr is False."""
        from plait.paddle.nn._create import create_parameter

        return create_parameter(self._full_name, shape, attr, dtype, is_bias, default_initializer)

    def create_tensor(self, name: str | None = None, persistable: bool | None = None, dtype: Any = None) -> Tensor:
        """An empty tensor with a name below this layer's."""
        from plait.paddle.nn._create import empty_tensor

        full = f"{self._full_name}.{name}" if name is not None else None
        return empty_tensor(full or unique_name.generate(f"{self._full_name}._generated_var"), persistable, dtype)

    create_variable = create_tensor

    @renamed("include_sublayers:recurse")
    def parameters(self, include_sublayers: bool = True) -> list[Any]:
        """All parameters, each once."""
        return [p for _, p in self.named_parameters(include_sublayers=include_sublayers)]

    @renamed("include_sublayers:recurse")
    def named_parameters(
        self, prefix: str = "", include_sublayers: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """All parameters as (path, parameter)."""
        return gather(self._nodes(prefix, include_sublayers, remove_duplicate), _parameters_of, remove_duplicate)

    @renamed("include_sublayers:recurse")
    def buffers(self, include_sublayers: bool = True) -> list[Tensor]:
        """All buffers, each once."""
        return [b for _, b in self.named_buffers(include_sublayers=include_sublayers)]

    @renamed("include_sublayers:recurse")
    def named_buffers(
        self, prefix: str = "", include_sublayers: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers as (path, tensor)."""
        return gather(self._nodes(prefix, include_sublayers, remove_duplicate), _buffers_of, remove_duplicate)

    def _nodes(self, prefix: str, below: bool, unique: bool) -> Any:
        return walk(self, _children_of, prefix, None, unique) if below else [(prefix, self)]

    def children(self) -> Iterator[Layer]:
        """The layers right below, each once."""
        for _, layer in self.named_children():
            yield layer

    def named_children(self) -> Iterator[tuple[str, Layer]]:
        """The layers right below as (name, layer)."""
        return gather((("", self),), _children_of)

    def sublayers(self, include_self: bool = False) -> list[Layer]:
        """All layers below, each once."""
        return [layer for _, layer in self.named_sublayers(include_self=include_self)]

    def named_sublayers(
        self, prefix: str = "", include_self: bool = False, layers_set: Any = None, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Layer]]:
        """All layers below as (path, layer), parents first; `layers_set` holds layers to leave out."""
        seen = {id(layer) for layer in layers_set} if layers_set else set()
        for path, layer in walk(self, _children_of, prefix, seen, remove_duplicate):
            if layer is self and path == prefix and not include_self:
                continue
            if layers_set is not None:
                layers_set.add(layer)
            yield path, layer

    def modules(self) -> Iterator[Layer]:
        """This layer and all below."""
        for _, layer in self.named_modules():
            yield layer

    def named_modules(
        self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Layer]]:
        """`named_sublayers` with this layer itself."""
        return self.named_sublayers(prefix, True, memo, remove_duplicate)

    # ---- registering

    def add_sublayer(self, name: str, sublayer: Any) -> Any:
        """Make `sublayer` a child of that name; it returns it."""
        if not (isinstance(sublayer, Layer) or sublayer is None):
            raise AssertionError(
                f"add_sublayer: sublayer must be a Layer or None; got {type(sublayer).__name__} for {name!r}"
            )
        self._sub_layers[name] = sublayer
        return sublayer

    def add_module(self, name: str, module: Any) -> None:
        """`add_sublayer`."""
        self.add_sublayer(name, module)

    register_module = add_module

    def add_parameter(self, name: str, parameter: Any) -> Any:
        """Make `parameter` this layer's own under that name; it returns it."""
        if "_parameters" not in self.__dict__:
            raise RuntimeError("super().__init__() should be called firstly.")
        if not isinstance(name, str):
            raise TypeError(f"The name of parameter should be a string, but received {type(name).__name__}.")
        self._check_path("parameter", name)
        if hasattr(self, name) and name not in self._parameters:
            raise KeyError(f"The parameter '{name}' already exists.")
        if parameter is not None and not isinstance(parameter, EagerParamBase):
            raise TypeError(
                f"The parameter to be added should be a Parameter, but received {type(parameter).__name__}."
            )
        if parameter is not None and self._loaddict_holder:
            if parameter.name not in self._loaddict_holder:
                raise AssertionError(f"Parameter not found, Can't not find [ {parameter.name} ] in state_dict")
            parameter.set_value(self._loaddict_holder[parameter.name])
        self._parameters[name] = parameter
        return parameter

    def register_parameter(self, name: str, param: Any) -> None:
        """`add_parameter`."""
        self.add_parameter(name, param)

    @renamed("persistable:persistent")
    def register_buffer(self, name: str, tensor: Any, persistable: bool = True) -> None:
        """Make `tensor` a buffer of that name; `persistable`: in the state_dict."""
        if "_buffers" not in self.__dict__:
            raise ValueError("super().__init__() should be called first")
        if not isinstance(name, str):
            raise TypeError(f"The name of buffer should be a string, but received {type(name).__name__}.")
        self._check_path("buffer", name)
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"attribute '{name}' already exists.")
        if tensor is not None and type(tensor) is not Tensor:
            raise TypeError(f"The registered buffer should be a Paddle.Tensor, but received {type(tensor).__name__}.")
        self._buffers[name] = tensor
        if persistable:
            self._non_persistable_buffer_names_set.discard(name)
        else:
            self._non_persistable_buffer_names_set.add(name)

    @staticmethod
    def _check_path(kind: str, name: str) -> None:
        if "." in name:
            raise KeyError(f"The name of {kind} can not contain `.` (self.{name} would not find it); received '{name}'")
        if name == "":
            raise KeyError(f"The name of {kind} can not be empty.")

    # ---- addresses

    def get_sublayer(self, target: str) -> Layer:
        """The layer at a path such as "a.0.b"; AttributeError where there is none."""
        found: Layer = find(self, target, Layer, "nn.Layer")
        return found

    @renamed("layer:module")
    def set_sublayer(self, target: str, layer: Layer, strict: bool = False) -> None:
        """Put a layer at a path; with `strict` only where one is."""
        if target == "":
            raise ValueError("Cannot set the sublayer without a target name!")
        put(self, target, layer, Layer, "nn.Layer", strict)

    get_submodule = get_sublayer
    set_submodule = set_sublayer

    def get_parameter(self, target: str) -> Any:
        """The parameter at a path; AttributeError where there is none."""
        found = self._at(target)
        if not isinstance(found, Tensor):
            raise AttributeError(f"`{target.rpartition('.')[2]}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path; AttributeError where there is none."""
        head, _, name = target.rpartition(".")
        found = self._at(target)
        if name not in self.get_sublayer(head)._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    def _at(self, target: str) -> Any:
        head, _, name = target.rpartition(".")
        return attribute(self.get_sublayer(head), name)

    # ---- attributes

    @partial(_native.lookup, ("_parameters", "_sub_layers", "_buffers"))
    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        for table in ("_parameters", "_sub_layers", "_buffers"):
            if table in state and name in state[table]:
                return state[table][name]
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        state = self.__dict__
        if isinstance(getattr(type(self), name, None), property):
            _put(self, name, value)
            if not isinstance(value, (Tensor, Layer)):
                return
        params, layers, buffers = state.get("_parameters"), state.get("_sub_layers"), state.get("_buffers")
        if isinstance(value, (EagerParamBase, Layer, Tensor)) and (params is None or layers is None or buffers is None):
            raise ValueError("super().__init__() should be called first")
        if params is None or layers is None or buffers is None:
            _put(self, name, value)
        elif isinstance(value, EagerParamBase):
            _drop(name, state, buffers, layers)
            params[name] = value
        elif name in params:
            if value is not None:
                raise TypeError(
                    f"assignment to parameter '{name}' should be of type Parameter or None, but got '{type(value).__name__}'"
                )
            params[name] = None
        elif isinstance(value, Layer):
            _drop(name, state, params, buffers)
            layers[name] = value
        elif name in layers:
            if value is not None:
                raise TypeError(
                    f"assignment to sublayer '{name}' should be of type Layer or None, but got '{type(value).__name__}'"
                )
            layers[name] = None
        elif isinstance(value, Tensor):
            _drop(name, state, params, layers)
            if name not in buffers:
                self._non_persistable_buffer_names_set.add(name)
            buffers[name] = value
        elif name in buffers:
            if value is not None:
                raise TypeError(
                    f"assignment to buffers '{name}' should be of type core.DenseTensor or None, but got '{type(value).__name__}'"
                )
            buffers[name] = None
        else:
            _put(self, name, value)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._sub_layers):
            if name in table:
                del table[name]
                return
        if name in self._buffers:
            del self._buffers[name]
            self._non_persistable_buffer_names_set.discard(name)
        else:
            object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return [
            *dir(type(self)),
            *self.__dict__,
            *self._parameters,
            *self._sub_layers,
            *self._buffers,
        ]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def _modules(self) -> OrderedDict[str, Any]:
        return self._sub_layers

    @property
    def _non_persistent_buffers_set(self) -> set[str]:
        return self._non_persistable_buffer_names_set

    # ---- printing

    def extra_repr(self) -> str:
        """What stands between the parentheses when this layer is printed."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr().split("\n")
        text = type(self).__name__ + "("
        text += own[0] if len(own) == 1 else "\n  " + "\n  ".join(own) + "\n"
        if self._sub_layers:
            lines = [f"({name}): " + repr(layer).replace("\n", "\n  ") for name, layer in self._sub_layers.items()]
            text += "\n  " + "\n  ".join(lines) + "\n"
        return text + ")"

    # ---- gradients

    def clear_gradients(self, set_to_zero: bool = True) -> None:
        """Fill the gradients of all trainable parameters with zeros; with `set_to_zero=False` let them go."""
        for p in self.parameters():
            if p.trainable:
                p.clear_gradient(set_to_zero)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Let all gradients go, or fill them with zeros."""
        for p in self.parameters():
            if p.grad is not None:
                p.clear_gradient(not set_to_none)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Set whether the parameters want gradients."""
        for p in self.parameters():
            p.stop_gradient = not requires_grad
        return self

    def get_extra_state(self) -> Any:
        """Refused: a layer has no extra state."""
        raise RuntimeError("Layer.get_extra_state: a layer has no extra state")
