"""What of a recipe cannot work, so far as a glance tells: said before the long work, all at once.

Each look is one that the run takes later anyhow, and says what that would; here none reads sound.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from wakesmith import audio, tts
from wakesmith.errors import Cancelled, MissingExtra, RecipeError, WakesmithError
from wakesmith.events import Emit, silent
from wakesmith.families.microwakeword.shape import shape_of
from wakesmith.plan import texts
from wakesmith.plan.cast import cast, made_up
from wakesmith.recipe import Recipe
from wakesmith.sources.download import located
from wakesmith.stages import licences, slices, start
from wakesmith.stages.feature_files import feature_file, feature_paths
from wakesmith.stages.micro import sets
from wakesmith.words import count_of

Look = Callable[[], object]
"""Raises what is wrong with one thing."""


def check(recipe: Recipe, store: Path, emit: Emit) -> None:
    """Raise what is wrong: of one thing its own error, of several their kind's that names all.

    Several of different kinds are a ``RecipeError``. ``store`` is the store's root; ``emit`` hears
    what is met on the way.
    """
    faults: dict[str, WakesmithError] = {}  # by what they say: two looks may meet the same
    for look in _looks(recipe, store, emit):
        try:
            look()
        except (Cancelled, MissingExtra):
            raise
        except WakesmithError as fault:
            faults.setdefault(str(fault), fault)
    if len(faults) == 1:
        raise next(iter(faults.values()))
    if faults:
        kinds = {type(fault) for fault in faults.values()}
        kind = kinds.pop() if len(kinds) == 1 else RecipeError
        told = "".join(f"\n  {fault}" for fault in faults)
        raise kind(f"{count_of(len(faults), 'mistake')}, and nothing was begun:{told}")


def _looks(recipe: Recipe, store: Path, emit: Emit) -> Iterator[Look]:
    micro = "microwakeword" in recipe.families
    yield from (partial(_sound, field, place) for field, place in _places(recipe))
    for place in recipe.negatives.features:
        yield partial(_features, place, recipe.network.window)
    if recipe.negatives.slices:
        yield partial(slices.find, recipe, store / slices.INDEX, emit)
    if micro:
        yield partial(shape_of, recipe.micro.network)
        yield from (partial(_set, one.folder) for one in recipe.micro.sets)
        yield partial(_begun, recipe, store, "microwakeword")
    if "openwakeword" in recipe.families or recipe.taught:
        yield partial(_begun, recipe, store, "openwakeword")
    yield partial(_voices, recipe)
    yield partial(texts.check, recipe)


def _places(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Where sound is looked for, and the field that says so."""
    told = recipe.feedback
    for field, places in (
        ("recordings.folders", recipe.recordings.folders),
        ("negatives.recordings", recipe.negatives.recordings),
        ("negatives.background", recipe.negatives.background),
        ("mix.noises", recipe.mix.noises),
        ("mix.rooms", recipe.mix.rooms),
        ("feedback.misses", told.misses),
        ("feedback.false_accepts", told.false_accepts),
        ("feedback.ambient", told.ambient),
    ):
        yield from ((field, place) for place in places)


def _sound(field: str, place: str) -> None:
    """There is a sound file."""
    with _of(field):
        audio.check_there(located(place))


def _features(place: str, window: int) -> None:
    for path in feature_paths(located(place)):
        feature_file(path, window)


def _set(place: str) -> None:
    sets.files_of(located(place))


def _begun(recipe: Recipe, store: Path, family: str) -> None:
    """The earlier network is there, and of the same shape."""
    micro = family == "microwakeword"
    place = recipe.micro.train.start_from if micro else recipe.train.start_from
    if not place:
        return
    with _of("micro.train.start_from" if micro else "train.start_from"):
        begun = start.weights_of(Path(place), store, family)
    begun.check_fits(recipe.micro.network if micro else recipe.network, place)


def _voices(recipe: Recipe) -> None:
    """Somebody speaks the language in each split, and may."""
    given = recipe.synth
    shares, _ = tts.shares({str(name): share for name, share in given.engines.items()})
    voices = tts.voices_of(recipe.language, shares, given.voices)
    generates = () if given.voices else tts.GENERATING
    cast(voices, shares, generates, recipe.seed, made_up=made_up(recipe.language))
    if not recipe.synth.audit:  # which may leave out what is forbidden
        licences.check(recipe.commercial, licences.of_voices(voices), silent)


@contextmanager
def _of(field: str) -> Iterator[None]:
    """Errors name the field."""
    try:
        yield
    except WakesmithError as fault:
        raise type(fault)(f"{field}: {fault}") from fault
