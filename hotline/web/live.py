"""Live views: a snapshot, then versioned changes; a stale snapshot plus its changes equals a fresh snapshot.

A slice describes each of its live views as a ``Feed``. The hub listens to committed events, asks the feed
which entities they touch, loads those once per *scope* (what one kind of viewer may see) and hands them to
the clients of that scope. A client that cannot keep up is dropped, never waited for; it reconnects and gets a
snapshot.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hotline.kernel.db import Database
from hotline.kernel.events import Event, Recorded
from hotline.web.auth import Principal
from hotline.web.feed import Entity, Feed, PersonalFeed

__all__ = ["Client", "Entity", "Feed", "LiveHub", "PersonalFeed", "Watch", "apply_changes"]

log = logging.getLogger(__name__)

CLIENT_QUEUE = 512
"""Changes that may wait for a slow client before it is dropped."""


@dataclass(frozen=True, eq=False)
class Watch:
    """One view on a page. A new one under the same name is another watch. ``shown``: what it has by now."""

    feed: str
    scope: str
    shown: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Client:
    """One connected page. ``outgoing`` holds messages of the protocol; ``dropped`` says that it fell behind.

    ``early`` keeps the changes of a view whose snapshot is still being read, to follow it.
    """

    principal: Principal
    outgoing: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(CLIENT_QUEUE))
    watching: dict[str, Watch] = field(default_factory=dict)
    early: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    dropped: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, message: dict[str, Any]) -> None:
        """Queue ``message``; a client whose queue is full is given up."""
        try:
            self.outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self.dropped.set()


Viewer = tuple[Client, str, Watch]
PresenceListener = Callable[[str, bool], None]


class LiveHub:
    """Fans committed changes out to the clients that watch them; what concerns none of a view is not sent."""

    def __init__(self, database: Database, feeds: Sequence[Feed]) -> None:
        self._database = database
        self._feeds = {feed.name: feed for feed in feeds}
        self._clients: set[Client] = set()
        self._incoming: asyncio.Queue[Recorded] = asyncio.Queue()
        self._cursor = 0
        self._staff_pages: Counter[str] = Counter()
        self._presence_listeners: list[PresenceListener] = []

    @property
    def clients(self) -> int:
        """How many pages are connected."""
        return len(self._clients)

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """A commit listener: remember what happened, look at it in ``run``."""
        for one in recorded:
            self._incoming.put_nowait(one)

    def signal(self, event: Event) -> None:
        """What no commit carries and nobody misses: views look at it, and it is forgotten."""
        self._incoming.put_nowait(Recorded("", datetime.now(UTC), event))

    def present(self, staff_id: str) -> bool:
        """Whether this member of staff has a page open."""
        return self._staff_pages[staff_id] > 0

    def on_presence(self, listener: PresenceListener) -> None:
        """Call ``listener(staff_id, present)`` when somebody's first page opens or the last one closes."""
        self._presence_listeners.append(listener)

    def join(self, principal: Principal) -> Client:
        """A page connected."""
        client = Client(principal)
        self._clients.add(client)
        if principal.kind == "staff":
            self._staff_pages[principal.id] += 1
            if self._staff_pages[principal.id] == 1:
                self._tell_presence(principal.id)
        return client

    def leave(self, client: Client) -> None:
        """A page went away."""
        if client not in self._clients:
            return
        self._clients.discard(client)
        if client.principal.kind == "staff":
            self._staff_pages[client.principal.id] -= 1
            if not self.present(client.principal.id):
                del self._staff_pages[client.principal.id]
                self._tell_presence(client.principal.id)

    def _tell_presence(self, staff_id: str) -> None:
        for listener in self._presence_listeners:
            listener(staff_id, self.present(staff_id))

    def close_session(self, session: str) -> None:
        """Drop every page of a session that was ended."""
        for client in self._clients:
            if client.principal.session == session:
                client.dropped.set()

    def close_person(self, staff_id: str) -> None:
        """Drop every page of a member of staff, whose rights have changed; who may, comes back."""
        for client in self._clients:
            if client.principal.kind == "staff" and client.principal.id == staff_id:
                client.dropped.set()

    def close_all(self) -> None:
        """Let every page go; they reconnect by themselves."""
        for client in self._clients:
            client.dropped.set()

    async def watch(self, client: Client, watch_id: str, feed_name: str, key: str | None) -> bool:
        """Send a snapshot under ``watch_id`` and the changes from now on; False when it may not be seen."""
        feed = self._feeds.get(feed_name)
        if feed is None:
            return False
        async with self._database.read() as reader:
            scope = await feed.scope(reader, client.principal, key)
        if scope is None:
            return False
        # Watching begins before the snapshot is read: a change in between is sent twice rather than never.
        watch = client.watching[watch_id] = Watch(feed_name, scope)
        client.early[watch_id] = []
        try:
            async with self._database.read() as reader:
                entities = await feed.load(reader, scope, None)
        except BaseException:
            self.unwatch(client, watch_id)
            raise
        finally:
            early = client.early.pop(watch_id)
        client.send(
            {
                "type": "snapshot",
                "watch": watch_id,
                "cursor": self._cursor,
                "entities": [_plain(e) for e in entities],
            }
        )
        watch.shown.update(e.id for e in entities)
        for message in early:
            _note_shown(watch, message)
            client.send(message)
        return True

    def unwatch(self, client: Client, watch_id: str) -> None:
        """Stop sending changes for ``watch_id``."""
        client.watching.pop(watch_id, None)

    async def run(self) -> None:
        """Fan out for ever, in the order of the commits; events that queued up meanwhile go as one batch."""
        while True:
            batch = [await self._incoming.get()]
            while not self._incoming.empty() and len(batch) < 256:
                batch.append(self._incoming.get_nowait())
            for feed in self._feeds.values():
                try:
                    touched = {i: None for recorded in batch for i in feed.touched(recorded.event)}
                except Exception:
                    self._give_up(feed, self._viewers(feed))
                    continue
                if touched:
                    await self._fan_out(feed, list(touched))

    def _viewers(self, feed: Feed) -> list[Viewer]:
        """Who watches the feed; a client that was given up gets nothing more."""
        return [
            (client, watch_id, watch)
            for client in self._clients
            if not client.dropped.is_set()
            for watch_id, watch in client.watching.items()
            if watch.feed == feed.name
        ]

    def _give_up(self, feed: Feed, viewers: Sequence[Viewer]) -> None:
        """The pages must not go on showing what is no longer true: they reconnect for a snapshot."""
        log.exception("live feed failed", extra={"feed": feed.name})
        for client, _, _ in viewers:
            client.dropped.set()

    async def _fan_out(self, feed: Feed, ids: Sequence[str]) -> None:
        scopes: dict[str, list[Viewer]] = {}
        for viewer in self._viewers(feed):
            scopes.setdefault(viewer[2].scope, []).append(viewer)
        if isinstance(feed, PersonalFeed):
            await self._load_and_send(feed, scopes, ids)
            return
        for scope, viewers in scopes.items():
            await self._load_and_send(feed, {scope: viewers}, ids)

    async def _load_and_send(
        self, feed: Feed, scopes: Mapping[str, Sequence[Viewer]], ids: Sequence[str]
    ) -> None:
        try:
            async with self._database.read() as reader:
                if isinstance(feed, PersonalFeed):
                    found = await feed.load_scopes(reader, scopes, ids)
                else:
                    found = {scope: await feed.load(reader, scope, ids) for scope in scopes}
        except Exception:
            self._give_up(feed, [viewer for viewers in scopes.values() for viewer in viewers])
            return
        for scope, viewers in scopes.items():
            self._cursor += 1
            self._send_changes(viewers, ids, {e.id: e for e in found.get(scope, ())})

    def _send_changes(
        self, viewers: Sequence[Viewer], ids: Sequence[str], entities: Mapping[str, Entity]
    ) -> None:
        upserts = [_plain(e) for e in entities.values()]
        gone = [i for i in ids if i not in entities]
        for client, watch_id, watch in viewers:
            if client.watching.get(watch_id) is not watch:
                continue  # it looks at something else by now
            message = {"type": "changes", "watch": watch_id, "cursor": self._cursor, "upserts": upserts}
            if watch_id in client.early:
                client.early[watch_id].append({**message, "removes": gone})
                continue
            removes = [i for i in gone if i in watch.shown]
            if upserts or removes:
                message["removes"] = removes
                _note_shown(watch, message)
                client.send(message)


def _note_shown(watch: Watch, message: Mapping[str, Any]) -> None:
    watch.shown.update(change["id"] for change in message["upserts"])
    watch.shown.difference_update(message["removes"])


def _plain(entity: Entity) -> dict[str, Any]:
    return {"id": entity.id, "version": entity.version, "data": entity.data}


def apply_changes(shown: dict[str, Entity], message: Mapping[str, Any]) -> None:
    """What a client does with a message (the reference for the TypeScript client, and for tests)."""
    if message["type"] == "snapshot":
        shown.clear()
        shown.update({e["id"]: Entity(e["id"], e["version"], e["data"]) for e in message["entities"]})
        return
    for change in message["upserts"]:
        known = shown.get(change["id"])
        if known is None or known.version <= change["version"]:
            shown[change["id"]] = Entity(change["id"], change["version"], change["data"])
    for gone in message["removes"]:
        shown.pop(gone, None)
