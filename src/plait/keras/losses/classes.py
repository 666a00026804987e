"""Losses as classes: a function of `functions.py` with its arguments, and a reduction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from plait.keras import tree
from plait.keras._signatures import constructor
from plait.keras.losses import functions
from plait.keras.losses.loss import Loss, squeeze_or_expand_to_same_rank

#: The reduction that losses start with.
MEAN = "sum_over_batch_size"


class LossFunctionWrapper(Loss):
    """A loss made of the function `fn(y_true, y_pred, **kwargs)`."""

    #: The attributes that a built-in loss has and puts in its config; None for a wrapper of any function.
    _saved: ClassVar[tuple[str, ...] | None] = None

    def __init__(
        self,
        fn: Any,
        reduction: str | None = MEAN,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs
        for key in self._saved or ():
            setattr(self, key, kwargs[key])

    def _gathered(self, y_pred: Any, y_true: Any) -> tuple[Any, Any]:
        """Lists of numbers as one array each, where they are nested alike: `fn` would make them one tensor."""
        tree.assert_same_structure(y_true, y_pred)
        leaves = tree.flatten(y_true) + tree.flatten(y_pred)
        if leaves and all(isinstance(x, (int, float)) for x in leaves):
            return np.asarray(y_pred), np.asarray(y_true)
        return y_pred, y_true

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if tree.is_nested(y_true):
            pairs = tree.map_structure(squeeze_or_expand_to_same_rank, y_true, y_pred)
            first, second = (tree.map_structure_up_to(y_true, lambda p, i=i: p[i], pairs) for i in (0, 1))
        else:
            first, second = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(first, second, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self._saved is not None:
            return {**config, **{key: getattr(self, key) for key in self._saved}}
        from plait.keras.saving.serialization_lib import serialize_keras_object

        return {**config, "fn": serialize_keras_object(self.fn), **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        if "fn" in config:
            from plait.keras.saving.serialization_lib import deserialize_keras_object

            config = deserialize_keras_object(config)
        return cls(**config)

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


def _takes(fn: Callable[..., Any], /, **own: Any) -> Any:
    """The constructor of the loss that is `fn`: these arguments with their defaults, then what all losses take."""
    common = {"reduction": MEAN, "name": fn.__name__, "dtype": None}

    def body(self: LossFunctionWrapper, given: dict[str, Any]) -> None:
        LossFunctionWrapper.__init__(self, fn, **given)

    return constructor(body, {**own, **{key: value for key, value in common.items() if key not in own}})


class MeanSquaredError(LossFunctionWrapper):
    """The mean squared error."""

    _saved = ()
    __init__ = _takes(functions.mean_squared_error)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean absolute error."""

    _saved = ()
    __init__ = _takes(functions.mean_absolute_error)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean error in percent of the target."""

    _saved = ()
    __init__ = _takes(functions.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean squared error of log(1 + y)."""

    _saved = ()
    __init__ = _takes(functions.mean_squared_logarithmic_error)


class LogCosh(LossFunctionWrapper):
    """The mean of log cosh of the error."""

    _saved = ()
    __init__ = _takes(functions.log_cosh)


class Hinge(LossFunctionWrapper):
    """The mean of max(0, 1 − y_true · y_pred)."""

    _saved = ()
    __init__ = _takes(functions.hinge)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(0, 1 − y_true · y_pred)²."""

    _saved = ()
    __init__ = _takes(functions.squared_hinge)


class CategoricalHinge(LossFunctionWrapper):
    """The margin between the right class and the best wrong one."""

    _saved = ()
    __init__ = _takes(functions.categorical_hinge)


class KLDivergence(LossFunctionWrapper):
    """Σ y_true log(y_true / y_pred)."""

    _saved = ()
    __init__ = _takes(functions.kl_divergence)


class Poisson(LossFunctionWrapper):
    """The mean of y_pred − y_true log y_pred."""

    _saved = ()
    __init__ = _takes(functions.poisson)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle along `axis`."""

    _saved = ()
    __init__ = _takes(functions.cosine_similarity, axis=-1)


class Huber(LossFunctionWrapper):
    """Squared where the error is at most `delta`, linear beyond."""

    _saved = ()
    __init__ = _takes(functions.huber, delta=1.0, reduction=MEAN, name="huber_loss")


class BinaryCrossentropy(LossFunctionWrapper):
    """Cross-entropy of two classes."""

    _saved = ("from_logits", "label_smoothing", "axis")
    __init__ = _takes(functions.binary_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of two classes in which what is already right counts less."""

    _saved = ("from_logits", "label_smoothing", "axis", "apply_class_balancing", "alpha", "gamma")
    __init__ = _takes(
        functions.binary_focal_crossentropy,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
    )


class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of classes, `y_true` one-hot."""

    _saved = ("from_logits", "label_smoothing", "axis")
    __init__ = _takes(functions.categorical_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1)


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of classes in which what is already right counts less."""

    _saved = ("from_logits", "label_smoothing", "axis", "alpha", "gamma")
    __init__ = _takes(
        functions.categorical_focal_crossentropy, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
    )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of classes, `y_true` their numbers."""

    _saved = ("from_logits", "ignore_class")
    __init__ = _takes(
        functions.sparse_categorical_crossentropy, from_logits=False, ignore_class=None, reduction=MEAN, axis=-1
    )


class Dice(LossFunctionWrapper):
    """1 − twice the overlap over the sum of both."""

    _saved = ("axis",)
    __init__ = _takes(functions.dice, reduction=MEAN, name="dice", axis=None)


class Tversky(LossFunctionWrapper):
    """1 − the overlap over itself plus weighted misses."""

    _saved = ("alpha", "beta", "axis")
    __init__ = _takes(functions.tversky, alpha=0.5, beta=0.5, reduction=MEAN, name="tversky", axis=None)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """(1 − p^q) / q for the right class."""

    _saved = ("q",)

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = MEAN,
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError("q must be in the interval (0, 1)")
        super().__init__(
            functions.categorical_generalized_cross_entropy, reduction=reduction, name=name, dtype=dtype, q=q
        )
