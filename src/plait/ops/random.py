"""Random numbers: a generator and what can be drawn from it.

The generator is a 32-bit Mersenne Twister (Matsumoto and Nishimura, 1998) whose state is an array of 5056 bytes; recipes are
those of PyTorch's CPU generator, so one seed gives one sequence of numbers there and here. (On Intel processors PyTorch's own
wheels leave Bernoulli and exponential draws to MKL, which has another generator; everywhere else they are these.) Samplers fill ndarrays in place, in
the order of their memory, whatever their strides; they take the generator last, `None` meaning the process's default one.

    >>> import numpy as np
    >>> g = Generator(0)
    >>> x = np.empty(3, np.float32)
    >>> uniform(x, 0.0, 1.0, g)
    >>> [round(v, 4) for v in x.tolist()]
    [0.4963, 0.7682, 0.0885]
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import _native, dtypes
from plait.op import Op, Sample, apply, apply_, bump, leaf_check, refresh, refuse_overlap
from plait.tensor import MODE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plait.tensor import Tensor

__all__ = [
    "STATE_BYTES",
    "Generator",
    "bernoulli",
    "bernoulli_each",
    "cauchy",
    "choice",
    "default",
    "exponential",
    "geometric",
    "integers",
    "integers_any",
    "log_normal",
    "normal",
    "permutation",
    "permutation_list",
    "slopes",
    "uniform",
]

Array = np.ndarray[Any, Any]

STATE_BYTES = 5056
_WORDS = 624


def entropy() -> int:
    """64 bits from the operating system."""
    return int.from_bytes(os.urandom(8), "little")


class Generator:
    """A Mersenne Twister. `state` is its whole state, an array of 5056 bytes which samplers change in place.

    >>> Generator(7).origin
    7
    """

    __slots__ = ("__weakref__", "state")

    state: Array

    def __init__(self, seed: int = 67280421310721) -> None:
        self.state = np.zeros(STATE_BYTES, np.uint8)
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start the sequence of `seed`, any number of 64 bits, signed or not."""
        seed &= 0xFFFFFFFFFFFFFFFF
        _native.random_seed(self.state, seed - (1 << 64) if seed >> 63 else seed)

    @property
    def origin(self) -> int:
        """The seed the sequence began with."""
        return int(self.state[:8].view(np.uint64)[0])

    def restore(self, state: Array) -> None:
        """Go on from a copied `state`. Raises RuntimeError where it is none."""
        if state.size != STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state size to be {state.size}"
            )
        fresh = np.ascontiguousarray(state.reshape(-1)).astype(np.uint8, copy=True)
        left, seeded = fresh[8:16].view(np.int32).tolist()
        following = int(fresh[16:24].view(np.uint64)[0])
        if seeded != 1 or not 0 < left <= _WORDS or following > _WORDS or (left > 1 and following + left - 1 > _WORDS):
            raise RuntimeError("Invalid mt19937 state")
        self.state[:] = fresh

    def next64(self) -> int:
        """The next 64 bits, as a number from 0 to 2**64 - 1."""
        return int(_native.random_next64(self.state)) & 0xFFFFFFFFFFFFFFFF


default = Generator(entropy())


def _raw(array: Array) -> tuple[Array, bool]:
    """The array as the native side takes it: bfloat16 as 16-bit integers."""
    if array.dtype.names is not None:
        return array.view(np.int16), True
    return array, False


def _state(generator: Generator | None) -> Array:
    return default.state if generator is None else generator.state


def uniform(array: Array, low: float = 0.0, high: float = 1.0, generator: Generator | None = None) -> None:
    """Fill with U[low, high): 24 random bits each, 53 in double precision."""
    raw, bf16 = _raw(array)
    _native.random_uniform(_state(generator), raw, low, high, bf16)


