"""Small scripts on modules, optimizers, schedulers, losses and nn.utils: what each prints under PyTorch it must print here.

`tools/record_train.py` runs them under PyTorch and keeps what they print; `test_golden_train.py` runs them under plait.
A block is separated by a line of `### name`. The name `torch` is the framework; `nn`, `F`, `optim` and `S` (the schedulers) its parts.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

MODULES = r"""
### repr
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential())
        self.items = nn.ModuleList([nn.Linear(1, 1) for _ in range(3)] + [nn.ReLU()])
        self.table = nn.ModuleDict({"a": nn.Flatten(), "b": nn.Identity()})
        self.empty = nn.ModuleList()
        self.nothing = None
        self.register_module("none", None)
    def extra_repr(self):
        return "one=1,\ntwo=2"
print(Block())
print(nn.Module())
print(nn.Sequential())
print(nn.Sequential(nn.Unflatten(1, (2, 2))))
### walks
shared = nn.Linear(1, 1)
m = nn.Sequential(nn.Sequential(shared, nn.ReLU()), shared, nn.BatchNorm1d(2))
print([n for n, _ in m.named_modules()])
print([n for n, _ in m.named_modules(remove_duplicate=False)])
print([n for n, _ in m.named_modules(prefix="x")])
print([n for n, _ in m.named_parameters()], [n for n, _ in m.named_parameters(remove_duplicate=False)])
print([n for n, _ in m.named_parameters(prefix="p", recurse=False)], [n for n, _ in m[0][0].named_parameters("q")])
print([n for n, _ in m.named_buffers()], len(list(m.parameters())), len(list(m.buffers())))
print([n for n, _ in m.named_children()], len(list(m.children())), len(list(m.modules())))
print(m.state_dict().keys())
print(m.state_dict()._metadata)
memo = set()
print(len(list(m.named_modules(memo))), len(memo))
### attributes
m = nn.Module()
m.w = nn.Parameter(torch.ones(2))
m.register_buffer("b", torch.zeros(2))
m.register_buffer("hidden", torch.zeros(1), persistent=False)
m.child = nn.Linear(1, 2)
m.plain = 3
print(sorted(k for k in m.__dict__ if not k.startswith("_")), list(m._parameters), list(m._buffers), list(m._modules))
m.w = None
print(m.w, list(m.state_dict()))
m.child = None
print(m.child, list(m.state_dict()))
m.b = torch.ones(3)
print(m.b)
m.b = None
print(m.b, list(m.state_dict()))
m.b = nn.Parameter(torch.ones(1))
print(list(m._parameters), list(m._buffers))
del m.b
print(hasattr(m, "b"), "plain" in dir(m), "child" in dir(m))
m.x = nn.Buffer(torch.ones(2), persistent=False)
print(list(m._buffers), sorted(m._non_persistent_buffers_set), isinstance(m.x, nn.Buffer))
m.plain = nn.ReLU()
print(m)
### attribute errors
m = nn.Module()
m.w = nn.Parameter(torch.ones(2))
m.l = nn.Linear(1, 1)
m.register_buffer("b", torch.ones(1))
def tryit(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
def put(name, v):
    return lambda: setattr(m, name, v)
tryit(put("w", torch.ones(2)))
tryit(put("w", 3))
tryit(put("l", 3))
tryit(put("l", torch.ones(1)))
tryit(put("b", 3))
tryit(lambda: m.register_buffer("q", 3))
tryit(lambda: m.register_buffer("a.b", None))
tryit(lambda: m.register_buffer("", None))
tryit(lambda: m.register_buffer("w", None))
tryit(lambda: m.register_buffer(3, None))
tryit(lambda: m.register_parameter("z", torch.ones(1)))
tryit(lambda: m.register_parameter("z.z", None))
tryit(lambda: m.register_parameter("l", None))
tryit(lambda: m.register_parameter("", None))
tryit(lambda: m.add_module("a.b", nn.ReLU()))
tryit(lambda: m.add_module("", nn.ReLU()))
tryit(lambda: m.add_module("w", nn.ReLU()))
tryit(lambda: m.add_module("r", 3))
tryit(lambda: m.add_module(3, nn.ReLU()))
tryit(lambda: m.nope)
tryit(lambda: m())
tryit(lambda: m.train(1))
tryit(lambda: delattr(m, "nope"))
tryit(lambda: nn.Module(3))
tryit(lambda: nn.Module(a=3))
tryit(lambda: m.to(torch.int32))
tryit(lambda: m.get_submodule("x"))
tryit(lambda: m.get_submodule("w"))
tryit(lambda: m.get_parameter("l"))
tryit(lambda: m.get_parameter("l.weights"))
tryit(lambda: m.get_buffer("w"))
tryit(lambda: m.load_state_dict(3))
class Early(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(torch.ones(1))
tryit(Early)
class Early2(nn.Module):
    def __init__(self):
        self.l = nn.ReLU()
tryit(Early2)
class Early3(nn.Module):
    def __init__(self):
        self.register_buffer("b", None)
tryit(Early3)
class NoForward(nn.Module):
    pass
tryit(lambda: NoForward()(1))
### addresses
m = nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.ReLU()), nn.BatchNorm1d(2))
print(m.get_submodule("0.1"), m.get_submodule("") is m, m.get_parameter("0.0.bias").shape, m.get_buffer("1.running_mean"))
m.set_submodule("0.1", nn.Sigmoid())
print(m)
m.set_submodule("2", nn.Tanh())
print(len(m))
### train and eval
m = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.BatchNorm1d(2)))
print(m.training, m.eval() is m, [x.training for x in m.modules()], m.train()[1].training, m.train(False)[1][0].training)
m.requires_grad_(False)
print([p.requires_grad for p in m.parameters()])
seen = []
print(m.apply(lambda x: seen.append(type(x).__name__)) is m, seen)
### dtypes
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
w = m[0].weight
print(m.double() is m, m[0].weight is w, w.dtype, m[1].running_mean.dtype, m[1].num_batches_tracked.dtype)
print(m.to(torch.float32)[0].weight.dtype, m.to("cpu", torch.float64)[0].bias.dtype, m.half()[0].weight.dtype, m.float()[0].weight.dtype)
print(m.to(torch.zeros(1).double())[0].weight.dtype, m.to(device="cpu", dtype=torch.float32)[0].weight.dtype, m.bfloat16()[1].weight.dtype)
print(m.to() is m, m.cpu() is m, m.type(torch.float64)[1].num_batches_tracked.dtype)
m = nn.Linear(1, 1)
m(torch.ones(1, 1)).sum().backward()
m.double()
print(m.weight.grad.dtype, m.weight.is_leaf, m.weight.requires_grad)
m.zero_grad(set_to_none=False)
print(m.weight.grad)
m.zero_grad()
print(m.weight.grad)
### state dict
a = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
b = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
print(b.load_state_dict(a.state_dict()))
print(all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values())))
print({k: tuple(v.shape) for k, v in a.state_dict(prefix="net.").items()})
print(a.state_dict(keep_vars=True)["0.weight"] is a[0].weight, a.state_dict()["0.weight"].requires_grad)
s = a.state_dict()
del s["0.bias"]
s["extra"] = torch.ones(1)
s["0.more"] = torch.ones(1)
s["9.more"] = torch.ones(1)
try:
    b.load_state_dict(s)
