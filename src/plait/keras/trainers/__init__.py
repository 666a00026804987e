"""Training: losses and metrics of `compile`, data, and the loops of `fit`, `evaluate` and `predict`."""
