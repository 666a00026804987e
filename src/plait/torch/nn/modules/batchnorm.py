"""torch.nn.modules.batchnorm."""

from __future__ import annotations

from typing import Any

from plait.dtypes import I64
from plait.torch.nn.functional.norm import batch_norm
from plait.torch.nn.modules._own import OwnNames
from plait.torch.nn.modules.lazy import LazyModuleMixin
from plait.torch.nn.modules.module import Module
from plait.torch.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d"]


def _counter() -> Any:
    from plait import torch

    return torch.tensor(0, dtype=torch.long)


class _NormBase(OwnNames, Module):
    """A norm by channel that may keep running statistics."""

    _version = 2
    __constants__ = ["track_running_stats", "momentum", "eps", "num_features", "affine"]
    num_features: int
    eps: float
    momentum: float | None
    affine: bool
    track_running_stats: bool

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        from plait import torch

        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(torch.empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        if track_running_stats:
            self.register_buffer("running_mean", torch.zeros(num_features, device=device, dtype=dtype))
            self.register_buffer("running_var", torch.ones(num_features, device=device, dtype=dtype))
            self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long, device=device))
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget what was seen: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, statistics forgotten."""
        from plait.torch.nn import init

        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def _check_input_dim(self, input: Any) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """The constructor's arguments, for `repr`."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: Any,
        unexpected_keys: Any,
        error_msgs: Any,
    ) -> None:
        version = local_metadata.get("version", None)
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            counter = self.num_batches_tracked  # a buffer of version 2
            state_dict[key] = counter if counter is not None else _counter()
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class _BatchNorm(_NormBase):
    """Batch norm of any rank."""

    def forward(self, input: Any) -> Any:
        """Normalise by the batch (training, or where no statistics are kept) or by the running statistics."""
        self._check_input_dim(input)
        mine = self.__dict__
        parameters, buffers = mine["_parameters"], mine["_buffers"]
        try:
            weight, bias = parameters["weight"], parameters["bias"]
            mean, var, counter = buffers["running_mean"], buffers["running_var"], buffers["num_batches_tracked"]
        except KeyError:  # a parametrization or the like holds one of them
            weight, bias, mean, var = self.weight, self.bias, self.running_mean, self.running_var
            counter = self.num_batches_tracked
        momentum = self.momentum
        factor = 0.0 if momentum is None else momentum
        if not self.training:
            return batch_norm(input, mean, var, weight, bias, mean is None and var is None, factor, self.eps)
        if not self.track_running_stats:
            return batch_norm(input, None, None, weight, bias, True, factor, self.eps)
        if counter is not None:
            if counter.versions is None or counter.array.dtype is not I64:
                counter.add_(1)
            else:
                counter.array += 1
                counter.versions[0] += 1
            if momentum is None:
                factor = 1.0 / float(counter)
        return batch_norm(input, mean, var, weight, bias, True, factor, self.eps)


class _LazyNormBase(LazyModuleMixin, _NormBase):
    """A norm that learns the number of channels from its first input."""

    weight: Any
    bias: Any

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device=device, dtype=dtype, bias=False)  # nothing is made yet
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = _counter()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, statistics forgotten, once the sizes are known."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Take the number of channels from `input`."""
        if not self.has_uninitialized_params():
            return
        self.num_features = input.shape[1]
        names = ["weight", "bias"] if self.affine else []
        if self.track_running_stats:
            names += ["running_mean", "running_var"]
        for name in names:
            value = getattr(self, name)
            if value is not None:
                value.materialize((self.num_features,))
        self.reset_parameters()


def _dims(input: Any) -> int:
    try:
        return input.array.ndim
    except AttributeError:  # no tensor: upstream's words
        return input.dim()


class BatchNorm1d(_BatchNorm):
    """Batch norm over [n, c] or [n, c, l].

    >>> from plait import torch
    >>> torch.nn.BatchNorm1d(4)
    BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    def _check_input_dim(self, input: Any) -> None:
        dim = _dims(input)
        if dim != 2 and dim != 3:
            raise ValueError(f"expected 2D or 3D input (got {dim}D input)")


class LazyBatchNorm1d(_LazyNormBase, _BatchNorm):
    """BatchNorm1d whose num_features comes from the first input."""

    cls_to_become = BatchNorm1d

    _check_input_dim = BatchNorm1d._check_input_dim


class BatchNorm2d(_BatchNorm):
    """Batch norm over [n, c, h, w]."""

    def _check_input_dim(self, input: Any) -> None:
        if _dims(input) != 4:
            raise ValueError(f"expected 4D input (got {input.array.ndim}D input)")


class LazyBatchNorm2d(_LazyNormBase, _BatchNorm):
    """BatchNorm2d whose num_features comes from the first input."""

    cls_to_become = BatchNorm2d

    _check_input_dim = BatchNorm2d._check_input_dim


class BatchNorm3d(_BatchNorm):
    """Batch norm over [n, c, d, h, w]."""

    def _check_input_dim(self, input: Any) -> None:
        if _dims(input) != 5:
            raise ValueError(f"expected 5D input (got {input.array.ndim}D input)")


class LazyBatchNorm3d(_LazyNormBase, _BatchNorm):
    """BatchNorm3d whose num_features comes from the first input."""

    cls_to_become = BatchNorm3d

    _check_input_dim = BatchNorm3d._check_input_dim
