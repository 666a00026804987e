"""The expressions that a name of the Keras list is tried with."""

from __future__ import annotations

from collections.abc import Iterator

OPS = """
x|x, y|x, 2|x, 2.5|x, i|i|i, i|i, 2|i, 2.5|t|t, t|d|d, d|x, 1|x, 0|x, -1|x, (0, 1)|x, axis=1|x, axis=0, keepdims=True|x, keepdims=True|x, 0.5|x, 0.2, 0.6|v|v, v|s|s, s|x, s|x, m|v, 1|m|m, 1
b3|b3, 0, 1|b3, (2, 0, 1)|x, (3, 2)|x, (-1,)|x, (2, 2, 3)|[x, y]|[x, y], 1|[v, v]|x, 3, 1|m, [1, 2], 1|x, ((1, 1), (0, 2))|x, [[1, 1], [1, 1]], 'reflect'|x, (1, 2), (0, 1)|lab, 3|lab, 4, 0|x, lab|x, i
x, i, 1|x, [0, 2], 1|s, [[0, 1], [2, 2]], 0|n|n, None, 9|n, c4|3|3, 4|3, 4, 1|(2, 3)|(2, 3), 7|(2, 3), 'int32'|0, 5, 2|0.0, 1.0, 5|0, 1, 5|x, 'int32'|x, 'float64'|x, 'float16'|v, v|v, c4|t, x, y|t, x, 0.0
'ij,jk->ik', x, s|'ij->ji', x|x, 'fro'|x, 1|x, 2, 1|s, 2|x, ord=1, axis=1|x, order=1|x, [0, 1], y[:1, :2]|[[0], [2]], x, (4, 3)|x, 2, 0|x, repeats=2|x, (2, 1)|x, (0,)|x, 1, 1, 2|img, 2|img, 3, 2, 'same'
img, (2, 3), 1|q, 2|vol, 2|first, 2, 2, 'valid', 'channels_first'|img, (3, 4)|img, w2|img, w2, 2, 'same'|img, w2, 1, 'same', None, 2|q, w1|q, w1, 2, 'same'|vol, w3|first, w2, 1, 'same', 'channels_first'
img, t2|img, t2, 2, 'same'|q, t1, 2, 'same'|img, dw|img, dw, 2, 'same'|img, dw, pw|img, dw, pw, 2, 'same'|x, v, v, -1|x, v, v, -1, v, v|x, v, v|x, v|b3, None, None, (1, 2)|oh, pr|oh, x, True|lab, pr|lab, x, True
first, (2, 2)|x, np.s_[0]|x, np.s_[:, ::-1]|x, y, y|x, 0.1, 0.5|x, weights=y|x, 1, v|x, 0.0|x, initial=0.5|x, axes=(0,)|x, 1, keepdims=True|x * 20|x - 0.5|x - 0.5, 0.2|x, nan=1.0|x, x|x, decimals=1|x, [1], [0]|v, k=1
5|0, 5|x, alpha=0.5|i, 4|i, [1, 2]|i, return_counts=True|x, False|(x, y)|x, 0, False|x, [3]|np.arange(4)|img[:, :4, :4, :], 2|x, approximate=False
""".replace("\n", "|").strip("|")