def normal(array: Array, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> None:
    """Fill with N(mean, std²) by Box-Muller: in blocks of 16 where 16 or more lie contiguous, else in pairs of doubles."""
    raw, bf16 = _raw(array)
    _native.random_normal(_state(generator), raw, mean, std, bf16)


def exponential(array: Array, rate: float = 1.0, generator: Generator | None = None) -> None:
    """Fill with the exponential distribution of that rate: -log(1 - u) / rate."""
    raw, bf16 = _raw(array)
    _native.random_transform(_state(generator), raw, 0, rate, 0.0, bf16)


def cauchy(array: Array, median: float = 0.0, scale: float = 1.0, generator: Generator | None = None) -> None:
    """Fill with the Cauchy distribution: median + scale * tan(pi * (u - 1/2))."""
    raw, bf16 = _raw(array)
    _native.random_transform(_state(generator), raw, 1, median, scale, bf16)


def log_normal(array: Array, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None) -> None:
    """Fill with exp(N(mean, std²))."""
    raw, bf16 = _raw(array)
    _native.random_transform(_state(generator), raw, 2, mean, std, bf16)


def geometric(array: Array, p: float, generator: Generator | None = None) -> None:
    """Fill with the number of trials up to the first success of probability `p`: ceil(log(u) / log(1 - p))."""
    raw, bf16 = _raw(array)
    _native.random_transform(_state(generator), raw, 3, p, 0.0, bf16)


def bernoulli(array: Array, p: float = 0.5, generator: Generator | None = None, value: float = 1.0) -> None:
    """Fill with `value` of probability `p` and zeros."""
    raw, bf16 = _raw(array)
    _native.random_bernoulli(_state(generator), raw, p, value, bf16)


def bernoulli_each(array: Array, p: Array, generator: Generator | None = None) -> None:
    """Fill with ones and zeros, each with its own probability; `p` is floating point and broadcasts to `array`."""
    raw, bf16 = _raw(array)
    chances, p_bf16 = _raw(p)
    _native.random_bernoulli_each(_state(generator), raw, np.broadcast_to(chances, raw.shape), bf16, p_bf16)


def _signed(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def integers(array: Array, low: int, high: int, generator: Generator | None = None) -> None:
    """Fill with whole numbers of [low, high); a range of 2**64 is all 64-bit numbers."""
    raw, bf16 = _raw(array)
    span = high - low
    if span == 1 << 64:
        _native.random_integers(_state(generator), raw, 1, 0, 0, bf16)
    else:
        _native.random_integers(_state(generator), raw, 0, _signed(low), _signed(span), bf16)


def integers_any(array: Array, generator: Generator | None = None) -> None:
    """Fill with whole numbers from 0 to the dtype's largest; for floating point to 2**mantissa."""
    raw, bf16 = _raw(array)
    _native.random_integers(_state(generator), raw, 2, 0, 1, bf16)


def permutation(array: Array, generator: Generator | None = None) -> None:
    """Fill a vector with 0 ... n-1 in random order (Fisher and Yates, from the front)."""
    raw, bf16 = _raw(array)
    _native.random_permutation(_state(generator), raw, bf16)


def permutation_list(n: int, generator: Generator | None = None) -> list[int]:
    """0 ... n-1 in random order."""
    order = np.empty(n, np.int64)
    permutation(order, generator)
    listed: list[int] = order.tolist()
    return listed


def slopes(x: Array, low: float, high: float, generator: Generator | None = None) -> Array:
    """Random slopes of a leaky unit: U[low, high) where x <= 0, one elsewhere; nothing is drawn for the ones."""
    if x.dtype == dtypes.BFLOAT16:
        ends = dtypes.as_float32(dtypes.to_bfloat16(np.array([low, high], np.float32)))
        return dtypes.to_bfloat16(slopes(dtypes.as_float32(x), float(ends[0]), float(ends[1]), generator))
    x = x if x.flags.c_contiguous else x.copy(order="C")
    noise = np.empty_like(x)
    bound = x.dtype.type
    _native.random_slopes(_state(generator), noise, x, float(bound(low)), float(bound(high)))
    return noise


def choice(weights: Array, samples: int, replacement: bool = False, generator: Generator | None = None) -> Array:
    """Indices drawn from each row of `weights` [categories] or [rows, categories], as int64 [..., samples].

    Without replacement (or for one sample) the largest of weight / exponential noise win; with it, each sample is a binary
    search in the cumulative weights. Raises RuntimeError for weights that are negative, infinite or all zero.
    """
    if weights.shape[-1] > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not replacement or samples == 1:
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        if weights.size and not (weights.sum(axis=-1, dtype=np.float64) > 0).all():
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        noise = np.empty_like(weights)
        exponential(noise, 1.0, generator)
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.divide(weights, noise, out=noise)
        if samples == 1:
            return scores.argmax(axis=-1, keepdims=True)
        return np.ascontiguousarray(np.argsort(-scores, axis=-1, kind="stable")[..., :samples])
    rows = weights.reshape(-1, weights.shape[-1])
    if rows.dtype == np.float16:
        rows = rows.astype(np.float32)
    if not (rows >= 0).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if not np.isfinite(rows).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)")
    cumulative = np.cumsum(rows, axis=-1, dtype=rows.dtype)
    if rows.shape[0]:
        total = cumulative[:, -1:].copy()
        if not (total > 0).all():
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        cumulative /= total
        cumulative[:, -1] = 1
    found = np.empty((rows.shape[0], samples), np.int64)
    _native.random_choice(_state(generator), found, np.ascontiguousarray(cumulative))
    return found.reshape((*weights.shape[:-1], samples))


# --- drawing into tensors ---------------------------------------------------------------------------------------------------


def _record(name: str, grad_name: str, explain: str) -> Op:
    """Drawn values in the place of old ones, or with tensors as parameters: those, and the values last. The gradients are zero."""

    def backward(ctx: Any, g: Any) -> Any:
        metas = zip(ctx.shapes, ctx.dtypes, ctx.needs, strict=True)
        return tuple([g.face.wrap(np.zeros(shape, dtype)) if needed else None for shape, dtype, needed in metas])

    return Op(
        name,
        kind="random_values",
        forward=lambda *arrays: arrays[-1].copy(),
        backward=backward,
        infer=lambda *arrays: [arrays[-1]],
        reference=lambda *arrays: arrays[-1],
        samples=lambda: [
            Sample([np.ones((2, 3)), np.arange(6.0).reshape(2, 3)], grad=False),
            Sample([np.ones((0, 4)), np.ones((0, 4))], grad=False),
        ],
        rejects=lambda: [],
        cost=lambda shapes, params=(): (0, 2 * 8 * int(np.prod(shapes[0]))),
        explain=explain,
        export=None,
        grad_name=grad_name,
    )


UNIFORM = _record("uniform_values", "UniformBackward0", "a number of [low, high), each as likely")
NORMAL = _record("normal_values", "NormalBackward0", "a normal number of the given mean and spread")
EXPONENTIAL = _record("exponential_values", "ExponentialBackward0", "an exponential waiting time")
CAUCHY = _record("cauchy_values", "CauchyBackward0", "a Cauchy number")
LOG_NORMAL = _record("log_normal_values", "LogNormalBackward0", "e to a normal number")
GEOMETRIC = _record("geometric_values", "GeometricBackward0", "trials until the first success")
BERNOULLI = _record("bernoulli_values", "BernoulliBackward2", "1 with probability p, else 0")
BERNOULLI_EACH = _record("bernoulli_each_values", "BernoulliBackward1", "1 with its own probability, else 0")
BERNOULLI_OF = _record("bernoulli_of_values", "BernoulliBackward0", "1 with the input as its probability, else 0")
INTEGERS = _record("random_values", "RandomBackward0", "a whole number of a range")
INTEGERS_TO = _record("random_to_values", "RandomBackward1", "a whole number below a bound")
INTEGERS_ANY = _record("random_any_values", "RandomBackward2", "a whole number of the dtype's range")
NORMAL_MEAN = _record("normal_mean_values", "NormalBackward1", "a normal number, its mean the input")
NORMAL_STD = _record("normal_std_values", "NormalBackward2", "a normal number, its spread the input")
NORMAL_BOTH = _record("normal_both_values", "NormalBackward3", "a normal number of its own mean and spread")


def writeable(array: Array) -> bool:
    """Whether every element has memory of its own that may be written."""
    return array.flags.writeable and not (
        array.size and any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))
    )


def draw_(target: Tensor, op: Op, draw: Callable[[Array], None]) -> Any:
    """Let `draw` fill the tensor in place; `op` is what the tape then shows. Returns the tensor."""
    if target.view_base is not None:
        refresh(target)
    if not writeable(target.array):
        refuse_overlap(target)
    if MODE.grad and (target.tracks or (target.view_base is not None and target.view_base.tracks)):
        leaf_check(target)
        values = np.empty_like(target.array)
        draw(values)
        return apply_(op, target, (target, target.face.wrap(values)))
    draw(target.array)
    bump(target)
    return target


def drawn_from(sources: Sequence[Tensor], op: Op, values: Array) -> Any:
    """`values`, drawn with `sources` as parameters, as a tensor on the tape (where the gradients stop, as zeros)."""
    return apply(op, (*sources, sources[0].face.wrap(values)))


def keep_layout(array: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """Uninitialised memory of the array's shape, dense, its dimensions in the same order of strides."""
    dtype = array.dtype if dtype is None else dtype
    return np.empty_like(array, dtype=dtype, order="K", subok=False)


def is_floating(array: Array) -> bool:
    """Whether it holds a floating dtype (bfloat16 too)."""
    return dtypes.is_floating(array.dtype)
