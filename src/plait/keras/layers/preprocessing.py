"""Layers that bring images into shape: other sizes, the middle, another scale of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from plait.keras import _config, _convert, _dtypes
from plait.keras._tensor import Tensor
from plait.keras.layers.layer import Layer
from plait.layers import boxes
from plait.layers import resample as meaning
from plait.ops import elementwise as ew

__all__ = ["METHODS", "CenterCrop", "Rescaling", "Resizing", "resampled"]

#: interpolation: the engine's mode, and its mode with an antialiasing filter.
METHODS = {
    "bilinear": ("linear", "linear-antialias"), "nearest": ("nearest-exact", "nearest-exact"),
    "lanczos3": ("lanczos-inside", "lanczos-antialias"), "lanczos5": ("lanczos5-inside", "lanczos5-antialias"),
    "bicubic": ("cubic-inside", "cubic-antialias"), "area": ("area", "area"),
    "gaussian": ("gaussian-inside", "gaussian-antialias"), "mitchellcubic": ("mitchell-inside", "mitchell-antialias"),
}  # fmt: skip
_OWN = (
    "bilinear",
    "nearest",
    "lanczos3",
    "lanczos5",
    "bicubic",
    "area",
)  # what the layers take; TensorFlow's function takes all


def resized(x: Any, size: tuple[int, int], interpolation: str, antialias: bool, last: bool) -> Any:
    """`resampled` by what the layers know; ValueError for another interpolation."""
    if interpolation not in _OWN:
        raise ValueError(
            f"Invalid value for argument `interpolation`. Expected of one {_OWN}. Received: interpolation={interpolation}"
        )
    return resampled(x, size, interpolation, antialias, last)


def resampled(x: Any, size: tuple[int, int], interpolation: str, antialias: bool, last: bool) -> Any:
    """Images [n, …] at `size`: float32, of nearest pixels in their own dtype."""
    if interpolation != "nearest":
        x = _convert.to(x, np.dtype(np.float32))
    return meaning.resample_images(x, size, METHODS[interpolation][int(antialias)], last)


class DataLayer(Layer):
    """What may stand in front of a model, for arrays and numbers as they are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._allow_non_tensor_positional_args = True


class Rescaling(DataLayer):
    """input · scale + offset; both may be lists, of one number a channel."""

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Scale and shift, in the dtype of computing."""
        dtype = _dtypes.numpy_dtype(self.compute_dtype)
        x = _convert.to(_convert.as_tensor(inputs), dtype)
        scale, offset = (_convert.to(_convert.as_tensor(v), dtype) for v in (self.scale, self.offset))
        if scale.array.ndim and _config.image_data_format() == "channels_first":
            scale = type(scale).wrap(scale.array.reshape(*scale.array.shape, *(1,) * (3 - scale.array.ndim)))
        return ew.add(ew.mul(x, scale), offset)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from plait.keras.saving import serialization_lib

        own = {name: serialization_lib.serialize_keras_object(getattr(self, name)) for name in ("scale", "offset")}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer that `get_config` describes."""
        from plait.keras.saving import serialization_lib

        config = dict(config)
        for name in ("scale", "offset"):
            config[name] = serialization_lib.deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


