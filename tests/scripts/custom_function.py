import torch
from torch.autograd import Function, gradcheck


class Exp(Function):
    @staticmethod
    def forward(ctx, i):
        result = i.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad_output):
        (result,) = ctx.saved_tensors
        return grad_output * result


class MulConst(Function):
    @staticmethod
    def forward(ctx, tensor, constant):
        ctx.constant = constant
        return tensor * constant

    @staticmethod
    def backward(ctx, grad_output):
        print(ctx.needs_input_grad)
        return grad_output * ctx.constant, None


class Clip(Function):
    @staticmethod
    def forward(x, lo, hi):
        return x.clamp(lo, hi)

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, lo, hi = inputs
        ctx.save_for_backward(x)
        ctx.lo, ctx.hi = lo, hi

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ((x >= ctx.lo) & (x <= ctx.hi)), None, None


x = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
y = Exp.apply(x)
print(y)
y.sum().backward()
print(x.grad)
x.grad = None
z = MulConst.apply(x, 5.5)
print(z)
z.sum().backward()
print(x.grad)
x.grad = None
Clip.apply(x, -0.8, 1.0).sum().backward()
print(x.grad)
d = torch.tensor([0.3, 0.7, -0.2], dtype=torch.double, requires_grad=True)
print(gradcheck(Exp.apply, (d,)))
print(gradcheck(lambda t: (t**2).sin(), (d,)))
g = torch.autograd.grad(Exp.apply(d).sum(), d, create_graph=True)[0]
print(torch.autograd.grad(g.sum(), d)[0])


class Bad(Function):
    @staticmethod
    def forward(ctx, a, b):
        return a + b

    @staticmethod
    def backward(ctx, g):
        return g


try:
    Bad.apply(x, x).sum().backward()
except RuntimeError as e:
    print(e)
print(torch.autograd.functional.jacobian(lambda t: t**2, torch.tensor([1.0, 2.0])))
print(torch.autograd.functional.hessian(lambda t: (t**3).sum(), torch.tensor([1.0, 2.0])))
