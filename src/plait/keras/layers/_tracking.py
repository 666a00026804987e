"""What a layer owns: variables, layers, metrics and seeds found in its attributes, in lists, tuples, dicts and sets of them too.

Rules of this file: an attribute is looked at when it is set; containers become subclasses of themselves that look at what is put in
later; after `lock` nothing new may be found.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_paused = 0


def no_tracking(method: F) -> F:
    """What the method sets on a layer is not looked at."""

    @wraps(method)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        global _paused
        _paused += 1
        try:
            return method(*args, **kwargs)
        finally:
            _paused -= 1

    return quiet  # type: ignore[return-value]


def _position(values: list[Any], value: Any) -> int:
    return next((i for i, v in enumerate(values) if v is value), -1)


class Tracker:
    """Sorts what it is shown into `stores`: the first kind that says yes takes it.

    A kind is (name, test, whether others that hold the value exclude it).
    """

    def __init__(self, kinds: Sequence[tuple[str, Callable[[Any], bool]]]) -> None:
        self.kinds = kinds
        self.stores: dict[str, list[Any]] = {name: [] for name, _ in kinds}
        self.ids: dict[str, set[int]] = {name: set() for name, _ in kinds}
        self.locked = False
        self.message = ""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "ids": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.ids = {name: {id(v) for v in store} for name, store in self.stores.items()}

    def lock(self, message: str | None = None) -> None:
        """Refuse anything new from now on, with this message."""
        self.locked = True
        if message is not None:
            self.message = message

    def unlock(self) -> None:
        """Take new things again."""
        self.locked = False

    def add(self, name: str, value: Any) -> None:
        """Put into a store; ValueError when locked."""
        if self.locked:
            raise ValueError(self.message)
        self.stores[name].append(value)
        self.ids[name].add(id(value))

    # the names that upstream's tracker has, for layers that reach for it
    add_to_store = add

    def is_in_store(self, name: str, value: Any) -> bool:
        """Whether the store holds this very object."""
        return id(value) in self.ids[name]

    def track(self, value: Any) -> Any:
        """`value`, known to the stores; a container comes back as one that watches what is put into it."""
        kind = type(value)
        if kind in _PLAIN or _paused:
            return value
        for name, test in self.kinds:
            if test(value):
                if name == "non_trainable_variables" and id(value) in self.ids["trainable_variables"]:
                    return value
                if id(value) not in self.ids[name]:
                    self.add(name, value)
                return value
        if isinstance(value, tuple):
            kept = [self.track(v) for v in value]
            return kind(*kept) if hasattr(value, "_fields") else kind(kept)
        if isinstance(value, list):
            return TrackedList(value, self)
        if isinstance(value, OrderedDict):
            return TrackedOrderedDict(value, self)
        if isinstance(value, dict):
            return TrackedDict(value, self)
        if isinstance(value, set):
            return TrackedSet(value, self)
        return value

    def untrack(self, value: Any) -> None:
        """Forget this very object."""
        for name, ids in self.ids.items():
            if id(value) in ids:
                ids.remove(id(value))
                store = self.stores[name]
                del store[_position(store, value)]


_PLAIN = frozenset((int, float, bool, str, bytes, type(None)))


def _remade(cls: Any, values: Any) -> Any:
    """A container as it was, before it knows its tracker again."""
    return cls(values)


def _seen(tracker: Tracker | None, value: Any) -> Any:
    return tracker.track(value) if tracker else value


def _gone(tracker: Tracker | None, values: Iterable[Any]) -> None:
    if tracker:
        for value in values:
            tracker.untrack(value)


class TrackedList(list[Any]):
    """A list whose members its layer knows."""

    def __init__(self, values: Iterable[Any] = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__([tracker.track(v) for v in values] if tracker else values)

    def append(self, value: Any) -> None:
        super().append(_seen(self.tracker, value))

    def insert(self, index: Any, value: Any) -> None:
        super().insert(index, _seen(self.tracker, value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([_seen(self.tracker, v) for v in values])

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(
            index, [_seen(self.tracker, v) for v in value] if isinstance(index, slice) else _seen(self.tracker, value)
        )

    def remove(self, value: Any) -> None:
        at = _position(self, value)
        if at < 0:
            super().remove(value)
        else:
            super().__delitem__(at)
        _gone(self.tracker, (value,))

    def pop(self, index: Any = -1) -> Any:
        value = super().pop(index)
        _gone(self.tracker, (value,))
        return value

    def clear(self) -> None:
        gone = list(self)
        super().clear()
        _gone(self.tracker, gone)

    def __delitem__(self, index: Any) -> None:
        gone = self[index] if isinstance(index, slice) else [self[index]]
        super().__delitem__(index)
        _gone(self.tracker, gone)

    def __reduce__(self) -> Any:
        return _remade, (type(self), list(self)), {"tracker": self.tracker}


class _Mapping(dict[Any, Any]):
    tracker: Tracker | None

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, self.tracker.track(value) if self.tracker else value)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def pop(self, key: Any, *default: Any) -> Any:
        held = key in self
        value = super().pop(key, *default)
        if held and self.tracker:
            self.tracker.untrack(value)
        return value

    def popitem(self, *args: Any) -> Any:
        key, value = super().popitem(*args)
        if self.tracker:
            self.tracker.untrack(value)
        return key, value

    def clear(self) -> None:
        gone = list(self.values())
        super().clear()
        if self.tracker:
            for value in gone:
                self.tracker.untrack(value)


class TrackedDict(_Mapping):
    """A dict whose values its layer knows."""

    def __init__(self, values: Any = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__({k: tracker.track(v) for k, v in dict(values).items()} if tracker else values)

    def __reduce__(self) -> Any:
        return _remade, (type(self), dict(self)), {"tracker": self.tracker}


class TrackedOrderedDict(_Mapping, OrderedDict[Any, Any]):
    """An OrderedDict whose values its layer knows."""

    def __init__(self, values: Any = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__()
        for key, value in OrderedDict(values).items():
            self[key] = value

    def __reduce__(self) -> Any:
        return _remade, (type(self), list(self.items())), {"tracker": self.tracker}


class TrackedSet(set[Any]):
    """A set whose members its layer knows."""

    def __init__(self, values: Iterable[Any] = (), tracker: Tracker | None = None) -> None:
        self.tracker = tracker
        super().__init__({tracker.track(v) for v in values} if tracker else values)

    def add(self, value: Any) -> None:
        super().add(_seen(self.tracker, value))

    def update(self, *others: Iterable[Any]) -> None:
        for values in others:
            for value in values:
                self.add(value)

    def remove(self, value: Any) -> None:
        super().remove(value)
        _gone(self.tracker, (value,))

    def pop(self) -> Any:
        value = super().pop()
        _gone(self.tracker, (value,))
        return value

    def clear(self) -> None:
        gone = list(self)
        super().clear()
        _gone(self.tracker, gone)

    def __reduce__(self) -> Any:
        return _remade, (type(self), set(self)), {"tracker": self.tracker}
