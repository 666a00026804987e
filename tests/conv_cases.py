"""Cases of convolution, linear maps and products of matrices: run on PyTorch by tools/record_conv.py, on plait by tests/test_golden_conv.py."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np


def values(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Repeatable numbers in [-1, 1)."""
    n = int(np.prod(shape))
    steps = (np.arange(n) * 0.6180339887498949 + 0.1234 + 0.37 * seed) % 1.0
    return (2 * steps - 1).reshape(shape)


def conv_cases() -> list[dict[str, Any]]:
    """Generated arguments of the six convolutions; the same on every machine."""
    draw = random.Random(20)
    cases = []
    for i in range(110):
        n = draw.randint(1, 3)
        transposed = draw.random() < 0.4
        groups = draw.choice([1, 1, 1, 2, 3])
        ins, outs = draw.randint(1, 3) * groups, draw.randint(1, 3) * groups
        if draw.random() < 0.2:
            ins = groups = draw.randint(2, 5)
            outs = groups * draw.randint(1, 2)
        kernel = [draw.randint(1, 4 if n < 3 else 2) for _ in range(n)]
        stride = [draw.randint(1, 3) for _ in range(n)]
        dilation = [draw.randint(1, 2) for _ in range(n)]
        padding: Any = [draw.randint(0, 2) for _ in range(n)]
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        if transposed:
            size = [draw.randint(1, 4) for _ in range(n)]
            padding = [
                min(p, ((s - 1) * st + r - 1) // 2) for p, s, st, r in zip(padding, size, stride, reach, strict=True)
            ]
        else:
            size = [max(1, r - 2 * p) + draw.randint(0, (12, 6, 3)[n - 1]) for r, p in zip(reach, padding, strict=True)]
            if draw.random() < 0.15:
                padding, stride = draw.choice(["same", "valid"]), [1] * n
                size = [max(s, r) for s, r in zip(size, reach, strict=True)]
        extra = [draw.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)] if transposed else []
        batch = draw.choice([[], [1], [2], [3]])
        weight = [ins, outs // groups, *kernel] if transposed else [outs, ins // groups, *kernel]
        cases.append({
            "function": f"conv{'_transpose' if transposed else ''}{n}d", "x": [*batch, ins, *size], "w": weight,
            "b": [outs] if draw.random() < 0.6 else None, "dtype": draw.choice(["float32", "float64"]),
            "last": n == 2 and len(batch) == 1 and draw.random() < 0.3,
            "args": {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
            | ({"output_padding": extra} if transposed else {}), "number": i,
        })  # fmt: skip
    return cases


def run_conv(torch: Any, case: dict[str, Any]) -> list[Any]:
    """The result, and the gradients for input, weight and bias."""
    F = torch.nn.functional
    dtype = getattr(torch, case["dtype"])
    tensors = []
    for j, key in enumerate(("x", "w", "b")):
        if case[key] is None:
            continue
        t = torch.tensor(values(tuple(case[key]), case["number"] + j).tolist(), dtype=dtype).reshape(case[key])
        if case["last"] and key == "x":
            t = t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
        tensors.append(t.requires_grad_())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = getattr(F, case["function"])(*tensors, **case["args"])
    g = torch.tensor(values(tuple(y.shape), case["number"] + 5).tolist(), dtype=dtype).reshape(y.shape)
    return [y.detach(), *torch.autograd.grad(y, tensors, g)]


#: Expressions of `torch`, `F` and T(*shape), a tensor of `values` that requires a gradient; results and gradients are compared.
PRODUCTS = """
torch.mm(T(3, 5), T(5, 4))
torch.mm(T(3, 0), T(0, 4))
torch.mm(T(40, 70), T(70, 33))
torch.bmm(T(2, 3, 5), T(2, 5, 4))
torch.mv(T(3, 5), T(5))
torch.dot(T(7), T(7))
torch.outer(T(3), T(4))
T(3) @ T(3)
T(3) @ T(3, 4)
T(2, 3) @ T(3)
T(4, 2, 3) @ T(3)
T(3) @ T(2, 3, 4)
T(4, 2, 3) @ T(3, 5)
T(2, 3) @ T(4, 3, 5)
T(2, 1, 3, 4) @ T(5, 4, 2)
T(2, 3, 4).transpose(1, 2) @ T(2, 3, 2)
torch.addmm(T(2, 4), T(2, 3), T(3, 4))
torch.addmm(T(4), T(2, 3), T(3, 4), beta=0.5, alpha=2)
torch.addmm(T(2, 1), T(2, 3), T(3, 4), beta=0)
torch.baddbmm(T(2, 3, 4), T(2, 3, 5), T(2, 5, 4), beta=2, alpha=-1)
torch.addmv(T(3), T(3, 4), T(4), beta=0.5)
torch.addbmm(T(3, 4), T(2, 3, 5), T(2, 5, 4), alpha=0.5)
torch.einsum("ij,jk->ik", T(2, 3), T(3, 4))
torch.einsum("ij,jk", T(2, 3), T(3, 4))
torch.einsum("bij,bjk->bik", T(2, 3, 4), T(2, 4, 5))
torch.einsum("ii", T(3, 3))
torch.einsum("ii->i", T(3, 3))
torch.einsum("iij->j", T(3, 3, 2))
torch.einsum("ij->ji", T(2, 3))
torch.einsum("ij->", T(2, 3))
torch.einsum("i,j->ij", T(2), T(3))
torch.einsum("i,i->", T(3), T(3))
torch.einsum("...ij,...jk->...ik", T(2, 3, 4), T(4, 5))
torch.einsum("...,...", T(2, 3), T(3))
torch.einsum("bn,anm,bm->ba", T(2, 3), T(4, 3, 5), T(2, 5))
torch.einsum("ab,bc,cd,de", T(2, 3), T(3, 2), T(2, 4), T(4, 2))
torch.einsum("bhwc,hkc->bhwk", T(2, 3, 4, 2), T(3, 5, 2))
torch.einsum("abc,cab->b", T(2, 3, 4), T(4, 2, 3))
torch.einsum("i,ij->j", T(1), T(3, 2))
torch.einsum(T(2, 3), [0, 1], T(3, 4), [1, 2], [0, 2])
torch.einsum(T(2, 3, 4), [..., 5, 6], T(2, 4, 3), [..., 6, 5])
torch.einsum("AbC,Cb->AC", T(2, 3, 4), T(4, 3))
torch.tensordot(T(2, 3, 4), T(3, 4, 5), 2)
torch.tensordot(T(2, 3, 4), T(4, 2, 5), ([2, 0], [0, 1]))
torch.tensordot(T(2), T(3), 0)
torch.bilinear(T(3, 2), T(3, 4), T(5, 2, 4), T(5))
F.bilinear(T(2, 3, 2), T(2, 3, 4), T(5, 2, 4))
F.linear(T(3, 5), T(4, 5), T(4))
F.linear(T(2, 3, 5), T(4, 5), T(4))
F.linear(T(5), T(4, 5), T(4))
F.linear(T(5), T(4, 5))
F.linear(T(2, 3, 5), T(4, 5))
F.linear(T(3, 5), T(5))
F.linear(T(3, 5), T(4, 5), T(3, 4))
F.linear(T(3, 5), T(4, 5), T(1))
F.linear(T(0, 5), T(4, 5), T(4))
torch.cdist(T(3, 4), T(5, 4))
torch.cdist(T(2, 3, 4), T(2, 5, 4), p=1)
torch.cdist(T(3, 4), T(5, 4), p=3.5)
torch.cdist(T(3, 4), T(5, 4), p=float("inf"))
torch.cdist(T(3, 4), T(5, 4), p=0)
torch.cdist(T(3, 4), T(3, 4))
F.pdist(T(4, 3))
F.pdist(T(4, 3), p=1)
F.pdist(T(4, 3), p=float("inf"))
torch.inner(T(2, 3), T(4, 3))
F.conv_tbc(T(5, 2, 3), T(2, 3, 4), T(4), pad=1)
""".strip().splitlines()

#: Expressions that print, for text and digits.
TEXTS = """
nn.Conv2d(3, 4, 3)
nn.Conv2d(3, 4, (3, 1), stride=(2, 1), padding=(1, 0), dilation=(1, 2), bias=False, padding_mode="circular")
nn.Conv2d(4, 4, 3, padding="same", groups=2)
nn.Conv1d(3, 4, 3, padding=1)
nn.Conv3d(2, 4, 2, stride=2)
nn.ConvTranspose1d(4, 4, 3)
nn.ConvTranspose2d(4, 4, 3, stride=2, output_padding=1, groups=2)
nn.ConvTranspose3d(2, 2, 2, bias=False)
nn.LazyConv2d(4, 3)
nn.LazyConvTranspose1d(4, 3, 2)
nn.LazyLinear(4)
nn.Linear(3, 4)
nn.Linear(3, 4, bias=False)
nn.Bilinear(2, 3, 4)
nn.Identity(3, a=4)
nn.Linear(3, 2).weight
nn.Linear(3, 2)(torch.ones(2, 3))
nn.Conv2d(1, 2, 2).weight
nn.Conv2d(1, 2, 2).bias
nn.Conv2d(1, 2, 2)(torch.ones(1, 1, 3, 3))
nn.ConvTranspose1d(2, 3, 2).weight
nn.Bilinear(2, 3, 4).bias
nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect")(torch.ones(1, 2, 3, 3)).sum()
nn.Conv2d(2, 3, 3, padding=1)(torch.ones(2, 3, 3)).shape
nn.LazyConv2d(4, 3)(torch.ones(1, 2, 4, 4))
nn.LazyLinear(2)(torch.ones(1, 3))
nn.LazyConv2d(4, 3).state_dict()
nn.ConvTranspose2d(1, 1, 3, stride=2)(torch.ones(1, 1, 3, 3), output_size=(8, 8)).shape
list(nn.Conv2d(1, 2, 3).state_dict())
torch.ones(2, 3) @ torch.ones(3, 2)
torch.ones(2, 3, requires_grad=True) @ torch.ones(3)
torch.einsum("ij->i", torch.ones(2, 3, dtype=torch.int64))
torch.mm(torch.arange(4).reshape(2, 2), torch.arange(4).reshape(2, 2))
F.conv2d(torch.arange(9).reshape(1, 1, 3, 3), torch.ones(1, 1, 2, 2, dtype=torch.int64))
""".strip().splitlines()

#: Expressions that raise.
ERRORS = """
F.conv2d(f(1, 3, 5, 5), f(4, 2, 3, 3))
F.conv2d(f(1, 4, 5, 5), f(4, 2, 3, 3), groups=3)
F.conv2d(f(5, 5), f(4, 2, 3, 3))
F.conv1d(f(5), f(4, 2, 3))
F.conv3d(f(1, 3, 5, 5, 5), f(4, 2, 3, 3, 3))
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), f(5))
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), padding=-1)
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), stride=0)
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), dilation=0)
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), groups=0)
F.conv2d(f(1, 2, 2, 2), f(4, 2, 3, 3))
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), stride=(1, 2, 3))
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), padding="same", stride=2)
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), padding="foo")
F.conv2d(f(1, 2, 5, 5), d(4, 2, 3, 3))
F.conv2d(f(1, 2, 5, 5), f(4, 2, 3, 3), d(4))
F.conv2d(f(1, 2, 0, 5), f(4, 2, 3, 3), padding=3)
F.conv2d(f(1, 2, 5, 5), f(4, 2, 0, 3))
F.conv_transpose2d(f(1, 3, 5, 5), f(2, 3, 3, 3))
F.conv_transpose2d(f(1, 4, 5, 5), f(4, 3, 3, 3), output_padding=1)
F.conv_transpose2d(f(1, 4, 5, 5), f(4, 3, 3, 3), output_padding=-1)
F.conv_transpose2d(f(1, 4, 5, 5), f(4, 3, 3, 3), padding=10)
F.conv_transpose2d(f(1, 4, 5, 5), f(4, 3, 3, 3), f(4))
F.conv_tbc(f(5, 1, 2), f(3, 3, 4), f(4))
nn.Conv2d(3, 4, 3, groups=2)
nn.Conv2d(4, 5, 3, groups=2)
nn.Conv2d(4, 4, 3, groups=0)
nn.Conv2d(4, 4, 3, padding="same", stride=2)
nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect")
nn.ConvTranspose2d(4, 4, 3, stride=2)(f(1, 4, 5, 5), output_size=(20, 20))
nn.ConvTranspose2d(4, 4, 3, stride=2)(f(1, 4, 5, 5), output_size=(12,))
nn.LazyConv2d(4, 3)(f(2, 3))
nn.LazyConv2d(4, 3).weight.shape
nn.Bilinear(0, 4, 5)
nn.Linear(3, 4)(f(2, 5))
F.linear(f(2, 3), f(4, 2))
F.linear(f(2, 3), d(4, 3))
torch.mm(f(2, 3), f(2, 3))
torch.mm(f(2), f(2, 3))
torch.mm(f(2, 3), d(3, 2))
torch.bmm(f(2, 2, 3), f(3, 3, 2))
torch.bmm(f(2, 2, 3), d(2, 3, 2))
torch.mv(f(2, 3), f(2))
torch.mv(f(3), f(3))
torch.dot(f(2), f(3))
torch.dot(f(2), d(2))
torch.dot(f(2, 2), f(2))
torch.matmul(f(()), f(2))
torch.matmul(f(2, 2, 3), f(3, 3, 2))
torch.matmul(f(2, 2, 3), f(2, 2))
torch.outer(f(2, 2), f(2))
torch.addmm(f(3, 2), f(2, 3), f(3, 2))
torch.addmm(d(2, 2), f(2, 3), f(3, 2))
torch.baddbmm(f(2, 2, 2), f(2, 2, 3), f(2, 2, 2))
torch.einsum("ij,jk", f(2, 3), f(4, 2))
torch.einsum("ij", f(2, 3), f(4, 2))
torch.einsum("ij,jk", f(2, 3))
torch.einsum("ijk", f(2, 3))
torch.einsum("ij->k", f(2, 3))
torch.einsum("i1", f(2, 3))
torch.einsum("ij->ii", f(2, 3))
torch.einsum("i..j", f(2, 3))
torch.einsum("ii", f(2, 3))
torch.einsum(f(2, 3), [0, 60])
torch.tensordot(f(2, 3), f(2, 3), 1)
torch.tensordot(f(2, 3), f(3, 2), 5)
torch.tensordot(f(2, 3), f(3, 2), ([0, 1], [1]))
F.bilinear(f(2, 3), f(3, 4), f(5, 3, 4))
F.bilinear(f(2, 3), f(2, 4), f(5, 4, 4))
torch.cdist(f(2, 3), f(4, 2))
torch.cdist(f(2), f(4, 2))
torch.cdist(f(2, 2), f(4, 2), p=-1)
F.pdist(f(3))
""".strip().splitlines()


def _scope(torch: Any) -> dict[str, Any]:
    return {
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "f": lambda *s: torch.ones(*s),
        "d": lambda *s: torch.ones(*s, dtype=torch.float64),
    }


def run_product(torch: Any, code: str) -> list[Any]:
    """The result of an expression, and its operands' gradients."""
    operands: list[Any] = []

    def make(*shape: int) -> Any:
        t = torch.tensor(values(shape, 3 + len(operands)).tolist(), dtype=torch.float64).reshape(shape).requires_grad_()
        operands.append(t)
        return t

    y = eval(code, _scope(torch) | {"T": make})
    g = torch.tensor(values(tuple(y.shape), 11).tolist(), dtype=torch.float64).reshape(y.shape)
    grads = torch.autograd.grad(y, operands, g, allow_unused=True)
    return [y.detach(), *(torch.zeros_like(t) if v is None else v for v, t in zip(grads, operands, strict=True))]


def run_text(torch: Any, code: str) -> str:
    """What an expression prints, after seed 5."""
    torch.manual_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return repr(eval(code, _scope(torch)))


def run_error(torch: Any, code: str) -> tuple[str, str]:
    """Name and first line of the exception that an expression raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            eval(code, _scope(torch))
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]
    return "none", ""
