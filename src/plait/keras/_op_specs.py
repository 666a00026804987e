"""Shapes of symbolic results that running an op on stand-ins cannot tell: sizes that depend on values, or on sizes yet unknown.

`RULES` gives for a function of `keras.ops` its rule: called with the function's arguments it returns the KerasTensors of the results,
raises ValueError for arguments that can never fit, or returns None where stand-ins tell as much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from plait.keras._dtypes import result_type
from plait.keras._symbolic import KerasTensor

Shape = tuple[int | None, ...]


def _axis(axis: int, n: int) -> int:
    if not -n <= axis < n:
        raise ValueError(f"axis {axis} is out of bounds for an array with dimension {n}.")
    return axis % n if n else axis


def _like(x: Any, shape: Any) -> KerasTensor:
    return KerasTensor(tuple(shape), dtype=x.dtype)


def _reshape(x: Any, newshape: Any) -> Any:
    if isinstance(newshape, KerasTensor):
        n = newshape.shape[0] if newshape.shape else 1
        return None if n is None else _like(x, (None,) * n)
    sizes = list(newshape) if isinstance(newshape, (list, tuple)) else [newshape]
    if any(isinstance(n, KerasTensor) for n in sizes):
        return _like(x, [None if n is None or n == -1 or isinstance(n, KerasTensor) else int(n) for n in sizes])
    if None not in x.shape or None in sizes:
        return None
    if -1 in sizes:  # what is left of the known sizes, where the unknown ones cannot be seen
        known = math.prod(n for n in x.shape if n is not None)
        rest = math.prod(n for n in sizes if n != -1)
        if rest and known % rest == 0:
            return None
        return _like(x, [None if n == -1 else n for n in sizes])
    return _like(x, sizes)


def _ndim(x: Any) -> Any:
    return KerasTensor((len(x.shape),))  # upstream's own: a tensor of so many elements


def _conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: Any = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    n = len(kernel.shape) - 2
    stride, dilation = ((v,) * n if isinstance(v, int) else tuple(v) for v in (strides, dilation_rate))
    if max(stride, default=1) == 1 or max(dilation, default=1) == 1:
        return None
    # Both at once are refused when the values come; until then the result is every stride-th place of the dense one.
    from plait.keras import ops
    from plait.keras._config import standardize_data_format

    dense = ops.conv(inputs, kernel, 1, padding, data_format, dilation_rate)
    first = 1 if standardize_data_format(data_format) == "channels_last" else 2
    sizes = list(dense.shape)
    for d, s in enumerate(stride, first):
        sizes[d] = None if sizes[d] is None else (sizes[d] - 1) // s + 1
    return _like(dense, sizes)


def _broadcast_to(x: Any, shape: Any) -> Any:
    sizes = tuple(shape)
    own = (1,) * (len(sizes) - len(x.shape)) + tuple(x.shape)
    if len(own) != len(sizes) or any(m not in (None, 1, n) for m, n in zip(own, sizes, strict=True)):
        raise ValueError(f"broadcast_to: a tensor of shape {x.shape} does not broadcast to shape {sizes}")
    return _like(x, sizes)


def _diag(x: Any, k: int = 0) -> Any:
    return _like(x, (None,)) if len(x.shape) == 2 and None in x.shape else None


def _split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    at = _axis(axis, len(x.shape))
    if x.shape[at] is not None or not isinstance(indices_or_sections, int):
        return None
    return [_like(x, x.shape) for _ in range(indices_or_sections)]


def _unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    at = _axis(axis, len(x.shape))
    num = x.shape[at] if num is None else num
    if num is None:
        raise ValueError(
            f"Cannot infer argument `num` from shape {x.shape}: axis {axis} has no known size; give `num` itself."
        )
    return [_like(x, x.shape[:at] + x.shape[at + 1 :]) for _ in range(num)]


def _repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    if axis is None:
        return _like(x, (None,)) if None in x.shape else None
    return _like(x, x.shape) if x.shape[_axis(axis, len(x.shape))] is None else None


def _unique(
    x: Any, sorted: bool = True, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: int | None = None, size: int | None = None, fill_value: Any = None,
) -> Any:  # fmt: skip
    if axis is None:
        values: Shape = (size,)
        inverse = tuple(x.shape)
    else:
        at = _axis(axis, len(x.shape))
        values = (*x.shape[:at], size, *x.shape[at + 1 :])
        inverse = (x.shape[at],)
    out = [_like(x, values)]
    for wanted, shape in ((return_index, (size,)), (return_inverse, inverse), (return_counts, (size,))):
        if wanted:
            out.append(KerasTensor(shape, dtype="int32"))
    return out[0] if len(out) == 1 else tuple(out)


def _where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    # Of a condition alone the places come as one tensor for each axis, but a symbolic call tells its own shape.
    return KerasTensor(condition.shape, dtype="int64") if x1 is None and x2 is None else None


def _slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    n = len(inputs.shape)
    if len(shape) != n:
        raise ValueError(
            f"The number of dimensions in `inputs` must match the number of dimensions in `shape`; got "
            f"inputs.shape={inputs.shape} and shape={shape}"
        )
    if hasattr(start_indices, "__len__") and len(start_indices) != n:
        raise ValueError(
            "The number of dimensions in `start_indices` must match the number of dimensions in `inputs`; got "
            f"start_indices={start_indices} and inputs.shape={inputs.shape}"
        )
    unknown = isinstance(start_indices, KerasTensor)
    sizes = [
        size if size != -1 else None if unknown or whole is None else whole - start_indices[d]
        for d, (whole, size) in enumerate(zip(inputs.shape, shape, strict=True))
    ]
    return _like(inputs, sizes)


def _transpose(x: Any, axes: Any = None) -> Any:
    if axes is None:
        return None
    n, axes = len(x.shape), list(axes)
    if len(axes) != n:
        raise ValueError(
            f"transpose: axes must be a list of the same length as the input shape; got axes={axes} for {x.shape}"
        )
    if any(not -n <= a < n for a in axes):
        raise ValueError(f"transpose: Each axis in `axes` must be an integer in [-{n}, {n}); got axes={axes}")
    if sorted(a % n for a in axes) != list(range(n)):
        raise ValueError(f"transpose: axes must be a valid permutation of {n} axes; got axes={axes}")
    return None


def _tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    a, b = (list(getattr(x, "shape", ())) for x in (x1, x2))
    dtype = result_type(*(getattr(x, "dtype", type(x)) for x in (x1, x2)))
    if isinstance(axes, int):
        return KerasTensor(tuple(a[: len(a) - axes] + b[axes:] if axes > 0 else a + b), dtype=dtype)
    first, second = ([p] if isinstance(p, int) else list(p) for p in axes)
    one, other = [a[p] for p in first], [b[p] for p in second]
    if len(one) != len(other) or any(None not in (m, n) and m != n for m, n in zip(one, other, strict=True)):
        raise ValueError(f"tensordot: sizes along axes must be the same; got {one} and {other}")
    first, second = [p % len(a) for p in first], [p % len(b) for p in second]
    kept = [n for d, n in enumerate(a) if d not in first] + [n for d, n in enumerate(b) if d not in second]
    return KerasTensor(tuple(kept), dtype=dtype)


def _einsum(subscripts: str, *operands: Any, **_: Any) -> Any:
    given, arrow, wanted = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(operands):
        raise ValueError(f'Got {len(operands)} inputs for equation "{subscripts}", expecting {len(terms)}')
    letters = given.replace("...", "").replace(",", "")
    if not arrow:
        wanted = "..." + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    sizes: dict[str, int | None] = {}
    middle: list[int | None] = []  # what "..." stands for, the last axis first
    for term, x in zip(terms, operands, strict=True):
        shape = list(getattr(x, "shape", ()))
        head, dots, tail = term.partition("...")
        if len(shape) < len(head + tail) or (not dots and len(shape) != len(head)):
            raise ValueError(
                f"einsum: `{term}` of `{subscripts}` does not match the number of dimensions of an operand of shape {tuple(shape)}"
            )
        ends = shape[: len(head)] + shape[len(shape) - len(tail) :]
        for letter, size in zip(head + tail, ends, strict=True):
            if letter in wanted:
                sizes[letter] = _meet(sizes.get(letter, 1), size)
        for d, size in enumerate(reversed(shape[len(head) : len(shape) - len(tail)])):
            if d < len(middle):
                middle[d] = _meet(middle[d], size)
            else:
                middle.append(size)
    head, dots, tail = wanted.partition("...")
    given_dtypes = {result_type(getattr(x, "dtype", type(x))) for x in operands}
    dtype = "int32" if given_dtypes == {"int8"} else result_type(*(getattr(x, "dtype", type(x)) for x in operands))
    kept = [sizes[c] for c in head] + (middle[::-1] if dots else []) + [sizes[c] for c in tail]
    return KerasTensor(tuple(kept), dtype=dtype)


def _meet(a: int | None, b: int | None) -> int | None:
    """The size of two axes broadcast to each other."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if a is not None and b is not None:
        raise ValueError(f"einsum: sizes {a} and {b} of one axis do not broadcast")
    return b if a is None else a


