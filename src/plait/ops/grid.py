"""Reading a tensor at given points: grid sampling, and grids of affine maps. Coordinates run from -1 to 1 across each axis, x first."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from plait import _native, dtypes
from plait.errors import NoSecondDerivative
from plait.op import Op, Reject, Sample, apply
from plait.ops.grid_halves import sample, sample_gradients
from plait.ops.grid_halves3 import sample3, sample_gradients3
from plait.ops.halves import is_half
from plait.ops.rows import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

LINEAR, NEAREST, CUBIC = 0, 1, 2
ZEROS, BORDER, REFLECTION = 0, 1, 2
_FLOATS = (dtypes.F32, dtypes.F64)


def _grid_sample(x: NDArray, grid: NDArray, mode: int, padding: int, align: bool) -> NDArray:
    shape = (*x.shape[:2], *grid.shape[1:-1])
    if 0 in shape:
        return np.zeros(shape, x.dtype)
    if x.dtype not in _FLOATS:
        if is_half(x.dtype) and grid.dtype == x.dtype:
            return (sample if x.ndim == 4 else sample3)(x, grid, mode, padding, align)
        return dtypes.cast(
            _grid_sample(dtypes.cast(x, dtypes.F32), dtypes.cast(grid, dtypes.F32), mode, padding, align), x.dtype
        )
    got: NDArray = _native.grid_sample(np.ascontiguousarray(x), np.ascontiguousarray(grid), mode, padding, align)
    return got


def _grid_sample_backward(
    g: NDArray, x: NDArray, grid: NDArray, mode: int, padding: int, align: bool, need_x: bool, need_grid: bool
) -> Any:
    if g.size == 0:
        return np.zeros(x.shape if need_x else (0,), x.dtype), np.zeros(grid.shape if need_grid else (0,), grid.dtype)
    if is_half(x.dtype) and grid.dtype == x.dtype:
        both = (sample_gradients if x.ndim == 4 else sample_gradients3)(g, x, grid, mode, padding, align)
        return (both[0] if need_x else np.zeros(0, x.dtype)), (both[1] if need_grid else np.zeros(0, x.dtype))
    wide = [np.ascontiguousarray(a if x.dtype in _FLOATS else dtypes.cast(a, dtypes.F32)) for a in (g, x, grid)]
    dx, dgrid = _native.grid_sample_backward(*wide, mode, padding, align, need_x, need_grid)
    return dtypes.cast(dx, x.dtype), dtypes.cast(dgrid, grid.dtype)


def _backward(ctx: Any, g: Any) -> Any:
    op = GRID_SAMPLE_BACKWARD
    dx, dgrid = apply(op, (g, ctx.x(0), ctx.x(1)), (*ctx.params, ctx.needs[0], ctx.needs[1]))
    return dx if ctx.needs[0] else None, dgrid if ctx.needs[1] else None


def _settle(v: NDArray, n: int, padding: int, align: bool) -> NDArray:
    if padding == REFLECTION:
        low, span = (0.0, n - 1.0) if align else (-0.5, float(n))
        v = low + span - np.abs(np.mod(v - low, 2 * span) - span) if span else np.zeros_like(v)
    return np.clip(v, 0, n - 1) if padding else v


def _axis_taps(u: NDArray, n: int, mode: int, padding: int, align: bool) -> list[tuple[NDArray, NDArray]]:
    v = (u + 1) / 2 * (n - 1) if align else ((u + 1) * n - 1) / 2
    if mode != CUBIC:
        v = _settle(v, n, padding, align)
    if mode == NEAREST:
        return [(np.rint(v), np.ones_like(v))]
    low, t = np.floor(v), v - np.floor(v)
    if mode == LINEAR:
        return [(low, 1 - t), (low + 1, t)]
    a = -0.75

    def far(x: NDArray) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    def near(x: NDArray) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    weights = (far(t + 1), near(t), near(1 - t), far(2 - t))
    return [(np.floor(_settle(low + k - 1, n, padding, align)), w) for k, w in enumerate(weights)]


def _reference(x: NDArray, grid: NDArray, mode: int, padding: int, align: bool) -> NDArray:
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    sizes = x.shape[:1:-1]
    per_axis = [_axis_taps(grid[..., i], n, mode, padding, align) for i, n in enumerate(sizes)]
    for pick in np.ndindex(*[len(t) for t in per_axis]):
        chosen = [t[i] for t, i in zip(per_axis, pick, strict=True)]
        weight = np.prod([w for _, w in chosen], axis=0)
        inside = np.all([(p >= 0) & (p < n) for (p, _), n in zip(chosen, sizes, strict=True)], axis=0)
        at = [np.clip(p, 0, n - 1).astype(int) for (p, _), n in zip(chosen, sizes, strict=True)][::-1]
        for b in range(len(x)):
            place: Any = (slice(None), *[i[b] for i in at])
            out[b] += np.where(inside[b], x[b][place], 0) * weight[b]
    return out


def _cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    points = int(np.prod(shapes[1][:-1])) * shapes[0][1] if len(shapes) > 1 else int(np.prod(shapes[0]))
    return 8 * points, 40 * points


def _grid_samples() -> list[Sample]:
    found = []
    for mode in (LINEAR, NEAREST, CUBIC):
        for padding in (ZEROS, BORDER, REFLECTION):
            align = (mode + padding) % 2 == 0
            grid = numbers(2, 3, 5, 2, low=-1.3, high=1.3, seed=7)
            found.append(Sample([numbers(2, 3, 4, 6), grid], (mode, padding, align)))
    grid = numbers(1, 2, 3, 2, 3, low=-1.3, high=1.3, seed=7)
    found += [Sample([numbers(1, 2, 3, 4, 5), grid], (mode, BORDER * mode, False)) for mode in (LINEAR, NEAREST)]
    return found


def _record(dims: int) -> Op:
    return Op(
        f"grid_sample{dims}d", kind="grid", grad_name=f"GridSampler{dims}DBackward0", forward=_grid_sample, backward=_backward,
        save_inputs=(0, 1, (0, 1), (1, 0)), infer=lambda x, grid, *_: [((*x[0][:2], *grid[0][1:-1]), x[1])], reference=_reference,
        samples=lambda: [s for s in _grid_samples() if s.arrays[0].ndim == dims + 2],
        rejects=lambda: [Reject([numbers(1, 1, 2, 2), numbers(2, 2, 2, 2)], (0, 0, False), ValueError, "does not fit")],
        cost=_cost, explain="the input at the point that the grid names, from its neighbours", export="GridSample",
    )  # fmt: skip


#: By the number of spatial dimensions.
GRID_SAMPLE = {dims: _record(dims) for dims in (2, 3)}


# Second derivatives, in NumPy: they are asked for seldom.


def _slopes(
    u: NDArray, n: int, mode: int, padding: int, align: bool
) -> list[tuple[NDArray, NDArray, NDArray, NDArray]]:
    """For each tap of an axis: its pixel, its weight, and the weight's first and second derivative by the coordinate."""
    scale = np.full(u.shape, (n - 1) / 2 if align else n / 2)
    v = (u + 1) / 2 * (n - 1) if align else ((u + 1) * n - 1) / 2
    if mode != CUBIC and padding:
        if padding == REFLECTION:
            low, span = (0.0, n - 1.0) if align else (-0.5, float(n))
            scale = scale * (np.where(np.mod(np.floor((v - low) / span), 2) == 0, 1.0, -1.0) if span else 0.0)
            v = low + span - np.abs(np.mod(v - low, 2 * span) - span) if span else np.zeros_like(v)
        scale = scale * ((v > 0) & (v < n - 1))
        v = np.clip(v, 0, n - 1)
    zero = np.zeros_like(v)
    if mode == NEAREST:
        return [(np.rint(v), zero + 1, zero, zero)]
    low_pixel = np.floor(v)
    t = v - low_pixel
    if mode == LINEAR:
        return [(low_pixel, 1 - t, -scale, zero), (low_pixel + 1, t, scale, zero)]
    a, found = -0.75, []
    for k, (d, sign) in enumerate(((t + 1, 1), (t, 1), (1 - t, -1), (2 - t, -1))):
        c = (a, -5 * a, 8 * a, -4 * a) if k in (0, 3) else (a + 2, -(a + 3), 0.0, 1.0)
        w = ((c[0] * d + c[1]) * d + c[2]) * d + c[3]
        w1 = sign * ((3 * c[0] * d + 2 * c[1]) * d + c[2]) * scale
        w2 = (6 * c[0] * d + 2 * c[1]) * scale * scale
        found.append((np.floor(_settle(low_pixel + k - 1, n, padding, align)), w, w1, w2))
    return found


