"""NumPy's names of arguments, which upstream takes too: axis for dim, keepdims for keepdim, x and a for input, x2 for other.

Rules of this file: the wrapper is put round the functions and methods that have such an argument, once, when the dialect loads.
"""

from __future__ import annotations

import functools
from typing import Any

_OTHER = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}

NAMES = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "cat",
    "chunk",
    "concat",
    "count_nonzero",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "diff",
    "gather",
    "index_select",
    "kthvalue",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "mode",
    "nanmean",
    "nansum",
    "narrow",
    "norm",
    "prod",
    "select",
    "softmax",
    "log_softmax",
    "sort",
    "split",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "sum",
    "topk",
    "unbind",
    "unsqueeze",
    "var",
    "var_mean",
]


def renamed(function: Any) -> Any:
    """`function`, taking NumPy's names as well."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return function(*args)
        for name in kwargs:
            if name in _OTHER:
                kwargs = {_OTHER.get(k, k): v for k, v in kwargs.items()}
                break
        return function(*args, **kwargs)

    return call


def install(scope: dict[str, Any], tensor: Any) -> None:
    """Wrap the functions of a namespace and the methods of Tensor."""
    for name in NAMES:
        function = scope.get(name)
        if function is not None:
            wrapper = scope[name] = renamed(function)
            own = tensor.__dict__.get(name)
            if own is not None:
                setattr(tensor, name, wrapper if own is function else renamed(own))