except RuntimeError as e:
    print(e)
print(b.load_state_dict(s, strict=False))
s = a.state_dict()
s["0.weight"] = torch.ones(3, 3)
s["1.weight"] = 3
for strict in (True, False):
    try:
        b.load_state_dict(s, strict=strict)
    except RuntimeError as e:
        print(e)
t = {k: v.clone() for k, v in a.state_dict().items()}
print(b.load_state_dict(t, assign=True), type(b[0].weight).__name__, b[0].weight.requires_grad)
b[0].weight.data.fill_(7)
print(t["0.weight"][0])
r = b.load_state_dict({}, strict=False)
print(r.missing_keys, r.unexpected_keys)
try:
    nn.Linear(1, 1).load_state_dict({"weight": torch.ones(1)})
except RuntimeError as e:
    print(e)
### state dict hooks
m = nn.Sequential(nn.Linear(1, 1))
h1 = m.register_state_dict_pre_hook(lambda mod, prefix, keep: print("pre", type(mod).__name__, repr(prefix), keep))
h2 = m._register_state_dict_hook(lambda mod, sd, prefix, meta: print("post", list(sd), meta))
def public(mod, sd, prefix, meta):
    sd["added"] = torch.ones(1)
m.register_state_dict_post_hook(public)
m.register_load_state_dict_pre_hook(lambda mod, sd, *rest: print("load pre", type(mod).__name__, len(rest)))
h3 = m.register_load_state_dict_post_hook(lambda mod, keys: keys.unexpected_keys.clear())
sd = m.state_dict()
print(m.load_state_dict(sd))
h1.remove(), h2.remove(), h3.remove()
try:
    m.load_state_dict(m.state_dict())
except RuntimeError as e:
    print(e)
### extra state
class Extra(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 3
    def get_extra_state(self):
        return {"count": self.count}
    def set_extra_state(self, state):
        self.count = state["count"]
a, b = nn.Sequential(Extra()), nn.Sequential(Extra())
a[0].count = 9
print(a.state_dict())
print(b.load_state_dict(a.state_dict()), b[0].count)
try:
    b.load_state_dict({})
except RuntimeError as e:
    print(e)
### version and custom load
class Old(nn.Module):
    _version = 3
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2))
    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        print(local_metadata, strict, prefix)
        if prefix + "old_w" in state_dict:
            state_dict[prefix + "w"] = state_dict.pop(prefix + "old_w")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
m = nn.Sequential(Old())
print(m.state_dict()._metadata)
print(m.load_state_dict({"0.old_w": torch.ones(2)}), m[0].w)
print(m.load_state_dict(m.state_dict()))
### forward hooks
m = nn.Sequential(nn.Linear(1, 1, bias=False))
m[0].weight.data.fill_(2)
x = torch.ones(1, 1)
h = [m.register_forward_pre_hook(lambda mod, args: print("pre", args))]
h += [m.register_forward_pre_hook(lambda mod, args: (args[0] * 10,), prepend=True)]
h += [m.register_forward_hook(lambda mod, args, out: print("post", args, out.detach()))]
h += [m.register_forward_hook(lambda mod, args, out: out + 1, prepend=True)]
print(m(x).detach())
for k in h:
    k.remove()
print(m(x).detach(), len(m._forward_hooks))
class Kw(nn.Module):
    def forward(self, a, b=1):
        return a + b
k = Kw()
k.register_forward_pre_hook(lambda mod, args, kwargs: (args, {"b": kwargs["b"] * 2}), with_kwargs=True)
k.register_forward_hook(lambda mod, args, kwargs, out: print("kw", args, kwargs, out), with_kwargs=True)
print(k(1, b=5))
k2 = Kw()
k2.register_forward_pre_hook(lambda mod, args, kwargs: 3, with_kwargs=True)
try:
    k2(1, b=2)
except RuntimeError as e:
    print(e)
with nn.ReLU().register_forward_hook(lambda *a: None) as handle:
    pass
class Bad(nn.Module):
    def forward(self, x):
        raise ValueError("bad")
bad = Bad()
bad.register_forward_hook(lambda mod, args, out: print("always", out), always_call=True)
bad.register_forward_hook(lambda mod, args, out: print("never"))
try:
    bad(x)
except ValueError as e:
    print(e)
### backward hooks
m = nn.Linear(2, 1, bias=False)
m.weight.data.copy_(torch.tensor([[1.0, 2.0]]))
x = torch.ones(3, 2, requires_grad=True)
h = m.register_full_backward_hook(lambda mod, gi, go: print("full", gi, go))
p = m.register_full_backward_pre_hook(lambda mod, go: print("prehook", go))
m(x).sum().backward()
print(x.grad)
h.remove(), p.remove()
x.grad = None
h = m.register_full_backward_hook(lambda mod, gi, go: (gi[0] * 100,))
m(x).sum().backward()
print(x.grad, m.weight.grad)
h.remove()
h = m.register_full_backward_pre_hook(lambda mod, go: (go[0] * 0,))
m.zero_grad()
m(x).sum().backward()
print(m.weight.grad)
h.remove()
h = m.register_full_backward_hook(lambda mod, gi, go: print("no input", gi, go))
m(torch.ones(1, 2)).sum().backward()
h.remove()
h = m.register_full_backward_hook(lambda mod, gi, go: (gi[0], gi[0]))
try:
    m(x).sum().backward()
except RuntimeError as e:
    print(e)
try:
    m.register_backward_hook(lambda *a: None)
except RuntimeError as e:
    print(e)
class Two(nn.Module):
    def forward(self, a, b, c=2):
        return a * b, a + b
t = Two()
t.register_full_backward_hook(lambda mod, gi, go: print(gi, go))
a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0)
u, v = t(a, b, 5)
u.backward()
with torch.no_grad():
    print(t(a, b))
### global hooks
M = torch.nn.modules.module
h = [M.register_module_forward_pre_hook(lambda mod, args: print("gpre", type(mod).__name__))]
h += [M.register_module_forward_hook(lambda mod, args, out: print("gpost", type(mod).__name__))]
h += [M.register_module_full_backward_hook(lambda mod, gi, go: print("gback", type(mod).__name__))]
h += [M.register_module_parameter_registration_hook(lambda mod, name, p: print("param", name))]
h += [M.register_module_module_registration_hook(lambda mod, name, p: print("module", name))]
h += [M.register_module_buffer_registration_hook(lambda mod, name, p: print("buffer", name))]
m = nn.Sequential(nn.Linear(1, 1))
m.register_buffer("b", torch.ones(1))
m(torch.ones(1, 1, requires_grad=True)).sum().backward()
for k in h:
    k.remove()
