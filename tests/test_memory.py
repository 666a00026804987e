"""plait.memory_stats and its kin: what they count, and that importing plait loads nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import plait
from plait import torch

MEGABYTE = 1 << 20


@pytest.fixture(autouse=True)
def limit_kept() -> Iterator[None]:
    before = plait.memory_stats()["limit"]
    yield
    plait.set_cache_limit(before)


def test_importing_plait_loads_no_engine() -> None:
    code = "import sys, plait; dir(plait); assert 'numpy' not in sys.modules and 'plait._native' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_results_are_counted_and_numpys_arrays_are_not() -> None:
    x = torch.from_numpy(np.ones(MEGABYTE, np.float32))
    before = plait.memory_stats()["in_use"]
    y = torch.nn.functional.relu(x)
    grown = plait.memory_stats()["in_use"] - before
    assert 4 * MEGABYTE <= grown <= 6 * MEGABYTE
    del y
    assert plait.memory_stats()["in_use"] == before
    z = torch.from_numpy(np.ones(MEGABYTE, np.float32))
    assert plait.memory_stats()["in_use"] == before
    del z


def test_what_is_freed_is_kept_and_found_again() -> None:
    x = torch.from_numpy(np.ones(MEGABYTE, np.float32))
    plait.empty_cache()
    stats = plait.memory_stats()
    assert stats["cached"] == 0
    y = x + x
    del y
    assert 4 * MEGABYTE <= plait.memory_stats()["cached"] <= 5 * MEGABYTE
    hits = plait.memory_stats()["hits"]
    y = x + x
    assert plait.memory_stats()["hits"] > hits
    del y
    plait.empty_cache()
    assert plait.memory_stats()["cached"] == 0


def test_the_limit_holds_at_once_and_later() -> None:
    x = torch.from_numpy(np.ones(MEGABYTE, np.float32))
    kept = [x + x for _ in range(4)]
    kept.clear()
    assert plait.memory_stats()["cached"] >= 16 * MEGABYTE
    plait.set_cache_limit(9 * MEGABYTE)
    assert plait.memory_stats()["cached"] <= 9 * MEGABYTE
    kept = [x + x for _ in range(4)]
    kept.clear()
    assert plait.memory_stats()["cached"] <= 9 * MEGABYTE
    plait.set_cache_limit(0)
    y = x + x
    del y
    assert plait.memory_stats()["cached"] == 0


def test_the_peak_starts_anew() -> None:
    x = torch.from_numpy(np.ones(MEGABYTE, np.float32))
    y = [x + x, x + x]
    y.clear()
    plait.reset_peak_memory()
    start = plait.memory_stats()
    assert start["peak_in_use"] == start["in_use"]
    z = x + x
    del z
    after = plait.memory_stats()
    assert after["in_use"] == start["in_use"]
    assert 4 * MEGABYTE <= after["peak_in_use"] - start["in_use"] <= 6 * MEGABYTE


@pytest.mark.parametrize(("limit", "error"), [(-1, ValueError), (1.5, TypeError), ("1", TypeError), (None, TypeError)])
def test_bad_limits_are_refused(limit: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        plait.set_cache_limit(limit)  # type: ignore[arg-type]


def test_backward_lets_go_of_what_it_has_passed() -> None:
    """Eight layers whose backward needs their results: the peak of backward is near that of forward, not twice as high."""
    x = torch.from_numpy(np.ones(MEGABYTE, np.float32)).requires_grad_()
    base = plait.memory_stats()["in_use"]
    y = x
    for _ in range(8):
        y = torch.tanh(y)
    loss = y.sum()
    del y
    held = plait.memory_stats()["in_use"] - base
    assert held >= 32 * MEGABYTE
    plait.reset_peak_memory()
    loss.backward()
    assert plait.memory_stats()["peak_in_use"] - base <= held + 3 * 6 * MEGABYTE
    del loss
    assert plait.memory_stats()["in_use"] - base <= 6 * MEGABYTE


def test_the_gradient_of_many_filters_takes_no_second_array_as_large() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        filters = torch.zeros(512, 512, 3, 3, requires_grad=True)
        y = torch.nn.functional.conv2d(torch.ones(1, 512, 2, 2), filters, padding=1).sum()
        before = plait.memory_stats()["in_use"]
        plait.reset_peak_memory()
        y.backward()
        grown = plait.memory_stats()["peak_in_use"] - before
        assert 4 * filters.numel() <= grown <= 1.6 * 4 * filters.numel()  # two tasks at a time keep their shares
    finally:
        torch.set_num_threads(threads)