TF = """
x|x, y|x, 2.0|x, 2|x, v|i|i, i|i, 2|t|t, t|d|d, d|x, 1|x, 0|x, -1|x, [0, 1]|x, axis=1|x, axis=0, keepdims=True|x, 0.5|x, 0.2, 0.6|v|s|s, s|x, s|x, m|m, m, transpose_a=True|b3|b3, [2, 0, 1]|b3, perm=[1, 0, 2]
x, [3, 2]|x, [-1]|[x, y], 0|[x, y], 1|[x, y]|x, 3, 1|x, [1, 2], 1|x, [2, 1]|x, [[1, 1], [0, 2]]|x, [[1, 1], [1, 1]], 'REFLECT'|lab, 3|lab, 4, axis=0|lab, 3, 5.0, -1.0|x, lab - 1|x, [0, 2], axis=1|x, i, axis=1, batch_dims=1
t, x, y|t|x, t|3|3, 4|[2, 3]|[2, 3], tf.int32|[2, 3], 7.5|5|0, 5|0, 5, 2|0.0, 1.0, 0.25|0.0, 1.0, 5|x, tf.int32|x, tf.float64|i, tf.float32|[1, 2.5]|[1, 2], tf.float64|2.5|True|[1, 2, 3, 4], shape=(2, 2)|np.arange(3)
x, direction='DESCENDING'|x, 0.3, 0.5|[x, y], 1.0|x, m, 1|'ij,jk->ik', x, s|x, 'euclidean'|x, 1|x, 2, 1|x, np.inf|x, 'fro', [0, 1]|lab, lab|[0, 1, 1], [1, 1, 0]|[0, 1, 1], [1, 1, 0], 3|x, output_type=tf.int32
x, alpha=0.3|x, True|x, v[:3]|img, c4|oh, x|labels=oh, logits=x|lab, x|labels=lab, logits=x|x, [0]|x, v, v, v, v, 1e-3|x, v, v, None, None, 0.1|img|img, 2|img, 1, 2.0, 0.1, 0.6|x, 0, 1e-3|q, w1, 1, 'SAME'|q, w1, 2, 'VALID'
img, w2, 1, 'SAME'|img, w2, 2, 'SAME'|img, w2, [1, 2, 2, 1], 'VALID'|img, w2, 1, [[0, 0], [1, 2], [0, 1], [0, 0]]|img, w2, 1, 'SAME', 'NHWC', 2|vol, w3, [1, 1, 1, 1, 1], 'SAME'|vol, w3, [1, 2, 2, 2, 1], 'VALID'
img, t2, [2, 12, 12, 2], 2, 'SAME'|img, t2, [2, 13, 13, 2], [1, 2, 2, 1], 'VALID'|img, dw, [1, 1, 1, 1], 'SAME'|img, dw, [1, 2, 2, 1], 'VALID'|img, dw, pw, [1, 1, 1, 1], 'SAME'|img, 2, 2, 'VALID'|img, 3, 2, 'SAME'
img, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID'|q, 2, 2, 'VALID'|q, 3, 1, 'SAME'|vol, 2, 2, 'VALID'|vol, 2, 1, 'SAME'|img, 1.5, seed=3|img, 1.4, True, True, 5|img, [3, 4]|img, [9, 12], 'nearest'|img, [4, 5], 'bicubic'
x, 0.3|x, 0.3, seed=4|[3]|[3], 1.0, 2.0|[300], seed=2|[3], 0, 9, tf.int32|7|'float32'|np.float64|lambda v: v * 2|1, [1, 3]|x - 0.5|None|'CPU'|'GPU'|persistent=True|(x, y)|{'a': x}|(2, 3)
""".replace("\n", "|").strip("|")

LAYER = """
()|(2)|(3)|(4)|((2, 2))|((1, 2))|(4, 3)|(4, 3, strides=2, padding='same')|(4, 3, dilation_rate=2)|(4, 3, groups=2)|(4, 3, padding='same', activation='relu', use_bias=False)|(3, padding='same')|(3, strides=2, padding='same')|(2, strides=1)
(4, activation='relu')|(4, use_bias=False, kernel_initializer='he_normal')|(4, kernel_regularizer='l2')|('relu')|('softmax')|(0.3)|(0.3, seed=2)|(axis=1)|(axis=-1, epsilon=0.1)|(groups=2)|(scale=False)|(center=False)|((3, 2))|((2, 1))|(5, 2)
(data_format='channels_first')|(2, data_format='channels_first')|(4, 3, data_format='channels_first')|(keepdims=True)|(1.0)|(0.5, 0.1)|(scale=0.5, offset=0.1)|(4, 4)|((3, 4))|(3, 3)|(l2=0.1)|(l1=0.1)|(interpolation='bilinear')|(max_value=0.6)
(lambda x: x * 2)|(shared_axes=[1, 2])|((1, 1))|(((1, 1), (0, 2)))|((1, 1, 1))|(negative_slope=0.2)|(alpha=0.5)|(axes=1)|(axes=(1, 1), normalize=True)|(2, 3)|((2, 2, 2))|(size=2)|(-1)|((6, -1))|(5)
""".replace("\n", "|").strip("|")
LAYER_INPUTS = ("img", "q", "vol", "x", "x, y", "first", "b3", "i", "b3, b3", "img, img", "x, x, y")