m(torch.ones(1, 1))
### sequential
m = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Tanh())
print(len(m), m[1], m[-1], m[0:2], list(m)[2])
m.append(nn.Sigmoid()).insert(1, nn.ELU()).extend([nn.GELU()])
print(m)
del m[0]
print(m)
del m[1:3]
print(m)
m[0] = nn.Softplus()
print(m, m.pop(1), m)
print(nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh()))
print(nn.Sequential(nn.ReLU()) * 2, 2 * nn.Sequential(nn.Tanh()))
q = nn.Sequential(nn.ReLU())
q += nn.Sequential(nn.Tanh(), nn.ELU())
q *= 2
print(q)
from collections import OrderedDict
o = nn.Sequential(OrderedDict([("first", nn.ReLU()), ("second", nn.Tanh())]))
print(o, o.first, o[1], o[:1])
for f in (lambda: m[9], lambda: m + 3, lambda: m * 0, lambda: m * 1.5, lambda: m.insert(9, nn.ReLU()), lambda: m[1.5], lambda: nn.Sequential(3)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e).replace("plait.", ""))
print("0" in dir(m), "append" in dir(m))
### module list
m = nn.ModuleList([nn.ReLU(), nn.Tanh()])
print(len(m), m[0], m[-1], m[:1], [type(x).__name__ for x in m])
m.append(nn.ELU()).extend([nn.GELU(), nn.GELU()])
m.insert(0, nn.Sigmoid())
print(m)
m[1] = nn.Softplus()
del m[0]
del m[-2:]
print(m, m.pop(0), m)
m += [nn.ReLU()]
print(m + nn.ModuleList([nn.ReLU()]))
for f in (lambda: m[9], lambda: m.extend(3), lambda: m(1), lambda: m.append(3)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
print(list(nn.ModuleList([nn.Linear(1, 1)]).state_dict()))
### module dict
m = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
print(m, len(m), "a" in m, list(m), list(m.keys()), [k for k, _ in m.items()], len(list(m.values())))
m["c"] = nn.Tanh()
m.update({"d": nn.ELU()})
m.update([["e", nn.GELU()]])
print(m.pop("a"), m)
del m["b"]
print(list(m))
m.clear()
print(m)
for f in (lambda: m["x"], lambda: m.update(3), lambda: m.update([3]), lambda: m.update([[1]]), lambda: m.update({"a.b": nn.ReLU()}), lambda: m.update({"keys": nn.ReLU()})):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
### parameter list
p = nn.ParameterList([nn.Parameter(torch.ones(2, 3)), torch.zeros(1), 5])
print(p, len(p), p[0].shape, isinstance(p[1], nn.Parameter), p[2], len(list(p.parameters())))
p.append(torch.ones(1)).extend([torch.ones(2)])
print(p[1:3], p[-1])
p[0] = torch.ones(4)
p += [torch.ones(3)]
print(list(p.state_dict()), [type(x).__name__ for x in p])
for f in (lambda: p(1), lambda: p[9], lambda: p.extend(3), lambda: p.extend(torch.ones(2))):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
print(nn.ParameterList())
### parameter dict
p = nn.ParameterDict({"b": torch.ones(2), "a": nn.Parameter(torch.zeros(1, 2)), "n": 3})
print(p, len(p), list(p), "a" in p, list(p.keys()), p.get("zz", 1), p["b"].requires_grad)
p["c"] = torch.ones(1)
p.setdefault("d", torch.ones(2))
p.update({"e": torch.ones(1)})
print(list(p.state_dict()), p.pop("a").shape, list(p), p.popitem()[0])
q = p | nn.ParameterDict({"z": torch.ones(1)})
print(list(q), list(reversed(q)), list(p.copy()), [k for k, _ in q.items()], len(list(q.values())))
p |= {"y": torch.ones(1)}
print(list(p), list(p.fromkeys(["u", "v"], torch.ones(1))))
del p["b"]
p.clear()
print(p, len(p))
for f in (lambda: p(1), lambda: p["x"], lambda: p[3], lambda: p.update(3), lambda: p.update([3]), lambda: p.update([[1]])):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
### copy and pickle
import copy
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
m[1].weight = m[1].bias
c = copy.deepcopy(m)
print(torch.equal(c[0].weight, m[0].weight), c[0].weight is m[0].weight, c[1].weight is c[1].bias, type(c[0].weight).__name__)
c[0].weight.data.fill_(1)
print(torch.equal(c[0].weight, m[0].weight), c[0].weight.requires_grad)
d = copy.copy(m)
print(d[0] is m[0], d._modules is m._modules)
import pickle
r = pickle.loads(pickle.dumps(m))
print(r, torch.equal(r[0].weight, m[0].weight), r[1].weight is r[1].bias)
p = nn.Parameter(torch.ones(2), requires_grad=False)
print(copy.deepcopy(p), pickle.loads(pickle.dumps(p)))
### parameters
p = nn.Parameter(torch.ones(2))
print(p, p.requires_grad, p.is_leaf, type(p.data).__name__, type(p + 1).__name__, type(p.detach()).__name__, p.data_ptr() == p.data.data_ptr())
print(nn.Parameter(torch.ones(1), requires_grad=False), nn.Parameter(), isinstance(p, torch.Tensor), isinstance(torch.ones(1), nn.Parameter))
for f in (lambda: nn.Parameter(torch.ones(1, dtype=torch.int64)), lambda: nn.Parameter(3)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e).replace(" and complex", ""))
b = nn.Buffer(torch.ones(2))
print(b, type(b).__name__, b.persistent, isinstance(b, nn.Buffer), nn.Buffer())
### sharing
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2, bias=False)
        self.b = nn.Linear(2, 2, bias=False)
        self.b.weight = self.a.weight
    def forward(self, x):
        return self.b(self.a(x))
t = Tied()
print(len(list(t.parameters())), list(t.state_dict()), [n for n, _ in t.named_parameters()])
t(torch.ones(1, 2)).sum().backward()
print(t.a.weight.grad is t.b.weight.grad)
### subclass init order
class Base(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(n))
        self.scale = nn.Parameter(torch.tensor(2.0))
    def forward(self, x, times=1, *, shift=0):
        for layer in self.layers:
            x = layer(x)
        return x * self.scale * times + shift
class Sub(Base):
    call_super_init = False
    def forward(self, x):
        return super().forward(x, 2, shift=1)
