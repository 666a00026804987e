"""Layers that hold others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from plait.op import bump
from plait.paddle._parameter import EagerParamBase
from plait.paddle._tensor import Tensor
from plait.paddle.nn._aliases import renamed
from plait.paddle.nn.layer.layers import Layer

__all__ = ["LayerDict", "LayerList", "ParameterDict", "ParameterList", "Sequential"]

L = TypeVar("L", bound="LayerList")


def _pairs(given: Any, what: str) -> Iterator[tuple[str, Any]]:
    """(key, value) of a mapping or of pairs."""
    if not isinstance(given, Iterable):
        raise AssertionError(
            f"The type of {what} is not iterable of key/value pairs, the type of {what} is {type(given).__name__}"
        )
    if isinstance(given, Mapping) or hasattr(given, "items"):
        yield from given.items()
        return
    for i, pair in enumerate(given):
        if len(pair) != 2:
            raise ValueError(f"The length of the {i}'s element in {what} is {len(pair)}, which must be 2.")
        yield pair[0], pair[1]


class Sequential(Layer):
    """Layers called one after the other: given one by one, as (name, layer) pairs, or as an OrderedDict.

    >>> from plait.paddle import nn
    >>> nn.Sequential(("act", nn.ReLU()))
    Sequential(
      (act): ReLU()
    )
    """

    def __init__(self, *layers: Any) -> None:
        super().__init__()
        if len(layers) == 1 and isinstance(layers[0], OrderedDict):
            named: Any = layers[0].items()
        elif layers and isinstance(layers[0], (list, tuple)):
            named = layers
        else:
            named = ((str(i), layer) for i, layer in enumerate(layers))
        for name, layer in named:
            self.add_sublayer(name, layer)

    def __getitem__(self, name: Any) -> Any:
        if isinstance(name, slice):
            return type(self)(*list(self._sub_layers.values())[name])
        if isinstance(name, str):
            return self._sub_layers[name]
        if not -len(self._sub_layers) <= name < len(self._sub_layers):
            raise IndexError(f"index {name} is out of range")
        return list(self._sub_layers.values())[name]

    def __setitem__(self, name: Any, layer: Any) -> None:
        if not isinstance(layer, Layer):
            raise AssertionError(f"Sequential: a Layer can be set, but received {type(layer).__name__}")
        setattr(self, str(name), layer)

    def __delitem__(self, name: Any) -> None:
        if str(name) not in self._sub_layers:
            raise AssertionError(f"Sequential has no layer {name!r}")
        del self._sub_layers[str(name)]

    def __len__(self) -> int:
        return len(self._sub_layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._sub_layers.values())

    def forward(self, input: Any) -> Any:
        """What the last layer makes of what the others made."""
        for layer in self._sub_layers.values():
            input = layer(input)
        return input

    def append(self, module: Any) -> Sequential:
        """Add a layer at the end."""
        self.add_sublayer(str(len(self)), module)
        return self

    def insert(self, index: int, module: Any) -> Sequential:
        """Add a layer before the one at `index`."""
        if not isinstance(module, Layer):
            raise AssertionError(f"module should be of type: {Layer}")
        n = len(self._sub_layers)
        if not -n <= index <= n:
            raise IndexError(f"Index out of range: {index}")
        _insert(self._sub_layers, index + n if index < 0 else index, module)
        return self

    def extend(self, sequential: Iterable[Any]) -> Sequential:
        """Add layers at the end."""
        for layer in sequential:
            self.append(layer)
        return self


def _insert(table: OrderedDict[str, Any], index: int, layer: Any) -> None:
    for i in range(len(table), index, -1):
        table[str(i)] = table[str(i - 1)]
    table[str(index)] = layer


class LayerList(Layer):
    """A list of layers, which it calls in no way of its own."""

    @renamed("sublayers:modules")
    def __init__(self, sublayers: Any = None) -> None:
        super().__init__()
        for i, layer in enumerate(sublayers or ()):
            self.add_sublayer(str(i), layer)

    def _index(self, index: Any) -> Any:
        if isinstance(index, int):
            if not -len(self) <= index < len(self):
                raise IndexError(
                    f"index {index} is out of range, should be an integer in range [{-len(self)}, {len(self)})"
                )
            return index + len(self) if index < 0 else index
        return index

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            return type(self)(list(self._sub_layers.values())[idx])
        return self._sub_layers[str(self._index(idx))]

    def __setitem__(self, idx: int, sublayer: Any) -> None:
        setattr(self, str(self._index(idx)), sublayer)

    def __delitem__(self, idx: Any) -> None:
        gone = range(len(self))[idx] if isinstance(idx, slice) else (self._index(idx),)
        for i in gone:
            delattr(self, str(i))
        self._sub_layers = OrderedDict((str(i), layer) for i, layer in enumerate(self._sub_layers.values()))

    def __len__(self) -> int:
        return len(self._sub_layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._sub_layers.values())

    def __iadd__(self: L, modules: Iterable[Any]) -> L:
        return self.extend(modules)

    def __add__(self, other: Iterable[Any]) -> LayerList:
        return LayerList(list(chain(self, other)))

    def __dir__(self) -> list[str]:
        return [key for key in super().__dir__() if not key.isdigit()]

    @renamed("sublayer:module")
    def append(self: L, sublayer: Any) -> L:
        """Add a layer at the end."""
        self.add_sublayer(str(len(self)), sublayer)
        return self

    @renamed("sublayer:module")
    def insert(self, index: int, sublayer: Any) -> None:
        """Add a layer before the one at `index`."""
        n = len(self._sub_layers)
        if not (isinstance(index, int) and -n <= index <= n):
            raise AssertionError(f"index should be an integer in range [{-n}, {n}], but received {index}")
        _insert(self._sub_layers, index + n if index < 0 else index, sublayer)

    @renamed("sublayers:modules")
    def extend(self: L, sublayers: Iterable[Any]) -> L:
        """Add layers at the end."""
        start = len(self)
        for i, layer in enumerate(sublayers):
            self.add_sublayer(str(start + i), layer)
        return self

    def pop(self, key: Any) -> Any:
        """Take a layer out."""
        layer = self[key]
        del self[key]
        return layer


class LayerDict(Layer):
    """Layers by name, which it calls in no way of its own."""

    @renamed("sublayers:modules")
    def __init__(self, sublayers: Any = None) -> None:
        super().__init__()
        if sublayers is not None:
            self.update(sublayers)

    def __getitem__(self, key: str) -> Any:
        return self._sub_layers[key]

    def __setitem__(self, key: str, sublayer: Any) -> None:
        self.add_sublayer(key, sublayer)

    def __delitem__(self, key: str) -> None:
        del self._sub_layers[key]

    def __len__(self) -> int:
        return len(self._sub_layers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sub_layers)

    def __contains__(self, key: str) -> bool:
        return key in self._sub_layers

    def clear(self) -> None:
        """Take all layers out."""
        self._sub_layers.clear()

    def pop(self, key: str) -> Any:
        """Take a layer out."""
        return self._sub_layers.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._sub_layers.keys()

    def items(self) -> Any:
        """The names and layers."""
        return self._sub_layers.items()

    def values(self) -> Any:
        """The layers."""
        return self._sub_layers.values()

    @renamed("sublayers:modules")
    def update(self, sublayers: Any) -> None:
        """Add layers from a mapping or from (name, layer) pairs."""
        for name, layer in _pairs(sublayers, "sublayers"):
            self.add_sublayer(name, layer)


class ParameterList(Layer):
    """A list of parameters."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        for i, parameter in enumerate(parameters or ()):
            if not isinstance(parameter, EagerParamBase):
                raise AssertionError(
                    f"ParameterList: element {i} must be a Parameter, but received {type(parameter).__name__}"
                )
            self.add_parameter(str(i), parameter)

    def __getitem__(self, idx: int) -> Any:
        return self._parameters[str(idx)]

    def __setitem__(self, idx: int, param: Any) -> None:
        if not isinstance(param, Tensor):
            raise TypeError(f"param should be 'Parameter' or 'Tensor', but received {type(param)}")
        own: Any = self._parameters[str(idx)]
        own.array = param.array.copy()
        bump(own)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parameters.values())

    def append(self, parameter: Any) -> ParameterList:
        """Add a parameter at the end."""
        self.add_parameter(str(len(self._parameters)), parameter)
        return self


class ParameterDict(Layer):
    """Parameters by name."""

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, param: Any) -> None:
        if not isinstance(param, EagerParamBase):
            raise AssertionError(f"ParameterDict: {key!r} must be a Parameter, but received {type(param).__name__}")
        setattr(self, key, param)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def update(self, parameters: Any) -> None:
        """Add parameters from a mapping or from (name, parameter) pairs."""
        for name, parameter in _pairs(parameters, "parameters"):
            self.add_parameter(name, parameter)
