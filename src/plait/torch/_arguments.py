"""What upstream's argument parser makes of a call: the arguments as its functions get them, or the error that it words.

Rules of this file: it runs for calls that are not plainly right (see `builtin` in src/native/builtin.cpp), so that a right call pays nothing
for it. Signatures are tried in upstream's order; the rules were found by calling PyTorch 2.13.0.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from plait.torch import _argument_errors as errors
from plait.torch._dtypes import device, dtype, layout, memory_format
from plait.torch._random import Generator
from plait.torch._tensor import Tensor

if TYPE_CHECKING:
    from plait.torch._signatures import Parameter, Signature

__all__ = ["arguments", "plain_types"]

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
_CLASSES: dict[str, Any] = {
    "Tensor": Tensor,
    "bool": bool,
    "str": str,
    "torch.layout": layout,
    "torch.memory_format": memory_format,
    "torch.Generator": Generator,
}
_PYTHON_TYPES = (float, int, bool, complex)  # which stand for dtypes
_NUMBERS = (int, float, complex, np.number, np.bool_)


def _is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


def _is_count(value: Any) -> bool:
    """An int of a size: also a tensor of one integer."""
    if isinstance(value, Tensor):
        return value.array.size == 1 and value.array.dtype.kind in "iub" and value.array.dtype.names is None
    return _is_int(value)


def _is_scalar_tensor(value: Any, kinds: str) -> bool:
    return (
        isinstance(value, Tensor)
        and not value.array.ndim
        and not value.requires_grad
        and value.array.dtype.kind in kinds
    )


class _Mismatch(Exception):
    """A value does not fit; `at` is the element at fault, -1 for the whole."""

    def __init__(self, at: int = -1) -> None:
        self.at = at


def _tensors(value: Any, index: int) -> Any:
    if not isinstance(value, (tuple, list)):
        raise _Mismatch
    for i, item in enumerate(value):
        if not isinstance(item, Tensor):
            raise errors.element(i, index, item)
    return value


def _ints(param: Parameter, value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        if value and not _is_count(value[0]):
            raise _Mismatch(0)
        return value
    if param.size and _is_count(value):
        return value
    raise _Mismatch


def _fit(param: Parameter, value: Any, index: int) -> Any:
    """The value as the parameter takes it. Raises _Mismatch where it does not."""
    kind = param.kind
    wanted = _CLASSES.get(kind)
    if wanted is not None:
        if isinstance(value, wanted) or (param.numbers and isinstance(value, _NUMBERS)):
            return value
    elif kind == "int":
        if _is_int(value):
            return int(value)
        if _is_scalar_tensor(value, "iu"):
            return int(value.array)
    elif kind in ("Number", "float"):
        if isinstance(value, _NUMBERS) and (kind == "Number" or not isinstance(value, (complex, np.complexfloating))):
            return value.item() if isinstance(value, np.generic) else value
        if _is_scalar_tensor(value, "iufbV"):
            return value.item()
    elif kind == "tuple of ints":
        return _ints(param, value)
    elif kind == "tuple of Tensors":
        return _tensors(value, index)
    elif kind == "tuple of floats":
        if isinstance(value, (tuple, list)):
            if not value or isinstance(value[0], _NUMBERS):
                return value
            raise _Mismatch(0)
    elif kind == "torch.dtype":
        if isinstance(value, dtype) or any(value is t for t in _PYTHON_TYPES):
            return value
    elif kind == "torch.device":
        if isinstance(value, (str, device)) or _is_int(value):
            return value
    elif kind == "object":
        return value
    raise _Mismatch


def _unpacked(signature: Signature, param: Parameter, values: Any) -> Any:
    """Whole numbers of a sequence, as Python's; upstream looks at all but the first of them only now."""
    if not isinstance(values, (tuple, list)):
        return int(values.item()) if isinstance(values, (Tensor, np.generic)) else values
    found = []
    for i, value in enumerate(values):
        try:
            if isinstance(value, Tensor) and not _is_count(value):
                raise TypeError
            found.append(int(value) if _is_count(value) else operator.index(value))
        except TypeError:
            raise errors.unpacking(signature, param, i, value) from None
    return tuple(found) if isinstance(values, tuple) else found


