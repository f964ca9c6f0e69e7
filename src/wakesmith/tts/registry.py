"""Which engines there are, which are installed, and what they offer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from wakesmith.errors import VoiceError
from wakesmith.plan.cast import made_up
from wakesmith.tts import espeak, flite
from wakesmith.tts.engine import Engine
from wakesmith.tts.variants import GENERATED

_ENGINES: dict[str, tuple[Callable[[], Engine], Callable[[], bool], str]] = {
    "flite": (flite.Flite, flite.available, flite.INSTALL),
    "espeak": (espeak.Espeak, espeak.available, espeak.INSTALL),
}
_MANY = 6
GENERATING = ("espeak",)
"""Engines that make up voices by seed: they speak as ``generated:<seed>``."""


def installed() -> dict[str, Callable[[], Engine]]:
    """Engines of this machine by name; calling one gives the process's engine."""

    def maker(name: str) -> Callable[[], Engine]:
        return lambda: engine(name)

    return {name: maker(name) for name, (_, available, _) in _ENGINES.items() if available()}


def missing() -> dict[str, str]:
    """Engines that are not here, and how to install each on Debian, macOS or with pip."""
    return {name: hint for name, (_, available, hint) in _ENGINES.items() if not available()}


@cache
def engine(name: str) -> Engine:
    """The engine of this name, one in a process; ``VoiceError`` says how to get it."""
    if name not in _ENGINES:
        raise VoiceError(f"There is no engine {name!r}; there are {', '.join(_ENGINES)}.")
    make, available, hint = _ENGINES[name]
    if not available():
        raise VoiceError(f"The speech engine {name} is not installed. {hint}.")
    return make()


def shares(requested: Mapping[str, float]) -> tuple[dict[str, float], tuple[str, ...]]:
    """The shares of the engines that are installed, summing to 1, and a note on each left out.

    Engines with share 0 are left out without a note. ``VoiceError`` when none is left.
    """
    wanted = {name: share for name, share in requested.items() if share > 0}
    absent = missing()
    here = {name: share for name, share in wanted.items() if name in _ENGINES}
    here = {name: share for name, share in here.items() if name not in absent}
    hints = {name: absent.get(name, f"known are {', '.join(_ENGINES)}") for name in wanted}
    left_out = [name for name in wanted if name not in here]
    if not wanted:
        raise VoiceError("No speech engine has a share above 0 in `synth.engines`: give one.")
    if not here:
        raise VoiceError(
            "None of the asked-for speech engines is installed. "
            + " ".join(f"{name}: {hints[name]}." for name in left_out)
        )
    total = sum(here.values())
    notes = tuple(
        f"the speech engine {name} is not installed and is left out of the voices "
        f"({wanted[name] / sum(wanted.values()):.0%} of them were asked of it). "
        f"To have it: {hints[name]}"
        for name in left_out
    )
    return {name: share / total for name, share in here.items()}, notes


def voices_of(
    language: str, engines: Iterable[str] | None = None, only: Sequence[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Voices of a language by engine: of the installed engines, or of those named.

    With ``only`` just these voices (as ``slt`` or ``flite/slt``), and engines without any are left
    out. ``VoiceError`` for a voice of ``only`` that no engine has, and when no voice is left.
    """
    names = list(installed()) if engines is None else list(engines)
    offered = {name: engine(name).voices(language) for name in names}
    asked = {_in(language, voice): _owners(voice, offered) for voice in only}
    unknown = [voice for voice, owners in asked.items() if not owners]
    if unknown:
        raise VoiceError(
            f"No installed engine has the voice {', '.join(map(repr, unknown))} for the language "
            f"{language!r}. `wakesmith voices` lists those that there are."
        )
    if only:
        offered = {
            name: tuple(v.partition("/")[2] or v for v, owners in asked.items() if name in owners)
            for name in offered
        }
    found = {name: tuple(dict.fromkeys(voices)) for name, voices in offered.items() if voices}
    if not found:
        raise VoiceError(_unspoken(language, names))
    return found


def mute(language: str, engines: Iterable[str]) -> tuple[str, ...]:
    """A note on each of these engines that does not speak a language."""
    return tuple(
        f"the speech engine {name} does not speak {language!r}; others speak its share"
        for name in engines
        if not engine(name).voices(language)
    )


def _unspoken(language: str, engines: Sequence[str]) -> str:
    """That none of these engines speaks a language, and what helps."""
    said = [f"No installed engine ({', '.join(engines) or 'there is none'}) speaks {language!r}."]
    spoken = sorted({code for name in engines for code in engine(name).languages})
    if spoken:
        known = ", ".join(spoken) if len(spoken) < _MANY else "see `wakesmith voices --languages`"
        said.append(
            f"Languages that there are: {known}. A phrase of another language can be "
            "trained by its sound: set `language` to one of them, and respell the phrase or "
            "write its `pronunciations`."
        )
    if "espeak" not in engines and espeak.available():
        said.append("espeak speaks most languages: give it a share in `synth.engines`.")
    return " ".join(said + [f"{name}: {hint}." for name, hint in missing().items()])


def _owners(voice: str, offered: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The engines that have a voice of this name (engine/voice narrows to one)."""
    prefix, slash, bare = voice.partition("/")
    if slash:
        return (prefix,) if _has(prefix, bare, offered) else ()
    return tuple(name for name in offered if _has(name, voice, offered))


def _in(language: str, voice: str) -> str:
    """A made-up voice as another language than English names it: with that one's accents."""
    prefix, slash, bare = voice.rpartition("/")
    seed = bare.removeprefix(GENERATED)
    if seed == bare or not seed.isdecimal():
        return voice
    return f"{prefix}{slash}{made_up(language)}:{seed}"


def _has(name: str, voice: str, offered: Mapping[str, Sequence[str]]) -> bool:
    seed = voice.removeprefix(GENERATED)
    made_up = name in GENERATING and name in offered and seed != voice and seed.isdecimal()
    return made_up or voice in offered.get(name, ())
