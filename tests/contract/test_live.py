"""The hub of the live views: order, one slow client, and stale snapshot + changes = fresh snapshot."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.kernel.db import Database, Reader
from hotline.kernel.events import Event
from hotline.web.auth import Principal
from hotline.web.live import Client, Entity, LiveHub, apply_changes
from tests.support.notes import NoteWritten, add_note_table, note
from tests.support.waiting import until

AGENT = Principal("staff", "1", "Wang", ("agent",), frozenset(), None, "session", "csrf")


class NotesFeed:
    """Notes whose text is a version; scope `all`, or `odd` for the notes with an odd version."""

    name = "notes"

    def __init__(self) -> None:
        self.loading: asyncio.Event | None = None
        self.go_on = asyncio.Event()
        self.breaks = False

    async def scope(self, _reader: Reader, _principal: Principal, key: str | None) -> str | None:
        return key if key in ("all", "odd") else None

    def touched(self, event: Event) -> Iterable[str]:
        if self.breaks:
            raise ValueError
        return [event.note] if isinstance(event, NoteWritten) else []

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        query = sa.select(note) if ids is None else sa.select(note).where(note.c.id.in_(ids))
        rows = (await reader.execute(query)).all()
        if ids is None and self.loading is not None:
            self.loading.set()
            await self.go_on.wait()
        shown = [row for row in rows if scope == "all" or int(row.text) % 2]
        return [Entity(row.id, int(row.text), {"text": row.text}) for row in shown]


class OwnNotesFeed(NotesFeed):
    """Each note belongs to the person whose name it begins with; read for all of them at once."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: list[frozenset[str]] = []

    async def scope(self, _reader: Reader, _principal: Principal, key: str | None) -> str | None:
        return key

    async def load(self, reader: Reader, scope: str, ids: Sequence[str] | None) -> Sequence[Entity]:
        return [one for one in await super().load(reader, "all", ids) if one.id.startswith(scope)]

    async def load_scopes(
        self, reader: Reader, scopes: Collection[str], ids: Sequence[str]
    ) -> Mapping[str, Sequence[Entity]]:
        self.readings.append(frozenset(scopes))
        return {scope: found for scope in scopes if (found := await self.load(reader, scope, ids))}


@pytest.fixture
def feed() -> NotesFeed:
    return NotesFeed()


@pytest.fixture
async def hub(database: Database, feed: NotesFeed) -> AsyncIterator[LiveHub]:
    await add_note_table(database)
    made = LiveHub(database, [feed])
    database.on_commit(made.committed)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def change(database: Database, note_id: str) -> None:
    """The note's next version."""
    async with database.uow() as tx:
        where = note.c.id == note_id
        query = sa.select(note.c.text).where(where).with_for_update()
        text = (await tx.execute(query)).scalar_one_or_none()
        if text is None:
            await tx.execute(note.insert(), {"id": note_id, "text": "1"})
        else:
            await tx.execute(note.update().where(where).values(text=str(int(text) + 1)))
        tx.emit(NoteWritten(aggregate=f"note:{note_id}", note=note_id))


async def watching(hub: LiveHub, key: str = "all") -> Client:
    client = hub.join(AGENT)
    assert await hub.watch(client, "w", "notes", key)
    return client


async def shown_after(hub: LiveHub, client: Client, shown: dict[str, Entity], marker: str) -> None:
    """Applies what came, until the marker is shown."""
    while marker not in shown:
        apply_changes(shown, await asyncio.wait_for(client.outgoing.get(), 30))


async def fresh(hub: LiveHub, key: str) -> Mapping[str, Entity]:
    shown: dict[str, Entity] = {}
    apply_changes(shown, (await watching(hub, key)).outgoing.get_nowait())
    return shown


@pytest.mark.parametrize("key", ["all", "odd"])
async def test_a_stale_snapshot_and_its_changes_equal_a_fresh_snapshot(
    database: Database, hub: LiveHub, key: str
) -> None:
    chance = random.Random(1)
    for n in range(9):
        await change(database, f"n{n}")
    client, shown = await watching(hub, key), dict[str, Entity]()
    await asyncio.gather(*(change(database, f"n{chance.randrange(9)}") for _ in range(60)))
    await change(database, "marker")
    await shown_after(hub, client, shown, "marker")
    assert shown == await fresh(hub, key)


async def test_a_change_while_the_snapshot_is_read_is_not_lost_behind_it(
    database: Database, hub: LiveHub, feed: NotesFeed
) -> None:
    await change(database, "n")
    feed.loading = asyncio.Event()
    client = hub.join(AGENT)
    watch = asyncio.create_task(hub.watch(client, "w", "notes", "all"))
    await feed.loading.wait()  # the snapshot has version 1
    await change(database, "n")
    await until(lambda: bool(client.early.get("w")), "the change is held for the snapshot")
    feed.go_on.set()
    assert await watch
    feed.loading = None
    shown: dict[str, Entity] = {}
    types = []
    while not client.outgoing.empty():
        message = client.outgoing.get_nowait()
        types.append(message["type"])
        apply_changes(shown, message)
    assert types == ["snapshot", "changes"]
    assert shown["n"].version == 2


