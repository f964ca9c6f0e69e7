"""Tiny neural voices that speak: graphs of the shape of Piper's and Kokoro's, in tones.

    python tests/tiny_voices.py FOLDER

They have the inputs, the random operators and the look-up of speakers that the published ones
have. Each sign sounds as two tones of its own and lasts as long as a table says; a speaker moves
the tones by his vector. So a detector can be trained on what they say.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

PIPER = "en_US-tiny-medium"
RATE, HOP = 22_050, 256
SIGNS = "_^$ !,.:;?abcdefhijklmnopqrstuvwxyzæçðŋøɐɑɔəɚɛɜɡɪɹɾʃʊʌʒˈˌːθ"
_VOWELS = "aeiouæɐɑɔəɚɛɜɪʊʌøy"
_SILENT = "_^$ˈˌː!,.:;? "


class Graph:
    """Nodes and constants as they are written down."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.held: list[Any] = []

    def hold(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.held.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def do(self, kind: str, inputs: Sequence[str], output: str = "", **more: Any) -> str:
        from onnx import helper

        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **more))
        return output

    def save(
        self, path: Path, inputs: dict[str, tuple[str, list[Any]]], output: str, rank: int = 1
    ) -> None:
        from onnx import TensorProto, checker, helper, save

        given = [
            helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
            for name, (kind, shape) in inputs.items()
        ]
        sound = helper.make_tensor_value_info(output, TensorProto.FLOAT, [None] * rank)
        graph = helper.make_graph(self.nodes, "voice", given, [sound], self.held)
        opset = [helper.make_opsetid("", 15)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        save(model, str(path))


def _tables(signs: str, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two tones [size, 2] in Hz, frames [size] and loudness [size] of every number."""
    rng = np.random.default_rng(1)
    tones = np.stack([rng.uniform(250, 900, size), rng.uniform(1000, 3500, size)], 1)
    frames, loud = np.full(size, 6.0), np.full(size, 0.35)
    for number, sign in enumerate(signs):
        if sign in _VOWELS:
            frames[number], loud[number] = 9.0, 1.0
        if sign in _SILENT:
            frames[number], loud[number] = (0.0 if sign in "ˈˌː_" else 4.0), 0.0
    return tones.astype(np.float32), frames.astype(np.float32), loud.astype(np.float32)


def _sound(g: Graph, ids: str, frames: str, tones: str, loud: str, higher: str, rate: int) -> str:
    """Samples [n] of ids [t], each for so many frames [t], their tones ``higher`` times as high."""
    ends = g.do("CumSum", [g.do("Ceil", [frames]), g.hold("axis", np.int64(0))])
    last = g.do("ReduceMax", [ends], keepdims=0)
    zero, one = g.hold("zero", np.float32(0)), g.hold("one", np.float32(1))
    line = g.do("Range", [zero, last, one])
    column = g.do("Unsqueeze", [line, g.hold("second", np.array([1]))])
    passed = g.do("Cast", [g.do("GreaterOrEqual", [column, ends])], to=7)
    place = g.do("ReduceSum", [passed, g.hold("across", np.array([1]))], keepdims=0)
    here = g.do("Gather", [ids, place])
    wide = g.hold("wide", np.array([1, HOP]))
    flat = g.hold("flat", np.array([-1]))

    def each_sample(values: str) -> str:
        column = g.do("Unsqueeze", [values, "second"])
        return g.do("Reshape", [g.do("Expand", [column, wide]), flat])

    total = None
    for number in (0, 1):
        column_of = g.do("Gather", [tones, g.hold(f"tone{number}", np.int64(number))], axis=1)
        pitch = g.do("Mul", [g.do("Gather", [column_of, here]), higher])
        turn = g.do(
            "Mul", [each_sample(pitch), g.hold(f"turn{number}", np.float32(2 * np.pi / rate))]
        )
        wave = g.do("Sin", [g.do("CumSum", [turn, "axis"])])
        total = wave if total is None else g.do("Add", [total, wave])
    assert total is not None
    return g.do("Mul", [total, each_sample(g.do("Gather", [loud, here]))])


def piper(folder: Path, name: str = PIPER, speakers: int = 12, **changes: Any) -> Path:
    """A Piper voice in a folder; ``changes`` go into its JSON. The path of the graph."""
    g = Graph()
    tones, frames, loud = _tables(SIGNS, len(SIGNS))
    ids = g.do("Squeeze", ["input", g.hold("first", np.array([0]))])
    scale = [
        g.do("Gather", ["scales", g.hold(f"scale{number}", np.int64(number))])
        for number in range(3)
    ]
    length = g.do("Gather", [g.hold("frames", frames), ids])
    shaken = g.do("Mul", [g.do("RandomNormalLike", [length]), scale[2]])
    shaken = g.do("Exp", [g.do("Mul", [shaken, g.hold("little", np.float32(0.1))])])
    length = g.do("Mul", [g.do("Mul", [length, shaken]), scale[1]])
    inputs: dict[str, tuple[str, list[Any]]] = {
        "input": ("INT64", [1, "phonemes"]),
        "input_lengths": ("INT64", [1]),
        "scales": ("FLOAT", [3]),
    }
    higher = g.hold("higher", np.float32(1))
    if speakers > 1:
        inputs["sid"] = ("INT64", [1])
        angles = np.linspace(0.1, 1.4, speakers)
        table = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
        vector = g.do("Gather", [g.hold("emb_g.weight", table), "sid"])
        moved = g.do("MatMul", [vector, g.hold("move", np.array([[-0.3], [0.3]], np.float32))])
        higher = g.do("Reshape", [g.do("Exp", [moved]), g.hold("alone", np.array([1]))])
    sound = _sound(g, ids, length, g.hold("tones", tones), g.hold("loud", loud), higher, RATE)
    hiss = g.do("Mul", [g.do("RandomNormalLike", [sound]), scale[0]])
    hiss = g.do("Mul", [hiss, g.hold("faint", np.float32(0.005))])
    whole = g.do("Mul", [g.do("Add", [sound, hiss]), g.hold("level", np.float32(0.2))])
    g.do("Unsqueeze", [whole, g.hold("outer", np.array([0, 1]))], "output")
    path = folder / f"{name}.onnx"
    g.save(path, inputs, "output", rank=3)
    config = {
        "audio": {"sample_rate": RATE, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US", "family": "en", "region": "US"},
        "inference": {"noise_scale": 0.333, "length_scale": 1, "noise_w": 0.333},
        "phoneme_type": "espeak",
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(SIGNS)},
        "num_symbols": len(SIGNS),
        "num_speakers": speakers,
        "speaker_id_map": {f"p{n}": n for n in range(speakers)} if speakers > 1 else {},
        **changes,
    }
    Path(f"{path}.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def kokoro(folder: Path, speakers: Sequence[str] = ("af_one", "am_two", "bf_three")) -> Path:
    """Kokoro's two files in a folder; the path of the graph."""
    from wakesmith.tts.kokoro import GRAPH, NUMBER, SPEAKERS

    order = sorted(NUMBER, key=NUMBER.__getitem__)
    tones, frames, loud = _tables("".join(order), len(order))
    numbers = [NUMBER[sign] for sign in order]
    size = max(numbers) + 1
    wide = [np.zeros((size, *table.shape[1:]), np.float32) for table in (tones, frames, loud)]
    for table, small in zip(wide, (tones, frames, loud), strict=True):
        table[numbers] = small
    g = Graph()
    ids = g.do("Squeeze", ["tokens", g.hold("first", np.array([0]))])
    length = g.do("Div", [g.do("Gather", [g.hold("frames", wide[1]), ids]), "speed"])
    first = g.do("Gather", ["style", g.hold("zeroth", np.array([0]))], axis=1)
    higher = g.do("Reshape", [g.do("Exp", [first]), g.hold("alone", np.array([1]))])
    sound = _sound(
        g, ids, length, g.hold("tones", wide[0]), g.hold("loud", wide[2]), higher, 24_000
    )
    hiss = g.do("RandomUniformLike", [sound], low=-0.005, high=0.005)
    g.do("Mul", [g.do("Add", [sound, hiss]), g.hold("level", np.float32(0.2))], "audio")
    path = folder / GRAPH
    g.save(
        path,
        {
            "tokens": ("INT64", [1, "signs"]),
            "style": ("FLOAT", [1, 256]),
            "speed": ("FLOAT", [1]),
        },
        "audio",
    )
    rng = np.random.default_rng(2)
    styles = {}
    for number, name in enumerate(speakers):
        style = rng.normal(0, 0.01, (60, 1, 256)).astype(np.float32)
        style[:, :, 0] = 0.2 * number - 0.2
        styles[name] = style
    with (folder / SPEAKERS).open("wb") as file:
        np.savez(file, **styles)  # type: ignore[arg-type]
    return path


if __name__ == "__main__":
    piper(Path(sys.argv[1]) / "piper")
    kokoro(Path(sys.argv[1]) / "kokoro")
