"""keras.random: random tensors from seeds, with Keras' digits."""

from plait.keras.random._drawing import categorical, dropout, normal, randint, shuffle, truncated_normal, uniform
from plait.keras.random._seed import SeedGenerator
from plait.keras.random._seed import set_global_seed as _set_global_seed
