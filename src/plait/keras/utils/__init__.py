"""Utilities: labels, seeds, progress bars, pictures of models, datasets of the program's own."""

from plait.keras._lazy import getter as _getter
from plait.keras.utils.io_utils import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from plait.keras.utils.numerical_utils import normalize, to_categorical
from plait.keras.utils.progbar import Progbar
from plait.keras.utils.py_dataset import PyDataset

Sequence = PyDataset

_PARTS = {
    "CustomObjectScope": "plait.keras.saving.object_registration",
    "custom_object_scope": "plait.keras.saving.object_registration",
    "get_custom_objects": "plait.keras.saving.object_registration",
    "get_registered_name": "plait.keras.saving.object_registration",
    "get_registered_object": "plait.keras.saving.object_registration",
    "register_keras_serializable": "plait.keras.saving.object_registration",
    "serialize_keras_object": "plait.keras.saving.serialization_lib",
    "deserialize_keras_object": "plait.keras.saving.serialization_lib",
    "is_keras_tensor": "plait.keras._symbolic",
    "pack_x_y_sample_weight": "plait.keras.trainers.data",
    "unpack_x_y_sample_weight": "plait.keras.trainers.data",
    "split_dataset": "plait.keras.utils.dataset_utils",
    "pad_sequences": "plait.keras.utils.sequence_utils",
    "plot_model": "plait.keras.utils.model_visualization",
    "model_to_dot": "plait.keras.utils.model_visualization",
    "set_random_seed": "plait.keras.utils.rng_utils",
    "clear_session": "plait.keras.utils.rng_utils",
}

__getattr__ = _getter(__name__, _PARTS)
