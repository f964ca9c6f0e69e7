"""Scorers, bundles and the detector: real model files, small ones, the same thing done twice."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wakesmith.errors import MissingExtra, ModelError, WakesmithError
from wakesmith.runtime import Detector, Manifest, detections, embed, load_scorer
from wakesmith.runtime.bundle import FORMAT, model_file
from wakesmith.runtime.detector import WARM_UP
from wakesmith.runtime.frontend import CHUNK, Pcm


def pretrained(name: str) -> Path:
    """A head that pyopen-wakeword brings along: "any openWakeWord model"."""
    package = find_spec("pyopen_wakeword")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "models" / f"{name}.tflite"


def sound(samples: int, seed: int = 0) -> Pcm:
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / 16_000
    voice = sum(np.sin(2 * np.pi * h * (120 + 40 * np.sin(5 * t)) * t) for h in range(1, 9))
    swell = np.sin(2 * np.pi * 0.7 * t) ** 2
    return (swell * (2000 * voice + rng.normal(0, 500, samples))).astype(np.int16)


class Loudness:
    """A scorer that can be seen through: how much the last frame of the window stands out."""

    window = 4
    name = "loud"

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        out: NDArray[np.float32] = 1 / (1 + np.exp(-(windows[:, -1, 0] - windows[:, :, 0].mean(1))))
        return out


def onnx_head(
    path: Path, shape: tuple[Any, ...] = (1, 16, 96), outputs: int = 1, kind: str = "FLOAT"
) -> Path:
    """Mean over time, a dense layer, a sigmoid."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(0, 0.02, (96, outputs)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["audio"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("audio", getattr(TensorProto, kind), shape)],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [shape[0], outputs])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def tflite_reshape(path: Path, shape: tuple[int, ...], kind: str, signature: list[int]) -> Path:
    """A TFLite file that flattens its input: enough of a model of any shape and type."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.SubGraphT()
    graph.tensors = []
    for name, size in (("in", list(shape)), ("out", [shape[0], int(np.prod(shape[1:]))])):
        tensor = schema.TensorT()
        tensor.name, tensor.shape = name, size
        tensor.type, tensor.buffer = getattr(schema.TensorType, kind), 0
        graph.tensors.append(tensor)
    graph.tensors[0].shapeSignature = signature
    graph.inputs, graph.outputs = [0], [1]
    operator, options = schema.OperatorT(), schema.ReshapeOptionsT()
    options.newShape = [-1, int(np.prod(shape[1:]))]
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    operator.builtinOptionsType, operator.builtinOptions = (
        schema.BuiltinOptions.ReshapeOptions,
        options,
    )
    graph.operators = [operator]
    code, model = schema.OperatorCodeT(), schema.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def windows(n: int, window: int = 16) -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 8, (n, window, 96)).astype(np.float32)


def naive(scores: NDArray[np.float32], threshold: float, refractory: float) -> list[int]:
    """The rule as one would say it, frame by frame."""
    fired: list[int] = []
    for i, score in enumerate(scores):
        rested = not fired or (i - fired[-1]) * 0.08 >= refractory - 1e-7
        if score > threshold and rested:
            fired.append(i)
    return fired


class TestScorer:
    def test_any_openwakeword_head_is_read_with_its_window_and_name(self) -> None:
        scorer = load_scorer(pretrained("hey_jarvis"))
        assert (scorer.window, scorer.name) == (16, "hey_jarvis")
        scores = scorer.score(windows(5))
        assert scores.shape == (5,)
        assert scores.dtype == np.float32
        assert scorer.score(windows(0)).shape == (0,)

    @pytest.mark.parametrize("batch", [1, "batch"])
    @pytest.mark.parametrize("window", [16, 28])
    def test_onnx_heads_score_alike_alone_and_in_batches(
        self, tmp_path: Path, batch: object, window: int
    ) -> None:
        scorer = load_scorer(onnx_head(tmp_path / "head.onnx", (batch, window, 96)))
        assert scorer.window == window
        x = windows(300, window)
        alone = np.concatenate([scorer.score(x[i : i + 1]) for i in range(300)])
        np.testing.assert_allclose(scorer.score(x), alone, atol=1e-6)

    def test_a_window_of_another_length_is_refused(self) -> None:
        with pytest.raises(ModelError, match=r"\[n, 16, 96\].*\[2, 12, 96\]"):
            load_scorer(pretrained("alexa")).score(windows(2, 12))

    def test_the_folder_has_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"nothing\.tflite.*no such"):
            load_scorer(tmp_path / "nothing.tflite")

    @pytest.mark.parametrize("name", ["bad.tflite", "bad.onnx", "bad.txt"])
    def test_what_is_no_model_is_named(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_text("not a model")
        with pytest.raises(ModelError, match=name):
            load_scorer(path)

    def test_a_model_that_is_cut_short_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "short.onnx"
        path.write_bytes(onnx_head(tmp_path / "whole.onnx").read_bytes()[:200])
        with pytest.raises(ModelError, match=r"short\.onnx.*cut short"):
            load_scorer(path)

    def test_a_microwakeword_model_is_called_by_its_name(self, tmp_path: Path) -> None:
        path = tflite_reshape(tmp_path / "okay_nabu.tflite", (1, 3, 40), "INT8", [1, 3, 40])
        with pytest.raises(ModelError, match="microWakeWord"):
            load_scorer(path)

    @pytest.mark.parametrize(
        ("shape", "kind"), [((1, 16, 80), "FLOAT32"), ((1, 16, 96), "INT8"), ((1, 1536), "FLOAT32")]
    )
    def test_other_tflite_models_are_refused_with_their_input(
        self, tmp_path: Path, shape: tuple[int, ...], kind: str
    ) -> None:
        path = tflite_reshape(tmp_path / "other.tflite", shape, kind, list(shape))
        with pytest.raises(ModelError, match="float32 \\[1, window, 96\\]"):
            load_scorer(path)

    def test_a_model_of_many_outputs_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="several classes"):
            load_scorer(onnx_head(tmp_path / "many.onnx", outputs=3))
        path = tflite_reshape(tmp_path / "many.tflite", (1, 16, 96), "FLOAT32", [1, 16, 96])
        with pytest.raises(ModelError, match="several classes"):
            load_scorer(path)

    def test_an_open_window_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="left open"):
            load_scorer(onnx_head(tmp_path / "open.onnx", (1, "window", 96)))

    def test_an_int8_onnx_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="int8"):
            load_scorer(onnx_head(tmp_path / "int8.onnx", kind="INT8"))

    def test_without_onnxruntime_the_extra_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = onnx_head(tmp_path / "head.onnx")
        monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
        with pytest.raises(MissingExtra, match=r"wakesmith\[onnx\]"):
            load_scorer(path)


def bundle(folder: Path, **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(pretrained("hey_jarvis"), folder / "word.tflite")
    fields = {"name": "word", "phrase": "a word", "models": {"tflite": "word.tflite"}}
    Manifest(**{**fields, **changes}).save(folder)
    return folder


def spoil(folder: Path, **values: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


class TestBundle:
    def test_a_manifest_comes_back_as_it_was_saved(self, tmp_path: Path) -> None:
        manifest = Manifest("w", "a w", {"onnx": "w.onnx"}, 0.4, 1.0, 28, extra={"by": ["me"]})
        manifest.save(tmp_path)
        assert Manifest.load(tmp_path) == manifest
        assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]

    def test_unknown_keys_are_kept(self, tmp_path: Path) -> None:
        spoil(bundle(tmp_path), colour="green")
        assert Manifest.load(tmp_path).extra == {"colour": "green"}

    @pytest.mark.parametrize("found", [FORMAT + 1, 0, "1", None, True])
    def test_another_format_is_refused(self, tmp_path: Path, found: object) -> None:
        spoil(bundle(tmp_path), format=found)
        with pytest.raises(ModelError, match="format"):
            Manifest.load(tmp_path)

    def test_all_fields_at_fault_are_named_at_once(self, tmp_path: Path) -> None:
        spoil(bundle(tmp_path), name="", threshold=2, window="16", refractory=-1, models=["w"])
        with pytest.raises(ModelError) as caught:
            Manifest.load(tmp_path)
        assert all(
            f'"{k}"' in str(caught.value)
            for k in ("name", "threshold", "window", "refractory", "models")
        )

    @pytest.mark.parametrize("text", ["{", "[]", "\x00"])
    def test_what_is_no_manifest_is_named(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ModelError, match=r"manifest\.json"):
            Manifest.load(tmp_path)

    def test_a_folder_without_a_manifest_is_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no bundle"):
            Detector(tmp_path)

    def test_tflite_goes_before_onnx_and_a_missing_file_is_named(self, tmp_path: Path) -> None:
        models = {"onnx": "word.onnx", "tflite": "word.tflite"}
        manifest = Manifest.load(bundle(tmp_path, models=models))
        assert model_file(tmp_path, manifest).name == "word.tflite"
        with pytest.raises(ModelError, match=r"word\.onnx"):
            model_file(tmp_path, manifest, "onnx")

    def test_models_outside_the_bundle_are_refused(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path / "b", models={"tflite": "../word.tflite"})
        shutil.copy(folder / "word.tflite", tmp_path / "word.tflite")
        with pytest.raises(ModelError, match="outside"):
            Detector(folder)


class TestDetector:
    clip = sound(6 * 16_000 + 333)

    def test_scores_are_those_of_the_windows_after_silence(self) -> None:
        path = pretrained("hey_mycroft")
        frames = embed(np.concatenate([np.zeros(20 * CHUNK, np.int16), self.clip]))
        last = len(self.clip) // CHUNK
        by_hand = load_scorer(path).score(
            np.stack([frames[len(frames) - last + i - 15 :][:16] for i in range(last)])
        )
        by_hand[:WARM_UP] = 0
        np.testing.assert_array_equal(Detector(path).scores(self.clip), by_hand)

    def test_scores_are_those_of_pyopen_wakeword(self) -> None:
        """One frame later, given audio 1120 samples later: see test_frontend."""
        from pyopen_wakeword import OpenWakeWord, OpenWakeWordFeatures

        noisy = self.clip + np.random.default_rng(5).normal(0, 100, len(self.clip)).astype("i2")
        features = OpenWakeWordFeatures.from_builtin()
        head = OpenWakeWord.from_model(pretrained("hey_jarvis"))

        def heard(pcm: Pcm) -> list[float]:
            frames = features.process_streaming(pcm.tobytes())
            return [score for frame in frames for score in head.process_streaming(frame)]

        heard(np.zeros(1120, np.int16))
        ours = Detector(pretrained("hey_jarvis")).scores(noisy)
        theirs = [s for i in range(len(ours)) for s in heard(noisy[i * CHUNK : (i + 1) * CHUNK])]
        assert len(theirs) == len(ours)
        np.testing.assert_allclose(ours[30:-1], theirs[31:], rtol=1e-3)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(0, 12_000), max_size=25))
    def test_any_chunking_gives_the_same_scores(self, sizes: list[int]) -> None:
        detector, found, at = Detector(pretrained("hey_jarvis")), [], 0
        for size in [*sizes, len(self.clip)]:
            found.append(detector.scores(self.clip[at : at + size]))
            at += size
        whole = Detector(pretrained("hey_jarvis")).scores(self.clip)
        np.testing.assert_array_equal(np.concatenate(found), whole)

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.integers(0, 20_000), max_size=25),
        st.floats(0, 1),
        st.sampled_from([0.0, 0.08, 0.1, 0.4, 2.0]),
    )
    def test_pushed_pieces_fire_where_the_rule_says(
        self, sizes: list[int], threshold: float, refractory: float
    ) -> None:
        detector = Detector(Loudness(), threshold=threshold, refractory=refractory)
        found, at = [], 0
        for size in [*sizes, len(self.clip)]:
            found += detector.push(self.clip[at : at + size])
            at += size
        scores = Detector(Loudness()).scores(self.clip)
        frames = detections(scores, threshold, refractory)
        assert [f.seconds for f in found] == [pytest.approx((i + 1) * 0.08) for i in frames]
        assert [f.score for f in found] == [scores[i] for i in frames]
        assert {f.name for f in found} <= {"loud"}

    @given(
        st.lists(st.floats(0, 1, width=32), max_size=60),
        st.floats(0, 1),
        st.sampled_from([0.0, 0.05, 0.08, 0.16, 0.8, 2.0]),
    )
    def test_the_rule_is_the_one_said_frame_by_frame(
        self, scores: list[float], threshold: float, refractory: float
    ) -> None:
        x = np.array(scores, np.float32)
        assert detections(x, threshold, refractory).tolist() == naive(x, threshold, refractory)

    def test_a_score_at_the_threshold_does_not_fire(self) -> None:
        assert detections(np.array([0.5, 0.5], np.float32), 0.5, 0.0).tolist() == []

    def test_nothing_fires_while_warming_up(self) -> None:
        detector = Detector(Loudness(), threshold=0.0, refractory=0.0)
        assert [d.seconds for d in detector.push(self.clip[: 7 * CHUNK])] == [
            pytest.approx(0.48),
            pytest.approx(0.56),
        ]

    def test_reset_starts_anew(self) -> None:
        detector = Detector(Loudness(), threshold=0.4)
        first = detector.push(self.clip)
        assert first
        detector.reset()
        assert detector.push(self.clip) == first

    def test_a_bundle_brings_its_own_threshold_and_rest(self, tmp_path: Path) -> None:
        folder = bundle(tmp_path, threshold=0.3, refractory=1.5, name="word")
        detector = Detector(folder)
        assert (detector.name, detector.threshold, detector.refractory) == ("word", 0.3, 1.5)
        given = Detector(folder, threshold=0.0, refractory=0.0)
        assert (given.threshold, given.refractory) == (0.0, 0.0)
        plain = Detector(pretrained("alexa"))
        assert (plain.name, plain.threshold, plain.refractory) == ("alexa", 0.5, 2.0)

    @pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"refractory": -1.0}])
    def test_wrong_settings_are_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(WakesmithError):
            Detector(Loudness(), **wrong)
