"""TensorFlow's random operations with a state: a global seed, seeds of operations, and a counter for each operation that was used.

Rules of this file: an operation without a seed gets one from the global seed's generator; the same operation with the same seeds goes on where
it stopped, as upstream's cached kernels do, until the global seed is set again.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from plait.ops import philox

__all__ = ["op_seeds", "pipeline_orders", "set_seed", "stream"]

_MAX = 2**31 - 1
_DEFAULT = 87654321


class _State:
    seed: int | None = None
    rng: random.Random | None = None
    counters: dict[Any, philox.Stream] = {}


def set_seed(seed: Any) -> None:
    """Set the global seed: all operations start anew."""
    _State.seed = int(seed)
    _State.rng = random.Random(int(seed))
    _State.counters = {}


def op_seeds(seed: Any) -> tuple[int | None, int | None]:
    """The two seeds of an operation, from its own and the global one; (None, None) where there is neither."""
    if _State.seed is not None:
        assert _State.rng is not None
        own = _State.rng.randint(0, _MAX) if seed is None else int(seed)
        pair = (_State.seed % _MAX, own % _MAX)
    elif seed is not None:
        pair = (_DEFAULT % _MAX, int(seed) % _MAX)
    else:
        return None, None
    return (0, _MAX) if pair == (0, 0) else pair


def stream(name: Any, seed: Any, blocks: int) -> philox.Stream:
    """The stream of one call of an operation, which takes `blocks` blocks of its generator."""
    first, second = op_seeds(seed)
    if first is None or second is None:
        drawn = np.frombuffer(np.random.default_rng().bytes(16), np.uint64).tolist()
        return philox.Stream(drawn[0], drawn[1] << 64)
    key = (name, first, second)
    now = _State.counters.get(key)
    if now is None:
        now = philox.Stream(first, second << 64)
    _State.counters[key] = now.skipped(blocks)
    return now


def pipeline_orders(sizes: list[int]) -> list[Any]:
    """Random orders of that many things, as an operation in a new data pipeline gives them, one after another.

    There the operation's own seed is 0, and its state is new with each pass: after `set_seed` all passes are in the same order.
    """
    if _State.seed is None:
        rng = np.random.default_rng()
        return [rng.permutation(n) for n in sizes]
    first, second = op_seeds(0)
    assert first is not None and second is not None
    now, found = philox.Stream(first, second << 64), []
    for n in sizes:
        if n > 1:
            found.append(philox.order(now, n))
            now = now.skipped(philox.order_blocks(n))
        else:
            found.append(np.arange(n))
    return found
