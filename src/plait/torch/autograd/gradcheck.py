"""Gradients compared with finite differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait.torch._tensor import Tensor
from plait.torch.autograd.grad_mode import enable_grad, no_grad
from plait.torch.autograd.gradients import grad

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Analytical and numerical gradients differ."""


def _numerical(function: Callable[[], Any], x: Any, eps: float) -> list[Any]:
    flat = x.array.reshape(-1)
    if not np.shares_memory(flat, x.array) and x.array.size:
        raise RuntimeError("gradcheck: inputs must be contiguous")
    columns: list[list[Any]] = []
    for i in range(flat.size):
        keep = flat[i]
        flat[i] = keep + eps
        above = [o.array.astype(np.float64).copy() for o in function()]
        flat[i] = keep - eps
        below = [o.array.astype(np.float64).copy() for o in function()]
        flat[i] = keep
        columns.append([(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)])
    return columns


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare gradients with finite differences; float64 inputs are advised."""
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    tracked = [a for a in args if isinstance(a, Tensor) and a.requires_grad]
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True."
        )

    def outputs() -> list[Any]:
        got = func(*args)
        return [o for o in (got if isinstance(got, (tuple, list)) else (got,)) if isinstance(o, Tensor)]

    def plain() -> list[Any]:
        with no_grad():
            return outputs()

    try:
        with enable_grad():
            outs = outputs()
        differentiable = [k for k, o in enumerate(outs) if o.requires_grad]
        for number, x in enumerate(tracked):
            columns = _numerical(plain, x, eps)
            for k in range(len(outs)):
                numeric = np.array([c[k].reshape(-1) for c in columns]).reshape(x.array.size, outs[k].array.size)
                analytic = np.zeros_like(numeric)
                if k in differentiable:
                    for j in range(outs[k].array.size):
                        cot = np.zeros(outs[k].array.shape, outs[k].array.dtype)
                        cot.reshape(-1)[j] = 1
                        (g,) = grad(outs[k], [x], Tensor.wrap(cot), retain_graph=True, allow_unused=True)
                        if g is not None:
                            analytic[:, j] = g.array.reshape(-1)
                if not np.allclose(analytic, numeric, rtol=rtol, atol=atol, equal_nan=True):
                    raise GradcheckError(f"Jacobian mismatch for output {k} with respect to input {number},\n"
                                         f"numerical:{Tensor.wrap(numeric)!r}\nanalytical:{Tensor.wrap(analytic)!r}\n")  # fmt: skip
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient itself."""
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    with enable_grad():
        got = func(*args)
    outs = [o for o in (got if isinstance(got, (tuple, list)) else (got,)) if isinstance(o, Tensor) and o.requires_grad]
    if grad_outputs is None:
        cots = []
        for o in outs:
            values = np.cos(np.arange(o.array.size) + 1.0).reshape(o.array.shape).astype(o.array.dtype)
            cots.append(Tensor.wrap(values).requires_grad_())
    else:
        cots = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    count = len(args)

    def gradient(*everything: Any) -> Any:
        result = func(*everything[:count])
        outs = [
            o
            for o in (result if isinstance(result, (tuple, list)) else (result,))
            if isinstance(o, Tensor) and o.requires_grad
        ]
        tracked = [a for a in everything[:count] if isinstance(a, Tensor) and a.requires_grad]
        with enable_grad():
            got = grad(outs, tracked, list(everything[count:]), create_graph=True, allow_unused=True)
        return tuple(g for g in got if g is not None)

    def recorded(*everything: Any) -> Any:
        with enable_grad():
            return gradient(*everything)

    return gradcheck(
        recorded, (*args, *cots), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception, nondet_tol=nondet_tol
    )
