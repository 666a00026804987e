"""Functions whose gradient the program writes itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from plait import _native, dtypes
from plait.autograd import FunctionNode
from plait.keras import tree
from plait.keras._convert import as_tensor
from plait.keras._tape import GradientTape
from plait.keras._tensor import Tensor

__all__ = ["custom_gradient"]


def custom_gradient(f: Any = None) -> Any:
    """A function that returns (result, grad), with `grad(*upstream)` for the gradient of its arguments.

    Where the function reads trainable variables, `grad` takes `variables=` too and returns (gradients of arguments, of variables).

    >>> from plait import tensorflow as tf
    >>> @tf.custom_gradient
    ... def tripled_back(x):
    ...     return tf.identity(x), lambda upstream: 3 * upstream
    >>> x = tf.Variable(1.0)
    >>> with tf.GradientTape() as tape:
    ...     y = tripled_back(x)
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=3.0>
    """
    if f is None:
        return lambda function: custom_gradient(f=function)

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if not _native.taping():
            return f(*args, **kwargs)[0]
        with GradientTape() as watcher:
            result, grad = f(*args, **kwargs)
        given = [x for x in tree.flatten(args) if x is not None]
        known = {id(getattr(x, "_resource", x)) for x in given}
        variables = [v for v in watcher.watched_variables() if id(getattr(v, "_resource", v)) not in known]
        if variables and not _takes_variables(grad):
            raise TypeError(
                "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses Variables: "
                f"{variables}"
            )
        inputs = [as_tensor(x) for x in (*given, *variables)]
        outputs = [as_tensor(x) for x in tree.flatten(result)]
        return tree.pack_sequence_as(
            result, _recorded(f.__name__, inputs, outputs, _backward(grad, outputs, len(given), variables))
        )

    return decorated


def _takes_variables(grad: Any) -> bool:
    parameters = inspect.signature(grad).parameters
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _backward(grad: Any, outputs: list[Any], count: int, variables: list[Any]) -> Callable[[Any], list[Any]]:
    def call(upstream: Any) -> list[Any]:
        pairs = zip(upstream, outputs, strict=True)
        given = [Tensor.wrap(dtypes.full(y.array.shape, 0, y.array.dtype)) if g is None else g for g, y in pairs]
        if variables:
            of_inputs, of_variables = grad(*given, variables=variables)
            of_variables = tree.flatten(of_variables)
            if len(of_variables) != len(variables):
                raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
        else:
            of_inputs, of_variables = grad(*given), []
        flat = list(of_inputs) if isinstance(of_inputs, (list, tuple)) else [of_inputs]
        flat = [x for one in flat for x in (tree.flatten(one) if one is not None else [None])]
        if len(flat) != count:
            raise ValueError(
                f"custom_gradient function expected to return {count} gradients, but returned {len(flat)} instead."
            )
        return [None if g is None else as_tensor(g) for g in (*flat, *of_variables)]

    return call


def _recorded(name: str, inputs: list[Any], outputs: list[Any], call: Callable[[Any], list[Any]]) -> list[Any]:
    """The outputs as tensors of their own, made by one node."""
    node = FunctionNode(name, Tensor, inputs, call)
    if not any(node.needs):
        return outputs
    node.outputs = len(outputs)
    made = []
    for i, y in enumerate(outputs):
        own = Tensor.wrap(y.array)
        if y.array.dtype.kind in "fV":
            own.tracks, own.tape_node, own.tape_index = True, node, i
        made.append(own)
    return made
