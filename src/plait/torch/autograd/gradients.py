"""backward and grad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import autograd as _engine
from plait.torch._tensor import Tensor, warn_of_cycle

if TYPE_CHECKING:
    pass

__all__ = ["backward", "grad"]


def _sequence(value: Any, length: int | None = None) -> list[Any]:
    if value is None:
        return [None] * (length or 0)
    return [value] if isinstance(value, Tensor) else list(value)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Gradients of `tensors` into the leaves' `grad`."""
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError("`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use "
                               "`grad_tensors`.")  # fmt: skip
        grad_tensors = grad_variables
    roots = _sequence(tensors)
    given = _sequence(grad_tensors, len(roots))
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    if inputs is not None:
        inputs = _sequence(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    warn_of_cycle(create_graph)
    _engine.backward(roots, given, retain_graph, create_graph, inputs)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, as a tuple."""
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    roots, wanted = _sequence(outputs), _sequence(inputs)
    given = _sequence(grad_outputs, len(roots))
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    if is_grads_batched:
        first = next(g for g in given if g is not None)
        rows = [
            grad(roots, wanted, [None if g is None else g[i] for g in given], True, create_graph, True, allow_unused, False,
                 materialize_grads)
            for i in range(first.array.shape[0])
        ]  # fmt: skip
        from plait.torch.functions.joining import stack

        return tuple(None if column[0] is None else stack(list(column)) for column in zip(*rows, strict=True))
    got = _engine.grad(roots, wanted, given, retain_graph, create_graph, bool(allow_unused) or materialize_grads)
    if materialize_grads:
        got = tuple(Tensor.wrap(np.zeros_like(x.array)) if g is None else g for g, x in zip(got, wanted, strict=True))
    return got
