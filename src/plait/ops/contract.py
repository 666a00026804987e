"""Contractions by index: einsum, tensordot, bilinear. All go through permutation, products of matrices and sums, so gradients follow.

Rules of this file: a subscript is an index into one alphabet of 52 letters and then the ellipsis' dimensions; operands are brought into
one order of subscripts, with size 1 where they lack one, and multiplied from left to right; a subscript is summed as soon as no later
operand and no output has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from plait import dtypes
from plait.op import Op, Sample, apply
from plait.ops import elementwise as ew
from plait.ops import reduce
from plait.ops.halves import is_half, rounded
from plait.ops.matmul import bmm, matmul, mm
from plait.ops.product import c_name
from plait.ops.rows import no_rejects, numbers
from plait.ops.shape import permute, reshape, to_dtype
from plait.ops.tables import working
from plait.ops.views import named
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Shape = tuple[int, ...]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOTAL = 52
_SUM = named(reduce.SUM, "SumBackward1")
_ELLIPSIS = 52


def _diagonal(x: NDArray, i: int, j: int) -> NDArray:
    return np.moveaxis(np.diagonal(x, axis1=i, axis2=j), -1, i).copy()


def _spread(g: NDArray, shape: Shape, i: int, j: int) -> NDArray:
    out = np.zeros(shape, g.dtype)
    view = np.moveaxis(np.einsum("...ii->...i", np.moveaxis(out, (i, j), (-2, -1))), -1, i)
    view[...] = g
    return out


def _diagonal_cost(shapes: Sequence[Shape], params: Any = ()) -> tuple[int, int]:
    return 0, 8 * int(np.prod(shapes[0]))


EINSUM_DIAGONAL: Op = Op(
    "einsum_diagonal", kind="index", grad_name="PermuteBackward0", forward=_diagonal,
    backward=lambda ctx, g: apply(EINSUM_SPREAD, (g,), (ctx.shapes[0], *ctx.params)),
    infer=lambda x, i, j: [(tuple(n for d, n in enumerate(x[0]) if d != j), x[1])],
    reference=lambda x, i, j: np.moveaxis(np.diagonal(x, axis1=i, axis2=j), -1, i),
    samples=lambda: [Sample([numbers(3, 2, 3)], (0, 2)), Sample([numbers(2, 2)], (0, 1))], rejects=no_rejects, cost=_diagonal_cost,
    explain="element whose indices i and j are equal", export=None,
)  # fmt: skip
EINSUM_SPREAD: Op = Op(
    "einsum_spread", kind="index", forward=_spread,
    backward=lambda ctx, g: apply(EINSUM_DIAGONAL, (g,), ctx.params[1:]),
    infer=lambda g, shape, i, j: [(tuple(shape), g[1])], reference=_spread,
    samples=lambda: [Sample([numbers(3, 2)], ((3, 2, 3), 0, 2))], rejects=no_rejects, cost=_diagonal_cost,
    explain="zeros with the operand on a diagonal", export=None,
)  # fmt: skip


def _parse(equation: str, count: int) -> tuple[list[list[int]], list[int] | None]:
    """Subscripts of each operand and, if given, of the output; _ELLIPSIS stands for an ellipsis."""
    arrow = equation.find("->")
    left = equation if arrow < 0 else equation[:arrow]
    found: list[list[int]] = [[]]
    dots = False
    i = 0
    while i < len(left):
        c = left[i]
        if c == " ":
            pass
        elif c == ".":
            if dots:
                raise RuntimeError(
                    f"einsum(): found '.' for operand {len(found) - 1} for which an ellipsis was already found"
                )
            if left[i : i + 3] != "...":
                raise RuntimeError(f"einsum(): found '.' for operand {len(found) - 1} that is not part of any ellipsis")
            i += 2
            found[-1].append(_ELLIPSIS)
            dots = True
        elif c == ",":
            found.append([])
            dots = False
            if len(found) > count:
                raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
        elif c in _LETTERS:
            found[-1].append(_LETTERS.index(c))
        else:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]"
            )
        i += 1
    if len(found) < count:
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    return found, None if arrow < 0 else _parse_output(equation, arrow + 2)


def _parse_output(equation: str, start: int) -> list[int]:
    output: list[int] = []
    i = start
    while i < len(equation):
        c = equation[i]
        if c == " ":
            pass
        elif c == ".":
            if _ELLIPSIS in output:
                raise RuntimeError("einsum(): found '.' for output but an ellipsis (...) was already found")
            if equation[i : i + 3] != "...":
                raise RuntimeError("einsum(): found '.' for output that is not part of any ellipsis (...)")
            i += 2
            output.append(_ELLIPSIS)
        elif c in _LETTERS:
            output.append(_LETTERS.index(c))
        else:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]"
            )
        i += 1
    return output


def _name(label: int) -> str:
    return _LETTERS[label] if label < _TOTAL else "..."


def einsum(equation: str, operands: Sequence[Any]) -> Any:
    """The sum of products that `equation` names, such as "bij,bjk->bik".

    >>> from plait.tensor import Tensor
    >>> einsum("ij,jk->ik", [Tensor.wrap(np.ones((2, 3))), Tensor.wrap(np.ones((3, 4)))]).array.shape
    (2, 4)
    """
    if not operands:
        raise ValueError("einsum(): must provide at least one operand")
    inputs, output = _parse(equation, len(operands))
    return contract(inputs, output, operands)


def sublist_labels(subscripts: Sequence[Any]) -> list[int]:
    """Labels of a list of numbers in [0, 52) and at most one Ellipsis."""
    labels = []
    for s in subscripts:
        if s is Ellipsis:
            labels.append(_ELLIPSIS)
        elif 0 <= s < _TOTAL:
            labels.append(int(s))
        else:
            raise ValueError(f"einsum(): subscript in subscript list is not within the valid range [0, {_TOTAL})")
    return labels


def contract(inputs: list[list[int]], output: list[int] | None, operands: Sequence[Any]) -> Any:
    """`einsum` from parsed subscripts."""
    covered = 0
    for i, (labels, x) in enumerate(zip(inputs, operands, strict=True)):
        n, given = x.array.ndim, len(labels)
        if _ELLIPSIS in labels:
            covered = max(covered, n - given + 1)
            if given - 1 > n:
                raise RuntimeError(f"einsum(): the number of subscripts in the equation ({given - 1}) is more than the number of dimensions "
                                   f"({n}) for operand {i}")  # fmt: skip
        elif given != n:
            more = "" if given <= n else " and no ellipsis was given"
            raise RuntimeError(f"einsum(): the number of subscripts in the equation ({given}) does not match the number of dimensions ({n}) "
                               f"for operand {i}{more or ' and no ellipsis was given'}")  # fmt: skip
    full = [_unfold(labels, x.array.ndim, covered) for labels, x in zip(inputs, operands, strict=True)]
    counts: dict[int, int] = {}
    for labels in full:
        for label in labels:
            counts[label] = counts.get(label, 0) + 1
    ellipsis = [_ELLIPSIS + d for d in range(covered)]
    if output is None:
        wanted = ellipsis + sorted(s for s, n in counts.items() if n == 1 and s < _TOTAL)
    else:
        wanted = []
        for label in output:
            if label == _ELLIPSIS:
                wanted += ellipsis
                continue
            if output.count(label) > 1:
                raise RuntimeError(f"einsum(): output subscript {_name(label)} appears more than once in the output")
            if label not in counts:
                raise RuntimeError(
                    f"einsum(): output subscript {_name(label)} does not appear in the equation for any input operand"
                )
            wanted.append(label)
    order = wanted + sorted(s for s in counts if s not in wanted)
    sizes: dict[int, int] = {}
    brought = [_bring(x, labels, order, sizes, i) for i, (labels, x) in enumerate(zip(full, operands, strict=True))]
    return _multiply_all(brought, len(wanted), len(order))


def _unfold(labels: list[int], ndim: int, covered: int) -> list[int]:
    if _ELLIPSIS not in labels:
        return labels
    i = labels.index(_ELLIPSIS)
    here = ndim - len(labels) + 1
    return labels[:i] + [_ELLIPSIS + d for d in range(covered - here, covered)] + labels[i + 1 :]


def _bring(x: Any, labels: list[int], order: list[int], sizes: dict[int, int], number: int) -> Any:
    """`x` with its dimensions in `order`, size 1 where it lacks one, diagonals where a label is repeated."""
    labels = list(labels)
    i = 0
    while i < len(labels):
        label = labels[i]
        j = labels.index(label)
        if j < i:
            a, b = x.array.shape[j], x.array.shape[i]
            if a != b:
                raise RuntimeError(
                    f"einsum(): subscript {_name(label)} is repeated for operand {number} but the sizes don't match, {b} != {a}"
                )
            x = apply(EINSUM_DIAGONAL, (x,), (j, i))
            del labels[i]
            continue
        i += 1
    for label, n in zip(labels, x.array.shape, strict=True):
        before = sizes.setdefault(label, n)
        if before != n and n != 1:
            if before != 1:
                raise RuntimeError(f"einsum(): subscript {_name(label)} has size {n} for operand {number} which does not broadcast with "
                                   f"previously seen size {before}")  # fmt: skip
            sizes[label] = n
    present = [label for label in order if label in labels]
    dims = tuple(labels.index(label) for label in present)
    if dims != tuple(range(len(dims))):
        x = permute(x, dims)
    if len(present) != len(order):
        x = reshape(x, tuple(x.array.shape[present.index(label)] if label in present else 1 for label in order))
    return x


def _multiply_all(operands: list[Any], kept: int, total: int) -> Any:
    """The product of operands of one order of dimensions, summed over all but the first `kept`."""
    first = operands[0]
    for n, second in enumerate(operands[1:], 1):
        later = operands[n + 1 :]
        sums = [
            d
            for d in range(kept, total)
            if all(x.array.shape[d] == 1 for x in later) and (first.array.shape[d] != 1 or second.array.shape[d] != 1)
        ]
        first = _pair(first, second, sums)
    if len(operands) == 1 and total > kept:
        whole = to_dtype(first, dtypes.I64) if first.array.dtype.kind in "iub" else first
        return apply(_SUM, (whole,), (tuple(range(kept, total)), False))
    return reshape(first, first.array.shape[:kept]) if total > kept else first


def _pair(a: Any, b: Any, sums: list[int]) -> Any:
    """a * b summed over the dimensions `sums`, which stay with size 1."""
    if not sums:
        return ew.mul(a, b)
    n = a.array.ndim
    for d in sums:  # a dimension that only one side has is summed there
        if a.array.shape[d] != b.array.shape[d]:
            if a.array.dtype.kind in "iub":  # a sum of integers is of int64
                a, b = to_dtype(a, dtypes.I64), to_dtype(b, dtypes.I64)
            if b.array.shape[d] == 1:
                a = reduce.sum(a, (d,), True)
            else:
                b = reduce.sum(b, (d,), True)
    sa, sb = a.array.shape, b.array.shape
    both = [d for d in range(n) if d not in sums and sa[d] != 1 and sb[d] != 1]
    left = [d for d in range(n) if d not in sums and sb[d] == 1]
    right = [d for d in range(n) if d not in sums and sa[d] == 1 and sb[d] != 1]
    inner = [d for d in sums if sa[d] != 1 or sb[d] != 1] or sums
    rest = [d for d in sums if d not in inner]

    def size(shape: Shape, dims: list[int]) -> int:
        return int(np.prod([shape[d] for d in dims], dtype=np.int64))

    a2 = reshape(permute(a, (*both, *left, *inner, *right, *rest)), (size(sa, both), size(sa, left), size(sa, inner)))
    b2 = reshape(permute(b, (*both, *inner, *right, *left, *rest)), (size(sb, both), size(sb, inner), size(sb, right)))
    out = bmm(a2, b2)
    order = [*both, *left, *right, *inner, *rest]
    shape = [*(sa[d] for d in both), *(sa[d] for d in left), *(sb[d] for d in right), *(1 for _ in (*inner, *rest))]
    out = reshape(out, tuple(shape))
    back = tuple(order.index(d) for d in range(n))
    return out if back == tuple(range(n)) else permute(out, back)


def tensordot(a: Any, b: Any, dims_a: Sequence[int], dims_b: Sequence[int]) -> Any:
    """The sum over the products of a's dimensions `dims_a` with b's `dims_b`; the others follow each other, a's first."""
    x, y = a.array, b.array
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    if x.dtype != y.dtype:
        raise RuntimeError("both inputs should have same dtype")
    pa = [d % x.ndim if x.ndim and -x.ndim <= d < x.ndim else _out_of_range(d, x.ndim) for d in dims_a]
    pb = [d % y.ndim if y.ndim and -y.ndim <= d < y.ndim else _out_of_range(d, y.ndim) for d in dims_b]
    for given_a, given_b, i, j in zip(dims_a, dims_b, pa, pb, strict=True):
        m, n = x.shape[i], y.shape[j]
        if m != n and m != 1 and n != 1:
            raise RuntimeError(f"contracted dimensions need to match, but first has size {m} in dim {given_a} and second has size {n} in "
                               f"dim {given_b}")  # fmt: skip
        if m == 1 and n != 1:
            b = reduce.sum(b, (j,), True)
        elif n == 1 and m != 1:
            a = reduce.sum(a, (i,), True)
    x, y = a.array, b.array
    free_a = [d for d in range(x.ndim) if d not in pa]
    free_b = [d for d in range(y.ndim) if d not in pb]
    rows = int(np.prod([x.shape[d] for d in free_a], dtype=np.int64))
    inner = int(np.prod([x.shape[d] for d in pa], dtype=np.int64))
    columns = int(np.prod([y.shape[d] for d in free_b], dtype=np.int64))
    left = reshape(permute(a, (*free_a, *pa)), (rows, inner))
    right = reshape(permute(b, (*pb, *free_b)), (inner, columns))
    return reshape(mm(left, right), (*(x.shape[d] for d in free_a), *(y.shape[d] for d in free_b)))


