"""Record golden data of Paddle's functions and tensor methods: expressions, and what the installed Paddle makes of them.

    python tools/record_paddle_functions.py          # writes tests/golden/paddle/functions.json.gz

The expressions are those of tests/live/paddle/names.py; arrays are kept as text of their bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
import pathlib
import sys
import warnings
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.live import trial  # noqa: E402
from tests.live.paddle import names as cases  # noqa: E402

FAMILIES = ("paddle", "paddle.Tensor")
COUNT, LARGEST = 14, 200


def encode(value: Any, paddle: Any) -> Any:
    """A result as JSON. Raises TypeError for what is not kept."""
    if isinstance(value, (paddle.Tensor, np.ndarray)):
        tensor = isinstance(value, paddle.Tensor)
        array = value.numpy() if tensor else value
        if array.size > LARGEST:
            raise TypeError
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {
            "a": data,
            "d": str(array.dtype),
            "s": list(array.shape),
            "g": None if not tensor else value.stop_gradient,
        }
    if isinstance(value, (list, tuple)):
        return {"l" if isinstance(value, list) else "u": [encode(v, paddle) for v in value]}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(type(value))


def judge(expression: str, paddle: Any) -> tuple[Any, str]:
    """The encoded result, None where Paddle gives none."""
    try:
        return encode(cases.evaluate(expression, paddle), paddle), ""
    except Exception:
        return None, ""


def main() -> None:
    """Record every name of the two families."""
    import paddle

    warnings.simplefilter("ignore")
    found: dict[str, dict[str, Any]] = {}
    for family, names in cases.families().items():
        if family not in FAMILIES:
            continue
        for name in names:
            agreeing: dict[str, Any] = {}
            plain = [e for e in cases.expressions(family, name) if "G(" not in e]
            graded = [e for e in cases.expressions(family, name) if "G(" in e]
            for several, most in ((plain, COUNT), (graded, COUNT // 2)):
                agreeing |= dict(trial.apart(several, lambda e: judge(e, paddle), most))
            if agreeing:
                found[f"{family}:{name}"] = agreeing
    target = ROOT / "tests/golden/paddle/functions.json.gz"
    text = json.dumps({"framework": f"Paddle {paddle.__version__}", "cases": found}, separators=(",", ":"))
    with gzip.GzipFile(target, "wb", mtime=0) as file:
        file.write(text.encode())
    print(f"{sum(map(len, found.values()))} cases of {len(found)} names, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
