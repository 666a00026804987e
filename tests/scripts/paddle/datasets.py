import paddle, numpy as np
from paddle.io import Dataset, BatchSampler, DataLoader, random_split, RandomSampler, Subset

BATCH_NUM = 5
BATCH_SIZE = 4


class RandomDataset(Dataset):
    def __init__(self, num_samples):
        self.num_samples = num_samples

    def __getitem__(self, idx):
        image = np.random.random([3]).astype("float32")
        label = np.random.randint(0, 9, (1,)).astype("int64")
        return image, label

    def __len__(self):
        return self.num_samples


np.random.seed(2023)
paddle.seed(2023)
dataset = RandomDataset(BATCH_NUM * BATCH_SIZE)
loader = DataLoader(dataset, batch_size=BATCH_SIZE, shuffle=False, drop_last=True, num_workers=0)
for i, (image, label) in enumerate(loader()):
    print(i, image.shape, label.shape, image.dtype, label.dtype)
a, b = random_split(dataset, [12, 8])
print(len(a), len(b), list(a.indices))
for ids in BatchSampler(sampler=RandomSampler(Subset(dataset, range(10))), batch_size=4, drop_last=False):
    print(ids)
for ids in BatchSampler(dataset=dataset, shuffle=True, batch_size=6, drop_last=True):
    print(ids)


def collate(batch):
    return paddle.to_tensor(np.stack([x for x, _ in batch])), paddle.to_tensor(np.stack([y for _, y in batch]))


x, y = next(iter(DataLoader(dataset, batch_size=5, collate_fn=collate)))
print(x.shape, y.shape, len(loader))
for d in DataLoader([{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}], batch_size=2):
    print(d)