LOSS = "()|(reduction='none')|(reduction='sum')|(from_logits=True)|(label_smoothing=0.1)|(delta=0.5)|(axis=0)|(gamma=1.0)|(0.5)"
PAIRS = ("bin, pr", "oh, pr", "lab, pr", "x, y", "bin, x", "oh, x", "lab, x", "bin * 2 - 1, x")
METRIC = "()|(name='z')|(0.4)|(k=2)|(thresholds=0.4)|(num_classes=3)|(num_classes=3, target_class_ids=[0, 1])|(2, [0])|(axis=0)|(num_thresholds=7)|(average='macro')|(from_logits=True)|(curve='PR')|(lambda a, b: a * b)"
OPTIMIZER = "()|(0.1)|(learning_rate=0.01, weight_decay=0.1)|(0.1, clipnorm=0.5)|(0.1, clipvalue=0.1)|(0.1, global_clipnorm=0.3)|(0.1, use_ema=True)|(0.1, momentum=0.9)|(0.1, momentum=0.9, nesterov=True)|(0.1, 0.8, 0.9)|(0.1, amsgrad=True)|(0.1, rho=0.8)|(0.1, centered=True)|(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))"
SCHEDULE = "(0.1, 10)|(0.1, 10, 0.5)|(0.1, 10, 0.5, True)|([3, 6], [0.1, 0.05, 0.01])|(0.1, 10, warmup_target=0.5, warmup_steps=3)|(0.1, 10, 0.01, 2.0)|(0.1, 10, cycle=True)|(0.1, 4, t_mul=1.5)"
INITIALIZER = "()|(seed=3)|(0.5)|(0.1, 0.2, seed=4)|(gain=2.0, seed=3)|(scale=2.0, mode='fan_out', distribution='uniform', seed=3)|(2.0)"
REGULARIZER = "()|(0.1)|(l1=0.1)|(l2=0.2)|(0.1, 0.2)|(factor=0.1)|(factor=0.1, mode='columns')"
CONSTRAINT = "()|(0.5)|(0.5, axis=1)|(0.2, 0.6, 0.5)|(axis=0)"

