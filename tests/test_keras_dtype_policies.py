"""Policies by the paths of layers (facts of Keras 3.15.1)."""

from __future__ import annotations

import numpy as np
import pytest

from plait import keras
from plait.keras.dtype_policies import DTypePolicy, DTypePolicyMap, deserialize, serialize


def test_lookup() -> None:
    policies = DTypePolicyMap("float32")
    policies["encoder/.*"] = "float64"
    policies["decoder"] = DTypePolicy("bfloat16")
    assert policies["encoder/dense"].name == "float64"
    assert policies["decoder"].name == "bfloat16"
    assert policies["decoder/dense"].name == "float32"
    assert policies.name == "map_float32"
    assert (len(policies), list(policies), "decoder" in policies) == (2, ["encoder/.*", "decoder"], True)
    assert "default_policy=float32, mapping=[('encoder/.*', 'float64'), ('decoder', 'bfloat16')]" in repr(policies)
    with pytest.raises(ValueError, match="already exist in the DTypePolicyMap with value"):
        policies["decoder"] = "float16"
    policies["enc.*"] = "float16"
    with pytest.raises(ValueError, match="matches multiple dtype policy specification keys"):
        policies["encoder/dense"]
    with pytest.raises(ValueError, match="Cannot interpret the assigned value"):
        policies["other"] = 3.5
    del policies["enc.*"]
    assert len(policies) == 2


def test_arguments() -> None:
    with pytest.raises(TypeError, match="`policy_map` must be a dict"):
        DTypePolicyMap(policy_map=[1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`default_policy` cannot be a `DTypePolicyMap`"):
        DTypePolicyMap(DTypePolicyMap())


def test_config() -> None:
    policies = DTypePolicyMap("float32", {"a": DTypePolicy("mixed_bfloat16")})
    again = deserialize(serialize(policies))
    assert isinstance(again, DTypePolicyMap)
    assert again["a"].compute_dtype == "bfloat16"
    unset = DTypePolicyMap(policy_map={"a": DTypePolicy("float64")})
    assert deserialize(serialize(unset))["a"].name == "float32"  # type: ignore[index]
    assert unset["a"].name == "float64"


def test_layers_ask_by_their_path() -> None:
    policies = DTypePolicyMap("float32", {"wide": DTypePolicy("float64"), "half": DTypePolicy("mixed_float16")})
    wide, half, plain = (keras.layers.Dense(2, name=name, dtype=policies) for name in ("wide", "half", "plain"))
    x = np.ones((3, 4), "float32")
    assert (wide(x).dtype, half(x).dtype, plain(x).dtype) == ("float64", "float32", "float32")  # no path before build
    assert (wide.kernel.dtype, half.kernel.dtype, plain.kernel.dtype) == ("float64", "float32", "float32")
    assert (wide(x).dtype, half(x).dtype) == ("float64", "float16")
    plain.dtype_policy = "mixed_bfloat16"
    assert policies["plain"].name == "mixed_bfloat16"
    assert plain(x).dtype == "bfloat16"
    assert type(keras.layers.Dense.from_config(wide.get_config())._dtype_policy) is DTypePolicyMap
