"""Benchmarks: plait against the frameworks that are installed, pair by pair in one process. `python -m benchmarks --help`."""
