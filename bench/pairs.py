"""Synthetic and real speech that say the same: what is left over between their embeddings.

Every transcript is spoken by a drawn synthetic voice; the two embeddings are matched frame by
frame by dynamic time warping (Sakoe and Chiba 1978) and the real one is predicted from the
synthetic one by ridge regression. The residuals are the differences between talkers, manners and
microphones with the words held fixed (``families.openwakeword.variation``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wakesmith import audio, executor, tts
from wakesmith.plan.cast import cast, draw_voice
from wakesmith.plan.draws import Utterance
from wakesmith.runtime.frontend import Frames, embed

Matrix = NDArray[np.float64]
SKIPPED = 10
"""Frames at the start that still see the silence before."""
_STEP_COST = 0.15
"""Cost of a step that is not diagonal, beside the cosine distance: speech rarely stands still."""
_WORST = 0.1
"""Share of pairs left out for the cost of their match: misreadings."""
_RIDGE = 0.01
_TASK = 40


@dataclass(frozen=True)
class Sentence:
    """A real recording and its words."""

    path: str
    text: str
    index: int


def residuals(sentences: Sequence[Sentence], seed: int) -> list[Matrix]:
    """Residuals ``[frames, 96]`` of every pair that matched well, in embedding units."""
    tasks = [tuple(sentences[i : i + _TASK]) for i in range(0, len(sentences), _TASK)]
    found: dict[int, list[tuple[Frames, Frames]]] = {}
    executor.run(_pairs, [(task, seed) for task in tasks], 0, found.__setitem__)
    pairs = [pair for index in sorted(found) for pair in found[index]]
    spoken, real = _standardised([p[0] for p in pairs]), _standardised([p[1] for p in pairs])
    deviation = np.concatenate([p[1] for p in pairs]).std(0)
    mapping = np.eye(spoken[0].shape[1])
    for _ in range(2):
        matched = [_matched(s, s @ mapping, r) for s, r in zip(spoken, real, strict=True)]
        limit = np.quantile([cost for _, _, cost in matched], 1 - _WORST)
        kept = [(s, r) for s, r, cost in matched if cost <= limit]
        xs, ys = (np.concatenate(side) for side in zip(*kept, strict=True))
        mapping = np.linalg.solve(xs.T @ xs + _RIDGE * len(xs) * np.eye(len(mapping)), xs.T @ ys)
    left = [(r - s @ mapping) * deviation for s, r in kept]
    explained = 1 - np.concatenate(left).var() / (ys * deviation).var()
    print(f"{len(left)} of {len(pairs)} pairs kept; the map explains {explained:.2f}")
    return left


def _pairs(task: tuple[tuple[Sentence, ...], int]) -> list[tuple[Frames, Frames]]:
    sentences, seed = task
    shares, _ = tts.shares({"flite": 0.88, "espeak": 0.12})
    parts = cast(tts.voices_of("en", shares), shares, tts.GENERATING, seed)["train"]
    utterances = []
    for sentence in sentences:
        rng = np.random.default_rng([seed, 60, sentence.index])
        engine, voice = draw_voice(rng, parts)
        speed = float(np.exp(rng.uniform(np.log(0.8), np.log(1.15))))
        utterances.append(Utterance(sentence.text.lower(), engine, voice, speed=speed))
    made = []
    for sentence, clip in zip(sentences, tts.speak(utterances), strict=True):
        pcm = audio.read(sentence.path).pcm
        start, end = audio.trim(pcm)
        made.append((_embedded(clip.pcm[clip.start : clip.end]), _embedded(pcm[start:end])))
    return made


def _embedded(pcm: NDArray[np.int16]) -> Frames:
    """Frames of a saying at one level, with silence around as a runtime would hear it."""
    level = 1600.0 / max(1.0, float(np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))))
    sound = np.clip(np.rint(pcm * level), -32768, 32767).astype(np.int16)
    return embed(np.pad(sound, (SKIPPED * 1280, 6 * 1280)))[SKIPPED:]


def _standardised(parts: Sequence[Frames]) -> list[Matrix]:
    whole = np.concatenate(parts).astype(np.float64)
    mean, deviation = whole.mean(0), whole.std(0)
    return [(part - mean) / deviation for part in parts]


def _matched(spoken: Matrix, mapped: Matrix, real: Matrix) -> tuple[Matrix, Matrix, float]:
    """The synthetic frames, the real frame that each is matched with, and the path's mean cost."""
    path, cost = _warp(mapped, real)
    count = np.bincount(path[:, 0], minlength=len(spoken))
    place = np.bincount(path[:, 0], path[:, 1], len(spoken)) / np.maximum(count, 1)
    return spoken, real[np.rint(place).astype(int)], cost


def _warp(one: Matrix, other: Matrix) -> tuple[NDArray[np.int64], float]:
    """The cheapest path ``[steps, 2]`` through the cosine distances, and its cost a step."""
    a = one / np.linalg.norm(one, axis=1, keepdims=True)
    b = other / np.linalg.norm(other, axis=1, keepdims=True)
    local = 1 - a @ b.T
    n, m = local.shape
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0
    came = np.zeros((n, m), np.int8)
    for diagonal in range(n + m - 1):
        i = np.arange(max(0, diagonal - m + 1), min(n, diagonal + 1))
        j = diagonal - i
        ways = np.stack([total[i, j], total[i, j + 1] + _STEP_COST, total[i + 1, j] + _STEP_COST])
        came[i, j] = ways.argmin(0)
        total[i + 1, j + 1] = ways.min(0) + local[i, j]
    i, j, path = n - 1, m - 1, []
    while i >= 0 and j >= 0:
        path.append((i, j))
        i, j = i - (came[i, j] != 2), j - (came[i, j] != 1)
    return np.array(path[::-1]), float(total[n, m] / len(path))
