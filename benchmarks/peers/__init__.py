"""Whom plait is compared with. Each module's `Peer` builds the rows in its framework's own words and layout, or says that it cannot."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from benchmarks.describe import Spec, first

NAMES = ("torch", "paddle", "tensorflow", "jax", "onnxruntime", "openvino")


@dataclass
class Task:
    """A row, ready: how to make its layer from a module like PyTorch's, plait's own layer, what it does, its input and its output's gradient."""

    make: Callable[[Any], Any]
    layer: Any
    spec: Spec
    x: np.ndarray
    g: np.ndarray
    backward: bool


@dataclass
class Work:
    """A call to be timed, and how its value becomes arrays as plait has them: the output, or with backward all gradients too."""

    run: Callable[[], Any]
    arrays: Callable[[Any], list[np.ndarray]]
    note: str = ""


class Cannot(Exception):
    """The framework has no such layer, or none that does this work alone."""


class Peer:
    """What all have: a title with the version, what is imported, and `build`."""

    title = ""
    modules = ""
    gradients = False
    channels_last = False

    def __init__(self, threads: int) -> None:
        raise NotImplementedError

    def build(self, task: Task) -> list[Work]:
        """The work in each layout that is to be tried. Raises Cannot."""
        raise NotImplementedError

    def seed(self) -> None:
        """Before a row is made, where its random numbers can be plait's."""


class Weight(NamedTuple):
    """A parameter as plait has it, and the order of its axes in the peer."""

    array: np.ndarray
    axes: tuple[int, ...] | None = None


Rule = Callable[[Spec], tuple[Callable[..., Any], list[Weight]]]


def plain(function: Callable[..., Any]) -> Rule:
    """The rule of a kind that has neither settings nor weights."""
    return lambda spec: (function, [])


class Functional(Peer):
    """A framework of functions over arrays with gradients: a rule per kind gives the function of (x, *weights) and the weights."""

    rules: dict[str, Rule] = {}

    def array(self, value: np.ndarray) -> Any:
        raise NotImplementedError

    def forward(self, function: Callable[..., Any], x: Any, weights: list[Any]) -> Callable[[], Any]:
        """Gives a call whose value is the output, or a tuple that begins with it."""
        raise NotImplementedError

    def both(self, function: Callable[..., Any], x: Any, weights: list[Any], g: Any) -> Callable[[], Any]:
        """Gives a call whose value is (output, gradient of x, gradient of each weight)."""
        raise NotImplementedError

    def compose(self, spec: Spec) -> tuple[Callable[..., Any], list[Weight]]:
        """The function of a layer, of a chain or of a residual block."""
        if spec.kind == "chain":
            made = [self.compose(part) for part in spec.parts]
            return _chain([(function, len(weights)) for function, weights in made]), [w for _, ws in made for w in ws]
        if spec.kind == "residual":
            (body, of_body), (shortcut, of_shortcut) = (self.compose(part) for part in spec.parts)
            relu, _ = self.rules["relu"](spec)
            n = len(of_body)
            return lambda x, *w: relu(first(body(x, *w[:n])) + first(shortcut(x, *w[n:]))), [*of_body, *of_shortcut]
        if spec.kind == "dropout" and not spec["training"]:
            return lambda x: x, []
        if spec.kind not in self.rules:
            raise Cannot("only compared with PyTorch" if spec.kind == "other" else "no such layer")
        return self.rules[spec.kind](spec)

    def there(self, value: np.ndarray, spatial: bool) -> Any:
        """An array of plait's, in the peer's layout."""
        if self.channels_last and spatial and value.ndim > 2:
            value = np.moveaxis(value, 1, -1)
        return self.array(np.ascontiguousarray(value))

    def back(self, value: Any, spatial: bool) -> np.ndarray:
        """An array of the peer's, in plait's layout."""
        array = np.asarray(value)
        return np.moveaxis(array, -1, 1) if self.channels_last and spatial and array.ndim > 2 else array

    def build(self, task: Task) -> list[Work]:
        spatial = task.spec.spatial
        function, parameters = self.compose(task.spec)
        x = self.there(task.x, spatial)
        weights = [
            self.array(np.ascontiguousarray(w.array.transpose(w.axes or range(w.array.ndim)))) for w in parameters
        ]
        if not task.backward:
            return [Work(self.forward(function, x, weights), lambda value: [self.back(first(value), spatial)])]

        def arrays(value: Any) -> list[np.ndarray]:
            y, dx, *gradients = value
            back = [
                np.asarray(got).transpose(np.argsort(w.axes)) if w.axes else np.asarray(got)
                for got, w in zip(gradients, parameters, strict=True)
            ]
            return [self.back(y, spatial), self.back(dx, spatial), *back]

        return [Work(self.both(function, x, weights, self.there(task.g, spatial)), arrays)]


def _chain(steps: list[tuple[Callable[..., Any], int]]) -> Callable[..., Any]:
    def run(x: Any, *weights: Any) -> Any:
        i = 0
        for function, n in steps:
            x = first(function(x, *weights[i : i + n]))
            i += n
        return x

    return run


def weights_of(spec: Spec, axes: tuple[int, ...] | None = None) -> list[Weight]:
    """The layer's own weights in order; `axes` for those of more than one axis."""
    return [Weight(w, axes if w.ndim > 1 else None) for w in spec.weights.values()]


def divides(spec: Spec) -> tuple[int, ...]:
    """The window of an adaptive pool whose windows are all alike. Raises Cannot."""
    if any(x % n for x, n in zip(spec.x[2:], spec["size"], strict=True)):
        raise Cannot("windows of different sizes")
    return tuple(x // n for x, n in zip(spec.x[2:], spec["size"], strict=True))


def load(name: str, threads: int) -> Peer:
    """The peer, with `threads` threads. Raises ImportError where it is not installed."""
    found: Peer = importlib.import_module(f"benchmarks.peers.{name}").Peer(threads)
    return found
