"""Make a verifier: a few clips of one voice against others that say the same.

Each clip is streamed through the detector, and the windows that fire (the highest, where none
does) are what logistic regression learns from, at several levels. Where its threshold lies is
chosen on clips that were left out in turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from wakesmith import audio
from wakesmith.errors import AudioError, DataError
from wakesmith.events import Emit, Noted, Progress, Warned
from wakesmith.measure.evaluation import Share
from wakesmith.runtime.detector import Detector
from wakesmith.runtime.frontend import CHUNK, SAMPLE_RATE, Audio, EmbeddingFrontend, Frames, Pcm
from wakesmith.runtime.verifier import FRAMES, WIDTH, Verifier
from wakesmith.stages.compare import share
from wakesmith.stages.evaluate.streams import quiet
from wakesmith.words import count_of

STAGE = "verifier"
FEWEST = 3
"""Clips of the voice without which there is nothing to learn from; openWakeWord's least, too."""
PENALTY = 0.01
"""Weight of the squared weights, per standardised feature: strong, as there are 1,536 features and
few clips. Not tuned; how well it does is in bench/README.md."""
_GAINS = (1.0, 0.5, 0.25)
"""Levels at which each clip is heard: a voice is near or far."""
_LEAD, _TAIL = 2.0, 1.0
_FOLDS = 10
_MOST = 8
"""Windows of one clip that are learnt from, the highest."""


Heard = tuple[NDArray[np.float32], ...]
"""Of one clip, for each level, the windows [n, FRAMES, 96] that fire."""


@dataclass(frozen=True)
class Made:
    """A verifier, and what it made of clips that were left out when it was learnt."""

    verifier: Verifier
    accepted: Share
    """Clips of the voice that it lets pass."""
    refused: Share
    """Clips of others that it does not."""


class _Kept(EmbeddingFrontend):
    """Keeps what it gave last, so that nothing is embedded twice."""

    last: NDArray[np.float32]

    def push(self, pcm: Audio) -> Frames:
        self.last = super().push(pcm)
        return self.last


def make_verifier(
    model: Path, mine: Sequence[Pcm], others: Sequence[Pcm], phrase: str, emit: Emit
) -> Made:
    """Learn to tell the voice of the clips ``mine`` from that of ``others``, as ``model`` hears
    them say ``phrase``.

    Raises ``DataError`` with fewer than ``FEWEST`` clips of either.
    """
    for what, clips in (("the voice", mine), ("others", others)):
        if len(clips) < FEWEST:
            raise DataError(
                f"{count_of(len(clips), 'clip')} of {what} cannot tell voices apart: give "
                f"{FEWEST} or more, ten are better."
            )
    frontend = _Kept()
    detector = Detector(model, frontend=frontend)
    windows: list[Heard] = []
    total = len(mine) + len(others)
    for number, clip in enumerate([*mine, *others], 1):
        windows.append(_windows(detector, frontend, clip))
        emit(Progress(STAGE, number, total, "clips"))
    truth = np.arange(total) < len(mine)
    # Each clip once left out, so that what sets the threshold was not learnt.
    found = np.zeros(total)
    folds = _folds(truth)
    for fold in range(int(folds.max()) + 1):
        inside = np.flatnonzero(folds != fold)
        learnt = _fit([windows[i] for i in inside], truth[inside])
        for index in np.flatnonzero(folds == fold):
            found[index] = _logit(learnt, windows[index])
    cut = _cut(found, truth)
    weights, bias = _fit(windows, truth)
    verifier = Verifier(weights.astype(np.float32), bias - cut, phrase)
    return Made(
        verifier,
        share(int((found[truth] > cut).sum()), len(mine)),
        share(int((found[~truth] <= cut).sum()), len(others)),
    )


def clips_of(folder: Path, emit: Emit) -> list[Pcm]:
    """The clips of a folder or file; what cannot be read is named and left out."""
    found, bad = [], []
    for path in audio.list_audio([folder]):
        try:
            found.append(audio.read(path).pcm)
        except AudioError as fault:
            bad.append(str(fault))
    if bad:
        emit(Warned(STAGE, f"{count_of(len(bad), 'clip')} left out: {'; '.join(bad[:5])}"))
    return found


def spoken_by_others(phrase: str, language: str, count: int, emit: Emit) -> list[Pcm]:
    """The phrase in synthetic voices, for want of other people."""
    from wakesmith import tts
    from wakesmith.plan.takes import strangers
    from wakesmith.recipe import Recipe

    asked = {str(name): share for name, share in Recipe(phrase=phrase).synth.engines.items()}
    shares, _ = tts.shares(asked)
    voices = tts.voices_of(language, shares, ())
    emit(
        Noted(
            STAGE,
            f"{count} synthetic voices stand for the others; real people who say the phrase "
            "(--others) are refused more surely",
        )
    )
    return [clip.pcm for clip in tts.speak(strangers(phrase, voices, count))]


