import torch
from torch import nn

torch.manual_seed(42)
X = torch.linspace(-1, 1, 50).unsqueeze(1)
y = 3 * X + 0.5 + 0.1 * torch.randn(X.size())
model = nn.Linear(1, 1)
print(model)
print(list(model.parameters()))
loss_fn = nn.MSELoss()
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(100):
    pred = model(X)
    loss = loss_fn(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if (epoch + 1) % 20 == 0:
        print(f"Epoch {epoch + 1}, loss {loss.item():.4f}")
for name, p in model.named_parameters():
    print(name, p.data, p.grad.shape)
print(opt)
print(model.state_dict())