def _inner(x1: Any, x2: Any) -> Any:
    a, b = (tuple(getattr(x, "shape", ())) for x in (x1, x2))
    if a and b and None not in (a[-1], b[-1]) and a[-1] != b[-1]:
        raise ValueError(f"inner: the last dimension of `x1` and `x2` must match; got x1.shape={a}, x2.shape={b}")
    return None


def _softmax(x: Any, axis: Any = -1) -> Any:
    for a in axis if isinstance(axis, (list, tuple)) else () if axis is None else (axis,):
        _axis(a, len(x.shape))
    return None


def _searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    n = sorted_sequence.shape[0] if len(sorted_sequence.shape) == 1 else 0
    return KerasTensor(values.shape, dtype="int64") if n is None else None


def _batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    size = x.shape[axis]
    for name, v in (("mean", mean), ("variance", variance), ("offset", offset), ("scale", scale)):
        if v is None:
            continue
        shape = tuple(v.shape)
        if len(shape) != 1 or (None not in (size, shape[0]) and shape[0] != size):
            raise ValueError(
                f"`{name}` must be a vector of length {size}, the size of axis {axis}; got {name}.shape={shape}"
            )
    return _like(x, x.shape)


def _layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: Any = None, **rest: Any
) -> Any:
    return None if rest.get("rms_scaling") else _like(x, x.shape)


