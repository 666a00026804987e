"""Every name of the list is tried with many arguments in PyTorch and here, and what comes back is compared.

A name's cases are made from templates: those that PyTorch accepts are its cases, and plait must give the same. The recorder
(tools/record_coverage.py) keeps the counts for `plait coverage torch`.
"""

from __future__ import annotations

import math
import pathlib
import re
import warnings
from typing import Any

import numpy as np

from plait.torch._printing import _plain
from tests.live import trial

LIST = pathlib.Path(__file__).parent / "names.txt"


def families() -> dict[str, list[str]]:
    """Section -> names."""
    return trial.families(LIST)


def framework() -> str:
    """What the record is of."""
    import torch

    return f"PyTorch {torch.__version__.split('+')[0]}"


_ARRAYS: dict[str, tuple[int, ...]] = {
    "x": (2, 3), "y": (2, 3), "v": (3,), "s": (3, 3), "m": (3, 4), "b3": (2, 3, 3), "q": (1, 4, 6), "img": (2, 4, 6, 6), "vol": (1, 4, 4, 4, 4),
    "w1": (2, 4, 3), "w2": (2, 4, 3, 3), "w3": (2, 4, 2, 2, 2), "u1": (4, 2, 3), "u2": (4, 2, 3, 3), "u3": (4, 2, 2, 2, 2), "c4": (4,),
    "grid": (2, 5, 5, 2), "cols": (2, 16, 25), "p": (2, 3), "d": (2, 3), "bin": (2, 3),
}  # fmt: skip
_VALUES: dict[str, Any] = {
    "one": 0.7, "i": [[2, 0, 1], [1, 2, 0]], "j": [0, 2, 1], "n": [4, 2, 7], "k": [1, 0], "t": [[True, False, True], [False, False, True]],
    "sign3": [1.0, -1.0], "lab": [1, 2], "w": [0.1, 0.4, 0.5],
}  # fmt: skip
_FILLED = {
    name: (np.random.default_rng(k).random(shape) * 0.8 + 0.1).astype(np.float32)
    for k, (name, shape) in enumerate(_ARRAYS.items())
}


def evaluate(expression: str, torch: Any, torchvision: Any = None) -> Any:
    """The value of an expression, on fresh tensors and from a fixed seed."""
    torch.set_default_dtype(torch.float32)
    code = compile(expression, expression, "eval")
    scope = {
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "np": np,
        "math": math,
        "torchvision": torchvision,
    }
    for name in trial.names_in(code):
        if name in _FILLED:
            tensor = torch.from_numpy(_FILLED[name].copy())
            if name == "bin":
                tensor = torch.from_numpy((_FILLED[name] > 0.5).astype(np.float32))
            scope[name] = tensor.requires_grad_() if name == "p" else tensor.double() if name == "d" else tensor
        elif name in _VALUES:
            scope[name] = torch.tensor(_VALUES[name])
    torch.set_grad_enabled(True)
    torch.manual_seed(0)
    return eval(code, scope)


