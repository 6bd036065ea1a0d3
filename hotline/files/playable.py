"""Makes a voice message playable in browsers: any sound FFmpeg reads becomes WAV, mono, 16 kHz.

The sound comes from strangers, so it is decoded in a process of its own, with little time and memory:
``python -m hotline.files.playable SOUND WAV``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import wave
from pathlib import Path

RATE = 16000
LONGEST_SECONDS = 300
"""The platform's voice messages last at most a minute."""
DECODE_SECONDS = 30.0
MEMORY = 1 << 30


async def make_playable(sound: Path, wav: Path) -> bool:
    """Write ``wav``; False, with nothing written, when ``sound`` cannot be decoded."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hotline.files.playable", str(sound), str(wav)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(DECODE_SECONDS):
            code = await process.wait()
    except TimeoutError:
        code = -1
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return code == 0


def convert(sound: Path, wav: Path) -> None:
    """Decode one file. Raises what the decoder raises, and ``ValueError`` for no sound or too much."""
    import av  # only the decoding process needs it

    left = RATE * LONGEST_SECONDS
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    written = 0
    with av.open(str(sound)) as source, wave.open(str(wav), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                samples = part.to_ndarray()[0]
                written += len(samples)
                if written > left:
                    raise ValueError("too long")
                target.writeframes(samples.tobytes())
    if not written:
        raise ValueError("no sound")


def main() -> int:
    """The decoding process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(DECODE_SECONDS), int(DECODE_SECONDS)))
    sound, wav = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        convert(sound, wav)
    except Exception:
        wav.unlink(missing_ok=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
