"""Low-rank adaptation: a weight that stays, plus a product of two thin matrices that are trained. Hu et al., 2021."""

from __future__ import annotations

from typing import Any

from plait.keras import _convert, _dtypes, initializers
from plait.ops import elementwise as ew
from plait.ops.matmul import matmul
from plait.ops.shape import reshape


class Lora:
    """For layers with one weight `_<weight>`, its constraint and regularizer.

    `lora_rank` says how thin, `lora_alpha` (the rank where none is given) over it how much.
    """

    _weight = "kernel"
    _lora_prefix = "lora_kernel"
    lora_enabled: bool
    lora_rank: int | None
    lora_alpha: float | None
    built: bool
    compute_dtype: str
    add_weight: Any
    _tracker: Any
    _check_load_own_variables: Any

    def _keep_lora(self, rank: int | None, alpha: float | None) -> None:
        self.lora_rank = rank
        self.lora_alpha = rank if alpha is None else alpha
        self.lora_enabled = False

    def _lora_config(self) -> dict[str, Any]:
        return {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha} if self.lora_rank else {}

    def _held(self) -> Any:
        return getattr(self, f"_{self._weight}")

    def _adapted(self) -> Any:
        """The weight as it is used: the variable itself, or the tensor that adaptation makes of it."""
        if not self.built:
            raise AttributeError(f"You must build the layer before accessing `{self._weight}`.")
        held = self._held()
        if not self.lora_enabled:
            return held
        weight = _convert.as_tensor(held)
        a, b = (_convert.as_tensor(getattr(self, f"{self._lora_prefix}_{end}")) for end in "ab")
        shape = a.array.shape
        flat = a if len(shape) == 2 else reshape(a, (-1, shape[-1]))
        assert self.lora_alpha is not None and self.lora_rank is not None
        delta = reshape(ew.mul(matmul(flat, b), self.lora_alpha / self.lora_rank), weight.array.shape)
        total = ew.add(_convert.to(weight, delta.array.dtype), delta)
        return _convert.to(total, _dtypes.numpy_dtype(self.compute_dtype))

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Stop training the weight and train a product of rank `rank` instead; ValueError if constrained, unbuilt or done before."""
        if getattr(self, f"{self._weight}_constraint"):
            raise ValueError(
                f"Lora is incompatible with {self._weight.removesuffix('s')} constraints. In order to enable lora on this layer, remove the "
                f"`{self._weight}_constraint` argument."
            )
        if not self.built:
            raise ValueError("Cannot enable lora on a layer that isn't yet built.")
        if self.lora_enabled:
            raise ValueError("lora is already enabled. This can only be done once per layer.")
        self._tracker.unlock()
        held = self._held()
        regularizer = getattr(self, f"{self._weight}_regularizer")
        shape = tuple(held.shape)
        for end, size, initializer in (
            ("a", (*shape[:-1], rank), a_initializer),
            ("b", (rank, shape[-1]), b_initializer),
        ):
            name = f"{self._lora_prefix}_{end}"
            made = self.add_weight(
                name=name,
                shape=size,
                initializer=initializers.get(initializer),
                dtype="float32",
                regularizer=regularizer,
            )
            setattr(self, name, made)
        held.trainable = False
        self._tracker.lock()
        self.lora_enabled = True
        self._keep_enabled(rank, lora_alpha)

    def _keep_enabled(self, rank: int, alpha: float | None) -> None:
        self.lora_rank = rank
        self.lora_alpha = rank if alpha is None else alpha

    def save_own_variables(self, store: Any) -> None:
        """The weight with its adaptation in it, and the bias."""
        if not self.built:
            return
        store["0"] = self._adapted()
        bias = getattr(self, "bias", None)
        if bias is not None:
            store["1"] = bias

    def load_own_variables(self, store: Any) -> None:
        """The weight and the bias; an adaptation starts from zero."""
        if not self.lora_enabled:
            self._check_load_own_variables(store)
        if not self.built:
            return
        self._held().assign(store["0"])
        bias = getattr(self, "bias", None)
        if bias is not None:
            bias.assign(store["1"])
        if self.lora_enabled:
            for end in "ab":
                thin = getattr(self, f"{self._lora_prefix}_{end}")
                thin.assign(initializers.Zeros()(thin.shape, thin.dtype))
