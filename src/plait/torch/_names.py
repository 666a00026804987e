"""Where upstream has what lives in another file here: names for files, prints and imports."""

from __future__ import annotations

from plait.upstream import renamer

__all__: list[str] = []

_HERE = "plait.torch"

# Upstream's module (below torch) -> ours, where ours has no module of that name.
MODULES: dict[str, str] = {
    "_tensor_str": "_printing",
    "optim.optimizer": "optim",
    "utils.data.dataloader": "utils.data",
    "utils.data.dataset": "utils.data",
    "utils.data.sampler": "utils.data",
    "utils.data._utils.collate": "utils.data",
    "random": "_random",
    "functional": "functions",
}

# Our file (below plait.torch), or file and name -> upstream's module.
_MOVED: dict[str, str] = {
    "_devices": "torch",
    "_dtypes": "torch",
    "_size": "torch",
    "_tensor": "torch",
    "_random": "torch",
    "_utils._rebuild_from_type_v2": "torch._tensor",
    "autograd.gradients": "torch.autograd",
}
_MERGED = (
    ("functions.", "torch"),
    ("nn.functional.", "torch.nn.functional"),
    ("optim.lr_scheduler.", "torch.optim.lr_scheduler"),
)


def public_module(module: str, name: str) -> str:
    """The module under which upstream knows a class or function of this dialect."""
    inside = module[len(_HERE) + 1 :] if module.startswith(_HERE) else module[len("torch") + 1 :]
    if not inside:
        return "torch"
    moved = _MOVED.get(f"{inside}.{name}") or _MOVED.get(inside)
    if moved:
        return moved
    for start, merged in _MERGED:
        if inside.startswith(start):
            return merged
    return "torch." + inside


_FUNCTIONAL = (_HERE + ".nn.functional.", _HERE + ".nn.init")
#: Gives all loaded modules, or one, their classes and nn's functions upstream's names: for prints and pickles.
rename = renamer(_HERE, public_module, _FUNCTIONAL, modules=True)
