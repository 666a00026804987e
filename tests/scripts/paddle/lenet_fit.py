# 手写数字识别 (高层API)
import numpy as np
import paddle
import paddle.vision.transforms as T
from paddle.vision.models import LeNet
from paddle.metric import Accuracy


class Fake(paddle.io.Dataset):
    def __init__(self, mode="train", transform=None):
        super().__init__()
        rng = np.random.RandomState(0 if mode == "train" else 1)
        self.images = rng.randint(0, 256, (64, 28, 28)).astype("uint8")
        self.labels = rng.randint(0, 10, (64, 1)).astype("int64")
        self.transform = transform

    def __getitem__(self, i):
        image = self.images[i]
        if self.transform:
            image = self.transform(image)
        return image, self.labels[i]

    def __len__(self):
        return len(self.images)


transform = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])])
paddle.seed(1)
train_dataset = Fake("train", transform)
test_dataset = Fake("test", transform)
lenet = LeNet()
print(lenet)
model = paddle.Model(lenet)
model.prepare(
    paddle.optimizer.Adam(learning_rate=0.001, parameters=model.parameters()),
    paddle.nn.CrossEntropyLoss(),
    Accuracy(topk=(1, 5)),
)
model.summary((1, 1, 28, 28))
model.fit(train_dataset, epochs=2, batch_size=16, verbose=1)
r = model.evaluate(test_dataset, batch_size=16, verbose=1)
print(sorted(r))
p = model.predict(test_dataset, batch_size=16)
print(len(p), len(p[0]), p[0][0].shape)
