"""Model.summary: a table of layers, printed by rich (the extra `keras`)."""

from __future__ import annotations

import math
import random
import re
import shutil
from importlib import import_module
from typing import Any

from plait.keras import tree
from plait.keras._dtypes import BY_NAME, standardize
from plait.keras.utils import io_utils


def count_params(weights: Any) -> int:
    """How many numbers the variables hold."""
    return sum(math.prod(v.shape) for v in weights)


def weight_memory_size(weights: Any) -> float:
    """How many bytes the variables take."""
    own = {id(w): w for w in weights}.values()
    return float(sum(math.prod(w.shape) * BY_NAME[standardize(w.dtype)].size for w in own))


def readable_memory_size(size: float) -> str:
    """A number of bytes in the unit that fits.

    >>> readable_memory_size(2048)
    '2.00 KB'
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _number(x: Any) -> str:
    return f"[color({45 if x is None else 34})]{x}[/]"


def _bold(text: str, color: int | None = None) -> str:
    return f"[bold]{text}[/]" if color is None else f"[bold][color({color})]{text}[/][/]"


def _shape_text(shape: Any) -> str:
    return f"({', '.join(_number(n) for n in shape)})"


def format_layer_shape(layer: Any) -> str:
    """The shape of what a layer gave when it was last called, or would give for the shapes it was built with; "?" if unknown."""
    build = getattr(layer, "_build_shapes_dict", None)
    if layer._inbound_nodes:
        shapes = tree.map_structure(lambda x: _shape_text(x.shape), layer._inbound_nodes[-1].output_tensors)
    elif not build:
        return "?"
    else:
        try:
            if hasattr(layer, "output_shape"):
                shapes = _shape_text(layer.output_shape)
            else:
                shapes = tree.map_shape_structure(_shape_text, layer.compute_output_shape(**build))
        except NotImplementedError:
            return "?"
    flat = tree.flatten(shapes)
    return flat[0] if len(flat) == 1 else str(shapes).replace("'", "")


def _in_a_row(model: Any) -> bool:
    """Whether each layer of a functional model follows the one before."""
    from plait.keras.models.functional import Functional

    if not isinstance(model, Functional):
        return True
    nodes = []
    for at_depth in model._nodes_by_depth.values():
        if len(at_depth) > 1 or (len(at_depth) == 1 and len(at_depth[0].input_tensors) > 1):
            return False
        nodes += at_depth
    return all(sum(node in nodes for node in layer._inbound_nodes) < 2 for layer in model.layers)


def _connections(layer: Any, nodes: list[Any]) -> str:
    parts = []
    for node in layer._inbound_nodes:
        if nodes and node not in nodes:
            continue
        for x in node.input_tensors:
            h = x._keras_history
            parts.append(f"{h.operation.name}[{_number(h.node_index)}][{_number(h.tensor_index)}]")
    return ", ".join(parts) or "-"


def _rich() -> Any:
    """The package rich. Loading it draws from Python's generator, whose state scripts have set, so that is put back."""
    state = random.getstate()
    try:
        for part in ("console", "markup", "table"):
            import_module(f"rich.{part}")
        return import_module("rich")
    except ImportError as e:
        raise ImportError(
            "Model.summary: the table is printed by the package rich, which is not installed; install rich"
        ) from e
    finally:
        random.setstate(state)


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print the table. `positions` are where its columns end, as shares of the length; `print_fn` takes the whole text."""
    rich = _rich()
    from plait.keras.models.functional import Functional

    if not print_fn and not io_utils.is_interactive_logging_enabled():
        print_fn = io_utils.print_msg
    layers = model._operations if isinstance(model, Functional) else model.layers
    row = _in_a_row(model)
    nodes: list[Any] = []
    header = ["Layer (type)", "Output Shape", "Param #"]
    alignment: list[Any] = ["left", "left", "right"]
    if row:
        length = 88
        positions = positions or [0.45, 0.80, 1.0]
    else:
        length = 108
        positions = positions or [0.3, 0.56, 0.74, 1.0]
        header.append("Connected to")
        alignment.append("left")
        nodes = [node for at_depth in model._nodes_by_depth.values() for node in at_depth]
    if show_trainable:
        length += 12
        positions = [p * 0.90 for p in positions] + [1.0]
        header.append("Trainable")
        alignment.append("center")
    line_length = line_length or min(length, shutil.get_terminal_size().columns - 4)
    columns, end = [], 0
    for name, justify, position in zip(header, alignment, positions, strict=False):
        width = int(position * line_length) - end
        if width < 4:
            raise ValueError("Insufficient console width to print summary.")
        columns.append(rich.table.Column(name, justify=justify, width=width))
        end += width
    table = rich.table.Table(*columns, width=line_length, show_lines=True)
    escape = rich.markup.escape

    def add(layer: Any, level: int = 0) -> None:
        name = escape(("   " * level + "└ " if level else "") + layer.name)
        fields = [f"{name} ([color(33)]{escape(type(layer).__name__)}[/])", format_layer_shape(layer)]
        if not hasattr(layer, "built"):
            fields.append(_number(0))
        else:
            fields.append(_number(f"{layer.count_params():,}") if layer.built else f"{_number(0)} (unbuilt)")
        if not row:
            fields.append(_connections(layer, nodes))
        if show_trainable:
            own = getattr(layer, "weights", ())
            fields.append((_bold("Y", 34) if layer.trainable else _bold("N", 9)) if own else _bold("-"))
        table.add_row(*fields)
        if expand_nested:
            for inner in getattr(layer, "layers", None) or ():
                add(inner, level + 1)

    first, last = layer_bounds(layers, layer_range)
    for layer in layers[first:last]:
        add(layer)

    counts = {
        "Trainable": model.trainable_weights,
        "Non-trainable": model.non_trainable_weights,
    }
    optimizer = getattr(model, "optimizer", None)
    if model.compiled and optimizer and optimizer.built:
        counts["Optimizer"] = optimizer.variables
    numbers = {name: (count_params(w), weight_memory_size(w)) for name, w in counts.items()}
    total = (sum(n for n, _ in numbers.values()), sum(size for _, size in numbers.values()))
    if print_fn:
        console = rich.console.Console(highlight=False, force_terminal=False, color_system=None)
        console.begin_capture()
    else:
        console = rich.console.Console(highlight=False)
    console.print(_bold(f'Model: "{escape(model.name)}"'))
    console.print(table)
    for name, (count, size) in {"Total": total, **numbers}.items():
        console.print(_bold(f" {name} params: ") + _number(f"{count:,}") + f" ({readable_memory_size(size)})")
    if print_fn:
        text = console.end_capture()
        if print_fn is io_utils.print_msg:
            print_fn(text, line_break=False)
        else:
            print_fn(text)


def layer_bounds(layers: Any, layer_range: Any = None) -> tuple[int, int]:
    """Where the layers between two (patterns of) names start and end; ValueError for names that match none."""
    if layer_range is None:
        return 0, len(layers)
    if len(layer_range) != 2:
        raise ValueError(
            "layer_range must be a list or tuple of length 2. "
            f"Received: layer_range = {layer_range} of length {len(layer_range)}"
        )
    if not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"layer_range should contain string type only. Received: {layer_range}")
    lower, upper = ([i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not lower or not upper:
        raise ValueError(f"Passed layer_names do not match the layer names in the model. Received: {layer_range}")
    if min(lower) > max(upper):
        return min(upper), max(lower) + 1
    return min(lower), max(upper) + 1
