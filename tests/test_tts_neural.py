"""Neural voices: tiny ones of the published shape, and what makes them fit for a plan."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_voices

from wakesmith import tts
from wakesmith.errors import VoiceError
from wakesmith.plan.blends import blend, speakers_of
from wakesmith.plan.draws import Utterance
from wakesmith.tts import espeak, kokoro, piper
from wakesmith.tts.ipa import spoken_as

pytestmark = [
    pytest.mark.skipif(not piper.able(), reason="neural voices need espeak-ng"),
    pytest.mark.usefixtures("neural_voices"),
]
SAGA = ("HH", "EY1", "S", "AA1", "G", "AH0")
ONE = f"{tiny_voices.PIPER}:p3"


SAID = (
    Utterance("hey saga", "piper", ONE),
    Utterance("hey saga", "piper", ONE, SAGA, speed=0.7),
    Utterance("what is that", "piper", f"{tiny_voices.PIPER}:p1~p9@0.4", intonation=1.5),
    Utterance("hey saga", "espeak", "en-us", SAGA),
    Utterance("hey saga", "kokoro", "kokoro-v1.0:af_one", SAGA),
    Utterance("turn it off", "kokoro", "kokoro-v1.0:am_two~bf_three@0.3", speed=1.2),
)


def test_the_same_utterance_is_the_same_samples_in_any_order_and_process() -> None:
    neural = [one for one in SAID if one.engine != "espeak"]
    first = [clip.pcm.tobytes() for clip in tts.speak(neural)]
    again = [clip.pcm.tobytes() for clip in tts.speak([*neural, *SAID[3:4], *neural][::-1])]
    assert again[::-1][: len(neural)] == first
    assert again[: len(neural)][::-1] == first
    program = (
        "import hashlib, sys; sys.path.insert(0, 'tests')\n"
        "from test_tts_neural import SAID, tts\n"
        "one = [u for u in SAID if u.engine != 'espeak'][::-1]\n"
        "print(*[hashlib.sha256(c.pcm.tobytes()).hexdigest() for c in tts.speak(one)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, "tests"])},
        cwd=Path(__file__).parent.parent,
    )
    import hashlib

    assert done.stdout.split()[::-1] == [hashlib.sha256(pcm).hexdigest() for pcm in first]


def test_whoever_speaks_makes_a_difference() -> None:
    plain = SAID[0]
    other = replace(plain, voice=f"{tiny_voices.PIPER}:p9")
    livelier = replace(plain, intonation=1.4)
    clips = [clip.pcm.tobytes() for clip in tts.speak([plain, other, livelier])]
    assert len(set(clips)) == 3
    slow, fast = tts.speak([replace(plain, speed=0.7), replace(plain, speed=1.4)])
    assert len(slow.pcm) > 1.5 * len(fast.pcm)


@pytest.mark.parametrize("index", [1, 4])
def test_pinned_phones_sound_as_the_text_that_is_read_so(index: int) -> None:
    pinned = replace(SAID[index], speed=1.0)
    (one,), (other,) = tts.speak([pinned]), tts.speak([replace(pinned, phones=())])
    assert one.pcm.tobytes() == other.pcm.tobytes()
    (wrong,) = tts.speak([replace(pinned, text="hey mother", phones=())])
    assert wrong.pcm.tobytes() != one.pcm.tobytes()


def test_a_text_becomes_the_numbers_that_piper_reads() -> None:
    config = piper.read_config(piper.models()[tiny_voices.PIPER])
    names = {ids[0]: sign for sign, ids in config.ids.items()}
    read = "".join(names[one] for one in piper.numbers(config, "hey, saga"))
    assert read == "^_h_ˈ_e_ɪ_,_ _s_ˈ_ɑ_ː_ɡ_ə_$"
    assert piper.numbers(config, "hey saga", SAGA) == piper.numbers(config, "hey saga")
    with pytest.raises(VoiceError, match="no sound for any sign"):
        piper.numbers(replace(config, ids={s: config.ids[s] for s in "_^$"}), "hey")


@pytest.mark.parametrize(
    ("code", "text", "heard"),
    [
        ("en-us", "Hey, saga! What is that?", "hˈeɪ, sˈɑːɡə! wˌʌt ɪz ðˈæt?"),
        ("en-gb", "go", "ɡˈəʊ"),
        ("sv", "hej one", "hˈɛj wˌɒn"),
        ("de", "Hallo Welt.", "hˈaloː vˈɛlt."),
        ("en-us", "", ""),
    ],
)
def test_espeak_reads_any_language_and_keeps_the_punctuation(
    code: str, text: str, heard: str
) -> None:
    assert espeak.shared().transcribe(text, code) == heard


def test_reading_leaves_espeaks_own_voices_as_they_are() -> None:
    alone = next(tts.speak([SAID[3]])).pcm
    espeak.shared().transcribe("hej", "sv")
    after = next(tts.speak([SAID[3]])).pcm
    assert abs(len(alone) - len(after)) < 800  # a Swedish voice would read it otherwise
    with pytest.raises(VoiceError, match="does not know the language 'xx'"):
        espeak.shared().transcribe("hej", "xx")


def test_reading_goes_on_after_pinned_phones_of_another_language() -> None:
    """Whose signs are learnt by the same library, in the same process."""
    one = espeak.shared()
    before = one.transcribe("hej saga", "sv")
    sound, _ = one.speak("hej saga", ("h", "ɛ1", "j", "s", "ɑː1", "ɡ", "a0"), "sv")
    assert len(sound)
    assert one.transcribe("hej saga", "sv") == before


def test_arpabet_as_espeaks_ipa() -> None:
    assert spoken_as("hey saga", SAGA) == "hˈeɪ sˈɑːɡə"
    assert spoken_as("water", ("W", "AO1", "T", "ER0")) == "wˈɔːtɚ"
    assert spoken_as("hej saga", ("h", "ɛ1", "j", "s", "ɑː2", "ɡ", "a0")) == "hˈɛjsˌɑːɡa"


def test_kokoro_has_its_own_letters_for_two_sounds() -> None:
    assert kokoro.written("hey saga", SAGA, "en-us") == "hˈA sˈɑɡə"
    assert kokoro.written("joy", ("JH", "OY1"), "en-gb") == "ʤˈY"


def test_voices_are_named_by_model_and_speaker() -> None:
    offered = tts.voices_of("en")
    assert len(offered["piper"]) == 12
    assert ONE in offered["piper"]
    assert offered["kokoro"] == tuple(f"kokoro-v1.0:{n}" for n in ("af_one", "am_two", "bf_three"))
    assert tts.engine("kokoro").voices("en-gb") == ("kokoro-v1.0:bf_three",)
    assert "piper" not in tts.voices_of("en-gb")
    assert tts.voices_of("en", None, [tiny_voices.PIPER]) == {"piper": offered["piper"]}
    assert tts.voices_of("en", None, [f"piper/{ONE}"]) == {"piper": (ONE,)}
    assert tts.find_voice(f"{ONE}~p4@0.5") == ("piper", (f"{ONE}~p4@0.5",))
    assert tts.find_voice("en-us+f3") == ("espeak", ("en-us+f3",))


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        ("nobody", "wakesmith voices download nobody"),
        (tiny_voices.PIPER, "has 12 speakers"),
        (f"{tiny_voices.PIPER}:nobody", "names none of them"),
        (f"{ONE}~p4@2", "from 0 to 1"),
        (f"{ONE}~p4@much", "could not convert"),
    ],
)
def test_what_is_no_voice_is_said(voice: str, said: str) -> None:
    with pytest.raises(VoiceError, match=said):
        tts.engine("piper").speak("hey", (), voice)
    with pytest.raises(VoiceError, match="Kokoro has no voice"):
        tts.engine("kokoro").speak("hey", (), "kokoro-v1.0:nobody")


def test_files_that_are_no_voices_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path))
    home = tmp_path / "voices" / "piper"
    path = tiny_voices.piper(home, "en_US-broken-low", speakers=1)
    path.write_bytes(b"no graph at all")
    with pytest.raises(VoiceError, match="is no ONNX graph"):
        tts.engine("piper").speak("hey", (), "en_US-broken-low")
    Path(f"{path}.json").write_text('{"audio": {}}')
    with pytest.raises(VoiceError, match="does not describe a Piper voice"):
        tts.engine("piper").voices("en")
    tiny_voices.piper(home, "en_US-broken-low", phoneme_type="pinyin")
    with pytest.raises(VoiceError, match="'pinyin'"):
        tts.engine("piper").voices("en")
    tiny_voices.kokoro(tmp_path / "voices" / "kokoro")
    (tmp_path / "voices" / "kokoro" / kokoro.SPEAKERS).write_bytes(b"\x80\x04pickle")
    with pytest.raises(VoiceError, match="does not hold Kokoro's speakers"):
        tts.engine("kokoro").voices("en")


def test_a_voice_of_one_speaker_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAKESMITH_DATA", str(tmp_path))
    name = "sv_SE-tiny-medium"
    spoken = {"language": {"code": "sv_SE", "family": "sv"}, "espeak": {"voice": "sv"}}
    tiny_voices.piper(tmp_path / "voices" / "piper", name, speakers=1, **spoken)
    assert tts.voices_of("sv", ["piper"]) == {"piper": (name,)}
    (clip,) = tts.speak([Utterance("hej saga", "piper", name)])
    assert len(clip.pcm) > 4000


def test_a_blend_is_of_two_speakers_of_one_model() -> None:
    voices = ("m:a", "m:b", "m:c", "n:z", "single")
    drawn = {blend(np.random.default_rng(n), "m:a", voices) for n in range(50)}
    assert len(drawn) > 20
    for name in drawn - {"m:a"}:
        (one, other), weight = speakers_of(name)
        assert one == "a"
        assert other in "bc"
        assert 0.2 <= weight <= 0.8
    rng = np.random.default_rng(0)
    assert blend(rng, "single", voices) == "single"
    assert blend(rng, "n:z", voices) == "n:z"
    assert speakers_of("single") == ((), 0.0)


def test_what_a_card_says_is_the_licence(neural_voices: Path) -> None:
    from wakesmith.tts.licences import CARD

    card = neural_voices / "voices" / "piper" / f"{tiny_voices.PIPER}{CARD}"
    assert tts.licence("piper", ONE).commercial is None
    for words, name, commercial in (
        ("CC BY 4.0", "CC-BY-4.0", None),  # lessac may bind, too
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0", False),
        ("CC0", "CC0-1.0", None),
        ("See URL", "See URL", None),
    ):
        card.write_text(
            f"# Model card\n\n* Language: en_US\n\n## Dataset\n\n* URL: http://www.openslr.org/141/\n"
            f"* License: {words}\n\n## Training\n\nFine-tuned from English lessac medium.\n"
        )
        licence = tts.licence("piper", ONE)
        assert (licence.name, licence.commercial) == (name, commercial)
        assert licence.url == "http://www.openslr.org/141/"
        assert "lessac" in licence.note
    card.unlink()
    assert tts.licence("espeak", "en-us").name == "GPL-3.0-or-later"
    assert tts.licence("kokoro", "x").commercial


def test_only_what_is_not_here_is_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip" not in piper.install() + kokoro.install()
    monkeypatch.setattr(piper, "able", lambda: False)
    for told in (piper.install(), kokoro.install()):
        assert told.startswith("wakesmith voices download ")
        assert told.endswith(piper.NEEDS)
