"""Rows of a feature file that is too large to download."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from web import Web, served

from wakesmith.audio import write
from wakesmith.errors import DataError, RecipeError
from wakesmith.events import silent
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.slices import Slice, draw_slices
from wakesmith.recipe import Recipe, load
from wakesmith.sources.catalog import source
from wakesmith.sources.download import download
from wakesmith.sources.remote import look, read_rows
from wakesmith.stages import slices
from wakesmith.stages.gather import gather
from wakesmith.store import Store

WINDOWS = np.random.default_rng([3]).normal(size=(3_000, 16, 96)).astype(np.float16)


def saved(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


LARGE = saved(WINDOWS)  # 9 MB


@pytest.fixture
def web() -> Iterator[Web]:
    with served(files={"large.npy": LARGE}) as server:
        yield server


def recipe(address: str, rows: int = 80, run: int = 20, seed: int = 0, *more: str) -> Recipe:
    chosen = f"negatives.slices=[{{of: '{address}', rows: {rows}, run: {run}}}]"
    return load(None, phrase="hey saga", overrides=[chosen, f"seed={seed}", *more])


def drawn(asked: Recipe, index: Path) -> Slice:
    (one,) = draw_slices(asked, slices.find(asked, index))
    return one


def taken(one: Slice) -> np.ndarray:
    return np.concatenate([WINDOWS[first : first + count] for first, count in one.runs])


def test_a_slice_transfers_little_and_is_the_rows_that_were_drawn(web: Web, tmp_path: Path) -> None:
    one = drawn(recipe(web.at("large.npy")), tmp_path / "files.json")
    assert one.rows == 80
    slices.fetch(tmp_path, one, silent)
    assert np.array_equal(np.load(tmp_path / "rows.npy"), taken(one))
    assert web.sent < 0.03 * len(LARGE)
    assert len(web.asked) <= 2 + len(one.runs)  # runs lie together, so requests are few
    assert {path.name for path in tmp_path.iterdir()} == {"files.json", "rows.npy"}


def test_a_slice_that_is_cut_goes_on_where_it_was(web: Web, tmp_path: Path) -> None:
    one = drawn(recipe(web.at("large.npy")), tmp_path / "files.json")
    rows = read_rows(one.path, one.array, *one.runs[0])
    np.save(tmp_path / "run-00000.npy", rows)  # as a kill left it
    web.cuts, web.asked[:] = [100], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", lambda seconds: None)
        slices.fetch(tmp_path, one, silent)
    assert np.array_equal(np.load(tmp_path / "rows.npy"), taken(one))
    assert len(web.bodies()) == len(one.runs)  # one fewer runs, and one twice


def test_what_was_looked_at_needs_no_network_again(web: Web, tmp_path: Path) -> None:
    asked = recipe(web.at("large.npy"))
    first = drawn(asked, tmp_path / "files.json")
    web.files.clear()
    assert drawn(asked, tmp_path / "files.json") == first


def test_gather_remembers_it_beside_the_files(web: Web, tmp_path: Path, noise: np.ndarray) -> None:
    (tmp_path / "sound").mkdir()
    write(tmp_path / "sound" / "noise.wav", noise)
    store = Store(tmp_path / "store")
    asked = recipe(web.at("large.npy"), 80, 20, 0, f"mix.noises=['{tmp_path / 'sound'}']")
    first = gather(asked, store.root / "files.json", silent)
    web.files.clear()
    assert gather(asked, store.root / "files.json", silent) == first
    assert first.slices[0].array.shape == WINDOWS.shape


def test_draws_are_spread_and_hang_on_the_seed_alone(web: Web, tmp_path: Path) -> None:
    def of(**given: int) -> Slice:
        return drawn(recipe(web.at("large.npy"), **given), tmp_path / "files.json")

    one = of()
    assert one == of()
    assert one.runs != of(seed=1).runs
    for number, (first, count) in enumerate(one.runs):
        low, high = 3_000 * number // 4, 3_000 * (number + 1) // 4
        assert low <= first
        assert first + count <= high
    assert of(rows=90, run=40).rows == 90
    everything = of(rows=9_999, run=7)
    covered = {i for first, count in everything.runs for i in range(first, first + count)}
    assert len(covered) == everything.rows
    assert everything.rows > 2_990


def test_where_a_file_lies_does_not_name_its_rows(web: Web, tmp_path: Path) -> None:
    web.files["copy.npy"] = LARGE
    names = {
        fingerprint(drawn(recipe(web.at(name)), tmp_path / "files.json"))
        for name in ("large.npy", "copy.npy")
    }
    assert len(names) == 1


def test_servers_and_files_that_do_not_serve(web: Web, tmp_path: Path) -> None:
    web.ranges = False
    with pytest.raises(DataError, match=r"sends no parts of files.*Download the whole"):
        look([web.at("large.npy")])
    web.ranges = True
    with pytest.raises(DataError, match=r"gone\.npy answers 404"):
        look([web.at("gone.npy")])
    said: list[str] = []
    look([web.at("gone.npy"), web.at("large.npy")], say=said.append)
    assert said == [f"{web.at('gone.npy')} answers 404 Not Found; trying {web.at('large.npy')}"]
    web.files["text.npy"] = b"not an array at all"
    with pytest.raises(DataError, match=r"is no \.npy"):
        look([web.at("text.npy")])
    web.files["cut.npy"] = LARGE[:-1]
    with pytest.raises(DataError, match="its header speaks of"):
        look([web.at("cut.npy")])
    web.files["odd.npy"] = saved(np.zeros((40, 16, 95), np.float16))
    with pytest.raises(DataError, match=r"odd\.npy holds float16 of shape \[40, 16, 95\]"):
        slices.find(recipe(web.at("odd.npy")), tmp_path / "files.json")
    with pytest.raises(RecipeError, match="must begin with data:"):
        recipe("features.npy")


def test_a_slice_of_the_catalog_on_a_hub(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", web.address)
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path))
    web.hub["datasets/someone/rows/resolve/main/large.npy"] = "large.npy"
    catalog = "mine: {about: x, files: [{address: hf://datasets/someone/rows/large.npy}]}"
    (tmp_path / "catalog.yaml").write_text(catalog)
    one = drawn(recipe("data:mine"), tmp_path / "files.json")
    slices.fetch(tmp_path, one, silent)
    assert np.array_equal(np.load(tmp_path / "rows.npy"), taken(one))
    # Once the whole of it is downloaded, it is asked for there.
    download(source("mine"))
    web.asked.clear()
    (tmp_path / "again").mkdir()
    slices.fetch(tmp_path / "again", drawn(recipe("data:mine"), tmp_path / "other.json"), silent)
    assert np.array_equal(np.load(tmp_path / "again" / "rows.npy"), taken(one))
    assert not web.asked
    with pytest.raises(DataError, match=r"is not one \.npy; there is data:mine/large\.npy"):
        slices.find(recipe("data:mine/small.npy"), tmp_path / "files.json")
