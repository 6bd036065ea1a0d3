"""``hotline transcribe``: a sound file becomes text."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from pathlib import Path

import click

from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.ports.transcriber import FileText
from hotline.speech import ENGINES, transcriber


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--engine", help=f"{', '.join(ENGINES)}, or module:NAME; the setting speech_engine if not given."
)
@click.option("--model", help="Folder of the model, or its name among the fetched ones.")
@data_option
@json_option
def transcribe(file: Path, engine: str | None, model: str | None, data: Path, as_json: bool) -> None:
    """Write down what is said in FILE, each channel by itself.

    FILE is a WAV (PCM, µ-law, A-law, GSM), MP3, FLAC, Ogg or AU file, or raw telephone sound named .ulaw,
    .alaw, .gsm, .sln or .sln16. Exit code 1 when it cannot be read or there is no engine to read it.
    """
    logging.getLogger("nlp").setLevel(logging.CRITICAL)  # what it would say is the error that is shown
    text = asyncio.run(_read(file, engine or "", model or "", data))
    emit(_plain(file, text), as_json, "\n".join(_lines(text)))


async def _read(file: Path, engine: str, model: str, data: Path) -> FileText:
    reader = transcriber(load_settings(data), engine, model)
    await reader.start()
    try:
        return await reader.transcribe(file)
    finally:
        await reader.close()


def _lines(text: FileText) -> list[str]:
    """Time, channel, words."""
    width = max(len(leg) for leg in text.legs)
    return [
        f"{_clock(one.start_s)}-{_clock(one.end_s)}  {one.leg:{width}}  {one.text}" for one in text.segments
    ]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{seconds % 60:04.1f}"


def _plain(file: Path, text: FileText) -> dict[str, object]:
    return {
        "file": str(file),
        "seconds": text.seconds,
        "engine": text.by.engine,
        "model": text.by.model,
        "model_hash": text.by.model_hash,
        "legs": list(text.legs),
        "segments": [
            {k: v for k, v in dataclasses.asdict(one).items() if k != "final"} for one in text.segments
        ],
    }