EXTRA: dict[str, tuple[str, ...]] = {
    "keras.layers:Input": ("layers.Input((3,))", "layers.Input((3,), name='a', dtype='int32')", "layers.Input(batch_shape=(2, 3))"),
    "keras.layers:InputLayer": ("layers.InputLayer((3,)).output", "layers.InputLayer((3,)).get_config()"),
    "keras.layers:InputSpec": ("repr(layers.InputSpec(ndim=3))", "repr(layers.InputSpec(shape=(None, 3), dtype='float32'))", "layers.InputSpec(min_ndim=2, axes={-1: 3}).axes"),
    "keras.layers:Layer": (
        "layers.Layer(name='a').name", "(lambda l: (l.add_weight(shape=(2,), initializer='ones', name='w'), [w.path for w in l.weights])[1])(layers.Layer())",
        "type('My', (layers.Layer,), {'call': lambda self, x: x * 2})()(x)", "layers.Layer().get_config()", "type('My', (layers.Layer,), {})().name",
    ),
    "keras.layers:Lambda": ("layers.Lambda(lambda v: v * 2)(x)", "layers.Lambda(lambda v: v * 2).name"),
    "keras.layers:Embedding": ("play(layers.Embedding(5, 2), i)", "layers.Embedding(5, 2, mask_zero=True).compute_mask(i)"),
    "keras:Model": ("(lambda a: keras.Model(a, layers.Dense(2)(a))(x))(keras.Input((3,)))", "(lambda a: keras.Model(a, layers.Dense(2)(a)).name)(keras.Input((3,)))"),
    "keras:Sequential": ("keras.Sequential([layers.Dense(2)])(x)", "keras.Sequential([layers.Dense(2)]).name"),
    "keras:Input": ("keras.Input((3,))",),
    "keras:Layer": ("keras.Layer().name",),
    "keras:Variable": (
        "repr(keras.Variable([1.0, 2.0]))", "keras.Variable([1.0, 2.0]).assign_add([1.0, 1.0])", "keras.Variable(x) + y", "keras.Variable('zeros', shape=(2,)).numpy()",
        "keras.Variable(1, dtype='float32', trainable=False).trainable", "keras.Variable([1, 2]).dtype", "keras.Variable(x)[0]", "repr(keras.Variable(x, name='k').value)",
    ),
    "keras:Function": ("(lambda a: keras.Function(a, layers.Dense(2)(a))(x))(keras.Input((3,)))",),
    "keras:KerasTensor": ("keras.KerasTensor((None, 3))", "keras.KerasTensor((2, 3), dtype='int32', name='a')", "keras.KerasTensor((2, 3)) + 1"),
    "keras:utils.to_categorical": ("keras.utils.to_categorical([0, 2, 1])", "keras.utils.to_categorical([0, 2], 4)", "keras.utils.to_categorical(lab)"),
    "keras:utils.set_random_seed": ("(keras.utils.set_random_seed(3), keras.random.normal((3,)), keras.random.uniform((2,)), np.random.rand(2), layers.Dense(2)(x))[1:]",),
    "keras:utils.plot_model": ("callable(keras.utils.plot_model)",),
    "keras:utils.split_dataset": ("[list(p.as_numpy_iterator()) for p in keras.utils.split_dataset(np.arange(6), left_size=4)]",),
    "keras:backend.image_data_format": ("keras.backend.image_data_format()",),
    "keras:backend.set_image_data_format": ("(keras.backend.set_image_data_format('channels_first'), keras.backend.image_data_format())[1]",),
    "keras:backend.epsilon": ("keras.backend.epsilon()",),
    "keras:backend.floatx": ("keras.backend.floatx()", "(keras.backend.set_floatx('float64'), keras.backend.floatx(), ops.ones((2,)))"),
    "keras:config.image_data_format": ("keras.config.image_data_format()",),
    "keras:saving.load_model": ("(lambda m: (m.save('/tmp/plait_case.keras'), keras.saving.load_model('/tmp/plait_case.keras')(x))[1])(net())",),
    "keras:saving.save_model": ("(lambda m: (keras.saving.save_model(m, '/tmp/plait_case.keras'), os.path.exists('/tmp/plait_case.keras'))[1])(net())",),
    "keras:models.load_model": ("(lambda m: (m.save('/tmp/plait_case.keras'), keras.models.load_model('/tmp/plait_case.keras').predict(np.ones((2, 3)), verbose=0))[1])(net())",),
    "keras:models.clone_model": ("keras.models.clone_model(net()).count_params()", "[w.path for w in keras.models.clone_model(net()).weights]"),
    "keras.losses:Loss": ("type('My', (keras.losses.Loss,), {'call': lambda self, a, b: a - b})()(x, y)",),
    "keras.metrics:Metric": ("keras.metrics.Metric(name='a').name",),
    "keras.metrics:Mean": ("measure(keras.metrics.Mean(), x)", "measure(keras.metrics.Mean(), x, sample_weight=y)"),
    "keras.metrics:Sum": ("measure(keras.metrics.Sum(), x)",),
    "keras.metrics:MeanMetricWrapper": ("measure(keras.metrics.MeanMetricWrapper(lambda a, b: a - b, name='q'), x, y)",),
    "keras.metrics:R2Score": ("measure(keras.metrics.R2Score(), x, y)",),
    "keras.initializers:Initializer": ("keras.initializers.Initializer().__class__",),
    "keras.regularizers:Regularizer": ("keras.regularizers.Regularizer().__class__",),
    "keras.constraints:Constraint": ("keras.constraints.Constraint().__class__",),
    "keras.optimizers:Optimizer": ("isinstance(keras.optimizers.SGD(), keras.optimizers.Optimizer)",),
    "keras.callbacks:BackupAndRestore": ("keras.callbacks.BackupAndRestore('/tmp/plait_backup').save_freq",),
    "keras.callbacks:CSVLogger": ("(fit(keras.callbacks.CSVLogger('/tmp/plait_case.csv')), open('/tmp/plait_case.csv').read().split(chr(10))[0])[1]",),
    "keras.callbacks:Callback": ("fit(keras.callbacks.Callback())",),
    "keras.callbacks:CallbackList": ("len(keras.callbacks.CallbackList([keras.callbacks.History()], add_history=True).callbacks)",),
    "keras.callbacks:EarlyStopping": ("fit(keras.callbacks.EarlyStopping('loss', patience=0, min_delta=10.0), epochs=5)",),
    "keras.callbacks:History": ("fit(keras.callbacks.History())",),
    "keras.callbacks:LambdaCallback": ("(lambda seen: (fit(keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))), seen)[1])([])",),
    "keras.callbacks:LearningRateScheduler": ("fit(keras.callbacks.LearningRateScheduler(lambda e, lr: lr * 0.5))",),
    "keras.callbacks:ModelCheckpoint": ("(fit(keras.callbacks.ModelCheckpoint('/tmp/plait_case2.keras')), os.path.exists('/tmp/plait_case2.keras'))[1]",),
    "keras.callbacks:ProgbarLogger": ("keras.callbacks.ProgbarLogger().__class__",),
    "keras.callbacks:ReduceLROnPlateau": ("fit(keras.callbacks.ReduceLROnPlateau('loss', patience=1, min_delta=10.0), epochs=5)",),
    "keras.callbacks:TensorBoard": ("keras.callbacks.TensorBoard('/tmp/plait_logs').log_dir",),
    "keras.callbacks:TerminateOnNaN": ("fit(keras.callbacks.TerminateOnNaN())",),
    "keras.optimizers.schedules:LearningRateSchedule": ("keras.optimizers.schedules.LearningRateSchedule",),
    "keras.Model:build": ("(lambda m: (m.build((None, 3)), [w.path for w in m.weights])[1])(keras.Sequential([layers.Dense(2)]))",),
    "keras.Model:call": ("net().call(x)",),
    "keras.Model:compile": ("net().compiled", "net().optimizer.name", "(lambda m: (m.compile('adam', 'mse'), m.loss)[1])(net())"),
    "keras.Model:fit": ("fit()", "fit(validation_data=data)", "fit(validation_split=0.25)", "fit(sample_weight=np.arange(16.0))", "fit(initial_epoch=1)"),
    "keras.Model:evaluate": ("net().evaluate(*data, verbose=0)", "net().evaluate(*data, verbose=0, return_dict=True)"),
    "keras.Model:predict": ("net().predict(data[0], verbose=0)", "net().predict(data[0], batch_size=5, verbose=0)"),
    "keras.Model:train_on_batch": ("net().train_on_batch(*data)", "net().train_on_batch(*data, return_dict=True)"),
    "keras.Model:test_on_batch": ("net().test_on_batch(*data)",),
    "keras.Model:predict_on_batch": ("net().predict_on_batch(data[0])",),
    "keras.Model:summary": ("(lambda lines: (net().summary(print_fn=lambda s, **k: lines.append(s)), lines)[1])([])",),
    "keras.Model:save": ("(lambda m: (m.save('/tmp/plait_case.keras'), os.path.exists('/tmp/plait_case.keras'))[1])(net())",),
    "keras.Model:save_weights": ("(lambda m: (m.save_weights('/tmp/plait_case.weights.h5'), os.path.exists('/tmp/plait_case.weights.h5'))[1])(net())",),
    "keras.Model:load_weights": ("(lambda a, b: (a.save_weights('/tmp/plait_case.weights.h5'), b.load_weights('/tmp/plait_case.weights.h5'), b(x))[2])(net(), net())",),
    "keras.Model:get_config": ("sorted(net().get_config())", "net().get_config()['name']", "[l['class_name'] for l in net().get_config()['layers']]"),
    "keras.Model:from_config": ("keras.Sequential.from_config(net().get_config()).count_params()",),
    "keras.Model:get_layer": ("net().get_layer('dense_1').name", "net().get_layer(index=0).name"),
    "keras.Model:add": ("(lambda m: (m.add(layers.Dense(2)), m(x))[1])(keras.Sequential())",),
    "keras.Model:pop": ("(lambda m: (m.pop().name, len(m.layers)))(net())",),
    "keras.Model:layers": ("[l.name for l in net().layers]",),
    "keras.Model:inputs": ("net().inputs",),
    "keras.Model:outputs": ("net().outputs",),
    "keras.Model:weights": ("[(w.path, w.numpy()) for w in net().weights]",),
    "keras.Model:trainable_weights": ("[w.path for w in net().trainable_weights]",),
    "keras.Model:non_trainable_weights": ("[w.path for w in net().non_trainable_weights]",),
    "keras.Model:trainable_variables": ("[w.path for w in net().trainable_variables]",),
    "keras.Model:losses": ("net().losses", "(lambda m: (m(x), m.losses)[1])(keras.Sequential([layers.Dense(2, kernel_regularizer='l2')]))"),
    "keras.Model:metrics": ("[m.name for m in net().metrics]",),
    "keras.Model:get_weights": ("net().get_weights()",),
    "keras.Model:set_weights": ("(lambda m: (m.set_weights([w * 2 for w in m.get_weights()]), m(x))[1])(net())",),
    "keras.Model:count_params": ("net().count_params()",),
    "keras.Model:stop_training": ("net().stop_training",),
    "keras.random:SeedGenerator": ("keras.random.SeedGenerator(3).next()", "(lambda g: [g.next(), g.next(), g.next(ordered=False)])(keras.random.SeedGenerator(7))", "keras.random.SeedGenerator(3, name='a').get_config()"),
    "keras.ops:unstack": ("grad(lambda a: keras.ops.unstack(a), x)", "keras.ops.unstack(i, axis=1)", "keras.ops.unstack(b3, 4, 2)"),
    "keras.ops:slice_update": ("keras.ops.slice_update(x, [0, 1], y[:1, :2])", "keras.ops.slice_update(x, [1, 2], y)"),
    "keras.ops:identity": ("keras.ops.identity(3)", "keras.ops.identity(3, dtype='int32')"),
    "keras.ops:eye": ("keras.ops.eye(3)", "keras.ops.eye(3, 4)", "keras.ops.eye(3, 4, 1)", "keras.ops.eye(4, 3, -1, 'int32')", "keras.ops.eye(0, 5, 2)"),
    "keras.ops:ones": ("keras.ops.ones((2, 3))", "keras.ops.ones(3)", "keras.ops.ones((2, 3), 'int32')", "keras.ops.ones((), dtype='bool')"),
    "keras.ops:zeros": ("keras.ops.zeros((2, 3))", "keras.ops.zeros(3)", "keras.ops.zeros((2, 3), 'int32')", "keras.ops.zeros((), dtype='bool')"),
    "keras.ops:adaptive_average_pool": tuple(f"grad(lambda a: keras.ops.adaptive_average_pool(a, {k}), {n})" for n, k in (("img", 3), ("img", (2, 4)), ("q", 5), ("vol", 3))),
    "keras.ops:adaptive_max_pool": tuple(f"grad(lambda a: keras.ops.adaptive_max_pool(a, {k}), {n})" for n, k in (("img", 3), ("img", (2, 4)), ("q", 5), ("vol", 3))),
    "tensorflow:Variable": (
        "tf.Variable([1.0, 2.0])", "repr(tf.Variable(3, name='a'))", "tf.Variable(x) * y", "tf.Variable(1.0, trainable=False).trainable", "repr(tf.Variable([1.0]).assign([2.0]))",
        "tf.Variable(x).assign_sub(y)", "tf.Variable([1, 2], dtype=tf.float64)", "tf.Variable(x).name",
    ),
    "tensorflow:Tensor": ("isinstance(x, tf.Tensor)", "str(x)", "repr(i)", "repr(tf.constant(0.1))", "repr(tf.zeros((0, 3)))", "str(tf.constant([1e10, 1e-5]))"),
    "tensorflow:GradientTape": (
        "grad(lambda a: a * a, x)", "grad(lambda a, b: a @ b, x, s)", "(lambda w: grad(lambda a: a * w, x))(tf.Variable(2.0))",
        "(lambda t: (t.__enter__(), t.watch(x), x * x * y, t.__exit__(None, None, None)) and t.gradient)(tf.GradientTape()) is not None",
        "(lambda w, t: (t.__enter__(), w * w, t.__exit__(None, None, None), t.gradient)[2])(tf.Variable(3.0), tf.GradientTape())",
    ),
    "tensorflow:function": ("tf.function(lambda a: a * 2)(x)", "tf.function(lambda a: (a, a + 1), input_signature=[tf.TensorSpec((None, 3))])(x)", "tf.function()(lambda a: a)(x)"),
    "tensorflow:float32": ("tf.float32", "repr(tf.float32)", "str(tf.float32)", "tf.float32 == 'float32'", "tf.float32.max"),
    "tensorflow:float64": ("repr(tf.float64)",), "tensorflow:int32": ("repr(tf.int32)", "tf.int32.min"), "tensorflow:int64": ("repr(tf.int64)",),
    "tensorflow:bool": ("repr(tf.bool)", "tf.bool.is_bool"), "tensorflow:uint8": ("repr(tf.uint8)", "tf.uint8.max"),
    "tensorflow:keras": ("tf.keras.layers.Dense(2)(x)", "tf.keras.__name__ is not None"),
    "tensorflow:random.set_seed": ("(tf.random.set_seed(3), tf.random.normal((3,)), tf.random.uniform((2,)))[1:]",),
    "tensorflow:random.shuffle": ("tf.random.shuffle([1, 2, 3, 4, 5])", "tf.random.shuffle(x, seed=3)"),
    "tensorflow:data.AUTOTUNE": ("tf.data.AUTOTUNE",),
    "tensorflow:data.Dataset.from_tensor_slices": (
        "list(tf.data.Dataset.from_tensor_slices((x, lab)).as_numpy_iterator())", "repr(tf.data.Dataset.from_tensor_slices({'a': x}))",
    ),
    "tensorflow:data.Dataset.range": ("list(tf.data.Dataset.range(4).as_numpy_iterator())", "repr(tf.data.Dataset.range(2, 9, 3))"),
    "tensorflow:rank": ("tf.rank(x)",),
    "tf.Tensor and tf.Variable:shape": ("x.shape", "repr(x.shape)", "x.shape.as_list()", "tf.Variable(x).shape == (2, 3)"),
    "tf.Tensor and tf.Variable:dtype": ("repr(x.dtype)", "repr(tf.Variable(1).dtype)"),
    "tf.Tensor and tf.Variable:numpy": ("x.numpy()", "tf.Variable(x).numpy()", "tf.constant(2.5).numpy()"),
    "tf.Tensor and tf.Variable:ndim": ("x.ndim",),
    "tf.Tensor and tf.Variable:assign": ("tf.Variable(x).assign(y)", "(lambda w: (w.assign(y), w.numpy())[1])(tf.Variable(x))"),
    "tf.Tensor and tf.Variable:assign_add": ("tf.Variable(x).assign_add(y)",),
    "tf.Tensor and tf.Variable:assign_sub": ("tf.Variable(x).assign_sub(y)",),
    "tf.Tensor and tf.Variable:value": ("tf.Variable(x).value()", "repr(keras.Variable(x, name='k').value)"),
    "tf.Tensor and tf.Variable:name": ("tf.Variable(x).name", "tf.Variable(x, name='q').name"),
    "tf.Tensor and tf.Variable:trainable": ("tf.Variable(x).trainable", "tf.Variable(x, trainable=False).trainable"),
    "tf.Tensor and tf.Variable:__getitem__": ("x[0]", "x[:, 1:]", "x[..., None]", "x[-1, ::-1]", "x[t]", "tf.Variable(x)[1]", "x[tf.constant(1)]"),
    "tf.Tensor and tf.Variable:__len__": ("len(x)", "len(tf.Variable(x))"),
    "tf.Tensor and tf.Variable:__iter__": ("list(x)", "[r.shape for r in b3]"),
    "tf.Tensor and tf.Variable:__array__": ("np.asarray(x)", "np.array(tf.Variable(x))", "np.sum(x)"),
    "tf.Tensor and tf.Variable:__float__": ("float(one)", "float(tf.Variable(2.5))"),
    "tf.Tensor and tf.Variable:__int__": ("int(one)", "int(tf.Variable(2))"),
    "tf.Tensor and tf.Variable:__bool__": ("bool(one)", "bool(tf.constant(False))"),
    "tf.Tensor and tf.Variable:__neg__": ("-x", "-i", "-tf.Variable(x)"), "tf.Tensor and tf.Variable:__abs__": ("abs(x - 0.5)", "abs(-i)"),
    "tf.Tensor and tf.Variable:__invert__": ("~t", "~i"),
}  # fmt: skip
_SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@", "and": "&", "or": "|", "xor": "^",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
_DATASETS = {
    "batch": ("(2)", "(3, drop_remainder=True)"), "shuffle": ("(3, seed=4)", "(10)", "(2, seed=1, reshuffle_each_iteration=False)"), "map": ("(lambda v: v * 2)",),
    "prefetch": ("(2)", "(tf.data.AUTOTUNE)"), "repeat": ("(2)",), "take": ("(3)", "(-1)"), "skip": ("(3)",), "cache": ("()",), "enumerate": ("()", "(start=2)"),
}  # fmt: skip


