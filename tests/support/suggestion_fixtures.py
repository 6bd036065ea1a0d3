"""A hotline that understands: the town with telephones, real rules, and a model that says what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import Unavailable
from hotline.kernel.audit import audit_detail, audit_entry
from hotline.kernel.db import Database
from hotline.kernel.inbox import inbox
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import AnySubscription
from hotline.places.model import NewPlace
from hotline.places.service import Places
from hotline.ports.classifier import Condition, Guess, Proposal, Question
from hotline.ports.transcriber import EngineState, EngineStatus, Segment
from hotline.recordings.events import SegmentGuessed
from hotline.recordings.transcripts import Transcripts
from hotline.staff.sheets import SheetWords
from hotline.suggesting import Suggesting
from hotline.web.endpoint import Endpoints
from hotline.web.live import Entity, Feed
from nlp.emergency.engine import RuleEngine
from tests.support.call_fixtures import CallHouse, CallTown, open_call_town
from tests.support.chat_fixtures import Browser
from tests.support.waiting import until

GAS = "屋里老大一股煤气味儿"
ENGINE = EngineStatus(EngineState.READY, "scripted", "script", "hash")
UNSURE = ("OT-02-01", "help", "N", 0.2)
PLACES = (
    NewPlace("road", "建设路", "华龙区"),
    NewPlace("community", "阳光小区", "华龙区", lng=115.03, lat=35.76, crs="WGS84"),
    NewPlace("community", "月光小区", "华龙区", lng=115.031, lat=35.761, crs="WGS84"),
)


class PaperClassifier:
    """``Classifier``: the first of ``answers`` whose words stand in the text."""

    def __init__(self) -> None:
        self.condition = Condition("ready", "paper-1")
        self.answers: dict[str, tuple[str, str, str, float]] = {
            "煤气": ("GS-01-01", "help", "E0", 0.95),
            "没水": ("WS-01-02", "help", "N", 0.9),
            "整栋": ("WS-01-03", "help", "E1", 0.9),
        }
        self.asked: list[Question] = []
        self.breaks_with: Exception | None = None
        self.answering = asyncio.Event()
        self.answering.set()

    def turn(self, state: Any, reason: str = "") -> None:
        """It comes or goes."""
        self.condition = Condition(state, "paper-1" if state == "ready" else "", reason)

    async def classify(self, text: str, title: str = "", among: Collection[str] | None = None) -> Proposal:
        (proposal,) = await self.classify_all([Question(text, title, among)])
        return proposal

    async def classify_all(self, questions: Sequence[Question]) -> list[Proposal]:
        self.asked += questions
        if self.condition.state != "ready":
            raise Unavailable("classifier_not_ready")
        await self.answering.wait()
        if self.breaks_with is not None:
            raise self.breaks_with
        return [self._proposal(question) for question in questions]

    def _proposal(self, question: Question) -> Proposal:
        found = (answer for words, answer in self.answers.items() if words in question.text)
        category, request_type, urgency, confidence = next(found, UNSURE)
        others = [Guess(code, 0.01) for code in ("SN-01-01", "MU-01-01", "LS-01-01", "DR-01-01")]
        top = (Guess(category, confidence), *others)
        return Proposal(category, request_type, urgency, confidence, top, confidence < 0.6, "paper-1")


class SuggestionHouse(CallHouse):
    """The house with calls, and with what this slice adds."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.classifier = PaperClassifier()
        self.guessed: dict[str, dict[str, tuple[Segment, int]]] = {}
        super().__init__(database, folder)
        self.transcripts = Transcripts(self.clock)
        self.suggesting.reader.on_signal(self.hub.signal)
        for listener in self.suggesting.wakes:
            database.on_commit(listener)

    def feeds(self) -> list[Feed]:
        self.suggesting = Suggesting(
            self.database,
            self.clock,
            DatabaseLeases(self.database),
            self.audit,
            self.conversations,
            self.queue,
            self.cases,
            RuleEngine(),
            self.classifier,
            lambda call_id: self.guessed.get(call_id, {}),
        )
        return [*super().feeds(), *self.suggesting.feeds]

    def subscriptions(self) -> list[AnySubscription]:
        return [*super().subscriptions(), *self.suggesting.subscriptions]

    def more_endpoints(self) -> list[Endpoints]:
        return [*super().more_endpoints(), *self.suggesting.endpoints]

    def runs(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [*super().runs(), *self.suggesting.workers.values()]

    async def open(self) -> None:
        await super().open()
        self.places = Places(self.database, self.clock, self.audit, SheetWords())
        async with self.database.uow() as tx:
            await self.places.keep(tx, "system:test", PLACES)
        await self.suggesting.places.load()


@dataclass
class SuggestionTown(CallTown):
    """The town, and what is heard in it."""

    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def understanding(self) -> SuggestionHouse:
        assert isinstance(self.house, SuggestionHouse)
        return self.house

    @property
    def classifier(self) -> PaperClassifier:
        return self.understanding.classifier

    async def suggestions(self, agent: Browser, conversation_id: str) -> dict[str, Entity]:
        """The live view, on a page of its own."""
        return await (await agent.open_page()).watch("suggestions", conversation_id)

    async def talking(self, account: str) -> tuple[Browser, str, str]:
        """An agent who talks to a caller: agent, call, conversation."""
        agent = await self.agent_with_phone(account)
        call_id = await self.pbx.dial()
        await self.rings_at(call_id, agent)
        await self.pbx.pick_up(call_id)
        row = await self.settled(call_id, state="talk")
        return agent, call_id, row.conversation_id

    async def hears(self, call_id: str, text: str, leg: str = "citizen") -> None:
        """The engine has understood the next words of a leg."""
        number = self.numbers.setdefault(call_id, 0)
        self.numbers[call_id] += 1
        segment = Segment(leg, number, number * 5.0, number * 5.0 + 4, text, 0.9, True)
        transcripts = self.understanding.transcripts
        async with self.house.database.uow() as tx:
            transcript_id = await transcripts.live(tx, call_id, ENGINE)
            assert await transcripts.heard(tx, transcript_id, call_id, segment, self.house.clock.now())

    def guesses(self, call_id: str, text: str) -> None:
        """The engine guesses what the citizen is saying."""
        number = self.numbers.get(call_id, 0)
        segment = Segment("citizen", number, number * 5.0, number * 5.0 + 2, text, None, False)
        self.understanding.guessed[call_id] = {f"citizen-{number}": (segment, 1)}
        told = SegmentGuessed(
            aggregate=f"call:{call_id}", transcript_id="", call_id=call_id, leg="citizen", number=number
        )
        self.understanding.suggesting.told(told)

    async def acts(self, prefix: str) -> list[tuple[str, str, str, Any]]:
        """What the audit has: actor, action, outcome, detail."""
        query = (
            sa.select(audit_entry, audit_detail.c.detail)
            .join(audit_detail, audit_detail.c.seq == audit_entry.c.seq)
            .where(audit_entry.c.action.startswith(prefix))
            .order_by(audit_entry.c.seq)
        )
        async with self.house.database.read() as reader:
            rows = (await reader.execute(query)).all()
        return [(row.actor, row.action, row.outcome, _parsed(row.detail)) for row in rows]

    async def troubles(self) -> list[str]:
        """Deliveries that failed."""
        query = sa.select(inbox).where(inbox.c.state != "done")
        async with self.house.database.read() as reader:
            return [f"{row.subscriber}: {row.error}" for row in await reader.execute(query)]


def alarms(shown: dict[str, Entity]) -> list[Any]:
    """The alarms of a view."""
    return [one.data for one in shown.values() if "/alarm:" in one.id]


def fields(shown: dict[str, Entity]) -> dict[str, Any]:
    """The suggestions of a view by field."""
    return {one.data["field"]: one.data for one in shown.values() if "/field:" in one.id}


async def field_of(shown: dict[str, Entity], name: str, value: str | None = None) -> Any:
    """The suggestion for a field, once there is one (of this value)."""

    def is_there() -> bool:
        found = fields(shown).get(name)
        return found is not None and value in (None, found["value"])

    await until(is_there, f"{name} is proposed")
    return fields(shown)[name]


def _parsed(detail: Any) -> Any:
    return json.loads(detail) if isinstance(detail, str) else detail


@asynccontextmanager
async def open_suggestion_town(database: Database, folder: Path) -> AsyncIterator[SuggestionTown]:
    """The house with its workers running, served."""
    async with open_call_town(database, folder, SuggestionHouse) as town:
        yield SuggestionTown(town.house, town.server, town.browsers)
