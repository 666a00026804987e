"""Where messages go: standard output, or the log with `absl`-like settings off."""

from __future__ import annotations

import sys

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


def print_msg(message: str, line_break: bool = True) -> None:
    """Print a message, with a new line behind it or none."""
    text = f"{message}\n" if line_break else message
    if not _interactive:
        import logging

        logging.getLogger("keras").info(message)
        return
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.encode("ascii", errors="replace").decode("ascii"))
    sys.stdout.flush()
