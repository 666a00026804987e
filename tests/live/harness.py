"""Compare plait.torch with the installed PyTorch over PyTorch's own samples.

The installed framework carries a database of operators and one of modules: sample inputs, inputs that must raise,
the dtypes an operator takes. This file reads those databases from the installation, sends every sample through both
libraries and compares values, dtypes, shapes, gradients, second derivatives, in-place and method forms, ``out=``,
and the exceptions of bad inputs.

    python -m tests.live.harness add sum nn.functional.relu     # operators, by name
    python -m tests.live.harness --module Conv2d ReLU            # modules, by name
    python -m tests.live.harness --dtypes float32,int64 --max 20 -v add
"""

from __future__ import annotations

import argparse
import collections
import functools
import inspect
import sys
import time
import types
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

import plait.torch as pt
from plait import dtypes

DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool", "float16", "bfloat16")
TOLERANCE = {  # dtype: (rtol, atol), about what the framework allows between two of its own devices
    "float64": (1e-7, 1e-7),
    "float32": (1.3e-5, 1e-5),
    "float16": (2e-3, 1e-3),
    "bfloat16": (1.6e-2, 1e-2),
}
RANDOM_VALUES = {"empty", "empty_like", "new_empty", "empty_permuted", "empty_strided", "new_empty_strided"}


class Skip(Exception):
    """The sample is outside what plait covers (complex, sparse, quantized)."""


# ---------------------------------------------------------------------------------------------- conversion


