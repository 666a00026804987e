"""A layer's losses: those that calls add, those of its outputs, those of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.keras import _scopes, tree
from plait.keras.layers._calls import is_tensor_like
from plait.tensor import Tensor

__all__ = ["Losses"]


class Losses:
    """The part of Layer that knows losses."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def add_loss(self, loss: Any) -> None:
        """Add scalar tensors, inside of `call`, to what `losses` tells until the next call."""
        losses = tree.flatten(loss)
        for x in losses:
            if not is_tensor_like(x):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a tensor input. "
                    f"Received invalid value: {x}"
                )
        scope = _scopes.get_stateless_scope()
        if scope is None:
            self._losses.extend(losses)
        elif scope.collect_losses:
            for x in losses:
                scope.add_loss(x)
                self._loss_ids.add(id(x))

    def _add_activity_losses(self, outputs: Any) -> None:
        from plait.keras import ops

        for x in tree.flatten(outputs):
            if isinstance(x, Tensor):
                loss = self.activity_regularizer(x)
                if x.array.ndim:
                    loss = ops.divide(loss, x.array.shape[0]) if x.array.shape[0] else loss * 0
                self.add_loss(loss)

    def _own_losses(self) -> list[Any]:
        scope = _scopes.get_stateless_scope()
        if scope is None:
            return list(self._losses)
        return [x for x in scope.losses if id(x) in self._loss_ids]

    def _regularization_losses(self) -> list[Any]:
        return [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    _get_own_losses, _get_regularization_losses = _own_losses, _regularization_losses

    @property
    def losses(self) -> list[Any]:
        """Scalar losses: added in the last call, of regularizers, and the inner layers'."""
        if self._losses_override:
            return self._losses_override
        found = self._own_losses()
        for layer in self._flatten_layers(include_self=False):
            found.extend(layer._own_losses())
        return found + self._regularization_losses()

    def _clear_losses(self) -> None:
        scope = _scopes.get_stateless_scope()
        if scope is not None:
            if scope.collect_losses:
                scope.losses[:] = [x for x in scope.losses if id(x) not in self._loss_ids]
        else:
            self._losses.clear()
        self._loss_ids.clear()
        for layer in self._layers:
            layer._clear_losses()