s = Sub(2)
print(s, s(torch.zeros(1, 1)).shape)
### flatten
x = torch.arange(24.0).reshape(2, 3, 4)
print(nn.Flatten()(x).shape, nn.Flatten(0, 1)(x).shape, nn.Flatten(0)(x).shape, nn.Flatten(1, -2)(x).shape)
print(nn.Unflatten(1, (1, 3))(x).shape, nn.Unflatten(2, (2, -1))(x).shape, nn.Unflatten(2, [2, 2])(x).shape)
for f in (lambda: nn.Unflatten(1, 3), lambda: nn.Unflatten(1, (1, 2.0)), lambda: nn.Unflatten("a", 3), lambda: nn.Unflatten(1.0, (1,))):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
### embedding
e = nn.Embedding(4, 3, padding_idx=-1)
e.weight.data = torch.arange(12.0).reshape(4, 3)
i = torch.tensor([[0, 3], [1, 0]])
out = e(i)
print(e, out)
out.sum().backward()
print(e.weight.grad)
f = nn.Embedding.from_pretrained(torch.ones(2, 2) * 3, max_norm=1.0, scale_grad_by_freq=True, norm_type=1.0)
print(f, f.weight.requires_grad, f(torch.tensor([0])), f.weight)
g = nn.Embedding(3, 2, scale_grad_by_freq=True)
g.weight.data.fill_(1)
g(torch.tensor([0, 0, 1])).sum().backward()
print(g.weight.grad)
print(F.one_hot(torch.tensor([0, 2]), 4), F.one_hot(torch.arange(3)), F.one_hot(torch.tensor(1)))
### utils module
from torch.nn.modules.utils import _pair, _single, _triple, _quadruple, _ntuple, _reverse_repeat_tuple, consume_prefix_in_state_dict_if_present
print(_single(1), _pair(2), _pair((3, 4)), _triple(1), _quadruple(2), _ntuple(5)(1), _reverse_repeat_tuple((1, 2), 2), _pair([1, 2]))
sd = nn.Sequential(nn.Linear(1, 1)).state_dict(prefix="module.")
consume_prefix_in_state_dict_if_present(sd, "module.")
print(list(sd))
"""

OPTIMIZERS = r"""
### repr
w = nn.Parameter(torch.ones(2))
for name in ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Rprop", "ASGD"):
    o = getattr(optim, name)([w])
    print(o)
    print(o.state_dict())
    w.grad = torch.ones(2)
    o.step()
    print(list(o.state_dict()["state"].get(0, {})), w)
    print({k: v.shape if hasattr(v, "shape") else v for k, v in o.state_dict()["state"].get(0, {}).items()})
### groups
a, b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))
o = optim.SGD([{"params": [a], "lr": 0.1}, {"params": b}], lr=0.5, momentum=0.9)
print(o)
print([len(g["params"]) for g in o.param_groups], o.defaults["lr"])
c = nn.Parameter(torch.ones(1))
o.add_param_group({"params": c, "weight_decay": 0.3})
print(o.state_dict())
n = optim.Adam(nn.Linear(1, 2).named_parameters(), lr=0.1)
print(n.state_dict()["param_groups"][0]["param_names"])
def tryit(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
tryit(lambda: optim.SGD([], lr=0.1))
tryit(lambda: optim.SGD(a, lr=0.1))
tryit(lambda: optim.SGD([3], lr=0.1))
tryit(lambda: optim.SGD([a * 2], lr=0.1))
tryit(lambda: optim.SGD([{"params": {a}}], lr=0.1))
tryit(lambda: o.add_param_group({"params": [a]}))
tryit(lambda: o.add_param_group([a]))
tryit(lambda: optim.SGD([{"params": [a]}, {"params": [a]}], lr=0.1))
tryit(lambda: optim.SGD([("a", a), b], lr=0.1))
tryit(lambda: optim.SGD([{"lr": 3}], lr=0.1))
### bad options
w = [nn.Parameter(torch.ones(2))]
def tryit(cls, **kw):
    try:
        getattr(optim, cls)(w, **kw)
    except Exception as e:
        print(cls, kw, type(e).__name__, e)
for cls in ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Rprop", "ASGD"):
    tryit(cls, lr=-1)
    if cls != "Rprop":
        tryit(cls, weight_decay=-1)
    if cls in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax"):
        tryit(cls, betas=(1.0, 0.9))
        tryit(cls, betas=(0.9, -0.1))
        tryit(cls, eps=-1)
tryit("SGD", momentum=-1)
tryit("SGD", nesterov=True)
tryit("SGD", nesterov=True, momentum=0.9, dampening=0.1)
tryit("NAdam", momentum_decay=-1)
tryit("RMSprop", alpha=-1)
tryit("RMSprop", momentum=-1)
tryit("RMSprop", eps=-1)
tryit("Adagrad", lr_decay=-1)
tryit("Adagrad", initial_accumulator_value=-1)
tryit("Adagrad", eps=-1)
tryit("Adadelta", rho=2)
tryit("Adadelta", eps=-1)
tryit("Rprop", etas=(1.5, 0.5))
tryit("Adam", betas=(0, 0.9))
tryit("Adam", lr=torch.tensor([0.1, 0.2]))
tryit("Adam", lr=torch.tensor(0.1), foreach=True)
tryit("SGD", fused=True, foreach=True)
tryit("SGD", fused=True, differentiable=True)
tryit("SGD", nope=3)
### training
torch.manual_seed(0)
x, y = torch.linspace(-1, 1, 12).reshape(6, 2), torch.linspace(0, 1, 6).reshape(6, 1)
for name, kw in (("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}), ("SGD", {"momentum": 0.5, "dampening": 0.2, "maximize": True}),
                 ("Adam", {}), ("Adam", {"amsgrad": True, "weight_decay": 0.1}), ("AdamW", {"weight_decay": 0.5}), ("NAdam", {}), ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
                 ("RAdam", {"weight_decay": 0.1}), ("RMSprop", {"centered": True, "momentum": 0.5}), ("Adagrad", {"lr_decay": 0.1}), ("Adadelta", {}), ("Adamax", {}),
                 ("Rprop", {}), ("ASGD", {"t0": 3}), ("SGD", {"foreach": True}), ("Adam", {"fused": True})):
    m = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for i, p in enumerate(m.parameters()):
        p.data = (torch.arange(p.numel(), dtype=torch.float32).reshape(p.shape) - 3) / (5 + i)
    o = getattr(optim, name)(m.parameters(), lr=0.05, **kw)
    losses = []
    for _ in range(8):
        o.zero_grad()
        loss = F.mse_loss(m(x), y)
        loss.backward()
        o.step()
        losses.append(round(loss.item(), 5))
    print(name, kw, losses)
### state
a = nn.Parameter(torch.ones(2))
o = optim.Adam([a], lr=0.1)
a.grad = torch.tensor([1.0, -1.0])
o.step()
s = o.state_dict()
print(s)
b = nn.Parameter(torch.ones(2, dtype=torch.float64))
q = optim.Adam([b], lr=0.5)
q.load_state_dict(s)
print(q.state_dict())
b.grad = torch.tensor([1.0, -1.0], dtype=torch.float64)
q.step()
print(b, q.state[b]["step"], q.param_groups[0]["lr"])
for bad in ({"state": {}, "param_groups": []}, {"state": {}, "param_groups": [{"params": [0, 1]}]}):
    try:
        q.load_state_dict(bad)
    except ValueError as e:
        print(e)
import copy, pickle
c = copy.deepcopy(q)
print(type(c).__name__, len(c.state), c.param_groups[0]["params"][0] is b)
r = pickle.loads(pickle.dumps(q))
print(r.state_dict()["param_groups"])
### closure and hooks
from torch.optim.optimizer import register_optimizer_step_pre_hook
w = nn.Parameter(torch.ones(1))
o = optim.SGD([w], lr=0.1)
def closure():
    o.zero_grad()
    loss = (w ** 2).sum()
    loss.backward()
    return loss
print(o.step(closure), w)
h = [o.register_step_pre_hook(lambda opt, args, kwargs: print("pre", type(opt).__name__, len(args), kwargs))]
h += [o.register_step_post_hook(lambda opt, args, kwargs: print("post"))]
h += [register_optimizer_step_pre_hook(lambda opt, args, kwargs: print("any"))]
o.step()
with torch.no_grad():
    print(o.step(closure))
for k in h:
    k.remove()
o.step()
o.register_state_dict_pre_hook(lambda opt: print("sd pre"))
o.register_state_dict_post_hook(lambda opt, sd: {**sd, "more": 1})
o.register_load_state_dict_pre_hook(lambda opt, sd: print("load pre", sorted(sd)))
o.register_load_state_dict_post_hook(lambda opt: print("load post"))
o.load_state_dict(o.state_dict())
### zero grad
w = nn.Parameter(torch.ones(2))
o = optim.SGD([w], lr=0.1)
(w * 3).sum().backward()
g = w.grad
o.zero_grad(set_to_none=False)
print(w.grad, w.grad is g)
o.zero_grad()
print(w.grad)
o.step()
print(w)
### own optimizer
class Own(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, dict(lr=lr))
    @torch.no_grad()
    def step(self, closure=None):
        for g in self.param_groups:
            for p in g["params"]:
                if p.grad is not None:
                    st = self.state[p]
                    st["n"] = st.get("n", 0) + 1
                    p.add_(p.grad, alpha=-g["lr"])
w = nn.Parameter(torch.ones(2))
o = Own([w])
(w ** 2).sum().backward()
o.step()
print(w, o, o.state_dict())
s = S.StepLR(o, 1, 0.5)
o.step()
s.step()
print(o.param_groups[0]["lr"])
from torch.optim.optimizer import Optimizer, required
try:
    class Need(Optimizer):
        def __init__(self, p):
            super().__init__(p, dict(lr=required))
    Need([w])
except ValueError as e:
    print(e)
### tensor lr
w = nn.Parameter(torch.ones(2))
o = optim.SGD([w], lr=torch.tensor(0.1))
w.grad = torch.ones(2)
o.step()
print(w, o)
s = S.ExponentialLR(o, 0.5)
o.step()
s.step()
print(o.param_groups[0]["lr"], s.get_last_lr())
"""

SCHEDULERS = r"""
### curves
def run(make, steps=14, **kw):
    p = [nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))]
    o = optim.SGD([{"params": p[0], "lr": 0.5}, {"params": p[1]}], lr=0.1, momentum=0.9, **kw)
    s = make(o)
    out = [list(s.get_last_lr())]
    for _ in range(steps):
        o.step()
        s.step()
        out.append(list(s.get_last_lr()))
    print(type(s).__name__, [[float("%.12g" % v) for v in row] for row in out])
    print({k: v for k, v in s.state_dict().items() if k not in ("_schedulers", "lr_lambdas")})
