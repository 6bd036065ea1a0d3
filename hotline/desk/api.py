"""Routes of the desk."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hotline.cases.actor import CaseActor
from hotline.cases.model import Channel, RepairClass, RequestType, Urgency
from hotline.cases.registration import RegisterCase
from hotline.cases.service import Cases
from hotline.cases.views import CaseView
from hotline.desk.drafts import Drafts
from hotline.desk.service import Desk, DeskOrder
from hotline.desk.views import DraftView
from hotline.errors import FieldProblem, InvalidInput
from hotline.kernel.db import Database
from hotline.web.endpoint import Call, Endpoints, Schema

KEY = r"^[A-Za-z0-9_-]{1,64}$"


class SaveDraft(Schema):
    """The whole form as it is now; ``version`` is the draft's that it was filled from, 0 for a new one."""

    version: int = Field(ge=0)
    form: dict[str, Any]


class RegisterBody(Schema):
    """The case form. ``key`` is made by the page: sent twice, it is one case."""

    key: str = Field(pattern=KEY)
    conversation_id: str | None = None
    channel: Channel
    request_type: RequestType
    category_code: str | None = Field(default=None, max_length=16)
    title: str = Field(default="", max_length=200)
    content: str = Field(max_length=8000)
    address: str = Field(max_length=300)
    room: str | None = Field(default=None, max_length=60)
    urgency: Urgency | None = None
    sla_code: str | None = Field(default=None, max_length=16)
    repair_class: RepairClass | None = None
    requester_name: str | None = Field(default=None, max_length=60)
    requester_phone: str | None = Field(default=None, max_length=30)
    anonymous: bool = False
    secret: bool = False
    unit_id: str | None = Field(default=None, max_length=32)
    answer_text: str | None = Field(default=None, max_length=2000)

    def order(self) -> DeskOrder:
        """For the service."""
        case = RegisterCase(
            key=self.key,
            channel=self.channel,
            request_type=self.request_type,
            content=self.content,
            address=self.address,
            title=self.title,
            category_code=self.category_code,
            urgency=self.urgency,
            sla_code=self.sla_code,
            repair_class=self.repair_class,
            room=self.room,
            anonymous=self.anonymous,
            secret=self.secret,
        )
        return DeskOrder(
            case=case,
            conversation_id=self.conversation_id,
            requester_name=self.requester_name,
            requester_phone=self.requester_phone,
            unit_id=self.unit_id,
            answer_text=self.answer_text,
        )


def desk_endpoints(database: Database, desk: Desk, drafts: Drafts, cases: Cases) -> Endpoints:
    """``/api/desk``."""
    api = Endpoints("desk")

    @api.get("/api/desk/drafts", needs="desk.work")
    async def mine(call: Call) -> list[DraftView]:
        """The own drafts, newest first."""
        async with database.read() as reader:
            return await drafts.mine(reader, call.who.id)

    @api.get("/api/desk/drafts/{key}", needs="desk.work")
    async def draft(call: Call) -> DraftView:
        """A draft; empty at version 0 when there is none."""
        async with database.read() as reader:
            return await drafts.read(reader, call.who.id, _key(call))

    @api.put("/api/desk/drafts/{key}", needs="desk.work")
    async def save(call: Call, body: SaveDraft) -> DraftView:
        """Keep the form as it is now."""
        async with database.uow() as tx:
            return await drafts.save(tx, call.who.id, _key(call), body.version, body.form)

    @api.post("/api/desk/cases", needs="case.register")
    async def register(call: Call, body: RegisterBody) -> CaseView:
        """Register a case, and accept and send it, or answer it, in the same step."""
        actor = CaseActor.of(call.who, call.address)
        async with cases.refusals_audited(actor, "case.register", "*"), database.uow() as tx:
            case = await desk.register(tx, call.who.id, body.order(), actor)
            return await cases.views.view(tx, case.row.case_no, actor, call.language)

    return api


def _key(call: Call) -> str:
    key = call.path["key"]
    if len(key) > 64 or not key.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput([FieldProblem("key", "field_pattern")])
    return key