FUNCTION_TEMPLATES = """
x|x, y|x, 2|x, 1|x, 0|x, -1|x, 0.5|x, (0,)|x, (0, 1)|x, 0, True|x, dim=1|x, dim=0, keepdim=True|x, y, 0.5|x, 0.2, 0.8|x, y, y|v|v, v|s|s, s|x, s|s, v|s, m
b3|b3, b3|x, x, s|one|i|i, i|i, 2|i, 1|n|n, n|n, 3|j|t|t, t|t, 1|d|d, x|p|x.T|2.0|(2, 3)|2, 3|3|5, 2|0, 5|0, 5, 4|1, 3, 6|[x, y]|[x, y], 1|[v, v]|(x, y), -1
x, 0, j[:2] % 2|x, 1, j|x, 1, i % 2|x, i % 6|x, 1, i % 2, y|x, t|t, x, y|t, x, 0.0|x, 2, 1|x, 1, 0, 1|x, 1, 1, 1|x, 0, 1|x, (3, 2)|x, (2, 2)|x, (1,), (0,)
x, 1, (0, 2)|x, [1, 0]|x, (0, 1), (1, 0)|x, (2, 1, 3)|(3, 4), 2|0, 9, (2, 3)|7|w, 2|w, 4, True|t.float()|0.0, 1.0, (2, 2)|x, 5|x, 0.5, 1
x, bins=4|n, minlength=9|n, None, 9|x, 1, 1|x, 2, 0|x, p=1|x, y, dims=([1], [1])|'ij,jk->ik', x, s|'ij->ji', x|'bij,bjk->bik', b3, b3|v, v, indexing='ij'
img|img, 2|img, 3, 1|img, 3, 2, 1|img, (2, 3)|img, 2, return_indices=True|q|q, 2|q, 3, 1|vol|vol, 2|vol, 2, 1|q, w1|q, w1, None, 2, 1|img, w2|img, w2, None, 2, 1, 2
img, w2, c4[:2]|vol, w3|q, u1|q, u1, None, 2, 1, 1|img, u2|img, u2, None, 2|vol, u3|x, s, v|x, s|q, None, None, c4, c4, True|img, c4, c4|img, c4, c4, c4, c4
img, c4, c4, training=True|img, 2, c4, c4|img, 2, c4|x, [3]|x, (3,), v, v|img, 0.5|img, 0.5, True|x, 0.3, True|x, 0.5, False|img, 1.0|x, bin|x, x, sign3
x, y, sign3|x, lab|x.log(), lab|x, y, bin, True|x, y, x, 0.5|j, m|j % 3, s|i % 3, s|j, 3|x, y, p=2|x, 1, 2|x, 2, 1, 1e-12|img, (1, 1)|img, (1, 1, 2, 0)|q, (1, 2), 'reflect'
img, (1, 1, 1, 1), 'replicate'|img, (1, 1, 1, 1), 'circular'|img, None, 2|img, (3, 3)|img, (12, 12)|img, scale_factor=2|img, None, 1.5, 'bilinear'|img, (4, 9), None, 'bicubic'
q, 3, None, 'linear'|vol, 3, None, 'trilinear'|img, (3, 3), mode='area'|img, grid|img, grid, 'nearest', 'border', True|b3[:, :2], (2, 1, 3, 4)|img, (3, 3), 1, 1, 2|cols, (6, 6), 2
cols, (6, 6), (2, 2)|img, 2, output_ratio=0.5|img, 2, 3|img, 2, (3, 3)|vol, 2, 2|img, 2.0, 2|q, 2.0, 2|vol, 2.0, 2|x, v|img, c4|x, 0.1|x, 0.1, 0.3|x, 0.2, 20|x, y, m[:, :3].expand(2, 3, 3).reshape(2, 3, 3)[:, :2]
x, s, torch.stack([s, s]), v[:2]|x, y, torch.ones(2, 3, 3)|x, True|x, False|torch.float32, torch.int64|torch.int8|torch.float64|'high'|x, None|x, dtype=torch.float64|np.arange(3)|[1, 2.5]
v, w|w, v|v, x|x, n=2|x, diagonal=1|3, 4|x, [2]|b3, [1]|(2, 3), 7, dtype=torch.int64|x, 2, -1, True|x, 0.3, 0|x, 1, True, True|x, y, 0.5, 1e-3|q.transpose(1, 2)|q, 3, 2|q, 2, 2, 1|5, (2, 3)
*F.max_pool1d(q, 2, return_indices=True), 2|*F.max_pool2d(img, 2, return_indices=True), 2|*F.max_pool3d(vol, 2, return_indices=True), 2|nn.Linear, 2, 3
q, u1.permute(2, 0, 1), c4[:2]|[p]|[p], 0.5|s, torch.nn.init.calculate_gain('relu')|'relu'|'leaky_relu', 0.2|img, 3.0|img, 0.0, 1.0|u1[:2]|u2|s, 0.5|s, 0.1, 0.5
""".replace("\n", "|")

