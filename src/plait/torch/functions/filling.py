"""Tensor methods that fill in place with random numbers.

Rules of this file: arguments are checked before anything is drawn, so that an error leaves the generator as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plait import dtypes
from plait.op import type_name
from plait.ops import random as _engine
from plait.torch._tensor import Tensor, method
from plait.torch.functions._drawing import (
    FLOATS,
    INTEGERS,
    LARGEST,
    as_generator,
    as_int,
    as_number,
    check_p,
    check_std,
    combination_error,
    expand_error,
    integer_range,
    need_floating,
    open_integer_range,
    shown,
)

__all__: list[str] = []


@method
def uniform_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """uniform_(from=0, to=1): fill with numbers of [from, to)."""
    if len(args) > 2:
        raise TypeError(f"uniform_() takes from 0 to 2 positional arguments but {len(args)} were given")
    low = as_number("uniform_", "from", 1, args[0] if args else kwargs.pop("from", 0.0))
    high = as_number("uniform_", "to", 2, args[1] if len(args) > 1 else kwargs.pop("to", 1.0))
    if kwargs:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(kwargs))}'")
    generator = as_generator("uniform_", generator)
    dtype = self.array.dtype
    need_floating(self.array, "check_uniform_bounds")
    top = float(LARGEST[dtype])
    for label, value in (("from", low), ("to", high)):
        if not -top <= value <= top:
            raise RuntimeError(f"{label} is out of bounds for {FLOATS[dtype][1]}")
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={shown(low)} > to={shown(high)}"
        )
    if high - low > top:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{type_name(dtype)}>::max(), but found to={shown(high)} and "
            f"from={shown(low)} which result in to-from to exceed the limit"
        )
    filled: Tensor = _engine.draw_(self, _engine.UNIFORM, lambda a: _engine.uniform(a, low, high, generator))
    return filled


@method
def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with normal numbers of that mean and standard deviation."""
    mean, std = as_number("normal_", "mean", 1, mean), as_number("normal_", "std", 2, std)
    generator = as_generator("normal_", generator)
    check_std(std)
    if self.array.size == 0:
        return self
    need_floating(self.array, "normal_kernel_cpu")
    filled: Tensor = _engine.draw_(self, _engine.NORMAL, lambda a: _engine.normal(a, mean, std, generator))
    return filled


_RANDOM_FORMS = (
    "(*, torch.Generator generator = None)",
    "(int from, int to, *, torch.Generator generator = None)",
    "(int to, *, torch.Generator generator = None)",
)


@method
def random_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """random_(), random_(to), random_(from, to): fill with whole numbers of the dtype's range, of [0, to), of [from, to)."""
    generator = as_generator("random_", generator)
    bounds = list(args)
    if "from" in kwargs:
        bounds.insert(0, kwargs.pop("from"))
        if len(bounds) == 1:
            bounds.append(kwargs.pop("to", None))
    elif "to" in kwargs:
        bounds.append(kwargs.pop("to"))
    low = as_int(bounds[0]) if bounds else 0
    high = as_int(bounds[1]) if len(bounds) > 1 else None
    if kwargs or len(bounds) > 2 or low is None or (len(bounds) > 1 and high is None and bounds[1] is not None):
        raise combination_error("random_", args, kwargs, _RANDOM_FORMS)
    array = self.array
    if not bounds:
        op, draw = _engine.INTEGERS_ANY, lambda a: _engine.integers_any(a, generator)
    elif len(bounds) == 1:
        first, last = integer_range(array, 0, low)
        op, draw = _engine.INTEGERS_TO, lambda a: _engine.integers(a, first, last, generator)
    else:
        first, last = integer_range(array, low, high) if high is not None else open_integer_range(array, low)
        op, draw = _engine.INTEGERS, lambda a: _engine.integers(a, first, last, generator)
    filled: Tensor = _engine.draw_(self, op, draw)
    return filled


@method
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Fill with ones of probability `p` (a number, or a tensor that broadcasts) and zeros."""
    generator = as_generator("bernoulli_", generator)
    if isinstance(p, Tensor):
        chances = p.array
        try:
            chances = np.broadcast_to(chances, self.array.shape)
        except ValueError:
            expand_error(chances.shape, self.array.shape)
        need_floating(chances, "bernoulli_tensor_cpu_p_")
        given: Tensor = _engine.draw_(
            self, _engine.BERNOULLI_EACH, lambda a: _engine.bernoulli_each(a, chances, generator)
        )
        return given
    if not isinstance(p, (int, float, np.number)) or isinstance(p, bool):
        forms = (
            "(Tensor p, *, torch.Generator generator = None)",
            "(float p = 0.5, *, torch.Generator generator = None)",
        )
        raise combination_error("bernoulli_", (p,), {}, forms)
    check_p(p)
    chance = float(p)
    filled: Tensor = _engine.draw_(self, _engine.BERNOULLI, lambda a: _engine.bernoulli(a, chance, generator))
    return filled


@method
def exponential_(self: Tensor, lambd: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with the exponential distribution of rate `lambd`."""
    rate = as_number("exponential_", "lambd", 1, lambd)
    generator = as_generator("exponential_", generator)
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={shown(rate)}")
    if self.array.size == 0:
        return self
    if not _engine.is_floating(self.array):
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {type_name(self.array.dtype)}"
        )
    filled: Tensor = _engine.draw_(self, _engine.EXPONENTIAL, lambda a: _engine.exponential(a, rate, generator))
    return filled


@method
def cauchy_(self: Tensor, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
    """Fill with the Cauchy distribution."""
    centre, scale = as_number("cauchy_", "median", 1, median), as_number("cauchy_", "sigma", 2, sigma)
    generator = as_generator("cauchy_", generator)
    if not scale > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={shown(scale)}")
    if not _engine.is_floating(self.array):
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {'long int' if self.array.dtype == dtypes.I64 else INTEGERS.get(self.array.dtype, '')}"
        )
    filled: Tensor = _engine.draw_(self, _engine.CAUCHY, lambda a: _engine.cauchy(a, centre, scale, generator))
    return filled


@method
def log_normal_(self: Tensor, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
    """Fill with exp of normal numbers of that mean and standard deviation."""
    centre, spread = as_number("log_normal_", "mean", 1, mean), as_number("log_normal_", "std", 2, std)
    generator = as_generator("log_normal_", generator)
    if not spread > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={shown(spread)}")
    if self.array.size == 0:
        return self
    need_floating(self.array, "log_normal_cpu")
    filled: Tensor = _engine.draw_(self, _engine.LOG_NORMAL, lambda a: _engine.log_normal(a, centre, spread, generator))
    return filled


@method
def geometric_(self: Tensor, *args: Any, generator: Any = None, **kwargs: Any) -> Tensor:
    """geometric_(p): fill with the number of trials up to the first success of probability `p`."""
    if len(args) + len(kwargs) != 1 or (kwargs and "p" not in kwargs):
        raise TypeError('geometric_() missing 1 required positional arguments: "p"')
    chance = as_number("geometric_", "p", 1, args[0] if args else kwargs["p"])
    generator = as_generator("geometric_", generator)
    if not 0 < chance < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={shown(chance)}")
    if self.array.size == 0:
        return self
    if self.array.dtype == dtypes.BOOL:
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    filled: Tensor = _engine.draw_(self, _engine.GEOMETRIC, lambda a: _engine.geometric(a, chance, generator))
    return filled
