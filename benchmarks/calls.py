"""A layer's calls as they are timed, and calls on tiny tensors; PyTorch's and plait's, which are written alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.describe import first
from benchmarks.pairs import Row, compare


def forward(t: Any, layer: Any, x: Any) -> Callable[[], Any]:
    """A call of the layer without gradients; `t` is PyTorch or plait's dialect."""

    def work() -> Any:
        with t.no_grad():
            return layer(x)

    return work


def both(layer: Any, x: Any, g: Any) -> Callable[[], Any]:
    """A call of the layer and its backward; PyTorch's or plait's."""
    x.requires_grad_()
    parameters = list(layer.parameters())

    def work() -> Any:
        x.grad = None
        for p in parameters:
            p.grad = None
        y = first(layer(x))
        y.backward(g)
        return y, x, *parameters

    return work


def arrays(value: Any) -> list[np.ndarray]:
    """Output, and with backward the gradients that the leaves hold."""
    if not isinstance(value, tuple) or len(value) < 2 or value[1].grad is None:
        return [first(value).detach().numpy()]
    y, *leaves = value
    return [y.detach().numpy()] + [leaf.grad.numpy() for leaf in leaves]


def _network(t: Any) -> Any:
    n = t.nn
    return n.Sequential(
        n.Conv2d(4, 4, 3, padding=1), n.BatchNorm2d(4), n.ReLU(), n.MaxPool2d(2), n.Flatten(), n.Linear(64, 8)
    )


def _perceptron(t: Any) -> Any:
    return t.nn.Sequential(t.nn.Linear(8, 16), t.nn.ReLU(), t.nn.Linear(16, 4))


def _backward(t: Any) -> Callable[[Any], Any]:
    def call(a: Any) -> Any:
        a.grad = None
        (a * a + a).sum().backward()

    return call


def _loss(t: Any, kind: str, target: Any) -> Callable[[Any], Any]:
    loss = getattr(t.nn, kind)()
    return lambda a: loss(a, target)


def _step(t: Any, kind: str) -> Callable[[Any], Any]:
    model = _perceptron(t)
    rule = getattr(t.optim, kind)(model.parameters(), lr=1e-3)
    model(t.ones(2, 8)).sum().backward()
    return lambda a: rule.step()


def _training(t: Any) -> Callable[[Any], Any]:
    model, loss = _perceptron(t), t.nn.CrossEntropyLoss()
    rule = t.optim.SGD(model.parameters(), lr=1e-3)
    target = t.zeros(2, dtype=t.int64)

    def call(a: Any) -> Any:
        rule.zero_grad()
        loss(model(a), target).backward()
        rule.step()

    return call


_IMAGE, _ROW = (1, 4, 8, 8), (2, 8)

