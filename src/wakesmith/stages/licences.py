"""The licences of all that a run is made from, and whether they allow what it is for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from wakesmith import tts
from wakesmith.errors import DataError, LicenceError
from wakesmith.events import Emit, Warned
from wakesmith.licence import OWN, UNKNOWN, Licence
from wakesmith.plan.blends import model_of
from wakesmith.recipe import Recipe
from wakesmith.sources.catalog import catalog, licence_of, named
from wakesmith.sources.download import NOTE, noted_licence
from wakesmith.sources.place import data_folder
from wakesmith.store import write_atomic

FILES = ("LICENCE.yaml", "LICENSE.yaml", NOTE)
"""Looked for beside sound and features: a mapping of name, commercial, url and note, or what a
download left."""
_RECORDED = ("recordings", "other recordings", "feedback")
_ABOVE = 3
"""So many folders above are looked in, too: a source's note lies above its parts."""
_APACHE = Licence("Apache-2.0", True, "https://www.apache.org/licenses/LICENSE-2.0")
_LIBRISPEECH = Licence(
    "CC-BY-4.0",
    True,
    "https://www.openslr.org/12",
    "of the speech they were trained on: LibriSpeech, Panayotov, Chen, Povey and Khudanpur 2015; "
    "the noise in it is credited in the package's trunk.md",
)


@dataclass(frozen=True)
class Used:
    """Something that a model is made from."""

    what: str
    where: str
    """As the recipe names it, or the names of voices."""
    licence: Licence


def of_places(recipe: Recipe) -> tuple[Used, ...]:
    """All sound, features and sets that a recipe names. ``DataError`` for a note that is broken."""
    return tuple(
        Used(what, place, _at(place, OWN if what in _RECORDED else UNKNOWN))
        for what, place in _places(recipe)
    )


def of_voices(voices: Mapping[str, Sequence[str]]) -> tuple[Used, ...]:
    """Voices by engine; those of one engine and licence are one."""
    found: dict[tuple[str, Licence], list[str]] = {}
    for engine, offered in voices.items():
        for voice in offered:
            names = found.setdefault((engine, tts.licence(engine, voice)), [])
            names.append(model_of(voice))
    return tuple(
        Used(f"voices of {engine}", _named(list(dict.fromkeys(names))), licence)
        for (engine, licence), names in found.items()
    )


def of_parts(pretrained: bool = False) -> tuple[Used, ...]:
    """What Wakesmith itself puts in; ``pretrained`` layers of a micro network, too."""
    embedding = Used("speech embedding", "Google's, as openWakeWord uses it", _APACHE)
    layers = Used("first layers, which have heard people speak", "Wakesmith's", _LIBRISPEECH)
    return (embedding, layers) if pretrained else (embedding,)


def check(commercial: bool, used: Sequence[Used], emit: Emit) -> None:
    """Raise ``LicenceError`` for what forbids commercial use where that is wanted; what does not
    say is warned of."""
    if not commercial:
        return
    forbidden = [one for one in used if one.licence.commercial is False]
    if forbidden:
        raise LicenceError(
            "this is to be for commercial use (commercial: true), which is forbidden for "
            + "; ".join(f"{one.what} {one.where}, {one.licence.name}" for one in forbidden)
            + ". Leave them out of the recipe, or ask their makers."
        )
    silent = [one for one in used if one.licence.commercial is None]
    if silent:
        emit(
            Warned(
                "gather",
                "whether commercial use is allowed is not known of "
                + "; ".join(f"{one.what} {one.where}" for one in silent)
                + ". Ask, and write what you learn beside it in LICENCE.yaml (docs/data.md)",
            )
        )


def stated(place: Path) -> Licence | None:
    """What is written beside a file or in a folder, or in one of the three above; None for nothing.

    ``DataError`` for a note that is broken.
    """
    path = place.absolute()
    for folder in (path, *path.parents)[: _ABOVE + 1]:
        for file in (folder / name for name in FILES):
            if file.is_file():
                return noted_licence(file) if file.name == NOTE else _written(file)
        if folder == data_folder():
            break
    return None


def joined(licences: Sequence[Licence]) -> Licence:
    """Of what is made from several: all of them bind."""
    different = list(dict.fromkeys(licences))
    if len(different) == 1:
        return different[0]
    allowed = {one.commercial for one in different}
    commercial = False if False in allowed else None if None in allowed else True

    def told(what: str) -> str:
        parts = (part for one in different for part in str(getattr(one, what)).split("; "))
        return "; ".join(filter(None, dict.fromkeys(parts)))

    return Licence(told("name"), commercial, "", told("note"))


def bring_along(sources: Sequence[Path], place: Path) -> None:
    """Write what is stated of the sources of copies into the folder of the copies, beside what is
    there; nothing where nothing is stated."""
    found = [one for source in sources if (one := stated(source))]
    if found and place.is_dir():
        licence = joined([stated(place) or OWN, *found])
        text = yaml.safe_dump(asdict(licence), sort_keys=False, allow_unicode=True)
        write_atomic(place / FILES[0], text.encode(), "NAME")


def table(used: Sequence[Used]) -> list[str]:
    """Lines of Markdown."""
    words = {True: "allowed", False: "forbidden", None: "not known"}
    lines = ["| made from | which | licence | commercial use |", "|---|---|---|---|"]
    for one in used:
        licence = one.licence
        name = f"[{licence.name}]({licence.url})" if licence.url else licence.name
        note = f"; {licence.note}" if licence.note else ""
        cells = (one.what, one.where, name + note, words[licence.commercial])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def _places(recipe: Recipe) -> Iterator[tuple[str, str]]:
    told = recipe.feedback
    for what, places in (
        ("recordings", recipe.recordings.folders),
        ("other recordings", recipe.negatives.recordings),
        ("feedback", (*told.misses, *told.false_accepts, *told.ambient)),
        ("background", recipe.negatives.background),
        ("features", recipe.negatives.features),
        ("rows of features", tuple(one.of for one in recipe.negatives.slices)),
        ("rooms", recipe.mix.rooms),
        ("noises", recipe.mix.noises),
        (
            "spectrograms",
            tuple(one.folder for one in recipe.micro.sets)
            if "microwakeword" in recipe.families
            else (),
        ),
    ):
        yield from ((what, place) for place in places)


def _at(place: str, usual: Licence) -> Licence:
    in_catalog = named(place)
    if in_catalog:
        known = catalog().get(in_catalog[0])
        return known.licence if known else UNKNOWN
    if "://" in place:
        of = [one.licence for one in catalog().values() for i in one.items if place in i.addresses]
        return of[0] if of else UNKNOWN
    return stated(Path(place)) or usual


def _written(file: Path) -> Licence:
    try:
        return licence_of(yaml.safe_load(file.read_text(encoding="utf-8")), str(file))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"{file} cannot be used: {error}") from None


def _named(voices: Sequence[str], most: int = 6) -> str:
    more = f" and {len(voices) - most} more" if len(voices) > most else ""
    return ", ".join(voices[:most]) + more
