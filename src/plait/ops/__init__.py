"""The ops: one file a family, each a table of `Op` records and the functions that apply them."""