async def test_a_view_is_told_only_of_what_it_shows_or_showed(database: Database, hub: LiveHub) -> None:
    odd, shown = await watching(hub, "odd"), dict[str, Entity]()
    everything = await watching(hub, "all")
    for client in (odd, everything):
        client.outgoing.get_nowait()
    for _ in range(4):  # versions 1 to 4 of a note: shown, gone, shown, gone
        await change(database, "n")
        await until(lambda: not everything.outgoing.empty(), "the change was sent")
        everything.outgoing.get_nowait()
    await change(database, "marker")
    seen = []
    while "marker" not in shown:
        message = await asyncio.wait_for(odd.outgoing.get(), 30)
        seen.append(([one["id"] for one in message["upserts"]], message["removes"]))
        apply_changes(shown, message)
    assert seen == [(["n"], []), ([], ["n"]), (["n"], []), ([], ["n"]), (["marker"], [])]


async def test_many_personal_views_are_read_at_once_and_only_the_owner_is_told(database: Database) -> None:
    await add_note_table(database)
    feed = OwnNotesFeed()
    hub = LiveHub(database, [feed])
    database.on_commit(hub.committed)
    clients = {name: await watching(hub, name) for name in ("anna", "bert", "carl")}
    for client in clients.values():
        client.outgoing.get_nowait()
    running = asyncio.create_task(hub.run())
    await change(database, "bert-1")
    told = await asyncio.wait_for(clients["bert"].outgoing.get(), 30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [one["id"] for one in told["upserts"]] == ["bert-1"]
    assert feed.readings == [frozenset(clients)]
    assert clients["anna"].outgoing.empty()
    assert clients["carl"].outgoing.empty()


async def test_what_leaves_the_scope_is_removed(database: Database, hub: LiveHub) -> None:
    await change(database, "n")
    client, shown = await watching(hub, "odd"), dict[str, Entity]()
    await change(database, "n")
    await change(database, "marker")
    await shown_after(hub, client, shown, "marker")
    assert set(shown) == {"marker"}


async def test_changes_come_in_the_order_of_the_commits(database: Database, hub: LiveHub) -> None:
    client = await watching(hub)
    client.outgoing.get_nowait()
    for _ in range(30):
        await change(database, "n")
    seen: list[int] = []
    cursors: list[int] = []
    while not seen or seen[-1] < 30:
        message = await asyncio.wait_for(client.outgoing.get(), 30)
        seen += [entity["version"] for entity in message["upserts"]]
        cursors.append(message["cursor"])
    assert seen == sorted(seen)
    assert cursors == sorted(set(cursors))


async def test_a_stalled_client_is_dropped_and_the_others_get_everything(
    database: Database, hub: LiveHub
) -> None:
    stalled, lively = await watching(hub), await watching(hub)
    stalled.outgoing = asyncio.Queue(2)
    shown: dict[str, Entity] = {}
    for n in range(6):
        await change(database, f"n{n}")
        await shown_after(hub, lively, shown, f"n{n}")
    assert stalled.dropped.is_set()
    assert not lively.dropped.is_set()
    assert stalled.outgoing.qsize() == 2
    assert len(shown) == 6


async def test_what_may_not_be_seen_is_not_watched(hub: LiveHub) -> None:
    client = hub.join(AGENT)
    assert not await hub.watch(client, "w", "notes", "secret")
    assert not await hub.watch(client, "w", "nothing", "all")
    assert client.outgoing.empty()
    assert client.watching == {}


async def test_nothing_more_comes_for_what_is_not_watched_any_more(database: Database, hub: LiveHub) -> None:
    former, other = await watching(hub), await watching(hub)
    former.outgoing.get_nowait()
    hub.unwatch(former, "w")
    await change(database, "n")
    await shown_after(hub, other, {}, "n")
    assert former.outgoing.empty()


async def test_a_feed_that_fails_lets_its_viewers_go_and_stops_nothing(
    database: Database, hub: LiveHub, feed: NotesFeed
) -> None:
    client = await watching(hub)
    feed.breaks = True
    await change(database, "n")
    await until(client.dropped.is_set, "the viewer is let go")
    feed.breaks = False
    shown: dict[str, Entity] = {}
    again = await watching(hub)
    await change(database, "m")
    await shown_after(hub, again, shown, "m")
    assert set(shown) == {"n", "m"}


async def test_the_pages_of_an_ended_session_are_let_go(hub: LiveHub) -> None:
    mine, other = hub.join(AGENT), hub.join(AGENT)
    elsewhere: dict[str, Any] = {**vars(AGENT), "session": "other"}
    other.principal = Principal(**elsewhere)
    hub.close_session("session")
    assert mine.dropped.is_set()
    assert not other.dropped.is_set()


async def test_somebody_is_present_while_a_page_is_open(hub: LiveHub) -> None:
    told: list[tuple[str, bool]] = []
    hub.on_presence(lambda who, present: told.append((who, present)))
    one, two = hub.join(AGENT), hub.join(AGENT)
    hub.leave(one)
    hub.leave(one)
    assert hub.present("1")
    hub.leave(two)
    assert not hub.present("1")
    assert told == [("1", True), ("1", False)]