METHOD_TEMPLATES = """
x.$()|x.$|i.$()|t.$()|one.$()|x.$(0)|x.$(1)|x.$(y)|x.$(0.5)|x.$(2)|x.$(0, 1)|x.$(0, 1, 1)|x.$(0, 1, 2)|x.$(3, 2)|x.$((3, 2))|x.$(6)|v.$(2, 3)|v.$(v)|s.$(s)|x.$(s)|s.$(v)|b3.$(b3)
x.$(y, 0.5)|x.$(y, y)|x.$(0.2, 0.8)|x.$(dim=1)|x.$(1, keepdim=True)|x.$(t)|x.$(t, 0.5)|x.$(1, j)|x.$(1, j, 0.5)|x.$(1, j, x)|x.$(1, i % 2)|x.$(1, i, y)|x.$(1, i, 2.0)|x.$(i % 6)
x.$([2])|x.$([0, 1])|x.$((0,))|x.$(1, 2)|x.$(2, 1)|x.$(-1)|x.$(1, (3, 1))|x.$(1, [1, 2])|img.$(1, 3)|img.$(1, (2, 2))|img.$(0, 2, 3, 1)|x.$(t, y)|i.$(2)|i.$(i)|n.$(3)|t.$(t)|x.$(torch.float64)
x.$('cpu')|x.$(d)|i.$(torch.float32)|x.$(2, 2, 3)|x[None].$(4, 2, 3)|x[:1].$(2, 3)|x[:1].$(y)|x.$(s, s)|x.$(x, s)|p.$()|(p * 2).sum().$()|(p * p).$(torch.ones(2, 3))|p.$|p.$(lambda g: g * 2) is not None
x.$(10)|x.$(2, 8)|x.$(0.3)|x.$(2.0)|torch.ones(1).$()|torch.tensor(3).$()|torch.tensor(True).$()|x.$(0.5, 1.0)|x.$(y, alpha=2)|x.$(y, value=0.5)|x.$(y, y, value=2)|one.$('.3f')|x.$({})|x[0].$()|x.$(slice(1))
x.$(0, torch.ones(3))|j.$()|list(x.$())|torch.tensor([3]).$()|x.$(requires_grad=False)|x.$(memory_format=torch.contiguous_format)|x.$(y, rounding_mode='floor')|x.$(n % 2)|x.t().$()|x.$(1, 0)|d.$()|x.$([1, 2])|x.$(7.5)
x.$((2, 3), 7.5)|x.$([2, 3], 1)|x.$(2, 3)|x.$('torch.DoubleTensor')|one.$([0.5])|(x.$() is not None)
""".replace("\n", "|")

MODULE_TEMPLATES = """
()|(2)|(3)|(4)|(2, 2)|(3, 1, 1)|(4, 4)|(4, 2)|(4, 2, 3)|(4, 2, 3, stride=2, padding=1)|(4, 6, 3, groups=2)|(2, 3)|(3, 2)|(3, 3, 2)|(0.3)|(1, 0.5)|(0.1, 2.0)|([3])|((1, 2))|(2, 4)|(1)|(dim=1)
(2, output_size=3)|(2, output_ratio=0.5)|(scale_factor=2)|(scale_factor=2, mode='bilinear')|((6, 6), 2)|(5, 3)|(1, (2, 2))|(2.0, 2)|(reduction='sum')|(reduction='none')|(x)|(nn.Linear(3, 2), nn.ReLU())|([nn.ReLU()])
({'a': nn.ReLU()})|([x])|({'a': x})|(2, 3, bias=False)|(3, affine=False)|(4, affine=True)|(4, 3, 2)|(2, return_indices=True)|((1, 1, 1, 1))|((1, 1))|((1, 1, 1, 1, 1, 1))|(4, 3, padding='same')|(distance_function=nn.PairwiseDistance())
""".replace("\n", "|")
INPUTS = (
    "x", "img", "q", "vol", "j", "img[:, :2]", "i", "x, y", "x, bin", "x, lab", "x.log(), lab", "x, y, bin", "x, x, y", "x, y, sign3", "x, sign3", "cols", "m.t()", "s, s",
    "x, i", "v, v", "img[0]", "img.softmax(1).log(), torch.zeros(2, 6, 6).long()",
    "*F.max_pool1d(q, 2, return_indices=True)", "*F.max_pool2d(img, 2, return_indices=True)", "*F.max_pool3d(vol, 2, return_indices=True)",
)  # fmt: skip

