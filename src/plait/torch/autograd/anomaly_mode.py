"""A backward that gives NaN raises."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from plait import autograd as _engine

if TYPE_CHECKING:
    pass

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """Raise where a backward function gives NaN (`check_nan`)."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = _engine.set_detect_anomaly(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _engine.set_detect_anomaly(self.prev)


class detect_anomaly:
    """A block in which a backward function that gives NaN raises."""

    def __init__(self, check_nan: bool = True) -> None:

        self.check_nan, self.prev = check_nan, False
        warnings.warn("Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
                      stacklevel=2)  # fmt: skip

    def __enter__(self) -> None:
        self.prev = _engine.set_detect_anomaly(self.check_nan)

    def __exit__(self, *exc: object) -> None:
        _engine.set_detect_anomaly(self.prev)
