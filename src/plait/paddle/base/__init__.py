"""What scripts reach of `paddle.base`."""

from plait.paddle.base import unique_name
