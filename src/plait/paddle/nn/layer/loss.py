"""Loss layers: rows of arguments over the functions."""

from __future__ import annotations

from typing import Any

from plait.paddle.nn import functional as F
from plait.paddle.nn._aliases import legacy_reduction, renamed
from plait.paddle.nn.functional.loss import check_reduction
from plait.paddle.nn.layer.layers import Layer

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HingeEmbeddingLoss", "KLDivLoss", "L1Loss",
    "MSELoss", "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss",
    "SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip


class BCEWithLogitsLoss(Layer):
    """See `functional.binary_cross_entropy_with_logits`."""

    @legacy_reduction
    def __init__(
        self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None, name: str | None = None
    ) -> None:
        check_reduction(reduction, "BCEWithLogitsLoss")
        super().__init__()
        self.weight, self.reduction, self.pos_weight, self.name = weight, reduction, pos_weight, name

    def forward(self, logit: Any, label: Any) -> Any:
        """The loss."""
        return F.binary_cross_entropy_with_logits(logit, label, self.weight, self.reduction, self.pos_weight)


class BCELoss(Layer):
    """See `functional.binary_cross_entropy`."""

    @legacy_reduction
    def __init__(self, weight: Any = None, reduction: str = "mean", name: str | None = None) -> None:
        check_reduction(reduction, "bce_loss")
        super().__init__()
        self.weight, self.reduction, self.name = weight, reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.binary_cross_entropy(input, label, self.weight, self.reduction)


class CrossEntropyLoss(Layer):
    """See `functional.cross_entropy`.

    >>> from plait import paddle
    >>> paddle.nn.CrossEntropyLoss()(paddle.zeros([1, 2]), paddle.to_tensor([1])).item()
    0.6931471824645996
    """

    @legacy_reduction
    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", soft_label: bool = False, axis: int = -1,
        use_softmax: bool = True, label_smoothing: float = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight, self.reduction, self.ignore_index, self.soft_label = weight, reduction, ignore_index, soft_label
        self.axis, self.use_softmax, self.label_smoothing, self.name = axis, use_softmax, label_smoothing, name

    @renamed("label:target")
    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.cross_entropy(
            input, label, self.weight, self.ignore_index, self.reduction, self.soft_label, self.axis, self.use_softmax, self.label_smoothing
        )  # fmt: skip


class MSELoss(Layer):
    """See `functional.mse_loss`."""

    @legacy_reduction
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(reduction, "MSELoss")
        self.reduction = reduction

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.mse_loss(input, label, self.reduction)


class L1Loss(Layer):
    """See `functional.l1_loss`."""

    @legacy_reduction
    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        check_reduction(reduction, "L1Loss")
        super().__init__()
        self.reduction, self.name = reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.l1_loss(input, label, self.reduction)


class SmoothL1Loss(Layer):
    """See `functional.smooth_l1_loss`."""

    @legacy_reduction
    def __init__(
        self, reduction: str = "mean", delta: float = 1.0, is_huber: bool = True, name: str | None = None
    ) -> None:
        super().__init__()
        self.reduction, self.delta, self.is_huber, self.name = reduction, delta, is_huber, name

    @renamed("label:target")
    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.smooth_l1_loss(input, label, self.reduction, self.delta, self.is_huber)


class NLLLoss(Layer):
    """See `functional.nll_loss`."""

    @legacy_reduction
    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", name: str | None = None
    ) -> None:
        check_reduction(reduction, "nll_loss")
        super().__init__()
        self._weight, self._ignore_index, self._reduction, self._name = weight, ignore_index, reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.nll_loss(input, label, self._weight, self._ignore_index, self._reduction)


class PoissonNLLLoss(Layer):
    """See `functional.poisson_nll_loss`."""

    @legacy_reduction
    def __init__(
        self, log_input: bool = True, full: bool = False, epsilon: float = 1e-08, reduction: str = "mean", name: str | None = None
    ) -> None:  # fmt: skip
        if epsilon <= 0:
            raise ValueError(
                f"The value of `epsilon` in PoissonNLLLoss should be positive, but received {epsilon:f}, which is not allowed"
            )
        check_reduction(reduction, "PoissonNLLLoss")
        super().__init__()
        self._log_input, self._full, self._epsilon, self._reduction, self._name = (
            log_input,
            full,
            epsilon,
            reduction,
            name,
        )

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.poisson_nll_loss(input, label, self._log_input, self._full, self._epsilon, self._reduction)


class KLDivLoss(Layer):
    """See `functional.kl_div`."""

    @legacy_reduction
    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction, self.log_target = reduction, log_target

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.kl_div(input, label, self.reduction, self.log_target)


class MarginRankingLoss(Layer):
    """See `functional.margin_ranking_loss`."""

    @legacy_reduction
    def __init__(self, margin: float = 0.0, reduction: str = "mean", name: str | None = None) -> None:
        check_reduction(reduction, "MarginRankingLoss")
        super().__init__()
        self.margin, self.reduction, self.name = margin, reduction, name

    def forward(self, input: Any, other: Any, label: Any) -> Any:
        """The loss."""
        return F.margin_ranking_loss(input, other, label, self.margin, self.reduction)


