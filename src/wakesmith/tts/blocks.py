"""Pictures kept in onnxruntime's blocked layout (NCHWc) from one convolution to the next.

Its convolutions alone read and write blocks; before and after any other operator a picture is
copied into the layout of the graph and back, and between a decoder's convolutions there is always
one. What stands there in VITS is written here in convolutions, to the same numbers but for their
rounding:

- a transposed convolution is an ordinary one that gives all phases of a step as channels, which
  are then laid side by side (Shi et al., "Real-time single image and video super-resolution using
  an efficient sub-pixel convolutional neural network", 2016);
- a leaky ReLU is the activation of a convolution, channel by channel, with a weight of one;
- division by a number goes into the weights of the convolution that follows;
- a convolution to one channel fills a block of ``_PHASES`` channels with as many moments in turn;
- lengths that are equal are said to be, so that a sum may be added up where it is convolved.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from wakesmith.tts.layout import needed_within, numbers_of

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_PHASES = 16
_BEHIND = "_blocks"
_SLOPES = {"LeakyRelu", "Relu"}
"""What gives a multiple of its output for the same multiple, above 0, of its input."""


def in_blocks(graph: "GraphProto") -> None:
    """Rewrite what lies between the pictures of ``layout.as_pictures``."""
    _divisions(graph)
    work = _Rewriting(graph)
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        work.node(node)
    work.finish()


def _divisions(graph: "GraphProto") -> None:
    """Take divisions by one number out where only a convolution comes after them."""
    from onnx import numpy_helper

    held, numbers = {one.name: one for one in graph.initializer}, numbers_of(graph)
    users: dict[str, list[NodeProto]] = {one.name: [] for one in graph.output}
    for node in graph.node:
        for name in (*node.input, *needed_within(node)):
            users.setdefault(name, []).append(node)
    asked = {one.name for one in graph.output}
    for node in [one for one in graph.node if one.op_type == "Div" and one.input[1] in numbers]:
        by = numpy_helper.to_array(numbers[node.input[1]])
        name = node.output[0]
        while name not in asked and len(users.get(name, ())) == 1:
            (after,) = users[name]
            if after.op_type not in _SLOPES:
                break
            name = after.output[0]
        last = users.get(name, [])
        if name in asked or len(last) != 1 or by.dtype != np.float32 or by.size != 1 or by <= 0:
            continue
        weights = last[0].input[1] if len(last[0].input) > 1 else ""
        if (
            last[0].op_type not in ("Conv", "ConvTranspose")
            or last[0].input[0] != name
            or weights not in held
            or len(users[weights]) != 1
        ):
            continue
        divided = numpy_helper.to_array(held[weights]) / by.reshape(())
        held[weights].CopyFrom(numpy_helper.from_array(divided, weights))
        users[node.output[0]][0].input[0] = node.input[0]
        users[node.input[0]] = [
            users[node.output[0]][0] if one is node else one for one in users[node.input[0]]
        ]
        graph.node.remove(node)


class _Rewriting:
    """A graph being written anew, node by node."""

    def __init__(self, graph: "GraphProto") -> None:
        self.graph = graph
        self.held = {one.name: one for one in graph.initializer}
        self.numbers = numbers_of(graph)
        self.known: dict[str, tuple[int, str]] = {}
        """Of a picture: channels, and the name of its length."""
        self.rulers: set[str] = set()
        """Lengths that are those of values of the same name, [1, 1, time, channels]."""

    def node(self, node: "NodeProto") -> None:
        for given in node.attribute:
            if given.HasField("g"):
                in_blocks(given.g)
        if not self._rewritten(node):
            self.graph.node.append(node)

    def _rewritten(self, node: "NodeProto") -> bool:
        """Write others in a node's place, if need be; note what is known of its picture."""
        kind, known = node.op_type, self.known.get(node.input[0]) if node.input else None
        said = _attributes(node)
        plain = said.get("auto_pad", b"NOTSET") == b"NOTSET" and said.get("group", 1) == 1
        if kind in ("Conv", "ConvTranspose") and self._is_picture(node) and plain:
            dilated = said.get("dilations", [1, 1])[1] != 1
            if kind == "ConvTranspose" and not dilated:
                self._transposed(node)
                return True
            if kind == "Conv" and not dilated and self._fits_one(node):
                self._to_one(node)
                return True
            if kind == "Conv":
                self._convolved(node)
        elif kind == "LeakyRelu" and known:
            self._leaky(node)
            return True
        elif kind in ("Relu", "Tanh", "Sigmoid") and known:
            self.known[node.output[0]] = known
        elif kind in ("Add", "Sub", "Mul", "Div"):
            pictures = {self.known.get(name) for name in node.input if name not in self.numbers}
            if len(pictures) == 1 and (same := pictures.pop()):
                self.known[node.output[0]] = same
        return False

    def finish(self) -> None:
        """Say what is known of the pictures; remove weights that nobody reads now."""
        from onnx import TensorProto, helper

        asked = {one.name for one in (*self.graph.output, *self.graph.value_info)}
        for name, (channels, length) in self.known.items():
            if name not in asked and length in self.rulers:
                shape = [None, channels, 1, length]
                one = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                self.graph.value_info.append(one)
        used = {name for node in self.graph.node for name in node.input}
        for held in [one for one in self.graph.initializer if one.name not in used]:
            self.graph.initializer.remove(held)

    def _is_picture(self, node: "NodeProto") -> bool:
        weights = self.held.get(node.input[1])
        return weights is not None and len(weights.dims) == 4 and weights.dims[2] == 1

    def _convolved(self, node: "NodeProto") -> None:
        """Note what a convolution gives; its length is its input's where the pads make it so."""
        channels, _, _, kernel = self.held[node.input[1]].dims
        given = _attributes(node)
        pads, dilation = given.get("pads", [0] * 4), given.get("dilations", [1, 1])[1]
        length = f"{node.output[0]}_length"
        same = pads[1] + pads[3] == dilation * (kernel - 1)
        if same and given.get("strides", [1, 1])[1] == 1:
            length = f"{node.input[0]}_length"
            if node.input[0] in self.known:
                _, length = self.known[node.input[0]]
        self.known[node.output[0]] = channels, length

    def _transposed(self, node: "NodeProto") -> None:
        given = _attributes(node)
        weights = self._weights(node)
        channels, out, _, kernel = weights.shape
        step, extra = given.get("strides", [1, 1])[1], given.get("output_padding", [0, 0])[1]
        pads = given.get("pads", [0] * 4)
        taps = -(-kernel // step)  # that reach each phase
        wide = np.zeros((channels, out, taps * step), np.float32)
        wide[..., :kernel] = weights[:, :, 0]
        # [out of phase 0, out of phase 1, ...]; a convolution looks back, so taps are turned round.
        phases = wide.reshape(channels, out, taps, step).transpose(3, 1, 0, 2)[..., ::-1]
        name = f"{node.output[0]}{_BEHIND}"
        inputs = [
            node.input[0],
            self._hold(f"{name}_weights", phases.reshape(-1, channels, 1, taps)),
        ]
        if len(node.input) > 2:
            inputs.append(self._hold(f"{name}_bias", np.tile(self._values(node.input[2]), step)))
        edges = [0, taps - 1, 0, taps - 1]
        self._do("Conv", inputs, f"{name}_phases", kernel_shape=[1, taps], pads=edges)
        self._do("Transpose", [f"{name}_phases"], f"{name}_last", perm=[0, 2, 3, 1])
        shape = self._hold(f"{name}_shape", np.array([0, 0, -1, out]))
        self._do("Reshape", [f"{name}_last", shape], f"{name}_whole")
        end = extra - pads[3] - (taps * step - kernel)
        cut = [pads[1], end if end < 0 else np.iinfo(np.int64).max, 2]
        ends = [
            self._hold(f"{name}_{what}", np.array([value]))
            for what, value in zip(("from", "to", "axis"), cut, strict=True)
        ]
        self._do("Slice", [f"{name}_whole", *ends], f"{name}_cut")
        self._do("Transpose", [f"{name}_cut"], f"{name}_first", perm=[0, 3, 1, 2])
        self.known[node.output[0]] = out, f"{name}_cut"
        self.rulers.add(f"{name}_cut")
        self._unchanged(f"{name}_first", node.output[0], out)

    def _fits_one(self, node: "NodeProto") -> bool:
        """Whether it has one channel and as many moments as its input, whose length is known."""
        out, _, _, kernel = self.held[node.input[1]].dims
        given = _attributes(node)
        pads = given.get("pads", [0] * 4)
        ruled = self.known.get(node.input[0], (0, ""))[1] in self.rulers
        same = pads[1] + pads[3] == kernel - 1 and given.get("strides", [1, 1])[1] == 1
        return out == 1 and same and ruled

    def _to_one(self, node: "NodeProto") -> None:
        weights, pads = self._weights(node), _attributes(node).get("pads", [0] * 4)
        _, channels, _, kernel = weights.shape
        turned = np.zeros((_PHASES, channels, 1, kernel + _PHASES - 1), np.float32)
        for phase in range(_PHASES):
            turned[phase, :, :, phase : phase + kernel] = weights[0]
        name = f"{node.output[0]}{_BEHIND}"
        inputs = [node.input[0], self._hold(f"{name}_weights", turned)]
        if len(node.input) > 2:
            inputs.append(self._hold(f"{name}_bias", np.tile(self._values(node.input[2]), _PHASES)))
        shape, edges = [1, kernel + _PHASES - 1], [0, pads[1], 0, pads[3] + _PHASES - 1]
        self._do(
            "Conv", inputs, f"{name}_phases", kernel_shape=shape, strides=[1, _PHASES], pads=edges
        )
        self._do("Transpose", [f"{name}_phases"], f"{name}_last", perm=[0, 2, 3, 1])
        flat = self._hold(f"{name}_shape", np.array([0, 1, 1, -1]))
        self._do("Reshape", [f"{name}_last", flat], f"{name}_whole")
        axes = [self._hold(f"{name}_{what}", np.array([what])) for what in (0, 2, 3)]
        self._do("Shape", [self.known[node.input[0]][1]], f"{name}_length")
        self._do("Slice", [f"{name}_length", *axes[1:]], f"{name}_time")
        self._do("Slice", [f"{name}_whole", axes[0], f"{name}_time", axes[2]], node.output[0])

    def _leaky(self, node: "NodeProto") -> None:
        self.known[node.output[0]] = known = self.known[node.input[0]]
        between = f"{node.output[0]}{_BEHIND}"
        self._unchanged(node.input[0], between, known[0])
        node.input[0] = between
        self.graph.node.append(node)

    def _unchanged(self, source: str, target: str, channels: int) -> None:
        """A convolution that gives what it is given."""
        ones = f"ones_{channels}{_BEHIND}"
        if ones not in self.held:
            self._hold(ones, np.ones((channels, 1, 1, 1)))
        self._do("Conv", [source, ones], target, group=channels, kernel_shape=[1, 1])

    def _weights(self, node: "NodeProto") -> Any:
        return self._values(node.input[1])

    def _values(self, name: str) -> Any:
        from onnx import numpy_helper

        return numpy_helper.to_array(self.held[name])

    def _hold(self, name: str, values: Any) -> str:
        from onnx import numpy_helper

        kind = np.int64 if np.issubdtype(values.dtype, np.integer) else np.float32
        self.held[name] = numpy_helper.from_array(np.ascontiguousarray(values, kind), name)
        self.graph.initializer.append(self.held[name])
        return name

    def _do(self, kind: str, inputs: list[str], output: str, **more: Any) -> None:
        from onnx import helper

        self.graph.node.append(helper.make_node(kind, inputs, [output], name=output, **more))


def _attributes(node: "NodeProto") -> dict[str, Any]:
    from onnx import helper

    return {one.name: helper.get_attribute_value(one) for one in node.attribute}
