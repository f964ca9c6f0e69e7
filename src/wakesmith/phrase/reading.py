"""How a word is read that no dictionary holds: flite's letter-to-sound rules, else espeak-ng's."""

import subprocess
import sys
import unicodedata

from wakesmith.errors import PhraseError
from wakesmith.phrase.arpabet import Phones, from_ipa, is_vowel, stressed
from wakesmith.phrase.libraries import find_espeak, flite_lexicon


def read_word(word: str) -> Phones:
    """The pronunciation that the machine's speech engine would give a word; empty when none can.

    flite comes first (CMU lexicon and letter-to-sound rules, Black, Lenzo and Pagel, "Issues in
    building general letter to sound rules", 1998), then espeak-ng. Accents are taken off; letters
    of other scripts have no English reading.
    """
    plain = letters_of(word)
    return (read_by_flite(plain) or read_by_espeak(plain)) if plain else ()


def letters_of(word: str) -> str:
    """A word in plain a to z and apostrophes; empty when it has any other letter or sign."""
    plain = unicodedata.normalize("NFKD", word.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain if plain.isascii() and plain.replace("'", "").isalpha() else ""


def read_by_flite(word: str) -> Phones:
    """flite's own phones of one word of ASCII letters; empty without flite."""
    found = flite_lexicon()
    if found is None:
        return ()
    flite, lexicon = found
    entry = first = flite.lex_lookup(lexicon, word.lower().encode(), None, None)
    phones = []
    while entry:
        phone = flite.val_string(flite.val_car(entry)).decode().upper()
        phones.append("AH" + phone[2:] if phone.startswith("AX") else phone)
        entry = flite.val_cdr(entry)
    if first:
        flite.delete_val(first)
    return _checked(tuple(phones))


def read_by_espeak(word: str) -> Phones:
    """espeak-ng's American reading of one word; empty without espeak-ng.

    It runs in a process of its own: espeak-ng is one global engine per process, and the voices'
    must not be disturbed.
    """
    if find_espeak() is None:
        return ()
    code = "import sys; from wakesmith.phrase.reading import print_ipa; print_ipa(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, word], capture_output=True, encoding="utf-8", timeout=60
    )
    if done.returncode:
        return ()
    try:
        return _checked(from_ipa(done.stdout.strip()))
    except PhraseError:
        return ()


def print_ipa(word: str) -> None:
    """Write espeak-ng's IPA of a word to standard output: the body of the child process."""
    import ctypes

    found = find_espeak()
    if found is None:
        raise SystemExit("espeak-ng is not installed")
    library = ctypes.CDLL(found[0])
    retrieval, no_exit = 1, 0x8000  # AUDIO_OUTPUT_RETRIEVAL, espeakINITIALIZE_DONT_EXIT
    if library.espeak_Initialize(retrieval, 0, str(found[1]).encode(), no_exit) <= 0:
        raise SystemExit("espeak-ng does not start")
    library.espeak_SetVoiceByName(b"gmw/en-US")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    text = ctypes.c_char_p(word.encode())
    utf8, ipa = 1, 2
    spoken = library.espeak_TextToPhonemes(ctypes.byref(text), utf8, ipa)
    sys.stdout.buffer.write(spoken or b"")


def _checked(phones: Phones) -> Phones:
    """The phones when at least one is a vowel (a word can be spoken), else none."""
    return stressed(phones) if any(is_vowel(phone) for phone in phones) else ()
