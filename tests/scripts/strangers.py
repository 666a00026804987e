import collections
import warnings

import numpy as np
import torch
import torch.nn as nn
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

torch.manual_seed(0)


def show(source, scope):
    try:
        print(source, "->", eval(source, globals(), scope))
    except Exception as e:
        print(source, "->", type(e).__name__, e)


# products with Jacobians and Hessians
x, y, W = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def cubes(x):
    return (x**3).sum()


def pair(x, y):
    return x * y, x.sin()


for source in (
    "vjp(cubes, x)",
    "jvp(cubes, x, torch.ones(2))",
    "hvp(cubes, x, torch.ones(2))",
    "vhp(cubes, x, y)",
    "vjp(pair, (x, y), (torch.ones(2), torch.ones(2)))",
    "jvp(pair, (x, y), (torch.ones(2), torch.ones(2)))",
    "jacobian(pair, (x, y))",
    "jacobian(lambda x: W @ x, x)",
    "jacobian(lambda x: torch.zeros(2), x)",
    "hessian(lambda a, b: (a * b).sum() + (a ** 2).sum(), (x, y))",
    "hvp(lambda x, y: (x * y * y).sum(), (x, y), (y, x))",
    "vjp(cubes, x.clone().requires_grad_(), create_graph=True)",
    "vjp(lambda x: x * 2, x)",
    "jvp(cubes, x)",
    "vjp(lambda x: x * 2, x, torch.ones(3))",
    "hvp(lambda x: x, x, x)",
    "vjp(pair, (x, 3), (x, y))",
    "jacobian(lambda x: 3, x)",
    "jacobian(lambda x: torch.zeros(2), x, strict=True)",
    "jacobian(pair, (x, y), strict=True)",
    "hessian(lambda x: x, x)",
):
    show(source, {})

# what a module is made of
m = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
for made in (m.parameters(), m.named_parameters(), m.named_buffers(), m.children(), m.named_children(), m.modules()):
    print(type(made).__name__, made.__qualname__)
print(list(m.__dict__))
w = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
print(w.weight.grad_fn.name(), nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3), dim=1).weight.grad_fn.name())

# lengths, added in the same order: what is normalised has the length 1.0 or does not, to the digit
for n in (2, 3, 5, 8, 12, 20, 33, 100):
    v = torch.randn(6, n)
    unit = nn.functional.normalize(v, dim=1)
    print(
        n,
        unit.norm(dim=1),
        (v / v.norm(dim=0)).norm(dim=0)[:3],
        v.norm().item(),
        torch.linalg.vector_norm(v, dim=1)[0].item(),
    )

# what can be written into a tensor
a = torch.zeros(2)
for value in (
    1,
    2.5,
    True,
    np.float64(3),
    np.int64(4),
    np.float32(5),
    np.ones(1),
    np.bool_(True),
    None,
    "a",
    [1],
    torch.ones(1),
):
    try:
        a[0] = value
        print(type(value).__name__, a)
    except Exception as e:
        print(type(value).__name__, type(e).__name__, e)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(torch.tensor([np.ones(2), np.zeros(2)]))
print([str(w.message)[:72] for w in caught])

# empty files
open("empty.pt", "wb").close()
for weights_only in (True, False):
    try:
        torch.load("empty.pt", weights_only=weights_only)
    except Exception as e:
        print(type(e).__name__, e)

