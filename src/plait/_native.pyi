# The C++ module: kernels' entries (src/native/entries/*.h), memory, threads, and the way of a call (src/native/tape.cpp).
from typing import Any

def __getattr__(name: str) -> Any: ...
