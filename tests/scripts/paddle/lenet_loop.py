import paddle
import paddle.nn.functional as F
import numpy as np
from paddle.nn import Linear, Conv2D, MaxPool2D


class LeNet(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(in_channels=1, out_channels=6, kernel_size=5, stride=1, padding=2)
        self.max_pool1 = MaxPool2D(kernel_size=2, stride=2)
        self.conv2 = Conv2D(in_channels=6, out_channels=16, kernel_size=5, stride=1)
        self.max_pool2 = MaxPool2D(kernel_size=2, stride=2)
        self.linear1 = Linear(in_features=16 * 5 * 5, out_features=120)
        self.linear2 = Linear(in_features=120, out_features=84)
        self.linear3 = Linear(in_features=84, out_features=10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = self.max_pool1(x)
        x = F.relu(self.conv2(x))
        x = self.max_pool2(x)
        x = paddle.flatten(x, start_axis=1, stop_axis=-1)
        x = F.relu(self.linear1(x))
        x = F.relu(self.linear2(x))
        return self.linear3(x)


paddle.seed(2021)
rng = np.random.RandomState(3)
images = paddle.to_tensor(rng.rand(80, 1, 28, 28).astype("float32"))
labels = paddle.to_tensor(rng.randint(0, 10, (80, 1)).astype("int64"))
loader = paddle.io.DataLoader(paddle.io.TensorDataset([images, labels]), batch_size=20)
model = LeNet()
print(model)
for name, p in model.named_parameters():
    print(name, p.name, p.shape, p.stop_gradient)
model.train()
optim = paddle.optimizer.Adam(learning_rate=0.001, parameters=model.parameters())
for epoch in range(2):
    for batch_id, data in enumerate(loader()):
        x_data, y_data = data[0], data[1]
        predicts = model(x_data)
        loss = F.cross_entropy(predicts, y_data)
        acc = paddle.metric.accuracy(predicts, y_data)
        loss.backward()
        print("epoch: {}, batch_id: {}, loss is: {:.4f}, acc is: {}".format(epoch, batch_id, float(loss), acc.numpy()))
        optim.step()
        optim.clear_grad()
model.eval()
with paddle.no_grad():
    out = model(images)
print(out.shape, out.stop_gradient, [round(v, 3) for v in out[0].tolist()])
