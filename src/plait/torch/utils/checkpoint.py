"""Checkpoints: a part of the network that keeps no intermediate values, and is run again when its gradient is asked for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plait import autograd as _engine
from plait.modes import enable_grad
from plait.op import edge_of
from plait.torch import _random
from plait.torch._tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["checkpoint", "checkpoint_sequential"]

_EXPLICIT = (
    "the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise "
    "an exception. use_reentrant=False is recommended, but if you need to preserve the current default behavior, you can pass "
    "use_reentrant=True. Refer to docs for more details on the differences between the two variants."
)


def _leaves(outputs: Sequence[Any]) -> list[Tensor]:
    """The tensors at which the graph of `outputs` ends."""
    found: dict[int, Tensor] = {}
    seen: set[int] = set()
    stack = [e for e in map(edge_of, outputs) if e is not None]
    while stack:
        to = stack.pop()[0]
        if isinstance(to, Tensor):
            found.setdefault(id(to), to)
        elif to.seq not in seen:
            seen.add(to.seq)
            stack += [e for e in to.edges if e is not None]
    return list(found.values())


def _cut(value: Any, pairs: list[tuple[Tensor, Tensor]]) -> Any:
    """A tensor off the tape that asks for a gradient if `value` does; pairs of the two are noted."""
    if not isinstance(value, Tensor):
        return value
    alone = value.detach()
    if value.requires_grad:
        alone.requires_grad_()
        pairs.append((value, alone))
    return alone


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), with the values between worked out again in the backward pass, from the same random state.

    >>> from plait import torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> y = checkpoint(lambda t: t.exp().exp(), x, use_reentrant=False)
    >>> y.sum().backward()
    >>> x.grad
    tensor([41.1936, 41.1936])
    """
    if use_reentrant is None:
        warnings.warn("torch.utils.checkpoint: " + _EXPLICIT, stacklevel=2)
    for name in ("context_fn", "determinism_check", "debug", "early_stop"):
        kwargs.pop(name, None)
    if not _engine.grad_enabled():
        return function(*args, **kwargs)
    state = _random.get_rng_state() if preserve_rng_state else None

    def run() -> tuple[Any, list[Tensor], dict[int, Tensor]]:
        pairs: list[tuple[Tensor, Tensor]] = []
        result = function(*[_cut(a, pairs) for a in args], **{k: _cut(v, pairs) for k, v in kwargs.items()})
        outputs = [o for o in (result if isinstance(result, (tuple, list)) else (result,)) if isinstance(o, Tensor)]
        return result, outputs, {id(alone): value for value, alone in pairs}

    result, outputs, outer = run()
    tracked = [o for o in outputs if o.requires_grad]
    if not tracked:
        return result
    ends = [outer.get(id(leaf), leaf) for leaf in _leaves(tracked)]

    def again(grads: Sequence[Any]) -> list[Any]:
        now = _random.get_rng_state()
        if state is not None:
            _random.set_rng_state(state)
        try:
            with enable_grad():
                _, outputs, outer = run()
        finally:
            if state is not None:
                _random.set_rng_state(now)
        pairs = [(o, g) for o, g in zip(outputs, grads, strict=True) if g is not None and o.requires_grad]
        inner = {id(value): leaf for leaf in _leaves([o for o, _ in pairs]) for value in (outer.get(id(leaf), leaf),)}
        wanted = [inner[id(end)] for end in ends if id(end) in inner]
        found = iter(_engine.grad([o for o, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True))
        return [next(found) if id(end) in inner else None for end in ends]

    node = _engine.FunctionNode("CheckpointFunctionBackward", Tensor, ends, again)
    node.outputs = len(outputs)
    for i, o in enumerate(outputs):
        if o.requires_grad:
            o.tape_node, o.tape_index, o.view_base, o.view_chain = node, i, None, ()
    return result


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The modules of a Sequential (or a list) one after the other, in `segments` checkpoints; the last part is not checkpointed."""
    if use_reentrant is None:
        warnings.warn("torch.utils.checkpoint.checkpoint_sequential: " + _EXPLICIT, stacklevel=2)
        use_reentrant = True
    steps = list(functions)
    size = len(steps) // segments
    end = -1

    def part(start: int, stop: int) -> Callable[[Any], Any]:
        def forward(value: Any) -> Any:
            for step in steps[start : stop + 1]:
                value = step(value)
            return value

        return forward

    for start in range(0, size * (segments - 1), size):
        end = start + size - 1
        input = checkpoint(part(start, end), input, use_reentrant=use_reentrant, **kwargs)
    return part(end + 1, len(steps) - 1)(input)
