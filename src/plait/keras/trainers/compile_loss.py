"""The losses of `compile`: one for each output, weighted and summed."""

from __future__ import annotations

from typing import Any, NamedTuple

from plait.keras import ops, tree
from plait.keras._symbolic import KerasTensor
from plait.keras.losses.loss import Loss
from plait.keras.metrics.reduction import Mean
from plait.keras.trainers.compile_metrics import get_loss


class _Part(NamedTuple):
    """One loss: which output it is of, its weight, and the name it is told under."""

    path: tuple[Any, ...]
    loss: Any
    weight: Any
    name: str


class _Weighted:
    """A loss as given, with its weight; a leaf."""

    def __init__(self, loss: Any, weight: Any) -> None:
        self.loss, self.weight = loss, weight


def _resolve(path: tuple[Any, ...], y: Any) -> Any:
    for key in path:
        y = y[key]
    return y


def _repack(structure: Any, y: Any) -> Any:
    try:
        tree.assert_same_structure(structure, y)
        return y
    except ValueError:
        return tree.pack_sequence_as(structure, tree.flatten(y))


class CompileLoss(Loss):
    """All losses of a model; made when the first predictions are seen."""

    def __init__(
        self,
        loss: Any,
        loss_weights: Any = None,
        reduction: str | None = "sum_over_batch_size",
        output_names: list[str] | None = None,
    ) -> None:
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, tuple, or dict (multiple "
                f"output case). Received instead: loss_weights={loss_weights} of type {type(loss_weights)}"
            )
        self._user_loss, self._user_loss_weights = loss, loss_weights
        self.built = False
        self.output_names = output_names
        super().__init__(name="compile_loss", reduction=reduction)
        self.metrics: list[Any] = []
        self._parts: list[_Part] = []
        self._structures: tuple[Any, Any] = (None, None)

    @property
    def variables(self) -> list[Any]:
        """The variables of the losses' means."""
        return [v for m in self.metrics for v in m.variables]

    # --- building ------------------------------------------------------------------------------------------------------

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Find each output's loss."""
        loss, weights, names = self._user_loss, self._user_loss_weights, self.output_names
        if names and isinstance(loss, dict) and not isinstance(y_pred, dict):
            if set(names) != set(loss):
                raise ValueError(f"Expected keys {names} in loss dict, but found loss.keys()={list(loss)}")
            if isinstance(weights, dict):
                weights = [weights[name] for name in names]
            loss = [loss[name] for name in names]
            if not tree.is_nested(y_pred):
                loss = loss[0]
                weights = weights[0] if isinstance(weights, list) else weights
        if weights is not None:
            try:
                tree.assert_same_structure(loss, weights)
            except ValueError:
                flat = tree.flatten(weights)
                if len(tree.flatten(loss)) != len(flat):
                    raise ValueError(
                        f"`loss_weights` must match the number of losses, got {len(tree.flatten(loss))} losses and "
                        f"{len(flat)} weights."
                    ) from None
                weights = tree.pack_sequence_as(loss, flat)
            loss = tree.map_structure(lambda a, w: None if a is None else _Weighted(a, w), loss, weights)
        else:
            loss = tree.map_structure(lambda a: None if a is None else _Weighted(a, None), loss)
        try:
            labels = tree.pack_sequence_as(y_pred, names or ())
        except (ValueError, TypeError):
            labels = tree.pack_sequence_as(y_pred, self._names_of(y_pred))
        if not tree.is_nested(loss):
            given = loss
            loss = tree.map_structure(lambda _: given, y_pred)
        self._parts = []
        self._walk(y_true, y_pred, loss, labels, ())
        if len(self._parts) > 1:
            self.metrics = [Mean(name=f"{part.name}_loss") for part in self._parts]
        self._structures = tuple(tree.map_structure(lambda _: None, y) for y in (y_true, y_pred))
        self.built = True

    def _names_of(self, y_pred: Any) -> list[str | None]:
        flat = tree.flatten(y_pred)
        if all(isinstance(x, KerasTensor) for x in flat):
            return [x._keras_history.operation.name if hasattr(x, "_keras_history") else x.name for x in flat]
        return [None] * len(flat)

    def _walk(self, y_true: Any, y_pred: Any, loss: Any, names: Any, path: tuple[Any, ...]) -> None:
        if not tree.is_nested(loss):
            if loss is not None:
                self._parts.append(self._part(y_true, y_pred, loss, names, path))
            return
        plain = isinstance(loss, (list, tuple)) and not any(tree.is_nested(x) for x in loss)
        if plain and len(loss) == len(tree.flatten(y_pred)):
            loss = tree.pack_sequence_as(y_pred, loss)
        elif isinstance(loss, (list, tuple)) and not isinstance(y_pred, type(loss)):
            for each in loss:
                self._walk(y_true, y_pred, each, names, path)
            return
        if not tree.is_nested(loss):
            self._walk(y_true, y_pred, loss, names, path)
            return
        if not isinstance(loss, type(y_pred)):
            raise KeyError(f"The path: {path} in the `loss` argument, can't be found in the model's output (`y_pred`).")
        for key, each in loss.items() if isinstance(loss, dict) else enumerate(loss):
            if each is None:
                continue
            for y in (y_true, y_pred):
                has = key in y if isinstance(y, dict) else isinstance(y, (list, tuple)) and key < len(y)
                if not has or isinstance(loss, dict) != isinstance(y, dict):
                    raise KeyError(
                        f"The path: {(*path, key)} in the `loss` argument, can't be found in either the model's output "
                        "(`y_pred`) or in the labels (`y_true`)."
                    )
            self._walk(y_true[key], y_pred[key], each, names[key], (*path, key))

    def _part(self, y_true: Any, y_pred: Any, loss: _Weighted, names: Any, path: tuple[Any, ...]) -> _Part:
        found = get_loss(loss.loss, y_true, y_pred)
        label = path
        if not tree.is_nested(names):
            own = names if names is not None else found.name
            if not label:
                label = (own,)
            elif isinstance(label[-1], int):
                label = (*label[:-1], own)
        name = "/".join(str(part) for part in label)
        if not name:
            name = "_".join(names if isinstance(names, dict) else tree.flatten(names))
        return _Part(path, found, loss.weight, name)

    # --- calling -------------------------------------------------------------------------------------------------------

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The weighted sum of the losses; None where there is none."""
        return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The weighted sum of the losses."""
        if not tree.is_nested(y_true) and not tree.is_nested(y_pred):
            if not self.built:
                self.build(y_true, y_pred)
            part = self._parts[0]
            weight = sample_weight
            if sample_weight is not None and tree.is_nested(sample_weight):
                weight = _resolve(part.path, sample_weight)
            return self._value(part, part.loss(y_true, y_pred, weight))
        y_true = self._match(y_true, y_pred)
        if not self.built:
            self.build(y_true, y_pred)
        y_true, y_pred = _repack(self._structures[0], y_true), _repack(self._structures[1], y_pred)
        total: Any = None
        for i, part in enumerate(self._parts):
            t, p = _resolve(part.path, y_true), _resolve(part.path, y_pred)
            weight = sample_weight
            if sample_weight is not None and tree.is_nested(sample_weight):
                weight = _resolve(part.path, sample_weight)
            value = ops.cast(part.loss(t, p, weight), dtype=self.dtype)
            if self.metrics:
                self.metrics[i].update_state(value, sample_weight=tree.flatten(p)[0].shape[0])
            value = self._value(part, value)
            total = value if total is None else total + value
        return total

    def _value(self, part: _Part, value: Any) -> Any:
        value = ops.cast(value, dtype=self.dtype)
        return value if part.weight is None else ops.multiply(value, part.weight)

    def _match(self, y_true: Any, y_pred: Any) -> Any:
        """Targets in the structure of the predictions; None where an output has no loss and no target."""
        try:
            tree.assert_same_structure(y_pred, y_true)
            return y_true
        except ValueError:
            pass
        if not tree.is_nested(y_true) and hasattr(y_pred, "__len__") and len(y_pred) == 1:
            y_true = [y_true]
        elif isinstance(y_pred, (list, tuple)) and isinstance(y_true, dict):
            if set(self.output_names or ()) == set(y_true):
                y_true = [y_true[name] for name in self.output_names or ()]
        flat = tree.flatten(y_true)
        try:
            return tree.pack_sequence_as(y_pred, flat)
        except ValueError:
            pass
        losses = tree.flatten(self._user_loss)
        wanted = [i for i, loss in enumerate(losses) if loss is not None]
        if len(wanted) == len(flat):
            spread = dict(zip(wanted, flat, strict=True))
            return tree.pack_sequence_as(self._user_loss, [spread.get(i) for i in range(len(losses))])
        structures = [tree.map_structure(lambda _: "*", y) for y in (y_true, y_pred)]
        raise ValueError(
            f"y_true and y_pred have different structures.\ny_true: {structures[0]}\ny_pred: {structures[1]}\n"
        )

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError
