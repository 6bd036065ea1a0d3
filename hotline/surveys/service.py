"""Asking, answering, reviewing: from a passed check (C14) to the closed case (C15) or the rework (C16)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hotline.cases.actor import CaseActor
from hotline.cases.events import CaseMoved
from hotline.cases.model import CaseState, SurveyExempt
from hotline.cases.service import Cases
from hotline.cases.tables import case_file
from hotline.cases.transition import Action, Actor
from hotline.conversations.model import Author, Kind, NewMessage
from hotline.conversations.service import Conversations
from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.db import Reader, Tx
from hotline.kernel.events import Recorded
from hotline.kernel.ids import new_id
from hotline.kernel.jobs import Job, JobQueue
from hotline.kernel.relay import Subscription
from hotline.notifications.service import CLOSING, Notifications
from hotline.ports.clock import Clock
from hotline.surveys import store
from hotline.surveys.events import SurveyChanged
from hotline.surveys.model import Answer, Decision, SurveyState, review_reasons
from hotline.web.catalogue import Catalogue

EXPIRE = "surveys.expire"
ROBOT = CaseActor.system(Actor.ROBOT)
IN_PERSON = ("phone", "in_person")
"""How a member of staff may have told a citizen who is in no chat."""


class Surveys:
    """Use cases of surveys; every one joins the caller's unit of work."""

    def __init__(
        self,
        clock: Clock,
        cases: Cases,
        conversations: Conversations,
        notifications: Notifications,
        jobs: JobQueue,
        catalogue: Catalogue,
        patience: timedelta,
    ) -> None:
        self._clock = clock
        self._cases = cases
        self._conversations = conversations
        self._notifications = notifications
        self._jobs = jobs
        self._catalogue = catalogue
        self._patience = patience

    async def case_moved(self, tx: Tx, recorded: Recorded) -> None:
        """Ask when a case has come to be surveyed; give the question up when it has left again."""
        event = recorded.event
        if not isinstance(event, CaseMoved):
            return
        if event.to_state == CaseState.SURVEYING and event.from_state != CaseState.SURVEYING:
            await self._ask(tx, event.case_id)

    async def _ask(self, tx: Tx, case_id: str) -> None:
        case = await _case(tx, case_id)
        latest = await store.latest_of_case(tx, case_id)
        if case.state != CaseState.SURVEYING or (latest is not None and latest.round >= case.rework_round):
            return
        linked = await self._conversations.for_case(tx, case_id)
        survey_id, now = new_id(), self._clock.now()
        row = {
            "id": survey_id,
            "case_id": case_id,
            "case_no": case.case_no,
            "round": case.rework_round,
            "conversation_id": linked[0] if linked else None,
            "state": SurveyState.ASKED,
            "asked_at": now,
            "reasons": [],
            "version": 1,
        }
        await store.insert(tx, row)
        if linked:
            await self._post_question(tx, linked[0], survey_id, case)
            await self._jobs.enqueue(tx, EXPIRE, survey_id, {"survey_id": survey_id}, now + self._patience)
        self._changed(tx, survey_id, case_id, case.case_no)

    async def _post_question(self, tx: Tx, conversation_id: str, survey_id: str, case: sa.Row[Any]) -> None:
        conversation = await self._conversations.require(tx, conversation_id)
        params = {"title": case.title, "case_no": case.case_no}
        text = self._catalogue.text(conversation.language, "survey_ask", params)
        payload = {"survey_id": survey_id, "case_no": case.case_no, "title": case.title}
        message = NewMessage(Author.SYSTEM, text, kind=Kind.SURVEY, payload=payload, client_id=survey_id)
        await self._conversations.append(tx, conversation_id, message)

    async def answer_in_chat(self, tx: Tx, visitor: str, survey_id: str, answer: Answer) -> sa.Row[Any]:
        """The citizen answers in the web chat where it was asked; ``NotFound`` for anybody else's survey."""
        row = await self._require(tx, survey_id)
        if row.conversation_id is None:
            raise NotFound()
        conversation = await self._conversations.require(tx, row.conversation_id)
        if conversation.sender != visitor:
            raise NotFound()
        reasons = await self._record(tx, row, answer, f"citizen:{visitor}")
        code = "survey_review_notice" if reasons else "survey_thanks"
        await self._conversations.notify(tx, row.conversation_id, code)
        if not reasons:
            await self._close(tx, row, ROBOT, {"survey": _plain(answer)}, None)
        return await self._require(tx, survey_id)

    async def record(
        self, tx: Tx, case_no: str, answer: Answer, notified: str | None, actor: CaseActor
    ) -> sa.Row[Any]:
        """A survey agent writes down what the citizen said; ``notified`` is how the citizen was told."""
        row = await self._asked(tx, case_no)
        reasons = await self._record(tx, row, answer, actor.actor)
        if not reasons:
            await self._close(tx, row, actor, {"survey": _plain(answer)}, notified)
        return await self._require(tx, row.id)

    async def exempt(self, tx: Tx, case_no: str, code: SurveyExempt, actor: CaseActor) -> sa.Row[Any]:
        """Close without an answer, for one of the reasons that the rules allow (C15)."""
        row = await self._asked(tx, case_no)
        await self._give_up(tx, row, code, actor)
        return await self._require(tx, row.id)

    async def review(
        self,
        tx: Tx,
        survey_id: str,
        decision: Decision,
        ground: str,
        note: str,
        actor: CaseActor,
        notified: str | None = None,
    ) -> sa.Row[Any]:
        """The shift lead's verdict: confirmed is rework (C16); unfounded closes, the answer is kept (C15)."""
        row = await self._require(tx, survey_id)
        values = {
            "state": SurveyState.DONE,
            "decision": decision,
            "decision_note": note,
            "reviewed_by": actor.actor,
            "reviewed_at": self._clock.now(),
        }
        if not await store.update(tx, survey_id, SurveyState.REVIEW, values):
            raise Conflict("survey_not_in_review")
        if decision is Decision.CONFIRMED:
            payload = {"rework_ground": ground, "rework_request": note}
            case = await _case(tx, row.case_id)
            await self._cases.act(tx, row.case_no, Action.REWORK_AFTER_SURVEY, case.version, payload, actor)
        else:
            kept = {"survey": {"id": survey_id, "unfounded": True, "note": note}}
            await self._close(tx, row, ROBOT, kept, notified)
        self._changed(tx, row.id, row.case_id, row.case_no)
        return await self._require(tx, survey_id)

    async def expire(self, tx: Tx, job: Job) -> None:
        """Nobody answered in time: the case closes, exempt."""
        row = await store.by_id(tx, job.payload["survey_id"])
        if row is not None and row.state == SurveyState.ASKED:
            await self._give_up(tx, row, SurveyExempt.NO_ANSWER, ROBOT)

    async def _give_up(self, tx: Tx, row: sa.Row[Any], code: SurveyExempt, actor: CaseActor) -> None:
        values = {"state": SurveyState.EXEMPT, "answered_by": actor.actor}
        if not await store.update(tx, row.id, SurveyState.ASKED, values):
            raise Conflict("survey_answered")
        case = await _case(tx, row.case_id)
        told = await self._notifications.tell(tx, row.case_id, CLOSING, case.version)
        payload: dict[str, Any] = {"exempt_code": code}
        if told.reached:
            payload["notified"] = told.to_payload()
        await self._cases.act(tx, row.case_no, Action.CLOSE, case.version, payload, actor)
        self._changed(tx, row.id, row.case_id, row.case_no)

    async def _record(self, tx: Tx, row: sa.Row[Any], answer: Answer, by: str) -> tuple[str, ...]:
        reasons = review_reasons(answer)
        values = {
            **asdict(answer),
            "state": SurveyState.REVIEW if reasons else SurveyState.DONE,
            "reasons": list(reasons),
            "answered_at": self._clock.now(),
            "answered_by": by,
        }
        if not await store.update(tx, row.id, SurveyState.ASKED, values):
            raise Conflict("survey_answered")
        await self._jobs.cancel(tx, EXPIRE, row.id)
        self._changed(tx, row.id, row.case_id, row.case_no)
        return reasons

    async def _close(
        self, tx: Tx, row: sa.Row[Any], actor: CaseActor, payload: dict[str, Any], notified: str | None
    ) -> None:
        case = await _case(tx, row.case_id)
        told = await self._notifications.tell(tx, row.case_id, CLOSING, case.version)
        if told.reached:
            payload["notified"] = told.to_payload()
        elif notified in IN_PERSON:
            payload["notified"] = {"channel": notified, "notice_id": told.notice_id}
        elif case.anonymous:
            payload["exempt_code"] = SurveyExempt.ANONYMOUS
        else:
            raise InvalidInput([FieldProblem("notified", "survey_notified")])
        await self._cases.act(tx, row.case_no, Action.CLOSE, case.version, payload, actor)

    async def _asked(self, tx: Tx, case_no: str) -> sa.Row[Any]:
        query = sa.select(case_file.c.id).where(case_file.c.case_no == case_no)
        case_id = (await tx.execute(query)).scalar_one_or_none()
        row = await store.latest_of_case(tx, case_id) if case_id else None
        if row is None:
            raise Conflict("survey_not_asked")
        return row

    async def _require(self, reader: Reader, survey_id: str) -> sa.Row[Any]:
        row = await store.by_id(reader, survey_id)
        if row is None:
            raise NotFound()
        return row

    def _changed(self, tx: Tx, survey_id: str, case_id: str, case_no: str) -> None:
        tx.emit(
            SurveyChanged(aggregate=f"case:{case_id}", survey_id=survey_id, case_id=case_id, case_no=case_no)
        )


async def _case(reader: Reader, case_id: str) -> sa.Row[Any]:
    return (await reader.execute(sa.select(case_file).where(case_file.c.id == case_id))).one()


def _plain(answer: Answer) -> dict[str, Any]:
    return {k: v for k, v in asdict(answer).items() if k != "remark"}


def subscriptions(surveys: Surveys) -> list[Subscription]:
    """What surveys want to hear."""
    return [Subscription("surveys", CaseMoved, surveys.case_moved)]
