"""Where messages go: standard output, or the log with `absl`-like settings off."""

from __future__ import annotations

import logging
import sys
from typing import Any

_interactive = True


def enable_interactive_logging() -> None:
    """Messages go to standard output."""
    global _interactive
    _interactive = True


def disable_interactive_logging() -> None:
    """Messages go to the log."""
    global _interactive
    _interactive = False


def is_interactive_logging_enabled() -> bool:
    """Whether messages go to standard output."""
    return _interactive


def set_logging_verbosity(level: str) -> None:
    """How much is logged: "FATAL", "ERROR", "WARNING", "INFO" or "DEBUG"; ValueError for other words."""
    levels = ("FATAL", "ERROR", "WARNING", "INFO", "DEBUG")
    if level not in levels:
        raise ValueError(
            f"Please pass a valid level for logging verbosity. Expected one of: {set(levels)}. Received: {level}"
        )
    logging.getLogger("absl").setLevel(getattr(logging, level))


def ask_to_proceed_with_overwrite(filepath: Any) -> bool:
    """Whether the user, asked on the terminal, lets a file be written over."""
    answer = input(f"[WARNING] {filepath} already exists - overwrite? [y/n]").strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    if answer == "n":
        return False
    print_msg("[TIP] Next time specify overwrite=True!")
    return True


def print_msg(message: str, line_break: bool = True) -> None:
    """Print a message, with a new line behind it or none."""
    text = f"{message}\n" if line_break else message
    if not _interactive:
        logging.getLogger("absl").info(message)
        return
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.encode("ascii", errors="replace").decode("ascii"))
    sys.stdout.flush()
