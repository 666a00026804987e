"""Record the signatures that PyTorch's argument parser knows, for the names that the dialect has.

    PYTHONPATH=src /path/to/torch/bin/python tools/record_torch_signatures.py

Needs PyTorch, its `torchgen` (in the same wheel) and PyYAML. torchgen knows the signatures of generated functions in upstream's order; those
written by hand stand in its templates or, as text, in the library. Writes src/plait/torch/signatures.txt: sections by namespace, a line for
each signature, with the name before it where that is another. `name/0` and `name/1` are functions of C whose arguments Python itself counts.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

import torch
import torchgen
from torchgen.packaged.autograd import gen_python_functions as gen

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src" / "plait" / "torch" / "signatures.txt"
PACKAGED = Path(torchgen.__file__).parent / "packaged"
OPTIONS = "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False, bool? requires_grad=False"

# Functions of `torch` that upstream parses by hand, in files that no template shows: the order of their signatures is that of their texts.
BY_HAND = ("tensor", "as_tensor", "asarray", "frombuffer", "range", "numel", "nonzero")


def generated() -> dict[str, dict[str, list[str]]]:
    """The signatures of generated functions, by namespace and name."""
    yaml, deprecated = PACKAGED / "ATen" / "native", str(PACKAGED / "autograd" / "deprecated.yaml")
    parsed = gen.parse_native_yaml(str(yaml / "native_functions.yaml"), str(yaml / "tags.yaml"))
    native = [f for f in parsed.native_functions if gen.should_generate_py_binding(f)]
    spaces = {
        "Tensor": (True, gen.is_py_variable_method),
        "torch": (False, gen.is_py_torch_function),
        "nn": (False, gen.is_py_nn_function),
        "linalg": (False, gen.is_py_linalg_function),
    }
    found: dict[str, dict[str, list[str]]] = {}
    for space, (method, belongs) in spaces.items():
        pairs = gen.load_signatures(native, deprecated, method=method)
        names: dict[str, list[str]] = {}
        for name, overloads in gen.group_filter_overloads(pairs, belongs).items():
            if method and gen.is_noarg(overloads):
                names[str(name)] = [str(name)]
            else:
                names[str(name)] = [str(o.signature.signature_str()) for o in gen.group_overloads(overloads)]
        found[space] = names
    return found


def methods_by_hand() -> dict[str, list[str]]:
    """The signatures of Tensor's methods that are written by hand, from torchgen's template."""
    text = (PACKAGED / "autograd" / "templates" / "python_variable_methods.cpp").read_text()
    names: dict[str, list[str]] = {}
    for body in re.findall(r"PythonArgParser parser\(\s*\{(.*?)\}\);", text, re.S):
        for signature in re.findall(r'"([^"]+)"', body):
            names.setdefault(signature.partition("(")[0], []).append(signature)
    for name in re.findall(r'\{"(\w+)", \w+, METH_NOARGS', text):
        names[name] = [name]
    names["new_tensor"] = [s for s in texts() if s.startswith("new_tensor(")]
    return names


def texts() -> list[str]:
    """All texts in the library that read like signatures, in their order there."""
    library = (Path(torch.__file__).parent / "lib" / "libtorch_python.so").read_bytes()
    return [m.decode() for m in re.findall(rb"(?<=\0)\w+\([ -~]*\)(?:\|deprecated|\|hidden)?(?=\0)", library)]


def of_python(owner: Any, name: str) -> list[str]:
    """A function of C that Python itself reads the arguments of: its full name and their number, from the error of too many."""
    value = getattr(owner, name, None)
    if not isinstance(value, (BuiltinFunctionType, MethodDescriptorType)):
        return []
    try:
        value(*([torch.ones(1)] * 9))
    except Exception as e:
        match = re.match(r"([\w.]+)\(\) takes (no arguments|exactly one argument) \(\d given\)", str(e))
        return [f"{match[1]}/{int(match[2] != 'no arguments')}"] if match else []
    return []


def built_in(space: str, names: dict[str, list[str]]) -> dict[str, list[str]]:
    """The dialect's names that are functions of upstream's library, not of its Python files, with their signatures."""
    from plait import torch as ours

    theirs: Any = {"torch": torch, "Tensor": torch.Tensor, "torch.linalg": torch.linalg}[space]
    mine: Any = {"torch": ours, "Tensor": ours.Tensor, "torch.linalg": ours.linalg}[space]
    found = {}
    for name in sorted(vars(mine)):
        value = getattr(theirs, name, None)
        known = names.get("linalg_" + name if space == "torch.linalg" else name)
        if not known or "(" not in known[0]:
            known = of_python(theirs, name)
        if known and not name.startswith("_") and not isinstance(value, FunctionType):
            found[name] = known
    return found


def functional(nn: dict[str, list[str]], functions: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same for torch.nn.functional, whose built-in functions come from `torch` and from a namespace of their own."""
    found = {}
    for name, value in sorted(vars(torch.nn.functional).items()):
        if isinstance(value, BuiltinFunctionType) and not name.startswith("_"):
            known = (functions if value.__self__ is None else nn).get(value.__name__)
            if known:
                found[name] = known
    return found


def inner(found: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The signatures of functions that upstream's Python code calls, where the dialect checks its own calls by them: `inner.name(...)`."""
    used: set[str] = set()
    for path in (ROOT / "src" / "plait" / "torch").rglob("*.py"):
        used |= set(re.findall(r"\binner\.(\w+)", path.read_text()))
    for family in ("max_pool", "adaptive_avg_pool", "adaptive_max_pool", "fractional_max_pool"):
        used |= {f"{family}{d}d{end}" for d in (1, 2, 3) for end in ("", "_with_indices")}
    used |= {
        name + end
        for name in ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout")
        for end in ("", "_")
    }
    known = {**found["linalg"], **found["torch"], **found["nn"]}
    return {name: known[name] for name in sorted(used) if name in known}


def main() -> None:
    """Write the file."""
    found = generated()
    found["Tensor"].update(methods_by_hand())
    strings = texts()
    for name in BY_HAND:
        signatures = list(dict.fromkeys(s for s in strings if s.startswith(name + "(")))
        found["torch"][name] = [s for s in signatures if s.startswith(name + "(Tensor input")] or signatures
    sections = {
        "torch": built_in("torch", found["torch"]),
        "Tensor": built_in("Tensor", found["Tensor"]),
        "torch.nn.functional": functional(found["nn"], found["torch"]),
        "torch.linalg": built_in("torch.linalg", found["linalg"]),
        "inner": inner(found),
    }
    lines = [f"# PyTorch {torch.__version__.partition('+')[0]}; recorded by tools/record_torch_signatures.py"]
    for space, names in sections.items():
        lines.append(f"[{space}]")
        for name, signatures in names.items():
            for s in signatures:
                short = s.replace(OPTIONS, "$options")
                lines.append(short if short.partition("(")[0] == name else f"{name}: {short}")
    OUT.write_text("\n".join(lines) + "\n")
    print(len(lines), "lines", file=sys.stderr)


if __name__ == "__main__":
    main()
