"""What a call on KerasTensors would give.

A function is tried on the KerasTensors themselves, so that layers inside it are built with unknown sizes as they are; where it
does more with them than layers and `keras.ops` can, it runs twice on stand-ins, arrays of ones with two different sizes in the
unknown places, and sizes that come out different are unknown. Meanwhile nothing is recorded and variables keep their values.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from plait.autograd import no_grad
from plait.keras import tree
from plait.keras._scopes import StatelessScope
from plait.keras._symbolic import KerasTensor
from plait.keras._traced import traced


class _Depth(threading.local):
    value = 0


_DEPTH = _Depth()

#: Sizes for an unknown first dimension and for the other unknown ones, in pairs of runs.
_FILLS = (((2, 48), (3, 96)), ((2, 192), (3, 288)), ((48, 48), (96, 96)))
_MOST_TRIES = 40


def inferring() -> bool:
    """Whether a call is being inferred: no nodes are made, and assignments to variables are ignored."""
    return _DEPTH.value > 0


@contextmanager
def inference_scope() -> Iterator[None]:
    """A block in which `inferring()`."""
    _DEPTH.value += 1
    try:
        with StatelessScope(), no_grad(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        _DEPTH.value -= 1


@contextmanager
def recording() -> Iterator[None]:
    """A block within an `inference_scope` in which nodes are made all the same: the graph of a model that is built in it."""
    before, _DEPTH.value = _DEPTH.value, 0
    try:
        yield
    finally:
        _DEPTH.value = before


def _fill(x: KerasTensor, first: int, other: int) -> tuple[int, ...]:
    return tuple((first if i == 0 else other) if size is None else size for i, size in enumerate(x.shape))


def _stand_in(x: KerasTensor, shape: tuple[int, ...]) -> Any:
    from plait.keras import ops
    from plait.keras._dtypes import standardize

    dtype = standardize(x.dtype)
    whole = dtype.startswith(("int", "uint"))
    return (ops.zeros if whole else ops.ones)(shape, dtype=dtype)


def _is_tensor(x: Any) -> bool:
    from plait.tensor import Tensor

    return isinstance(x, Tensor)


def spec_of(x: Any, name: str | None = None) -> Any:
    """A fresh KerasTensor like the tensor `x`; anything else as it is."""
    if isinstance(x, KerasTensor) or _is_tensor(x):
        return KerasTensor(tuple(x.shape), dtype=x.dtype, name=name or ("inferred" if inferring() else None))
    return x


def _merge(a: Any, b: Any) -> Any:
    if not _is_tensor(a):
        return a
    shape = tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True))
    return KerasTensor(shape, dtype=a.dtype, name="inferred" if inferring() else None)


def _same_everywhere(given: list[KerasTensor]) -> Iterator[tuple[list[tuple[int, ...]], ...]]:
    """Shapes for two runs, in which the unknown sizes of a kind are all the same."""
    if not any(size is None for x in given for size in x.shape):
        yield ([_fill(x, 1, 1) for x in given],)
        return
    known = dict.fromkeys(x.shape[0] for x in given if x.shape and x.shape[0] is not None)
    for a, b in (*_FILLS, *(((n, 48), (n, 96)) for n in known)):
        yield [_fill(x, *a) for x in given], [_fill(x, *b) for x in given]


def _each_its_own(given: list[KerasTensor]) -> Iterator[tuple[list[tuple[int, ...]], ...]]:
    """Shapes for two runs, in which some unknown places have a size that is known of another place."""
    places = [(i, d) for i, x in enumerate(given) for d, size in enumerate(x.shape) if size is None]
    known = sorted({size for x in given for size in x.shape if size is not None and size > 1})
    ways = itertools.product([None, *known], repeat=len(places))
    for way in itertools.islice(ways, 1, 1 + _MOST_TRIES):
        runs = []
        for first, other in _FILLS[0]:
            shapes = [list(_fill(x, first, other)) for x in given]
            for (i, d), size in zip(places, way, strict=True):
                if size is not None:
                    shapes[i][d] = size
            runs.append([tuple(shape) for shape in shapes])
        yield tuple(runs)


def _on_stand_ins(fn: Callable[..., Any], args: Any, kwargs: Any, one_op: bool) -> Any:
    given = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    tries = itertools.chain(_same_everywhere(given), _each_its_own(given) if one_op else ())
    error: Exception | None = None
    for pair in tries:
        try:
            runs = []
            for shapes in pair:
                at = iter(shapes)
                filled_args, filled_kwargs = tree.map_structure(
                    lambda x, at=at: _stand_in(x, next(at)) if isinstance(x, KerasTensor) else x, (args, kwargs)
                )
                open_batch = bool(given and given[0].shape and given[0].shape[0] is None)
                with inference_scope(), traced(shapes[0][0] if open_batch else None):
                    runs.append(fn(*filled_args, **filled_kwargs))
            return runs[0], runs[-1]
        except Exception as e:
            error = error or e
    assert error is not None
    raise error


def compute_output_spec(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What `fn` would return, with a KerasTensor for each tensor."""
    out = None
    try:
        with inference_scope():
            out = fn(*args, **kwargs)
        if out is NotImplemented:
            raise NotImplementedError
    except Exception as first:
        try:
            return infer_on_values(fn, *args, **kwargs)
        except Exception as second:
            if type(second).__module__ == "builtins":
                raise
            raise first from second
    return tree.map_structure(spec_of, out)


def infer_on_values(fn: Callable[..., Any], *args: Any, one_op: bool = False, **kwargs: Any) -> Any:
    """As `compute_output_spec`, for a function that must not see KerasTensors; one op alone may be tried more often."""
    try:
        a, b = _on_stand_ins(fn, args, kwargs, one_op)
    except Exception as e:
        if type(e).__module__ == "builtins":
            raise
        raise ValueError(str(e)) from e
    return tree.map_structure(_merge, a, b)
