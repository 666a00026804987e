"""Constructor calls of every layer of `paddle.nn`, with inputs where the call is tried: text, names, first weights and outputs must agree."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tests.paddle_nn.compare import numbers

# One case a line: the constructor, then the shapes of its inputs (none: it is not called).
CASES = """
Linear(4, 3) | 2,4
Linear(4, 3, bias_attr=False) | 2,4
Linear(4, 3, name='fc') | 5,2,4
Linear(4, 3, weight_attr=I.Constant(2.0), bias_attr=I.Normal()) | 2,4
Linear(4, 3, weight_attr=paddle.ParamAttr(initializer=I.KaimingUniform(), trainable=False)) | 2,4
Bilinear(3, 4, 2) | 5,3 | 5,4
Bilinear(3, 4, 2, bias_attr=False, name='b') | 5,3 | 5,4
Conv1D(4, 6, 3) | 2,4,9
Conv1D(4, 6, 3, 2, 1, 2, 2, data_format='NLC') | 2,9,4
Conv1D(4, 6, 3, padding=[2, 1]) | 2,4,9
Conv1D(4, 6, 3, padding=2, padding_mode='circular') | 2,4,9
Conv2D(4, 6, 3) | 2,4,8,7
Conv2D(4, 6, (3, 2), stride=2, padding='SAME', data_format='NHWC') | 2,8,7,4
Conv2D(4, 6, 3, padding=[1, 0, 2, 1], groups=2, bias_attr=False) | 2,4,8,7
Conv2D(4, 4, 3, padding=1, groups=4) | 2,4,8,7
Conv2D(4, 6, 3, padding=1, padding_mode='reflect') | 2,4,8,7
Conv2D(4, 6, 3, padding=1, padding_mode='replicate', data_format='NHWC') | 2,8,7,4
Conv3D(2, 4, 3, padding=1) | 1,2,5,6,4
Conv3D(2, 4, [1, 2, 3], [2, 1, 1], 'valid', data_format='NDHWC') | 1,5,6,4,2
Conv1DTranspose(4, 6, 3, 2, 1, 1) | 2,4,6
Conv2DTranspose(4, 6, 3, 2, 1, 1) | 2,4,6,5
Conv2DTranspose(4, 6, 3, stride=2, groups=2, data_format='NHWC', dilation=2) | 2,6,5,4
Conv3DTranspose(2, 4, 3, 2) | 1,2,3,4,3
BatchNorm(4) | 3,4,5,5
BatchNorm(4, act='relu', momentum=0.5, epsilon=1e-3) | 3,4,5,5
BatchNorm1D(4) | 6,4
BatchNorm1D(4, data_format='NLC') | 6,3,4
BatchNorm2D(4) | 3,4,5,5
BatchNorm2D(4, 0.7, 1e-3, data_format='NHWC', name='bn') | 3,5,5,4
BatchNorm2D(4, weight_attr=False, bias_attr=False, use_global_stats=True) | 3,4,5,5
BatchNorm3D(4) | 2,4,3,3,3
LayerNorm(5) | 3,5
LayerNorm([4, 5], 1e-3, bias_attr=False) | 3,4,5
GroupNorm(2, 4) | 3,4,5,5
GroupNorm(2, 4, 1e-3, weight_attr=False, bias_attr=False, data_format='NHWC') | 3,5,5,4
InstanceNorm1D(4) | 3,4,5
InstanceNorm2D(4, 1e-3) | 3,4,5,5
InstanceNorm3D(4, weight_attr=False, bias_attr=False) | 3,4,2,3,3
LocalResponseNorm(3) | 3,4,5,5
LocalResponseNorm(3, 0.1, 0.5, 2.0, 'NHWC', 'lrn') | 3,5,5,4
MaxPool1D(2) | 2,4,9
MaxPool1D(3, 2, 1, ceil_mode=True) | 2,4,9
MaxPool2D(2) | 2,4,8,7
MaxPool2D(3, 2, 1, data_format='NHWC') | 2,8,7,4
MaxPool2D(2, return_mask=True) | 2,4,8,7
MaxPool2D(2, padding='SAME') | 2,4,8,7
MaxPool3D(2) | 1,4,4,6,5
AvgPool1D(3, 2, 1, exclusive=False) | 2,4,9
AvgPool2D(2) | 2,4,8,7
AvgPool2D(3, 2, 1, True, False, None, 'NHWC') | 2,8,7,4
AvgPool2D(3, 2, 1, divisor_override=4) | 2,4,8,7
AvgPool3D(2) | 1,4,4,6,5
AdaptiveAvgPool1D(3) | 2,4,9
AdaptiveAvgPool2D(3) | 2,4,8,7
AdaptiveAvgPool2D([None, 2], data_format='NHWC') | 2,8,7,4
AdaptiveAvgPool3D([2, 3, 1]) | 1,4,4,6,5
AdaptiveMaxPool1D(3) | 2,4,9
AdaptiveMaxPool2D((3, 2), return_mask=True) | 2,4,8,7
AdaptiveMaxPool3D(2) | 1,4,4,6,5
LPPool1D(2, 3) | 2,4,9
LPPool2D(3, 2, 2) | 2,4,8,8
FractionalMaxPool2D(3, random_u=0.3) | 2,4,8,7
FractionalMaxPool3D([2, 3, 2], kernel_size=2, random_u=0.7) | 2,4,5,6,7
MaxUnPool1D(2) |
MaxUnPool2D(2, output_size=[4, 4]) |
MaxUnPool3D(2) |
CELU() | 3,5
CELU(0.5, 'c') | 3,5
ELU(0.3) | 3,5
GELU() | 3,5
GELU(True, 'g') | 3,5
GLU() | 3,6
GLU(0) | 4,6
Hardshrink() | 3,5
Hardshrink(0.2, 'h') | 3,5
Hardsigmoid() | 3,5
Hardswish() | 3,5
Hardtanh(-0.5, 0.4) | 3,5
LeakyReLU() | 3,5
LeakyReLU(0.3, 'l') | 3,5
LogSigmoid() | 3,5
LogSoftmax() | 3,5
LogSoftmax(0) | 3,5
Maxout(2) | 2,4,3,3
Mish() | 3,5
PReLU() | 3,4,5
PReLU(4, 0.1) | 3,4,5
PReLU(5, data_format='NLC') | 3,4,5
RReLU() | 3,5
RReLU(0.1, 0.2).eval() | 3,5
ReLU() | 3,5
ReLU('r') | 3,5
ReLU6() | 3,5
SELU() | 3,5
SELU(1.2, 0.5) | 3,5
Sigmoid() | 3,5
Silu() | 3,5
Softmax() | 3,5
Softmax(0, 's') | 3,5
Softmax2D() | 2,3,4,5
Softplus() | 3,5
Softplus(2, 1) | 3,5
Softshrink(0.3) | 3,5
Softsign() | 3,5
Swish() | 3,5
Tanh() | 3,5
Tanhshrink() | 3,5
ThresholdedReLU(0.4, 0.2) | 3,5
Dropout(0.4) | 3,5
Dropout(0.4, axis=1, mode='downscale_in_infer', name='d') | 3,5
Dropout(0.4).eval() | 3,5
Dropout2D(0.4) | 3,4,2,2
Dropout3D(0.4, 'NDHWC') | 3,2,2,2,4
AlphaDropout(0.4) | 3,5
FeatureAlphaDropout(0.4) | 3,5,2
Embedding(5, 3) | ids
Embedding(5, 3, padding_idx=2, name='e') | ids
Flatten() | 2,3,4
Flatten(0, 1) | 2,3,4
Unflatten(1, [2, -1]) | 2,6,4
Fold([4, 5], 2) | 1,8,12
Unfold(2, paddings=1, strides=2) | 2,3,6,6
Identity(3, a=4) | 2,3
PixelShuffle(2) | 2,8,3,3
PixelShuffle(2, 'NHWC', 'p') | 2,3,3,8
PixelUnshuffle(2) | 2,2,4,4
ChannelShuffle(2) | 2,4,3,3
Upsample(scale_factor=2) | 2,3,4,5
Upsample([5, 9], mode='bilinear', align_corners=True) | 2,3,4,5
Upsample(size=[7], mode='linear', align_mode=1, data_format='NCW') | 2,3,4
UpsamplingNearest2D(scale_factor=2) | 2,3,4,5
UpsamplingBilinear2D(6, name='u') | 2,3,4,5
Pad1D(1) | 2,3,4
Pad1D([1, 2], 'reflect', name='p') | 2,3,4
Pad2D([1, 0, 2, 1], 'circular') | 2,3,4,5
Pad3D(1, 'replicate', data_format='NDHWC') | 1,3,4,5,2
ConstantPad1D(1, 3.5) | 2,3,4
ConstantPad2D([1, 2, 0, 1], 3.5) | 2,3,4,5
ConstantPad3D(1, 0.5) | 1,2,3,3,3
ZeroPad1D(2) | 2,3,4
ZeroPad2D(2) | 2,3,4,5
ZeroPad3D([1, 0, 1, 0, 2, 2]) | 1,2,3,3,3
ReflectionPad1D(1) | 2,3,4
ReflectionPad2D(1) | 2,3,4,5
ReflectionPad3D(1) | 1,2,3,3,3
ReplicationPad1D(2) | 2,3,4
ReplicationPad2D(2) | 2,3,4,5
ReplicationPad3D(2) | 1,2,3,3,3
CircularPad1D(2) | 2,3,4
CircularPad2D(2) | 2,3,4,5
CircularPad3D(2) | 1,2,3,3,3
CosineSimilarity() | 3,5 | 3,5
CosineSimilarity(0, 1e-3) | 3,5 | 3,5
PairwiseDistance() | 3,5 | 3,5
PairwiseDistance(1, 1e-3, True, 'pd') | 3,5 | 3,5
L1Loss() | 3,5 | 3,5
MSELoss('sum') | 3,5 | 3,5
SmoothL1Loss(delta=0.3) | 3,5 | 3,5
KLDivLoss('batchmean') | 3,5 | 3,5
MarginRankingLoss(0.2) | 3,5 | 3,5 | 3,5
HingeEmbeddingLoss() | 3,5 | 3,5
TripletMarginLoss(swap=True) | 3,5 | 3,5 | 3,5
TripletMarginWithDistanceLoss(nn.CosineSimilarity()) | 3,5 | 3,5 | 3,5
PoissonNLLLoss() | 3,5 | 3,5
SoftMarginLoss() | 3,5 | 3,5
MultiLabelSoftMarginLoss() | 3,5 | 3,5
BCEWithLogitsLoss() | 3,5 | 3,5
CrossEntropyLoss(soft_label=True) | 3,5 | 3,5
CrossEntropyLoss(reduction='foo') |
BCELoss('foo') |
GaussianNLLLoss() |
NLLLoss() |
MultiMarginLoss() |
MultiLabelMarginLoss() |
CosineEmbeddingLoss(2) |
Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Sequential(('a', nn.Linear(3, 3)), ('b', nn.Tanh()))) | 2,4
Sequential(('x', nn.Conv2D(3, 4, 3)), ('y', nn.BatchNorm2D(4))) | 2,3,5,5
LayerList([nn.Linear(2, 3), nn.ReLU()]) |
LayerDict({'a': nn.Linear(2, 3)}) |
ParameterList([nn.Linear(2, 3).weight]) |
""".strip().split("\n")


def run_layer(module: Any, text: str, shapes: list[str]) -> list[Any]:
    """What one case shows: text, names, first weights, outputs and the parameters' gradients; or the types of errors."""
    module.seed(11)
    module.set_default_dtype("float32")
    with module.base.unique_name.guard():
        try:
            layer = eval("nn." + text, {"nn": module.nn, "I": module.nn.initializer, "paddle": module})
        except Exception as error:
            return ["error", type(error).__name__]
        state = [
            (key, list(v.shape), str(v.dtype), v.name, v.stop_gradient, v.numpy())
            for key, v in layer.state_dict().items()
        ]
        shown = [repr(layer), layer.full_name(), state, [name for name, _ in layer.named_parameters()]]
        if shapes:
            shown += _called(module, layer, shapes)
        return shown