def _windows(
    detector: Detector, frontend: _Kept, clip: Pcm, gains: Sequence[float] = _GAINS
) -> Heard:
    """The windows of a clip that fire, or the highest."""
    found = []
    for gain in gains:
        lead, tail = (quiet(round(s * SAMPLE_RATE)) for s in (_LEAD, _TAIL))
        pcm = np.concatenate([lead, np.round(clip * gain).astype(np.int16), tail])
        pcm = pcm[: len(pcm) // CHUNK * CHUNK]
        detector.reset()
        scores = detector.scores(pcm)
        every = sliding_window_view(frontend.last, FRAMES, axis=0).transpose(0, 2, 1)
        late = scores[FRAMES - 1 :]  # of frames that have a whole window behind them
        best = np.argsort(-late, kind="stable")[:_MOST]
        fires = best[late[best] > detector.threshold]
        found.append(every[fires if len(fires) else best[:1]].astype(np.float32))
    return tuple(found)


def _fit(heard: Sequence[Heard], truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights [FRAMES, 96] and bias of the logit; both classes and all clips of one weigh alike."""
    from scipy.optimize import minimize

    windows = [np.concatenate(levels) for levels in heard]
    x = np.concatenate(windows).reshape(-1, FRAMES * WIDTH).astype(np.float64)
    y = np.repeat(truth, [len(part) for part in windows])
    clips = {True: int(truth.sum()), False: int((~truth).sum())}
    weight = np.concatenate(
        [
            np.full(len(part), 0.5 / clips[bool(mine)] / len(part))
            for part, mine in zip(windows, truth, strict=True)
        ]
    )
    mean = (weight[:, None] * x).sum(0)
    deviation = np.sqrt((weight[:, None] * (x - mean) ** 2).sum(0)) + 1e-3
    x = (x - mean) / deviation
    sign = np.where(y, 1.0, -1.0)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w, b = parameters[:-1], parameters[-1]
        margin = sign * (x @ w + b)
        value = float((weight * np.logaddexp(0, -margin)).sum() + 0.5 * PENALTY * (w @ w))
        pull = -weight * sign / (1 + np.exp(np.clip(margin, -60, 60)))
        return value, np.append(pull @ x + PENALTY * w, pull.sum())

    solved = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B")
    w, b = solved.x[:-1] / deviation, float(solved.x[-1])
    return w.reshape(FRAMES, WIDTH), float(b - mean @ w)


def _logit(learnt: tuple[NDArray[np.float64], float], heard: Heard) -> float:
    """Of a clip: any of its windows may let it pass; the median of all levels."""
    weights, bias = learnt
    highest = [np.tensordot(part.astype(np.float64), weights, 2).max() for part in heard]
    return float(np.median(highest) + bias)


def _folds(truth: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A fold for each clip, both kinds in each."""
    folds = np.zeros(len(truth), np.int64)
    count = min(_FOLDS, int(truth.sum()), int((~truth).sum()))
    for kind in (True, False):
        members = np.flatnonzero(truth == kind)
        folds[members] = np.arange(len(members)) % count
    return folds


def _cut(logits: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Where the larger of both kinds of mistakes is smallest: the middle of all such places."""
    edges = np.unique(logits)
    places = np.concatenate([[edges[0] - 1], (edges[1:] + edges[:-1]) / 2, [edges[-1] + 1]])
    wrong = [
        max(float((logits[truth] <= at).mean()), float((logits[~truth] > at).mean()))
        for at in places
    ]
    best = np.flatnonzero(np.array(wrong) <= min(wrong) + 1e-12)
    return float((places[best[0]] + places[best[-1]]) / 2)


def told(made: Made) -> Iterable[str]:
    """What to tell of a verifier, line by line."""
    mine, others = made.accepted, made.refused
    yield f"accepts {mine.k} of {mine.n} of the voice's clips, each left out in turn"
    yield f"refuses {others.k} of {others.n} of the others'"


def tells(made: Made) -> bool:
    """Whether a verifier tells voices apart at all: it is right of most clips of either kind."""
    return min(made.accepted.value, made.refused.value) > 0.5


def passes(model: Path, verifier: Verifier, clips: Sequence[Pcm]) -> list[bool]:
    """Whether the verifier takes each clip, where the model scores highest in it, for its voice."""
    frontend = _Kept()
    detector = Detector(model, frontend=frontend)
    heard = [_windows(detector, frontend, clip, gains=(1.0,)) for clip in clips]
    return [bool((verifier.score(one) > verifier.threshold).any()) for (one,) in heard]
