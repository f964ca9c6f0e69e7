"""Extraction of hours of audio: memory and real-time factor.

    python -m bench.extract [--audio ../shared/audio] [--hours 5] [--workers 2]

Writes Parquet files as Hugging Face has them (``struct<bytes, path>``, 100 rows a row group) into a
temporary place: 10-s sounds, half FLAC of 16 kHz, half MP3 of 44.1 kHz; of ``--audio``'s sounds one
after another, or noise, repeated until the hours are full. Then runs ``wakesmith data extract`` to
WAV and to features in a process of its own. Memory is the sum over all its processes of what is
theirs (PSS, pages that are shared counted once), sampled every 0.1 s; so the maximum may be missed
by what lasts shorter. Ends with exit code 1 when it is above 1 GiB.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from wakesmith import audio
from wakesmith.runtime.frontend import SAMPLE_RATE, Pcm

SECONDS = 10
DISTINCT = 60
"""Sounds that differ; the rest repeats them."""
GROUP = 100
FILES = 4
LIMIT = 1 << 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--audio", type=Path, help="sounds to repeat; noise if not given")
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = make(folder / "set", options.audio, options.hours)
        print(f"{options.hours:g} h, {size / 1e6:.0f} MB of Parquet, {options.workers} workers")
        print("| what | wall s | CPU s | × real time, wall | per core | peak memory, MiB |")
        print("|---|---|---|---|---|---|")
        for what, flags in (("to WAV", []), ("to features", ["--features"])):
            where = [str(folder / "set"), "--to", str(folder / what)]
            wall, cpu, peak = measured([*where, *flags, "--workers", str(options.workers)])
            worst = max(worst, peak)
            seconds = options.hours * 3600
            print(
                f"| {what} | {wall:.0f} | {cpu:.0f} | {seconds / wall:.0f} | {seconds / cpu:.0f} "
                f"| {peak / 2**20:.0f} |",
                flush=True,
            )
    return int(worst > LIMIT)


def make(folder: Path, source: Path | None, hours: float) -> int:
    """Write the Parquet files; their bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    cells = [encoded(pcm, number) for number, pcm in enumerate(sounds(source))]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    count = round(hours * 3600 / SECONDS)
    for number, rows in enumerate(np.array_split(np.arange(count), FILES)):
        path = folder / f"train-{number:05}-of-{FILES:05}.parquet"
        with pq.ParquetWriter(path, pa.schema([("audio", kind)])) as writer:
            for first in range(0, len(rows), GROUP):
                some = [cells[i % len(cells)] for i in rows[first : first + GROUP]]
                writer.write_table(pa.table({"audio": pa.array(some, kind)}))
    return sum(path.stat().st_size for path in folder.iterdir())


def sounds(source: Path | None) -> Iterator[Pcm]:
    """``DISTINCT`` sounds of ``SECONDS``."""
    samples = SECONDS * SAMPLE_RATE
    if source is None:
        rng = np.random.default_rng([7])
        for _ in range(DISTINCT):
            yield (rng.normal(0, 2000, samples)).astype(np.int16)
        return
    rest, made = np.zeros(0, np.int16), 0
    for path in audio.list_audio([source]):
        rest = np.concatenate([rest, *audio.stream(path)])
        while len(rest) >= samples and made < DISTINCT:
            made += 1
            yield rest[:samples]
            rest = rest[samples:]
        if made == DISTINCT:
            return


def encoded(pcm: Pcm, number: int) -> dict[str, object]:
    """A cell: FLAC of 16 kHz, or MP3 of 44.1 kHz."""
    data = io.BytesIO()
    if number % 2:
        loud = soxr.resample(pcm.astype(np.float32) / 32768, SAMPLE_RATE, 44_100)
        soundfile.write(data, loud, 44_100, format="MP3")
    else:
        soundfile.write(data, pcm, SAMPLE_RATE, format="FLAC")
    return {"bytes": data.getvalue(), "path": f"{number}.x"}


def measured(arguments: list[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak memory of a call and all its processes."""
    began = time.monotonic()
    command = [sys.executable, "-m", "wakesmith", "data", "extract", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak, used = 0, dict[int, float]()
    while process.poll() is None:
        family = descendants(process.pid)
        peak = max(peak, sum(map(memory, family)))
        used |= {pid: max(used.get(pid, 0.0), cpu(pid)) for pid in family}
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - began, sum(used.values()), peak


def descendants(root: int) -> list[int]:
    """The process and all beneath it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family


def memory(pid: int) -> int:
    """Bytes of a process; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def cpu(pid: int) -> float:
    """CPU seconds of a process so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100  # ticks of 1/100 s on all of Linux


if __name__ == "__main__":
    sys.exit(main())
