"""espeak-ng as it is installed here."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wakesmith import tts
from wakesmith.errors import VoiceError
from wakesmith.tts import espeak
from wakesmith.tts.shadow import LONGEST_PATH

if not espeak.available():
    pytest.skip(
        "speaks with espeak-ng, which is not installed (pip install espeakng-loader)",
        allow_module_level=True,
    )

HEY_SAGA = ("HH", "EY1", "S", "AA1", "G", "AH0")
_CHILD = """
import hashlib, os, sys
from wakesmith import tts
from wakesmith.plan.draws import Utterance
voices = ["en-us", "en-us+f3", "generated:11", "en-gb+m3", "generated:12", "generated:11"]
clips = tts.speak([Utterance("hey saga", "espeak", v, ("HH", "EY1", "S", "AA1", "G", "AH0"),
                             speed=1.1, pitch=0.9, warp=1.05, resample=0.97) for v in voices])
for clip in clips:
    print(clip.start, clip.end, hashlib.sha256(clip.pcm.tobytes()).hexdigest())
if "die" in sys.argv:
    os.kill(os.getpid(), 9)
"""


def engine() -> tts.Engine:
    return tts.engine("espeak")


def sound(
    voice: str, phones: tuple[str, ...] = HEY_SAGA, **manner: float
) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    pcm, rate = engine().speak("hey saga", phones, voice, **manner)
    assert rate == 22_050
    return pcm


def child(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )


@pytest.fixture
def short() -> Iterator[Path]:
    """A temporary folder with a short path, which pytest's own has not."""
    parent = "/tmp" if Path("/tmp").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="ws-", dir=parent) as folder:
        yield Path(folder)


def test_the_same_list_in_a_fresh_process_is_the_same_bytes(short: Path) -> None:
    first, second = child(short), child(short)
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.split("\n")) == 7
    assert first.stdout == second.stdout
    assert not list(short.iterdir())


def test_what_a_killed_process_leaves_the_next_removes(short: Path) -> None:
    child(short, "die")
    assert len(list(short.iterdir())) == 1
    child(short)
    assert not list(short.iterdir())


def test_a_long_temporary_folder_is_got_around(short: Path) -> None:
    deep = short / ("x" * LONGEST_PATH)
    deep.mkdir()
    done = child(deep)
    assert done.returncode == 0, done.stderr
    assert not list(deep.iterdir())


def test_every_voice_speaks_and_none_clips() -> None:
    voices = (*engine().voices("en"), *(f"generated:{seed}" for seed in range(30)))
    assert len(voices) > 90
    for voice in voices:
        pcm = sound(voice)
        loud = np.flatnonzero(np.abs(pcm) > 300)
        assert 0.3 < (loud[-1] - loud[0]) / 22_050 < 1.6, voice
        assert np.abs(pcm.astype(int)).max() < 32_767, voice


def test_pinned_phones_are_heard() -> None:
    assert len(sound("en-us", (*HEY_SAGA, "R", "AA1", "K"))) > len(sound("en-us")) + 2000
    hissing = sound("en-us", ("S", "IY1", "S", "IY1", "S", "IH1"))
    assert _hiss(hissing) > 1.3 * _hiss(sound("en-us"))


def _hiss(pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    power = np.abs(np.fft.rfft(pcm.astype(float))) ** 2
    return float(power[len(power) // 3 :].sum() / power.sum())


def test_speed_is_a_ratio() -> None:
    plain, fast = (len(sound("en-us", speed=speed)) for speed in (1.0, 1.3))
    assert 1.15 < plain / fast < 1.4


@pytest.mark.parametrize("voice", ["en-us", "en-gb+f4", "generated:2"])
def test_pitch_and_intonation_are_ratios(voice: str) -> None:
    plain = _pitch(voice)
    assert _pitch(voice, pitch=1.3) / plain == pytest.approx(1.3, rel=0.12)
    assert _pitch(voice, pitch=0.8) / plain == pytest.approx(0.8, rel=0.12)
    assert _pitch(voice, intonation=0.4) / plain == pytest.approx(1.0, rel=0.12)


def _pitch(voice: str, **manner: float) -> float:
    """Median F0 of a line in Hz, by autocorrelation of 45 ms frames."""
    pcm, _ = engine().speak("did you bring the red coat from the station", (), voice, **manner)
    window = np.hanning(1000)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, 4096)) ** 2)[:400]
    found = []
    for at in range(0, len(pcm) - 1000, 250):
        frame = pcm[at : at + 1000].astype(float)
        if np.sqrt(np.mean(frame**2)) < 200:
            continue
        frame = (frame - frame.mean()) * window
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 4096)) ** 2)[:400] / own
        lag = 60 + int(np.argmax(correlation[60:360]))
        if correlation[lag] > 0.6 * correlation[0]:
            found.append(22_050 / lag)
    return float(np.median(found))


def test_made_up_voices_differ() -> None:
    digests = {hashlib.sha256(sound(f"generated:{s}").tobytes()).hexdigest() for s in range(20)}
    assert len(digests) == 20


@pytest.mark.parametrize("voice", ["klingon", "en-us+nobody", "generated:x", "generated:-1", ""])
def test_an_unknown_voice_is_named(voice: str) -> None:
    with pytest.raises(VoiceError, match="voice"):
        sound(voice)
