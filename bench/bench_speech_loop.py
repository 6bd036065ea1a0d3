"""How long the event loop is held up while two legs are read along: without engines, and with each of them.

    python bench/bench_speech_loop.py [ENGINE ...]

Sound comes at the pace of a telephone for ``SECONDS``; another task asks for a turn every 2 ms and notes how
late it gets one. Prints one JSON object. The aim is that no turn is later than 50 ms.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from hotline.ports.transcriber import EngineState, Segment
from nlp.speech.transcriber import ProcessTranscriber
from tests.support.speech import THANKS, engine, silence, speak, voice
from tests.support.waiting import until

ENGINES = ("none", "scripted", "vosk", "faster-whisper", "sherpa-onnx")
SECONDS = 20
TURN_S = 0.002


async def lateness(until: asyncio.Event) -> list[float]:
    """Milliseconds by which each turn came too late."""
    loop, late = asyncio.get_running_loop(), []
    while not until.is_set():
        wanted = loop.time() + TURN_S
        await asyncio.sleep(TURN_S)
        late.append((loop.time() - wanted) * 1000)
    return late


async def measure(name: str, folder: Path) -> dict[str, Any]:
    """One engine, two legs."""
    told: list[Segment] = []
    sound = ((voice(THANKS) + silence(1)) * SECONDS)[: SECONDS * 16_000]
    over = asyncio.Event()
    if name == "none":
        watching = asyncio.create_task(lateness(over))
        await asyncio.sleep(SECONDS)
    else:
        transcriber = ProcessTranscriber(engine(name, folder / name))
        watching = asyncio.create_task(lateness(over))
        await transcriber.start()
        await until(lambda: transcriber.status.state is EngineState.READY, "the engine is ready")
        streams = [transcriber.open(leg, 8000, told.append) for leg in ("citizen", "agent")]
        await asyncio.gather(*(speak(stream, sound) for stream in streams))
        await asyncio.gather(*(stream.finish() for stream in streams))
        await transcriber.close()
    over.set()
    late = sorted(await watching)
    return {
        "turns": len(late),
        "p50_ms": round(statistics.median(late), 2),
        "p99_ms": round(late[int(len(late) * 0.99)], 2),
        "longest_ms": round(late[-1], 1),
        "segments": len(told),
    }


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = sys.argv[1:] or ENGINES
        print(json.dumps({name: await measure(name, Path(folder)) for name in wanted}, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
