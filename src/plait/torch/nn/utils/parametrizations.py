"""weight_norm and spectral_norm as parametrizations."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.layers import reparam
from plait.torch._tensor import Tensor
from plait.torch.nn.modules.module import Module
from plait.torch.nn.utils import parametrize

__all__ = ["spectral_norm", "weight_norm"]


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return reparam.weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> Any:
        return reparam.norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Learn the weight's length (original0) and direction (original1) apart, along `dim` (arXiv 1602.07868)."""
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def take_old_keys(state_dict: Any, prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(take_old_keys)
    return module


def _random_unit(size: int, dtype: Any, eps: float) -> np.ndarray[Any, Any]:
    from plait.torch import empty

    return reparam.unit(empty(size, dtype=dtype).normal_(0, 1).array, eps)


class _SpectralNorm(Module):
    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.array.ndim
        if dim >= ndim or dim < -ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = reparam.as_matrix(weight.detach(), self.dim).array
            u = _random_unit(matrix.shape[0], weight.dtype, eps)
            v = _random_unit(matrix.shape[1], weight.dtype, eps)
            self.register_buffer("_u", Tensor.wrap(u))
            self.register_buffer("_v", Tensor.wrap(v))
            self._improve(matrix, 15)

    def _improve(self, matrix: np.ndarray[Any, Any], times: int) -> None:
        u, v = reparam.power_iteration(matrix, self._u.array, self._v.array, times, self.eps, True)
        self._u.array[...] = u
        self._v.array[...] = v

    def forward(self, weight: Any) -> Any:
        if weight.array.ndim == 1:
            from plait.torch.nn.functional import normalize

            return normalize(weight, dim=0, eps=self.eps)
        if self.training:
            self._improve(reparam.as_matrix(weight.detach(), self.dim).array, self.n_power_iterations)
        return reparam.spectral_norm(weight, self._u.array.copy(), self._v.array.copy(), self.dim)

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide the weight by its largest singular value, which power iteration keeps up with (arXiv 1802.05957)."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = 1 if any(cls.__name__.startswith("ConvTranspose") for cls in type(module).__mro__) else 0
    parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
    return module
