"""A walk through the tensor functions of Paddle."""

import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

paddle.set_printoptions(precision=5)


def show(*a):
    for x in a:
        print(x)


paddle.seed(42)
x = paddle.randn([4, 3])
y = paddle.randint(0, 2, [4])
show(x, y, x.shape, x.dtype, x.numpy().dtype)
w = paddle.create_parameter([3, 2], "float32")
b = paddle.zeros([2])
b.stop_gradient = False
show(w)
out = x @ w + b
loss = F.cross_entropy(out, y)
loss.backward()
show(loss, w.grad, b.grad)
with paddle.no_grad():
    w -= 0.1 * w.grad
show(w, w.stop_gradient, w.is_leaf)
w.clear_grad()
show(w.grad)
a = paddle.to_tensor([1.0, 2.0, 3.0], stop_gradient=False)
z = a**3
(g,) = paddle.grad(z, a, create_graph=True)
(g2,) = paddle.grad(g, a)
show(g, g2)
h = a.register_hook(lambda g: g * 2)
(a * a).sum().backward()
show(a.grad)
h.remove()
a.clear_gradient()
(a * a).sum().backward()
show(a.grad)


class Cube(paddle.autograd.PyLayer):
    @staticmethod
    def forward(ctx, x, k=1):
        ctx.save_for_backward(x)
        ctx.k = k
        return x * x * x * k

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensor()
        return dy * 3 * x * x * ctx.k


v = paddle.to_tensor([2.0, 3.0])
v.stop_gradient = False
c = Cube.apply(v, k=2)
c.sum().backward()
show(c, v.grad.numpy())
m = paddle.arange(12, dtype="float32").reshape([3, 4])
show(m[1:, ::2], m[:, -1], m[m > 5], m[[0, 2]], m[paddle.to_tensor([0, 2])], m[..., None].shape)
m[0] = 1.5
m[:, 1] = paddle.to_tensor([7.0, 8.0, 9.0])
m[m > 9] = -1
show(m)
for row in m:
    show(row.sum().item())
show(paddle.where(m > 0, m, paddle.zeros_like(m)), paddle.concat([m, m], axis=1).shape, paddle.stack([m, m]).shape)
show(*paddle.split(m, 2, axis=1), *paddle.topk(m, 2), paddle.argsort(m, descending=True), m.sort(axis=0))
show(
    m.mean(),
    m.mean(axis=0),
    m.max(axis=1),
    m.std(),
    m.var(axis=1, unbiased=False),
    m.sum(axis=[0, 1], keepdim=True),
    paddle.norm(m),
    m.argmax(),
    m.argmax(axis=1),
)
show(
    m.astype("int32"),
    m.cast(paddle.float64),
    m.reshape([2, -1]),
    m.flatten(),
    m.unsqueeze(0).squeeze(0).shape,
    m.transpose([1, 0]),
    m.T.shape,
    paddle.tile(m[0], [2]),
    m[0].expand([2, 4]),
)
show(
    paddle.einsum("ij,kj->ik", m, m),
    paddle.matmul(m, m, transpose_y=True),
    paddle.bmm(m.unsqueeze(0), m.T.unsqueeze(0)),
    paddle.dot(m[0], m[1]),
    paddle.outer(m[0], m[1]),
)
show(
    paddle.unique(paddle.to_tensor([3, 1, 2, 3]), return_counts=True),
    paddle.nonzero(m > 8),
    paddle.masked_select(m, m > 5),
    paddle.gather(m, paddle.to_tensor([2, 0]), axis=1),
    paddle.cumsum(m, axis=1),
)
show(
    paddle.linspace(0, 1, 5),
    paddle.eye(2),
    paddle.full([2], 3),
    paddle.full_like(m[0], 2),
    paddle.meshgrid(paddle.arange(2), paddle.arange(3)),
    paddle.tril(m),
    paddle.diag(paddle.ones([2])),
)
show(
    paddle.allclose(m, m),
    paddle.equal_all(m, m),
    (m == m).all(),
    bool((m > 100).any()),
    paddle.is_tensor(m),
    paddle.numel(m),
    m.ndim,
    m.size,
    len(m),
)
show(
    f"{m.mean().item():.4f}",
    "%.3f" % float(m.mean()),
    m.tolist(),
    m[0].numpy(),
    int(m.argmax()),
    str(m.dtype),
    m.dtype == paddle.float32,
)
show(
    paddle.clip(m, 0, 5),
    m.clip(min=2),
    m.abs().sqrt(),
    m.exp().log(),
    paddle.pow(m, 2),
    m**0.5,
    2 ** m[0],
    1 / (m[0] + 1),
    m // 2,
    m % 3,
    -m,
    m > 3,
    paddle.maximum(m, m * 0 + 3),
    paddle.logical_and(m > 1, m < 5),
)
t = paddle.to_tensor(np.arange(6).reshape(2, 3))
show(t, t + 1, t / 2, t * 1.5, t.sum(), t.mean(), t.astype("float32").mean(), paddle.to_tensor(3.5) * t)
t2 = paddle.to_tensor([1.0, 2.0])
t2.add_(paddle.to_tensor([1.0, 1.0]))
t2.scale_(3.0)
t2.clip_(0.0, 7.0)
t2.subtract_(t2 * 0.5)
show(t2)
t2.zero_()
t2.fill_(2.5)
show(t2)
t2.set_value(np.array([9.0, 8.0], "float32"))
show(t2)
u = paddle.to_tensor([[1.0, 2.0], [3.0, 4.0]])
u2 = u.clone()
u2[0, 0] = 100
show(u, u2, u.detach(), paddle.assign(u), u.numpy().sum(), u.item(0, 1))
sd = {"a": u, "b": paddle.ones([2])}
paddle.save(sd, "sd.pdparams")
r = paddle.load("sd.pdparams")
show(r["a"], sorted(r))
paddle.set_printoptions(precision=3)
show(paddle.rand([2, 2]))
paddle.set_printoptions(precision=5)
try:
    paddle.matmul(u, paddle.ones([3, 3]))
except ValueError as e:
    print("ValueError")
try:
    u + paddle.ones([3])
except ValueError as e:
    print("ValueError")
show(
    paddle.get_device(),
    paddle.in_dynamic_mode(),
    paddle.is_compiled_with_cuda(),
    paddle.__version__,
    paddle.get_default_dtype(),
)
show(
    paddle.scatter(paddle.zeros([3, 2]), paddle.to_tensor([0, 2]), paddle.ones([2, 2])),
    paddle.put_along_axis(paddle.zeros([2, 2]), paddle.to_tensor([[0], [1]]), 5.0, 1),
    paddle.take_along_axis(u, paddle.to_tensor([[0], [1]]), 1),
    paddle.scatter_nd_add(paddle.zeros([3]), paddle.to_tensor([[1], [1]]), paddle.ones([2])),
    paddle.histogram(u, 4),
    paddle.bincount(paddle.to_tensor([1, 1, 3])),
    paddle.repeat_interleave(u, 2, 0),
    paddle.roll(u, 1),
    paddle.flip(u, [0]),
    paddle.moveaxis(u, 0, 1),
    paddle.searchsorted(paddle.to_tensor([1.0, 2, 3]), u),
    paddle.lerp(u, u * 2, 0.3),
    paddle.addmm(u, u, u),
    paddle.logsumexp(u),
    paddle.cumprod(u, dim=0),
    paddle.median(u),
    paddle.kthvalue(u, 1),
    paddle.mode(u),
    paddle.unbind(u),
    paddle.chunk(u, 2),
    paddle.count_nonzero(u),
)
