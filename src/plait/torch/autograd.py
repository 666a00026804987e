"""torch.autograd: backward, grad, custom functions, gradcheck and the gradient modes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from plait import autograd as _engine
from plait.modes import ModeBlock
from plait.op import FREED_MESSAGE
from plait.tensor import MODE, make
from plait.torch._tensor import GradFn, Tensor, warn_of_cycle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Function", "Variable", "backward", "detect_anomaly", "enable_grad", "functional", "grad", "gradcheck", "gradgradcheck",
           "inference_mode", "no_grad", "set_detect_anomaly", "set_grad_enabled"]  # fmt: skip

Variable = Tensor


# --- modes ------------------------------------------------------------------------------------------------------------------


class _Plain(ModeBlock):
    """A mode without settings: `@torch.no_grad` decorates as `@torch.no_grad()` does."""

    def __new__(cls, function: Any = None) -> Any:
        self = object.__new__(cls)
        if function is None:
            return self
        self.__init__()  # type: ignore[misc]
        return self(function)

    def clone(self) -> Any:
        return type(self)()


class no_grad(_Plain):
    """A block (or decorated function) in which nothing is recorded."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, function: Any = None) -> None:
        super().__init__(False)


class enable_grad(_Plain):
    """A block (or decorated function) in which operations are recorded."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, function: Any = None) -> None:
        super().__init__(True)


class set_grad_enabled(ModeBlock):
    """Record, or do not, from now on; as a context manager, for a block."""

    __module__ = "torch.autograd.grad_mode"

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self.prev = MODE.grad
        self.mode = mode
        MODE.grad = bool(mode)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        MODE.grad = self.prev
        return super().__call__(function)

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        MODE.grad = self.prev

    def clone(self) -> set_grad_enabled:
        """A fresh one with the same setting."""
        return type(self)(self.mode)


class inference_mode(ModeBlock):
    """A block (or decorated function) whose tensors never meet the tape."""

    __module__ = "torch.autograd.grad_mode"

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if isinstance(mode, bool):
            return self
        self.__init__()  # type: ignore[misc]
        return self(mode)

    def __init__(self, mode: Any = True) -> None:
        self.mode = mode if isinstance(mode, bool) else True
        super().__init__(not self.mode, self.mode)

    def clone(self) -> inference_mode:
        """A fresh one with the same setting."""
        return type(self)(self.mode)


def is_grad_enabled() -> bool:
    """Whether operations are recorded now, in this thread."""
    return MODE.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on in this thread."""
    return MODE.inference


