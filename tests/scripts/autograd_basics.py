import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
print(y, y.requires_grad, y.is_leaf, x.is_leaf)
z = y.pow(2).mean()
print(z, z.grad_fn.name())
z.backward()
print(x.grad)
x.grad.zero_()
print(x.grad)
print(y.grad_fn.next_functions[0][0].__class__.__name__)
with torch.no_grad():
    w = x * 3
    print(w.requires_grad)
print(torch.is_grad_enabled())
a = torch.randn(3, generator=torch.Generator().manual_seed(0))
print(a.requires_grad_().requires_grad)
d = x.detach()
print(d.requires_grad, d.data_ptr() == x.data_ptr())
g = torch.autograd.grad((x**3).sum(), x, create_graph=True)[0]
print(g)
h = torch.autograd.grad(g.sum(), x)[0]
print(h)
try:
    z.backward()
except RuntimeError as e:
    print(type(e).__name__, str(e)[:60])
try:
    (x * 2).backward()
except RuntimeError as e:
    print(e)
try:
    torch.ones(2).sum().backward()
except RuntimeError as e:
    print(e)
u = torch.ones(2, requires_grad=True)
v = torch.ones(2, requires_grad=True)
try:
    torch.autograd.grad((u * 2).sum(), v)
except RuntimeError as e:
    print(e)
print(torch.autograd.grad((u * 2).sum(), [u, v], allow_unused=True))
x2 = torch.tensor(3.0, requires_grad=True)
y2 = x2**2
y2.backward(retain_graph=True)
y2.backward()
print(x2.grad)
t = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
out = t.mm(t).sum()
out.backward()
print(t.grad)
hits = []
q = torch.tensor([1.0, 2.0], requires_grad=True)
handle = q.register_hook(lambda grad: hits.append(grad.clone()) or grad * 10)
(q * 3).sum().backward()
print(q.grad, hits)
handle.remove()
q.grad = None
(q * 3).sum().backward()
print(q.grad)
m = q * 2
m.retain_grad()
m.sum().backward()
print(m.grad, m.retains_grad)
