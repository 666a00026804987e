"""The larger and the smaller of two, where equal operands do not share the gradient: it goes to the first.

Rules of this file: as in plait/ops/binary.py; `maximum` and `minimum` there split the gradient of ties.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.ops.compare import ge, isnan, le, logical_or
from plait.ops.elementwise import where
from plait.ops.tables import binary

__all__ = ["larger", "larger_number", "smaller", "smaller_number"]


def _to_first(wins: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        first = wins(ctx.x(0), ctx.x(1))
        return (where(first, g, 0) if ctx.needs[0] else None, where(first, 0, g) if ctx.needs[1] else None)

    return backward


larger = binary("larger", np.maximum, _to_first(ge), export="Max", explain="the larger of a and b, NaN where one is NaN; the gradient of "
                "equal operands goes to a")  # fmt: skip
smaller = binary("smaller", np.minimum, _to_first(le), export="Min", explain="the smaller of a and b, NaN where one is NaN; the gradient of "
                 "equal operands goes to a")  # fmt: skip
larger_number = binary("larger_number", np.fmax, _to_first(lambda a, b: logical_or(ge(a, b), isnan(b))),
                       explain="the larger of a and b, passing over NaN; the gradient of equal operands goes to a")  # fmt: skip
smaller_number = binary("smaller_number", np.fmin, _to_first(lambda a, b: logical_or(le(a, b), isnan(b))),
                        explain="the smaller of a and b, passing over NaN; the gradient of equal operands goes to a")  # fmt: skip
