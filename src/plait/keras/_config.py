"""Settings of the process that Keras has: the default float type, the small number, the layout of images."""

from __future__ import annotations

__all__ = ["epsilon", "floatx", "image_data_format", "set_epsilon", "set_floatx", "set_image_data_format"]

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"


def floatx() -> str:
    """The default floating dtype, such as "float32"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Makes "float16", "bfloat16", "float32" or "float64" the default floating dtype; ValueError for others."""
    global _floatx
    accepted = ("bfloat16", "float16", "float32", "float64")
    if value not in accepted:
        raise ValueError(f"floatx must be one of {accepted}; got floatx={value!r}")
    _floatx = str(value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite, 1e-7 by default."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`."""
    global _epsilon
    _epsilon = value


def image_data_format() -> str:
    """Where images have their channels: "channels_last" or "channels_first"."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets `image_data_format()`; ValueError for what is neither "channels_last" nor "channels_first"."""
    global _image_data_format
    _image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """A layer's `data_format` argument, the default where it is None; ValueError for an unknown one."""
    if data_format is None:
        return _image_data_format
    name = str(data_format).lower()
    if name not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return name
