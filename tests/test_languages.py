"""Languages other than English: their codes, their sounds, and voices that speak them."""

from collections.abc import Callable

import numpy as np
import plans
import pytest
from click.testing import Result

from wakesmith import tts
from wakesmith.errors import PhraseError, VoiceError
from wakesmith.phrase import (
    by_word,
    foreign,
    ipa,
    lacking,
    language,
    language_of,
    languages,
    near_misses,
    parse_pronunciation,
    pronounce,
    sentences,
)
from wakesmith.phrase.arpabet import bare
from wakesmith.phrase.tongue import tongue_of
from wakesmith.plan.texts import texts_of
from wakesmith.tts import espeak

if not espeak.available():
    pytest.skip(
        "reads with espeak-ng, which is not installed (pip install espeakng-loader)",
        allow_module_level=True,
    )

PHRASES = {
    "sv": ("hej saga", "hɛjsɑːɡa"),
    "de": ("hallo küche", "haloːkʏçə"),
    "es": ("oye lucía", "oʝeluθia"),
    "fr": ("dis maison", "dimɛzɔ̃"),
    "zh": ("小爱同学", "ɕjɑu˨˩˦ai˥˩thonɡ˧˥ɕyɛ˧˥"),
    "ja": ("おい さくら", "o̞isäkɯᵝɽä"),
}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("sv", "sv"),
        ("sv-SE", "sv"),
        ("sv_SE", "sv"),
        ("swe", "sv"),
        ("de-AT", "de"),
        ("pt-BR", "pt-br"),
        ("es-MX", "es-419"),
        ("zh", "cmn"),
        ("zh-TW", "cmn"),
        ("cmn", "cmn"),
        ("ja-JP", "ja"),
        ("no", "nb"),
        ("EN_gb", "en"),
    ],
)
def test_a_language_is_known_by_its_code(code: str, own: str) -> None:
    assert language_of(code).code == own


@pytest.mark.parametrize(
    ("code", "near"), [("swedish", "sv"), ("jp", "ja"), ("gl", "es"), ("german", "de")]
)
def test_an_unknown_code_names_the_near_ones(code: str, near: str) -> None:
    with pytest.raises(PhraseError, match=rf"'{code}'.* {near} \("):
        language_of(code)


def test_without_espeak_other_languages_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(language, "find_espeak", lambda: None)
    with pytest.raises(PhraseError, match=r"pip install 'wakesmith\[voices\]'"):
        language_of.__wrapped__("sv")
    assert language_of.__wrapped__("en-GB").english


def test_an_accent_speaks_alone_where_a_region_is_asked_for() -> None:
    assert set(language_of("fr").accents) == {"fr", "fr-be", "fr-ch"}
    assert set(language_of("fr-BE").accents) == {"fr-be"}
    assert set(language_of("fr-CA").accents) == {"fr"}


@pytest.mark.parametrize("code", PHRASES)
def test_a_phrase_is_read_by_its_language(code: str) -> None:
    text, said = PHRASES[code]
    phones = pronounce(text, code)[0]
    assert "".join(bare(phones)) == ipa.plain(said)
    assert any(phone.endswith("1") for phone in phones)


@pytest.mark.parametrize("code", PHRASES)
def test_voices_of_the_language_say_it(code: str) -> None:
    text, _ = PHRASES[code]
    engine = tts.engine("espeak")
    voices = engine.voices(code)
    accent = language_of(code).code
    assert accent in voices
    assert len(voices) > 60
    for voice in (accent, f"{accent}+f3", f"generated:{accent}:7"):
        pcm, _ = engine.speak(text, (), voice)
        assert len(pcm) > 8_000


@pytest.mark.parametrize("code", ["sv", "zh"])
def test_pinned_phones_take_as_long_as_what_is_read(code: str) -> None:
    text, _ = PHRASES[code]
    accent = language_of(code).code
    read, _ = tts.engine("espeak").speak(text, (), accent)
    pinned, _ = tts.engine("espeak").speak("x", pronounce(text, code)[0], accent)
    assert len(pinned) == pytest.approx(len(read), rel=0.12)


def test_a_made_up_voice_is_named_with_its_accents() -> None:
    engine = tts.engine("espeak")
    swedish, _ = engine.speak("hej saga", (), "generated:sv:5")
    english, _ = engine.speak("hej saga", (), "generated:5")
    assert not np.array_equal(swedish, english)
    assert tts.voices_of("sv", ["espeak"], ["espeak/generated:5"]) == {
        "espeak": ("generated:sv:5",)
    }
    with pytest.raises(VoiceError, match="generated:xx:5"):
        engine.speak("hej", (), "generated:xx:5")


