"""How words are read that no dictionary holds.

English ones by flite's letter-to-sound rules, else espeak-ng's; those of other languages by
espeak-ng, phoneme by phoneme.
"""

import ctypes
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence

from wakesmith.errors import PhraseError, VoiceError
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
    library = _started()
    library.espeak_SetVoiceByName(b"gmw/en-US")
    spoken, _ = next(clauses(library, word, IPA), (b"", b""))
    sys.stdout.buffer.write(spoken)


Reading = tuple[tuple[str, str], ...]
"""A word's phonemes in order: IPA with its stress mark and espeak-ng's mnemonic, or "" for it
where the two transcriptions cannot be laid side by side."""
IPA = 2
"""Mode of ``clauses``; 0 gives mnemonics."""
_UTF8 = 1
_BETWEEN = "\u00b7"
_TIMEOUT = 300


def read_words(file: str, words: Sequence[str]) -> list[Reading]:
    """espeak-ng's reading of each word by the voice of a file (``gmq/sv``), in a process of its
    own; ``VoiceError`` when it fails."""
    code = "from wakesmith.phrase.reading import print_readings; print_readings()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([file, list(words)]),
        capture_output=True,
        encoding="utf-8",
        timeout=_TIMEOUT,
    )
    if done.returncode:
        raise VoiceError(
            f"espeak-ng does not read with its voice {file}: {done.stderr.strip()[-300:]}"
        )
    return [tuple((ipa, sign) for ipa, sign in word) for word in json.loads(done.stdout)]


def print_readings() -> None:
    """Answer ``read_words``: the body of the child process."""
    file, words = json.load(sys.stdin)
    library = _started()
    if library.espeak_SetVoiceByName(file.encode()):
        raise SystemExit("there is no such voice")
    json.dump(read_with(library, words), sys.stdout)


def read_with(library: ctypes.CDLL, words: Sequence[str]) -> list[Reading]:
    """The readings of words by the voice that a started library has been given."""
    return [_aligned(_said(library, word, IPA), _said(library, word, 0)) for word in words]


def clauses(library: ctypes.CDLL, text: str, mode: int) -> Iterator[tuple[bytes, bytes]]:
    """What a started library makes of each clause of a text by its present voice, and the clause.

    It reads one sign beyond a clause, which is never a mark of punctuation.
    """
    reads = library.espeak_TextToPhonemes
    reads.restype = ctypes.c_char_p
    reads.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    data = ctypes.create_string_buffer(text.encode())
    start, end = ctypes.addressof(data), len(data) - 1
    at, place = ctypes.c_void_p(start), 0
    while at.value and place < end:
        spoken = reads(ctypes.byref(at), _UTF8, mode)
        beyond = at.value - start if at.value else end
        yield spoken or b"", data.raw[place:beyond]
        place = beyond


def _started() -> ctypes.CDLL:
    found = find_espeak()
    if found is None:
        raise SystemExit("espeak-ng is not installed")
    library = ctypes.CDLL(found[0])
    retrieval, no_exit = 1, 0x8000  # AUDIO_OUTPUT_RETRIEVAL, espeakINITIALIZE_DONT_EXIT
    if library.espeak_Initialize(retrieval, 0, str(found[1]).encode(), no_exit) <= 0:
        raise SystemExit("espeak-ng does not start")
    return library


def _said(library: ctypes.CDLL, text: str, mode: int) -> list[str]:
    """The phonemes of all clauses of a text."""
    out: list[str] = []
    for spoken, _ in clauses(library, text, mode | ord(_BETWEEN) << 8):
        out += spoken.decode(errors="replace").replace(" ", _BETWEEN).split(_BETWEEN)
    return out


def _aligned(ipa: list[str], signs: list[str]) -> Reading:
    kept = [sign for sign in ipa if sign]
    if len(ipa) == len(signs):
        return tuple((a, b) for a, b in zip(ipa, signs, strict=True) if a)
    return tuple((a, "") for a in kept)


def _checked(phones: Phones) -> Phones:
    """The phones when at least one is a vowel (a word can be spoken), else none."""
    return stressed(phones) if any(is_vowel(phone) for phone in phones) else ()