def array_of(tensor: torch.Tensor, storages: dict[int, np.ndarray]) -> np.ndarray:
    """A tensor's values as an array with the same strides, over a copy of its whole storage (one copy for all its views)."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided or tensor.is_complex() or tensor.is_quantized:
        raise Skip("layout or dtype out of scope")
    if tensor.is_neg() or tensor.is_conj():
        tensor = tensor.resolve_neg()
    if tensor.ndim > 64:
        raise Skip("more dimensions than an array can have")
    dtype = dtypes.BFLOAT16 if tensor.dtype == torch.bfloat16 else np.dtype(str(tensor.dtype).split(".")[1])
    storage = tensor.untyped_storage()
    raw = storages.get(storage.data_ptr()) if storage.nbytes() else None
    if raw is None or raw.size < storage.nbytes():
        raw = torch.empty(0, dtype=torch.uint8).set_(storage).numpy().copy()
        storages[storage.data_ptr()] = raw
    flat = raw[: raw.size // dtype.itemsize * dtype.itemsize].view(dtype)[tensor.storage_offset() :]
    strides = tuple(s * dtype.itemsize for s in tensor.stride())
    if tensor.numel() == 0:
        return np.empty(tuple(tensor.shape), dtype)
    if flat.size < 1 + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True)):
        raise Skip("a tensor over less memory than it needs")
    if tensor.is_contiguous():
        return flat[: tensor.numel()].reshape(tuple(tensor.shape))
    return np.lib.stride_tricks.as_strided(flat, tuple(tensor.shape), strides)


def convert(value: Any, memo: dict[int, Any]) -> Any:
    """The plait twin of anything that a sample holds: tensors, dtypes, devices, functions, containers."""
    if isinstance(value, torch.Tensor):
        if id(value) not in memo:
            twin = pt.Tensor.wrap(array_of(value, memo.setdefault(-1, {})))
            if isinstance(value, torch.nn.Parameter):
                twin = pt.nn.Parameter(twin, requires_grad=value.requires_grad)
            elif value.requires_grad:
                twin.requires_grad_(True)
            memo[id(value)] = (twin, value)
        return memo[id(value)][0]
    if isinstance(value, torch.dtype):
        name = str(value).split(".")[1]
        if not hasattr(pt, name):
            raise Skip(f"dtype {name}")
        return getattr(pt, name)
    if isinstance(value, torch.Size):
        return pt.Size(value)
    if isinstance(value, torch.device):
        return pt.device(str(value))
    if isinstance(value, (torch.memory_format, torch.layout)):
        name = str(value).split(".")[1]
        if not hasattr(pt, name):
            raise Skip(name)
        return getattr(pt, name)
    if isinstance(value, torch.Generator):
        return pt.Generator().manual_seed(value.initial_seed())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(convert(v, memo) for v in value))
    if isinstance(value, (list, tuple)):
        return type(value)(convert(v, memo) for v in value)
    if isinstance(value, (dict, collections.OrderedDict)):
        return type(value)((k, convert(v, memo)) for k, v in value.items())
    if isinstance(value, slice):
        return slice(convert(value.start, memo), convert(value.stop, memo), convert(value.step, memo))
    if isinstance(value, torch.nn.Module):
        return getattr(pt.nn, type(value).__name__)()
    if callable(value):
        return twin_function(value)
    return value


def twin_function(function: Any) -> Any:
    """The same function over plait: looked up by name, or a wrapper rebuilt with ``torch`` meaning plait."""
    if function is None or (isinstance(function, type) and function.__module__ == "builtins"):
        return function
    if isinstance(function, functools.partial):
        return functools.partial(
            twin_function(function.func), *convert(function.args, {}), **convert(dict(function.keywords), {})
        )
    module = getattr(function, "__module__", "") or ""
    if isinstance(function, types.FunctionType) and (
        not module.startswith("torch") or module.startswith("torch.testing")
    ):
        scope = {k: _twin_global(v) for k, v in function.__globals__.items() if k in function.__code__.co_names}
        scope["__builtins__"] = __builtins__
        cells = tuple(types.CellType(_twin_global(c.cell_contents)) for c in function.__closure__ or ())
        defaults = convert(function.__defaults__, {}) if function.__defaults__ else None
        twin = types.FunctionType(function.__code__, scope, function.__name__, defaults, cells)
        if function.__kwdefaults__:
            twin.__kwdefaults__ = convert(dict(function.__kwdefaults__), {})
        return twin
    if module == "_operator" or module == "math" or (module == "builtins" and not hasattr(function, "__self__")):
        return function
    name = getattr(function, "__name__", str(function))
    owner = getattr(function, "__objclass__", None)
    if owner is not None or isinstance(function, types.MethodDescriptorType):
        return getattr(pt.Tensor, name)
    if module.startswith("torch.") and module != "torch.functional":
        target: Any = pt
        try:
            for part in module.split(".")[1:]:
                if not part.startswith("_"):
                    target = getattr(target, part)
            return getattr(target, name)
        except AttributeError:
            pass
    if hasattr(torch.nn.functional, name) and getattr(torch.nn.functional, name) is function:
        return getattr(pt.nn.functional, name)
    return getattr(pt, name)


def _twin_global(value: Any) -> Any:
    if value is torch:
        return pt
    if value is torch.nn.functional:
        return pt.nn.functional
    if value is torch.nn:
        return pt.nn
    if isinstance(value, (torch.Tensor, torch.dtype, torch.Size, torch.nn.Module, torch.device)):
        return convert(value, {})
    if getattr(value, "__name__", "") == "freeze_rng_state":
        return pt.random.fork_rng
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, functools.partial)):
        return twin_function(value)
    if isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in value):
        return convert(value, {})
    return value


def op_twin(info: Any) -> Any:
    """plait's function for a row of the operators' database."""
    function = info.op
    if isinstance(function, (types.FunctionType, functools.partial)) and (
        isinstance(function, functools.partial) or function.__module__.startswith("torch.testing")
    ):
        return twin_function(function)
    if isinstance(function, (types.MethodDescriptorType, types.WrapperDescriptorType)):
        return getattr(pt.Tensor, function.__name__)
    target: Any = pt.Tensor if info.name.startswith("__") else pt
    for part in info.name.split("."):
        target = getattr(target, part)
    return target


# ---------------------------------------------------------------------------------------------- comparison


def flatten(value: Any) -> list[Any]:
    """Outputs as a flat list, whatever they are nested in."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flatten(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flatten(item)]
    return [value]


