"""What the TensorBoard callback writes: records whose checksums hold, and the values that were there."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from plait import keras
from plait.keras.callbacks import _events


def _records(path: Path) -> list[bytes]:
    data, found = path.read_bytes(), []
    while data:
        (size,), (check,) = struct.unpack("<Q", data[:8]), struct.unpack("<I", data[8:12])
        record, data = data[12 : 12 + size], data[12 + size :]
        assert check == _events._checksum(struct.pack("<Q", size))
        assert struct.unpack("<I", data[:4])[0] == _events._checksum(record)
        data = data[4:]
        found.append(record)
    return found


def test_checksum() -> None:
    # The known CRC-32C of these nine bytes, masked.
    crc = 0xE3069283
    assert _events._checksum(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_events_of_training(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="d")])
    model.compile("adam", "mse")
    x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
    callback = keras.callbacks.TensorBoard(tmp_path, histogram_freq=1, update_freq=1)
    history = model.fit(x, y, epochs=2, batch_size=4, validation_data=(x, y), verbose=0, callbacks=[callback])
    (train,) = (tmp_path / "train").iterdir()
    (validation,) = (tmp_path / "validation").iterdir()
    records = _records(train)
    assert records[0].endswith(b"brain.Event:2")
    text = b"".join(records)
    for tag in (b"keras", b"epoch_loss", b"epoch_learning_rate", b"batch_loss", b"/d/kernel/histogram"):
        assert tag in text
    for part, key in ((train, "loss"), (validation, "val_loss")):
        wanted = [struct.pack("<f", value) for value in history.history[key]]
        found = [r for r in _records(part) if b"epoch_loss" in r]
        assert len(found) == 2
        assert all(value in record for value, record in zip(wanted, found, strict=True))


def test_buckets() -> None:
    rows = _events.buckets(np.arange(60.0))
    assert rows.shape == (30, 3)
    assert rows[:, 2].sum() == 60
    assert (_events.buckets(np.ones(4))[-1] == [1, 1, 4]).all()


def test_what_is_not_written() -> None:
    with pytest.raises(ValueError, match="write_images"):
        keras.callbacks.TensorBoard(write_images=True)
    with pytest.warns(UserWarning, match="profile_batch"):
        keras.callbacks.TensorBoard(profile_batch=2)
