"""Models: layers that can be trained together."""

from plait.keras.models.cloning import clone_model
from plait.keras.models.model import Model, model_from_json
from plait.keras.models.sequential import Sequential
from plait.keras.saving.saving_api import load_model, save_model

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