def to_numpy64(value: Any) -> np.ndarray:
    """Values of a tensor of either library, bfloat16 widened."""
    if isinstance(value, pt.Tensor):
        array = dtypes.cast(value.array, dtypes.F32) if value.array.dtype == dtypes.BFLOAT16 else value.array
    else:
        value = value.detach()
        array = (value.float() if value.dtype == torch.bfloat16 else value).numpy(force=True)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def difference(want: Any, got: Any, exact_dtype: bool = True, values: bool = True, loose: float = 1.0) -> str | None:
    """What differs between an output of PyTorch and plait's; None when nothing does."""
    if isinstance(want, torch.Tensor) != isinstance(got, pt.Tensor):
        return f"type: want {type(want).__name__} got {type(got).__name__}"
    if not isinstance(want, torch.Tensor):
        if isinstance(want, float) and want != want:
            return None if got != got else f"value: want nan got {got!r}"
        if isinstance(want, float) and isinstance(got, float):
            return None if np.isclose(want, got, 1e-5, 1e-7) else f"value: want {want!r} got {got!r}"
        if isinstance(want, (torch.dtype, torch.device, torch.Size)) or want is None:
            return None if str(want) == str(got) else f"value: want {want} got {got}"
        if isinstance(want, (int, bool, str)):
            return None if want == got and type(want) is type(got) else f"value: want {want!r} got {got!r}"
        return None
    if want.layout != torch.strided or want.is_complex():
        raise Skip("output out of scope")
    if tuple(want.shape) != tuple(got.shape):
        return f"shape: want {tuple(want.shape)} got {tuple(got.shape)}"
    if exact_dtype and str(want.dtype) != str(got.dtype):
        return f"dtype: want {want.dtype} got {got.dtype}"
    if not values:
        return None
    left, right = to_numpy64(want), to_numpy64(got)
    if left.dtype.kind != "f" or right.dtype.kind != "f":
        return None if np.array_equal(left, right) else "values (exact)"
    rtol, atol = TOLERANCE.get(str(want.dtype).split(".")[1], (1e-5, 1e-5))
    close = np.isclose(left, right, rtol * loose, atol * loose, equal_nan=True)
    if not close.all():
        with np.errstate(all="ignore"):
            worst = np.nanmax(np.abs(left - right)[~close]) if (~close).any() else 0
        return f"values: {int((~close).sum())} of {close.size} off, by up to {worst:.2g}"
    return None


def tensors_in(value: Any, kind: type) -> Iterator[Any]:
    """Every tensor inside nested containers, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item, kind)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item, kind)


def compare_trees(want: Any, got: Any, **options: Any) -> str | None:
    """The first difference between two nested outputs."""
    left, right = flatten(want), flatten(got)
    if len(left) != len(right):
        return f"outputs: want {len(left)} got {len(right)}"
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        found = difference(a, b, **options)
        if found:
            return f"out[{number}] {found}" if len(left) > 1 else found
    return None


def brief(error: BaseException) -> str:
    """One line naming an exception."""
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text[:160]}"


class Report:
    """Counts per check of one operator or module, and what failed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.passed: collections.Counter[str] = collections.Counter()
        self.total: collections.Counter[str] = collections.Counter()
        self.failures: collections.Counter[str] = collections.Counter()
        self.example: dict[str, str] = {}

    def add(self, check: str, problem: str | None, example: Any = "") -> None:
        """Count one comparison."""
        self.total[check] += 1
        if problem is None:
            self.passed[check] += 1
        else:
            key = f"{check}: {problem}"
            self.failures[key] += 1
            self.example.setdefault(key, example() if callable(example) else str(example))

    @property
    def rate(self) -> float:
        """Passed over tried, the wording of messages left out."""
        total = sum(v for k, v in self.total.items() if k not in ("words", "node"))
        passed = sum(v for k, v in self.passed.items() if k not in ("words", "node"))
        return passed / total if total else 1.0

    def line(self) -> str:
        """One line: `name rate check:passed/total …`."""
        parts = [f"{k}:{self.passed[k]}/{self.total[k]}" for k in self.total]
        return f"{'ok  ' if self.rate == 1 else 'FAIL'} {self.name:32s} {100 * self.rate:6.2f}%  " + " ".join(parts)

    def details(self, limit: int = 6, examples: bool = False) -> str:
        """The most frequent failures."""
        lines = []
        for key, count in self.failures.most_common(limit):
            lines.append(f"      {count:4d} × {key}")
            if examples:
                lines.append(f"             e.g. {self.example[key]}")
        return "\n".join(lines)


