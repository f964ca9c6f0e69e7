"""AAC, in a container and bare: read like any other sound, whole, in pieces and in blocks."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from wakesmith import audio
from wakesmith.errors import AudioError, MissingExtra
from wakesmith.held import Encoded

RATE = 44_100


def encoded(path: Path, seconds: float) -> Path:
    """A second of silence, then a tone in stereo."""
    time = np.arange(int(RATE * seconds)) / RATE
    tone = np.stack([0.3 * np.sin(2 * np.pi * 440 * time) * (time > 1)] * 2).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.layout = "stereo"
        for first in range(0, tone.shape[1], 1024):
            block = np.ascontiguousarray(tone[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", ["memo.m4a", "memo.aac"])
def test_aac_is_read_like_any_sound(tmp_path: Path, name: str) -> None:
    path = encoded(tmp_path / name, 4.0)
    assert audio.list_audio([tmp_path]) == [path]
    whole = audio.read(path)
    assert whole.notes == ("stereo mixed to mono", "44100 Hz resampled to 16000 Hz")
    assert audio.duration(path) == pytest.approx(4.0, abs=0.05)  # ADTS has no gapless info
    onset = np.flatnonzero(np.abs(whole.pcm.astype(int)) > 1000)[0] / 16_000
    assert onset == pytest.approx(1.0, abs=0.03)
    assert np.array_equal(np.concatenate(list(audio.stream(path, 0.7))), whole.pcm)
    piece = audio.read_piece(path, 2.0, 1.0)
    inner = slice(500, -500)  # the resampler begins anew
    assert np.abs(piece[inner].astype(int) - whole.pcm[32_000:48_000][inner]).max() <= 2


@pytest.mark.parametrize("name", ["memo.m4a", "memo.aac", "memo.mka"])
def test_what_lies_in_memory_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    """As the cells of a table hold it: without a name to go by."""
    path = encoded(tmp_path / name, 2.0)
    held = Encoded(path.read_bytes(), "row 3")
    if name != "memo.mka":  # whose ending is not looked for in folders
        assert np.array_equal(np.concatenate(list(audio.stream(held))), audio.read(path).pcm)
    assert audio.duration(held) == pytest.approx(2.0, abs=0.05)
    with pytest.raises(AudioError, match="row 3: cannot be read as sound"):
        audio.duration(Encoded(path.read_bytes()[:12], "row 3"))


def test_what_is_no_aac_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.m4a").write_text("no sound" * 50)
    with pytest.raises(AudioError, match=r"text\.m4a: cannot be read as sound"):
        audio.read(tmp_path / "text.m4a")
    (tmp_path / "empty.m4a").touch()
    with pytest.raises(AudioError, match="the file is empty"):
        audio.read(tmp_path / "empty.m4a")


def test_without_the_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.m4a").write_text("anything")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"wakesmith\[m4a\]"):
        audio.read(tmp_path / "a.m4a")
    with pytest.raises(MissingExtra, match=r"row 3, sound like AAC, .*wakesmith\[m4a\]"):
        audio.duration(Encoded(b"\0\0\0\x20ftypM4A ", "row 3"))
