"""Telling citizens what became of their case, once per step, in the channel they came by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.calendar.model import CITY_TIME
from hotline.cases.events import CaseMoved
from hotline.cases.tables import case_assignment, case_file
from hotline.conversations.model import Author, Kind, NewMessage
from hotline.conversations.service import Conversations
from hotline.errors import NotFound
from hotline.kernel.db import Reader, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.ids import new_id
from hotline.kernel.relay import Subscription
from hotline.notifications import store
from hotline.notifications.model import NoticeState, Template, check_template
from hotline.ports.clock import Clock
from hotline.staff.views import units_by_id
from hotline.web.catalogue import LANGUAGES

TEMPLATES = Path(__file__).parent / "data" / "templates.json"
CLOSING = "close.requester"
"""Told by whoever closes the case, in the same unit: a closed case always has its notice (invariant a)."""


@dataclass(frozen=True)
class Told:
    """What became of a notice; ``channel`` None: there is nowhere to send it."""

    notice_id: str
    channel: str | None

    @property
    def reached(self) -> bool:
        """Whether the citizen can read it."""
        return self.channel is not None

    def to_payload(self) -> dict[str, Any]:
        """As the case's history keeps it."""
        return {"channel": self.channel, "notice_id": self.notice_id}


def load_templates(path: Path = TEMPLATES) -> dict[str, Template]:
    """The templates by code, every one checked."""
    templates = {code: Template(code, text) for code, text in json.loads(path.read_text("utf-8")).items()}
    for template in templates.values():
        check_template(template, LANGUAGES)
    return templates


class Notifications:
    """Renders templates and puts them where the citizen reads."""

    def __init__(
        self, clock: Clock, conversations: Conversations, templates: Mapping[str, Template] | None = None
    ) -> None:
        self._clock = clock
        self._conversations = conversations
        self._templates = templates if templates is not None else load_templates()

    async def tell(self, tx: Tx, case_id: str, template: str, step: int, reason: str = "") -> Told:
        """Send ``template`` about a case once for ``step``, the case's version; a repeat finds the first."""
        key = f"{template}:{step}"
        if (known := await store.by_key(tx, case_id, key)) is not None:
            return Told(known.id, known.channel)
        notice_id, now = new_id(), self._clock.now()
        channel, message_id = None, None
        for conversation_id in (await self._conversations.for_case(tx, case_id))[:1]:
            conversation = await self._conversations.require(tx, conversation_id)
            values = await self._values(tx, case_id, reason)
            text = self._templates[template].render(conversation.language, values)
            payload = {"template": template, "case_no": values["case_no"]}
            message = NewMessage(Author.SYSTEM, text, kind=Kind.NOTICE, payload=payload, client_id=notice_id)
            posted = await self._conversations.append(tx, conversation_id, message)
            channel, message_id = conversation.channel, posted.id
        state = NoticeState.SENT if channel else NoticeState.NO_CHANNEL
        row = {"id": notice_id, "case_id": case_id, "key": key, "template": template, "channel": channel}
        await store.insert(tx, {**row, "message_id": message_id, "state": state, "at": now})
        return Told(notice_id, channel)

    async def case_moved(self, tx: Tx, recorded: Recorded) -> None:
        """Tell what the step's template says, where there is one."""
        event = recorded.event
        if not isinstance(event, CaseMoved):
            return
        template = f"{event.action}.requester"
        if template in self._templates and template != CLOSING:
            await self.tell(tx, event.case_id, template, event.version)

    async def _values(self, reader: Reader, case_id: str, reason: str) -> dict[str, str]:
        row = (await reader.execute(sa.select(case_file).where(case_file.c.id == case_id))).one_or_none()
        if row is None:
            raise NotFound()
        lead = sa.select(case_assignment.c.unit_id).where(
            case_assignment.c.case_id == case_id, case_assignment.c.role == "lead"
        )
        lead = lead.order_by(case_assignment.c.sent_at.desc()).limit(1)
        unit_id = (await reader.execute(lead)).scalar_one_or_none()
        units = await units_by_id(reader, [unit_id] if unit_id else [])
        return {
            "case_no": row.case_no,
            "title": row.title,
            "unit": units[unit_id].name if unit_id in units else "—",
            "due": city_clock(row.finish_due_at),
            "reason": reason,
        }


def city_clock(instant: datetime | None) -> str:
    """An instant as citizens read it, in the city's time."""
    return f"{instant.astimezone(CITY_TIME):%m-%d %H:%M}" if instant else "—"


def subscriptions(notifications: Notifications) -> list[Subscription]:
    """What notifications want to hear."""
    return [Subscription("notifications", CaseMoved, notifications.case_moved)]