# steps that are differentiated
for name, options in (
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adagrad", {}),
    ("Adadelta", {"weight_decay": 0.1}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("RAdam", {}),
    ("Rprop", {}),
    ("ASGD", {}),
):
    start = torch.tensor([1.0, -2.0, 3.0], dtype=torch.double, requires_grad=True)
    push = torch.tensor([0.5, 0.1, -0.3], dtype=torch.double, requires_grad=True)
    p = start.clone()
    p.grad = push * start
    optimizer = getattr(torch.optim, name)([p], lr=0.1, differentiable=True, **options)
    optimizer.step()
    grads = torch.autograd.grad(p.sum(), [start, push])
    print(name, p.detach(), *(g.abs() for g in grads))
    print({k: v.requires_grad for k, v in optimizer.state[p].items() if isinstance(v, torch.Tensor)})
print(collections.Counter(type(m).__name__ for m in nn.Sequential(nn.ReLU(), nn.ReLU()).modules()))

# a view that was made while nothing was recorded says what its base says
w, v = nn.Parameter(torch.ones(2, 2)), torch.ones(2, 2)
with torch.no_grad():
    print(w[0], w.t(), w.view(-1)[1:], w.unsqueeze(0).shape, w[0, 0], *w.chunk(2), *w)
    print(w * 1, w[torch.tensor([0])], w.detach()[0], w.data[0], w.t() @ w, w[0].sum(), w[0].clone())
    late = v[0]
    w[0].zero_()
    w[:, 1] += 1
with torch.inference_mode():
    print(w[1], w[1].is_inference(), w[1] + 1)
with torch.no_grad():
    early = w[1]
print(w, early.requires_grad, early.is_leaf, early.grad_fn, late.requires_grad)
v.requires_grad_()
print(late)
show("early.numpy()", {"early": early})
show("early.zero_()", {"early": early})
show("early.requires_grad_(False)", {"early": early})
w.requires_grad_(False)
print(early, early.add_(1))

# how the tape is shown: brackets, filling, and gradients that are themselves recorded
x = torch.rand(3, 4, requires_grad=True)


def chain(f):
    names = []
    while f is not None and "Accumulate" not in f.name():
        names.append(f.name())
        f = f.next_functions[0][0]
    return names


for source in (
    "x[:]",
    "x[:, 0]",
    "x[0, :]",
    "x[:3, :4]",
    "x[:, None]",
    "x[:, [0, 1]]",
    "x[None, :, 0]",
    "x[:, -1:]",
    "x[0:3]",
):
    print(source, chain(eval(source).grad_fn))
for source in (
    "u[:] = 3",
    "u[:, :] = 3",
    "u[:] = torch.ones(4)",
    "u[0] = 1",
    "u.zero_()",
    "u[:] = 2",
    "x[:] = 1",
    "x[:, :] = 1",
):
    u = x * 1
    try:
        exec(source)
        print(source, u.grad_fn.name())
    except RuntimeError as e:
        print(source, e)
W = torch.tensor([[1.0, 2.0, 0.5], [0.3, -1.0, 2.0], [1.5, 0.2, 0.7]])
for source in (
    "x.mean()", "x[None]", "x.max()", "x.max(0)[0]", "x.median()", "x.sort()[0]", "x.topk(2)[0]", "torch.maximum(x, W[0])",
    "x[torch.tensor([0])]", "x.repeat(2)", "x.expand(2, 3)", "x.chunk(3)[1]", "x[0]", "x.prod()", "x.norm()", "x.amax(0)",
    "F.silu(x)", "F.mish(x)", "F.celu(x)", "F.hardshrink(x)", "F.softshrink(x)", "F.softsign(x)", "F.mse_loss(x, W[0])",
    "F.smooth_l1_loss(x, W[0])", "F.huber_loss(x, W[0])", "F.soft_margin_loss(x, W[0])", "F.binary_cross_entropy(x, W[2] / 2)",
    "F.binary_cross_entropy_with_logits(x, W[0])", "W * x", "W + x[0]", "x.exp2()", "x.lerp(W[0], 0.3)", "x.view(3, 1) * W",
):  # fmt: skip
    x = torch.tensor([0.2, 0.5, 0.9], requires_grad=True)
    y = eval(source, {"x": x, "W": W, "torch": torch, "F": nn.functional})
    (g,) = torch.autograd.grad(y, x, torch.full_like(y, 0.7, requires_grad=True), create_graph=True)
    print(source, g)

# what a node keeps, numbers that a dtype does not hold, sequences of different lengths
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.exp()
print(
    (x * y).grad_fn._saved_self,
    (x**3).grad_fn._saved_exponent,
    y.equal(y.grad_fn._saved_result),
    hasattr(y.grad_fn, "_saved_other"),
)
y.sum().backward()
try:
    print(y.grad_fn._saved_result)
except RuntimeError as e:
    print(str(e)[:55])
m = torch.tensor([True, False])
for source in (
    "torch.tensor([1, 2]).masked_fill(m, 1.5)", "torch.tensor([1, 2]).masked_fill(m, 1e30)", "torch.ones(2).masked_fill(m, 1e50)",
    "torch.tensor([1, 2], dtype=torch.uint8).masked_fill(m, 300)", "torch.full((2,), 300, dtype=torch.int8)",
    "torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True, padding_value=9)",
    "torch.nn.utils.rnn.pad_sequence([torch.ones(2, 1), torch.ones(1, 1)], padding_side='left')",
    "torch.nn.utils.rnn.pad_sequence([])", "torch.nn.utils.rnn.pad_sequence([torch.ones(2, 3), torch.ones(2)])",
):  # fmt: skip
    show(source, {})
for a, b in (((2, 2), (3, 3)), ((2, 1, 2), (3, 4, 5)), ((2, 3), (3, 2))):
    try:
        torch.ones(a).expand(b)
    except RuntimeError as e:
        print(e)
print(type(torch.broadcast_tensors(torch.ones(2, 1), torch.ones(3))).__name__)
