"""Cases of Paddle's optimizers, told as calls: the same text runs under Paddle, to record, and under plait."""

from __future__ import annotations

from typing import Any

import numpy as np

# What is made of `p`, the parameters' list; `paddle` is the framework.
OPTIMIZERS = {
    "sgd": "paddle.optimizer.SGD(0.1, p)",
    "sgd_l2": "paddle.optimizer.SGD(learning_rate=0.1, parameters=p, weight_decay=0.1)",
    "sgd_int_decay": "paddle.optimizer.SGD(0.1, p, weight_decay=1)",
    "sgd_l1": "paddle.optimizer.SGD(0.1, p, weight_decay=paddle.regularizer.L1Decay(0.1))",
    "sgd_multi_precision": "paddle.optimizer.SGD(0.1, p, multi_precision=True)",
    "momentum": "paddle.optimizer.Momentum(0.1, parameters=p)",
    "momentum_l2": "paddle.optimizer.Momentum(0.1, 0.8, p, weight_decay=0.1, rescale_grad=0.5)",
    "momentum_rescaled": "paddle.optimizer.Momentum(0.1, 0.8, p, rescale_grad=0.5)",
    "momentum_l1": "paddle.optimizer.Momentum(0.1, 0.8, p, weight_decay=paddle.regularizer.L1Decay(0.1))",
    "momentum_nesterov": "paddle.optimizer.Momentum(0.1, 0.8, p, use_nesterov=True, weight_decay=paddle.regularizer.L2Decay(0.2))",
    "adam": "paddle.optimizer.Adam(parameters=p)",
    "adam_options": "paddle.optimizer.Adam(0.1, 0.8, 0.95, 0.01, p, weight_decay=0.1, lazy_mode=True, name='own')",
    "adam_amsgrad": "paddle.optimizer.Adam(0.1, parameters=p, amsgrad=True, use_multi_tensor=False)",
    "adam_l1": "paddle.optimizer.Adam(0.1, parameters=p, weight_decay=paddle.regularizer.L1Decay(0.3))",
    "adam_tensor_betas": "paddle.optimizer.Adam(0.1, paddle.to_tensor([0.9]), paddle.to_tensor([0.99]), parameters=p)",
    "adamw": "paddle.optimizer.AdamW(parameters=p)",
    "adamw_options": "paddle.optimizer.AdamW(0.1, 0.8, 0.95, 0.01, p, weight_decay=0.3, amsgrad=True)",
    "adamw_some": "paddle.optimizer.AdamW(0.1, parameters=p, weight_decay=0.3, apply_decay_param_fun=lambda n: 'weight' in n)",
    "adamax": "paddle.optimizer.Adamax(0.1, parameters=p)",
    "adamax_options": "paddle.optimizer.Adamax(0.1, 0.8, 0.9, 0.2, p, weight_decay=0.1)",
    "adagrad": "paddle.optimizer.Adagrad(0.1, parameters=p)",
    "adagrad_options": "paddle.optimizer.Adagrad(0.1, 0.1, p, weight_decay=0.1, initial_accumulator_value=0.3)",
    "adadelta": "paddle.optimizer.Adadelta(0.1, parameters=p)",
    "adadelta_options": "paddle.optimizer.Adadelta(1.0, 0.1, 0.8, p, weight_decay=0.1)",
    "rmsprop": "paddle.optimizer.RMSProp(0.1, parameters=p)",
    "rmsprop_options": "paddle.optimizer.RMSProp(0.1, 0.9, 0.1, 0.8, True, p, weight_decay=0.1)",
    "rmsprop_centered": "paddle.optimizer.RMSProp(0.1, 0.9, 0.01, centered=True, parameters=p)",
    "lamb": "paddle.optimizer.Lamb(0.1, parameters=p)",
    "lamb_options": "paddle.optimizer.Lamb(0.1, 0.2, 0.8, 0.95, 0.01, p, exclude_from_weight_decay_fn=lambda q: 'bias' in q.name)",
    "lamb_adapts": "paddle.optimizer.Lamb(0.1, 0.0, parameters=p, always_adapt=True)",
    "lamb_plain": "paddle.optimizer.Lamb(0.1, 0.0, parameters=p)",
    "asgd": "paddle.optimizer.ASGD(0.1, parameters=p)",
    "asgd_batches": "paddle.optimizer.ASGD(0.1, 3, p, weight_decay=0.1)",
    "rprop": "paddle.optimizer.Rprop(0.1, parameters=p)",
    "rprop_options": "paddle.optimizer.Rprop(0.1, (0.05, 0.15), p, (0.4, 1.3))",
    "nadam": "paddle.optimizer.NAdam(0.1, parameters=p)",
    "nadam_options": "paddle.optimizer.NAdam(0.1, 0.8, 0.95, 0.01, 0.1, p, weight_decay=0.1)",
    "radam": "paddle.optimizer.RAdam(0.1, parameters=p)",
    "radam_options": "paddle.optimizer.RAdam(0.1, 0.8, 0.9, 0.01, p, weight_decay=0.1)",
    "clip_value": "paddle.optimizer.SGD(0.1, p, grad_clip=paddle.nn.ClipGradByValue(0.5))",
    "clip_norm": "paddle.optimizer.Adam(0.1, parameters=p, grad_clip=paddle.nn.ClipGradByNorm(0.5))",
    "clip_global": "paddle.optimizer.Momentum(0.1, 0.9, p, grad_clip=paddle.nn.ClipGradByGlobalNorm(0.5), weight_decay=0.1)",
    "groups": "paddle.optimizer.Adam(0.1, parameters=[{'params': p[:1]}, {'params': p[1:], 'weight_decay': 0.2,"
    " 'learning_rate': 0.5, 'beta1': 0.8}], weight_decay=0.01)",
    "groups_adamw": "paddle.optimizer.AdamW(0.1, parameters=[{'params': p[:1]}, {'params': p[1:], 'weight_decay': 0.2,"
    " 'learning_rate': 0.5, 'beta1': 0.8}], weight_decay=0.01)",
    "groups_momentum": "paddle.optimizer.Momentum(0.1, parameters=[{'params': p[:1]}, {'params': p[1:], 'weight_decay': 0.2,"
    " 'learning_rate': 0.5, 'momentum': 0.5}], weight_decay=0.01)",
    "groups_clip": "paddle.optimizer.SGD(0.1, parameters=[{'params': p[:1], 'grad_clip': paddle.nn.ClipGradByNorm(0.1)},"
    " {'params': p[1:], 'weight_decay': paddle.regularizer.L1Decay(0.2)}])",
    "scheduler": "paddle.optimizer.Momentum(paddle.optimizer.lr.StepDecay(0.1, 2, 0.5), 0.9, p)",
    "scheduler_cosine": "paddle.optimizer.Adam(paddle.optimizer.lr.CosineAnnealingDecay(0.1, 4), parameters=p)",
}

