"""Optimizers' update rules and learning-rate schedules over plain arrays, without any framework's names."""