class _Images(DataLayer):
    """What takes images [height, width, channels] or batches of them, alone or as `{"images": …, "labels": …, "bounding_boxes": …}`."""

    height: int
    width: int

    def __init__(self, bounding_box_format: Any = None, data_format: Any = None, **kwargs: Any) -> None:
        factor = kwargs.pop("factor", None)
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = _config.standardize_data_format(data_format)
        if factor is not None:
            raise ValueError(
                f"Layer {type(self).__name__} does not take a `factor` argument. Received: factor={factor}"
            )

    @property
    def _last(self) -> bool:
        return self.data_format == "channels_last"

    def transform_images(self, images: Any, transformation: Any = None, training: Any = True) -> Any:
        """A batch of images."""
        raise NotImplementedError

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """A batch of segmentation masks."""
        return self.transform_images(segmentation_masks, transformation, training)

    def _each(self, images: Any, transform: Any) -> Any:
        x = _convert.as_tensor(images)
        if x.array.ndim not in (3, 4):
            raise ValueError(
                "Expected image tensor to have rank 3 (single image) or 4 (batch of images). "
                f"Received: data.shape={tuple(x.array.shape)}"
            )
        return meaning.as_batch(x, x.array.ndim == 3, transform)

    def call(self, data: Any, training: Any = True) -> Any:
        """The images in shape; labels stay."""
        if not isinstance(data, dict):
            return self._each(data, self.transform_images)
        out = dict(data)
        out["images"] = self._each(data["images"], self.transform_images)
        if "bounding_boxes" in data:
            out["bounding_boxes"] = self._boxes(data)
        if "segmentation_masks" in data:
            out["segmentation_masks"] = self._each(data["segmentation_masks"], self.transform_segmentation_masks)
        return out

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """What `transform_bounding_boxes` must know of the images: their height and width."""
        shape = _convert.as_tensor(data["images"] if isinstance(data, dict) else data).array.shape
        return shape[-3:-1] if self._last else shape[-2:]

    def transform_labels(self, labels: Any, transformation: Any = None, training: Any = True) -> Any:
        """The labels as they are."""
        return labels

    def _moved_boxes(self, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Corners of boxes in images of a size, where they lie in the images in shape."""
        raise NotImplementedError

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: Any = True) -> Any:
        """Boxes moved with images of the size `transformation`; of those left without an area the label is -1."""
        size, after = transformation, (self.height, self.width)
        given, labels = (_convert.as_tensor(bounding_boxes[name]) for name in ("boxes", "labels"))
        form = self.bounding_box_format
        corners = self._moved_boxes(boxes.converted(given.array, form, "xyxy", size), size)
        corners = boxes.clipped(corners, after)
        kept = np.where(boxes.without_area(corners), labels.array.dtype.type(-1), labels.array)
        corners = self._unfilled(given.array, corners)
        told = boxes.converted(corners, "xyxy", form, after)
        return {**bounding_boxes, "boxes": Tensor.wrap(told), "labels": Tensor.wrap(kept)}

    def _unfilled(self, given: np.ndarray, corners: np.ndarray) -> np.ndarray:
        return corners

    def _boxes(self, data: Any) -> Any:
        found = data["bounding_boxes"]
        if not self.bounding_box_format:
            raise ValueError(
                "You passed an input with a 'bounding_boxes' key, but you didn't specify a bounding box format. Pass "
                f"a `bounding_box_format` argument to your {type(self).__name__} layer, e.g. `bounding_box_format='xyxy'`."
            )
        if not isinstance(found, dict) or not {"boxes", "labels"} <= set(found):
            raise ValueError(
                f"`bounding_boxes` must be a dict with the keys 'boxes' and 'labels'; got bounding_boxes={found}"
            )
        return self.transform_bounding_boxes(found, self.get_random_transformation(data))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with height and width exchanged."""
        shape = list(input_shape)
        at = int(len(shape) == 4) + int(not self._last)
        shape[at : at + 2] = [self.height, self.width]
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = {**super().get_config(), "data_format": self.data_format, "height": self.height, "width": self.width}
        return (
            config if self.bounding_box_format is None else {**config, "bounding_box_format": self.bounding_box_format}
        )


class Resizing(_Images):
    """Images of `height` and `width`, by interpolation; with `crop_to_aspect_ratio` of their middle, with `pad_to_aspect_ratio` of them on a
    ground of `fill_value`, so that nothing is stretched. Their dtype stays."""

    def __init__(
        self, height: int, width: int, interpolation: str = "bilinear", crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False, fill_mode: str = "constant", fill_value: float = 0.0, antialias: bool = False,
        data_format: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width, self.interpolation = height, width, interpolation
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_mode, self.fill_value, self.antialias = fill_mode, fill_value, bool(antialias)

    def transform_images(self, images: Any, transformation: Any = None, training: Any = True) -> Any:
        """A batch of images."""
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """A batch of segmentation masks: always of nearest pixels."""
        return self._resized(segmentation_masks, "nearest")

    def _moved_boxes(self, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        how = "pad" if self.pad_to_aspect_ratio else "crop" if self.crop_to_aspect_ratio else "stretch"
        return boxes.moved(corners, size, (self.height, self.width), how)

    def _unfilled(self, given: np.ndarray, corners: np.ndarray) -> np.ndarray:
        fill = (given == -1).all(-1) | (given == 0).all(-1)  # rows that only fill up a batch
        return np.where(fill[..., None], np.float32(0), corners)

    def _resized(self, images: Any, interpolation: str) -> Any:
        if self.fill_mode != "constant":
            raise ValueError(
                f"Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: fill_mode={self.fill_mode}"
            )
        if self.pad_to_aspect_ratio and self.crop_to_aspect_ratio:
            raise ValueError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.")
        size = (self.height, self.width)
        x = images
        if self.crop_to_aspect_ratio:
            x = meaning.crop_to_ratio(x, size, self._last)
        elif self.pad_to_aspect_ratio:
            x = meaning.pad_to_ratio(x, size, self._last, self.fill_value)
        y = resized(x, size, interpolation, self.antialias, self._last)
        dtype = images.array.dtype
        return y if y.array.dtype == dtype else meaning.saturated(y, dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = (
            "interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_mode", "fill_value", "antialias",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class CenterCrop(_Images):
    """The middle of `height` and `width` of each image; of smaller images their middle of that ratio, enlarged."""

    def __init__(self, height: int, width: int, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = height, width

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with height and width exchanged; ValueError for what is no image's."""
        if isinstance(input_shape[0], (list, tuple)) or len(input_shape) not in (3, 4):
            raise ValueError(
                "`input_shape` must be a non-nested tuple or list of rank-1 with size 3 (unbatched) or 4 (batched). "
                f"Received: input_shape={input_shape}"
            )
        return super().compute_output_shape(input_shape)

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """What `transform_bounding_boxes` must know of the images: their shape."""
        images = data["images"] if isinstance(data, dict) else data
        return {"input_shape": tuple(_convert.as_tensor(images).array.shape)}

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: Any = True) -> Any:
        """Boxes moved with images of a shape; of those left without an area the label is -1."""
        shape = transformation["input_shape"]
        return super().transform_bounding_boxes(bounding_boxes, shape[-3:-1] if self._last else shape[-2:], training)

    def _moved_boxes(self, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return boxes.cropped(corners, size, (self.height, self.width))

    def transform_images(self, images: Any, transformation: Any = None, training: Any = True) -> Any:
        """A batch of images, in the dtype of computing."""
        x = _convert.to(images, _dtypes.numpy_dtype(self.compute_dtype))
        size = (self.height, self.width)
        middle = meaning.middle(x, size, self._last)
        if middle is not None:
            return middle
        return resized(meaning.crop_to_ratio(x, size, self._last), size, "bilinear", False, self._last)
