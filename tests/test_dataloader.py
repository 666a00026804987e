"""Data loading: order of samples as PyTorch's for a seed (recorded), workers that fail, die, hang or are left alone."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import numpy as np
import pytest

from plait import torch
from plait.torch.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    get_worker_info,
    random_split,
)

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


class Numbers(Dataset):
    def __init__(self, n: int = 10, bad: str = "") -> None:
        self.n, self.bad = n, bad

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Any:
        if i == 5 and self.bad:
            if self.bad == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.bad == "exit":
                os._exit(3)
            if self.bad == "key":
                raise KeyError("lost")
            if self.bad == "value":
                raise ValueError(f"no {i}")
            if self.bad == "sleep":
                time.sleep(30)
            if self.bad == "pickle":
                return lambda: i
        return i


class Stream(IterableDataset):
    def __iter__(self) -> Any:
        info = get_worker_info()
        return iter(range(10) if info is None else range(info.id, 10, info.num_workers))

    def __len__(self) -> int:
        return 10


class Drawn(Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> Any:
        import random

        return get_worker_info().seed, torch.rand(1).tolist()[0], random.random(), float(np.random.rand())


def listed(*args: Any, **kwargs: Any) -> list[Any]:
    return list(DataLoader(*args, collate_fn=list, **kwargs))


# what PyTorch 2.13.0 gives after torch.manual_seed(3)
PASSES = [
    [[6, 2, 0], [1, 8, 3], [5, 4, 7], [9]],
    [[3, 4, 0], [9, 6, 7], [1, 2, 5], [8]],
    [[7, 6, 8], [3, 5, 4], [1, 2, 0], [9]],
]


def test_shuffling_is_pytorchs() -> None:
    torch.manual_seed(3)
    assert listed(Numbers(), 3, shuffle=True) == PASSES[0]
    torch.manual_seed(3)
    assert listed(Numbers(), 3, shuffle=True, num_workers=2) == PASSES[0]
    loader = DataLoader(Numbers(), 3, shuffle=True, num_workers=2, persistent_workers=True, collate_fn=list)
    assert [list(loader) for _ in range(2)] == PASSES[1:]


def test_random_split_is_pytorchs() -> None:
    parts = random_split(range(11), [0.3, 0.3, 0.4], torch.Generator().manual_seed(4))
    assert [p.indices for p in parts] == [[10, 5, 6, 8], [1, 7, 0], [4, 3, 2, 9]]
    with pytest.raises(ValueError, match="Sum of input lengths"):
        random_split(range(3), [1, 1])
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        random_split(range(1), [0.5, 0.5])


def test_samplers() -> None:
    torch.manual_seed(0)
    assert sorted(RandomSampler(range(5))) == [0, 1, 2, 3, 4]
    assert len(list(RandomSampler(range(5), num_samples=12))) == 12
    assert len(list(RandomSampler(range(5), replacement=True, num_samples=70))) == 70
    assert sorted(SubsetRandomSampler([3, 1, 4])) == [1, 3, 4]
    assert set(WeightedRandomSampler([0.0, 1.0, 1.0], 50)) == {1, 2}
    assert list(BatchSampler(SequentialSampler(range(5)), 2, True)) == [[0, 1], [2, 3]]
    assert len(BatchSampler(SequentialSampler(range(5)), 2, False)) == 3
    assert list(DistributedSampler(range(5), 2, 1, shuffle=False)) == [1, 3, 0]
    for bad in (0, -1, True, 1.5):
        with pytest.raises(ValueError, match="batch_size should be a positive integer value"):
            BatchSampler(SequentialSampler(range(5)), bad, False)
    with pytest.raises(ValueError, match="num_samples should be a positive integer value, but got num_samples=0"):
        RandomSampler([])


def test_workers_draw_pytorchs_numbers() -> None:
    torch.manual_seed(1)
    got = listed(Drawn(), 2, num_workers=2)
    seeds = [row[0] for batch in got for row in batch]
    assert seeds == [7692698082559361259] * 2 + [7692698082559361260] * 2
    np.testing.assert_allclose(got[0][0][1:], [0.5113104581832886, 0.4495910966205341, 0.7809243576395145])


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_start_methods(method: str) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    assert listed(range(7), 2, num_workers=2, multiprocessing_context=method) == [[0, 1], [2, 3], [4, 5], [6]]


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        ("kill", RuntimeError, "is killed by signal: Killed"),
        ("exit", RuntimeError, "exited unexpectedly with exit code 3. Details are lost due to multiprocessing"),
        (
            "key",
            KeyError,
            "Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n",
        ),
        ("value", ValueError, "ValueError: no 5"),
        ("pickle", AttributeError, "Caught AttributeError in DataLoader worker process 0."),
    ],
)
def test_failing_workers(bad: str, error: type[Exception], words: str) -> None:
    start = time.monotonic()
    with pytest.raises(error) as caught:
        listed(Numbers(bad=bad), 2, num_workers=2)
    assert words in str(caught.value)
    assert time.monotonic() - start < 20


def test_timeout() -> None:
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0.3 seconds"):
        listed(Numbers(bad="sleep"), 2, num_workers=2, timeout=0.3)


def test_left_alone_workers_end() -> None:
    import gc
    import multiprocessing

    gc.collect()
    before = set(multiprocessing.active_children())
    big = [np.ones((400, 400)) for _ in range(40)]
    first, second = iter(DataLoader(big, 4, num_workers=2)), iter(DataLoader(big, 4, num_workers=2))
    next(first), next(second)
    start = time.monotonic()
    del first, second
    assert time.monotonic() - start < 4
    assert set(multiprocessing.active_children()) <= before


def test_init_function_and_errors_in_it() -> None:
    def init(worker: int) -> None:
        if worker == 1:
            raise OSError("no")

    with pytest.raises(OSError, match="Caught OSError in DataLoader worker process 1"):
        listed(range(8), 2, num_workers=2, worker_init_fn=init)


def test_streams() -> None:
    assert listed(Stream(), 4) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert listed(Stream(), 4, drop_last=True) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert listed(Stream(), 2, num_workers=3) == [[0, 3], [1, 4], [2, 5], [6, 9], [7], [8]]
    loader = DataLoader(Stream(), 2, num_workers=2, persistent_workers=True, collate_fn=list)
    assert list(loader) == list(loader) == [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]
    assert len(DataLoader(Stream(), 4)) == 3
    assert list(ChainDataset([Stream(), Stream()])) == [*range(10), *range(10)]
    with pytest.raises(ValueError, match="expected unspecified shuffle option, but got shuffle=True"):
        DataLoader(Stream(), shuffle=True)


def test_in_any_order() -> None:
    got = listed(range(50), 3, num_workers=2, in_order=False)
    assert sorted(i for batch in got for i in batch) == list(range(50))


def test_tensor_datasets_gather() -> None:
    x, y = torch.arange(20.0).reshape(10, 2), torch.arange(10)
    data = TensorDataset(x, y)
    torch.manual_seed(3)
    batches = list(DataLoader(data, 3, shuffle=True))
    assert [b[1].tolist() for b in batches] == PASSES[0]
    assert batches[0][0].tolist() == x.array[PASSES[0][0]].tolist()
    half = Subset(Subset(data, range(2, 10)), [1, 3, 5])
    assert [b[1].tolist() for b in DataLoader(half, 2)] == [[3, 5], [7]]
    assert isinstance(batches[0], list)
    assert [b[1].tolist() for b in DataLoader(data, 5, num_workers=2)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        TensorDataset(x, y[:3])


def test_tensors_that_want_gradients_stack() -> None:
    x = torch.ones(4, 2, requires_grad=True)
    (batch,) = next(iter(DataLoader(TensorDataset(x), 4)))
    batch.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0]] * 4


def test_other_datasets() -> None:
    joined = ConcatDataset([range(3), range(10, 12)])
    assert [joined[i] for i in range(5)] == [0, 1, 2, 10, 11] and joined[-1] == 11 and len(joined) == 5
    assert StackDataset(range(3), "abc")[1] == (1, "b") and StackDataset(n=range(3))[2] == {"n": 2}
    with pytest.raises(ValueError, match="absolute value of index should not exceed dataset length"):
        joined[-6]
    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        Dataset()[0]


def test_collate_and_convert() -> None:
    from collections import namedtuple

    Point = namedtuple("Point", ["x", "y"])
    assert default_collate([1.5, 2.5]).dtype is torch.float64
    assert default_collate([1, 2]).tolist() == [1, 2]
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([np.float32(1), np.float32(2)]).dtype is torch.float32
    assert default_collate([np.zeros((2, 3))] * 4).shape == (4, 2, 3)
    assert default_collate([{"a": 1, "b": (2, 3)}] * 2)["b"][1].tolist() == [3, 3]
    made = default_collate([Point(1, 2.0), Point(3, 4.0)])
    assert type(made) is Point and made.x.tolist() == [1, 3]
    assert type(default_collate([[1, 2], [3, 4]])) is list
    assert default_collate([(torch.ones(2), 1)] * 3)[0].shape == (3, 2)
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        default_collate([[1], [1, 2]])
    with pytest.raises(
        TypeError, match="default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found"
    ):
        default_collate([object()])
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        default_collate([torch.ones(2), torch.ones(3)])
    assert default_convert({"a": np.arange(2), "b": "x"})["a"].tolist() == [0, 1]
    assert default_convert((np.int64(3),))[0].tolist() == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_workers": -1}, "num_workers option should be non-negative"),
        ({"timeout": -1}, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, "prefetch_factor option could only be specified in multiprocessing"),
        ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
        ({"sampler": [0], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler option is mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
        ({"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        ({"multiprocessing_context": "fork"}, "multiprocessing_context can only be used with multi-process loading"),
    ],
)
def test_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DataLoader(range(3), **arguments)


def test_attributes() -> None:
    loader = DataLoader(range(5), 2)
    assert len(loader) == 3 and loader.num_workers == 0 and loader.prefetch_factor is None
    assert isinstance(loader.sampler, SequentialSampler) and isinstance(loader.batch_sampler, BatchSampler)
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader is initialized"):
        loader.batch_size = 3
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accelerator is found"):
        next(iter(DataLoader(range(5), pin_memory=True)))
    assert [b.tolist() for b in DataLoader(range(4), batch_sampler=[[0, 3], [1]])] == [[0, 3], [1]]
    assert get_worker_info() is None
