"""The licence of a Piper voice, as far as the card that comes with it states one."""

import re
from pathlib import Path

from wakesmith.licence import UNKNOWN, Licence

CARD = ".MODEL_CARD"
"""Ending of what a Piper voice's source says of it, beside the voice."""
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


def read_card(card: Path) -> Licence:
    """What a MODEL_CARD states of the data that a voice was trained on; ``UNKNOWN`` without it.

    What it was trained further from is told in the note. That voice's licence may bind, too, so
    what its own allows is then not known.
    """
    if not card.is_file():
        return UNKNOWN
    text = card.read_text(encoding="utf-8", errors="replace")
    stated = re.search(r"^\W*licen[cs]e:\s*(\S.*?)\s*$", text, re.MULTILINE | re.IGNORECASE)
    url = re.search(r"^\W*url:\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)
    further = re.search(r"^\W*((?:fine-?tuned|finetuned).*?)\W*$", text, re.MULTILINE | re.I)
    if stated is None:
        return UNKNOWN
    name, commercial = _named(stated[1])
    if further and commercial:
        commercial = None
    return Licence(name, commercial, url[1] if url else "", further[1] if further else "")


def _named(words: str) -> tuple[str, bool | None]:
    """SPDX identifier (or the words themselves) and whether commercial use is allowed."""
    for pattern, name, commercial in _KNOWN:
        found = re.search(pattern, words.strip(), re.IGNORECASE)
        if found:
            return name.format(*found.groups()) or words, commercial
    return words, None
