"""Whole training steps and calls on tiny tensors, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.pairs import Row, compare


def lenet(t: Any) -> Any:
    nn = t.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def small_cnn(t: Any) -> Any:
    nn = t.nn
    layers: list[Any] = []
    for a, b in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def vgg_like(t: Any) -> Any:
    nn = t.nn
    layers: list[Any] = []
    for a, b, n in ((3, 32, 2), (32, 64, 2), (64, 128, 2)):
        for i in range(n):
            layers += [nn.Conv2d(a if i == 0 else b, b, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(128 * 8 * 8, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)
    )


STEPS: list[tuple[str, tuple[int, ...], Callable[[Any], Any]]] = [
    ("LeNet, batch 128", (128, 1, 28, 28), lenet),
    ("LeNet, batch 1", (1, 1, 28, 28), lenet),
    ("small CNN with batch norm, batch 128", (128, 3, 32, 32), small_cnn),
    ("small CNN with batch norm, batch 8", (8, 3, 32, 32), small_cnn),
    ("VGG-like, batch 16", (16, 3, 64, 64), vgg_like),
]


def step(t: Any, model: Any, x: Any, y: Any) -> Callable[[], Any]:
    """Forward, loss, backward, SGD with momentum."""
    optimizer = t.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss = t.nn.CrossEntropyLoss()

    def work() -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return work


def training_rows(plait: Any, torch: Any, wanted: Callable[[str], bool]) -> Iterator[Row]:
    """A row a model."""
    for name, shape, build in STEPS:
        if not wanted(f"training {name}"):
            continue
        torch.manual_seed(0)
        theirs, ours = build(torch), build(plait)
        ours.load_state_dict({k: plait.from_numpy(v.numpy().copy()) for k, v in theirs.state_dict().items()})
        x, y = torch.randn(shape), torch.randint(0, 10, (shape[0],))
        mine, peer = compare(
            [
                step(plait, ours, plait.from_numpy(x.numpy().copy()), plait.from_numpy(y.numpy().copy())),
                step(torch, theirs, x, y),
            ],
            budget=1.5,
        )
        yield Row("training step", name, mine, peer)


TINY: list[tuple[str, tuple[int, ...], Callable[[Any], Callable[[Any], Any]]]] = [
    ("ReLU", (32,), lambda t: t.nn.ReLU()),
    ("MaxPool2d(2)", (1, 4, 8, 8), lambda t: t.nn.MaxPool2d(2)),
    ("BatchNorm2d", (2, 4, 4, 4), lambda t: t.nn.BatchNorm2d(4)),
    ("Conv2d 4→4 3×3", (1, 4, 8, 8), lambda t: t.nn.Conv2d(4, 4, 3, padding=1)),
    ("Linear 8→8", (2, 8), lambda t: t.nn.Linear(8, 8)),
    ("a + a", (32,), lambda t: lambda a: a + a),
    ("a * 2", (32,), lambda t: lambda a: a * 2),
    ("a.sum()", (32,), lambda t: lambda a: a.sum()),
    ("a.reshape", (32,), lambda t: lambda a: a.reshape(4, 8)),
    ("a[1:3]", (32,), lambda t: lambda a: a[1:3]),
]


def tiny_rows(plait: Any, torch: Any, wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Latency of one call, with and without gradients."""
    for name, shape, build in TINY:
        for grad in (False, True):
            title = name + (", with gradient" if grad else "")
            if not wanted(f"tiny {title}"):
                continue
            a = torch.randn(shape)
            b = plait.from_numpy(a.numpy().copy())
            if grad:
                a.requires_grad_()
                b.requires_grad_()
            mine_call, peer_call = build(plait), build(torch)

            def bind(call: Callable[[Any], Any], x: Any) -> Callable[[], Any]:
                return lambda: call(x)

            mine, peer = compare([bind(mine_call, b), bind(peer_call, a)], budget=0.25)
            yield Row("tiny call", title, mine, peer)
