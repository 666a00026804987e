"""Clipping of gradients: what an optimizer's `grad_clip` is. Each takes (parameter, gradient) pairs and gives new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.optim import clip

__all__ = ["ClipGradByGlobalNorm", "ClipGradByNorm", "ClipGradByValue"]

Pairs = list[tuple[Any, Any]]


class ClipGradBase:
    """The base: `clip(pairs)`; gradients that are None are left out, those of parameters with `need_clip=False` as they are."""

    def __call__(self, params_grads: Pairs) -> Pairs:
        return self._dygraph_clip(params_grads)

    def _dygraph_clip(self, params_grads: Pairs) -> Pairs:
        return [
            (p, g if getattr(p, "need_clip", True) is False else self._clipped(g))
            for p, g in params_grads
            if g is not None
        ]

    def _clipped(self, g: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how it clips")


class ClipGradByValue(ClipGradBase):
    """Every element moved into [min, max]; min is -max where it is not given (AssertionError for a max that is not positive).

    >>> from plait import paddle
    >>> str(ClipGradByValue(1.0))
    'Clip Gradient By Value, min = -1.000000, max=1.000000'
    """

    def __init__(self, max: float, min: float | None = None) -> None:
        if min is None:
            if max <= 0.0:
                raise AssertionError(f"ClipGradByValue: max must be positive where min is not given; received {max}")
            min = -max
        self.max, self.min = float(max), float(min)

    def __str__(self) -> str:
        return f"Clip Gradient By Value, min = {self.min:f}, max={self.max:f}"

    def _clipped(self, g: Any) -> Any:
        return g.face.wrap(clip.between(g.array, self.min, self.max))


class ClipGradByNorm(ClipGradBase):
    """Each gradient scaled down to the 2-norm `clip_norm` where its own is more."""

    def __init__(self, clip_norm: float) -> None:
        self.clip_norm = float(clip_norm)

    def __str__(self) -> str:
        return f"Gradient Clip By Norm, clip_norm={self.clip_norm:f}"

    def _clipped(self, g: Any) -> Any:
        return g.face.wrap(clip.to_norm(g.array, self.clip_norm))


class ClipGradByGlobalNorm(ClipGradBase):
    """All gradients scaled by one factor, down to the 2-norm `clip_norm` of all together where it is more; done in place."""

    def __init__(self, clip_norm: float, group_name: str = "default_group", auto_skip_clip: bool = False) -> None:
        if not isinstance(auto_skip_clip, bool):
            raise AssertionError(f"ClipGradByGlobalNorm: auto_skip_clip must be a bool; received {auto_skip_clip}")
        self.clip_norm, self.group_name, self.auto_skip_clip = float(clip_norm), group_name, auto_skip_clip

    def __str__(self) -> str:
        return f"Gradient Clip By GlobalNorm, global_norm={self.clip_norm:f}"

    def _dygraph_clip(self, params_grads: Pairs) -> Pairs:
        wanted = [g.array for p, g in params_grads if g is not None and getattr(p, "need_clip", True) is not False]
        if not wanted:
            return params_grads
        factor = clip.factor_to(wanted, self.clip_norm)
        if not self.auto_skip_clip or factor < 1:
            clip.scale([a for a in wanted if a.ndim], factor)
        done = []
        for p, g in params_grads:
            if g is None:
                continue
            if g.array.ndim == 0 and getattr(p, "need_clip", True) is not False:
                g = g.face.wrap(np.asarray(g.array * dtypes.cast(factor, g.array.dtype)))
            done.append((p, g))
        return done