# Names that no template fits.
EXTRA: dict[str, tuple[str, ...]] = {
    "torch:Generator": (
        "torch.rand(3, generator=torch.Generator().manual_seed(3))",
        "torch.Generator().initial_seed()",
    ),
    "torch:get_rng_state": ("torch.get_rng_state().shape", "torch.get_rng_state()[:20]"),
    "torch:set_rng_state": ("(torch.set_rng_state(torch.get_rng_state()), torch.rand(2))",),
    "torch:seed": ("0 <= torch.seed() < 2**64", "torch.seed() == torch.initial_seed()"),
    "torch:default_generator": ("torch.default_generator.initial_seed()",),
    "torch:set_printoptions": (
        "(torch.set_printoptions(precision=2), repr(x), torch.set_printoptions(profile='default'))",
    ),
    "torch:set_default_dtype": (
        "(torch.set_default_dtype(torch.float64), torch.ones(1), torch.set_default_dtype(torch.float32))",
    ),
    "torch:no_grad": ("[torch.no_grad().__enter__(), torch.is_grad_enabled(), torch.set_grad_enabled(True)][1]",),
    "torch:enable_grad": ("torch.enable_grad()(lambda: (p * 2).requires_grad)()",),
    "torch:inference_mode": ("torch.inference_mode()(lambda: (p * 2).requires_grad)()",),
    "torch:set_grad_enabled": ("torch.set_grad_enabled(True)(lambda: (p * 2).requires_grad)()",),
    "torch:save": ("torch.save(x, __import__('io').BytesIO())",),
    "torch:load": (
        "(lambda f: (torch.save({'a': x, 'b': x.t()}, f), f.seek(0), torch.load(f))[2])(__import__('io').BytesIO())",
    ),
    "torch:autograd.grad": (
        "torch.autograd.grad((p * p).sum(), p)",
        "torch.autograd.grad((p * p).sum(), [p], create_graph=True)",
    ),
    "torch:autograd.backward": ("(torch.autograd.backward([(p * p).sum()]), p.grad)",),
    "torch:autograd.Function": (
        "type('Sq', (torch.autograd.Function,), {'forward': staticmethod(lambda c, a: a * a), "
        "'backward': staticmethod(lambda c, g: g * 2)}).apply(p)",
    ),
    "torch:autograd.gradcheck": ("torch.autograd.gradcheck(torch.sin, [p.detach().double().requires_grad_()])",),
    "torch:autograd.set_detect_anomaly": ("torch.autograd.set_detect_anomaly(False) is not None",),
    "torch:set_num_threads": ("torch.set_num_threads(torch.get_num_threads())",),
    "torch:get_num_threads": ("type(torch.get_num_threads())",),
    "torch:Tensor": ("torch.Tensor([1, 2])", "torch.Tensor(2, 3).shape", "torch.Tensor"),
    "torch:normal": ("torch.normal(0.0, 1.0, (2, 3))", "torch.normal(x, y)", "torch.normal(x, 1.0)"),
    "torch:empty_like": ("torch.empty_like(x).shape", "torch.empty_like(i).dtype"),
    "torch:empty": ("torch.empty(2, 3).shape", "torch.empty((2,), dtype=torch.int64).dtype"),
    "torch:seed_": (),
    "torch:device": (
        "torch.device('cpu')",
        "torch.device('cuda:1')",
        "torch.device('cuda', 1)",
        "torch.device('cpu').type",
    ),
    "torch:unflatten": ("torch.unflatten(x, 1, (3, 1))", "torch.unflatten(img, 1, (2, -1))"),
    "torch:broadcast_to": ("torch.broadcast_to(x, (4, 2, 3))", "torch.broadcast_to(v, (2, 3))"),
    "torch:baddbmm": ("torch.baddbmm(b3, b3, b3)", "torch.baddbmm(b3, b3, b3, beta=0.5, alpha=2)"),
    "torch:bilinear": (
        "torch.bilinear(x, y, torch.ones(4, 3, 3), c4)",
        "torch.bilinear(x, y, torch.ones(4, 3, 3), None)",
    ),
    "torch:batch_norm": (
        "torch.batch_norm(img, c4, c4, None, None, True, 0.1, 1e-5, False)",
        "torch.batch_norm(img, c4, c4, c4, c4, False, 0.1, 1e-5, False)",
    ),
    "torch:instance_norm": ("torch.instance_norm(img, c4, c4, None, None, True, 0.1, 1e-5, False)",),
    "torch.nn.functional:conv_tbc": ("F.conv_tbc(q.transpose(1, 2).repeat(5, 1, 1), w1.permute(2, 1, 0), c4[:2])",),
    "torch.Tensor:index_add_": ("x.index_add_(0, k, y)", "x.index_add_(1, j, y, alpha=2)"),
    "torch.Tensor:new_empty": ("x.new_empty(2, 3).shape", "x.new_empty((2,), dtype=torch.int64).dtype"),
    "torch.Tensor:data_ptr": ("x.data_ptr() == x.view(-1).data_ptr()", "type(x.data_ptr())"),
    "torch.Tensor:grad": ("((p * p).sum().backward(), p.grad)", "x.grad"),
    "torch.Tensor:grad_fn": ("(p * 2).grad_fn.name()", "x.grad_fn", "repr(p.exp())"),
    "torch.Tensor:retain_grad": ("(lambda h: (h.retain_grad(), (h * h).sum().backward(), h.grad))(p * 2)",),
    "torch.Tensor:register_hook": ("(p.register_hook(lambda g: g * 3), (p * p).sum().backward(), p.grad)[1:]",),
    "torch.Tensor:backward": ("((p * p).sum().backward(), p.grad)", "((p * p).backward(torch.ones(2, 3)), p.grad)"),
    "torch.Tensor:__setitem__": (
        "(x.__setitem__(0, 5.0), x)",
        "(x.__setitem__(t, 0.0), x)",
        "(x.__setitem__((slice(None), 1), y[:, 0]), x)",
    ),
    "torch.Tensor:__iter__": ("[r for r in x]",),
    "torch.Tensor:__dlpack__": ("np.from_dlpack(x)",),
    "torch.Tensor:__array__": ("np.asarray(x)", "np.array(i)"),
    "torch.Tensor:__deepcopy__": ("__import__('copy').deepcopy(x)", "__import__('copy').deepcopy(p)"),
    "torch.Tensor:__format__": ("f'{one:.3f}'", "f'{one}'", "format(x)"),
    "torch.Tensor:__contains__": ("2 in i", "5 in i"),
    "torch.nn:Module": ("nn.Module()", "list(nn.Module().parameters())"),
    "torch.nn:Buffer": ("nn.Buffer(x)",),
    "torch.nn:UninitializedParameter": ("nn.UninitializedParameter()", "nn.LazyLinear(2).weight"),
    "torch.nn:UninitializedBuffer": ("nn.UninitializedBuffer()",),
    "torch.nn:ModuleDict": ("nn.ModuleDict({'a': nn.ReLU(), 'b': nn.Linear(2, 3)})",),
    "torch.nn:ModuleList": ("nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Linear(2, 3)])",),
    "torch.nn:ParameterList": ("nn.ParameterList([x, y])",),
    "torch.nn:ParameterDict": ("nn.ParameterDict({'a': x})",),
    "torch.nn.utils:fusion.fuse_conv_bn_eval": (
        "torch.nn.utils.fusion.fuse_conv_bn_eval(nn.Conv2d(4, 2, 3).eval(), nn.BatchNorm2d(2).eval())(img)",
    ),
    "torch.nn.utils:fusion.fuse_linear_bn_eval": (
        "torch.nn.utils.fusion.fuse_linear_bn_eval(nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval())(x)",
    ),
    "torch.nn.utils:parametrizations.weight_norm": ("torch.nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))(x)",),
    "torch.nn.utils:parametrizations.spectral_norm": (
        "torch.nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))(x)",
    ),
    "torch.nn.utils:skip_init": ("torch.nn.utils.skip_init(nn.Linear, 2, 3)",),
    "torch.nn.utils:clip_grad_norm_": ("((p * p).sum().backward(), torch.nn.utils.clip_grad_norm_([p], 0.5), p.grad)",),
    "torch.nn.utils:clip_grad_value_": (
        "((p * p).sum().backward(), torch.nn.utils.clip_grad_value_([p], 0.5), p.grad)",
    ),
    "torch.nn.utils:parameters_to_vector": ("torch.nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters())",),
    "torch.nn.utils:vector_to_parameters": (
        "(lambda m: (torch.nn.utils.vector_to_parameters(torch.arange(8.0), m.parameters()), m.weight))(nn.Linear(3, 2))",
    ),
}

