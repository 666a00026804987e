"""What the functions of the `paddle` namespace share: keywords with two names, `out=`, errors of upstream's types, argument checks.

Rules of this file: `function` wraps every public function. It accepts the second names that Paddle 3.3 gives to arguments (`input` for `x`,
`dim` for `axis`), writes into `out`, and turns the engine's RuntimeError for bad arguments into ValueError, as Paddle raises it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from plait import dtypes
from plait.op import apply, apply_, bump, leaf_check
from plait.ops.copying import COPY
from plait.paddle import _dtypes
from plait.paddle._mode import Mode, refuse
from plait.paddle._places import check_place
from plait.paddle._tensor import Tensor
from plait.tensor import MODE, make

Number = (int, float, bool, np.number, np.bool_)


#: Keywords of functions that make a tensor: in general, where an `x` says the shape, and without pinned memory.
NEW = ("out", "device", "requires_grad", "pin_memory")
LIKE = ("device", "requires_grad", "pin_memory")
UNPINNED = ("out", "device", "requires_grad")

#: Functions that upstream's generated code defines with an underscore in front: `paddle.exp.__name__` is "_exp".
_GENERATED = frozenset(
    [
        "abs",
        "acos",
        "acosh",
        "all",
        "amax",
        "amin",
        "any",
        "argmax",
        "argmin",
        "asin",
        "atanh",
        "bmm",
        "ceil",
        "cos",
        "cosh",
        "diagonal",
        "dot",
        "exp",
        "expand_as",
        "expm1",
        "floor",
        "gelu",
        "greater_than",
        "grid_sample",
        "index_put",
        "isclose",
        "isfinite",
        "isinf",
        "isnan",
        "log",
        "log10",
        "log1p",
        "log2",
        "logical_and",
        "logical_not",
        "logical_or",
        "logical_xor",
        "logsumexp",
        "matmul",
        "maximum",
        "minimum",
        "multiply",
        "roll",
        "round",
        "rsqrt",
        "sigmoid",
        "sign",
        "sin",
        "sinh",
        "softplus",
        "sqrt",
        "sum",
        "tanh",
        "tril",
        "triu",
    ]
)


def function(
    *renames: str,
    method: bool | str = True,
    sizes: int = -1,
    new: tuple[str, ...] = (),
    then: dict[str, Any] | None = None,
) -> Callable[[Any], Any]:
    """Decorates a public function; `renames` are "axis:dim" pairs of an argument's name and its other name.

    `method`: it is Tensor's method too, under its own name or the one given; False for no method. `sizes`: the place of an argument that
    may also come as several ints, one by one. `new`: the function gives an array, of which a leaf is made, and these keywords (`NEW`)
    are taken besides its own. `then`: defaults of other arguments where one comes by its other name `input` or `dim`.
    """
    other = dict(pair.split(":")[::-1] for pair in renames)

    def decorate(call: Any) -> Any:
        name = call.__name__

        @wraps(call)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if sizes >= 0 and len(args) > sizes + 1 and all([type(a) is int for a in args[sizes:]]):
                args = (*args[:sizes], list(args[sizes:]))
            if not kwargs and not new:
                try:
                    return call(*args)
                except RuntimeError as error:
                    raise retyped(error, name) from None
            out, tracks = None, False
            if kwargs:
                out = kwargs.pop("out", None)
                if then is not None and ("dim" in kwargs or "input" in kwargs):
                    kwargs = {**then, **kwargs}
                for key in other.keys() & kwargs.keys():
                    if other[key] in kwargs:
                        raise ValueError(f"{name}(): cannot specify both '{other[key]}' and '{key}'")
                    kwargs[other[key]] = kwargs.pop(key)
                if new:
                    for key in kwargs.keys() & new:
                        value = kwargs.pop(key)
                        if key == "device":
                            check_place(value)
                        elif key == "requires_grad":
                            tracks = value
            try:
                result = call(*args, **kwargs)
            except RuntimeError as error:
                raise retyped(error, name) from None
            if new:
                result = made(result, not tracks)
            return result if out is None else into(out, result)

        if new:
            checked.__signature__ = _with_keywords(call, new)  # type: ignore[attr-defined]
        if method:
            setattr(Tensor, method if isinstance(method, str) else name, checked)
        if name in _GENERATED:
            checked.__name__ = "_" + name
        return checked

    return decorate


def _with_keywords(call: Any, names: tuple[str, ...]) -> inspect.Signature:
    """The signature of `call` with further keywords: False by default where they switch something, None else."""
    own = inspect.signature(call)
    kinds = inspect.Parameter
    more = [kinds(n, kinds.KEYWORD_ONLY, default=None if n in ("out", "device") else False) for n in names]
    shown = list(own.parameters.values())
    at = sum([parameter.kind is not kinds.KEYWORD_ONLY for parameter in shown])
    return own.replace(parameters=[*shown[:at], *more, *shown[at:]])


def retyped(error: RuntimeError, name: str = "") -> Exception:
    """An engine's error as the type that Paddle raises for a bad argument."""
    if type(error) is not RuntimeError or "derivative" in str(error) or str(error).startswith("("):
        return error
    return ValueError(f"(InvalidArgument) {name}(): {error}" if name else f"(InvalidArgument) {error}")


