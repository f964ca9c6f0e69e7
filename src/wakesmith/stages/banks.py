"""Make the banks that mixing draws from: rooms and noises, as memory-mapped arrays."""

from pathlib import Path

from wakesmith.events import Emit, Progress
from wakesmith.plan.banks import Banks

VERSION = 1


def banks(out: Path, drawn: Banks, emit: Emit) -> None:
    """Simulate or read the rooms, synthesise and cut the noises, and save both banks."""
    from wakesmith.mix import NoiseBank, RoomBank, rooms_from_files, simulate_rooms

    total = len(drawn.noises) + len(drawn.cuts)
    emit(Progress("banks", 0, total, "noises"))
    files = [f.path for f in drawn.room_files]
    rooms: RoomBank = rooms_from_files(files) if files else simulate_rooms(drawn.rooms)
    rooms.save(out)
    noises = NoiseBank.join(NoiseBank.synthesise(drawn.noises), NoiseBank.cut(drawn.cuts))
    noises.save(out)
    emit(Progress("banks", total, total, "noises"))
