"""Gradients, operators, brackets and random numbers of Paddle in ordinary use."""

import paddle, numpy as np, copy, pickle

paddle.set_printoptions(precision=5)


def show(*a):
    for x in a:
        print(x)


def t(f):
    try:
        r = f()
        print(r)
    except Exception as e:
        print(type(e).__name__)


paddle.seed(3)
x = paddle.to_tensor([1.0, 2.0, 3.0])
x.stop_gradient = False
y = x * 2
y.stop_gradient = True
t(lambda: (y * x).sum().backward())
show(x.grad)
x.clear_gradient()
y = x * 2
d = y.detach()
show(d.stop_gradient, y.is_leaf, x.is_leaf, d.is_leaf)
y.retain_grads()
(y * y).sum().backward()
show(y.grad, x.grad)
z = x * 1
z.register_hook(lambda g: g * 10)
z.sum().backward()
show(x.grad)
x.clear_gradient(False)
show(x.grad)
with paddle.no_grad():
    q = x * 2
show(q.stop_gradient)


@paddle.no_grad()
def f(a):
    return a * 3


show(f(x).stop_gradient)
with paddle.set_grad_enabled(False):
    show((x * 2).stop_gradient)
show((x * 2).stop_gradient, paddle.is_grad_enabled())
with paddle.no_grad():
    with paddle.enable_grad():
        show((x * 2).stop_gradient)
t(lambda: x.__setitem__(0, 1.0))
a = x * 1
a[1] = 0.0
a.sum().backward()
show(x.grad)
x.clear_gradient(False)
a = x * 1
a.add_(x)
a.multiply_(x)
a.sum().backward()
show(x.grad)
x.clear_gradient(False)
a = x.exp()
b = a.sqrt()
(a * b).sum().backward(retain_graph=True)
show(x.grad)
(a * b).sum().backward()
show(x.grad)
x.clear_gradient(False)
o = x[0] * x[1]
o.backward()
show(x.grad)
x.clear_gradient(False)
o = x.unsqueeze(0).tile([2, 1]).reshape([-1]).sum()
o.backward()
show(x.grad)
x.clear_gradient(False)
paddle.autograd.backward([x.sum(), (x * x).sum()])
show(x.grad)
x.clear_gradient(False)
paddle.autograd.backward([x * x], [paddle.ones([3]) * 2])
show(x.grad)
x.clear_gradient(False)
t(lambda: paddle.grad(x.sum(), paddle.ones([1])))
show(paddle.grad(x.sum(), [x, paddle.to_tensor([1.0], stop_gradient=False)], allow_unused=True))
h = (x**2).sum()
gs = paddle.grad(h, x, create_graph=True)[0]
(gs * gs).sum().backward()
show(x.grad)
x.clear_gradient(False)
p = paddle.create_parameter([2, 2], "float32", default_initializer=paddle.nn.initializer.Constant(2.0))
show(p, p.trainable, p.persistable, p.name.startswith("create_parameter"))
p.trainable = False
show(p.stop_gradient, (p * 2).stop_gradient)
p.trainable = True
c = copy.deepcopy(p)
show(c, type(c).__name__)
c2 = copy.deepcopy(x)
show(c2)
t(lambda: copy.deepcopy(x * 2))
show(pickle.loads(pickle.dumps(paddle.ones([2]).numpy())))
show(
    p.dtype,
    p.shape,
    p.ndim,
    p.T.shape,
    p.numpy().shape,
    np.asarray(p).dtype,
    np.array(p).sum(),
    p.size,
    p.numel().item(),
    p.element_size(),
    p.dim(),
    p.rank(),
)
n = np.array([1.0, 2.0], "float32")
show(
    paddle.to_tensor(n) * n if True else 0, paddle.to_tensor(n) + np.float32(1), np.add(n, paddle.to_tensor(n).numpy())
)
show(
    paddle.to_tensor([1, 2]) + True,
    paddle.to_tensor([True, False]) + 1,
    paddle.to_tensor([1, 2]) * 0.5,
    paddle.to_tensor(2) * paddle.to_tensor([1.0, 2.0]),
    paddle.to_tensor(2.0) * paddle.to_tensor([1, 2]),
    paddle.to_tensor([1, 2]) / paddle.to_tensor([2, 2]),
    5 - paddle.to_tensor([1, 2]),
    2 / paddle.to_tensor([1, 2]),
    7 // paddle.to_tensor([2, 3]),
    7 % paddle.to_tensor([2, 3]),
    2 ** paddle.to_tensor([1, 2]),
    paddle.to_tensor([1, 2]) == 1,
    paddle.to_tensor([1, 2]) != paddle.to_tensor([1, 3]),
    1 < paddle.to_tensor([1, 2]),
    paddle.to_tensor([1, 2]) < 1.5,
    ~paddle.to_tensor([True]),
    paddle.to_tensor([True]) & paddle.to_tensor([False]),
    paddle.to_tensor([5]) | paddle.to_tensor([2]),
    abs(paddle.to_tensor([-1.0])),
    -paddle.to_tensor([1]),
    paddle.to_tensor([[1.0, 2.0]]) @ paddle.to_tensor([[1.0], [2.0]]),
)
t(lambda: paddle.to_tensor([1, 2]) + paddle.to_tensor([1.0, 2.0]))
t(lambda: paddle.to_tensor([1, 2], "int32") + paddle.to_tensor([1, 2]))
s = x.shape
s.append(4)
show(s, x.shape, x.shape == [3], tuple(x.shape), x.shape[0], [*x.shape, 1])
show(
    paddle.to_tensor([[1, 2], [3, 4]], dtype="float32").mean(axis=-1),
    paddle.to_tensor([1.0, 2.0, 3.0, 4.0]).reshape((2, 2)),
    paddle.ones((2,)),
    paddle.zeros(3),
    paddle.ones([2, 2]).sum(0),
    paddle.arange(1, 10, 3),
    paddle.arange(3.0),
    paddle.to_tensor([[True, False]]).astype("float32"),
    paddle.to_tensor(np.ones((2, 2))).dtype,
    paddle.to_tensor(3).shape,
    paddle.to_tensor([]).shape,
)
m = paddle.arange(24).reshape([2, 3, 4])
show(
    m[0, 1:, ::2],
    m[-1],
    m[:, ::-1],
    m[1, 2, 3].item(),
    m[m % 2 == 0],
    m[[0, 1], [1, 2]],
    m[:, [0, 2]],
    m[..., -1],
    m[None, 0].shape,
    m[0][1],
    m[np.array([1])].shape,
    m[paddle.to_tensor(1)],
    m.tolist()[0][0],
)
m[0, 0] = 100
m[:, 1] = 7
m[m > 50] = 0
m[1, [0, 2]] = -1
m[..., 0] = paddle.to_tensor([[1, 2, 3], [4, 5, 6]])
m[1:, ::2, 1] = 9
show(m)
for i, r in enumerate(paddle.to_tensor([[1.0, 2.0], [3.0, 4.0]])):
    show(i, r)
