"""paddle.nn.functional: normalisation."""

from __future__ import annotations

import inspect
import numbers
from typing import Any

from plait.layers import norm as layer
from plait.paddle.functions._common import axis_of, function, integer, need_tensor
from plait.paddle.nn.functional._padding import back, first, single

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]

_FORMATS = ("NC", "NCL", "NCHW", "NCDHW", "NLC", "NHWC", "NDHWC")


def _floating(x: Any, name: str, **others: Any) -> Any:
    dtype = need_tensor(x, name).array.dtype
    if dtype.kind != "f":
        raise RuntimeError(
            f"(NotFound) The kernel of `{name}` is not registered for {x.dtype}; it takes floating-point tensors."
        )
    for what, t in others.items():
        if t is not None and need_tensor(t, name, what).array.dtype != dtype and dtype.itemsize > 2:
            raise ValueError(f"(InvalidArgument) {name}: {what} must be of x's dtype {x.dtype}, but received {t.dtype}")
    return dtype


def _vector(t: Any, size: int, what: str, name: str) -> None:
    if t is not None and t.array.shape != (size,):
        raise ValueError(
            f"(InvalidArgument) {name}: the shape of {what} must equal to [{size}], but received {list(t.array.shape)}"
        )


def normalise_batch(
    x: Any,
    mean: Any,
    variance: Any,
    weight: Any,
    bias: Any,
    testing: bool,
    momentum: float,
    epsilon: float,
    last: bool,
    use_global_stats: bool,
    trainable_statistics: bool,
) -> Any:
    """Batch normalisation as Paddle's kernel switches it: the given statistics are used if `use_global_stats`, or when testing without
    `trainable_statistics`; else the batch's, and the given ones follow them."""
    _floating(x, "batch_norm", mean=mean, variance=variance, weight=weight, bias=bias)
    z = first(x, last) if x.array.ndim > 2 else x
    channels = z.array.shape[1]
    for what, t in (("scale", weight), ("bias", bias), ("mean", mean), ("variance", variance)):
        _vector(t, channels, what, "batch_norm")
    given = use_global_stats or (testing and not trainable_statistics)
    fixed = testing and not given
    y = layer.batch_norm(
        z, weight, bias, mean, variance, not given, 1 - single(momentum), single(epsilon), False, "pass", fixed
    )
    return back(y, last) if x.array.ndim > 2 else y


@function(method=False)
def batch_norm(
    x: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False, momentum: float = 0.9,
    epsilon: float = 1e-05, data_format: str = "NCHW", use_global_stats: bool | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Each channel less its mean, over its deviation.

    In training (or with `use_global_stats=False`) of the batch, and the running statistics become `momentum` of themselves and the rest of the
    batch's (the variance biased); otherwise by the running ones. A batch of one value per channel stays as it is.
    """
    if need_tensor(x, "batch_norm").array.ndim < 2:
        raise AssertionError(f"batch_norm: input dim must be larger than 1, but received {list(x.array.shape)}")
    if data_format not in _FORMATS:
        raise ValueError(f"data_format must be one of {_FORMATS} but receive {data_format}")
    if use_global_stats is not None and not isinstance(use_global_stats, (bool, int)):
        raise TypeError(
            f"(InvalidType) batch_norm(): argument use_global_stats must be bool, but got {type(use_global_stats).__name__}"
        )
    trainable = use_global_stats is not None and not use_global_stats
    if use_global_stats is None:
        use_global_stats = not training
    last = data_format[1] != "C"
    return normalise_batch(x, running_mean, running_var, weight, bias, not training, momentum, epsilon, last, use_global_stats, trainable)  # fmt: skip


@function("x:input", "epsilon:eps", method=False)
def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, epsilon: float = 1e-05, name: str | None = None
) -> Any:  # fmt: skip
    """The last dimensions, of sizes `normalized_shape`, less their mean, over their deviation; weight and bias lie flat, one an element."""
    _floating(x, "layer_norm", weight=weight, bias=bias)
    if isinstance(normalized_shape, numbers.Integral):
        sizes = [normalized_shape]
    elif isinstance(normalized_shape, (list, tuple)):
        sizes = list(normalized_shape)
    else:
        raise ValueError(
            f"`normalized_shape` should be int, list of ints or tuple of ints; received {type(normalized_shape).__name__}"
        )
    shape = list(x.array.shape)
    dims = len(sizes)
    if dims > len(shape) or shape[len(shape) - dims :] != sizes:
        raise ValueError(
            f"Given normalized_shape is {sizes}, expected input with shape [*, {str(sizes)[1:]}, but got input shape {shape}"
        )
    if dims == len(shape):
        raise ValueError(
            f"(InvalidArgument) layer_norm: x must have a dimension before the normalized_shape {sizes}, but received {shape}"
        )
    count = 1
    for n in sizes:
        count *= int(n)
    if not 0 <= epsilon <= 0.001:
        raise ValueError(
            f"(InvalidArgument) layer_norm: epsilon must lie between 0.0 and 0.001, but received {epsilon}"
        )
    _vector(weight, count, "Scale", "layer_norm")
    _vector(bias, count, "Bias", "layer_norm")
    return layer.layer_norm(x, dims, weight, bias, single(epsilon))


@function(method=False)
def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float = 1e-05, name: str | None = None
) -> tuple[Any, Any]:
    """The last dimensions over the root of their mean square, times weight; and the factors 1 / root, a number a row."""
    _floating(input, "rms_norm", weight=weight)
    sizes = [normalized_shape] if isinstance(normalized_shape, int) else list(normalized_shape)
    if list(input.array.shape[input.array.ndim - len(sizes) :]) != sizes:
        raise ValueError(
            f"(InvalidArgument) rms_norm: normalized_shape {sizes} must be the last dimensions of input {list(input.array.shape)}"
        )
    if weight is not None and list(weight.array.shape) != sizes:
        raise ValueError(
            f"(InvalidArgument) rms_norm: weight must have the shape {sizes}, but received {list(weight.array.shape)}"
        )
    y = layer.rms_norm(input, len(sizes), weight, eps)
    return y, layer.rms(input.detach(), len(sizes), eps)


@function(method=False)
def instance_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None, use_input_stats: bool = True,
    momentum: float = 0.9, eps: float = 1e-05, data_format: str = "NCHW", name: str | None = None,
) -> Any:  # fmt: skip
    """Each plane of each sample less its mean, over its deviation. Running statistics are accepted and not used, as upstream's are not."""
    _floating(x, "instance_norm", weight=weight, bias=bias)
    if x.array.ndim < 2 or x.array.ndim > 5:
        raise ValueError(
            f"(InvalidArgument) instance_norm: x must have 2 to 5 dimensions, but received {list(x.array.shape)}"
        )
    for what, t in (("scale", weight), ("bias", bias)):
        _vector(t, x.array.shape[1], what, "instance_norm")
    return layer.instance_norm(x, weight, bias, None, None, True, 0.0, single(eps))


@function("x:input", "epsilon:eps", method=False)
def _group_norm(
    x: Any, num_groups: int, epsilon: float = 1e-05, weight: Any = None, bias: Any = None, data_format: str = "NCHW", name: str | None = None
) -> Any:  # fmt: skip
    _floating(x, "group_norm", weight=weight, bias=bias)
    if data_format not in _FORMATS[1:]:
        raise ValueError(f"unsupported data layout:{data_format}")
    if x.array.ndim < 2:
        raise ValueError(
            f"(InvalidArgument) group_norm: x must have at least 2 dimensions, but received {list(x.array.shape)}"
        )
    last = data_format[1] != "C" and x.array.ndim > 2
    z = first(x, last)
    channels = z.array.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            "(InvalidArgument) group_norm: Expected number of channels in input to be divisible by num_groups, but got input channel is "
            f"{channels} and num_groups is {num_groups}"
        )
    for what, t in (("scale", weight), ("bias", bias)):
        _vector(t, channels, what, "group_norm")
    # Upstream's gradients without a weight leave out that the mean moves with x.
    return back(layer.group_norm(z, num_groups, weight, bias, single(epsilon), weight is None), last)