@pytest.mark.parametrize(
    ("code", "phrase", "advice"),
    [
        ("ja", "桜", "kana"),
        ("ja", "sakura", "Hiragana"),
        ("zh", "ni hao", "cmn-latn-pinyin"),
        ("sv", "hej 42", "numbers"),
        ("sv", "hej 桜", "Latin"),
        ("ru", "hello", "Cyrillic"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(code: str, phrase: str, advice: str) -> None:
    with pytest.raises(PhraseError, match=advice):
        pronounce(phrase, code)


def test_pronunciations_are_ipa_of_the_language() -> None:
    written = parse_pronunciation("/hɛj ˈsɑːga/", "sv")
    assert bare(written) == bare(pronounce("hej saga", "sv")[0])
    assert [phone[-1] for phone in written if phone[-1].isdigit()] == ["0", "1", "0"]
    assert bare(parse_pronunciation("saːˈɡɔ", "sv")) == ("s", "a", "ɡ", "ɔ")
    with pytest.raises(PhraseError, match="'ʕ'"):
        parse_pronunciation("/sʕa/", "sv")
    with pytest.raises(PhraseError, match="not IPA"):
        parse_pronunciation("/s4a/", "sv")
    with pytest.raises(PhraseError, match="no vowel"):
        parse_pronunciation("/st/", "sv")


def test_near_misses_are_of_the_language_and_never_the_phrase() -> None:
    said = pronounce("hej saga", "sv")
    found = near_misses("hej saga", said, 300, rng(), language="sv")
    known = set(tongue_of("sv").words().words)
    assert len(found) == 300
    assert found == near_misses("hej saga", said, 300, rng(), language="sv")
    sounds = tongue_of("sv").sounds
    for miss in found:
        assert miss.distance > 0.9
        assert sounds.distances(said[0], sounds.encode([miss.phones]), within=True)[0] > 0.9
    for kind in ("rhythm", "across"):
        texts = [miss.text.split() for miss in found if miss.kind == kind]
        assert texts
        assert all(word in known for words in texts for word in words)
    assert "hej" in known
    with pytest.raises(PhraseError, match="itself"):
        near_misses("hej saga", said, 10, rng(), custom=["hej Saga"], language="sv")
    with pytest.raises(PhraseError, match="numbers"):
        near_misses("hej saga", said, 10, rng(), custom=["hej 42"], language="sv")


def test_running_text_is_of_the_language_without_the_phrase() -> None:
    lines = sentences(200, rng(), ("inte",), pronounce("inte", "sv"), "sv")
    assert len(set(lines)) == 200
    assert lines == sentences(200, rng(), ("inte",), pronounce("inte", "sv"), "sv")
    assert all(4 <= len(line.split()) <= 12 for line in lines)
    assert not any("inte" in line.split() for line in lines)
    assert any("och" in line.split() for line in lines)


def test_a_language_without_a_word_list_has_made_up_words_and_says_so() -> None:
    (note,) = lacking("ka")
    assert "Georgian" in note
    assert lacking("sv") == lacking("en") == ()
    phrase = "გამარჯობა"
    said = pronounce(phrase, "ka")
    found = near_misses(phrase, said, 100, rng(), language="ka")
    assert len(found) == 100
    assert all(miss.phones == () and miss.text != phrase for miss in found)
    assert len(sentences(50, rng(), (phrase,), said, "ka")) == 50


def test_a_phrase_that_cannot_be_read_is_said_as_it_is_pinned_or_spelt() -> None:
    recipe = plans.recipe("language=ja", "pronunciations=['/säkɯɾä/']")
    pinned = texts_of(recipe.model_copy(update={"phrase": "桜"}))
    assert [text for (text, _), _ in pinned.phrases] == ["桜"]
    assert "".join(bare(pinned.phrases[0][0][1])).startswith(ipa.plain("säk"))
    bad = recipe.model_copy(update={"phrase": "さくら", "spellings": ("桜",), "pronunciations": ()})
    with pytest.raises(PhraseError, match="kana"):
        texts_of(bad)


def test_phones_are_shared_out_among_words() -> None:
    swedish = language_of("sv")
    (said,) = pronounce("hej saga", "sv")
    assert list(map(len, foreign.by_word(("hej", "saga"), said, swedish))) == [3, 4]
    other = parse_pronunciation("/hɛj ˈsaːɡɔ/", "sv")
    assert list(map(len, foreign.by_word(("hej", "saga"), other, swedish))) == [3, 4]
    assert by_word(("hey", "you"), ("HH", "EY1", "Y", "UW1")) == (("HH", "EY1"), ("Y", "UW1"))


def test_alike_sounds_cost_less_than_unlike_ones() -> None:
    assert ipa.cost("a", "a") == 0
    assert ipa.cost("t", "d") < ipa.cost("t", "m") < ipa.cost("t", "a") == 1
    assert ipa.cost("i", "y") < ipa.cost("i", "ɑ")
    assert 0 < ipa.cost("ai˥˩", "ai˧˥") < ipa.cost("ai˥˩", "ou˥˩") + 0.25
    assert ipa.cost("tʃ", "ʃ") < 0.5
    for a, b in (("ɔ̃", "ɔ"), ("aː", "a"), ("ts", "s")):
        assert ipa.cost(a, b) == ipa.cost(b, a) > 0


def test_the_command_lists_languages_and_voices(call: Callable[..., Result]) -> None:
    listed = call("voices", "--languages").output
    assert "sv\tSwedish" in listed
    assert "en\tEnglish" in listed
    assert len(languages()) > 90
    assert "espeak\tsv+f3" in call("voices", "--language", "sv-SE").output
    refused = call("voices", "--language", "swedish")
    assert refused.exit_code == 2
    assert "sv (Swedish)" in refused.output
