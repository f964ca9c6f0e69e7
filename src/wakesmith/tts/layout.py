"""Convolutions over time written as ones over pictures of height 1, which run a third faster.

onnxruntime has its blocked kernels (NCHWc) for two dimensions alone; convolutions of one dimension
are unfolded and multiplied. Nothing else changes: the numbers are the same but for their rounding.
What lies between two convolutions stays a picture where it works element by element.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_ALONE = {"LeakyRelu", "Relu", "Tanh", "Sigmoid", "Identity"}
_PAIRS = {"Add", "Sub", "Mul", "Div"}
_AXES = "picture_axes"


def as_pictures(graph: "GraphProto") -> None:
    """Rewrite every convolution over time whose weights the graph holds."""
    from onnx import numpy_helper

    work = _Rewriting(graph)
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        if node.op_type in ("Conv", "ConvTranspose") and work.fits(node):
            work.convolution(node)
        elif work.stays(node):
            work.kept(node)
        else:
            work.other(node)
    for one in graph.output:
        work.flat(one.name)
    if work.pictures:
        graph.initializer.append(numpy_helper.from_array(np.array([2]), _AXES))
    used = {name for node in graph.node for name in node.input}
    for held in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(held)


class _Rewriting:
    """A graph being written anew, node by node."""

    def __init__(self, graph: "GraphProto") -> None:
        self.graph = graph
        self.held = {one.name: one for one in graph.initializer}
        self.pictures: dict[str, str] = {}
        """Values that are pictures, [1, channels, 1, time], by the name of what they stand for."""
        self.flattened: set[str] = set()
        self.single = {one.name for one in graph.initializer if _is_single(list(one.dims))}

    def fits(self, node: "NodeProto") -> bool:
        weights = self.held.get(node.input[1])
        named = {a.name for a in node.attribute}
        return weights is not None and len(weights.dims) == 3 and "output_shape" not in named

    def stays(self, node: "NodeProto") -> bool:
        """Whether it works element by element, on pictures alone or with a single number."""
        if node.op_type not in (_ALONE | _PAIRS):
            return False
        pictured = [name in self.pictures for name in node.input]
        return any(pictured) and all(
            is_one or name in self.single for is_one, name in zip(pictured, node.input, strict=True)
        )

    def convolution(self, node: "NodeProto") -> None:
        from onnx import helper, numpy_helper

        source, weights = node.input[0], node.input[1]
        if source not in self.pictures:
            self.pictures[source] = f"{source}_picture"
            made = [self.pictures[source]]
            self.graph.node.append(helper.make_node("Unsqueeze", [source, _AXES], made))
            self.flattened.add(source)
        wide = f"{weights}_picture"
        if wide not in self.held:
            values = numpy_helper.to_array(self.held[weights])[:, :, None]
            self.held[wide] = numpy_helper.from_array(values, wide)
            self.graph.initializer.append(self.held[wide])
        node.input[1] = wide
        for given in node.attribute:
            if given.name in ("kernel_shape", "dilations", "strides"):
                given.ints[:] = [1, *given.ints]
            elif given.name == "output_padding":
                given.ints[:] = [0, *given.ints]
            elif given.name == "pads":
                given.ints[:] = [0, given.ints[0], 0, given.ints[1]]
        self.kept(node)

    def kept(self, node: "NodeProto") -> None:
        """A node that works on pictures and gives one."""
        for slot, name in enumerate(node.input):
            node.input[slot] = self.pictures.get(name, name)
        self.pictures[node.output[0]] = f"{node.output[0]}_picture"
        node.output[0] = self.pictures[node.output[0]]
        self.graph.node.append(node)

    def other(self, node: "NodeProto") -> None:
        """A node that needs its inputs as they were."""
        for name in [*node.input, *needed_within(node)]:
            self.flat(name)
        if node.op_type == "Constant":
            self._note_single(node)
        self.graph.node.append(node)

    def flat(self, name: str) -> None:
        """Have a picture as [1, channels, time], too."""
        from onnx import helper

        if name in self.pictures and name not in self.flattened:
            self.flattened.add(name)
            made = helper.make_node("Squeeze", [self.pictures[name], _AXES], [name])
            self.graph.node.append(made)

    def _note_single(self, node: "NodeProto") -> None:
        for given in node.attribute:
            if given.name == "value" and _is_single(list(given.t.dims)):
                self.single.add(node.output[0])


def _is_single(shape: list[int]) -> bool:
    """Whether it is one number that fits any picture."""
    return shape in ([], [1])


def numbers_of(graph: "GraphProto") -> dict[str, Any]:
    """Constants of one number, which fits any picture, by name."""
    held: dict[str, Any] = {one.name: one for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            held[node.output[0]] = node.attribute[0].t
    return {name: one for name, one in held.items() if _is_single(list(one.dims))}


def needed_within(node: "NodeProto") -> list[str]:
    """Names that graphs within a node may read."""
    names: list[str] = []
    for attribute in node.attribute:
        for below in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            for inner in below.node:
                names += [*inner.input, *needed_within(inner)]
    return names
