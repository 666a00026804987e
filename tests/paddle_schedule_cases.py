"""Cases of Paddle's learning-rate schedulers, told as calls: the same text runs under Paddle, to record, and under plait."""

from __future__ import annotations

from typing import Any

# `lr` is paddle.optimizer.lr.
SCHEDULERS = [
    "lr.NoamDecay(0.01, 5)",
    "lr.NoamDecay(64, 3, 2.0, last_epoch=2)",
    "lr.PiecewiseDecay([3, 6, 9], [0.1, 0.2, 0.3, 0.4])",
    "lr.PiecewiseDecay([3, 6], [0.1, 0.2, 0.3, 0.4, 0.5])",
    "lr.NaturalExpDecay(0.5, 0.1)",
    "lr.InverseTimeDecay(0.5, 0.1)",
    "lr.PolynomialDecay(0.5, 5)",
    "lr.PolynomialDecay(0.5, 5, 0.01, 2.5)",
    "lr.PolynomialDecay(0.5, 5, 0.01, 1.5, True)",
    "lr.LinearWarmup(0.5, 4, 0.0, 0.5)",
    "lr.LinearWarmup(lr.ExponentialDecay(0.5, 0.9), 4, 0.1, 0.5)",
    "lr.LinearWarmup(lr.StepDecay(0.5, 2), 3, 0.1, 0.7, last_epoch=1)",
    "lr.ExponentialDecay(0.5, 0.9)",
    "lr.MultiStepDecay(0.5, [2, 5, 7])",
    "lr.MultiStepDecay(0.5, (2, 5), 0.8)",
    "lr.StepDecay(0.5, 3)",
    "lr.StepDecay(0.5, 3, 0.7, last_epoch=4)",
    "lr.LambdaDecay(0.5, lambda e: 0.95 ** e)",
    "lr.MultiplicativeDecay(0.5, lambda e: 0.95)",
    "lr.CosineAnnealingDecay(0.5, 5)",
    "lr.CosineAnnealingDecay(0.5, 3, 0.1)",
    "lr.OneCycleLR(1.0, 20)",
    "lr.OneCycleLR(1.0, 20, 10, 0.01, 0.4, 'linear')",
    "lr.OneCycleLR(1.0, 20, 10, 0.01, 0.4, three_phase=True)",
    "lr.CyclicLR(0.1, 1.0, 3)",
    "lr.CyclicLR(0.1, 1.0, 3, 5, 'triangular2')",
    "lr.CyclicLR(0.1, 1.0, 3, 2, 'exp_range', 0.9)",
    "lr.CyclicLR(0.1, 1.0, 3, 2, scale_fn=lambda x: 0.5 ** x, scale_mode='iterations')",
    "lr.CyclicLR(0.1, 1.0, 3, 2, scale_fn=lambda x: 0.5 ** x)",
    "lr.LinearLR(0.5, 5)",
    "lr.LinearLR(0.5, 5, 0.2, 0.8)",
    "lr.CosineAnnealingWarmRestarts(0.5, 4)",
    "lr.CosineAnnealingWarmRestarts(0.5, 2, 2, 0.1)",
    "lr.CosineAnnealingWarmRestarts(0.5, 2, 3, 0.1)",
    "lr.StepDecay(0.5, 3, verbose=True)",
    "lr.LinearWarmup(lr.StepDecay(0.5, 2, verbose=True), 3, 0.1, 0.7, verbose=True)",
    "lr.CosineAnnealingWarmRestarts(0.5, 2, 2, 0.1, verbose=True)",
]
METRICS = [1.0, 0.9, 0.95, 0.9, 0.9, 0.89, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.6, 0.6, 0.6, 0.6]
PLATEAUS = [
    "lr.ReduceOnPlateau(1.0, patience=2)",
    "lr.ReduceOnPlateau(1.0, 'max', 0.5, 1, verbose=True)",
    "lr.ReduceOnPlateau(1.0, 'min', 0.5, 1, 0.05, 'abs', 2, 0.2, verbose=True)",
    "lr.ReduceOnPlateau(1.0, 'MAX', 0.5, 1, 0.05, 'ABS')",
]
# Calls that must raise.
BAD = [
    "lr.StepDecay('a', 3)",
    "lr.StepDecay(-1.0, 3)",
    "lr.StepDecay(1.0, 3.0)",
    "lr.StepDecay(1.0, 0)",
    "lr.StepDecay(1.0, 3, 1.0)",
    "lr.NoamDecay(0, 3)",
    "lr.PiecewiseDecay([], [1.0])",
    "lr.PiecewiseDecay([1, 2], [1.0, 2.0])",
    "lr.NaturalExpDecay(1.0, 0.0)",
    "lr.PolynomialDecay(1.0, 0)",
    "lr.PolynomialDecay(1.0, 5, power=0.0)",
    "lr.LinearWarmup('a', 3, 0.0, 1.0)",
    "lr.LinearWarmup(0.5, 3, 1.0, 0.5)",
    "lr.ExponentialDecay(1.0, 1.0)",
    "lr.MultiStepDecay(1.0, 3)",
    "lr.MultiStepDecay(1.0, [3, 2])",
    "lr.MultiStepDecay(1.0, [3, 4], 1.5)",
    "lr.LambdaDecay(1.0, 3)",
    "lr.MultiplicativeDecay(1.0, 3)",
    "lr.ReduceOnPlateau(1.0, 'mid')",
    "lr.ReduceOnPlateau(1.0, factor=1.0)",
    "lr.ReduceOnPlateau(1.0, threshold_mode='x')",
    "lr.ReduceOnPlateau('a')",
    "lr.ReduceOnPlateau(1.0).step('a')",
    "lr.CosineAnnealingDecay(1.0, 2.0)",
    "lr.CosineAnnealingDecay(1.0, 2, 'a')",
    "lr.CosineAnnealingDecay(1.0, 0)",
    "lr.OneCycleLR('a', 5)",
    "lr.OneCycleLR(-1.0, 5)",
    "lr.OneCycleLR(1.0, 5.0)",
    "lr.OneCycleLR(1.0, 0)",
    "lr.OneCycleLR(1.0, 5, phase_pct=1)",
    "lr.OneCycleLR(1.0, 5, phase_pct=1.5)",
    "lr.OneCycleLR(1.0, 5, divide_factor='a')",
    "lr.OneCycleLR(1.0, 5, three_phase=True, phase_pct=0.6)",
    "lr.OneCycleLR(1.0, 5, anneal_strategy='x')",
    "[lr.OneCycleLR(1.0, 5).step(e) for e in (5, 6)]",
    "lr.CyclicLR(0.1, 'a', 3)",
    "lr.CyclicLR(0.1, -1.0, 3)",
    "lr.CyclicLR(0.1, 1.0, 3.0)",
    "lr.CyclicLR(0.1, 1.0, 0)",
    "lr.CyclicLR(0.1, 1.0, 3, 0)",
    "lr.CyclicLR(0.1, 1.0, 3, mode='x')",
    "lr.CyclicLR(0.1, 1.0, 3, exp_gamma=1)",
    "lr.CyclicLR(0.1, 1.0, 3, scale_mode='x')",
    "lr.LinearLR(0.1, 0)",
    "lr.LinearLR(0.1, 3, 2.0)",
    "lr.LinearLR(0.1, 3, 0.5, 2.0)",
    "lr.CosineAnnealingWarmRestarts(0.1, 0)",
    "lr.CosineAnnealingWarmRestarts(0.1, 2, 0)",
    "lr.CosineAnnealingWarmRestarts(0.1, 2).step(-1)",
    "lr.LRScheduler()",
    "lr.StepDecay(1.0, 3).set_state_dict({'last_epoch': 1})",
]


def run(lr: Any, case: str) -> str:
    """All that a scheduler does over some steps, as text."""
    out = []
    scheduler = eval(case, {"lr": lr})
    if case in PLATEAUS:
        for metric in METRICS:
            scheduler.step(metric)
            out.append(repr(scheduler()))
        return " ".join(out) + "\n" + repr(scheduler.state_dict())
    for _ in range(14):
        out.append(repr(scheduler()))
        scheduler.step()
    for epoch in (3, 0, 11, 7):
        scheduler.step(epoch)
        out.append(repr(scheduler()))
    scheduler.step()
    state = scheduler.state_dict()
    other = eval(case, {"lr": lr})
    other.set_state_dict(state)
    other.step()
    return (
        " ".join([*out, repr(other())]) + "\n" + repr(state) + "\n" + " ".join(sorted(vars(scheduler).keys() - PRIVATE))
    )


# Attributes that upstream keeps for itself.
PRIVATE = {"_step_config", "_steps_size", "_lr_config", "_rates", "_steps", "anneal_func", "scale_fn"}


def failure(lr: Any, case: str) -> str:
    """The type of the exception that a bad call raises."""
    try:
        eval(case, {"lr": lr})
    except Exception as error:
        return type(error).__name__
    return "nothing"
