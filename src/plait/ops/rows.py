"""What records share: sample numbers, costs, shape rules; and the plain constructors of `ops/elementwise`, whose operands come promoted.

The constructors that promote by themselves are in plait/ops/tables.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import Op, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Meta = tuple[tuple[int, ...], np.dtype]


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Any:
    """Repeatable float64 values in [low, high), none twice, for samples."""
    n = int(np.prod(shape))
    steps = (np.arange(n) * 0.6180339887498949 + 0.1234 + 0.37 * seed) % 1.0
    return (low + (high - low) * steps).reshape(shape)


def broadcast_infer(*metas: Any) -> list[Meta]:
    """Shapes broadcast, dtypes promote; params and numbers are passed over."""
    shapes = [m[0] for m in metas if isinstance(m, tuple) and len(m) == 2 and isinstance(m[1], np.dtype)]
    arrays = [
        np.empty((0,) * min(len(m[0]), 1), m[1])
        for m in metas
        if isinstance(m, tuple) and len(m) == 2 and isinstance(m[1], np.dtype)
    ]
    return [(np.broadcast_shapes(*shapes), dtypes.result_type(*arrays))]


def elementwise_cost(flops: int = 1) -> Callable[..., tuple[int, int]]:
    """`flops` operations an element, every operand read once and the result written once (4-byte elements)."""

    def cost(shapes: Sequence[tuple[int, ...]], params: Any = ()) -> tuple[int, int]:
        sizes = [int(np.prod(s)) for s in shapes if s is not None]
        n = max(sizes, default=0)
        return flops * n, 4 * (sum(sizes) + n)

    return cost


def no_rejects() -> Iterable[Any]:
    """For ops whose arguments are checked by the function that applies them."""
    return ()


def unary_samples(
    low: float = -2.0, high: float = 2.0, params: Sequence[Any] = (), grad: bool = True
) -> Callable[[], Iterable[Sample]]:
    """A matrix of odd size, a 0-d and an empty array."""

    def samples() -> Iterable[Sample]:
        yield Sample([numbers(3, 5, low=low, high=high)], params, grad)
        yield Sample([numbers(low=low, high=high)], params, grad)
        yield Sample([numbers(0, 3)], params, grad)
        yield Sample([numbers(2, 67, low=low, high=high, seed=1)], params, grad)

    return samples


def binary_samples(
    low: float = -2.0, high: float = 2.0, params: Sequence[Any] = (), grad: bool = True
) -> Callable[[], Iterable[Sample]]:
    """Equal shapes, broadcasting both ways, an empty operand."""

    def samples() -> Iterable[Sample]:
        a, b = numbers(3, 5, low=low, high=high), numbers(3, 5, low=low, high=high, seed=1)
        yield Sample([a, b], params, grad)
        yield Sample([a, b[:1]], params, grad)
        yield Sample([a[:, :1], b[0]], params, grad)
        yield Sample([numbers(0, 5), b[:1]], params, grad)

    return samples


def unary(
    name: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    reference: Callable[..., Any],
    *,
    explain: str,
    export: str | None = None,
    save_inputs: Sequence[int | tuple[int, int]] = (0,),
    save_outputs: Sequence[int] = (),
    low: float = -2.0,
    high: float = 2.0,
    params: Sequence[Any] = (),
    flops: int = 1,
    grad_name: str | None = None,
    grad_samples: bool = True,
    result: np.dtype | None = None,
) -> Op:
    """An op from one array to one of the same shape (and dtype, unless `result` names another)."""
    return Op(
        name, kind="elementwise", forward=forward, backward=backward, reference=reference, explain=explain, export=export,
        infer=lambda x, *_: [(x[0], result if result is not None else x[1])],
        samples=unary_samples(low, high, params, grad_samples and backward is not None), rejects=no_rejects,
        cost=elementwise_cost(flops), save_inputs=save_inputs if backward is not None else (), save_outputs=save_outputs,
        grad_name=grad_name,
    )  # fmt: skip


def binary(
    name: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None,
    reference: Callable[..., Any],
    *,
    explain: str,
    export: str | None = None,
    save_inputs: Sequence[int | tuple[int, int]] = (0, 1),
    save_outputs: Sequence[int] = (),
    low: float = -2.0,
    high: float = 2.0,
    params: Sequence[Any] = (),
    grad_name: str | None = None,
    grad_samples: bool = True,
    result: np.dtype | None = None,
) -> Op:
    """An op from two arrays that broadcast to one."""

    def infer(*metas: Any) -> list[Meta]:
        got = broadcast_infer(*metas)
        return got if result is None else [(got[0][0], result)]

    return Op(
        name, kind="elementwise", forward=forward, backward=backward, reference=reference, explain=explain, export=export,
        infer=infer, samples=binary_samples(low, high, params, grad_samples and backward is not None), rejects=no_rejects,
        cost=elementwise_cost(), save_inputs=save_inputs if backward is not None else (), save_outputs=save_outputs,
        grad_name=grad_name,
    )  # fmt: skip