def _family(name: str) -> Iterator[str]:
    """`get`, `serialize` and `deserialize` of each family of things."""
    kinds = {
        "activations": "'relu'", "initializers": "'ones'", "regularizers": "'l2'", "constraints": "'non_neg'", "losses": "'mse'", "metrics": "'mae'",
        "optimizers": "'adam'",
    }  # fmt: skip
    space = name.rsplit(".", 1)[0]
    word = kinds.get(space.split(".")[-1], "keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)")
    get = word if "schedules" in space else f"{space}.get({word})"
    if name.endswith(".get"):
        yield from (get, f"{space}.get(None)")
    elif name.endswith(".serialize"):
        yield f"{space}.serialize({get})"
    else:
        yield f"{space}.deserialize({space}.serialize({get}))"


def expressions(family: str, name: str) -> list[str]:
    """The expressions to try a name with."""
    return list(dict.fromkeys(_expressions(family, name)))


def _expressions(family: str, name: str) -> Iterator[str]:
    full = f"{family}.{name}"
    key = f"{family}:{name}"
    if EXTRA.get(key):
        yield from EXTRA[key]
        return
    if name in ("get", "serialize", "deserialize"):
        yield from _family(full)
    elif family == "keras.layers":
        if name in ("renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size", "adjustment"):
            yield from (f"'{name}' in dir(keras.layers.BatchNormalization)", "play(layers.BatchNormalization(), img)")
            return
        fitting = {"1D": ("q",), "2D": ("img",), "3D": ("vol",)}.get(name.replace("Transpose", "")[-2:], ())
        for arguments in LAYER.split("|"):
            for inputs in fitting or LAYER_INPUTS:
                yield f"play({full}{arguments}, {inputs})"
    elif family == "keras.ops":
        for arguments in OPS.split("|"):
            first = arguments.split(",")[0].split("[")[0].strip("( ")
            plain = first in ("x", "img", "q", "vol", "b3", "s", "v", "m", "first") and not arguments.startswith("[")
            rest = arguments[len(first) :]
            yield f"grad(lambda a: {full}(a{rest}), {first})" if plain else f"{full}({arguments})"
    elif family == "keras.random":
        for arguments in (
            "(2, 3), seed=3",
            "(2, 3), 1.0, 2.0, seed=4",
            "(4,), 0, 9, seed=3",
            "x, 0.3, seed=2",
            "x, seed=3",
            "m, 3, seed=1",
            "x, 5, seed=3",
            "(2, 3)",
        ):
            yield f"{full}({arguments})"
    elif family == "keras.activations":
        for arguments in ("x - 0.5", "x * 8 - 3", "x, -1", "m", "x, 0.3", "x, 0.3, 0.1", "b3"):
            yield f"grad(lambda a: {full}(a{arguments[1:] if arguments[0] != 'b' else ''}), {arguments[0] if arguments[0] != 'b' else 'b3'})"
    elif family == "keras.initializers":
        for arguments in INITIALIZER.split("|"):
            yield from (
                f"{full}{arguments}((3, 3))",
                f"{full}{arguments}((4, 2, 3), dtype='float64')",
                f"{full}{arguments}.get_config()",
            )
    elif family == "keras.regularizers":
        for arguments in REGULARIZER.split("|"):
            yield from (f"grad({full}{arguments}, x)", f"{full}{arguments}.get_config()")
    elif family == "keras.constraints":
        for arguments in CONSTRAINT.split("|"):
            yield from (f"{full}{arguments}(x - 0.4)", f"{full}{arguments}.get_config()")
    elif family == "keras.losses":
        for pair in PAIRS:
            if name[0].isupper():
                for arguments in LOSS.split("|"):
                    yield f"grad(lambda b: {full}{arguments}({pair.split(', ')[0]}, b), {pair.split(', ')[1]})"
            else:
                yield f"grad(lambda b: {full}({pair.split(', ')[0]}, b), {pair.split(', ')[1]})"
        yield f"{full}().get_config()"
    elif family == "keras.metrics":
        for arguments in METRIC.split("|") if name[0].isupper() else [""]:
            for pair in (*PAIRS, "x", "x, sample_weight=y", "bin, pr, sample_weight=y", "lab, lab", "i, i"):
                yield f"measure({full}{arguments}, {pair})" if name[0].isupper() else f"{full}({pair})"
    elif family == "keras.optimizers":
        for arguments in OPTIMIZER.split("|"):
            yield f"step({full}{arguments})"
    elif family == "keras.optimizers.schedules":
        for arguments in SCHEDULE.split("|"):
            yield f"[{full}{arguments}(k) for k in range(0, 15, 2)]"
            yield f"{full}{arguments}.get_config()"
    elif family == "tensorflow":
        rank = {"1d": "q", "2d": "img", "3d": "vol"}.get(name[-2:]) if "pool" in name else None
        for arguments in TF.split("|"):
            if rank is not None and not arguments.startswith(rank + ","):
                continue
            yield f"tf.{name}({arguments})"
    elif family == "tf.Tensor and tf.Variable":
        mark = _SYMBOLS[name.strip("_")]
        for a, b in (
            ("x", "y"),
            ("x", "2"),
            ("2", "x"),
            ("i", "i"),
            ("i", "2"),
            ("t", "t"),
            ("tf.Variable(x)", "y"),
            ("x", "s"),
            ("d", "0.5"),
            ("x", "v"),
            ("x", "np.ones(3)"),
        ):
            yield f"{a} {mark} {b}"
    elif family == "tf.data.Dataset":
        if name == "as_numpy_iterator":
            yield from (
                "list(tf.data.Dataset.range(3).as_numpy_iterator())",
                "list(tf.data.Dataset.from_tensor_slices({'a': x}).as_numpy_iterator())",
            )
        elif name == "element_spec":
            yield from (
                "repr(tf.data.Dataset.from_tensor_slices((x, lab)).batch(2).element_spec)",
                "repr(tf.data.Dataset.range(3).element_spec)",
            )
        else:
            for arguments in _DATASETS[name]:
                yield f"list(tf.data.Dataset.range(7).{name}{arguments}.as_numpy_iterator())"
                yield f"repr(tf.data.Dataset.from_tensor_slices(x).{name}{arguments})"