# Names whose other cases would show memory as it was, addresses or the time.
ONLY_EXTRA = frozenset(
    ("torch:empty", "torch:empty_like", "torch:seed", "torch.Tensor:new_empty", "torch.Tensor:data_ptr", "torch:autograd.Function", "torch:device", "torch:Tensor",
     "torch.Tensor:is_shared")
)  # fmt: skip

OPTIMIZER = (
    "(lambda m: (lambda o: [((m(x) ** 2).sum().backward(), o.step(), o.zero_grad(), m.weight.clone())[3] for _ in range(4)])"
    "(torch.optim.$(m.parameters(), lr=0.05)))(nn.Linear(3, 2))"
)
SCHEDULER = (
    "(lambda o: (lambda s: [(o.step(), s.step($$), o.param_groups[0]['lr'])[2] for _ in range(12)])(torch.optim.lr_scheduler.$))"
    "(torch.optim.SGD([p], lr=0.5, momentum=0.9))"
)
SCHEDULERS = {
    "ChainedScheduler": (
        "ChainedScheduler([torch.optim.lr_scheduler.StepLR(o, 3), torch.optim.lr_scheduler.ExponentialLR(o, 0.9)])",
        "",
    ),
    "ConstantLR": ("ConstantLR(o)", ""),
    "CosineAnnealingLR": ("CosineAnnealingLR(o, 5)", ""),
    "CosineAnnealingWarmRestarts": ("CosineAnnealingWarmRestarts(o, 3, 2)", ""),
    "CyclicLR": ("CyclicLR(o, 0.1, 0.9, 4)", ""),
    "ExponentialLR": ("ExponentialLR(o, 0.9)", ""),
    "LRScheduler": ("LambdaLR(o, lambda e: 0.5 ** e)", ""),
    "LambdaLR": ("LambdaLR(o, lambda e: 0.5 ** e)", ""),
    "LinearLR": ("LinearLR(o)", ""),
    "MultiStepLR": ("MultiStepLR(o, [2, 5])", ""),
    "MultiplicativeLR": ("MultiplicativeLR(o, lambda e: 0.9)", ""),
    "OneCycleLR": ("OneCycleLR(o, 0.9, total_steps=20)", ""),
    "PolynomialLR": ("PolynomialLR(o, 6)", ""),
    "ReduceLROnPlateau": ("ReduceLROnPlateau(o, patience=2)", "1.0"),
    "SequentialLR": (
        "SequentialLR(o, [torch.optim.lr_scheduler.ConstantLR(o), torch.optim.lr_scheduler.ExponentialLR(o, 0.9)], [3])",
        "",
    ),
    "StepLR": ("StepLR(o, 3)", ""),
    "_LRScheduler": ("LambdaLR(o, lambda e: 0.5 ** e)", ""),
}
D = "torch.utils.data."
SET = f"{D}TensorDataset(torch.arange(10), torch.arange(10.0))"
DATA = {
    "Dataset": (f"type('A', ({D}Dataset,), {{'__getitem__': lambda s, k: k, '__len__': lambda s: 3}})()[1]",),
    "IterableDataset": (
        f"list({D}DataLoader(type('A', ({D}IterableDataset,), {{'__iter__': lambda s: iter(range(7))}})(), 3))",
    ),
    "TensorDataset": (f"{SET}[2]", f"len({SET})"),
    "ConcatDataset": (f"{D}ConcatDataset([{SET}, {SET}])[13]",),
    "Subset": (f"{D}Subset({SET}, [3, 1])[1]",),
    "DataLoader": (
        f"list({D}DataLoader({SET}, 4, shuffle=True))",
        f"list({D}DataLoader({SET}, 4, drop_last=True))",
        f"list({D}DataLoader({SET}, 3, shuffle=True, num_workers=1))",
    ),
    "random_split": (
        f"[s.indices for s in {D}random_split({SET}, [7, 3])]",
        f"[len(s) for s in {D}random_split({SET}, [0.5, 0.5])]",
    ),
    "Sampler": (f"type('A', ({D}Sampler,), {{'__iter__': lambda s: iter([1])}})() is not None",),
    "SequentialSampler": (f"list({D}SequentialSampler(range(4)))",),
    "RandomSampler": (f"list({D}RandomSampler(range(9)))", f"list({D}RandomSampler(range(5), True, 12))"),
    "WeightedRandomSampler": (f"list({D}WeightedRandomSampler([0.1, 0.7, 0.2], 9))",),
    "BatchSampler": (f"list({D}BatchSampler({D}SequentialSampler(range(7)), 3, False))",),
    "SubsetRandomSampler": (f"list({D}SubsetRandomSampler([4, 5, 6]))",),
    "default_collate": (f"{D}default_collate([{{'a': 1, 'b': (x, 2.0)}}, {{'a': 3, 'b': (y, 4.0)}}])",),
    "get_worker_info": (f"{D}get_worker_info()",),
}
PICTURE = "__import__('PIL.Image', fromlist=['x']).fromarray(np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3))"
V = "torchvision.transforms."
VISION = {
    "transforms.Compose": (
        f"{V}Compose([{V}ToTensor(), {V}Normalize(0.5, 0.5)])({PICTURE})",
        f"{V}Compose([{V}ToTensor()])",
    ),
    "transforms.ToTensor": (f"{V}ToTensor()({PICTURE})", f"{V}ToTensor()"),
    "transforms.PILToTensor": (f"{V}PILToTensor()({PICTURE})",),
    "transforms.ToPILImage": (f"np.asarray({V}ToPILImage()(img[0, :3]))",),
    "transforms.Normalize": (f"{V}Normalize((0.5,) * 4, (0.25,) * 4)(img)", f"{V}Normalize((0.5,), (0.25,))"),
    "transforms.Resize": (f"np.asarray({V}Resize((4, 5))({PICTURE}))", f"{V}Resize(4, antialias=True)(img)"),
    "transforms.CenterCrop": (f"{V}CenterCrop(3)(img)", f"np.asarray({V}CenterCrop((4, 12))({PICTURE}))"),
    "transforms.RandomCrop": (f"{V}RandomCrop(3)(img)", f"{V}RandomCrop(6, padding=2)(img)"),
    "transforms.RandomHorizontalFlip": (f"[{V}RandomHorizontalFlip()(img) for _ in range(6)]",),
    "transforms.Grayscale": (f"np.asarray({V}Grayscale()({PICTURE}))", f"{V}Grayscale(3)(img[:, :3])"),
    "transforms.Pad": (f"{V}Pad(2)(img)", f"{V}Pad((1, 2), padding_mode='reflect')(img)"),
    "transforms.Lambda": (f"{V}Lambda(lambda a: a * 2)(x)",),
    "utils.make_grid": (
        "torchvision.utils.make_grid(img[:, :3], nrow=1)",
        "torchvision.utils.make_grid(img[:, :3], normalize=True)",
    ),
    "utils.save_image": ("torchvision.utils.save_image(img[:, :3], __import__('io').BytesIO(), format='png')",),
    "datasets.MNIST": ("torchvision.datasets.MNIST.__name__",),
    "datasets.FashionMNIST": ("torchvision.datasets.FashionMNIST.__name__",),
    "datasets.CIFAR10": ("torchvision.datasets.CIFAR10.__name__",),
    "datasets.ImageFolder": ("torchvision.datasets.ImageFolder.__name__",),
}
CONSTANT = frozenset(
    [
        "float32",
        "float64",
        "float16",
        "bfloat16",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "bool",
        "float",
        "double",
        "long",
        "int",
        "half",
        "dtype",
    ]
)


