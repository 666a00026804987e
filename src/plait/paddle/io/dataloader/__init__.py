"""The parts of the loader."""
