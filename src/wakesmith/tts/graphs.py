"""Voices' ONNX graphs made fit for a plan: no dice of their own, and speakers as vectors.

onnxruntime's random operators keep a state from one run to the next, whether they are seeded or
not (https://github.com/microsoft/onnxruntime/issues/20054), so that a clip would depend on those
before it. Here each takes its numbers from an input instead, in a circle: the same numbers give
the same samples in any order and process.

A voice with several speakers looks up a vector of its number (the ``Gather`` whose index is the
input ``sid``). That vector becomes an input, and so it can lie between two speakers.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wakesmith.errors import VoiceError
from wakesmith.tts.blocks import in_blocks
from wakesmith.tts.engine import Floats
from wakesmith.tts.layout import as_pictures
from wakesmith.tts.pieces import in_pieces

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

VERSION = 3
"""Of what is done to a graph; adapted graphs of another version are not read."""
NORMAL, UNIFORM, SPEAKER = "noise_normal", "noise_uniform", "speaker"
"""Inputs of an adapted graph: numbers [any length] with mean 0 and spread 1; numbers [any length]
in [0, 1); speaker vectors [1, size]."""
_RANDOM = {"RandomNormalLike": NORMAL, "RandomUniformLike": UNIFORM}
_UNFIT = {"RandomNormal", "RandomUniform", "Multinomial", "Bernoulli"}
_APART = 7919
"""From one operator's beginning in the circle to the next one's, so that none repeats another's."""
_CACHE = ".adapted"


@dataclass(frozen=True)
class Graph:
    """An adapted graph, ready to be loaded."""

    source: str | bytes
    """A file's path, or the graph itself where the folder cannot be written."""
    speakers: Floats | None
    """[speakers, size]: the vectors of all speakers; None when there is only one."""


def adapted(path: Path) -> Graph:
    """The graph of a file adapted, kept in a folder beside it as far as that can be written.

    ``VoiceError`` when the file is no ONNX graph, or has dice that cannot be taken from it.
    """
    import onnxruntime

    told = path.stat()
    made_by = f"{VERSION}-{onnxruntime.__version__}"
    stem = f"{path.stem}-{told.st_size:x}-{told.st_mtime_ns:x}-{made_by}"
    graph, vectors = path.parent / _CACHE / f"{stem}.onnx", path.parent / _CACHE / f"{stem}.npy"
    if not graph.exists():
        made, speakers = adapt(_read(path))
        try:
            _keep(graph, vectors, made, speakers)
        except OSError:
            return Graph(made.SerializeToString(), speakers)
        except Exception as error:  # onnxruntime's errors have no base but this one
            raise VoiceError(f"onnxruntime cannot load the voice {path}: {error}") from error
    speakers = np.load(vectors, allow_pickle=False) if vectors.exists() else None
    return Graph(str(graph), speakers)


def adapt(model: "ModelProto") -> tuple["ModelProto", Floats | None]:
    """Change a graph as the module says; the vectors of its speakers, if it has several."""
    speakers = _speaker_input(model.graph)
    _noise_inputs(model.graph)
    as_pictures(model.graph)
    in_pieces(model.graph)
    in_blocks(model.graph)
    return model, speakers


def _read(path: Path) -> "ModelProto":
    import onnx

    try:
        return onnx.load(str(path))
    except Exception as error:  # protobuf's errors have no base but this one
        raise VoiceError(
            f"{path} is no ONNX graph ({error}). Download the voice again: delete the file, then "
            "`wakesmith voices download`."
        ) from error


