"""Calls that PyTorch refuses, over all names of the list: plait must refuse them with the same exception and the same words.

    python -m tests.live.refusals [family[:name] ...] [-v] [--save FILE]

The calls are the templates of tests/live/names.py that PyTorch does not take, and calls that it takes with one argument exchanged, dropped or
added; what it takes then, plait must take too.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import re
import sys
import warnings
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from tests.live import names, trial

VALUES = ("'a'", "None", "1", "1.5", "True", "[1]", "(1, 'a')", "x", "np.ones(2)", "torch.float32", "{}", "nn.Parameter(x)", "[x, 1]",
          "np.float32(1)", "np.int64(1)", "torch.tensor(1)", "torch.tensor(1.5)")  # fmt: skip
SKIPPED = ("torch:set_num_threads", "torch:set_printoptions", "torch:save", "torch:load", "torch:empty", "torch:empty_like", "torch:seed")  # fmt: skip
FAMILIES = ("torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.optim", "torch.optim.lr_scheduler", "torch.utils.data")  # fmt: skip
TEMPLATES, BASES = 30, 2


def _values(k: int, start: str) -> Iterable[str]:
    """Some of the values, which differ from place to place; fewer for constructors."""
    return VALUES if not start.startswith("nn.") else [v for i, v in enumerate(VALUES) if (i + k) % 3 == 0]


def mutated(expression: str) -> Iterator[str]:
    """The outermost call with an argument exchanged, dropped or added."""
    call = ast.parse(expression, mode="eval").body
    if not isinstance(call, ast.Call):
        return
    head, args = ast.unparse(call.func), [ast.unparse(a) for a in call.args]
    keywords = [(k.arg, ast.unparse(k.value)) for k in call.keywords if k.arg]

    def form(args: list[str], keywords: list[tuple[str, str]]) -> str:
        return f"{head}({', '.join([*args, *(f'{k}={v}' for k, v in keywords)])})"

    for i in range(len(args)):
        for value in _values(i, head):
            yield form([*args[:i], value, *args[i + 1 :]], keywords)
    for i, (key, _) in enumerate(keywords):
        for value in _values(i, head):
            yield form(args, [*keywords[:i], (key, value), *keywords[i + 1 :]])
    if args:
        yield form(args[:-1], keywords)
        yield form([], keywords)
    yield form([*args, "1"], keywords)
    yield form([*args, "x", "x", "x", "x", "x", "x", "x", "x"], keywords)
    yield form(args, [*keywords, ("foo", "1")])
    yield form(args, [*keywords, ("foo", "1"), ("other_name", "'b'"), ("last", "x")])


def said(expression: str, library: Any) -> tuple[str, str]:
    """("", "") for a call that goes through, else the exception's class and words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            names.evaluate(expression, library)
        except Exception as e:
            return type(e).__name__, re.sub(r"0x[0-9a-f]+", "0x", str(e))
    return "", ""


def _plain(family: str, name: str) -> list[str]:
    if family == "torch.Tensor":
        return [t.replace("$", name) for t in names.METHOD_TEMPLATES.split("|") if t]
    return names.expressions(family, name)


def calls(family: str, name: str, torch: Any) -> list[str]:
    """The calls of one name: refused templates, and the changed forms of taken ones."""
    refused, bases = [], []
    plain = _plain(family, name)
    plain.sort(key=lambda e: zlib.crc32(e.encode()))
    for expression in plain:
        if len(refused) >= TEMPLATES and len(bases) >= BASES:
            break
        if said(expression, torch)[0]:
            refused.append(expression)
        elif len(bases) < BASES:
            bases.append(expression)
    return list(dict.fromkeys([*refused[:TEMPLATES], *(m for b in bases for m in mutated(b))]))


def compare(
    family: str, name: str, torch: Any, ours: Any, seconds: float = 20.0
) -> list[tuple[str, list[str], list[str]]]:
    """(call, what PyTorch says, what plait says) of all calls of a name that either refuses."""

    def judge(expression: str) -> tuple[Any, str]:
        theirs, mine = said(expression, torch), said(expression, ours)
        return (theirs, mine) if theirs[0] or mine[0] else None, ""

    cases = calls(family, name, torch)
    return [(call, *verdict) for call, verdict in trial.apart(cases, judge, len(cases) + 1, seconds)]


def main() -> None:
    """Print the rates."""
    import torch

    from plait import torch as ours

    torch.set_num_threads(1)  # forked children of a process with threads hang
    ours.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("only", nargs="*")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--save")
    given = parser.parse_args()
    counts: collections.Counter[tuple[str, str, str]] = collections.Counter()
    kept = []
    for family, listed in names.families().items():
        if family not in FAMILIES:
            continue
        for name in listed:
            label = f"{family}:{name}"
            if label in SKIPPED or (given.only and family not in given.only and label not in given.only):
                continue
            for call, theirs, mine in compare(family, name, torch, ours):
                verdict = "same" if theirs == mine else "type" if theirs[0] != mine[0] else "words"
                counts[family, theirs[0] or "taken", verdict] += 1
                if verdict != "same":
                    kept.append([family, name, call, theirs, mine])
                    if given.v:
                        print(f"{call}\n   {theirs}\n   {mine}")
    for family in FAMILIES:
        for kind in sorted({k for f, k, _ in counts if f == family}):
            same, words, wrong = (counts[family, kind, v] for v in ("same", "words", "type"))
            print(
                f"{family:26} {kind:22} {same:6} of {same + words + wrong:6}   other words {words:5}   other type {wrong:5}"
            )
    total = collections.Counter(v for (_, k, v), n in counts.items() for _ in range(n))
    print(dict(total), f"{total['same'] / max(1, sum(total.values())):.2%}")
    if given.save:
        with open(given.save, "w", encoding="utf-8") as file:
            json.dump(kept, file)


if __name__ == "__main__":
    sys.exit(main())
