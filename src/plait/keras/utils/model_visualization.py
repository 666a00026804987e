"""plot_model: a picture of a model, drawn by Graphviz through pydot (both to be installed by those who want it)."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from typing import Any

from plait.keras.utils.io_utils import print_msg

_MISSING = (
    "You must install pydot (`pip install pydot`) for `plot_model` to work."
    " You must also install graphviz (see instructions at https://graphviz.gitlab.io/download/)."
)


def _pydot() -> Any:
    for name in ("pydot", "pydotplus", "pydot_ng"):
        try:
            return __import__(name)
        except ImportError:
            continue
    return None


def _label(layer: Any, show_shapes: bool, show_dtype: bool, show_layer_names: bool, show_activations: bool) -> str:
    kind = type(layer).__name__
    title = f"{layer.name} ({kind})" if show_layer_names else kind
    lines = [title]
    if show_activations and getattr(layer, "activation", None) is not None:
        activation = layer.activation
        lines.append(f"Activation: {getattr(activation, '__name__', getattr(activation, 'name', activation))}")
    if show_shapes and layer._inbound_nodes:
        node = layer._inbound_nodes[0]
        for what, tensors in (("Input shape", node.input_tensors), ("Output shape", node.output_tensors)):
            shapes = [str(x.shape) for x in tensors]
            if shapes:
                lines.append(f"{what}: {shapes[0] if len(shapes) == 1 else ', '.join(shapes)}")
    if show_dtype:
        dtypes = {x.dtype for node in layer._inbound_nodes[:1] for x in node.output_tensors}
        lines.append(f"Output dtype: {', '.join(sorted(dtypes)) or '?'}")
    return "\\n".join(lines)


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **kwargs: Any,
) -> Any:
    """The model as a pydot graph; ImportError where pydot is not installed, ValueError for a model that is not built."""
    from plait.keras.models.functional import Functional

    pydot = _pydot()
    if pydot is None:
        raise ImportError(_MISSING)
    if not model.built:
        raise ValueError(
            "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch "
            "of data."
        )
    graph = pydot.Dot() if not subgraph else pydot.Cluster(graph_name=str(id(model)))
    graph.set("rankdir", rankdir)
    graph.set_graph_defaults(dpi=str(dpi))
    graph.set_node_defaults(shape="record")
    layers = list(model._operations if isinstance(model, Functional) else model.layers)
    for layer in layers:
        text = _label(layer, show_shapes, show_dtype, show_layer_names, show_layer_activations)
        if show_trainable and getattr(layer, "weights", None):
            text += f"\\nTrainable: {bool(layer.trainable)}"
        graph.add_node(pydot.Node(str(id(layer)), label=text))
    if isinstance(model, Functional):
        for node in model._order:
            for x in node.input_tensors:
                graph.add_edge(pydot.Edge(str(id(x._keras_history.operation)), str(id(node.operation))))
    else:
        for a, b in pairwise(layers):
            graph.add_edge(pydot.Edge(str(id(a)), str(id(b))))
    return graph


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **kwargs: Any,
) -> Any:
    """Draw the model into a file. Without pydot a message says what to install, and nothing is drawn."""
    if not model.built:
        raise ValueError(
            "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch "
            "of data."
        )
    if _pydot() is None:
        if "IPython.core.magics.namespace" in sys.modules:
            print_msg(_MISSING)
            return None
        raise ImportError(_MISSING)
    dot = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    path = os.fspath(to_file)
    extension = os.path.splitext(path)[1][1:] or "png"
    if not os.path.splitext(path)[1]:
        path += ".png"
    dot.write(path, format=extension)
    return None
