"""Model: a network with its training loop."""

from __future__ import annotations

import os
import warnings
from typing import Any, ClassVar

import numpy as np

from plait.paddle._places import CPU
from plait.paddle._tensor import Tensor
from plait.paddle.autograd import no_grad
from plait.paddle.functions.creation import to_tensor
from plait.paddle.hapi.callbacks import CallbackList, EarlyStopping, config_callbacks
from plait.paddle.io import DataLoader, Dataset, DistributedBatchSampler
from plait.paddle.metric import Metric
from plait.paddle.nn import Layer
from plait.paddle.static import InputSpec
from plait.paddle.utils import flatten

__all__: list[str] = []


def to_list(value: Any) -> Any:
    """A list of what is or is not one; None stays."""
    if value is None:
        return value
    return list(value) if isinstance(value, (list, tuple)) else [value]


def to_numpy(value: Any) -> Any:
    """A tensor's numbers, as an array of their own."""
    if not isinstance(value, Tensor):
        raise AssertionError(f"the network's outputs must be tensors; got {type(value).__name__}")
    return np.array(value.numpy())


def _facts(inputs: Any) -> tuple[list[Any], list[Any]] | None:
    """(shapes, dtypes) of the inputs, where they are told."""
    if isinstance(inputs, InputSpec):
        inputs = [inputs]
    elif isinstance(inputs, dict):
        inputs = list(inputs.values())
    elif not isinstance(inputs, (list, tuple)):
        return None
    return [list(i.shape) for i in inputs], [i.dtype for i in inputs]


