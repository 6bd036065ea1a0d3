"""Requests that no page sends, on the wire of a running hotline: each has a clear outcome."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.people import Refused, people
from tests.support.running import RunningHotline, demo_password, running_hotline


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHotline]:
    with running_hotline(tmp_path_factory.mktemp("odd") / "data") as running:
        yield running
        assert "unexpected error" not in running.log.read_text()


async def sent(
    hotline: RunningHotline, head: str, headers: bytes = b"", body: bytes = b""
) -> tuple[int, str]:
    """Status and whole answer to bytes as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hotline.port)
    fixed = f"{head} HTTP/1.1\r\nHost: 127.0.0.1:{hotline.port}\r\nConnection: close\r\n"
    length = f"Content-Length: {len(body)}\r\n\r\n" if body else "\r\n"
    writer.write(fixed.encode() + headers + length.encode() + body)
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    await writer.wait_closed()
    return int(answer.split(" ", 2)[1]), answer


@pytest.mark.parametrize("name", [b"hotline_session", b"hotline_citizen", b"hotline_browser"])
async def test_a_cookie_that_is_no_text_is_no_session(hotline: RunningHotline, name: bytes) -> None:
    cookie = b"Cookie: " + name + b"_%d" % hotline.port + b"=\xff\xfe.\xff\r\n"
    assert (await sent(hotline, "GET /api/session", cookie))[0] == 401
    assert (await sent(hotline, "GET /api/citizen/session", cookie))[0] == 401
    wrong = json.dumps({"account": "nobody", "password": "x"}).encode()
    assert (await sent(hotline, "POST /api/session", cookie, wrong))[0] == 401


async def test_a_csrf_token_that_is_no_text_is_refused(hotline: RunningHotline) -> None:
    async with (
        people(hotline.url) as person,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        await person().arrive()
        async with http.post(f"{hotline.url}/api/citizen/session", json={}) as begun:
            token = begun.cookies[f"hotline_citizen_{hotline.port}"].value
    headers = f"Cookie: hotline_citizen_{hotline.port}={token}\r\n".encode() + b"X-CSRF-Token: \xff\r\n"
    body = json.dumps({"id": "1", "text": "a"}).encode()
    assert (await sent(hotline, "POST /api/citizen/messages", headers, body))[0] == 403


async def test_a_body_that_is_not_encoded_as_it_says_is_unreadable(hotline: RunningHotline) -> None:
    status, answer = await sent(
        hotline, "POST /api/citizen/session", b"Content-Encoding: gzip\r\n", b"no gzip"
    )
    assert status == 422
    assert "body_unreadable" in answer


async def test_a_path_longer_than_any_file_is_not_found(hotline: RunningHotline) -> None:
    assert (await sent(hotline, f"GET /ui/{'a' * 5000}"))[0] == 404


async def test_a_wrong_method_is_told_the_right_ones(hotline: RunningHotline) -> None:
    status, answer = await sent(hotline, "PUT /api/citizen/messages")
    assert status == 405
    assert "Allow: POST" in answer


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_outside_the_calendar_is_refused(hotline: RunningHotline, moment: str) -> None:
    async with people(hotline.url) as person:
        citizen = await person().arrive()
        with pytest.raises(Refused) as refused:
            message = {"id": "m1", "text": "hello", "sent_at": moment}
            await citizen.ask("POST", "/api/citizen/messages", message)
        assert refused.value.status == 422
        admin = await person().sign_in("admin", demo_password())
        with pytest.raises(Refused) as refused:
            await admin.ask("GET", "/api/admin/audit", since=moment)
        assert refused.value.status == 422


@pytest.mark.parametrize("nothing", ["", " \u3000", "\u200b\u200b", "\n\u2060\n"])
async def test_a_message_in_which_nothing_can_be_seen_is_empty(hotline: RunningHotline, nothing: str) -> None:
    async with people(hotline.url) as person:
        citizen = await person().arrive()
        with pytest.raises(Refused) as refused:
            await citizen.say(nothing)
        assert refused.value.body["errors"][0]["code"] == "message_empty"


async def test_the_metrics_count_the_pages_that_are_connected(hotline: RunningHotline) -> None:
    async with people(hotline.url) as person:
        agent = await person().sign_in("agent1", demo_password())
        await agent.open_page()
        _, metrics = await sent(hotline, "GET /metrics")
        assert re.search(r"^hotline_live_clients [1-9]", metrics, re.MULTILINE)
        assert re.search(r"^hotline_parked 0.0", metrics, re.MULTILINE)


def test_what_is_kept_is_for_its_owner_alone(hotline: RunningHotline) -> None:
    kept = [path for path in Path(hotline.data).rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []
