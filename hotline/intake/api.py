"""Routes of the citizen page."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web
from pydantic import Field

from hotline.cases.actor import CaseActor
from hotline.cases.service import Cases
from hotline.cases.transition import Actor
from hotline.contacts.model import Identity
from hotline.contacts.service import Contacts
from hotline.conversations.views import messages_of_sender
from hotline.errors import NotFound
from hotline.intake.service import IntakeService
from hotline.intake.views import (
    WEB,
    CitizenCaseView,
    CitizenConversation,
    citizen_case,
    citizen_cases,
    standing,
)
from hotline.kernel.db import Database
from hotline.kernel.ids import new_id
from hotline.ports.intake import Envelope
from hotline.web.catalogue import DEFAULT_LANGUAGE
from hotline.web.endpoint import Call, Endpoints, Instant, Schema
from hotline.web.guard import CITIZEN_COOKIE, cookie_name
from hotline.web.sessions import ABSOLUTE, Sessions
from hotline.web.signin import cookie_options
from hotline.web.throttle import Limit, Throttle

SESSIONS = Limit("citizen-session", 60, timedelta(minutes=15))
"""Per address: a household or a small office behind one address is no attack."""
MESSAGES = Limit("citizen-message", 30, timedelta(minutes=1))
"""Per visitor."""
TRACKS = Limit("citizen-track", 10, timedelta(minutes=15))
"""Per address: case numbers and phone numbers cannot be guessed at this pace."""


class CitizenSession(Schema):
    """The visitor, and the token that every change must carry in ``X-CSRF-Token``."""

    visitor: str
    csrf: str


class BeginSession(Schema):
    """Nothing is asked of a visitor."""


class SendMessage(Schema):
    """``id`` is made by the page: sent twice, or from a second tab, it is still one message."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    text: str
    sent_at: Instant | None = None


class ReceiptView(Schema):
    """The message is stored; ``repeated``: it was already."""

    conversation_id: str
    message_id: str
    repeated: bool


class CitizenContact(Schema):
    """How the citizen wants to be called and reached; both may be left out."""

    name: str | None = Field(default=None, max_length=60)
    phone: str | None = Field(default=None, max_length=30)


class TrackCase(Schema):
    """A case number and the phone number that was left with it."""

    case_no: str = Field(min_length=1, max_length=24)
    phone: str = Field(min_length=3, max_length=30)


class CitizenDoor:
    """The use cases behind the citizen page that concern sessions, contact and tracking."""

    def __init__(
        self, database: Database, sessions: Sessions, throttle: Throttle, contacts: Contacts, cases: Cases
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._throttle = throttle
        self._contacts = contacts
        self._cases = cases

    async def begin(self, call: Call) -> web.Response:
        """The session that the browser has, or a fresh one under a name that it could not choose."""
        token = call.request.cookies.get(cookie_name(call.request, CITIZEN_COOKIE))
        if token:
            async with self._database.read() as reader:
                known = await self._sessions.find(reader, token, "citizen")
            if known is not None:
                return _answer(CitizenSession(visitor=known.subject, csrf=known.csrf))
        await self._throttle.spend(SESSIONS, call.address)
        async with self._database.uow() as tx:
            token, session = await self._sessions.begin(tx, "citizen", new_id())
        response = _answer(CitizenSession(visitor=session.subject, csrf=session.csrf))
        seconds = int(ABSOLUTE["citizen"].total_seconds())
        response.set_cookie(
            cookie_name(call.request, CITIZEN_COOKIE), token, max_age=seconds, **cookie_options(call.request)
        )
        return response

    async def describe(self, visitor: str, name: str | None, phone: str | None) -> None:
        """Name and phone as the citizen gives them."""
        async with self._database.uow() as tx:
            contact_id = await self._contacts.identify(tx, Identity(WEB, visitor))
            view = await self._contacts.view(tx, contact_id)
            await self._contacts.describe(tx, contact_id, view.version, name, phone)

    async def track(self, address: str, case_no: str, phone: str) -> CitizenCaseView:
        """A case by number and phone; the same ``NotFound`` whatever is wrong."""
        await self._throttle.spend(TRACKS, address)
        async with self._database.read() as reader:
            system = CaseActor.system(Actor.SYSTEM)
            case = await self._cases.views.view(reader, case_no.strip().upper(), system, DEFAULT_LANGUAGE)
            left = case.requester
            if left is None or not await self._contacts.matches_phone(reader, left.id, phone):
                raise NotFound()
            return await citizen_case(reader, self._cases, case)


def _answer(view: CitizenSession) -> web.Response:
    return web.json_response(text=view.model_dump_json())


def citizen_endpoints(
    database: Database, intake: IntakeService, throttle: Throttle, cases: Cases, door: CitizenDoor
) -> Endpoints:
    """``/api/citizen``, except what surveys add."""
    api = Endpoints("citizen")

    @api.post("/api/citizen/session", audience="anyone", max_bytes=4096)
    async def begin(call: Call, body: BeginSession) -> CitizenSession:
        """Begin a visit; a visit that has begun goes on."""
        return await door.begin(call)  # type: ignore[return-value]

    @api.get("/api/citizen/session", audience="citizen")
    async def current(call: Call) -> CitizenSession:
        """The visit that has begun."""
        return CitizenSession(visitor=call.who.id, csrf=call.who.csrf)

    @api.post("/api/citizen/messages", audience="citizen")
    async def send(call: Call, body: SendMessage) -> ReceiptView:
        """Write to the hotline."""
        await throttle.spend(MESSAGES, call.who.id)
        receipt = await intake.accept(
            Envelope(
                channel=WEB,
                # A visitor can only ever repeat the own messages.
                message_id=f"{call.who.id}:{body.id}",
                sender=call.who.id,
                text=body.text,
                sent_at=body.sent_at,
                language=call.language,
            )
        )
        return ReceiptView(
            conversation_id=receipt.conversation_id,
            message_id=receipt.message_id,
            repeated=receipt.repeated,
        )

    @api.get("/api/citizen/conversation", audience="citizen")
    async def conversation(call: Call) -> CitizenConversation:
        """The thread, and where it is in the queue."""
        async with database.read() as reader:
            where = await standing(reader, call.who.id)
            messages = await messages_of_sender(reader, WEB, call.who.id)
        return CitizenConversation(**where.model_dump(), messages=messages)

    @api.put("/api/citizen/contact", audience="citizen")
    async def contact(call: Call, body: CitizenContact) -> None:
        """Leave a name and a phone number."""
        await door.describe(call.who.id, body.name, body.phone)

    @api.get("/api/citizen/cases", audience="citizen")
    async def mine(call: Call) -> list[CitizenCaseView]:
        """The cases made from the visitor's conversations."""
        async with database.read() as reader:
            found = await citizen_cases(reader, cases, call.who.id)
        return [view for _version, view in found.values()]

    @api.post("/api/citizen/track", audience="citizen")
    async def track(call: Call, body: TrackCase) -> CitizenCaseView:
        """Look a case up by its number and the phone number left with it."""
        return await door.track(call.address, body.case_no, body.phone)

    return api