def describe(value: Any) -> str:
    """A short picture of a sample's arguments."""
    if isinstance(value, torch.Tensor):
        grad = "!" if value.requires_grad else ""
        strided = "" if value.is_contiguous() else "~"
        return f"{str(value.dtype)[6:]}{list(value.shape)}{strided}{grad}"
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(describe(v) for v in value) + ")"
    if isinstance(value, dict):
        return ", ".join(f"{k}={describe(v)}" for k, v in value.items())
    return repr(value)[:60]


# ---------------------------------------------------------------------------------------------- one call, both sides


def attempt(function: Any, *args: Any, **kwargs: Any) -> tuple[Any, BaseException | None]:
    """(result, None) or (None, exception)."""
    try:
        return function(*args, **kwargs), None
    except Skip:
        raise
    except Exception as error:  # any exception is an outcome to compare
        return None, error


def cotangent(tensor: torch.Tensor, state: np.random.RandomState) -> np.ndarray:
    """A fixed random direction for a tensor's gradient."""
    return np.asarray(state.standard_normal(tuple(tensor.shape)))


def differentiable(outputs: Any, kind: type) -> list[Any]:
    """Outputs that take part in autograd."""
    return [o for o in tensors_in(outputs, kind) if o.requires_grad]


def compare_gradients(
    report: Report, want: Any, got: Any, xs: list[Any], ys: list[Any], example: Any, second: bool
) -> None:
    """First and second derivatives of outputs `want`/`got` by inputs `xs`/`ys`."""
    left, right = differentiable(want, torch.Tensor), differentiable(got, pt.Tensor)
    if len(left) != len(right):
        report.add("grad", f"differentiable outputs: want {len(left)} got {len(right)}", example)
        return
    if not left or not xs:
        return
    state = np.random.RandomState(0)
    seeds = [cotangent(o, state) for o in left]
    vs = [torch.tensor(s, dtype=o.dtype, requires_grad=second) for s, o in zip(seeds, left, strict=False)]
    ws = [convert(v.detach(), {}).requires_grad_(second) for v in vs]
    first, error = attempt(torch.autograd.grad, left, xs, vs, create_graph=second, allow_unused=True, retain_graph=True)
    mine, mistake = attempt(pt.autograd.grad, right, ys, ws, create_graph=second, allow_unused=True, retain_graph=True)
    if error or mistake:
        problem = (
            None
            if error and type(error) is type(mistake)
            else f"want {error and brief(error)} got {mistake and brief(mistake)}"
        )
        report.add("grad", problem, example)
        return
    problem = compare_trees(list(first), list(mine), loose=5)
    report.add("grad", problem, example)
    if problem or not second:
        return
    left = [g for g in first if g is not None and g.requires_grad]
    right = [g for g in mine if g is not None and g.requires_grad]
    if len(left) != len(right):
        tracked = [
            (g is not None and g.requires_grad, h is not None and h.requires_grad)
            for g, h in zip(first, mine, strict=False)
        ]
        if all(b or not a for a, b in tracked):
            pairs = [(g, h) for (g, h), (a, _) in zip(zip(first, mine, strict=False), tracked, strict=False) if a]
            left, right = [p[0] for p in pairs], [p[1] for p in pairs]
        else:
            report.add("grad2", f"differentiable gradients: want {len(left)} got {len(right)}", example)
            return
    if not left:
        return
    seeds = [cotangent(o, state) for o in left]
    us = [torch.tensor(s, dtype=o.dtype) for s, o in zip(seeds, left, strict=False)]
    ts = [convert(u, {}) for u in us]
    want2, error = attempt(torch.autograd.grad, left, xs + vs, us, allow_unused=True)
    got2, mistake = attempt(pt.autograd.grad, right, ys + ws, ts, allow_unused=True)
    if error is not None:
        return
    if mistake is not None:
        report.add("grad2", f"got {brief(mistake)}", example)
        return
    report.add("grad2", compare_trees(_zeros(want2, xs + vs), _zeros_twin(got2, ys + ws), loose=20), example)


