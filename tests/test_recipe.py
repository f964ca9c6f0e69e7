"""Reading recipes: layers, presets, mistakes, and the way back to YAML."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import written
from hypothesis import given, settings
from hypothesis import strategies as st

from wakesmith.errors import RecipeError
from wakesmith.recipe import Recipe, Synth, dumps, load, read, schema, show
from wakesmith.recipe.fields import Part
from wakesmith.recipe.presets import PRESETS
from wakesmith.recipe.yamltext import dump, parse


def mistakes(path: Path | None = None, **more: object) -> str:
    with pytest.raises(RecipeError) as caught:
        load(path, **more)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_phrase_is_enough() -> None:
    recipe = load(phrase="  hey   saga ")
    assert recipe.phrase == "hey saga"
    assert recipe.file_name == "hey_saga"
    assert recipe.preset == "standard"


def test_layers_lie_over_one_another(tmp_path: Path) -> None:
    path = written(tmp_path, "phrase: hey saga\nseed: 1\nsynth: {positives: 10, test: 20}\n")
    recipe = load(path, preset="quick", overrides=["synth.test=30"])
    assert recipe.synth.positives == 10  # the file over the preset
    assert recipe.synth.test == 30  # --set over the file
    assert (
        recipe.synth.near_misses == PRESETS["quick"]()["synth"]["near_misses"]
    )  # the preset over the default
    assert recipe.synth.run_on == Synth().run_on
    assert recipe.seed == 1


def test_the_standard_preset_is_what_the_defaults_are() -> None:
    assert Recipe(phrase="saga") == Recipe(phrase="saga", preset="standard")
    assert Recipe(phrase="saga").synth == Synth()


def test_presets_grow() -> None:
    quick, standard, thorough = (
        dict(leaves(PRESETS[name]())) for name in ("quick", "standard", "thorough")
    )
    for field, size in quick.items():
        assert size < standard[field] < thorough[field], field


def leaves(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        yield from leaves(value) if isinstance(value, dict) else [(key, value)]


def test_presets_fill_in_recipes_made_in_python() -> None:
    recipe = Recipe(phrase="saga", preset="quick", synth=Synth(engines={"flite": 1}))
    assert recipe.synth.positives == PRESETS["quick"]()["synth"]["positives"]
    assert recipe.synth.engines == {"flite": 1}


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe(phrase="saga").phrase = "other"


def test_a_models_manifest_is_no_recipe(tmp_path: Path) -> None:
    for text in (
        '{"type": "micro", "wake_word": "Alexa", "micro": {}}',
        '{"phrase": "hey saga", "models": {"tflite": "hey_saga.tflite"}, "format": 1}',
    ):
        manifest = tmp_path / "manifest.json"
        manifest.write_text(text)
        told = mistakes(manifest)
        assert told.startswith(f"{manifest}: is the manifest of a finished model, not a recipe")
        assert "recipe.yaml" in told
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("phrase: hey saga\ntype: micro\nmicro: {train: {steps: 5}}\n")
    assert "type (line 2): is not known" in mistakes(recipe)


def test_all_mistakes_are_told_at_once_with_path_line_and_the_closest_key(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
phrase: hey saga
synth:
  positvies: 3
  speed: [1.3, 0.8]
  engines: {festival: 1}
  voices: slt
steps: 10
mix:
  room: 1.5
  snr: [1]
targets: 5
""",
    )
    said = mistakes(path, overrides=["seed=-1", "nonsense"])
    assert "10 mistakes" in said
    assert "synth.positvies (line 3): is not known; did you mean positives?" in said
    assert "synth.speed (line 4): the range [1.3, 0.8] must be written low to high" in said
    assert "synth.engines.festival (line 5)" in said
    assert "synth.voices (line 6): must be a list: [slt]" in said
    assert (
        "steps (line 7): is not known here; did you mean train.steps or micro.train.steps?" in said
    )
    assert "mix.room (line 9)" in said
    assert "mix.snr.1 (line 10): is missing" in said
    assert "--set nonsense: must be written path=value" in said
    assert "seed: must be greater than or equal to 0, not -1 (--set)" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phrase: [", "line 1: is not YAML"),
        ("phrase: a\nseed: 1\nseed: 2\n", "seed (line 3): stands twice; first on line 2"),
        ("synth: {test: 1, test: 2}", "synth.test (line 1): stands twice"),
        ("phrase: a\nnetwork: {window: 20}", "network (line 2): window 20 and smoothing 7"),
        ("phrase: a\nmix: {offset: [-0.5, 0]}", "mix.offset (line 2): [-0.5, 0.0] reaches beyond"),
        (
            "phrase: a\nnetwork: {window: 20, smoothing: 1}\nmix: {offset: [0, 0.2]}",
            "mix.offset ends at 0.2 s, but of windows of 20 frames",
        ),
        ("phrase: a\ntrain: {label_smoothing: 0.5}", "train.label_smoothing (line 2)"),
        ("phrase: a\nmix: {offset: [0, 0.6]}", "mix.offset (line 2): [0.0, 0.6] reaches beyond"),
        (
            "phrase: a\nnegatives: {validation_share: 0.5, test_share: 0.5}",
            "negatives (line 2): validation_share 0.5 and test_share 0.5 leave no background",
        ),
        ("- hey saga", "holds no keys"),
        ("", "phrase: is missing"),
        (
            "phrase: a\nsynth: {positive: 5}",
            "synth.positive (line 2): is not known here; did you mean synth.positives or "
            "train.batch.positive or micro.train.batch.positive?",
        ),
        ("phrase: 42", "phrase (line 1): must be text, not 42"),
        ("phrase: '...'", "there is no letter in it"),
        ("phrase: &x saga\nname: *x", "anchors and aliases"),
        ("a: &x [*x]", "anchors and aliases"),
        ("phrase: !!python/object/apply:os.getcwd []", "the tag"),
        ("phrase: saga\n? [a, b]\n: 1", "a key must be a word"),
        ("phrase: saga\n---\nphrase: other", "another document"),
        ("phrase: saga\nseed: " + "9" * 5000, "seed (line 2): is not a"),
        ("phrase: saga\nseed: true", "must be a number, not true"),
        ("phrase: saga\nmix: {snr: [0, .inf]}", "a finite number"),
        ("phrase: saga\nsynth: {speed: [-1, 1]}", "synth.speed.0 (line 2)"),
        ("phrase: saga\nsynth: {engines: {flite: 0}}", "at least one engine"),
        ("phrase: saga\npreset: huge", "preset (line 2): must be 'quick', 'standard'"),
        ("[" * 5000, "nested too deeply"),
        ("phrase: \x00", "holds a character"),
        ("# " + "x" * (1 << 20), "too large"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in mistakes(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert "there is no such recipe" in mistakes(tmp_path / "none.yaml")
    assert "cannot be read" in mistakes(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes("phrase: hé".encode("latin-1"))
    assert "UTF-8" in mistakes(path)


def test_words_that_old_yaml_takes_for_truth_are_words(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "phrase: no\nspellings: [on, 12:30, 2024-01-01, 1_000]\n"
        "alignment: {enabled: off}\ntrain: {learning_rate: 1e-4}\n",
    )
    recipe = load(path)
    assert recipe.phrase == "no"
    assert recipe.spellings == ("on", "12:30", "2024-01-01", "1_000")
    assert recipe.alignment.enabled is False
    assert recipe.train.learning_rate == 1e-4


def test_a_section_left_empty_is_as_good_as_not_there(tmp_path: Path) -> None:
    assert load(written(tmp_path, "phrase: saga\nsynth:\nmix: {room: }\n")) == load(phrase="saga")


def test_folders_are_meant_from_the_recipe_and_from_where_you_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = written(
        tmp_path / "recipes",
        "phrase: saga\nnegatives: {background: [tv, /abs/x]}\nrecordings: {folders: [../mine]}\n",
    )
    loaded = read(
        "../recipes/word.yaml",
        recordings=["said"],
        background=[Path("room")],
        overrides=["mix.rooms=[halls]"],
    )
    assert loaded.recipe.negatives.background == (
        str(path.parent / "tv"),
        "/abs/x",
        str(tmp_path / "here" / "room"),
    )
    assert loaded.recipe.recordings.folders == (
        str(tmp_path / "mine"),
        str(tmp_path / "here" / "said"),
    )
    assert loaded.recipe.mix.rooms == (str(tmp_path / "here" / "halls"),)


def test_show_names_who_chose_each_value_and_is_a_recipe(tmp_path: Path) -> None:
    path = written(tmp_path, "phrase: hey saga\nsynth: {test: 7}\n", "my\nword.yaml")
    loaded = read(path, preset="quick", overrides=["seed=3", 'name="#: no"'])
    text = show(loaded)
    rows = {line.split(":")[0].strip(): line for line in text.splitlines() if "  # " in line}
    assert rows["phrase"].endswith("# my?word.yaml")
    assert rows["positives"].endswith("# preset quick")
    assert rows["seed"].endswith("# --set")
    assert rows["preset"].endswith("# command line")
    assert rows["workers"].endswith("# default")
    assert load(written(tmp_path, text, "shown.yaml")) == loaded.recipe


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
)


@settings(max_examples=25, deadline=None)
@given(
    phrase=words.filter(lambda text: any(letter.isalnum() for letter in text)),
    spellings=st.lists(words.filter(lambda text: any(c.isalnum() for c in text)), max_size=3),
    name=words,
    seed=st.integers(0, 2**70),
    rate=st.floats(1e-12, 1e6, allow_subnormal=False),
)
def test_a_recipe_survives_yaml(
    tmp_path_factory: pytest.TempPathFactory,
    phrase: str,
    spellings: list[str],
    name: str,
    seed: int,
    rate: float,
) -> None:
    recipe = Recipe.model_validate(
        {
            "phrase": phrase,
            "spellings": spellings,
            "name": name,
            "seed": seed,
            "train": {"learning_rate": rate},
        }
    )
    path = tmp_path_factory.getbasetemp() / "survivor.yaml"
    for text in (dumps(recipe), show(read(phrase=phrase))):
        path.write_text(text, encoding="utf-8")
        assert load(path) == (recipe if text == dumps(recipe) else load(phrase=phrase))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=15,
)


@settings(max_examples=50, deadline=None)
@given(values)
def test_yaml_gives_back_what_was_dumped(value: object) -> None:
    document = parse(dump(value))
    assert document.problems == ()
    assert document.value == value


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_recipe_or_a_recipe_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "wild.yaml"
    path.write_text(text.encode("utf-8", "replace").decode(), encoding="utf-8", newline="")
    with contextlib.suppress(RecipeError):
        load(path)


def test_the_schema_describes_every_field() -> None:
    described = schema()
    json.dumps(described)
    parts = [described, *described["$defs"].values()]
    for part in parts:
        assert part["additionalProperties"] is False
        for name, field in part["properties"].items():
            inner = described["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {})
            assert field.get("description") or inner.get("description"), name
    assert described["properties"]["phrase"]["type"] == "string"
    assert described["required"] == ["phrase"]


def test_every_part_is_strict() -> None:
    for part in Part.__subclasses__():
        assert part.model_config["extra"] == "forbid"
        assert part.model_config["frozen"] is True


def test_some_recordings_are_left_to_train_on() -> None:
    with pytest.raises(RecipeError, match=r"recordings.*leave no recording to train on"):
        load(None, phrase="saga", overrides=["recordings.validation_share=0.95"])
