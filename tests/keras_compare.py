"""How results of two Kerases are compared: texts to the letter but for digits that rounding may change, numbers within a tolerance."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

_NUMBER = re.compile(r"-?\d+\.\d+(?:[eE][-+]?\d+)?")


def same_text(a: str, b: str) -> bool:
    if a == b:
        return True
    if _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    pairs = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
    return all(abs(float(x) - float(y)) <= 2e-4 * max(1.0, abs(float(y))) for x, y in pairs)


def differences(got: dict[str, Any], want: dict[str, Any], rtol: float = 2e-4, atol: float = 2e-5) -> list[str]:
    found = [f"only in one: {key}" for key in sorted(set(got) ^ set(want))]
    for key, w in want.items():
        if key not in got:
            continue
        g = got[key]
        if isinstance(w, str) or isinstance(g, str):
            if not same_text(str(g), str(w)):
                found.append(f"{key}:\n      got  {g!s}\n      want {w!s}")
            continue
        g, w = np.asarray(g), np.asarray(w)
        if g.shape != w.shape or g.dtype != w.dtype:
            found.append(f"{key}: {g.shape} {g.dtype}, want {w.shape} {w.dtype}")
        elif w.dtype.kind == "f":
            tight = 1e-6 if key.startswith("float64") and w.dtype == np.float64 else None
            if not np.allclose(g, w, rtol=tight or rtol, atol=tight or atol, equal_nan=True):
                worst = np.nanmax(np.abs(g.astype(np.float64) - w.astype(np.float64)))
                found.append(f"{key}: off by {worst}: {g.ravel()[:4]} want {w.ravel()[:4]}")
        elif not np.array_equal(g, w):
            found.append(f"{key}: {g.ravel()[:6]} want {w.ravel()[:6]}")
    return found
