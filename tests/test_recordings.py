"""A project, a session in it, and what is brought in from elsewhere."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.plan.groups import Take
from wakesmith.recipe import load
from wakesmith.recordings.bring import bring
from wakesmith.recordings.project import Project, create, open_project
from wakesmith.recordings.saying import EDGE, LONGEST, sayings
from wakesmith.recordings.session import Answer, Session, readable
from wakesmith.runtime.frontend import Pcm
from wakesmith.stages.synth import clips_of

Call = Callable[..., Result]
RATE = 16_000


def room(seconds: float) -> Pcm:
    rng = np.random.default_rng([7])
    pcm: Pcm = rng.normal(0, 20, int(RATE * seconds)).astype(np.int16)
    return pcm


def said(seconds: float = 0.8, pitch: float = 180.0) -> Pcm:
    time = np.arange(int(RATE * seconds)) / RATE
    tones = [np.sin(2 * np.pi * pitch * k * time + k) / k for k in range(1, 12)]
    voice = np.sum(tones, axis=0)
    pcm: Pcm = (2500 * voice).astype(np.int16)
    return pcm


def spoken(count: int, before: float = 5.0) -> Pcm:
    """A room, then so many sayings, a second of the room after each."""
    parts = [part for i in range(count) for part in (said(pitch=150.0 + 9 * i), room(1.0))]
    return np.concatenate([room(before), *parts])


def blocks(pcm: Pcm, size: int = 1280) -> list[Pcm]:
    return [pcm[i : i + size] for i in range(0, len(pcm), size)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create(tmp_path / "saga", "hey saga")


def test_sayings_are_cut_out_of_running_sound_whatever_the_blocks() -> None:
    pcm = spoken(4)
    found = list(sayings(blocks(pcm)))
    assert [len(s) / RATE for s in found] == pytest.approx([0.8 + 2 * EDGE] * 4, abs=0.1)
    for size in (333, 48_000):
        again = list(sayings(blocks(pcm, size)))
        assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))


def test_clicks_are_no_sayings_and_what_does_not_end_is_cut() -> None:
    click = np.concatenate([room(3.0), np.full(160, 9000, np.int16), room(2.0)])
    assert not list(sayings(blocks(click)))
    (first, *_) = sayings(blocks(np.concatenate([room(3.0), said(9.0)])))
    assert len(first) == LONGEST * RATE
    assert not list(sayings([np.zeros(RATE * 3, np.int16)]))


def test_a_project_runs_as_it_is_and_is_never_overwritten(call: Call) -> None:
    assert call("new", "saga", "--phrase", "hey saga").exit_code == 0
    before = Path("saga/recipe.yaml").read_bytes()
    recipe = load("saga/recipe.yaml")
    assert (recipe.phrase, recipe.recordings.folders) == ("hey saga", ())
    again = call("new", "saga", "--phrase", "okay betty")
    assert again.exit_code == 3
    assert "is there already" in again.stderr
    assert Path("saga/recipe.yaml").read_bytes() == before
    assert call("new", "other", "--phrase", "?!").exit_code == 2
    assert not Path("other").exists()
    swedish = call("new", "hej", "--phrase", "hej saga", "--language", "sv")
    assert (swedish.exit_code, swedish.stderr) == (0, "")
    assert load("hej/recipe.yaml").language == "sv"
    unread = call("new", "sakura", "--phrase", "ねえ さくら")
    assert unread.exit_code == 0
    assert "warning: No pronunciation is known" in unread.stderr
    assert "The recipe is sakura/recipe.yaml" in unread.stderr
    assert call("new", "nowhere", "--phrase", "hey saga", "--language", "xx").exit_code == 2
    assert not Path("nowhere").exists()
    assert call("record", "nothing", "--from", "x.wav").exit_code == 3


def test_recording_goes_on_where_it_stopped_and_tells_the_recipe(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    audio.write("three.wav", spoken(3))
    first = call("record", "saga", "--count", "4", "--speaker", "Anna K", "--from", "three.wav")
    assert first.exit_code == 0
    assert "3 of 4 sayings by anna_k" in first.stderr
    assert "3 recordings of the phrase: 17 more are worth the time" in first.stdout
    recipe = load("saga/recipe.yaml")
    assert recipe.recordings.folders == (str(Path("saga/recordings/phrase").resolve()),)
    assert recipe.mix.noises == (str(Path("saga/recordings/room").resolve()),)
    assert recipe.negatives.recordings == ()
    Path("saga/recordings/phrase/anna_k/0002.wav").unlink()
    audio.write("more.wav", spoken(4, before=2.0))
    second = call("record", "saga", "--count", "4", "--speaker", "anna k", "--from", "more.wav")
    assert second.exit_code == 0
    kept = sorted(str(p.relative_to("saga/recordings")) for p in Path("saga").rglob("*.wav"))
    assert kept == [
        *(f"other/anna_k/000{i}.wav" for i in (1, 2)),
        *(f"phrase/anna_k/000{i}.wav" for i in (1, 3, 4, 5)),
        "room/anna_k/0001.wav",
    ]
    assert load("saga/recipe.yaml").negatives.recordings


def test_what_is_kept_twice_is_told_and_counts_once(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    rng = np.random.default_rng([3])
    Path("mine").mkdir()
    for index in range(3):
        audio.write(f"mine/{index}.wav", rng.normal(0, 3000, 16_000).astype(np.int16))
    audio.write("mine/again.wav", audio.read("mine/1.wav").pcm // 2)
    told = call("import", "saga", "mine", "--speaker", "anna")
    assert "3 recordings of the phrase: 17 more" in told.stdout
    assert "also kept as something else" not in told.stderr
    told = call("import", "saga", "mine/2.wav", "--kind", "other", "--speaker", "anna")
    assert (
        "phrase/anna/0003.wav is also kept as something else, mine/2.wav as other/anna/0001.wav"
    ) in told.stderr


def test_what_is_found_in_an_import_names_the_users_own_files(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    Path("mine", "ben").mkdir(parents=True)
    audio.write("mine/good.wav", spoken(1, before=0.4))
    audio.write("mine/ben/far.wav", spoken(1, before=0.4)[100:] // 100)
    for told in (call("import", "saga", "mine"), call("import", "saga", "mine/ben/far.wav")):
        assert "1 of 2 recordings (mine/ben/far.wav as phrase/ben/0001.wav): very" in told.stderr
    told = call("import", "saga", "mine/good.wav")  # which says nothing of where far.wav was
    assert "1 of 2 recordings (phrase/ben/0001.wav): very quiet" in told.stderr


def test_a_recipe_knows_what_was_kept_when_an_import_breaks_off(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    for who in ("anna", "ben"):
        Path("mine", who).mkdir(parents=True)
        audio.write(f"mine/{who}/a.wav", spoken(1, before=0.2)[len(who) :])
    Path("saga/recordings/phrase").mkdir()
    Path("saga/recordings/phrase/ben").write_text("in the way")
    broken = call("import", "saga", "mine")
    assert (broken.exit_code, "ben is a file" in broken.stderr) == (6, True)
    assert Path("saga/recordings/phrase/anna/0001.wav").exists()
    assert load("saga/recipe.yaml").recordings.folders


def test_a_recipe_of_the_users_own_is_left_alone(project: Project) -> None:
    own = "phrase: hey saga\nrecordings: {folders: [elsewhere]}\n"
    project.recipe.write_text(own)
    audio.write(project.next_file("phrase", "anna"), said())
    assert project.tell_recipe() == ("recordings: {folders: [recordings/phrase]}",)
    project.recipe.write_text(own.replace("elsewhere", "recordings"))
    assert project.tell_recipe() == ()


@dataclass
class Live:
    """A microphone that hears ``said`` once a listening, or nothing."""

    takes: list[Pcm]
    live: bool = True

    @contextmanager
    def listening(self) -> Iterator[Iterator[Pcm]]:
        pcm = self.takes.pop(0) if self.takes else room(12.0)
        yield iter(blocks(np.concatenate([room(1.0), pcm, room(1.5)])))


@dataclass
class Script:
    """A person who answers as written."""

    answers: list[Answer]
    told: list[str] = field(default_factory=list)
    played: int = 0
    highest: float = -96.0

    def say(self, text: str) -> None:
        self.told.append(text)

    def count_in(self) -> None:
        self.told.append("3 2 1")

    def meter(self, level: float) -> None:
        self.highest = max(self.highest, level)

    def answer(self, seconds: float) -> Answer:
        return self.answers.pop(0)

    def play(self, pcm: Pcm) -> None:
        self.played += 1


def test_takes_are_played_done_again_and_kept(project: Project) -> None:
    person = Script(["play", "redo", "keep", "keep", "stop"])
    session = Session(project, "anna", Live([said(0.5), said(0.9), said(0.7), said(0.8)]), person)
    assert session.read("phrase", ["hey saga"] * 5) == 2
    assert (session.over, person.played) == (True, 1)
    assert person.told.count("3 2 1") == 4
    assert -25 < person.highest < 0
    lengths = [len(audio.read(p).pcm) / RATE for p in project.kept("phrase", "anna")]
    assert lengths == pytest.approx([0.9 + 2 * EDGE, 0.7 + 2 * EDGE], abs=0.1)


def test_a_bad_take_is_told_at_once(project: Project) -> None:
    loud = np.clip(said().astype(int) * 20, -32768, 32767).astype(np.int16)
    person = Script(["keep"])
    Session(project, "anna", Live([loud]), person).read("phrase", ["hey saga"])
    assert any("too loud" in text for text in person.told)


def test_a_dead_microphone_ends_the_session_and_keeps_nothing(project: Project) -> None:
    person = Script([])
    session = Session(project, "anna", Live([]), person)
    assert session.read("phrase", ["hey saga"]) == 0
    assert session.over
    assert sum("Nothing was heard" in text for text in person.told) == 3
    silent = Session(project, "ben", Live([np.zeros(0, np.int16)]), person)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("test_recordings.room", lambda s: np.zeros(int(RATE * s), np.int16))
        assert not silent.room()
    assert not project.kept("room")


def test_what_is_read_is_not_the_phrase_and_can_be_read() -> None:
    recipe = load(None, phrase="hey saga", overrides=["negatives.phrases=['hey sarah']"])
    texts = readable(recipe, 12)
    assert texts[0] == "hey sarah"
    assert len(set(texts)) == 12
    assert "hey saga" not in texts


def test_any_folder_is_brought_in_once_by_speaker(project: Project, tmp_path: Path) -> None:
    import soundfile

    folder = tmp_path / "given"
    stereo = np.repeat(said(1.0)[:, None], 2, axis=1)
    for name, rate in (("anna/a.flac", 44_100), ("ben/b.mp3", 48_000), ("ben/c.ogg", 16_000)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.resize(stereo, (rate, 2)), rate)
    (folder / "ben" / "empty.wav").touch()
    found = bring(project, [folder], "phrase")
    assert sorted(str(p.relative_to(project.place("phrase"))) for p in found.kept) == [
        "anna/0001.wav",
        "ben/0001.wav",
        "ben/0002.wav",
    ]
    assert ["empty.wav: the file is empty" in text for text in found.bad] == [True]
    assert {len(audio.read(p).pcm) for p in found.kept} <= set(range(15_900, 16_200))
    again = bring(project, [folder], "phrase")
    assert (again.kept, len(again.again)) == ([], 3)
    one = bring(project, [folder / "ben" / "c.ogg"], "other", speaker="Cleo")
    assert one.kept == [project.place("other", "cleo") / "0001.wav"]
    with pytest.raises(AudioError, match="no such file"):
        bring(project, [tmp_path / "nowhere"], "phrase")


def test_long_files_are_told_and_cut_when_asked(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    audio.write("many.wav", spoken(12))
    refused = call("import", "saga", "many.wav")
    assert refused.exit_code == 3
    assert "many.wav (27 s)" in refused.stderr
    assert "--split" in refused.stderr
    assert not list(Path("saga").rglob("*.wav"))
    cut = call("import", "saga", "many.wav", "--split", "--speaker", "anna")
    assert cut.exit_code == 0
    assert "12 recordings brought" in cut.stdout
    audio.write("two.wav", spoken(2, before=0.5))
    doubt = call("import", "saga", "two.wav", "--speaker", "anna")
    assert "1 file seems to hold several sayings (two.wav)" in doubt.stderr
    assert len(open_project(Path("saga")).kept("phrase", "anna")) == 13


def evening(path: Path, minutes: int, rate: int) -> Path:
    """A long file with a saying every ten minutes, written in blocks."""
    import soundfile

    block = np.concatenate([said(), np.zeros(rate * 600 - len(said()), np.int16)])
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
        for _ in range(minutes // 10):
            file.write(block)
    return path


def test_a_file_of_three_hours_is_told_by_its_header(project: Project, tmp_path: Path) -> None:
    found = bring(project, [evening(tmp_path / "evening.flac", 180, 2_000)], "phrase")
    assert (found.long, found.kept) == (["evening.flac (10800 s)"], [])


def test_long_files_are_cut_in_little_memory(project: Project, tmp_path: Path) -> None:
    path = evening(tmp_path / "evening.flac", 20, RATE)
    tracemalloc.start()
    found = bring(project, [path], "phrase", split=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.kept) == 2
    assert peak < 20e6 < RATE * 20 * 60 * 2


def test_speakers_names_are_folders(project: Project) -> None:
    for name in ("../../etc", "Anna / Bo"):
        made = project.next_file("phrase", name)
        assert made.parent.parent == project.place("phrase")
    with pytest.raises(DataError, match="no name for a speaker"):
        project.next_file("phrase", "..")


def test_a_language_without_near_misses_still_records(call: Call) -> None:
    call("new", "saga", "--phrase", "hey saga")
    recipe = Path("saga/recipe.yaml")
    recipe.write_text(recipe.read_text().replace("hey saga", "źdźbło", 1))
    audio.write("three.wav", spoken(3))
    done = call("record", "saga", "--count", "2", "--speaker", "anna", "--from", "three.wav")
    assert done.exit_code == 0
    assert "warning: nothing to read that is not the phrase" in done.stderr
    assert len(open_project(Path("saga")).kept("phrase")) == 2


def test_of_a_recording_of_hours_only_the_end_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng([5])
    pcm = rng.normal(0, 20, 45 * 16_000)
    pcm[-24_000:-8_000] += rng.normal(0, 4000, 16_000)
    audio.write(tmp_path / "evening.wav", pcm.astype(np.int16))
    whole = audio.read(tmp_path / "evening.wav").pcm
    (clip,) = clips_of([Take(str(tmp_path / "evening.wav"), "")])
    assert len(clip.pcm) == 30 * 16_000
    assert np.array_equal(clip.pcm, whole[-len(clip.pcm) :])
    assert clip.end - clip.start < 1.2 * 16_000
