"""Loading with shuffling, splits and samplers, dropout of every kind, initial weights, generators: all that is drawn."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)

torch.manual_seed(0)
x = torch.randn(120, 1, 8, 8)
y = (x.sum((1, 2, 3)) > 0).long()
train, held = random_split(TensorDataset(x, y), [0.8, 0.2])
print(len(train), len(held), train.indices[:5], held.indices[:5])


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"value": i * i, "half": i / 2, "name": f"n{i}"}


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(7))


def collate(batch):
    return sum(b["value"] for b in batch)


def main():
    for batch in DataLoader(Squares(5), batch_size=2, shuffle=True):
        print(batch)
    print(list(DataLoader(Squares(6), 3, collate_fn=collate, num_workers=2, shuffle=True)))
    print(list(DataLoader(Stream(), 3)), list(DataLoader(Subset(Squares(9), [8, 1]), 2)))
    print(list(WeightedRandomSampler([0.1, 0.2, 0.7], 10)))
    for epoch in range(2):
        print(epoch, [labels.tolist() for _, labels in DataLoader(held, 10, shuffle=True, drop_last=True)])

    net = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.Dropout2d(0.25),
        nn.Flatten(),
        nn.Linear(144, 16),
        nn.SELU(),
        nn.AlphaDropout(0.1),
        nn.Linear(16, 2),
    )
    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)
    print(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(2):
        net.train()
        total = 0.0
        for images, labels in DataLoader(train, 16, shuffle=True):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        net.eval()
        with torch.no_grad():
            right = sum((net(images).argmax(1) == labels).sum().item() for images, labels in DataLoader(held, 8))
        print(epoch, f"{total / len(train):.4f}", right)

    g = torch.Generator().manual_seed(5)
    print(torch.rand(2, generator=g), torch.randn(2, 3, generator=g), torch.randperm(5, generator=g), g.initial_seed())
    state = torch.get_rng_state()
    a = torch.rand(3)
    torch.set_rng_state(state)
    print(torch.equal(a, torch.rand(3)), state.shape, state.dtype)
    print(
        torch.randint(0, 10, (5,)),
        torch.bernoulli(torch.full((6,), 0.5)),
        torch.multinomial(torch.tensor([1.0, 2.0, 3.0]), 2),
    )
    print(torch.normal(torch.arange(3.0), 0.1), torch.empty(4).exponential_(), torch.empty(3).uniform_(-1, 1))
    print(F.dropout(torch.ones(8), 0.5), F.gumbel_softmax(torch.zeros(2, 3), hard=True))
    torch.nn.init.trunc_normal_(net[4].weight, std=0.02)
    print(f"{net[4].weight.std().item():.4f}", torch.randn(17)[-3:])


if __name__ == "__main__":
    main()
