"""LeNet for pictures of 28 x 28."""

from __future__ import annotations

from typing import Any

from plait import paddle

__all__: list[str] = []


nn: Any = paddle.nn


class LeNet(paddle.nn.Layer):
    """LeCun et al. 1998, for [N, 1, 28, 28]; without `fc` where `num_classes` is not positive.

    >>> from plait import paddle
    >>> paddle.vision.models.LeNet()(paddle.rand([2, 1, 28, 28])).shape
    paddle.Size([2, 10])
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.features = nn.Sequential(
            nn.Conv2D(1, 6, 3, stride=1, padding=1),
            nn.ReLU(),
            nn.MaxPool2D(2, 2),
            nn.Conv2D(6, 16, 5, stride=1, padding=0),
            nn.ReLU(),
            nn.MaxPool2D(2, 2),
        )
        if num_classes > 0:
            self.fc = nn.Sequential(nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, num_classes))

    def forward(self, inputs: Any) -> Any:
        """Class scores, or features without `fc`."""
        x = self.features(inputs)
        return self.fc(x.flatten(1)) if self.num_classes > 0 else x
