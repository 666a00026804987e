import os, tempfile, paddle, numpy as np

paddle.seed(0)
d = tempfile.mkdtemp()
net = paddle.nn.Sequential(
    paddle.nn.Conv2D(1, 2, 3), paddle.nn.BatchNorm2D(2), paddle.nn.Flatten(), paddle.nn.Linear(8, 2)
)
opt = paddle.optimizer.Adam(0.01, parameters=net.parameters())
x = paddle.randn([3, 1, 4, 4])
net(x).mean().backward()
opt.step()
opt.clear_grad()
paddle.save(net.state_dict(), os.path.join(d, "net.pdparams"))
paddle.save(opt.state_dict(), os.path.join(d, "opt.pdopt"))
paddle.save({"epoch": 3, "x": x, "list": [1, paddle.ones([1])]}, os.path.join(d, "misc.pkl"))
sd = paddle.load(os.path.join(d, "net.pdparams"))
for k, v in sd.items():
    print(k, type(v).__name__, v.shape, v.dtype)
net2 = paddle.nn.Sequential(
    paddle.nn.Conv2D(1, 2, 3), paddle.nn.BatchNorm2D(2), paddle.nn.Flatten(), paddle.nn.Linear(8, 2)
)
print(net2.set_state_dict(sd))
net.eval()
net2.eval()
print(paddle.allclose(net(x), net2(x)))
m = paddle.load(os.path.join(d, "misc.pkl"))
print(m["epoch"], m["x"].shape, m["list"])
o = paddle.load(os.path.join(d, "opt.pdopt"))
print(sorted(o)[:4])
opt.set_state_dict(o)
paddle.save(paddle.ones([2]), os.path.join(d, "t.pdtensor"))
print(paddle.load(os.path.join(d, "t.pdtensor")))
try:
    paddle.load(os.path.join(d, "missing"))
except ValueError as e:
    print("ValueError")
missing, unexpected = net2.set_state_dict({"0.weight": sd["0.weight"], "zzz": paddle.ones([1])})
print(missing, unexpected)
