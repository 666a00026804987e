"""What the functions of the `torch` namespace share: argument checks with upstream's words, `out=`, sizes, named results."""

from __future__ import annotations

import warnings
from operator import itemgetter
from typing import Any

import numpy as np

from plait import dtypes
from plait.op import bump, leaf_check, type_name
from plait.tensor import MODE
from plait.torch._argument_errors import type_name as class_name
from plait.torch._dtypes import as_dtype, can_cast, check_device, from_numpy_dtype
from plait.torch._tensor import Tensor

Number = (int, float, bool, np.number, np.bool_)


def need_tensor(value: Any, function: str, argument: str = "input", position: int = 1) -> None:
    """TypeError unless `value` is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be Tensor, not {class_name(value)}"
        )


def need_int(value: Any, function: str, argument: str, position: int = 1) -> int:
    """An int argument (also a NumPy integer or a one-element integer tensor); TypeError for others."""
    if type(value) is int:
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, Tensor) and value.array.size == 1 and value.array.dtype.kind in "iu":
        return int(value.array.reshape(-1)[0])
    raise TypeError(f"{function}(): argument '{argument}' (position {position}) must be int, not {class_name(value)}")


def need_flag(value: Any, function: str, argument: str, position: int) -> None:
    """TypeError unless `value` is True or False."""
    if value is not False and value is not True:
        raise TypeError(
            f"{function}(): argument '{argument}' (position {position}) must be bool, not {class_name(value)}"
        )


def factor_first(function: str, keyword: str, given: tuple[Any, ...], tensors: tuple[str, ...]) -> tuple[Any, ...]:
    """The old order of arguments, in which a factor came before the tensors: `x.add_(-0.1, y)`; warns as upstream does."""
    if (
        len(given) != len(tensors) + 1
        or not isinstance(given[0], Number)
        or not all(isinstance(t, Tensor) or (len(tensors) == 1 and isinstance(t, Number)) for t in given[1:])
    ):
        raise TypeError(f"{function}() takes {len(tensors) + 1} positional arguments but {len(given) + 1} were given")
    listed = ", ".join(f"Tensor {t}" for t in tensors)
    warnings.warn(f"This overload of {function} is deprecated:\n\t{function}(Number {keyword}, {listed})\nConsider using one of the following "
                  f"signatures instead:\n\t{function}({listed}, *, Number {keyword} = 1)", UserWarning, stacklevel=3)  # fmt: skip
    return given


def number(value: Any) -> Any:
    """A NumPy scalar or one-element tensor as a Python number, other values as they are."""
    if isinstance(value, (Tensor, np.generic)):
        return value.item()
    return value


def sizes(args: Any, function: str, argument: str = "size") -> tuple[int, ...]:
    """Sizes given as f(2, 3), f((2, 3)) or f(torch.Size([2, 3])).

    >>> sizes(((2, 3),), "zeros")
    (2, 3)
    """
    if len(args) == 1:
        first = args[0]
        if isinstance(first, (tuple, list)):
            args = first
        elif isinstance(first, np.ndarray) and first.ndim == 1:
            args = first.tolist()
    for n in args:
        if type(n) is not int:
            break
    else:
        return args if type(args) is tuple else tuple(args)
    out = []
    for i, n in enumerate(args):
        if type(n) is not int:
            if isinstance(n, (int, np.integer)) and not isinstance(n, (bool, np.bool_)):
                n = int(n)
            elif isinstance(n, Tensor) and n.array.size == 1 and n.array.dtype.kind in "iu":
                n = int(n.array.reshape(-1)[0])
            elif args is not None and len(args) == 1 and not isinstance(args, (list,)):
                raise TypeError(
                    f"{function}(): argument '{argument}' (position 1) must be tuple of ints, not {class_name(n)}"
                )
            else:
                raise TypeError(f"{function}(): argument '{argument}' (position 1) must be tuple of ints, but found element of type "
                                f"{class_name(n)} at pos {i}")  # fmt: skip
        out.append(n)
    return tuple(out)


def dims_argument(dim: Any, function: str = "") -> Any:
    """A `dim` argument: None, an int, or a tuple of ints."""
    if dim is None or type(dim) is int:
        return dim
    if isinstance(dim, (tuple, list)):
        return tuple([need_int(d, function, "dim") for d in dim])
    return need_int(dim, function, "dim")


def numpy_dtype(value: Any, function: str) -> np.dtype:
    """NumPy's dtype of a torch dtype argument."""
    result: np.dtype = as_dtype(value, function)._numpy
    return result


