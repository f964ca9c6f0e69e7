"""Languages by their codes: which there are, what espeak-ng calls them, whose words are known.

English is the program's own and needs no espeak-ng. Every other language is one of espeak-ng's,
as the files of its data folder name them (``lang/gmq/sv``), and its words are wordfreq's.
"""

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from wakesmith.errors import MissingExtra, PhraseError
from wakesmith.phrase.libraries import ESPEAK_INSTALL, find_espeak

_PRIORITY = 5  # of a language line without a number; the lower goes first (espeak-ng, voices.md)
_FARTHEST = 5
"""How far a region's variety may be from the one that there is, in the steps of Unicode's language
matching (CLDR): pt-PT for pt is 5, de-AT for de 4."""
_OTHER_LETTERS = ("-latn", "-shaw", "-cl")
"""Files for another spelling, not another accent."""


@dataclass(frozen=True)
class Language:
    """A language as it was asked for."""

    code: str
    """Its own code: en, sv, pt-br, cmn."""
    name: str
    file: str
    """espeak-ng's voice file under ``lang``; of English the American one."""
    accents: Mapping[str, str] = field(hash=False)
    """Code to voice file of the accents that speak it, its own first; of English see ``tts``."""
    words: str
    """wordfreq's code for it; empty when it has no list."""

    @property
    def english(self) -> bool:
        """Whether it is the one with a dictionary, templates and voices of its own."""
        return self.code == "en"

    @property
    def primary(self) -> str:
        """Its code without region or script."""
        return self.code.partition("-")[0]


_ENGLISH = Language("en", "English", "gmw/en-US", MappingProxyType({}), "en")


@cache
def language_of(code: str) -> Language:
    """The language of a code (sv, sv-SE, sv_SE, swe, pt-BR, zh, es-MX), by espeak-ng's files.

    A region that espeak-ng has no accent for gives the language's own (de-AT: de); where it has
    one, that accent alone. ``PhraseError`` when there is none, naming the nearest; for others than
    English also when espeak-ng is not installed. ``MissingExtra`` without langcodes.
    """
    given = code.strip().replace("_", "-").lower()
    if given.partition("-")[0] in ("en", "eng"):
        return _ENGLISH
    if find_espeak() is None:
        raise PhraseError(
            f"The language {code!r} is read by espeak-ng, which is not installed: {ESPEAK_INSTALL}."
        )
    tag = given if given in _files() else _matched(given)
    if tag is None:
        raise PhraseError(_unknown(code))
    file = _files()[tag]
    own = _code_of(file)
    primary = own.partition("-")[0]
    accents = {own: file}
    if "-" not in given:
        accents |= {
            _code_of(other): other
            for name, other in sorted(_files().items())
            if name.partition("-")[0] == primary and not _respelled(name)
        }
    return Language(own, _names()[file], file, MappingProxyType(accents), _listed(primary))


def languages() -> dict[str, str]:
    """Code to name of every language, by code: English, and those of the installed espeak-ng."""
    found = {"en": "English"}
    if find_espeak() is not None:
        found |= {
            _code_of(file): name
            for file, name in _names().items()
            if not _code_of(file).startswith("en")
        }
    return dict(sorted(found.items()))


def lacking(code: str) -> tuple[str, ...]:
    """What a language lacks here, and what that does, in words; nothing of English."""
    found = language_of(code)
    if found.english or found.words:
        return ()
    return (
        f"wordfreq has no list of frequent words of {found.name}: near misses and running text are "
        "made-up words in the phrase's letters. Give phrases and real speech of your own "
        "(`negatives.phrases`, `negatives.background`)",
    )


