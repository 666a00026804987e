import torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, Dataset, random_split

torch.manual_seed(42)
X = torch.randn(100, 5)
w = torch.randn(5, 1)
Y = X @ w + 0.1 * torch.randn(100, 1)
ds = TensorDataset(X, Y)
tr, te = random_split(ds, [80, 20])
dl = DataLoader(tr, batch_size=16, shuffle=True)
tl = DataLoader(te, batch_size=20)
model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
print(model)
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
sch = torch.optim.lr_scheduler.StepLR(opt, 3, 0.5)
for e in range(8):
    tot = 0.0
    for xb, yb in dl:
        opt.zero_grad()
        l = nn.functional.mse_loss(model(xb), yb)
        l.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        tot += l.item() * len(xb)
    sch.step()
    print(e, f"{tot / 80:.5f}", sch.get_last_lr())
with torch.no_grad():
    for xb, yb in tl:
        print(nn.functional.mse_loss(model(xb), yb), [round(v, 4) for v in model(xb)[:3].flatten().tolist()])
torch.save({"m": model.state_dict(), "o": opt.state_dict(), "s": sch.state_dict(), "e": 8}, "ck.pt")
ck = torch.load("ck.pt")
print(ck.keys(), ck["o"]["param_groups"], ck["s"], ck["o"]["state"][0]["step"])
model.load_state_dict(ck["m"])
opt.load_state_dict(ck["o"])
sch.load_state_dict(ck["s"])


class D(Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, i):
        return {"x": torch.tensor([i, i**2]), "y": i, "s": str(i)}


for b in DataLoader(D(), batch_size=3):
    print(b)
