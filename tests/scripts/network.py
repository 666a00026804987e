import torch, torch.nn as nn, torch.nn.functional as F

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.bn = nn.BatchNorm2d(6)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.drop = nn.Dropout(0.5)
        self.fc2 = nn.Linear(120, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.bn(self.conv1(x))))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = self.drop(F.relu(self.fc1(x)))
        return self.fc2(x)


net = Net()
print(net)
x = torch.randn(8, 1, 28, 28)
y = torch.randint(0, 10, (8,))
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
crit = nn.CrossEntropyLoss()
for i in range(5):
    opt.zero_grad()
    out = net(x)
    loss = crit(out, y)
    loss.backward()
    opt.step()
    print(i, f"{loss.item():.4f}", loss)
print(sum(p.numel() for p in net.parameters()))
for n, p in net.named_parameters():
    if n != "conv1.bias":
        print(n, tuple(p.shape), p.grad.norm())
net.eval()
with torch.no_grad():
    print(net(x)[:2])
torch.save(net.state_dict(), "m.pt")
net2 = Net()
print(net2.load_state_dict(torch.load("m.pt")))
net2.eval()
print(torch.equal(net2(x), net(x)))
print(net.state_dict().keys())
torch.save(net, "whole.pt")
m = torch.load("whole.pt", weights_only=False)
m.eval()
print(torch.allclose(m(x), net(x)))
print(opt)
print({k: (len(v) if k == "state" else v) for k, v in opt.state_dict().items()})
