"""Read by every Python that a script under `plait run` starts: puts the import hook in place there too, then goes on as ever."""

import importlib.util
import os
import sys


def _start() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    if os.environ.get("PLAIT_ALIAS") == "1":
        root = os.path.dirname(os.path.dirname(here))
        sys.path.append(root)
        try:
            from plait import alias

            alias.install()
        except ImportError:
            pass
        finally:
            sys.path.remove(root)
    # The sitecustomize that this one hides.
    places = [p for p in sys.path if os.path.abspath(p) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", places)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_start()
