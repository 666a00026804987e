"""flops: how many operations a network's layers take, by upstream's counting rules."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from plait.paddle.autograd import no_grad

__all__: list[str] = []


def _conv(m: Any, x: Any, y: Any) -> int:
    kernel = int(np.prod(m.weight.shape[2:]))
    return int(int(y.size) * (x[0].shape[1] / m._groups * kernel + (m.bias is not None)))


def _batch_norm(m: Any, x: Any, y: Any) -> int:
    return 2 * int(x[0].size)


def _inputs(m: Any, x: Any, y: Any) -> int:
    return int(x[0].size)


def _outputs(m: Any, x: Any, y: Any) -> int:
    return int(y.size)


def _linear(m: Any, x: Any, y: Any) -> int:
    return m.weight.shape[0] * int(y.size)


def _adaptive(m: Any, x: Any, y: Any) -> int:
    kernel = np.array(x[0].shape[2:]) // np.array(y.shape[2:])
    return (int(np.prod(kernel)) + 1) * int(y.size)


def _none(m: Any, x: Any, y: Any) -> int:
    return 0


_RULES: dict[str, Callable[[Any, Any, Any], int]] = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _conv),
    **dict.fromkeys(("BatchNorm2D", "BatchNorm"), _batch_norm),
    **dict.fromkeys(("ReLU", "ReLU6", "Dropout"), _none),
    "LeakyReLU": _inputs,
    "Linear": _linear,
    **dict.fromkeys(("AvgPool1D", "AvgPool2D", "AvgPool3D"), _outputs),
    **dict.fromkeys(("AdaptiveAvgPool1D", "AdaptiveAvgPool2D", "AdaptiveAvgPool3D"), _adaptive),
}


def _rule(kind: type) -> Callable[[Any, Any, Any], int] | None:
    from plait.paddle import nn

    rule = _RULES.get(kind.__name__)
    return rule if rule is not None and kind is getattr(nn, kind.__name__, None) else None


def flops(net: Any, input_size: Any, custom_ops: Any = None, print_detail: bool = False) -> int:
    """Run the network once on random inputs of this size and count operations; prints what is counted and the sums.

    `custom_ops` has functions (layer, input, output) for layer classes, which add to `layer.total_ops`. `print_detail` prints a
    table. Layers without a rule count as nothing.
    """
    from plait import paddle

    if not isinstance(net, paddle.nn.Layer):
        warnings.warn("Your model must be an instance of paddle.nn.Layer or paddle.static.Program.", stacklevel=2)
        return -1
    inputs = paddle.randn(input_size)
    leaves = _Leaves(custom_ops or {})
    training = net.training
    net.eval()
    net.apply(leaves.listen)
    with no_grad():
        net(inputs)
    if training:
        net.train()
    rows = leaves.finish(net)
    if print_detail:
        _print_table(rows)
    total, params = sum(row[4] for row in rows), sum(row[3] for row in rows)
    print(f"Total Flops: {total}     Total Params: {params}")
    return total


class _Leaves:
    """The layers without sublayers, while they are counted: each has buffers `total_ops` and `total_params` for the time."""

    def __init__(self, custom: dict[Any, Any]) -> None:
        self.custom = custom
        self.kinds: set[type] = set()
        self.handles: list[Any] = []

    def listen(self, layer: Any) -> None:
        from plait import paddle

        if list(layer.children()):
            return
        for name in ("total_ops", "total_params"):
            layer.register_buffer(name, paddle.zeros([1], dtype="int64"))
        kind = type(layer)
        new = kind not in self.kinds
        self.kinds.add(kind)
        rule = _rule(kind)
        if kind in self.custom:
            self.handles.append(layer.register_forward_post_hook(self.custom[kind]))
            if new:
                print(f"Customize Function has been applied to {kind}")
        elif rule is not None:
            count = rule

            def counted(m: Any, x: Any, y: Any) -> None:
                m.total_ops += abs(int(count(m, x, y)))

            self.handles.append(layer.register_forward_post_hook(counted))
            if new:
                print(f"{kind}'s flops has been counted")
        elif new:
            print(f"Cannot find suitable count function for {kind}. Treat it as zero FLOPs.")
        self.handles.append(layer.register_forward_post_hook(_note))

    def finish(self, net: Any) -> list[list[Any]]:
        """Take hooks and buffers off; rows of (name, input's shape, output's shape, parameters, operations)."""
        for handle in self.handles:
            handle.remove()
        rows = []
        for _, layer in net.named_sublayers(include_self=True):
            own = layer._buffers
            if "total_ops" not in own:
                continue
            if "input_shape" in own and layer is not net:
                shapes = [own[name].numpy().tolist() for name in ("input_shape", "output_shape")]
                counts = [own[name].item() for name in ("total_params", "total_ops")]
                rows.append([layer.full_name(), *shapes, *counts])
            for name in ("total_ops", "total_params", "input_shape", "output_shape"):
                own.pop(name, None)
        return rows


def _note(layer: Any, x: Any, y: Any) -> None:
    from plait import paddle

    layer.total_params[0] = sum(int(p.size) for p in layer.parameters())
    first = y[0] if isinstance(y, (list, tuple)) else y
    layer.register_buffer("input_shape", paddle.to_tensor(list(x[0].shape)))
    layer.register_buffer("output_shape", paddle.to_tensor(list(first.shape)))


def _print_table(rows: list[list[Any]]) -> None:
    heads = ["Layer Name", "Input Shape", "Output Shape", "Params", "Flops"]
    widths = [max(len(str(row[i])) for row in [heads, *rows]) + 2 for i in range(5)]
    shelf = "+" + "+".join("-" * w for w in widths) + "+"

    def line(row: list[Any]) -> str:
        return "|" + "|".join(str(cell).center(w) for cell, w in zip(row, widths, strict=True)) + "|"

    for text in (shelf, line(heads), shelf, *(line(row) for row in rows), shelf):
        print(text)
