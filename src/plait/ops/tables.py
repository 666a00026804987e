"""Constructors that turn a line into a whole Op record, for the families in which records look alike.

Rules of this file: a row's `forward` is written for arrays of one floating (or, where it says so, any) dtype; the constructor
adds what all rows share: promotion of operands, 16-bit floats computed in float32, integers in the default floating dtype
where the function is a real one, silence about NaN and infinity, shapes, samples, cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, config, dtypes
from plait.dtypes import BFLOAT16, F32, F64, cast, category, result_type
from plait.op import Op, Sample, apply
from plait.ops.halves import in_lanes, is_half
from plait.ops.rows import elementwise_cost, no_rejects
from plait.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Meta = tuple[tuple[int, ...], np.dtype]


def quiet() -> np.errstate:
    """A block without floating-point warnings."""
    return np.errstate(all="ignore")


def values(shape: tuple[int, ...], low: float, high: float, seed: int = 0) -> NDArray:
    """Fixed float64 numbers of `shape` in [low, high), no two alike."""
    n = int(np.prod(shape))
    order = np.random.RandomState(seed).permutation(n)
    return (low + (high - low) * (order + 0.31 + 0.013 * (seed % 37)) / max(n, 1)).reshape(shape)


def floating(dtype: np.dtype) -> np.dtype:
    """`dtype` where it is a floating dtype, else the default one."""
    return dtype if category(dtype) == 2 else config.default_dtype


def working(dtype: np.dtype) -> np.dtype:
    """The dtype to compute in: float32 for 16-bit floats."""
    return F32 if dtype == BFLOAT16 or dtype == dtypes.F16 else dtype


def operand(x: Any, dtype: np.dtype) -> NDArray:
    """An array or number in `dtype`, integers wrapping round as in C."""
    if isinstance(x, np.ndarray):
        return cast(x, dtype)
    if dtype.kind in "iu" and isinstance(x, int) and not isinstance(x, bool):
        bits = 8 * dtype.itemsize
        x &= (1 << bits) - 1
        return np.asarray(x, np.dtype(f"u{dtype.itemsize}")).view(dtype)
    with quiet():
        return cast(np.asarray(x), dtype)


def shape_of(*operands: Any) -> tuple[int, ...]:
    """The broadcast shape of arrays and numbers."""
    return np.broadcast_shapes(*(x.shape for x in operands if isinstance(x, np.ndarray)))


def lift(
    function: Callable[..., NDArray], real: bool = True, single: Callable[..., NDArray] | None = None
) -> Callable[..., NDArray]:
    """`function` over one array of any dtype. `real`: integers become the default floating dtype; `single` as in `halves.in_lanes`."""

    def forward(x: NDArray, *params: Any) -> NDArray:
        dtype = x.dtype
        if dtype in (F32, F64):
            with quiet():
                return function(x, *params)
        if real and dtype.kind in "iub":
            dtype = config.default_dtype
        if single is not None and is_half(dtype):
            return in_lanes(function, single, x)
        with quiet():
            return cast(np.asarray(function(cast(x, working(dtype)), *params)), dtype)

    return forward


def native(family: str, name: str, forward: Callable[..., Any]) -> Any:
    """`forward`, with the native kernel of that name before it where there is one."""
    codes = _native.unary_code if family == "unary" else _native.binary_code
    try:
        codes(name)
    except (KeyError, ValueError, RuntimeError):
        return forward
    return _native.native_call(family, name, forward)


def unary(
    name: str,
    function: Callable[..., NDArray],
    gradient: Callable[..., Any] | None,
    *,
    save: str = "x",
    low: float = -2.0,
    high: float = 2.0,
    real: bool = True,
    export: str | None = None,
    explain: str = "",
    grad_name: str | None = None,
    flops: int = 1,
    check: bool = True,
    integers: bool = False,
    single: Callable[..., NDArray] | None = None,
) -> Any:
    """A function of one tensor. `gradient(ctx, g)`; `save` says what it reads: "x" the input, "y" the result, "" neither."""

    def infer(x: Meta, *_params: Any) -> list[Meta]:
        return [(x[0], floating(x[1]) if real else x[1])]

    def samples() -> Iterable[Sample]:
        for seed, shape in enumerate([(3, 5), (0, 2), (), (17,)]):
            x = values(shape, low, high, seed)
            yield Sample([x.astype(np.int64) if integers else x], grad=check)

    op = Op(
        name, kind="elementwise", forward=native("unary", name, lift(function, real, single)), backward=gradient, infer=infer, reference=function,
        samples=samples, rejects=no_rejects, cost=elementwise_cost(flops), explain=explain or f"{name}(x)", export=export,
        save_inputs=(0,) if save == "x" and gradient else (), save_outputs=(0,) if save == "y" else (), grad_name=grad_name,
    )  # fmt: skip

    def call(x: Tensor) -> Any:
        return apply(op, (x,))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = explain or f"{name}(x) for every element."
    call.op = op  # type: ignore[attr-defined]
    return call


def broadcast_error(a: Any, b: Any) -> RuntimeError:
    """The error for shapes that do not broadcast."""
    sa, sb = np.shape(a), np.shape(b)
    n = max(len(sa), len(sb))
    for i in range(n - 1, -1, -1):
        da = sa[i - n + len(sa)] if i - n + len(sa) >= 0 else 1
        db = sb[i - n + len(sb)] if i - n + len(sb) >= 0 else 1
        if da != db and da != 1 and db != 1:
            return RuntimeError(
                f"The size of tensor a ({da}) must match the size of tensor b ({db}) at non-singleton dimension {i}"
            )
    return RuntimeError(f"shapes {list(sa)} and {list(sb)} do not broadcast")


def together(function: Callable[..., NDArray], *operands: Any) -> NDArray:
    """function(*operands), with the engine's words where their shapes do not broadcast."""
    try:
        with quiet():
            return function(*operands)
    except ValueError:
        shapes = [np.shape(x) for x in operands]
        for i, shape in enumerate(shapes[1:]):
            try:
                np.broadcast_shapes(*shapes[: i + 1], shape)
            except ValueError:
                before = np.broadcast_to(np.empty(()), np.broadcast_shapes(*shapes[: i + 1]))
                raise broadcast_error(before, operands[i + 1]) from None
        raise