def into(out: Any, result: Any) -> Any:
    """Put `result` (or each of several) into the tensors that `out=` names; returns `out`."""
    if isinstance(result, (tuple, list)):
        for target, part in zip(out, result, strict=True):
            into(target, part)
        return out
    if not isinstance(out, Tensor):
        raise TypeError(f"out must be a Tensor; got {type(out).__name__}")
    if out.array.shape != result.array.shape or out.array.dtype != result.array.dtype:
        out.array = result.array
    else:
        out.array[...] = result.array
    bump(out)
    out.tape_node, out.tape_index, out.tracks = result.tape_node, result.tape_index, result.tracks
    return out


#: Functions whose first argument upstream asks for its dtype before anything else, and those that check its type.
_ASKED = frozenset(
    [
        "batch_norm",
        "chunk",
        "clip",
        "cross_entropy",
        "cumsum",
        "equal",
        "full_like",
        "interpolate",
        "layer_norm",
        "normalize",
        "ones_like",
        "outer",
        "pad",
        "reshape",
        "softmax",
        "split",
        "t",
        "unbind",
        "unique",
        "unstack",
        "where",
        "zeros_like",
    ]
)
_CHECKED = frozenset(("gather", "index_select", "median", "norm"))


def need_tensor(value: Any, name: str, argument: str = "x", position: int = 0) -> Tensor:
    """The tensor; ValueError for anything else, but AttributeError or TypeError where upstream's function has those."""
    if not isinstance(value, Tensor):
        if position == 0 and name in _ASKED and not isinstance(value, np.ndarray):
            raise AttributeError(f"'{type(value).__name__}' object has no attribute 'dtype': {name}() takes a Tensor")
        if position == 0 and name in _CHECKED:
            raise TypeError(f"{name}(): argument '{argument}' must be Tensor, but got {type(value).__name__}")
        raise ValueError(
            f"(InvalidArgument) {name}(): argument '{argument}' (position {position}) must be Tensor, but got {type(value).__name__}"
        )
    return value


def integer(value: Any, name: str, argument: str, floats: bool = False) -> int:
    """An int (also NumPy's, or a one-element tensor; with `floats` a float, cut); TypeError for others."""
    if type(value) is int:
        return value
    if isinstance(value, (int, np.integer)) or (floats and isinstance(value, float)):
        return int(value)
    if isinstance(value, Tensor) and value.array.size == 1:
        return int(value.array.reshape(-1)[0])
    raise TypeError(f"(InvalidType) {name}(): argument ({argument}) must be int, but got {type(value).__name__}")


def integers(value: Any, name: str, argument: str) -> tuple[int, ...]:
    """Ints given as one, a list (also of one-element tensors), or an integer tensor."""
    if type(value) is int:
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple([v if type(v) is int else integer(v, name, argument) for v in value])
    if isinstance(value, (Tensor, np.ndarray)):
        array = value.array if isinstance(value, Tensor) else value
        return tuple(array.reshape(-1).astype(np.int64).tolist())
    return (integer(value, name, argument),)


def number(value: Any) -> Any:
    """A NumPy scalar or one-element tensor as a Python number, other values as they are."""
    if isinstance(value, Tensor):
        return value.array.reshape(-1)[0].item() if value.array.size == 1 else value.item()
    return value.item() if isinstance(value, np.generic) else value


