"""paddle.batch: the batches of a reader, which is a function that returns an iterable of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__: list[str] = []


def batch(
    reader: Callable[[], Iterable[Any]], batch_size: int, drop_last: bool = False
) -> Callable[[], Iterator[list[Any]]]:
    """A reader of lists of `batch_size` samples of `reader`; the last one, where it is shorter, only without `drop_last`.

    Raises ValueError unless `batch_size` is positive.

    >>> from plait import paddle
    >>> list(paddle.batch(lambda: range(5), batch_size=2)())
    [[0, 1], [2, 3], [4]]
    """
    count = int(batch_size)
    if count <= 0:
        raise ValueError(f"batch(): batch_size should be a positive integer value, but got batch_size={count}")

    def batches() -> Iterator[list[Any]]:
        held: list[Any] = []
        for sample in reader():
            held.append(sample)
            if len(held) == count:
                yield held
                held = []
        if held and not drop_last:
            yield held

    return batches
