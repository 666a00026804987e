"""`plait run`: runs a script as `python` would, with the dialects under the frameworks' names."""

from __future__ import annotations

import os
import sys
from types import CodeType, ModuleType, TracebackType
from typing import Any

from plait import alias

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_MACHINERY = (
    "<frozen runpy>",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
    "<frozen zipimport>",
)


def run(arguments: list[str]) -> int:
    """Runs `script.py …`, `-m module …`, `-c code …` or `- …`; returns 0, or raises what the script raised."""
    first = arguments[0]
    if first in ("-m", "-c") and len(arguments) < 2:
        print(f"Argument expected for the {first} option", file=sys.stderr)
        return 2
    main = ModuleType("__main__")
    # Kept alive: the namespace of a replaced __main__ would be cleared under the interpreter's feet.
    run.previous = sys.modules["__main__"]  # type: ignore[attr-defined]
    alias.install(children=True)
    if first == "-m":
        found = _find_module(arguments[1])
        if found is None:
            return 1
        spec, code = found
        main.__spec__, main.__package__ = spec, spec.parent
        main.__file__, main.__loader__ = spec.origin, spec.loader
        main.__dict__["__cached__"] = spec.cached
        sys.argv[:] = [spec.origin, *arguments[2:]]
    elif first == "-c":
        code = _compile(arguments[1].encode(), "<string>")
        sys.argv[:] = ["-c", *arguments[2:]]
        _first_path("")
    elif first == "-":
        code = _compile(sys.stdin.buffer.read(), "<stdin>")
        sys.argv[:] = arguments
        _first_path("")
    else:
        path = os.path.abspath(first)
        script = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
        try:
            with open(script, "rb") as file:
                source = file.read()
        except OSError as e:
            print(f"plait: can't open file {script!r}: [Errno {e.errno}] {e.strerror}", file=sys.stderr)
            return 2
        sys.argv[:] = arguments
        _first_path(os.path.realpath(path) if path != script else os.path.dirname(os.path.realpath(script)))
        from importlib.machinery import SourceFileLoader

        main.__file__, main.__loader__ = script, SourceFileLoader("__main__", script)
        main.__dict__["__cached__"] = None
        code = _compile(source, script)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    try:
        exec(code, main.__dict__)
    except BaseException:
        _hide_machinery()
        raise
    return 0


def _first_path(entry: str) -> None:
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = entry


def _compile(source: bytes, name: str) -> CodeType:
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except BaseException:
        _hide_machinery()
        raise


def _find_module(name: str) -> Any:
    import runpy

    _first_path(os.getcwd())
    try:
        _, spec, code = runpy._get_module_details(name)  # type: ignore[attr-defined]
    except ImportError as e:
        print(f"{sys.executable}: {e}", file=sys.stderr)
        return None
    return spec, code


def _hide_machinery() -> None:
    """From now on, uncaught errors are shown without the frames of plait and of the import system."""
    hook = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if os.environ.get("PLAIT_TRACEBACK") != "full":
            trace = users_frames(trace)
            _clean(error, set())
        hook(kind, error, trace)

    sys.excepthook = show


def users_frames(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without plait's frames; whole where nothing else would remain of a plait-only one."""
    kept = []
    at = trace
    while at is not None:
        name = at.tb_frame.f_code.co_filename
        if not name.startswith(_HERE) and name not in _MACHINERY:
            kept.append(at)
        at = at.tb_next
    # The console script or `python -m plait` itself is the outermost frame.
    if kept and kept[0].tb_frame.f_globals is getattr(run, "previous", ModuleType("")).__dict__:
        del kept[0]
    rebuilt: TracebackType | None = None
    for at in reversed(kept):
        rebuilt = TracebackType(rebuilt, at.tb_frame, at.tb_lasti, at.tb_lineno)
    return rebuilt


def _clean(error: BaseException | None, seen: set[int]) -> None:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = users_frames(error.__traceback__)
    _clean(error.__cause__, seen)
    _clean(error.__context__, seen)
