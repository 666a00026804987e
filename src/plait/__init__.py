"""plait: one fast CPU engine of neural-network layers, with the dialects of the large frameworks plaited round it."""

__version__ = "0.1.0"
