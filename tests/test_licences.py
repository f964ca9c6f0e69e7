"""Licences of what a model is made from, and what they forbid."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from wakesmith import audio, tts
from wakesmith.errors import DataError, LicenceError
from wakesmith.events import Event, Warned, silent
from wakesmith.licence import OWN, UNKNOWN, Licence
from wakesmith.pipeline import status
from wakesmith.plan import speakers
from wakesmith.recipe import Recipe, load
from wakesmith.sources.download import located
from wakesmith.stages import licences
from wakesmith.stages.gather import gather
from wakesmith.store import Store

NC = {"name": "CC-BY-NC-4.0", "commercial": False, "note": "name the makers"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of downloads with a source ``mine`` that forbids commercial use."""
    place = tmp_path / "downloads"
    monkeypatch.setenv("WAKESMITH_DATA", str(place))
    folder = place / "data" / "mine"
    (folder / "deep").mkdir(parents=True)
    (folder / "SOURCE.json").write_text(json.dumps({"licence": NC, "files": {}}))
    entry = {"about": "x", "licence": NC, "files": [{"address": "https://example.org/a.npy"}]}
    (place / "catalog.yaml").write_text(json.dumps({"mine": entry}))
    return place


def recipe(*overrides: str) -> Recipe:
    return load(None, phrase="hey saga", overrides=overrides)


def test_every_source_has_the_licence_that_is_stated(data: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted" / "inner"
    noted.mkdir(parents=True)
    (tmp_path / "noted" / "LICENCE.yaml").write_text("{name: CC0-1.0, commercial: true}")
    bare = tmp_path / "bare"
    bare.mkdir()
    chosen = recipe(
        f"recordings.folders=['{bare}']",
        f"negatives.background=['data:mine/deep', '{noted}', '{data / 'data/mine/deep'}']",
        "negatives.slices=[{of: 'https://example.org/a.npy'}, {of: 'hf://datasets/a/b/c.npy'}]",
        f"mix.rooms=['{bare}']",
        f"micro.sets=[{{folder: '{bare}'}}]",
    )
    forbidding = Licence("CC-BY-NC-4.0", False, note="name the makers")
    found = [(one.what, one.licence) for one in licences.of_places(chosen)]
    assert found == [
        ("recordings", OWN),
        ("background", forbidding),
        ("background", Licence("CC0-1.0", True)),
        ("background", forbidding),
        ("rows of features", forbidding),
        ("rows of features", UNKNOWN),
        ("rooms", UNKNOWN),
    ]
    (bare / "LICENCE.yaml").write_text("{name: mine, comercial: true}")
    with pytest.raises(DataError, match=r"bare/LICENCE\.yaml cannot be used.*unknown comercial"):
        licences.of_places(chosen)


def test_a_download_stands_wherever_sound_does(data: Path, call: Callable[..., Result]) -> None:
    folder = data / "data" / "mine"
    for name in ("anna/1.wav", "anna/2.wav", "ben/3.wav"):
        (folder / name).parent.mkdir(exist_ok=True)
        pcm = np.random.default_rng([len(name), name[-5] == "2"]).normal(0, 3000, 8000)
        audio.write(folder / name, pcm.astype(np.int16))
    places = ("recordings.folders", "negatives.recordings", "negatives.background", "mix.noises")
    told = ("feedback.misses", "feedback.false_accepts", "feedback.ambient")
    chosen = recipe(*(f"{place}=['data:mine']" for place in (*places, *told)))
    found = gather(chosen, data / "files.json", silent)
    groups = (found.recordings, found.other_recordings, found.background, found.noises)
    fed_back = (found.misses, found.false_accepts, found.ambient)
    assert [len(files) for files in (*groups, *fed_back)] == [3] * 7
    count = speakers.speakers(found.recordings, chosen.recordings.folders)
    assert count == {"anna": 2, "ben": 1}
    assert call("new", "saga", "--phrase", "hey saga").exit_code == 0
    brought = call("import", "saga", "data:mine")
    assert "3 recordings brought into" in brought.stdout
    assert [p.parent.name for p in Path("saga/recordings/phrase").rglob("*.wav")].count("anna") == 2
    licence = licences.stated(Path("saga/recordings/phrase"))
    assert licence is not None
    assert (licence.name, licence.commercial) == ("the user's own; CC-BY-NC-4.0", False)
    call("import", "saga", "data:mine")
    assert licences.stated(Path("saga/recordings/phrase")) == licence
    missing = call("evaluate", "none", "--positives", "data:musan", "--negatives", "data:mine")
    assert "data:musan is not downloaded" in missing.stderr


def test_commercial_use_refuses_before_any_work(data: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    chosen = recipe("negatives.background=['data:mine']", f"mix.rooms=['{bare}']")
    heard: list[Event] = []
    licences.check(False, licences.of_places(chosen), heard.append)
    assert not heard
    refused = recipe("commercial=true", "negatives.background=['data:mine']")
    with pytest.raises(LicenceError, match=r"forbidden for background data:mine, CC-BY-NC-4\.0"):
        status(refused, Store(tmp_path / "store", create=False))
    assert not (tmp_path / "store").exists()
    unknown = recipe("commercial=true", f"mix.rooms=['{bare}']")
    licences.check(True, licences.of_places(unknown), heard.append)
    (warned,) = heard
    assert isinstance(warned, Warned)
    assert f"not known of rooms {bare}" in warned.message


def test_the_command_names_what_forbids(data: Path, call: Callable[..., Result]) -> None:
    said = call("train", "hey saga", "--commercial", "--set", "mix.noises=['data:mine']")
    assert said.exit_code == 9
    assert "noises data:mine, CC-BY-NC-4.0" in said.stderr
    assert not list(Path("runs").glob("*"))
    assert not Path(".wakesmith/done").exists() or not list(Path(".wakesmith/done").iterdir())


def test_voices_say_theirs() -> None:
    for engine, offered in {"flite": ("slt", "rms"), "espeak": ("gmw/en-US",)}.items():
        assert all(tts.licence(engine, voice).commercial for voice in offered)
    flite, espeak = licences.of_voices({"flite": ("slt", "rms"), "espeak": tuple("abcdefghi")})
    assert flite.where == "slt, rms"
    assert espeak.where.endswith("and 3 more")
    assert licences.table([flite])[-1].startswith("| voices of flite | slt, rms | [BSD-style")


def test_a_place_of_the_catalog_stands_for_a_folder(data: Path, tmp_path: Path) -> None:
    assert recipe("negatives.background=['data:mine/deep']").negatives.background == (
        "data:mine/deep",
    )
    assert located("data:mine/deep") == data / "data" / "mine" / "deep"
    with pytest.raises(DataError, match="wakesmith data download musan"):
        status(recipe("mix.noises=['data:musan']"), Store(tmp_path / "store"))
    with pytest.raises(DataError, match=r"mine holds no \.npy"):
        status(recipe("negatives.features=['data:mine']"), Store(tmp_path / "store"))