run(lambda o: S.LambdaLR(o, lambda e: 0.9 ** e))
run(lambda o: S.LambdaLR(o, [lambda e: 0.9 ** e, lambda e: 1 / (1 + e)]))
run(lambda o: S.MultiplicativeLR(o, lambda e: 0.95))
run(lambda o: S.StepLR(o, 3, gamma=0.5))
run(lambda o: S.MultiStepLR(o, [2, 5, 5, 9], gamma=0.1))
run(lambda o: S.ConstantLR(o, factor=0.5, total_iters=4))
run(lambda o: S.LinearLR(o, start_factor=0.3, end_factor=0.8, total_iters=5))
run(lambda o: S.ExponentialLR(o, 0.9))
run(lambda o: S.PolynomialLR(o, total_iters=6, power=2.0))
run(lambda o: S.CosineAnnealingLR(o, T_max=5, eta_min=0.01))
run(lambda o: S.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.01), 25)
run(lambda o: S.CosineAnnealingWarmRestarts(o, T_0=4))
run(lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=3, step_size_down=2))
run(lambda o: S.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], step_size_up=3, mode="triangular2"))
run(lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=3, mode="exp_range", gamma=0.9))
run(lambda o: S.OneCycleLR(o, 0.5, total_steps=15))
run(lambda o: S.OneCycleLR(o, [0.5, 0.2], epochs=3, steps_per_epoch=5, anneal_strategy="linear", three_phase=True))
run(lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 3), S.ExponentialLR(o, 0.9)], [3]))
run(lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=4), S.CosineAnnealingLR(o, 6), S.StepLR(o, 2)], [4, 9]))
run(lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 3), S.ExponentialLR(o, 0.9)]))
### momentum
for kind in ("SGD", "Adam"):
    for make in (lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=3), lambda o: S.OneCycleLR(o, 0.5, total_steps=10)):
        w = nn.Parameter(torch.ones(1))
        o = optim.SGD([w], lr=0.1, momentum=0.9) if kind == "SGD" else optim.Adam([w], lr=0.1)
        s = make(o)
        row = []
        for _ in range(9):
            g = o.param_groups[0]
            row.append(round(g.get("momentum", g.get("betas", (0,))[0] if "betas" in g else 0), 6))
            o.step()
            s.step()
        print(kind, type(s).__name__, row, sorted(o.param_groups[0])[:4])
### plateau
w = nn.Parameter(torch.ones(1))
for kw in ({}, {"patience": 2}, {"mode": "max", "patience": 1}, {"patience": 0, "cooldown": 2, "factor": 0.5}, {"threshold_mode": "abs", "threshold": 0.1, "patience": 1}, {"min_lr": 0.05, "patience": 0}):
    o = optim.SGD([w], lr=0.1)
    s = S.ReduceLROnPlateau(o, **kw)
    row = []
    for v in [1.0, 0.9, 0.95, 0.95, 0.94, 0.9, 0.9, 0.9, torch.tensor(0.8), 0.85, 0.8, 0.8, 0.8, 0.8]:
        s.step(v)
        row.append(s.get_last_lr()[0])
    print(kw, row, s.state_dict())
