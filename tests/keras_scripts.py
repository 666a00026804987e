"""What whole scripts for Keras print: without times and addresses, and with room for the last digits of floats."""

from __future__ import annotations

import itertools
import re

from tests.keras_compare import same_text


def masked(text: str) -> str:
    """Without what depends on time, or on where things lie; of a progress bar, its last state."""
    lines = [line.split("\r")[-1] for line in text.replace("\b", "").split("\n")]
    text = "\n".join(lines)
    text = re.sub(r"(\x1b\[1m|- )\d+s(?=\x1b\[0m| )", r"\1Ts", text)
    text = re.sub(r"\d+(ms|us|s)/(step|epoch)", r"T/\2", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    return re.sub(r"/\S*tmp[^/\s]*/", "/tmp/", text)


def differing(want: str, got: str) -> list[tuple[str, str]]:
    """Pairs of lines that differ in more than the last digits of floats, and the blanks that go with them."""
    pairs = itertools.zip_longest(masked(want).split("\n"), masked(got).split("\n"), fillvalue="")
    return [pair for pair in pairs if not same_text(_spaced(pair[0]), _spaced(pair[1]))]


def _spaced(line: str) -> str:
    return " ".join(re.sub(r"([][(),])", r" \1 ", line).split())