# Options of the second parameter, for the optimizers in OWN.
OWN = (
    "sgd_l2",
    "momentum_l2",
    "momentum_l1",
    "adam",
    "adamw",
    "adagrad",
    "rmsprop",
    "lamb",
    "clip_global",
    "scheduler",
)

# Paddle has no float64 kernel for these.
SINGLE = ("clip_norm", "groups_clip")

STEPS = 6
SHAPES = {"weight": (3, 5), "bias": (5,), "still": (2,)}
DTYPES = ("float32", "float64")


def values(dtype: str) -> tuple[dict[str, np.ndarray[Any, Any]], list[dict[str, np.ndarray[Any, Any]]]]:
    """The parameters' first values and the gradients of each step; the third parameter has none."""
    rng = np.random.RandomState(7)
    first = {k: rng.randn(*s).astype(dtype) for k, s in SHAPES.items()}
    grads = []
    for step in range(STEPS):
        grads.append({k: rng.randn(*SHAPES[k]).astype(dtype) for k in ("weight", "bias")})
        if step == 3:
            grads[-1]["bias"][:2] = 0
    return first, grads


def run(paddle: Any, name: str, dtype: str, own: bool) -> dict[str, np.ndarray[Any, Any]]:
    """The parameters after each step, the state at the end, and the learning rates."""
    first, grads = values(dtype)
    with paddle.base.unique_name.guard():
        p = []
        for key, value in first.items():
            attr = paddle.ParamAttr(name=key, initializer=paddle.nn.initializer.Assign(value))
            if own and key == "bias":
                attr.learning_rate, attr.regularizer, attr.need_clip = 0.5, paddle.regularizer.L2Decay(0.3), False
            p.append(paddle.create_parameter(list(value.shape), dtype, attr=attr))
        optimizer = eval(OPTIMIZERS[name], {"paddle": paddle, "p": p})
        out: dict[str, np.ndarray[Any, Any]] = {}
        rates = []
        for step in range(STEPS):
            loss = sum((q * paddle.to_tensor(grads[step][q.name])).sum() for q in p[:2])
            loss.backward()
            rates.append(optimizer.get_lr())
            if step % 3 == 2 and "groups" not in name:
                optimizer.minimize(loss)
            else:
                optimizer.step()
            optimizer.clear_grad()
            if "scheduler" in name:
                optimizer._learning_rate.step()
            if step in (0, 2, STEPS - 1):
                out.update({f"{step}.{q.name}": q.numpy().copy() for q in p})
        for key, value in optimizer.state_dict().items():
            if key == "LR_Scheduler":
                value = np.array([float(v) for v in value.values()])
            out["state." + key] = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        out["rates"] = np.array(rates)
    return out


def all_cases() -> list[tuple[str, str, bool]]:
    """(name, dtype, whether the second parameter has options of its own)"""
    cases = [
        (name, dtype, False) for name in OPTIMIZERS for dtype in DTYPES if not (name in SINGLE and dtype != "float32")
    ]
    return cases + [(name, "float32", True) for name in OWN]
