import paddle
import paddle.nn as nn
import paddle.nn.functional as F


class Residual(nn.Layer):
    def __init__(self, num_channels, num_filters, use_1x1conv=False, stride=1):
        super(Residual, self).__init__()
        self.conv1 = nn.Conv2D(
            num_channels, num_filters, 3, stride, padding=1, weight_attr=nn.initializer.KaimingNormal()
        )
        self.conv2 = nn.Conv2D(num_filters, num_filters, 3, padding=1)
        self.conv3 = nn.Conv2D(num_channels, num_filters, 1, stride) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2D(num_filters)
        self.bn2 = nn.BatchNorm2D(num_filters, momentum=0.8, epsilon=1e-4)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.conv3 is not None:
            x = self.conv3(x)
        return F.relu(y + x)


paddle.seed(0)
net = nn.Sequential(
    nn.Conv2D(3, 8, 3, padding="SAME"),
    nn.MaxPool2D(2, 2),
    Residual(8, 8),
    Residual(8, 16, True, 2),
    nn.AdaptiveAvgPool2D(1),
    nn.Flatten(),
    nn.Dropout(0.0),
    nn.Linear(16, 5),
)
print(net)
x = paddle.rand([4, 3, 16, 16])
label = paddle.to_tensor([0, 1, 2, 3])
opt = paddle.optimizer.Momentum(
    learning_rate=paddle.optimizer.lr.PolynomialDecay(0.1, 5), parameters=net.parameters(), weight_decay=1e-4
)
for i in range(4):
    out = net(x)
    loss = nn.CrossEntropyLoss()(out, label)
    loss.backward()
    opt.step()
    opt.clear_grad()
    opt._learning_rate.step()
    print(i, f"{loss.item():.3f}", round(opt.get_lr(), 5))
net.eval()
print([round(v, 2) for v in net(x)[0].tolist()])
print(net[2].bn1._mean.shape, sorted(net.state_dict().keys())[:6])
paddle.summary(net, (1, 3, 16, 16))
