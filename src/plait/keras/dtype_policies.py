"""keras.dtype_policies: in which dtype a layer keeps its weights, and in which it computes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from plait.keras import _convert, _dtypes
from plait.tensor import Tensor

__all__ = ["DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "deserialize", "get", "serialize"]

_MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}
_current: DTypePolicy | None = None


class DTypePolicy:
    """A dtype's name, or "mixed_float16" or "mixed_bfloat16": computing in halves over float32 weights.

    >>> DTypePolicy("mixed_float16").compute_dtype
    'float16'
    """

    _name: str | None

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})"
            )
        self._name = name
        if name in _MIXED:
            self._compute_dtype, self._variable_dtype = _MIXED[name]
            return
        try:
            self._compute_dtype = self._variable_dtype = _dtypes.standardize(name)
        except ValueError:
            raise ValueError(
                f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
                "'mixed_bfloat16', and the name of any float dtype such as 'float32'."
            ) from None

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._name  # type: ignore[return-value]

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and results."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> None:
        """None: there is no quantization here."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """A tensor of `x`: floating ones cast to `dtype` if `autocast`, others as they are; no array: `x` itself."""
        from plait.keras._symbolic import KerasTensor

        symbolic = isinstance(x, KerasTensor)
        if not symbolic and not isinstance(x, Tensor):
            if not hasattr(x, "__array__"):
                return x
            x = _convert.as_tensor(x)
        name = _dtypes.standardize(x.dtype)
        to = _dtypes.standardize(dtype)
        if not autocast or name == to or not _dtypes.is_float(name):
            return x
        if symbolic:
            from plait.keras import ops

            return ops.cast(x, to)
        return _convert.to(x, _dtypes.numpy_dtype(to))

    def get_config(self) -> dict[str, Any]:
        """The constructor's argument."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """The policy that `get_config` describes."""
        return cls(**config)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)


class FloatDTypePolicy(DTypePolicy):
    """Another name for DTypePolicy."""


class DTypePolicyMap(DTypePolicy, MutableMapping[str, DTypePolicy]):
    """Policies by the paths of layers: names, or regular expressions that match a whole path; one for all the others.

    >>> policies = DTypePolicyMap("float32", {"encoder/.*": DTypePolicy("float64")})
    >>> policies["encoder/dense"].name, policies["decoder"].name
    ('float64', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: dict[str, DTypePolicy] | None = None) -> None:
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                f"If specified, `policy_map` must be a dict. Received: policy_map={policy_map} of type {type(policy_map)}"
            )
        self._given = default_policy
        self._default_policy = get(default_policy)
        self._policy_map = policy_map or {}

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of paths that nothing matches: the process's own where none was given."""
        return get(self._given)

    @property
    def name(self) -> str:
        """That of the policy for all the others, after "map_"."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        """The dtype of inputs and results, where no path is asked for."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights, where no path is asked for."""
        return self.default_policy.variable_dtype

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policy_map:
            return self._policy_map[key]
        matching = [pattern for pattern in self._policy_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Path '{key}' matches multiple dtype policy specification keys: {matching}. A path may match one of them at most."
            )
        return self._policy_map[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self._policy_map:
            raise ValueError(
                f"{key} already exist in the DTypePolicyMap with value {self._policy_map[key]}; delete it before it is set anew."
            )
        try:
            self._policy_map[key] = get(policy)
        except Exception:
            raise ValueError(
                "Cannot interpret the assigned value by `keras.dtype_policies.get`. "
                f"Received: {policy} of type {type(policy)}"
            ) from None

    def __delitem__(self, key: str) -> None:
        del self._policy_map[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policy_map

    def __len__(self) -> int:
        return len(self._policy_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policy_map)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; policies follow the process's own, too, where the one for all the others does."""
        from plait.keras.saving import serialization_lib

        policies = {**self._policy_map}
        if self._given is None:
            for key, policy in policies.items():
                policies[key] = copy.copy(policy)
                policies[key]._name = None
        return {"default_policy": self._given, "policy_map": serialization_lib.serialize_keras_object(policies)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> DTypePolicyMap:
        """The map that `get_config` describes."""
        from plait.keras.saving import serialization_lib

        policies = serialization_lib.deserialize_keras_object(config["policy_map"], custom_objects=custom_objects)
        return cls(**{**config, "policy_map": policies})

    def __repr__(self) -> str:
        mapping = [(key, policy.name) for key, policy in self._policy_map.items()]
        return f"<DTypePolicyMap at {hex(id(self))} default_policy={self._default_policy.name}, mapping={mapping}>"

    __eq__ = MutableMapping.__eq__
    __hash__ = None  # type: ignore[assignment]


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: that of `floatx()` when it is first asked for, from then on the same."""
    global _current
    if _current is None:
        _current = DTypePolicy(_dtypes.standardize(None))
    return _current


def forget_dtype_policy() -> None:
    """Leave the policy to `floatx()` again."""
    global _current
    _current = None


def set_dtype_policy(policy: Any) -> None:
    """Make `policy` (a name or a DTypePolicy) that of layers that are given none."""
    global _current
    if not isinstance(policy, (DTypePolicy, str)):
        raise ValueError(
            f"Invalid `policy` argument. Expected the string name of a policy (such as 'mixed_float16') or a `DTypePolicy` "
            f"instance. Received: policy={policy} (of type {type(policy)})"
        )
    _current = get(policy)


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    """The policy's config with its class."""
    from plait.keras.saving import serialization_lib

    return serialization_lib.serialize_keras_object(policy)


def deserialize(config: Any, custom_objects: Any = None) -> DTypePolicy:
    """The policy that a config describes."""
    from plait.keras.saving import serialization_lib

    kinds = {c.__name__: c for c in (DTypePolicy, DTypePolicyMap, FloatDTypePolicy)}
    return serialization_lib.deserialize_keras_object(config, module_objects=kinds, custom_objects=custom_objects)


def get(identifier: Any) -> DTypePolicy:
    """The policy that a name, a config, a dtype or None (the process's own) stands for."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(_dtypes.standardize(identifier))
    except (ValueError, TypeError):
        raise ValueError(
            f"Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. Received: dtype={identifier}"
        ) from None
