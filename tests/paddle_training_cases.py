"""Snippets of Paddle scripts about training, and what they print: the same text runs under Paddle, to record, and under plait."""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
import warnings
from typing import Any

import numpy as np

from tests import paddle_schedule_cases as schedules

# Above every snippet.
PREFIX = """
def show(x):
    if isinstance(x, paddle.Tensor):
        return f"T{list(x.shape)}:{x.dtype}:{x.stop_gradient}:{x.numpy().tolist()}"
    if isinstance(x, (list, tuple)):
        return type(x).__name__ + "[" + ", ".join(show(i) for i in x) + "]"
    if isinstance(x, dict):
        return "{" + ", ".join(k + ":" + show(v) for k, v in x.items()) + "}"
    if isinstance(x, np.ndarray):
        return f"A{list(x.shape)}:{x.dtype}:{x.tolist()}"
    return type(x).__name__ + ":" + repr(x)

def fails(f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except Exception as error:
        print(type(error).__name__)
    else:
        print("nothing")

class Of(paddle.io.Dataset):
    def __init__(self, f, n=5):
        self.f, self.n = f, n
    def __getitem__(self, i):
        return self.f(i)
    def __len__(self):
        return self.n

class Stream(paddle.io.IterableDataset):
    def __init__(self, n=5):
        self.n = n
    def __iter__(self):
        for i in range(self.n):
            yield np.array([i]), i

def points(n=24, seed=0):
    rng = np.random.RandomState(seed)
    x = rng.randn(n, 4).astype("float32")
    y = (x[:, :1] - x[:, 1:2] > 0).astype("int64")
    return x, y

class Points(paddle.io.Dataset):
    def __init__(self, n=24, seed=0):
        self.x, self.y = points(n, seed)
    def __getitem__(self, i):
        return self.x[i], self.y[i]
    def __len__(self):
        return len(self.x)

def net():
    rng = np.random.RandomState(1)
    layers = paddle.nn.Sequential(paddle.nn.Linear(4, 8), paddle.nn.ReLU(), paddle.nn.Linear(8, 2))
    for p in layers.parameters():
        p.set_value((rng.randn(*p.shape) * 0.3).astype("float32"))
    return layers

def model(rate=0.1, metrics=True, kind="SGD", **options):
    m = paddle.Model(net(), **options)
    o = getattr(paddle.optimizer, kind)(rate, parameters=m.parameters())
    m.prepare(o, paddle.nn.CrossEntropyLoss(), paddle.metric.Accuracy() if metrics else None)
    return m
"""