def _out_of_range(d: int, ndim: int) -> int:
    n = ndim or 1
    if ndim == 0 and -1 <= d < 1:
        return 0
    raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {d})")


def _near(v: NDArray, dtype: np.dtype) -> NDArray:
    return rounded(np.asarray(v), dtype)


def _bilinear_half(x1: NDArray, x2: NDArray, w: NDArray) -> NDArray:
    """16-bit x1[n, i] · w[o, i, j] · x2[n, j], rounded between the products."""
    a, b, c = (dtypes.cast(v, working(v.dtype)) for v in (x1, x2, w))
    inner = _near(np.einsum("ni,oij->noj", a, c, optimize=True), x1.dtype)
    return dtypes.cast(np.einsum("noj,nj->no", inner, b), x1.dtype)


def _bilinear_half_grads(g: NDArray, x1: NDArray, x2: NDArray, w: NDArray) -> Any:
    """Its gradients: output after output, each added to the sum in 16 bits."""
    dtype = x1.dtype
    h, a, b, c = (dtypes.cast(v, working(v.dtype)) for v in (g, x1, x2, w))
    to_a, to_b, to_c = np.zeros_like(a), np.zeros_like(b), np.zeros_like(c)
    for k in range(c.shape[0]):
        column = h[:, k]
        weighed = _near(column[:, None, None] * c[k], dtype)
        to_a = _near(to_a + _near(np.einsum("nij,nj->ni", weighed, b), dtype), dtype)
        to_b = _near(to_b + _near(_near(a @ c[k], dtype) * column[:, None], dtype), dtype)
        to_c[k] = _near(_near(a * column[:, None], dtype).T @ b, dtype)
    return tuple(dtypes.cast(v, dtype) for v in (to_a, to_b, to_c))


