"""Function: a graph of symbolic calls, run on values.

The order of `operations` (and so of a model's layers, its summary and its files) is that of a depth-first walk back from the
outputs, deepest first, as Keras has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from plait.keras import tree
from plait.keras._symbolic import KerasTensor, Node, Operation

NodeKey = tuple[int, int]


def node_key(operation: Any, index: int) -> NodeKey:
    """What tells call number `index` of `operation` from all others."""
    return id(operation), index


def walk_back(inputs: Any, outputs: Any) -> tuple[list[Node], dict[Any, int]]:
    """The nodes between, each after those that it depends on; and the operations' numbers in the order in which they were met."""
    wanted = {id(x) for x in tree.flatten(inputs)}
    finished: set[int] = set()
    active: set[int] = set()
    order: list[Node] = []
    indices: dict[Any, int] = {}
    for output in tree.flatten(outputs):
        stack: list[tuple[KerasTensor, Any]] = [(output, None)]
        while stack:
            tensor, rest = stack.pop()
            operation, at, _ = tensor._keras_history
            if operation is None:
                continue
            node = operation._inbound_nodes[at]
            if rest is None:
                if id(node) in finished:
                    continue
                if not node.is_input and id(tensor) in wanted:
                    finished.add(id(node))
                    continue
                if id(node) in active:
                    raise ValueError(f"Tensor {tensor} from operation '{operation.name}' is part of a cycle.")
                indices.setdefault(operation, len(indices))
                active.add(id(node))
                rest = iter(() if node.is_input else node.input_tensors)
            following = next(rest, None)
            if following is not None:
                stack += [(tensor, rest), (following, None)]
                continue
            finished.add(id(node))
            active.discard(id(node))
            order.append(node)
    return order, indices


def map_graph(
    inputs: list[KerasTensor], outputs: list[KerasTensor]
) -> tuple[set[NodeKey], dict[int, list[Node]], list[Any], dict[int, list[Any]]]:
    """The graph between inputs and outputs: keys of its nodes, nodes by depth, operations, operations by depth."""
    order, indices = walk_back(inputs, outputs)
    inside = {id(node) for node in order}
    keys = {node_key(node.operation, node.operation._inbound_nodes.index(node)) for node in order}
    depths: dict[Node, int] = {}
    operation_depths: dict[Any, int] = {}
    for node in reversed(order):
        depth = max(depths.setdefault(node, 0), operation_depths.get(node.operation, 0))
        operation_depths[node.operation] = depths[node] = depth
        for parent in node.parent_nodes:
            if id(parent) in inside:
                depths[parent] = max(depth + 1, depths.get(parent, 0))
    for x in inputs:
        operation, at, _ = x._keras_history
        if operation is not None and operation not in operation_depths:
            node = operation._inbound_nodes[at]
            if node.is_input:
                operation_depths[operation], indices[operation], depths[node] = 0, -1, 0
                keys.add(node_key(operation, at))

    nodes_by_depth: defaultdict[int, list[Node]] = defaultdict(list)
    for node, depth in depths.items():
        nodes_by_depth[depth].append(node)
    operations_by_depth: defaultdict[int, list[Any]] = defaultdict(list)
    for operation, depth in operation_depths.items():
        operations_by_depth[depth].append(operation)
    operations = []
    for depth in sorted(operations_by_depth, reverse=True):
        operations += sorted(operations_by_depth[depth], key=lambda operation: indices[operation])

    known = {id(x) for x in inputs}
    passed: list[str] = []
    for depth in sorted(nodes_by_depth, reverse=True):
        for node in nodes_by_depth[depth]:
            for x in node.input_tensors:
                if id(x) not in known:
                    raise ValueError(
                        f"Graph disconnected: cannot find parent for tensor {x} at operation '{node.operation}'. "
                        f"The following previous operations were accessed without issue: {passed}"
                    )
                passed.append(node.operation.name)
            known.update(id(x) for x in node.outputs)
    names = [operation.name for operation in operations]
    for name in names:
        if (count := names.count(name)) != 1:
            raise ValueError(
                f'The name "{name}" is used {count} times in the model. All operation names should be unique.'
            )
    return keys, dict(nodes_by_depth), operations, dict(operations_by_depth)


