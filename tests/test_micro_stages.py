"""Both front ends hear the same sound; the teacher's logits; entries become a training's data."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plans
import pytest
import torch

from wakesmith import audio, recipe
from wakesmith.errors import DataError
from wakesmith.events import silent
from wakesmith.executor import cores
from wakesmith.families.microwakeword.features import spectra
from wakesmith.families.microwakeword.ragged import write_set
from wakesmith.plan.groups import WARM_UP
from wakesmith.plan.sources import File, Sources
from wakesmith.plan.whole import Plan
from wakesmith.recipe import Recipe, SpectrogramSet
from wakesmith.stages import background, banks, shards, synth
from wakesmith.stages.micro.dataset import MicroFolders, micro_dataset
from wakesmith.stages.micro.sets import spectrogram_set
from wakesmith.stages.micro.teach import Lesson, taught, teach
from wakesmith.stages.train import (
    HEARD_WITHIN,
    Data,
    Group,
    load_network,
    positives,
    streams,
    train,
)

SECONDS = 70.0
CHOSEN = plans.recipe(
    "mix.noise_minutes=0.5",
    "mix.simulated_rooms=2",
    "negatives.noise_minutes=0.3",
    "negatives.validation_share=0",
    "negatives.test_share=0",
    "synth.validation=4",
)


@dataclass(frozen=True)
class Made:
    """Finished entries of a noise group and of background, by either front end."""

    bank: Path
    plan: Plan
    groups: dict[str, Path]
    """``embedding noise-validation``, ``micro noise-validation`` and so on."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("entries")
    pcm = np.random.default_rng(1).normal(0, 900, int(SECONDS * 16_000)).astype(np.int16)
    audio.write(folder / "room.wav", pcm)
    file = File(str(folder / "room.wav"), "digest", SECONDS)
    plan = plans.plan_of(CHOSEN, Sources(background=(file,)))
    bank = folder / "bank"
    bank.mkdir()
    banks.banks(bank, plan.banks, 1, silent)
    groups = {}
    for frontend in ("embedding", "micro"):
        for group in plan.groups:
            if group.name in ("noise-train", "noise-validation"):
                out = groups[f"{frontend} {group.name}"] = folder / f"{frontend}-{group.name}"
                out.mkdir()
                synth.synth(out, group, bank, 1, silent, frontend)
        out = groups[f"{frontend} background-train"] = folder / f"{frontend}-background"
        out.mkdir()
        background.background(out, plan.background["train"], bank, 1, silent, frontend)
    return Made(bank, plan, groups)


def test_both_front_ends_hear_the_same_windows(made: Made) -> None:
    embedded = synth.load(made.groups["embedding noise-validation"])
    micro = synth.load_micro(made.groups["micro noise-validation"])
    assert embedded.audio is not None
    assert micro.frames.dtype == np.int8
    np.testing.assert_array_equal(micro.frames, spectra(np.array(embedded.audio)))
    np.testing.assert_array_equal(micro.spans, embedded.spans)
    names = "embedding noise-validation", "micro noise-validation"
    labels = [(made.groups[name] / "labels.jsonl").read_bytes() for name in names]
    assert labels[0] == labels[1]
    files = {path.name for path in made.groups["micro noise-validation"].iterdir()}
    assert files == {"micro.npy", "spans.npy", "labels.jsonl"}


