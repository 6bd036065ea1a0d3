"""``hotline demo wechat``: a citizen who writes to the official account of a running hotline."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import click

from hotline.cli.output import data_option, emit, json_option
from hotline.config import load_settings
from hotline.demo.wechat_account import platform_process, with_demo_account
from hotline.errors import Unavailable
from hotline.instance import running_address

CITIZEN = "oDemoCitizen0000000000000001"
WEBHOOK = "/channels/wechat"
LISTEN = 5.0
"""Seconds of one look at what the citizen received."""

File = click.Path(exists=True, dir_okay=False, path_type=Path)
Message = dict[str, Any]


def _place(_context: click.Context, _option: click.Parameter, value: str | None) -> Message | None:
    """Latitude and longitude in degrees, with a comma in between."""
    if value is None:
        return None
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter("two numbers with a comma in between, e.g. 32.0415,118.7781") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise click.BadParameter("latitude is -90 to 90, longitude -180 to 180")
    return {"latitude": latitude, "longitude": longitude}


@dataclass
class Written:
    """What was sent, whether the hotline took it, and what came back."""

    open_id: str
    sent: list[Message] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)

    @property
    def heard(self) -> bool:
        """Whether every message was taken."""
        return all(message["heard"] for message in self.sent)


@click.command()
@data_option
@json_option
@click.option("--url", help="Where the hotline answers.  [default: as it said when it started]")
@click.option("--text", "texts", multiple=True, help="What to write; repeatable.")
@click.option("--image", "images", multiple=True, type=File, help="A JPEG or PNG to send; repeatable.")
@click.option("--voice", "voices", multiple=True, type=File, help="An AMR or MP3 to send; repeatable.")
@click.option("--says", help="What the platform recognised in the voice message.")
@click.option(
    "--location",
    metavar="LAT,LNG",
    callback=_place,
    help="Where the citizen is, in degrees as WeChat gives them.",
)
@click.option("--open-id", default=CITIZEN, help="Who the citizen is.")
@click.option("--wait", type=float, default=0.0, help="Stay so many seconds and print what is answered.")
def wechat(
    data: Path,
    as_json: bool,
    url: str | None,
    texts: tuple[str, ...],
    images: tuple[Path, ...],
    voices: tuple[Path, ...],
    says: str | None,
    location: Message | None,
    open_id: str,
    wait: float,
) -> None:
    """Write to the hotline as a citizen in WeChat.

    Plays the platform of the hotline's official account on this machine: signs and posts what the citizen
    sends, serves what the hotline asks, and shows what the citizen receives as long as it runs.
    """
    messages = _messages(texts, images, voices, says, location)
    if not messages and wait <= 0:
        raise click.UsageError("nothing to send: give --text, --image, --voice, --location or --wait")
    settings = with_demo_account(load_settings(data))
    address = running_address(settings.data) or f"{settings.host}:{settings.port}"
    base = (url or f"{'https' if settings.https else 'http'}://{address}").rstrip("/")
    say: Callable[[str], None] = _nothing if as_json else click.echo
    with platform_process(settings, base + WEBHOOK) as platform:
        written = asyncio.run(_write(base, platform, Written(open_id), messages, wait, say))
    taken = sum(message["heard"] for message in written.sent)
    emit(written, as_json, f"{taken} of {len(written.sent)} messages taken, {len(written.received)} received")
    if not written.heard:
        raise click.exceptions.Exit(1)


def _messages(
    texts: Sequence[str],
    images: Sequence[Path],
    voices: Sequence[Path],
    says: str | None,
    location: Message | None,
) -> list[Message]:
    """What to tell the platform, in this order: texts, images, voices, the place."""
    recognised = {} if says is None else {"recognition": says}
    files: list[tuple[str, Path, Message]] = [("image", path, {}) for path in images]
    files += [("voice", path, recognised) for path in voices]
    return [
        *({"kind": "text", "text": text} for text in texts),
        *(
            {"kind": kind, "file": base64.b64encode(path.read_bytes()).decode(), "format": path.suffix[1:]}
            | more
            for kind, path, more in files
        ),
        *([{"kind": "location"} | location] if location is not None else []),
    ]


async def _write(
    base: str,
    platform: str,
    written: Written,
    messages: Sequence[Message],
    wait: float,
    say: Callable[[str], None],
) -> Written:
    async with aiohttp.ClientSession() as http:
        await _check_that_it_runs(http, base)
        citizen = f"{platform}/control/users/{written.open_id}"
        for message in messages:
            async with http.post(f"{citizen}/say", json=message) as answer:
                outcome = await answer.json()
            tries = [
                {"status": one["status"], "seconds": round(one["seconds"], 3)} for one in outcome["tries"]
            ]
            sent = {
                "kind": message["kind"],
                "msg_id": outcome["key"],
                "heard": outcome["heard"],
                "tries": tries,
            }
            written.sent.append(sent)
            how = "taken" if sent["heard"] else f"not taken: {[one['status'] for one in tries]}"
            say(f"{message['kind']} {how}")
        await _listen(http, citizen, written, wait, say)
    return written


async def _check_that_it_runs(http: aiohttp.ClientSession, base: str) -> None:
    try:
        async with http.get(f"{base}/healthz", ssl=False):
            return
    except aiohttp.ClientConnectionError as error:
        raise Unavailable("server_unreachable", url=base) from error


async def _listen(
    http: aiohttp.ClientSession, citizen: str, written: Written, seconds: float, say: Callable[[str], None]
) -> None:
    """Collect what the citizen receives until the time is over."""
    ends = time.monotonic() + seconds
    while True:
        left = max(0.0, ends - time.monotonic())
        query = {"after": str(len(written.received)), "wait": str(min(left, LISTEN))}
        async with http.get(f"{citizen}/received", params=query) as answer:
            news = (await answer.json())["received"]
        for one in news:
            written.received.append({name: one[name] for name in ("via", "kind", "text", "media_id", "at")})
            say(f"{one['via']}: {one['text'] or one['kind']}")
        if not left:
            return


def _nothing(_text: str) -> None:
    """With ``--json`` only the object goes to standard output."""
