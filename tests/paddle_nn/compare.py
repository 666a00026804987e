"""Comparing one call in Paddle and in plait's dialect: values, dtypes, gradients, and the types of errors.

A case is a function of the module (`paddle` or `plait.paddle`) and of tensors made from arrays. Floating arrays want gradients; the
gradient's seed is a fixed wave, the same on both sides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def numbers(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Numbers of no special kind."""
    return np.random.default_rng(seed).uniform(low, high, shape)


def _flat(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in _flat(part)]
    return [result]


def _seed(shape: Sequence[int], k: int) -> np.ndarray:
    n = int(np.prod(shape))
    return np.cos(np.arange(n) * 0.7 + k).reshape(tuple(shape))


def _numpy(t: Any) -> Any:
    return np.asarray(t.numpy()) if hasattr(t, "numpy") else t


def forward_only(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call without gradients."""

    def forward(module: Any, *tensors: Any) -> Any:
        return [t.detach() for t in _flat(call(module, *tensors))]

    return forward


def run(module: Any, call: Callable[..., Any], arrays: Sequence[Any], dtype: str, seed: int | None = None) -> Any:
    """("error", type) or ("ok", outputs, dtypes, gradients) of one side."""
    tensors = []
    for a in arrays:
        if isinstance(a, np.ndarray):
            floating = a.dtype.kind == "f"
            t = module.to_tensor(a.astype(dtype) if floating else a)
            t.stop_gradient = not floating
            tensors.append(t)
        else:
            tensors.append(a)
    if seed is not None:
        module.seed(seed)
    module.set_default_dtype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = _flat(call(module, *tensors))
            values = [_numpy(t) for t in result]
            kinds = [str(t.dtype) if hasattr(t, "dtype") else type(t).__name__ for t in result]
            roots = [(k, t) for k, t in enumerate(result) if hasattr(t, "stop_gradient") and not t.stop_gradient]
            grads: list[Any] = []
            if roots:
                seeds = [module.to_tensor(_seed(t.shape, k).astype(str(t.dtype).split(".")[-1])) for k, t in roots]
                module.autograd.backward([t for _, t in roots], seeds)
                grads = [None if not hasattr(t, "grad") or t.grad is None else _numpy(t.grad) for t in tensors]
            return "ok", values, kinds, grads
        except Exception as error:
            return "error", type(error).__name__, str(error)[:300]
        finally:
            module.set_default_dtype("float32")


def _close(a: Any, b: Any, dtype: str, loose: float) -> bool:
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return bool(a == b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return bool((a == b).all())
    tight = min((1e-5 if dtype == "float32" else 1e-12) * loose, 1e-3)
    return bool(np.allclose(a, b, rtol=tight * 10, atol=tight, equal_nan=True))


def difference(
    theirs: Any,
    ours: Any,
    call: Callable[..., Any],
    arrays: Sequence[Any],
    dtype: str,
    seed: int | None = None,
    loose: float = 1.0,
    coarse: bool = False,
) -> str | None:
    """What differs between `paddle` (theirs) and the dialect (ours), None for nothing.

    `coarse`: Paddle keeps a setting or a factor of this function in float32, so that its float64 is good to 1e-7 only.
    """
    if coarse and dtype == "float64":
        loose = max(loose, 1e5)
    return unlike(run(theirs, call, arrays, dtype, seed), run(ours, call, arrays, dtype, seed), dtype, loose)


def unlike(a: Any, b: Any, dtype: str, loose: float) -> str | None:
    """What differs between two runs, None for nothing."""
    if a[0] != b[0]:
        return f"Paddle: {a[:3]}; plait: {b[:3]}"
    if a[0] == "error":
        return None if a[1] == b[1] else f"Paddle raises {a[1]}: {a[2]}; plait raises {b[1]}: {b[2]}"
    if a[2] != b[2]:
        return f"dtypes {a[2]} and {b[2]}"
    for what, p, q in (("value", a[1], b[1]), ("gradient", a[3], b[3])):
        if len(p) != len(q):
            return f"{len(p)} and {len(q)} {what}s"
        for i, (x, y) in enumerate(zip(p, q, strict=True)):
            if (x is None) != (y is None):
                return f"{what} {i}: Paddle {x}, plait {y}"
            if x is not None and not _close(x, y, dtype, loose):
                if (
                    isinstance(x, np.ndarray)
                    and isinstance(y, np.ndarray)
                    and x.shape == y.shape
                    and x.dtype.kind == "f"
                ):
                    worst = float(np.nanmax(np.abs(x.astype(float) - y)))
                    return f"{what} {i} differs by {worst:.3g}: Paddle {x.ravel()[:8]}, plait {y.ravel()[:8]}"
                return f"{what} {i}: Paddle {np.shape(x)} {x!s:.200}, plait {np.shape(y)} {y!s:.200}"
    return None
