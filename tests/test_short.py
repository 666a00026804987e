"""Short ways in C give what the functions behind them give: for plain arguments the same, all others they hand on."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from plait import _native, torch
from plait.ops import elementwise as ew
from plait.ops import series, shape, views
from plait.ops.extremes import ARGMAX
from plait.ops.select import CLAMP, _clamp

SHAPES: list[tuple[int, ...]] = [(), (6,), (1, 6), (2, 3), (2, 1, 3), (0, 3), (2, 3, 4, 5)]


def _slow(name: str) -> Any:
    """Tensor's method without its check and its short way."""
    return vars(torch.Tensor)[name].__wrapped__


def _outcome(call: Any, *args: Any) -> Any:
    try:
        y = call(*args)
    except (RuntimeError, IndexError, TypeError) as error:
        return type(error), str(error)
    return y.array.tobytes(), y.shape, y.stride(), y.grad_fn.name() if y.grad_fn is not None else None


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("tracks", [False, True])
def test_views_are_those_of_the_long_way(size: tuple[int, ...], tracks: bool) -> None:
    arguments: dict[str, list[tuple[Any, ...]]] = {
        "reshape": [(-1,), (6,), (3, 2), ((3, -1),), ([2, -1],), (-1, -1), (4, 5), (0, -1), (-2, 3), (np.int64(2), 3), (torch.Size([6]),)],
        "view": [(-1,), (2, -1), ((2, 3),), (7,)],
        "permute": [(0,), (1, 0), ((1, 0),), (-1, 0), (0, 0), (0, 5), (1, 0, 2), (0, 3, 1, 2)],
        "transpose": [(0, 1), (-1, 0), (0, 0), (0, 7)],
        "flatten": [(), (1,), (0, -2), (1, 2), (-1, 0), (9,)],
        "squeeze": [(), (0,), (1,), (-1,), ((0, 1),), (8,)],
        "contiguous": [()],
    }  # fmt: skip
    base = torch.arange(int(np.prod(size)), dtype=torch.float32).reshape(size)
    for x in (base, base.flip(0) if size else base, base.permute(tuple(range(len(size)))[::-1])):
        x = x.detach().requires_grad_(tracks)
        for name, cases in arguments.items():
            for args in cases:
                assert _outcome(getattr(x, name), *args) == _outcome(_slow(name), x, *args), (name, args)


def test_a_view_keeps_the_version_and_the_way_to_its_base() -> None:
    x = torch.zeros(2, 3)
    parts = x.reshape(6).chunk(2)
    parts[1].add_(1)
    assert x.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert all(p.view_base is x and p.versions is x.versions for p in parts)
    y = torch.ones(4, requires_grad=True)
    first, second = (y * 2).chunk(2)
    (first * 3 + second).sum().backward()
    assert y.grad.tolist() == [6, 6, 2, 2]


def test_sizes_are_those_of_the_long_way() -> None:
    x = torch.zeros(2, 3)
    assert (x.dim(), x.size(0), x.size(-1), x.size(), x.shape) == (2, 2, 3, (2, 3), torch.Size([2, 3]))
    assert type(x.shape) is type(x.size()) is torch.Size
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.size(2)
    with pytest.raises(IndexError):
        torch.tensor(1.0).size(0)
    with pytest.raises(AttributeError):
        _ = torch.Tensor.__new__(torch.Tensor).shape


def test_split_is_slices() -> None:
    x = np.arange(24.0).reshape(4, 6)[:, ::-1]
    for dim, sizes in ((0, (1, 3)), (1, (2, 0, 4)), (1, (5, 5)), (0, (9, 1))):
        start = 0
        for part, n in zip(_native.split(x, dim, sizes), sizes, strict=True):
            place = (slice(None),) * dim + (slice(start, start + n),)
            assert np.array_equal(part, x[place])
            assert part.size == 0 or np.shares_memory(part, x)
            start += n
    frozen = np.arange(4.0)
    frozen.flags.writeable = False
    assert not _native.split(frozen, 0, (2, 2))[0].flags.writeable
    with pytest.raises(TypeError):
        _native.split(x, 2, (1,))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.bool_])