def _bilinear_half_backward(ctx: Any, g: Any) -> Any:
    if MODE.grad:
        a, b, w = (ctx.x(k) for k in range(3))
        parts = (("no,oij,nj->ni", [g, w, b]), ("no,oij,ni->nj", [g, w, a]), ("no,ni,nj->oij", [g, a, b]))
        return tuple(einsum(*part) if need else None for part, need in zip(parts, ctx.needs, strict=True))
    wrap = type(g).face.wrap
    grads = _bilinear_half_grads(g.array, *(ctx.x(k).array for k in range(3)))
    return tuple(wrap(v) if need else None for v, need in zip(grads, ctx.needs, strict=True))


BILINEAR_HALF: Op = Op(
    "bilinear_half", kind="product", forward=_bilinear_half, backward=_bilinear_half_backward,
    infer=lambda a, b, w: [((a[0][0], w[0][0]), a[1])], reference=lambda a, b, w: np.einsum("ni,oij,nj->no", a, w, b),
    samples=lambda: [Sample([numbers(4, 3), numbers(4, 2, seed=1), numbers(5, 3, 2, seed=2)], grad=False)], rejects=lambda: [],
    cost=lambda shapes, params=(): (2 * shapes[0][0] * int(np.prod(shapes[2])), 4 * sum(int(np.prod(s)) for s in shapes)),
    explain="x1 · w[o] · x2, rounded between the products in 16 bits", export=None, save_inputs=((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)),
    grad_name="TrilinearBackward0",
)  # fmt: skip