# What PyTorch happens to accept though it means nothing: a number in a tensor's place, a result in another rank's function,
# NumPy's dtype as a dictionary, one output dtype of two inputs'
# dtypes, statistics that are weights too, an output of negative size, a gradient that PyTorch announces but cannot compute.
MEANINGLESS = frozenset(
    (
        "F.gaussian_nll_loss(x, 0.2, 0.8)", "F.gaussian_nll_loss(x, 0.1, 0.3)", "F.gaussian_nll_loss(x, 0.5, 1)", "F.gaussian_nll_loss(x, 0.1, 0.5)",
        "F.gaussian_nll_loss(s, 0.1, 0.5)", "F.gaussian_nll_loss(s, 0.5)", "F.adaptive_avg_pool2d(x, 1)", "nn.AdaptiveAvgPool2d(1)(x)",
        "nn.AdaptiveAvgPool3d(1)(q)", "nn.AdaptiveAvgPool3d(1)(cols)", "nn.AdaptiveAvgPool3d(1)(b3)",
        "F.binary_cross_entropy_with_logits(d, x)", "((x.__array__({})), x, i, t)", "((x.to(0.5)), x, i, t)", "((x.to(0.3)), x, i, t)",
        "F.gaussian_nll_loss(img, 0.0, 1.0)", "F.instance_norm(img, c4, c4, c4, c4)", "torch.unique(p)", "((p.unique()), x, i, t)",
        "(((p * 2).sum().unique()), x, i, t)", "nn.MaxUnpool3d(4, 2, 3)(*F.max_pool3d(vol, 2, return_indices=True))",
        "F.gaussian_nll_loss(img, 0.0, 1.0)", "F.instance_norm(img, c4, c4, c4, c4)", "torch.unique(p)", "((p.unique()), x, i, t)",
        "(((p * 2).sum().unique()), x, i, t)", "nn.MaxUnpool3d(4, 2, 3)(*F.max_pool3d(vol, 2, return_indices=True))",
        "((x.to(2.0)), x, i, t)", "((x.to(7.5)), x, i, t)",
    )
)  # fmt: skip


