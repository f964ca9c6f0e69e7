"""The last stage of a decoder computed piece by piece, so that it stays in the processor's cache.

HiFi-GAN's last stage passes over a few MB for every sum and every activation, which takes longer
than the work itself. Each moment of its output depends on a few of its input alone, so the input
is cut into pieces that overlap by as many, a loop takes one after the other, and of each piece
what is right is kept: the same numbers but for their rounding.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from wakesmith.tts.layout import needed_within, numbers_of

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

PIECE = 1 << 17
"""Numbers in the widest picture of a piece: 0.5 MiB, of which a core's cache holds a few."""
_ALONE = {"LeakyRelu", "Relu", "Tanh", "Sigmoid", "Identity"}
_PAIRS = {"Add", "Sub", "Mul", "Div"}
_NAME = "piece_"


def in_pieces(graph: "GraphProto", size: int = PIECE) -> None:
    """Put a loop in the place of all that follows the last transposed convolution, and of that.

    Nothing is done where it follows from more than one picture, leads to more than one, or works
    on more than a few moments at once.
    """
    stage = _Stage(graph)
    if not stage.nodes or not (end := stage.end()):
        return
    _Loop(graph, stage, end, size).write()


@dataclass(frozen=True)
class _Reach:
    """What a moment depends on, in moments of the stage's input, and how many make up one."""

    before: Fraction
    after: Fraction
    rate: int


class _Stage:
    """The nodes that follow from one picture, moment by moment."""

    def __init__(self, graph: "GraphProto") -> None:
        self.graph = graph
        self.held = {one.name: one for one in graph.initializer}
        self.constants = {node.output[0]: node for node in graph.node if node.op_type == "Constant"}
        self.numbers = set(numbers_of(graph))
        self.start, self.width = "", 0
        self.nodes: list[NodeProto] = []
        self.reach: dict[str, _Reach] = {}
        self._find()

    def end(self) -> str:
        """The one picture that others use; empty when they use several."""
        made = {node.output[0] for node in self.nodes}
        inner = {id(node) for node in self.nodes}
        used = {one.name for one in self.graph.output}
        for node in self.graph.node:
            if id(node) not in inner:
                used.update(node.input, needed_within(node))
        left = made & used
        return left.pop() if len(left) == 1 else ""

    def _find(self) -> None:
        last = [n for n in self.graph.node if n.op_type == "ConvTranspose" and self._known(n)]
        if not last:
            return
        makers = {node.output[0]: node for node in self.graph.node}
        start = last[-1].input[0]
        while (maker := makers.get(start)) and self._is_alone(maker):
            start = maker.input[0]
        self.start = start
        self.reach[start] = _Reach(Fraction(0), Fraction(0), 1)
        for node in self.graph.node:
            if any(name in self.reach for name in node.input):
                reach = self._after(node)
                if reach:
                    self.nodes.append(node)
                    self.reach[node.output[0]] = reach
        if not any(node is last[-1] for node in self.nodes):
            self.nodes = []

    def _after(self, node: "NodeProto") -> _Reach | None:
        """How far a node's output reaches; None when it is none of the stage's."""
        given = [self.reach[name] for name in node.input if name in self.reach]
        if node.op_type in ("Conv", "ConvTranspose"):
            only = len(given) == 1 and node.input[0] in self.reach and self._known(node)
            return self._convolved(node, given[0]) if only else None
        others = [name for name in node.input if name not in self.reach]
        if node.op_type not in (_ALONE | _PAIRS) or not self.numbers.issuperset(others):
            return None
        if len({one.rate for one in given}) != 1:
            return None
        before, after = max(one.before for one in given), max(one.after for one in given)
        return _Reach(before, after, given[0].rate)

    def _convolved(self, node: "NodeProto", given: _Reach) -> _Reach | None:
        from onnx import helper

        said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        kernel = self.held[node.input[1]].dims[3]
        (_, left, _, right), (_, step) = said.get("pads", [0] * 4), said.get("strides", [1, 1])
        dilation = said.get("dilations", [1, 1])[1]
        if node.op_type == "Conv":
            if step != 1 or left + right != dilation * (kernel - 1) or min(left, right) < 0:
                return None
            return _Reach(
                given.before + Fraction(left, given.rate),
                given.after + Fraction(right, given.rate),
                given.rate,
            )
        extra = said.get("output_padding", [0, 0])[1]
        if dilation != 1 or kernel - step != left + right - extra or min(left, right) < 0:
            return None
        self.width = max(self.width, self.held[node.input[1]].dims[1] * given.rate * step)
        return _Reach(
            given.before + Fraction(kernel - left, step * given.rate),
            given.after + Fraction(step - 1 + left, step * given.rate),
            given.rate * step,
        )

    def _known(self, node: "NodeProto") -> bool:
        """Whether it is over time, and its weights are the graph's own."""
        from onnx import helper

        weights = self.held.get(node.input[1])
        said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        plain = said.get("auto_pad", b"NOTSET") == b"NOTSET" and said.get("group", 1) == 1
        own = all(name in self.held for name in node.input[1:])
        return (
            weights is not None
            and len(weights.dims) == 4
            and weights.dims[2] == 1
            and plain
            and own
        )

    def _is_alone(self, node: "NodeProto") -> bool:
        """Whether it works on its first input, element by element."""
        kind, others = node.op_type, list(node.input[1:])
        return kind in _ALONE or (kind in _PAIRS and self.numbers.issuperset(others))


