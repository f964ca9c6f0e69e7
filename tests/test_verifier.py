"""A verifier tells one voice from others that say the same."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from helpers import pretrained
from micro_official import FOLDER

from wakesmith import audio, tts
from wakesmith.errors import DataError, ModelError
from wakesmith.events import silent
from wakesmith.plan import Utterance
from wakesmith.runtime import Detector, Verifier, load_detector
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages.verify import Made, make_verifier

PHRASE = "okay nabu"
MINE = "generated:11"
MODEL = pretrained("okay_nabu")


def said(voices: Sequence[str], first: int = 0) -> list[Pcm]:
    """The phrase by each voice, at another speed each time, with quiet around."""
    quiet = np.random.default_rng([3]).integers(-20, 20, 32_000).astype(np.int16)
    clips = tts.speak(
        [
            Utterance(PHRASE, "espeak", voice, speed=0.75 + 0.04 * ((first + i) % 8))
            for i, voice in enumerate(voices)
        ]
    )
    return [np.concatenate([quiet, clip.pcm, quiet]) for clip in clips]


@pytest.fixture(scope="module")
def made() -> Made:
    others = [f"generated:{i}" for i in range(20, 40)]
    return make_verifier(MODEL, said([MINE] * 8), said(others), PHRASE, silent)


@pytest.fixture(scope="module")
def file(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verifier") / "me.npz"
    made.verifier.save(path)
    return path


def heard(verifier: Path | None, clips: Sequence[Pcm]) -> int:
    """How many clips set it off; the threshold is low, as few synthetic voices are sure to."""
    detector, count = Detector(MODEL, threshold=0.05, verifier=verifier), 0
    for clip in clips:
        detector.reset()
        count += bool(detector.push(clip))
    return count


def test_one_voice_passes_and_others_do_not(made: Made, file: Path) -> None:
    mine = said([MINE] * 4, first=3)
    others = said([f"generated:{i}" for i in range(60, 76)])
    without = heard(None, mine), heard(None, others)
    assert without[0] == 4
    assert without[1] >= 5  # espeak-ng never says it twice alike: 7 was seen
    assert heard(file, mine) >= 3
    assert heard(file, others) <= without[1] // 4
    assert made.accepted.n == 8
    assert made.accepted.value >= 0.75
    assert made.refused.value >= 0.75


def test_the_file_gives_the_same_scores(made: Made, file: Path) -> None:
    windows = np.random.default_rng(0).normal(0, 10, (40, 22, 96)).astype(np.float32)
    loaded = Verifier.load(file)
    np.testing.assert_array_equal(loaded.score(windows), made.verifier.score(windows))
    np.testing.assert_array_equal(loaded.score(windows), loaded.score(windows[:, -16:]))
    assert (loaded.phrase, loaded.threshold) == (PHRASE, 0.5)


def test_the_threshold_can_be_another(file: Path) -> None:
    clips = said([MINE] * 2)
    everyone = Detector(MODEL, threshold=0.05, verifier=file, verifier_threshold=0.0)
    nobody = Detector(MODEL, threshold=0.05, verifier=file, verifier_threshold=1.0)
    plain = Detector(MODEL, threshold=0.05)
    for clip in clips:
        for detector in (everyone, nobody, plain):
            detector.reset()
        np.testing.assert_array_equal(everyone.scores(clip), plain.scores(clip))
        assert nobody.scores(clip).max() == 0


def test_what_is_no_verifier_is_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ModelError, match="no such verifier"):
        Detector(MODEL, verifier=tmp_path / "none.npz")
    (tmp_path / "half.npz").write_bytes(file.read_bytes()[:500])
    with pytest.raises(ModelError, match="no verifier of wakesmith"):
        Verifier.load(tmp_path / "half.npz")
    pickled = np.array([{"code": "would run"}], object)
    np.savez(tmp_path / "pickle.npz", about=pickled, weights=pickled, bias=pickled)
    with pytest.raises(ModelError, match="no verifier of wakesmith"):
        Verifier.load(tmp_path / "pickle.npz")
    audio.write(tmp_path / "sound.npz", np.zeros(99, np.int16))
    with pytest.raises(ModelError, match="no archive of plain arrays"):
        Verifier.load(tmp_path / "sound.npz")
    with pytest.raises(ModelError, match="microWakeWord"):
        load_detector(tmp_path / "device.json", verifier=file)


def test_too_few_clips_are_refused() -> None:
    clips = [np.zeros(16_000, np.int16)] * 3
    with pytest.raises(DataError, match="2 clips of the voice cannot tell voices apart: give 3"):
        make_verifier(MODEL, clips[:2], clips, PHRASE, silent)


@pytest.mark.parametrize("others", [(), ("--others", "others")])
def test_a_microwakeword_manifest_is_named(call: Callable[..., Result], others: tuple[str]) -> None:
    Path("mine").mkdir()
    Path("others").mkdir()
    manifest = str(FOLDER / "alexa.json")
    told = call("verifier", manifest, "--mine", "mine", *others, "--output", "me.npz")
    assert told.exit_code == 5
    assert "a verifier needs a model of the openWakeWord family" in told.stderr


def test_from_the_command_line(call: Callable[..., Result], tmp_path: Path, made: Made) -> None:
    for name, clips in (
        ("mine", said([MINE] * 3, first=3)),
        ("others", said(["generated:30"] * 3)),
    ):
        Path(name).mkdir()
        for index, clip in enumerate(clips):
            audio.write(f"{name}/{index}.wav", clip)
    model = str(MODEL)
    assert call("verifier", model, "--mine", "mine", "--output", "me.npz").exit_code == 2
    done = call("verifier", model, *("--mine", "mine", "--others", "others"), "--output", "me.npz")
    assert done.exit_code == 0
    assert "accepts 3 of 3 of the voice's clips" in done.stdout
    assert "warning" not in done.stderr
    same = call("verifier", model, *("--mine", "mine", "--others", "mine"), "--output", "no.npz")
    assert "warning: it hardly tells the voice from the others" in same.stderr
    lost = call("verifier", "nowhere", "--mine", "mine", "--output", "no.npz")
    assert (lost.exit_code, "nowhere: there is no such model" in lost.stderr) == (5, True)
    args = ("--threshold", "0.05", "--verifier", "me.npz")
    assert call("detect", model, "mine", *args).stdout.count("okay_nabu") >= 2
    assert call("detect", model, "others", *args).stdout == ""
    assert call("detect", model, "mine", "--verifier", "none.npz").exit_code == 5
