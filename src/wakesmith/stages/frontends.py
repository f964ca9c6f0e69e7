"""The two front ends that hear what is spoken and mixed, and what the one keeps for the other.

Sound is dear and spectra are cheap. Where a run needs both, whoever embeds a piece of sound has
the micro front end hear it, too, and its entry keeps those arrays beside its own; the entry of
spectra then takes them over and speaks nothing. Both ways give equal bytes, so neither entry's
name tells which way it was made.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wakesmith.runtime.frontend import Pcm

Frontend = Literal["embedding", "micro"]
FEATURES: dict[Frontend, str] = {"embedding": "frames", "micro": "micro"}
"""Name of the features' file."""
HEARD_AS: dict[Frontend, str] = {"embedding": "", "micro": " as spectra"}
"""What tells sound heard by one front end from that heard by the other, in words."""


def spectra(sound: Pcm | NDArray[np.float32]) -> NDArray[np.int8]:
    """What the micro front end makes of sounds [n, samples]: [n, frames, 40], quantised."""
    # Not above: the training of the other family must not need the front end's package.
    from wakesmith.families.microwakeword.features import spectra as heard

    return heard(sound.astype(np.int16))


def all_hold(shards: Sequence[Path], kind: str) -> bool:
    """Whether each shard has such an array; those that an earlier run left may lack it."""
    for path in shards:
        with np.load(path) as arrays:
            if kind not in arrays.files:
                return False
    return True


def taken_over(kept: Path | None, out: Path, names: Iterable[tuple[str, str]]) -> None:
    """Put files of another finished entry, each under its name here, into ``out``, in order.

    Nothing is done unless all are there. They take no more room on the disk where the file system
    can give one file two names.
    """
    pairs = [(kept / theirs, out / ours) for theirs, ours in names] if kept is not None else []
    if not all(theirs.exists() for theirs, _ in pairs):
        return
    for theirs, ours in pairs:
        ours.unlink(missing_ok=True)
        try:
            os.link(theirs, ours)
        except OSError:
            shutil.copyfile(theirs, ours)