def test_both_front_ends_hear_the_same_background(made: Made) -> None:
    folders = [made.groups[f"{name} background-train"] for name in ("embedding", "micro")]
    frames = np.load(folders[0] / "frames.npy"), np.load(folders[1] / "micro.npy")
    starts = [np.load(folder / "starts.npy") for folder in folders]
    assert len(starts[0]) == len(starts[1]) == 3  # as it is, and two mixed blocks of 30 s
    chunks, spectrum = (np.diff(np.append(s, len(f))) for s, f in zip(starts, frames, strict=True))
    np.testing.assert_array_equal((chunks + WARM_UP) * 8 - 2, spectrum // 8 * 8 + 6)
    pcm = audio.read(made.groups["micro background-train"].parent / "room.wav").pcm
    first = frames[1][: starts[1][1]]
    np.testing.assert_array_equal(first, spectra(pcm[None])[0])


def test_one_pass_is_two(made: Made, tmp_path: Path) -> None:
    """Spectra kept by those who embed the sound are what the micro front end makes itself."""
    group = next(g for g in made.plan.groups if g.name == "noise-validation")
    tasks = made.plan.background["train"]
    for name in ("both", "spectra", "both-background", "spectra-background"):
        (tmp_path / name).mkdir()
    synth.synth(tmp_path / "both", group, made.bank, 1, silent, spectra_too=True)
    background.background(
        tmp_path / "both-background", tasks, made.bank, 1, silent, spectra_too=True
    )
    nowhere = tmp_path / "no bank"  # so nothing can be mixed anew
    kept = tmp_path / "both"
    shards.file(tmp_path / "spectra", 0).write_bytes(b"of a run that was killed")
    synth.synth(tmp_path / "spectra", group, nowhere, 1, silent, "micro", kept=kept)
    kept = tmp_path / "both-background"
    background.background(
        tmp_path / "spectra-background", tasks, nowhere, 1, silent, "micro", kept=kept
    )
    for ours, theirs in {
        "both": "embedding noise-validation",
        "spectra": "micro noise-validation",
        "both-background": "embedding background-train",
        "spectra-background": "micro background-train",
    }.items():
        for path in made.groups[theirs].iterdir():
            assert (tmp_path / ours / path.name).read_bytes() == path.read_bytes(), path
    alone = {path.name for path in made.groups["micro background-train"].iterdir()}
    assert {path.name for path in (tmp_path / "spectra-background").iterdir()} == alone


def test_shards_without_spectra_are_kept(made: Made, tmp_path: Path) -> None:
    """Half of an entry is there from a run that wanted embeddings only: nothing is done again."""
    group = next(g for g in made.plan.groups if g.name == "noise-train")
    whole = tmp_path / "whole"
    whole.mkdir()
    synth.make_shard(synth.Task(shards.file(whole, 0), made.bank, group.shards()[0]))
    synth.synth(whole, group, made.bank, 1, silent, spectra_too=True)
    assert not (whole / "micro.npy").exists()
    theirs = made.groups["embedding noise-train"] / "frames.npy"
    assert (whole / "frames.npy").read_bytes() == theirs.read_bytes()
    own = tmp_path / "own"
    own.mkdir()
    synth.synth(own, group, made.bank, 1, silent, "micro", kept=whole)
    theirs = made.groups["micro noise-train"] / "micro.npy"
    assert (own / "micro.npy").read_bytes() == theirs.read_bytes()


def teacher(folder: Path) -> Path:
    """A network of the other family, hardly trained."""
    network = recipe.Network(layer_size=4, blocks=0, window=8, members=1, smoothing=3)
    dice = np.random.default_rng(0)
    said = positives(
        dice.normal(0, 9, (9, 16, 96)).astype(np.float32), np.full(9, 12.0), HEARD_WITHIN, 8
    )
    other = streams(dice.normal(0, 9, (99, 96)).astype(np.float32), np.zeros(1, np.int64), 8)
    groups = Group([said]), Group([other])
    data = Data(groups[0], None, None, groups[1], *groups)
    list(train(network, recipe.Train(steps=1), recipe.Targets(), data, 0, folder, "cpu", 1))
    return folder / "network.pt"


@pytest.mark.parametrize("name", ["noise-train", "background-train"])
def test_the_teacher_is_asked_at_the_same_time(name: str, made: Made, tmp_path: Path) -> None:
    lesson = Lesson(made.groups[f"embedding {name}"], made.groups[f"micro {name}"])
    path = teacher(tmp_path)
    teach(tmp_path, path, {name: lesson}, silent, 1)
    logits = np.load(taught(tmp_path, name))
    rows = np.load(lesson.spectra / "micro.npy")
    assert logits.shape == (rows.size // 40,)
    frames = np.load(lesson.embeddings / "frames.npy")
    frames = frames[0] if frames.ndim == 3 else frames
    whole, _ = load_network(path)
    inner = whole.inner
    assert isinstance(inner, torch.nn.Module)
    with torch.inference_mode():
        expected = inner(torch.from_numpy(frames[None, 5:13].astype(np.float32))).item()
    # That window's last embedding ends with chunk WARM_UP + 12, at 1.84 s; spectra end each 10 ms.
    end = (WARM_UP + 13) * 8 - 3
    assert logits[end] == pytest.approx(expected, abs=2e-3)
    first = (WARM_UP + 8) * 8 - 3
    assert np.isnan(logits[:first]).all()
    assert not np.isnan(logits[first : first + 100]).any()
    before = taught(tmp_path, name).stat().st_mtime_ns
    teach(tmp_path, path, {name: lesson}, silent, 1)
    assert taught(tmp_path, name).stat().st_mtime_ns == before  # what is there is not made again


@pytest.mark.parametrize(("threads", "kept"), [(1, 1), (2, 2), (0, cores())])
def test_the_teacher_keeps_to_its_threads(
    threads: int, kept: int, made: Made, tmp_path: Path
) -> None:
    lesson = Lesson(made.groups["embedding noise-train"], made.groups["micro noise-train"])
    path, before = teacher(tmp_path), torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        teach(tmp_path, path, {"noise-train": lesson}, silent, threads)
        assert torch.get_num_threads() == kept
    finally:
        torch.set_num_threads(before)


def folders_of(made: Made, tmp_path: Path, chosen: Recipe) -> MicroFolders:
    sets = []
    for number, one in enumerate(chosen.micro.sets):
        entry = tmp_path / f"entry-{number}"
        entry.mkdir()
        spectrogram_set(entry, Path(one.folder), one.truth, silent)
        sets.append(entry)
    return MicroFolders(
        groups={n: made.groups[f"micro {n}"] for n in ("noise-train", "noise-validation")},
        background={"train": made.groups["micro background-train"]},
        sets=tuple(sets),
    )


def test_sets_and_entries_are_trained_on_together(made: Made, tmp_path: Path) -> None:
    dice = np.random.default_rng(2)
    clips = [dice.integers(-120, -20, (n, 40)).astype(np.int8) for n in (250, 300, 260, 900)]
    write_set(tmp_path / "said", {"training": clips[:2], "validation": clips[2:3]})
    write_set(tmp_path / "room", {"training": clips[3:]})
    chosen = CHOSEN.model_copy(
        update={
            "micro": recipe.Micro(
                sets=(
                    SpectrogramSet(folder=str(tmp_path / "said"), truth=True, penalty_weight=2.0),
                    SpectrogramSet(folder=str(tmp_path / "room"), sampling_weight=3.0),
                )
            )
        }
    )
    data = micro_dataset(chosen, folders_of(made, tmp_path, chosen), silent)
    assert data.positive.group.windows == 2 * 3
    assert data.positive.sources[0].penalty == 2.0
    assert (data.positive.sources[0].truth == 1).sum() == 2 * 11
    assert data.near_miss is data.speech is None
    assert data.background is not None
    shares = data.background.group.shares
    assert len(shares) == 3
    assert shares[2] == pytest.approx(0.75)
    assert len(data.held.sayings) == 1
    assert len(data.held.background) == 60


def test_no_saying_of_the_phrase_is_said(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there must be sayings of the phrase"):
        micro_dataset(CHOSEN, folders_of(made, tmp_path, CHOSEN), silent)
