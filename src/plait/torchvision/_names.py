"""Where upstream has what lives in another file here: names for imports."""

from __future__ import annotations

from plait.upstream import renamer

__all__: list[str] = []

# Upstream's module (below torchvision) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {}

_HERE = "plait.torchvision"
# Our file -> upstream's module.
_MOVED = {
    "plait.torchvision.transforms._chances": "torchvision.transforms.transforms",
    "plait.torchvision.transforms._colors": "torchvision.transforms.functional",
}
#: Gives the classes of all loaded modules of the dialect (or of one) upstream's names, for prints and pickles.
rename = renamer(_HERE, lambda module, name: _MOVED.get(module, module.removeprefix("plait.")))
