"""Records the public names of a framework's namespaces: the dialect tells a name that is out of scope from one that never was.

Run with the framework installed: python tools/record_names.py torch|paddle
"""

import importlib
import json
import pathlib
import pkgutil
import sys

# Of these the names with an underscore in front, too.
BELOW = ("base", "base.core", "base.data_feeder", "base.dygraph", "base.dygraph.base", "base.framework", "static")
NAMESPACES = {
    "torch": (
        "", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.parametrizations", "nn.modules", "optim", "optim.lr_scheduler", "utils",
        "utils.data", "autograd", "cuda", "backends", "linalg", "jit", "compiler", "mps", "xpu", "accelerator", "nn.parallel",
        "utils.checkpoint", "autograd.functional",
    ),
    "paddle": (
        "", "nn", "nn.functional", "nn.initializer", "nn.utils", "optimizer", "optimizer.lr", "io", "metric", "vision", "vision.transforms",
        "vision.datasets", "callbacks", "regularizer", "autograd", "device", "linalg", "utils", "version", *BELOW,
    ),
}  # fmt: skip


def main() -> None:
    dialect = sys.argv[1]
    framework = importlib.import_module(dialect)
    names = {}
    for space in NAMESPACES[dialect]:
        module = importlib.import_module(f"{dialect}.{space}" if space else dialect)
        found = {*dir(module), *(m.name for m in pkgutil.iter_modules(getattr(module, "__path__", [])))}
        names[space] = " ".join(n for n in sorted(found) if not n.startswith("__" if space in BELOW else "_"))
    target = pathlib.Path(__file__).parent.parent / f"src/plait/{dialect}/upstream_names.json"
    version = framework.__version__.split("+")[0]
    target.write_text(json.dumps({dialect: version, "names": names}, indent=0) + "\n")


if __name__ == "__main__":
    main()