def bilinear(x1: Any, x2: Any, w: Any, bias: Any = None) -> Any:
    """x1[..., i] · w[o, i, j] · x2[..., j] + bias[o]: gives [..., o]."""
    a, b, c = x1.array, x2.array, w.array
    if a.ndim != b.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {a.ndim} and {b.ndim}")
    for d, (m, n) in enumerate(zip(a.shape[:-1], b.shape[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {d}: got {m} and {n}")
    if a.shape[-1] != c.shape[1]:
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {a.shape[-1]} but expected {c.shape[1]}"
        )
    if c.ndim != 3 or b.shape[-1] != c.shape[2]:
        raise RuntimeError(
            f"bilinear(): input2 size does not match weight size: got {b.shape[-1]} but expected {c.shape[-1]}"
        )
    if bias is not None and bias.array.shape[0] != c.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.array.shape[0]} but expected {c.shape[0]}"
        )
    if a.dtype != b.dtype or a.dtype != c.dtype:
        raise RuntimeError(f"All tensors must have the same dtype, got input1: {c_name(a.dtype)}, input2: {c_name(b.dtype)}, weight: "
                           f"{c_name(c.dtype)}")  # fmt: skip
    o, i, j = c.shape
    rows = int(np.prod(a.shape[:-1], dtype=np.int64))
    if is_half(a.dtype) and rows and i and j:
        out = apply(BILINEAR_HALF, (reshape(x1, (rows, i)), reshape(x2, (rows, j)), w))
        out = reshape(out, (*a.shape[:-1], o))
        return out if bias is None else ew.add(out, bias)
    spread = reshape(mm(reshape(x1, (rows, i)), reshape(permute(w, (1, 0, 2)), (i, o * j))), (rows, o, j))
    out = reshape(matmul(spread, reshape(x2, (rows, j, 1))), (*a.shape[:-1], o))
    return out if bias is None else ew.add(out, bias)