class _Loop:
    """The loop being written, with the stage as its body."""

    def __init__(self, graph: "GraphProto", stage: _Stage, end: str, size: int) -> None:
        self.graph, self.stage, self.end = graph, stage, end
        self.size = max(1, size // stage.width)
        self.outer: list[NodeProto] = []
        self.inner: list[NodeProto] = []
        self.into = self.outer

    def write(self) -> None:
        from onnx import TensorProto, helper

        stage = self.stage
        reach, rate = stage.reach[self.end], stage.reach[self.end].rate
        margin = math.ceil(max(reach.before, reach.after))
        time = self._do("Slice", [self._do("Shape", [stage.start]), *self._numbers(3, 4)])
        count = self._rounded_up(time, self._number(self.size))
        each = self._rounded_up(time, count)
        self.into = self.inner
        first = self._do("Mul", ["piece_at", each])
        last = self._do("Min", [self._do("Add", [first, each]), time])
        begin = self._do("Max", [self._do("Sub", [first, self._number(margin)]), self._number(0)])
        until = self._do("Min", [self._do("Add", [last, self._number(margin)]), time])
        part = self._do("Slice", [stage.start, begin, until, self._number(3)])
        self._stage(part)
        bounds = [
            self._do("Mul", [self._do("Sub", [one, begin]), self._number(rate)])
            for one in (first, last)
        ]
        kept = self._do("Slice", [f"{_NAME}{self.end}", *bounds, self._number(3)])
        whole = self._do("Concat", ["piece_so_far", kept], axis=3)
        goes = self._do("Identity", ["piece_goes"])

        def value(name: str, kind: int, shape: list[Any] | None) -> Any:
            return helper.make_tensor_value_info(name, kind, shape)

        used = {name for node in self.inner for name in node.input}
        body = helper.make_graph(
            self.inner,
            "piece",
            [
                value("piece_at", TensorProto.INT64, []),
                value("piece_goes", TensorProto.BOOL, []),
                value("piece_so_far", TensorProto.FLOAT, None),
            ],
            [value(goes, TensorProto.BOOL, []), value(whole, TensorProto.FLOAT, None)],
            [held for name, held in stage.held.items() if name in used],
        )
        self.into = self.outer
        (channels,) = self._channels()
        empty = self._constant(np.zeros((1, channels, 1, 0), np.float32))
        scalar = self._do("Squeeze", [count])
        self.outer.append(
            helper.make_node("Loop", [scalar, "", empty], [self.end], "pieces", body=body)
        )
        self._replace()

    def _stage(self, part: str) -> None:
        """The stage's nodes, reading from a part; their values get names of their own."""
        names = {node.output[0]: f"{_NAME}{node.output[0]}" for node in self.stage.nodes}
        names[self.stage.start] = part
        read = {name for node in self.stage.nodes for name in node.input}
        constants = [node for name, node in self.stage.constants.items() if name in read]
        names |= {node.output[0]: f"{_NAME}{node.output[0]}" for node in constants}
        for node in [*constants, *self.stage.nodes]:
            one = type(node)()
            one.CopyFrom(node)
            one.input[:] = [names.get(name, name) for name in node.input]
            one.output[:] = [names[node.output[0]]]
            self.inner.append(one)

    def _channels(self) -> set[int]:
        """Of the stage's output."""
        makers = {node.output[0]: node for node in self.stage.nodes}
        node = makers[self.end]
        while node.op_type not in ("Conv", "ConvTranspose"):
            node = makers[next(name for name in node.input if name in makers)]
        dims = self.stage.held[node.input[1]].dims
        return {dims[0] if node.op_type == "Conv" else dims[1]}

    def _replace(self) -> None:
        inner, nodes = {id(node) for node in self.stage.nodes}, list(self.graph.node)
        place = max(number for number, node in enumerate(nodes) if id(node) in inner)
        del self.graph.node[:]
        for number, node in enumerate(nodes):
            if id(node) not in inner:
                self.graph.node.append(node)
            if number == place:
                self.graph.node.extend(self.outer)
        used = {name for node in self.graph.node for name in node.input}
        for name, held in self.stage.held.items():
            if name not in used:
                self.graph.initializer.remove(held)

    def _rounded_up(self, one: str, other: str) -> str:
        """One number divided by another."""
        more = self._do("Sub", [self._do("Add", [one, other]), self._number(1)])
        return self._do("Div", [more, other])

    def _numbers(self, *values: int) -> list[str]:
        return [self._number(value) for value in values]

    def _number(self, value: int) -> str:
        return self._constant(np.array([value]))

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        return self._do("Constant", [], value=numpy_helper.from_array(value))

    def _do(self, kind: str, inputs: list[str], **more: Any) -> str:
        from onnx import helper

        output = f"{_NAME}{len(self.outer)}_{len(self.inner)}"
        self.into.append(helper.make_node(kind, inputs, [output], name=output, **more))
        return output
