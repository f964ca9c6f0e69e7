"""Which engines there are, which are installed, and what they offer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from wakesmith.errors import VoiceError
from wakesmith.licence import UNKNOWN, Licence
from wakesmith.plan.blends import model_of
from wakesmith.plan.cast import made_up
from wakesmith.tts import espeak, flite, kokoro, piper
from wakesmith.tts.engine import Engine, Filed, Licensed
from wakesmith.tts.variants import GENERATED

_ENGINES: dict[str, tuple[Callable[[], Engine], Callable[[], bool], Callable[[], str]]] = {
    "flite": (flite.Flite, flite.available, lambda: flite.INSTALL),
    "espeak": (espeak.shared, espeak.available, lambda: espeak.INSTALL),
    "piper": (piper.Piper, piper.available, piper.install),
    "kokoro": (kokoro.Kokoro, kokoro.available, kokoro.install),
}
EMBEDDED = ("flite", "espeak")
"""Engines that need no download of voices."""
_MANY = 6
GENERATING = ("espeak",)
"""Engines that make up voices by seed: they speak as ``generated:<seed>``."""
BLENDING = ("piper", "kokoro")
"""Engines that blend two speakers of a model: they speak as ``MODEL:ONE~OTHER@0.4``."""
_BEST = {"piper": 0.88, "flite": 0.1, "espeak": 0.02}
"""Shares where Piper's voice of 904 speakers is there. A tenth of another kind of synthesis keeps
a detector from learning the sound of one (cross-engine recall: ``docs/voices.md``)."""


_LICENCES = {
    "flite": Licence(
        "BSD-style (CMU Flite)", True, "https://github.com/festvox/flite/blob/master/COPYING"
    ),
    "espeak": Licence(
        "GPL-3.0-or-later",
        True,
        "https://github.com/espeak-ng/espeak-ng/blob/master/COPYING",
        "of the engine; speech made with it is not covered by it",
    ),
}
"""Of engines whose voices all have one, by name; others say it by ``Licensed.licence``."""


def installed() -> dict[str, Callable[[], Engine]]:
    """Engines of this machine by name; calling one gives the process's engine."""

    def maker(name: str) -> Callable[[], Engine]:
        return lambda: engine(name)

    return {name: maker(name) for name, (_, available, _) in _ENGINES.items() if available()}


def missing() -> dict[str, str]:
    """Engines that are not here, and how to install each on Debian, macOS or with pip."""
    return {name: hint() for name, (_, available, hint) in _ENGINES.items() if not available()}


@cache
def engine(name: str) -> Engine:
    """The engine of this name, one in a process; ``VoiceError`` says how to get it."""
    if name not in _ENGINES:
        raise VoiceError(f"There is no engine {name!r}; there are {', '.join(_ENGINES)}.")
    make, available, hint = _ENGINES[name]
    if not available():
        raise VoiceError(f"The speech engine {name} is not installed. {hint()}.")
    return make()


def licence(name: str, voice: str) -> Licence:
    """The licence of what a voice of an engine speaks; ``UNKNOWN`` where nobody says.

    ``VoiceError`` when the engine is not installed and does not have one for all its voices.
    """
    if name in _LICENCES:
        return _LICENCES[name]
    speaking = engine(name)
    return speaking.licence(voice) if isinstance(speaking, Licensed) else UNKNOWN


def files(name: str, voice: str) -> tuple[Path, ...]:
    """The files of a voice that may be replaced under its name; none where voices come with their
    engine. ``VoiceError`` when the engine is not installed."""
    speaking = engine(name)
    return speaking.files(voice) if isinstance(speaking, Filed) else ()


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


def best_shares(language: str) -> tuple[dict[str, float], str]:
    """The engines' shares where the best voice of a language is there, and the note that says so;
    nothing where it is not. Only English has a voice of so many speakers."""
    if language.split("-")[0].lower() != "en" or not piper.able():
        return {}, ""
    if piper.BEST not in piper.models():
        return {}, ""
    told = ", ".join(f"{name} {share:.0%}" for name, share in _BEST.items())
    return dict(_BEST), (
        f"Piper's voice {piper.BEST} is installed, so it speaks most: {told}. To have it "
        "otherwise, give `synth.engines` shares of your own (flite: 0.9, espeak: 0.1 leaves it out)"
    )


def idle(language: str, asked: Iterable[str]) -> tuple[str, ...]:
    """A note on each engine whose downloaded voices speak a language, and that is not asked to."""
    engines = set(installed()) - set(EMBEDDED) - set(asked)
    models = {
        name: list(dict.fromkeys(map(model_of, engine(name).voices(language))))
        for name in sorted(engines)
    }
    return tuple(
        f"{name} speaks {language!r} here ({', '.join(found[:_MANY])}) and has no share of the "
        f"voices: give it one in `synth.engines`, such as {{{name}: 0.9, espeak: 0.1}}"
        for name, found in models.items()
        if found
    )


def voices_of(
    language: str, engines: Iterable[str] | None = None, only: Sequence[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Voices of a language by engine: of the installed engines, or of those named.

    With ``only`` just these voices (as ``slt`` or ``flite/slt``; a voice of several speakers stands
    for all of them), and engines without any are left out. ``VoiceError`` for a voice of ``only``
    that no engine has, and when no voice is left.
    """
    names = list(installed()) if engines is None else list(engines)
    offered = {name: engine(name).voices(language) for name in names}
    only = [voice for one in only for voice in _speakers(one, offered)]
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


def find_voice(voice: str, language: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The engine that has a voice, and the voices that the name stands for.

    That is all speakers of a model, else itself; blends and made-up voices are found, too.
    ``VoiceError`` when none has it.
    """
    prefix, _, bare = voice.rpartition("/")
    for name in [prefix] if prefix else list(installed()):
        one = engine(name)
        offered = {
            v for code in ([language] if language else one.languages) for v in one.voices(code)
        }
        models = {model_of(v) for v in offered}
        made_up = name in GENERATING and _has(name, bare, {name: ()})
        accents = name in GENERATING and bare.partition("+")[0] in offered
        blended = name in BLENDING and ":" in bare and model_of(bare) in models
        if bare in offered or made_up or accents or blended:
            return name, (bare,)
        if name in BLENDING and bare in models:
            return name, tuple(sorted(v for v in offered if model_of(v) == bare))
    raise VoiceError(
        f"No installed engine has the voice {voice!r}"
        + (f" for the language {language!r}" if language else "")
        + ". `wakesmith voices list` names those that there are and those that can be downloaded."
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


def _speakers(voice: str, offered: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The voices that a name stands for: all speakers of a model, else itself."""
    prefix, slash, bare = voice.rpartition("/")
    found = tuple(
        f"{prefix}{slash}{name}"
        for owner, names in offered.items()
        if owner in BLENDING and prefix in ("", owner)
        for name in names
        if name != bare and model_of(name) == bare
    )
    return found or (voice,)


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