def group_norm(*args: Any, **kwargs: Any) -> Any:
    """Each group of channels of each sample less its mean, over its deviation, with a weight and a bias a channel.

    Called as (x, num_groups, epsilon=1e-05, weight=None, bias=None, data_format="NCHW", name=None), or, where the third argument is no float,
    as (x, num_groups, weight, bias, single(epsilon)).
    """
    if len(args) + len(kwargs) < 2:
        raise TypeError(
            f"Too few arguments in the function call: group_norm wants x and num_groups, received {len(args)}"
        )
    if len(args) >= 3 and not isinstance(args[2], float):
        for key, value in zip(("weight", "bias", "epsilon"), args[2:], strict=False):
            if key in kwargs:
                raise TypeError(f"got multiple values for argument '{key}'")
            kwargs[key] = value
        args = args[:2]
    return _group_norm(*args, **kwargs)


group_norm.__signature__ = inspect.signature(_group_norm)  # type: ignore[attr-defined]


@function(method=False)
def local_response_norm(
    x: Any, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0, data_format: str = "NCHW", name: str | None = None
) -> Any:  # fmt: skip
    """x / (k + alpha · mean of squares over `size` neighbouring channels) ** beta."""
    _floating(x, "local_response_norm")
    if data_format not in _FORMATS[1:]:
        raise ValueError(f"data_format should be in one of [NCL, NCHW, NCDHW, NLC, NHWC, NDHWC], but got {data_format}")
    shape = x.array.shape
    if len(shape) < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input, but got {len(shape)} dimensions")
    for i, n in enumerate(shape):
        if i and n < 1:
            raise ValueError(f"Expected every dim's size to be larger than 0, but the size of the {i}-th dim is {n}")
    last = data_format[-1] == "C"
    return back(layer.local_response_norm(first(x, last), size, single(alpha), single(beta), single(k)), last)


@function("x:input", "axis:dim", "epsilon:eps", method=False)
def normalize(
    x: Any, p: float = 2, axis: int = 1, epsilon: float = 1e-12, out: Any = None, name: str | None = None
) -> Any:
    """x over its p-norm along `axis`, which counts as `epsilon` where it is less.

    >>> from plait import paddle
    >>> paddle.nn.functional.normalize(paddle.to_tensor([[3.0, 4.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    _floating(x, "normalize")
    ndim, at = x.array.ndim, integer(axis, "normalize", "axis")
    if ndim and not -ndim <= at < ndim:
        raise ValueError(
            f"(InvalidArgument) normalize(): Attr(axis) value should be in range [-R, R-1], R being the rank of x; received axis "
            f"{at}, R {ndim} and the shape {list(x.array.shape)}"
        )
    return layer.normalize(x, float(p), axis_of(at, ndim, "normalize"), epsilon)
