import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.dropout = nn.Dropout(0.25)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = self.dropout(F.relu(self.fc2(x)))
        return F.log_softmax(self.fc3(x), dim=1)

    def num_flat_features(self, x):
        size = x.size()[1:]
        n = 1
        for s in size:
            n *= s
        return n


torch.manual_seed(1)
net = Net()
print(net)
print(sum(p.numel() for p in net.parameters() if p.requires_grad))
params = list(net.parameters())
print(len(params), params[0].size())
x = torch.randn(4, 1, 28, 28)
out = net(x)
print(out.shape, out[0, :3])
target = torch.randint(0, 10, (4,))
print(target)
criterion = nn.NLLLoss()
optimizer = optim.Adam(net.parameters(), lr=1e-3)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
for i in range(4):
    optimizer.zero_grad()
    loss = criterion(net(x), target)
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(i, round(loss.item(), 4), scheduler.get_last_lr())
net.eval()
with torch.no_grad():
    print(net(x).argmax(1))
for k, v in net.state_dict().items():
    print(k, tuple(v.shape), f"{v.sum().item():.3f}")
print(net.conv1.weight[0, 0])
