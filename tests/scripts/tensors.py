import torch

x = torch.arange(12).reshape(3, 4)
print(x, x.dtype, x.shape, x.size(), x.stride())
print(x.float() / 3)
print(x[1], x[:, 1], x[1, 2], x[x > 5])
print(x.T, x.sum(), x.sum(0), x.float().mean(1, keepdim=True))
a = torch.tensor([1.0, 2, 3], requires_grad=True)
b = (a**2).sum()
print(b, a.grad)
b.backward()
print(a.grad, a)
c = a * 2
print(c, c.grad_fn.name(), c[0], c.detach(), c.data)
print(torch.cat([x, x]), torch.stack([x, x]).shape, x.view(-1), x.unsqueeze(0).shape)
print(torch.zeros(2, 0), torch.empty(0), torch.tensor(3.14159), torch.tensor(True), torch.tensor([True, False]))
print(torch.tensor([1e-10, 1.0]), torch.tensor([1e10, 1.0]), torch.tensor([float("nan"), float("inf"), -1.5]))
print(torch.full((2, 3), 7), torch.eye(3), torch.linspace(0, 1, 5), torch.arange(0, 1, 0.1))
print(torch.randn(3).shape, repr(torch.tensor([[1.5]])), torch.rand(1000).shape)
torch.manual_seed(1)
print(torch.randn(30, 30))
print(torch.rand(2, 3), torch.randint(0, 10, (5,)), torch.randperm(5))
print(x.max(), x.max(dim=1), x.argmax(dim=0), x.float().std(), torch.topk(x.float(), 2))
print(x.numpy(), type(x.numpy()), x.tolist(), x[0, 0].item())
print(torch.sort(torch.tensor([3, 1, 2])), torch.unique(torch.tensor([1, 1, 2])), torch.where(x > 5, x, 0))
print(x @ x.T, torch.mm(x.float(), x.T.float()), torch.einsum("ij,kj->ik", x, x))
print(
    x.is_contiguous(),
    x.T.is_contiguous(),
    x.T.contiguous().stride(),
    x.type(),
    x.float().type(),
    x.device,
    x.requires_grad,
    x.is_leaf,
)