def _keep(graph: Path, vectors: Path, model: "ModelProto", speakers: Floats | None) -> None:
    """Write both files, the graph last: it is there when all is there. What an earlier state of
    the voice left is removed.

    onnxruntime simplifies the graph as it writes it, which halves the time that each process needs
    to load it; what depends on the machine it leaves to the loading.
    """
    import onnxruntime

    graph.parent.mkdir(exist_ok=True)
    name = graph.name.rsplit("-", 4)[0]
    for old in graph.parent.iterdir():
        if old.name.rsplit("-", 4)[0] == name and old.stem != graph.stem:
            old.unlink(missing_ok=True)
    ending = f".{os.getpid()}.tmp"
    if speakers is not None:
        with (part := Path(f"{vectors}{ending}")).open("wb") as file:
            np.save(file, speakers)
        part.replace(vectors)
    part = Path(f"{graph}{ending}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(part)
    try:
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        part.replace(graph)
    finally:
        part.unlink(missing_ok=True)


def _speaker_input(graph: "GraphProto") -> Floats | None:
    """Put the input ``speaker`` in the place of the look-up by ``sid``."""
    from onnx import TensorProto, helper, numpy_helper

    if not any(one.name == "sid" for one in graph.input):
        return None
    same = {"sid"}
    for node in graph.node:
        if node.op_type in ("Identity", "Cast") and node.input[0] in same:
            same.add(node.output[0])
    held = {one.name: one for one in graph.initializer}
    found = [
        node
        for node in graph.node
        if node.op_type == "Gather" and node.input[0] in held and node.input[1] in same
    ]
    if len(found) != 1:
        raise VoiceError(
            f"A voice takes a speaker's number, and {len(found)} tables of speakers are looked "
            "up by it where one was expected: this is no Piper voice as they are published."
        )
    table: Floats = numpy_helper.to_array(held[found[0].input[0]]).astype(np.float32)
    _replace(graph, found[0], [], SPEAKER)
    graph.input.append(
        helper.make_tensor_value_info(SPEAKER, TensorProto.FLOAT, [1, table.shape[1]])
    )
    for one in list(graph.input):
        if one.name == "sid":
            graph.input.remove(one)
    for node in [n for n in graph.node if n.output and n.output[0] in same]:
        graph.node.remove(node)
    graph.initializer.remove(held[found[0].input[0]])
    return table


def _noise_inputs(graph: "GraphProto") -> None:
    """Let every random operator read from ``noise_normal`` or ``noise_uniform``."""
    from onnx import TensorProto, helper

    _refuse_hidden(graph)
    used = set()
    for number, node in enumerate([n for n in graph.node if n.op_type in _RANDOM]):
        kind = _RANDOM[node.op_type]
        used.add(kind)
        _replace(graph, node, *_from_circle(node, kind, number))
    for kind in sorted(used):
        graph.input.append(helper.make_tensor_value_info(kind, TensorProto.FLOAT, [f"{kind}_size"]))


def _from_circle(node: "NodeProto", kind: str, number: int) -> tuple[list["NodeProto"], str]:
    """Nodes that give what the random one would, and the name of their output."""
    from onnx import helper, numpy_helper

    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    low, high = given.get("low", 0.0), given.get("high", 1.0)
    scale = given.get("scale", 1.0) if kind == NORMAL else high - low
    shift = given.get("mean", 0.0) if kind == NORMAL else low
    name = f"circle{number}_"

    def constant(what: str, value: Any) -> "NodeProto":
        tensor = numpy_helper.from_array(np.asarray(value), name + what)
        return helper.make_node("Constant", [], [name + what], value=tensor)

    def step(kind_: str, inputs: list[str], what: str, **more: Any) -> "NodeProto":
        return helper.make_node(kind_, inputs, [name + what], **more)

    like = node.input[0]
    nodes = [
        constant("first", np.int64(number * _APART)),
        constant("step", np.int64(1)),
        constant("scale", np.float32(scale)),
        constant("shift", np.float32(shift)),
        step("Size", [like], "count"),
        step("Size", [kind], "round"),
        step("Add", [name + "first", name + "count"], "last"),
        step("Range", [name + "first", name + "last", name + "step"], "line"),
        step("Mod", [name + "line", name + "round"], "places"),
        step("Gather", [kind, name + "places"], "drawn", axis=0),
        step("Mul", [name + "drawn", name + "scale"], "scaled"),
        step("Add", [name + "scaled", name + "shift"], "flat"),
        step("Shape", [like], "shape"),
        step("Reshape", [name + "flat", name + "shape"], "shaped"),
    ]
    return nodes, name + "shaped"


def _replace(graph: "GraphProto", node: "NodeProto", nodes: list["NodeProto"], output: str) -> None:
    """Put nodes in the place of one, and their output in the place of its."""
    place, old = list(graph.node).index(node), node.output[0]
    graph.node.remove(node)
    for offset, one in enumerate(nodes):
        graph.node.insert(place + offset, one)
    for other in graph.node:
        for slot, name in enumerate(other.input):
            if name == old:
                other.input[slot] = output
    for given in graph.output:
        if given.name == old:
            raise VoiceError("A voice gives a random number or a speaker's vector as its sound.")


def _refuse_hidden(graph: "GraphProto", inner: bool = False) -> None:
    """Raise for dice of another kind, or within a loop, that would make clips differ."""
    for node in graph.node:
        if node.op_type in _UNFIT or (inner and node.op_type in _RANDOM):
            raise VoiceError(
                f"A voice's graph throws dice with {node.op_type}"
                + (" within a loop" if inner else "")
                + ", which cannot be taken out of it: no two of its clips would be the same."
            )
        for attribute in node.attribute:
            for below in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                _refuse_hidden(below, inner=True)
