"""Callbacks: what is called at the stages of training."""

from plait.keras._lazy import getter as _getter
from plait.keras.callbacks.callback import Callback, CallbackList
from plait.keras.callbacks.history import History
from plait.keras.callbacks.monitor import EarlyStopping, ModelCheckpoint, MonitorCallback, ReduceLROnPlateau
from plait.keras.callbacks.others import (
    BackupAndRestore,
    CSVLogger,
    LambdaCallback,
    LearningRateScheduler,
    TerminateOnNaN,
)
from plait.keras.callbacks.progbar_logger import ProgbarLogger
from plait.keras.callbacks.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]

__getattr__ = _getter(__name__, {})
