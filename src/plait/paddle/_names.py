"""Where upstream has what lives in another file here: names for prints, pickles and imports."""

from __future__ import annotations

from plait.upstream import renamer

__all__: list[str] = []

_HERE = "plait.paddle"

# Upstream's module (below paddle) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {
    "tensor": "functions",
    "cuda": "device.cuda",
    "framework.io": "_files",
    "framework.random": "_random",
    "base.core": "base.framework",
    "fluid": "base",
    "autograd.py_layer": "autograd",
    "base.dygraph": "autograd",
    "base.dygraph.base": "autograd",
    "base.data_feeder": "base",
}

# Our file (below plait.paddle) -> upstream's module.
_MOVED: dict[str, str] = {
    "_dtypes": "paddle",
    "_tensor": "paddle",
    "_settings": "paddle.framework",
    "_parameter": "paddle.base.framework",
}
_MERGED = (("functions.", "paddle.tensor"), ("nn.functional.", "paddle.nn.functional"))


def public_module(module: str, name: str) -> str:
    """The module under which upstream knows a class or function of this dialect."""
    inside = module[len(_HERE) + 1 :]
    if not inside:
        return "paddle"
    moved = _MOVED.get(inside)
    if moved:
        return moved
    for start, merged in _MERGED:
        if inside.startswith(start):
            return merged
    return "paddle." + inside


_FUNCTIONAL = (_HERE + ".nn.functional.",)
#: Gives the classes (and nn's functions) of all loaded modules, or of one, upstream's names: for prints and pickles.
rename = renamer(_HERE, public_module, _FUNCTIONAL)
