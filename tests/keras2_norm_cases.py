"""Cases of Keras 2's arguments of BatchNormalization: run on tf-keras by tools/record_keras_layers.py, on plait by the tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras_layer_cases import values


def _adjustment(shape: tuple[int, ...]) -> Any:
    sizes = (shape[0], *(1,) * (len(shape) - 2), shape[-1])
    return lambda _shape: (values(sizes, 1) + 1.5, values(sizes, 2))


CASES: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    ({"virtual_batch_size": 2}, (6, 3)), ({"virtual_batch_size": 3}, (6, 4, 3)), ({"virtual_batch_size": 2, "axis": 1}, (4, 3, 5)),
    ({"virtual_batch_size": 2, "renorm": True}, (6, 3)), ({"fused": True}, (4, 5, 6, 3)), ({"fused": True, "axis": 1}, (4, 3, 5, 6)),
    ({"fused": False}, (4, 5, 6, 3)), ({"renorm": True}, (6, 3)), ({"adjustment": None}, (6, 5, 3)),
    ({"renorm": True, "renorm_momentum": 0.8, "renorm_clipping": {"rmax": 1.1, "rmin": 0.9, "dmax": 0.2}}, (6, 5, 3)),
]  # fmt: skip


def run(layers: Any, i: int, training: bool) -> list[np.ndarray]:
    """The result, and the weights by their names after the call."""
    kwargs, shape = CASES[i]
    if "adjustment" in kwargs:
        kwargs = {"adjustment": _adjustment(shape)}
    layer = layers.BatchNormalization(momentum=0.9, **kwargs)
    layer.build(shape)
    named = {w.name.split("/")[-1].split(":")[0]: w for w in layer.weights}
    for k, name in enumerate(sorted(named)):
        named[name].assign(np.abs(values(tuple(named[name].shape), k)) + np.float32(0.5))
    y = layer(values(shape, 7), training=training)
    return [np.array(y), *(np.array(named[name]) for name in sorted(named))]
