"""summary: a table of a network's layers, shapes and parameters."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from plait.paddle._tensor import Tensor
from plait.paddle.autograd import no_grad
from plait.paddle.static import InputSpec

__all__: list[str] = []

_MB = 1024**2.0


def summary(net: Any, input_size: Any = None, dtypes: Any = None, input: Any = None) -> dict[str, Any]:
    """Run the network once, in evaluation mode, on random inputs of these sizes (or on `input`), print the table, and return
    {"total_params": …, "trainable_params": …}.

    A size is a tuple, an InputSpec, or a list of those, one for each input; its batch may be None or −1, for which 1 is taken.
    """
    if input_size is None and input is None:
        raise ValueError("input_size and input cannot be None at the same time")
    if input_size is None:
        input_size = _sizes_of(input)
    sizes = _checked(_plain(input_size))
    training = net.training
    if training:
        net.eval()
    with no_grad():
        rows = _run(net, sizes, dtypes, input)
    text, told = _table(rows, sizes)
    print(text)
    if training:
        net.train()
    return told


def _sizes_of(input: Any) -> Any:
    if isinstance(input, Tensor):
        return tuple(input.shape)
    if isinstance(input, (list, tuple)):
        return [tuple(x.shape) for x in input]
    if isinstance(input, dict):
        return [tuple(x.shape) for x in input.values()]
    raise ValueError(
        "Input is not tensor, list, tuple and dict, unable to determine input_size, please input input_size."
    )


def _plain(size: Any) -> Any:
    """Sizes as tuples."""
    if isinstance(size, InputSpec):
        return tuple(size.shape)
    if isinstance(size, int):
        return (size,)
    if not isinstance(size, list):
        return size
    out = []
    for item in size:
        if not isinstance(item, (int, tuple, InputSpec)):
            raise AssertionError(
                f"When input_size is list, expect item in input_size is a tuple or InputSpec, but got {type(item)}"
            )
        out.append(_plain(item))
    return out


def _one_shape(size: Any) -> bool:
    return isinstance(size, (list, tuple)) and not any(isinstance(item, (list, tuple)) for item in size)


def _checked(size: Any) -> Any:
    """Sizes without unknown ones; ValueError where more than one of a shape is unknown, or one is not positive."""
    if not _one_shape(size):
        return [_checked(item) for item in size]
    out = []
    unknown = 0
    for item in size:
        if item is None or item == -1:
            unknown += 1
            if unknown > 1:
                raise ValueError("Option input_size only the dim of batch_size can be None or -1.")
            item = 1
        elif isinstance(item, numbers.Number) and item <= 0:  # type: ignore[operator]
            raise ValueError(f"Expected element in input size greater than zero, but got {item}")
        out.append(item)
    return tuple(out)


def _shape(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_shape(v) for v in value]
    return list(value.shape) if hasattr(value, "shape") else []


def _row(layer: Any, input: Any, output: Any) -> dict[str, Any]:
    total: Any = 0
    trainable: Any = 0
    for p in layer._parameters.values():
        if p is None:
            continue
        total += np.prod(p.shape)
        if p.trainable and not p.stop_gradient:
            trainable += np.prod(p.shape)
    return {
        "input": [_shape(x) if isinstance(x, (Tensor, list, tuple)) else None for x in input],
        "output": _shape(output),
        "total": total,
        "trainable": trainable,
    }


def _run(net: Any, sizes: Any, dtypes: Any, input: Any) -> dict[str, dict[str, Any]]:
    from plait import paddle

    rows: dict[str, dict[str, Any]] = {}
    handles = []
    alone = not list(net.sublayers())

    def after(layer: Any, input: Any, output: Any) -> None:
        number = layer._full_name.split("_")[-1]
        index = int(number) if number.isdigit() else len(rows)
        key = f"{type(layer).__name__}-{index + 1}"
        rows[key] = _row(layer, input, output)

    def listen(layer: Any) -> None:
        holds = isinstance(layer, (paddle.nn.Sequential, paddle.nn.LayerList))
        if not holds and (layer is not net or alone):
            handles.append(layer.register_forward_post_hook(after))

    def made(size: Any, dtype: Any) -> Any:
        if _numbers(size):
            kind = dtype[0] if isinstance(dtype, (list, tuple)) else dtype
            return paddle.cast(paddle.rand(list(size)), kind)
        return [made(s, d) for s, d in zip(size, dtype, strict=False)]

    net.apply(listen)
    try:
        if input is not None:
            net(input)
        else:
            if not isinstance(dtypes, (list, tuple)):
                dtypes = _dtypes_like(sizes, dtypes or "float32")
            net(*made([sizes] if isinstance(sizes, tuple) else sizes, dtypes))
    finally:
        for handle in handles:
            handle.remove()
    return rows


def _numbers(size: Any) -> bool:
    return isinstance(size, (list, tuple)) and all(isinstance(item, numbers.Number) for item in size)


def _dtypes_like(size: Any, dtype: Any) -> list[Any]:
    return [dtype] if _numbers(size) else [_dtypes_like(s, dtype) for s in size]


def _elements(shape: Any) -> Any:
    try:
        return np.sum(np.prod(shape, axis=-1))
    except (TypeError, ValueError):  # shapes of different lengths
        return sum(np.sum(np.prod(s, axis=-1)) for s in shape)


def _megabytes(size: Any) -> float:
    if _numbers(size):
        return abs(float(np.prod(size)) * 4.0 / _MB)
    return sum(_megabytes(s) for s in size)


def _table(rows: dict[str, dict[str, Any]], sizes: Any) -> tuple[str, dict[str, Any]]:
    heads = ("Layer (type)", "Input Shape", "Output Shape", "Param #")
    cells = [(key, str(r["input"]), str(r["output"]), f"{r['total']:,}") for key, r in rows.items()]
    widths = [15, 20, 20, 15]
    for key, r in rows.items():
        for i, cell in enumerate((key, str(r["input"]), str(r["output"]), str(r["total"]))):
            widths[i] = max(widths[i], len(cell))
    width = max(75, sum(widths) + 5)

    def line(row: Any) -> str:
        return " ".join(f"{cell:^{w}}" for cell, w in zip(row, widths, strict=True))

    total: Any = 0
    trainable: Any = 0
    elements: Any = 0
    for r in rows.values():
        total += r["total"]
        elements += _elements(r["output"])
        if r["trainable"]:
            trainable += r["trainable"]
    inputs = _megabytes([sizes] if isinstance(sizes, tuple) else sizes)
    outputs = abs(2.0 * elements * 4.0 / _MB)
    params = abs(total * 4.0 / _MB)
    thin, thick = "-" * width, "=" * width
    text = [
        thin,
        line(heads),
        thick,
        *(line(row) for row in cells),
        thick,
        f"Total params: {total:,}",
        f"Trainable params: {trainable:,}",
        f"Non-trainable params: {total - trainable:,}",
        thin,
        f"Input size (MB): {inputs:0.2f}",
        f"Forward/backward pass size (MB): {outputs:0.2f}",
        f"Params size (MB): {params:0.2f}",
        f"Estimated Total Size (MB): {params + outputs + inputs:0.2f}",
        thin,
    ]
    return "\n".join(text) + "\n", {"total_params": total, "trainable_params": trainable}
