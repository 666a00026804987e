"""Dense, Embedding, Identity."""

from __future__ import annotations

import warnings
from typing import Any

from plait.keras import _convert
from plait.keras._symbolic import KerasTensor
from plait.keras.layers._lora import Lora
from plait.keras.layers._options import keep, told
from plait.keras.layers.input_spec import InputSpec
from plait.keras.layers.layer import Layer
from plait.layers.layout import ORDERS, Place
from plait.ops.linear import linear

__all__ = ["Dense", "Embedding", "Identity", "Masking"]


def no_quantization(config: Any) -> None:
    """NotImplementedError where a quantization is asked for."""
    if config is not None:
        raise NotImplementedError(f"plait has no quantization; got quantization_config={config!r}")


class Dense(Lora, Layer):
    """activation(x · kernel + bias) over the last axis.

    >>> import numpy as np
    >>> Dense(5)(np.ones((2, 3), "float32")).shape
    TensorShape([2, 5])
    """

    #: Where the weights lie; see plait.layers.layout.
    places = {"kernel": Place("weight", "io", ORDERS["linear"]), "bias": Place("bias")}

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, bias_constraint: Any = None, lora_rank: int | None = None, lora_alpha: float | None = None,
        quantization_config: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                f"Received an invalid value for `units`, expected a positive integer. Received: units={units}"
            )
        no_quantization(quantization_config)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units, self.use_bias = units, use_bias
        keep(
            self, activation=activation, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )  # fmt: skip
        self._keep_lora(lora_rank, lora_alpha)
        self.quantization_config = quantization_config
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the kernel [in, units] and the bias."""
        inputs = input_shape[-1]
        self._kernel = self.add_weight(
            name="kernel", shape=(inputs, self.units), initializer=self.kernel_initializer, regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )  # fmt: skip
        self.input_spec = InputSpec(min_ndim=2, axes={-1: inputs})
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank)

    @property
    def kernel(self) -> Any:
        """The kernel [in, units]."""
        return self._adapted()

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The product, the bias, the activation."""
        kernel = _convert.as_tensor(self.kernel)
        bias = None if self.bias is None else self.bias._read()
        if inputs.array.dtype == kernel.array.dtype:
            out = linear(inputs, self.places["kernel"].view(kernel), bias)
        else:
            from plait.keras import ops

            out = ops.matmul(inputs, kernel)
            if bias is not None:
                out = ops.add(out, bias)
        return out if self.activation is None else self.activation(out)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with `units` last."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = told(
            self, "units", "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
            "kernel_constraint", "bias_constraint",
        )  # fmt: skip
        return {**super().get_config(), **own, "quantization_config": None, **self._lora_config()}


class Embedding(Lora, Layer):
    """Rows of a table [input_dim, output_dim], by their numbers.

    With `mask_zero` the number 0 is no row but the absence of one: it is masked for the layers after.
    """

    _weight, _lora_prefix = "embeddings", "lora_embeddings"
    places = {"embeddings": Place("weight")}

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform", embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None, mask_zero: bool = False, weights: Any = None, lora_rank: int | None = None,
        lora_alpha: float | None = None, quantization_config: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={value} (of type {type(value).__name__})."
                )
        no_quantization(quantization_config)
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Argument `input_length` is deprecated. Just remove it.", stacklevel=2)
        super().__init__(**kwargs)
        self.input_dim, self.output_dim, self.mask_zero = input_dim, output_dim, mask_zero
        keep(
            self, embeddings_initializer=embeddings_initializer, embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )  # fmt: skip
        self.supports_masking = mask_zero
        self.autocast = False
        self._keep_lora(lora_rank, lora_alpha)
        self.quantization_config = quantization_config
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Any = None) -> None:
        """Make the table."""
        if self.built:
            return
        self._embeddings = self.add_weight(
            shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer, name="embeddings",
            regularizer=self.embeddings_regularizer, constraint=self.embeddings_constraint,
        )  # fmt: skip
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank)

    @property
    def embeddings(self) -> Any:
        """The table."""
        return self._adapted()

    def call(self, inputs: Any) -> Any:
        """The rows."""
        from plait.keras import ops

        if inputs.array.dtype.name not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Where the number is not 0, with `mask_zero`."""
        from plait.keras import ops

        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with `output_dim` behind."""
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The output's shape, in the dtype of computing."""
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from plait.keras import regularizers

        first = told(self, "input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer")
        activity = self.activity_regularizer
        return {
            **super().get_config(), **first, "activity_regularizer": None if activity is None else regularizers.serialize(activity),
            **told(self, "embeddings_constraint", "mask_zero"), "quantization_config": None, **self._lora_config(),
        }  # fmt: skip


class Identity(Layer):
    """The input itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def compute_output_spec(self, inputs: Any) -> Any:
        """As the inputs, whose dtypes stay."""
        from plait.keras import tree

        return tree.map_structure(lambda x: KerasTensor(x.shape, dtype=x.dtype), inputs)


class Masking(Layer):
    """Marks steps of [N, T, …] to be passed over: those whose features all equal `mask_value`, which become zeros.

    The layers after see the mask, [N, T], where they support masks.
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Where some feature is not `mask_value`."""
        from plait.keras import ops

        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """The steps that count; zeros for the others."""
        from plait.keras import ops

        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.multiply(inputs, ops.cast(kept, inputs.dtype))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), **told(self, "mask_value")}
