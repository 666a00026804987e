"""Tensor: a NumPy array, its gradient, and the node of the tape that made it.

Rules of this file: it knows no op. Operators are attached by the rungs below it. Results are made in the face of their inputs
(`Tensor.face`), so that a dialect's tensors beget the dialect's tensors.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from plait import _native

if TYPE_CHECKING:
    from collections.abc import Callable

    from plait.op import Node, Op


class Mode:
    """What this thread records: `grad` for the tape, `inference` for tensors that never meet it."""

    __slots__ = ()

    @property
    def grad(self) -> bool:
        """Whether this thread records."""
        return _native.grad_mode()

    @grad.setter
    def grad(self, value: bool) -> None:
        _native.set_grad_mode(value)

    @property
    def inference(self) -> bool:
        """Whether this thread's tensors never meet the tape."""
        return _native.inference_mode()

    @inference.setter
    def inference(self, value: bool) -> None:
        _native.set_inference_mode(value)


MODE = Mode()


class Meta:
    """What few tensors have: hooks, and the wish to keep a non-leaf's gradient."""

    __slots__ = ("hooks", "post_hooks", "retains")

    def __init__(self) -> None:
        self.hooks: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.post_hooks: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.retains = False


class Tensor:
    """An array on the tape.

    `array`    the ndarray; views of a tensor hold views of its array
    `grad`     the gradient, a Tensor, or None
    `tracks`   whether gradients flow to it

    The rest is named so that no attribute which a script may set on its tensors can meet it.

    `tape_node`   the node that made it, None for a leaf; it is the node's output number `tape_index`
    `tape_meta`   rare things, see `Meta`
    `versions`    [changes of the data, changes of the graph], shared by a tensor and all its views; None for inference tensors
    `view_base`   for a view, the tensor that owns the memory; `view_chain` is then the (op, params, output) that lead from it here
    `view_gen`    the graph change that a view's `tape_node` belongs to
    """

    __slots__ = (
        "__weakref__",
        "array",
        "grad",
        "tape_index",
        "tape_meta",
        "tape_node",
        "tracks",
        "versions",
        "view_base",
        "view_chain",
        "view_gen",
    )

    array: NDArray
    grad: Any
    tape_node: Node | None
    tape_index: int
    tracks: bool
    versions: list[int] | None
    view_base: Tensor | None
    view_chain: tuple[tuple[Op, tuple[Any, ...], int], ...]
    view_gen: int
    tape_meta: Meta | None

    #: The class in which results are made.
    face: ClassVar[type[Tensor]]
    #: How the dialect says what the tape refuses (`record.WORDS`).
    tape_words: ClassVar[dict[str, str | tuple[type[Exception], str]]] = {}
    #: Whether backward goes through a graph that is not retained once only, also where nothing was saved.
    walked_once: ClassVar[bool] = False

    @classmethod
    def wrap(cls, array: NDArray) -> Any:
        """A new leaf of this class over `array` (no copy).

        >>> Tensor.wrap(np.zeros(2)).tracks
        False
        """
        return make(cls, array, None, 0)


Tensor.face = Tensor

#: make(face, array, node, index): a result of class `face`, on the tape where `node` is not None.
make: Callable[[type[Tensor], NDArray, Node | None, int], Any] = _native.make


_F = TypeVar("_F", bound="Callable[..., Any]")


class Methods:
    """A decorator that makes functions methods of a Tensor class: under their own name, or as `method("name")`."""

    def __init__(self, owner: type[Tensor]) -> None:
        self.owner = owner

    @overload
    def __call__(self, target: str) -> Callable[[_F], _F]: ...
    @overload
    def __call__(self, target: _F) -> _F: ...
    def __call__(self, target: Any) -> Any:
        if not isinstance(target, str):
            return self._attach(target.__name__, target)
        return lambda function: self._attach(target, function)

    def _attach(self, name: str, function: _F) -> _F:
        setattr(self.owner, name, function)
        return function


def as_array(value: NDArray | np.generic) -> NDArray:
    """An ndarray even where NumPy gave a scalar."""
    return value if type(value) is np.ndarray else np.asarray(value)
