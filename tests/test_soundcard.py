"""The microphone's code against a stand-in for sounddevice: this needs no sound card."""

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith.errors import AudioError, MissingExtra
from wakesmith.recordings import soundcard

Call = Callable[..., Result]

CARD = """
import threading
import numpy as np

class PortAudioError(Exception):
    pass

class default:
    device = (1, 0)

DEVICES = [
    {"name": "loudspeaker", "max_input_channels": 0, "default_samplerate": 48000.0},
    {"name": "USB microphone", "max_input_channels": 1, "default_samplerate": 48000.0},
]

def query_devices(device=None, kind=None):
    if kind is None:
        return DEVICES
    if device not in (None, 1, "USB"):
        raise ValueError(f"No input device matching {device!r}")
    return DEVICES[1]

def check_input_settings(device, channels, dtype, samplerate):
    if samplerate != 48000:
        raise PortAudioError("Invalid sample rate")

class InputStream:
    def __init__(self, samplerate, blocksize, device, channels, dtype, callback):
        assert (channels, dtype) == (1, "int16")
        time = np.arange(samplerate) / samplerate
        tone = (8000 * np.sin(2 * np.pi * 500 * time)).astype(np.int16)[:, None]
        self._blocks = [tone[i:i + blocksize] for i in range(0, samplerate, blocksize)]
        self._callback = callback
    def __enter__(self):
        def send():
            for block in self._blocks:
                self._callback(block, len(block), None, None)
        self._thread = threading.Thread(target=send)
        self._thread.start()
        return self
    def __exit__(self, *raised):
        self._thread.join()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes ``import sounddevice`` run this text."""

    def install(text: str) -> None:
        (tmp_path / "sounddevice.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "sounddevice", raising=False)

    yield install
    sys.modules.pop("sounddevice", None)


def test_a_card_of_another_rate_is_heard_at_16_khz(installed: Callable[[str], None]) -> None:
    installed(CARD)
    card = soundcard.SoundCard("1")
    assert card.name == "USB microphone"
    with card.listening() as blocks:
        pcm = np.concatenate(list(islice(blocks, 12)))
    assert pcm.dtype == np.int16
    assert 13_000 < len(pcm) < 16_000
    peak = np.abs(np.fft.rfft(pcm[2000:12_000])).argmax() * 16_000 / 10_000
    assert peak == pytest.approx(500, abs=2)


def test_devices_are_listed_and_wrong_ones_told(
    installed: Callable[[str], None], call: Call
) -> None:
    installed(CARD)
    assert call("record", "--list-devices").stdout == "1: USB microphone (48000 Hz), default\n"
    with pytest.raises(AudioError, match=r"No input device matching 7.*--list-devices"):
        soundcard.SoundCard("7")


def test_a_card_that_falls_silent_is_told(
    installed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(CARD)
    monkeypatch.setattr(soundcard, "_SILENT_SECONDS", 0.05)
    with (
        pytest.raises(AudioError, match=r"sent nothing for .* Is it still plugged in"),
        soundcard.SoundCard().listening() as blocks,
    ):
        assert sum(map(len, blocks)) == 0


def test_what_is_missing_is_named(installed: Callable[[str], None], call: Call) -> None:
    installed("raise OSError('PortAudio library not found')")
    found = call("record", "--list-devices")
    assert found.exit_code == 3
    assert "There is no PortAudio library" in found.stderr
    assert "install" in found.stderr
    installed("raise ModuleNotFoundError(\"No module named 'sounddevice'\", name='sounddevice')")
    with pytest.raises(MissingExtra, match=r"wakesmith\[record\]"):
        soundcard.devices()