def _matched(given: str) -> str | None:
    """The nearest of espeak-ng's codes that is the same language; None when there is none."""
    try:
        import langcodes
    except ImportError as error:
        raise MissingExtra("langcodes", "train", "Knowing a language by its code") from error
    try:
        asked = langcodes.Language.get(given)
    except langcodes.tag_parser.LanguageTagError:
        return None
    same = {str(asked.language), str(asked.prefer_macrolanguage().language)}
    known = [tag for tag in _files() if _macro(tag) in same and not _respelled(tag)]
    found, _ = langcodes.closest_match(str(asked), known, max_distance=_FARTHEST)
    whole = (str(asked.language), str(asked.prefer_macrolanguage().language))
    return next((tag for tag in (found, *whole) if tag in known), None)


@cache
def _macro(tag: str) -> str:
    """The language of a tag of espeak-ng's, whose rest is not always a valid one: cmn is zh."""
    import langcodes

    primary = tag.partition("-")[0]
    return str(langcodes.Language.get(primary).prefer_macrolanguage().language)


def _respelled(name: str) -> bool:
    """Whether a file is for another spelling of a language, not another accent."""
    return any(mark in name.lower() for mark in _OTHER_LETTERS)


def _listed(primary: str) -> str:
    """wordfreq's code of a language; empty when it has no list."""
    try:
        import wordfreq
    except ImportError as error:
        raise MissingExtra("wordfreq", "train", "Finding words of similar sound") from error
    lists = wordfreq.available_languages()
    named = {"cmn": "zh", "hr": "sh", "sr": "sh", "bs": "sh"}.get(primary, primary)
    return named if named in lists else ""


def _unknown(code: str) -> str:
    """That there is no such language, and which may be meant."""
    known = languages()
    wanted = code.strip().replace("_", "-").lower()
    near = [tag for tag, name in known.items() if len(wanted) > 3 and wanted[:4] in name.lower()]
    near += [tag for tag in _related(wanted) if tag in known]
    if not near:
        near = difflib.get_close_matches(wanted.partition("-")[0], known, 4, 0.5)
    told = ", ".join(f"{tag} ({known[tag]})" for tag in dict.fromkeys(near))
    return (
        f"There is no language {code!r} here. "
        + (f"Near it: {told}. " if told else "")
        + "`wakesmith voices --languages` lists all. A phrase of a language that is not there can "
        "be trained by its sound in another: respell it or write its `pronunciations`."
    )


def _related(wanted: str) -> list[str]:
    """What is spoken where a country's code was given (jp: ja), and the next of kin (nn: nb)."""
    import langcodes

    primary = wanted.partition("-")[0]
    plain = [tag for tag in languages() if len(tag) in (2, 3)]
    out = []
    if len(primary) == 2:
        spoken = langcodes.Language.make(territory=primary.upper()).maximize().language
        if spoken != "en":  # what is said of countries that there are not
            out += [_code_of(file) for tag, file in _files().items() if tag == str(spoken)]
    with contextlib.suppress(langcodes.tag_parser.LanguageTagError):
        out.append(str(langcodes.closest_match(wanted, plain, max_distance=30)[0]))
    return out


@cache
def _claims() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Of espeak-ng's files: code to file, file to name, file to its own code."""
    found = find_espeak()
    best: dict[str, tuple[int, int, str]] = {}
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    root = None if found is None else found[1] / "lang"
    for path in sorted(root.rglob("*")) if root is not None else ():
        if not path.is_file() or root is None:
            continue
        file = path.relative_to(root).as_posix()
        own = path.name.lower()
        other = _respelled(own)
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, *values = line.split()[:3] or [""]
            if key == "name":
                names[file] = line.split(maxsplit=1)[1].strip()
            elif key == "language" and values:
                rank = int(values[1]) if len(values) > 1 and values[1].isdecimal() else _PRIORITY
                claim = (rank, int(other), file)
                tag = values[0].lower()
                best[tag] = min(claim, best.get(tag, claim))
        codes[file] = own
        names.setdefault(file, own)
        best[own] = (0, 0, file)
    return {tag: file for tag, (_, _, file) in best.items()}, names, codes


def _files() -> dict[str, str]:
    return _claims()[0]


def _names() -> dict[str, str]:
    return _claims()[1]


def _code_of(file: str) -> str:
    return _claims()[2][file]
