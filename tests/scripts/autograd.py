import torch


class Sq(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


x = torch.tensor([1.0, 2.0], requires_grad=True)
y = Sq.apply(x)
print(y)
y.sum().backward()
print(x.grad)
print(torch.autograd.gradcheck(Sq.apply, [torch.randn(3, dtype=torch.double, requires_grad=True)]))
a = torch.tensor(2.0, requires_grad=True)
(g,) = torch.autograd.grad(a**3, a, create_graph=True)
print(g)
(gg,) = torch.autograd.grad(g, a)
print(gg)
x = torch.randn(3, requires_grad=True)
with torch.no_grad():
    y = x * 2
print(y.requires_grad)
h = x * 3
h.retain_grad()
h.sum().backward()
print(h.grad, x.grad)
x.grad.zero_()
x.register_hook(lambda g: g * 2)
(x * 1).sum().backward()
print(x.grad)
x.grad = None
print(x.grad)
z = torch.ones(2, 2, requires_grad=True)
o = (z + 2) ** 2 * 3
print(o, o.mean())
o.mean().backward()
print(z.grad)
