"""Leases: at most one owner of a name, judged by the database's clock, with epochs against frozen owners."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hotline.errors import Conflict, Unavailable
from hotline.kernel.db import Database, Reader, Tx, UtcDateTime, metadata
from hotline.kernel.ids import new_id

log = logging.getLogger(__name__)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)


async def database_now(reader: Reader) -> datetime:
    """The present by the database's clock: nodes whose own clocks differ agree on it."""
    if reader.dialect == "sqlite":
        text = (
            await reader.execute(sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00','now')"))
        ).scalar_one()
        return datetime.fromisoformat(text)
    instant: datetime = (await reader.execute(sa.text("SELECT clock_timestamp()"))).scalar_one()
    return instant.astimezone(UTC)


@dataclass(frozen=True)
class HeldLease:
    """Implements ``ports.lease.Held``."""

    name: str
    holder: str
    epoch: int

    async def check(self, tx: Tx) -> None:
        """Refuse the unit of work of an owner whose lease another has taken, or which ran out."""
        query = sa.select(lease).where(lease.c.name == self.name).with_for_update()
        row = (await tx.execute(query)).one_or_none()
        if row is None or row.holder != self.holder or row.epoch != self.epoch:
            raise Conflict("stale_lease", name=self.name, epoch=self.epoch)
        if row.expires_at <= await database_now(tx):
            raise Conflict("stale_lease", name=self.name, epoch=self.epoch)


class DatabaseLeases:
    """Implements ``ports.lease.Leases`` with one row a name. ``ttl`` and ``renew`` are seconds."""

    def __init__(self, database: Database, ttl: float = 10.0, renew: float = 3.0) -> None:
        self._database = database
        self._ttl = timedelta(seconds=ttl)
        self._renew = renew

    async def try_take(self, name: str, holder: str) -> HeldLease | None:
        """Take ``name`` when it is free, has run out, or is ours already; else None."""
        async with self._database.uow() as tx:
            now = await database_now(tx)
            query = sa.select(lease).where(lease.c.name == name).with_for_update()
            row = (await tx.execute(query)).one_or_none()
            if row is None:
                try:
                    async with tx.savepoint():
                        await tx.execute(
                            lease.insert(),
                            {"name": name, "holder": holder, "epoch": 1, "expires_at": now + self._ttl},
                        )
                except sa.exc.IntegrityError:
                    return None
                return HeldLease(name, holder, 1)
            if row.holder != holder and row.expires_at > now:
                return None
            epoch = row.epoch if row.holder == holder and row.expires_at > now else row.epoch + 1
            await tx.execute(
                lease.update()
                .where(lease.c.name == name)
                .values(holder=holder, epoch=epoch, expires_at=now + self._ttl)
            )
            return HeldLease(name, holder, epoch)

    async def expire_all(self) -> None:
        """Free every lease at once; only for a process that knows to be the database's sole user."""
        async with self._database.uow() as tx:
            await tx.execute(lease.update().values(expires_at=await database_now(tx)))

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[HeldLease]:
        """Wait for ``name`` and renew it during the block; losing it ends the block with ``Conflict``."""
        holder = new_id()
        held = await self.try_take(name, holder)
        while held is None:
            await asyncio.sleep(self._renew)
            held = await self.try_take(name, holder)
        owner = asyncio.current_task()
        assert owner is not None  # noqa: S101
        lost = asyncio.Event()

        async def renew() -> None:
            try:
                await self._renew_until_lost(held)
            except Exception:
                log.exception("renewing a lease failed", extra={"lease": name})
            lost.set()
            owner.cancel()

        renewing = asyncio.create_task(renew(), name=f"renew {name}")
        try:
            try:
                yield held
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)
        except asyncio.CancelledError:
            # Ours was one cancellation; if there was another, somebody is stopping us.
            if lost.is_set() and owner.uncancel() == 0:
                raise Conflict("stale_lease", name=name, epoch=held.epoch) from None
            raise
        finally:
            if not lost.is_set():
                await self._give_back(held)

    async def _renew_until_lost(self, held: HeldLease) -> None:
        """Renew in time; returns when another has the lease, or when it ran out while renewing failed."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._ttl.total_seconds()
        while True:
            await asyncio.sleep(self._renew)
            begun = loop.time()
            try:
                async with asyncio.timeout_at(max(ends, begun + self._renew)):
                    again = await self.try_take(held.name, held.holder)
            except (Unavailable, TimeoutError) as error:
                log.warning("lease not renewed", extra={"lease": held.name, "error": repr(error)})
                if loop.time() >= ends:
                    return
                continue
            if again != held:
                return
            ends = begun + self._ttl.total_seconds()

    async def _give_back(self, held: HeldLease) -> None:
        async with self._database.uow() as tx:
            now = await database_now(tx)
            await tx.execute(
                lease.update()
                .where(lease.c.name == held.name, lease.c.holder == held.holder, lease.c.epoch == held.epoch)
                .values(expires_at=now)
            )