for f in (lambda: S.ReduceLROnPlateau(o, factor=1.0), lambda: S.ReduceLROnPlateau(o, mode="x"), lambda: S.ReduceLROnPlateau(o, threshold_mode="x"), lambda: S.ReduceLROnPlateau(3), lambda: S.ReduceLROnPlateau(o, min_lr=[1, 2])):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
### errors
w = nn.Parameter(torch.ones(1))
o = optim.SGD([w], lr=0.1)
for f in (lambda: S.StepLR(3, 1), lambda: S.StepLR(o, 1, last_epoch=3), lambda: S.LambdaLR(o, [lambda e: 1, lambda e: 2]), lambda: S.MultiplicativeLR(o, [3]),
          lambda: S.ConstantLR(o, 2), lambda: S.LinearLR(o, 0), lambda: S.LinearLR(o, 0.5, 2), lambda: S.SequentialLR(o, [], []), lambda: S.SequentialLR(o, [S.StepLR(o, 1)], [1]),
          lambda: S.SequentialLR(o, [S.ReduceLROnPlateau(o)], []), lambda: S.ChainedScheduler([]), lambda: S.ChainedScheduler([3]), lambda: S.CosineAnnealingWarmRestarts(o, 0),
          lambda: S.CosineAnnealingWarmRestarts(o, 1, 0), lambda: S.CosineAnnealingWarmRestarts(o, 1.5), lambda: S.CyclicLR(o, 0.1, 0.2, mode="x"), lambda: S.CyclicLR(o, [1, 2], 3),
          lambda: S.CyclicLR(optim.Adagrad([w]), 0.1, 0.2), lambda: S.OneCycleLR(o, 0.1), lambda: S.OneCycleLR(o, 0.1, total_steps=-1), lambda: S.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1),
          lambda: S.OneCycleLR(o, 0.1, total_steps=5, pct_start=2.0), lambda: S.OneCycleLR(o, 0.1, total_steps=5, anneal_strategy="x"), lambda: S.LRScheduler(o), lambda: S.CosineAnnealingWarmRestarts(o, 2).step(-1)):
    try:
        f()
        print("fine")
    except Exception as e:
        print(type(e).__name__, e)
c = S.OneCycleLR(optim.SGD([w], lr=0.1, momentum=0.1), 0.1, total_steps=2)
try:
    for _ in range(4):
        c.step()
except ValueError as e:
    print(e)
### order of calls
import warnings
w = nn.Parameter(torch.ones(1))
def noted(f):
    with warnings.catch_warnings(record=True) as got:
        warnings.simplefilter("always")
        f()
    print([(x.category.__name__, str(x.message)) for x in got])
o = optim.SGD([w], lr=0.1)
s = S.StepLR(o, 1)
noted(s.step)
noted(s.step)
o = optim.SGD([w], lr=0.1)
s = S.StepLR(o, 1)
o.step()
noted(s.step)
noted(lambda: s.step(3))
print(o.param_groups[0]["lr"])
noted(s.get_lr)
o = optim.SGD([w], lr=0.1)
s = S.StepLR(o, 1)
o.step = lambda: None
noted(s.step)
### closed forms
w = nn.Parameter(torch.ones(1))
for make in (lambda o: S.StepLR(o, 3), lambda o: S.MultiStepLR(o, [2, 5]), lambda o: S.ExponentialLR(o, 0.9), lambda o: S.CosineAnnealingLR(o, 7), lambda o: S.LinearLR(o), lambda o: S.ConstantLR(o), lambda o: S.PolynomialLR(o, 8), lambda o: S.LambdaLR(o, lambda e: 1 / (e + 1))):
    o = optim.SGD([w], lr=0.1)
    s = make(o)
    row = []
    for e in (4, 1, 9, 0):
        o.step()
        s.step(e)
        row.append(float("%.12g" % s.get_last_lr()[0]))
    print(type(s).__name__, row, s.last_epoch)
o = optim.SGD([w], lr=0.1)
s = S.CosineAnnealingWarmRestarts(o, 3, 2)
for e in (0.5, 4.2, 11, 2):
    s.step(e)
    print(round(s.get_last_lr()[0], 10), s.T_cur, s.T_i, s.last_epoch)
### resume
w = nn.Parameter(torch.ones(1))
def fresh():
    o = optim.SGD([w], lr=0.1, momentum=0.9)
    return o, [S.StepLR(o, 2), S.CosineAnnealingLR(o, 9), S.LambdaLR(o, lambda e: 0.9 ** e), S.ReduceLROnPlateau(o, patience=0), S.CyclicLR(o, 0.1, 0.2, 3), S.SequentialLR(o, [S.StepLR(o, 2), S.ExponentialLR(o, 0.5)], [3])]
o, all_ = fresh()
for _ in range(4):
    o.step()
    for s in all_:
        s.step(1.0) if isinstance(s, S.ReduceLROnPlateau) else s.step()
o2, all2 = fresh()
for s, t in zip(all_, all2):
    t.load_state_dict(s.state_dict())
    print(type(t).__name__, t.last_epoch, t.get_last_lr())
class Fn:
    def __init__(self):
        self.k = 3
    def __call__(self, e):
        return 1 / (e + self.k)
s = S.LambdaLR(o, Fn())
print(s.state_dict()["lr_lambdas"])
o = optim.SGD([{"params": [w], "initial_lr": 1.0}], lr=0.1)
s = S.StepLR(o, 2, last_epoch=3)
print(s.get_last_lr(), s.last_epoch)
o = optim.SGD([{"params": [w], "initial_lr": 1.0}], lr=0.1)
s = S.CosineAnnealingLR(o, 10, last_epoch=3)
print(s.get_last_lr(), s.base_lrs)
"""

LOSSES = r"""
### printed
x = torch.linspace(-2, 2, 12).reshape(4, 3).requires_grad_()
y = torch.linspace(1, -1, 12).reshape(4, 3)
t = torch.tensor([0, 2, 1, 0])
for r in ("mean", "sum", "none"):
    for name, loss in dict(l1=nn.L1Loss, mse=nn.MSELoss, sl1=nn.SmoothL1Loss, huber=nn.HuberLoss, bcel=nn.BCEWithLogitsLoss, soft=nn.SoftMarginLoss, hinge=nn.HingeEmbeddingLoss, mlsm=nn.MultiLabelSoftMarginLoss).items():
        print(name, loss(reduction=r)(x, y.sign() if name in ("soft", "hinge") else y.sigmoid()))
    print("ce", nn.CrossEntropyLoss(reduction=r)(x, t), nn.CrossEntropyLoss(reduction=r, label_smoothing=0.1)(x, t), nn.CrossEntropyLoss(reduction=r)(x, y.softmax(1)))
    print("ce weight", nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]), ignore_index=1, reduction=r)(x, t))
    print("nll", nn.NLLLoss(reduction=r)(x.log_softmax(1), t), nn.MultiMarginLoss(reduction=r)(x, t), nn.MultiMarginLoss(p=2, margin=0.5, reduction=r)(x, t))
    print("bce", nn.BCELoss(reduction=r)(x.sigmoid(), y.sigmoid()))
    print("triplet", nn.TripletMarginLoss(reduction=r)(x, y, y + 1), nn.TripletMarginLoss(swap=True, p=1, reduction=r)(x, y, y * 2))
    print("poisson", nn.PoissonNLLLoss(reduction=r)(x, y.abs()), nn.GaussianNLLLoss(reduction=r)(x, y, y.abs()))
