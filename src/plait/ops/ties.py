"""Which of several equal elements an unstable algorithm ends up with.

Upstream picks the k-th of equal elements by quickselect, and the largest k and the most frequent one by the C++ library's selection
and sort, so the index that comes with a tied value is whatever those algorithms leave there. Rules of this file: the same steps on
lists of indices (Numerical Recipes' select; the introselect and introsort of GNU's library), used only where values tie and only for
rows short enough that doing it here costs little; a longer row gives the first of the equal elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Rows with more elements than this keep the stable choice.
LONGEST = 4096

Less = Callable[[Any, Any], bool]


def smaller(a: Any, b: Any) -> bool:
    """a before b, NaN last."""
    return bool(a < b or (b != b and a == a))


def larger(a: Any, b: Any) -> bool:
    """a before b in descending order, NaN first."""
    return bool(a > b or (a != a and b == b))


def quickselect(values: list[Any], k: int) -> int:
    """The index at rank k that quickselect with a median of three leaves there."""
    v, ids = list(values), list(range(len(values)))

    def swap(i: int, j: int) -> None:
        v[i], v[j] = v[j], v[i]
        ids[i], ids[j] = ids[j], ids[i]

    left, right = 0, len(v) - 1
    while True:
        if right <= left:
            return ids[k]
        if right == left + 1:
            if larger(v[left], v[right]):
                swap(left, right)
            return ids[k]
        swap(left + (right - left) // 2, left + 1)
        if larger(v[left + 1], v[right]):
            swap(left + 1, right)
        if larger(v[left], v[right]):
            swap(left, right)
        if larger(v[left + 1], v[left]):
            swap(left + 1, left)
        i, j, pivot = left + 1, right, v[left]
        while True:
            i += 1
            while larger(pivot, v[i]):
                i += 1
            j -= 1
            while larger(v[j], pivot):
                j -= 1
            if j < i:
                break
            swap(i, j)
        swap(left, j)
        if j <= k:
            left = i
        if j >= k:
            right = j - 1


class Sequence:
    """Indices of `values`, ordered by `less` on the values."""

    def __init__(self, values: list[Any], less: Less) -> None:
        self.ids = list(range(len(values)))
        self.values, self.before = values, less

    def less(self, a: int, b: int) -> bool:
        """Whether index a belongs before index b."""
        return self.before(self.values[a], self.values[b])

    def _linear_insert(self, at: int) -> None:
        ids = self.ids
        value = ids[at]
        while self.less(value, ids[at - 1]):
            ids[at] = ids[at - 1]
            at -= 1
        ids[at] = value

    def _insertion_sort(self, first: int, last: int) -> None:
        ids = self.ids
        for i in range(first + 1, last):
            if self.less(ids[i], ids[first]):
                ids[first : i + 1] = [ids[i], *ids[first:i]]
            else:
                self._linear_insert(i)

    def _partition(self, first: int, last: int) -> int:
        ids, less = self.ids, self.less
        a, b, c = first + 1, first + (last - first) // 2, last - 1
        if less(ids[a], ids[b]):
            middle = b if less(ids[b], ids[c]) else c if less(ids[a], ids[c]) else a
        else:
            middle = a if less(ids[a], ids[c]) else c if less(ids[b], ids[c]) else b
        ids[first], ids[middle] = ids[middle], ids[first]
        pivot = ids[first]
        i, j = first + 1, last
        while True:
            while less(ids[i], pivot):
                i += 1
            j -= 1
            while less(pivot, ids[j]):
                j -= 1
            if i >= j:
                return i
            ids[i], ids[j] = ids[j], ids[i]
            i += 1

    def _adjust(self, first: int, hole: int, size: int, value: int) -> None:
        ids = self.ids
        top = child = hole
        while child < (size - 1) // 2:
            child = 2 * (child + 1)
            if self.less(ids[first + child], ids[first + child - 1]):
                child -= 1
            ids[first + hole] = ids[first + child]
            hole = child
        if size % 2 == 0 and child == (size - 2) // 2:
            child = 2 * (child + 1)
            ids[first + hole] = ids[first + child - 1]
            hole = child - 1
        parent = (hole - 1) // 2
        while hole > top and self.less(ids[first + parent], value):
            ids[first + hole] = ids[first + parent]
            hole, parent = parent, (parent - 1) // 2
        ids[first + hole] = value

    def _heap_select(self, first: int, middle: int, last: int) -> None:
        ids, size = self.ids, middle - first
        for parent in range((size - 2) // 2, -1, -1) if size > 1 else ():
            self._adjust(first, parent, size, ids[first + parent])
        for i in range(middle, last):
            if self.less(ids[i], ids[first]):
                value, ids[i] = ids[i], ids[first]
                self._adjust(first, 0, size, value)

    def partial_sort(self, first: int, middle: int, last: int) -> None:
        """The first elements in order, the others as the heap leaves them."""
        self._heap_select(first, middle, last)
        ids = self.ids
        for end in range(middle - 1, first, -1):
            value, ids[end] = ids[end], ids[first]
            self._adjust(first, 0, end - first, value)

    def select(self, nth: int) -> None:
        """Element nth at its place, smaller ones before it."""
        first, last = 0, len(self.ids)
        if nth >= last:
            return
        depth = 2 * (last.bit_length() - 1)
        while last - first > 3:
            if depth == 0:
                self._heap_select(first, nth + 1, last)
                self.ids[first], self.ids[nth] = self.ids[nth], self.ids[first]
                return
            depth -= 1
            cut = self._partition(first, last)
            if cut <= nth:
                first = cut
            else:
                last = cut
        self._insertion_sort(first, last)

    def _sort_loop(self, first: int, last: int, depth: int) -> None:
        while last - first > 16:
            if depth == 0:
                self.partial_sort(first, last, last)
                return
            depth -= 1
            cut = self._partition(first, last)
            self._sort_loop(cut, last, depth)
            last = cut

    def sort(self, last: int) -> None:
        """Elements 0 … last - 1 in order."""
        if last <= 0:
            return
        self._sort_loop(0, last, 2 * (last.bit_length() - 1))
        self._insertion_sort(0, min(last, 16))
        for i in range(16, last):
            self._linear_insert(i)


def largest(values: list[Any], k: int, descending: bool) -> list[int]:
    """The indices of the k first elements in order."""
    if not k:
        return []
    s = Sequence(values, larger if descending else smaller)
    n = len(values)
    if k * 64 <= n:
        s.partial_sort(0, k, n)
    else:
        s.select(k - 1)
        s.sort(k - 1)
    return s.ids[:k]


def most_frequent(values: list[Any]) -> int:
    """The index of the last of the most frequent values, the smallest of several such values."""
    s = Sequence(values, smaller)
    s.sort(len(values))
    best, at, run = 0, 0, 0
    for i, index in enumerate(s.ids):
        run += 1
        if i + 1 == len(values) or values[index] != values[s.ids[i + 1]]:
            if run > best:
                best, at = run, index
            run = 0
    return at
