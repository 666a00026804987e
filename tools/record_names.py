"""Records the public names of PyTorch's namespaces: `plait.torch` tells a name that is out of scope from one that never was.

Run with PyTorch installed: python tools/record_names.py
"""

import importlib
import json
import pathlib

import torch

NAMESPACES = (
    "", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.parametrizations", "nn.modules", "optim", "optim.lr_scheduler", "utils",
    "utils.data", "autograd", "cuda", "backends",
)  # fmt: skip


def main() -> None:
    names = {}
    for space in NAMESPACES:
        module = importlib.import_module("torch." + space if space else "torch")
        names[space] = " ".join(n for n in sorted(dir(module)) if not n.startswith("_"))
    target = pathlib.Path(__file__).parent.parent / "src/plait/torch/upstream_names.json"
    target.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "names": names}, indent=0) + "\n")


if __name__ == "__main__":
    main()
