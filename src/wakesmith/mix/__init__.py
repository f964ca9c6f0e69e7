"""Rooms, noise and devices: windows of sound from clips and drawn mixes.

``simulate_rooms``/``rooms_from_files`` and ``NoiseBank`` make what is mixed in; ``mix`` makes the
windows.
"""

from wakesmith.mix.mixer import mix
from wakesmith.mix.noise import NoiseBank, synthesise
from wakesmith.mix.rooms import RoomBank, rooms_from_files, simulate_rooms

__all__ = ["NoiseBank", "RoomBank", "mix", "rooms_from_files", "simulate_rooms", "synthesise"]
