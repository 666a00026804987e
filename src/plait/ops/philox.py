"""Philox 4×32-10, a generator that is a function of a key and a counter (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011),
and the recipes by which TensorFlow makes numbers of its bits.

Rules of this file: a stream is a key (two 32-bit words) and a counter (four of them, the lowest first), each block of the counter giving four words;
functions return fresh arrays. Logarithm, sine and cosine are the C library's, as TensorFlow's are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plait import _native

__all__ = ["Stream", "categories", "integers", "normal", "scrambled", "truncated_normal", "uniform", "words"]

_MASK = 0xFFFFFFFF


class Stream(NamedTuple):
    """A key and the counter of the next block, as integers of 64 and 128 bits."""

    key: int
    counter: int

    def skipped(self, blocks: int) -> Stream:
        """The stream after some blocks."""
        return Stream(self.key, (self.counter + blocks) & ((1 << 128) - 1))


def _block(key: int, counter: int) -> list[int]:
    c = [(counter >> 32 * i) & _MASK for i in range(4)]
    k0, k1 = key & _MASK, key >> 32
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k0, b & _MASK, (a >> 32) ^ c[3] ^ k1, a & _MASK]
        k0, k1 = (k0 + 0x9E3779B9) & _MASK, (k1 + 0xBB67AE85) & _MASK
    return c


def scrambled(seed: int, seed2: int) -> Stream:
    """The stream of a pair of seeds, mixed so that weak seeds are as good as strong ones."""
    word = (1 << 64) - 1
    mix = _block(0x3EC8F720 | 0x02461E29 << 32, (seed & word) | (seed2 & word) << 64)
    return Stream(mix[0] | mix[1] << 32, mix[2] << 64 | mix[3] << 96)


def words(stream: Stream, n: int) -> NDArray:
    """The first n words (uint32)."""
    out = np.empty(-(-n // 4) * 4, np.uint32)
    low, high = stream.counter & ((1 << 64) - 1), stream.counter >> 64
    _native.philox(out.view(np.int32), _signed(stream.key), _signed(low), _signed(high), 1, 1)
    return out[:n]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _floats(bits: NDArray) -> NDArray:
    """Words as float32 in [0, 1), by their low 23 bits."""
    return ((bits & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


def _doubles(bits: NDArray) -> NDArray:
    """Pairs of words as float64 in [0, 1), by 52 bits."""
    pairs = bits.reshape(-1, 2).astype(np.uint64)
    high = (pairs[:, 0] & np.uint64(0xFFFFF)) << np.uint64(32)
    return (high | pairs[:, 1] | np.uint64(1023 << 52)).view(np.float64) - 1.0


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for d in shape:
        n *= d
    return n


def uniform(stream: Stream, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray:
    """Numbers in [0, 1); half precision takes 10 bits of a word, bfloat16 7."""
    n = _size(shape)
    if dtype == np.float64:
        return _doubles(words(stream, 2 * n)).reshape(shape)
    bits = words(stream, n)
    if dtype == np.float16:
        half = ((bits & np.uint32(0x3FF)) | np.uint32(15 << 10)).astype(np.uint16)
        return (half.view(np.float16) - np.float16(1)).reshape(shape)
    if dtype == np.float32:
        return _floats(bits).reshape(shape)
    short = ((bits & np.uint32(0x7F)) | np.uint32(127 << 7)) << np.uint32(16)  # bfloat16's values, in float32
    return (short.view(np.float32) - np.float32(1)).reshape(shape)


def _pairs(bits: NDArray, double: bool) -> NDArray:
    """Two normal numbers of each pair of uniform ones (Box and Muller, 1958), sine first."""
    out = np.empty(bits.size // 2 if double else bits.size, np.float64 if double else np.float32)
    _native.box_muller(bits.view(np.int32), out)
    return out


def normal(stream: Stream, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray:
    """Normal numbers; float32 for every dtype but float64."""
    n = _size(shape)
    double = dtype == np.float64
    bits = words(stream, 4 * -(-n // 2) if double else 4 * -(-n // 4))
    return _pairs(bits, double)[:n].reshape(shape)


_RESERVED = 64  # blocks that each output of a group may use


def _groups(stream: Stream, first: int, count: int, blocks: int, stride: int) -> NDArray:
    """The words of the first `blocks` blocks of each of `count` groups, which begin `stride` blocks apart."""
    out = np.empty(count * blocks * 4, np.uint32)
    start = stream.skipped(first * stride)
    low, high = start.counter & ((1 << 64) - 1), start.counter >> 64
    _native.philox(out.view(np.int32), _signed(start.key), _signed(low), _signed(high), blocks, stride)
    return out.reshape(count, blocks * 4)


def truncated_normal(stream: Stream, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray:
    """Normal numbers between -2 and 2: of each group of four (two in double precision) the first ones that lie there."""
    n = _size(shape)
    double = dtype == np.float64
    each = 2 if double else 4
    count = -(-n // each)
    out = np.empty((count, each), np.float64 if double else np.float32)
    pending = np.arange(count)
    blocks = 4
    while pending.size:
        step = 1 << 16
        rest = []
        for at in range(0, len(pending), step):
            which = pending[at : at + step]
            if len(which) == which[-1] - which[0] + 1:
                bits = _groups(stream, int(which[0]), len(which), blocks, each * _RESERVED)
            else:
                bits = np.concatenate([_groups(stream, int(g), 1, blocks, each * _RESERVED) for g in which])
            drawn = _pairs(bits.reshape(-1), double).reshape(len(which), -1)
            inside = np.abs(drawn) < 2
            rank = np.cumsum(inside, 1)
            enough = rank[:, -1] >= each
            take = inside & (rank <= each)
            take[~enough] = False
            out[which[enough]] = drawn[take].reshape(-1, each)
            rest.append(which[~enough])
        pending = np.concatenate(rest)
        blocks *= 4
    return out.reshape(-1)[:n].reshape(shape)


def integers(stream: Stream, shape: tuple[int, ...], low: int, high: int, dtype: Any) -> NDArray:
    """Integers in [low, high): the remainder of a word (two for 64 bits) by the range."""
    n = _size(shape)
    wide = np.dtype(dtype).itemsize == 8
    if wide:
        pairs = words(stream, 2 * n).reshape(-1, 2).astype(np.uint64)
        bits = pairs[:, 0] | pairs[:, 1] << np.uint64(32)
        found = bits % np.uint64((high - low) & ((1 << 64) - 1))
        return (found + np.uint64(low & ((1 << 64) - 1))).astype(dtype).reshape(shape)
    bits = words(stream, n)
    found = bits % np.uint32((high - low) & _MASK)
    return (found + np.uint32(low & _MASK)).astype(np.uint32).view(np.int32).astype(dtype).reshape(shape)


def every_integer(stream: Stream, shape: tuple[int, ...], dtype: Any) -> NDArray:
    """Integers over the whole range of a dtype of 32 or 64 bits."""
    n = _size(shape)
    if np.dtype(dtype).itemsize == 8:
        pairs = words(stream, 2 * n).reshape(-1, 2).astype(np.uint64)
        return (pairs[:, 0] | pairs[:, 1] << np.uint64(32)).view(dtype).reshape(shape)
    return words(stream, n).view(dtype).reshape(shape)


def order(stream: Stream, n: int) -> NDArray:
    """A random order of n things: each place in turn exchanged with itself or a later one. It takes `order_blocks(n)` blocks."""
    drawn = words(stream, n).tolist()
    places = list(range(n))
    for i in range(n - 1):
        j = i + drawn[i] % (n - i)
        places[i], places[j] = places[j], places[i]
    return np.array(places, np.int64)


def order_blocks(n: int) -> int:
    """How many blocks of the generator an order of n things takes."""
    return (n + 2) // 4


def categories(stream: Stream, logits: NDArray, samples: int) -> NDArray:
    """For each row of logits, `samples` classes drawn with the probabilities of its softmax (int64)."""
    rows, _classes = logits.shape
    finite = np.isfinite(logits)
    top = np.where(finite, logits, np.finfo(logits.dtype).min).max(1, keepdims=True).astype(np.float64)
    sums = np.cumsum(np.where(finite, np.exp(logits.astype(np.float64) - top), 0.0), 1)
    drawn = _doubles(words(stream, 2 * rows * samples)).reshape(rows, samples)
    out = np.empty((rows, samples), np.int64)
    for i in range(rows):
        out[i] = np.searchsorted(sums[i], drawn[i] * sums[i, -1], "right")
    return out
