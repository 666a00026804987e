"""A layer's state: variables, inner layers, metrics and seeds, found in its attributes; their lists; saving and loading values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from plait.keras._variable import Variable
from plait.keras.layers._tracking import Tracker
from plait.keras.random._seed import SeedGenerator

__all__ = ["State"]

_LOCKED = (
    "You cannot add new elements of state (variables or sub-layers) to a layer that is already built. All state must be created in "
    "the `__init__()` method or in the `build()` method."
)


def _unique(values: Iterable[Any]) -> list[Any]:
    return list({id(v): v for v in values}.values())


def _is_layer(x: Any) -> bool:
    return isinstance(x, State) and not _is_metric(x)


def _is_metric(x: Any) -> bool:
    return getattr(type(x), "_is_metric", False)


def _is_seed(x: Any) -> bool:
    return isinstance(x, SeedGenerator)


def _is_trained(x: Any) -> bool:
    return isinstance(x, Variable) and x.trainable


def _is_kept(x: Any) -> bool:
    return isinstance(x, Variable) and not x.trainable


_KINDS: list[tuple[str, Callable[[Any], bool]]] = [
    ("trainable_variables", _is_trained),
    ("non_trainable_variables", _is_kept),
    ("metrics", _is_metric),
    ("layers", _is_layer),
    ("seed_generators", _is_seed),
]


class State:
    """The part of Layer that owns things."""

    _tracker: Tracker
    _trainable: bool
    _trainable_variables: list[Any]
    _non_trainable_variables: list[Any]
    _layers: list[Any]
    _metrics: list[Any]
    _seed_generators: list[Any]
    name: str
    built: bool

    def _initialize_tracker(self) -> None:
        if "_tracker" in self.__dict__:
            return
        tracker = Tracker(_KINDS)
        put = object.__setattr__
        put(self, "_tracker", tracker)
        for name in ("trainable_variables", "non_trainable_variables", "layers", "metrics", "seed_generators"):
            put(self, f"_{name}", tracker.stores[name])

    def __setattr__(self, name: str, value: Any) -> None:
        if "_tracker" not in self.__dict__:
            self._initialize_tracker()
        object.__setattr__(self, name, self._tracker.track(value))

    def __delattr__(self, name: str) -> None:
        value = getattr(self, name)
        if isinstance(value, Variable):
            self._untrack_variable(value)
        object.__delattr__(self, name)

    def _lock_state(self) -> None:
        if not self._tracker.locked:
            self._tracker.lock(_LOCKED)

    def _track_variable(self, variable: Any) -> None:
        self._tracker.add("trainable_variables" if variable.trainable else "non_trainable_variables", variable)
        if not self._trainable:
            variable.trainable = False

    def _untrack_variable(self, variable: Any) -> None:
        locked = self._tracker.locked
        self._tracker.unlock()
        self._tracker.untrack(variable)
        self._tracker.locked = locked

    # --- lists ------------------------------------------------------------------------------------------------------------------

    @property
    def trainable(self) -> bool:
        """Whether the layer's weights are trained; setting it sets the inner layers' too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        value = bool(value)
        self._trainable = value
        for v in self._trainable_variables:
            v.trainable = value
        for layer in self._layers:
            layer.trainable = value

    @property
    def variables(self) -> list[Any]:
        """Weights, and the state of seeds, of the layer and its inner layers."""
        own = [*self._trainable_variables, *self._non_trainable_variables, *(s.state for s in self._seed_generators)]
        return _unique([*own, *(v for layer in self._layers for v in layer.variables)])

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training changes."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that training leaves."""
        return [v for v in self.variables if not v.trainable] if self.trainable else self.variables

    @property
    def weights(self) -> list[Any]:
        """The layer's and its inner layers' weights, without the state of seeds and metrics."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        return _unique([*own, *(v for layer in self._layers for v in layer.weights)])

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training leaves."""
        return [v for v in self.weights if not v.trainable] if self.trainable else self.weights

    @property
    def metrics(self) -> list[Any]:
        """The layer's and its inner layers' metrics."""
        return [*self._metrics, *(m for layer in self._layers for m in layer.metrics)]

    @property
    def metrics_variables(self) -> list[Any]:
        """The metrics' variables."""
        return [v for metric in self.metrics for v in metric.variables]

    # --- values -----------------------------------------------------------------------------------------------------------------

    def get_weights(self) -> list[Any]:
        """The weights' values as arrays."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Give the weights these values; ValueError where their number or a shape is wrong."""
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length {len(weights)}, but the "
                f"layer was expecting {len(own)} weights."
            )
        for variable, value in zip(own, weights, strict=True):
            if tuple(variable.shape) != tuple(value.shape):
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not compatible with provided weight shape {value.shape}."
                )
            variable.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. You can build it manually "
                "via: `layer.build(input_shape)`."
            )
        return sum(math.prod(v.shape) for v in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own variables into a mapping, by number."""
        for i, v in enumerate([*self._trainable_variables, *self._non_trainable_variables]):
            store[f"{i}"] = v

    def _check_load_own_variables(self, store: Any) -> None:
        own = [*self._trainable_variables, *self._non_trainable_variables]
        found = len(store.keys())
        if found == len(own):
            return
        if not own and not self.built:
            raise ValueError(
                f"Layer '{self.name}' was never built and thus it doesn't have any variables. However the weights file lists "
                f"{found} variables for this layer. Either a parent's `build()` did not build it, or it needs a "
                "`build_from_config()` (and `get_build_config()`) of its own."
            )
        raise ValueError(
            f"Layer '{self.name}' expected {len(own)} variables, but received {found} variables during loading. "
            f"Expected: {[v.name for v in own]}"
        )

    def load_own_variables(self, store: Any) -> None:
        """Take the layer's own variables from a mapping, by number."""
        self._check_load_own_variables(store)
        for i, v in enumerate([*self._trainable_variables, *self._non_trainable_variables]):
            v.assign(store[f"{i}"])
