"""``hotline demo``: play a citizen through the real doors of a running hotline."""

from __future__ import annotations

import asyncio
import sys
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import click

from hotline.cli.output import emit, json_option
from hotline.errors import DomainError, Unavailable

DEFAULT_URL = "http://127.0.0.1:8620"


@dataclass
class Said:
    """What the citizen sent and what was answered."""

    conversation_id: str = ""
    sent: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)


@click.group()
def demo() -> None:
    """Play a citizen, through the same doors a citizen's device uses."""


@demo.command()
@json_option
@click.option("--url", default=DEFAULT_URL, help="Where the hotline answers.")
@click.option(
    "--text", "texts", multiple=True, help="What to say; repeatable. Without it: lines of standard input."
)
@click.option("--name", help="Name to leave.")
@click.option("--phone", help="Telephone number to leave.")
@click.option("--wait", type=float, default=0.0, help="Stay so many seconds and print what is answered.")
def chat(
    as_json: bool, url: str, texts: tuple[str, ...], name: str | None, phone: str | None, wait: float
) -> None:
    """Write to the hotline as a citizen in the web chat."""
    lines = list(texts) or [line.strip() for line in sys.stdin if line.strip()]
    if not lines:
        raise click.UsageError("nothing to say: give --text, or lines on standard input")
    said = asyncio.run(_chat(url.rstrip("/"), lines, name, phone, wait, quiet=as_json))
    emit(said, as_json, f"conversation {said.conversation_id}: {len(said.sent)} messages sent")


async def _chat(
    url: str, lines: list[str], name: str | None, phone: str | None, wait: float, *, quiet: bool
) -> Said:
    said = Said()
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        async with aiohttp.ClientSession(base_url=url, cookie_jar=jar) as http:
            session = await _call(http, "POST", "/api/citizen/session", {})
            headers = {"X-CSRF-Token": session["csrf"]}
            if name or phone:
                await _call(http, "PUT", "/api/citizen/contact", {"name": name, "phone": phone}, headers)
            for line in lines:
                body = {"id": uuid.uuid4().hex, "text": line}
                receipt = await _call(http, "POST", "/api/citizen/messages", body, headers)
                said.conversation_id = receipt["conversation_id"]
                said.sent.append(line)
            if wait > 0:
                await _listen(http, said, wait, quiet)
    except aiohttp.ClientConnectionError as error:
        raise Unavailable("server_unreachable", url=url) from error
    return said


async def _call(
    http: aiohttp.ClientSession,
    method: str,
    path: str,
    body: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    async with http.request(method, path, json=body, headers=headers or {}) as response:
        if response.status == 204:
            return {}
        answer: dict[str, Any] = await response.json(content_type=None)
        if response.status >= 400:
            raise _Refused(answer.get("title", str(response.status)))
        return answer


class _Refused(DomainError):
    """The server's own words, in the language that was asked for."""


async def _listen(http: aiohttp.ClientSession, said: Said, seconds: float, quiet: bool) -> None:
    """Print answers as they come, until the time is over."""
    watch = {"type": "watch", "watch": "chat", "feed": "citizen.messages"}
    seen: set[str] = set()
    try:
        async with asyncio.timeout(seconds), http.ws_connect("/api/live?as=citizen") as socket:
            await socket.send_json(watch)
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                content = message.json()
                for entity in content.get("entities", content.get("upserts", [])):
                    _hear(entity, said, seen, quiet)
    except TimeoutError:
        return


def _hear(entity: dict[str, Any], said: Said, seen: set[str], quiet: bool) -> None:
    data = entity["data"]
    if entity["id"] in seen or data["author"] == "citizen":
        return
    seen.add(entity["id"])
    said.received.append({k: data[k] for k in ("author", "kind", "text", "at")})
    if not quiet:
        click.echo(f"{data['author']}: {data['text']}")
