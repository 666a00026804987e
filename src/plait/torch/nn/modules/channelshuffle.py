"""torch.nn.modules.channelshuffle."""

from __future__ import annotations

from typing import Any

from plait.torch.nn.functional.resample import channel_shuffle
from plait.torch.nn.modules.module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """Channels dealt round groups."""

    __constants__ = ["groups"]

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        """Shuffle."""
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The groups, for `repr`."""
        return f"groups={self.groups}"
