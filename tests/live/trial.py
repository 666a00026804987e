"""What the coverage of every dialect shares: an expression is tried in the framework and in plait, and what comes back is compared."""

from __future__ import annotations

import json
import os
import pathlib
import select
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any


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
    cases = list(expressions)
    good, bad = 0, []
    start = 0
    while start < len(cases) and good + len(bad) < limit:
        for k, verdict in _apart(cases, start, limit - good - len(bad), evaluate, theirs, ours, same, seconds):
            start = k + 1
            if verdict == "":
                good += 1
            elif verdict is not None:
                bad.append(verdict)
        start += 1
    return good, bad


def _apart(
    cases: list[str], start: int, limit: int, evaluate: Any, theirs: Any, ours: Any, same: Any, seconds: float
) -> Iterator[tuple[int, str | None]]:
    """(case's number, verdict) from a child process, until it is through or dead. A verdict: None for no case, "" for agreement."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        done, refused = 0, ""
        for k in range(start, len(cases)):
            if done >= limit:
                break
            verdict = None
            if not (refused and cases[k].startswith(refused + "(")):
                verdict, refused = _judge(cases[k], evaluate, theirs, ours, same)
            done += verdict is not None
            os.write(writer, (json.dumps([k, verdict]) + "\n").encode())
        os.write(writer, (json.dumps([len(cases), None]) + "\n").encode())
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
