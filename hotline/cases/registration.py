"""Registering a request: it gets its number, once (DOMAIN §1.5, §2.3 C1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hotline.calendar.model import WorkCalendar, city_date
from hotline.cases import store
from hotline.cases.actor import CaseActor
from hotline.cases.case_rows import CASE_TRANSITIONS
from hotline.cases.clocks import CaseClocks, Moment
from hotline.cases.events import CaseRegistered
from hotline.cases.filing import Filing, file_case
from hotline.cases.forms import as_form_problem
from hotline.cases.history import Happened, append_event
from hotline.cases.model import CaseState
from hotline.cases.numbering import format_case_no
from hotline.cases.required_fields import missing_fields
from hotline.cases.store import StoredCase
from hotline.cases.tables import case_file
from hotline.cases.taxonomy import Taxonomy
from hotline.cases.transition import Action
from hotline.cases.transitions import next_state
from hotline.errors import Conflict, FieldProblem, Forbidden, InvalidInput
from hotline.kernel import chain
from hotline.kernel.db import Tx
from hotline.kernel.ids import new_id
from hotline.kernel.sealing import Sealer
from hotline.ports.clock import Clock

MOST = {"title": 200, "content": 8000, "address": 300, "room": 60}
TITLE_FROM_CONTENT = 40


@dataclass(frozen=True, kw_only=True)
class RegisterCase:
    """What somebody asks for. ``key`` makes it one case however often it is sent; ``room`` is kept sealed."""

    key: str
    channel: str
    request_type: str
    content: str
    address: str
    title: str = ""
    category_code: str | None = None
    urgency: str | None = None
    sla_code: str | None = None
    repair_class: str | None = None
    room: str | None = None
    lng: float | None = None
    lat: float | None = None
    crs: str | None = None
    contact_id: str | None = None
    anonymous: bool = False
    secret: bool = False


class Registration:
    """The use case."""

    def __init__(self, clock: Clock, calendar: WorkCalendar, taxonomy: Taxonomy, sealer: Sealer) -> None:
        self._clock = clock
        self._calendar = calendar
        self._taxonomy = taxonomy
        self._sealer = sealer

    async def register(self, tx: Tx, order: RegisterCase, actor: CaseActor) -> StoredCase:
        """The new case, or the one that the same key made before.

        Raises ``InvalidInput`` with the fields, ``Forbidden``, and ``Conflict`` ("register_key_taken") when
        somebody else used the key.
        """
        known = await self.registered(tx, order.key, actor)
        if known is not None:
            return known
        self._refuse_what_is_wrong(order)
        filing = file_case(self._taxonomy, asdict(order), {})
        if not actor.may(Action.REGISTER, filing.urgency):
            raise Forbidden("step_not_permitted", action=str(Action.REGISTER))
        try:
            async with tx.savepoint():
                return await self._insert(tx, order, filing, actor)
        except sa.exc.IntegrityError:
            # The same key came twice at the same moment; the other one's case is the one.
            known = await self.registered(tx, order.key, actor)
            if known is None:
                raise
            return known

    async def registered(self, tx: Tx, key: str, actor: CaseActor) -> StoredCase | None:
        """The case that a registration with this key made; ``Conflict`` as above."""
        row = await store.row_by_key(tx, key)
        if row is None:
            return None
        if row.registered_by != actor.actor:
            raise Conflict("register_key_taken")
        return (await store.stored(tx, [row]))[0]

    def _refuse_what_is_wrong(self, order: RegisterCase) -> None:
        payload = {
            **asdict(order),
            "contact": order.contact_id,
            "location": (order.lng, order.lat) if order.lng is not None and order.lat is not None else None,
        }
        rows = [row for row in CASE_TRANSITIONS if row.action is Action.REGISTER]
        problems = [as_form_problem(found) for found in missing_fields(rows, payload)]
        problems += [
            FieldProblem(name, "field_too_long", {"max_length": most})
            for name, most in MOST.items()
            if len(payload[name] or "") > most
        ]
        if problems:
            raise InvalidInput(problems)

    async def _insert(self, tx: Tx, order: RegisterCase, filing: Filing, actor: CaseActor) -> StoredCase:
        now, case_id = self._clock.now(), new_id()
        day = city_date(now)
        case_no = format_case_no(day, await store.next_serial(tx, day.isoformat()))
        state = next_state(None, (), Action.REGISTER)
        row = {
            "id": case_id,
            "case_no": case_no,
            "version": 1,
            "state": str(state),
            **self._columns(order),
            "category_path": [],
            **filing.columns(self._taxonomy),
            "registered_by": actor.actor,
            "registered_at": now,
            "holder": actor.actor if actor.kind is None else None,
            "rework_round": 0,
            "event_seq": 1,
            "event_hash": chain.GENESIS,
            "anchored": False,
        }
        await tx.execute(case_file.insert(), row)
        hashed = await append_event(tx, case_id, 1, chain.GENESIS, self._happened(row, state, actor))
        await tx.execute(case_file.update().where(case_file.c.id == case_id).values(event_hash=hashed))
        clocks = CaseClocks(self._calendar)
        started = [r.clocks for r in CASE_TRANSITIONS if r.action is Action.REGISTER]
        clocks.apply(started, (), Moment(now, filing.urgency, filing.sla_code, None, None, 0))
        await clocks.save(tx, case_id)
        tx.emit(CaseRegistered(aggregate=f"case:{case_id}", case_id=case_id, case_no=case_no))
        return await store.reread(tx, case_id)

    def _columns(self, order: RegisterCase) -> dict[str, Any]:
        copied = ("channel", "request_type", "lng", "lat", "crs", "contact_id", "anonymous", "secret")
        room = (order.room or "").strip()
        return {
            **{name: getattr(order, name) for name in copied},
            "register_key": order.key,
            "title": order.title.strip() or order.content.strip()[:TITLE_FROM_CONTENT],
            "content": order.content.strip(),
            "address": order.address.strip(),
            "room_sealed": self._sealer.seal(room) if room else None,
        }

    def _happened(self, row: dict[str, Any], state: CaseState, actor: CaseActor) -> Happened:
        told = ("channel", "request_type", "category_code", "urgency", "anonymous", "secret")
        payload = {name: row[name] for name in told}
        return Happened(row["registered_at"], actor, Action.REGISTER, None, str(state), 1, payload=payload)
