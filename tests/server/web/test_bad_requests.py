"""What comes in at the door: bad bodies, paths and numbers each have their outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from hotline.catalogues import server_catalogue
from hotline.kernel.audit import Audit
from hotline.kernel.clock import SystemClock
from hotline.kernel.db import Database, Reader
from hotline.kernel.db.open import open_database
from hotline.kernel.secretfile import SecretFolder
from hotline.web.app import build_app
from hotline.web.auth import Account, Principal
from hotline.web.endpoint import Call, Endpoints, Schema
from hotline.web.guard import CSRF_HEADER, Guard
from hotline.web.live import Entity, LiveHub
from hotline.web.live_socket import RECONNECT, LiveSocket
from hotline.web.metrics import Metrics
from hotline.web.pages import Pages
from hotline.web.sessions import Sessions
from hotline.web.signin import FAILURES, SignIn, session_endpoints
from hotline.web.throttle import Throttle


class Note(Schema):
    """A text with a version."""

    version: int
    text: str = Field(max_length=100)
    more: Any = None


class OneAccount:
    """Knows `wang` with the password `right`; counts how often a password was looked at."""

    def __init__(self) -> None:
        self.looked_at = 0

    async def verify(self, account: str, password: str) -> str | None:
        self.looked_at += 1
        await asyncio.sleep(0)
        return "1" if (account, password) == ("wang", "right") else None

    async def load(self, account_id: str) -> Account | None:
        return Account(account_id, "Wang", ("agent",), frozenset({"note.write"}), None)


class EmptyFeed:
    """A view that everyone may see and that breaks under the key `broken`."""

    name = "empty"

    async def scope(self, _reader: Reader, _principal: Principal, key: str | None) -> str | None:
        if key == "broken":
            raise ValueError
        return "all" if key is None else None

    def touched(self, _event: object) -> list[str]:
        return []

    async def load(self, _reader: Reader, _scope: str, _ids: object) -> list[Entity]:
        return []


@dataclass
class House:
    """The web layer around one small slice, and a browser."""

    client: TestClient[Any, Any]
    accounts: OneAccount
    hub: LiveHub
    database: Database

    async def sign_in(self, tried: str = "right") -> int:
        answer = await self.client.post("/api/session", json={"account": "wang", "password": tried})
        if answer.status == 200:
            self.client.session.headers[CSRF_HEADER] = (await answer.json())["csrf"]
        return answer.status

    async def post(self, body: bytes | str) -> tuple[int, str]:
        """Status, and the code of the problem or of its first field."""
        answer = await self.client.post("/api/notes/n", data=body)
        found = await answer.json()
        errors = found.get("errors")
        return answer.status, errors[0]["code"] if errors else found.get("code", "")


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    database, clock, accounts = open_database(sqlite_url), SystemClock(), OneAccount()
    sessions, throttle = Sessions(database, clock), Throttle(database, clock)
    sign_in = SignIn(database, sessions, throttle, accounts, Audit(clock), SecretFolder(tmp_path / "secrets"))
    hub = LiveHub(database, [EmptyFeed()])
    api = Endpoints("notes")

    @api.post("/api/notes/{note}", needs="note.write")
    async def write(call: Call, body: Note) -> Note:
        """Give it back."""
        return body

    async def denied(_principal: Principal, _operation: str, _path: str) -> None:
        return None

    guard = Guard(database, sessions, accounts, denied)
    app = build_app(
        endpoints=[api, session_endpoints(sign_in)],
        guard=guard,
        live=LiveSocket(guard, hub),
        metrics=Metrics(),
        catalogue=server_catalogue(),
        pages=Pages(tmp_path),
        version="0",
    )
    async with TestClient(TestServer(app)) as client:
        yield House(client, accounts, hub, database)
    await database.close()


async def test_a_good_body_comes_back(house: House) -> None:
    assert await house.sign_in() == 200
    assert await house.post('{"version": 1, "text": "一"}') == (200, "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "json_invalid"),
        ("{", "json_invalid"),
        (b'{"version": 1, "text": "\xff"}', "json_invalid"),
        ('{"version": NaN, "text": ""}', "json_invalid"),
        ('{"version": 1, "text": "", "more": [Infinity]}', "json_invalid"),
        ("[" * 100_000, "json_invalid"),
        ('{"version": 1, "text": "", "more": ' + "[" * 3000 + "]" * 3000 + "}", "json_invalid"),
        ('{"version": 1' + "0" * 5000 + ', "text": ""}', "json_invalid"),
        ('{"version": 2147483648, "text": ""}', "field_range"),
        ('{"version": 1, "text": "", "more": {"deep": [-2147483649]}}', "field_range"),
        ('{"version": 1, "text": "a\\u0000b"}', "text_binary"),
        ('{"version": 1, "text": "", "more": {"a\\u0000": 1}}', "text_binary"),
        ('{"version": 1, "text": "\\ud800"}', "field_invalid"),
        ('{"version": 1, "text": "", "other": 1}', "field_unknown"),
        ('{"version": "one", "text": ""}', "field_invalid"),
        ('{"text": ""}', "field_missing"),
        (json.dumps({"version": 1, "text": "x" * 101}), "field_too_long"),
        ("[]", "field_invalid"),
    ],
)
async def test_a_bad_body_is_refused_with_its_reason(house: House, body: bytes | str, code: str) -> None:
    await house.sign_in()
    assert await house.post(body) == (422, code)


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(house: House) -> None:
    await house.sign_in()
    body = json.dumps({"version": 1, "text": "x" * 300_000})
    assert await house.post(body) == (413, "body_too_large")

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000].encode()

    answer = await house.client.post("/api/notes/n", data=in_pieces())
    assert answer.status == 413


@pytest.mark.parametrize(
    ("path", "status"), [("/api/notes/%00", 422), ("/api/session?x=%00", 422), ("/ui/%00", 404)]
)
async def test_a_nul_in_the_address_is_refused(house: House, path: str, status: int) -> None:
    await house.sign_in()
    method = "POST" if "notes" in path else "GET"
    answer = await house.client.request(method, path, data=b'{"version": 1, "text": ""}')
    assert answer.status == status


@pytest.mark.parametrize(
    "path", ["/ui/../secrets/seal.key", "/ui/%2e%2e/secrets/seal.key", "/ui//etc/passwd"]
)
async def test_no_path_leads_out_of_the_pages(house: House, path: str) -> None:
    answer = await house.client.get(path)
    assert answer.status in (404, 503)


async def test_without_the_session_the_token_or_the_origin_nothing_is_done(house: House) -> None:
    body = '{"version": 1, "text": ""}'
    assert await house.post(body) == (401, "not_signed_in")
    await house.sign_in()
    token = house.client.session.headers.pop(CSRF_HEADER)
    assert await house.post(body) == (403, "csrf")
    house.client.session.headers[CSRF_HEADER] = token
    house.client.session.headers["Origin"] = "https://elsewhere.example"
    assert await house.post(body) == (403, "cross_origin")
    house.client.session.headers["Origin"] = "null"
    assert await house.post(body) == (403, "cross_origin")


async def test_of_many_wrong_passwords_at_once_only_so_many_are_looked_at(house: House) -> None:
    statuses = await asyncio.gather(*(house.sign_in("wrong") for _ in range(40)))
    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) == house.accounts.looked_at == FAILURES.most


async def test_success_forgets_the_failures_before_it(house: House) -> None:
    for _ in range(3):
        for _ in range(FAILURES.most - 1):
            assert await house.sign_in("wrong") == 401
        assert await house.sign_in() == 200


async def test_the_longest_account_is_refused_in_order_and_audited(house: House) -> None:
    answer = await house.client.post("/api/session", json={"account": "x" * 80, "password": "y"})
    assert answer.status == 401


async def test_a_dropped_page_is_told_to_reconnect(house: House) -> None:
    await house.sign_in()
    async with house.client.ws_connect("/api/live") as socket:
        await socket.send_json({"type": "watch", "watch": "w", "feed": "empty"})
        assert (await socket.receive_json())["type"] == "snapshot"
        house.hub.close_all()
        closed = await socket.receive()
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, RECONNECT)
    assert house.hub.clients == 0


async def test_bad_messages_on_the_socket_are_refused_and_a_broken_view_lets_the_page_go(
    house: House,
) -> None:
    await house.sign_in()
    async with house.client.ws_connect("/api/live") as socket:
        for message in ("{", '{"type": "watch"}', '{"type": "shout", "watch": "w"}', "[1]"):
            await socket.send_str(message)
            assert (await socket.receive_json())["code"] == "json_invalid"
        for feed, key in (("nothing", None), ("empty", "not mine")):
            await socket.send_json({"type": "watch", "watch": "w", "feed": feed, "key": key})
            assert await socket.receive_json() == {"type": "refused", "watch": "w", "code": "not_found"}
        await socket.send_json({"type": "watch", "watch": "w", "feed": "empty", "key": "broken"})
        assert (await socket.receive()).data == RECONNECT


async def test_a_socket_of_another_site_or_of_nobody_is_refused(house: House) -> None:
    assert (await house.client.get("/api/live")).status == 401
    await house.sign_in()
    refused = await house.client.get("/api/live", headers={"Origin": "https://elsewhere.example"})
    assert (refused.status, (await refused.json())["code"]) == (403, "cross_origin")
