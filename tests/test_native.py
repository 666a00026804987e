"""The native core: threads, allocator, dispatch, and what the kernels must hold that no op's record says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from plait import _native

SIGMOID = _native.activation_code("sigmoid")


@pytest.fixture
def threads() -> Iterator[None]:
    before = _native.thread_count()
    yield
    _native.set_thread_count(before)


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, timeout=120
    )


# --- dispatch ---------------------------------------------------------------------------------------------------------------------


def test_every_isa_can_be_forced() -> None:
    for isa in _native.isas():
        done = python("from plait import _native; print(_native.isa())", PLAIT_ISA=isa)
        assert done.stdout.strip() == isa, done.stderr


def test_an_isa_that_is_not_there_says_what_is() -> None:
    done = python("import plait._native", PLAIT_ISA="vliw")
    assert done.returncode != 0
    assert "PLAIT_ISA=vliw cannot be used here; usable: " + " ".join(_native.isas()) in done.stderr


# --- threads ----------------------------------------------------------------------------------------------------------------------


def test_thread_count_comes_from_the_environment() -> None:
    assert (
        python("from plait import _native; print(_native.thread_count())", PLAIT_NUM_THREADS="3").stdout.strip() == "3"
    )


def test_many_threads_give_the_same_bits(threads: None) -> None:
    x = np.random.default_rng(0).standard_normal((9, 31, 257)).astype(np.float32)
    sums = []
    for n in (1, 2, 5):
        _native.set_thread_count(n)
        sums.append(
            [
                _native.reduce(_native.reduce_code("sum"), x, list(axes), False, 1.0)
                for axes in ((0, 1, 2), (2,), (0, 2), (0,))
            ]
        )
    for other in sums[1:]:
        assert all(a.tobytes() == b.tobytes() for a, b in zip(sums[0], other, strict=True))


def test_python_threads_share_the_pool(threads: None) -> None:
    _native.set_thread_count(3)
    x = np.random.default_rng(0).standard_normal(300_000)
    want = _native.activation(SIGMOID, x, 0.0, 0.0, 0.0)
    wrong: list[int] = []

    def work() -> None:
        for _ in range(20):
            if not np.array_equal(_native.activation(SIGMOID, x, 0.0, 0.0, 0.0), want):
                wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong


FORK = """
import os, threading
import numpy as np
from plait import _native
_native.set_thread_count(3)
x = np.ones(400_000, np.float32)
run = lambda: _native.activation(_native.activation_code("sigmoid"), x, 0.0, 0.0, 0.0)
want = run()
stop = threading.Event()
def busy():
    while not stop.is_set():
        run()
t = threading.Thread(target=busy); t.start()
for _ in range(12):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if np.array_equal(run(), want) else 1)
    assert os.waitpid(pid, 0)[1] == 0
stop.set(); t.join()
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_computes_while_the_parent_does() -> None:
    done = python(FORK)
    assert done.stdout.strip() == "done", done.stderr


# --- allocator --------------------------------------------------------------------------------------------------------------------


def test_empty_gives_aligned_memory_of_its_own() -> None:
    arrays = [_native.empty((n, 3), np.dtype(np.float32)) for n in (0, 1, 7, 4096, 300_000)]
    for a in arrays:
        assert a.flags.writeable and a.flags.c_contiguous
        assert a.ctypes.data % 64 == 0
        a[...] = 1
    assert len({a.ctypes.data for a in arrays}) == len(arrays)
    assert _native.empty(5, np.dtype(np.int64)).shape == (5,)


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 40), (1 << 62,)])
def test_sizes_that_overflow_are_out_of_memory(shape: tuple[int, ...]) -> None:
    with pytest.raises(MemoryError):
        _native.empty(shape, np.dtype(np.float64))


def test_empty_refuses_bad_shapes() -> None:
    with pytest.raises(ValueError, match="negative dimension"):
        _native.empty((-1,), np.dtype(np.float32))
    with pytest.raises(TypeError):
        _native.empty((1.5,), np.dtype(np.float32))
    with pytest.raises(TypeError):
        _native.empty((2,), np.dtype(object))


def test_memory_is_counted_and_given_back() -> None:
    before = _native.memory_stats()["in_use"]
    a = _native.empty((1 << 20,), np.dtype(np.uint8))
    assert _native.memory_stats()["in_use"] >= before + (1 << 20)
    del a
    assert _native.memory_stats()["in_use"] == before
    _native.empty_cache()
    assert _native.memory_stats()["cached"] == 0
    limit = _native.memory_stats()["limit"]
    try:
        _native.set_cache_limit(1 << 16)
        del before
        a = _native.empty((1 << 20,), np.dtype(np.uint8))
        del a
        assert _native.memory_stats()["cached"] <= 1 << 16
    finally:
        _native.set_cache_limit(limit)


# --- vector maths: at most 2 units in the last place -------------------------------------------------------------------------------

