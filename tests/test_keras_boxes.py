"""Bounding boxes that Resizing and CenterCrop move with their images (numbers of Keras 3.15.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plait.keras import layers
from plait.layers import boxes as meaning

IMAGES = np.zeros((1, 10, 8, 3), "float32")
BOXES = np.array([[[2, 1, 4, 3], [6, 4, 8, 6], [0, 0, 0, 0]]], "float32")
LABELS = np.array([[1, 2, 3]])


def moved(layer: Any, boxes: Any = BOXES, images: Any = IMAGES, labels: Any = LABELS) -> Any:
    return layer({"images": images, "bounding_boxes": {"boxes": boxes, "labels": labels}})["bounding_boxes"]


@pytest.mark.parametrize(
    ("layer", "want", "labels"),
    [
        (layers.Resizing(20, 8, bounding_box_format="xyxy"), [[2, 2, 4, 6], [6, 8, 8, 12], [0, 0, 0, 0]], [1, 2, -1]),
        (layers.Resizing(20, 20, pad_to_aspect_ratio=True, bounding_box_format="xyxy"),
         [[6, 2, 10, 6], [14, 8, 18, 12], [0, 0, 0, 0]], [1, 2, -1]),
        (layers.Resizing(4, 8, crop_to_aspect_ratio=True, bounding_box_format="xyxy"),
         [[2, 0, 4, 0], [6, 1, 8, 3], [0, 0, 0, 0]], [-1, 2, -1]),
        (layers.CenterCrop(5, 5, bounding_box_format="xyxy"), [[1, 0, 3, 1], [5, 2, 5, 4], [0, 0, 0, 0]], [1, -1, -1]),
        (layers.CenterCrop(20, 20, bounding_box_format="xyxy"),
         [[5, 0, 10, 5], [15, 7.5, 20, 12.5], [0, 0, 0, 0]], [1, 2, -1]),
    ],
)  # fmt: skip
def test_boxes_follow_their_images(layer: Any, want: Any, labels: Any) -> None:
    found = moved(layer)
    assert np.array(found["boxes"])[0].tolist() == want
    assert np.array(found["labels"])[0].tolist() == labels
    alone = moved(layer, BOXES[0], IMAGES[0], LABELS[0])
    assert np.array(alone["boxes"]).tolist() == want


@pytest.mark.parametrize("form", meaning.FORMATS)
def test_every_format(form: str) -> None:
    said = meaning.converted(BOXES, "xyxy", form, (10, 8))
    np.testing.assert_allclose(meaning.converted(said, form, "xyxy", (10, 8)), BOXES, rtol=1e-6)
    found = moved(layers.Resizing(20, 8, bounding_box_format=form), said)
    want = meaning.converted(BOXES * np.array([1, 2, 1, 2], "float32"), "xyxy", form, (20, 8))
    np.testing.assert_allclose(found["boxes"], want, rtol=1e-6)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="bounding_box_format"):
        moved(layers.Resizing(4, 4))
    with pytest.raises(ValueError, match="one of"):
        moved(layers.Resizing(4, 4, bounding_box_format="corners"))
    with pytest.raises(ValueError, match="last dimension"):
        moved(layers.Resizing(4, 4, bounding_box_format="xyxy"), BOXES[..., :3])
