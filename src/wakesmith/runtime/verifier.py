"""Whose voice it was: a verifier looks at what fired, and lets only one person's sayings pass.

The idea is openWakeWord's custom verifier (``openwakeword/custom_verifier_model.py``, Apache-2.0):
logistic regression on the embeddings that the detector looks at. The file is a ``.npz`` of plain
arrays, read without pickle: one from anyone runs no code.
"""

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wakesmith.atomic import write_whole
from wakesmith.errors import ModelError

FORMAT = 1
"""The file's format that this version writes and reads."""
FRAMES = 16
"""Embeddings (80 ms each) that a verifier looks at: the last of the detector's window."""
WIDTH = 96
"""Numbers in an embedding."""


@dataclass(frozen=True, eq=False)
class Verifier:
    """Tells one voice from others when the phrase was said. Made by ``wakesmith verifier``."""

    weights: NDArray[np.float32]
    """[frames, 96]; standardisation is folded in."""
    bias: float
    phrase: str = ""
    """What was said in the clips that it was made of."""
    threshold: float = 0.5
    """A score above it is the voice."""

    @property
    def frames(self) -> int:
        """Embeddings that it looks at."""
        return len(self.weights)

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """How likely each window [n, at least frames, 96] is the voice, 0 to 1 [n]."""
        seen = windows[:, windows.shape[1] - self.frames :].astype(np.float64)
        logits = np.tensordot(seen, self.weights.astype(np.float64), 2) + self.bias
        likely: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype("f4")
        return likely

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file, whole or not at all. OSError when it cannot be."""
        write_whole(Path(path), self.encoded())

    def encoded(self) -> bytes:
        """What the file holds."""
        about = {"format": FORMAT, "phrase": self.phrase, "threshold": self.threshold}
        data = io.BytesIO()
        np.savez(
            data,
            about=np.array(json.dumps(about)),
            weights=np.asarray(self.weights, np.float32),
            bias=np.float64(self.bias),
        )
        return data.getvalue()

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Verifier":
        """Read a file that ``save`` wrote; ``ModelError`` says what is wrong with another."""
        try:
            # numpy leaves a file open that is no whole archive, so it is opened here.
            with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                weights, bias = np.asarray(file["weights"], np.float32), float(file["bias"])
            found, threshold = about["format"], float(about["threshold"])
            phrase = str(about["phrase"])
        except FileNotFoundError:
            raise ModelError(f"{path}: there is no such verifier. Is the path right?") from None
        except ValueError as problem:  # numpy's words advise to load what may run code
            raise ModelError(
                f"{path}: this is no verifier of wakesmith (it is no archive of plain arrays). "
                "Make one with: wakesmith verifier"
            ) from problem
        except Exception as problem:  # numpy, zipfile and json raise many kinds
            raise ModelError(
                f"{path}: this is no verifier of wakesmith ({problem}). "
                "Make one with: wakesmith verifier"
            ) from problem
        if found != FORMAT:
            raise ModelError(
                f"{path}: the verifier has format {found} and this Wakesmith reads {FORMAT}. "
                "Install a newer one."
            )
        whole = weights.ndim == 2 and weights.shape[1] == WIDTH and len(weights) > 0
        if not (whole and np.isfinite(weights).all() and np.isfinite(bias) and 0 <= threshold <= 1):
            raise ModelError(f"{path}: the verifier's numbers cannot be used. Make it anew.")
        return Verifier(weights, bias, phrase, threshold)