def _zeros(grads: Any, inputs: Any) -> list[Any]:
    return [torch.zeros_like(x) if g is None else g.detach() for g, x in zip(grads, inputs, strict=False)]


def _zeros_twin(grads: Any, inputs: Any) -> list[Any]:
    return [pt.zeros_like(x.detach()) if g is None else g.detach() for g, x in zip(grads, inputs, strict=False)]


def _compare_nodes(report: Report, want: Any, got: Any, example: Any) -> None:
    """The names of the outputs' nodes, which printing shows."""
    for a, b in zip(flatten(want), flatten(got), strict=True):
        if isinstance(a, torch.Tensor) and a.grad_fn is not None and b.grad_fn is not None:
            names = a.grad_fn.name(), b.grad_fn.name()
            report.add("node", None if names[0] == names[1] else f"want {names[0]} got {names[1]}", example)


def compare_call(
    report: Report,
    check: str,
    real: Any,
    twin: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    values: bool = True,
    grads: bool = False,
    second: bool = False,
    post: Any = None,
    example: Any = "",
) -> tuple[Any, Any]:
    """Run one call through both libraries and count the comparison."""  # fmt: skip
    memo: dict[int, Any] = {}
    mine_args, mine_kwargs = convert(args, memo), convert(kwargs, memo)
    xs = [v for v in {id(t): t for t in tensors_in([args, kwargs], torch.Tensor)}.values() if v.requires_grad]
    ys = [memo[id(x)][0] for x in xs]
    torch.manual_seed(0)
    want, error = attempt(real, *args, **kwargs)
    pt.manual_seed(0)
    got, mistake = attempt(twin, *mine_args, **mine_kwargs)
    if error is not None:
        same = mistake is not None and type(error).__name__ == type(mistake).__name__
        report.add(check, None if same else f"want {brief(error)} got {mistake and brief(mistake)}", example)
        return None, None
    if mistake is not None:
        report.add(check, f"got {brief(mistake)}", example)
        return want, None
    problem = compare_trees(want, got, values=values)
    report.add(check, problem, example)
    if check == "f" and problem is None:
        _compare_nodes(report, want, got, example)
    if grads and problem is None:
        if post is not None:
            want, got = post(want), twin_function(post)(got)
        compare_gradients(report, want, got, xs, ys, example, second)
    return want, got


# ---------------------------------------------------------------------------------------------- operators


def find_ops(name: str) -> list[Any]:
    """Rows of the operators' database with this name (all variants), or whose alias it is."""
    from torch.testing._internal.common_methods_invocations import op_db

    rows = [o for o in op_db if name in (o.name, f"{o.name}.{o.variant_test_name}")]
    return rows or [o for o in op_db if name in [a.name for a in o.aliases]]


def run_op(
    info: Any, dtypes: Iterable[str] = DTYPES, limit: int | None = None, second: bool = True, forms: bool = True
) -> Report:
    """Every comparison for one row of the operators' database."""
    name = info.name + (f".{info.variant_test_name}" if info.variant_test_name else "")
    report = Report(name)
    try:
        twin = op_twin(info)
    except AttributeError as error:
        report.add("name", brief(error))
        return report
    values = info.name not in RANDOM_VALUES
    for dtype_name in dtypes:
        dtype = getattr(torch, dtype_name)
        if dtype in info.supported_dtypes("cpu"):
            _run_op_dtype(report, info, twin, dtype, values, limit, second, forms)
    _run_op_errors(report, info, twin)
    return report


def _run_op_dtype(
    report: Report, info: Any, twin: Any, dtype: Any, values: bool, limit: int | None, second: bool, forms: bool
) -> None:
    grads = (
        info.supports_autograd
        and dtype in (torch.float32, torch.float64)
        and dtype in info.supported_backward_dtypes("cpu")
    )
    kind = str(dtype)[6:]
    torch.manual_seed(1234)
    try:
        samples = list(info.sample_inputs("cpu", dtype, requires_grad=grads))
    except Exception:  # a row that cannot make samples of this dtype has nothing to compare
        return
    for number, sample in enumerate(samples[:limit]):
        args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)

        def example(number: int = number, args: Any = args, kwargs: Any = kwargs) -> str:
            return f"[{kind} #{number}] {describe(args)} {describe(kwargs)}"

        try:
            second_here = second and info.supports_gradgrad and dtype == torch.float64
            compare_call(
                report, "f", info.op, twin, args, kwargs, values=values, grads=grads, second=second_here,
                post=sample.output_process_fn_grad, example=example,
            )  # fmt: skip
            if forms:
                _run_forms(report, info, twin, sample, dtype, values, grads, example)
        except Skip:
            continue


