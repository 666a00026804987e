import torch, torch.nn as nn, torch.nn.functional as F

torch.manual_seed(0)


class Block(nn.Module):
    expansion = 1

    def __init__(s, i, o, stride=1):
        super().__init__()
        s.c1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
        s.b1 = nn.BatchNorm2d(o)
        s.c2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        s.b2 = nn.BatchNorm2d(o)
        s.short = nn.Sequential()
        if stride != 1 or i != o:
            s.short = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(s, x):
        return F.relu(s.b2(s.c2(F.relu(s.b1(s.c1(x))))) + s.short(x), inplace=True)


class Res(nn.Module):
    def __init__(s):
        super().__init__()
        s.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        s.layers = nn.ModuleList([Block(8, 8), Block(8, 16, 2), Block(16, 32, 2)])
        s.pool = nn.AdaptiveAvgPool2d((1, 1))
        s.fc = nn.Linear(32, 10)
        for m in s.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def forward(s, x):
        x = s.stem(x)
        for l in s.layers:
            x = l(x)
        return s.fc(torch.flatten(s.pool(x), 1))


net = Res()
print(net)
x = torch.randn(4, 3, 16, 16)
out = net(x)
print(out)
l = F.cross_entropy(out, torch.tensor([1, 2, 3, 4]))
l.backward()
print(l)
print(net.layers[0].c1.weight.grad[0, 0], net.stem[1].running_mean, net.stem[1].num_batches_tracked)
hooks = []
h = net.fc.register_forward_hook(lambda m, i, o: print(type(m).__name__, i[0].shape, o.shape))
net(x)
h.remove()
for n, m in net.named_children():
    print(n, type(m))
print([n for n, _ in net.named_modules()][:8])
print(len(list(net.parameters())), net.training)
net.eval()
print(net.training)
