"""Moving and casting a tree of modules: parameters' data in place, buffers by assignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.autograd import no_grad
from plait.torch._tensor import Tensor

__all__: list[str] = []


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """(device, dtype, non_blocking, memory_format) of the three ways to call `to`."""
    from plait.torch._dtypes import dtype as dtype_class

    names = ["device", "dtype", "non_blocking", "copy"]
    other = kwargs.pop("other", kwargs.pop("tensor", None))
    if args and isinstance(args[0], Tensor):
        other, args = args[0], args[1:]
    if other is not None:
        given: dict[str, Any] = {"device": other.device, "dtype": other.dtype}
        names = ["non_blocking", "copy"]
    else:
        given = {}
        if args and isinstance(args[0], dtype_class):
            names.remove("device")
    if len(args) > len(names):
        raise TypeError("to() received an invalid combination of arguments")
    given.update(zip(names, args, strict=False))
    memory_format = kwargs.pop("memory_format", None)
    unknown = [name for name in kwargs if name not in ("device", "dtype", "non_blocking", "copy")]
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument '{unknown[0]}'")
    given.update(kwargs)
    dtype = given.get("dtype")
    if dtype is not None and not isinstance(dtype, dtype_class):
        raise TypeError(f"to(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return given.get("device"), dtype, bool(given.get("non_blocking", False)), memory_format


class Movable:
    """The part of Module that changes all tensors from it down."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    children: Callable[[], Any]

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Replace every tensor by `fn` of it: parameters' data in place, buffers by assignment."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            gradient = parameter.grad
            with no_grad():
                parameter.data = fn(parameter)
                if gradient is not None:
                    parameter.grad = fn(gradient).requires_grad_(gradient.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """`to(device, dtype)`, `to(dtype)`, `to(tensor)`: convert floating-point parameters and buffers; returns self."""
        device, dtype, non_blocking, memory_format = _parse_to(args, kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(t: Any) -> Any:
            kind = dtype if t.is_floating_point() else None
            if memory_format is not None and t.dim() in (4, 5):
                return t.to(device, kind, non_blocking, memory_format=memory_format)
            return t.to(device, kind, non_blocking)

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Fresh, unset storage of the same shapes; returns self."""
        from plait.torch import empty_like

        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def cpu(self) -> Any:
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Any:
        return self._apply(lambda t: t.cuda(device))

    def type(self, dst_type: Any) -> Any:
        """Convert every parameter and buffer to `dst_type`; returns self."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Any:
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Any:
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Any:
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def share_memory(self) -> Any:
        return self._apply(lambda t: t.share_memory_())