class set_detect_anomaly:
    """Raise where a backward function gives NaN (`check_nan`)."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = _engine.set_detect_anomaly(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _engine.set_detect_anomaly(self.prev)


class detect_anomaly:
    """A block in which a backward function that gives NaN raises."""

    def __init__(self, check_nan: bool = True) -> None:
        import warnings

        self.check_nan, self.prev = check_nan, False
        warnings.warn("Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
                      stacklevel=2)  # fmt: skip

    def __enter__(self) -> None:
        self.prev = _engine.set_detect_anomaly(self.check_nan)

    def __exit__(self, *exc: object) -> None:
        _engine.set_detect_anomaly(self.prev)


# --- gradients --------------------------------------------------------------------------------------------------------------


def _sequence(value: Any, length: int | None = None) -> list[Any]:
    if value is None:
        return [None] * (length or 0)
    return [value] if isinstance(value, Tensor) else list(value)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Gradients of `tensors` into the leaves' `grad`."""
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError("`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use "
                               "`grad_tensors`.")  # fmt: skip
        grad_tensors = grad_variables
    roots = _sequence(tensors)
    given = _sequence(grad_tensors, len(roots))
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    if inputs is not None:
        inputs = _sequence(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    warn_of_cycle(create_graph)
    _engine.backward(roots, given, retain_graph, create_graph, inputs)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, as a tuple."""
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    roots, wanted = _sequence(outputs), _sequence(inputs)
    given = _sequence(grad_outputs, len(roots))
    if len(given) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(given)} gradients")
    if is_grads_batched:
        first = next(g for g in given if g is not None)
        rows = [
            grad(roots, wanted, [None if g is None else g[i] for g in given], True, create_graph, True, allow_unused, False,
                 materialize_grads)
            for i in range(first.array.shape[0])
        ]  # fmt: skip
        from plait.torch.functions.joining import stack

        return tuple(None if column[0] is None else stack(list(column)) for column in zip(*rows, strict=True))
    got = _engine.grad(roots, wanted, given, retain_graph, create_graph, bool(allow_unused) or materialize_grads)
    if materialize_grads:
        got = tuple(Tensor.wrap(np.zeros_like(x.array)) if g is None else g for g, x in zip(got, wanted, strict=True))
    return got


# --- functions written by users ---------------------------------------------------------------------------------------------


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
            raise RuntimeError(FREED_MESSAGE)
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
            from plait.op import bump, rebase

            bump(out)
            if tracked:
                rebase(out, node, next(k for k, a in enumerate(args) if a is out))
            result = out
        elif any(out is a for a in args):
            result = make(Tensor, out.array, node if tracked else None, i)
            result.version = out.version
        else:
            result = (
                out
                if type(out) is Tensor and out.node is None and out.base is None
                else make(Tensor, out.array, None, i)
            )
            result.node, result.index, result.tracks = (node if tracked else None), i, tracked
        place[id(out)] = (i, tracked)
        results.append(result)
    node.outputs = len(outputs)
    saved: list[Any] = []
    for t in ctx.__dict__["_saved"]:
        if t is not None and id(t) in place and not any(t is a for a in args):
            saved.append((t.array, t.version, t.version[0] if t.version else 0, place[id(t)]))
        else:
            saved.append(
                (t, None if t is None else t.version, t.version[0] if t is not None and t.version else 0, None)
            )
    ctx.__dict__["_saved"] = ()

    def unpack() -> tuple[Any, ...]:
        got = []
        for kept, counter, version, where in saved:
            if counter is not None and counter[0] != version:
                from plait.op import changed_message

                array = kept if where is not None else kept.array
                raise RuntimeError(changed_message(array, counter[0], version, None if where is not None else kept))
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


# --- checks -----------------------------------------------------------------------------------------------------------------


class GradcheckError(RuntimeError):
    """Analytical and numerical gradients differ."""


def _numerical(function: Callable[[], Any], x: Any, eps: float) -> list[Any]:
    flat = x.array.reshape(-1)
    if not np.shares_memory(flat, x.array) and x.array.size:
        raise RuntimeError("gradcheck: inputs must be contiguous")
    columns: list[list[Any]] = []
    for i in range(flat.size):
        keep = flat[i]
        flat[i] = keep + eps
        above = [o.array.astype(np.float64).copy() for o in function()]
        flat[i] = keep - eps
        below = [o.array.astype(np.float64).copy() for o in function()]
        flat[i] = keep
        columns.append([(a - b) / (2 * eps) for a, b in zip(above, below, strict=True)])
    return columns


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare gradients with finite differences; float64 inputs are advised."""
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    tracked = [a for a in args if isinstance(a, Tensor) and a.requires_grad]
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True."
        )

    def outputs() -> list[Any]:
        got = func(*args)
        return [o for o in (got if isinstance(got, (tuple, list)) else (got,)) if isinstance(o, Tensor)]

    def plain() -> list[Any]:
        with no_grad():
            return outputs()

    try:
        with enable_grad():
            outs = outputs()
        differentiable = [k for k, o in enumerate(outs) if o.requires_grad]
        for number, x in enumerate(tracked):
            columns = _numerical(plain, x, eps)
            for k in range(len(outs)):
                numeric = np.array([c[k].reshape(-1) for c in columns]).reshape(x.array.size, outs[k].array.size)
                analytic = np.zeros_like(numeric)
                if k in differentiable:
                    for j in range(outs[k].array.size):
                        cot = np.zeros(outs[k].array.shape, outs[k].array.dtype)
                        cot.reshape(-1)[j] = 1
                        (g,) = grad(outs[k], [x], Tensor.wrap(cot), retain_graph=True, allow_unused=True)
                        if g is not None:
                            analytic[:, j] = g.array.reshape(-1)
                if not np.allclose(analytic, numeric, rtol=rtol, atol=atol, equal_nan=True):
                    raise GradcheckError(f"Jacobian mismatch for output {k} with respect to input {number},\n"
                                         f"numerical:{Tensor.wrap(numeric)!r}\nanalytical:{Tensor.wrap(analytic)!r}\n")  # fmt: skip
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradient itself."""
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    with enable_grad():
        got = func(*args)
    outs = [o for o in (got if isinstance(got, (tuple, list)) else (got,)) if isinstance(o, Tensor) and o.requires_grad]
    if grad_outputs is None:
        cots = []
        for o in outs:
            values = np.cos(np.arange(o.array.size) + 1.0).reshape(o.array.shape).astype(o.array.dtype)
            cots.append(Tensor.wrap(values).requires_grad_())
    else:
        cots = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
    count = len(args)

    def gradient(*everything: Any) -> Any:
        result = func(*everything[:count])
        outs = [
            o
            for o in (result if isinstance(result, (tuple, list)) else (result,))
            if isinstance(o, Tensor) and o.requires_grad
        ]
        tracked = [a for a in everything[:count] if isinstance(a, Tensor) and a.requires_grad]
        with enable_grad():
            got = grad(outs, tracked, list(everything[count:]), create_graph=True, allow_unused=True)
        return tuple(g for g in got if g is not None)

    def recorded(*everything: Any) -> Any:
        with enable_grad():
            return gradient(*everything)

    return gradcheck(
        recorded, (*args, *cots), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception, nondet_tol=nondet_tol
    )


class functional:
    """Jacobians and their like, by rows of reverse mode."""

    @staticmethod
    def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
                 strategy: str = "reverse-mode") -> Any:  # fmt: skip
        """d func / d inputs, shaped output + input."""
        from plait.torch.functions.joining import stack
        from plait.torch.functions.shaping import reshape

        single = isinstance(inputs, Tensor)
        args = [a.detach().requires_grad_() for a in ((inputs,) if single else inputs)] if not create_graph else list(
            (inputs,) if single else inputs)  # fmt: skip
        with enable_grad():
            out = func(*args)
        outs = out if isinstance(out, tuple) else (out,)
        table = []
        for o in outs:
            rows: list[list[Any]] = [[] for _ in args]
            for j in range(o.array.size):
                cot = np.zeros(o.array.shape, o.array.dtype)
                cot.reshape(-1)[j] = 1
                got = grad(o, args, Tensor.wrap(cot), retain_graph=True, create_graph=create_graph, allow_unused=True)
                for k, g in enumerate(got):
                    rows[k].append(Tensor.wrap(np.zeros_like(args[k].array)) if g is None else g)
            table.append(
                tuple(reshape(stack(r), (*o.array.shape, *a.array.shape)) for r, a in zip(rows, args, strict=True))
            )
        if isinstance(out, tuple):
            return tuple(row[0] if single else row for row in table)
        return table[0][0] if single else table[0]

    @staticmethod
    def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
                outer_jacobian_strategy: str = "reverse-mode") -> Any:  # fmt: skip
        """The second derivatives of a scalar function of one tensor (or of several)."""
        single = isinstance(inputs, Tensor)

        def first(*args: Any) -> Any:
            with enable_grad():
                got = grad(func(*args), args, create_graph=True, allow_unused=True, materialize_grads=True)
            return got[0] if single else got

        return functional.jacobian(first, inputs, create_graph=create_graph)
