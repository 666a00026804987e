"""Short programs about Keras' layers whose prints must be the same, and wrong calls whose errors must be of the same type.

Run on Keras by tools/record_keras_layers.py, on plait by tests/test_golden_keras_layers.py; each sees `keras`, `layers`, `ops` and `np`.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

PROGRAMS = {
    "masking": """
        x = np.arange(24, dtype="float32").reshape(2, 4, 3); x[0, 1] = 0; x[1, 2:] = 0
        z = x[:, ::-1].copy(); z[:, 0] = np.nan
        m = layers.Masking(); a, b = m(x), m(z)
        print(a.numpy(), b.numpy(), a._keras_mask.numpy())
        print(m, m.get_config(), m.compute_output_shape((2, 4, 3)), np.asarray(layers.Masking(5.0).compute_mask(x)))
        for merge in (layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply, layers.Subtract):
            y = merge()([a, m(x[:, ::-1].copy())]); print(merge.__name__, y.numpy(), y._keras_mask.numpy())
        y = layers.Concatenate(1)([a, m(x[:, ::-1].copy())]); print(y.shape, y._keras_mask.numpy())
        n = layers.BatchNormalization(momentum=0.5); n(a, training=True); print([w.numpy().round(4) for w in n.weights])
        """,
    "names": """
        print(layers.Dense(1).name, layers.Dense(1).name, layers.Conv2D(1, 1).name, layers.MaxPool2D().name, layers.ReLU().name, layers.PReLU().name)
        print(layers.GlobalAvgPool1D().name, layers.BatchNormalization().name, layers.SeparableConvolution2D(1, 1).name, layers.ELU(name="e"))
        """,
    "repr": """
        d = layers.Dense(3, name="d")
        print(d, repr(d), str(d)); d.build((None, 2)); print(d, d.path, d.built, d.weights[0].path)
        print(d.kernel.shape, d.bias.name, d.input_spec, layers.InputSpec(shape=(None, 3), dtype="float32"), layers.InputSpec(min_ndim=2))
        """,
    "weights": """
        class Sum(layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.total = self.add_weight(shape=(2,), initializer="zeros", trainable=False, name="total")
                self.gain = self.add_weight(shape=(2,), initializer="ones", name="gain", regularizer="l2")
            def call(self, x):
                self.total.assign(self.total + ops.sum(x, axis=0))
                return self.total * self.gain
        s = Sum(name="s")
        print([w.path for w in s.weights], s.built, [w.name for w in s.trainable_weights], [w.name for w in s.non_trainable_weights])
        s(np.ones((3, 2), "float32")); y = s(np.ones((3, 2), "float32"))
        print(y.numpy().tolist(), s.built, float(s.losses[0]), s.count_params())
        s.trainable = False
        print(len(s.trainable_weights), len(s.non_trainable_weights), s.losses, s.trainable, s.gain.trainable)
        """,
    "nested": """
        class Block(layers.Layer):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.inner = [layers.Dense(2, name="a"), layers.Dense(3, name="b")]
                self.more = {"c": layers.Dense(1, name="c")}
                self.pair = (layers.Dropout(0.5, name="drop"), 3)
            def build(self, input_shape):
                n = input_shape[-1]
                for d in self.inner:
                    d.build((None, n)); n = d.units
                self.more["c"].build((None, n))
            def call(self, x, training=False):
                for d in self.inner:
                    x = d(x)
                return self.more["c"](self.pair[0](x, training=training))
        b = Block(name="block")
        print(b(np.ones((2, 4), "float32")).shape, [w.path for w in b.weights], [l.name for l in b._flatten_layers()])
        print(len(b.variables), len(b.non_trainable_variables), b.inner[0].path)
        b.inner[0].trainable = False
        print([w.name for w in b.trainable_weights], b.get_build_config())
        """,
    "locked": """
        class Late(layers.Layer):
            def call(self, x):
                self.d = layers.Dense(2)
                return self.d(x)
        l = Late(); l.build((None, 2))
        try:
            l(np.ones((1, 2), "float32"))
        except ValueError as e:
            print(type(e).__name__, "cannot add new elements of state" in str(e))
        """,
    "training": """
        class Tell(layers.Layer):
            def call(self, x, training=None):
                print("training", training); return x
        class Outer(layers.Layer):
            def __init__(self):
                super().__init__(); self.t = Tell(name="t")
            def call(self, x):
                return self.t(x)
        x = np.ones((1, 2), "float32")
        Tell()(x); Tell()(x, training=True); Outer()(x); Outer()(x, training=True); Outer()(x, training=False)
        class Default(layers.Layer):
            def call(self, x, training=True):
                print("default", training); return x
        Default()(x); Default()(x, training=None); Default()(x, training=False)
        """,
    "masks": """
        e = layers.Embedding(5, 2, mask_zero=True)
        y = e(np.array([[1, 2, 0], [3, 0, 0]]))
        print(y._keras_mask.numpy().tolist(), e.supports_masking, layers.Dense(2).supports_masking, layers.Flatten().supports_masking)
        z = layers.Dense(2)(y); print(z._keras_mask.numpy().tolist())
        class See(layers.Layer):
            def call(self, x, mask=None):
                print("mask", None if mask is None else mask.numpy().tolist()); return x
        See()(z)
        g = layers.GlobalAveragePooling1D()(ops.ones((1, 3, 2)), mask=ops.convert_to_tensor([[True, True, False]])); print(g.numpy().tolist())
        s = layers.Softmax()(ops.ones((1, 3)), mask=ops.convert_to_tensor([[True, True, False]])); print(s.numpy().tolist())
        c = layers.Concatenate()([y, y]); print(c._keras_mask.numpy().tolist())
        a = layers.Add()([y, y]); print(a._keras_mask.numpy().tolist())
        m = layers.Masking if hasattr(layers, "Masking") else None
        """,
    "mask of batch norm": """
        bn = layers.BatchNormalization(momentum=0.5)
        x = ops.convert_to_tensor(np.arange(24, dtype="float32").reshape(2, 3, 4))
        mask = ops.convert_to_tensor([[True, True, False], [True, False, False]])
        print(np.round(bn(x, training=True, mask=mask).numpy(), 4).tolist())
        print(np.round(bn.moving_mean.numpy(), 4).tolist(), np.round(bn.moving_variance.numpy(), 3).tolist())
        """,
    "losses": """
        class Act(layers.Layer):
            def call(self, x):
                self.add_loss(ops.sum(x)); return x
        class Outer(layers.Layer):
            def __init__(self):
                super().__init__(); self.a = Act(); self.d = layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l1", activity_regularizer="l2")
            def call(self, x):
                return self.d(self.a(x))
        o = Outer(); x = np.ones((2, 3), "float32")
        o(x); print([round(float(v), 4) for v in o.losses]); o(x); print([round(float(v), 4) for v in o.losses])
        a = layers.ActivityRegularization(l1=0.1); a(x); print([round(float(v), 4) for v in a.losses])
        """,
    "dtypes": """
        for d in ("float32", "float64", "float16", "mixed_float16", "bfloat16", "mixed_bfloat16"):
            l = layers.Dense(2, dtype=d, name="d"); y = l(np.ones((1, 2), "float32"))
            print(d, l.dtype, l.compute_dtype, l.variable_dtype, l.input_dtype, keras.backend.standardize_dtype(y.dtype), l.kernel.dtype, l.dtype_policy)
        l = layers.Dense(2); print(keras.backend.standardize_dtype(l(np.ones((1, 2), "float64")).dtype), l(np.ones((1, 2), "int32")).dtype.name)
        l = layers.Conv2D(2, 2, dtype="mixed_float16"); print(l(np.ones((1, 3, 3, 1))).dtype.name, [w.dtype for w in l.weights])
        for k in ("BatchNormalization", "LayerNormalization", "UnitNormalization", "RMSNormalization", "MaxPooling1D", "AveragePooling1D", "Dropout", "ReLU"):
            l = getattr(layers, k)(**({"rate": 0.1} if k == "Dropout" else {"pool_size": 2} if "Pool" in k else {}), dtype="mixed_float16")
            print(k, l(np.ones((2, 4, 3), "float32")).dtype.name, [w.dtype for w in l.weights], l.dtype)
        print(layers.Flatten()(np.ones((1, 2), "int32")).dtype.name, layers.Reshape((2, 1))(np.ones((1, 2), "int64")).dtype.name)
        print(layers.Embedding(3, 2)(np.ones((1, 2), "int32")).dtype.name, layers.Rescaling(2)(np.ones((1, 2), "uint8")).dtype.name)
        """,
    "configs": """
        d = layers.Dense(3, activation="relu", kernel_regularizer="l2", name="d")
        c = d.get_config(); e = layers.Dense.from_config(c); print(e.get_config() == c, e)
        s = layers.serialize(d); print(s["module"], s["class_name"], s["registered_name"], sorted(s)); print(layers.deserialize(s).name)
        d.build((None, 2)); s = layers.serialize(d); print(s["build_config"]); print(layers.deserialize(s).built)
        f = layers.Activation("gelu"); print(f.get_config()["activation"], layers.Lambda(ops.abs, name="l").get_config()["function"])
        class Mine(layers.Layer):
            def __init__(self, n, flag=True, **kwargs):
                super().__init__(**kwargs); self.n = n
        m = Mine(3, name="m"); print(m.get_config()["n"], m.get_config()["flag"], m.get_config()["name"], Mine.from_config(m.get_config()).n)
        """,
    "lambda": """
        l = layers.Lambda(lambda x, k=2: x * k, arguments={"k": 3})
        print(l(np.ones((1, 2), "float32")).numpy().tolist(), l.compute_output_shape((None, 2)), layers.Lambda(lambda x: x, output_shape=(5,)).compute_output_shape((4, 2)))
        try:
            layers.deserialize(layers.serialize(l))
        except Exception as e:
            print(type(e).__name__, "disallowed by default" in str(e))
        print(layers.Lambda(lambda x, training=None: x * 2 if training else x)(np.ones(2, "float32"), training=True).numpy().tolist())
        """,
    "weights in and out": """
        d = layers.Dense(2); d.build((None, 2)); d.set_weights([np.eye(2), np.ones(2)])
        print([w.tolist() for w in d.get_weights()], d(np.ones((1, 2), "float32")).numpy().tolist())
        store = {}; d.save_own_variables(store); print(sorted(store), np.array(store["0"]).tolist())
        e = layers.Dense(2); e.build((None, 2)); e.load_own_variables({"0": np.ones((2, 2)), "1": np.zeros(2)}); print(e.get_weights()[0].tolist())
        """,
    "stateless": """
        bn = layers.BatchNormalization(momentum=0.5); bn.build((None, 2)); x = ops.convert_to_tensor(np.array([[1.0, 2.0], [3.0, 6.0]], "float32"))
        y, new = bn.stateless_call(bn.trainable_variables, bn.non_trainable_variables, x, training=True)
        print(np.round(y.numpy(), 4).tolist(), [v.numpy().tolist() for v in new], [v.numpy().tolist() for v in bn.non_trainable_variables])
        d = layers.Dense(1, kernel_regularizer="l2", use_bias=False); d.build((None, 2))
        y, new, losses = d.stateless_call([ops.ones((2, 1))], [], x, return_losses=True); print(y.numpy().tolist(), new, [float(v) for v in losses])
        """,
    "symbolic": """
        x = keras.Input((4, 3), name="x"); print(x)
        y = layers.Conv1D(2, 2)(x); print(y.shape, y.dtype); z = layers.Flatten()(y); print(z.shape)
        print(layers.Dense(2).compute_output_spec(z).shape, layers.Reshape((-1,)).compute_output_shape((None, 2, 3)), layers.Reshape((-1, 2)).compute_output_shape((None, None, 3)))
        print(layers.MaxPooling2D(2).compute_output_shape((None, None, 7, 3)), layers.Conv2D(2, 3, padding="same", strides=2).compute_output_shape((None, 7, None, 3)))
        print(layers.Conv2DTranspose(2, 3, strides=2).compute_output_shape((1, 7, None, 3)), layers.UpSampling1D(2).compute_output_shape((1, 3, 4)))
        print(layers.Concatenate(axis=1)([keras.Input((2, 3)), keras.Input((4, 3))]).shape, layers.Dot(1)([keras.Input((3,)), keras.Input((3,))]).shape)
        print(layers.Add()([keras.Input((2, 3)), keras.Input((1, 3))]).shape, keras.Input(shape=(2,), batch_size=5).shape, keras.Input(batch_shape=(None, 2), dtype="int32").dtype)
        """,
    "inputs": """
        i = layers.InputLayer((3,), name="i"); print(i.get_config(), i.output.shape, i.dtype, i.batch_shape)
        """,
    "several arguments": """
        class Two(layers.Layer):
            def build(self, a_shape, b_shape):
                print("build", a_shape, b_shape); self.w = self.add_weight(shape=(a_shape[-1],), initializer="ones", name="w")
            def call(self, a, b=None):
                return a * self.w + b
            def compute_output_shape(self, a_shape, b_shape):
                return a_shape
        t = Two(); print(t(np.ones((1, 2), "float32"), b=np.ones((1, 2), "float32")).numpy().tolist(), t.get_build_config())
        print(Two()(keras.Input((2,)), b=keras.Input((2,))).shape)
        """,
    "no build": """
        class Inner(layers.Layer):
            def __init__(self):
                super().__init__(); self.d = layers.Dense(2)
            def call(self, x):
                return self.d(x)
        l = Inner(); print(l(np.ones((1, 3), "float32")).shape, l.built, l.d.built, len(l.weights)); print(Inner()(keras.Input((3,))).shape)
        """,
    "tracking": """
        class T(layers.Layer):
            def __init__(self):
                super().__init__(); self.items = []; self.items.append(layers.Dense(1)); self.v = keras.Variable([1.0]); self.table = {}
                self.table["k"] = keras.Variable([2.0], trainable=False)
        t = T(); print(len(t.weights), len(t.trainable_weights), len(t._layers), type(t.items).__mro__[1].__name__)
        t.items.pop(); print(len(t._layers)); del t.v; print(len(t.weights))
        """,
    "random layers": """
        d = layers.Dropout(0.5, seed=1); x = np.ones((100, 100), "float32")
        y = d(x, training=True).numpy(); print(sorted(set(y.ravel().tolist())), 0.45 < (y == 0).mean() < 0.55, (d(x) == x).numpy().all(), len(d.variables), len(d.weights))
        y = layers.SpatialDropout1D(0.5)(np.ones((8, 6, 50), "float32"), training=True).numpy(); print((y == y[:, :1]).all(), 0.3 < (y == 0).mean() < 0.7)
        y = layers.Dropout(0.5, noise_shape=(None, 1))(np.ones((50, 4), "float32"), training=True).numpy(); print((y == y[:, :1]).all())
        y = layers.GaussianNoise(0.5)(np.zeros((200, 200), "float32"), training=True).numpy(); print(round(float(y.std()), 1), abs(y.mean()) < 0.02)
        y = layers.GaussianDropout(0.5)(np.ones((200, 200), "float32"), training=True).numpy(); print(round(float(y.std()), 1), abs(y.mean() - 1) < 0.03)
        y = layers.AlphaDropout(0.2)(np.random.RandomState(0).randn(300, 300).astype("float32"), training=True).numpy(); print(abs(y.std() - 1) < 0.03, abs(y.mean()) < 0.03)
        print(layers.Dropout(0.0).built, hasattr(layers.Dropout(0.0), "seed_generator"), layers.Dropout(1.0)(np.ones((2, 2), "float32"), training=True).numpy().tolist())
        """,
    "lora": """
        d = layers.Dense(4, name="d"); d.build((None, 3)); d.enable_lora(2)
        print([w.name for w in d.trainable_weights], [w.name for w in d.non_trainable_weights], d.lora_rank, d.lora_alpha, d.get_config()["lora_rank"])
        e = layers.Embedding(5, 4, lora_rank=2); e.build(); print([w.path.split("/")[-1] for w in e.trainable_weights])
        """,
    "initializers": """
        i = keras.initializers
        for n in ("zeros", "ones", "identity", "glorot_uniform", "he_normal", "lecun_uniform", "orthogonal", "random_normal", "uniform", "normal", "variance_scaling", "Zeros", "GlorotNormal"):
            o = i.get(n); print(n, type(o).__name__, o.get_config(), i.serialize(o)["class_name"])
        print(i.get(None), i.Constant(3)((2,)).numpy().tolist(), i.Identity(2.0)((2, 3)).numpy().tolist(), i.Ones()((2,), "int32").dtype.name)
        w = i.Orthogonal(seed=1)((4, 3)).numpy(); print(np.abs(np.round(w.T @ w, 4)).tolist())
        w = i.HeNormal(seed=3)((200, 300)).numpy(); print(round(float(w.std()) * 10, 1), w.max() < 2 * (2 / 200) ** 0.5 / 0.87962566103423978 + 1e-6)
        w = i.GlorotUniform(seed=3)((200, 300)).numpy(); print(round(float(np.abs(w).max()), 3)); w = i.VarianceScaling(2.0, "fan_out", "uniform", seed=1)((3, 3, 20, 40)).numpy(); print(round(float(np.abs(w).max()), 3))
        a = i.RandomNormal(seed=5); print((a((3,)).numpy() == a((3,)).numpy()).all(), a.clone().get_config()); print(i.get(np.ones((2,), "float32"))((2,)).numpy().tolist())
        print(i.deserialize(i.serialize(i.TruncatedNormal(0.1, 0.2, seed=3))).get_config(), i.deserialize(i.serialize(i.Constant(2))).value)
        """,
    "regularizers": """
        r = keras.regularizers; x = ops.convert_to_tensor([[1.0, -2.0], [3.0, 0.5]])
        for o in (r.L1(0.1), r.L2(0.2), r.L1L2(0.1, 0.2), r.get("l1"), r.get("l2"), r.get("l1l2"), r.OrthogonalRegularizer(0.1), r.OrthogonalRegularizer(0.1, "columns"), r.l1(0.3)):
            print(type(o).__name__, round(float(o(x)), 5), o.get_config(), r.serialize(o)["module"], r.deserialize(r.serialize(o)).get_config() == o.get_config())
        print(r.get(None), r.get(lambda v: 1)(x), float(r.get({"class_name": "L2", "config": {"l2": 0.5}})(x)))
        """,
    "constraints": """
        c = keras.constraints; x = ops.convert_to_tensor([[1.0, -2.0], [3.0, 0.5]])
        for o in (c.MaxNorm(1.5), c.NonNeg(), c.UnitNorm(), c.UnitNorm([0, 1]), c.MinMaxNorm(1.0, 2.0, 0.5), c.get("max_norm"), c.max_norm(1, axis=1)):
            print(type(o).__name__, np.round(o(x).numpy(), 4).tolist(), o.get_config(), c.serialize(o)["class_name"], c.deserialize(c.serialize(o)).get_config() == o.get_config())
        """,
    "activations": """
        a = keras.activations; x = ops.convert_to_tensor([[-3.0, -0.5, 0.0, 0.3], [2.0, 7.0, 1.0, -1.0]])
        for n in sorted(n for n in "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink".split()):
            f = a.get(n); print(n, f.__name__, a.serialize(f), (np.round(f(x).numpy(), 4) + 0.0).tolist())
        print(a.get(None) is a.linear, np.round(a.relu(x, 0.1, 5.0, 0.2).numpy(), 4).tolist(), np.round(a.threshold(x, 0.2, 9.0).numpy(), 3).tolist(), a.deserialize("relu") is a.relu, np.round(a.gelu(x, True).numpy(), 4).tolist())
        """,
    "hooks of names": """
        print(keras.layers.Layer.__name__, isinstance(layers.Dense(1), keras.Layer), layers.MaxPool1D is layers.MaxPooling1D, layers.Convolution2D is layers.Conv2D)
        d = layers.Dense(1, name="d"); print(d.metrics, d.losses, d.variables, d.trainable, d.autocast, d.supports_jit)
        x = keras.Input((2,)); y = d(x); print(d.input is x, d.output is y, d.input.shape, len(d._inbound_nodes))
        """,
    "functions": """
        x = np.ones((1, 2), "float32")
        print(*(np.array(f([x, x * 2])).tolist() for f in (layers.add, layers.subtract, layers.multiply, layers.average, layers.maximum, layers.minimum, layers.concatenate)), np.array(layers.dot([x, x], axes=1)).tolist())
        """,
}  # fmt: skip

ERRORS = [
    "layers.Dense(0)", "layers.Dense(2.5)", "layers.Dense(-1)", "layers.Dense(2, activation='nope')", "layers.Dense(2, kernel_initializer='nope')",
    "layers.Dense(2, kernel_regularizer='nope')", "layers.Dense(2, kernel_constraint='nope')", "layers.Dense(2, foo=1)", "layers.Dense(2, trainable='yes')",
    "layers.Dense(2, dtype='nope')", "layers.Dense(2, name='a/b')", "layers.Dense(2, name=3)", "layers.Dense(2)(np.ones((3,), 'float32'))",
    "layers.Dense(2)('x')", "layers.Dense(2).kernel", "layers.Dense(2).count_params()", "layers.Dense(2)(1.0)",
    "d = layers.Dense(2); d(np.ones((1, 3), 'float32')); d(np.ones((1, 4), 'float32'))", "d = layers.Dense(2); d.build((None, 2)); d.set_weights([np.ones(2)])",
    "d = layers.Dense(2); d.build((None, 2)); d.set_weights([np.ones((3, 2)), np.ones(2)])", "layers.Dense(2)(np.ones((1, 2)), np.ones((1, 2)))",
    "layers.Layer()(np.ones(2))", "layers.Layer(foo=2)", "layers.Conv2D(0, 3)", "layers.Conv2D(-1, 3)", "layers.Conv2D(2, 0)", "layers.Conv2D(2, (1, 2, 3))",
    "layers.Conv2D(2, 'a')", "layers.Conv2D(2, 3, strides=0)", "layers.Conv2D(2, 3, strides=2, dilation_rate=2)", "layers.Conv2D(3, 3, groups=2)",
    "layers.Conv2D(2, 3, groups=0)", "layers.Conv2D(2, 3, padding='causal')", "layers.Conv2D(2, 3, padding='foo')", "layers.Conv2D(2, 3, data_format='foo')",
    "layers.Conv2D(2, 3)(np.ones((1, 2, 2, 1), 'float32'))", "layers.Conv2D(2, 3)(np.ones((1, 5, 5), 'float32'))", "layers.Conv2D(2, 2, groups=2)(np.ones((1, 5, 5, 3), 'float32'))",
    "layers.Conv1D(2, 3, padding='nope')", "layers.Conv2DTranspose(0, 3)", "layers.Conv2DTranspose(2, 0)", "layers.Conv2DTranspose(2, 3, strides=2, output_padding=2)",
    "layers.Conv2DTranspose(2, 3, strides=2, dilation_rate=2)", "layers.DepthwiseConv2D(3, depth_multiplier=0)", "layers.DepthwiseConv2D(0)", "layers.SeparableConv2D(0, 3)",
    "layers.SeparableConv2D(2, 3, depth_multiplier=-1)", "layers.MaxPooling2D((1, 2, 3))", "layers.MaxPooling2D(0)", "layers.MaxPooling2D('a')", "layers.MaxPooling2D(2, data_format='x')",
    "layers.MaxPooling2D(3).compute_output_shape((1, 2, 2, 1))", "layers.MaxPooling2D(2, padding='foo').compute_output_shape((1, 4, 4, 1))", "layers.MaxPooling2D(2)(np.ones((1, 4, 4), 'float32'))",
    "layers.AveragePooling1D(-2)", "layers.AveragePooling2D()", "layers.GlobalMaxPooling2D()(np.ones((1, 4), 'float32'))", "layers.GlobalAveragePooling1D(data_format='x')",
    "layers.AdaptiveAveragePooling2D((1, 2, 3))", "layers.AdaptiveAveragePooling1D('a')", "layers.AdaptiveMaxPooling1D((1, 2))", "layers.AdaptiveMaxPooling2D(2, data_format='x')",
    "layers.ReLU(max_value=-1)", "layers.ReLU(negative_slope=-1)", "layers.ReLU(negative_slope=None)", "layers.ReLU(threshold=-1)", "layers.LeakyReLU(-0.1)", "layers.LeakyReLU(None)",
    "layers.Dropout(1.5)", "layers.Dropout(-0.1)", "layers.Dropout(0.5, noise_shape='x')", "layers.Dropout(0.5, noise_shape=(2, -1))", "layers.Dropout(0.5, noise_shape=(2, 1.5))", "layers.Dropout(0.5, noise_shape=3)",
    "layers.GaussianNoise(-1)", "layers.GaussianDropout(2)", "layers.AlphaDropout(3)", "layers.SpatialDropout2D(0.5)(np.ones((1, 2), 'float32'))", "layers.SpatialDropout2D(0.5, data_format='x')",
    "layers.ZeroPadding1D((1, 2, 3))", "layers.ZeroPadding2D((1, 2, 3))", "layers.ZeroPadding2D('a')", "layers.ZeroPadding2D(1.5)", "layers.ZeroPadding2D(((1, -2), 3))", "layers.ZeroPadding3D((1, 2))",
    "layers.ZeroPadding2D(((1, 2), (3, 4, 5)))", "layers.Cropping1D((1, 2, 3))", "layers.Cropping1D(3)(np.ones((1, 4, 1), 'float32'))", "layers.Cropping2D(-1)", "layers.Cropping2D((1, 2, 3))", "layers.Cropping2D(1.5)",
    "layers.Cropping2D(3)(np.ones((1, 4, 4, 1), 'float32'))", "layers.Cropping2D(3).compute_output_shape((1, 4, 4, 1))", "layers.Cropping3D(((1, 1), (1, 1)))", "layers.Cropping3D(3).compute_output_shape((1, 9, 4, 9, 1))",
    "layers.UpSampling1D(0)", "layers.UpSampling1D(1.5)", "layers.UpSampling2D(0)", "layers.UpSampling2D(2, interpolation='foo')(np.ones((1, 2, 2, 1), 'float32'))", "layers.UpSampling3D((1, 2))",
    "layers.Reshape((-2, 3))", "layers.Reshape((-1, -1))", "layers.Reshape((4,))(np.ones((1, 3), 'float32'))", "layers.Reshape((-1, 2))(np.ones((1, 3), 'float32'))", "layers.Permute((0, 1))", "layers.Permute((1, 3))",
    "layers.Permute((2, 1))(np.ones((1, 2), 'float32'))", "layers.RepeatVector(1.5)", "layers.RepeatVector(0)", "layers.RepeatVector(2)(np.ones((1, 2, 3), 'float32'))", "layers.Embedding(0, 2)", "layers.Embedding(2, -1)",
    "layers.Embedding(2.5, 3)", "layers.Embedding(3, 2).embeddings", "layers.BatchNormalization(axis='a')", "layers.BatchNormalization(axis=5)(np.ones((2, 3), 'float32'))",
    "layers.BatchNormalization(renorm=True, renorm_clipping={'foo': 1})", "layers.BatchNormalization(renorm=True, renorm_clipping={'rmax': 0.5, 'rmin': 0.9})", "layers.BatchNormalization(renorm=True, renorm_clipping={'dmax': -1})",
    "layers.BatchNormalization()(np.ones((2, 3), 'float32'), training=True, mask=np.ones((2, 3, 1), bool))", "layers.LayerNormalization(axis='a')", "layers.LayerNormalization(axis=1.5)", "layers.LayerNormalization(axis=4).compute_output_shape((1, 2))",
    "layers.GroupNormalization(0)", "layers.GroupNormalization(2.5)", "layers.GroupNormalization(3)(np.ones((1, 4), 'float32'))", "layers.GroupNormalization(8)(np.ones((1, 4), 'float32'))", "layers.UnitNormalization(axis='a')",
    "layers.UnitNormalization(axis=4).compute_output_shape((1, 2))", "layers.RMSNormalization(axis=4).compute_output_shape((1, 2))", "layers.Softmax()(np.ones((2, 3), 'float32'), mask=np.ones((2, 2), bool))",
    "layers.Softmax()(np.ones((2, 3), 'float32'), mask=np.ones((1, 2, 3), bool))", "layers.Add()(np.ones((2, 3), 'float32'))", "layers.Add()([np.ones((2, 3), 'float32'), np.ones((2, 4), 'float32')])",
    "layers.Add()([np.ones((2, 3), 'float32'), np.ones((3, 3), 'float32')])", "layers.Subtract()([np.ones((2, 3), 'float32')] * 3)", "layers.Concatenate()(np.ones((2, 3), 'float32'))",
    "layers.Concatenate()([np.ones((2, 3), 'float32'), np.ones((3, 3), 'float32')])", "layers.Dot('a')", "layers.Dot((1, 2, 3))", "layers.Dot((1, 1.5))", "layers.Dot(1)([np.ones((2, 3), 'float32'), np.ones((2, 4), 'float32')])",
    "layers.Dot(1)(np.ones((2, 3), 'float32'))", "layers.Add().compute_mask([1, 2], [1])", "layers.Add().compute_mask(1, [1])", "layers.Add().compute_mask([1], 1)", "layers.Resizing(2, 2, interpolation='foo')(np.ones((1, 3, 3, 1), 'float32'))",
    "layers.Resizing(2, 2, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)(np.ones((1, 3, 3, 1), 'float32'))", "layers.CenterCrop(2, 2).compute_output_shape((1, 2))",
    "layers.Lambda(3)", "layers.Input()", "layers.Input((2,), batch_shape=(1, 2))", "layers.Input(batch_size=1, batch_shape=(1, 2))", "layers.Input(shape=(2,), tensor=np.ones(2))", "layers.InputSpec(axes={'a': 2})", "layers.InputSpec(ndim=2, axes={3: 2})",
    "layers.Activation('nope')", "layers.Activation(None)('x')", "layers.deserialize({'class_name': 'Nope', 'config': {}, 'module': 'keras.layers'})", "layers.deserialize({'class_name': 'L2', 'config': {}, 'module': 'keras.regularizers'})",
    "layers.Dense.from_config({'units': 0})", "keras.activations.get('nope')", "keras.activations.get(3)", "keras.initializers.get('nope')", "keras.initializers.get(3)", "keras.regularizers.get('nope')", "keras.regularizers.L1(-1)",
    "keras.regularizers.L2('a')", "keras.regularizers.L1L2(float('nan'))", "keras.regularizers.OrthogonalRegularizer(0.1, 'x')", "keras.regularizers.OrthogonalRegularizer()(ops.ones((2,)))", "keras.constraints.get('nope')",
    "keras.initializers.Identity()((2, 3, 4))", "keras.initializers.Orthogonal()((2,))", "keras.initializers.VarianceScaling(0)", "keras.initializers.VarianceScaling(1, 'x')", "keras.initializers.VarianceScaling(1, 'fan_in', 'x')",
    "keras.initializers.RandomNormal(seed='a')", "keras.initializers.Initializer()((2,))", "layers.Layer().add_loss(2)", "layers.Layer().add_metric(2)", "layers.Layer().add_weight('w', (2,))",
    "class A(layers.Layer):\n    def __init__(self):\n        pass\nA()(np.ones(2))", "d = layers.Dense(2); d.stateless_call([], [], np.ones((1, 2)))",
    "d = layers.Dense(2); d.build((None, 2)); d.stateless_call([], [], np.ones((1, 2)))", "d = layers.Dense(2, kernel_constraint='non_neg'); d.build((None, 2)); d.enable_lora(2)", "layers.Dense(2).enable_lora(2)",
    "d = layers.Dense(2, lora_rank=1); d.build((None, 2)); d.enable_lora(2)", "layers.Dense(2).input", "layers.Dense(2).output",
    "class A(layers.Layer):\n    def build(self, a, b):\n        pass\n    def call(self, a, b):\n        return a\nA()(np.ones(2), np.ones(2))", "class A(layers.Layer):\n    def call(self, x):\n        return x\n    def compute_output_shape(self, s):\n        return 3\nA()(keras.Input((2,)))",
    "class A(layers.Layer):\n    def __init__(self, x, **k):\n        super().__init__(**k)\n    def call(self, x):\n        return x\nA(object()).get_config()", "layers.Dense(2)([np.ones((1, 2), 'float32'), np.ones((1, 2), 'float32')])",
]  # fmt: skip


def _world(keras: Any) -> dict[str, Any]:
    return {"keras": keras, "layers": keras.layers, "ops": keras.ops, "np": np}


def run_program(keras: Any, code: str) -> str:
    """What a program prints, in a session of fresh names."""
    import textwrap

    keras.backend.clear_session()
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(textwrap.dedent(code), _world(keras))
    return out.getvalue()


def run_error(keras: Any, code: str) -> tuple[str, str]:
    """The type and the words of a wrong call's error; the type is "" where there is none."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            exec(code, _world(keras))
        except Exception as e:
            return type(e).__name__, str(e)
    return "", ""
