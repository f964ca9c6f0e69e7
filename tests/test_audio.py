"""Sound files: every kind becomes 16 kHz mono, and what is no sound says so."""

import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.errors import AudioError, MissingExtra, StoreError
from wakesmith.runtime.frontend import Pcm


def tone(seconds: float, rate: int = 16_000, hz: float = 440.0) -> NDArray[np.float64]:
    time = np.arange(round(seconds * rate)) / rate
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.05)
    wave_form: NDArray[np.float64] = 0.4 * fade * np.sin(2 * np.pi * hz * time)
    return wave_form


def make(
    path: Path, rate: int = 16_000, subtype: str | None = None, channels: int = 1
) -> NDArray[np.float64]:
    """A file of one second; returns what ``read`` should give at full scale 1."""
    sound = np.repeat(tone(1.0, rate)[:, None], channels, axis=1)
    sound[:, 1:] *= 0.5
    soundfile.write(path, sound, rate, subtype)
    return tone(1.0) * float(sound.mean(1).max() / sound.max())


@pytest.mark.parametrize(
    ("name", "rate", "subtype", "channels", "notes", "error"),
    [
        ("a.wav", 16_000, "PCM_16", 1, (), 1e-4),
        ("a.wav", 16_000, "PCM_U8", 1, ("8-bit converted to 16-bit",), 1e-2),
        ("a.wav", 16_000, "PCM_24", 1, ("24-bit converted to 16-bit",), 1e-4),
        ("a.wav", 16_000, "FLOAT", 2, ("float converted to 16-bit", "stereo mixed to mono"), 1e-4),
        ("a.wav", 8_000, "ULAW", 1, ("mu-law converted to 16-bit", "8000 Hz resampled to 16000 Hz"),
         3e-2),
        ("a.wav", 44_100, "PCM_16", 6, ("6 channels mixed to mono",
         "44100 Hz resampled to 16000 Hz"), 1e-3),
        ("a.flac", 48_000, "PCM_24", 2, ("24-bit converted to 16-bit", "stereo mixed to mono",
         "48000 Hz resampled to 16000 Hz"), 1e-3),
        ("a.aiff", 22_050, "PCM_16", 1, ("22050 Hz resampled to 16000 Hz",), 1e-3),
        ("a.ogg", 16_000, "VORBIS", 1, (), 3e-2),
        ("a.mp3", 16_000, None, 1, (), 3e-2),
        ("a.opus", 48_000, "OPUS", 1, ("48000 Hz resampled to 16000 Hz",), 3e-2),
    ],
)  # fmt: skip
def test_every_kind_of_file_becomes_16_khz_mono_and_says_how(
    tmp_path: Path,
    name: str,
    rate: int,
    subtype: str | None,
    channels: int,
    notes: tuple[str, ...],
    error: float,
) -> None:
    path = tmp_path / name
    if name.endswith(".opus"):
        sound = tone(1.0, rate)
        soundfile.write(path, sound, rate, subtype, format="OGG")
        wanted = tone(1.0)
    else:
        wanted = make(path, rate, subtype, channels)
    found = audio.read(path)
    assert (found.notes, found.path, found.pcm.dtype.name) == (notes, str(path), "int16")
    assert abs(len(found.pcm) - 16_000) < 2_000  # MP3 pads
    n = min(len(found.pcm), 16_000)
    lag = 0
    if n == 16_000:
        spectrum = np.fft.rfft(found.pcm[:n]) * np.fft.rfft(wanted).conj()
        lag = int(np.argmax(np.fft.irfft(spectrum)))
        lag = lag - n if lag > n // 2 else lag
    assert abs(lag) <= 1 or name == "a.mp3"
    middle = slice(4_000 + lag, 12_000 + lag)
    assert np.abs(found.pcm[middle] / 32768 - wanted[4_000:12_000]).max() < error
    assert audio.duration(path) == pytest.approx(len(found.pcm) / 16_000, abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(arrays(np.int16, st.integers(1_600, 4_000)))
def test_what_is_written_is_read_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, pcm: Pcm
) -> None:
    path = tmp_path_factory.mktemp("written") / "a.wav"
    audio.write(path, pcm)
    if pcm.min() == pcm.max():
        with pytest.raises(AudioError, match="silent"):
            audio.read(path)
    else:
        found = audio.read(path)
        assert found.notes == ()
        np.testing.assert_array_equal(found.pcm, pcm)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("seconds", [0.01, 0.3, 7.0])
def test_a_stream_is_the_file_in_blocks(tmp_path: Path, rate: int, seconds: float) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, rate + 321), rate)
    blocks = list(audio.stream(path, seconds))
    assert {len(b) for b in blocks[:-1]} <= {round(seconds * 16_000)}
    np.testing.assert_array_equal(np.concatenate(blocks), audio.read(path).pcm)


