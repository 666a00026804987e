"""torch.nn.modules.conv: one general class each way; the rows for 1D, 2D and 3D are thin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plait.autograd import no_grad
from plait.layers.conv import convolve
from plait.ops.conv import same_padding
from plait.torch._tensor import Tensor
from plait.torch.functions.creation import empty
from plait.torch.nn import functional as F
from plait.torch.nn import init
from plait.torch.nn.modules._own import OwnNames
from plait.torch.nn.modules.lazy import LazyModuleMixin
from plait.torch.nn.modules.module import Module, held
from plait.torch.nn.modules.utils import _pair, _reverse_repeat_tuple, _single, _triple
from plait.torch.nn.parameter import Parameter, UninitializedParameter

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]

Ints = Any  # an int, or a tuple of one a dimension


class _ConvNd(Module):
    """What all convolutions share: arguments, parameters (U(±1/√fan_in), as upstream draws them), text."""

    __constants__ = [
        "stride",
        "padding",
        "dilation",
        "groups",
        "padding_mode",
        "output_padding",
        "in_channels",
        "out_channels",
        "kernel_size",
    ]
    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Any
    dilation: tuple[int, ...]
    transposed: bool
    output_padding: tuple[int, ...]
    groups: int
    padding_mode: str
    weight: Any
    bias: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: Any,
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of { ({'same', 'valid'}) }")
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        modes = {"zeros", "reflect", "replicate", "circular"}
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._for_pad()
        channels = (in_channels, out_channels // groups) if transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*channels, *kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _for_pad(self) -> Sequence[int]:
        """The padding as `F.pad` takes it: last dimension first, both sides."""
        if not isinstance(self.padding, str):
            return _reverse_repeat_tuple(self.padding, 2)
        if self.padding == "valid":
            return [0, 0] * len(self.kernel_size)
        before, after = same_padding(self.kernel_size, self.dilation)
        return [n for pair in zip(reversed(before), reversed(after), strict=True) for n in pair]

    def reset_parameters(self) -> None:
        """Draw weight and bias again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        told = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * len(self.padding):
            told += f", padding={self.padding}"
        if self.dilation != (1,) * len(self.dilation):
            told += f", dilation={self.dilation}"
        if self.output_padding != (0,) * len(self.output_padding):
            told += f", output_padding={self.output_padding}"
        if self.groups != 1:
            told += f", groups={self.groups}"
        if self.bias is None:
            told += ", bias=False"
        if self.padding_mode != "zeros":
            told += f", padding_mode={self.padding_mode}"
        return told

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("padding_mode", "zeros")


