"""Bounding boxes that move with their images: arrays [..., 4] of float32, in nine ways to say where a box lies.

Inside, a box is (left, top, right, bottom) in pixels. Boxes carry no gradient, so all of this runs on NumPy.
"""

from __future__ import annotations

import numpy as np

__all__ = ["FORMATS", "clipped", "converted", "cropped", "moved", "without_area"]

FORMATS = ("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")

Size = tuple[int, int]

_TRANSPOSED = {"yxyx": "xyxy", "center_yxhw": "center_xywh"}


def _turned(boxes: np.ndarray) -> np.ndarray:
    return boxes[..., [1, 0, 3, 2]]


def _scale(size: Size) -> np.ndarray:
    return np.array([size[1], size[0], size[1], size[0]], np.float32)


def _two(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.concatenate([first, second], -1)


def converted(boxes: np.ndarray, source: str, target: str, size: Size) -> np.ndarray:
    """Boxes given in one of FORMATS as another says them; `rel_` formats are shares of an image of `size` (height, width).

    Raises ValueError for another format, and for boxes of other than four numbers.

    >>> converted(np.array([[2, 1, 4, 5]]), "xyxy", "xywh", (8, 8)).tolist()
    [[2.0, 1.0, 2.0, 4.0]]
    """
    if boxes.shape[-1:] != (4,):
        raise ValueError(f"boxes: the last dimension must have size 4; got shape {boxes.shape}")
    source, target = source.lower(), target.lower()
    for name in (source, target):
        if name not in FORMATS:
            raise ValueError(f"boxes: a format must be one of {FORMATS}; got {name!r}")
    boxes = boxes.astype(np.float32)
    if source == target:
        return boxes
    own, wanted = source.removeprefix("rel_"), target.removeprefix("rel_")
    corners = _corners(boxes, own)
    if source != own and target == wanted:
        corners = corners * _scale(size)
    told = _told(corners, _TRANSPOSED.get(wanted, wanted))
    if source == own and target != wanted:
        told = told / _scale(size)
    return _turned(told) if wanted in _TRANSPOSED else told


def _corners(boxes: np.ndarray, name: str) -> np.ndarray:
    if name in _TRANSPOSED:
        boxes, name = _turned(boxes), _TRANSPOSED[name]
    first, second = boxes[..., :2], boxes[..., 2:]
    if name == "xywh":
        return _two(first, first + second)
    if name == "center_xywh":
        return _two(first - second / 2, first + second / 2)
    return boxes


def _told(corners: np.ndarray, name: str) -> np.ndarray:
    first, extent = corners[..., :2], corners[..., 2:] - corners[..., :2]
    if name == "xywh":
        return _two(first, extent)
    return _two(first + extent / 2, extent) if name == "center_xywh" else corners


def clipped(corners: np.ndarray, size: Size) -> np.ndarray:
    """Corners moved into an image of `size`."""
    return np.clip(corners, np.float32(0), _scale(size))


def without_area(corners: np.ndarray) -> np.ndarray:
    """Which boxes are empty."""
    return (corners[..., 2] - corners[..., 0]) * (corners[..., 3] - corners[..., 1]) <= 0


def moved(corners: np.ndarray, before: Size, after: Size, how: str) -> np.ndarray:
    """Corners in an image brought from one size to another: "stretch", "crop" of the middle to the ratio, or "pad" to it."""
    f = np.float32
    (h, w), (height, width) = (f(before[0]), f(before[1])), after
    if how == "stretch":
        return corners * np.array([f(width / w), f(height / h)] * 2, f)
    if how == "pad":
        ratio = min(f(height / h), f(width / w))
        offset = np.array([(width - w * ratio) // 2, (height - h * ratio) // 2], f)
        return corners * ratio + np.tile(offset, 2)
    own, want = w / h, f(width / height)
    new_width, new_height = (f(height * own), f(height)) if own > want else (f(width), f(width / own))
    scale = np.array([new_width / w, new_height / h], f)
    start = np.array([(new_width - width) // 2, (new_height - height) // 2], f)
    return corners * np.tile(scale, 2) - np.tile(start, 2)


def cropped(corners: np.ndarray, before: Size, after: Size) -> np.ndarray:
    """Corners in the middle of an image: of `after`, or, where the image is smaller, of that ratio and enlarged to it."""
    (h, w), (height, width) = before, after
    if h >= height and w >= width:
        return _within(corners, ((h - height) // 2, (w - width) // 2), after)
    part = (max(min(h, int(w * height / width)), 1), max(min(w, int(h * width / height)), 1))
    inside = _within(corners, (int((h - part[0]) / 2), int((w - part[1]) / 2)), part)
    return inside / _scale(part) * _scale(after)


def _within(corners: np.ndarray, start: Size, size: Size) -> np.ndarray:
    first = _scale(start)
    return np.clip(corners, first, first + _scale(size)) - first
