"""Which engines there are: shares, voices and what is said when one is missing."""

import os
import subprocess
import sys

import pytest

from wakesmith import tts
from wakesmith.errors import VoiceError
from wakesmith.tts import registry
from wakesmith.tts.mnemonics import mnemonics
from wakesmith.tts.variants import ACCENTS, DROPPED, generated, named


@pytest.fixture
def only_flite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with flite and without espeak-ng, whatever this one has."""
    engines = dict(registry._ENGINES)
    engines["flite"] = (*engines["flite"][:1], lambda: True, engines["flite"][2])
    engines["espeak"] = (*engines["espeak"][:1], lambda: False, engines["espeak"][2])
    engines = {name: engines[name] for name in tts.EMBEDDED}
    monkeypatch.setattr(registry, "_ENGINES", engines)
    registry.engine.cache_clear()


@pytest.mark.usefixtures("only_flite")
def test_shares_are_those_of_the_installed_and_what_is_left_out_is_said() -> None:
    shares, notes = tts.shares({"flite": 0.6, "espeak": 0.2})
    assert shares == {"flite": 1.0}
    (note,) = notes
    assert "espeak" in note
    assert "25%" in note
    assert "pip install" in note


@pytest.mark.usefixtures("only_flite")
def test_nothing_installed_says_how_to_install() -> None:
    with pytest.raises(VoiceError, match=r"espeak: .*pip install 'wakesmith\[voices\]'"):
        tts.shares({"espeak": 1.0})
    with pytest.raises(VoiceError, match=r"synth\.engines"):
        tts.shares({"flite": 0.0})
    with pytest.raises(VoiceError, match="not installed"):
        tts.engine("espeak")


@pytest.mark.usefixtures("only_flite")
def test_missing_and_installed_part_the_engines() -> None:
    assert set(tts.missing()) == {"espeak"}
    assert set(tts.installed()) == {"flite"}
    assert "apt-get install" in tts.missing()["espeak"]


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(VoiceError, match="'festival'"):
        tts.engine("festival")


def test_made_up_voices_are_a_pure_function_of_the_seed() -> None:
    assert generated(7) == generated(7)
    drawn = [generated(seed) for seed in range(300)]
    assert len({content for _, content in drawn}) == 300
    assert {accent for accent, _ in drawn} <= set(ACCENTS)
    klatt = sum("\nklatt " in content for _, content in drawn) / 300
    assert 0.6 < klatt < 0.8
    assert all(content.startswith("language variant\n") for _, content in drawn)
    assert all(content.count("formant ") == 9 for _, content in drawn)


def test_variants_keep_one_accent_and_the_bad_ones_are_dropped() -> None:
    names = named(["f1", "f2", "m1", "Marco", "robosoft", "robosoft2", "klatt"])
    variants = [name.partition("+")[2] for name in names if "+" in name]
    assert sorted(variants) == ["f1", "f2", "klatt", "m1", "robosoft"]
    assert set(ACCENTS) <= set(names)
    assert "Marco" in DROPPED


@pytest.mark.parametrize(
    ("phones", "text"),
    [
        ("HH EY1 S AA1 G AH0", "[[h'eIs'A:g@]]"),
        ("K AA1 R", "[[k'A@]]"),
        ("S T AO1 R IY0", "[[st'O:ri]]"),
        ("HH IH1 R", "[[h'i@3]]"),
        ("W ER1 D ER0", "[[w'3:d3]]"),
        ("W AO1 T ER0", "[[w'O:t#3]]"),
        ("AH0 L EH1 K S AH0", "[[a#l'Eks@]]"),
        ("K AE2 T", "[[k,at]]"),
        ("K AE0 T", "[[k'at]]"),
    ],
)
def test_arpabet_as_espeak_mnemonics(phones: str, text: str) -> None:
    assert mnemonics([tuple(phones.split())]) == text


WITHOUT_FLITE = """
import sys
import pytest
from wakesmith import tts
tts.missing = lambda: {"flite": "how to get it"}
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", sys.argv[1]]))
"""


@pytest.mark.parametrize(("required", "code"), [("1", 4), ("", 0)])
def test_where_voices_are_required_tests_do_not_start_without_them(
    required: str, code: int
) -> None:
    """As in .ci/run; elsewhere the tests that speak are skipped."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FLITE, __file__],
        env={**os.environ, "WAKESMITH_REQUIRE_VOICES": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert ("flite: how to get it" in done.stderr) == (required == "1")