class _Conv(OwnNames, _ConvNd):
    """A row of one rank: `_rank` dimensions, `_tuple` makes a number of each."""

    _rank: int
    _tuple: Any
    _name: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Any = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        each = type(self)._tuple
        padding = padding if isinstance(padding, str) else each(padding)
        super().__init__(
            in_channels,
            out_channels,
            each(kernel_size),
            each(stride),
            padding,
            each(dilation),
            False,
            each(0),
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = self._tuple(0)
        else:
            padding = self.padding
        return getattr(F, self._name)(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """[N, C, …] or [C, …] to [N, O, …] or [O, …]."""
        state = self.__dict__
        own = state["_parameters"]
        mine = type(self)._conv_forward is _Conv._conv_forward  # and not a subclass' own
        if mine and state["padding_mode"] == "zeros" and "weight" in own and isinstance(input, Tensor):
            bias = own.get("bias", self.bias)
            return convolve(
                self._rank,
                input,
                own["weight"],
                bias,
                state["stride"],
                state["padding"],
                state["dilation"],
                state["groups"],
                self._name,
            )
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_Conv):
    """Convolution of [N, C, L] or [C, L] with `weight` [out, C / groups, k]; `padding` is numbers, "valid" or "same"."""

    _rank, _tuple, _name = 1, staticmethod(_single), "conv1d"


class Conv2d(_Conv):
    """Convolution of [N, C, H, W] or [C, H, W] with `weight` [out, C / groups, k, k]; `padding` is numbers, "valid" or "same".

    >>> from plait import torch
    >>> torch.nn.Conv2d(3, 8, 3, padding=1)(torch.zeros(1, 3, 5, 5)).shape
    torch.Size([1, 8, 5, 5])
    """

    _rank, _tuple, _name = 2, staticmethod(_pair), "conv2d"


class Conv3d(_Conv):
    """Convolution of [N, C, D, H, W] or [C, D, H, W] with `weight` [out, C / groups, k, k, k]; `padding` is numbers, "valid" or "same"."""

    _rank, _tuple, _name = 3, staticmethod(_triple), "conv3d"


class _ConvTransposeNd(_ConvNd):
    """What transposed convolutions share: zeros for padding, and an output size that can be asked for."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            transposed,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _output_padding(
        self,
        input: Tensor,
        output_size: Any,
        stride: Any,
        padding: Any,
        kernel_size: Any,
        num_spatial_dims: int,
        dilation: Any = None,
    ) -> Any:
        if output_size is None:
            return _single(self.output_padding)
        n = num_spatial_dims
        lead = 2 if input.array.ndim == n + 2 else 1
        if len(output_size) == lead + n:
            output_size = output_size[lead:]
        if len(output_size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.array.ndim}D input, output_size must have {n} or {lead + n} elements (got {len(output_size)})"
            )
        least = []
        for d in range(n):
            reach = (1 if dilation is None else dilation[d]) * (kernel_size[d] - 1) + 1
            least.append((input.array.shape[d + lead] - 1) * stride[d] - 2 * padding[d] + reach)
        most = [low + s - 1 for low, s in zip(least, stride, strict=True)]
        if any(not low <= size <= high for size, low, high in zip(output_size, least, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to {most} "
                f"(for an input of {input.shape[2:]})"
            )
        return [size - low for size, low in zip(output_size, least, strict=True)]


class _ConvTranspose(OwnNames, _ConvTransposeNd):
    """A row of one rank, as `_Conv`."""

    _rank: int
    _tuple: Any
    _name: str

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        each = type(self)._tuple
        super().__init__(
            in_channels,
            out_channels,
            each(kernel_size),
            each(stride),
            each(padding),
            each(dilation),
            True,
            each(output_padding),
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """[N, C, …] or [C, …] to [N, O, …] or [O, …]; `output_size` chooses among the sizes that the stride leaves open."""
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for {type(self).__name__}")
        extra = self.output_padding
        if output_size is not None:
            extra = tuple(
                self._output_padding(
                    input, output_size, self.stride, self.padding, self.kernel_size, self._rank, self.dilation
                )
            )
        return getattr(F, self._name)(
            input,
            held(self, "weight"),
            held(self, "bias"),
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of [N, C, L] or [C, L] with `weight` [C, out / groups, k]."""

    _rank, _tuple, _name = 1, staticmethod(_single), "conv_transpose1d"


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of [N, C, H, W] or [C, H, W] with `weight` [C, out / groups, k, k].

    >>> from plait import torch
    >>> up = torch.nn.ConvTranspose2d(3, 8, 3, stride=2)
    >>> up(torch.zeros(1, 3, 5, 5), output_size=(12, 12)).shape
    torch.Size([1, 8, 12, 12])
    """

    _rank, _tuple, _name = 2, staticmethod(_pair), "conv_transpose2d"


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of [N, C, D, H, W] or [C, D, H, W] with `weight` [C, out / groups, k, k, k]."""

    _rank, _tuple, _name = 3, staticmethod(_triple), "conv_transpose3d"


class _LazyConvXdMixin(LazyModuleMixin):
    """Takes `in_channels` from the first input."""

    def _set_up(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        module: Any = self
        module.weight = UninitializedParameter(device=device, dtype=dtype)
        module.out_channels = out_channels
        if bias:
            module.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw weight and bias again, once they have shapes."""
        module: Any = self
        if not self.has_uninitialized_params() and module.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Materialize weight and bias for an input [N, C, …] or [C, …]."""
        module: Any = self
        if not self.has_uninitialized_params():
            return
        module.in_channels = self._get_in_channels(input)
        if module.in_channels % module.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        channels = (module.in_channels, module.out_channels // module.groups)
        if not module.transposed:
            channels = (module.out_channels, module.in_channels // module.groups)
        with no_grad():
            module.weight.materialize((*channels, *module.kernel_size))
            if module.bias is not None:
                module.bias.materialize((module.out_channels,))
            self.reset_parameters()

    def _get_in_channels(self, input: Tensor) -> int:
        n = self._get_num_spatial_dims()
        dims = input.array.ndim
        if dims not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of size: {input.shape}"
            )
        return input.shape[1] if dims == n + 2 else input.shape[0]

    def _get_num_spatial_dims(self) -> int:
        rank: int = self._rank  # type: ignore[attr-defined]
        return rank


class _LazyConv(OwnNames, _LazyConvXdMixin):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Any = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._set_up(out_channels, bias, device, dtype)


class _LazyConvTranspose(OwnNames, _LazyConvXdMixin):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._set_up(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """`Conv1d` that takes `in_channels` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """`Conv2d` that takes `in_channels` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """`Conv3d` that takes `in_channels` from its first input."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """`ConvTranspose1d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """`ConvTranspose2d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """`ConvTranspose3d` that takes `in_channels` from its first input."""

    cls_to_become = ConvTranspose3d
