import paddle, numpy as np
from paddle.static import InputSpec


class Data(paddle.io.Dataset):
    def __init__(self, n):
        self.n = n
        self.x = np.random.RandomState(0).randn(n, 8).astype("float32")

    def __getitem__(self, i):
        return self.x[i], np.array([int(self.x[i].sum() > 0)], "int64")

    def __len__(self):
        return self.n


class History(paddle.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, step, logs=None):
        self.losses.append(round(float(logs["loss"][0]), 3))

    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch, {k: (round(v, 3) if isinstance(v, float) else v) for k, v in logs.items() if k != "loss"})


paddle.seed(7)
net = paddle.nn.Sequential(paddle.nn.Linear(8, 16), paddle.nn.Tanh(), paddle.nn.Linear(16, 2))
model = paddle.Model(net, InputSpec([None, 8], "float32", "x"), InputSpec([None, 1], "int64", "y"))
sched = paddle.optimizer.lr.LinearWarmup(paddle.optimizer.lr.PiecewiseDecay([8, 12], [0.1, 0.05, 0.01]), 4, 0.0, 0.1)
opt = paddle.optimizer.Momentum(sched, parameters=net.parameters(), weight_decay=paddle.regularizer.L2Decay(1e-4))
model.prepare(opt, paddle.nn.CrossEntropyLoss(), paddle.metric.Accuracy(name="acc"))
h = History()
model.fit(
    Data(64),
    Data(16),
    batch_size=16,
    epochs=4,
    verbose=2,
    log_freq=2,
    callbacks=[h, paddle.callbacks.EarlyStopping("acc", patience=3)],
)
print(h.losses)
print(opt.get_lr(), sched.last_epoch, sched.state_dict())