def _run_forms(
    report: Report, info: Any, twin: Any, sample: Any, dtype: Any, values: bool, grads: bool, example: Any
) -> None:
    args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
    forms: list[tuple[str, Any]] = []
    if info.method_variant is not None and isinstance(sample.input, torch.Tensor):
        forms.append(("method", info.method_variant))
    if info.operator_variant is not None and not kwargs:
        forms.append(("operator", info.operator_variant))
    for check, function in forms:
        if isinstance(function, types.FunctionType) and function.__module__.startswith("torch.testing"):
            continue
        name = getattr(function, "__name__", "")
        mine = function if check == "operator" else getattr(pt.Tensor, name, None)
        if mine is None:
            report.add(check, f"missing Tensor.{name}")
            continue
        compare_call(report, check, function, mine, args, kwargs, values=values, example=example)
    if info.inplace_variant is not None and isinstance(sample.input, torch.Tensor) and not sample.broadcasts_input:
        name = getattr(info.inplace_variant, "__name__", "")
        real = getattr(torch.Tensor, name, None)
        if real is None:
            return
        mine = getattr(pt.Tensor, name, None)
        if mine is None:
            report.add("inplace", f"missing Tensor.{name}")
            return

        def real_form(x: Any, *a: Any, **k: Any) -> Any:
            return real(x.clone(), *a, **k)

        def twin_form(x: Any, *a: Any, **k: Any) -> Any:
            y = x.clone()
            z = mine(y, *a, **k)
            assert z is y, "the in-place form must return its tensor"
            return z

        compare_call(
            report, "inplace", real_form, twin_form, args, kwargs, values=values, grads=grads, example=example,
            post=sample.output_process_fn_grad,
        )  # fmt: skip
    if info.supports_out and dtype == torch.float32:
        _run_out(report, info, twin, args, kwargs, values, example)


def _run_out(report: Report, info: Any, twin: Any, args: Any, kwargs: Any, values: bool, example: Any) -> None:
    detached = torch.utils._pytree.tree_map(lambda t: t.detach() if isinstance(t, torch.Tensor) else t, (args, kwargs))
    torch.manual_seed(0)
    want, error = attempt(info.op, *detached[0], **detached[1])
    if error is not None or not all(isinstance(w, torch.Tensor) for w in flatten(want)) or not flatten(want):
        return
    for shape_of in (lambda t: t.shape, lambda t: (0,)):
        outs = [torch.empty(shape_of(t), dtype=t.dtype) for t in flatten(want)]
        real_out: Any = outs[0] if isinstance(want, torch.Tensor) else tuple(outs)
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if attempt(info.op, *detached[0], out=real_out, **detached[1])[1] is not None:
                return
            memo: dict[int, Any] = {}
            a, k = convert(detached[0], memo), convert(detached[1], memo)
            spare = [pt.empty(tuple(shape_of(t)), dtype=convert(t.dtype, {})) for t in flatten(want)]
            mine_out: Any = spare[0] if isinstance(want, torch.Tensor) else tuple(spare)
            pt.manual_seed(0)
            got, mistake = attempt(twin, *a, out=mine_out, **k)
        if mistake is not None:
            report.add("out", f"got {brief(mistake)}", example)
            return
        problem = compare_trees(list(outs), list(spare), values=values)
        if problem is None and any(g is not s for g, s in zip(flatten(got), spare, strict=False)):
            problem = "the result is not out"
        report.add("out", problem, example)


def _run_op_errors(report: Report, info: Any, twin: Any) -> None:
    if info.error_inputs_func is None:
        return
    try:
        errors = list(info.error_inputs("cpu"))
    except Exception:  # a row whose error inputs need another device has nothing to compare
        return
    for case in errors:
        sample = case.sample_input
        args, kwargs = (sample.input, *sample.args), dict(sample.kwargs)
        try:
            _compare_error(report, info.op, twin, args, kwargs)
        except Skip:
            continue


