"""A pickle machine that executes nothing, for the files of every dialect."""

from plait.pickles.arrays import NumPyMachine
from plait.pickles.builders import (
    encode,
    make_bytearray,
    make_complex,
    make_counter,
    make_frozenset,
    make_ordered_dict,
    make_set,
    todays_name,
    wrong,
)
from plait.pickles.machine import Machine

__all__ = [
    "Machine",
    "NumPyMachine",
    "encode",
    "make_bytearray",
    "make_complex",
    "make_counter",
    "make_frozenset",
    "make_ordered_dict",
    "make_set",
    "todays_name",
    "wrong",
]