def _other_rank(name: str, expression: str) -> bool:
    own = [c for c in name if c in "123"]
    pooled = re.search(r"F\.max_pool(\d)d\(", expression)
    return pooled is not None and (not own or pooled[1] != own[0])


def expressions(family: str, name: str) -> list[str]:
    """The cases to try for a name, as Python expressions."""
    return [e for e in _expressions(family, name) if e not in MEANINGLESS and not _other_rank(name, e)]


def _expressions(family: str, name: str) -> list[str]:
    found = list(EXTRA.get(f"{family}:{name}", ()))
    if family == "torch.optim":
        options = "" if name != "Optimizer" else "SGD"
        return [OPTIMIZER.replace("$", options or name), OPTIMIZER.replace("$", options or name).replace("lr=0.05", "lr=0.01, weight_decay=0.1"),
                f"torch.optim.{options or name}([p], lr=0.5)"]  # fmt: skip
    if family == "torch.optim.lr_scheduler":
        make, metric = SCHEDULERS[name]
        return [SCHEDULER.replace("$$", metric).replace("$", make)]
    if family == "torch.utils.data":
        return list(DATA[name])
    if family.startswith("torchvision"):
        return list(VISION[name])
    if f"{family}:{name}" in ONLY_EXTRA:
        return found
    if family == "torch.Tensor":
        templates = METHOD_TEMPLATES.split("|")
        return found + [f"(({t.replace('$', name)}), x, i, t)" for t in templates if t]
    if name in CONSTANT and family == "torch":
        return [f"torch.{name}", f"torch.zeros(2, dtype=torch.{name})" if name != "dtype" else "torch.dtype"]
    if family == "torch.nn" and name[0].isupper():
        heads = [f"nn.{name}{t}" for t in MODULE_TEMPLATES.split("|") if t]
        return found + [e for h in heads for e in (h, *(f"{h}({given})" for given in INPUTS))]
    root = {"torch.nn": "nn", "torch.nn.functional": "F"}.get(family, family)
    if found and family == "torch.nn.utils":
        return found
    if name == "seed":  # its value is the system's entropy
        return found
    calls = [f"{root}.{name}({t})" for t in FUNCTION_TEMPLATES.split("|") if t]
    return [*found, f"{root}.{name}()", *calls]


