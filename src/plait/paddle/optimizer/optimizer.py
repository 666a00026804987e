"""Optimizer: parameters and groups of them, accumulators, clipping, regularization and state. Update rules are plait.optim.rules'.

Rules of this file: a step collects (parameter, gradient) pairs, clips and regularizes them, and hands them to the subclass's `_update`
in runs that share learning rate and decay. A decay by L2Decay goes into the native rule; others are added to the gradient here.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plait import dtypes
from plait.op import bump
from plait.optim.decay import size_term
from plait.paddle._tensor import _GRAD, Tensor
from plait.paddle.autograd import no_grad
from plait.paddle.base import unique_name
from plait.paddle.optimizer.lr import LambdaDecay, LRScheduler
from plait.paddle.regularizer import L2Decay

__all__ = ["Optimizer"]

Pairs = list[tuple[Any, Any]]
Array = np.ndarray[Any, Any]
_HALVES = (dtypes.F16, dtypes.BFLOAT16)


def single(value: float) -> float:
    """An option that upstream keeps in single precision, whatever the parameters have."""
    return float(np.float32(value))


class Optimizer:
    """Base of all optimizers.

    `parameters` is a list of tensors, or of dicts with `params` and options of their own; there `learning_rate` is a factor.
    `learning_rate` is a float or a scheduler; `weight_decay` a number (as L2Decay), or a regularizer, which a parameter's own goes
    before; `grad_clip` one of the ClipGradBy classes. Parameters whose gradient is None, or stopped, are left alone.
    """

    _multi_precision = False
    _beta1: Any
    _beta2: Any
    _epsilon: Any
    _rho: Any

    def __init__(
        self,
        learning_rate: Any,
        parameters: Any = None,
        weight_decay: Any = None,
        grad_clip: Any = None,
        name: str | None = None,
    ) -> None:
        if isinstance(parameters, Tensor):
            raise TypeError(
                "`parameters` argument given to the optimizer should be an iterable of paddle Tensors, but got argument "
                f"type is `{type(parameters)}`."
            )
        if isinstance(parameters, dict):
            raise TypeError(
                "`parameters` argument should not get dict type, if parameter groups is needed, please set `parameters` "
                "as list of dict"
            )
        if parameters is None:
            raise AttributeError("parameters argument given to the Optimizer should not be None in dygraph mode.")
        if not isinstance(learning_rate, (float, LRScheduler)):
            raise TypeError(f"learning rate should be float or LRScheduler, got {type(learning_rate)} here")
        if grad_clip is not None and not callable(grad_clip):
            raise TypeError("'grad_clip' should be an instance of GradientClipBase's derived class")
        self._parameter_list: list[Any] = list(parameters)
        self._name = name
        self._learning_rate = learning_rate
        self._grad_clip = grad_clip
        self.regularization = L2Decay(float(weight_decay)) if isinstance(weight_decay, (int, float)) else weight_decay
        self._dtype: Any = None
        #: accumulator's name -> parameter's name -> tensor
        self._accumulators: dict[str, dict[str, Any]] = defaultdict(dict)
        self._accumulators_holder: dict[str, Any] = {}
        self._already_create_accumulator: set[str] = set()
        self._opti_name_list: list[str] = []
        self._master_weights: dict[str, Any] = {}
        self._default_dict: dict[str, Any] = {"weight_decay": self.regularization, "grad_clip": grad_clip}
        self._param_groups: list[Any] = []
        if self._parameter_list and isinstance(self._parameter_list[0], dict):
            for group in self._parameter_list:
                if "params" not in group:
                    raise AssertionError(
                        "params should be set in parameters if parameter groups are optimized in different options"
                    )
                self._add_param_group(group.copy())
        else:
            self._param_groups = self._parameter_list
        first = next(self._all_parameters(), None)
        if first is not None:
            self._dtype = first.dtype

    # --- parameters -------------------------------------------------------------------------------------------------------

    def _grouped(self) -> bool:
        return bool(self._param_groups) and isinstance(self._param_groups[0], dict)

    def _all_parameters(self) -> Iterator[Any]:
        if not self._grouped():
            yield from self._parameter_list
            return
        for group in self._param_groups:
            yield from group["params"]

    def _add_param_group(self, group: dict[str, Any]) -> None:
        params = group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters should be in ordered collections,but received set, please use list instead."
            )
        group["params"] = params = list(params)
        if not params:
            raise IndexError("list index out of range: a group of the optimizer has no parameters")
        for key, value in self._default_dict.items():
            group.setdefault(key, value)
        known = {id(p) for other in self._param_groups for p in other["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        for p in params:
            self._mark(p, group)
        self._param_groups.append(group)

    def _mark(self, param: Any, group: dict[str, Any]) -> None:
        """A group's options that a parameter itself carries."""
        rate = group["weight_decay"]
        param.regularizer = L2Decay(float(rate)) if isinstance(rate, (int, float)) else rate
        param.optimize_attr["learning_rate"] = group.get("learning_rate", 1.0)

    def _keep(self, **options: Any) -> None:
        """Keep options of a rule, each as an attribute (`_beta1` for `beta1`), and as what groups begin with."""
        for name, value in options.items():
            setattr(self, "_" + name, value)
        self._default_dict = options

    def _use_group(self, group: dict[str, Any]) -> None:
        """Take over the options that a group says itself."""
        for key, default in self._default_dict.items():
            setattr(self, "_" + key, group.get(key, default))

    # --- the learning rate ------------------------------------------------------------------------------------------------

    def get_lr(self) -> float:
        """The learning rate of now."""
        return self._learning_rate if isinstance(self._learning_rate, float) else self._learning_rate()

    def set_lr(self, value: float) -> None:
        """Another learning rate; RuntimeError where a scheduler makes it."""
        if not isinstance(value, (int, float)):
            raise TypeError(f"The type of 'value' in optimizer.set_lr must be float, but received {type(value)}.")
        if isinstance(self._learning_rate, LRScheduler):
            raise RuntimeError(
                "optimizer's learning rate can't be LRScheduler when invoke this API, because this will lead to conflict."
            )
        self._learning_rate = float(value)

    def set_lr_scheduler(self, scheduler: LRScheduler) -> None:
        """From now on this scheduler makes the learning rate."""
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(
                "The type of 'scheduler' in optimizer.set_lr_scheduler must be LRScheduler, but received "
                f"{type(scheduler)}."
            )
        self._learning_rate = scheduler

    def _rate_of(self, param: Any, rate: Any) -> float:
        """The rate times the parameter's own factor, in the precision that both have upstream."""
        own = getattr(param, "optimize_attr", None)
        factor = 1.0 if own is None else own.get("learning_rate", 1.0)
        if isinstance(factor, Tensor):
            return float(factor.array.item())
        return float(rate if factor == 1.0 else rate * type(rate)(factor))

    # --- accumulators -----------------------------------------------------------------------------------------------------

    def _create_accumulators(self, param: Any) -> None:
        """Make what the rule keeps for this parameter; called once for each."""

    def _keys(self, name: str) -> str:
        return name if self._name is None else self._name + "_" + name

    def _add_accumulator(
        self, name: str, param: Any, fill: float = 0.0, shape: Sequence[int] | None = None, dtype: Any = None
    ) -> None:
        key = self._keys(name)
        full = unique_name.generate(param.name + "_" + key)
        self._opti_name_list.append(full)
        if dtype is None:
            dtype = dtypes.F32 if param.array.dtype in _HALVES else param.array.dtype
        state = Tensor.wrap(np.full(param.array.shape if shape is None else tuple(shape), fill, dtype))
        state.name = full
        state.persistable = True
        if self._accumulators_holder:
            if full not in self._accumulators_holder:
                raise AssertionError(f"Optimizer set error, {full} should in state dict")
            self._set_state(state, self._accumulators_holder.pop(full))
        self._accumulators[key][param.name] = state

    def _set_state(self, state: Any, value: Any) -> None:
        array = value.array if isinstance(value, Tensor) else np.asarray(value)
        for what, want, got in (
            ("Shape", state.array.shape, array.shape), ("dtype", state.array.dtype, array.dtype)
        ):  # fmt: skip
            if want != got:
                raise AssertionError(f"{what} not match: optimizer state {state.name} has {want}, the value {got}")
        state.array[...] = array

    def _states(self, name: str, params: list[Any]) -> list[Array]:
        """The accumulators `name` of these parameters, as arrays."""
        own = self._accumulators[self._keys(name)]
        return [own[p.name].array for p in params]

    def _target(self, param: Any) -> Any:
        """What the rule changes: the parameter, or its float32 master."""
        if not (self._multi_precision and param.array.dtype in _HALVES):
            return param
        master = self._master_weights.get(param.name)
        if master is None:
            master = Tensor.wrap(dtypes.cast(param.array, dtypes.F32))
            master.name = unique_name.generate(param.name + "_fp32_master")
            self._master_weights[param.name] = master
        return master

    def _prepare(self, param: Any) -> Any:
        target = self._target(param)
        if param.name not in self._already_create_accumulator:
            if target is param and param.array.dtype in _HALVES:
                warnings.warn(
                    "Accumulating with FP16/BF16 in optimizer can lead to poor accuracy or slow convergence."
                    f"Consider using multi_precision=True option of the {type(self).__name__} optimizer.",
                    stacklevel=4,
                )
            self._create_accumulators(target)
            self._already_create_accumulator.add(param.name)
        return target

    # --- a step -----------------------------------------------------------------------------------------------------------

    def _update(self, params: list[Any], grads: list[Array], lr: float, decay: float) -> None:
        """Change these parameters by the rule; `decay` times a parameter is yet to be added to its gradient."""
        raise NotImplementedError(
            'Class "Optimizer" cannot be used directly as an optimizer, please use its subclasses such as "Adam"'
        )

    def _regularized(self, param: Any, grad: Any) -> tuple[Array, float]:
        """(gradient, rate of the L2 decay that is left to the rule)."""
        own = getattr(param, "regularizer", None)
        regularizer = own if own is not None else self.regularization
        if regularizer is None:
            return grad.array, 0.0
        if type(regularizer) is L2Decay:
            return grad.array, float(regularizer._coeff)
        if param.array.dtype != grad.array.dtype:
            param = self._target(param)
        term = regularizer(param, grad, None)
        return grad.array + dtypes.cast(term.array, grad.array.dtype), 0.0

    def _decayed(self, params: list[Any], grads: list[Array], decay: float) -> list[Array]:
        """The gradients with that decay added, for rules that do not add it themselves."""
        if not decay:
            return grads
        return [g + size_term(p.array, decay) for p, g in zip(params, grads, strict=True)]

    def _apply(self, pairs: Pairs, clip: Any, group: dict[str, Any] | None = None) -> None:
        if clip is not None:
            pairs = clip(pairs)
        if group is not None:
            self._use_group(group)
        wide = self._dtype is not None and self._dtype.name in ("FLOAT64", "float64")
        rate = (np.float64 if wide else np.float32)(self.get_lr())
        runs: dict[tuple[Any, ...], tuple[list[Any], list[Array]]] = {}
        for param, grad in pairs:
            if grad is None or param.stop_gradient:
                continue
            array, decay = self._regularized(param, grad)
            target = self._prepare(param)
            if array.dtype != target.array.dtype:
                array = dtypes.cast(array, target.array.dtype)
            params, grads = runs.setdefault((self._rate_of(param, rate), decay), ([], []))
            params.append((param, target))
            grads.append(array)
        for (lr, decay), (params, grads) in runs.items():
            self._update([target for _, target in params], grads, lr, decay)
            for param, target in params:
                if target is not param:
                    param.array[...] = dtypes.cast(target.array, param.array.dtype)
                bump(param)

    def _pairs(self, params: Any) -> Pairs:
        return [(p, g) for p in params if not p.stop_gradient and (g := _GRAD.__get__(p)) is not None]

    def step(self) -> None:
        """One step of all parameters; IndexError where there are none."""
        if not self._param_groups:
            raise IndexError("list index out of range: the optimizer has no parameters")
        with no_grad():
            if not self._grouped():
                self._apply(self._pairs(self._param_groups), self._grad_clip)
                return
            for group in self._param_groups:
                self._apply(self._pairs(group["params"]), group["grad_clip"], group)

    def minimize(
        self, loss: Any, startup_program: Any = None, parameters: Any = None, no_grad_set: Any = None
    ) -> tuple[list[Any], Pairs]:
        """A step by the gradients that `loss.backward()` has left; returns ([], (parameter, gradient) pairs)."""
        if not isinstance(loss, Tensor):
            raise AssertionError("The loss should be an Tensor.")
        pairs = self.backward(loss, parameters=parameters)
        with no_grad():
            self._apply(pairs, self._grad_clip)
        return [], pairs

    def backward(
        self,
        loss: Any,
        startup_program: Any = None,
        parameters: Any = None,
        no_grad_set: Any = None,
        callbacks: Any = None,
    ) -> Pairs:
        """The (parameter, gradient) pairs of the parameters that have gradients."""
        params = parameters or list(self._all_parameters())
        return [(p, g) for p in params if not p.stop_gradient and (g := p.grad) is not None]

    def apply_gradients(self, params_grads: Pairs) -> list[Any]:
        """A step by these pairs; returns []."""
        with no_grad():
            self._apply(sorted(params_grads, key=lambda pair: pair[0].name), self._grad_clip)
        return []

    def append_regularization_ops(self, parameters_and_grads: Pairs, regularization: Any = None) -> Pairs:
        """The pairs with the regularization's terms added to the gradients."""
        out: Pairs = []
        for param, grad in parameters_and_grads:
            own = getattr(param, "regularizer", None)
            regularizer = own if own is not None else regularization
            if grad is not None and regularizer is not None:
                grad = Tensor.wrap(grad.array + regularizer(param, grad, None).array)
            out.append((param, grad))
        return out

    def clear_grad(self, set_to_zero: bool = True) -> None:
        """Fill all gradients with zeros, or let them go (`set_to_zero=False`)."""
        for p in self._all_parameters():
            if not p.stop_gradient:
                p.clear_gradient(set_to_zero)

    clear_gradients = clear_grad

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Let all gradients go, or fill them with zeros."""
        self.clear_grad(set_to_zero=not set_to_none)

    # --- state ------------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The accumulators by name (the tensors themselves), `master_weights` where there are some, `LR_Scheduler` where there is one."""
        state: dict[str, Any] = {}
        if not self._accumulators and self._accumulators_holder:
            state.update(self._accumulators_holder)
        else:
            for own in self._accumulators.values():
                state.update((tensor.name, tensor) for tensor in own.values())
        if self._master_weights:
            state["master_weights"] = self._master_weights
        if isinstance(self._learning_rate, LRScheduler):
            state["LR_Scheduler"] = self._learning_rate.state_dict()
        return state

    def set_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state; before the first step it is kept until the accumulators are made.

        Raises AssertionError where an accumulator is missing in it.
        """
        state = dict(state_dict)
        schedule = state.pop("LR_Scheduler", None)
        if isinstance(self._learning_rate, LRScheduler):
            if schedule is None and not isinstance(self._learning_rate, LambdaDecay):
                raise AssertionError("LR_Scheduler state must be included in the state dict except LambdaDecay")
            if schedule:
                self._learning_rate.set_state_dict(schedule)
        masters = state.pop("master_weights", None)
        if masters is not None:
            self._master_weights = masters
        self._accumulators_holder = state
        for own in self._accumulators.values():
            for tensor in own.values():
                if tensor.name not in state:
                    raise AssertionError(f"optimizer Tensor {tensor.name} not found")
                self._set_state(tensor, state[tensor.name])

    load_state_dict = set_state_dict

    def get_opti_var_name_list(self) -> list[str]:
        """The accumulators' names, in the order in which they were made."""
        return self._opti_name_list