def test_a_long_file_is_converted_as_a_short_one(tmp_path: Path) -> None:
    """Longer than the blocks in which files are read."""
    path = tmp_path / "a.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, 24_000 * 65)
    soundfile.write(path, sound, 24_000)
    import soxr

    wanted = soxr.resample(soundfile.read(path, dtype="float32")[0], 24_000, 16_000)
    found = audio.read(path).pcm
    assert len(found) == len(wanted)
    assert np.abs(found - wanted * 32768).max() < 1


def test_a_piece_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    whole = audio.read(path).pcm
    np.testing.assert_array_equal(audio.read_piece(path, 0.5, 0.25), whole[8_000:12_000])
    np.testing.assert_array_equal(audio.read_piece(path, 1.9, 5.0), whole[30_400:])
    with pytest.raises(AudioError, match=r"2\.00 s long"):
        audio.read_piece(path, 2.5, 1.0)


def test_samples_above_full_scale_are_clipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    sound = tone(1.0)
    sound[100:103] = (2.0, -3.0, 1.5)
    soundfile.write(path, sound, 16_000, "FLOAT")
    found = audio.read(path)
    assert found.notes[-1] == "3 samples above full scale clipped"
    assert found.pcm[100:103].tolist() == [32767, -32768, 32767]


def bad_files(folder: Path) -> dict[str, str]:
    """File name to what the message has to say."""
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("this is no sound")
    (folder / "text.mp3").write_text("this is no sound" * 100)
    (folder / "headerless.raw").write_bytes(bytes(10_000))
    soundfile.write(folder / "no_samples.wav", np.zeros(0), 16_000)
    soundfile.write(folder / "silent.flac", np.zeros(16_000), 16_000)
    soundfile.write(folder / "constant.wav", np.full(16_000, 0.1), 16_000)
    soundfile.write(folder / "short.wav", tone(0.09), 16_000)
    wrong = tone(1.0)
    wrong[5_000] = np.nan
    soundfile.write(folder / "nan.wav", wrong, 16_000, "FLOAT")
    wrong[5_000] = np.inf
    soundfile.write(folder / "infinite.wav", wrong, 16_000, "DOUBLE")
    (folder / "cut.flac").write_bytes((folder / "silent.flac").read_bytes()[:20])
    return {
        "missing.wav": "no such",
        "empty.wav": "empty",
        "text.wav": "cannot be read",
        "text.mp3": "cannot be read as sound (its content is not what its name says)",
        "headerless.raw": "cannot be read",
        "no_samples.wav": "no samples",
        "silent.flac": "silent",
        "constant.wav": "silent",
        "short.wav": "0.090 s long",
        "nan.wav": "not numbers",
        "infinite.wav": "not numbers",
        "cut.flac": "cut.flac",
    }


def test_what_is_no_sound_is_named_with_the_reason(tmp_path: Path) -> None:
    for name, reason in bad_files(tmp_path).items():
        with pytest.raises(AudioError) as caught:
            audio.read(tmp_path / name)
        assert name in str(caught.value)
        assert reason in str(caught.value)


def test_a_stream_of_what_is_no_sound_fails_and_one_of_silence_does_not(tmp_path: Path) -> None:
    for name in bad_files(tmp_path).keys() - {"silent.flac", "constant.wav", "short.wav"}:
        with pytest.raises(AudioError, match=name):
            list(audio.stream(tmp_path / name))
    assert sum(map(len, audio.stream(tmp_path / "silent.flac"))) == 16_000


def test_a_wav_that_stops_early_gives_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    audio.write(path, (tone(2.0) * 32_000).astype(np.int16))
    assert audio.read(path).notes == ()
    path.write_bytes(path.read_bytes()[:40_044])
    found = audio.read(path)
    assert len(found.pcm) == 20_000
    assert found.notes == audio.conversions(path) == ("broken off: 1.25 s of 2.00 s are there",)
    assert audio.is_break(found.notes[0])
    assert not audio.is_break("stereo mixed to mono")


@pytest.mark.parametrize("size", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_header_that_does_not_know_the_size_promises_nothing(tmp_path: Path, size: int) -> None:
    """As programs write it into a pipe."""
    path = tmp_path / "a.wav"
    audio.write(path, (tone(2.0) * 32_000).astype(np.int16))
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + size.to_bytes(4, "little") + whole[44:])
    assert (len(audio.read(path).pcm), audio.read(path).notes) == (32_000, ())


