"""From background to windows with joined sayings: planned, listened to, joined, mixed, learnt."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import plans
import pytest

from wakesmith import audio, tts
from wakesmith.events import Event, Noted, Progress, Warned, silent
from wakesmith.plan.banks import Banks, draw_banks
from wakesmith.plan.draws import Split, Utterance
from wakesmith.plan.groups import JoinedTake
from wakesmith.plan.sources import File
from wakesmith.plan.texts import Texts, texts_of
from wakesmith.plan.units import JOINED, JOINED_HELD, Units, draw_units
from wakesmith.recipe import Recipe
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.stages import banks, dataset, shards, synth, units

pytest.importorskip("pocketsphinx", reason="phones are found by pocketsphinx")

SIZES = ("units.sayings=8", "units.near_misses=6", "units.copies=2")


@cache
def talk() -> Pcm:
    """Some speech by several voices of espeak-ng."""
    if "espeak" not in tts.installed():
        pytest.skip("speaks, and espeak-ng is not installed")
    texts = (
        "hello, is anybody going to say something about the heavy saw today",
        "she says that the guard is a long way off, and the hay is in the garden",
        "we sat in the car and gathered what we had, half a day of it",
    )
    voices = ("en-us", "en-gb", "en-gb-x-rp", "en-us+f3")
    said = [Utterance(text, "espeak", voice) for voice in voices for text in texts]
    sound = np.concatenate([clip.pcm for clip in tts.speak([*said, *said])])
    return sound[: 50 * SAMPLE_RATE]


def file(folder: Path, name: str, pcm: Pcm) -> File:
    path = folder / f"{name}.wav"
    audio.write(path, pcm)
    return File(str(path), name, len(pcm) / SAMPLE_RATE)


def chosen(*sets: str) -> Recipe:
    return plans.recipe(*SIZES, "mix.simulated_rooms=3", "mix.noise_minutes=0.5", *sets)


@cache
def texts() -> Texts:
    return texts_of(chosen())


@cache
def drawn_banks() -> Banks:
    return draw_banks(chosen(), {"train": (), "validation": (), "test": ()}, ())


def drawn(*files: File, sets: tuple[str, ...] = ()) -> Units:
    found = split_units(*files, sets=sets)
    assert found[0].split == "train"
    return found[0]


def split_units(*files: File, sets: tuple[str, ...] = (), least: float = 5.0) -> tuple[Units, ...]:
    """Of these files all but the last two to train on, the others to validate on; of few, all."""
    cut = len(files) - 2 if len(files) > 2 else len(files)
    by_split: dict[Split, tuple[File, ...]] = {
        "train": files[:cut],
        "validation": files[cut:],
        "test": (),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wakesmith.plan.units.LEAST_SECONDS", least)
        return draw_units(chosen(*sets), texts(), by_split, drawn_banks().rows)


LONG = tuple(File(f"/{name}", name, 400.0) for name in "abcd")
FILES = tuple(File(f"/{name}", name, 100.0) for name in "abcdefgh")


def test_nothing_is_joined_without_background_or_being_asked() -> None:
    assert split_units() == ()
    for said in ("units.sayings=0", "units.copies=0", "units.weight=0"):
        assert split_units(*FILES, sets=(said,)) == ()
    assert split_units(*FILES[:2], least=300.0) == ()
    assert split_units(*FILES, sets=("units.hours=0.05",), least=300.0) == ()
    assert [one.group.name for one in drawn(*FILES, sets=("units.near_misses=0",)).sets] == [JOINED]


def test_so_many_hours_are_listened_to_and_so_many_sayings_drawn() -> None:
    found = drawn(*FILES, sets=("units.hours=0.1",))
    assert 360 <= found.minutes * 60 <= 420
    pieces = [piece for task in found.pieces for piece in task]
    assert len({(piece.file.digest, piece.start) for piece in pieces}) == len(pieces)
    phrase, misses = found.sets
    assert (phrase.group.role, misses.group.role) == ("positive", "near_miss")
    for one, count in ((phrase, 8), (misses, 6)):
        assert one.kept == count
        assert sum(map(len, one.voices)) == 1.5 * count
        assert len(one.group.mixes) == len(one.group.utterances) == 2 * count
    spoken = {one.phones for voice in phrase.voices for one in voice}
    assert spoken == {("HH", "EY", "S", "AA", "G", "AH")}
    said = {one.phones for voice in misses.voices for one in voice}
    assert not said & spoken
    # Other dice for each.
    assert len({one.seed for s in found.sets for voice in s.voices for one in voice}) == 12 + 9


def test_sayings_are_held_back_where_there_is_enough_background() -> None:
    trained, held = split_units(*LONG, sets=("synth.validation=9",), least=300.0)
    assert (trained.split, held.split) == ("train", "validation")
    heard = [{p.file.digest for task in of.pieces for p in task} for of in (trained, held)]
    assert not heard[0] & heard[1]
    (one,) = held.sets
    assert (one.group.name, one.group.split, one.kept) == (JOINED_HELD, "validation", 4)
    assert len(one.group.mixes) == 4
    assert [of.split for of in split_units(*FILES, least=300.0)] == ["train"]


def test_more_sayings_leave_the_first_as_they_are() -> None:
    few, many = drawn(*FILES), drawn(*FILES, sets=("units.sayings=40",))
    first = few.sets[0].group
    assert many.sets[0].group.mixes[: len(first.mixes)] == first.mixes
    assert many.sets[0].voices[0] == few.sets[0].voices[0]
    assert many.sets[1] == few.sets[1]


def listened(folder: Path, of: Units, workers: int, emit: Callable[[Event], None]) -> Path:
    heard = folder / "heard"
    heard.mkdir(parents=True)
    units.listen(heard, of.pieces, workers, emit)
    return heard


def joined(
    folder: Path, heard: Path, of: Units, workers: int = 1, emit: Callable[[Event], None] = silent
) -> dict[str, Path]:
    made = {}
    for one in of.sets:
        out = made[one.group.name] = folder / one.group.name
        out.mkdir()
        units.join_sayings(out, heard, one.voices, one.kept, workers, emit)
    return made


@dataclass(frozen=True)
class People:
    file: File
    heard: Path
    told: list[Event]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Somebody's speech, and what was found in it."""
    folder, told = tmp_path_factory.mktemp("people"), list[Event]()
    found = file(folder, "talk", talk())
    return People(found, listened(folder, drawn(found), 1, told.append), told)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    banks.banks(folder, drawn_banks(), 1, silent)
    return folder


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some seconds of speech are enough."""
    monkeypatch.setattr(units, "LEAST_SECONDS", 10.0)


@pytest.mark.usefixtures("little")
def test_sayings_are_joined_and_mixed(tmp_path: Path, people: People, bank: Path) -> None:
    of = drawn(people.file)
    made = joined(tmp_path, people.heard, of)
    heard = next(e.message for e in people.told if isinstance(e, Noted))
    assert heard.startswith("people speak in ")
    sayings = units.load_sayings(made[JOINED])
    assert len(sayings) == 8
    assert all(0.2 < len(pcm) / SAMPLE_RATE < 2 for pcm in sayings)
    assert all(np.abs(pcm).max() > 500 for pcm in sayings)
    group = of.sets[0].group
    out = tmp_path / "windows"
    out.mkdir()
    synth.synth(out, group, bank, 1, silent, spectra_too=True, sayings=made[JOINED])
    windows = synth.load(out)
    assert len(windows.frames) == 16
    assert {label["engine"] for label in windows.labels} == {"joined"}
    take = group.utterances[group.mixes[0].clip]
    assert isinstance(take, JoinedTake)
    length = len(sayings[take.number]) / SAMPLE_RATE / take.tempo / take.resample
    assert np.diff(windows.spans[0])[0] == pytest.approx(length, abs=0.01)


@pytest.mark.usefixtures("little")
def test_two_workers_join_what_one_does(tmp_path: Path) -> None:
    sets = ("units.sayings=20", "units.near_misses=9")
    halves = np.split(talk(), 2)
    of = drawn(*(file(tmp_path, f"{i}", half) for i, half in enumerate(halves)), sets=sets)
    # Tasks of their own, so that there is something to share.
    of = replace(of, pieces=tuple((piece,) for task in of.pieces for piece in task))
    assert min(len(of.pieces), *(len(one.voices) for one in of.sets)) > 1
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        joined(folder, listened(folder, of, workers, silent), of, workers)
    paths = sorted(path.relative_to(tmp_path / "1") for path in tmp_path.glob("1/*/*"))
    assert {path.name for path in paths} == {
        *("pcm.npy", "spectra.npy", "stretches.npy", "timbre.npy", "units.npy", "ends.npy"),
    }
    for path in paths:
        assert (tmp_path / "1" / path).read_bytes() == (tmp_path / "2" / path).read_bytes(), path


@pytest.mark.usefixtures("little")
def test_a_kill_costs_a_shard(tmp_path: Path, people: People) -> None:
    of = drawn(people.file, sets=("units.near_misses=0", "units.sayings=20"))
    made = joined(tmp_path, people.heard, of)[JOINED]
    cut = tmp_path / "cut"
    cut.mkdir()
    task = units.Joining(shards.file(cut, 1), people.heard, of.sets[0].voices[1])
    units.make_sayings(task)
    told: list[Event] = []
    one = of.sets[0]
    units.join_sayings(cut, task.inventory, one.voices, one.kept, 1, told.append)
    first = next(e for e in told if isinstance(e, Progress))
    assert first.done == len(of.sets[0].voices[1])
    assert not task.path.exists()
    for name in ("pcm.npy", "ends.npy"):
        assert (cut / name).read_bytes() == (made / name).read_bytes()


@pytest.mark.usefixtures("little")
def test_what_cannot_be_joined_has_no_windows_and_less_weight(
    tmp_path: Path, people: People, bank: Path
) -> None:
    of = drawn(people.file, sets=("units.near_misses=0",))
    (one,) = of.sets
    # Two voices in three are asked for a sound that nobody makes.
    odd = [replace(said, phones=("OY", "ZH")) for said in one.voices[0][:8]]
    voices = (one.voices[0][8:11], odd)
    told: list[Event] = []
    out, windows = (tmp_path / name for name in ("sayings", "windows"))
    for folder in (out, windows):
        folder.mkdir()
    units.join_sayings(out, people.heard, voices, one.kept, 1, told.append)
    (warned,) = [e.message for e in told if isinstance(e, Warned)]
    assert warned.startswith("3 of 8 sayings could be joined")
    synth.synth(windows, one.group, bank, 1, silent, sayings=out)
    assert len(synth.load(windows).frames) == 3 * 2
    share = dataset.joined_share(chosen(), {JOINED: windows})
    assert share == 3 / 8
    assert dataset.said_shares(chosen(), [1], [1], [], share) == [1 - 0.5 * share, 0.5 * share]


def test_where_nobody_speaks_that_is_said_and_there_are_no_windows(
    tmp_path: Path, bank: Path
) -> None:
    hum = np.tile(np.array([900, -900], np.int16), 10 * SAMPLE_RATE)
    of = drawn(file(tmp_path, "hum", hum))
    told: list[Event] = []
    made = joined(tmp_path, listened(tmp_path, of, 1, told.append), of, emit=told.append)
    assert not [e for e in told if isinstance(e, Warned)]
    (said,) = [e.message for e in told if isinstance(e, Noted)]
    assert "not joined" in said
    assert "5 minutes at least" in said
    assert units.load_sayings(made[JOINED]) == []
    out = tmp_path / "windows"
    out.mkdir()
    group = of.sets[0].group
    synth.synth(out, group, bank, 1, silent, spectra_too=True, sayings=made[JOINED])
    assert synth.load(out).frames.shape == (0, group.chunks - 10, 96)
    spectra = synth.load_micro(out).frames
    assert (len(spectra), spectra.shape[2]) == (0, 40)
    assert synth.load(out).labels == []


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ("spoken", [1.0]),
        ("spoken joined", [0.7, 0.3]),
        ("spoken recorded", [0.6, 0.4]),
        ("spoken joined recorded", [0.42, 0.18, 0.4]),
        ("joined recorded", [0.6, 0.4]),
    ],
)
def test_shares_of_sayings(there: str, expected: list[float]) -> None:
    weighed = chosen("units.weight=0.3", "recordings.weight=0.4")
    spoken, joined, recorded = (
        [None] * (kind in there.split()) for kind in ("spoken", "joined", "recorded")
    )
    shares = dataset.said_shares(weighed, spoken, joined, recorded)
    assert shares == pytest.approx(expected)