class Function(Operation):
    """A computation from `inputs` to `outputs`, structures of KerasTensors, that can be run on values.

    ValueError where `outputs` do not follow from `inputs`.
    """

    _nodes: set[NodeKey]
    _operations: list[Any]
    _order: list[Node]
    _inputs_struct: Any
    _outputs_struct: Any

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._take_graph(inputs, outputs)

    _inputs: list[KerasTensor]
    _outputs: list[KerasTensor]

    def _take_graph(self, inputs: Any, outputs: Any) -> None:
        put = partial(object.__setattr__, self)  # a model's graph is not among what it tracks
        put("_inputs_struct", tree.map_structure(lambda x: x, inputs))
        put("_outputs_struct", tree.map_structure(lambda x: x, outputs))
        put("_inputs", tree.flatten(inputs))
        put("_outputs", tree.flatten(outputs))
        for what, values in (("inputs", self._inputs), ("outputs", self._outputs)):
            if not values:
                raise ValueError(f"`{what}` argument cannot be empty. Received:\ninputs={inputs}\noutputs={outputs}")
        graph = map_graph(self._inputs, self._outputs)
        for name, part in zip(("nodes", "nodes_by_depth", "operations", "operations_by_depth"), graph, strict=True):
            put(f"_{name}", part)
        by_depth = graph[1]
        order = [n for depth in sorted(by_depth, reverse=True) for n in by_depth[depth] if not n.is_input]
        put("_order", [node for node in order if node.operation is not None])
        self._check_connected()

    def _check_connected(self) -> None:
        known = {id(x) for x in self._inputs}
        for node in self._order:
            if all(id(x) in known for x in node.input_tensors):
                known.update(id(x) for x in node.outputs)
        for path, x in tree.flatten_with_path(self._outputs_struct):
            if id(x) not in known:
                raise ValueError(f"Output with path `{'.'.join(str(p) for p in path)}` is not connected to `inputs`")

    @property
    def operations(self) -> list[Any]:
        """The operations of the graph, from the inputs on."""
        return self._operations[:]

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs as a flat list."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs as a flat list."""
        return self._outputs

    def compute_output_spec(self, inputs: Any) -> Any:
        self._assert_input_compatibility(inputs)
        if all(x.shape == ref.shape for x, ref in zip(tree.flatten(inputs), self._inputs, strict=False)):
            return tree.map_structure(lambda x: KerasTensor(x.shape, dtype=x.dtype), self._outputs_struct)
        return self._run_through_graph(inputs, lambda operation: operation.compute_output_spec)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shapes of the outputs for shapes of the inputs."""
        given = tree.map_shape_structure(KerasTensor, input_shape)
        for x, ref in zip(tree.flatten(given), self._inputs, strict=False):
            x._dtype = ref.dtype
        return tree.map_structure(lambda x: x.shape, self.compute_output_spec(given))

    def call(self, inputs: Any) -> Any:
        """The outputs for values of the inputs."""
        self._assert_input_compatibility(inputs)
        return self._run_through_graph(inputs)

    def _run_through_graph(self, inputs: Any, operation_fn: Callable[[Any], Callable[..., Any]] | None = None) -> Any:
        values = {id(x): y for x, y in zip(self._inputs, tree.flatten(inputs), strict=False)}
        for node in self._order:
            arguments = node.arguments
            if not all(id(x) in values for x in arguments.keras_tensors):
                continue
            run = node.operation if operation_fn is None else operation_fn(node.operation)
            if arguments.single is not None:
                out = run(values[id(arguments.single)])
            else:
                args, kwargs = arguments.fill_in(values)
                out = run(*args, **kwargs)
            if len(node.outputs) == 1 and not tree.is_nested(out):
                values[id(node.outputs[0])] = out
            else:
                values.update((id(x), y) for x, y in zip(node.outputs, tree.flatten(out), strict=False))
        if isinstance(self._outputs_struct, KerasTensor):
            return values[id(self._outputs_struct)]
        return tree.pack_sequence_as(self._outputs_struct, [values[id(x)] for x in self._outputs])

    def _assert_input_compatibility(self, inputs: Any) -> None:
        try:
            tree.assert_same_structure(inputs, self._inputs_struct)
        except ValueError:
            raise ValueError(
                "Function was called with an invalid input structure. "
                f"Expected input structure: {self._inputs_struct}\nReceived input structure: {inputs}"
            ) from None
        for x, ref in zip(tree.flatten(inputs), self._inputs, strict=False):
            fits = len(x.shape) == len(ref.shape) and all(
                n is None or m is None or n == m for n, m in zip(x.shape, ref.shape, strict=False)
            )
            if not fits:
                raise ValueError(
                    f"{type(self).__name__} was passed incompatible inputs. For input '{ref.name}', expected shape "
                    f"{ref.shape}, but received instead a tensor with shape {x.shape}."
                )
