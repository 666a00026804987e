"""How a layer comes to its state: `build`, called once with shapes, and `add_weight`."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plait.keras import constraints, initializers, regularizers
from plait.keras._dtypes import standardize as standardize_dtype
from plait.keras._infer import compute_output_spec
from plait.keras._naming import current_path, name_scope
from plait.keras._symbolic import _is_default as is_default
from plait.keras._symbolic import default
from plait.keras._variable import Variable
from plait.keras.layers._calls import CallSpec, shapes_for

__all__ = ["Building", "wrapped_build"]


def wrapped_build(build: Callable[..., Any]) -> Callable[..., Any]:
    """A `build` that notes what it was given and that the layer is built."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def building(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.__dict__.get("_is_building"):  # super().build()
            build(self, *args, **kwargs)
            return
        object.__setattr__(self, "_is_building", True)
        try:
            with self._open_name_scope():
                object.__setattr__(self, "_path", current_path())
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_is_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        shapes = dict(list(bound.items())[1:])
        object.__setattr__(self, "_build_shapes_dict", shapes)
        self.built = True
        self._post_build()
        self._lock_state()

    return building


class Building:
    """The part of Layer that builds."""

    built: bool
    _path: str | None
    _parent_path: str | None
    _build_shapes_dict: dict[str, Any] | None

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @default
    def build(self, input_shape: Any) -> None:
        """Make the weights; the default has none to make."""
        self._check_super_called()
        if is_default(self.build) and _unbuilt_state(self):
            warnings.warn(
                f"`build()` was called on layer '{self.name}', however the layer does not have a `build()` method implemented "
                "and it looks like it has unbuilt state. This will cause the layer to be marked as built, despite not being "
                "actually built, which may cause failures down the line. Make sure to implement a proper `build()` method.",
                stacklevel=2,
            )
        with self._open_name_scope():
            self._path = current_path()
        self._build_shapes_dict = {"input_shape": input_shape}
        self.built = True
        if is_default(self.build):
            self._post_build()
            self._lock_state()

    def _post_build(self) -> None:
        """What a subclass does once it is built."""

    def _build_at_init(self) -> None:
        """For layers without state: built from the start, unless a subclass has a `build` of its own."""
        if is_default(self.build):
            self.built = True
            self._post_build()
            self._lock_state()

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that `build` was called with."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with what `get_build_config` gave."""
        if config:
            if "input_shape" in config:
                self.build(config["input_shape"])
            elif "shapes_dict" in config:
                self.build(**config["shapes_dict"])

    def _maybe_build(self, spec: CallSpec) -> None:
        if self.built:
            return
        shapes = spec.shapes()
        if not is_default(self.build):
            self.build(**shapes_for(self.build, shapes, spec, type(self).__name__))
            self._assert_input_compatibility(spec.first)
            return
        if _unbuilt_state(self):
            try:
                compute_output_spec(self.call, **spec.arguments)
            except Exception as e:
                if spec.eager:
                    return  # the call itself will build
                warnings.warn(
                    f"Layer '{self.name}' looks like it has unbuilt state, but Keras is not able to trace the layer `call()` in "
                    "order to build it automatically. Either `call()` fails (try it on values first), or the layer needs a "
                    f"`build(self, input_shape)` method that builds all its children. Exception encountered: ''{e}''",
                    stacklevel=3,
                )
        self.build(next(iter(shapes.values()), None))

    def _open_name_scope(self) -> Any:
        if self._parent_path is None:
            object.__setattr__(self, "_parent_path", current_path())
        return name_scope(self.name, caller=self)

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: Any = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the layer: Glorot uniform where it is floating and no initializer is given, else zeros."""
        self._check_super_called()
        if args:
            shape, initializer, dtype = _weight_arguments(args, shape, initializer, dtype)
        dtype = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    add_variable = add_weight


def _unbuilt_state(layer: Any) -> bool:
    return any(not inner.built for inner in layer._layers)


def _weight_arguments(args: tuple[Any, ...], shape: Any, initializer: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """`add_weight(shape, initializer, dtype)` by position, as Keras 2 had it."""
    if len(args) > 3:
        raise TypeError(f"add_weight() takes at most 3 positional arguments but {len(args)} were given.")
    if isinstance(args[0], str):
        raise ValueError(
            f"`name` must be passed as a keyword argument. Received: add_weight('{args[0]}', ...). "
            f"Use: add_weight(shape=..., name='{args[0]}')."
        )
    found = []
    for name, keyword, position in (("shape", shape, 0), ("initializer", initializer, 1), ("dtype", dtype, 2)):
        if len(args) <= position:
            found.append(keyword)
        elif keyword is not None:
            raise ValueError(f"`{name}` was passed both positionally and as a keyword argument.")
        else:
            found.append(args[position])
    return found[0], found[1], found[2]
