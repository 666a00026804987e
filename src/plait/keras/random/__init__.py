"""keras.random: random tensors from seeds."""

from plait.keras.random._seed import SeedGenerator
