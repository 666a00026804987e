"""Every name of the Paddle list is tried with many arguments in Paddle and here, and what comes back is compared.

A name's cases are made from templates: those that Paddle accepts are its cases, and plait must give the same. The recorder
(tools/record_coverage.py) keeps the counts for `plait coverage paddle`.
"""

from __future__ import annotations

import math
import os
import pathlib
import re
from typing import Any

import numpy as np

from tests.live import trial

os.environ.setdefault("GLOG_minloglevel", "3")
LIST = pathlib.Path(__file__).parent / "names.txt"


def families() -> dict[str, list[str]]:
    """Section -> names."""
    return trial.families(LIST)


_ARRAYS: dict[str, tuple[int, ...]] = {
    "x": (2, 3), "y": (2, 3), "v": (3,), "s": (3, 3), "m": (3, 4), "b3": (2, 3, 3), "q": (1, 4, 6), "img": (2, 4, 6, 6), "vol": (1, 4, 4, 4, 4),
    "w1": (2, 4, 3), "w2": (2, 4, 3, 3), "w3": (2, 4, 2, 2, 2), "u1": (4, 2, 3), "u2": (4, 2, 3, 3), "u3": (4, 2, 2, 2, 2), "c4": (4,),
    "grid": (2, 5, 5, 2), "cols": (2, 16, 25), "p": (2, 3), "d": (2, 3), "bin": (2, 3), "theta": (2, 2, 3), "last": (2, 6, 6, 4), "bw": (4, 3, 3),
}  # fmt: skip
_VALUES: dict[str, Any] = {
    "one": 0.7, "i": [[2, 0, 1], [1, 2, 0]], "j": [0, 2, 1], "n": [4, 2, 7], "k": [1, 0], "t": [[True, False, True], [False, False, True]],
    "sign3": [1.0, -1.0], "lab": [1, 2], "w": [0.1, 0.4, 0.5], "ij": [[0, 1], [1, 2]],
}  # fmt: skip
_FILLED = {
    name: (np.random.default_rng(k).random(shape) * 0.8 + 0.1).astype(np.float32)
    for k, (name, shape) in enumerate(_ARRAYS.items())
}


def evaluate(expression: str, paddle: Any) -> Any:
    """The value of an expression, on fresh tensors and from a fixed seed."""
    paddle.set_default_dtype("float32")
    code = compile(expression, expression, "eval")
    scope = {"paddle": paddle, "nn": paddle.nn, "F": paddle.nn.functional, "np": np, "math": math}
    for name in trial.names_in(code):
        if name in _FILLED:
            array = _FILLED[name].copy()
            if name == "bin":
                array = (array > 0.5).astype(np.float32)
            scope[name] = paddle.to_tensor(
                array.astype(np.float64) if name == "d" else array, stop_gradient=name != "p"
            )
        elif name in _VALUES:
            scope[name] = paddle.to_tensor(_VALUES[name])
    if "G" in code.co_names:
        scope["p"] = scope.get("p") or paddle.to_tensor(_FILLED["p"].copy(), stop_gradient=False)
        scope["G"] = lambda result: _gradient(paddle, scope["p"], result)
    paddle.set_grad_enabled(True)
    paddle.seed(0)
    return eval(code, scope)


