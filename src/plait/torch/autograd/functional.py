"""Jacobians, Hessians and their products with vectors, by reverse mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.torch._tensor import Tensor
from plait.torch.autograd.grad_mode import enable_grad
from plait.torch.autograd.gradients import grad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_STRICT = "This is not allowed in strict mode."


def _listed(value: Any, name: str, what: str) -> list[Any]:
    given = value if isinstance(value, tuple) else (value,)
    for i, item in enumerate(given):
        if not isinstance(item, Tensor):
            told = f"the value at index {i}" if isinstance(value, tuple) else f"the given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but {told} has type {type(item)}."
            )
    return list(given)


def _called(name: str, func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool) -> Any:
    """(inputs as leaves of their own, or in the graph that is wanted; what the function makes of them; that as a list)."""
    args = [
        a.view_as(a) if create_graph and a.requires_grad else a.detach().requires_grad_()
        for a in _listed(inputs, name, "inputs")
    ]
    with enable_grad():
        out = func(*args)
    outs = _listed(out, name, "outputs of the user-provided function")
    if strict:
        for i, o in enumerate(outs):
            if not o.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in a "
                    "differentiable manner from the input when running in strict mode."
                )
    return args, out, outs


def _pulled(
    outs: Sequence[Any],
    args: Sequence[Any],
    weights: Any,
    graph: bool,
    strict: bool = False,
    output: str = "The output",
) -> list[Any]:
    """The gradient of weighted outputs for each input; zeros, or an error if `strict`, where nothing leads."""
    tracked = [i for i, o in enumerate(outs) if o.requires_grad]
    got: Sequence[Any] = [None] * len(args)
    if tracked:
        given = None if weights is None else [weights[i] for i in tracked]
        chosen = [outs[i] for i in tracked]
        got = grad(chosen, args, given, create_graph=graph, retain_graph=True, allow_unused=True)
    if strict:
        for i, g in enumerate(got):
            if g is None:
                raise RuntimeError(f"{output} of the user-provided function is independent of input {i}. {_STRICT}")
    return [Tensor.wrap(np.zeros_like(a.array)) if g is None else g for g, a in zip(got, args, strict=True)]


def _vector(v: Any, targets: Sequence[Any], name: str, told: str) -> Any:
    if v is None:
        if len(targets) != 1 or targets[0].array.size != 1:
            raise RuntimeError(f"The vector v can only be None if the {told} a single Tensor with a single element.")
        return None
    values = _listed(v, name, "v")
    if len(values) != len(targets):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(targets)} but got {len(values)}.")
    for i, (value, target) in enumerate(zip(values, targets, strict=True)):
        if value.array.shape != target.array.shape:
            at = f"Entry {i} in v" if len(values) > 1 else "v"
            raise RuntimeError(f"{at} has invalid size: should be {target.shape} but got {value.shape}.")
    return values


_RETURNS, _TAKES = "user-provided function returns", "input to the user-provided function is"


def _as_given(given: Any, got: Sequence[Any], create_graph: bool) -> Any:
    done = got if create_graph else [g.detach() for g in got]
    return tuple(done) if isinstance(given, tuple) else done[0]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func's value, v · its Jacobian): one pass backward. `v` is shaped as the value; None for a single number."""
    args, out, outs = _called("vjp", func, inputs, create_graph, strict)
    got = _pulled(outs, args, _vector(v, outs, "vjp", _RETURNS), create_graph, strict)
    return _as_given(out, outs, create_graph), _as_given(inputs, got, create_graph)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func's value, its Jacobian · v), by differentiating the vjp. `v` is shaped as the inputs; None for a single number."""
    args, out, outs = _called("jvp", func, inputs, create_graph, strict)
    direction = _vector(v, args, "jvp", _TAKES)
    weights = [Tensor.wrap(np.zeros_like(o.array)).requires_grad_() for o in outs]
    with enable_grad():
        pulled = _pulled(outs, args, weights, True, strict)
        if direction is None:
            direction = [Tensor.wrap(dtypes.full(a.array.shape, 1, a.array.dtype)) for a in args]
        got = _pulled(pulled, weights, direction, create_graph)
    return _as_given(out, outs, create_graph), _as_given(out, got, create_graph)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func's value, v · its Hessian) for a function whose value is one number."""
    return _by_hessian("vhp", func, inputs, v, create_graph, strict)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func's value, its Hessian · v): the Hessian is symmetric, so the numbers are those of `vhp`."""
    return _by_hessian("hvp", func, inputs, v, create_graph, strict)


def _one_number(name: str, out: Any, outs: Sequence[Any]) -> None:
    if isinstance(out, tuple):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outs[0].array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")


def _by_hessian(name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool) -> Any:
    args, out, outs = _called(name, func, inputs, create_graph, strict)
    direction = _vector(v, args, name, _TAKES)
    _one_number(name, out, outs)
    with enable_grad():
        first = _pulled(outs, args, None, True, strict)
        if direction is None:
            direction = [Tensor.wrap(dtypes.full(a.array.shape, 1, a.array.dtype)) for a in args]
        got = _pulled(first, args, direction, create_graph, strict)
    return _as_given(out, outs, create_graph), _as_given(inputs, got, create_graph)


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:  # fmt: skip
    """d func / d inputs, shaped output + input; by outputs and by inputs where there are several."""
    args, out, outs = _called("jacobian", func, inputs, create_graph, strict)
    return _rows(args, out, outs, inputs, create_graph, strict)


def _rows(args: list[Any], out: Any, outs: list[Any], inputs: Any, create_graph: bool, strict: bool) -> Any:
    from plait.torch.functions.joining import stack

    table = []
    for i, o in enumerate(outs):
        rows: list[list[Any]] = [[] for _ in args]
        for j in range(o.array.size):
            weight = np.zeros(o.array.shape, o.array.dtype)
            weight.reshape(-1)[j] = 1
            for row, g in zip(
                rows, _pulled([o], args, [Tensor.wrap(weight)], create_graph, strict, f"Output {i}"), strict=True
            ):
                row.append(g)
        blocks = [stack(r).view((*o.array.shape, *a.array.shape)) for r, a in zip(rows, args, strict=True)]
        table.append(_as_given(inputs, blocks, create_graph))
    return tuple(table) if isinstance(out, tuple) else table[0]


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:  # fmt: skip
    """The second derivatives of a function of one tensor, or of several, whose value is one number."""

    def first(*inner: Any) -> Any:
        with enable_grad():
            out = func(*inner)
            outs = _listed(out, "hessian", "outputs of the user-provided function")
            _one_number("hessian", out, outs)
            return _as_given(inputs, _pulled(outs, inner, None, True, strict), True)

    return jacobian(first, inputs, create_graph, strict)
