"""torch.testing: assert_close and make_tensor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from plait.torch import _dtypes
from plait.torch._printing import _plain
from plait.torch._tensor import Tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

_TOLERANCE = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Any = None,
) -> None:
    """Asserts that |actual - expected| <= atol + rtol |expected|, through sequences and mappings; the tolerances go by dtype.

    Raises:
        AssertionError: with the number of elements that differ, and the greatest differences.
        ValueError: one of rtol and atol is given without the other.
    """
    if (rtol is None) != (atol is None):
        given, missing = ("atol", "rtol") if rtol is None else ("rtol", "atol")
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or unspecified, but got no {missing} with {given} given."
        )
    words = _difference(actual, expected, rtol, atol, equal_nan, check_dtype, check_stride)
    if words is not None:
        raise AssertionError(words if msg is None else msg(words) if callable(msg) else msg)


assert_allclose = assert_close


def _difference(
    a: Any, b: Any, rtol: Any, atol: Any, equal_nan: bool, check_dtype: bool, check_stride: bool
) -> str | None:
    same = (rtol, atol, equal_nan, check_dtype, check_stride)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if set(a) != set(b):
            return f"The keys of the mappings do not match:\nMissing keys in the actual mapping: {sorted(set(b) - set(a))}\n" \
                   f"Missing keys in the expected mapping: {sorted(set(a) - set(b))}"  # fmt: skip
        for key in sorted(a):
            words = _difference(a[key], b[key], *same)
            if words is not None:
                return f"{words}\n\nThe failure occurred for item [{key!r}]"
        return None
    if isinstance(a, Sequence) and isinstance(b, Sequence) and not isinstance(a, str):
        if len(a) != len(b):
            return f"The length of the sequences mismatch: {len(a)} != {len(b)}"
        for place, (x, y) in enumerate(zip(a, b, strict=True)):
            words = _difference(x, y, *same)
            if words is not None:
                return f"{words}\n\nThe failure occurred for item [{place}]"
        return None
    if a is None and b is None:
        return None
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    if not numbers and isinstance(a, (Tensor, np.ndarray)) != isinstance(b, (Tensor, np.ndarray)):
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}.")
    return _array_difference(a, b, numbers, *same)


def _array_difference(
    a: Any, b: Any, numbers: bool, rtol: Any, atol: Any, equal_nan: bool, check_dtype: bool, check_stride: bool
) -> str | None:
    left, right = (t.array if isinstance(t, Tensor) else np.asarray(t) for t in (a, b))
    kinds = [_dtypes.from_numpy_dtype(t.dtype) for t in (left, right)]
    if left.shape != right.shape:
        shapes = [_dtypes.Size(t.shape) for t in (left, right)]
        return f"The values for attribute 'shape' do not match: {shapes[0]} != {shapes[1]}."
    if check_dtype and not numbers and kinds[0] is not kinds[1]:
        return f"The values for attribute 'dtype' do not match: {kinds[0]} != {kinds[1]}."
    if check_stride and left.strides != right.strides:
        steps = [tuple(s // t.itemsize for s in t.strides) for t in (left, right)]
        return f"The values for attribute 'stride()' do not match: {steps[0]} != {steps[1]}."
    if rtol is None:
        found = [_TOLERANCE.get(k._name, (0.0, 0.0)) for k in kinds]
        rtol, atol = max(f[0] for f in found), max(f[1] for f in found)
    kind_of = np.result_type(*(_plain(t).dtype for t in (left, right)))
    x, y = (_plain(t).astype(kind_of if kind_of.kind != "b" else np.int64) for t in (left, right))
    with np.errstate(all="ignore"):
        apart = np.asarray(np.abs(x - y))
        good = (x == y) | (apart <= atol + rtol * np.abs(y)) & np.isfinite(y) & np.isfinite(x)
        if equal_nan:
            good |= np.isnan(x) & np.isnan(y)
        if good.all():
            return None
        relative = np.asarray(apart / np.abs(y))
    kind = "Scalars" if numbers or x.ndim == 0 else "Tensor-likes"
    if all(k._rank < 2 for k in kinds) and rtol == atol == 0:
        head, allowed = f"{kind} are not equal!", ("", "")
    else:
        head, allowed = f"{kind} are not close!", (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    if x.ndim == 0:
        lines = [f"Expected {y.item()} but got {x.item()}."]
        lines += [
            f"{n} difference: {d.item()}{w}"
            for n, d, w in zip(("Absolute", "Relative"), (apart, relative), allowed, strict=True)
        ]
        return head + "\n\n" + "\n".join(lines)
    wrong = ~good
    lines = [f"Mismatched elements: {int(wrong.sum())} / {wrong.size} ({100 * wrong.sum() / wrong.size:.1f}%)"]
    for name, values, words in (("absolute", apart, allowed[0]), ("relative", relative, allowed[1])):
        masked = np.where(wrong, values, 0)
        place = int(np.argmax(np.where(np.isnan(masked), math.inf, masked)))
        index = tuple(int(i) for i in np.unravel_index(place, x.shape))
        lines.append(f"Greatest {name} difference: {values.reshape(-1)[place]} at index {index}{words}")
    return head + "\n\n" + "\n".join(lines)


def make_tensor(
    *shape: Any,
    dtype: _dtypes.dtype,
    device: Any = "cpu",
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of uniform values: floating in [-9, 9), integers in [-9, 10), uint8 in [0, 10), unless low and high say otherwise."""
    import plait.torch as torch

    _dtypes.check_device(device)
    sizes = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    if dtype is _dtypes.bool:
        result = torch.randint(0, 2, sizes, dtype=dtype)
    elif dtype.is_floating_point:
        low, high = (-9 if low is None else low), (9 if high is None else high)
        result = torch.empty(sizes, dtype=dtype).uniform_(low, high)
    else:
        low = (0 if dtype is _dtypes.uint8 else -9) if low is None else low
        high = 10 if high is None else high
        result = torch.randint(int(low), int(high), sizes, dtype=dtype)
    if exclude_zero:
        result.masked_fill_(result.eq(0), 1)
    return result.requires_grad_() if requires_grad else result
