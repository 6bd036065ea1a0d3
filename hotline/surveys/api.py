"""Routes of surveys."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from hotline.cases.actor import CaseActor
from hotline.cases.model import SurveyExempt
from hotline.cases.scope import require_case
from hotline.cases.service import Cases
from hotline.errors import FieldProblem, InvalidInput
from hotline.kernel.db import Database
from hotline.surveys import store
from hotline.surveys.feeds import reviews
from hotline.surveys.model import Answer, Decision, Solved, Visited
from hotline.surveys.service import Surveys
from hotline.surveys.views import ReviewView, SurveyView, survey_view
from hotline.web.endpoint import Call, Endpoints, Schema


class AnswerBody(Schema):
    """What the citizen said; ``visited`` None where nobody had to come."""

    visited: Visited | None = None
    solved: Solved
    labour_fee: bool
    score: int = Field(ge=1, le=5)
    remark: str = Field(default="", max_length=1000)

    def answer(self) -> Answer:
        """As the rules take it."""
        return Answer(self.visited, self.solved, self.labour_fee, self.score, self.remark.strip())


class RecordBody(Schema):
    """A survey made by a person: the answer or why there is none, and how the result was told."""

    answer: AnswerBody | None = None
    exempt_code: SurveyExempt | None = None
    notified: Literal["phone", "in_person"] | None = None


class ReviewBody(Schema):
    """The verdict. ``ground`` is a rework ground of DOMAIN §2.3 C16."""

    decision: Decision
    ground: Literal["result", "timeliness", "attitude", "fee", "policy"] = "result"
    note: str = Field(min_length=4, max_length=1000)
    notified: Literal["phone", "in_person"] | None = None


def survey_endpoints(database: Database, cases: Cases, surveys: Surveys) -> Endpoints:
    """``/api/cases/{case_no}/survey``, ``/api/surveys`` and the citizen's answer."""
    api = Endpoints("surveys")

    @api.get("/api/cases/{case_no}/survey")
    async def of_case(call: Call) -> SurveyView | None:
        """The newest survey of a case that the caller may see."""
        actor, case_no = CaseActor.of(call.who, call.address), call.path["case_no"]
        async with cases.refusals_audited(actor, "survey.view", case_no), database.read() as reader:
            case = await require_case(reader, case_no, actor)
            row = await store.latest_of_case(reader, case.id)
            return survey_view(row) if row is not None else None

    @api.post("/api/cases/{case_no}/survey", needs="survey.record")
    async def record(call: Call, body: RecordBody) -> SurveyView:
        """Write down what the citizen said when asked by a person."""
        actor = CaseActor.of(call.who, call.address)
        async with database.uow() as tx:
            if body.answer is not None:
                row: sa.Row[tuple[object, ...]] = await surveys.record(
                    tx, call.path["case_no"], body.answer.answer(), body.notified, actor
                )
            elif body.exempt_code is not None:
                row = await surveys.exempt(tx, call.path["case_no"], body.exempt_code, actor)
            else:
                raise InvalidInput([FieldProblem("answer", "field_missing")])
            return survey_view(row)

    @api.get("/api/surveys/reviews", needs="survey.review")
    async def waiting(call: Call) -> list[ReviewView]:
        """Answers that a shift lead must look at, the oldest first."""
        async with database.read() as reader:
            return await reviews(reader)

    @api.post("/api/surveys/{survey_id}/review", needs="survey.review")
    async def review(call: Call, body: ReviewBody) -> SurveyView:
        """Decide: confirmed is rework, unfounded closes the case and keeps the answer."""
        actor = CaseActor.of(call.who, call.address)
        async with database.uow() as tx:
            row = await surveys.review(
                tx, call.path["survey_id"], body.decision, body.ground, body.note, actor, body.notified
            )
            return survey_view(row)

    @api.post("/api/citizen/surveys/{survey_id}/answer", audience="citizen")
    async def answer(call: Call, body: AnswerBody) -> SurveyView:
        """The citizen answers in the chat."""
        async with database.uow() as tx:
            row = await surveys.answer_in_chat(tx, call.who.id, call.path["survey_id"], body.answer())
            return survey_view(row)

    return api