def same(a: Any, b: Any, torch: Any, ours: Any) -> bool:
    """Whether two results agree: `a` of PyTorch, `b` of plait."""
    if isinstance(a, torch.nn.parameter.UninitializedTensorMixin):
        return repr(a) == repr(b)
    if isinstance(a, torch.Tensor):
        if not isinstance(b, ours.Tensor):
            return False
        if str(a.dtype) != str(b.dtype) or tuple(a.shape) != tuple(b.shape) or a.requires_grad != b.requires_grad:
            return False
        left = a.detach().double().numpy() if a.dtype != torch.bool else a.numpy()
        right = _plain(b.array) if b.dtype is ours.bool else _plain(b.array).astype(np.float64)
        coarse = a.dtype in (torch.float16, torch.bfloat16)
        return bool(np.allclose(left, right, 1e-2 if coarse else 2e-5, 1e-2 if coarse else 1e-6, equal_nan=True))
    return trial.same_plain(a, b, lambda p, q: same(p, q, torch, ours))


def run(family: str, name: str, limit: int = 30) -> tuple[int, list[str]]:
    """The number of cases that agree, and an account of each that does not."""
    import torch

    from plait import torch as ours

    torch.set_warn_always(True)
    theirs_vision = ours_vision = None
    if family.startswith("torchvision"):
        from plait import torchvision as ours_vision  # type: ignore[no-redef]

        try:
            import torchvision as theirs_vision  # type: ignore[no-redef]
        except ImportError:
            theirs_vision = None
    good, bad = 0, []
    refused = ""
    for expression in expressions(family, name):
        if good + len(bad) >= limit:
            break
        if refused and expression.startswith(refused + "("):
            continue
        refused = ""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            if theirs_vision is None and family.startswith("torchvision"):
                expected: Any = None
            else:
                try:
                    expected = evaluate(expression, torch, theirs_vision)
                except Exception:
                    if family == "torch.nn" and not expression.endswith("))"):
                        refused = expression
                    continue
            if trial.text(expected).startswith("<KeyError") or any("This overload of" in str(w.message) for w in said):
                continue
            if isinstance(expected, tuple) and expected and callable(expected[0]) and family == "torch.Tensor":
                continue
            try:
                found = evaluate(expression, ours, ours_vision)
            except Exception as e:
                bad.append(f"{expression}: {type(e).__name__}: {e}")
                continue
            try:
                agree = (theirs_vision is None and family.startswith("torchvision")) or same(
                    expected, found, torch, ours
                )
            except Exception as e:
                agree = False
                found = e
        if agree:
            good += 1
        else:
            bad.append(f"{expression}: PyTorch {trial.text(expected)} plait {trial.text(found)}")
    return good, bad