if paddle.to_tensor(1) > 0:
    show("yes")
show(
    [int(v) for v in paddle.to_tensor([1, 2, 3])],
    list(range(paddle.to_tensor(3))),
    [10, 20, 30][paddle.to_tensor(1)],
    max(paddle.to_tensor([1.0, 3.0])),
    sum(paddle.to_tensor([1.0, 3.0])),
    {x: 1}[x],
    x in [x],
)
show(
    repr(paddle.float32),
    str(paddle.float32),
    paddle.float32 == x.dtype,
    x.dtype in [paddle.float32, paddle.float64],
    paddle.iinfo("int8").max,
    paddle.finfo("float32").eps,
    x.place,
    x.place.is_cpu_place(),
    isinstance(x, paddle.Tensor),
    type(x.shape).__name__,
)
show(
    paddle.std(paddle.to_tensor([1.0, 2.0, 4.0])),
    paddle.var(paddle.to_tensor([[1.0, 2.0], [3.0, 5.0]]), axis=0),
    paddle.prod(paddle.to_tensor([2.0, 3.0])),
    paddle.round(paddle.to_tensor([0.5, 1.5, -2.5])),
    paddle.trunc(paddle.to_tensor([1.7, -1.7])),
    paddle.sign(paddle.to_tensor([-2.0, 0.0, 3.0])),
    paddle.rsqrt(paddle.to_tensor([4.0])),
    paddle.square(paddle.to_tensor([3])),
    paddle.reciprocal(paddle.to_tensor([4.0])),
    paddle.log1p(paddle.to_tensor([1.0])),
    paddle.isnan(paddle.to_tensor([float("nan"), 1.0])),
    paddle.max(paddle.to_tensor([[1, 5], [7, 2]]), axis=0),
    paddle.any(paddle.to_tensor([[True, False], [False, False]]), axis=1),
    paddle.amax(paddle.to_tensor([1.0, 2.0])),
    paddle.nonzero(paddle.to_tensor([0.0, 1.0, 2.0]), as_tuple=True),
)
g = paddle.Generator() if hasattr(paddle, "Generator") else None
st = paddle.get_rng_state()
r1 = paddle.rand([2])
paddle.set_rng_state(st)
show((paddle.rand([2]) == r1).all())
show(
    paddle.randint(0, 100, [5]),
    paddle.randperm(6),
    paddle.uniform([3], min=-1, max=1),
    paddle.normal(0.0, 1.0, [3]),
    paddle.bernoulli(paddle.full([4], 0.5)),
    paddle.multinomial(paddle.to_tensor([0.2, 0.3, 0.5]), 2),
    paddle.standard_normal([2]),
    paddle.rand([2], "float64"),
)
