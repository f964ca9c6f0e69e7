"""Evaluating any model that ``load_detector`` takes on folders of sound files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wakesmith import audio
from wakesmith.errors import AudioError
from wakesmith.events import Emit, Noted, Warned, silent
from wakesmith.families.microwakeword.arena import check_arena
from wakesmith.measure.evaluation import Evaluation
from wakesmith.recipe import Targets
from wakesmith.recordings import sayings
from wakesmith.report import Measured, make_ready, write
from wakesmith.runtime import AnyDetector, MicroDetector, load_detector
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm
from wakesmith.runtime.micro.rule import silence
from wakesmith.stages.evaluate.core import STAGE, evaluate_bundle
from wakesmith.stages.evaluate.streams import BLOCK_SECONDS, NegativeAudio, TrialAudio
from wakesmith.words import count_of

NAMES_SHOWN = 5
_OUTPUT = "--output"
"""The option that names where the report goes."""


def evaluate_model(
    model: Path,
    positives: Path | Sequence[Path],
    negatives: Path | Sequence[Path],
    threshold: float | None = None,
    output: Path | None = None,
    emit: Emit = silent,
    targets: Targets | None = None,
) -> Evaluation:
    """Evaluate what ``load_detector`` takes on folders (or files) of any sound format.

    Each file of ``positives`` is one saying of the phrase; a sub-folder (a speaker, a room) is a
    label of its files. All of ``negatives`` is sound without the phrase; its kind is the
    sub-folder directly under the folder that was given, or else that folder's name. ``threshold``
    left out is the model's own, else 0.5. With ``output``, the report is written there.

    A file that cannot be read is named in a ``Warned`` and in the notes and left out (of a long
    negative that breaks off, what was heard counts). ``AudioError`` when a path is missing, holds
    no sound, or none of its files can be read; ``StoreError``, before anything is heard, when
    ``output`` cannot be written.
    """
    if output is not None:
        make_ready(Path(output), _OUTPUT)
    detector = load_detector(model, threshold=threshold)
    check_arena(detector)
    manifest = detector.manifest if isinstance(detector, MicroDetector) else None
    loud, quiet = _given(positives), _given(negatives)
    log = _Log()
    trials = _Trials(loud, log)
    sounds = _Sounds(quiet, log)

    def notes() -> list[str]:
        sounds.check()
        return [*_about(detector, emit), *log.tell(emit)]

    result = evaluate_bundle(
        Path(model),
        trials,
        sounds,
        targets,
        emit,
        threshold=threshold,
        minutes=(trials.seconds + sounds.seconds) / 60,
        notes=notes,
    )
    if output is not None:
        write([Measured(result, manifest=manifest)], Path(output), option=_OUTPUT)
    return result


def _about(detector: AnyDetector, emit: Emit) -> list[str]:
    """What a report has to say of a detector's settings."""
    if not isinstance(detector, MicroDetector):
        return []
    manifest, notes = detector.manifest, list[str]()
    if never := silence(detector.threshold):
        notes.append(f"{never[0].upper()}{never[1:]}.")
        emit(Warned(STAGE, never))
    return [
        *notes,
        f"A score is the mean of {manifest.sliding_window_size} probabilities; the manifest asks "
        f"for a tensor arena of {manifest.tensor_arena_size:,} bytes.",
    ]


def _given(paths: Path | Sequence[Path]) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]


@dataclass
class _Log:
    """What happened to the files."""

    unreadable: list[AudioError] = field(default_factory=list)
    conversions: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)

    def tell(self, emit: Emit) -> list[str]:
        """Say all of it as events; the notes that belong into the report."""
        for note, count in sorted(self.conversions.items()):
            emit(Noted(STAGE, f"{count_of(count, 'file')}: {note}"))
        notes = [
            "The recordings do not say where the phrase is: a detection anywhere in the file, or "
            "a second after it, counts, and the time to detection is taken from where the "
            "sound ends."
        ]
        warnings = []
        if self.unreadable:
            told = count_of(len(self.unreadable), "file that cannot", "files that cannot")
            warnings.append(f"{told} be read left out: {_shown(self.unreadable)}")
        if self.broken:
            ends = count_of(len(self.broken), "file ends before its", "files end before their")
            warnings.append(f"{ends} header says, and what is there counts: {_shown(self.broken)}")
        if self.long:
            warnings.append(sayings.warning(self.long))
        for warning in warnings:
            emit(Warned(STAGE, warning))
        return notes + warnings


class _Files:
    """The readable ones of some folders' files, with the folder that each was found under."""

    def __init__(self, roots: Sequence[Path], log: _Log) -> None:
        self.files: list[tuple[Path, Path]] = []
        self.seconds = 0.0
        self.log = log
        faults: list[AudioError] = []
        for root in roots:
            for path in audio.list_audio([root]):
                try:
                    self.seconds += audio.duration(path)
                    notes = audio.conversions(path)
                except AudioError as fault:
                    faults.append(fault)
                    continue
                self.files.append((root, path))
                log.broken += [f"{_name(root, path)}: {n}" for n in notes if audio.is_break(n)]
        log.unreadable += faults
        if not self.files:
            self.none_left(faults)

    def none_left(self, faults: Sequence[AudioError]) -> None:
        raise AudioError(f"none of {count_of(len(faults), 'file')} can be used: {_shown(faults)}")


class _Trials(_Files):
    """Each file as a saying."""

    def __iter__(self) -> Iterator[TrialAudio]:
        faults, used = [], 0
        for root, path in self.files:
            try:
                sound = audio.read(path)
            except AudioError as fault:
                faults.append(fault)
                continue
            used += 1
            self.log.conversions.update(n for n in sound.notes if not audio.is_break(n))
            name = _name(root, path)
            if sayings.several(sound.pcm):
                self.log.long.append(name)
            start, end = audio.trim(sound.pcm)
            folder = str(Path(name).parent)
            yield TrialAudio(
                pcm=sound.pcm,
                start=start / SAMPLE_RATE,
                end=end / SAMPLE_RATE,
                id=name,
                labels={} if folder == "." else {"folder": folder},
                kind="recording",
                known=False,
            )
        self.log.unreadable += faults
        if not used:
            self.none_left(faults)


class _Sounds(_Files):
    """Each file as sound without the phrase, in blocks."""

    def __init__(self, roots: Sequence[Path], log: _Log) -> None:
        super().__init__(roots, log)
        self._faults: list[AudioError] = []
        self._heard = 0

    def __iter__(self) -> Iterator[NegativeAudio]:
        for root, path in self.files:
            yield NegativeAudio(self._blocks(path), _name(root, path), _kind(root, path))

    def _blocks(self, path: Path) -> Iterator[Pcm]:
        try:
            for block in audio.stream(path, BLOCK_SECONDS):
                self._heard += len(block)
                yield block
        except AudioError as fault:
            self._faults.append(fault)
            self.log.unreadable.append(fault)

    def check(self) -> None:
        """After all was heard: ``AudioError`` when that was nothing."""
        if not self._heard:
            self.none_left(self._faults)


def _shown(named: Sequence[object]) -> str:
    more = len(named) - NAMES_SHOWN
    return "; ".join(map(str, named[:NAMES_SHOWN])) + (f"; and {more} more" if more > 0 else "")


def _name(root: Path, path: Path) -> str:
    return path.name if path == root else path.relative_to(root).as_posix()


def _kind(root: Path, path: Path) -> str:
    if path == root:
        return path.resolve().parent.name
    parts = path.relative_to(root).parts
    return parts[0] if len(parts) > 1 else root.resolve().name
