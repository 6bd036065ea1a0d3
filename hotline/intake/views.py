"""What a citizen may see: the own thread and place in the queue, and the own cases in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from hotline.cases.actor import CaseActor
from hotline.cases.model import CaseState
from hotline.cases.service import Cases
from hotline.cases.transition import Action, Actor
from hotline.cases.views import CaseBrief, CaseEventView
from hotline.conversations import views as conversations
from hotline.conversations.model import State
from hotline.conversations.views import MessageView
from hotline.kernel.db import Reader
from hotline.queue.views import place_in_line
from hotline.queue.views import versions_of as item_versions_of
from hotline.staff.views import user_names
from hotline.web.endpoint import Schema

WEB = "web"
"""The channel of the citizen page (DOMAIN §1.4)."""

PLAIN: Mapping[CaseState, str] = {
    CaseState.REGISTERED: "received",
    CaseState.VERIFYING: "received",
    CaseState.ACCEPTED: "waiting_unit",
    CaseState.DISPATCHED: "with_unit",
    CaseState.HANDLING: "handling",
    CaseState.SUSPENDED: "suspended",
    CaseState.REPORTED: "checking",
    CaseState.CHECKING: "checking",
    CaseState.SURVEYING: "asking",
    CaseState.CLOSED: "closed",
    CaseState.ARCHIVED: "closed",
    CaseState.REJECTED: "rejected",
    CaseState.MERGED: "merged",
    CaseState.CANCELLED: "cancelled",
}
STEPS: Mapping[Action, str] = {
    Action.REGISTER: "registered",
    Action.ACCEPT: "accepted",
    Action.CONFIRM_VERIFICATION: "accepted",
    Action.DISPATCH: "dispatched",
    Action.SIGN: "signed",
    Action.START_WORK: "handling",
    Action.RESUME: "handling",
    Action.SUSPEND: "suspended",
    Action.REPORT: "reported",
    Action.SEND_CHECK: "checking",
    Action.REWORK_AFTER_CHECK: "rework",
    Action.REWORK_AFTER_SURVEY: "rework",
    Action.REOPEN: "rework",
    Action.PASS: "surveying",
    Action.CLOSE: "closed",
    Action.DIRECT_ANSWER: "closed",
    Action.REJECT_ACCEPTANCE: "rejected",
    Action.REFUTE_VERIFICATION: "rejected",
    Action.APPROVE_RETURN: "returned",
    Action.REASSIGN: "returned",
    Action.MERGE: "merged",
    Action.CANCEL: "cancelled",
}
"""Steps that mean something to a citizen; the others are the centre's own affair."""


class StandingView(Schema):
    """Where the citizen's conversation is; ``position`` 1 is next, and there is one only while it waits."""

    state: Literal["none", "waiting", "serving", "closed"]
    position: int | None
    waiting_since: datetime | None
    agent_name: str | None


class CitizenConversation(StandingView):
    """The same with the newest messages of the whole thread, in order."""

    messages: list[MessageView]


class CaseStepView(Schema):
    """Something that happened to a case."""

    at: datetime
    code: str


class CitizenCaseView(Schema):
    """A case in plain words: ``plain_state`` and the steps' codes are texts of the citizen page."""

    case_no: str
    title: str
    plain_state: str
    unit_name: str | None
    registered_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    steps: list[CaseStepView]


async def standing(reader: Reader, visitor: str) -> StandingView:
    """Where a visitor's newest conversation is."""
    row = await conversations.latest_of(reader, WEB, visitor)
    if row is None:
        return StandingView(state="none", position=None, waiting_since=None, agent_name=None)
    name = (await user_names(reader, [row.agent_id])).get(row.agent_id)
    if row.state != State.OPEN:
        return StandingView(state="closed", position=None, waiting_since=None, agent_name=name)
    if row.agent_id is not None:
        return StandingView(state="serving", position=None, waiting_since=None, agent_name=name)
    place = await place_in_line(reader, row.id)
    return StandingView(
        state="waiting",
        position=place.position if place else None,
        waiting_since=place.waiting_since if place else None,
        agent_name=None,
    )


async def standing_version(reader: Reader, visitor: str) -> int:
    """Grows with each change of the visitor's conversations and their items.

    The position also moves when others leave the line; it does so under the same version.
    """
    ids = conversations.ids_of_sender(WEB, visitor)
    return await conversations.versions_of_sender(reader, WEB, visitor) + await item_versions_of(reader, ids)


async def citizen_cases(
    reader: Reader, cases: Cases, visitor: str, ids: Sequence[str] | None = None
) -> dict[str, tuple[int, CitizenCaseView]]:
    """The cases made from a visitor's conversations, newest first, by id, each with its version."""
    theirs = await conversations.case_ids_of_sender(reader, WEB, visitor)
    wanted = [one for one in theirs if ids is None or one in ids]
    briefs = await cases.views.briefs_by_id(reader, wanted)
    return {
        one: (briefs[one].version, await citizen_case(reader, cases, briefs[one]))
        for one in wanted
        if one in briefs
    }


async def citizen_case(reader: Reader, cases: Cases, brief: CaseBrief) -> CitizenCaseView:
    """A case in plain words."""
    happened = await cases.views.events(reader, brief.case_no, CaseActor.system(Actor.SYSTEM))
    return CitizenCaseView(
        case_no=brief.case_no,
        title=brief.title,
        plain_state="late" if brief.overdue else PLAIN[brief.state],
        unit_name=brief.lead_unit.name if brief.lead_unit else None,
        registered_at=brief.registered_at,
        due_at=brief.finish_due_at,
        closed_at=brief.closed_at,
        steps=_steps(happened),
    )


def _steps(happened: Sequence[CaseEventView]) -> list[CaseStepView]:
    """Each step that took place and means something, once in a row."""
    steps: list[CaseStepView] = []
    for one in happened:
        code = STEPS.get(Action(one.action))
        if code is None or one.proposed or (steps and steps[-1].code == code):
            continue
        steps.append(CaseStepView(at=one.at, code=code))
    return steps
