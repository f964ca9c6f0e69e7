"""A front end that remembers: the same sound is embedded once, however many models hear it."""

import hashlib

from wakesmith.runtime.frontend import Audio, EmbeddingFrontend, Frames


class RememberingFrontend(EmbeddingFrontend):
    """Gives what it gave before for the same pushes since the last reset.

    All detectors of one process may share the memory; what is pushed after a reset names it.
    """

    memory: dict[str, Frames] = {}  # noqa: RUF012  # shared on purpose

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._pushed: list[Audio] = []
        self._heard = 0
        self._name = ""

    def reset(self) -> None:
        """Back to the start of a stream."""
        super().reset()
        self._pushed, self._heard, self._name = [], 0, ""

    def push(self, pcm: Audio) -> Frames:
        """The frames that these samples complete, remembered or new."""
        self._pushed.append(pcm)
        self._name = hashlib.sha256(self._name.encode() + pcm.tobytes()).hexdigest()
        if self._name not in self.memory:
            # What was only remembered so far has to be heard first.
            for earlier in self._pushed[self._heard :]:
                frames = super().push(earlier)
            self._heard = len(self._pushed)
            self.memory[self._name] = frames
        return self.memory[self._name]