SNIPPETS: dict[str, str] = {
    "io_samples": """
        loader = paddle.io.DataLoader
        for f in (lambda i: i, lambda i: i * 0.5, lambda i: np.float32(i), lambda i: (np.ones(2, "float32") * i, i),
                  lambda i: [np.ones(2) * i, np.int64(i)], lambda i: {"a": np.ones(2) * i, "b": i}, lambda i: (i, "s%d" % i),
                  lambda i: (paddle.ones([2]) * i, i), lambda i: ((i, i + 1), {"x": [i]}), lambda i: i % 2 == 0,
                  lambda i: np.ones(1, "float16"), lambda i: (i,), lambda i: np.array(i), lambda i: (np.uint8(i), np.int32(i)),
                  lambda i: np.array([i, i], "int16")):
            for b in loader(Of(f), batch_size=2):
                print(show(b))
        for f in (lambda i: (np.ones(2, "float32") * i, i), lambda i: {"a": np.ones(2) * i, "b": i}, lambda i: np.array(i)):
            print([show(b) for b in loader(Of(f, 2), batch_size=None)])
    """,
    "io_streams": """
        for options in ({"batch_size": 2}, {"batch_size": 2, "drop_last": True}, {"batch_size": None}):
            loader = paddle.io.DataLoader(Stream(), **options)
            print([show(b) for b in loader])
            fails(len, loader)
        print([show(b) for b in paddle.io.ChainDataset([Stream(2), Stream(1)])])
    """,
    "io_order": """
        np.random.seed(0)
        for _ in range(2):
            print([b.tolist() for b in paddle.io.DataLoader(Of(lambda i: i, 8), batch_size=3, shuffle=True)])
        print(list(paddle.io.RandomSampler(range(8))), list(paddle.io.RandomSampler(range(8), True, 4)))
        print(list(paddle.io.RandomSampler(range(8), num_samples=3)), list(paddle.io.RandomSampler(range(4), generator=iter([3, 1]))))
        print([i for i in paddle.io.WeightedRandomSampler([0.1, 0.2, 0.3], 5)])
        print(list(paddle.io.WeightedRandomSampler(np.array([0.1, 0.2, 0.7]), 2, False)))
        print(list(paddle.io.SequenceSampler(range(3))), len(paddle.io.SequenceSampler(range(3))))
        b = paddle.io.BatchSampler
        print(list(b(range(7), batch_size=3)), len(b(range(7), batch_size=3)), list(b(sampler=range(7), batch_size=3, drop_last=True)))
        print(len(b(range(7), batch_size=3, drop_last=True)), list(b(range(7), shuffle=True, batch_size=4)))
        d = paddle.io.DistributedBatchSampler
        print(list(d(range(7), 3)), list(d(range(7), 3, shuffle=True)), list(d(range(7), 2, 2, 1, True)), len(d(range(7), 2, 2, 0)))
        print(list(d(range(9), 2, 2, 0)), list(d(range(9), 2, 2, 1)), list(d(range(9), 2, 3, 2, drop_last=True)))
        s = d(range(7), 3, shuffle=True)
        s.set_epoch(4)
        print(list(s), s.epoch, s.nranks, s.local_rank, s.num_samples, s.total_size)
    """,
    "io_splits": """
        paddle.seed(3)
        print([list(s.indices) for s in paddle.io.random_split(range(6), [4, 2])])
        print([list(s.indices) for s in paddle.io.random_split(range(7), [0.5, 0.5])])
        print(list(paddle.io.SubsetRandomSampler([5, 6, 7, 8])))
        parts = paddle.io.random_split(Of(lambda i: i * 10, 6), [3, 3])
        print([p[0] for p in parts], len(parts[0]), type(parts[0]).__name__)
        fails(paddle.io.random_split, range(6), [1, 2])
        fails(paddle.io.random_split, range(6), [1.5, -0.5])
        fails(paddle.io.SubsetRandomSampler, [])
    """,
    "io_datasets": """
        t = paddle.io.TensorDataset([paddle.arange(6).reshape([3, 2]), paddle.arange(3)])
        print(show(t[1]), len(t), [show(b) for b in paddle.io.DataLoader(t, batch_size=2)])
        print([show(b) for b in paddle.io.DataLoader(paddle.io.Subset(t, [2, 0]), batch_size=2)])
        print(show(paddle.io.ComposeDataset([Of(lambda i: (i, i)), Of(lambda i: [i, 5]), Of(lambda i: -i)])[2]))
        c = paddle.io.ConcatDataset([Of(lambda i: i), Of(lambda i: -i, 3)])
        print(c[7], c[-1], c[0], len(c), c.cumulative_sizes, [b.tolist() for b in paddle.io.DataLoader(c, batch_size=3)])
        fails(c.__getitem__, -9)
        fails(paddle.io.Dataset().__getitem__, 0)
        fails(len, paddle.io.Dataset())
        fails(len, Stream())
        fails(Stream().__getitem__, 0)
        fails(iter, paddle.io.IterableDataset())
        fails(paddle.io.TensorDataset, [paddle.ones([2]), paddle.ones([3])])
        fails(paddle.io.ComposeDataset, [])
        fails(paddle.io.ComposeDataset, [Of(len, 3), Of(len, 4)])
        fails(paddle.io.ComposeDataset, [Stream()])
        fails(paddle.io.ConcatDataset, [])
        fails(paddle.io.ConcatDataset, [Stream()])
        fails(paddle.io.ChainDataset, [Of(len)])
    """,
    "io_loader": """
        loader = paddle.io.DataLoader(Of(lambda i: i))
        print(loader.places, loader.batch_size, loader.drop_last, loader.num_workers, loader.dataset_kind, loader.auto_collate_batch)
        print(loader.return_list, loader.use_shared_memory, loader.timeout, loader.collate_fn, len(loader), len(iter(loader)))
        print(type(loader.batch_sampler).__name__, show(next(iter(loader))), show(next(loader())))
        for options in ({"places": paddle.CPUPlace()}, {"places": ["cpu"]}, {"return_list": False}, {"use_buffer_reader": False},
                        {"collate_fn": lambda b: (np.stack(b), "x", {"n": len(b)})}, {"collate_fn": lambda b: [b]},
                        {"batch_sampler": paddle.io.BatchSampler(range(5), batch_size=3)}, {"drop_last": True, "batch_size": 2},
                        {"batch_sampler": [[0, 1], [4]]}):
            print([show(b) for b in paddle.io.DataLoader(Of(lambda i: np.array([i])), **options)])
        for options in ({"num_workers": -1}, {"batch_size": 0}, {"prefetch_factor": 0}, {"timeout": -1},
                        {"batch_size": 2, "batch_sampler": [[0]]}):
            fails(paddle.io.DataLoader, Of(len), **options)
        fails(paddle.io.DataLoader, Stream(), shuffle=True)
        fails(paddle.io.DataLoader, Stream(), batch_sampler=[[0]])
        for options in ({}, {"dataset": range(3), "sampler": range(3)}, {"sampler": 3}, {"sampler": range(3), "shuffle": True},
                        {"dataset": range(3), "batch_size": 0}, {"dataset": range(3), "drop_last": 1}, {"dataset": Stream()}):
            fails(paddle.io.BatchSampler, **options)
        fails(paddle.io.RandomSampler, range(3), 1)
        fails(paddle.io.RandomSampler, range(3), num_samples=4)
        fails(paddle.io.RandomSampler, range(3), True, 0)
        fails(paddle.io.WeightedRandomSampler, [1.0], 0)
        fails(paddle.io.WeightedRandomSampler, [1.0], 1, 1)
        fails(iter, paddle.io.Sampler())
        fails(iter, paddle.io.WeightedRandomSampler([-1.0, 2.0], 1))
    """,
    "io_workers": """
        for options in ({}, {"shuffle": True}, {"persistent_workers": True}, {"use_shared_memory": False}, {"prefetch_factor": 4}):
            np.random.seed(5)
            loader = paddle.io.DataLoader(Of(lambda i: (np.ones(2, "float32") * i, i, "s"), 7), batch_size=2, num_workers=2, **options)
            for _ in range(2):
                print([show(b) for b in loader])
        np.random.seed(5)
        print([show(b) for b in paddle.io.DataLoader(Of(lambda i: np.random.rand(), 6), batch_size=2, num_workers=2)])
        class Split(paddle.io.IterableDataset):
            def __iter__(self):
                info = paddle.io.get_worker_info()
                yield from [np.array([i]) for i in range(info.id, 7, info.num_workers)]
        print(sorted(b.item() for b in paddle.io.DataLoader(Split(), num_workers=2)), paddle.io.get_worker_info())
    """,
    "metrics": """
        a = paddle.metric.Accuracy()
        c = a.compute(paddle.to_tensor([[0.1, 0.9, 0.3], [0.8, 0.2, 0.1]]), paddle.to_tensor([[1], [1]]))
        print(c, a.update(c), a.accumulate(), a.name(), a.total, a.count)
        print(a.update(np.array([[1.0], [1.0], [0.0]], "float32")), a.accumulate())
        a.reset()
        print(a.accumulate(), a.total, a.count)
        a = paddle.metric.Accuracy((1, 2), "top")
        c = a.compute(paddle.to_tensor([[0.1, 0.9, 0.3], [0.8, 0.2, 0.1]]), paddle.to_tensor([1, 1]))
        print(c, a.update(c.numpy()), a.accumulate(), a.name(), a.total, a.count, a.topk, a.maxk)
        print(a.compute(paddle.to_tensor([[0.1, 0.9, 0.3], [0.8, 0.2, 0.1]]), paddle.to_tensor([[0, 1, 0], [0, 0, 1.0]])))
        p = paddle.metric.Precision()
        p.update(np.array([0.1, 0.5, 0.6, 0.7]), np.array([0, 1, 1, 0]))
        print(p.accumulate(), p.name(), p.tp, p.fp)
        p.update(paddle.to_tensor([[0.1], [0.5], [0.6]]), paddle.to_tensor([[0], [1], [1]]))
        print(p.accumulate())
        p.reset()
        print(p.accumulate(), p.tp)
        r = paddle.metric.Recall("r")
        r.update(np.array([0.1, 0.5, 0.6, 0.7]), np.array([0, 1, 1, 0]))
        print(r.accumulate(), r.name(), r.tp, r.fn)
        u = paddle.metric.Auc()
        u.update(np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.2, 0.8]]), np.array([[0], [1], [1], [0]]))
        u.update(paddle.to_tensor([[0.9, 0.1], [0.35, 0.65]]), paddle.to_tensor([1, 0]))
        print(u.accumulate(), u.name())
        fails(p.update, [1], [2])
        fails(r.update, np.array([1]), [1])
        fails(paddle.metric.Metric)
        f = paddle.metric.accuracy
        x = paddle.to_tensor([[0.1, 0.9, 0.0], [0.8, 0.15, 0.05], [0.2, 0.3, 0.5]])
        print(f(x, paddle.to_tensor([[1], [1], [0]])), f(input=x, label=paddle.to_tensor([[1], [1], [0]]), k=2))
        class Mine(paddle.metric.Metric):
            def __init__(self):
                super().__init__()
                self.n = 0
            def compute(self, pred, label):
                return pred.argmax(-1), label
            def update(self, a, b):
                self.n += len(a)
                return self.n
            def accumulate(self):
                return [self.n, self.n * 2]
            def name(self):
                return ["n", "m"]
            def reset(self):
                self.n = 0
        m = model(metrics=False)
        m.prepare(m._optimizer, paddle.nn.CrossEntropyLoss(), [Mine(), paddle.metric.Accuracy()])
        print(m.evaluate(Points(), batch_size=10, verbose=0).keys())
    """,
    "fit": """
        for verbose in (0, 1, 2):
            m = model()
            m.fit(Points(), batch_size=8, epochs=2, verbose=verbose)
            told = m.evaluate(Points(10, 1), batch_size=4, verbose=verbose)
            print({k: np.round(v, 5) for k, v in told.items()}, type(told["acc"]).__name__, type(told["loss"]).__name__)
    """,
    "fit_eval": """
        m = model(kind="Adam", rate=0.01)
        m.fit(Points(), Points(10, 1), batch_size=5, epochs=3, eval_freq=2, log_freq=2, verbose=2, shuffle=False, drop_last=True)
        m.fit(Points(), Points(10, 1), batch_size=[8, 3], epochs=1, log_freq=1, verbose=1)
        m.fit(paddle.io.DataLoader(Points(), batch_size=6), epochs=1, verbose=2, num_iters=3)
        m.fit(Points(), batch_size=6, epochs=1, verbose=2, num_iters=6)
        m.fit(Points(), batch_size=4, epochs=2, verbose=2, accumulate_grad_batches=3)
        m.fit(Points(), batch_size=4, epochs=1, verbose=0, num_workers=2)
        print(show(m.predict(Points(10, 1), batch_size=4, verbose=0, stack_outputs=True)[0].round(3)))
    """,
    "fit_bare": """
        m = model(metrics=False)
        m.fit(Points(), epochs=1, batch_size=8, verbose=2)
        print(m.evaluate(Points(), batch_size=24, verbose=2))
        m.prepare(loss=paddle.nn.CrossEntropyLoss())
        print(m.evaluate(Points(), batch_size=24, verbose=0))
        m.prepare(metrics=paddle.metric.Accuracy())
        print(m.evaluate(Points(), batch_size=12, verbose=1))
        m.prepare()
        print(len(m.predict(Points(), batch_size=10)), m.mode)
        fails(m.fit)
        fails(m.train_batch, [paddle.ones([2, 4])])
        fails(m.prepare, loss=3)
        fails(m.prepare, metrics=3)
    """,
    "predict": """
        m = model()
        for options in ({}, {"batch_size": 5}, {"batch_size": 5, "stack_outputs": True}, {"verbose": 2}):
            out = m.predict(Points(6), **options)
            print(type(out).__name__, len(out), type(out[0]).__name__, len(out[0]), out[0][0].dtype)
        class Two(paddle.nn.Layer):
            def __init__(self):
                super().__init__()
                self.l = net()
            def forward(self, x):
                return self.l(x), x * 2
        m = paddle.Model(Two())
        m.prepare()
        out = m.predict(Points(6), batch_size=4, stack_outputs=True, verbose=0)
        print([o.shape for o in out])
    """,
    "batches": """
        x, y = points(4)
        m = model()
        print(show(m.predict_batch([x])[0].round(4)), m.mode, m.network.training)
        loss, acc = m.train_batch([x], [y])
        print(show(loss[0].round(4)), acc, m.mode, m.network.training)
        loss, acc = m.eval_batch([x], [y])
        print(show(loss[0].round(4)), acc, m.network.training)
        m = model(metrics=False)
        print([show(l.round(4)) for l in m.train_batch(paddle.to_tensor(x), [paddle.to_tensor(y)])])
        for update in (False, False, True):
            m.train_batch([x], [y], update=update)
            print([round(float(p.sum()), 4) for p in m.parameters()])
        m.prepare(m._optimizer, lambda out, label: [paddle.nn.functional.cross_entropy(out, label), out.square().mean()])
        print([round(float(l), 4) for l in m.train_batch([x], [y])], [round(float(l), 4) for l in m.eval_batch([x], [y])])
    """,
    "inputs": """
        spec = paddle.static.InputSpec
        print(spec([None, 784], "float32", "image"), spec((3, 4)), spec([3, -1], paddle.int64, "x", True))
        print(spec.from_tensor(paddle.ones([2, 3]), name="q"), spec.from_numpy(np.ones((2, 2))))
        s = spec([None, 784], "float32", "image")
        print(s.shape, s.dtype, s.name, s == spec([None, 784], "float32", "image"), s.batch(4), s.unbatch())
        fails(spec, "a")
        fails(spec, [1.5])
        x, y = points(4)
        class Pair(paddle.nn.Layer):
            def __init__(self):
                super().__init__()
                self.l = net()
            def forward(self, a, b):
                return self.l(a + b)
        m = paddle.Model(Pair(), [spec([None, 4], "float32", "a"), spec([None, 4], "float32", "b")], spec([None, 1], "int64", "y"))
        m.prepare(paddle.optimizer.SGD(0.1, parameters=m.parameters()), paddle.nn.CrossEntropyLoss(), paddle.metric.Accuracy())
        m.fit(Of(lambda i: (x[i], x[i], y[i]), 4), batch_size=2, epochs=1, verbose=2)
        m = paddle.Model(Pair())
        m.prepare(paddle.optimizer.SGD(0.1, parameters=m.parameters()), paddle.nn.CrossEntropyLoss())
        m.fit(Of(lambda i: {"a": x[i], "b": x[i], "y": y[i]}, 4), batch_size=2, epochs=1, verbose=2)
        fails(paddle.Model, net(), spec([None, 4]))
    """,
    "callbacks": """
        class Tell(paddle.callbacks.Callback):
            def on_train_begin(self, logs=None): print("train begin", sorted(self.params), self.params["epochs"], self.params["steps"])
            def on_train_end(self, logs=None): print("train end", sorted(logs))
            def on_epoch_begin(self, epoch, logs=None): print("epoch", epoch)
            def on_epoch_end(self, epoch, logs=None): print("epoch end", epoch, sorted(logs))
            def on_train_batch_begin(self, step, logs=None): print("batch", step)
            def on_train_batch_end(self, step, logs=None): print("batch end", step, sorted(logs), logs["batch_size"])
            def on_eval_begin(self, logs=None): print("eval", logs)
            def on_eval_end(self, logs=None): print("eval end", sorted(logs))
            def on_eval_batch_begin(self, step, logs=None): print("eval batch", step)
            def on_eval_batch_end(self, step, logs=None): print("eval batch end", step)
            def on_predict_begin(self, logs=None): print("predict", logs)
            def on_predict_end(self, logs=None): print("predict end", sorted(logs))
            def on_predict_batch_begin(self, step, logs=None): print("predict batch", step)
            def on_predict_batch_end(self, step, logs=None): print("predict batch end", step)
        m = model()
        m.fit(Points(8), Points(4), batch_size=4, epochs=2, verbose=0, callbacks=Tell())
        m.evaluate(Points(4), batch_size=2, verbose=0, callbacks=[Tell()])
        m.predict(Points(4), batch_size=2, verbose=0, callbacks=[Tell()])
    """,
    "early_stopping": """
        for options in ({"monitor": "loss", "patience": 1}, {"monitor": "acc", "patience": 0, "baseline": 2.0},
                        {"monitor": "loss", "mode": "max", "patience": 2, "min_delta": 0.01}, {"monitor": "none"}):
            m = model(rate=0.0)
            m.fit(Points(8), Points(8), batch_size=8, epochs=4, verbose=2, callbacks=[paddle.callbacks.EarlyStopping(**options)])
            print(m.stop_training)
        m = model()
        m.fit(Points(8), batch_size=8, epochs=2, verbose=0, callbacks=[paddle.callbacks.EarlyStopping()])
    """,
    "reduce_rate": """
        m = model(rate=1.0)
        watch = paddle.callbacks.ReduceLROnPlateau("acc", 0.5, 1, min_lr=0.2, cooldown=1)
        m.network.stop_gradient = True
        m.fit(Points(8), Points(8), batch_size=8, epochs=8, verbose=0, callbacks=[watch])
        print(m._optimizer.get_lr())
        fails(paddle.callbacks.ReduceLROnPlateau, factor=1.0)
    """,
    "scheduled": """
        for by in ({}, {"by_step": False, "by_epoch": True}):
            rate = paddle.optimizer.lr.StepDecay(0.1, 2, 0.5)
            m = model(rate)
            m.fit(Points(8), batch_size=4, epochs=3, verbose=0, callbacks=[paddle.callbacks.LRScheduler(**by)] if by else None)
            print(rate.last_epoch, rate.last_lr, m._optimizer.get_lr())
        fails(paddle.callbacks.LRScheduler, True, True)
    """,
    "files": """
        import os, tempfile
        with tempfile.TemporaryDirectory() as d:
            m = model(kind="Momentum")
            m.fit(Points(8), Points(8), batch_size=4, epochs=2, save_dir=d, save_freq=1, verbose=0,
                  callbacks=[paddle.callbacks.EarlyStopping(patience=9)])
            print(sorted(os.listdir(d)))
            x, y = points(4)
            n = model(kind="Momentum")
            n.load(d + "/final")
            print(np.allclose(n.predict_batch([x])[0], m.predict_batch([x])[0]))
            n.load(d + "/final.pdparams", reset_optimizer=True)
            other = paddle.Model(paddle.nn.Sequential(paddle.nn.Linear(4, 8), paddle.nn.ReLU(), paddle.nn.Linear(8, 3)))
            fails(other.load, d + "/final")
            other.load(d + "/final", skip_mismatch=True)
            fails(other.load, d + "/nothing")
            fails(other.load, d + "/final.txt")
            m.save(d + "/deep/er")
            print(sorted(os.listdir(d + "/deep")))
            state = paddle.load(d + "/final.pdopt")
            print([k.split("_", 2)[-1] for k in state])
            wide = paddle.Model(paddle.nn.Linear(200, 100))
            wide.save(d + "/wide")
            wide.load(d + "/wide")
            print(wide.network.weight.sum().item() == paddle.load(d + "/wide.pdparams")["weight"].sum().item())
    """,
    "summary": """
        class Net(paddle.nn.Layer):
            def __init__(self):
                super().__init__()
                self.c = paddle.nn.Conv2D(1, 4, 3)
                self.bn = paddle.nn.BatchNorm2D(4)
                self.r = paddle.nn.ReLU()
                self.p = paddle.nn.MaxPool2D(2)
                self.seq = paddle.nn.Sequential(paddle.nn.Flatten(), paddle.nn.Linear(4 * 13 * 13, 10))
            def forward(self, x):
                return self.seq(self.p(self.r(self.bn(self.c(x)))))
        net = Net()
        print(paddle.summary(net, (1, 1, 28, 28)))
        print(paddle.summary(net, (-1, 1, 28, 28), "float32")["total_params"], net.training)
        print(paddle.summary(paddle.nn.Linear(3, 4), (2, 3)), paddle.summary(paddle.nn.ReLU(), (2, 3)))
        class Two(paddle.nn.Layer):
            def __init__(self):
                super().__init__()
                self.a = paddle.nn.Linear(3, 4)
                self.b = paddle.nn.Linear(5, 4)
                self.l = paddle.nn.LayerList([paddle.nn.Linear(4, 4) for _ in range(2)])
                self.w = self.create_parameter([4])
                self.a.weight.stop_gradient = True
            def forward(self, x, y):
                h = self.a(x) + self.b(y)
                for l in self.l:
                    h = l(h)
                return self.l[0](h) * self.w, h
        paddle.summary(Two(), [(2, 3), (2, 5)])
        paddle.summary(Two(), [(2, 3), (2, 5)], dtypes=["float32", "float32"])
        paddle.summary(net, paddle.static.InputSpec([None, 1, 28, 28], "float32", "x"))
        paddle.summary(net, input=paddle.ones([3, 1, 28, 28]))
        m = paddle.Model(net, paddle.static.InputSpec([None, 1, 28, 28], "float32", "x"))
        print(m.summary(), m.summary((2, 1, 28, 28)))
        fails(paddle.summary, net)
        fails(paddle.summary, net, (None, None, 28, 28))
        fails(paddle.summary, net, (1, 0, 28, 28))
        fails(paddle.summary, net, ["a"])
    """,
    "flops": """
        net = paddle.nn.Sequential(
            paddle.nn.Conv2D(3, 4, 3, padding=1, groups=1), paddle.nn.BatchNorm2D(4), paddle.nn.ReLU(), paddle.nn.AvgPool2D(2),
            paddle.nn.Conv2D(4, 4, 3, groups=2, bias_attr=False), paddle.nn.LeakyReLU(), paddle.nn.AdaptiveAvgPool2D(2),
            paddle.nn.Conv2DTranspose(4, 2, 2), paddle.nn.Flatten(), paddle.nn.Dropout(0.5), paddle.nn.Linear(18, 10))
        quiet = {type(l): None for l in net}
        print(paddle.flops(net, [2, 3, 8, 8], print_detail=True), net.training)
        def mine(m, x, y):
            m.total_ops += 7
        print(paddle.flops(net, [2, 3, 8, 8], custom_ops={paddle.nn.Flatten: mine}))
        print(sorted(net[0].state_dict()))
    """,
    "transforms": """
        T = paddle.vision.transforms
        from PIL import Image
        rng = np.random.RandomState(0)
        pixels = rng.randint(0, 256, (5, 4, 3)).astype("uint8")
        grey = pixels[..., 0]
        for p in (Image.fromarray(pixels), Image.fromarray(grey), pixels, grey, pixels.astype("float32"), grey.astype("int32")):
            for f in ("CHW", "HWC"):
                print(show(T.ToTensor(f)(p)))
        for mode in ("1", "L", "I", "F", "RGBA", "YCbCr", "CMYK"):
            print(mode, show(T.to_tensor(Image.fromarray(pixels).convert(mode))))
        for size in (3, 4, (3, 6), [6, 2]):
            for i in ("bilinear", "nearest", "bicubic"):
                print(np.asarray(T.Resize(size, i)(Image.fromarray(pixels))).tolist())
        t = T.ToTensor()(pixels)
        print(show(T.Normalize(0.5, 0.5)(t)), show(T.Normalize([0.1, 0.2, 0.3], [1.0, 2.0, 3.0], "HWC")(t.transpose([1, 2, 0]))))
        print(show(T.Normalize([127.5], [127.5], "CHW")(Image.fromarray(grey))), show(T.Normalize(0.5, 0.5, "HWC", True)(pixels)))
        print(show(T.normalize(pixels.transpose(2, 0, 1).astype("float32"), [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])))
        print([round(v, 4) for v in T.Resize((3, 6))(t).flatten().tolist()], T.Resize(4)(t) is t)
        c = T.Compose([T.Resize(3), T.Transpose(), T.Normalize(127.5, 127.5)])
        print(show(c(Image.fromarray(pixels)).astype("float32").round(4)))
        print(show(T.ToTensor(keys=("image", "label"))((pixels, 3)) if hasattr(T.ToTensor, "_apply_label") else 0))
        print(show(T.ToTensor()((grey, 3))), show(T.Transpose((1, 0, 2))(pixels)))
        fails(T.ToTensor(), 3)
        fails(T.ToTensor("X"), pixels)
        fails(T.Resize, (1, 2, 3))
        fails(T.ToTensor, keys=("label",))
        fails(T.ToTensor, keys=3)
        print(paddle.vision.get_image_backend())
        fails(paddle.vision.set_image_backend, "x")
    """,
    "mnist": """
        import gzip, os, struct, tempfile
        rng = np.random.RandomState(0)
        with tempfile.TemporaryDirectory() as d:
            pictures, labels = rng.randint(0, 256, (200, 28, 28)).astype("uint8"), rng.randint(0, 10, 200).astype("uint8")
            with gzip.open(d + "/images.gz", "wb") as f:
                f.write(struct.pack(">IIII", 2051, 200, 28, 28) + pictures.tobytes())
            with gzip.open(d + "/labels.gz", "wb") as f:
                f.write(struct.pack(">II", 2049, 200) + labels.tobytes())
            files = {"image_path": d + "/images.gz", "label_path": d + "/labels.gz"}
            data = paddle.vision.datasets.MNIST(mode="test", **files)
            x, y = data[3]
            print(len(data), type(x).__name__, x.size, x.mode, np.asarray(x).sum(), show(y))
            data = paddle.vision.datasets.MNIST(mode="train", backend="cv2", **files)
            x, y = data[3]
            print(x.shape, x.dtype, x.sum(), show(y), data.mode, data.backend, len(data.images), data.images[0].shape, data.labels[0])
            t = paddle.vision.transforms.Normalize([127.5], [127.5], "CHW")
            data = paddle.vision.datasets.MNIST(transform=t, **files)
            print(data[0][0].shape, data[0][0].dtype)
            for b in paddle.io.DataLoader(data, batch_size=120):
                print([list(v.shape) for v in b], [str(v.dtype) for v in b])
            fails(paddle.vision.datasets.MNIST, mode="x")
            fails(paddle.vision.datasets.MNIST, backend="x")
            fails(paddle.vision.datasets.MNIST, download=False)
    """,
    "optimizer_api": """
        w = paddle.create_parameter([2], "float32", attr=paddle.ParamAttr(initializer=paddle.nn.initializer.Constant(1.0)))
        o = paddle.optimizer.Adam(0.1, parameters=[w])
        print(o.state_dict(), o.get_lr(), o._learning_rate, o.type)
        o.step()
        print(o.state_dict())
        (w * 2).sum().backward()
        print(len(o.minimize((w * 2).sum())[1]), w.grad, w)
        o.clear_grad()
        print(w.grad)
        o.clear_grad(set_to_zero=False)
        print(w.grad)
        (w * 2).sum().backward()
        o.clear_gradients()
        print(w.grad)
        o.set_lr(0.5)
        print(o.get_lr())
        o.set_lr_scheduler(paddle.optimizer.lr.StepDecay(0.3, 2))
        print(o.get_lr())
        fails(o.set_lr, 0.1)
        fails(o.set_lr, "a")
        fails(o.set_lr_scheduler, 0.1)
        for args in ((0.1,), (0.1, w), (0.1, {"params": [w]}), (1, [w]), ("a", [w]), (0.1, [{"p": [w]}]),
                     (0.1, [{"params": {w}}]), (0.1, [{"params": [w]}, {"params": [w]}])):
            fails(paddle.optimizer.SGD, *args)
        fails(paddle.optimizer.SGD, 0.1, [w], grad_clip=3)
        fails(paddle.optimizer.Adam, 0.1, 1.0, parameters=[w])
        fails(paddle.optimizer.Adam, 0.1, epsilon=-1, parameters=[w])
        fails(paddle.optimizer.AdamW, 0.1, parameters=[w], weight_decay="a")
        fails(paddle.optimizer.AdamW, 0.1, parameters=[w], lr_ratio=lambda p: 1.0)
        fails(paddle.optimizer.RMSProp, 0.1, rho=-1, parameters=[w])
        fails(paddle.optimizer.Rprop, 100.0, parameters=[w])
        fails(paddle.optimizer.ASGD, 0.1, 0, [w])
        fails(paddle.optimizer.NAdam, -0.1, parameters=[w])
        fails(paddle.optimizer.RAdam, 0.1, 2.0, parameters=[w])
        fails(paddle.optimizer.Optimizer(0.1, [w]).step)
        fails(paddle.optimizer.Momentum, 0.1, None, [w])
        print(paddle.regularizer.L1Decay(0.1), paddle.regularizer.L2Decay(0.25))
        state = o.state_dict()
        fresh = paddle.optimizer.Adam(paddle.optimizer.lr.StepDecay(0.3, 2), parameters=[w])
        fresh.set_state_dict(state)
        print(sorted(k.rsplit(".", 1)[-1] for k in fresh.state_dict()))
        (w * 2).sum().backward()
        try:
            fresh.step()
        except AssertionError:
            print("names")
        fails(fresh.set_state_dict, {})
    """,
    "whole_loop": """
        paddle.seed(0)
        np.random.seed(0)
        x, y = points(48)
        loader = paddle.io.DataLoader(Points(48), batch_size=16, shuffle=True)
        layers = net()
        rate = paddle.optimizer.lr.CosineAnnealingDecay(0.1, 10)
        o = paddle.optimizer.Momentum(rate, 0.9, layers.parameters(), grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0), weight_decay=1e-3)
        loss_of = paddle.nn.CrossEntropyLoss()
        for epoch in range(4):
            layers.train()
            for a, b in loader:
                loss = loss_of(layers(a), b)
                loss.backward()
                o.step()
                o.clear_grad()
            rate.step()
            layers.eval()
            with paddle.no_grad():
                acc = paddle.metric.accuracy(layers(paddle.to_tensor(x)), paddle.to_tensor(y))
            print(epoch, f"{float(loss):.4f}", f"{float(acc):.4f}", f"{o.get_lr():.6f}")
    """,
}


