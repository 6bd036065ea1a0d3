"""Sessions: random tokens in cookies, only their hashes in the database."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.db import Database, Reader, Tx, UtcDateTime, metadata
from hotline.ports.clock import Clock
from hotline.web.auth import Kind, header_bytes

log = logging.getLogger(__name__)

web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)
sa.Index("ix_web_session_subject", web_session.c.kind, web_session.c.subject)

IDLE = {"staff": timedelta(minutes=15), "citizen": timedelta(days=30)}
"""DOMAIN §10 item 3. An open live socket counts as use: an agent who waits for a call is not idle."""
ABSOLUTE = {"staff": timedelta(hours=12), "citizen": timedelta(days=180)}
TOUCH = timedelta(seconds=60)
"""``seen_at`` is written at most so often."""


@dataclass(frozen=True)
class Session:
    """A valid session; ``key`` is the token's hash, its name inside the system."""

    key: str
    kind: Kind
    subject: str
    csrf: str
    seen_at: datetime


def token_key(token: str) -> str:
    """The hash under which a cookie's token is stored."""
    return hashlib.sha256(header_bytes(token)).hexdigest()


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._touched: dict[str, datetime] = {}

    async def begin(self, tx: Tx, kind: Kind, subject: str) -> tuple[str, Session]:
        """A new session and the token for its cookie; the token exists nowhere else."""
        token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(24), self._clock.now()
        row = {
            "token_hash": token_key(token),
            "kind": kind,
            "subject": subject,
            "csrf": csrf,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + ABSOLUTE[kind],
        }
        await tx.execute(web_session.insert(), row)
        return token, Session(token_key(token), kind, subject, csrf, now)

    async def find(self, reader: Reader, token: str, kind: Kind) -> Session | None:
        """The session of a cookie, unless it ended, ran out or was idle for too long."""
        now = self._clock.now()
        query = sa.select(web_session).where(
            web_session.c.token_hash == token_key(token),
            web_session.c.kind == kind,
            web_session.c.expires_at > now,
            web_session.c.seen_at > now - IDLE[kind],
        )
        row = (await reader.execute(query)).one_or_none()
        if row is None:
            return None
        return Session(row.token_hash, cast(Kind, row.kind), row.subject, row.csrf, row.seen_at)

    async def touch(self, session: Session) -> None:
        """Note that the session is in use. A page that only reads goes on when nothing can be written."""
        now = self._clock.now()
        if now - self._touched.get(session.key, session.seen_at) < TOUCH:
            return
        # The many requests of one page come at once, before the first of them has written.
        self._touched = {k: at for k, at in self._touched.items() if now - at < TOUCH} | {session.key: now}
        update = web_session.update().where(web_session.c.token_hash == session.key).values(seen_at=now)
        try:
            async with self._database.uow() as tx:
                await tx.execute(update)
        except Unavailable as error:
            self._touched.pop(session.key, None)
            log.warning("session not touched", extra={"error": error.code})

    async def end(self, tx: Tx, key: str) -> None:
        """End one session at once."""
        await tx.execute(web_session.delete().where(web_session.c.token_hash == key))

    async def end_all(self, tx: Tx, kind: Kind, subject: str, but: str | None = None) -> None:
        """End every session of a person (password changed, account switched off), except ``but``."""
        where = [web_session.c.kind == kind, web_session.c.subject == subject]
        if but is not None:
            where.append(web_session.c.token_hash != but)
        await tx.execute(web_session.delete().where(*where))

    async def purge(self, tx: Tx) -> int:
        """Delete sessions that have run out; how many."""
        return (
            await tx.execute(web_session.delete().where(web_session.c.expires_at <= self._clock.now()))
        ).rowcount