def _read(signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any], complain: bool) -> Arguments | None:
    """The arguments as one signature takes them; None, or with `complain` an error, where it does not."""
    n, at, left = len(args), 0, len(kwargs)
    if n > signature.positional and not (signature.spread and _is_count(args[0])):
        if complain:
            raise errors.too_many(signature, n)
        return None
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for index, param in enumerate(signature.parameters):
        given = at < n
        value: Any = None
        if given:
            if param.keyword:
                if complain:
                    raise errors.too_many(signature, n)
                return None
            value = args[at]
        else:
            name = next((k for k in (param.name, *param.numpy_names) if k in kwargs), None)
            if name is None:
                if not param.optional:
                    if complain:
                        raise errors.missing(signature, index)
                    return None
                continue
            value = kwargs[name]
        if value is None and param.none:
            fitted = None
        else:
            try:
                fitted = _fit(param, value, index)
            except _Mismatch as fault:
                if given and at == 0 and signature.spread and _is_count(value):
                    positional, at = list(_unpacked(signature, param, args)), n
                    continue
                if complain:
                    raise errors.wrong_type(signature, param, value, at + 1 if given else 0, fault.at) from None
                return None
        if given:
            at += 1
            positional.append((param, fitted))
        else:
            left -= 1
            if signature.spread and index == 0:  # our functions of sizes take them by position
                positional.append((param, fitted))
            else:
                keywords[param.name] = (param, fitted)
    if at < n or left:
        if complain:
            raise errors.too_many(signature, n) if at < n else errors.unknown_keyword(signature, kwargs, n)
        return None
    return (
        tuple([_finished(signature, v) for v in positional]),
        {k: _finished(signature, v) for k, v in keywords.items()},
    )


def _finished(signature: Signature, pair: Any) -> Any:
    if not isinstance(pair, tuple):
        return pair
    param, value = pair
    return _unpacked(signature, param, value) if param.kind == "tuple of ints" and value is not None else value


def arguments(signatures: list[Signature], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """The arguments of a call as upstream reads them.

    Raises TypeError, in upstream's words, where no signature takes them.
    """
    only = len(signatures) == 1
    for signature in signatures:
        found = _read(signature, args, kwargs, complain=only)
        if found is not None:
            return found
    count = len(args) + len(kwargs)
    plausible = [s for s in signatures if s.least <= count <= s.most and not s.hidden]
    if len(plausible) == 1:
        _read(plausible[0], args, kwargs, complain=True)
    raise errors.no_signature(signatures, args, kwargs)


# --- what needs no second look -----------------------------------------------------------------------------------------

_OPTIONAL, _NONE, _KEYWORD, _LIST, _SINGLE, _ANY = 1, 2, 4, 8, 16, 32
_PLAIN: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "Number": (float, int, bool),
    "float": (float, int),
    "tuple of ints": (int,),
    "tuple of Tensors": (Tensor,),
    "tuple of floats": (float, int),
    "torch.dtype": (dtype,),
    "torch.device": (device, str),
    "object": (),
}


def plain_types(signature: Signature) -> tuple[int, bool, tuple[tuple[str, int, tuple[type, ...]], ...]]:
    """A signature for the quick check of src/native/builtin.cpp: which exact types of arguments are surely right."""
    params = []
    for p in signature.parameters:
        flags = _OPTIONAL * p.optional | _NONE * p.none | _KEYWORD * p.keyword
        flags |= _LIST * p.kind.startswith("tuple of") | _SINGLE * (p.size > 0 and p.kind == "tuple of ints")
        flags |= _ANY * (p.kind == "object")
        types = _PLAIN.get(p.kind) or ((_CLASSES[p.kind],) if p.kind in _CLASSES else ())
        name = "" if signature.spread and p is signature.parameters[0] else p.name  # by name it takes the careful way
        params.append((name, flags, (*types, *_PLAIN["Number"]) if p.numbers else types))
    return signature.positional, signature.spread, tuple(params)
