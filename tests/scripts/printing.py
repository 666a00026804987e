import torch

torch.set_printoptions(precision=3, sci_mode=False)
print(torch.tensor([1e-5, 1234.5678]))
torch.set_printoptions(profile="default")
print(
    torch.ones(3, 3, dtype=torch.float64),
    torch.ones(2, dtype=torch.float16),
    torch.ones(2, dtype=torch.int8),
    torch.ones(2).bfloat16(),
)
print(torch.nn.Parameter(torch.ones(2, 2)), torch.nn.ParameterList([torch.ones(2)]))
print(torch.zeros(1001))
print(torch.arange(2000).view(2, 1000))
print(torch.ones(2, 3, 4, 5).shape)
print(f"{torch.tensor(2.5):.2f} {torch.tensor(3)} {torch.tensor([1, 2])} {torch.ones(1).item()}")
print("%s %d %.3f" % (torch.tensor(1.5), torch.tensor(3), torch.tensor(2.25)))
x = torch.randn(2, requires_grad=True)
print((x * 2).grad_fn.next_functions[0][0].__class__.__name__, type((x + 1).grad_fn).__name__)
for op in [
    lambda t: t.sum(),
    lambda t: t.mean(),
    lambda t: t.exp(),
    lambda t: t.relu(),
    lambda t: t.view(2, 1),
    lambda t: t[0],
    lambda t: t.max(),
    lambda t: t**2,
    lambda t: t / 2,
    lambda t: -t,
    lambda t: t.clone(),
    lambda t: t.softmax(0),
    lambda t: t.log(),
    lambda t: t.sqrt(),
    lambda t: t.t(),
    lambda t: t.unsqueeze(0),
    lambda t: t.squeeze(),
    lambda t: t.sigmoid(),
    lambda t: t.tanh(),
    lambda t: t.abs(),
    lambda t: t.norm(),
    lambda t: t @ t,
    lambda t: t.std(),
    lambda t: t.var(),
    lambda t: t.prod(),
    lambda t: t.cumsum(0),
    lambda t: t.clamp(0, 1),
    lambda t: t.float(),
    lambda t: t.double(),
    lambda t: torch.cat([t, t]),
    lambda t: torch.stack([t, t]),
    lambda t: t.reshape(1, 2),
    lambda t: t.expand(3, 2),
    lambda t: t.repeat(2),
    lambda t: t.flatten(),
    lambda t: torch.where(t > 0, t, t),
    lambda t: t.min(),
    lambda t: t.sort()[0],
    lambda t: t.topk(1)[0],
    lambda t: t.logsumexp(0),
    lambda t: t.log_softmax(0),
    lambda t: torch.sin(t),
    lambda t: t.permute(0),
    lambda t: t.masked_fill(t > 0, 0.0),
    lambda t: t.gather(0, torch.tensor([0])),
    lambda t: t.index_select(0, torch.tensor([0])),
    lambda t: t.sub(1),
    lambda t: 1 - t,
    lambda t: 1 / t,
    lambda t: t.pow(3),
    lambda t: t.sum(0, keepdim=True),
    lambda t: t.chunk(2)[0],
    lambda t: t.split(1)[1],
    lambda t: t.unbind()[0],
    lambda t: t.mul(t),
    lambda t: t.dot(t),
    lambda t: torch.nn.functional.gelu(t),
    lambda t: torch.nn.functional.silu(t),
    lambda t: torch.nn.functional.leaky_relu(t),
    lambda t: torch.nn.functional.elu(t),
    lambda t: torch.nn.functional.softplus(t),
    lambda t: torch.nn.functional.mse_loss(t, t),
    lambda t: torch.nn.functional.dropout(t),
    lambda t: torch.nn.functional.pad(t, (1, 1)),
    lambda t: torch.nn.functional.linear(t, torch.ones(3, 2)),
    lambda t: torch.nn.functional.layer_norm(t, (2,)),
    lambda t: torch.outer(t, t),
    lambda t: t.roll(1),
    lambda t: t.flip(0),
    lambda t: t.round(),
    lambda t: t.sign(),
    lambda t: torch.maximum(t, t),
    lambda t: torch.lerp(t, t, 0.5),
    lambda t: torch.addcmul(t, t, t),
    lambda t: t.erf(),
    lambda t: t.trunc(),
]:
    try:
        print(type(op(x).grad_fn).__name__)
    except Exception as e:
        print("ERR", type(e).__name__, e)
