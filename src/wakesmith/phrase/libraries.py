"""Finding the speech libraries of this machine: flite and espeak-ng, for reading and speaking.

Both are loaded at run time with ctypes and never needed to import anything.
"""

import ctypes
import ctypes.util
import importlib.util
from functools import cache
from pathlib import Path

from wakesmith.errors import pip_install

ESPEAK_INSTALL = (
    f"{pip_install('wakesmith[voices]')} (Linux x86-64 and aarch64, macOS, Windows), or "
    "Debian, Ubuntu: sudo apt-get install libespeak-ng1; macOS: brew install espeak-ng"
)
_POINTER = ctypes.c_void_p
_STRING = ctypes.c_char_p
_FOLDERS = ("", "/opt/homebrew/lib/", "/usr/local/lib/", "/opt/local/lib/", "/usr/lib/")
_ESPEAK_DATA = (
    "/usr/lib/*/espeak-ng-data",
    "/usr/lib/espeak-ng-data",
    "/usr/lib64/espeak-ng-data",
    "/usr/share/espeak-ng-data",
    "/usr/local/share/espeak-ng-data",
    "/opt/homebrew/share/espeak-ng-data",
    "/opt/local/share/espeak-ng-data",
)


@cache
def load_library(name: str) -> ctypes.CDLL | None:
    """The shared library ``lib<name>`` of the system, its symbols global; None when there is none.

    The names that Debian, Ubuntu, Fedora, Homebrew and MacPorts use are tried, then whatever
    ``ctypes.util.find_library`` finds.
    """
    files = (f"lib{name}.so.1", f"lib{name}.so", f"lib{name}.dylib", f"lib{name}.1.dylib")
    for folder in _FOLDERS:
        for file in files:
            if folder and not (Path(folder) / file).exists():
                continue
            try:
                return ctypes.CDLL(folder + file, ctypes.RTLD_GLOBAL)
            except OSError:
                continue
    found = ctypes.util.find_library(name)
    if not found:
        return None
    try:
        return ctypes.CDLL(found, ctypes.RTLD_GLOBAL)
    except OSError:
        return None


@cache
def find_espeak() -> tuple[str, Path] | None:
    """The espeak-ng library (a path or a name to load) and its data folder; None without one.

    The ``espeakng-loader`` wheel comes first: its version is the same on every machine, and it has
    the klatt synthesiser. Then the system's library.
    """
    if importlib.util.find_spec("espeakng_loader") is not None:
        import espeakng_loader

        library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
        if Path(library).is_file() and Path(data).is_dir():
            return str(library), Path(data)
    library = load_library("espeak-ng")
    if library is None:
        return None
    for pattern in _ESPEAK_DATA:
        for data in sorted(Path("/").glob(pattern.lstrip("/"))):
            if (data / "phontab").is_file():
                return str(library._name), data
    return None


@cache
def flite_lexicon() -> tuple[ctypes.CDLL, int] | None:
    """flite's library and the address of its English lexicon; None when flite is not installed."""
    flite = load_library("flite")
    english, lexicon = load_library("flite_usenglish"), load_library("flite_cmulex")
    if flite is None or english is None or lexicon is None:
        return None
    flite.flite_init()
    lexicon.cmu_lex_init.restype = ctypes.c_void_p
    for name, result, arguments in (
        ("lex_lookup", _POINTER, [_POINTER, _STRING, _STRING, _POINTER]),
        ("val_car", _POINTER, [_POINTER]),
        ("val_cdr", _POINTER, [_POINTER]),
        ("val_string", _STRING, [_POINTER]),
        ("delete_val", None, [_POINTER]),
    ):
        function = getattr(flite, name)
        function.restype = result
        function.argtypes = arguments
    return flite, int(lexicon.cmu_lex_init())
