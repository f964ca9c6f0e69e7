"""Find and check the user's own audio: what is there, what it is, and what cannot be used."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from pathlib import Path

from wakesmith import audio
from wakesmith.errors import AudioError
from wakesmith.events import Emit, Noted, Progress, Warned
from wakesmith.plan import speakers
from wakesmith.plan.draws import Split
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.sources import File, Sources, Suspects
from wakesmith.recipe import Recipe
from wakesmith.recipe.sound import SPLIT_FROM
from wakesmith.recordings import checks, sayings
from wakesmith.recordings.spoken import spoken
from wakesmith.sources.download import located
from wakesmith.stages import slices
from wakesmith.stages.feature_files import feature_file, feature_paths
from wakesmith.stages.memory import Memory, key_of
from wakesmith.store import digest_file
from wakesmith.words import count_of

_NAMED = 5
"""So many bad or converted files are named; the others are counted."""
_FEW_RECORDINGS = 20
_REMEMBERED = {f.name for f in fields(File)}
_READ_WHOLE = 20.0
"""Seconds up to which a file is read to the end when it is first looked at."""


def gather(recipe: Recipe, index: Path, emit: Emit) -> Sources:
    """Check every file that the recipe names, and digest its content.

    ``index`` remembers files by path, size and time of change, so that an unchanged collection
    is only looked at, not read again.
    """
    known = _Index(index)
    sources = Sources(
        recordings=_files(recipe.recordings.folders, "recordings", known, emit),
        other_recordings=_files(
            recipe.negatives.recordings, "recordings of other sayings", known, emit
        ),
        background=_files(recipe.negatives.background, "background", known, emit),
        noises=_files(recipe.mix.noises, "noises", known, emit),
        rooms=_files(recipe.mix.rooms, "rooms", known, emit),
        features=tuple(
            feature_file(path, recipe.network.window)
            for place in recipe.negatives.features
            for path in feature_paths(located(place))
        ),
        slices=slices.find(recipe, index.with_name(slices.INDEX), emit)
        if recipe.negatives.slices
        else (),
    )
    told = recipe.feedback
    sources = replace(
        sources,
        misses=_files(told.misses, "misses", known, emit),
        false_accepts=_files(told.false_accepts, "false accepts", known, emit),
        ambient=_files(told.ambient, "ambient sound", known, emit),
    )
    if recipe.micro.sets and "microwakeword" not in recipe.families:
        count = len(recipe.micro.sets)
        why = f"{count_of(count, 'spectrogram set')} not used: the family"
        emit(Noted("gather", f"micro.sets: {why} is {recipe.family}"))
    several = [
        Path(f.path).name for f in (*sources.recordings, *sources.misses) if known.several(f)
    ]
    if several:
        emit(Warned("gather", sayings.warning(several)))
    sources = _weighed(recipe, sources, known, emit)
    known.save()
    if by_speaker := speakers.told(sources.recordings, recipe.recordings.folders, SPLIT_FROM):
        emit(Noted("gather", by_speaker))
    if 0 < len(sources.recordings) < _FEW_RECORDINGS:
        emit(
            Warned(
                "gather",
                f"{count_of(len(sources.recordings), 'recording')} of the phrase: a help already; "
                f"{_FEW_RECORDINGS} or more, by the people who will say it, are much better, and "
                f"from {SPLIT_FROM} on the report hears some that training does not",
            )
        )
    return sources


def files_of(folders: Sequence[str], what: str, index: Path, emit: Emit) -> tuple[File, ...]:
    """Check and digest the files of some folders, as ``gather`` does those of a recipe."""
    known = _Index(index)
    found = _files(folders, what, known, emit)
    known.save()
    return found


def starved(
    recipe: Recipe, sources: Sources, split: dict[Split, tuple[File, ...]]
) -> tuple[Split, ...]:
    """The parts that should hold some of the background and hold none."""
    negatives = recipe.negatives
    wanted: dict[Split, float] = {
        "validation": negatives.validation_share,
        "test": negatives.test_share,
    }
    if not sources.background:
        return ()
    return tuple(name for name, share in wanted.items() if share > 0 and not split[name])


def _weighed(recipe: Recipe, sources: Sources, known: "_Index", emit: Emit) -> Sources:
    """The sources with what is suspected of the recordings, as the recipe has it; all is told."""
    given, short = recipe.recordings, _short(sources.recordings)
    findings = known.checked(short, recipe)
    names = [
        "/".join(filter(None, (speakers.speaker_of(f.path, given.folders), Path(f.path).name)))
        for f in short
    ]
    for warning in checks.told(findings, names):
        emit(Warned("gather", warning))
    digests = [file.digest for file in short]
    told_of = [  # files of equal content are one to the plan
        one for one in findings if one.twin < 0 or digests[one.index] != digests[one.twin]
    ]
    by_kind = [
        frozenset(digests[one.index] for one in told_of if one.what in kind)
        for kind in (checks.POOR, checks.DOUBTFUL)
    ]
    found = Suspects(*by_kind)
    count = len(found.all)
    if not count or given.suspects == "keep":
        return sources
    rest = tuple(file for file in sources.recordings if file.digest not in found.all)
    if not rest:
        emit(Noted("gather", "all recordings of the phrase are suspected, so all count alike"))
        return sources
    told = "are left out" if given.suspects == "leave_out" else "count a quarter in training"
    emit(Noted("gather", f"{count} suspected recordings {told} (recordings.suspects)"))
    if given.suspects == "leave_out":
        return replace(sources, recordings=rest)
    return replace(sources, suspects=found)


def _short(files: Sequence[File]) -> list[File]:
    return [file for file in files if file.seconds <= _READ_WHOLE]


class _Index(Memory):
    """Audio files looked at before."""

    def look(self, path: Path) -> File:
        key = key_of(path)
        found = self.recall(key)
        if found.keys() != _REMEMBERED:
            seconds = audio.duration(path)
            if seconds <= _READ_WHOLE:
                audio.read(path)  # a short file is listened to: silent or broken ones are told
            found = asdict(File(str(path), digest_file(path), seconds, audio.conversions(path)))
            self.keep(key, found)
        notes = tuple(map(str, found["notes"]))
        return File(str(path), found["digest"], found["seconds"], notes)

    def several(self, file: File) -> bool:
        """Whether a recording seems to hold more than one saying; remembered by its content."""
        if file.seconds > _READ_WHOLE:
            return True
        key = f"{sayings.LONGEST} {sayings.PAUSE}|{file.digest}"
        if not self.recall(key):
            self.keep(key, {"several": sayings.several(audio.read(file.path).pcm)})
        return bool(self.recall(key)["several"])

    def checked(self, short: Sequence[File], recipe: Recipe) -> list[checks.Finding]:
        """What is found in recordings of the phrase; remembered by their contents together.

        What holds several sayings is told of elsewhere.
        """
        few = checks.few(len(short))
        said = (recipe.phrase, recipe.language, *recipe.pronunciations) if few else ()
        key = f"checked {checks.VERSION}|{fingerprint([[f.digest for f in short], *said])}"
        if short and not self.recall(key):
            pcms = [audio.read(file.path).pcm for file in short]
            every = checks.of_all(pcms, spoken=spoken(recipe) if few else ())
            found = [asdict(one) for one in every if one.what != "several"]
            self.keep(key, {"found": found})
        return [checks.Finding(**one) for one in self.recall(key).get("found", [])]


def _files(folders: Sequence[str], what: str, known: _Index, emit: Emit) -> tuple[File, ...]:
    if not folders:
        return ()
    paths = audio.list_audio([located(f) for f in folders])
    good: list[File] = []
    bad: list[str] = []
    emit(Progress("gather", 0, len(paths), f"files of {what}"))

    def look(path: Path) -> File | AudioError:
        try:
            return known.look(path)
        except AudioError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(look, paths), 1):
            if isinstance(found, File):
                good.append(found)
            else:
                bad.append(str(found))
            if number % 100 == 0 or number == len(paths):
                emit(Progress("gather", number, len(paths), f"files of {what}"))
    if bad:
        emit(Warned("gather", f"{what} left out: {_named(bad)}"))
    if not good:
        raise AudioError(f"none of {count_of(len(paths), 'file')} of {what} can be used: {bad[0]}")
    broken = [f"{Path(f.path).name}: {n}" for f in good for n in f.notes if audio.is_break(n)]
    if broken:
        emit(
            Warned(
                "gather",
                f"{what} that end before their header says are used as far as they go: "
                f"{_named(broken)}. Copy or record them again",
            )
        )
    converted = Counter(note for file in good for note in file.notes if not audio.is_break(note))
    if converted:
        told = "; ".join(f"{count} × {note}" for note, count in converted.most_common(_NAMED))
        emit(Noted("gather", f"{what} are converted as they are read: {told}"))
    seconds = sum(f.seconds for f in good)
    emit(Noted("gather", f"{what}: {count_of(len(good), 'file')}, {seconds / 60:.1f} minutes"))
    return tuple(good)


def _named(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return "; ".join(texts[:_NAMED]) + more
