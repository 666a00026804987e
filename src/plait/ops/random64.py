"""Random numbers from a 64-bit Mersenne Twister (Nishimura, 2000), drawn as the C++ standard library of GCC draws them.

A seed, of which 32 bits count, is spread over the state by `std::seed_seq`. The recipes: a uniform number is one word over 2**64, rounded to the dtype; normal numbers come in pairs by Marsaglia's polar method; whole
numbers by multiplication with rejection (Lemire, 2019); a shuffle swaps with places drawn two at a time while their product is small.
Each call of a filling function is one distribution object: a second normal number of a pair is not kept for the next call.

    >>> import numpy as np
    >>> g = Generator64(1)
    >>> x = np.empty(2, np.float32)
    >>> g.uniform(x, 0.0, 1.0)
    >>> [round(float(v), 4) for v in x]
    [0.0179, 0.7649]
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from plait import dtypes

__all__ = ["Generator64"]

Array = np.ndarray[Any, Any]

_N, _M = 312, 156
_U64 = np.uint64
_MATRIX, _UPPER, _LOWER = _U64(0xB5026F5AA96619E9), _U64(0xFFFFFFFF80000000), _U64(0x7FFFFFFF)
_ONE = _U64(1)


def _spread(seed: int, n: int) -> list[int]:
    """n words of 32 bits from the lower 32 bits of a seed: `std::seed_seq` of the C++ standard, [rand.util.seedseq]."""
    mask = 0xFFFFFFFF
    out = [0x8B8B8B8B] * n
    t = 11
    p = (n - t) // 2
    q = p + t

    def mixed(k: int) -> int:
        x = out[k % n] ^ out[(k + p) % n] ^ out[(k - 1) % n]
        return x ^ (x >> 27)

    for k in range(n):
        r = (1664525 * mixed(k)) & mask
        out[(k + p) % n] = (out[(k + p) % n] + r) & mask
        r = (r + (1 if k == 0 else (k % n) + (seed & mask if k == 1 else 0))) & mask
        out[(k + q) % n] = (out[(k + q) % n] + r) & mask
        out[k % n] = r
    for k in range(n, 2 * n):
        x = (out[k % n] + out[(k + p) % n] + out[(k - 1) % n]) & mask
        r = (1566083941 * (x ^ (x >> 27))) & mask
        out[(k + p) % n] ^= r
        r = (r - k % n) & mask
        out[(k + q) % n] ^= r
        out[k % n] = r
    return out


def _plain(seed: int) -> Array:
    words = [seed & 0xFFFFFFFFFFFFFFFF]
    for i in range(1, _N):
        before = words[-1]
        words.append((6364136223846793005 * (before ^ (before >> 62)) + i) & 0xFFFFFFFFFFFFFFFF)
    return np.array(words, np.uint64)


def _seeded(seed: int) -> Array:
    words = np.array(_spread(seed, 2 * _N), np.uint64)
    state = words[::2] | (words[1::2] << _U64(32))
    if not (state[0] & _UPPER) and not state[1:].any():
        state[0] = _U64(1 << 63)
    return state


def _tempered(words: Array) -> Array:
    x = words ^ ((words >> _U64(29)) & _U64(0x5555555555555555))
    x ^= (x << _U64(17)) & _U64(0x71D67FFFEDA60000)
    x ^= (x << _U64(37)) & _U64(0xFFF7EEE000000000)
    x ^= x >> _U64(43)
    return x


class Generator64:
    """A 64-bit Mersenne Twister. Samplers fill arrays in the order of their elements.

    >>> Generator64(3).origin
    3
    """

    __slots__ = ("_at", "_ready", "_words", "origin")

    def __init__(self, seed: int = 34342423252, spread: bool = True) -> None:
        self.reseed(seed, spread)

    def reseed(self, seed: int, spread: bool = True) -> None:
        """Start the sequence of `seed`, a number of 64 bits; without `spread` it is the twister's first word itself."""
        self.origin = int(seed)
        self._words = _seeded(self.origin) if spread else _plain(self.origin)
        self._ready: Array = np.empty(0, _U64)
        self._at = 0

    def state(self) -> tuple[int, Array, Array]:
        """The whole state: the seed, the words of the last round, and those drawn of it and not yet used."""
        return self.origin, self._words.copy(), self._ready[self._at :].copy()

    def restore(self, state: tuple[int, Array, Array]) -> None:
        """Go on from a `state`."""
        self.origin, self._words, self._ready = state[0], state[1].copy(), state[2].copy()
        self._at = 0

    def peek(self, count: int) -> Array:
        """The next `count` words, which stay the next ones until `skip`."""
        have = len(self._ready) - self._at
        if have < count:
            rounds = -(-(count - have) // _N)
            fresh = np.empty((rounds, _N), _U64)
            old = self._words
            for new in fresh:
                self._next_round(old, new)
                old = new
            self._words = old.copy()
            self._ready = np.concatenate([self._ready[self._at :], _tempered(fresh.reshape(-1))])
            self._at = 0
        return self._ready[self._at : self._at + count]

    @staticmethod
    def _next_round(old: Array, new: Array) -> None:
        mixed = (old[:-1] & _UPPER) | (old[1:] & _LOWER)
        turned = (mixed >> _ONE) ^ ((mixed & _ONE) * _MATRIX)
        np.bitwise_xor(old[_M:], turned[:_M], out=new[:_M])
        np.bitwise_xor(new[: _N - _M - 1], turned[_M:], out=new[_M : _N - 1])
        last = (int(old[-1]) & int(_UPPER)) | (int(new[0]) & int(_LOWER))
        new[-1] = int(new[_M - 1]) ^ (last >> 1) ^ ((last & 1) * int(_MATRIX))

    def skip(self, count: int) -> None:
        """Use up words that `peek` showed."""
        self._at += count

    def words(self, count: int) -> Array:
        """The next `count` words of 64 bits."""
        got = self.peek(count)
        self._at += count
        return got

    def word(self) -> int:
        """The next 64 bits, a number from 0 to 2**64 - 1."""
        return int(self.words(1)[0])

    # --- distributions ------------------------------------------------------------------------------------------------

    def canonical(self, count: int, dtype: Any = np.float32) -> Array:
        """Numbers of U[0, 1) in float32 or float64."""
        return _canonical(self.words(count), np.dtype(dtype))

    def uniform(self, array: Array, low: float = 0.0, high: float = 1.0) -> None:
        """Fill with U[low, high): u · (high − low) + low, computed in the dtype (float32 for smaller ones)."""
        kind = _real(array)
        a, b = kind.type(low), kind.type(high)
        _store(array, self.canonical(array.size, kind) * (b - a) + a)

    def normal(self, array: Array, mean: float = 0.0, std: float = 1.0) -> None:
        """Fill with N(mean, std²) by the polar method."""
        kind = _real(array)
        _store(array, self.gaussian(array.size, kind) * kind.type(std) + kind.type(mean))

    def gaussian(self, count: int, dtype: Any = np.float32) -> Array:
        """Numbers of N(0, 1) in float32 or float64."""
        kind = np.dtype(dtype)
        pairs = (count + 1) // 2
        tries = int(pairs * 1.29) + 8
        while True:
            u = _canonical(self.peek(2 * tries), kind).reshape(-1, 2) * kind.type(2) - kind.type(1)
            x, y = u[:, 0], u[:, 1]
            r2 = x * x + y * y
            good = np.flatnonzero((r2 <= 1) & (r2 != 0))
            if len(good) >= pairs:
                break
            tries += tries // 4 + 8
        good = good[:pairs]
        self.skip(2 * (int(good[-1]) + 1) if pairs else 0)
        r2 = r2[good]
        log = _log(r2)
        mult = np.sqrt(kind.type(-2) * log / r2)
        out = np.empty((pairs, 2), kind)
        np.multiply(y[good], mult, out=out[:, 0])
        np.multiply(x[good], mult, out=out[:, 1])
        return out.reshape(-1)[:count]

    def exponential(self, array: Array, rate: float = 1.0) -> None:
        """Fill with the exponential distribution of that rate: −log(1 − u) / rate."""
        kind = _real(array)
        rest = kind.type(1) - self.canonical(array.size, kind)
        _store(array, -_log(rest) / kind.type(rate))

    def bernoulli(self, array: Array, p: Any) -> None:
        """Fill with 1 of probability `p`, a number or an array, and 0."""
        _store(array, (self.canonical(array.size) <= np.asarray(p).reshape(-1)).astype(np.float32))

    def choice(self, weights: Array, samples: int, replacement: bool) -> Array:
        """Indices drawn from each row of `weights` [rows, categories], as int64 [rows, samples].

        Without replacement what was drawn has no weight any more. The caller sees to it that there is enough weight.
        """
        out = np.empty((len(weights), samples), np.int64)
        chances = weights / weights.sum(axis=1, keepdims=True)
        for row, p in zip(out, chances, strict=True):
            if replacement:
                row[:] = np.searchsorted(np.cumsum(p), self.canonical(samples)).clip(0, len(p) - 1)
                continue
            p = p.copy()
            for k, u in enumerate(self.canonical(samples)):
                cumulative = np.cumsum(p / p.sum())
                row[k] = min(int(np.searchsorted(cumulative, u)), int(np.flatnonzero(p)[-1]))
                p[row[k]] = 0
        return out

    def integers(self, array: Array, low: int, high: int) -> None:
        """Fill with whole numbers of [low, high)."""
        span = high - low
        values = self.below(span, array.size)
        array[...] = (values.astype(np.int64) + low).reshape(array.shape)

    def below(self, span: int, count: int) -> Array:
        """Whole numbers from 0 to span - 1, as uint64."""
        if span >= 1 << 64:
            return self.words(count).copy()
        threshold = ((1 << 64) - span) % span
        out = np.empty(count, _U64)
        done = 0
        while done < count:
            words = self.peek(count - done)
            high, low = _product(words, span)
            bad = np.flatnonzero(low < _U64(threshold)) if threshold else np.empty(0, int)
            good = len(words) if not len(bad) else int(bad[0])
            out[done : done + good] = high[:good]
            done += good
            self.skip(good + (1 if good < len(words) else 0))
        return out

    def shuffle(self, values: Array) -> None:
        """Put a vector's elements in random order, in place."""
        n = len(values)
        if n < 2:
            return
        items = values.tolist()
        i = 1
        if n % 2 == 0:
            j = int(self.below(2, 1)[0])
            items[i], items[j] = items[j], items[i]
            i += 1
        if n * n < 1 << 64:
            spans = [(k + 1) * (k + 2) for k in range(i, n, 2)]
            for k, place in zip(range(i, n, 2), self._each_below(spans), strict=True):
                first, second = divmod(place, k + 2)
                items[k], items[first] = items[first], items[k]
                items[k + 1], items[second] = items[second], items[k + 1]
        values[...] = items

    def _each_below(self, spans: list[int]) -> list[int]:
        out = []
        words = self.peek(len(spans)).tolist()
        used = 0
        for span in spans:
            while True:
                if used == len(words):
                    words += self.peek(used + 16)[used:].tolist()
                product = words[used] * span
                used += 1
                low = product & 0xFFFFFFFFFFFFFFFF
                if low >= span or low >= ((1 << 64) - span) % span:
                    break
            out.append(product >> 64)
        self.skip(used)
        return out


def _product(words: Array, span: int) -> tuple[Array, Array]:
    """The high and the low 64 bits of words · span."""
    mask, half = _U64(0xFFFFFFFF), _U64(32)
    a, b = words >> half, words & mask
    c, d = _U64(span >> 32), _U64(span & 0xFFFFFFFF)
    low = words * _U64(span)
    middle = b * c + ((b * d) >> half)
    other = a * d + (middle & mask)
    return a * c + (middle >> half) + (other >> half), low


# glibc's logf, whose last digit the drawn numbers show: log x = k·ln 2 + log c + log1p(z/c − 1), c near z from a table, the last by a
# cubic in double precision. The numbers are those of the ARM Optimized Routines (S. Nagy, 2018), which glibc holds.
_INVERSE = np.array([float.fromhex(v) for v in ["0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010bp+0", "0x1.3c995b0b80385p+0", "0x1.30d190c8864a5p+0", "0x1.25e227b0b8eap+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0", "0x1.0953f419900a7p+0", "0x1p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aap-1", "0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1"]])  # fmt: skip
_LOGS = np.array([float.fromhex(v) for v in ["-0x1.57bf7808caadep-2", "-0x1.2bef0a7c06ddbp-2", "-0x1.01eae7f513a67p-2", "-0x1.b31d8a68224e9p-3", "-0x1.6574f0ac07758p-3", "-0x1.1aa2bc79c81p-3", "-0x1.a4e76ce8c0e5ep-4", "-0x1.1973c5a611cccp-4", "-0x1.252f438e10c1ep-5", "0x0p+0", "0x1.aa5aa5df25984p-5", "0x1.c5e53aa362eb4p-4", "0x1.526e57720db08p-3", "0x1.bc2860d22477p-3", "0x1.1058bc8a07ee1p-2", "0x1.4043057b6ee09p-2"]])  # fmt: skip
_CUBIC = [float.fromhex(v) for v in ("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")]


def _log32(x: Array) -> Array:
    """The natural logarithm of positive normal float32 numbers, to glibc's last digit."""
    bits = x.view(np.int32)
    offset = bits - np.int32(0x3F330000)
    at = (offset >> 19) & 15
    z = (bits - (offset & np.int32(-0x800000))).view(np.float32).astype(np.float64)
    r = z * _INVERSE[at] - 1
    base = _LOGS[at] + (offset >> 23) * math.log(2) + r
    square = r * r
    return (((_CUBIC[0] * square + (_CUBIC[1] * r + _CUBIC[2])) * square) + base).astype(np.float32)


def _log(x: Array) -> Array:
    """The natural logarithm, to the last digit of the C library's."""
    return _log32(x) if x.dtype == dtypes.F32 else np.array([math.log(v) for v in x.tolist()])


def _canonical(words: Array, kind: np.dtype[Any]) -> Array:
    got = words.astype(kind) * kind.type(2.0**-64)
    return np.where(got >= 1, np.nextafter(kind.type(1), kind.type(0)), got)


def _real(array: Array) -> np.dtype[Any]:
    return array.dtype if array.dtype in (dtypes.F32, dtypes.F64) else dtypes.F32


def _store(array: Array, values: Array) -> None:
    array[...] = dtypes.cast(values, array.dtype).reshape(array.shape)
