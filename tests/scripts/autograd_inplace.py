import torch

x = torch.ones(3, requires_grad=True)
try:
    x.add_(1)
except RuntimeError as e:
    print(e)
try:
    x[0] = 5
except RuntimeError as e:
    print(e)
y = x * 2
y[1] = 0
print(y)
y.sum().backward()
print(x.grad)
w = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.zeros(2, 2)
b[0] = w
b[1, 1] = w[0] * 3
print(b)
(b**2).sum().backward()
print(w.grad)
a = torch.ones(2, 2, requires_grad=True)
c = a.clone()
d = c[0]
d.mul_(4)
print(c, d)
c.sum().backward()
print(a.grad)
e = torch.ones(2, requires_grad=True)
f = e.exp()
f.add_(1)
try:
    f.sum().backward()
except RuntimeError as err:
    print(str(err)[:150])
g = torch.ones(2, requires_grad=True)
h = g * 1
k = h.mul_(h)
print(k is h, h._version)
try:
    h.sum().backward()
except RuntimeError as err:
    print(str(err)[:150])
p = torch.arange(6.0).reshape(2, 3)
v = p.view(3, 2)
v[0, 0] = 100
print(p, p._version, v._version)
t = p.t()
t += 1
print(p)
s = torch.zeros(4)
s[1:3] += torch.tensor([1.0, 2.0])
print(s)
n = torch.ones(3, requires_grad=True)
with torch.no_grad():
    n -= 0.1
    n.mul_(2)
print(n, n.is_leaf)
r = (n * 2).detach_()
print(r.requires_grad)
o = torch.zeros(3, requires_grad=True)
q = o + 1
u = q.unbind(0)[0]
try:
    u.mul_(2)
except RuntimeError as err:
    print(str(err)[:90])
z = torch.randn(2, 3, requires_grad=True)
zz = z * 1
zz.clamp_(min=0).mul_(2)
zz.sum().backward()
print(z.grad == (z > 0) * 2.0)
