"""paddle.regularizer: penalties on parameters' size, as terms of their gradients."""

from __future__ import annotations

from typing import Any

from plait.optim import decay

__all__ = ["L1Decay", "L2Decay"]


class WeightDecayRegularizer:
    """Base: called with a parameter and its gradient, gives the term to add to the gradient."""

    def __call__(self, param: Any, grad: Any, block: Any = None) -> Any:
        raise NotImplementedError

    def __str__(self) -> str:
        raise NotImplementedError


class L1Decay(WeightDecayRegularizer):
    """coeff · Σ|w|, as a term coeff · sign(w) of the gradient.

    >>> print(L1Decay(0.1))
    L1Decay, coeff=0.100000
    """

    def __init__(self, coeff: float = 0.0) -> None:
        if coeff is None:
            raise AssertionError("L1Decay: coeff must be a number; got None")
        self._coeff = coeff

    def __call__(self, param: Any, grad: Any, block: Any = None) -> Any:
        return param.face.wrap(decay.sign_term(param.array, self._coeff))

    def __str__(self) -> str:
        return f"L1Decay, coeff={self._coeff:f}"


class L2Decay(WeightDecayRegularizer):
    """coeff / 2 · Σw², as a term coeff · w of the gradient.

    >>> print(L2Decay(0.1))
    L2Decay, coeff=0.100000
    """

    def __init__(self, coeff: float = 0.0) -> None:
        if coeff is None:
            raise AssertionError("L2Decay: coeff must be a number; got None")
        self._coeff = coeff

    def __call__(self, param: Any, grad: Any, block: Any = None) -> Any:
        return param.face.wrap(decay.size_term(param.array, self._coeff))

    def __str__(self) -> str:
        return f"L2Decay, coeff={self._coeff:f}"