def _sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    shape = tuple(output.shape)
    if not shape:
        raise ValueError(f"sparse_categorical_crossentropy: output must be at least rank 1; got output.shape={shape}")
    at = _axis(axis, len(shape))
    given, want = tuple(target.shape), shape[:at] + shape[at + 1 :]
    if len(given) == len(shape) and given[-1] == 1:
        given = given[:-1]
    if given != want:
        raise ValueError(
            "sparse_categorical_crossentropy: target and output must have the same shape up until the last dimension; got "
            f"target.shape={target.shape}, output.shape={output.shape}"
        )
    return _like(output, want)


RULES: dict[str, Callable[..., Any]] = {
    "array_split": _split,
    "batch_normalization": _batch_normalization,
    "broadcast_to": _broadcast_to,
    "conv": _conv,
    "diag": _diag,
    "einsum": _einsum,
    "inner": _inner,
    "layer_normalization": _layer_normalization,
    "ndim": _ndim,
    "repeat": _repeat,
    "reshape": _reshape,
    "searchsorted": _searchsorted,
    "slice": _slice,
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "log_softmax": _softmax,
    "softmax": _softmax,
    "split": _split,
    "tensordot": _tensordot,
    "transpose": _transpose,
    "unique": _unique,
    "unstack": _unstack,
    "where": _where,
}