def check_options(function: str, device: Any, requires_grad: bool, array: Any, layout: Any = None) -> None:
    """Checks what creation functions take besides values."""
    if device is not None:
        check_device(device, function)
    if requires_grad and not dtypes.is_floating(array.dtype):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")


def made(array: Any, requires_grad: bool = False) -> Tensor:
    """A new leaf."""
    t: Tensor = Tensor.wrap(array if type(array) is np.ndarray else np.asarray(array))
    if requires_grad:
        t.requires_grad_(True)
    return t


def resize_out(out: Tensor, shape: tuple[int, ...]) -> None:
    """Give `out` the result's shape, with upstream's warning where it held something."""
    if out.array.shape == shape:
        return
    if out.array.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out.array.shape)}, which does not match the "
            f"required output shape {list(shape)}. This behavior is deprecated, and in a future PyTorch release outputs will not be "
            "resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero "
            "elements with t.resize_(0).",
            UserWarning,
            stacklevel=4,
        )
    out.array = np.empty(shape, out.array.dtype)


def _check_overlap(out: Tensor, inputs: Any) -> None:
    array = out.array
    if array.size > 1 and any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True)):
        raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                           "Please clone() the tensor before performing the operation.")  # fmt: skip
    for x in inputs:
        if isinstance(x, Tensor) and np.may_share_memory(x.array, array):
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                               "memory location. Please clone() the tensor before performing the operation.")  # fmt: skip


def refuse_kinds(label: str, kinds: str, *tensors: Any) -> None:
    """NotImplementedError in the name of upstream's kernel for dtypes of these kinds: NumPy's letters, "h" for 16-bit floats."""
    for x in tensors:
        if isinstance(x, Tensor):
            dtype = x.array.dtype
            half = dtype == dtypes.F16 or dtype == dtypes.BFLOAT16
            if ("h" in kinds) if half else dtype.kind in kinds:
                raise NotImplementedError(f"\"{label}\" not implemented for '{type_name(dtype)}'")


def into(function: str, out: Any, result: Any, *inputs: Any) -> Any:
    """Put `result` into the tensor that `out=` names, which must share no memory with `inputs`."""
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {class_name(out)}")
    if MODE.grad and (out.tracks or result.tracks):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."
        )
    have, want = result.array.dtype, out.array.dtype
    if have != want and not can_cast(from_numpy_dtype(have), from_numpy_dtype(want)):
        raise RuntimeError(f"result type {type_name(have)} can't be cast to the desired output type {type_name(want)}")
    _check_overlap(out, inputs)
    resize_out(out, result.array.shape)
    out.array[...] = dtypes.cast(result.array, want)
    bump(out)
    return out


def into_exact(function: str, out: Any, result: Any, words: str = "", inputs: Any = ()) -> Any:
    """As `into`, for functions whose `out` must have the result's dtype."""
    if isinstance(out, Tensor) and out.array.dtype != result.array.dtype:
        raise RuntimeError(
            words
            or f"Expected out tensor to have dtype {_cpp_name(result.array.dtype)}, but got {_cpp_name(out.array.dtype)} instead"
        )
    return into(function, out, result, *inputs)


def _cpp_name(dtype: np.dtype) -> str:
    names = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int", "bool": "bool", "uint8": "unsigned char",
             "int8": "signed char", "int16": "short int", "float16": "c10::Half"}  # fmt: skip
    return names.get(dtype.name, "c10::BFloat16")


def overwrite(target: Tensor, array: Any) -> Tensor:
    """New values for a tensor that no gradient flows through, such as `zero_` of a leaf without gradients."""
    if target.tracks and MODE.grad:
        leaf_check(target)
    target.array[...] = array
    bump(target)
    return target


class NamedResult(tuple):
    """A tuple whose items have names too, shown as upstream's `torch.return_types`."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()
    __module__ = "torch.return_types"

    def __new__(cls, items: Any) -> NamedResult:
        return tuple.__new__(cls, items)

    def __repr__(self) -> str:
        inner = ",\n".join(f"{n}={v!r}" for n, v in zip(self._fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{inner})"

    def __reduce__(self) -> Any:
        return tuple, (tuple(self),)


RETURN_TYPES: dict[str, type[NamedResult]] = {}


def named_result(name: str, *fields: str) -> type[NamedResult]:
    """The class of results such as `torch.return_types.max(values=…, indices=…)`."""
    scope: dict[str, Any] = {"__slots__": (), "_fields": fields, "__module__": "torch.return_types"}
    for i, f in enumerate(fields):
        scope[f] = property(itemgetter(i))
    kind = RETURN_TYPES[name] = type(name, (NamedResult,), scope)
    return kind
