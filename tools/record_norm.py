"""Record what PyTorch computes for norms, resampling, padding and folding: tests/golden/norm/cases.json and arrays.npz.

    python tools/record_norm.py        # needs the installed framework; tests/test_golden_norm.py reads the files without it

A case names a function of torch.nn.functional or a module of torch.nn, its arguments (arrays by number), and holds the results, the
gradients for a cotangent of cosines, buffers after the call, or the exception that it raises.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import warnings
from typing import Any

import numpy as np
import torch

OUT = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "norm"
arrays: list[np.ndarray] = []
cases: list[dict[str, Any]] = []
rng = np.random.default_rng(20260713)


class A:
    """An array argument; `grad`: its gradient is recorded."""

    def __init__(self, *shape: int, dtype: str = "float32", grad: bool = True, low: float | None = None) -> None:
        values = rng.standard_normal(shape)
        if low is not None:
            values = low + rng.random(shape)
        if dtype in ("uint8", "int64"):
            values = rng.integers(0, 200, shape)
        self.value, self.grad = values.astype(dtype), grad and dtype.startswith("float")


def keep(value: np.ndarray) -> int:
    arrays.append(np.array(value, order="C"))
    return len(arrays) - 1


def as_json(value: Any, tensors: list[Any]) -> Any:
    if isinstance(value, A):
        number = keep(value.value)
        tensors.append((number, torch.from_numpy(value.value.copy()).requires_grad_(value.grad)))
        return {"array": number, "grad": value.grad}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [as_json(v, tensors) for v in value]}
    return value


def revive(value: Any, tensors: dict[int, Any]) -> Any:
    if isinstance(value, dict):
        if "array" in value:
            return tensors[value["array"]]
        kind = "tuple" if "tuple" in value else "list"
        found = [revive(v, tensors) for v in value[kind]]
        return tuple(found) if kind == "tuple" else found
    return value


def case(
    name: str,
    *args: Any,
    init: tuple[Any, ...] = (),
    settings: dict[str, Any] | None = None,
    evaluate: bool = False,
    **kwargs: Any,
) -> None:
    """One call: `name` is nn.X (made with init and settings, then called) or F.x."""
    tensors: list[Any] = []
    row: dict[str, Any] = {"call": name, "args": [as_json(a, tensors) for a in args],
                           "kwargs": {k: as_json(v, tensors) for k, v in kwargs.items()}}  # fmt: skip
    by_number = dict(tensors)
    real_args = [revive(a, by_number) for a in row["args"]]
    real_kwargs = {k: revive(v, by_number) for k, v in row["kwargs"].items()}
    module = None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            if name.startswith("nn."):
                row["init"], row["evaluate"] = as_json(tuple(init), []), evaluate
                row["settings"] = {k: as_json(v, []) for k, v in (settings or {}).items()}
                module = getattr(torch.nn, name[3:])(*init, **(settings or {}))
                row["repr"] = repr(module)
                row["state"] = {}
                with torch.no_grad():
                    for key, value in module.state_dict().items():
                        if value.is_floating_point():
                            value.copy_(torch.from_numpy(rng.random(tuple(value.shape)).astype(np.float32) + 0.5))
                        row["state"][key] = keep(value.numpy().copy())
                module.train(not evaluate)
                out = module(*real_args, **real_kwargs)
            else:
                out = getattr(torch.nn.functional, name[2:])(*real_args, **real_kwargs)
        except Exception as problem:  # whatever upstream raises is the record
            row["error"] = [type(problem).__name__, str(problem).split("\n")[0]]
            cases.append(row)
            return
    row["warned"] = sorted({w.category.__name__ for w in warned})
    row["out"] = keep(out.detach().numpy().copy())
    row["grad_fn"] = type(out.grad_fn).__name__ if out.grad_fn is not None else None
    leaves = [(n, t) for n, t in tensors if t.requires_grad]
    if out.requires_grad:
        weights = torch.cos(torch.arange(out.numel(), dtype=out.dtype) + 1).reshape(out.shape)
        (out * weights).sum().backward()
        row["grads"] = {str(n): keep(t.grad.numpy().copy()) for n, t in leaves if t.grad is not None}
        if module is not None:
            row["param_grads"] = {
                k: keep(p.grad.numpy().copy()) for k, p in module.named_parameters() if p.grad is not None
            }
    if module is not None:
        row["after"] = {k: keep(b.numpy().copy()) for k, b in module.named_buffers()}
    cases.append(row)


def norms() -> None:
    """Batch, instance, layer, group, RMS and local response norms."""
    shapes = {1: [(4, 3), (2, 3, 5)], 2: [(2, 3, 4, 5), (3, 3, 1, 7)], 3: [(2, 3, 2, 3, 4)]}
    for dims, found in shapes.items():
        for shape, evaluate in itertools.product(found, (False, True)):
            case(f"nn.BatchNorm{dims}d", A(*shape), init=(3,), evaluate=evaluate)
            case(f"nn.BatchNorm{dims}d", A(*shape), init=(3, 1e-3, None), settings={"affine": False}, evaluate=evaluate)
            case(
                f"nn.BatchNorm{dims}d",
                A(*shape),
                init=(3, 1e-5, 0.3, True, False),
                settings={"bias": False},
                evaluate=evaluate,
            )
            if len(shape) > 2:
                case(f"nn.InstanceNorm{dims}d", A(*shape), init=(3,), evaluate=evaluate)
                case(f"nn.InstanceNorm{dims}d", A(*shape), init=(3, 1e-3, 0.3, True, True), evaluate=evaluate)
                case(f"nn.InstanceNorm{dims}d", A(*shape[1:]), init=(3, 1e-5, 0.1, True), evaluate=evaluate)
    for wrong in ((2, 4, 5), (3,), (1, 3)):
        case("nn.BatchNorm1d", A(*wrong), init=(3,))
        case("nn.InstanceNorm1d", A(*wrong), init=(3,), settings={"affine": True})
    case("nn.BatchNorm2d", A(2, 3, 4), init=(3,))
    case("nn.BatchNorm2d", A(0, 3, 4, 4), init=(3,))
    for shape, dims in (((4, 6), (6,)), ((2, 3, 4), (3, 4)), ((2, 3, 4, 5), (5,)), ((0, 4), (4,))):
        case("nn.LayerNorm", A(*shape), init=(dims,))
        case("nn.LayerNorm", A(*shape), init=(dims, 1e-3, True, False))
        case("nn.LayerNorm", A(*shape), init=(list(dims),), settings={"elementwise_affine": False})
        case("nn.RMSNorm", A(*shape), init=(dims,))
        case("nn.RMSNorm", A(*shape), init=(dims, 1e-3, False))
    case("nn.LayerNorm", A(2, 3), init=(4,))
    case("nn.RMSNorm", A(2, 3), init=(4,))
    for shape, groups in (((2, 6, 5), 3), ((2, 4, 3, 3), 2), ((3, 6), 2), ((2, 4, 2, 3, 2), 4)):
        case("nn.GroupNorm", A(*shape), init=(groups, shape[1]))
        case("nn.GroupNorm", A(*shape), init=(groups, shape[1], 1e-3, False))
    case("nn.GroupNorm", A(2, 4, 3), init=(3, 4))
    case("nn.GroupNorm", A(2, 3, 3), init=(2, 4))
    case("F.group_norm", A(1, 3, 1), 3)
    for shape in ((2, 5, 3), (2, 7, 3, 4), (1, 4, 2, 3, 2)):
        case("nn.LocalResponseNorm", A(*shape), init=(2,))
        case("nn.LocalResponseNorm", A(*shape), init=(3, 0.1, 0.5, 2.0))
        case("F.normalize", A(*shape))
        case("F.normalize", A(*shape), p=1.0, dim=-1)
        case("F.normalize", A(*shape), p=3.0, dim=0, eps=1e-2)
    case("F.local_response_norm", A(2, 3), 2)
    mean, var = A(3, grad=False), A(3, grad=False, low=0.5)
    for eps in (0.0, -1.0):
        case("F.batch_norm", A(2, 3), mean, var, training=True, eps=eps)
    case("F.batch_norm", A(2, 3), None, None)
    case("F.batch_norm", A(2, 3), mean, var, A(4))
    case("F.instance_norm", A(2, 3, 1))
    case("F.layer_norm", A(2, 3), (3,), A(2))
    case("F.group_norm", A(2, 3), 2)


def pads() -> None:
    """Every padding module, negative widths, errors."""
    shapes = {1: (2, 3, 5), 2: (2, 2, 4, 5), 3: (1, 2, 3, 4, 5)}
    widths = {
        1: [(1, 2), (-1, 2), 1],
        2: [(1, 2, 0, 3), (2, -1, 1, 1), 2],
        3: [(1, 0, 2, 1, 1, 2), (-1, 1, 1, 0, 0, 1), 1],
    }
    for dims, shape in shapes.items():
        for name, width in itertools.product(("Reflection", "Replication", "Circular", "Zero"), widths[dims]):
            case(f"nn.{name}Pad{dims}d", A(*shape), init=(width,))
            case(f"nn.{name}Pad{dims}d", A(*shape[1:]), init=(width,))
        for width in widths[dims]:
            case(f"nn.ConstantPad{dims}d", A(*shape), init=(width, 1.5))
        for name in ("Reflection", "Replication", "Circular"):
            case(f"nn.{name}Pad{dims}d", A(*shape), init=(9,))
            case(f"nn.{name}Pad{dims}d", A(*shape), init=(-3,))
            case(f"nn.{name}Pad{dims}d", A(3), init=(1,))
            case(f"nn.{name}Pad{dims}d", A(0, *shape[1:]), init=(1,))
    case("F.pad", A(2, 3, dtype="int64"), (1, 1), value=7)
    case("F.pad", A(2, 3), (1, 1, 1, 1, 1, 1))
    case("F.pad", A(2, 3), (1,))
    case("F.pad", A(2, 3), (1, 1), "reflect", 1.0)
    case("F.pad", A(2, 3), (1, 1), "mirror")
    case("F.pad", A(2, 3, 2, 2, 2), (1, 0, 0, 1, 1, 1, 2, -1, 1, 1), value=2.0)


def resampling() -> None:
    """Interpolation, grids, shuffles, windows."""
    shapes = {1: (2, 3, 5), 2: (1, 2, 4, 5), 3: (1, 2, 3, 4, 3)}
    modes = {1: ["nearest", "nearest-exact", "linear", "area"], 2: ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
             3: ["nearest", "nearest-exact", "trilinear", "area"]}  # fmt: skip
    for dims, shape in shapes.items():
        for mode in modes[dims]:
            corners = (False, True) if mode in ("linear", "bilinear", "bicubic", "trilinear") else (None,)
            for align in corners:
                case("F.interpolate", A(*shape), size=(7, 3, 6)[:dims], mode=mode, align_corners=align)
                for scale, again in ((2, None), (1.7, None), (0.6, None), (1.7, True)):
                    case(
                        "F.interpolate",
                        A(*shape),
                        scale_factor=scale,
                        mode=mode,
                        align_corners=align,
                        recompute_scale_factor=again,
                    )
    for mode, align in itertools.product(("bilinear", "bicubic"), (False, True)):
        case("F.interpolate", A(1, 2, 9, 8), size=(4, 11), mode=mode, align_corners=align, antialias=True)
        case("F.interpolate", A(1, 2, 9, 8, dtype="uint8"), size=(4, 11), mode=mode, align_corners=align)
        case("F.interpolate", A(1, 2, 9, 8), scale_factor=0.4, mode=mode, align_corners=align, antialias=True)
    for bad in ({"size": 3, "scale_factor": 2}, {}, {"size": (3,)}, {"scale_factor": (2.0,)}, {"size": 0}, {"size": 3, "align_corners": True},
                {"size": 3, "mode": "linear"}, {"size": 3, "mode": "cubic"}, {"size": 3, "antialias": True}):  # fmt: skip
        case("F.interpolate", A(1, 1, 3, 3), **bad)
    case("nn.Upsample", A(1, 2, 3, 3), settings={"scale_factor": 2, "mode": "bilinear", "align_corners": True})
    case("nn.UpsamplingNearest2d", A(1, 2, 3, 3), settings={"size": (4, 5)})
    case("nn.UpsamplingBilinear2d", A(1, 2, 3, 3), settings={"scale_factor": 1.5})
    case("F.upsample", A(1, 1, 3), scale_factor=2)
    for mode, padding, align in itertools.product(
        ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True)
    ):
        grid = A(2, 3, 4, 2)
        case("F.grid_sample", A(2, 2, 4, 5), grid, mode=mode, padding_mode=padding, align_corners=align)
        if mode != "bicubic":
            case(
                "F.grid_sample",
                A(1, 2, 3, 4, 3),
                A(1, 2, 3, 2, 3),
                mode=mode,
                padding_mode=padding,
                align_corners=align,
            )
    case("F.grid_sample", A(2, 2, 4, 5), A(2, 3, 4, 2))
    case("F.grid_sample", A(2, 2, 4, 5), A(1, 3, 4, 2), align_corners=True)
    case("F.grid_sample", A(2, 2, 4, 5), A(2, 3, 4, 3), align_corners=True)
    for align in (False, True):
        case("F.affine_grid", A(2, 2, 3), (2, 1, 4, 3), align_corners=align)
        case("F.affine_grid", A(1, 3, 4), (1, 1, 2, 4, 3), align_corners=align)
    case("F.affine_grid", A(2, 2, 3), (2, 1, 4), align_corners=True)
    case("F.affine_grid", A(2, 2, 2), (2, 1, 4, 4), align_corners=True)
    for r, shape in ((2, (2, 8, 3, 2)), (3, (9, 2, 3)), (1, (1, 2, 3, 3)), (2, (1, 6, 2, 2)), (0, (1, 4, 2, 2))):
        case("nn.PixelShuffle", A(*shape), init=(r,))
    for r, shape in ((2, (2, 2, 4, 6)), (3, (1, 3, 6)), (2, (1, 2, 3, 4))):
        case("nn.PixelUnshuffle", A(*shape), init=(r,))
    case("nn.ChannelShuffle", A(2, 6, 3, 2), init=(3,))
    case("nn.ChannelShuffle", A(2, 6, 3, 2), init=(4,))
    for settings in ({}, {"padding": 1}, {"stride": 2}, {"dilation": 2}, {"padding": (1, 0), "stride": (2, 1)}):
        case("nn.Unfold", A(2, 2, 5, 6), init=((2, 3),), settings=settings)
        case("nn.Unfold", A(2, 5, 6), init=(2,), settings=settings)
        columns = torch.nn.Unfold(2, **settings)(torch.zeros(1, 2, 5, 6)).shape
        case("nn.Fold", A(2, *columns[1:]), init=((5, 6), 2), settings=settings)
        case("nn.Fold", A(*columns[1:]), init=((5, 6), 2), settings=settings)
    case("nn.Unfold", A(1, 1, 2, 2), init=(3,))
    case("nn.Unfold", A(1, 1, 4, 4), init=(2,), settings={"stride": 0})
    case("nn.Fold", A(1, 5, 4), init=((3, 3), 2))
    case("nn.Fold", A(1, 4, 5), init=((3, 3), 2))


def main() -> None:
    """Record everything."""
    torch.manual_seed(0)
    norms()
    pads()
    resampling()
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "cases.json").write_text(
        json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n"
    )
    np.savez_compressed(OUT / "arrays.npz", **{str(i): a for i, a in enumerate(arrays)})
    print(f"{len(cases)} cases, {len(arrays)} arrays, torch {torch.__version__}")


if __name__ == "__main__":
    main()
