"""Every name of the dialect's list agrees with the installed Keras on what Keras accepts of many argument templates."""

from __future__ import annotations

import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from tests.live.keras.names import families, run


@pytest.mark.parametrize(("family", "name"), [(f, n) for f, names in families().items() for n in names])
def test_name(family: str, name: str) -> None:
    good, bad = run(family, name)
    assert good and len(bad) * 50 <= good, bad[:3]