def _second(
    vx: NDArray | None,
    vgrid: NDArray | None,
    g: NDArray,
    x: NDArray,
    grid: NDArray,
    mode: int,
    padding: int,
    align: bool,
) -> Any:
    sizes = x.shape[:1:-1]
    dims = len(sizes)
    per_axis = [_slopes(grid[..., i].astype(np.float64), n, mode, padding, align) for i, n in enumerate(sizes)]
    gg, gx, ggrid = np.zeros(g.shape), np.zeros(x.shape), np.zeros(grid.shape)
    for pick in np.ndindex(*[len(t) for t in per_axis]):
        chosen = [t[i] for t, i in zip(per_axis, pick, strict=True)]
        inside = np.all([(c[0] >= 0) & (c[0] < n) for c, n in zip(chosen, sizes, strict=True)], axis=0)
        at = [np.clip(c[0], 0, n - 1).astype(int) for c, n in zip(chosen, sizes, strict=True)][::-1]

        def product(orders: Sequence[int], chosen: Any = chosen) -> NDArray:
            got: NDArray = np.prod([c[1 + o] for c, o in zip(chosen, orders, strict=True)], axis=0)
            return got

        unit = np.eye(dims, dtype=int)
        first = [product(unit[i]) for i in range(dims)]
        for b in range(len(x)):
            place: Any = (slice(None), *[i[b] for i in at])
            near = np.where(inside[b], x[b][place], 0)
            if vx is not None:
                read = np.where(inside[b], vx[b][place], 0)
                gg[b] += read * product((0,) * dims)[b]
                for i in range(dims):
                    ggrid[b, ..., i] += (read * g[b]).sum(0) * first[i][b]
            if vgrid is not None:
                along = sum(first[i][b] * vgrid[b, ..., i] for i in range(dims))
                gg[b] += near * along
                np.add.at(gx[b], place, np.where(inside[b], g[b] * along, 0))
                for i in range(dims):
                    bend = sum(product(unit[i] + unit[j])[b] * vgrid[b, ..., j] for j in range(dims))
                    ggrid[b, ..., i] += (near * g[b]).sum(0) * bend
    return gg.astype(g.dtype), gx.astype(x.dtype), ggrid.astype(grid.dtype)


