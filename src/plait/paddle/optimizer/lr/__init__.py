"""paddle.optimizer.lr: learning rates that change; the curves are plait.optim.schedule's.

A scheduler makes its first step when it is made, and each `step()` works the next rate out of `last_epoch`.
"""

from __future__ import annotations

from plait.paddle.optimizer.lr.base import LRScheduler
from plait.paddle.optimizer.lr.cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from plait.paddle.optimizer.lr.decays import (
    CosineAnnealingDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LambdaDecay,
    LinearLR,
    LinearWarmup,
    MultiplicativeDecay,
    MultiStepDecay,
    NaturalExpDecay,
    NoamDecay,
    PiecewiseDecay,
    PolynomialDecay,
    StepDecay,
)
from plait.paddle.optimizer.lr.plateau import ReduceOnPlateau

__all__ = [
    "CosineAnnealingDecay",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LRScheduler",
    "LambdaDecay",
    "LinearLR",
    "LinearWarmup",
    "MultiStepDecay",
    "MultiplicativeDecay",
    "NaturalExpDecay",
    "NoamDecay",
    "OneCycleLR",
    "PiecewiseDecay",
    "PolynomialDecay",
    "ReduceOnPlateau",
    "StepDecay",
]