print("kl", nn.KLDivLoss(reduction="batchmean")(x.log_softmax(1), y.softmax(1)))
print("cos", nn.CosineEmbeddingLoss()(x, y, torch.tensor([1, -1, 1, -1])), nn.CosineSimilarity()(x, y), nn.PairwiseDistance()(x, y))
print("rank", nn.MarginRankingLoss(margin=0.1)(x[:, 0], x[:, 1], y[:, 0].sign()))
print("mlm", nn.MultiLabelMarginLoss()(x, torch.tensor([[0, -1, 1], [1, 2, -1], [-1, 0, 0], [2, 0, 1]])))
### gradients
x = torch.linspace(-2, 2, 12).reshape(4, 3).requires_grad_()
y = torch.linspace(1, -1, 12).reshape(4, 3).sigmoid().requires_grad_()
t = torch.tensor([0, 2, 1, 0])
for name, f in dict(mse=lambda: F.mse_loss(x, y), l1=lambda: F.l1_loss(x, y), sl1=lambda: F.smooth_l1_loss(x, y, beta=0.3), huber=lambda: F.huber_loss(x, y, delta=0.3), bcel=lambda: F.binary_cross_entropy_with_logits(x, y),
                    bce=lambda: F.binary_cross_entropy(x.sigmoid(), y), pos=lambda: F.binary_cross_entropy_with_logits(x, y, pos_weight=torch.tensor([1.0, 2.0, 3.0])), kl=lambda: F.kl_div(x.log_softmax(1), y, reduction="sum"),
                    ce=lambda: F.cross_entropy(x, t), cep=lambda: F.cross_entropy(x, y), ces=lambda: F.cross_entropy(x, t, label_smoothing=0.2)).items():
    gx, gy = torch.autograd.grad(f(), (x, y), allow_unused=True, create_graph=True)
    print(name, gx.detach(), gy if gy is None else gy.detach() + 0)
    if name not in ("l1",):
        g2 = torch.autograd.grad(gx.pow(2).sum(), x, allow_unused=True)[0]
        print(name, "second", g2 if g2 is None else g2.detach() + 0)
### images
torch.manual_seed(0)
x = torch.linspace(-3, 3, 2 * 4 * 3 * 3).reshape(2, 4, 3, 3).requires_grad_()
t = torch.arange(18).reshape(2, 3, 3) % 4
l = F.cross_entropy(x, t)
l.backward()
print(l, x.grad[0, :, 0, 0], F.cross_entropy(x, t, reduction="none").shape, F.nll_loss(x.log_softmax(1), t, ignore_index=0))
print(F.cross_entropy(x[:, :, :, 0], t[:, :, 0]), F.cross_entropy(x[0, :, 0, 0], t[0, 0, 0]), F.cross_entropy(x[..., None], t[..., None], weight=torch.arange(1.0, 5)))
### warnings
import warnings
x, y = torch.ones(3, 1), torch.zeros(3)
def noted(f):
    with warnings.catch_warnings(record=True) as got:
        warnings.simplefilter("always")
        try:
            r = f()
        except Exception as e:
            r = type(e).__name__, str(e)
    print(r, [(w.category.__name__, str(w.message)) for w in got])
noted(lambda: F.mse_loss(x, y))
noted(lambda: F.l1_loss(x, y))
noted(lambda: F.smooth_l1_loss(x, y))
noted(lambda: F.huber_loss(x, y))
noted(lambda: F.binary_cross_entropy(x, y))
noted(lambda: F.binary_cross_entropy_with_logits(x, y))
noted(lambda: F.kl_div(x.log(), x))
noted(lambda: F.mse_loss(x, x, size_average=False))
noted(lambda: F.mse_loss(x, x, reduce=False))
noted(lambda: F.mse_loss(x, x, size_average=True, reduce=True))
noted(lambda: nn.MSELoss(size_average=False).reduction)
noted(lambda: nn.L1Loss(reduce=False).reduction)
noted(lambda: nn.NLLLoss2d())
noted(lambda: F.mse_loss(x, x, reduction="elementwise_mean"))
noted(lambda: F.mse_loss(torch.ones(2), torch.ones(3)))
### edges
e = torch.zeros(0, 3)
print(F.mse_loss(e, e), F.mse_loss(e, e, reduction="sum"), F.cross_entropy(e, torch.zeros(0, dtype=torch.long)), F.cross_entropy(e, torch.zeros(0, dtype=torch.long), reduction="sum"))
x = torch.tensor([[float("inf"), 0.0], [0.0, float("-inf")], [float("nan"), 1.0]])
t = torch.tensor([0, 1, 0])
print(F.cross_entropy(x, t, reduction="none"), F.cross_entropy(torch.zeros(2, 2), torch.tensor([-100, -100])), F.mse_loss(x, x, reduction="none"))
print(F.binary_cross_entropy(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0]), reduction="none"), F.binary_cross_entropy_with_logits(torch.tensor([1000.0, -1000.0]), torch.tensor([0.0, 1.0]), reduction="none"))
print(F.soft_margin_loss(torch.tensor([200.0, -200.0]), torch.tensor([-1.0, -1.0]), reduction="none"), F.cosine_similarity(torch.zeros(2, 2), torch.ones(2, 2)))
p = torch.zeros(2, 2, requires_grad=True)
F.pairwise_distance(p, torch.zeros(2, 2), eps=0.0).sum().backward()
print(p.grad)
print(F.cross_entropy(torch.zeros(1, 3, dtype=torch.float64), torch.tensor([1])).dtype, F.mse_loss(torch.ones(2), torch.ones(2, dtype=torch.float64)).dtype)
### repr
for m in (nn.CrossEntropyLoss(weight=torch.ones(2)), nn.NLLLoss(), nn.BCEWithLogitsLoss(pos_weight=torch.ones(1)), nn.TripletMarginWithDistanceLoss(), nn.CosineSimilarity(), nn.PairwiseDistance(), nn.HuberLoss()):
    print(m, list(m.state_dict()), m.reduction if hasattr(m, "reduction") else "")
for f in (lambda: nn.TripletMarginLoss(margin=0), lambda: nn.MultiMarginLoss(p=3), lambda: nn.MultiMarginLoss(weight=torch.ones(1, 1)), lambda: nn.HuberLoss(delta="x"), lambda: nn.TripletMarginWithDistanceLoss(margin=-1)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
"""

UTILS = r"""
### clip
def grads():
    a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3))
    a.grad, b.grad = torch.tensor([3.0, -4.0]), torch.tensor([1.0, 2.0, -2.0])
    return [a, b]
U = nn.utils
for p in (2.0, 1, 3, float("inf"), 0.5):
    q = grads()
    print(p, U.clip_grad_norm_(q, 1.0, norm_type=p), q[0].grad, q[1].grad)
q = grads()
print(U.clip_grad_norm_(q, 100.0), q[0].grad)
print(U.clip_grad_norm_(q[0], 1.0), U.clip_grad_norm_([], 1.0), U.clip_grad_norm_([nn.Parameter(torch.ones(1))], 1.0), U.clip_grad_norm_((x for x in q), 2.0))
q[0].grad[0] = float("inf")
print(U.clip_grad_norm_(q, 1.0), q[0].grad)
try:
    U.clip_grad_norm_(q, 1.0, error_if_nonfinite=True)