class Model:
    """A network that trains, evaluates and predicts by itself.

    `inputs` and `labels` are InputSpecs (or lists of them); without `inputs` the network's forward says how many there are. A dataset's
    sample is its inputs, then its labels.

    >>> from plait import paddle
    >>> model = paddle.Model(paddle.nn.Linear(2, 1))
    >>> model.prepare(paddle.optimizer.SGD(0.1, model.parameters()), paddle.nn.MSELoss())
    >>> len(model.train_batch([paddle.ones([4, 2])], [paddle.ones([4, 1])]))
    1
    """

    mode: str
    network: Any
    stop_training: bool
    num_iters: Any

    #: what callbacks see, one dict for all models and runs, as upstream has it
    _logs: ClassVar[dict[str, Any]] = {}

    def __init__(self, network: Any, inputs: Any = None, labels: Any = None) -> None:
        self.mode = "train"
        self.network = network
        self._loss: Any = None
        self._optimizer: Any = None
        self._metrics: list[Any] = []
        self._accumulate = 1
        self._is_shape_inferred = False
        self._test_dataloader: Any = None
        self.stop_training = False
        self._input_info = _facts(inputs) if inputs else None
        self._inputs: Any = self._verify_spec(inputs, is_input=True)
        self._labels: Any = self._verify_spec(labels)

    # --- one batch --------------------------------------------------------------------------------------------------------

    def _ready(self, inputs: Any, labels: Any) -> tuple[list[Any], list[Any]]:
        given = to_list(inputs)
        if self._input_info is None:
            self._input_info = _facts(given)
            if self._input_info is not None:
                self._inputs = self._verify_spec(None, *self._input_info, is_input=True)
                self._is_shape_inferred = True
        return [to_tensor(x) for x in given], [to_tensor(x) for x in to_list(labels if labels is not None else [])]

    def _measured(self, outputs: Any, labels: list[Any]) -> list[Any]:
        told = []
        for metric in self._metrics:
            computed = metric.compute(*(to_list(outputs) + labels))
            told.append(metric.update(*[to_numpy(m) for m in to_list(computed)]))
        return told

    def train_batch(self, inputs: Any, labels: Any = None, update: bool = True) -> Any:
        """One step on a batch: the losses as arrays, or (losses, metrics); without `update` gradients are only added up."""
        if not self._optimizer:
            raise AssertionError("model not ready, please call `model.prepare()` first")
        self.network.train()
        self.mode = "train"
        xs, ys = self._ready(inputs, labels)
        outputs = self.network(*xs)
        losses = to_list(self._loss(*(to_list(outputs) + ys)))
        total = losses[0]
        for loss in losses[1:]:
            total = total + loss
        total.backward()
        if update:
            self._optimizer.minimize(total)
            self.network.clear_gradients()
        metrics = self._measured(outputs, ys)
        told = [to_numpy(loss) for loss in losses]
        return (told, metrics) if metrics else told

    def eval_batch(self, inputs: Any, labels: Any = None) -> Any:
        """Losses, or (losses, metrics), or metrics, of a batch."""
        with no_grad():
            self.network.eval()
            self.mode = "eval"
            xs, ys = self._ready(inputs, labels)
            outputs = self.network(*xs)
            losses = []
            if self._loss:
                losses = [to_numpy(loss) for loss in to_list(self._loss(*(to_list(outputs) + ys)))]
            metrics = self._measured(outputs, ys)
            if self._loss and metrics:
                return losses, metrics
            return losses if self._loss else metrics

    def predict_batch(self, inputs: Any) -> list[Any]:
        """The outputs of a batch, as arrays."""
        with no_grad():
            self.network.eval()
            self.mode = "test"
            xs, _ = self._ready(inputs, None)
            return [to_numpy(o) for o in to_list(self.network(*xs))]

    # --- files ------------------------------------------------------------------------------------------------------------

    def save(self, path: str, training: bool = True) -> None:
        """Write `path`.pdparams, and `path`.pdopt where there is an optimizer with a state.

        `training=False`, a program for inference, is not part of plait and raises NotImplementedError.
        """
        if not training:
            raise NotImplementedError(
                "Model.save: training=False writes a static graph, which is not part of plait; save with training=True"
            )
        from plait import paddle

        paddle.save(self.network.state_dict(), path + ".pdparams")
        if self._optimizer is not None:
            state = self._optimizer.state_dict()
            if state:
                paddle.save(state, path + ".pdopt")

    def load(self, path: str, skip_mismatch: bool = False, reset_optimizer: bool = False) -> None:
        """Read what `save` wrote. Parameters that are missing or of another shape raise ValueError, or are left as they are with a
        warning (`skip_mismatch`)."""
        path, ending = os.path.splitext(path)
        if ending not in ("", ".pdparams", ".pdopt", ".pdmodel"):
            raise AssertionError(f"Unknown postfix {ending} from weights")
        found = _read(path + ".pdparams")
        if not found:
            raise AssertionError("Failed to load parameters, please check path.")
        pairs = []
        for key, param in self.network.state_dict().items():
            value = found.get(key)
            if value is None:
                trouble = f"{key} is not found in the providing file."
            elif list(value.shape) != list(param.shape):
                trouble = f"{key} receives a shape {list(value.shape)}, but the expected shape is {list(param.shape)}."
            else:
                pairs.append((param, value))
                continue
            if not skip_mismatch:
                raise ValueError(trouble)
            warnings.warn(f"Skip loading for {key}. {trouble}", stacklevel=2)
            reset_optimizer = True
        for param, value in pairs:
            param.set_value(value)
        state = None if reset_optimizer else _read(path + ".pdopt")
        if self._optimizer and state:
            self._optimizer.set_state_dict(state)

    def parameters(self, *args: Any, **kwargs: Any) -> list[Any]:
        """The network's parameters."""
        return self.network.parameters()

    # --- whole runs -------------------------------------------------------------------------------------------------------

    def prepare(self, optimizer: Any = None, loss: Any = None, metrics: Any = None, amp_configs: Any = None) -> None:
        """Say what to train with: an optimizer, a loss of outputs and labels, metrics."""
        self._place = CPU
        self._optimizer = optimizer
        if loss is not None and not isinstance(loss, Layer) and not callable(loss):
            raise TypeError("'loss' must be sub classes of `paddle.nn.Layer` or any callable function.")
        self._loss = loss
        chosen = to_list(metrics or [])
        for metric in chosen:
            if not isinstance(metric, Metric):
                raise AssertionError(f"{metric.__class__.__name__} is not sub class of Metric")
        self._metrics = chosen
        level = amp_configs.get("level", "O1") if isinstance(amp_configs, dict) else (amp_configs or "O0")
        if level not in ("O0", "O1", "O2"):
            raise ValueError(f"The level of amp_configs should be 'O0', 'O1' or 'O2'; got {level!r}.")
        if level != "O0":
            raise NotImplementedError(
                f"Model.prepare: mixed precision is not part of plait; amp_configs must be None or 'O0', got {amp_configs!r}"
            )

    def _loader(
        self, data: Any, batch_size: int, num_workers: int, shuffle: bool = False, drop_last: bool = False
    ) -> Any:
        if not isinstance(data, Dataset):
            return data
        sampler = DistributedBatchSampler(data, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
        return DataLoader(data, batch_sampler=sampler, places=self._place, num_workers=num_workers, return_list=True)

    def fit(
        self,
        train_data: Any = None,
        eval_data: Any = None,
        batch_size: Any = 1,
        epochs: int = 1,
        eval_freq: int = 1,
        log_freq: int = 10,
        save_dir: str | None = None,
        save_freq: int = 1,
        verbose: int = 2,
        drop_last: bool = False,
        shuffle: bool = True,
        num_workers: int = 0,
        callbacks: Any = None,
        accumulate_grad_batches: int = 1,
        num_iters: int | None = None,
    ) -> None:
        """Train on a Dataset (batched and shuffled by the epoch's number) or a loader, evaluating every `eval_freq` epochs.

        `batch_size` is a number, or one for training and one for evaluating. `num_iters` trains for that many batches in all.
        """
        if train_data is None:
            raise AssertionError("train_data must be given!")
        sizes = list(batch_size) if isinstance(batch_size, (tuple, list)) else [batch_size, batch_size]
        if len(sizes) != 2:
            raise AssertionError("batch_size length error, expected train_batch_size and eval_batch_size.")
        train_loader = self._loader(train_data, sizes[0], num_workers, shuffle, drop_last)
        eval_loader = self._loader(eval_data, sizes[1], num_workers)
        self._test_dataloader = eval_loader
        self._accumulate = accumulate_grad_batches
        steps = self._len_data_loader(train_loader)
        self.num_iters = num_iters
        if isinstance(num_iters, int) and isinstance(steps, int):
            if num_iters <= 0:
                raise AssertionError("num_iters must be greater than 0!")
            epochs = (num_iters // steps) + 1
            steps = min(num_iters, steps)
        cbks = config_callbacks(
            callbacks,
            model=self,
            epochs=epochs,
            steps=steps,
            log_freq=log_freq,
            save_freq=save_freq,
            save_dir=save_dir,
            verbose=verbose,
            metrics=self._metrics_name(),
        )
        if eval_loader is None and any(isinstance(c, EarlyStopping) for c in cbks):
            warnings.warn("EarlyStopping needs validation data.", stacklevel=2)
        cbks.on_begin("train")
        for epoch in range(epochs):
            cbks.on_epoch_begin(epoch)
            self._run_one_epoch(train_loader, cbks, "train")
            cbks.on_epoch_end(epoch, self._logs)
            if eval_loader is not None and epoch % eval_freq == 0:
                self._begin_eval(eval_loader, self._len_data_loader(eval_loader), cbks)
            if self.stop_training:
                break
        cbks.on_end("train", self._logs)
        self._test_dataloader = None

    def _begin_eval(self, loader: Any, steps: Any, cbks: CallbackList) -> None:
        cbks.on_begin("eval", {"steps": steps, "metrics": self._metrics_name()})
        self._run_one_epoch(loader, cbks, "eval")
        cbks.on_end("eval", self._logs)

    def evaluate(
        self,
        eval_data: Any,
        batch_size: int = 1,
        log_freq: int = 10,
        verbose: int = 2,
        num_workers: int = 0,
        callbacks: Any = None,
        num_iters: int | None = None,
    ) -> dict[str, Any]:
        """Loss (of the last batch, a list) and metrics of a Dataset or a loader."""
        loader = self._loader(eval_data, batch_size, num_workers)
        self._test_dataloader = loader
        cbks = config_callbacks(callbacks, model=self, log_freq=log_freq, verbose=verbose, metrics=self._metrics_name())
        steps = self._len_data_loader(loader)
        self.num_iters = num_iters
        if isinstance(num_iters, int) and isinstance(steps, int):
            if num_iters <= 0:
                raise AssertionError("num_iters must be greater than 0!")
            self.num_iters = steps = min(num_iters, steps)
        self._begin_eval(loader, steps, cbks)
        self._test_dataloader = None
        return {name: self._logs[name] for name in self._metrics_name()}

    def predict(
        self,
        test_data: Any,
        batch_size: int = 1,
        num_workers: int = 0,
        stack_outputs: bool = False,
        verbose: int = 1,
        callbacks: Any = None,
    ) -> list[Any]:
        """For each output of the network the arrays of all batches: a tuple of them, or one array (`stack_outputs`)."""
        loader = self._loader(test_data, batch_size, num_workers)
        self._test_dataloader = loader
        cbks = config_callbacks(callbacks, model=self, verbose=verbose)
        cbks.on_begin("predict", {"steps": self._len_data_loader(loader)})
        batches = self._run_one_epoch(loader, cbks, "predict")
        outputs: list[Any] = list(zip(*batches, strict=False))
        if stack_outputs:
            outputs = [np.vstack(each) for each in outputs]
        self._test_dataloader = None
        cbks.on_end("predict", self._logs)
        return outputs

    def _run_one_epoch(self, loader: Any, callbacks: CallbackList, mode: str) -> list[Any]:
        outputs = []
        logs = self._logs
        names = self._metrics_name()
        last = self._len_data_loader(loader)
        for step, batch in enumerate(loader):
            data = flatten(batch)
            callbacks.on_batch_begin(mode, step, logs)
            if mode == "predict":
                outputs.append(self.predict_batch(data[: len(self._inputs)]))
            else:
                xs, ys = data[: len(self._inputs)], data[len(self._inputs) :]
                if mode == "train":
                    done = self.train_batch(xs, ys, (step + 1) % self._accumulate == 0 or step + 1 == last)
                else:
                    done = self.eval_batch(xs, ys)
                for name, value in zip(names, self._told(done), strict=True):
                    logs[name] = value
            logs["step"] = step
            logs["batch_size"] = data[0].shape[0]
            callbacks.on_batch_end(mode, step, logs)
            if getattr(self, "num_iters", None) is not None:
                self.num_iters -= 1
                if self.num_iters <= 0:
                    self.stop_training = True
                    del self.num_iters
                    break
        for metric in self._metrics:
            metric.reset()
        return outputs

    def _told(self, done: Any) -> list[Any]:
        """Losses and metrics so far, in the order of their names."""
        told: list[Any] = []
        if self._loss:
            told.append([float(loss) for loss in (done[0] if self._metrics else done)])
        for metric in self._metrics:
            told.extend(to_list(metric.accumulate()))
        return told

    def summary(self, input_size: Any = None, dtype: Any = None) -> dict[str, Any]:
        """Print the network's table; see `paddle.summary`."""
        if input_size is None and self._inputs is None:
            raise AssertionError("'input_size' or 'self._input' must be set")
        from plait.paddle.hapi.model_summary import summary

        return summary(self.network, self._inputs if input_size is None else input_size, dtypes=dtype)

    def _verify_spec(self, specs: Any, shapes: Any = None, dtypes: Any = None, is_input: bool = False) -> Any:
        if specs is None:
            if not is_input:
                return None
            import inspect

            names = inspect.getfullargspec(self.network.forward).args[1:]
            if shapes is None:
                return [InputSpec(shape=[None], name=name) for name in names]
            facts = zip(names, shapes, dtypes, strict=False)
            return [InputSpec(shape=shape, dtype=dtype, name=name) for name, shape, dtype in facts]
        if isinstance(specs, dict):
            import inspect

            names = inspect.getfullargspec(self.network.forward).args
            out = [specs[name] for name in names if name != "self"]
        else:
            out = to_list(specs)
        for i, spec in enumerate(out):
            if not isinstance(spec, InputSpec):
                raise AssertionError(f"Model: inputs and labels must be InputSpecs; got {type(spec).__name__}")
            if spec.name is None:
                raise ValueError(f"Requires Input[{i}].name != None, but receive `None` with {spec}.")
        return out

    def _metrics_name(self) -> list[str]:
        names = ["loss"] if self._loss else []
        for metric in self._metrics:
            names.extend(to_list(metric.name()))
        return names

    def _len_data_loader(self, loader: Any) -> int | None:
        try:
            return len(loader)
        except Exception:
            return None


def _read(path: str) -> Any:
    if not os.path.exists(path):
        return None
    from plait import paddle

    return paddle.load(path, return_numpy=True)