def _compare_error(report: Report, real: Any, twin: Any, args: Any, kwargs: Any) -> None:
    memo: dict[int, Any] = {}
    mine_args, mine_kwargs = convert(args, memo), convert(kwargs, memo)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, error = attempt(real, *args, **kwargs)
        if error is None:
            return
        _, mistake = attempt(twin, *mine_args, **mine_kwargs)

    def example() -> str:
        return f"{describe(args)} {describe(kwargs)}"

    if mistake is None:
        report.add("error", f"want {brief(error)} got a result", example)
    elif type(error).__name__ != type(mistake).__name__:
        report.add("error", f"want {brief(error)} got {brief(mistake)}", example)
    else:
        report.add("error", None)
        same = brief(error) == brief(mistake)
        report.add("words", None if same else f"want {brief(error)} got {brief(mistake)}", example)


# ---------------------------------------------------------------------------------------------- modules


def find_modules(name: str) -> list[Any]:
    """Rows of the modules' database for a class name."""
    from torch.testing._internal.common_modules import module_db

    return [m for m in module_db if m.module_cls.__name__ == name]


def run_module(info: Any, dtypes: Iterable[str] = ("float32", "float64"), limit: int | None = None) -> Report:
    """Constructor, initial weights, state keys, repr, forward, backward and errors of one module."""
    cls = info.module_cls
    report = Report(cls.__name__)
    twin_cls = getattr(pt.nn, cls.__name__, None)
    if twin_cls is None:
        report.add("name", "missing")
        return report
    for dtype_name in dtypes:
        dtype = getattr(torch, dtype_name)
        if dtype not in info.dtypes and dtype not in getattr(info, "dtypesIf", {}).get("cpu", ()):
            continue
        for training in (True, False):
            torch.manual_seed(1234)
            inputs = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training)
            for number, case in enumerate(list(inputs)[:limit]):
                try:
                    _run_module_case(report, cls, twin_cls, case, dtype_name, training, number)
                except Skip:
                    continue
    if info.module_error_inputs_func is not None:
        _run_module_errors(report, info, twin_cls)
    return report


def _run_module_case(
    report: Report, cls: Any, twin_cls: Any, case: Any, dtype: str, training: bool, number: int
) -> None:
    given, fed = case.constructor_input, case.forward_input

    def example() -> str:
        return f"[{dtype} {'train' if training else 'eval'} #{number}] {describe(given.args)} {describe(given.kwargs)} <- {describe(fed.args if fed else ())}"

    takes = inspect.signature(cls.__init__).parameters
    extra = {"dtype": getattr(torch, dtype)} if "dtype" in takes else {}
    torch.manual_seed(0)
    real, error = attempt(cls, *given.args, **given.kwargs, **extra)
    pt.manual_seed(0)
    mine, mistake = attempt(twin_cls, *convert(given.args, {}), **convert(dict(given.kwargs), {}), **convert(extra, {}))
    if error is not None:
        report.add("init", None if type(error) is type(mistake) else f"want {brief(error)} got {mistake}", example)
        return
    if mistake is not None:
        report.add("init", f"got {brief(mistake)}", example)
        return
    if not extra:
        real.to(getattr(torch, dtype))
        mine.to(convert(getattr(torch, dtype), {}))
    real.train(training)
    mine.train(training)
    want, got = real.state_dict(), mine.state_dict()
    problem = None if list(want) == list(got) else f"keys: want {list(want)} got {list(got)}"
    if problem is None and "Lazy" not in cls.__name__:
        problem = compare_trees(list(want.values()), list(got.values()))
    report.add("state", problem, example)
    report.add("repr", None if repr(real) == repr(mine) else f"want {real!r} got {mine!r}"[:300], example)
    if fed is None:
        return
    if "Lazy" not in cls.__name__:
        loaded = collections.OrderedDict((k, convert(v, {})) for k, v in want.items())
        attempt(mine.load_state_dict, loaded)
    memo: dict[int, Any] = {}
    args, kwargs = convert(fed.args, memo), convert(dict(fed.kwargs), memo)
    torch.manual_seed(0)
    want, error = attempt(real, *fed.args, **fed.kwargs)
    pt.manual_seed(0)
    got, mistake = attempt(mine, *args, **kwargs)
    if error is not None or mistake is not None:
        same = error is not None and type(error).__name__ == type(mistake).__name__
        report.add("f", None if same else f"want {error and brief(error)} got {mistake and brief(mistake)}", example)
        return
    problem = compare_trees(want, got, loose=3)
    report.add("f", problem, example)
    xs = [t for t in tensors_in([fed.args, fed.kwargs], torch.Tensor) if t.requires_grad]
    ys = [memo[id(x)][0] for x in xs]
    xs += [p for p in real.parameters() if p.requires_grad]
    ys += [p for p in mine.parameters() if p.requires_grad]
    if problem is None and len(xs) == len(ys):
        compare_gradients(report, want, got, xs, ys, example, dtype == "float64")
    report.add(
        "after", compare_trees(list(real.state_dict().values()), list(mine.state_dict().values()), loose=3), example
    )
    report.add("repr", None if repr(real) == repr(mine) else f"want {real!r} got {mine!r}"[:300], example)