class MultiLabelSoftMarginLoss(Layer):
    """See `functional.multi_label_soft_margin_loss`."""

    @legacy_reduction
    def __init__(self, weight: Any = None, reduction: str = "mean", name: str | None = None) -> None:
        super().__init__()
        check_reduction(reduction, "MultiLabelSoftMarginloss")
        self.weight, self.reduction, self.name = weight, reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.multi_label_soft_margin_loss(input, label, self.weight, self.reduction)


class HingeEmbeddingLoss(Layer):
    """See `functional.hinge_embedding_loss`."""

    @legacy_reduction
    def __init__(self, margin: float = 1.0, reduction: str = "mean", name: str | None = None) -> None:
        super().__init__()
        self.margin, self.reduction, self.name = margin, reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.hinge_embedding_loss(input, label, self.margin, self.reduction)


class CosineEmbeddingLoss(Layer):
    """See `functional.cosine_embedding_loss`; ValueError for a margin outside [-1, 1]."""

    @legacy_reduction
    def __init__(self, margin: float = 0, reduction: str = "mean", name: str | None = None) -> None:
        if margin > 1 or margin < -1:
            raise ValueError(
                f"The value of 'margin' should be in the interval of [-1, 1], but received {margin:f}, which is not allowed."
            )
        check_reduction(reduction, "CosineEmbeddingLoss")
        super().__init__()
        self.margin, self.reduction, self.name = margin, reduction, name

    def forward(self, input1: Any, input2: Any, label: Any) -> Any:
        """The loss."""
        return F.cosine_embedding_loss(input1, input2, label, self.margin, self.reduction)


class TripletMarginWithDistanceLoss(Layer):
    """See `functional.triplet_margin_with_distance_loss`. As upstream's layer it keeps `distance_function` and does not call it."""

    def __init__(
        self, distance_function: Any = None, margin: float = 1.0, swap: bool = False, reduction: str = "mean", name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        check_reduction(reduction, "TripletMarginWithDistanceLoss")
        self.margin, self.swap, self.reduction, self.name = margin, swap, reduction, name
        self.distance_function = distance_function

    def forward(self, input: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return F.triplet_margin_with_distance_loss(
            input, positive, negative, margin=self.margin, swap=self.swap, reduction=self.reduction
        )


class TripletMarginLoss(Layer):
    """See `functional.triplet_margin_loss`."""

    @legacy_reduction
    def __init__(
        self, margin: float = 1.0, p: float = 2.0, epsilon: float = 1e-06, swap: bool = False, reduction: str = "mean", name: str | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        check_reduction(reduction, "TripletMarginLoss")
        self.margin, self.p, self.epsilon, self.swap = margin, p, epsilon, swap
        self.reduction, self.name = reduction, name

    def forward(self, input: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return F.triplet_margin_loss(
            input, positive, negative, self.margin, self.p, self.epsilon, self.swap, self.reduction
        )


class MultiMarginLoss(Layer):
    """See `functional.multi_margin_loss`."""

    @legacy_reduction
    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean", name: str | None = None
    ) -> None:
        super().__init__()
        check_reduction(reduction, "MultiMarginLoss")
        self.p, self.margin, self.weight, self.reduction, self.name = p, margin, weight, reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.multi_margin_loss(input, label, self.p, self.margin, self.weight, self.reduction)


class MultiLabelMarginLoss(Layer):
    """See `functional.multi_label_margin_loss`."""

    @legacy_reduction
    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        super().__init__()
        check_reduction(reduction, "MultiLabelMarginLoss")
        self.reduction, self.name = reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.multi_label_margin_loss(input, label, self.reduction)


class SoftMarginLoss(Layer):
    """See `functional.soft_margin_loss`."""

    @legacy_reduction
    def __init__(self, reduction: str = "mean", name: str | None = None) -> None:
        super().__init__()
        check_reduction(reduction, "SoftMarginLoss")
        self.reduction, self.name = reduction, name

    def forward(self, input: Any, label: Any) -> Any:
        """The loss."""
        return F.soft_margin_loss(input, label, self.reduction)


class GaussianNLLLoss(Layer):
    """See `functional.gaussian_nll_loss`."""

    def __init__(
        self, full: bool = False, epsilon: float = 1e-06, reduction: str = "mean", name: str | None = None
    ) -> None:
        check_reduction(reduction, "GaussianNLLLoss")
        super().__init__()
        self.full, self.epsilon, self.reduction, self.name = full, epsilon, reduction, name

    def forward(self, input: Any, label: Any, variance: Any) -> Any:
        """The loss."""
        return F.gaussian_nll_loss(input, label, variance, self.full, self.epsilon, self.reduction)
