"""BatchNormalization, with Keras 2's arguments too.

`renorm`, `renorm_clipping`, `renorm_momentum`: batch renormalisation (Ioffe, 2017), in Keras 3 as in Keras 2. `fused=True`: the running
variance is unbiased, as that of TensorFlow's fused kernel; other values change nothing. `virtual_batch_size`: in training, statistics of as
many interleaved virtual batches as that size makes; weights get two leading dimensions more than a plain layer's of that rank has.
`adjustment`: a function of the input's shape that gives a scale and a shift for training, applied before gamma and beta.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _config, _convert, initializers
from plait.keras.layers._options import keep, told
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.normalization import OPTIONS, Normalising, narrow, wide
from plait.layers import norm
from plait.layers.layout import Place
from plait.ops import elementwise as ew
from plait.ops.arrange import repeat
from plait.ops.shape import permute, reshape

__all__ = ["BatchNormalization"]

_LIMITS = ("rmax", "rmin", "dmax")


def _check_limits(clipping: dict[str, Any]) -> None:
    if set(clipping) - set(_LIMITS):
        raise ValueError(
            f"Received invalid keys for `renorm_clipping` argument: {clipping}. Supported values: {list(_LIMITS)}."
        )
    rmax, rmin, dmax = (clipping.get(name) for name in _LIMITS)
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            f"rmax should be greater than rmin in the `renorm_clipping` argument. Received: rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={dmax}.")


def _clone(initializer: Any) -> Any:
    """One that draws the same, so that what starts alike starts alike."""
    return initializer.clone() if isinstance(initializer, initializers.Initializer) else initializer


class BatchNormalization(Normalising):
    """Each channel (along `axis`) less its mean, over its deviation, times gamma, plus beta. Ioffe and Szegedy, 2015.

    In training by the batch's own statistics, which the running ones follow: `momentum` is the weight of their old values, their variance
    is biased. Otherwise, and where `trainable` is False, by the running ones.
    """

    places = {
        "gamma": Place("weight"), "beta": Place("bias"), "moving_mean": Place("running_mean"), "moving_variance": Place("running_var"),
    }  # fmt: skip

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 0.001, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None, renorm_momentum: float = 0.99,
        synchronized: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        old = {name: kwargs.pop(name, None) for name in ("fused", "virtual_batch_size", "adjustment")}
        super().__init__(**kwargs)
        self.axis = int(axis)
        self.synchronized = synchronized
        self.momentum, self.epsilon = float(momentum), float(epsilon)
        self.center, self.scale = center, scale
        keep(
            self, beta_initializer=beta_initializer, gamma_initializer=gamma_initializer, moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer, beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint, gamma_constraint=gamma_constraint,
        )  # fmt: skip
        self.supports_masking = True
        self.renorm = renorm
        if renorm:
            renorm_clipping = renorm_clipping or {}
            _check_limits(renorm_clipping)
        self.renorm_clipping, self.renorm_momentum = renorm_clipping, renorm_momentum
        self.fused, self.virtual_batch_size, self.adjustment = (
            old["fused"],
            old["virtual_batch_size"],
            old["adjustment"],
        )
        if self.fused:
            self._check_fused()
        self.gamma = self.beta = self.moving_mean = self.moving_variance = None

    def _check_fused(self) -> None:
        for name, given in (
            ("renorm=True` is not supported", self.renorm),
            ("virtual_batch_size` is not supported", self.virtual_batch_size is not None),
            ("adjustment` is not supported", self.adjustment is not None),
            ("synchronized=True` is not supported", self.synchronized),
        ):
            if given:
                raise ValueError(f"Passing both `fused=True` and `{name}")
        if self.axis not in (-4, -3, -1, 1, 3, 4):
            raise ValueError(
                f"Passing `fused=True` is only supported when axis is 1 or 3 for input rank = 4 or 1 or 4 for input rank = 5. Got axis {self.axis}"
            )
        if self.compute_dtype not in ("float16", "bfloat16", "float32"):
            raise ValueError(
                "Passing `fused=True` is only supported when the compute dtype is float16, bfloat16, or float32. "
                f"Got dtype: {self.compute_dtype}"
            )

    def build(self, input_shape: Any) -> None:
        """Make gamma, beta and the running statistics."""
        rank, channels = len(input_shape), input_shape[self.axis]
        shape: tuple[int, ...] = (channels,)
        if self.fused and rank not in (4, 5):
            raise ValueError(
                "Batch normalization layers with `fused=True` only support 4D or 5D input tensors. "
                f"Received tensor with shape: {tuple(input_shape)}"
            )
        if self.virtual_batch_size is not None:
            if self.virtual_batch_size <= 0:
                raise ValueError(
                    "`virtual_batch_size` must be a positive integer that divides the true batch size of the input tensor. "
                    f"Received: virtual_batch_size={self.virtual_batch_size}"
                )
            if self.adjustment is not None:
                raise ValueError("When using `virtual_batch_size`, adjustment cannot be specified")
            sizes = [1] * (rank + 1)
            sizes[self.axis % rank + 1] = channels
            shape = tuple(sizes)
        self.gamma = self._make("gamma", shape, self.scale)
        self.beta = self._make("beta", shape, self.center)
        states = [("moving_mean", self.moving_mean_initializer), ("moving_variance", self.moving_variance_initializer)]
        if self.renorm:

            def deviation(shape: Any, dtype: Any = None) -> Any:
                return ew.sqrt(_clone(self.moving_variance_initializer)(shape, dtype=dtype))

            states += [
                ("moving_stddev", deviation), ("renorm_mean", _clone(self.moving_mean_initializer)), ("renorm_stddev", deviation),
            ]  # fmt: skip
        for name, initializer in states:
            setattr(
                self,
                name,
                self.add_weight(shape=shape, name=name, initializer=initializer, trainable=False, autocast=False),
            )
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: channels})

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Normalise, in float32 at least; a mask [batch, …] says which places count in training."""
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        x = wide(inputs)
        outputs = norm.along(x, self.axis, lambda moved: self._normalised(moved, bool(training), mask))
        return narrow(outputs, self.compute_dtype)

    def _flat(self, name: str, x: Any) -> Any:
        weight = self._as(name, x)
        return weight if weight is None or weight.array.ndim == 1 else reshape(weight, (-1,))

    def _state(self, name: str, x: Any) -> Any:
        """A running statistic's values in the dtype of `x`."""
        return self._flat(name, x).array

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            variable = getattr(self, name)
            variable.assign(np.reshape(value, tuple(variable.shape)))

    def _normalised(self, x: Any, training: bool, mask: Any) -> Any:
        gamma, beta = self._flat("gamma", x), self._flat("beta", x)
        mean, variance = self._flat("moving_mean", x), self._flat("moving_variance", x)
        if not (training and self.trainable):
            return norm.batch_norm(x, gamma, beta, mean, variance, False, 0.0, self.epsilon)
        if self.virtual_batch_size is not None:
            return self._by_virtual_batches(x, gamma, beta)
        if mask is None and not self.renorm and self.adjustment is None:
            y, mean, variance = norm.batch_norm_followed(
                x, gamma, beta, mean.array, variance.array, self.momentum, self.epsilon, bool(self.fused)
            )
            self._set(moving_mean=mean, moving_variance=variance)
            return y
        own_mean, own_variance = norm.batch_moments(x, self._mark(x, mask), _config.epsilon())
        if self.adjustment is not None:
            gamma, beta = self._adjusted(x, gamma, beta)
        gamma, beta = self._follow(x, own_mean.array, own_variance.array, gamma, beta)
        return norm.standardised(x, own_mean, own_variance, gamma, beta, self.epsilon)

    def _mark(self, x: Any, mask: Any) -> Any:
        """The mask [n, …] for x[n, c, …]: its axes are the input's but the last."""
        if mask is None:
            return None
        marks = np.asarray(_convert.as_tensor(mask).array, bool)[..., None]
        axis = self.axis % x.array.ndim
        marks = np.moveaxis(np.broadcast_to(marks, self._lying(x.array.shape, axis)), axis, 1)
        return x.face.wrap(marks)

    @staticmethod
    def _lying(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
        rest = [shape[0], *shape[2:]]
        rest.insert(axis, shape[1])
        return tuple(rest)

    def _adjusted(self, x: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        """gamma and beta after the scale and the shift that `adjustment` gives for the input's own shape."""
        axis = self.axis % x.array.ndim
        shape = self._lying(x.array.shape, axis)
        first = []
        for value in self.adjustment(_convert.as_tensor(np.array(shape, np.int32))):
            t = _convert.to(_convert.as_tensor(value), x.array.dtype)
            if t.array.ndim == x.array.ndim:
                order = [axis, *(d for d in range(1, t.array.ndim) if d != axis)]
                t = permute(t, (0, *order))
            first.append(t)
        line = (1, -1, *(1,) * (x.array.ndim - 2))
        spread = [None if w is None else reshape(w, line) for w in (gamma, beta)]
        return norm.composed((first[0], first[1]), spread[0], spread[1])

    def _follow(self, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
        """Move the running statistics towards the batch's; gamma and beta, corrected where `renorm` asks for it."""
        m = self.momentum
        new_mean = norm.followed(self._state("moving_mean", x), mean, m)
        if not self.renorm:
            self._set(
                moving_mean=new_mean, moving_variance=norm.followed(self._state("moving_variance", x), variance, m)
            )
            return gamma, beta
        eps = self.epsilon
        deviation = np.sqrt(variance + np.asarray(eps, variance.dtype))
        held = self._state("renorm_mean", x), self._state("renorm_stddev", x)
        first = norm.renorm_correction(mean, deviation, *held, self.renorm_clipping, eps)
        moving = norm.followed(self._state("moving_stddev", x), deviation, m)
        self._set(
            renorm_mean=norm.followed(held[0], mean, self.renorm_momentum),
            renorm_stddev=norm.followed(held[1], deviation, self.renorm_momentum),
            moving_mean=new_mean,
            moving_stddev=moving,
            moving_variance=np.maximum(moving * moving - eps, 0),
        )
        return norm.composed((x.face.wrap(first[0]), x.face.wrap(first[1])), gamma, beta)

    def _by_virtual_batches(self, x: Any, gamma: Any, beta: Any) -> Any:
        apart = norm.ghost_batches(x, self.virtual_batch_size)
        batches = apart.array.shape[1] // x.array.shape[1]
        mean, variance = norm.batch_moments(apart)
        shared = [np.reshape(v.array, (batches, -1)).mean(0) for v in (mean, variance)]
        gamma, beta = self._follow(x, shared[0], shared[1], gamma, beta)
        each = [None if w is None else repeat(w, (batches,)) for w in (gamma, beta)]
        return reshape(norm.standardised(apart, mean, variance, each[0], each[1], self.epsilon), x.array.shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; Keras 2's where they were given (no `adjustment`: it is a function)."""
        own = told(
            self, "axis", "momentum", "epsilon", "center", "scale", *OPTIONS[:2], "moving_mean_initializer",
            "moving_variance_initializer", *OPTIONS[2:], "synchronized", "renorm", "renorm_clipping", "renorm_momentum",
        )  # fmt: skip
        given = {n: getattr(self, n) for n in ("fused", "virtual_batch_size") if getattr(self, n) is not None}
        return {**super().get_config(), **own, **given}