def _grid_sample_second(
    vx: NDArray | None,
    vgrid: NDArray | None,
    g: NDArray,
    x: NDArray,
    grid: NDArray,
    mode: int,
    padding: int,
    align: bool,
) -> Any:
    wide: list[Any] = [
        a if a is None or a.dtype in _FLOATS else dtypes.cast(a, dtypes.F32) for a in (vx, vgrid, g, x, grid)
    ]
    return tuple(
        dtypes.cast(a, g.dtype) for a in _second(wide[0], wide[1], wide[2], wide[3], wide[4], mode, padding, align)
    )


def _no_third(ctx: Any, *grads: Any) -> NoReturn:
    raise NoSecondDerivative("grid_sample has derivatives of the first and second order only")


def _backward_gradient(ctx: Any, vx: Any, vgrid: Any) -> Any:
    *params, need_x, need_grid = ctx.params
    inputs = (vx if need_x else None, vgrid if need_grid else None, ctx.x(0), ctx.x(1), ctx.x(2))
    got = apply(GRID_SAMPLE_SECOND, inputs, tuple(params))
    return tuple(t if need else None for t, need in zip(got, ctx.needs, strict=True))


GRID_SAMPLE_SECOND: Op = Op(
    "grid_sample_second", kind="grid", grad_name="GridSampler2DBackwardBackwardBackward0", visible=3, forward=_grid_sample_second,
    backward=_no_third, infer=lambda vx, vgrid, g, x, grid, *_: [g, x, grid], reference=_second,
    samples=lambda: [
        Sample([numbers(1, 2, 3, 3, seed=1), numbers(1, 2, 2, 2, seed=2), numbers(1, 2, 2, 2), numbers(1, 2, 3, 3, seed=3),
                numbers(1, 2, 2, 2, low=-0.9, high=0.9, seed=4)], (mode, ZEROS, False), grad=False)
        for mode in (LINEAR, CUBIC)
    ],
    rejects=lambda: [], cost=lambda shapes, params: (100 * int(np.prod(shapes[0])), 40 * int(np.prod(shapes[0]))),
    explain="derivatives of a grid sample's gradient", export=None,
)  # fmt: skip


def _reference_backward(
    g: NDArray, x: NDArray, grid: NDArray, mode: int, padding: int, align: bool, need_x: bool, need_grid: bool
) -> Any:
    dx, dgrid, eps = np.zeros_like(x), np.zeros_like(grid), 1e-6
    for i in np.ndindex(*x.shape):
        one = np.zeros_like(x)
        one[i] = 1
        dx[i] = (_reference(one, grid, mode, padding, align) * g).sum()
    for i in np.ndindex(*grid.shape):
        step = np.zeros_like(grid)
        step[i] = eps
        above, below = (_reference(x, grid + s, mode, padding, align) for s in (step, -step))
        dgrid[i] = ((above - below) * g).sum() / (2 * eps)
    return dx, np.round(dgrid, 9)


