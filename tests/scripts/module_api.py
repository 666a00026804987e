import copy
from collections import OrderedDict

import torch
from torch import nn

torch.manual_seed(0)
m = nn.Sequential(
    OrderedDict(
        [
            ("conv", nn.Conv2d(3, 8, 3, padding=1)),
            ("bn", nn.BatchNorm2d(8)),
            ("act", nn.ReLU(inplace=True)),
            ("pool", nn.MaxPool2d(2)),
        ]
    )
)
print(m)
print(m[0], m.conv is m[0], len(m), m[1:3])
print([n for n, _ in m.named_modules()])
print([(n, tuple(p.shape)) for n, p in m.named_parameters()])
print([(n, tuple(b.shape)) for n, b in m.named_buffers()])
print(list(m.state_dict()))
x = torch.randn(2, 3, 4, 4)
print(m(x).shape, m.training, m.eval().training)
c = copy.deepcopy(m)
print(torch.equal(c.conv.weight, m.conv.weight), c.conv.weight is m.conv.weight)
print(m.load_state_dict(c.state_dict()))
sd = c.state_dict()
del sd["bn.bias"]
sd["extra"] = torch.zeros(1)
print(m.load_state_dict(sd, strict=False))
try:
    m.load_state_dict(sd)
except RuntimeError as e:
    print(e)
try:
    m.load_state_dict({**c.state_dict(), "conv.weight": torch.zeros(1, 1)})
except RuntimeError as e:
    print(e)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 2), "b": nn.Identity()})
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))
        self.register_parameter("none", None)

    def forward(self, x, head="a"):
        for layer in self.layers:
            x = torch.relu(layer(x)) * self.scale
        return self.heads[head](x)


b = Block()
print(b)
print(b(torch.ones(1, 4)))
hook = b.layers[0].register_forward_hook(
    lambda mod, inp, out: print("hook", mod.__class__.__name__, inp[0].shape, out.shape)
)
b(torch.ones(1, 4))
hook.remove()
print(b.apply(lambda mod: mod.weight.data.fill_(0.5) if isinstance(mod, nn.Linear) else None) is b)
print(b(torch.ones(1, 4)))
b.zero_grad()
print(b.double().scale.dtype, b.float().scale.dtype)
for p in b.parameters():
    p.requires_grad = False
print(sum(p.numel() for p in b.parameters() if p.requires_grad))
print(isinstance(b.scale, nn.Parameter), b.scale)
try:
    b.missing
except AttributeError as e:
    print(e)
try:
    b.layers = 3
except TypeError as e:
    print(e)
print(b.to("cpu") is b, next(b.parameters()).device)
print(nn.Conv2d(3, 4, (3, 5), stride=2, padding="valid", dilation=2, groups=1, bias=False))
print(
    nn.BatchNorm1d(4, eps=1e-3, momentum=None),
    nn.Upsample(scale_factor=2, mode="bilinear"),
    nn.Flatten(),
    nn.Softmax(dim=1),
)