MATHS: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("exp", np.exp, -80, 80),
    ("expm1", np.expm1, -20, 20),
    ("log", np.log, 1e-6, 1e6),
    ("log1p", np.log1p, -0.999, 1e4),
    ("sqrt", np.sqrt, 0, 1e6),
]
ROOM = np.dtype(np.longdouble)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name,function,low,high", MATHS, ids=[m[0] for m in MATHS])
def test_vector_maths(name: str, function: Callable[[Any], Any], low: float, high: float, dtype: type) -> None:
    rng = np.random.default_rng(1)
    near = rng.uniform(max(low, -1.0), min(high, 2.0), 3001)
    x = np.concatenate([rng.uniform(low, high, 5003), near]).astype(dtype)
    got = _native.unary(_native.unary_code(name), x)
    want = function(x.astype(ROOM))
    unit = np.spacing(np.abs(want.astype(dtype)))
    assert np.max(np.abs(got.astype(ROOM) - want) / unit) <= 2.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_and_sigmoid(dtype: type) -> None:
    x = np.concatenate([np.linspace(-30, 30, 4001), np.linspace(-1e-3, 1e-3, 999)]).astype(dtype)
    wide = x.astype(ROOM)
    for name, want in (("tanh", np.tanh(wide)), ("sigmoid", 1 / (1 + np.exp(-wide)))):
        got = _native.activation(_native.activation_code(name), x, 0.0, 0.0, 0.0)
        unit = np.spacing(np.abs(want.astype(dtype)))
        assert np.max(np.abs(got.astype(ROOM) - want) / unit) <= 2.5, name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values(dtype: type) -> None:
    inf, nan = np.inf, np.nan
    x = np.array([-inf, -0.0, 0.0, inf, nan, 1e4, -1e4] * 9, dtype)
    with np.errstate(all="ignore"):
        for name, function in (
            ("exp", np.exp),
            ("expm1", np.expm1),
            ("log", np.log),
            ("log1p", np.log1p),
            ("sqrt", np.sqrt),
        ):
            np.testing.assert_allclose(
                _native.unary(_native.unary_code(name), x), function(x), rtol=4 * np.finfo(dtype).eps, err_msg=name
            )
    zeros = x == 0
    for name in ("tanh", "softsign", "relu", "hardtanh"):
        got = _native.activation(_native.activation_code(name), x, -1.0, 1.0, 0.0)
        assert np.array_equal(np.signbit(got[zeros]), np.signbit(x[zeros])), name
        assert np.isnan(got[4])


# --- binary: what meets natively equals NumPy, the rest is refused ------------------------------------------------------------------

PAIRS = [
    ((37,), (37,)), ((3, 5), (5,)), ((5,), (3, 5)), ((2, 7, 3, 3), (7, 1, 1)), ((7, 1, 1), (2, 7, 3, 3)), ((4, 5), ()), ((), (4, 5)),
    ((0, 3), (3,)), ((2, 3, 4), (2, 1, 1)), ((3, 70_000), (3, 1)), ((2, 70_000), (70_000,)), ((2, 3), (1,)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum", "lt", "ge", "eq"])
def test_binary(name: str, dtype: type) -> None:
    ufunc = {
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
        "lt": np.less,
        "ge": np.greater_equal,
        "eq": np.equal,
    }.get(name, getattr(np, name, None))
    assert ufunc is not None
    code = _native.binary_code(name)
    rng = np.random.default_rng(0)
    for left, right in PAIRS:
        a, b = (np.asarray(rng.integers(-3, 4, s) / 2 + 0.25, dtype) for s in (left, right))
        got, want = _native.binary(code, a, b, 1.0), np.asarray(ufunc(a, b))
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def test_binary_refuses_what_it_cannot() -> None:
    x = np.ones((3, 4))
    add = _native.binary_code("add")
    assert _native.binary(add, x[:, :1].copy(), x[:1].copy(), 1.0) is None
    assert _native.binary(add, x[:, ::2], 1.0, 1.0) is None
    assert _native.binary(add, np.arange(3), 1, 1.0) is None
    assert _native.binary(add, x, x.astype(np.float32), 1.0) is None
    assert not _native.binary_into(add, x, x[0], x, 1.0)  # a row of the array itself would change under the loop
    assert not _native.binary_into(add, x.reshape(-1)[1:], x.reshape(-1)[:-1], x.reshape(-1)[1:], 1.0)


def test_results_lie_in_memory_as_their_inputs() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    for v in (x, x.transpose(0, 2, 3, 1), np.asfortranarray(x), x[:, :, ::2], x[::-1], np.broadcast_to(x[:1], x.shape)):
        got = _native.activation(SIGMOID, v, 0.0, 0.0, 0.0)
        np.testing.assert_allclose(got, 1 / (1 + np.exp(-v)), rtol=1e-14)
    assert (
        _native.activation(SIGMOID, x.transpose(0, 2, 3, 1), 0.0, 0.0, 0.0).strides == x.transpose(0, 2, 3, 1).strides
    )


def test_no_memory_is_a_runtime_error() -> None:
    from plait import torch
    from plait.errors import OutOfMemory

    huge = torch.ones(1).expand(2**45)
    for work in (
        lambda: torch.relu(huge),
        lambda: huge + 1,
        lambda: torch.nn.functional.pad(torch.ones(1, 1, 4), (2**45, 0)),
    ):
        with pytest.raises(OutOfMemory) as caught:
            work()
        assert isinstance(caught.value, RuntimeError) and isinstance(caught.value, MemoryError)