def promoted(function: Callable[..., NDArray], real: bool = False, count: int = 2) -> Callable[..., NDArray]:
    """`function` over `count` arrays or numbers brought to their common dtype."""

    def forward(*args: Any) -> NDArray:
        operands = args[:count]
        dtype = result_type(*operands)
        if real:
            dtype = floating(dtype)
        work = working(dtype)
        return cast(np.asarray(together(function, *[operand(x, work) for x in operands], *args[count:])), dtype)

    def forward_two(a: Any, b: Any, *params: Any) -> NDArray:
        if (
            type(a) is np.ndarray
            and type(b) is np.ndarray
            and a.dtype is b.dtype
            and (a.dtype is F32 or a.dtype is F64)
        ):
            return together(function, a, b, *params)
        return forward(a, b, *params)

    return forward_two if count == 2 else forward


def infer_promoted(real: bool = False, count: int = 2) -> Callable[..., list[Meta]]:
    """Broadcast shape, common dtype."""

    def infer(*args: Any) -> list[Meta]:
        metas = [m for m in args[:count] if m is not None]
        dtype = result_type(*(np.empty((0,) if m[0] else (), m[1]) for m in metas))
        return [(np.broadcast_shapes(*(m[0] for m in metas)), floating(dtype) if real else dtype)]

    return infer


def binary(
    name: str,
    function: Callable[..., NDArray],
    gradient: Callable[..., Any] | None,
    *,
    save: Sequence[Any] = (0, 1),
    save_outputs: Sequence[int] = (),
    real: bool = False,
    low: float = -2.0,
    high: float = 2.0,
    export: str | None = None,
    explain: str = "",
    grad_name: str | None = None,
    check: bool = True,
    integers: bool = False,
) -> Any:
    """A function of two tensors or numbers, broadcast and promoted. `gradient(ctx, g)` gives a pair."""

    def samples() -> Iterable[Sample]:
        for seed, (a, b) in enumerate([((3, 5), (3, 5)), ((2, 3), (3,)), ((2, 1), (1, 4)), ((0, 3), (3,)), ((), ())]):
            pair = [values(a, low, high, seed), values(b, low, high, seed + 50)]
            yield Sample([x.astype(np.int64) for x in pair] if integers else pair, grad=check)

    op = Op(
        name, kind="elementwise", forward=native("binary", name, promoted(function, real)), backward=gradient, infer=infer_promoted(real),
        reference=function, samples=samples, rejects=no_rejects, cost=elementwise_cost(), explain=explain or f"{name}(a, b)",
        export=export, save_inputs=tuple(save) if gradient else (), save_outputs=save_outputs, grad_name=grad_name,
    )  # fmt: skip

    def call(a: Any, b: Any) -> Any:
        return apply(op, (a, b))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = explain or f"{name}(a, b) for every pair of elements."
    call.op = op  # type: ignore[attr-defined]
    return call


def predicate(
    name: str,
    function: Callable[..., NDArray],
    count: int,
    *,
    export: str | None = None,
    explain: str = "",
    common: bool = True,
) -> Any:
    """A function of one or two tensors with boolean results and no gradient. `common`: operands are brought to one dtype."""

    def forward(*operands: Any) -> NDArray:
        if common:
            dtype = working(result_type(*operands))
            operands = tuple([operand(x, dtype) for x in operands])
        else:
            operands = tuple(
                [cast(x, F32) if isinstance(x, np.ndarray) and x.dtype == BFLOAT16 else np.asarray(x) for x in operands]
            )
        with quiet():
            return np.asarray(function(*operands))

    def infer(*metas: Any) -> list[Meta]:
        return [(np.broadcast_shapes(*(m[0] for m in metas)), dtypes.BOOL)]

    def samples() -> Iterable[Sample]:
        for seed, shape in enumerate([(3, 5), (0, 2), (), (17,)]):
            yield Sample([np.asarray(np.round(values(shape, -2, 2, seed + i))) for i in range(count)], grad=False)

    op = Op(
        name, kind="elementwise", forward=forward, backward=None, infer=infer, reference=function, samples=samples,
        rejects=no_rejects, cost=elementwise_cost(), explain=explain or f"{name} for every element", export=export,
    )  # fmt: skip

    def call(*operands: Any) -> Any:
        return apply(op, operands)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = explain or f"{name} for every element; a boolean tensor."
    call.op = op  # type: ignore[attr-defined]
    return call