def axis_of(axis: Any, ndim: int, name: str, argument: str = "axis", floats: bool = False) -> int:
    """An axis counted from the front. Raises ValueError where there is none such; a 0-D tensor has the axes 0 and -1."""
    at = integer(axis, name, argument, floats)
    n = ndim or 1
    if not -n <= at < n:
        raise ValueError(
            f"(InvalidArgument) {name}(): {argument} must be in the range of [-{n}, {n}), but received {at}"
        )
    return at + n if at < 0 else at


def axes_of(axis: Any, ndim: int, name: str) -> Any:
    """Axes counted from the front: None for all (also for an empty list), or a tuple."""
    if axis is None:
        return None
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis + ndim if axis < 0 else axis,)
    found = integers(axis, name, "axis")
    return tuple([axis_of(a, ndim, name) for a in found]) if found else None


def shape_of(value: Any, name: str) -> tuple[int, ...]:
    """A `shape` argument: a list or tuple of ints (or one-element tensors), an int, or an integer tensor."""
    if not isinstance(value, (list, tuple, Tensor, np.ndarray, int, np.integer)):
        raise ValueError(
            f"{name}(): shape must be a list or tuple of ints, or an integer Tensor; got {type(value).__name__}"
        )
    return integers(value, name, "shape")


def made(array: Any, stop_gradient: bool = True) -> Tensor:
    """A new leaf over an array."""
    if Mode.static:
        refuse("a new tensor")
    t: Tensor = Tensor.wrap(array if type(array) is np.ndarray else np.asarray(array))
    if not stop_gradient:
        t.tracks = True
    return t


def marked(x: Any, result: Any) -> Any:
    """`result`, which shows `stop_gradient=False` where `x` does, though nothing flows: so do some of Paddle's integer results."""
    if MODE.grad and not x.stop_gradient:
        result._stored = True
    return result


def wanted(dtype: Any, default: Any = None) -> Any:
    """NumPy's dtype of a dtype argument, or `default`, or the default floating dtype."""
    if dtype is not None:
        return _dtypes.as_numpy(dtype)
    if default is not None:
        return default
    from plait import config

    return config.default_dtype


def changed(target: Tensor, call: Any, *args: Any) -> Tensor:
    """The way in place: checks that `target` may change, and `call(*args)`; errors as upstream's."""
    check_leaf(target)
    try:
        call(*args)
    except RuntimeError as error:
        raise retyped(error) from None
    return target


def check_leaf(target: Tensor) -> None:
    """ValueError where a leaf that wants gradients would be changed in place."""
    if MODE.grad and target.tape_node is None and target.tracks and target.view_base is None:
        raise ValueError(
            f"(InvalidArgument) Leaf Var ({target.name}) that doesn't stop gradient can't use inplace strategy."
        )


def before(target: Tensor) -> Tensor:
    """`target` as it is now, for what the tape keeps of it when it is changed in place."""
    if not (MODE.grad and target.tracks):
        return target
    old: Tensor = make(target.face, target.array.copy(), target.tape_node, target.tape_index)
    old.tracks = True
    return old


def replace(target: Tensor, result: Any) -> Tensor:
    """`target` becomes `result`, on the tape too: what an in-place form does. Shape and dtype may change."""
    check_leaf(target)
    array = target.array
    if array.shape == result.array.shape and array.dtype == result.array.dtype and array.flags.writeable:
        if result.array.base is not None and np.may_share_memory(array, result.array):  # its own elements, turned
            result = result.clone()
        return apply_(COPY, target, (target, result))
    target.array = result.array
    bump(target)
    target.tape_node, target.tape_index, target.tracks, target.view_base = (
        result.tape_node,
        result.tape_index,
        result.tracks,
        None,
    )
    return target


def same_kind(a: Any, b: Any, name: str) -> None:
    """TypeError for two tensors whose dtypes Paddle does not promote: they must be one dtype, or both floating."""
    x, y = a.array.dtype, b.array.dtype
    if x != y and not (dtypes.is_floating(x) and dtypes.is_floating(y)):
        raise TypeError(
            "(InvalidType) Type promotion only support calculations between floating-point numbers and between complex and real numbers. "
            f"But got different data type x: {_dtypes.from_numpy(x)._title}, y: {_dtypes.from_numpy(y)._title}, in {name}()."
        )


__all__ = [
    "LIKE", "NEW", "UNPINNED", "Number", "apply", "axes_of", "axis_of", "before", "changed", "check_leaf", "function", "integer", "integers", "into", "leaf_check", "made", "marked",
    "need_tensor", "number", "replace", "retyped", "same_kind", "shape_of", "wanted",
]  # fmt: skip
