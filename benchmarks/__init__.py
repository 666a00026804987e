"""Benchmarks: plait against the frameworks that are installed, pair by pair in one process. `python -m benchmarks --help`."""

from __future__ import annotations

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
