"""What a glance at a recipe tells is said before anything is read, and all at once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio, tts
from wakesmith.families.openwakeword.ensemble import build
from wakesmith.recipe import Network
from wakesmith.stages.train.weights import WEIGHTS, Learnt, save_weights

Call = Callable[..., Result]


@pytest.fixture
def there(tmp_path: Path) -> None:
    """Recordings that gathering listens to and remembers, and things that are no good."""
    if "flite" not in tts.installed():
        pytest.skip("flite is not installed (Debian: apt-get install libflite1)")
    (tmp_path / "said").mkdir()
    noise = np.random.default_rng([5]).normal(0, 2000, 16_000)
    audio.write(tmp_path / "said" / "1.wav", noise.astype(np.int16))
    (tmp_path / "empty").mkdir()
    (tmp_path / "runs").mkdir()
    network = Network(layer_size=8, members=1)
    weights = {name: part.numpy() for name, part in build(network).state_dict().items()}
    save_weights(tmp_path / "runs" / WEIGHTS, Learnt(network, weights))
    np.save(tmp_path / "short.npy", np.zeros((4, 5, 96), np.float16))
    np.save(tmp_path / "narrow.npy", np.zeros((4, 16, 95), np.float16))


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize(
    ("mistake", "code", "said"),
    [
        ("negatives.background=[gone]", 3, "negatives.background: … there is no such file"),
        ("mix.rooms=[empty]", 3, "mix.rooms: … there is no sound file in this folder"),
        ("mix.noises=['data:musan']", 3, "mix.noises: data:musan is not downloaded"),
        ("negatives.features=[gone.npy]", 3, "gone.npy cannot be read as .npy"),
        ("negatives.features=[narrow.npy]", 3, "narrow.npy holds float16 of shape [4, 16, 95]"),
        ("negatives.features=[short.npy]", 3, "short.npy holds 5 frames in a row"),
        ("synth.voices=[nobody]", 4, "No installed engine has the voice 'nobody'"),
        ("synth.voices=[slt]", 4, "No voice is left for"),
        ("negatives.phrases=['hey saga']", 2, "The negative phrase 'hey saga' is the wake phrase"),
        ("language=xx", 2, "error: There is no language 'xx' here"),
        ("pronunciations=['/q€/']", 2, "error: The pronunciation /q€/ has 'q' at position 1"),
        ("train.start_from=empty", 5, "train.start_from: … this folder is no bundle"),
        ("train.start_from=runs", 2, "train.start_from: the network in … is of another shape"),
    ],
)
def test_it_is_said_before_anything_is_read(call: Call, mistake: str, code: int, said: str) -> None:
    told = call("train", "hey saga", "--recordings", "said", "--set", mistake, "--to", "gather")
    assert (told.exit_code, told.stdout) == (code, "")
    before, _, after = said.partition("…")
    assert before.strip() in told.stderr
    assert after.strip() in told.stderr
    assert not Path(".wakesmith/files.json").exists()


@pytest.mark.usefixtures("there")
def test_several_mistakes_are_said_at_once(call: Call) -> None:
    sets: tuple[str, ...] = ("mix.rooms=[gone]", "mix.noises=[empty]", "recordings.folders=[said]")
    told = call("check", "hey saga", *(word for one in sets for word in ("--set", one)))
    assert told.exit_code == 3  # that of them all
    assert "error: 2 mistakes, and nothing was begun:\n  mix.noises: " in told.stderr
    assert "\n  mix.rooms: " in told.stderr
    sets = (*sets, "synth.voices=[nobody]", "family=both", "micro.sets=[{folder: empty}]")
    told = call("check", "hey saga", *(word for one in sets for word in ("--set", one)))
    assert told.exit_code == 2
    assert "error: 4 mistakes" in told.stderr
    assert "empty holds no spectrogram set" in told.stderr
    assert "Traceback" not in told.output


@pytest.mark.usefixtures("there")
def test_what_is_right_is_not_held_up(call: Call) -> None:
    sets = ("train.start_from=runs", "network.layer_size=8", "network.members=1")
    words = (word for one in (*sets, "preset=quick") for word in ("--set", one))
    assert call("check", "hey saga", "--recordings", "said", *words).exit_code == 0
