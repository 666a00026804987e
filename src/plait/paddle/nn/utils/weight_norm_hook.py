"""A layer's weight as a direction and a length (arXiv 1602.07868), worked out anew before every call."""

from __future__ import annotations

from typing import Any

from plait.layers import reparam

__all__: list[str] = []


class WeightNorm:
    """The hook that sets a layer's `name` from its parameters `name_g` (lengths) and `name_v` (directions)."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, layer: Any) -> Any:
        """g · v / ‖v‖."""
        v, g = getattr(layer, self.name + "_v"), getattr(layer, self.name + "_g")
        return reparam.weight_norm_of(v, g, self.dim)

    @staticmethod
    def apply(layer: Any, name: str, dim: int | None) -> WeightNorm:
        """Split the parameter and hook the layer; RuntimeError where that was done already, AssertionError for a dim that is not there."""
        for hook in layer._forward_pre_hooks.values():
            if isinstance(hook, WeightNorm) and hook.name == name:
                raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        weight = layer._parameters[name]
        n = weight.array.ndim
        dim = -1 if dim is None else dim
        if not -n <= dim < n:
            raise AssertionError(
                f"dim must set between [-R, R), R means the dimension of weight; received {dim} for {n}"
            )
        hook = WeightNorm(name, dim if dim == -1 else dim % n)
        del layer._parameters[name]
        length = reparam.lengths(weight.detach(), hook.dim)
        for part, value in (("_v", weight), ("_g", length)):
            param = layer.create_parameter(value.shape, dtype=value.dtype)
            param.array[...] = value.array
            layer.add_parameter(name + part, param)
        setattr(layer, name, hook.compute_weight(layer))
        layer.register_forward_pre_hook(hook)
        return hook

    def remove(self, layer: Any) -> None:
        """One parameter again."""
        weight = self.compute_weight(layer)
        delattr(layer, self.name)
        del layer._parameters[self.name + "_g"], layer._parameters[self.name + "_v"]
        param = layer.create_parameter(weight.shape, dtype=weight.dtype)
        param.array[...] = weight.array
        layer.add_parameter(self.name, param)

    def __call__(self, layer: Any, inputs: Any) -> None:
        setattr(layer, self.name, self.compute_weight(layer))


def weight_norm(layer: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Give the layer parameters `name_g` and `name_v` in place of `name`, which is g · v / ‖v‖ along `dim` (None: of all); returns it."""
    WeightNorm.apply(layer, name, dim)
    return layer


def remove_weight_norm(layer: Any, name: str = "weight") -> Any:
    """Undo `weight_norm`; ValueError where there was none. Returns the layer."""
    for key, hook in layer._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(layer)
            del layer._forward_pre_hooks[key]
            return layer
    raise ValueError(f"weight_norm of '{name}' not found in {layer}")
