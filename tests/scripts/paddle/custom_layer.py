import paddle
from paddle import nn


class MyLayer(nn.Layer):
    def __init__(self, in_size, out_size):
        super().__init__()
        self._linear = nn.Linear(in_size, out_size)
        self.scale = self.create_parameter([out_size], default_initializer=nn.initializer.Constant(2.0))
        self.register_buffer("count", paddle.zeros([1]))
        self.add_sublayer("act", nn.LeakyReLU(0.2))

    def forward(self, x):
        self.count += 1
        return self.act(self._linear(x)) * self.scale


paddle.seed(10)
layer = MyLayer(3, 2)
print(layer)
print(layer.full_name(), [n for n, _ in layer.named_sublayers()], [n for n, _ in layer.named_buffers()])
x = paddle.to_tensor([[1.0, -2.0, 3.0]])
y = layer(x)
print(y)
print(layer.count)
y.sum().backward()
for n, p in layer.named_parameters():
    print(n, p.shape, p.grad.shape)
    print(p)
sd = layer.state_dict()
print(list(sd.keys()))
other = MyLayer(3, 2)
other.set_state_dict(sd)
print((other(x) - layer(x)).abs().max().item() == 0.0)
handle = layer.register_forward_pre_hook(lambda l, i: (i[0] * 2,))
print(layer(x))
handle.remove()
h2 = layer.register_forward_post_hook(lambda l, i, o: o.sum())
print(layer(x))
h2.remove()
layer.eval()
print(layer.training, layer._linear.training)
layer.train()
layer.apply(lambda l: print(type(l).__name__))
print(len(layer.parameters()), len(layer.sublayers()), [type(l).__name__ for l in layer.children()])
layer.clear_gradients()
print(layer.scale.grad)
