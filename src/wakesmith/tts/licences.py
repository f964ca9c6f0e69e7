"""The licence of each voice, as far as its source states one."""

import re
from pathlib import Path

from wakesmith.licence import UNKNOWN, Licence
from wakesmith.plan.blends import model_of
from wakesmith.tts import piper

CARD = ".MODEL_CARD"
"""Ending of what a Piper voice's source says of it, beside the voice."""
_ENGINES = {
    # Black and Lenzo's COPYING; the same words stand in the voices.
    "flite": Licence("CMU BSD-style", True, "https://github.com/festvox/flite/blob/master/COPYING"),
    "espeak": Licence(
        "GPL-3.0-or-later",
        True,
        "https://github.com/espeak-ng/espeak-ng/blob/master/COPYING",
        "the program's; speech made with it is not covered by it",
    ),
    "kokoro": Licence("Apache-2.0", True, "https://huggingface.co/hexgrad/Kokoro-82M"),
}
# What model cards write -> SPDX identifier, and whether commercial use is allowed.
_KNOWN = (
    (r"cc[ -]?0|creative commons zero", "CC0-1.0", True),
    (r"public domain", "public domain", True),
    (r"cc[ -]by[ -]nc[ -]nd[ -](\d\.\d)", "CC-BY-NC-ND-{0}", False),
    (r"cc[ -]by[ -]nc[ -]sa[ -](\d\.\d)", "CC-BY-NC-SA-{0}", False),
    (r"cc[ -]by[ -]nc[ -](\d\.\d)", "CC-BY-NC-{0}", False),
    (r"cc[ -]by[ -]sa[ -](\d\.\d)", "CC-BY-SA-{0}", True),
    (r"cc[ -]by[ -](\d\.\d)", "CC-BY-{0}", True),
    (r"apache(?: license)?[ -,]*(?:version )?2\.0", "Apache-2.0", True),
    (r"mit(?: license)?$", "MIT", True),
    (r"non[ -]?commercial|research", "", False),
)


def licence_of(engine: str, voice: str) -> Licence:
    """The licence of a voice that is installed; ``UNKNOWN`` where nothing is said of it."""
    if engine != "piper":
        return _ENGINES.get(engine, UNKNOWN)
    card = piper.folder() / f"{model_of(voice)}{CARD}"
    return read_card(card) if card.is_file() else UNKNOWN


def read_card(card: Path) -> Licence:
    """What a Piper voice's MODEL_CARD states of the data that it was trained on.

    What it was trained further from is told in the note: that voice's licence may bind, too.
    """
    text = card.read_text(encoding="utf-8", errors="replace")
    stated = re.search(r"^\W*licen[cs]e:\s*(\S.*?)\s*$", text, re.MULTILINE | re.IGNORECASE)
    url = re.search(r"^\W*url:\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)
    further = re.search(r"^\W*((?:fine-?tuned|finetuned).*?)\W*$", text, re.MULTILINE | re.I)
    if stated is None:
        return UNKNOWN
    name, commercial = _named(stated[1])
    return Licence(name, commercial, url[1] if url else "", further[1] if further else "")


def _named(words: str) -> tuple[str, bool | None]:
    """SPDX identifier (or the words themselves) and whether commercial use is allowed."""
    for pattern, name, commercial in _KNOWN:
        found = re.search(pattern, words.strip(), re.IGNORECASE)
        if found:
            return name.format(*found.groups()) or words, commercial
    return words, None