except RuntimeError as e:
    print(e)
q = grads()
U.clip_grad_value_(q, 1.5)
print(q[0].grad, q[1].grad)
q = grads()
t = U.get_total_norm([x.grad for x in q])
U.clip_grads_with_norm_(q, 2.0, t)
print(t, q[0].grad)
### vectors
m = nn.Linear(2, 2)
m.weight.data, m.bias.data = torch.arange(4.0).reshape(2, 2), torch.tensor([7.0, 8.0])
v = nn.utils.parameters_to_vector(m.parameters())
print(v)
nn.utils.vector_to_parameters(torch.arange(6.0) * 2, m.parameters())
print(m.weight, m.bias)
try:
    nn.utils.vector_to_parameters(3, m.parameters())
except TypeError as e:
    print(e)
s = nn.utils.skip_init(nn.Linear, 3, 2)
print(s, s.weight.shape, s.weight.requires_grad)
for f in (lambda: nn.utils.skip_init(int), lambda: nn.utils.skip_init(nn.ReLU)):
    try:
        f()
    except RuntimeError as e:
        print(str(e))
### weight norm
P = nn.utils.parametrizations
m = nn.Linear(3, 2)
m.weight.data = torch.arange(6.0).reshape(2, 3) + 1
P.weight_norm(m)
print(m)
print(m.weight.detach(), list(m.state_dict()), [n for n, _ in m.named_parameters()], m.parametrizations.weight.original0)
m(torch.ones(1, 3)).sum().backward()
print(m.parametrizations.weight.original0.grad, m.parametrizations.weight.original1.grad, type(m).__name__)
m.weight = torch.ones(2, 3)
print(m.weight.detach(), m.parametrizations.weight.original0)
R = nn.utils.parametrize
print(R.is_parametrized(m), R.is_parametrized(m, "bias"), R.type_before_parametrizations(m).__name__)
R.remove_parametrizations(m, "weight")
print(m, m.weight, type(m).__name__)
n = P.weight_norm(nn.Linear(3, 2), dim=None)
print(n.parametrizations.weight.original0.shape)
w = nn.utils.weight_norm(nn.Linear(2, 2), dim=1)
print(w, list(w.state_dict()), w.weight_g.shape)
nn.utils.remove_weight_norm(w)
print(list(w.state_dict()), len(w._forward_pre_hooks))
old = {"weight_g": torch.ones(2, 1), "weight_v": torch.ones(2, 3), "bias": torch.zeros(2)}
k = P.weight_norm(nn.Linear(3, 2))
print(k.load_state_dict(old), k.weight.detach())
### spectral norm
torch.manual_seed(0)
m = nn.Linear(3, 3)
m.weight.data = torch.diag(torch.tensor([5.0, 2.0, 1.0]))
nn.utils.parametrizations.spectral_norm(m)
for _ in range(30):
    w = m.weight
print(m)
print([round(v, 3) for v in torch.diag(w).tolist()], list(m.state_dict()))
m.eval()
print(torch.equal(m.weight, m.weight))
o = nn.utils.spectral_norm(nn.Linear(2, 2))
print(o, list(o.state_dict()), o.state_dict()._metadata[""])
nn.utils.remove_spectral_norm(o)
print(list(o.state_dict()))
try:
    nn.utils.parametrizations.spectral_norm(nn.Linear(1, 1), "nope")
except ValueError as e:
    print(e)
### parametrize
class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)
    def right_inverse(self, A):
        return A.triu()
class Double(nn.Module):
    def forward(self, X):
        return 2 * X
R = nn.utils.parametrize
m = nn.Linear(2, 2)
m.weight.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
R.register_parametrization(m, "weight", Symmetric())
print(m.weight.detach(), m.parametrizations.weight.original)
R.register_parametrization(m, "weight", Double())
print(m, m.weight.detach())
with R.cached():
    print(m.weight is m.weight)
print(m.weight is m.weight, list(m.state_dict()))
import copy
c = copy.deepcopy(m)
print(torch.equal(c.weight, m.weight), c.parametrizations.weight.original is m.parametrizations.weight.original)
R.remove_parametrizations(m, "weight", leave_parametrized=False)
print(m.weight)
class Shape(nn.Module):
    def forward(self, X):
        return X[0]
class Kind(nn.Module):
    def forward(self, X):
        return X.double()
for p in (Shape(), Kind()):
    try:
        R.register_parametrization(nn.Linear(2, 2), "weight", p)
    except ValueError as e:
        print(e)
try:
    R.register_parametrization(nn.Linear(2, 2), "nope", Double())
except ValueError as e:
    print(e)
try:
    m2 = nn.Linear(2, 2)
    R.register_parametrization(m2, "weight", Double())
    m2.weight = torch.ones(2, 2)
except RuntimeError as e:
    print(e)
### functional call
m = nn.Linear(2, 1, bias=False)
f = nn.utils.stateless.functional_call
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    print(f(m, {"weight": torch.ones(1, 2)}, torch.tensor([[1.0, 2.0]])))
    w = torch.ones(1, 2, requires_grad=True)
    f(m, {"weight": w}, (torch.tensor([[1.0, 2.0]]),)).sum().backward()
    print(w.grad, m.weight.grad, isinstance(m.weight, nn.Parameter))
    for bad in ({"nope": w}, {}):
        try:
            f(m, bad, torch.ones(1, 2), strict=True)
        except RuntimeError as e:
            print(e)
"""

FAMILIES = {
    "modules": MODULES,
    "optimizers": OPTIMIZERS,
    "schedulers": SCHEDULERS,
    "losses": LOSSES,
    "utils": UTILS,
}


def scripts() -> dict[str, str]:
    """Name to source of every script."""
    found = {}
    for family, text in FAMILIES.items():
        for block in text.split("\n### ")[1:]:
            name, _, source = block.partition("\n")
            found[f"{family}: {name}"] = source
    return found


@contextlib.contextmanager
def _called_torch(torch: Any) -> Iterator[None]:
    """A block in which `import torch.…` finds the given package under that name."""
    own = torch.__name__
    if own == "torch":
        yield
        return

    def named() -> dict[str, Any]:
        return {k: v for k, v in sys.modules.items() if k == "torch" or k.startswith("torch.")}

    before = named()
    for name in before:
        del sys.modules[name]
    for name, module in list(sys.modules.items()):
        if name == own or name.startswith(own + "."):
            sys.modules["torch" + name[len(own) :]] = module
    try:
        yield
    finally:
        for name in named():
            del sys.modules[name]
        sys.modules.update(before)


def run(source: str, torch: Any) -> str:
    """What the script prints; an exception that leaves it is told at the end."""
    names = {
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "optim": torch.optim,
        "S": torch.optim.lr_scheduler,
    }
    names["__name__"] = "script"
    out = io.StringIO()
    with _called_torch(torch), contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "script", "exec"), names)
        except Exception as error:
            print("LEFT BY", type(error).__name__, error)
    return re.sub(r"0x[0-9a-f]+", "0x", out.getvalue().replace("plait.torch.", "torch."))