def _run_module_errors(report: Report, info: Any, twin_cls: Any) -> None:
    for training in (True, False):
        cases = info.module_error_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=False, training=training
        )
        for case in cases:
            given, fed = case.module_error_input.constructor_input, case.module_error_input.forward_input
            try:
                real, error = attempt(info.module_cls, *given.args, **given.kwargs)
                mine, mistake = attempt(twin_cls, *convert(given.args, {}), **convert(dict(given.kwargs), {}))
                if error is not None:
                    same = type(error).__name__ == type(mistake).__name__
                    report.add("error", None if same else f"want {brief(error)} got {mistake and brief(mistake)}")
                    if same:
                        words = brief(error) == brief(mistake)
                        report.add("words", None if words else f"want {brief(error)} got {brief(mistake)}")
                elif mistake is not None:
                    report.add("error", f"got {brief(mistake)}")
                elif fed is not None:
                    _compare_error(report, real, mine, fed.args, dict(fed.kwargs))
            except Skip:
                continue


# ---------------------------------------------------------------------------------------------- command line


def main(argv: list[str] | None = None) -> int:
    """Print a line per operator or module; the exit status says whether all passed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--module", action="store_true", help="names are classes of torch.nn")
    parser.add_argument("--dtypes", default="")
    parser.add_argument("--max", type=int, default=None, help="samples per dtype")
    parser.add_argument("--no-second", action="store_true", help="leave second derivatives out")
    parser.add_argument("--no-forms", action="store_true", help="leave methods, operators, in-place and out= out")
    parser.add_argument("-v", "--verbose", action="store_true", help="an example for each failure")
    parser.add_argument("-q", "--quiet", action="store_true", help="failing names only")
    parser.add_argument("-n", type=int, default=6, help="failures shown per name")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    reports = []
    for name in options.names:
        rows = find_modules(name) if options.module else find_ops(name)
        if not rows:
            print(f"none {name}: not in the installed database")
        for row in rows:
            start = time.perf_counter()
            if options.module:
                dtypes = options.dtypes.split(",") if options.dtypes else ("float32", "float64")
                report = run_module(row, dtypes, options.max)
            else:
                dtypes = options.dtypes.split(",") if options.dtypes else DTYPES
                report = run_op(row, dtypes, options.max, not options.no_second, not options.no_forms)
            reports.append(report)
            if report.failures or not options.quiet:
                print(report.line(), f"{time.perf_counter() - start:.1f}s")
                if report.failures:
                    print(report.details(options.n, options.verbose), flush=True)
    total = sum(sum(r.total.values()) for r in reports)
    passed = sum(sum(r.passed.values()) for r in reports)
    whole = sum(r.rate == 1 for r in reports)
    print(f"{whole} of {len(reports)} names without a failure; {passed} of {total} comparisons agree")
    return 0 if whole == len(reports) else 1


if __name__ == "__main__":
    sys.exit(main())
