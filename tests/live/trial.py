"""What the coverage of every dialect shares: an expression is tried in the framework and in plait, and what comes back is compared."""

from __future__ import annotations

import json
import math
import os
import pathlib
import select
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np


def families(path: pathlib.Path) -> dict[str, list[str]]:
    """Section -> names of a list such as names.txt: a `[section]` line, then lines of names."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line[1:-1], [])
        else:
            section += line.split()
    return found


def names_in(code: Any) -> set[str]:
    """The names that a compiled expression mentions, inside its lambdas too."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            found |= names_in(constant)
    return found


def text(value: Any) -> str:
    """A short account of a result."""
    try:
        return str(value)[:150]
    except Exception as e:
        return f"<{type(e).__name__}>"


def run(
    expressions: Iterable[str],
    evaluate: Callable[[str, Any], Any],
    theirs: Any,
    ours: Any,
    same: Callable[[Any, Any], bool],
    limit: int = 30,
    seconds: float = 30.0,
) -> tuple[int, list[str]]:
    """The number of cases that agree, and an account of each that does not. A case is an expression that the framework accepts.

    The cases run in a forked process: one that ends it, or takes longer than `seconds`, is no case.
    """
    good, bad = 0, []
    for _, verdict in apart(list(expressions), lambda e: _judge(e, evaluate, theirs, ours, same), limit, seconds):
        if verdict == "":
            good += 1
        else:
            bad.append(verdict)
    return good, bad


def apart(
    cases: list[str], judge: Callable[[str], tuple[Any, str]], limit: int, seconds: float = 30.0
) -> Iterator[tuple[str, Any]]:
    """(expression, verdict) of the first `limit` cases, judged in forked processes: what ends one, or takes too long, is no case.

    `judge` gives a verdict that JSON can hold, None for no case, and the expression whose calls need not be tried, or "".
    """
    start = taken = 0
    while start < len(cases) and taken < limit:
        for k, verdict in _child(cases, start, limit - taken, judge, seconds):
            start = k + 1
            if verdict is not None:
                taken += 1
                yield cases[k], verdict
        start += 1


def _child(cases: list[str], start: int, limit: int, judge: Any, seconds: float) -> Iterator[tuple[int, Any]]:
    """(case's number, verdict) from a child process, until it is through or dead."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        done, refused = 0, ""
        with os.fdopen(writer, "wb", buffering=0) as results:
            for k in range(start, len(cases)):
                if done >= limit:
                    break
                verdict = None
                if not (refused and cases[k].startswith(refused + "(")):
                    verdict, refused = judge(cases[k])
                done += verdict is not None
                results.write((json.dumps([k, verdict]) + "\n").encode())
            results.write((json.dumps([len(cases), None]) + "\n").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as lines:
        try:
            while _ready(lines, seconds):
                line = lines.readline()
                if not line:
                    break
                yield tuple(json.loads(line))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _ready(lines: Any, seconds: float) -> bool:
    return bool(select.select([lines], [], [], seconds)[0])


def _judge(expression: str, evaluate: Any, theirs: Any, ours: Any, same: Any) -> tuple[str | None, str]:
    """A verdict, and the expression where the framework refused a module's constructor: its calls need not be tried."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = evaluate(expression, theirs)
        except Exception:
            return None, expression if not expression.endswith("))") else ""
        try:
            found = evaluate(expression, ours)
        except Exception as e:
            return f"{expression}: {type(e).__name__}: {e}", ""
        try:
            agree = same(expected, found)
        except Exception as e:
            agree, found = False, e
    return "" if agree else f"{expression}: theirs {text(expected)} ours {text(found)}", ""


def same_plain(a: Any, b: Any, same: Callable[[Any, Any], bool]) -> bool:
    """Whether two results that are no tensors agree: arrays, numbers, containers (their parts by `same`); others by their text."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and bool(np.allclose(a, b, 1e-5, 1e-6, equal_nan=True))
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(same(p, q) for p, q in zip(a, b, strict=True))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if type(a) is float:
        return isinstance(b, float) and (
            math.isclose(a, b, rel_tol=2e-5, abs_tol=1e-7) or (math.isnan(a) and math.isnan(b))
        )
    if isinstance(a, (int, str, bytes, bool, type(None), np.integer)):
        return bool(a == b)
    if isinstance(a, type):
        return isinstance(b, type) and a.__name__ == b.__name__
    left, right = repr(a), repr(b)
    return left == right or " at 0x" in left
