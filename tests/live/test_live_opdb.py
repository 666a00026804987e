"""The tensor library against PyTorch's own operator samples."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from tests.live import harness  # noqa: E402

NAMES = """
add sub mul div true_divide floor_divide remainder fmod pow float_power neg abs sign sqrt rsqrt square exp expm1 log log2 log10 log1p sin
cos tan asin acos atan atan2 sinh cosh tanh sigmoid erf erfinv floor ceil round trunc frac clamp maximum minimum fmax fmin lerp addcmul
addcdiv reciprocal logaddexp nan_to_num sum mean var std var_mean std_mean prod max min amax amin argmax argmin median mode norm cumsum
cumprod logsumexp all any count_nonzero sort argsort topk unique bincount histc kthvalue searchsorted eq ne lt le gt ge equal allclose
isclose isnan isinf isfinite logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not cat stack hstack vstack
split chunk unbind reshape flatten unflatten squeeze unsqueeze permute transpose t movedim flip roll rot90 tile repeat_interleave
broadcast_to narrow select index_select masked_select take take_along_dim gather scatter scatter_add where nonzero meshgrid tril triu diag
diagonal zeros ones full empty zeros_like ones_like full_like empty_like arange linspace logspace eye clone contiguous view view_as
reshape_as expand expand_as repeat unfold index_fill index_add masked_fill to item float double half long int short bool byte new_zeros
new_ones new_full new_empty fill zero_ T mT __getitem__ __radd__ __rsub__ __rmul__ __rdiv__ __rmod__ __rpow__ __rand__ __ror__ __rxor__
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_operator(name: str) -> None:
    rows = harness.find_ops(name)
    if not rows:
        pytest.skip("not in the installed database")
    for row in rows:
        report = harness.run_op(row, harness.DTYPES, limit=40)
        assert report.rate >= 0.99, report.line() + "\n" + report.details(examples=True)