def _called(module: Any, layer: Any, shapes: list[str]) -> list[Any]:
    inputs = []
    for k, shape in enumerate(shapes):
        if shape == "ids":
            inputs.append(module.to_tensor(np.array([[0, 2, 4], [1, 2, 3]])))
        else:
            t = module.to_tensor(numbers(*map(int, shape.split(",")), seed=k).astype("float32"))
            t.stop_gradient = False
            inputs.append(t)
    module.seed(12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = layer(*inputs)
        except Exception as error:
            return ["error", type(error).__name__]
        parts = list(result) if isinstance(result, (tuple, list)) else [result]
        floating = [v for v in parts if "float" in str(v.dtype) and not v.stop_gradient]
        if floating:
            module.autograd.backward(floating, [module.ones_like(v) for v in floating])
        grads = [None if p.grad is None else p.grad.numpy() for p in layer.parameters()]
        return [[(str(v.dtype), v.stop_gradient, v.numpy()) for v in parts], grads]


def alike(a: Any, b: Any) -> bool:
    """Whether two accounts agree: text to the letter, numbers closely."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(np.allclose(a, b, 1e-4, 1e-5, equal_nan=True))
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    return bool(a == b)


def layer_cases() -> list[tuple[str, list[str]]]:
    """(constructor, shapes of the inputs) of every case."""
    found = []
    for line in CASES:
        text, *shapes = [part.strip() for part in line.split("|")]
        found.append((text, [s for s in shapes if s]))
    return found
