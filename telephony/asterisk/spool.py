"""Recordings that a dead Asterisk left unfinished: their headers say length 0 though the sound is there."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

HEADER = 44


def finish(recordings: Path) -> Sequence[Path]:
    """Repair and hand over what stands in ``live/``; to be called only while no Asterisk records.

    Returns the complete recordings; a file without any sound is removed, so that it counts as missing.
    """
    finished = []
    for file in sorted((recordings / "live").glob("*.wav")):
        if repair(file):
            file.replace(recordings / file.name)
            finished.append(recordings / file.name)
        else:
            file.unlink()
    return finished


def repair(file: Path) -> bool:
    """Write the true lengths into a WAV header as Asterisk makes it; False when there is no sound in it."""
    size = file.stat().st_size
    if size <= HEADER:
        return False
    with file.open("r+b") as handle:
        header = handle.read(HEADER)
        if header[:4] != b"RIFF" or header[36:40] != b"data":
            return False
        handle.seek(4)
        handle.write(struct.pack("<I", size - 8))
        handle.seek(40)
        handle.write(struct.pack("<I", size - HEADER))
    return True