def test_joins_are_numpys(dtype: Any) -> None:
    a, b = np.arange(12).reshape(2, 3, 2).astype(dtype), np.ones((2, 3, 2), dtype)
    for dim in range(3):
        assert np.array_equal(shape.CAT.run(a, b, a, dim), np.concatenate([a, b, a], dim))
    stack: Any = torch.stack
    for dim in range(4):
        got = stack([torch.from_numpy(a), torch.from_numpy(b)], dim).array
        assert got.flags.c_contiguous and np.array_equal(got, np.stack([a, b], dim))
    assert np.array_equal(shape.CAT.run(a[:, ::2], b, 1), np.concatenate([a[:, ::2], b], 1))


def test_clamp_keeps_zeros_and_nan() -> None:
    x = np.array([-0.0, 0.0, np.nan, np.inf, -np.inf, 2, -2] * 5, np.float32)
    assert np.array_equal(np.signbit(CLAMP.run(x, 0.0, 1.0)), np.signbit(x) & (x == 0) | np.isnan(x) & np.signbit(x))
    for low, high in ((None, 1.0), (-1.0, None), (1, -1), (float("nan"), 1.0)):
        assert np.array_equal(CLAMP.run(x, low, high), _clamp(x, low, high), equal_nan=True)


def test_series_have_the_bits_of_their_formulas() -> None:
    rng = np.random.default_rng(0)
    for call in (series._exp, series._tanh, series._sigmoid):
        plain = call.__wrapped__  # type: ignore[attr-defined]
        for n in (*range(20), 1003):
            for scale in (1e-3, 1, 20, 100):
                x = (rng.uniform(-1, 1, n) * scale).astype(np.float32)
                assert call(x).tobytes() == plain(x).tobytes(), (plain.__name__, n, scale)


def test_sums_in_turn_walk_the_last_axis_slowest() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    for y in (x, x.T, x[::-1, ::2]):
        total = np.zeros(y.shape[1], np.float32)
        for k in range(y.shape[2]):
            for i in range(y.shape[0]):
                total = total + y[i, :, k]
        assert np.array_equal(_native.sum_in_turn(y, (0, 2)), total)
    with pytest.raises(ValueError, match="each once"):
        _native.sum_in_turn(x, (0, 0))


def test_a_lookup_finds_what_the_tables_hold() -> None:
    class Holder:
        first: dict[str, int]

        def __getattr__(self, name: str) -> Any:
            return "slow"

    looked = _native.lookup(("first", "second"), Holder.__getattr__)
    Holder.__getattr__ = looked  # type: ignore[method-assign]
    x = Holder()
    x.__dict__.update(first={"a": 1}, second=OrderedDict(b=2))
    assert (x.a, x.b, x.c) == (1, 2, "slow")
    assert torch.nn.Linear(2, 2).weight.shape == (2, 2)
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'absent'"):
        _ = torch.nn.Linear(2, 2).absent


def test_a_module_is_called_by_its_forward() -> None:
    class Doubling(torch.nn.Module):
        def forward(self, x: Any, by: int = 2) -> Any:
            return x * by

    m, x = Doubling(), torch.ones(2)
    assert (m(x).tolist(), m(x, by=3).tolist(), m(x, 4).tolist()) == ([2, 2], [3, 3], [4, 4])
    seen: list[Any] = []
    handle = m.register_forward_hook(lambda module, args, result: seen.append(result))
    m(x)
    handle.remove()
    m(x)
    assert len(seen) == 1
    m.forward = lambda x: x  # type: ignore[method-assign, assignment]
    assert m(x) is x
    assert torch.nn.Module.__call__.__name__ == "__call__"


def test_what_an_op_saves_of_several_results_is_kept() -> None:
    y = np.array([[1.0, 3.0], [5.0, 2.0]])
    assert ARGMAX.run(y, 1, False).tolist() == [1, 0]
    x = torch.tensor(y, requires_grad=True)
    values, places = x.max(1)
    values.sum().backward()
    assert places.tolist() == [1, 0]
    assert x.grad.tolist() == [[0, 1], [1, 0]]
    assert views.SPLIT.visible is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_number_in_a_whole_shape_counts_as_a_number(dtype: Any) -> None:
    x = np.random.default_rng(0).standard_normal((5, 7)).astype(dtype)
    wide = np.broadcast_to(np.asarray(0.3, dtype), (5, 7))
    for run, call in (
        (ew.MUL.run, np.multiply),
        (ew.SUB.run, np.subtract),
        (ew.DIV.run, np.divide),
        (ew.LT.run, np.less),
    ):
        for a, b in ((x, wide), (wide, x), (wide, wide), (x.T, wide.T)):
            got = run(a, b)
            assert got.dtype == call(a, b).dtype and np.array_equal(got, call(a, b))
