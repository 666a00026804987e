"""Jacobians and their like, by rows of reverse mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.torch._tensor import Tensor
from plait.torch.autograd.grad_mode import enable_grad
from plait.torch.autograd.gradients import grad

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hessian", "jacobian"]


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:  # fmt: skip
    """d func / d inputs, shaped output + input."""
    from plait.torch.functions.joining import stack
    from plait.torch.functions.shaping import reshape

    single = isinstance(inputs, Tensor)
    args = [a.detach().requires_grad_() for a in ((inputs,) if single else inputs)] if not create_graph else list(
        (inputs,) if single else inputs)  # fmt: skip
    with enable_grad():
        out = func(*args)
    outs = out if isinstance(out, tuple) else (out,)
    table = []
    for o in outs:
        rows: list[list[Any]] = [[] for _ in args]
        for j in range(o.array.size):
            cot = np.zeros(o.array.shape, o.array.dtype)
            cot.reshape(-1)[j] = 1
            got = grad(o, args, Tensor.wrap(cot), retain_graph=True, create_graph=create_graph, allow_unused=True)
            for k, g in enumerate(got):
                rows[k].append(Tensor.wrap(np.zeros_like(args[k].array)) if g is None else g)
        table.append(
            tuple(reshape(stack(r), (*o.array.shape, *a.array.shape)) for r, a in zip(rows, args, strict=True))
        )
    if isinstance(out, tuple):
        return tuple(row[0] if single else row for row in table)
    return table[0][0] if single else table[0]


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:  # fmt: skip
    """The second derivatives of a scalar function of one tensor (or of several)."""
    single = isinstance(inputs, Tensor)

    def first(*args: Any) -> Any:
        with enable_grad():
            got = grad(func(*args), args, create_graph=True, allow_unused=True, materialize_grads=True)
        return got[0] if single else got

    return jacobian(first, inputs, create_graph=create_graph)