#: Name, shape of the tensor, what is called with it (built by PyTorch or plait's dialect), and with which `requires_grad` it is timed.
TINY: list[tuple[str, tuple[int, ...], Callable[[Any], Callable[[Any], Any]], tuple[bool, ...]]] = [
    *[(name, shape, build, (False, True)) for name, shape, build in (
        ("ReLU", (32,), lambda t: t.nn.ReLU()),
        ("GELU", (32,), lambda t: t.nn.GELU()),
        ("Softmax", _ROW, lambda t: t.nn.Softmax(1)),
        ("MaxPool2d(2)", _IMAGE, lambda t: t.nn.MaxPool2d(2)),
        ("AvgPool2d(2)", _IMAGE, lambda t: t.nn.AvgPool2d(2)),
        ("AdaptiveAvgPool2d(2)", _IMAGE, lambda t: t.nn.AdaptiveAvgPool2d(2)),
        ("BatchNorm2d", (2, 4, 4, 4), lambda t: t.nn.BatchNorm2d(4)),
        ("BatchNorm2d, eval", (2, 4, 4, 4), lambda t: t.nn.BatchNorm2d(4).eval()),
        ("LayerNorm", _ROW, lambda t: t.nn.LayerNorm(8)),
        ("GroupNorm", (2, 4, 4, 4), lambda t: t.nn.GroupNorm(2, 4)),
        ("Conv2d 4→4 3×3", _IMAGE, lambda t: t.nn.Conv2d(4, 4, 3, padding=1)),
        ("ConvTranspose2d 4→4 2/2", _IMAGE, lambda t: t.nn.ConvTranspose2d(4, 4, 2, stride=2)),
        ("Linear 8→8", _ROW, lambda t: t.nn.Linear(8, 8)),
        ("Dropout, eval", (32,), lambda t: t.nn.Dropout().eval()),
        ("Flatten", _IMAGE, lambda t: t.nn.Flatten()),
        ("Upsample 2", _IMAGE, lambda t: t.nn.Upsample(scale_factor=2)),
        ("MSELoss", _ROW, lambda t: _loss(t, "MSELoss", t.zeros(2, 8))),
        ("CrossEntropyLoss", _ROW, lambda t: _loss(t, "CrossEntropyLoss", t.zeros(2, dtype=t.int64))),
        ("six layers", _IMAGE, _network),
        ("a + a", (32,), lambda t: lambda a: a + a),
        ("a * 2", (32,), lambda t: lambda a: a * 2),
        ("a ** 2", (32,), lambda t: lambda a: a**2),
        ("a @ a", (8, 8), lambda t: lambda a: a @ a),
        ("a.sum()", (32,), lambda t: lambda a: a.sum()),
        ("a.mean(1)", _ROW, lambda t: lambda a: a.mean(1)),
        ("a.max()", (32,), lambda t: lambda a: a.max()),
        ("a.clamp(0, 1)", (32,), lambda t: lambda a: a.clamp(0, 1)),
        ("where(m, a, a)", (32,), lambda t: (lambda m: lambda a: t.where(m, a, a))(t.ones(32) > 0)),
        ("a.reshape", (32,), lambda t: lambda a: a.reshape(4, 8)),
        ("a.permute", _IMAGE, lambda t: lambda a: a.permute(0, 2, 3, 1)),
        ("a.unsqueeze", (32,), lambda t: lambda a: a.unsqueeze(0)),
        ("a[1:3]", (32,), lambda t: lambda a: a[1:3]),
        ("a[:, 0]", (4, 8), lambda t: lambda a: a[:, 0]),
        ("a.chunk(2)", (32,), lambda t: lambda a: a.chunk(2)),
        ("cat((a, a))", (32,), lambda t: lambda a: t.cat((a, a))),
        ("stack((a, a))", (32,), lambda t: lambda a: t.stack((a, a))),
    )],
    *[(name, shape, build, (False,)) for name, shape, build in (
        ("a > 0", (32,), lambda t: lambda a: a > 0),
        ("a.argmax(1)", _ROW, lambda t: lambda a: a.argmax(1)),
        ("a.sum().item()", (32,), lambda t: lambda a: a.sum().item()),
        ("zeros(4)", (1,), lambda t: lambda a: t.zeros(4)),
        ("tensor([1.0, 2.0])", (1,), lambda t: lambda a: t.tensor([1.0, 2.0])),
        ("arange(4)", (1,), lambda t: lambda a: t.arange(4)),
        ("randn(4)", (1,), lambda t: lambda a: t.randn(4)),
        ("SGD, step", (1,), lambda t: _step(t, "SGD")),
        ("Adam, step", (1,), lambda t: _step(t, "Adam")),
        ("two linear layers, training", _ROW, _training),
    )],
    ("(a * a + a).sum().backward()", (8,), _backward, (True,)),
]  # fmt: skip


def tiny_rows(plait: Any, wanted: Callable[[str], bool]) -> Iterator[Row]:
    """Latency of one call, with and without gradients."""
    import torch

    for name, shape, build, kinds in TINY:
        for grad in kinds:
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
