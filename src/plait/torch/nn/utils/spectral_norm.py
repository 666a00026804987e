"""The old spectral_norm, a hook before forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.layers import reparam
from plait.torch._tensor import Tensor
from plait.torch.nn.modules.module import Module
from plait.torch.nn.parameter import Parameter

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


class SpectralNorm:
    """The hook: recomputes `name` from `name_orig`, with `name_u` and `name_v` as singular vectors."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Any:
        """weight / its largest singular value."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u").array, getattr(module, self.name + "_v").array
        if do_power_iteration:
            matrix = reparam.as_matrix(weight.detach(), self.dim).array
            u[...], v[...] = reparam.power_iteration(matrix, u, v, self.n_power_iterations, self.eps, False)
        return reparam.spectral_norm(weight, u.copy(), v.copy(), self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))

    def _note_version(self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        local_metadata.setdefault("spectral_norm", {})[self.name + ".version"] = self._version


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide the weight by its largest singular value; parametrizations.spectral_norm is the newer way."""
    from plait.torch import empty

    if dim is None:
        dim = 1 if any(cls.__name__.startswith("ConvTranspose") for cls in type(module).__mro__) else 0
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    fn = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    matrix = reparam.as_matrix(weight.detach(), dim).array
    vectors: list[np.ndarray[Any, Any]] = [
        reparam.unit(empty(size, dtype=weight.dtype).normal_(0, 1).array, eps) for size in matrix.shape
    ]
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", Tensor.wrap(vectors[0]))
    module.register_buffer(name + "_v", Tensor.wrap(vectors[1]))
    module.register_forward_pre_hook(fn)
    module._register_state_dict_hook(fn._note_version)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make `name` a parameter again."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            weight = hook.compute_weight(module, False)
            for suffix in ("", "_u", "_v", "_orig"):
                delattr(module, name + suffix)
            module.register_parameter(name, Parameter(weight.detach()))
            del module._forward_pre_hooks[key]
            for other, noted in list(module._state_dict_hooks.items()):
                if getattr(noted, "__self__", None) is hook:
                    del module._state_dict_hooks[other]
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
