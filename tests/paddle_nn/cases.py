"""Generated cases of `paddle.nn`: every family in its layouts, paddings and modes. A case is (name, call, arrays, options)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.paddle_nn.compare import numbers

Case = tuple[str, Any, list[Any], dict[str, Any]]
SIZES = {1: (9,), 2: (6, 7), 3: (5, 6, 7)}
LAYOUTS = {1: ("NCL", "NLC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def F(module: Any) -> Any:
    return module.nn.functional


def _case(name: str, call: Any, arrays: list[Any], **options: Any) -> Case:
    return name, call, arrays, options


def _image(n: int, layout: str, channels: int = 4, seed: int = 0, batch: int = 2) -> np.ndarray:
    x = numbers(batch, channels, *SIZES[n], seed=seed)
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)) if layout[-1] == "C" else x


def convolutions() -> Iterator[Case]:
    paddings = {
        1: (0, 1, [2], [2, 1], "same", "VALID", [[0, 0], [0, 0], [1, 2]]),
        2: (0, 1, [2, 1], [2, 1, 0, 1], "same", "valid", [[0, 0], [0, 0], [1, 2], [0, 1]]),
        3: (0, 1, [2, 1, 0], [2, 1, 0, 1, 1, 1], "SAME"),
    }
    for n in (1, 2, 3):
        for layout in LAYOUTS[n]:
            x = _image(n, layout)
            for groups, out in ((1, 3), (2, 6), (4, 4)):
                w = numbers(out, 4 // groups, *(3, 2, 2)[:n], seed=1)
                b = numbers(out, seed=2)
                for padding in paddings[n]:
                    if isinstance(padding, list) and isinstance(padding[0], list) and layout[-1] == "C":
                        padding = [padding[0], *padding[2:], padding[1]]
                    for stride, dilation in ((1, 1), (2, 1), (1, 2)):
                        settings = {
                            "padding": padding,
                            "stride": stride,
                            "dilation": dilation,
                            "groups": groups,
                            "data_format": layout,
                        }

                        def call(m: Any, x: Any, w: Any, b: Any, n: int = n, s: Any = settings) -> Any:
                            return getattr(F(m), f"conv{n}d")(x, w, b, **s)

                        yield _case(f"conv{n}d {settings}", call, [x, w, b])


def transposed() -> Iterator[Case]:
    for n in (1, 2, 3):
        for layout in LAYOUTS[n]:
            x = _image(n, layout)
            for groups in (1, 2, 4):
                w = numbers(4, 1 if groups == 4 else 3, *(3, 2, 2)[:n], seed=1)
                b = numbers(w.shape[1] * groups, seed=2)
                for settings in (
                    {}, {"padding": 1}, {"stride": 2}, {"stride": 2, "padding": 1, "output_padding": 1}, {"padding": [1, 0] * n, "stride": 2},
                    {"padding": "same"}, {"padding": "SAME", "stride": 2}, {"padding": "VALID", "stride": 2}, {"dilation": 2},
                    {"stride": 2, "output_size": tuple(2 * s + 1 for s in SIZES[n])}, {"stride": 3, "output_padding": 2}, {"output_padding": 1},
                    {"stride": 2, "output_size": [99] * n}, {"stride": 2, "dilation": 2, "output_padding": 1},
                ):  # fmt: skip
                    settings = {**settings, "groups": groups, "data_format": layout}

                    def call(m: Any, x: Any, w: Any, b: Any, n: int = n, s: Any = settings) -> Any:
                        return getattr(F(m), f"conv{n}d_transpose")(x, w, b, **s)

                    yield _case(f"conv{n}d_transpose {settings}", call, [x, w, b])


def pooling() -> Iterator[Case]:
    for n in (1, 2, 3):
        for layout in LAYOUTS[n]:
            x = _image(n, layout)
            for kernel, stride in ((2, None), (3, 2), (2, 3), ([3, 2, 2][:n], [1, 2, 1][:n])):
                for padding in (0, 1, [1, 0, 1][:n], [1, 0] * n, [2, 1] * n, "same", "valid"):
                    for ceil in (False, True):
                        base: dict[str, Any] = {
                            "kernel_size": kernel,
                            "stride": stride,
                            "padding": padding,
                            "ceil_mode": ceil,
                        }
                        if n > 1:
                            base["data_format"] = layout
                        elif layout == "NLC":
                            continue
                        for kind, settings in (
                            ("max", {}), ("max", {"return_mask": True}), ("avg", {}), ("avg", {"exclusive": False}),
                            ("avg", {"divisor_override": 3}), ("avg", {"divisor_override": 2.5, "exclusive": False}),
                        ):  # fmt: skip
                            if n == 1 and "divisor_override" in settings:
                                continue
                            both = {**base, **settings}

                            def call(m: Any, x: Any, n: int = n, s: Any = both, kind: str = kind) -> Any:
                                return getattr(F(m), f"{kind}_pool{n}d")(x, **s)

                            mask = "return_mask" in settings and (
                                ceil or padding != 0
                            )  # upstream writes beside its memory there
                            yield _case(f"{kind}_pool{n}d {both}", call, [x], forward_only=mask, coarse=kind == "avg")
            if n < 3:
                for p in (1.0, 2.0, 3.0, float("inf"), 2):
                    for s in ({}, {"stride": 1, "padding": 1}, {"ceil_mode": True, "stride": 2}, {"padding": "same"}):
                        settings = {"norm_type": p, "kernel_size": 3, **s, "data_format": layout}

                        def lp(m: Any, x: Any, n: int = n, s: Any = settings) -> Any:
                            return getattr(F(m), f"lp_pool{n}d")(x, **s)

                        yield _case(f"lp_pool{n}d {settings}", lp, [np.abs(x) + 0.1], loose=10, coarse=True)


def adaptive() -> Iterator[Case]:
    for n in (1, 2, 3):
        x = _image(n, "NC")
        for size in (1, 2, 3, [3, 2, 5][:n], [None, 2, 1][:n] if n > 1 else 4):
            for kind in ("avg", "max"):
                for layout in LAYOUTS[n] if kind == "avg" and n > 1 else (LAYOUTS[n][0],):
                    s: dict[str, Any] = {"output_size": size}
                    if kind == "avg" and n > 1:
                        s["data_format"] = layout

                    def call(m: Any, x: Any, n: int = n, s: Any = s, kind: str = kind) -> Any:
                        return getattr(F(m), f"adaptive_{kind}_pool{n}d")(x, **s)

                    yield _case(f"adaptive_{kind}_pool{n}d {s}", call, [_image(n, layout)], coarse=True)
            yield _case(
                f"adaptive_max_pool{n}d mask {size}",
                lambda m, x, n=n, size=size: getattr(F(m), f"adaptive_max_pool{n}d")(x, size, return_mask=True),
                [x],
            )
        if n > 1:
            for k in (None, 2):
                for u in (0.2, 0.55, 0.9):
                    for size in (2, [3] * n):
                        yield _case(
                            f"fractional {n} {k} {u} {size}",
                            lambda m, x, n=n, k=k, u=u, size=size: getattr(F(m), f"fractional_max_pool{n}d")(
                                x, size, k, u, True
                            ),
                            [x],
                        )
            yield _case(
                f"fractional {n} drawn",
                lambda m, x, n=n: getattr(F(m), f"fractional_max_pool{n}d")(x, 3, None, None, True), [x], seed=5,
            )  # fmt: skip

        def unpool(m: Any, x: Any, n: int = n) -> Any:
            y, at = getattr(F(m), f"max_pool{n}d")(x, 2, return_mask=True)
            return getattr(F(m), f"max_unpool{n}d")(y, at, 2), getattr(F(m), f"max_unpool{n}d")(
                y, at, 2, output_size=list(x.shape)
            )

        yield _case(f"max_unpool{n}d", unpool, [x])
    values = [
        [1, 2, 3, np.nan],
        [np.nan, 1, 2, 3],
        [5, np.nan, 2, 1],
        [-np.inf] * 4,
        [np.nan] * 4,
        [-np.inf, np.nan, -np.inf, -np.inf],
        [np.inf, np.nan, 1, 0],
    ]
    for v in values:
        x = np.array(v, float).reshape(1, 1, 2, 2)
        yield _case(f"nan {v}", lambda m, x: F(m).max_pool2d(x, 2), [x])
        yield _case(
            f"nan last {v}",
            lambda m, x: F(m).max_pool2d(x, 2, data_format="NHWC"),
            [np.repeat(x.reshape(1, 2, 2, 1), 2, 3)],
        )
        yield _case(f"nan mask {v}", lambda m, x: F(m).max_pool2d(x, 2, return_mask=True), [x], forward_only=True)
        yield _case(f"nan adaptive {v}", lambda m, x: F(m).adaptive_max_pool2d(x, 1), [x], forward_only=True)


def norms() -> Iterator[Case]:
    for n in (1, 2, 3):
        for layout in LAYOUTS[n]:
            x = _image(n, layout)
            for training in (True, False):
                for stats in (None, True, False):
                    for affine in (True, False):

                        def call(m: Any, x: Any, w: Any, b: Any, mean: Any, var: Any, t: Any = training, g: Any = stats, a: Any = affine, f: str = layout) -> Any:  # fmt: skip
                            mean.stop_gradient = var.stop_gradient = True
                            y = F(m).batch_norm(
                                x,
                                mean,
                                var,
                                w if a else None,
                                b if a else None,
                                t,
                                data_format=f,
                                use_global_stats=g,
                                momentum=0.7,
                            )
                            return y, mean, var

                        yield _case(
                            f"batch_norm {layout} {training} {stats} {affine}", call,
                            [x, numbers(4, seed=1), numbers(4, seed=2), numbers(4, seed=3), numbers(4, seed=4, low=0.5)], loose=10,
                        )  # fmt: skip
            for groups in (1, 2, 4):
                yield _case(
                    f"group_norm {layout} {groups}",
                    lambda m, x, w, b, g=groups, f=layout: F(m).group_norm(x, g, 1e-4, w, b, f),
                    [x, numbers(4, seed=1), numbers(4, seed=2)], loose=10,
                )  # fmt: skip
            for size in (1, 2, 3, 5):
                yield _case(
                    f"lrn {layout} {size}",
                    lambda m, x, k=size, f=layout: F(m).local_response_norm(x, k, 0.5, 0.7, 1.5, f),
                    [x],
                    loose=10,
                    coarse=True,
                )
        x = _image(n, "NC")
        yield _case(f"instance_norm {n}", lambda m, x, w, b: F(m).instance_norm(x, weight=w, bias=b), [x, numbers(4, seed=1), numbers(4, seed=2)], loose=20)  # fmt: skip
        yield _case(f"instance_norm bare {n}", lambda m, x: F(m).instance_norm(x), [x], loose=20)
        for dims in (1, 2):
            shape = list(x.shape[-dims:])
            k = int(np.prod(shape))
            yield _case(f"layer_norm {n} {dims}", lambda m, x, w, b, s=shape: F(m).layer_norm(x, s, w, b, 1e-3), [x, numbers(k, seed=1), numbers(k, seed=2)], loose=20)  # fmt: skip
            yield _case(f"layer_norm bare {n} {dims}", lambda m, x, s=shape: F(m).layer_norm(x, s), [x], loose=20)
        for p in (1, 2, 3, 0.5):
            for axis in (0, 1, -1):
                yield _case(
                    f"normalize {n} {p} {axis}",
                    lambda m, x, p=p, a=axis: F(m).normalize(x, p, a),
                    [x],
                    loose=1e6 if p == 3 else 20,
                )
    yield _case("bn one value", lambda m, x: m.nn.BatchNorm1D(3)(x), [numbers(1, 3)])
    yield _case("bn 2d", lambda m, x: m.nn.BatchNorm1D(3)(x), [numbers(5, 3)], loose=20)
    yield _case("in one value", lambda m, x: m.nn.InstanceNorm1D(3)(x), [numbers(2, 3)])
    for kw in ({}, {"use_global_stats": True}, {"trainable_statistics": True}, {"is_test": True}, {"is_test": True, "trainable_statistics": True}, {"act": "relu"}, {"data_layout": "NHWC"}):  # fmt: skip

        def old(m: Any, x: Any, kw: Any = kw) -> Any:
            layer = m.nn.BatchNorm(3, **kw)
            return layer(x), layer._mean, layer._variance, layer.eval()(x)

        yield _case(f"BatchNorm {kw}", old, [numbers(4, 3, 3, 3)], loose=20)


def activations() -> Iterator[Case]:
    x = np.concatenate(
        [numbers(3, 4, 5, low=-4, high=8), np.array([0.0, 1, -1, 3, -3, 6, 0.5, -0.5, 25, -25] * 2).reshape(1, 4, 5)]
    )
    plain = [
        "relu",
        "relu6",
        "gelu",
        "hardswish",
        "log_sigmoid",
        "logsigmoid",
        "mish",
        "sigmoid",
        "silu",
        "softplus",
        "softshrink",
        "softsign",
        "swish",
        "tanh",
        "tanhshrink",
        "selu",
        "elu",
        "celu",
        "hardshrink",
        "hardsigmoid",
        "hardtanh",
        "leaky_relu",
        "thresholded_relu",
        "softmax",
        "log_softmax",
    ]
    for name in plain:
        yield _case(name, lambda m, x, name=name: getattr(F(m), name)(x), [x], loose=10, coarse=name == "selu")
    more: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("elu", (0.3,), {}), ("celu", (0.3,), {}), ("celu", (0,), {}), ("selu", (1.5, 0.5), {}), ("selu", (0.5,), {}), ("gelu", (True,), {}),
        ("gelu", ("tanh",), {}), ("gelu", ("none",), {}), ("hardshrink", (1.2,), {}), ("hardshrink", (), {"lambd": 1.2}), ("softshrink", (1.2,), {}),
        ("softshrink", (-1,), {}), ("hardsigmoid", (0.2, 0.4), {}), ("hardtanh", (-2, 3), {}), ("leaky_relu", (0.3,), {}),
        ("leaky_relu", (1.7,), {}), ("thresholded_relu", (0.5, -2.0), {}), ("softplus", (2.0, 5.0), {}), ("softmax", (0,), {}),
        ("softmax", (1,), {}), ("softmax", (-3,), {}), ("softmax", (5,), {}), ("softmax", (), {"dim": 1}), ("log_softmax", (1,), {}),
        ("glu", (1,), {}), ("glu", (0,), {}), ("glu", (-1,), {}),
        ("swiglu", (), {}), ("rrelu", (0.1, 0.3, False), {}), ("silu", (), {"input": None}),
    ]  # fmt: skip
    for name, args, kw in more:
        if "input" in kw:
            yield _case(f"{name} input=", lambda m, x, name=name: getattr(F(m), name)(input=x), [x], loose=10)
            continue
        yield _case(
            f"{name} {args} {kw}", lambda m, x, name=name, a=args, k=kw: getattr(F(m), name)(x, *a, **k), [x], loose=10
        )
    for args in ((2,), (2, -1), (3,), (2, 3)):
        yield _case(
            f"maxout {args}",
            lambda m, x, a=args: F(m).maxout(x, *a),
            [x.reshape(2, 2, 4, 5) if args == (2,) else numbers(2, 6, 3, 6)],
        )
    yield _case("maxout 3d", lambda m, x: F(m).maxout(x, 2), [x])
    yield _case("swiglu two", lambda m, x, y: F(m).swiglu(x, y), [x, x[::-1].copy()], loose=10)
    for name, args in (("relu_", ()), ("elu_", (0.5,)), ("leaky_relu_", (0.2,)), ("hardtanh_", ()), ("softmax_", ()), ("tanh_", ()), ("thresholded_relu_", (0.2,))):  # fmt: skip
        yield _case(name, lambda m, x, name=name, a=args: getattr(F(m), name)(x * 1.0, *a), [x], loose=10)
        yield _case(f"{name} leaf", lambda m, x, name=name, a=args: getattr(F(m), name)(x, *a), [x])
    for fmt, w in (("NCHW", 4), ("NHWC", 5), ("NCL", 1), ("NCHW", 3)):
        yield _case(f"prelu {fmt} {w}", lambda m, x, w, f=fmt: F(m).prelu(x, w, f), [x, numbers(w, seed=1)])
    for seed in (1, 7):
        yield _case("rrelu", lambda m, x: F(m).rrelu(x), [x], seed=seed)
        yield _case("gumbel", lambda m, x: F(m).gumbel_softmax(x), [x], seed=seed, loose=100, coarse=True)
        yield _case("gumbel hard", lambda m, x: F(m).gumbel_softmax(x, 0.5, True, 1), [x], seed=seed, loose=100)
    for dtype in ("int32", "int64", "bool"):
        for name in ("relu", "sigmoid", "softmax", "gelu", "tanh", "elu"):
            yield _case(
                f"{name} {dtype}", lambda m, x, name=name, d=dtype: getattr(F(m), name)(x.astype(d)), [np.arange(3)]
            )


def dropouts() -> Iterator[Case]:
    x = numbers(3, 4, 5, 6)
    for training in (True, False):
        for mode in ("upscale_in_train", "downscale_in_infer"):
            for p in (0, 0.3, 0.5, 1, 1.0):
                for axis in (None, 0, 1, [0, 1], [0, 2]):
                    yield _case(
                        f"dropout {p} {axis} {training} {mode}",
                        lambda m, x, p=p, a=axis, t=training, mode=mode: F(m).dropout(x, p, a, t, mode=mode), [x], seed=3, coarse=True,
                    )  # fmt: skip
        yield _case("dropout2d", lambda m, x, t=training: F(m).dropout2d(x, 0.4, t), [x], seed=4)
        yield _case("dropout2d last", lambda m, x, t=training: F(m).dropout2d(x, 0.4, t, "NHWC"), [x], seed=4)
        yield _case("dropout3d", lambda m, x, t=training: F(m).dropout3d(x, 0.4, t), [x[..., None]], seed=4)
        yield _case("dropout1d", lambda m, x, t=training: F(m).dropout1d(x, 0.4, t), [x[0]], seed=4)
        yield _case("alpha", lambda m, x, t=training: F(m).alpha_dropout(x, 0.4, t), [x], seed=4, loose=10)
        yield _case(
            "feature_alpha", lambda m, x, t=training: F(m).feature_alpha_dropout(x, 0.4, t), [x], seed=4, loose=10
        )
    yield _case("dropout p bad", lambda m, x: F(m).dropout(x, 1.5), [x])
    yield _case("dropout p str", lambda m, x: F(m).dropout(x, "a"), [x])
    yield _case("dropout axis bad", lambda m, x: F(m).dropout(x, 0.5, 7), [x])
    yield _case("dropout mode bad", lambda m, x: F(m).dropout(x, 0.5, mode="foo"), [x])
    yield _case("dropout2d rank", lambda m, x: F(m).dropout2d(x), [x[0]])


def resampling() -> Iterator[Case]:
    for mode, n in (
        ("nearest", 2),
        ("nearest", 3),
        ("bilinear", 2),
        ("bicubic", 2),
        ("linear", 1),
        ("trilinear", 3),
        ("area", 2),
        ("nearest", 1),
    ):
        for layout in {1: ("NCW", "NWC"), 2: LAYOUTS[2], 3: LAYOUTS[3]}[n]:
            x = _image(n, layout)
            for align in (False, True):
                for align_mode in (0, 1):
                    for extent in (
                        {"size": [s * 2 for s in SIZES[n]]}, {"size": [s - 2 for s in SIZES[n]]}, {"size": [1] * n}, {"scale_factor": 2},
                        {"scale_factor": 1.7}, {"scale_factor": [0.6] * n}, {"size": [s + 3 for s in SIZES[n]]},
                        {"scale_factor": 1.3, "recompute_scale_factor": True},
                    ):  # fmt: skip
                        if mode == "area" and align_mode:
                            continue
                        s = {
                            **extent,
                            "mode": mode,
                            "align_corners": align,
                            "align_mode": align_mode,
                            "data_format": layout,
                        }
                        yield _case(
                            f"interpolate {s}",
                            lambda m, x, s=s: F(m).interpolate(x, **s),
                            [x],
                            loose=3e7 if mode != "nearest" else 20,
                        )
    for mode in ("bilinear", "bicubic"):
        for size in ([3, 4], [9, 11]):
            yield _case(f"antialias {mode} {size}", lambda m, x, s=size, mode=mode: F(m).interpolate(x, s, mode=mode, antialias=True), [_image(2, "NC")], loose=3e7)  # fmt: skip
    x = _image(2, "NC")
    for mode in ("bilinear", "nearest"):
        for pad in ("zeros", "border", "reflection"):
            for align in (True, False):
                yield _case(f"grid_sample {mode} {pad} {align}", lambda m, x, g, a=mode, p=pad, c=align: F(m).grid_sample(x, g, a, p, c), [x, numbers(2, 3, 4, 2, seed=1, low=-1.4, high=1.4)], loose=10)  # fmt: skip
                yield _case(f"grid_sample3 {mode} {pad} {align}", lambda m, x, g, a=mode, p=pad, c=align: F(m).grid_sample(x, g, a, p, c), [_image(3, "NC"), numbers(2, 3, 4, 2, 3, seed=1, low=-1.4, high=1.4)], loose=10)  # fmt: skip
    for align in (True, False):
        yield _case(f"affine {align}", lambda m, t, a=align: F(m).affine_grid(t, [2, 3, 4, 5], a), [numbers(2, 2, 3)])
        yield _case(
            f"affine3 {align}", lambda m, t, a=align: F(m).affine_grid(t, [2, 3, 4, 5, 3], a), [numbers(2, 3, 4)]
        )
    for layout in LAYOUTS[2]:
        yield _case(
            f"pixel_shuffle {layout}", lambda m, x, f=layout: F(m).pixel_shuffle(x, 2, f), [_image(2, layout, 8)]
        )
        yield _case(f"pixel_unshuffle {layout}", lambda m, x, f=layout: F(m).pixel_unshuffle(x, 2, f), [np.ascontiguousarray(_image(2, layout)[:, :6, :6])] if layout == "NHWC" else [_image(2, layout)[:, :, :, :6]])  # fmt: skip
        yield _case(
            f"channel_shuffle {layout}", lambda m, x, f=layout: F(m).channel_shuffle(x, 2, f), [_image(2, layout)]
        )


def padding() -> Iterator[Case]:
    for n in (1, 2, 3):
        for layout in LAYOUTS[n]:
            x = _image(n, layout)
            for mode in ("constant", "reflect", "replicate", "circular"):
                for sides in ([1] * (2 * n), [1, 2, 0, 3, 2, 1][: 2 * n], [0, 1, 2, 0, 0, 0][: 2 * n], [9] * (2 * n)):
                    yield _case(
                        f"pad {mode} {sides} {layout}",
                        lambda m, x, mode=mode, s=sides, f=layout: F(m).pad(x, s, mode, 1.5, f),
                        [x],
                    )
    x = numbers(2, 3, 4, 5)
    for sides in ([1, 2], [1, 2, 3, 4, 0, 1], [1, 0, 2, 1, 0, 3, 1, 1], (1, 2), [1], [-1, 2], [-1, 0, 1, -1]):
        for left in (True, False):
            yield _case(
                f"pad {sides} {left}", lambda m, x, s=sides, left=left: F(m).pad(x, s, pad_from_left_axis=left), [x]
            )
    yield _case("pad 2d", lambda m, x: F(m).pad(x, [1, 0, 2, 1]), [x[0, 0]])
    yield _case("pad 1d", lambda m, x: F(m).pad(x, [1, 2]), [x[0, 0, 0]])
    yield _case("pad mode", lambda m, x: F(m).pad(x, [1, 2], "foo"), [x])
    yield _case("pad short reflect", lambda m, x: F(m).pad(x, [1, 2], "reflect"), [x])
    yield _case("zeropad2d", lambda m, x: F(m).zeropad2d(x, [1, 2, 3, 0]), [x])
    for settings in ({}, {"strides": 2}, {"paddings": 1}, {"paddings": [1, 2]}, {"paddings": [1, 0, 2, 1]}, {"dilations": 2}, {"strides": [2, 1], "dilations": [1, 2]}):  # fmt: skip
        for k in (2, [3, 2]):
            yield _case(f"unfold {k} {settings}", lambda m, x, k=k, s=settings: F(m).unfold(x, k, **s), [x])
            yield _case(f"fold {k} {settings}", lambda m, x, k=k, s=settings: F(m).fold(F(m).unfold(x, k, **s), [4, 5], k, **s), [x], loose=10)  # fmt: skip
    yield _case("fold bad", lambda m, x: F(m).fold(x, [4, 5], 2), [numbers(2, 7, 12)])


def vectors() -> Iterator[Case]:
    a, b = numbers(3, 4), numbers(3, 4, seed=1)
    for axis in (0, 1, -1):
        yield _case(f"cosine {axis}", lambda m, a, b, d=axis: F(m).cosine_similarity(a, b, d), [a, b], loose=10)
    yield _case("cosine zero", lambda m, a, b: F(m).cosine_similarity(a, b), [a * 0, b])
    for p in (1.0, 2.0, 3.0, float("inf")):
        for keep in (True, False):
            yield _case(
                f"pairwise {p} {keep}",
                lambda m, a, b, p=p, k=keep: F(m).pairwise_distance(a, b, p, keepdim=k),
                [a, b],
                loose=10,
                coarse=True,
            )
    yield _case("bilinear", lambda m, a, b, w, c: F(m).bilinear(a, b, w, c), [a, numbers(3, 5, seed=2), numbers(2, 4, 5, seed=3), numbers(1, 2)], loose=10)  # fmt: skip
    for x in (numbers(4), numbers(2, 4), numbers(2, 3, 4)):
        yield _case(
            f"linear {x.ndim}",
            lambda m, x, w, b: F(m).linear(x, w, b),
            [x, numbers(4, 5, seed=1), numbers(5, seed=2)],
            loose=10,
        )
        yield _case(f"linear bare {x.ndim}", lambda m, x, w: F(m).linear(x, w), [x, numbers(4, 5, seed=1)], loose=10)
    yield _case("linear misfit", lambda m, x, w: F(m).linear(x, w), [a, numbers(5, 2)])
    yield _case("label_smooth", lambda m, x: F(m).label_smooth(x, epsilon=0.2), [a], coarse=True)
    yield _case(
        "label_smooth prior",
        lambda m, x, p: F(m).label_smooth(x, p.detach(), 0.2),
        [a, numbers(1, 4, seed=2)],
        coarse=True,
    )
    at = np.array([[0, 2], [1, 2]])
    for s in ({}, {"padding_idx": 2}, {"padding_idx": -1}, {"scale_grad_by_freq": True}, {"padding_idx": 7}, {"padding_idx": 0, "scale_grad_by_freq": True}):  # fmt: skip
        yield _case(f"embedding {s}", lambda m, w, i, s=s: F(m).embedding(i, w, **s), [a, at])
    yield _case("embedding max_norm", lambda m, w, i: F(m).embedding(i, w.detach(), max_norm=1.0), [a, at])
    yield _case("embedding i32", lambda m, w, i: F(m).embedding(i, w), [a, at.astype(np.int32)])
    yield _case("embedding i8", lambda m, w, i: F(m).embedding(i, w), [a, at.astype(np.int8)])
    yield _case("embedding high", lambda m, w, i: F(m).embedding(i, w), [a, at + 5])
    yield _case("embedding -1", lambda m, w, i: F(m).embedding(i, w.detach()), [a, at - 1])
    for n in (3, 5, -1, 2):
        yield _case(f"one_hot {n}", lambda m, i, n=n: F(m).one_hot(i, n), [at])
    yield _case("one_hot float", lambda m, i: F(m).one_hot(i, 3), [a])


def losses() -> Iterator[Case]:
    x, t = numbers(4, 5), numbers(4, 5, seed=1)
    p = 1 / (1 + np.exp(-x))
    hot = (numbers(4, 5, seed=2) > 0).astype(float)
    signs = np.where(numbers(4, 5, seed=3) > 0, 1.0, -1.0)
    w = numbers(4, 5, seed=4, low=0.2)
    for r in ("mean", "sum", "none", "foo"):
        two: list[tuple[str, list[Any], dict[str, Any]]] = [
            ("mse_loss", [x, t], {}), ("l1_loss", [x, t], {}), ("smooth_l1_loss", [x, t], {}), ("smooth_l1_loss", [x, t], {"delta": 0.4}),
            ("smooth_l1_loss", [x, t], {"delta": 0.4, "is_huber": False}), ("binary_cross_entropy", [p, hot], {}),
            ("binary_cross_entropy_with_logits", [x, hot], {}), ("kl_div", [x, np.abs(t)], {}), ("kl_div", [x, t], {}),
            ("kl_div", [x, t], {"log_target": True}), ("poisson_nll_loss", [x, np.abs(t) * 3], {}),
            ("poisson_nll_loss", [np.abs(x), np.abs(t) * 3], {"log_input": False, "full": True}), ("soft_margin_loss", [x, signs], {}),
            ("hinge_embedding_loss", [x, signs], {}), ("hinge_embedding_loss", [x, hot], {"margin": 0.3}),
            ("multi_label_soft_margin_loss", [x, hot], {}), ("sigmoid_focal_loss", [x, hot], {}),
            ("sigmoid_focal_loss", [x, hot], {"alpha": 0.7, "gamma": 1.5}), ("margin_ranking_loss", [x, t, signs], {}),
            ("margin_ranking_loss", [x, t, signs], {"margin": 0.4}), ("triplet_margin_loss", [x, t, w], {}),
            ("triplet_margin_loss", [x, t, w], {"swap": True, "p": 1, "margin": 2.0}), ("triplet_margin_with_distance_loss", [x, t, w], {}),
            ("triplet_margin_with_distance_loss", [x, t, w], {"swap": True}), ("gaussian_nll_loss", [x, t, w], {}),
            ("gaussian_nll_loss", [x, t, w[:, :1]], {"full": True}), ("gaussian_nll_loss", [x, t, w[:, 0]], {}),
        ]  # fmt: skip
        for name, arrays, kw in two:
            yield _case(
                f"{name} {r} {kw}",
                lambda m, *a, name=name, r=r, kw=kw: getattr(F(m), name)(*a, reduction=r, **kw),
                arrays,
                loose=10,
            )
        yield _case(
            f"bce weight {r}",
            lambda m, a, b, w, r=r: F(m).binary_cross_entropy(a, b, w.detach(), r),
            [p, hot, w],
            loose=10,
        )
        yield _case(f"bcel weight {r}", lambda m, a, b, w, q, r=r: F(m).binary_cross_entropy_with_logits(a, b, w.detach(), r, q.detach()), [x, hot, w, w[0]], loose=10)  # fmt: skip
        yield _case(
            f"ml weight {r}",
            lambda m, a, b, w, r=r: F(m).multi_label_soft_margin_loss(a, b, w.detach(), r),
            [x, hot, w],
            loose=10,
        )
        at = np.array([0, 4, 2, 2])
        for labels in (at, at[:, None], at.astype(np.int32)):
            for ignore in (-100, 2, 0):
                for weight in (None, np.arange(1.0, 6)):
                    for soft in (True, False):

                        def ce(m: Any, x: Any, t: Any, q: Any, r: str = r, i: int = ignore, s: bool = soft) -> Any:
                            q = q if q is None else q.detach()
                            return F(m).cross_entropy(x if s else F(m).softmax(x), t, q, i, r, use_softmax=s)

                        yield _case(
                            f"cross_entropy {r} {labels.shape} {ignore} {weight is None} {soft}",
                            ce,
                            [x, labels, weight],
                            loose=20,
                        )
                    if labels is at and ignore == -100:  # with others upstream writes beside its memory
                        yield _case(f"nll {r} {ignore} {weight is None}", lambda m, x, t, q, r=r, i=ignore: F(m).nll_loss(x, t, q if q is None else q.detach(), i, r), [x, labels, weight], loose=10)  # fmt: skip
                    for smoothing in (0.0, 0.1):
                        yield _case(f"smooth {r} {ignore} {weight is None} {smoothing} {labels.shape}", lambda m, x, t, q, r=r, i=ignore, e=smoothing: F(m).cross_entropy(x, t, q if q is None else q.detach(), i, r, label_smoothing=e), [x, labels, weight], loose=20, coarse=True)  # fmt: skip
        for weight in (None, np.arange(1.0, 6)):
            yield _case(f"soft {r} {weight is None}", lambda m, x, t, q, r=r: F(m).cross_entropy(x, F(m).softmax(t), q if q is None else q.detach(), reduction=r, soft_label=True), [x, t, weight], loose=20)  # fmt: skip
        planes, places = numbers(2, 3, 4, 5), np.arange(40).reshape(2, 4, 5) % 3
        for axis, y in ((1, planes), (-1, np.ascontiguousarray(np.moveaxis(planes, 1, -1)))):
            for weight in (None, np.arange(1.0, 4)):
                yield _case(f"axis {axis} {r} {weight is None}", lambda m, x, t, q, r=r, a=axis: F(m).cross_entropy(x, t, q if q is None else q.detach(), axis=a, reduction=r), [y, places, weight], loose=20)  # fmt: skip
        for shape in ((2, 3, 4, 5), (2, 3, 4)):
            z = numbers(*shape)
            labels = np.arange(int(np.prod(shape)) // 3).reshape(2, *shape[2:]) % 3
            yield _case(
                f"nll {shape} {r}",
                lambda m, x, t, r=r: F(m).nll_loss(x, t, reduction=r),
                [z, labels],
                loose=10,
                forward_only=True,
            )
        for kw in ({}, {"p": 2}, {"margin": 0.5}, {"p": 3}):
            yield _case(
                f"multi_margin {kw} {r}",
                lambda m, x, t, kw=kw, r=r: F(m).multi_margin_loss(x, t, reduction=r, **kw),
                [x, at],
                loose=10,
                coarse=True,
            )
            yield _case(f"multi_margin w {kw} {r}", lambda m, x, t, w, kw=kw, r=r: F(m).multi_margin_loss(x, t, weight=w.detach(), reduction=r, **kw), [x, at, np.arange(1.0, 6)], loose=10, coarse=True)  # fmt: skip
        named = np.array([[0, 2, -1, 1, 3], [3, -1, 0, 0, 0], [1, 2, 3, 0, 4], [-1, 0, 1, 2, 3]])
        yield _case(
            f"multi_label_margin {r}", lambda m, x, t, r=r: F(m).multi_label_margin_loss(x, t, r), [x, named], loose=10
        )
        for labels in (np.array([1, -1, 1, 0]), np.array([1.0, -1, -1, 1])):
            yield _case(f"cosine_embedding {r} {labels.dtype}", lambda m, a, b, t, r=r: F(m).cosine_embedding_loss(a, b, t, 0.2, r), [x, t, labels], loose=10)  # fmt: skip
    yield _case("kl batchmean", lambda m, x, t: F(m).kl_div(x, t, "batchmean"), [x, np.abs(t)])
    yield _case("log_loss", lambda m, x, t: F(m).log_loss(x, t), [p[:, :1].copy(), hot[:, :1].copy()], loose=10)
    yield _case("square_error_cost", lambda m, x, t: F(m).square_error_cost(x, t), [x, t])
    yield _case("mse broadcast", lambda m, x, t: F(m).mse_loss(x, t), [x, t[0]])
    yield _case(
        "focal normalizer",
        lambda m, x, t, n: F(m).sigmoid_focal_loss(x, t, n.detach()),
        [x, hot, np.array([3.0])],
        loose=10,
    )
    yield _case(
        "dice", lambda m, x, t: F(m).dice_loss(F(m).softmax(x), t), [x, np.array([[0], [4], [2], [2]])], loose=10
    )
    yield _case(
        "swce",
        lambda m, x, t: F(m).softmax_with_cross_entropy(x, t, return_softmax=True),
        [x, np.array([[0], [4], [2], [2]])],
        loose=10,
    )
    yield _case(
        "swce soft",
        lambda m, x, t: F(m).softmax_with_cross_entropy(x, F(m).softmax(t), soft_label=True),
        [x, t],
        loose=10,
    )
    yield _case("ce out of range", lambda m, x, t: F(m).cross_entropy(x, t), [x, np.array([0, 5, 1, 1])])
    yield _case("nll out of range", lambda m, x, t: F(m).nll_loss(x, t), [x, np.array([0, 5, 1, 1])])
    yield _case("bce outside", lambda m, x, t: F(m).binary_cross_entropy(x, t), [x * 2, hot])
    yield _case("bce shape", lambda m, x, t: F(m).binary_cross_entropy(x, t), [p, hot[0]])
    yield _case("ce rank", lambda m, x, t: F(m).cross_entropy(x, t), [x, np.zeros((4, 5, 1), np.int64)])
    yield _case("target=", lambda m, x, t: F(m).cross_entropy(x, target=t), [x, np.array([0, 4, 2, 2])], loose=10)


def corners() -> Iterator[Case]:
    """Few, and all of them recorded."""
    x = numbers(2, 6, 5)
    for groups in (1, 3):
        yield _case(f"group_norm {groups} alone", lambda m, x, g=groups: F(m).group_norm(x, g), [x])
    yield _case("group_norm layer", lambda m, x: m.nn.GroupNorm(2, 6, weight_attr=False)(x), [x])
    for n, shape in ((1, (1, 4)), (1, (1, 4, 1)), (2, (1, 4, 1, 1))):
        yield _case(
            f"one value {shape}", lambda m, x, n=n: getattr(m.nn, f"BatchNorm{n}D")(4)(x) * 2, [numbers(*shape)]
        )
    for mode, shape, size in (
        ("linear", (1, 2, 7), [1]), ("trilinear", (1, 1, 3, 4, 5), [1, 2, 1]), ("bilinear", (1, 2, 5, 4), [1, 3]),
    ):  # fmt: skip
        yield _case(f"{mode} to one", lambda m, x, h=mode, s=size: F(m).interpolate(x.detach(), s, mode=h), [numbers(*shape)])  # fmt: skip
    levels = np.arange(2 * 3 * 4).reshape(1, 2, 3, 4) * 9
    for dtype, mode in (
        ("uint8", "nearest"),
        ("int32", "nearest"),
        ("int64", "nearest"),
        ("uint8", "bilinear"),
        ("int32", "bilinear"),
    ):
        yield _case(f"{dtype} {mode}", lambda m, x, h=mode: F(m).interpolate(x, [5, 6], mode=h), [levels.astype(dtype)])
    yield _case("bytes in space", lambda m, x: F(m).interpolate(x, [2, 5, 6], mode="trilinear"), [levels.astype("uint8")[None]])  # fmt: skip
    for axis in (-1, -2):
        yield _case(f"cosine {axis}", lambda m, x, y, d=axis: F(m).cosine_similarity(x, y, axis=d), [numbers(3, 4, 5), numbers(4, 5, seed=1)], loose=10)  # fmt: skip
    for shape in ((3,), (2, 4), (4, 0)):
        yield _case(f"count {shape}", lambda m, x, y: F(m).pairwise_distance(x, y, 0.0), [numbers(*shape), numbers(*shape, seed=1)])  # fmt: skip
    for n in (1, 2):
        yield _case(f"nothing pooled {n}", lambda m, x, n=n: [getattr(F(m), f"adaptive_{k}_pool{n}d")(x, 2) for k in ("avg", "max")], [np.zeros([2, 3, 0, 4][: n + 2])])  # fmt: skip
    yield _case("conv2d of paddle", lambda m, x, w: m.conv2d(x, w), [numbers(1, 2, 4, 4), numbers(3, 2, 2, 2)])
    yield _case("grid_sample input=", lambda m, x, g: F(m).grid_sample(input=x, grid=g), [numbers(1, 2, 3, 4), numbers(1, 2, 2, 2, low=-1, high=1)])  # fmt: skip


FAMILIES = {
    f.__name__: f
    for f in (
        convolutions,
        transposed,
        pooling,
        adaptive,
        norms,
        activations,
        dropouts,
        resampling,
        padding,
        vectors,
        losses,
        corners,
    )
}
