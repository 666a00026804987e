"""The high-level interface: Model, its callbacks, summary and flops."""
