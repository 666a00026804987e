"""What layers mean: rank-free, in the engine's own words, without any framework's names."""