GRID_SAMPLE_BACKWARD: Op = Op(
    "grid_sample_backward", kind="grid", grad_name="GridSampler2DBackwardBackward0", visible=2, forward=_grid_sample_backward,
    backward=_backward_gradient, save_inputs=(0, 1, 2, *((i, j) for i in range(3) for j in range(3) if i != j)),
    infer=lambda g, x, grid, mode, padding, align, need_x, need_grid: [
        (x[0] if need_x else (0,), x[1]), (grid[0] if need_grid else (0,), grid[1])
    ],
    reference=_reference_backward,
    samples=lambda: [
        Sample([numbers(1, 2, 2, 3), numbers(1, 2, 2, 3, seed=2), numbers(1, 2, 3, 2, low=-0.9, high=0.9)], (NEAREST, ZEROS, False, True, True), grad=False),
    ],
    rejects=lambda: [Reject([numbers(1, 1, 2, 2), numbers(1, 1, 2, 2), numbers(2, 2, 2, 2)], (0, 0, False, True, True), ValueError, "does not fit")],
    cost=_cost, explain="gradients of the input and of the points", export=None,
)  # fmt: skip


def grid_sample(x: Any, grid: Any, mode: int, padding: int, align: bool) -> Any:
    """`x` [n, c, (d,) h, w] at the points of `grid` [n, …, 2 or 3]."""
    return apply(GRID_SAMPLE[x.array.ndim - 2], (x, grid), (mode, padding, align))


# --- affine grids -------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _base(size: Shape, align: bool, lone: float, dtype: str) -> NDArray:
    """Homogeneous coordinates of all points, [points, dims + 1]; `lone`: where the one point of a line between two corners lies."""
    real = np.dtype(dtype).type
    lines = []
    for n in size:
        line = np.linspace(-1, 1, n, dtype=real) if n > 1 else np.full(1, lone if align else 0, real)
        lines.append(line if align or n < 1 else line * real(n - 1) / real(n))
    mesh = np.meshgrid(*lines, indexing="ij")[::-1]
    return np.stack([*[m.ravel() for m in mesh], np.ones(int(np.prod(size)), real)], -1).astype(real)


def _wide(x: NDArray) -> NDArray:
    return x if x.dtype in _FLOATS else dtypes.cast(x, dtypes.F32)


def _affine_grid(theta: NDArray, size: Shape, align: bool, lone: float = 0.0) -> NDArray:
    wide = _wide(theta)
    with np.errstate(all="ignore"):
        points = np.matmul(_base(size, align, lone, wide.dtype.name), wide.swapaxes(1, 2))
    return dtypes.cast(points.reshape(len(theta), *size, len(size)), theta.dtype)


def _affine_grid_backward(g: NDArray, size: Shape, align: bool, lone: float = 0.0) -> NDArray:
    wide = _wide(g)
    with np.errstate(all="ignore"):
        back = np.matmul(wide.reshape(len(g), -1, len(size)).swapaxes(1, 2), _base(size, align, lone, wide.dtype.name))
    return dtypes.cast(np.ascontiguousarray(back), g.dtype)


_AFFINE_SAMPLES = (
    ((2, 2, 3), ((3, 4), False, 0.0)),
    ((1, 2, 3), ((2, 1), True, 0.0)),
    ((2, 3, 4), ((2, 3, 4), True, 0.0)),
)

AFFINE_GRID: Op = Op(
    "affine_grid", kind="grid", grad_name="AffineGridGeneratorBackward0", forward=_affine_grid,
    backward=lambda ctx, g: apply(AFFINE_GRID_BACKWARD, (g,), ctx.params),
    infer=lambda theta, size, align, lone: [((theta[0][0], *size, len(size)), theta[1])],
    reference=lambda theta, size, align, lone: (
        np.einsum("pk,nik->npi", _base(size, align, lone, "float64"), theta).reshape(len(theta), *size, len(size))
    ),
    samples=lambda: [Sample([numbers(*shape)], params) for shape, params in _AFFINE_SAMPLES], rejects=lambda: [], cost=_cost,
    explain="the affine map of the point's own coordinates", export="AffineGrid",
)  # fmt: skip
AFFINE_GRID_BACKWARD: Op = Op(
    "affine_grid_backward", kind="grid", grad_name="AffineGridGeneratorBackwardBackward0", forward=_affine_grid_backward,
    backward=lambda ctx, v: apply(AFFINE_GRID, (v,), ctx.params),
    infer=lambda g, size, align, lone: [((g[0][0], len(size), len(size) + 1), g[1])],
    reference=lambda g, size, align, lone: np.einsum("npi,pk->nik", g.reshape(len(g), -1, len(size)), _base(size, align, lone, "float64")),
    samples=lambda: [Sample([numbers(shape[0], *size, len(size))], (size, align, lone)) for shape, (size, align, lone) in _AFFINE_SAMPLES],
    rejects=lambda: [], cost=_cost, explain="the sum over the points of gradient times coordinates", export=None,
)  # fmt: skip


def affine_grid(theta: Any, size: Shape, align: bool, lone: float = 0.0) -> Any:
    """Grids [n, *size, dims] of the maps `theta` [n, dims, dims + 1]; `lone`: the coordinate of a size of one between aligned corners."""
    return apply(AFFINE_GRID, (theta,), (tuple(size), align, lone))