def _gradient(paddle: Any, p: Any, result: Any) -> Any:
    """The gradient of `p` where the results' gradients are fixed numbers; None where none flows."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    outputs = [r for r in parts if isinstance(r, paddle.Tensor) and not r.stop_gradient and r.is_floating_point()]
    if not outputs:
        return None
    weights = [
        paddle.to_tensor(np.cos(np.arange(o.size) + 1.0).reshape(tuple(o.shape)).astype(str(o.dtype)[7:]))
        for o in outputs
    ]
    return paddle.grad(outputs, [p], weights, allow_unused=True)[0]


FUNCTION_TEMPLATES = """
x|x, y|x, 2|x, 1|x, 0|x, -1|x, 0.5|x, [0]|x, [0, 1]|x, 0, True|x, axis=1|x, axis=0, keepdim=True|x, y, 0.5|x, 0.2, 0.8|x, y, y|v|v, v|s|s, s|x, s|s, v|s, m
b3|b3, b3|x, x, s|one|i|i, i|i, 2|n|n, n|j|t|t, t|d|d, d|d, x|p|p, p|x.T|2.0|[2, 3]|[2, 3], 3|3|5, 2|0, 5|0, 5, 4|1, 3, 6|[x, y]|[x, y], 1|[v, v]|(x, y), -1
x, k|x, j, 1|x, j % 2|x, i % 2, 1|x, i, 1|x, i % 2, 0|x, i % 2, y, 0|x, i, y, 1, 'add'|x, k, y|x, k, y, False|m, ij|m, ij, v[:2]|x, t|t, x, y|t|x, 2, 1|x, [3, 2]|x, [2, -1]|x, [1]
x, [1, 0]|x, [0, 1], [1, 0]|x, [2, 1, 3]|x, [2, 2]|x, [4, 2, 3]|[3, 4], 2|0.0, 1.0, [2, 2]|0, 9, [2, 3]|7|w, 2|w, 4, True|bin|bin, 0.3|x, 5|x, 4, 0.2, 0.9|x, 1, 2, 0.5
x, 4|n, None, 9|n, w|n, minlength=9|x, p=1|x, 1, 0|x, y, [[1], [1]]|x, y, 1|'ij,jk->ik', x, s|'ij->ji', x|'bij,bjk->bik', b3, b3|b3, [0], [1], [2]|b3, [1, 2], [0, 1], [2, 3]
b3, [0, 2], [0, 2], [2, 0], [1, -1]|b3, [0], 2|b3, [1, 2]|b3, 2, 0|v, w|w, v|w.sort(), v|w.sort(), x, True, True|x, 0, 1|x, 1, True, True|x, 1, False|x, None, True|x, 'float64'
x, 'int32'|x, dtype='float64'|i, 'float32'|np.arange(3)|[1, 2.5]|[[1, 2], [3, 4]]|2.5, 'float64'|True|1.0, 2.0, [3]|x, True|x, 1, True, True, True|s, 1|s, -1|s, 1, 0|v, 1|v, 0, 5|v, -1
x, 2, True|x, True, True, True|i, True, True, True|i, axis=0|x, y, rtol=0.5|x, 1e-2, 1.0|img|img, 2|img, 1, 2|img, [0, 2, 3, 1]|x, 2.0, 1.0|x, 2.0, 1.0, False|x, x, 1.0|x, float('inf')
x, 'fro'|x, p=2, axis=1|x, 3, 1, True|x, axis=[0, 1]|b3, 'fro', [1, 2]|-x|-x, y|x - 0.5|i - 1|x, unbiased=False|x, 1, False, True|x, mode='min'|x, 1, mode='min'|b3, 0, 'min'|x, reverse=True|x[None]
x[None], 0|x[None], [0]|[2, 3], dtype='int64'|[2, 3], 'float64'|[3], -1.0, 2.0|[3], 'float32', -1.0, 2.0|2, 5, [3]|x, y, True|x, y, False, True|x, y, True, False|b3, b3, True|n, 1|n, n[:1]|one, one
x, 0.3|x, 0.3, training=False|img, w2|img, w2, None, 2, 1|img, w2, None, 1, 'SAME'|img, w2, None, 1, [1, 0, 2, 1]|q, w1|q, w1, None, 2, 1|vol, w3|q, u1|q, u1, None, 2, 1|img, u2|img, u2, None, 2|vol, u3
img, 3, 1|img, 3, 2, 1|img, [2, 3]|img, 2, return_mask=True|img, 2, 2, 0, True|img, 3, 2, 'SAME'|q|q, 2|q, 3, 1|vol|vol, 2|vol, 2, 1|q, 2, return_mask=True|vol, 2, return_mask=True|img, c4, c4|img, c4, c4, c4, c4
img, c4, c4, c4, c4, True|img, 2, 1e-5, c4, c4|img, 2|x, [3]|x, [3], v, v|x, 3|img, 5|x, m|x, s, v|x, bin|x.log(), lab|x, lab|x, y, sign3|x, sign3|x, y, x|j, m|j % 3, s|i % 3, s|x, y, s[None]|x, y, bw, c4[None]
x, lab[:, None]|x, lab, w|x.abs(), y|F.sigmoid(x), bin|img, [1, 1]|img, [1, 1, 2, 0]|q, [1, 2], 'reflect'|img, [1, 1, 1, 1], 'replicate'|img, [1, 1, 1, 1], 'circular'|img, [12, 12]|img, scale_factor=2
img, None, 2|img, None, 1.5, 'bilinear'|img, [4, 9], None, 'bicubic'|img, [3, 3], None, 'area'|q, [3], None, 'linear', False, 0, 'NCW'|vol, [3, 3, 3], None, 'trilinear', data_format='NCDHW'|img, grid|img, grid, 'nearest', 'border', True
theta, [2, 1, 3, 4]|img, 3, 1, 1, 2|img, [3, 3]|cols, [6, 6], 2|cols, [6, 6], [2, 2]|img, 2, 3|img, 2.0, 2|q, 2.0, 2|vol, 2, 2|x, c4|img, c4|x, 0.1|x, 0.1, 0.3|x, 0.2, 20|x, p=2, axis=0|x, 2, 1, 1e-12
*F.max_pool1d(q, 2, return_mask=True), 2|*F.max_pool2d(img, 2, return_mask=True), 2|*F.max_pool3d(vol, 2, return_mask=True), 2|x, bin, reduction='none'|x, y, reduction='sum'|x, y, 'sum'|x, 'sum'|j, 4|img, 2, 1|img, 2, 'NHWC'
img, last[..., :1] if 0 else 2, data_format='NHWC'|last, 2, data_format='NHWC'|last, w2, data_format='NHWC'|last, 3, 2, 1, data_format='NHWC'|x, y, reduction='mean'|F.softmax(x), lab[:, None]|img[:, :2], img[:, 2:]|F.sigmoid(x)|x, p, 0.3
""".replace("\n", "|")

METHOD_TEMPLATES = """
x.$()|x.$|i.$()|t.$()|one.$()|x.$(0)|x.$(1)|x.$(y)|x.$(0.5)|x.$(2)|x.$(0, 1)|x.$([0])|x.$([0, 1])|x.$([1, 0])|x.$([3, 2])|x.$([2, -1])|x.$([2, 2, 3])|v.$([2, 3])|v.$(v)|s.$(s)|x.$(s)|s.$(v)|b3.$(b3)|b3.$()|b3.$(1)
x.$(axis=1)|x.$(1, True)|x.$(axis=0, keepdim=True)|x.$(t)|x.$(t, 0.5)|x.$(k)|x.$(j, 1)|x.$(k, y)|x.$(i % 2, 0)|x.$([2, 1])|x.$(3, 1)|x.$(2, 1)|x.$(0.2, 0.8)|x.$(min=0.3)|x.$(2.0, 1.0)|x.$('float64')|x.$('int32')|x.$(paddle.int64)
x.$(d)|d.$(d)|i.$(i)|i.$(2)|n.$(n)|n.$(3)|t.$(t)|p.$()|(p * 2).sum().$()|p.$|p.$(lambda g: g * 2) is not None|x.$(np.ones((2, 3), 'float32'))|x.$(y.numpy())|x.$(-1)|x[None].$()|x[None].$(0)|x[:1].$([2, 3])|x[:1].$(y)
x.$(p=1)|x.$(2, 0)|x.$(x, y)|x.$(True)|x.$(slice(1))|x.$(0, y[0])|x.$((0, 1), 5.0)|x.$(t, 0.0)|x.$(...)|x.$(None)|x.$((slice(None), 1))|j.$()|x[0].$()|x[0, 0].$()|x.$(y, rtol=0.5)|x.$(unbiased=False)|x.$(dtype='float64')|x.$(transpose_y=True, y=y)
x.$(y, alpha=2)|x.$(7.5)|x.$(0, 2)|paddle.to_tensor(3).$()|paddle.to_tensor(True).$()|x.T.$()|(p * p).$()|(p * p).$(y)
""".replace("\n", "|")

MODULE_TEMPLATES = """
()|(2)|(3)|(4)|(2, 2)|(3, 1, 1)|(4, 4)|(4, 2)|(4, 2, 3)|(4, 2, 3, stride=2, padding=1)|(4, 6, 3, groups=2)|(4, 2, 3, padding='SAME')|(4, 2, 3, data_format='NHWC')|(2, 3)|(3, 2)|(3, 3, 2)|(0.3)|(1, 0.5)|(0.1, 2.0)|([3])|([1, 2])|(2, 4)|(1)
(axis=1)|(axis=0)|(2, output_size=3)|(size=[3, 3])|(scale_factor=2)|(scale_factor=2, mode='bilinear')|([6, 6], 2)|(5, 3)|(1, [2, 2])|(2.0, 2)|(reduction='sum')|(reduction='none')|(x)|(nn.Linear(3, 2), nn.ReLU())|([nn.ReLU()])|({'a': nn.ReLU()})
([('a', nn.ReLU()), ('b', nn.Linear(3, 2))])|([x])|({'a': x})|(2, 3, bias_attr=False)|(3, weight_attr=False)|(4, weight_attr=False, bias_attr=False)|(4, 3, 2)|(2, return_mask=True)|([1, 1, 1, 1])|([1, 1])|([1, 1, 1, 1, 1, 1])|(2, data_format='NHWC')
(3, 2, 1, ceil_mode=True)|(1.0)|(margin=0.5)|(distance_function=nn.PairwiseDistance())|(10, 3)|(3, weight_attr=paddle.nn.initializer.Constant(2.0))|(4, momentum=0.5)|(3, 4, 2, bias_attr=False)
""".replace("\n", "|")
INPUTS = (
    "x", "img", "q", "vol", "j", "img[:, :2]", "i", "last", "x, y", "x, bin", "x, lab", "x.log(), lab", "x, y, bin", "x, x, y", "x, y, sign3", "x, sign3", "cols", "m.T", "s, s",
    "x, i", "v, v", "img[0]", "F.sigmoid(x), bin", "x, lab, y", "*F.max_pool1d(q, 2, return_mask=True)", "*F.max_pool2d(img, 2, return_mask=True)",
    "*F.max_pool3d(vol, 2, return_mask=True)",
)  # fmt: skip

# Names that no template fits.
EXTRA: dict[str, tuple[str, ...]] = {
    "paddle:Tensor": ("paddle.Tensor([1, 2])", "paddle.Tensor(2, 3).shape", "paddle.Tensor"),
    "paddle:ParamAttr": ("paddle.ParamAttr(learning_rate=0.5).learning_rate", "paddle.ParamAttr().trainable"),
    "paddle:CPUPlace": ("paddle.CPUPlace()", "paddle.CPUPlace() == x.place"),
    "paddle:seed": ("(paddle.seed(5), paddle.rand([3]))[1]", "(paddle.seed(5), paddle.randn([300]))[1]"),
    "paddle:get_rng_state": ("len(paddle.get_rng_state())",),
    "paddle:set_rng_state": ("(lambda st: (paddle.rand([3]), paddle.set_rng_state(st), paddle.rand([3]))[2])(paddle.get_rng_state())",),
    "paddle:no_grad": ("paddle.no_grad()(lambda: (p * 2).stop_gradient)()", "paddle.no_grad(lambda: (p * 2).stop_gradient)()"),
    "paddle:set_grad_enabled": ("[paddle.set_grad_enabled(False), (p * 2).stop_gradient, paddle.set_grad_enabled(True)][1]",),
    "paddle:is_grad_enabled": ("paddle.is_grad_enabled()", "paddle.no_grad()(paddle.is_grad_enabled)()"),
    "paddle:grad": (
        "paddle.grad([(p * p).sum()], [p])", "paddle.grad((p * p).sum(), p, create_graph=True)", "paddle.grad(p * p, p, paddle.ones([2, 3]) * 2)",
        "paddle.grad(paddle.grad((p ** 3).sum(), p, create_graph=True)[0].sum(), p)", "paddle.grad((p * p).sum(), [p, x], allow_unused=True)[1]",
    ),
    "paddle:save": ("paddle.save({'a': x}, __import__('io').BytesIO())",),
    "paddle:load": (
        "(lambda f: (paddle.save({'a': x, 'b': [x.T, 3, 'c']}, f), f.seek(0), paddle.load(f))[2])(__import__('io').BytesIO())",
        "(lambda f: (paddle.save(x, f), f.seek(0), paddle.load(f))[2])(__import__('io').BytesIO())",
        "(lambda f: (paddle.save({'a': x}, f), f.seek(0), paddle.load(f, return_numpy=True))[2])(__import__('io').BytesIO())",
    ),
    "paddle:summary": ("paddle.summary(nn.Sequential(nn.Conv2D(1, 2, 3), nn.ReLU()), (1, 1, 8, 8))",),
    # with NumPy 2.4 `int` of a one-element tensor fails in Paddle itself
    "paddle:flops": ("(setattr(paddle.Tensor, '__int__', lambda s: int(s.item())), paddle.flops(nn.Sequential(nn.Conv2D(1, 2, 3), nn.ReLU()), [1, 1, 8, 8]))[1]",),
    "paddle:Model": ("[v.shape for v in paddle.Model(nn.Linear(3, 2)).parameters()]",),
    "paddle:set_default_dtype": (
        "(paddle.set_default_dtype('float64'), paddle.ones([1]), paddle.to_tensor(1.5), paddle.set_default_dtype('float32'))[1:3]",
    ),
    "paddle:get_default_dtype": ("paddle.get_default_dtype()",),
    "paddle:set_device": ("paddle.set_device('cpu')",),
    "paddle:get_device": ("paddle.get_device()",),
    "paddle:set_printoptions": ("(paddle.set_printoptions(precision=2), repr(x), paddle.set_printoptions(precision=8))[1]",),
    "paddle:empty": ("paddle.empty([2, 3]).shape", "paddle.empty([2], 'int64').dtype"),
    "paddle:meshgrid": ("paddle.meshgrid(v, w)", "paddle.meshgrid([v, w])", "paddle.meshgrid(v, w, j)"),
    "paddle:tensordot": ("paddle.tensordot(b3, b3, 1)", "paddle.tensordot(b3, b3, [[1], [2]])", "paddle.tensordot(b3, b3, [[0, 1]])"),
    "paddle:addmm": ("paddle.addmm(s, s, s, 0.5, 2.0)", "paddle.addmm(v, s, s)"),
    "paddle:einsum": ("paddle.einsum('ij,jk', x, s)", "paddle.einsum('i,i->', v, w)", "paddle.einsum('...ij->...ji', b3)"),
    "paddle:broadcast_to": ("paddle.broadcast_to(v, [2, 3])", "paddle.broadcast_to(x, [4, 2, 3])"),
    "paddle:scatter_nd_add": ("paddle.scatter_nd_add(m, ij, v[:2])", "paddle.scatter_nd_add(m, k[:, None], m[:2])"),
    "paddle:strided_slice": ("paddle.strided_slice(b3, [1, 2], [0, 0], [3, 3], [2, 1])",),
    "paddle:normal": ("paddle.normal(x, y)", "paddle.normal(x, 1.0)", "paddle.normal(shape=[2, 3])", "paddle.normal(1.0, 2.0, [2, 3])"),
    "paddle:is_tensor": ("paddle.is_tensor(x)", "paddle.is_tensor(3)"),
    "paddle.Tensor:backward": ("((p * p).sum().backward(), p.grad)", "((p * p).backward(y), p.grad)", "((p * p).backward(), p.grad)"),
    "paddle.Tensor:grad": ("((p * p).sum().backward(), p.grad)", "x.grad", "((p * p).sum().backward(), (p * 3).sum().backward(), p.grad)"),
    "paddle.Tensor:register_hook": ("(p.register_hook(lambda g: g * 3), (p * p).sum().backward(), p.grad)[1:]",
                                    "(lambda h: (h.register_hook(lambda g: g * 3), (h * h).sum().backward(), p.grad)[1:])(p * 2)"),
    "paddle.Tensor:clear_grad": ("((p * p).sum().backward(), p.clear_grad(), p.grad)",),
    "paddle.Tensor:clear_gradient": ("((p * p).sum().backward(), p.clear_gradient(), p.grad)", "((p * p).sum().backward(), p.clear_gradient(False), p.grad)"),
    "paddle.Tensor:place": ("str(x.place)", "x.place == paddle.CPUPlace()"),
    "paddle.nn.functional:log_loss": ("F.log_loss(v[:, None], w[:, None])", "F.log_loss(v[:, None], w[:, None], 0.1)"),
    # Paddle's build for the CPU has no kernel for rms_norm; its own operations say what it is.
    "paddle.nn.functional:dropout2d": ("F.dropout2d(img, 0.3)", "F.dropout2d(img, 0.3, data_format='NHWC')", "F.dropout2d(img, training=False)"),
    "paddle.nn.functional:batch_norm": (
        "F.batch_norm(img, paddle.zeros([4]), paddle.ones([4]))", "F.batch_norm(img, paddle.zeros([4]), paddle.ones([4]), c4, c4 * 2, True)",
        "F.batch_norm(img, c4, c4 * c4, use_global_stats=True)", "F.batch_norm(last, paddle.zeros([last.shape[-1]]), paddle.ones([last.shape[-1]]), data_format='NHWC')",
        "F.batch_norm(img, paddle.zeros([4]), paddle.ones([4]), training=True, momentum=0.5, epsilon=0.1)",
    ),
    "paddle.nn.functional:max_pool1d": (
        "F.max_pool1d(img[0], 2)", "F.max_pool1d(img[0], 3, 1, 1)", "F.max_pool1d(img[0], 4, ceil_mode=True)", "F.max_pool1d(img[0], 2, return_mask=True)[1]",
        "F.max_pool1d(img[0], 2, padding='SAME')",
    ),
    "paddle.nn.functional:adaptive_max_pool1d": ("F.adaptive_max_pool1d(img[0], 4)", "F.adaptive_max_pool1d(img[0], 1)", "F.adaptive_max_pool1d(img[0], 5, True)[1]"),
    "paddle.nn.functional:multi_label_margin_loss": (
        "F.multi_label_margin_loss(x, paddle.to_tensor([[0, 2, -1], [1, -1, 0]]))", "F.multi_label_margin_loss(x, paddle.to_tensor([[0, -1, 1], [-1, 1, 0]]), 'sum')",
        "F.multi_label_margin_loss(x, paddle.to_tensor([[0, 2, 1], [1, 2, 0]]), 'none')",
    ),
    "paddle.nn.functional:rms_norm": (
        "F.rms_norm(x, [3], v)[0] if paddle.__name__ != 'paddle' else x / (x.square().mean(-1, keepdim=True) + 1e-05).sqrt() * v",
        "F.rms_norm(x, [3])[0] if paddle.__name__ != 'paddle' else x / (x.square().mean(-1, keepdim=True) + 1e-05).sqrt()",
    ),
    "paddle.Tensor:name": ("(setattr(x, 'name', 'a'), x.name)", "isinstance(x.name, str)"),
    "paddle.Tensor:__setitem__": (
        "(x.__setitem__(0, 5.0), x)", "(x.__setitem__(t, 0.0), x)", "(x.__setitem__((slice(None), 1), y[:, 0]), x)", "(x.__setitem__([0, 1], 2), x)",
        "(x.__setitem__((0, [0, 2]), 2), x)", "(x.__setitem__(k, y), x)", "(x.__setitem__(slice(None, None, -1), y), x)",
    ),
    "paddle.Tensor:__getitem__": tuple(
        f"b3[{key}]" for key in (
            "0", "-1", "0, 1", "..., 0", ":, None", "::-1", ":, ::-2", "1:0", "5:", "0:1, 1:, ::2", "[0, 1]", "[0, 1], [1, 2]", "0, :, [1, 2]", "[0], :, [1, 2]",
            ":, [0, 1], [1, 2]", "k", "ij % 2", "b3 > 0.5", "True", "False", "k, k", "[[0, 1], [1, 0]]", "0:k[0]", "[]", "()", ":, [True, False, True]", "[0, 1], :, None",
            "np.array([0, 1])", "np.int64(1)", "one.astype('int64')",
        )
    ),
    "paddle.Tensor:__array__": ("np.asarray(x)", "np.array(i)"),
    "paddle.Tensor:__dlpack__": ("np.from_dlpack(x)",),
    "paddle.Tensor:__bool__": ("bool(one)", "bool(x[0, 0])"),
    "paddle.Tensor:set_value": ("(x.set_value(y), x)", "(x.set_value(y.numpy()), x)"),
    "paddle.nn:Layer": ("list(nn.Layer().parameters())", "nn.Layer()"),
    "paddle.nn:Parameter": ("nn.Parameter(x)",),
    "paddle.nn:LayerDict": ("list(nn.LayerDict({'a': nn.ReLU()}).keys())",),
    "paddle.nn:LayerList": ("len(nn.LayerList([nn.ReLU(), nn.ReLU()]))", "nn.LayerList([nn.ReLU(), nn.Linear(2, 3)])"),
    "paddle.nn:ParameterList": ("len(nn.ParameterList([nn.Parameter(x)]))",),
    "paddle.nn:ParameterDict": ("list(nn.ParameterDict({'a': nn.Parameter(x)}).keys())",),
    "paddle.nn:ClipGradByValue": ("nn.ClipGradByValue(0.1)([(p, x)])[0][1]", "nn.ClipGradByValue(0.3, -0.1)([(p, x)])[0][1]"),
    "paddle.nn:ClipGradByNorm": ("nn.ClipGradByNorm(0.5)([(p, x)])[0][1]",),
    "paddle.nn:ClipGradByGlobalNorm": ("nn.ClipGradByGlobalNorm(0.5)([(p, x), (p, y)])[1][1]",),
    "paddle.nn.utils:clip_grad_norm_": ("((p * p).sum().backward(), nn.utils.clip_grad_norm_([p], 0.5), p.grad)[1:]",),
    "paddle.nn.utils:clip_grad_value_": ("((p * p).sum().backward(), nn.utils.clip_grad_value_([p], 0.5), p.grad)[1:]",),
    "paddle.nn.utils:parameters_to_vector": ("nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters())",),
    "paddle.nn.utils:vector_to_parameters": (
        "(lambda m: (nn.utils.vector_to_parameters(paddle.arange(8).astype('float32'), m.parameters()), m.weight))(nn.Linear(3, 2))",
    ),
    "paddle.nn.utils:weight_norm": ("nn.utils.weight_norm(nn.Linear(3, 2))(x)", "nn.utils.weight_norm(nn.Conv2D(4, 2, 3))(img)"),
    "others:metric.accuracy": ("paddle.metric.accuracy(paddle.to_tensor([[.1, .9], [.6, .4]]), paddle.to_tensor([[1], [1]]))",),
    "others:metric.Accuracy": (
        "(lambda m: (m.update(m.compute(paddle.to_tensor([[.1, .9], [.6, .4]]), paddle.to_tensor([[1], [1]]))), m.accumulate()))(paddle.metric.Accuracy())",
        "paddle.metric.Accuracy(topk=(1, 2)).name()",
    ),
    "others:metric.Precision": ("(lambda m: (m.update(np.array([.1, .9, .8]), np.array([0, 1, 0])), m.accumulate()))(paddle.metric.Precision())",),
    "others:metric.Recall": ("(lambda m: (m.update(np.array([.1, .9, .2]), np.array([0, 1, 1])), m.accumulate()))(paddle.metric.Recall())",),
    "others:regularizer.L1Decay": ("paddle.regularizer.L1Decay(0.1)", "type(paddle.regularizer.L1Decay(0.1)).__name__"),
    "others:regularizer.L2Decay": ("paddle.regularizer.L2Decay(0.1)", "type(paddle.regularizer.L2Decay(0.1)).__name__"),
    "others:autograd.PyLayer": (
        "(lambda f: (f.apply(p).sum().backward(), p.grad.numpy()))(type('Sq', (paddle.autograd.PyLayer,), {'forward': staticmethod(lambda c, a: "
        "(c.save_for_backward(a), a * a)[1]), 'backward': staticmethod(lambda c, g: g * 2 * c.saved_tensor()[0])}))",
    ),
    "others:vision.transforms.Compose": ("paddle.vision.transforms.Compose([paddle.vision.transforms.Normalize([0.5], [0.5])])(img[0, :1])",),
    "others:vision.transforms.ToTensor": ("paddle.vision.transforms.ToTensor()(np.arange(24, dtype='uint8').reshape(2, 4, 3))",),
    "others:vision.transforms.Normalize": ("paddle.vision.transforms.Normalize([0.5] * 3, [0.25] * 3)(img[0, :3])",),
    "others:vision.transforms.Resize": (
        "np.asarray(paddle.vision.transforms.Resize((4, 5))(__import__('PIL.Image', fromlist=['x']).fromarray(np.arange(216, dtype='uint8').reshape(8, 9, 3))))",
    ),
    "others:vision.datasets.MNIST": ("paddle.vision.datasets.MNIST.__name__",),
    "others:callbacks.ProgBarLogger": ("paddle.callbacks.ProgBarLogger(5).log_freq",),
    "others:callbacks.ModelCheckpoint": ("paddle.callbacks.ModelCheckpoint(2, 'a').save_freq",),
    "others:callbacks.EarlyStopping": ("paddle.callbacks.EarlyStopping('loss', patience=2).patience",),
    "others:callbacks.LRScheduler": ("paddle.callbacks.LRScheduler(by_step=False).by_step",),
}  # fmt: skip

# Names whose other cases would show memory as it was, addresses, time, or print.
ONLY_EXTRA = frozenset(
    ("paddle:empty", "paddle:seed", "paddle:get_rng_state", "paddle:set_rng_state", "paddle:Tensor", "paddle:grad", "paddle:save", "paddle:load", "paddle:summary",
     "paddle:flops", "paddle:Model", "paddle:set_default_dtype", "paddle:set_device", "paddle:set_printoptions", "paddle:no_grad", "paddle:set_grad_enabled",
     "paddle.Tensor:name", "paddle:CPUPlace", "paddle:ParamAttr", "paddle.Tensor:place")
)  # fmt: skip

OPTIMIZER = (
    "(lambda m: (lambda o: [((m(x) ** 2).sum().backward(), o.step(), o.clear_grad(), m.weight.clone())[3] for _ in range(4)])"
    "(paddle.optimizer.$))(nn.Linear(3, 2))"
)
OPTIMIZERS = {"Optimizer": ("SGD(0.05, parameters=m.parameters())",)}
SCHEDULER = "(lambda s: [(s.step($$), s())[1] for _ in range(12)])(paddle.optimizer.lr.$)"
SCHEDULERS = {
    "CosineAnnealingDecay": ("CosineAnnealingDecay(0.5, 5)", ""), "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts(0.5, 3, 2)", ""),
    "CyclicLR": ("CyclicLR(0.1, 0.9, 4)", ""), "ExponentialDecay": ("ExponentialDecay(0.5, 0.9)", ""), "InverseTimeDecay": ("InverseTimeDecay(0.5, 0.1)", ""),
    "LRScheduler": ("StepDecay(0.5, 3)", ""), "LambdaDecay": ("LambdaDecay(0.5, lambda e: 0.9 ** e)", ""), "LinearLR": ("LinearLR(0.5, 5)", ""),
    "LinearWarmup": ("LinearWarmup(0.5, 5, 0.0, 0.5)", ""), "MultiStepDecay": ("MultiStepDecay(0.5, [2, 5])", ""),
    "MultiplicativeDecay": ("MultiplicativeDecay(0.5, lambda e: 0.9)", ""), "NaturalExpDecay": ("NaturalExpDecay(0.5, 0.1)", ""), "NoamDecay": ("NoamDecay(64, 5)", ""),
    "OneCycleLR": ("OneCycleLR(0.9, 20)", ""), "PiecewiseDecay": ("PiecewiseDecay([3, 6], [0.5, 0.2, 0.1])", ""),
    "PolynomialDecay": ("PolynomialDecay(0.5, 8)", ""), "ReduceOnPlateau": ("ReduceOnPlateau(0.5, patience=2)", "paddle.to_tensor(1.0)"), "StepDecay": ("StepDecay(0.5, 3)", ""),
}  # fmt: skip
SET = "paddle.io.TensorDataset([paddle.arange(10), paddle.arange(10).astype('float32')])"
DATA = {
    "Dataset": ("type('A', (paddle.io.Dataset,), {'__getitem__': lambda s, k: k, '__len__': lambda s: 3})()[1]",),
    "IterableDataset": ("[b for b in paddle.io.DataLoader(type('A', (paddle.io.IterableDataset,), {'__iter__': lambda s: iter(range(7))})(), batch_size=3)]",),
    "TensorDataset": (f"{SET}[2]", f"len({SET})"),
    "ConcatDataset": (f"paddle.io.ConcatDataset([{SET}, {SET}])[13]",),
    "Subset": (f"paddle.io.Subset({SET}, [3, 1])[1]",),
    "ComposeDataset": (f"paddle.io.ComposeDataset([{SET}, {SET}])[1]",),
    "ChainDataset": ("[v for v in paddle.io.ChainDataset([type('A', (paddle.io.IterableDataset,), {'__iter__': lambda s: iter(range(3))})()] * 2)]",),
    "DataLoader": (f"list(paddle.io.DataLoader({SET}, batch_size=4))", f"list(paddle.io.DataLoader({SET}, batch_size=4, drop_last=True))", f"len(paddle.io.DataLoader({SET}, batch_size=4))"),
    "random_split": (f"[len(s) for s in paddle.io.random_split({SET}, [7, 3])]",),
    "Sampler": ("list(type('A', (paddle.io.Sampler,), {'__iter__': lambda s: iter([1]), '__len__': lambda s: 1})())",),
    "SequenceSampler": ("list(paddle.io.SequenceSampler(range(4)))",),
    "RandomSampler": ("(np.random.seed(1), list(paddle.io.RandomSampler(range(9))))[1]",),
    "WeightedRandomSampler": ("(np.random.seed(1), list(paddle.io.WeightedRandomSampler(np.array([0.1, 0.7, 0.2]), 9)))[1]",),
    "BatchSampler": ("list(paddle.io.BatchSampler(sampler=paddle.io.SequenceSampler(range(7)), batch_size=3))", "list(paddle.io.BatchSampler(range(7), batch_size=3, drop_last=True))"),
}  # fmt: skip
INITIALIZED = "paddle.create_parameter([4, 3, 3, 3], 'float32', default_initializer=nn.initializer.$)"
INITIALIZERS = {
    "Assign": ("Assign(np.arange(108).reshape(4, 3, 3, 3).astype('float32'))",), "NumpyArrayInitializer": ("NumpyArrayInitializer(np.ones((4, 3, 3, 3), 'float32'))",),
    "Constant": ("Constant(2.0)",), "ConstantInitializer": ("ConstantInitializer(2.0)",), "Initializer": ("Constant(1.0)",), "Uniform": ("Uniform(-0.5, 2.0)",), "Normal": ("Normal(1.0, 2.0)",),
}  # fmt: skip

# What hangs or ends Paddle, and what it accepts though it means nothing.
MEANINGLESS = frozenset(
    ("paddle.to_tensor(x, 0)", "paddle.randperm(one)", "paddle.unsqueeze(n, None, 9)", "paddle.unsqueeze(x, None, True)", "paddle.tile(n, None, 9)",
     "paddle.take_along_axis(x, y, 1)", "paddle.logsumexp(x, 1, True, True, True)", "paddle.rank(np.arange(3))", "((x.unsqueeze(None)), x, i, t)",
     "((x.round(paddle.int64)), x, i, t)", "paddle.clip(i, i)", "((x.clip_(y)), x, i, t)", "((i.clip_()), x, i, t)", "((x.clip_(d)), x, i, t)", "paddle.clip(n, n)", "((i.clip(i)), x, i, t)", "((n.clip(n)), x, i, t)")
)  # fmt: skip


_X = re.compile(r"\bx\b(?=[,)])")

# Methods written in C that pass over whatever they are given.
_DEAF = ("numpy", "detach", "clone", "clear_gradient", "stop_gradient", "is_leaf")
# Where a dtype's name, a flag or a reduction's is no argument at all, yet Paddle takes it.
_NO_WORDS = re.compile(
    r"\.(full|full_like|bernoulli|argmax|argmin|cumsum|allclose|isclose|clip|clip_|scale|numel|tensordot)\(.*(', |'\)|int64\))"
)
# Bounds of several elements, of which Paddle takes the first or none; what is no permutation; flags in a dtype's place.
_NO_CASE = re.compile(
    r"\.clip_?\(.*\b(y|v|s|b3|n|i|d|t|w|k)\)+, x|clip_\((j, 1|i % 2)|clip\((n, w|j, m|j % 3, s|i % 3, s)\)|transpose\((b3|x|i|m), (\[1, 2\]|1, True|1, False|True)|__array__\([^')]"
    r"|to_tensor\(x\[None\], 0\)|transpose\(img, [23]|tile\((x, None|None|paddle)|assign\('|clip_\(0, y|j\.clip_\(\)|__getitem__\(\[[23]|searchsorted\(img|mm\(\*F|transpose\(x, 1, 1"
    # Fewer dimensions than are padded, channels that do not fit, layouts and labels of another rank, integers where there is noise.
    r"|(Zero|Constant|Reflection|Replication|Circular)?Pad(2D|2d|3D|3d)\(.*\)\((x|j|v|i|s, s|x, .*)\)|BatchNorm(1D|2D|3D)?\([23][,)].*\((img|last|vol|q)\)"
    r"|BatchNorm.*=False\)\((img\b|last|vol|q\)|cols)|BatchNorm1D\((2, 3, bias_attr=False|4, weight_attr=False, bias_attr=False)\)\((x|m)|Conv3[Dd].*NHWC|NLLLoss\(.*\(x, i\)|Loss\(\[|AlphaDropout.*\((j|i)\)|MaxUnP?p?ool3[Dd]\(4, 2, 3\)|Parameter\(axis"
    r"|F\.(adaptive_max_pool\dd\(b3|pad\(x, \[\d\]\)|dropout\w*\((i|t|j|n)\b|dropout\(x, 1, 2|gelu\(.*None|linear\(x, j|local_response_norm\(.*NHWC|label_smooth\((x, s|s, m|v|m)"
    r"|nll_loss\(.*, i|hinge_embedding_loss\(.*(True|'sum'))"
    # Windows and outputs of size 0, one tensor as both weight and running mean, labels without dimensions or of another rank, infinite thresholds.
    r"|F\.(max_pool1d\(b3, \[0\]|adaptive_max_pool1d\(.*, \[?0\]?\)|batch_norm\(img, c4, c4, c4|label_smooth\((one|w\.sort|img, [uw]2|q, [uw]1|x, m|(x|img), c4|img, grid)|multi_label_\w+\(one"
    r"|multi_label_margin_loss\((i, i|m, ij)|normalize\(one|softshrink\(.*inf|dropout\(x, y)"
    # Windows larger than what they slide over, sizes of nothing, padding of half a dimension, losses of one number, words for numbers.
    r"|Pool3[Dd]\(5, 3\)|(avg|max)_pool2d\(img, \[12|pool1d\(b3, \[0|adaptive_max_pool1d\(x\[None\], |F\.(zero)?pad(2d)?\(x, \[\d, \d, \d\]|\(m\.T\)"
    r"|Parameter\(\w+=|BatchNorm[12]D\((2, 3, bias|3, weight|4, weight|3, 4, 2)|F\.(label_smooth|normalize|multi_label\w*)\((one|w\.sort|i, i|m, ij)|label_smooth\(.*(x|y|s|v|m|img|q|vol|n|i|d|p|b3|last), "
    r"|F\.batch_norm\(img, c4, c4, c4, c4, True|embedding_loss\(x, y, '|dropout\(x, y|softshrink\(x, float|transpose\((img|q|vol|b3), (\d|\[2, 3|\[1, 2\])|3\)\.clip_\(|__getitem__\((i|n)\)"
)


def _means_nothing(name: str, expression: str) -> bool:
    if name in _DEAF and expression.startswith("((") and re.search(rf"\.{name}\([^)]", expression):
        return True
    return _NO_WORDS.search(expression) is not None or _NO_CASE.search(expression) is not None


def _hangs(name: str, expression: str) -> bool:
    """Integers to negative powers, and integers divided by zero, never end in Paddle."""
    if name in ("mod", "remainder", "floor_divide", "pow"):
        return bool(re.search(r"\b(i|n|t|j)\b", expression.removesuffix(", x, i, t)"))) or "-1" in expression
    return False


def expressions(family: str, name: str) -> list[str]:
    """The cases to try for a name, as Python expressions."""
    return [
        e
        for e in _expressions(family, name)
        if e not in MEANINGLESS and not _hangs(name, e) and not _means_nothing(name, e)
    ]


def _expressions(family: str, name: str) -> list[str]:
    found = list(EXTRA.get(f"{family}:{name}", ()))
    if family == "paddle.optimizer":
        rows = OPTIMIZERS.get(name, (f"{name}(learning_rate=0.05, parameters=m.parameters())", f"{name}(0.01, parameters=m.parameters(), weight_decay=0.1)",
                                     f"{name}(0.01, parameters=m.parameters(), grad_clip=nn.ClipGradByGlobalNorm(0.5))"))  # fmt: skip
        return [OPTIMIZER.replace("$", row) for row in rows]
    if family == "paddle.optimizer.lr":
        make, metric = SCHEDULERS[name]
        return [SCHEDULER.replace("$$", metric).replace("$", make)]
    if family == "paddle.io":
        return list(DATA[name])
    if family == "paddle.nn.initializer":
        return [INITIALIZED.replace("$", row) for row in INITIALIZERS.get(name, (f"{name}()",))]
    if family in ("others", "paddle.nn.utils") or f"{family}:{name}" in ONLY_EXTRA:
        return found
    if family == "paddle.Tensor":
        return found + [f"(({t.replace('$', name)}), x, i, t)" for t in METHOD_TEMPLATES.split("|") if t]
    if family == "paddle.nn" and name[0].isupper():
        heads = [f"nn.{name}{t}" for t in MODULE_TEMPLATES.split("|") if t]
        return found + [e for h in heads for e in (h, *(f"{h}({given})" for given in INPUTS))]
    root = {"paddle.nn": "nn", "paddle.nn.functional": "F"}.get(family, family)
    plain = [f"{root}.{name}({t})" for t in FUNCTION_TEMPLATES.split("|") if t]
    if family == "paddle.nn.functional" and "drop" in name:
        return [*found, *plain]
    graded = [f"G({re.sub(_X, 'p', e)})" for e in plain if re.search(_X, e)]
    return [*found, f"{root}.{name}()", *plain[:30], *graded[:20], *plain[30:], *graded[20:]]


def same(a: Any, b: Any, paddle: Any, ours: Any) -> bool:
    """Whether two results agree: `a` of Paddle, `b` of plait."""
    if isinstance(a, paddle.Tensor):
        if (
            not isinstance(b, ours.Tensor)
            or str(a.dtype) != str(b.dtype)
            or list(a.shape) != list(b.shape)
            or a.stop_gradient != b.stop_gradient
        ):
            return False
        left, right = (np.asarray(t.astype("float64").numpy()) for t in (a, b))
        coarse = str(a.dtype) in ("paddle.float16", "paddle.bfloat16")
        return bool(np.allclose(left, right, 1e-2 if coarse else 2e-5, 1e-2 if coarse else 1e-6, equal_nan=True))
    if callable(a) and not isinstance(a, type):
        return callable(b)
    return trial.same_plain(a, b, lambda p, q: same(p, q, paddle, ours))


def run(family: str, name: str, limit: int = 40) -> tuple[int, list[str]]:
    """The number of cases that agree, and an account of each that does not."""
    import contextlib
    import io

    import paddle

    from plait import paddle as ours

    for part in ("nn", "optimizer", "io", "metric", "vision", "callbacks", "regularizer", "Model", "summary"):
        getattr(ours, part)  # loaded here once, and not in every child
    with contextlib.redirect_stdout(io.StringIO()):
        return trial.run(
            expressions(family, name), evaluate, paddle, ours, lambda a, b: same(a, b, paddle, ours), limit
        )


def framework() -> str:
    """What the record is of."""
    import paddle

    return f"Paddle {paddle.__version__}"
