"""Adam's steps by the gradients of sparse embeddings; the numbers are Paddle's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait import paddle


def stepped(tied: bool = False, early: bool = False, padding: int | None = None, **options: Any) -> list[Any]:
    table = paddle.nn.Embedding(4, 2, sparse=True, padding_idx=padding)
    table.weight.set_value(paddle.to_tensor(np.arange(8, dtype="float32").reshape(4, 2)))
    rule = paddle.optimizer.Adam(learning_rate=0.1, parameters=table.parameters(), **options)
    after = []
    for ids in ([0, 2, 0], [0, 3], [1]):
        loss = (table(paddle.to_tensor(ids)) ** 2).sum()
        if tied:
            loss = loss + (table.weight * 1.5).sum()
        if early:
            rule.clear_grad()
        loss.backward()
        rule.step()
        if not early:
            rule.clear_grad()
        after.append(table.weight.numpy())
    powers = [value.item() for key, value in rule.state_dict().items() if "pow_acc" in key]
    np.testing.assert_allclose(powers, [0.9**4, 0.999**4], rtol=1e-6)
    return after


FIRST = [[0, 0.92559], [2, 3], [3.92559, 4.92559], [6, 7]]
ALL = [
    FIRST,
    [[0, 0.84655], [2, 3], [3.86806, 4.86806], [5.93612, 6.93612]],
    [[0, 0.7818], [1.94189, 2.94189], [3.82095, 4.82095], [5.88379, 6.88379]],
]
LAZY = [
    FIRST,
    [[0, 0.84655], [2, 3], [3.92559, 4.92559], [5.93612, 6.93612]],
    [[0, 0.84655], [1.94189, 2.94189], [3.92559, 4.92559], [5.93612, 6.93612]],
]
TIED = [
    [[-0.1, 0.9], [1.9, 2.9], [3.9, 4.9], [5.9, 6.9]],
    [[-0.19937, 0.80425], [1.8, 2.8], [3.8222, 4.82393], [5.81855, 6.81941]],
    [[-0.29917, 0.71763], [1.71134, 2.71668], [3.75293, 4.75741], [5.74886, 6.7512]],
]
PADDED = [
    [[0, 1], *FIRST[1:]],
    [[0, 1], *ALL[1][1:]],
    [[0, 1], *ALL[2][1:]],
]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, ALL), ({"lazy_mode": True}, LAZY), ({"tied": True}, TIED), ({"padding": 0}, PADDED)],
)  # fmt: skip
def test_adam(options: dict[str, Any], expected: Any, early: bool) -> None:
    np.testing.assert_allclose(stepped(early=early, **options), expected, atol=1.5e-5)


def test_weight_decay_is_refused() -> None:
    with pytest.raises(RuntimeError, match="sparse"):
        stepped(weight_decay=0.1)
