"""What layers do with their arguments: tuples of sizes, names of padding, initializers, regularizers and constraints by name.

A family is one class with its rank as an attribute; its rows for one, two and three dimensions are that class with other
defaults (`_signatures.with_defaults`).
"""

from __future__ import annotations

from typing import Any

from plait.keras import activations, constraints, initializers, regularizers

_FAMILIES: dict[str, Any] = {
    "initializer": initializers, "regularizer": regularizers, "constraint": constraints, "activation": activations,
}  # fmt: skip


def _family(name: str) -> Any:
    return _FAMILIES[name.rsplit("_", 1)[-1]]


def keep(layer: Any, **options: Any) -> None:
    """Set attributes such as `kernel_initializer` or `activation` to what names and configs stand for."""
    for name, value in options.items():
        setattr(layer, name, _family(name).get(value))


def told(layer: Any, *names: str) -> dict[str, Any]:
    """Attributes for a config: the families' things by their configs, others as they are."""
    return {
        name: _family(name).serialize(getattr(layer, name))
        if name.rsplit("_", 1)[-1] in _FAMILIES
        else getattr(layer, name)
        for name in names
    }


def standardize_tuple(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """A number, or n of them, as n numbers; ValueError for others, and for what is not positive (not negative, with `allow_zero`).

    >>> standardize_tuple(2, 3, "pool_size")
    (2, 2, 2)
    """
    words = f"The `{name}` argument must be a tuple of {n} integers. Received {name}={value}"
    if isinstance(value, int):
        given: tuple[Any, ...] = (value,) * n
    else:
        try:
            given = tuple(value)
        except TypeError:
            raise ValueError(words) from None
        if len(given) != n:
            raise ValueError(words)
        for one in given:
            try:
                int(one)
            except (ValueError, TypeError):
                raise ValueError(f"{words}, including element {one} of type {type(one)}") from None
    wrong = {v for v in given if v < 0 or (v == 0 and not allow_zero)}
    if wrong:
        raise ValueError(
            f"{words}, including values {wrong} that do not satisfy `value {'>=' if allow_zero else '>'} 0`"
        )
    return given


def standardize_padding(value: Any, allow_causal: bool = False) -> Any:
    """ "valid", "same" or (if allowed) "causal" in lower case; ValueError for others."""
    if isinstance(value, (list, tuple)):
        return value
    padding = value.lower()
    allowed = {"valid", "same", "causal"} if allow_causal else {"valid", "same"}
    if padding not in allowed:
        raise ValueError(f"The `padding` argument must be a list/tuple or one of {allowed}. Received: {padding}")
    return padding


def check_axes(axis: Any, input_shape: Any) -> None:
    """ValueError where an axis is not one of the input's."""
    for a in [axis] if isinstance(axis, int) else axis:
        if not -len(input_shape) <= a < len(input_shape):
            raise ValueError(f"Axis {a} is out of bounds for input shape {input_shape}. Received: axis={axis}")
