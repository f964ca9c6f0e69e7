"""The microphone of this machine, through PortAudio. Needs the extra ``record``."""

import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from wakesmith.errors import AudioError, MissingExtra
from wakesmith.recordings.microphone import BLOCK_SECONDS
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

_SILENT_SECONDS = 5.0
"""A device that sends nothing for so long is not there any more."""


class SoundCard:
    """An input device: ``device`` by number or part of its name; None is the system's default."""

    live = True

    def __init__(self, device: str | None = None) -> None:
        """``AudioError`` when there is no such device, ``MissingExtra`` without sounddevice."""
        self._sd = _sounddevice()
        chosen = int(device) if device is not None and device.isdecimal() else device
        with _told(self._sd):
            found: dict[str, Any] = self._sd.query_devices(chosen, "input")
        self._device = chosen
        self._rate = SAMPLE_RATE
        try:
            self._sd.check_input_settings(chosen, 1, "int16", samplerate=SAMPLE_RATE)
        except (self._sd.PortAudioError, ValueError):
            self._rate = int(found["default_samplerate"])
        self.name = str(found["name"])

    @contextmanager
    def listening(self) -> Iterator[Iterator[Pcm]]:
        """The device is open for so long."""
        arrived: queue.SimpleQueue[Pcm] = queue.SimpleQueue()

        def take(data: Any, frames: int, time: Any, status: Any) -> None:
            arrived.put(data[:, 0].copy())

        with (
            _told(self._sd),
            self._sd.InputStream(
                samplerate=self._rate,
                blocksize=round(BLOCK_SECONDS * self._rate),
                device=self._device,
                channels=1,
                dtype="int16",
                callback=take,
            ),
        ):
            yield self._blocks(arrived)

    def play(self, pcm: Pcm) -> None:
        """Play a recording on the default output, to its end."""
        with _told(self._sd):
            self._sd.play(pcm, SAMPLE_RATE, blocking=True)

    def _blocks(self, arrived: "queue.SimpleQueue[Pcm]") -> Iterator[Pcm]:
        resampler = None
        if self._rate != SAMPLE_RATE:
            import soxr

            resampler = soxr.ResampleStream(self._rate, SAMPLE_RATE, 1, dtype="int16")
        while True:
            try:
                block = arrived.get(timeout=_SILENT_SECONDS)
            except queue.Empty:
                raise AudioError(
                    f"{self.name}: the microphone has sent nothing for {_SILENT_SECONDS:g} s. Is "
                    "it still plugged in? What was recorded is kept; run again to go on."
                ) from None
            yield block if resampler is None else np.asarray(resampler.resample_chunk(block))


def devices() -> list[str]:
    """The input devices, as ``--device`` takes them: "2: USB microphone (44100 Hz), default"."""
    sd = _sounddevice()
    with _told(sd):
        default = sd.default.device[0]
        return [
            f"{number}: {found['name']} ({found['default_samplerate']:.0f} Hz)"
            + (", default" if number == default else "")
            for number, found in enumerate(sd.query_devices())
            if found["max_input_channels"] > 0
        ]


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError as problem:
        raise MissingExtra("sounddevice", "record", "Recording from a microphone") from problem
    except OSError as problem:  # PortAudio is a library of the system
        advice = (
            "brew install portaudio"
            if sys.platform == "darwin"
            else "sudo apt-get install libportaudio2 (or your system's package of PortAudio)"
        )
        raise AudioError(
            f"There is no PortAudio library, through which the microphone is heard. Install it "
            f"with: {advice}. A recording made elsewhere can be taken with --from FILE."
        ) from problem
    return sounddevice


@contextmanager
def _told(sd: Any) -> Iterator[None]:
    """What PortAudio complains of becomes ``AudioError``."""
    try:
        yield
    except (sd.PortAudioError, ValueError) as problem:
        raise AudioError(
            f"The microphone cannot be used: {problem}. See wakesmith record --list-devices, and "
            "name one with --device."
        ) from problem
