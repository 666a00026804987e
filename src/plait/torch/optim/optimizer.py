"""Optimizer: parameter groups, per-parameter state, hooks and state_dict. The rules themselves are in plait.optim.rules."""

from __future__ import annotations

import functools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from plait import config
from plait.autograd import enable_grad
from plait.op import bump
from plait.optim import rules
from plait.torch._tensor import Tensor
from plait.torch.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

Hooks = OrderedDict[int, Callable[..., Any]]
Group = dict[str, Any]

_before_any_step: Hooks = OrderedDict()
_after_any_step: Hooks = OrderedDict()


class _RequiredParameter:
    """The default of an option that each group must say."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


def _add(hooks: Hooks, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before every optimizer's step."""
    return _add(_before_any_step, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after every optimizer's step."""
    return _add(_after_any_step, hook)


def _typename(value: Any) -> str:
    from plait.torch.nn.modules.module import _typename as typename

    return typename(value)


def _number(value: Any) -> Any:
    """A plain number from a number or a one-element tensor."""
    return value.item() if isinstance(value, Tensor) else value


def _arrays(tensors: Iterable[Tensor]) -> list[Any]:
    return [t.array for t in tensors]


def _scalar_dtype(fused: Any = None) -> Any:
    return np.float64 if not fused and config.default_dtype == np.float64 else np.float32


def _scalar(value: float, fused: Any = None) -> Tensor:
    """A counter in a parameter's state: a tensor without dimensions."""
    return Tensor.wrap(np.full((), value, _scalar_dtype(fused)))


def _zeros(p: Tensor) -> Tensor:
    return Tensor.wrap(np.zeros_like(p.array))


def _check_lr(lr: Any) -> None:
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")


def _check_positive(**named: Any) -> None:
    """ValueError, named as upstream names it, for what is below 0."""
    for name, value in named.items():
        if not value >= 0.0:
            told = {"eps": "epsilon value", "momentum": "momentum value"}.get(name, f"{name} value")
            raise ValueError(f"Invalid {told}: {value}")


def _check_betas(betas: Any) -> None:
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")


def _check_adam(lr: Any, betas: Any, eps: Any, **decays: Any) -> None:
    """What Adam and its kin ask of their options, in the order in which they ask."""
    _check_lr(lr)
    _check_positive(eps=eps)
    _check_betas(betas)
    _check_positive(**decays)


def _check_fused(fused: Any, foreach: Any, differentiable: bool) -> None:
    if fused:
        if differentiable:
            raise RuntimeError("`fused` does not support `differentiable`")
        if foreach:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


_CAPTURABLE = "If capturable=True, params and state_steps must be on supported devices: "


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self.defaults.get("differentiable"):
            with enable_grad():
                return around(self, *args, **kwargs)
        return around(self, *args, **kwargs)

    def around(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if not (
            _before_any_step or _after_any_step or self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
        ):
            return step(self, *args, **kwargs)
        call: tuple[Any, ...] = (self, *args)  # hooks are shown the optimizer among the arguments too
        for hook in (*_before_any_step.values(), *self._optimizer_step_pre_hooks.values()):
            changed = hook(self, call, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                call, kwargs = changed
        out = step(*call, **kwargs)
        for hook in (*self._optimizer_step_post_hooks.values(), *_after_any_step.values()):
            hook(self, call, kwargs)
        return out

    hooked.hooked = True  # type: ignore[attr-defined]
    return hooked


_TABLES = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


class Optimizer:
    """The base of all optimizers: `params` are tensors, (name, tensor) pairs, or dicts of a group's options.

    `defaults` are the options of a group that does not say its own.
    """

    defaults: dict[str, Any]
    param_groups: list[Group]
    state: Any
    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        for table in _TABLES:
            setattr(self, table, OrderedDict())
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + _typename(params)
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _patch_step_function(self) -> None:
        cls: Any = type(self)
        if not getattr(cls.step, "hooked", False):
            cls.step = _with_hooks(cls.step)

    # ---- groups

    def add_param_group(self, param_group: Group) -> None:
        """Add a group: a dict of "params" and the options in which it differs from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        given = [params] if isinstance(params, Tensor) else list(params)
        names = [item[0] for item in given if isinstance(item, tuple)]
        tensors = [item[1] if isinstance(item, tuple) else item for item in given]
        param_group["params"] = tensors
        if names:
            if len(names) != len(tensors):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError("optimizer can only optimize Tensors, but one of the params is " + _typename(tensor))
            if not self.defaults.get("differentiable", None) and not (tensor.is_leaf or tensor.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        ids = {id(tensor) for tensor in tensors}
        if len(ids) != len(tensors):
            import warnings

            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                told = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {told} to the optimizer"
                )
        if any(id(tensor) in ids for group in self.param_groups for tensor in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop every parameter's gradient, or fill it with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                gradient = p.grad
                if gradient is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if gradient.tape_node is not None:
                    gradient.detach_()
                else:
                    gradient.requires_grad_(False)
                gradient.zero_()

    # ---- stepping

    _counts = True  # each parameter has a state, which counts its steps

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient; `closure` computes the loss again and is called first."""
        raise NotImplementedError

    def _loss_of(self, closure: Callable[[], Any] | None) -> Any:
        if closure is None:
            return None
        with enable_grad():
            return closure()

    def _ready(self, group: Group) -> list[Tensor]:
        """The group's parameters that have gradients; their state is begun where it is empty."""
        ready = [p for p in group["params"] if p.grad is not None]
        if ready and group.get("capturable"):
            raise AssertionError(_CAPTURABLE + "['cuda', 'xpu', 'hpu', 'privateuseone', 'xla'].")
        for p in ready:
            bump(p)
        if self._counts:
            state = self.state
            for p in ready:
                own = state[p]
                if not own:
                    self._begin(own, p, group)
                count = own["step"].array
                np.add(count, 1, out=count)
        return ready

    def _begin(self, state: dict[str, Any], p: Tensor, group: Group) -> None:
        """Fill the state of a parameter that takes its first step."""

    def _way(self, group: Group) -> tuple[Any, Any, Any]:
        """How the group's step is made: the rules, what they are given for tensors, and for options that may be tensors."""
        if group.get("differentiable"):
            from plait.optim import formulas

            return formulas, list, lambda value: value
        return rules, _arrays, _number

    def _column(self, params: list[Tensor], name: str) -> list[Any]:
        state = self.state
        return [state[p][name] for p in params]

    def _steps(self, params: list[Tensor]) -> list[float]:
        state = self.state
        return [state[p]["step"].array.item() for p in params]

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return other (args, kwargs)."""
        return _add(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return _add(self._optimizer_step_post_hooks, hook)

    # ---- state

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict` is made."""
        return _add(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict` was made; it may return another."""
        return _add(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; it may return another."""
        return _add(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after loading."""
        return _add(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def state_dict(self) -> dict[str, Any]:
        """{"state": per parameter number, "param_groups": the options, with parameters told by number}."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                numbers.setdefault(id(p), i)
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(p)] for p in group["params"]]
            start += len(packed["params"])
            groups.append(packed)
        state = {(numbers[id(k)] if isinstance(k, Tensor) else k): v for k, v in self.state.items()}
        out: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            changed = hook(self, out)
            if changed is not None:
                out = changed
        return out

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take options and state from what `state_dict` returned; the groups must have the same sizes."""
        from copy import deepcopy

        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            changed = hook(self, state_dict)
            if changed is not None:
                state_dict = changed
        saved = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        by_number: dict[Any, tuple[Tensor, Group]] = {}
        for group, new in zip(self.param_groups, saved, strict=True):
            for number, p in zip(new["params"], group["params"], strict=True):
                by_number[number] = (p, new)

        def cast(p: Tensor, group: Group, key: Any, value: Any) -> Any:
            if isinstance(value, Tensor):
                if key == "step":
                    from plait.torch import float32

                    return value.to(float32) if group.get("capturable") or group.get("fused") else value
                return value.to(p.dtype) if p.is_floating_point() else value
            if isinstance(value, dict):
                return {k: cast(p, group, k, v) for k, v in value.items()}
            if isinstance(value, Iterable) and not isinstance(value, str):
                return type(value)(cast(p, group, None, v) for v in value)  # type: ignore[call-arg]
            return value

        state: Any = defaultdict(dict)
        for number, value in state_dict["state"].items():
            if number in by_number:
                p, new = by_number[number]
                state[p] = cast(p, new, None, value)
            else:
                state[number] = value
        for group, new in zip(self.param_groups, saved, strict=True):
            new["params"] = group["params"]
            if "param_names" in group:
                new.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for table in _TABLES:
            self.__dict__.setdefault(table, OrderedDict())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:  # options that older files do not have
            for name, default in self.defaults.items():
                group.setdefault(name, default)
            for p in group["params"]:
                own = self.state.get(p)
                if own and "step" in own and not isinstance(own["step"], Tensor):
                    own["step"] = _scalar(float(own["step"]), group.get("fused"))

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            options = "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
            text += f"\nParameter Group {i}\n{options}"
        return text + ")"
