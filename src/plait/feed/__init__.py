"""Feeding a training loop: samples fetched, batched and sent from worker processes, without any framework's names."""