def test_a_break_is_found_behind_what_else_a_wav_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.repeat(tone(2.0, 44_100)[:, None], 2, axis=1), 44_100, "PCM_24")
    whole = path.read_bytes()
    at = whole.index(b"data")
    comment = b"LIST" + (5).to_bytes(4, "little") + b"hello\0"
    path.write_bytes(whole[:at] + comment + whole[at : len(whole) // 4])
    assert audio.read(path).notes[0] == "broken off: 0.50 s of 2.00 s are there"


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    pcm = (tone(1.0) * 32_000).astype(np.int16)
    audio.write(tmp_path / "a.wav", pcm)
    with wave.open(str(tmp_path / "a.wav")) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (16_000, 1, 2)
    with pytest.raises(StoreError, match="cannot be written"):
        audio.write(tmp_path / "no_folder" / "a.wav", pcm)
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(StoreError, match=r"folder\.wav"):
        audio.write(tmp_path / "folder.wav", pcm)
    with pytest.raises(AudioError, match="float64"):
        audio.write(tmp_path / "b.wav", tone(1.0))  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.wav", "folder.wav"]


def test_folders_are_listed_by_extension_and_sorted(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.flac", "sub/c.opus", ".hidden.wav", ".git/x.wav", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "notes.txt"
    found = audio.list_audio([tmp_path, named, tmp_path / "sub"])
    assert [str(p.relative_to(tmp_path)) for p in found] == [
        "a.flac",
        "b.WAV",
        "notes.txt",
        "sub/c.opus",
    ]
    (tmp_path / "bare").mkdir()
    with pytest.raises(AudioError, match="no sound file"):
        audio.list_audio([tmp_path, tmp_path / "bare"])
    with pytest.raises(AudioError, match="nowhere"):
        audio.list_audio([tmp_path / "nowhere"])


def spoken(noise: float) -> tuple[Pcm, int, int]:
    """Half a second of "speech" with a pause in it, in three seconds of noise."""
    rng = np.random.default_rng(0)
    pcm = rng.normal(0, noise, 48_000)
    start, end = 20_000, 30_000
    swell = np.abs(np.sin(np.linspace(0, 3 * np.pi, end - start))) ** 0.5
    pcm[start:end] += 6_000 * swell * np.sin(np.arange(end - start) * 0.1)
    return pcm.astype(np.int16), start, end


@pytest.mark.parametrize("noise", [0.0, 3.0, 60.0, 200.0])
def test_trim_finds_the_speech_and_keeps_a_little_around(noise: float) -> None:
    pcm, start, end = spoken(noise)
    first, last = audio.trim(pcm)
    assert start - 1_000 < first <= start + 300
    assert end - 300 <= last < end + 1_600


def test_trim_leaves_out_a_click_far_from_the_speech() -> None:
    pcm, start, _ = spoken(3.0)
    pcm[2_000:2_030] = 20_000
    assert audio.trim(pcm)[0] > start - 1_000


@given(arrays(np.int16, st.integers(0, 3_000)))
def test_trim_always_gives_a_span_inside_the_audio(pcm: Pcm) -> None:
    start, end = audio.trim(pcm)
    assert 0 <= start <= end <= len(pcm)
    assert (start < end) == (len(pcm) > 0)


def test_plain_wav_is_read_without_the_packages_as_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, cut = (tmp_path / name for name in ("a.wav", "cut.wav"))
    audio.write(path, np.random.default_rng(0).integers(-(2**15), 2**15, 70_000, np.int16))
    cut.write_bytes(path.read_bytes()[:40_045])  # broken off inside a sample
    full, piece, stopped = audio.read(path), audio.read_piece(path, 1.0, 0.25), audio.read(cut)
    for package in ("soundfile", "soxr"):
        monkeypatch.setitem(sys.modules, package, None)
    assert audio.read(path).notes == full.notes == ()
    np.testing.assert_array_equal(audio.read(path).pcm, full.pcm)
    np.testing.assert_array_equal(audio.read_piece(path, 1.0, 0.25), piece)
    np.testing.assert_array_equal(np.concatenate(list(audio.stream(path, 0.7))), full.pcm)
    np.testing.assert_array_equal(audio.read(cut).pcm, stopped.pcm)
    assert audio.read(cut).notes == stopped.notes == ("broken off: 1.25 s of 4.37 s are there",)
    assert audio.duration(cut) == len(stopped.pcm) / 16_000


def test_without_the_packages_any_other_file_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "rate.wav", rate=44_100)
    make(tmp_path / "stereo.wav", channels=2)
    make(tmp_path / "deep.wav", subtype="PCM_24")
    make(tmp_path / "float.wav", subtype="FLOAT")
    make(tmp_path / "a.flac")
    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    monkeypatch.setitem(sys.modules, "soxr", None)
    assert len(audio.read(tmp_path / "a.flac").pcm) == 16_000
    with pytest.raises(MissingExtra, match=r"rate\.wav, which has 44100 Hz.*soxr.*\[audio"):
        audio.read(tmp_path / "rate.wav")
    monkeypatch.setitem(sys.modules, "soundfile", None)
    for path in tmp_path.iterdir():
        with pytest.raises(MissingExtra, match=rf"{path.name}, which is no plain WAV.*soundfile"):
            audio.read(path)
    with pytest.raises(AudioError, match="no such"):
        audio.read(tmp_path / "none.wav")
