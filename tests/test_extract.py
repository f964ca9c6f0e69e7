"""Sound out of Parquet: layouts, broken rows, kills, workers."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from click.testing import Result

from wakesmith import audio
from wakesmith.errors import Cancelled, DataError
from wakesmith.events import Event, Progress, silent
from wakesmith.licence import Licence
from wakesmith.runtime.frontend import embed
from wakesmith.stages import licences
from wakesmith.stages.extract import extract
from wakesmith.stages.feature_files import feature_file

RNG = np.random.default_rng([3])
HF = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def noise(seconds: float = 0.5, rate: int = 16_000) -> np.ndarray:
    return RNG.normal(0, 3000, round(seconds * rate)).astype(np.int16)


def encoded(sound: np.ndarray, rate: int = 16_000, kind: str = "WAV") -> bytes:
    data = io.BytesIO()
    soundfile.write(data, sound, rate, format=kind)
    return data.getvalue()


def table(path: Path, rows: int | None = None, **columns: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """All that was made, without what a finished extraction needs only for itself."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and ".work" not in p.parts)
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


SOUND = noise()
CELL = encoded(SOUND)
FLOATS = (SOUND / 32768).tolist()
RATES = pa.array([16_000], pa.int32())


@pytest.mark.parametrize(
    ("columns", "column", "sounds"),
    [
        ({"audio": pa.array([{"bytes": CELL, "path": None}], HF)}, None, 1),
        ({"audio": pa.array([{"bytes": None, "path": "beside.wav"}], HF)}, None, 1),
        ({"clip": pa.array([CELL], pa.large_binary()), "text": pa.array(["a"])}, None, 1),
        ({"audio": pa.array([{"array": FLOATS, "sampling_rate": 16_000}])}, None, 1),
        ({"audio": pa.array([{"array": [FLOATS, FLOATS], "sampling_rate": 16_000}])}, None, 1),
        ({"audio": pa.array([SOUND.tolist()], pa.list_(pa.int16())), "sr": RATES}, None, 1),
        ({"takes": pa.array([[{"bytes": CELL, "path": ""}] * 2], pa.list_(HF))}, None, 2),
        ({"file": pa.array(["far/away/beside.wav"])}, None, 1),
        ({"a": pa.array([{"b": {"bytes": CELL}}])}, "a.b", 1),
        ({"audio": pa.array([CELL]), "image": pa.array([b"png"])}, None, 1),
    ],
)
def test_every_layout_gives_the_samples_that_were_put_in(
    tmp_path: Path, columns: dict[str, Any], column: str | None, sounds: int
) -> None:
    path = table(tmp_path / "set" / "train.parquet", **columns)
    audio.write(path.parent / "beside.wav", SOUND)
    to = tmp_path / "out"
    result = extract([path], to, silent, column=column, workers=1)
    assert (result.rows, result.sounds, result.broken) == (1, sounds, 0)
    assert result.seconds == pytest.approx(0.5 * sounds)
    for wav in audio.list_audio([to]):
        assert np.array_equal(audio.read(wav).pcm, SOUND)


def broken_set(path: Path) -> Path:
    """Sixteen rows in row groups of four; the broken ones are of all kinds."""
    cells: list[Any] = [{"bytes": encoded(noise(0.6), kind="FLAC"), "path": None}] * 16
    cells[1] = {"bytes": b"", "path": None}
    cells[2] = {"bytes": b"no sound at all", "path": None}
    cells[3] = {"bytes": None, "path": None}
    cells[5] = None
    cells[6] = {"bytes": None, "path": "not/here.wav"}
    cells[7] = {"bytes": encoded(np.zeros(8000, np.int16)), "path": None}
    cells[8] = {"bytes": encoded(noise(0.05)), "path": None}
    cells[9] = {"bytes": cells[0]["bytes"][:4000], "path": None}
    cells[10] = {"bytes": encoded(noise(2.0))[:32_044], "path": None}
    cells[11] = {"bytes": encoded(noise(2.0, 22_050), 22_050, "MP3"), "path": None}
    return table(path, 4, audio=pa.array(cells, HF))


def test_broken_rows_are_counted_and_named_and_stop_nothing(tmp_path: Path) -> None:
    broken_set(tmp_path / "set" / "train.parquet")
    (tmp_path / "set" / "zero.parquet").touch()
    to = tmp_path / "out"
    result = extract([tmp_path / "set"], to, silent, workers=1)
    assert (result.rows, result.sounds, result.broken, result.broken_off) == (16, 8, 8, 1)
    assert sum(result.reasons.values()) == 8
    assert len(result.unreadable) == 1
    assert "zero.parquet cannot be read as Parquet" in result.unreadable[0]
    faults = {(f["row_group"], f["row"]): f["why"] for f in lines(to / "faults.jsonl")}
    whys = {
        (0, 1): "the file is empty",
        (0, 2): "cannot be read as sound (Format not recognised)",
        (0, 3): "holds nothing",
        (1, 1): "holds nothing",
        (1, 2): "names 'not/here.wav', which does not lie beside",
        (1, 3): "silent: all its samples are 0",
        (2, 0): "only 0.050 s long",
        (2, 1): "flac decoder lost sync",
    }
    assert faults.keys() == whys.keys()
    for place, why in whys.items():
        assert why in faults[place]
        assert f"train.parquet, row group {place[0]}, row {place[1]}: " in faults[place]
    kept = lines(to / "sounds.jsonl")
    assert [k["broken_off"] for k in kept] == [False, False, True, *[False] * 5]
    for one in kept:
        found = audio.read(to / one["folder"] / one["name"])
        assert len(found.pcm) / 16_000 == pytest.approx(one["seconds"])