def schedule_snippets() -> dict[str, str]:
    """The schedulers' cases as one text each."""
    return {f"lr: {case}": case for case in [*schedules.SCHEDULERS, *schedules.PLATEAUS]}


def masked(text: str) -> str:
    """Without what depends on time, or on where files lie."""
    text = re.sub("\b+", "", text)
    text = re.sub(r" *- ETA: [\d:s]+", " - ETA", text)
    text = re.sub(r"\d+(us|ms|s)/step *", "time/step", text)
    text = re.sub(r"(avg_reader_cost|avg_batch_cost|ips): [\d.]+", r"\1", text)
    text = text.replace("plait.paddle.", "paddle.")
    return re.sub(r"/\S*tmp\S*/", "/", text)


def run(paddle: Any, name: str) -> str:
    """What a snippet prints."""
    out = io.StringIO()
    space: dict[str, Any] = {"paddle": paddle, "np": np}
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name.startswith("lr: "):
            print(schedules.run(paddle.optimizer.lr, name[4:]))
        else:
            with paddle.base.unique_name.guard():
                exec(PREFIX, space)
                exec(textwrap.dedent(SNIPPETS[name]), space)
    return masked(out.getvalue())


def names() -> list[str]:
    """All snippets."""
    return [*SNIPPETS, *schedule_snippets()]
