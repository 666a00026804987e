"""Functions written by users, with a backward of their own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import autograd as _engine
from plait.op import bump, changed, rebase, refusal
from plait.tensor import MODE, make
from plait.torch._graph import GradFn
from plait.torch._tensor import Tensor
from plait.torch.autograd.grad_mode import no_grad

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx(GradFn):
    """What `forward` keeps for `backward`."""

    __slots__ = ()
    needs_input_grad: tuple[bool, ...]

    def __init__(self) -> None:
        super().__init__(None)
        self.__dict__.update(_saved=(), _state="open", _materialize=True, _dirty=(), _fixed=())

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs; None is allowed."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(t).__name__}"
                )
        self.__dict__["_saved"] = tensors

    save_for_forward = save_for_backward

    def mark_dirty(self, *tensors: Any) -> None:
        """These inputs were changed in place."""
        self.__dict__["_dirty"] = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """These outputs have no gradient."""
        self.__dict__["_fixed"] = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing gradient comes as zeros (default) or as None."""
        self.__dict__["_materialize"] = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved, checked against later changes in place."""
        if self.__dict__["_state"] == "freed":
            raise refusal(Tensor, "freed")
        kept = self.__dict__.get("_unpack")
        return kept() if kept is not None else tuple(self.__dict__["_saved"])

    saved_variables = saved_tensors

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


class _FunctionMeta(type):
    def __init__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> None:
        super().__init__(name, bases, attributes)
        cls._backward_cls = type(
            name + "Backward", (FunctionCtx,), {"__slots__": (), "__module__": "torch.autograd.function"}
        )


class Function(metaclass=_FunctionMeta):
    """A differentiable function written by hand: static `forward(ctx, *args)` and `backward(ctx, *grads)`, called by `apply`.

    With `setup_context(ctx, inputs, output)` as well, `forward` takes no ctx.
    """

    __module__ = "torch.autograd.function"
    _backward_cls: Any

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The outputs."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keep in `ctx` what backward needs."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The inputs' gradients."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom autograd.Function to use it "
                                  "with backward mode AD.")  # fmt: skip

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
                           "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)")  # fmt: skip

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward; put the function on the tape where an input requires gradients."""
        ctx = cls._backward_cls()
        needs = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        ctx.__dict__["needs_input_grad"] = tuple(n and MODE.grad for n in needs) if not MODE.grad else needs
        before, MODE.grad = MODE.grad, False
        try:
            if cls.setup_context is not Function.setup_context:
                output = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args, **kwargs)
        finally:
            MODE.grad = before
        if not MODE.grad or not any(needs):
            return output
        return _record(cls, ctx, args, output)


def _record(cls: Any, ctx: Any, args: tuple[Any, ...], output: Any) -> Any:
    fixed = {id(t) for t in ctx.__dict__["_fixed"]}
    dirty = {id(t) for t in ctx.__dict__["_dirty"]}
    outputs = output if isinstance(output, tuple) else (output,)
    node = _engine.FunctionNode(cls.__name__ + "Backward", Tensor, args, lambda grads: None)
    ctx.node = node
    node.user = ctx
    results: list[Any] = []
    shapes: list[Any] = []
    place = {}
    for i, out in enumerate(outputs):
        if not isinstance(out, Tensor):
            results.append(out)
            shapes.append(None)
            continue
        shapes.append((out.array.shape, out.array.dtype))
        tracked = id(out) not in fixed and (out.array.dtype.kind == "f" or out.array.dtype.names is not None)
        if id(out) in dirty:
            bump(out)
            if tracked:
                rebase(out, node, next(k for k, a in enumerate(args) if a is out))
            result = out
        elif any(out is a for a in args):
            result = make(Tensor, out.array, node if tracked else None, i)
            result.versions = out.versions
        else:
            result = (
                out
                if type(out) is Tensor and out.tape_node is None and out.view_base is None
                else make(Tensor, out.array, None, i)
            )
            result.tape_node, result.tape_index, result.tracks = (node if tracked else None), i, tracked
        place[id(out)] = (i, tracked)
        results.append(result)
    node.outputs = len(outputs)
    saved: list[Any] = []
    for t in ctx.__dict__["_saved"]:
        if t is not None and id(t) in place and not any(t is a for a in args):
            saved.append((t.array, t.versions, t.versions[0] if t.versions else 0, place[id(t)]))
        else:
            saved.append(
                (t, None if t is None else t.versions, t.versions[0] if t is not None and t.versions else 0, None)
            )
    ctx.__dict__["_saved"] = ()

    def unpack() -> tuple[Any, ...]:
        got = []
        for kept, counter, version, where in saved:
            if counter is not None and counter[0] != version:
                array = kept if where is not None else kept.array
                raise changed(Tensor, array, counter[0], version, None if where is not None else kept)
            if where is None:
                got.append(kept)
            else:
                got.append(make(Tensor, kept, node if where[1] else None, where[0]))
        return tuple(got)

    def forget() -> None:
        if saved:
            saved.clear()
            ctx.__dict__["_state"] = "freed"

    def call(grads: Sequence[Any]) -> Any:
        if ctx.__dict__["_materialize"]:
            grads = [
                Tensor.wrap(np.zeros(*shapes[i])) if g is None and shapes[i] is not None else g
                for i, g in enumerate(grads)
            ]
        vjp = getattr(cls, "vjp", None)
        got = (vjp or cls.backward)(ctx, *grads)
        got = got if isinstance(got, tuple) else (got,)
        if len(got) > len(args):
            if any(g is not None for g in got[len(args) :]):
                raise RuntimeError(f"function {cls.__name__}Backward returned an incorrect number of gradients (expected {len(args)}, "
                                   f"got {len(got)})")  # fmt: skip
            got = got[: len(args)]
        elif len(got) < len(args):
            raise RuntimeError(f"function {cls.__name__}Backward returned an incorrect number of gradients (expected {len(args)}, got "
                               f"{len(got)})")  # fmt: skip
        for i, (g, shape) in enumerate(zip(got, node.shapes, strict=True)):
            if g is None or not node.needs[i]:
                continue
            if not isinstance(g, Tensor):
                raise TypeError(f"expected Variable or None (got {type(g).__name__})")
            if g.array.shape != shape and not _sums_to(g.array.shape, shape):
                raise RuntimeError(f"Function {cls.__name__}Backward returned an invalid gradient at index {i} - got {list(g.array.shape)} "
                                   f"but expected shape compatible with {list(shape)}")  # fmt: skip
        return got

    ctx.__dict__["_unpack"] = unpack
    node.call, node.forget = call, forget
    return tuple(results) if isinstance(output, tuple) else results[0]


def _sums_to(have: tuple[int, ...], want: tuple[int, ...]) -> bool:
    if len(have) < len(want):
        return False
    return all(w in (1, h) for h, w in zip(have[len(have) - len(want) :], want, strict=True))


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A backward whose result has no derivative of its own."""

    @functools.wraps(function)
    def call(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            return function(ctx, *grads)

    return call
