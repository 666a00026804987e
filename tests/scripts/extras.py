import warnings

import torch
import torch.nn as nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

warnings.simplefilter("ignore")
torch.manual_seed(0)
print(torch.__name__, nn.__name__, nn.functional.__name__)

# checkpoints
m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1))
x = torch.randn(3, 4)
for reentrant in (True, False):
    m.zero_grad()
    torch.manual_seed(1)
    xx = x.clone().requires_grad_()
    checkpoint(m, xx * 1, use_reentrant=reentrant).sum().backward()
    print([f"{p.grad.sum().item():.4f}" for p in m.parameters()], f"{xx.grad.sum().item():.4f}", torch.rand(1))
m.eval()
m.zero_grad()
checkpoint_sequential(m, 2, x.clone().requires_grad_(), use_reentrant=False).sum().backward()
print([f"{p.grad.sum().item():.4f}" for p in m.parameters()])
print(len(torch.autograd.grad(checkpoint(m, x, use_reentrant=False).sum(), list(m.parameters()))))

# wrappers that compute what they wrap
d = nn.DataParallel(nn.Linear(2, 1))
print(d, d(torch.ones(1, 2)).shape, list(d.state_dict()))

# the tape as it is shown
loss = nn.MSELoss()(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))(torch.ones(2, 3)), torch.zeros(2, 2))
fn = loss.grad_fn
while fn is not None:
    print(fn.name(), [f.name() if f else None for f, _ in fn.next_functions])
    fn = next((f for f, _ in fn.next_functions if f and "Accumulate" not in f.name()), None)

# norms
A = torch.tensor([[1.0, 2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 1.0, 4.0], [1.0, 0.0, 2.0]])
for order in (None, "fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
    print(order, torch.linalg.norm(A, order))
print(
    torch.linalg.vector_norm(A, 3, dim=1),
    torch.linalg.matrix_norm(A, 1, keepdim=True),
    torch.linalg.multi_dot([A, A.T, A]).sum(),
)
for bad in (
    "torch.linalg.norm(A, 'x')",
    "torch.linalg.matrix_norm(A, 3)",
    "torch.linalg.norm(A.long())",
    "torch.linalg.matrix_norm(A[0])",
):
    try:
        print(eval(bad))
    except Exception as e:
        print(type(e).__name__, e)


# subclasses
class Noisy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print("called", func.__name__)
        return super().__torch_function__(func, types, args, kwargs)


t = torch.ones(2, 2).as_subclass(Noisy)
for call in (
    lambda: t + 1,
    lambda: 2 * t,
    lambda: torch.cat([t, t]),
    lambda: t.sum(),
    lambda: t[0],
    lambda: t == t,
    lambda: nn.functional.relu(t),
):
    print(type(call()).__name__)

# small things
print(
    torch.remainder(torch.tensor([-4.0, 4.0, -3.0]), 2),
    torch.add(torch.ones(2), 2, alpha=3),
    torch.arange(3.0).cumsum(0),
)
for bad in (
    "torch.ones(2, 3)[0, 3]",
    "torch.full(2, 7)",
    "torch.ones(2, 3).expand(2)",
    "torch.arange(2**62)",
    "nn.Conv2d(3, 4)",
    "nn.ReLU(1, 2)",
):
    try:
        print(eval(bad))
    except Exception as e:
        print(type(e).__name__, e)
for line in ("import torch.foo", "from torch.utils.tensorboard import SummaryWriter"):
    try:
        exec(line)
    except ImportError as e:
        print(type(e).__name__, e)
