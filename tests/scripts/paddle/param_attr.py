import paddle
from paddle import nn, ParamAttr
from paddle.regularizer import L1Decay, L2Decay

paddle.seed(0)
fc = nn.Linear(
    3,
    2,
    weight_attr=ParamAttr(
        name="fc_w", initializer=nn.initializer.Constant(0.5), learning_rate=0.1, regularizer=L1Decay(0.01)
    ),
    bias_attr=ParamAttr(name="fc_b", initializer=nn.initializer.Constant(1.0), trainable=False),
)
print(fc.weight, fc.bias, fc.bias.stop_gradient, fc.weight.optimize_attr, fc.weight.regularizer)
opt = paddle.optimizer.Momentum(
    0.1, 0.9, fc.parameters(), weight_decay=L2Decay(0.1), grad_clip=nn.ClipGradByGlobalNorm(0.5)
)
for _ in range(3):
    loss = (fc(paddle.ones([2, 3])) ** 2).mean()
    loss.backward()
    opt.step()
    opt.clear_grad()
    print(loss.item().__round__(4), fc.weight.numpy().round(4).tolist(), fc.bias.numpy().tolist())
print(list(opt.state_dict()))
nob = nn.Conv2D(1, 2, 3, bias_attr=False)
print(nob, nob.bias)
groups = paddle.optimizer.Adam(
    0.01,
    parameters=[{"params": fc.parameters(), "learning_rate": 0.5}, {"params": nob.parameters(), "weight_decay": 0.01}],
)
print(len(groups._param_groups), groups.get_lr())
for cls, kw in [
    (nn.initializer.Normal, {"mean": 0.0, "std": 0.02}),
    (nn.initializer.XavierUniform, {}),
    (nn.initializer.KaimingUniform, {}),
    (nn.initializer.Uniform, {"low": -1, "high": 1}),
    (nn.initializer.TruncatedNormal, {}),
]:
    paddle.seed(1)
    l = nn.Linear(2, 2, weight_attr=ParamAttr(initializer=cls(**kw)))
    print(cls.__name__, l.weight.numpy().round(5).tolist())