def test_an_mp3_that_was_cut_off_is_told(tmp_path: Path) -> None:
    whole = encoded(noise(2.0), kind="MP3")
    path = table(tmp_path / "a.parquet", audio=pa.array([whole, whole[: len(whole) // 2]]))
    result = extract([path], tmp_path / "out", silent, workers=1)
    assert (result.sounds, result.broken_off) == (2, 1)


def test_a_damaged_row_group_costs_its_rows_alone(tmp_path: Path) -> None:
    path = table(tmp_path / "a.parquet", 2, audio=pa.array([encoded(noise()) for _ in range(6)]))
    column = pq.read_metadata(path).row_group(1).column(0)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + 64] = bytes(64)
    path.write_bytes(data)
    to = tmp_path / "out"
    result = extract([path], to, silent, workers=1)
    assert (result.rows, result.sounds, result.broken) == (6, 4, 2)
    (fault,) = lines(to / "faults.jsonl")
    assert (fault["row_group"], fault["row"], fault["rows"]) == (1, 0, 2)


@pytest.mark.parametrize("features", [False, True])
def test_workers_and_kills_change_no_byte(tmp_path: Path, features: bool) -> None:
    path = broken_set(tmp_path / "train.parquet")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    extract([path], whole, silent, features=features, workers=1)

    def kill(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 8:
            raise Cancelled("by the test")

    with pytest.raises(Cancelled):
        extract([path], cut, kill, features=features, workers=2)
    assert not (cut / "report.json").exists()
    # What a SIGKILL leaves of the row group at work, before and after its rename.
    for name in (".00003.unfinished", "00003"):
        (cut / "train" / name).mkdir(parents=True)
        (cut / "train" / name / "000009.wav").write_bytes(b"half")
    if features:
        for name in (".00003.unfinished", "00003"):
            (cut / "train" / name / "000009.wav").unlink()
            (cut / "train" / name).rmdir()
        (cut / ".work" / "part-000003.npy").write_bytes(b"half")
    seen: list[int] = []
    extract(
        [path],
        cut,
        lambda event: seen.append(event.done) if isinstance(event, Progress) else None,
        features=features,
        workers=2,
    )
    assert seen[0] >= 8  # what was done is not done again
    assert tree(cut) == tree(whole)


def test_features_are_those_of_the_rows_heard_one_after_another(tmp_path: Path) -> None:
    sounds = [noise(s) for s in (0.5, 0.7, 1.1, 0.9)]
    cells = pa.array([encoded(s) for s in sounds])
    path = table(tmp_path / "a.parquet", 2, audio=cells)
    result = extract([path], tmp_path / "out", silent, features=True, workers=1)
    frames = np.load(tmp_path / "out" / "features.npy")
    streams = [embed(np.concatenate(pair))[10:] for pair in (sounds[:2], sounds[2:])]
    assert np.array_equal(frames, np.concatenate(streams).astype(np.float16))
    assert result.frames == len(frames)
    assert feature_file(tmp_path / "out" / "features.npy", 16).seconds == len(frames) * 0.08


def test_a_folder_of_sound_files(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()
    sounds = [noise(1.0) for _ in range(3)]
    for number, sound in enumerate(sounds):
        audio.write(folder / f"{number}.wav", sound)
    (folder / "1b.wav").touch()
    result = extract([folder], tmp_path / "out", silent, features=True, workers=1)
    assert (result.rows, result.sounds, result.broken) == (4, 3, 1)
    expected = embed(np.concatenate(sounds))[10:].astype(np.float16)
    assert np.array_equal(np.load(tmp_path / "out" / "features.npy"), expected)
    assert lines(tmp_path / "out" / "faults.jsonl")[0]["source"].endswith("1b.wav")


def test_the_licence_of_the_sources_goes_with_the_sound(tmp_path: Path) -> None:
    for name, licence in (("one", "{name: CC-BY-NC-4.0, commercial: false}"), ("two", "")):
        path = table(tmp_path / name / "a.parquet", audio=pa.array([CELL]))
        if licence:
            (path.parent / "LICENCE.yaml").write_text(licence)
    sources = [tmp_path / "one", tmp_path / "two"]
    extract(sources[:1], tmp_path / "out" / "one", silent, workers=1)
    extract(sources, tmp_path / "out" / "both", silent, workers=1)
    extract(sources[1:], tmp_path / "out" / "two", silent, workers=1)
    assert licences.stated(tmp_path / "out" / "one" / "a") == Licence("CC-BY-NC-4.0", False)
    both = Licence("CC-BY-NC-4.0; not stated", False)
    assert licences.stated(tmp_path / "out" / "both") == both
    assert licences.stated(tmp_path / "out" / "two") is None


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    cells = pa.array([encoded(noise(0.2)) for _ in range(5)])
    for name in ("a", "b"):
        table(tmp_path / "set" / f"{name}.parquet", 2, audio=cells)
    to = tmp_path / "out"
    assert extract([tmp_path / "set"], to, silent, workers=1, limit=6).rows == 6
    kept = [(Path(k["source"]).name, k["row_group"], k["row"]) for k in lines(to / "sounds.jsonl")]
    first = [("a.parquet", *at) for at in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))]
    assert kept == [*first, ("b.parquet", 0, 0)]


@pytest.mark.parametrize(
    ("columns", "column", "said"),
    [
        ({"text": pa.array(["a"]), "id": pa.array([1])}, None, r"text \(string\); id \(int64\)"),
        ({"a": pa.array([CELL]), "b": pa.array([CELL])}, None, "a, b: name one with --column"),
        ({"a": pa.array([CELL])}, "audio", "no column 'audio'. The columns are a"),
        ({"a": pa.array([1])}, "a", r"no sound \(int64\) in 'a'"),
        ({"audio": pa.array([FLOATS])}, "audio", "no column their sampling rate"),
        ({"audio": pa.array([None, b""], pa.binary())}, None, "No sound could be extracted from 2"),
    ],
)
def test_what_holds_no_sound_is_refused_with_its_columns(
    tmp_path: Path, columns: dict[str, Any], column: str | None, said: str
) -> None:
    path = table(tmp_path / "a.parquet", **columns)
    with pytest.raises(DataError, match=said):
        extract([path], tmp_path / "out", silent, column=column, workers=1)


def test_every_file_is_told_where_none_can_be_used(tmp_path: Path) -> None:
    table(tmp_path / "set" / "whole.parquet", a=pa.array([CELL]))
    (tmp_path / "set" / "empty.parquet").touch()
    with pytest.raises(DataError, match=r"(?s)None of 2 files.*empty\.parquet.*no column 'audio'"):
        extract([tmp_path / "set"], tmp_path / "out", silent, column="audio", workers=1)


def test_a_file_that_cannot_be_read_is_said_once_each_time(
    tmp_path: Path, call: Callable[..., Result]
) -> None:
    table(tmp_path / "set" / "whole.parquet", a=pa.array([CELL]))
    (tmp_path / "set" / "empty.parquet").touch()
    for _ in range(2):
        told = call("data", "extract", "set", "--to", "out", "--workers", "1")
        assert (told.exit_code, told.stdout) == (3, "1 sound, 0.0 minutes, of 1 row: out\n")
        assert (told.stdout + told.stderr).count("empty.parquet cannot be read") == 1
        assert "error: 1 whole file gave no sound: 1 could not be looked into" in told.stderr
    assert len(audio.list_audio(["out"])) == 1


def test_a_file_of_which_no_row_can_be_used_ends_the_call_otherwise_once_all_is_done(
    tmp_path: Path, call: Callable[..., Result]
) -> None:
    table(tmp_path / "set" / "bad.parquet", 1, audio=pa.array([b"no sound", b"nor this"]))
    table(tmp_path / "set" / "good.parquet", 1, audio=pa.array([b"no sound", CELL]))
    table(tmp_path / "set" / "none.parquet", audio=pa.array([], pa.binary()))
    for _ in range(2):
        told = call("data", "extract", "set", "--to", "out", "--workers", "1", "--json")
        assert told.exit_code == 3
        assert json.loads(told.stdout)["fruitless"] == ["set/bad.parquet"]
        assert "no row could be used of set/bad.parquet. All that the others gave" in told.stderr
    assert len(audio.list_audio(["out"])) == 1


def test_the_command(tmp_path: Path, call: Callable[..., Result]) -> None:
    path = broken_set(tmp_path / "set" / "train.parquet")
    done = call("data", "extract", str(path), "--to", "out", "--workers", "1")
    assert done.exit_code == 0
    assert "8 sounds" in done.stdout
    assert "8 could not be used; out/faults.jsonl names each:\n  2 × holds nothing" in done.stdout
    again = call("data", "extract", str(path), "--to", "out")
    assert (again.stdout, again.exit_code) == (done.stdout, 0)
    assert "holds all of it already" in again.stderr
    other = call("data", "extract", str(path), "--to", "out", "--features")
    assert (other.exit_code, "extracted otherwise" in other.stderr) == (3, True)
    foreign = call("data", "extract", str(path), "--to", str(path.parent))
    assert (foreign.exit_code, "is not empty" in foreign.stderr) == (3, True)
    assert [p.name for p in path.parent.iterdir()] == ["train.parquet"]
    lost = call("data", "extract", "nowhere", "--to", "out2")
    assert (lost.exit_code, "no such file or folder" in lost.stderr) == (3, True)
    assert not Path("out2").exists()
